//! Which files are read.

use super::folder::{Folder, lines};
use vpp::manifest::{Loaded, load};

fn group(name: &str) -> String {
    format!("apiVersion: vpp/v1\nkind: Group\nname: {name}\ndevices: []\n")
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.manifests.groups.iter().map(|group| group.name.value.as_str()).collect()
}

#[test]
fn every_yaml_file_below_the_folder_is_read_in_order() {
    let folder = Folder::new();
    for path in ["b/z.yml", "b/a.yaml", "a.yaml", "c.YAML", "b/c/d/e.yaml"] {
        folder.write(path, group(&path.replace('/', "-")));
    }
    folder.write("README.md", "no manifest");
    folder.write("values.yaml.bak", "no manifest");
    folder.write("yaml", "no manifest");
    let loaded = folder.load();
    assert_eq!(lines(&loaded), "");
    assert_eq!(names(&loaded), ["a.yaml", "b-a.yaml", "b-c-d-e.yaml", "b-z.yml", "c.YAML"]);
    let paths: Vec<_> = loaded.manifests.sources.files().iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["a.yaml", "b/a.yaml", "b/c/d/e.yaml", "b/z.yml", "c.YAML"]);
}

#[test]
fn hidden_is_skipped_below_the_folder_but_not_the_folder_itself() {
    let folder = Folder::new();
    folder.write(".manifests/.git/a.yaml", "[");
    folder.write(".manifests/.gitlab-ci.yml", "[");
    folder.write(".manifests/a.yaml", group("a"));
    let loaded = load(&folder.path().join(".manifests"));
    assert_eq!((lines(&loaded).as_str(), names(&loaded)), ("", vec!["a"]));
}

#[test]
fn vppignore_is_obeyed_and_gitignore_is_not() {
    let folder = Folder::new();
    folder.write(".gitignore", "*.yaml\n");
    folder.write(".ignore", "*.yaml\n");
    folder.write(".vppignore", "# not ours\n/ci/\n*.tmpl.yaml\n!keep.tmpl.yaml\n");
    folder.write("ci/a.yaml", "[");
    folder.write("sub/ci/a.yaml", group("sub-ci"));
    folder.write("x.tmpl.yaml", "[");
    folder.write("keep.tmpl.yaml", group("keep"));
    folder.write("sub/.vppignore", "b.yaml\n");
    folder.write("sub/b.yaml", "[");
    folder.write("b.yaml", group("b"));
    let loaded = folder.load();
    assert_eq!((lines(&loaded).as_str(), names(&loaded)), ("", vec!["b", "keep", "sub-ci"]));
}

#[test]
fn a_vppignore_above_the_folder_does_not_count() {
    let folder = Folder::new();
    folder.write(".vppignore", "*.yaml\n");
    folder.write("m/a.yaml", group("a"));
    let loaded = load(&folder.path().join("m"));
    assert_eq!((lines(&loaded).as_str(), names(&loaded)), ("", vec!["a"]));
}

#[test]
fn a_vppignore_that_cannot_be_used_is_an_error() {
    let folder = Folder::new();
    folder.write(".vppignore", "a{b.yaml\n[z-a]\n");
    folder.write("a.yaml", group("a"));
    assert!(folder.lines().contains("VPP-M003 cannot use `.vppignore`"), "{}", folder.lines());
}

#[test]
fn a_single_file_is_a_folder_of_one() {
    let folder = Folder::new();
    let file = folder.write("sub/.hidden.txt", group("a"));
    folder.write("sub/b.yaml", "[");
    let loaded = load(&file);
    assert_eq!((lines(&loaded).as_str(), names(&loaded)), ("", vec!["a"]));
    assert_eq!(loaded.manifests.sources.files()[0].path, ".hidden.txt");
}

#[test]
fn nothing_to_read_is_an_error() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.lines(), @r##"
- error VPP-M002 no manifests in <folder>
  = manifests end in `.yaml` or `.yml` and begin with `apiVersion: vpp/v1`
