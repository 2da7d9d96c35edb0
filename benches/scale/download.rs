//! Only downloading, by the best program there is for it.

use std::fmt::Write as _;
use std::process::Command;

use super::process::{Cost, measure};
use super::school::Apple;

/// Downloads as many pages of assignments as a plan asks for, five at a time, and keeps none.
pub(crate) fn pages(apple: &Apple, requests: u64, packed: bool) -> Cost {
    // Everything but the two configurations, the assets and the users.
    let last = requests.saturating_sub(5);
    let mut list = String::new();
    for page in 0..=last {
        let endpoint = &apple.endpoint;
        writeln!(list, "url = \"{endpoint}assignments?includeUserState=true&pageIndex={page}\"")
            .unwrap();
        writeln!(list, "output = /dev/null").unwrap();
    }
    let file = apple.folder.path().join("pages.curl");
    fs_err::write(&file, list).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "5"]);
    curl.args(["--header", &format!("Authorization: Bearer {}", apple.token)]);
    curl.args(packed.then_some("--compressed"));
    measure(curl.arg("--config").arg(file))
}
