//! A token that was written into a manifest is shown nowhere.

use super::folder::{Folder, lines};

fn token() -> String {
    // base64 of a JSON object, as Apple's are.
    format!("eyJleHBEYXRlIjoi{}==", "MjAyNy0wMS0wMVQwMDowMDowMCswMDAw".repeat(8))
}

/// Everything a run could print.
fn output(text: &str) -> String {
    let folder = Folder::new();
    folder.write("m.yaml", text);
    let loaded = folder.load();
    format!("{}{:?}{:?}", lines(&loaded), loaded.diagnostics, loaded.manifests)
}

#[test]
fn a_content_token_is_an_error_wherever_it_stands_and_is_not_shown() {
    let token = token();
    let head = "apiVersion: vpp/v1\nkind: Location\nname: l\n";
    let texts = [
        format!("{head}token: {token}\n"),
        format!("{head}token: \"{token}\"\n"),
        format!("{head}token: {{ env: {token} }}\n"),
        format!("{head}token: {{ value: {token} }}\n"),
        format!("{head}tokne: {token}\n"),
        format!("{head}token: {{ env: T }} # was {token}\n"),
        format!("{head}token: [{token}\n"),
        format!("{head}token: {{ command: [echo, {token}] }}\n"),
        format!("{head}token:\n  {token}: x\n"),
        format!("{token}\n"),
    ];
    for text in texts {
        let output = output(&text);
        assert!(output.contains("VPP-M035"), "{text}\n{output}");
        assert!(
            !output.contains(&token[..20]) && !output.contains(&token[60..90]),
            "{text}\n{output}"
        );
    }
}

#[test]
fn whatever_stands_in_the_place_of_a_token_is_not_shown() {
    let head = "apiVersion: vpp/v1\nkind: Location\nname: l\ncolor: x\n";
    let texts = [
        format!("{head}token: hunter2\n"),
        format!("{head}token: |\n  hunter2\n"),
        format!("{head}token: {{ env: hunter2-x, evn: x }}\n"),
        format!("{head}token: {{ value: hunter2, env: T }}\n"),
        format!("{head}token: [hunter2]\n"),
        format!("{head}token: {{ value: [{{ a: hunter2 }}] }}\n"),
        format!("{head}token: {{ env: T }}\nendpoint: https://me:hunter2@example.com\n"),
        format!(
            "{head}token: {{ env: T }}\nnotifications: {{ url: https://x:hunter2@y, token: hunter2 }}\n"
        ),
    ];
    for text in texts {
        let output = output(&text);
        assert!(output.contains("error"), "{text}");
        assert!(!output.contains("hunter2"), "{text}\n{output}");
    }
}

#[test]
fn whatever_stands_in_the_place_of_an_mdms_secret_is_not_shown() {
    let head = "apiVersion: vpp/v1\nkind: Mdm\nname: m\n";
    for driver in ["fleet", "nanomdm", "nanohub", "micromdm", "exec"] {
        for settings in [
            "token: hunter2, key: hunter2",
            "token: { value: hunter2 }, key: [hunter2], url: https://x",
            "webhookKey: hunter2, url: https://me:hunter2@example.com",
            "password: hunter2",
            "apiKey: { env: [hunter2] }",
            "key: { env: hunter2-x }, token: { env: hunter2-x }, webhookKey: { env: hunter2-x }",
        ] {
            let output = output(&format!("{head}{driver}: {{ {settings} }}\n"));
            assert!(output.contains("error"), "{driver} {settings}");
            assert!(!output.contains("hunter2"), "{driver} {settings}\n{output}");
        }
    }
}

#[test]
fn the_other_places_stay_where_they_are() {
    let folder = Folder::new();
    folder.write(
        "m.yaml",
        format!(
            "apiVersion: vpp/v1\nkind: Location\nname: l\ntoken: {} # x\ncolor: red\n",
            token()
        ),
    );
    insta::assert_snapshot!(folder.lines(), @r##"
m.yaml:4:1 error VPP-M035 `token` must say where the token is, not be the token
  | "token" must be `env`, `file` or `command`
  = write `token: { env: VPP_TOKEN }`, or `{ file: … }`, or `{ command: [op, read, …] }`
  = if this was a token, download a new one: Apple then revokes it
m.yaml:5:1 error VPP-M012 a Location has no key `color`
  | "color" unknown key
  = known keys: apiVersion, kind, name, uid, token, owner, licenses, mdm, mdmToken, reclaim, whenGone, install, endpoint, notifications, users, description, labels
"##);
}
