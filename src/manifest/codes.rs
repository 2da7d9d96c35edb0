//! Every kind of problem this room reports, with the text `vpp explain` prints. Numbers are never
//! used again for something else.

use crate::diagnostic::Code;

/// The room's codes, in order.
pub static CODES: &[&Code] = &[
    &FOLDER,
    &NOTHING,
    &FILE,
    &TOO_LARGE,
    &ENCODING,
    &CONTROL,
    &SYNTAX,
    &TAB,
    &TOO_DEEP,
    &DUPLICATE_KEY,
    &YAML_FEATURE,
    &UNKNOWN_KEY,
    &MISSING_KEY,
    &WRONG_TYPE,
    &QUOTE_IT,
    &UNKNOWN_WORD,
    &BAD_VALUE,
    &API_VERSION,
    &KIND,
    &NOT_SUPPORTED,
    &NAME,
    &DUPLICATE_NAME,
    &NO_SUCH,
    &CYCLE,
    &EMPTY_GROUP,
    &WHERE_WITHOUT_FROM,
    &CONDITION,
    &UNINSTALL_WITHOUT_MDM,
    &CLAIMED_TWICE,
    &PINNED_TWICE,
    &EXACTLY_ONE,
    &REPEATED,
    &BOOK,
    &UNBOUNDED,
    &SECRET,
    &TOO_MANY,
    &STALE_ALLOWANCE,
    &UNINSTALL_WITHOUT_BUNDLE_ID,
    &TWO_OWNERS,
    &BY_SERVER,
    &NO_ENTRA_GROUP,
    &INSTALL_IMPOSSIBLE,
];

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $title:literal, $explain:literal;)*) => {
        $($(#[$doc])* pub(crate) static $name: Code =
            Code { id: $id, title: $title, explain: $explain };)*
    };
}

