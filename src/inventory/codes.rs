use crate::diagnostic::Code;

/// Every problem an inventory can have.
pub static CODES: &[&Code] = &[
    &UNREADABLE,
    &OUTSIDE,
    &MALFORMED,
    &NO_COLUMN,
    &NO_ROWS,
    &INVALID_SERIAL,
    &NO_ID,
    &DUPLICATE,
    &TWO_USERS,
    &EXEC_REFUSED,
    &EXEC_FAILED,
    &EXEC_OUTPUT,
    &EXEC_ENVIRONMENT,
    &NO_ANSWER,
    &REFUSED,
    &INCOMPLETE,
    &SECRET,
    &ROSTER,
    &NO_DEVICE,
    &TWO_DEVICES,
    &NOT_MANAGED,
];

pub(super) static UNREADABLE: Code = Code {
    id: "VPP-I001",
    title: "inventory file cannot be read",
    explain: "The file of a CSV inventory is missing, is not a plain file, is too large, or could \
              not be read to its end. Nothing is planned: an inventory read in part would look \
              like devices and people that left. Check the path (it is relative to the folder of \
              the manifests) and whether the file was committed or fetched before this run.",
};

pub(super) static OUTSIDE: Code = Code {
    id: "VPP-I002",
    title: "inventory path leaves the folder",
    explain: "A CSV path is absolute, climbs out with `..`, or is a symbolic link to a place \
              outside the folder of the manifests. A pull request writes these paths, and error \
              messages quote what a file holds: whoever may open a pull request could read files \
              of the machine that plans it. Put the file below the folder of the manifests.",
};

pub(super) static MALFORMED: Code = Code {
    id: "VPP-I003",
    title: "inventory is not well-formed CSV",
    explain: "The file is empty, names a column twice, has a row with more or fewer fields than \
              its header, is not UTF-8, or has a quote that is never closed or closed in the \
              middle of a field. A stray quote can swallow the rows after it, so none of this is \
              guessed at. Export the file again as comma-separated UTF-8.",
};

pub(super) static NO_COLUMN: Code = Code {
    id: "VPP-I004",
    title: "inventory has no such column",
    explain: "The manifest names a column (`serial`, `user`, `email`, `managedAppleId`) that the \
              source does not have. Names are compared to the letter after spaces around them \
              are taken away.",
};

pub(super) static NO_ROWS: Code = Code {
    id: "VPP-I005",
    title: "inventory resolves to nothing",
    explain: "The source was read and has no row with a device or person in it. Taken at its \
              word, every group from it would be empty and every license of those groups would \
              be taken back; far more often an export failed. Nothing is planned.",
};

pub(super) static INVALID_SERIAL: Code = Code {
    id: "VPP-I006",
    title: "inventory has values that are no serial numbers",
    explain: "Serial numbers are letters and digits. Values such as `1.23E+11` or `#N/A` come \
              from spreadsheets that changed the column: format it as text and export again.",
};

pub(super) static NO_ID: Code = Code {
    id: "VPP-I007",
    title: "inventory rows without a device or person were skipped",
    explain: "Rows whose serial number (or, in an inventory of people, whose user) is empty name \
              nobody who could hold a license. They are skipped and counted.",
};

pub(super) static DUPLICATE: Code = Code {
    id: "VPP-I008",
    title: "inventory names a device or person more than once",
    explain: "Several rows have the same serial number (or, in an inventory of people, the same \
              user). They count as one holder, which is in a group when any of its rows is.",
};

pub(super) static TWO_USERS: Code = Code {
    id: "VPP-I009",
    title: "inventory gives one device several users",
    explain: "Rows of one serial number name different users. All of them count as users of the \
              device, so that nobody loses a license because of the order of rows. Remove the \
              row that is out of date.",
};

pub(super) static EXEC_REFUSED: Code = Code {
    id: "VPP-I010",
    title: "inventory program was not run",
    explain: "An inventory with `exec` runs a program the manifests name. Manifests come with \
              pull requests, so programs run only when the person or pipeline that starts this \
              tool says so. Where untrusted pull requests are planned, let a trusted job write \
              the rows to a CSV file instead.",
};

