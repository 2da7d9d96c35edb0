//! Writes files whole or not at all.

use std::io::{self, Write};

use camino::Utf8Path;

use super::failure::Failure;

/// zstd's own choice: more takes longer than writing what it saves.
const LEVEL: i32 = 3;

/// Puts a file in place, through a temporary one beside it. Where its name ends in `.zst` it is packed. Who may read it stays as it was; for a
/// new file the process's mask decides.
pub(super) fn replace(
    path: &Utf8Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty());
    let folder = folder.unwrap_or(Utf8Path::new("."));
    let in_place = || -> io::Result<()> {
        fs_err::create_dir_all(folder)?;
        let mut file = temporary(folder)?;
        {
            let mut out = io::BufWriter::new(&mut file);
            if path.extension() == Some("zst") {
                let mut packed = zstd::stream::write::Encoder::new(&mut out, LEVEL)?;
                // A damaged file is noticed, and not taken for another plan.
                packed.include_checksum(true)?;
                write(&mut packed)?;
                packed.finish()?;
            } else {
                write(&mut out)?;
            }
            out.flush()?;
        }
        if let Ok(before) = std::fs::metadata(path) {
            file.as_file().set_permissions(before.permissions())?;
        }
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    in_place().map_err(|error| anyhow::anyhow!("cannot write {path}: {error}").into())
}

#[cfg(unix)]
fn temporary(folder: &Utf8Path) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    // The mask is taken off these; without them only the owner could read what is written.
    let permissions = std::fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().permissions(permissions).tempfile_in(folder)
}

#[cfg(not(unix))]
fn temporary(folder: &Utf8Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(folder)
}

/// Adds to the end of a file that belongs to somebody else; it is made where there is none.
pub(super) fn append(
    path: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let add = || -> io::Result<()> {
        let file = fs_err::OpenOptions::new().append(true).create(true).open(path)?;
        let mut out = io::BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    };
    add().map_err(|error| anyhow::anyhow!("cannot write to {path}: {error}").into())
}
