//! Apple's error numbers: what each means and what to do next.
//!
//! Numbers decide, never texts: Apple words the same number differently in different places.
//! Apple's pages: handling-error-responses, and interpreting-error-codes for the legacy numbers
//! that still surface.

/// What a caller must do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Send the same again after a while.
    Retry,
    /// The token opens nothing: stop all work for the location.
    Token(TokenProblem),
    /// The request was too large: read the limits again and cut it smaller.
    Limits,
    /// The version asked for is too old: read everything.
    StaleVersion,
    /// There is no such page (any more): read the pages again.
    PageOutOfRange,
    /// Apple does not know the event.
    UnknownEvent,
    /// Nothing can be written in this location until someone changes something: stop.
    Stop,
    /// This change cannot be done; others can.
    Change,
    /// Not enough licenses for all of it.
    Stock,
    /// What was asked for is so already.
    Settled,
    /// The notification or owner settings are refused.
    Config,
    /// The request itself is wrong: a defect of this program or of something in between.
    Request,
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenProblem {
    /// No token arrived at Apple (9601).
    Missing,
    /// It has ended (9621).
    Expired,
    /// Apple does not accept it (9622, or 401 without a number).
    Invalid,
    /// It was withdrawn or replaced (9625).
    Revoked,
    /// The header that carries it is not as Apple wants it (9722).
    Malformed,
}

/// One of Apple's error numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorNumber {
    /// Apple's `errorNumber`.
    pub number: i64,
    /// What a caller must do.
    pub class: Class,
    /// What it means, in a few words.
    pub meaning: &'static str,
    /// What the user does next.
    pub next: &'static str,
}

/// The entry of an error number, if it is one of the known ones.
pub fn error_number(number: i64) -> Option<&'static ErrorNumber> {
    let index = ERROR_NUMBERS.binary_search_by_key(&number, |entry| entry.number).ok()?;
    ERROR_NUMBERS.get(index)
}

const fn entry(
    number: i64,
    class: Class,
    meaning: &'static str,
    next: &'static str,
) -> ErrorNumber {
    ErrorNumber { number, class, meaning, next }
}

const NEW_TOKEN: &str = "download a new content token in Apple Business or School Manager \
    (Payments & Billing) and put it in place of the old one";
const LATER: &str = "nothing needs to be changed; run it again later";
const MINUTES: &str = "wait some minutes, then run it again";
const REPORT: &str = "this is a defect of vpp or of a proxy in between: report it with the output \
    of VPP_LOG=debug";
const LIMITS: &str = "Apple's limits have changed: run it again, the new ones are read first";
const ACCOUNT: &str = "use the token of an account that may manage licenses in this location";
const CLAIM: &str = "shorten it under `owner:` of the Location";
const GONE_USER: &str = "read the location again (run `vpp plan`): the person's record has changed";
const REPLAN: &str = "make a new plan (run `vpp plan`): the location has changed";

