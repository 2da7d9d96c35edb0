use crate::diagnostic::Code;

/// Every problem of resolving manifests over inventories.
pub static CODES: &[&Code] = &[
    &UNKNOWN_COLUMN,
    &UNKNOWN_NAME,
    &NOT_BOOL,
    &FILTER_FAILED,
    &CLASH,
    &NO_USER,
    &NO_DEVICE,
    &TWO_ADDRESSES,
    &TOO_MANY,
    &TOO_COMPLEX,
];

pub(super) static UNKNOWN_COLUMN: Code = Code {
    id: "VPP-D001",
    title: "filter reads a column its inventory does not have",
    explain: "A group's `where` names `row.x`, and the inventory has no column `x`. Were it taken \
              as empty, the group would lose its members without a word.",
};

pub(super) static UNKNOWN_NAME: Code = Code {
    id: "VPP-D002",
    title: "filter uses an unknown name",
    explain: "A group's `where` knows one variable, `row`, with the inventory's columns in it: \
              write `row.grade`, not `grade`, and put texts in quotes.",
};

pub(super) static NOT_BOOL: Code = Code {
    id: "VPP-D003",
    title: "filter is neither true nor false",
    explain: "A group's `where` must say yes or no for every row. Columns are texts: compare \
              them, as in `row.active == \"true\"`.",
};

pub(super) static FILTER_FAILED: Code = Code {
    id: "VPP-D004",
    title: "filter failed for a row",
    explain: "A group's `where` could not be worked out for a row, for example `int(row.grade)` \
              where the column is empty. A row that is skipped would look like a device that \
              left, so nothing is planned. Guard it: `row.grade != \"\" && int(row.grade) > 6`.",
};

pub(super) static CLASH: Code = Code {
    id: "VPP-D005",
    title: "two entries of an app mean opposite things for the same holders",
    explain: "One entry gives holders a license (`required` or `available`) and another \
              uninstalls from them. The license wins: required, then available, then uninstall. \
              If the uninstall was meant, take those holders out of the other group, or name \
              them under `except`.",
};

pub(super) static NO_USER: Code = Code {
    id: "VPP-D006",
    title: "devices without a known user get nothing",
    explain: "An entry gives licenses to the users of devices, and no inventory says who uses \
              some of the devices. Fill in the inventory's user column, or use `license: device`.",
};

pub(super) static NO_DEVICE: Code = Code {
    id: "VPP-D007",
    title: "people without a known device get nothing",
    explain: "An entry gives licenses to the devices of people, and no inventory names a device \
              of some of them. Inventories with both a serial number and a user column say who \
              has which device.",
};

pub(super) static TWO_ADDRESSES: Code = Code {
    id: "VPP-D008",
    title: "inventories disagree about a person",
    explain: "Rows give one person different e-mail addresses or Managed Apple Accounts. The \
              first is used: inventories in the order of the manifests, rows in order. It is \
              what Apple invites or links, so correct the others.",
};

pub(super) static TOO_MANY: Code = Code {
    id: "VPP-D009",
    title: "too many holders for one run",
    explain: "All serial numbers and user ids of a run must fit into 4 GiB. Split the manifests \
              into folders by location and run them one after the other.",
};

pub(super) static TOO_COMPLEX: Code = Code {
    id: "VPP-D010",
    title: "filter is too complex",
    explain: "A group's `where` is longer, or nested deeper, than can safely be worked out. \
              Filters come with pull requests, and one that exhausts the machine would stop every \
              run. Long lists are fine: `row.grade in [\"7\", \"8\"]`.",
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
