//! What is written about the program is true of the program.

mod architecture;
mod manifests;
mod reference;
mod tour;

use std::path::Path;
use std::process::Command;

/// A file of the repository.
fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands below a heading, up to the next one of its level.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let start = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no `{heading}`"));
    let body = &text[start + heading.len() + 2..];
    let marks = heading.split(' ').next().unwrap();
    body.find(&format!("\n{marks} ")).map_or(body, |end| &body[..end])
}

/// The fenced blocks of a language that begin at a margin, in order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}\n");
    text.split(fence.as_str())
        .skip(1)
        .map(|rest| rest.split_once("\n```").unwrap_or_else(|| panic!("an open block")).0)
        .collect()
}

/// What the program prints on standard output, with nothing of this machine's environment.
fn vpp(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vpp"));
    let output = command.args(arguments).env_clear().output().unwrap();
    assert!(output.status.success(), "vpp {}: {}", arguments.join(" "), output.status);
    String::from_utf8(output.stdout).unwrap()
}
