//! What a file is before it is YAML: bytes, line ends, tabs, depth.

use super::folder::{Folder, lines_of};

const GROUP: &str = "apiVersion: vpp/v1\nkind: Group\nname: g\ndevices: [A1]\n";

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_eq!(lines_of(format!("\u{FEFF}{GROUP}")), "");
    insta::assert_snapshot!(lines_of(format!("\u{FEFF}x: 1\n{GROUP}")), @r##"
m.yaml:1:1 error VPP-M012 a Group has no key `x`
  | "x" unknown key
  = known keys: apiVersion, kind, name, devices, users, from, where, include, entraGroup, minimum, description
"##);
}

#[test]
fn windows_line_ends_do_not_shift_lines_or_columns() {
    let text = "apiVersion: vpp/v1\r\nkind: Group\r\nname: g\r\ndevices:\r\n  - A1\r\n  - 0123\r\ncolor: x\r\n";
    insta::assert_snapshot!(lines_of(text), @r##"
m.yaml:6:5 error VPP-M015 an item of `devices` must be text, but YAML readers take `0123` for a number
  | "0123" quote it
  = quote it: write "0123"
m.yaml:7:1 error VPP-M012 a Group has no key `color`
  | "color" unknown key
  = known keys: apiVersion, kind, name, devices, users, from, where, include, entraGroup, minimum, description
"##);
    assert_eq!(lines_of(text), lines_of(text.replace("\r\n", "\n")));
    assert_eq!(lines_of(GROUP.replace('\n', "\r\n")), "");
}

#[test]
fn bytes_that_are_no_utf8_are_named() {
    let mut bytes = GROUP.as_bytes().to_vec();
    bytes.extend(b"description: \xE9t\xE9\n");
    insta::assert_snapshot!(lines_of(bytes), @r##"
m.yaml:5:14 error VPP-M005 byte 66 (0xE9) is not UTF-8
  | "�" not UTF-8
  = save it as UTF-8
"##);
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(GROUP.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    insta::assert_snapshot!(lines_of(utf16), @r##"
m.yaml:1:1 error VPP-M005 byte 0 (0xFF) is not UTF-8
  | "�" not UTF-8
  = this looks like UTF-16: save it as UTF-8
"##);
}

#[test]
fn control_characters_are_refused_wherever_they_stand() {
    insta::assert_snapshot!(lines_of(format!("{GROUP}description: a\0b\n")), @r##"
m.yaml:5:15 error VPP-M006 control character U+0000 at byte 67
  | "\0" remove it
  = inside double quotes write it as an escape, for example "\x00"
"##);
    // Some readers end at a NUL: the rest would not be seen.
    insta::assert_snapshot!(lines_of(format!("{GROUP}\0---\nkind: Nonsense\n")), @r##"
m.yaml:5:1 error VPP-M006 control character U+0000 at byte 53
  | "\0" remove it
  = inside double quotes write it as an escape, for example "\x00"
"##);
    insta::assert_snapshot!(lines_of(format!("# \u{7f} \n{GROUP}")), @r##"
m.yaml:1:3 error VPP-M006 control character U+007F at byte 2
  | "\u{7f}" remove it
  = inside double quotes write it as an escape, for example "\x00"
"##);
}

#[test]
fn tabs_indent_nothing() {
    insta::assert_snapshot!(
        lines_of("apiVersion: vpp/v1\nkind: Group\nname: g\nusers:\n\t- a\n"), @r##"
m.yaml:5:1 error VPP-M008 a tab stands where YAML counts spaces
  | "\t" replace it with spaces
"##);
    insta::assert_snapshot!(
        lines_of("apiVersion: vpp/v1\nkind: Location\nname: l\ntoken:\n\t\tenv: T\n"), @r##"
m.yaml:5:1 error VPP-M008 a tab stands where YAML counts spaces
  | "\t" replace it with spaces
"##);
    // Between values and in comments they harm nothing.
    assert_eq!(lines_of("apiVersion:\tvpp/v1\nkind: Group\t# x\ty\nname: g\nusers: [a,\tb]\n"), "");
}

#[test]
fn depth_is_limited_and_the_next_document_is_read() {
    let deep = format!("{}x{}", "[".repeat(40), "]".repeat(40));
    insta::assert_snapshot!(lines_of(format!("{deep}\n---\n{GROUP}color: x\n")), @r##"
m.yaml:1:34 error VPP-M009 lists and mappings stand more than 32 deep in each other
  | "[" too deep
m.yaml:7:1 error VPP-M012 a Group has no key `color`
  | "color" unknown key
  = known keys: apiVersion, kind, name, devices, users, from, where, include, entraGroup, minimum, description
"##);
    let mut block = String::new();
    for depth in 0..40 {
        block.push_str(&format!("{}a:\n", " ".repeat(depth)));
    }
    insta::assert_snapshot!(lines_of(&block), @r##"
m.yaml:33:33 error VPP-M009 lists and mappings stand more than 32 deep in each other
  | "" too deep
"##);
    let very_deep = "[".repeat(1_000_000);
    insta::assert_snapshot!(lines_of(very_deep), @r##"
m.yaml:1:34 error VPP-M009 lists and mappings stand more than 32 deep in each other
  | "[" too deep
"##);
    let mixed = "- {a: [".repeat(20);
    assert!(lines_of(mixed).contains("VPP-M0"), "mixed");
}

#[test]
fn a_broken_file_hides_nothing_of_the_others() {
    let folder = Folder::of(&[
        ("a.yaml", "name: [\n"),
        ("b.yaml", "apiVersion: vpp/v1\nkind: Group\nname: g\ndevice: [A1]\n"),
        ("c.yaml", "\u{0}"),
        ("d.yaml", "apiVersion: vpp/v1\nkind: Grop\n"),
    ]);
    folder.write("e.yaml", b"\xFF");
    insta::assert_snapshot!(folder.lines(), @r##"
a.yaml:1:7 error VPP-M007 not YAML: unclosed bracket '['
  | "[" 
  = look at this line and the one above it
b.yaml:4:1 error VPP-M012 a Group has no key `device`
  | "device" unknown key
  = did you mean `devices`?
c.yaml:1:1 error VPP-M006 control character U+0000 at byte 0
  | "\0" remove it
  = inside double quotes write it as an escape, for example "\x00"
d.yaml:2:7 error VPP-M019 `Grop` is no known kind
  | "Grop" unknown kind
  = did you mean `Group`?
e.yaml:1:1 error VPP-M005 byte 0 (0xFF) is not UTF-8
  | "�" not UTF-8
  = save it as UTF-8
"##);
}

#[test]
fn directives_are_refused() {
    insta::assert_snapshot!(lines_of(format!("%YAML 1.1\n---\n{GROUP}")), @r##"
m.yaml:1:1 error VPP-M011 directives are refused in manifests
  | "%" a directive
  = remove the line
"##);
    insta::assert_snapshot!(lines_of(format!("%TAG ! tag:x,2026:\n---\n{GROUP}")), @r##"
m.yaml:1:1 error VPP-M011 directives are refused in manifests
  | "%" a directive
  = remove the line
"##);
}
