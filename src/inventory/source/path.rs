use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

/// Why a path a manifest names is not opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It leads out of the folder: this is how.
    Outside(&'static str),
    /// There is nothing to open: this is why.
    Unreadable(String),
}

/// Largest file that is read, in bytes.
pub(super) const LARGEST: u64 = 4 << 30;

/// The file a manifest names, proven to lie below `folder`, links followed.
pub(super) fn confine(folder: &Utf8Path, path: &Utf8Path) -> Result<Utf8PathBuf, Refusal> {
    for component in path.components() {
        match component {
            Utf8Component::Normal(_) | Utf8Component::CurDir => {}
            Utf8Component::ParentDir => return Err(Refusal::Outside("it climbs out with `..`")),
            Utf8Component::RootDir | Utf8Component::Prefix(_) => {
                return Err(Refusal::Outside("it is absolute"));
            }
        }
    }
    let unreadable = |error: std::io::Error| Refusal::Unreadable(reason(&error));
    let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
    let root = folder.canonicalize_utf8().map_err(unreadable)?;
    let file = root.join(path).canonicalize_utf8().map_err(unreadable)?;
    if !file.starts_with(&root) {
        return Err(Refusal::Outside("a symbolic link leads out of it"));
    }
    let metadata = file.metadata().map_err(unreadable)?;
    // A pipe or a device could block for ever, or never end.
    if !metadata.is_file() {
        return Err(Refusal::Unreadable("it is not a file".to_owned()));
    }
    if metadata.len() > LARGEST {
        return Err(Refusal::Unreadable(format!("it has more than {LARGEST} bytes")));
    }
    Ok(file)
}

/// The system's reason without the path, which the message names already.
pub(super) fn reason(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else {
        error.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let outside = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::from_path_buf(outside.path().join("repo")).unwrap();
        fs_err::create_dir_all(root.join("data")).unwrap();
        fs_err::File::create(root.join("data/in.csv")).unwrap();
        fs_err::File::create(outside.path().join("secret.csv")).unwrap();
        (outside, root)
    }

    #[test]
    fn a_file_below_the_folder_is_opened() {
        let (_guard, root) = folder();
        assert!(confine(&root, "data/in.csv".into()).unwrap().ends_with("data/in.csv"));
        assert!(confine(&root, "./data/./in.csv".into()).is_ok());
    }

    #[test]
    fn a_path_out_of_the_folder_is_refused() {
        let (_guard, root) = folder();
        for path in ["../secret.csv", "data/../../secret.csv", "data/../data/in.csv", "/etc/passwd"]
        {
            assert!(matches!(confine(&root, path.into()), Err(Refusal::Outside(_))), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_may_lead_within_the_folder_but_not_out_of_it() {
        let (guard, root) = folder();
        std::os::unix::fs::symlink(guard.path().join("secret.csv"), root.join("out.csv")).unwrap();
        std::os::unix::fs::symlink(guard.path(), root.join("up")).unwrap();
        std::os::unix::fs::symlink(root.join("data/in.csv"), root.join("near.csv")).unwrap();
        assert!(matches!(confine(&root, "out.csv".into()), Err(Refusal::Outside(_))));
        assert!(matches!(confine(&root, "up/secret.csv".into()), Err(Refusal::Outside(_))));
        assert!(confine(&root, "near.csv".into()).is_ok());
    }

    #[test]
    fn a_folder_or_nothing_is_not_a_file() {
        let (_guard, root) = folder();
        for path in ["data", "gone.csv"] {
            assert!(matches!(confine(&root, path.into()), Err(Refusal::Unreadable(_))), "{path}");
        }
    }
}
