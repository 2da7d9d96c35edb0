//! `vpp fmt` as it is typed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const UGLY: &str =
    "kind: Group   # who\napiVersion: vpp/v1\nname: 'loaners'\ndevices: [ 012345678901 ]\n";
const NEAT: &str =
    "apiVersion: vpp/v1\nkind: Group # who\nname: loaners\ndevices: [\"012345678901\"]\n";
const BROKEN: &str = "apiVersion: vpp/v1\nkind: [\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = place.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
    place
}

fn read(folder: &tempfile::TempDir, path: &str) -> String {
    fs_err::read_to_string(folder.path().join(path)).unwrap()
}

fn vpp(folder: &Path, arguments: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("vpp"))
        .current_dir(folder)
        .env_clear()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn files_are_rewritten_and_named_and_the_rest_is_left_alone() {
    let place = folder(&[
        ("a.yaml", UGLY),
        ("b/neat.yml", NEAT),
        (".hidden/c.yaml", UGLY),
        ("ignored.yaml", UGLY),
        (".vppignore", "ignored.yaml\n"),
    ]);
    let (code, out, err) = vpp(place.path(), &["fmt"], "");
    assert_eq!((code, out.as_str()), (0, "./a.yaml\n"), "{err}");
    assert!(err.contains("formatted 1 file of 2"), "{err}");
    assert_eq!(read(&place, "a.yaml"), NEAT);
    assert_eq!(read(&place, ".hidden/c.yaml"), UGLY);
    assert_eq!(read(&place, "ignored.yaml"), UGLY);
    let (code, out, err) = vpp(place.path(), &["fmt", "--check"], "");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
}

#[test]
fn check_writes_nothing_and_shows_what_would_change() {
    let place = folder(&[("a.yaml", UGLY), ("b.yaml", NEAT)]);
    let (code, out, err) = vpp(place.path(), &["fmt", "--check", "a.yaml", "b.yaml"], "");
    assert_eq!(code, 1, "{err}");
    let lines = [
        "--- a.yaml",
        "+++ a.yaml",
        "@@ -1,4 +1,4 @@",
        "-kind: Group   # who",
        " apiVersion: vpp/v1",
        "-name: 'loaners'",
        "-devices: [ 012345678901 ]",
        "+kind: Group # who",
        "+name: loaners",
        "+devices: [\"012345678901\"]\n",
    ];
    assert_eq!(out, lines.join("\n"));
    assert!(err.contains("1 file of 2 would change"), "{err}");
    assert_eq!(read(&place, "a.yaml"), UGLY);
    let (_, colored, _) = vpp(place.path(), &["fmt", "--check", "--color", "always"], "");
    assert!(colored.contains("\u{1b}[32m+name: loaners\u{1b}[0m"), "{colored}");
}

#[test]
fn a_file_with_errors_is_reported_and_left_as_it_is_while_others_are_formatted() {
    let place = folder(&[("a.yaml", UGLY), ("broken.yaml", BROKEN)]);
    let (code, out, err) = vpp(place.path(), &["fmt"], "");
    assert_eq!((code, out.as_str()), (3, "./a.yaml\n"), "{err}");
    assert!(err.contains("broken.yaml:") && err.contains("VPP-M007"), "{err}");
    assert!(err.contains("1 left as they are"), "{err}");
    assert_eq!(read(&place, "broken.yaml"), BROKEN);
    assert_eq!(read(&place, "a.yaml"), NEAT);
    // What is wrong in other ways is not for this command to say.
    let place = folder(&[("a.yaml", "kind: Group\napiVersion: vpp/v1\nname: g\ncolour: x\n")]);
    let (code, _, err) = vpp(place.path(), &["fmt"], "");
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = vpp(place.path(), &["fmt", "nowhere"], "");
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("VPP-M001"), "{err}");
}

#[test]
fn a_content_token_is_never_printed() {
    use base64::Engine as _;
    let json = r#"{"expDate":"2027-01-01T00:00:00+0000","token":"c2VjcmV0IHNlY3JldCBzZWNyZXQ=","orgName":"N"}"#;
    let token = base64::engine::general_purpose::STANDARD.encode(json);
    let text = format!("kind: Location\napiVersion: vpp/v1\nname: 'n'\ndescription: {token}\n");
    let place = folder(&[("a.yaml", &text)]);
    for (arguments, stdin) in
        [(&["fmt"][..], ""), (&["fmt", "--check"], ""), (&["fmt", "--stdin"], text.as_str())]
    {
        let (code, out, err) = vpp(place.path(), arguments, stdin);
        assert_eq!(code, 3, "{out}{err}");
        assert!(!out.contains(&token[..24]) && !err.contains(&token[..24]), "{out}{err}");
        assert!(err.contains("VPP-M035"), "{err}");
    }
    assert_eq!(read(&place, "a.yaml"), text);
}

#[test]
fn standard_input_goes_to_standard_output() {
    let place = folder(&[]);
    let (code, out, err) = vpp(place.path(), &["fmt", "--stdin"], UGLY);
    assert_eq!((code, out.as_str()), (0, NEAT), "{err}");
    let (code, out, err) = vpp(place.path(), &["fmt", "--stdin"], NEAT);
    assert_eq!((code, out.as_str()), (0, NEAT), "{err}");
    let (code, out, _) = vpp(place.path(), &["fmt", "--stdin", "--check"], UGLY);
    assert!(code == 1 && out.starts_with("--- stdin\n"), "{code} {out}");
    let (code, out, err) = vpp(place.path(), &["fmt", "--stdin"], BROKEN);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("stdin:2"), "{err}");
    assert_eq!(vpp(place.path(), &["fmt", "--stdin"], "").0, 0);
    assert_eq!(vpp(place.path(), &["fmt", "--stdin", "a.yaml"], "").0, 64);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = folder(&[("real/a.yaml", UGLY)]);
    let real = place.path().join("real/a.yaml");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = place.path().join("link.yaml");
    symlink(&real, &link).unwrap();
    let (code, _, err) = vpp(place.path(), &["fmt", "link.yaml"], "");
    assert_eq!(code, 0, "{err}");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(fs_err::read_to_string(&real).unwrap(), NEAT);
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}