pub(super) static EXEC_FAILED: Code = Code {
    id: "VPP-I011",
    title: "inventory program failed",
    explain: "The program could not be started, ended with an error, took longer than its \
              `timeout`, or wrote more than this tool takes in. What it wrote until then is not \
              used.",
};

pub(super) static EXEC_OUTPUT: Code = Code {
    id: "VPP-I012",
    title: "inventory program wrote something else than rows",
    explain: "Standard output must be JSON lines: one object a line, whose values are strings, \
              numbers, booleans or null. Send everything else to standard error.",
};

pub(super) static EXEC_ENVIRONMENT: Code = Code {
    id: "VPP-I013",
    title: "inventory program needs a variable that is not set",
    explain: "`env` names the environment variables the program gets, beside PATH and HOME. One \
              of them is not set where this tool runs; most programs would go on without and \
              list too little.",
};

pub(super) static NO_ANSWER: Code = Code {
    id: "VPP-I014",
    title: "inventory server gives no answer",
    explain: "The server of an inventory could not be reached, went on failing or throttling, or \
              took longer than the inventory's `timeout` in all. What it gave until then is not \
              used: half an inventory would look like devices that left. Run again later, or give \
              it more time.",
};

pub(super) static REFUSED: Code = Code {
    id: "VPP-I015",
    title: "inventory server refuses",
    explain: "The server of an inventory answered that this may not be read, or that something the \
              manifest names (a group, a label, a team) is not there. A group that is gone is an \
              error and never an empty group: its licenses would be taken back. Check the secret, \
              the permissions the README lists, and the ids in the manifest.",
};

pub(super) static INCOMPLETE: Code = Code {
    id: "VPP-I016",
    title: "inventory server does not list everything",
    explain: "What the server listed disagrees with what it counts, a page was missing, came twice \
              or led to where it had been, or an answer broke off. It was read again up to three \
              times, because lists move while they are read. Nothing is planned from a part. Run \
              again; where it stays, the server has a defect.",
};

pub(super) static SECRET: Code = Code {
    id: "VPP-I017",
    title: "secret of an inventory is not to be had",
    explain: "The manifest says where the secret of an inventory comes from (`env`, `file` or \
              `command`), and it is not there, is empty, or comes from a program that `--no-exec` \
              forbids to run. It is read late and appears in no output.",
};

pub(super) static ROSTER: Code = Code {
    id: "VPP-I018",
    title: "roster is not whole",
    explain: "A roster's file is missing, is declared `delta` (only what changed) or `absent`, or \
              its files contradict each other: an enrollment of somebody who is not among the \
              people, a class that does not exist. A delta read as if it were everything would \
              look like people that left. Export the whole set (`bulk`) again.",
};

pub(super) static NO_DEVICE: Code = Code {
    id: "VPP-I019",
    title: "people of an inventory have no device",
    explain: "People are in the roster or group, and the inventory that says who has which device \
              names none for them. They get nothing where licenses go to devices. That is how a \
              year begins; when it stays, the map of people to devices is out of date.",
};

pub(super) static TWO_DEVICES: Code = Code {
    id: "VPP-I020",
    title: "people of an inventory have several devices",
    explain: "People are named as users of more than one device, and every one of these devices is \
              a row: each takes a license. That may be meant; often the device somebody handed back \
              still carries their name.",
};

pub(super) static NOT_MANAGED: Code = Code {
    id: "VPP-I021",
    title: "devices of a group are not managed",
    explain: "Devices are members of an Entra group, and Intune has no managed device for them, so \
              they have no serial number here and are left out. Computers that are only registered \
              are like that. A device you expect to be managed has to be enrolled.",
};

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn codes_are_unique_and_explained() {
        let ids: std::collections::BTreeSet<_> = CODES.iter().map(|code| code.id).collect();
        assert_eq!(ids.len(), CODES.len());
        assert!(CODES.iter().all(|code| code.explain.len() > 80 && code.explain.ends_with('.')));
    }
}
