//! The README's tour, run as it is printed: what follows a `$ ` is typed, what follows that is what
//! comes out. A line `...` stands for any lines. A command succeeds unless `echo $?` follows.

use std::path::Path;
use std::process::Command;

use super::{blocks, read, section};

struct Step {
    typed: String,
    shown: Vec<String>,
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![];
    for line in block.lines() {
        if let Some(typed) = line.strip_prefix("$ ") {
            steps.push(Step { typed: typed.to_owned(), shown: vec![] });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix("> ") {
                Some(more) if step.shown.is_empty() => {
                    step.typed.push('\n');
                    step.typed.push_str(more);
                }
                Some(_) | None => step.shown.push(line.to_owned()),
            }
        }
    }
    steps
}

/// Times and counts of requests differ from run to run.
fn mask(line: &str) -> String {
    let line = line.trim_end();
    let varies = ["read 20", "requests in", "read      20"].iter().any(|text| line.contains(text));
    if !varies {
        return line.to_owned();
    }
    let mut masked = String::new();
    for character in line.chars() {
        if !character.is_ascii_digit() {
            masked.push(character);
        } else if !masked.ends_with('#') {
            masked.push('#');
        }
    }
    masked
}

fn matches(shown: &[String], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((any, rest)) if any == "..." => {
            (0..=printed.len()).any(|skip| matches(rest, &printed[skip..]))
        }
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, more)| mask(line) == mask(first) && matches(rest, more)),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[cfg(unix)]
#[test]
fn the_tour_prints_what_the_readme_shows_and_exits_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    copy(&examples, &folder.path().join("examples"));
    let programs = Path::new(env!("CARGO_BIN_EXE_vpp")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());

    let readme = read("README.md");
    let steps: Vec<Step> = blocks(section(&readme, "## Five minutes"), "console")
        .into_iter()
        .flat_map(steps)
        .collect();
    assert!(steps.len() >= 15, "the tour has only {} steps", steps.len());
    let mut last = 0;
    for (index, step) in steps.iter().enumerate() {
        let output = Command::new("sh")
            .args(["-c", &format!("(exit {last}); {}", step.typed)])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", &path)
            .output()
            .unwrap();
        last = output.status.code().unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let told = steps.get(index + 1).is_some_and(|next| next.typed == "echo $?");
        assert!(last == 0 || told, "`{}` ends with {last}\n{out}{err}", step.typed);
        let printed: Vec<&str> = out.lines().collect();
        assert!(
            matches(&step.shown, &printed),
            "`{}` prints\n{out}\nand the README shows\n{}",
            step.typed,
            step.shown.join("\n")
        );
    }
}

#[test]
fn what_is_elided_is_any_number_of_lines_and_nothing_else_is() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("...\nb\n..."), &["a", "b", "c"]));
    assert!(matches(&lines("a\n..."), &["a"]));
    assert!(!matches(&lines("...\nb"), &["a", "b", "c"]));
    assert!(!matches(&lines("a"), &["b"]));
    assert!(matches(&lines("read 2026-11-21 in 5 requests"), &["read 2027-01-02 in 12 requests"]));
    assert!(!matches(&lines("16 to assign"), &["17 to assign"]));
}
