//! A folder as it was in a git revision, read with the user's own git.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::failure::Failure;

/// A copy of a folder that goes away with this value.
pub(super) struct Checkout {
    place: tempfile::TempDir,
}

impl Checkout {
    /// Where the copy is.
    pub(super) fn folder(&self) -> &Utf8Path {
        Utf8Path::from_path(self.place.path()).unwrap_or(Utf8Path::new("."))
    }
}

/// The folder as it was in a revision. Links and submodules are left out: what they point to is
/// not part of the revision's folder.
///
/// # Errors
/// Where git is not there, the folder is not in a repository, or the revision is not known.
pub(super) fn checkout(folder: &Utf8Path, revision: &str) -> Result<Checkout, Failure> {
    if revision.starts_with('-') {
        return Err(Failure::usage(format!("`{revision}` is no git revision")));
    }
    let commit = git(
        folder,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &format!("{revision}^{{commit}}"),
        ],
    )
    .map_err(|error| {
        anyhow::anyhow!(
            "git knows no revision `{revision}` in {folder} ({error})\nhint: fetch it first; a \
                 pipeline's shallow clone needs `fetch-depth: 0`"
        )
    })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    let listing = git(folder, &["ls-tree", "-r", "-z", &commit, "."])?;
    let listing = String::from_utf8(listing).map_err(|_| {
        anyhow::anyhow!("a file of revision {revision} has a name that is not UTF-8")
    })?;
    let files: Vec<(&str, &str)> = listing
        .split('\0')
        .filter_map(|line| {
            let (facts, path) = line.split_once('\t')?;
            let mut facts = facts.split(' ');
            let (mode, kind, object) = (facts.next()?, facts.next()?, facts.next()?);
            (kind == "blob" && mode != "120000").then_some((object, path))
        })
        .collect();
    let place = tempfile::tempdir()?;
    let root = Utf8PathBuf::from_path_buf(place.path().to_owned())
        .map_err(|path| anyhow::anyhow!("the temporary folder {} is not UTF-8", path.display()))?;
    write_all(folder, &root, &files)?;
    Ok(Checkout { place })
}

/// What git says in a folder.
pub(super) fn git(folder: &Utf8Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| anyhow::anyhow!("cannot run git: {error}"))?;
    anyhow::ensure!(
        output.status.success(),
        "git {} failed: {}",
        arguments.first().unwrap_or(&""),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}

/// Reads every object through one git process.
fn write_all(folder: &Utf8Path, root: &Utf8Path, files: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut child = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| anyhow::anyhow!("cannot run git: {error}"))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        anyhow::bail!("git cannot be talked to");
    };
    let mut output = BufReader::new(output);
    for (object, path) in files {
        writeln!(input, "{object}")?;
        input.flush()?;
        let mut header = String::new();
        output.read_line(&mut header)?;
        let size: Option<u64> = header.trim().rsplit(' ').next().and_then(|size| size.parse().ok());
        let Some(size) = size else {
            anyhow::bail!("git does not have {path} ({})", header.trim())
        };
        let to = root.join(path);
        if let Some(parent) = to.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let mut file = fs_err::File::create(&to)?;
        let copied = std::io::copy(&mut (&mut output).take(size), &mut file)?;
        anyhow::ensure!(copied == size, "git ended while it sent {path}");
        let mut newline = [0];
        output.read_exact(&mut newline)?;
    }
    drop(input);
    child.wait()?;
    Ok(())
}
