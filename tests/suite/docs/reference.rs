//! The README names every command, option, exit code, guard, variable and hand there is.

use std::collections::BTreeSet;

use super::{read, section, vpp};

fn commands() -> Vec<String> {
    let help = vpp(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    list.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// `--word` wherever it stands.
fn options(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| word.len() > 3 && word.starts_with("--")).collect()
}

#[test]
fn every_command_and_option_is_in_the_readme_and_none_that_is_not_there() {
    let readme = read("README.md");
    let commands_told = section(&readme, "## Commands");
    let commands = commands();
    assert!(commands.len() > 10, "{commands:?}");
    let mut there = BTreeSet::new();
    for command in &commands {
        assert!(
            commands_told.lines().any(|line| line.starts_with(&format!("vpp {command} "))),
            "the README does not tell of `vpp {command}`"
        );
        if command == "help" {
            continue;
        }
        let help = vpp(&[command, "--help"]);
        let told = options(commands_told);
        for option in options(&help) {
            assert!(told.contains(option), "the README does not tell of `{command} {option}`");
        }
        there.extend(options(&help).into_iter().map(str::to_owned));
    }
    there.insert("--version".to_owned());
    for option in options(commands_told) {
        assert!(there.contains(option), "the README tells of {option}, which is not there");
    }
}

#[test]
fn every_exit_code_is_in_the_readme_with_the_words_of_the_help() {
    let readme = read("README.md");
    let told = section(&readme, "## Commands");
    let help = vpp(&["--help"]);
    let codes = help.split("Exit codes:\n").nth(1).unwrap();
    let mut seen = 0;
    for line in codes.lines() {
        let (code, meaning) = line.trim().split_once("  ").unwrap();
        let row = told.lines().find(|row| row.starts_with(&format!("| {code}")));
        let row = row.unwrap_or_else(|| panic!("the README does not tell of exit code {code}"));
        let (row, meaning) = (row.replace('`', ""), meaning.replace('`', ""));
        let end = meaning.rsplit("; ").next().unwrap();
        assert!(row.contains(end), "exit code {code}: `{row}` and `{meaning}`");
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn every_guard_is_in_the_readme_by_its_title() {
    let readme = read("README.md");
    let told = section(&readme, "## Guards and allowances");
    let codes = vpp(&["explain"]);
    let guards: Vec<_> = codes.lines().filter(|line| line.starts_with("VPP-G")).collect();
    assert!(guards.len() > 20, "{guards:?}");
    for guard in &guards {
        let (id, title) = guard.split_once("  ").unwrap();
        let row = format!("| {} | {title} |", id.trim_start_matches("VPP-"));
        assert!(told.contains(&row), "the README has no row `{row}`");
    }
    let rows = told.lines().filter(|line| line.starts_with("| G")).count();
    assert_eq!(rows, guards.len(), "the README has rows for guards that are not there");
}

#[test]
fn every_variable_the_program_reads_is_in_the_readme() {
    let readme = read("README.md");
    for file in ["environment", "logging", "streams", "connect"] {
        let source = read(&format!("src/cli/{file}.rs"));
        let texts = source.split('"').skip(1).step_by(2);
        let name = |text: &&str| {
            text.len() > 1 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        };
        for variable in texts.filter(name) {
            let known = ["LC_ALL", "LC_CTYPE", "LANG"].contains(&variable);
            assert!(known || readme.contains(&format!("`{variable}`")), "{variable} ({file}.rs)");
        }
    }
}

#[test]
fn every_hand_of_the_sandbox_is_in_the_readme() {
    let readme = read("README.md");
    let told = section(&readme, "## Sandbox");
    let source = read("src/sandbox/mod.rs");
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let mut seen = 0;
    for row in rows {
        let requests = row.split(" | ").next().unwrap();
        for path in requests.split(['`', ' ', ',']).filter(|part| part.contains(char::is_lowercase))
        {
            assert!(told.contains(&format!("`{path}`")), "the README does not tell of {path}");
            seen += 1;
        }
    }
    assert!(seen >= 14, "{seen}");
}