"##);
    folder.write("README.md", "x");
    folder.write("empty.yaml", "# only a comment\n---\n---\n");
    folder.write("zero.yaml", "");
    insta::assert_snapshot!(folder.lines(), @r##"
- error VPP-M002 no manifests in <folder>
  = manifests end in `.yaml` or `.yml` and begin with `apiVersion: vpp/v1`
"##);
    let missing = folder.path().join("missing");
    insta::assert_snapshot!(lines(&load(&missing)).replace(folder.path().as_str(), "<folder>"), @r##"
- error VPP-M001 cannot open <folder>/missing: entity not found
  = check the path; it is read relative to the working directory
"##);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_inside_the_folder_are_read_once() {
        let folder = Folder::new();
        folder.write("real/a.yaml", group("a"));
        folder.write("real/sub/b.yaml", group("b"));
        let root = folder.path();
        symlink(root.join("real"), root.join("again")).unwrap();
        symlink(root.join("real/a.yaml"), root.join("0.yaml")).unwrap();
        symlink("..", root.join("real/sub/up")).unwrap();
        symlink(".", root.join("self")).unwrap();
        let loaded = folder.load();
        assert_eq!((lines(&loaded).as_str(), names(&loaded)), ("", vec!["a", "b"]));
        assert_eq!(loaded.manifests.sources.files()[0].path, "real/a.yaml");
    }

    #[test]
    fn a_mounted_config_map_is_read() {
        let folder = Folder::new();
        folder.write("..2026_11_21/a.yaml", group("a"));
        let root = folder.path();
        symlink("..2026_11_21", root.join("..data")).unwrap();
        symlink("..data/a.yaml", root.join("a.yaml")).unwrap();
        symlink("..data", root.join("all")).unwrap();
        let loaded = folder.load();
        assert_eq!((lines(&loaded).as_str(), names(&loaded)), ("", vec!["a"]));
        assert_eq!(loaded.manifests.sources.files().len(), 1);
    }

    #[test]
    fn many_ways_through_linked_folders_are_not_all_gone() {
        let folder = Folder::new();
        let root = folder.path();
        for depth in 0..30 {
            folder.write(&format!(".d{depth}/x.yaml"), group(&format!("g{depth}")));
            for way in ["l", "r"] {
                symlink(
                    root.join(format!(".d{}", depth + 1)),
                    root.join(format!(".d{depth}/{way}")),
                )
                .unwrap();
            }
        }
        folder.write(".d30/x.yaml", group("g30"));
        symlink(".d0", root.join("start")).unwrap();
        let loaded = folder.load();
        assert_eq!(lines(&loaded), "");
        assert_eq!(names(&loaded).len(), 31);
    }

    #[test]
    fn links_that_lead_out_or_nowhere_are_errors() {
        let outside = Folder::new();
        outside.write("secret.yaml", "password: x\n");
        let folder = Folder::new();
        folder.write("a.yaml", group("a"));
        let root = folder.path();
        symlink(outside.path().join("secret.yaml"), root.join("out.yaml")).unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink("missing.yaml", root.join("broken.yaml")).unwrap();
        symlink("missing.txt", root.join("broken.txt")).unwrap();
        symlink(outside.path().join("secret.yaml"), root.join("ignored.yaml")).unwrap();
        folder.write(".vppignore", "ignored.yaml\n");
        insta::assert_snapshot!(folder.lines(), @r##"
- error VPP-M003 broken.yaml cannot be read: entity not found
  = repair it, or name it in `.vppignore`
- error VPP-M003 out leads out of the folder
  = copy what it leads to, or name it in `.vppignore`
- error VPP-M003 out.yaml leads out of the folder
  = copy what it leads to, or name it in `.vppignore`
"##);
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let folder = Folder::new();
        folder.write("a.yaml", group("a"));
        let pipe = folder.path().join("pipe.yaml");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        fs_err::create_dir(folder.path().join("dir.yaml")).unwrap();
        insta::assert_snapshot!(folder.lines(), @r##"
- error VPP-M003 pipe.yaml is not a regular file
  = remove it, or name it in `.vppignore`
"##);
    }

    #[test]
    fn a_name_that_is_no_utf8_is_an_error() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = Folder::new();
        folder.write("a.yaml", group("a"));
        let name = std::ffi::OsStr::from_bytes(b"caf\xE9.yaml");
        fs_err::write(folder.path().as_std_path().join(name), group("b")).unwrap();
        insta::assert_snapshot!(folder.lines(), @r##"
- error VPP-M003 caf�.yaml has a name that is not UTF-8
  = rename it
"##);
    }
}