/// Every number Apple documents, ascending: synchronous, asynchronous and legacy.
pub static ERROR_NUMBERS: &[ErrorNumber] = &[
    entry(9600, Class::Request, "an argument is missing", REPORT),
    entry(
        9601,
        Class::Token(TokenProblem::Missing),
        "login required: no token arrived at Apple",
        "check that the Location's `token:` is the whole file as downloaded, and that no proxy \
         removes the Authorization header",
    ),
    entry(9602, Class::Request, "invalid argument", REPORT),
    entry(9603, Class::Retry, "internal error at Apple", LATER),
    entry(9604, Class::Change, "nothing found", REPLAN),
    entry(
        9605,
        Class::Change,
        "the account belongs to another country's store",
        "license this person in a location of their own country",
    ),
    entry(9606, Class::Retry, "Apple could not make a token", LATER),
    entry(
        9607,
        Class::Change,
        "the license is irrevocable",
        "leave its holders as they are: `reclaim: keep`",
    ),
    entry(9608, Class::Retry, "Apple's own services did not answer", LATER),
    entry(9609, Class::Change, "registered user not found", GONE_USER),
    entry(9610, Class::Change, "license not found", REPLAN),
    entry(
        9611,
        Class::Stop,
        "the account the token belongs to was not found",
        "check in Apple Business or School Manager that the account that downloaded the token \
         still exists",
    ),
    entry(9612, Class::Retry, "Apple could not start the assignment", LATER),
    entry(9613, Class::Retry, "Apple could not start taking the license back", LATER),
    entry(9614, Class::Request, "invalid date", REPORT),
    entry(
        9615,
        Class::Stop,
        "the organization's country is not known to Apple",
        "complete the organization's enrollment in Apple Business or School Manager",
    ),
    entry(9616, Class::Settled, "the license is assigned already", "nothing to do"),
    entry(9618, Class::Settled, "the user is retired already", "nothing to do"),
    entry(9619, Class::Settled, "the license is not assigned", "nothing to do"),
    entry(9620, Class::Settled, "the user is deleted already", "nothing to do"),
    entry(9621, Class::Token(TokenProblem::Expired), "the token has expired", NEW_TOKEN),
    entry(
        9622,
        Class::Token(TokenProblem::Invalid),
        "Apple does not accept the token",
        "check that the Location's `token:` is the whole .vpptoken file as downloaded (not the \
         `token` value from inside it); else download a new one",
    ),
    entry(9623, Class::Request, "invalid push-notification token", REPORT),
    entry(
        9624,
        Class::Change,
        "the license was refunded",
        "make a new plan (run `vpp plan`): there are fewer licenses now",
    ),
    entry(
        9625,
        Class::Token(TokenProblem::Revoked),
        "the token has been revoked: a newer download, a changed password or an administrator \
         ended it",
        "use the newest content token, or download one in Apple Business or School Manager",
    ),
    entry(9626, Class::Change, "the license is assigned to somebody else", REPLAN),
    entry(9627, Class::Change, "no such app or book", "check the manifest's `adamId`"),
    entry(
        9628,
        Class::Change,
        "the asset cannot be assigned to devices",
        "assign it to people: `license: user`",
    ),
    entry(9630, Class::Change, "too many assignments of what is assigned already", MINUTES),
    entry(9631, Class::Change, "too many requests for licenses there are none of", MINUTES),
    entry(9632, Class::Change, "too many identical requests", MINUTES),
    entry(9633, Class::StaleVersion, "Apple lost the place in the list", LATER),
    entry(
        9634,
        Class::Stop,
        "the service is no longer offered",
        "update vpp: Apple has withdrawn what this version uses",
    ),
    entry(
        9635,
        Class::Change,
        "the Apple Account cannot be linked to this user",
        "check the person's Managed Apple Account: it must exist and belong to the token's \
         organization",
    ),
    entry(9636, Class::Change, "registered user not found", GONE_USER),
    entry(9637, Class::Stop, "the token's account is not allowed to do this", ACCOUNT),
    entry(9638, Class::Stop, "the token's account has no managed organization", ACCOUNT),
    entry(9639, Class::Stop, "no such content manager", ACCOUNT),
    entry(9640, Class::Retry, "Apple could not read the content manager's account", LATER),
    entry(
        9641,
        Class::Change,
        "the Apple Account is linked to another user already",
        "give each person one `clientUserId`, or retire the other record first",
    ),
    entry(
        9642,
        Class::Change,
        "the Apple Account belongs to a content manager who has not accepted the terms",
        "have that person sign in and accept the Apps and Books terms",
    ),
    entry(9643, Class::Change, "the license is locked by a pending transfer", MINUTES),
    entry(9644, Class::Retry, "Apple's service is in maintenance", LATER),
    entry(
        9645,
        Class::Stop,
        "the location is managed by Apple's own device management and can only be read",
        "use the token of another location, or end the built-in management of this one",
    ),
    entry(9646, Class::Retry, "too many requests for the organization", LATER),
    entry(
        9647,
        Class::Stop,
        "the token is a legacy token without a location",
        "download a content token of a location in Apple Business or School Manager",
    ),
    entry(
        9650,
        Class::PageOutOfRange,
        "there is no such page: the list became shorter",
        "run it again",
    ),
    entry(9700, Class::Limits, "too many assets in one request", LIMITS),
    entry(9701, Class::Limits, "too many users in one request", LIMITS),
    entry(9702, Class::Limits, "too many devices in one request", LIMITS),
    entry(9703, Class::Request, "an asset is named twice in one request", REPORT),
    entry(9704, Class::Request, "a user is named twice in one request", REPORT),
    entry(9705, Class::Request, "a device is named twice in one request", REPORT),
    entry(
        9706,
        Class::Change,
        "the asset cannot be taken back",
        "leave its holders as they are: `reclaim: keep`",
    ),
    entry(
        9707,
        Class::Change,
        "the asset cannot be assigned to devices",
        "assign it to people: `license: user`",
    ),
    entry(
        9708,
        Class::UnknownEvent,
        "Apple does not know this event (any more)",
        "what it did is read back from the location; run it again to continue",
    ),
    entry(
        9709,
        Class::Stock,
        "not enough licenses",
        "buy more, move some here from another location, or assign to fewer holders",
    ),
    entry(
        9710,
        Class::Config,
        "notifications need an address and an authentication token, both",
        "give both, or neither",
    ),
    entry(
        9711,
        Class::Config,
        "the notification address or its authentication token is too long",
        "shorten it (512 characters at the time of writing)",
    ),
    entry(
        9712,
        Class::Config,
        "the notification address is not a valid https address",
        "give an https address with host and path only",
    ),
    entry(9713, Class::Config, "the owner's metadata are too long", CLAIM),
    entry(9714, Class::Limits, "too many users in one request", LIMITS),
    entry(9715, Class::Request, "a user is named twice in one request", REPORT),
    entry(
        9716,
        Class::Change,
        "a registered user of that id exists already",
        "make a new plan (run `vpp plan`): the user is there already",
    ),
    entry(
        9717,
        Class::Change,
        "an e-mail address is not valid",
        "correct it in the inventory the person comes from",
    ),
    entry(9718, Class::Request, "no asset is named", REPORT),
    entry(9719, Class::Request, "neither users nor devices are named", REPORT),
    entry(9720, Class::Request, "no users are named", REPORT),
    entry(
        9721,
        Class::StaleVersion,
        "the version is too old or unknown",
        "run it again: everything is read anew",
    ),
    entry(
        9722,
        Class::Token(TokenProblem::Malformed),
        "the Authorization header is malformed",
        "check that the Location's `token:` is the whole .vpptoken file as downloaded, without \
         quotes or other additions, and that no proxy rewrites the header",
    ),
    entry(
        9723,
        Class::Config,
        "an owner needs id, name and metadata",
        "complete `owner:` of the Location",
    ),
    entry(9724, Class::Config, "the owner's id is too long", CLAIM),
    entry(9725, Class::Config, "the owner's name is too long", CLAIM),
    entry(9726, Class::Request, "the method is not allowed", REPORT),
    entry(9727, Class::Request, "the content type is not allowed", REPORT),
    entry(
        9728,
        Class::Config,
        "Apple could not deliver a test notification",
        "make the notification address reachable from the internet, with a certificate Apple \
         trusts, and answering 2xx",
    ),
    entry(9729, Class::Retry, "Apple's service is unavailable for the moment", LATER),
    entry(9805, Class::Limits, "over the limits for subscriptions", LIMITS),
    entry(9811, Class::Request, "invalid subscription request", REPORT),
    entry(9812, Class::PageOutOfRange, "the place in the list is no longer valid", "run it again"),
    entry(9813, Class::Change, "no such app or book", "check the manifest's `adamId`"),
    entry(
        9814,
        Class::Change,
        "the user has not accepted the invitation",
        "wait until the person has accepted, then run it again",
    ),
    entry(9815, Class::Settled, "the user does not hold it", "nothing to do"),
    entry(9816, Class::Limits, "over the limits for subscriptions", LIMITS),
    entry(9817, Class::Settled, "the user has it through a group already", "nothing to do"),
    entry(
        9818,
        Class::Stop,
        "the location holds subscriptions, so they cannot be disabled",
        "let them run out first",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ascending_and_finds_each_of_its_numbers() {
        assert!(ERROR_NUMBERS.is_sorted_by(|a, b| a.number < b.number));
        for entry in ERROR_NUMBERS {
            assert_eq!(error_number(entry.number), Some(entry));
        }
        assert_eq!(error_number(9999), None);
    }

    #[test]
    fn every_documented_number_is_there() {
        let documented = [
            9601, 9602, 9603, 9609, 9621, 9623, 9625, 9634, 9637, 9646, 9647, 9650, 9700, 9701,
            9702, 9703, 9704, 9705, 9706, 9707, 9708, 9710, 9711, 9712, 9713, 9714, 9715, 9717,
            9718, 9719, 9720, 9721, 9722, 9723, 9724, 9725, 9726, 9727, 9728, 9729, 9811, 9812,
            9813, 9814, 9815, 9816, 9817, 9818, // synchronous
            9635, 9641, 9644, 9709, 9716, // asynchronous
            9610, 9616, 9618, 9619, 9620, 9622, 9624, 9626, 9628, 9630, 9631, 9632, 9636, 9638,
            9642, 9643, 9645, 9805, // legacy
        ];
        let missing: Vec<_> =
            documented.into_iter().filter(|&number| error_number(number).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
