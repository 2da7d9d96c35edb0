//! What can go wrong between this program and Apple, each with the text `vpp explain` prints.

use crate::diagnostic::Code;

/// Trying again did not help.
pub static EXHAUSTED: Code = Code {
    id: "VPP-A001",
    title: "Apple kept refusing for the moment",
    explain: "Apple answered with throttling (429, 9646) or a fault of its own (5xx, 9603, 9644, \
        9729) until the time for trying again was used up. Requests were spaced out with growing \
        pauses, and where Apple said how long to wait (Retry-After) nothing was sent before. \
        Nothing needs to be changed: run the command again later. If it stays, look whether \
        another tool uses the same token.",
};
/// 9621.
pub static TOKEN_EXPIRED: Code = Code {
    id: "VPP-A002",
    title: "the content token has expired",
    explain: "A content token lives for one year. Download a new one in Apple Business or School \
        Manager (Payments & Billing, content tokens) and put it where the Location's `token:` \
        points. Licenses and assignments are not touched by this.",
};
/// 9625.
pub static TOKEN_REVOKED: Code = Code {
    id: "VPP-A003",
    title: "the content token has been revoked",
    explain: "A token ends early when the password of the account that downloaded it is changed, \
        when an administrator revokes it, and as seen in practice when a newer one is downloaded. \
        Use the newest token.",
};
/// 9601, 9622, 9722, 401.
pub static TOKEN_INVALID: Code = Code {
    id: "VPP-A004",
    title: "Apple does not accept the content token",
    explain: "What Apple wants is the content of the .vpptoken file exactly as downloaded: one \
        Base64 text. The `token` value inside the decoded JSON is not accepted.",
};
/// 9700-9702, 9714, 9816.
pub static LIMITS: Code = Code {
    id: "VPP-A005",
    title: "a request was over Apple's limits",
    explain: "Apple can change at any time how many assets, users and devices one request may \
        carry. The limits are read before work begins and every five minutes. Run the command \
        again: it starts with the new ones.",
};
/// 9721, 9650.
pub static MOVED: Code = Code {
    id: "VPP-A006",
    title: "a list changed while it was read",
    explain: "Apple's lists come in pages, and a version or page that was asked for is no longer \
        there. A read that is not whole is never used. Run the command again.",
};
/// Another `uId`.
pub static WRONG_LOCATION: Code = Code {
    id: "VPP-A007",
    title: "the token opens another library",
    explain: "Every answer of Apple carries the id of the library it speaks of (`uId`). It is not \
        the one pinned in the Location, or it changed within one run. Nothing is done, so that \
        the licenses of another library are not moved by mistake.",
};
/// Another `mdmInfo`.
pub static FOREIGN_OWNER: Code = Code {
    id: "VPP-A008",
    title: "another owner holds the location",
    explain: "Apple lets a device-management service write its name on a location (`mdmInfo`) and \
        reports it with every answer. There is no lock: two services on one location take \
        licenses from each other. vpp writes nothing in a location claimed by somebody else. \
        `vpp claim` takes a location over and says from whom.",
};
/// Any other refusal.
pub static REFUSED: Code = Code {
    id: "VPP-A009",
    title: "Apple refused a request",
    explain: "Apple understood the request and did not do it. Its error number says why. A request \
        that is refused outright changed nothing.",
};
/// A write without an answer.
pub static UNKNOWN_OUTCOME: Code = Code {
    id: "VPP-A010",
    title: "what became of a write is not known",
    explain: "The request was sent and no legible answer came. Sending it again could do it twice, \
        so the location is read instead, and only what is missing is done again by the next run.",
};
/// No connection.
pub static TRANSPORT: Code = Code {
    id: "VPP-A011",
    title: "Apple could not be reached",
    explain: "No connection, or one that broke before an answer. The usual causes are a proxy \
        (HTTPS_PROXY, NO_PROXY), a firewall, name resolution, or certificates of a proxy that \
        opens TLS.",
};
/// 3xx.
pub static REDIRECT: Code = Code {
    id: "VPP-A012",
    title: "the server points elsewhere",
    explain: "Redirects are not followed, because the token would travel to another address. Login \
        pages of guest networks answer like this; so does a wrong `endpoint:`.",
};
/// Not Apple's answer.
pub static PROTOCOL: Code = Code {
    id: "VPP-A013",
    title: "an answer is not what Apple documents",
    explain: "The answer is not JSON, or lacks what every answer has. Usually something between \
        this machine and Apple answered in its place.",
};
/// Counts disagree.
pub static INCONSISTENT: Code = Code {
    id: "VPP-A014",
    title: "Apple's lists disagree with Apple's counts",
    explain: "For every asset the number of holders that were listed is held against Apple's own \
        count (`assignedCount`). Where they differ the asset is listed again, several times. They \
        still differ, so the read is not used: planning on a list that lacks holders would assign \
        or reclaim wrongly. Usually Apple is still working on earlier changes: wait some minutes \
        and run the command again.",
};
/// Never still.
pub static UNSETTLED: Code = Code {
    id: "VPP-A015",
    title: "the location kept changing while it was read",
    explain: "Every try to read a list whole met changes in the middle of it. Another tool is \
        writing in this location, or Apple is still working on a large change. Wait until that is \
        done and run the command again.",
};
/// A record that makes no sense.
pub static RECORD: Code = Code {
    id: "VPP-A016",
    title: "a record of Apple's cannot be read",
    explain: "A record names no holder or two, or an asset that is none. It is never skipped, \
        because skipping it would make the location look smaller than it is.",
};

/// Every code of this room and of reading a location, in order.
pub static CODES: &[&Code] = &[
    &EXHAUSTED,
    &TOKEN_EXPIRED,
    &TOKEN_REVOKED,
    &TOKEN_INVALID,
    &LIMITS,
    &MOVED,
    &WRONG_LOCATION,
    &FOREIGN_OWNER,
    &REFUSED,
    &UNKNOWN_OUTCOME,
    &TRANSPORT,
    &REDIRECT,
    &PROTOCOL,
    &INCONSISTENT,
    &UNSETTLED,
    &RECORD,
];