codes! {
    FOLDER = "VPP-M001", "folder of manifests cannot be read",
        "The folder or file named on the command line does not exist or cannot be opened. Nothing \
         was read, so nothing is planned: an empty answer must never look like a wish to take \
         everything back. Check the path and its permissions.";
    NOTHING = "VPP-M002", "no manifests",
        "The folder holds no document with `apiVersion: vpp/v1` and a kind that vpp manages. \
         Manifests are the files ending in `.yaml` or `.yml`; hidden files and folders and whatever \
         `.vppignore` names are skipped. Check the path, the file names and `.vppignore`, or start \
         with `vpp init`, or with `vpp export`, which writes manifests of what is there.";
    FILE = "VPP-M003", "manifest file cannot be read",
        "A file that should be a manifest could not be read: no permission, not a regular file, a \
         link that leads nowhere or out of the folder, or a name that is not UTF-8. It is an error \
         because a manifest that is not seen would look like a deletion. Repair the file, or name it \
         in `.vppignore`.";
    TOO_LARGE = "VPP-M004", "manifests too large",
        "One file may have 32 MiB, all files together 512 MiB, and there may be 100,000 of them. The \
         limits bound the memory a pull request can make vpp use. Split the file, or keep long lists \
         of devices in an Inventory (a CSV file or a program) instead of in a Group.";
    ENCODING = "VPP-M005", "not UTF-8",
        "Manifests are UTF-8 texts; a byte order mark and Windows line ends are fine. This file has \
         a byte that UTF-8 does not allow, often because it was saved as UTF-16 or Windows-1252. \
         Save it as UTF-8.";
    CONTROL = "VPP-M006", "control character",
        "The file has a character that no text has, such as NUL. YAML readers disagree about them \
         (some end there), so what is reviewed might not be what is read. Remove it; inside double \
         quotes it can be written as an escape.";
    SYNTAX = "VPP-M007", "not YAML",
        "The document is not well-formed YAML, so nothing of it could be read; the file's other \
         documents were. References to what it defines may be reported as missing until it is \
         repaired. Usual causes are a missing space after a colon, an unclosed quote or bracket, and \
         lines that do not line up.";
    TAB = "VPP-M008", "tab in indentation",
        "YAML counts spaces to see what belongs to what and does not allow tabs there. Replace the \
         tab with spaces; most editors can do so for the whole file.";
    TOO_DEEP = "VPP-M009", "nested too deep or too many values",
        "Lists and mappings may stand 32 deep in each other, and one file may have 4,000,000 values. \
         No manifest needs more; the limits keep a hostile file from using up the machine.";
    DUPLICATE_KEY = "VPP-M010", "key given twice",
        "One mapping has the same key twice. YAML readers differ in which one wins, so a reviewer \
         could see another value than the one that counts. Keep one of the two.";
    YAML_FEATURE = "VPP-M011", "YAML feature that manifests do not use",
        "Anchors (`&a`), aliases (`*a`), merge keys (`<<:`), tags (`!x`) and directives (`%YAML`) are \
         refused: they make a document say something else than its lines show, and small texts grow \
         without bound with them. Write the value out; to share members between groups use \
         `include`.";
    UNKNOWN_KEY = "VPP-M012", "unknown key",
        "The document has a key that its kind does not have. Unknown keys are never ignored: a typing \
         mistake in `except` or `minimum` would silently lose a protection. Correct or remove it.";
    MISSING_KEY = "VPP-M013", "missing key",
        "A key that has no safe default is missing. `assign` above all: leaving it out must not mean \
         that nobody gets the app, so nobody is written as `assign: []`.";
    WRONG_TYPE = "VPP-M014", "wrong type",
        "The value is of another type than the key takes: text, whole number, true or false, list or \
         mapping. A key with nothing behind it counts as a wrong type too: give it a value or remove \
         it.";
    QUOTE_IT = "VPP-M015", "unquoted text that YAML would change",
        "Serial numbers, ids and names are text, but without quotes YAML readers take `012345678901`, \
         `1E10`, `0x1F`, `1_000`, `12:30`, `no`, `~` and `2026-12-20` for numbers, booleans, nothing \
         or dates, and readers of YAML 1.1 and 1.2 differ in which. Put quotes around it, as the help \
         shows. Plain digits without a leading zero may stay bare where an id is wanted: nothing is \
         lost.";
    UNKNOWN_WORD = "VPP-M016", "unknown word",
        "The key takes one of a few words, and this is none of them. The help lists them.";
    BAD_VALUE = "VPP-M017", "value out of range or malformed",
        "The value has the right type but not the right form or size: a percentage above 100 %, a \
         date that does not exist, a window that ends before it begins, an endpoint that is not \
         https. The message says what is expected.";
    API_VERSION = "VPP-M018", "not a known apiVersion",
        "Every document of a `.yaml` or `.yml` file must say `apiVersion: vpp/v1`. A document without \
         it is never skipped, because a typing mistake must not look like a deletion. Correct it, or \
         name files that are not manifests in `.vppignore`.";
    KIND = "VPP-M019", "not a known kind",
        "Every document must say what it is: Location, Inventory, Group, App, Book, Subscription, \
         Policy or Mdm. A document of an unknown kind is never skipped, because a typing mistake must not look like a \
         deletion.";
    NOT_SUPPORTED = "VPP-M020", "not supported by this version",
        "The manifest asks for something that vpp knows of but that this version cannot do. It is \
         refused rather than ignored. Remove it, or use a version that supports it.";
    NAME = "VPP-M021", "not a name",
        "Names start with a letter or digit and go on with letters, digits, dots, dashes, underscores \
         and spaces, up to 100 characters. They appear in plans, annotations and shell commands, so \
         nothing that those would interpret is allowed. Free text belongs into `description`.";
    DUPLICATE_NAME = "VPP-M022", "name given twice",
        "Two documents of one kind have the same name, so a reference to it would be ambiguous. \
         Rename one; names of different kinds may be equal.";
    NO_SUCH = "VPP-M023", "reference to nothing",
        "The document names a group, location, inventory, Mdm or app that no manifest defines. Names \
         are compared to the letter. Correct the name, or add the missing document.";
    CYCLE = "VPP-M024", "groups include each other",
        "A group includes itself, directly or through others, so its members cannot be told. Remove \
         one of the `include` lines shown.";
    EMPTY_GROUP = "VPP-M025", "group with nothing in it",
        "The group has none of `devices`, `users`, `from` and `include`, so it can never have a \
         member. Say where its members come from; a group that is empty on purpose is written as \
         `devices: []`.";
    WHERE_WITHOUT_FROM = "VPP-M026", "`where` without `from`",
        "`where` chooses rows of the inventory that `from` names; without `from` there is nothing to \
         choose from. Add `from`, or remove `where`.";
    CONDITION = "VPP-M027", "condition does not compile",
        "`where` is an expression in CEL, the language of Kubernetes admission rules, over `row`: the \
         inventory's columns, all of them texts. An example: `row.grade == \"7\" && row.family == \
         \"iPad\"`. An expression may have 4,096 characters.";
    UNINSTALL_WITHOUT_MDM = "VPP-M028", "uninstall without a device-management server",
        "Taking a license back by uninstalling needs a server that removes the app and proves that it \
         is gone, and the location names none. It is asked for by an app's `reclaim: uninstall`, by an \
         entry with `intent: uninstall`, or by the location's own `reclaim: uninstall` where an app \
         says nothing else. Add `mdm:` to the location, or choose `reclaim: \
         release` (the license comes back, the app stays on the device and stops working after \
         Apple's grace period) or `reclaim: keep` (report, never touch).";
    CLAIMED_TWICE = "VPP-M029", "one asset in two manifests",
        "Two manifests decide over the same app or book (the pair of adamId and pricing), or the \
         same subscription, in the same location, so they would undo each other. Merge them into one, or give them different \
         locations.";
    PINNED_TWICE = "VPP-M030", "one library in two locations",
        "Two locations pin the same `uid`, so they are the same pool of licenses at Apple and would \
         undo each other's changes. Keep one of them.";
    EXACTLY_ONE = "VPP-M031", "not exactly one of several keys",
        "Some keys exclude each other, and one of them is needed: where a token comes from, where an \
         inventory's rows come from, which server an Mdm is. Keep exactly one.";
    REPEATED = "VPP-M032", "listed twice",
        "A list names the same thing twice. It counts once, so nothing is wrong with the plan, but \
         the second line is probably a mistake. Serial numbers are compared trimmed and in upper \
         case.";
    BOOK = "VPP-M033", "not possible with a book",
        "Books are assigned to people for good: Apple does not take their licenses back. A Book \
         therefore needs `irrevocable: true`, which says that its author knows, and has no \
         `uninstall`, no `license` and no `bundleId`.";
    UNBOUNDED = "VPP-M034", "allowance without a bound",
        "An allowance waives a guard, narrowly and for a time. It needs `reclaimUpTo` or \
         `assignUpTo`, an `until` date and a `reason`; there is no way to switch a guard off. A plan \
         that a guard blocks prints the exact allowance.";
    SECRET = "VPP-M035", "content token in a manifest",
        "A content token, the key of a device-management server, or something in their place, is written \
         into the manifest itself. Whoever can read the repository could assign all licenses of the \
         location, or command its devices. Name an environment variable, a file or a command instead, \
         and replace what leaked: of a content token download a new one, and Apple revokes the old.";
    TOO_MANY = "VPP-M036", "more problems than are shown",
        "A file has more problems than are worth listing, usually because it is not a manifest at \
         all. The first ones are shown; repair them and run again.";
    STALE_ALLOWANCE = "VPP-M037", "allowance for nothing",
        "An allowance names an app, book, group or location that no manifest defines, so it waives \
         nothing. Correct the name, or remove the allowance if its subject is gone.";
    UNINSTALL_WITHOUT_BUNDLE_ID = "VPP-M038", "uninstall without a bundle identifier",
        "A device is told to remove an app, and shows that it is gone, by the app's bundle \
         identifier, such as `com.example.notes`; Apple's license service knows only the adamId. Add \
         `bundleId:` to the app: `vpp export` writes it where the App Store tells it, and every \
         device-management server shows it as the app's identifier. Or choose `reclaim: release` \
         (the license comes back, the app stays on the device) or `reclaim: keep`.";
    TWO_OWNERS = "VPP-M039", "two owners of one pool of licenses",
        "Either vpp holds a location's content token and assigns licenses at Apple (`licenses: apple`), or \
         its server does (`licenses: mdm`, Intune). Two of them would undo each other's work: Intune \
         assigns again what vpp takes back, and installs by its own assignments, not on command. Decide \
         for one.";
    BY_SERVER = "VPP-M040", "not possible where the server hands out licenses",
        "Where Intune owns the token it takes a license back by uninstalling the app: deleting an \
         assignment neither uninstalls nor gives the license back, so there is no `reclaim: release`. It \
         cannot choose between locations, and books are left to it.";
    NO_ENTRA_GROUP = "VPP-M041", "a group the location's owner does not know",
        "Where Intune hands out licenses it does so by groups of Entra, so a group needs `entraGroup:` \
         with the object id (Entra admin center, Groups), or `allDevices` or `allUsers`. Where vpp does, it \
         must know who is in the group: from an inventory, or named one by one.";
    INSTALL_IMPOSSIBLE = "VPP-M042", "install without a server that can be told to",
        "With `install: true` a location's device-management server is told to install an app once \
         its license reads back as assigned. The location names no `mdm`, or one that cannot be told \
         to: the contract with programs (`exec`) has no word for it, and Intune installs by its own \
         groups. Name an Mdm that can (fleet, nanomdm, nanohub, micromdm), or remove `install`: \
         licenses are assigned all the same, and the server installs by its own rules.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_order_and_texts_explain() {
        for (at, code) in CODES.iter().enumerate() {
            assert_eq!(code.id, format!("VPP-M{:03}", at + 1));
            assert!(!code.title.ends_with('.') && code.explain.ends_with('.'), "{code}");
            let sentences = code.explain.matches(". ").count() + 1;
            assert!((2..=5).contains(&sentences), "{code} has {sentences} sentences");
            assert!(!code.explain.contains("  "), "{code} has a hole");
        }
    }
}
