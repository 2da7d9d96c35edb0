//! Runs the program as a shell would, in a folder of its own and an environment of its own.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use camino::{Utf8Path, Utf8PathBuf};

/// A folder to work in and what is set in the environment.
pub(super) struct Shell {
    folder: tempfile::TempDir,
    vars: Vec<(String, String)>,
}

/// How the program ended and what it said.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) err: String,
}

impl Shell {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), vars: vec![] }
    }

    /// With a copy of one of the repository's examples in it.
    pub(super) fn with_example(name: &str) -> Self {
        let shell = Self::new();
        let from = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        copy(from.as_std_path(), shell.folder.path());
        shell
    }

    /// With a manifest.
    pub(super) fn with_files(files: &[(&str, &str)]) -> Self {
        let shell = Self::new();
        for (path, text) in files {
            shell.write(path, text);
        }
        shell
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.vars.retain(|(other, _)| other != name);
        self.vars.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    pub(super) fn write(&self, path: &str, text: &str) -> Utf8PathBuf {
        let path = self.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.path().join(path)).unwrap()
    }

    /// Writes a file anew with every `from` in it as `to`.
    pub(super) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}");
        self.write(path, &text.replace(from, to));
    }

    pub(super) fn command(&self, line: &str) -> assert_cmd::Command {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("vpp");
        command.env_clear().current_dir(self.folder.path()).args(line.split_whitespace());
        command.envs([("LANG", "C.UTF-8"), ("COLUMNS", "100"), ("PATH", "/usr/bin:/bin")]);
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command line (no quoting).
    pub(super) fn run(&self, line: &str) -> Ran {
        let output = self.command(line).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command line that must end well; what it printed.
    #[track_caller]
    pub(super) fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "vpp {line}\n{}\n{}", ran.out, ran.err);
        ran.out
    }

    /// Starts the program and leaves it running.
    pub(super) fn spawn(&self, line: &str) -> std::process::Child {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("vpp"));
        command.env_clear().current_dir(self.folder.path()).args(line.split_whitespace());
        command.envs([("LANG", "C.UTF-8"), ("COLUMNS", "100"), ("PATH", "/usr/bin:/bin")]);
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs_err::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}

/// Takes out what differs from run to run: moments, days, versions, and how long things took.
pub(super) fn steady(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(length) = moment(rest) {
            out.write_all(b"[moment]").unwrap();
            rest = &rest[length..];
        } else if let Some(length) = fits(rest, b"0000-00-00") {
            out.write_all(b"[day]").unwrap();
            rest = &rest[length..];
        } else if rest.starts_with("versions: ") {
            out.write_all(b"versions: [versions]").unwrap();
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if let Some((length, words)) = requests(rest, &out) {
            out.write_all(words.as_bytes()).unwrap();
            rest = &rest[length..];
        } else {
            let length = rest.chars().next().unwrap().len_utf8();
            out.write_all(&rest.as_bytes()[..length]).unwrap();
            rest = &rest[length..];
        }
    }
    String::from_utf8(out).unwrap()
}

/// How many requests it took, which differs where events were asked about more often, and how
/// long: the length of the text and what stands for it.
fn requests(text: &str, before: &[u8]) -> Option<(usize, &'static str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || before.last().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if let Some(after) = text[digits..].strip_prefix(" requests in ") {
        let time = after.find(" s")? + 2;
        return Some((digits + " requests in ".len() + time, "[n] requests in [time]"));
    }
    let read = before.ends_with(b"[moment] in ") && text[digits..].starts_with(" requests");
    read.then_some((digits, "[n]"))
}

/// How long the moment is that a text begins with: `2026-11-21 08:06:05Z`, or with `T` and
/// fractions.
fn moment(text: &str) -> Option<usize> {
    let length = fits(text, b"0000-00-00 00:00:00")?;
    let bytes = text.as_bytes();
    let fraction =
        bytes[length..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let end = length + fraction;
    (bytes.get(end) == Some(&b'Z')).then_some(end + 1)
}

fn fits(text: &str, shape: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let fits = bytes.len() >= shape.len()
        && shape.iter().zip(bytes).all(|(shape, byte)| match shape {
            b'0' => byte.is_ascii_digit(),
            b' ' => matches!(byte, b' ' | b'T'),
            other => other == byte,
        });
    fits.then_some(shape.len())
}

#[test]
fn moments_and_times_are_taken_out() {
    let text = "read 2026-11-21 08:06:05Z, 2026-11-21T08:06:05.123Z in 7 requests · 15 requests in 12 s, 2026-11-21";
    assert_eq!(
        steady(text),
        "read [moment], [moment] in [n] requests · [n] requests in [time], [day]"
    );
}
