//! What a file is before it is YAML: bytes, line ends, tabs, depth.

use super::folder::{Folder, lines_of};

const GROUP: &str = "apiVersion: vpp/v1\nkind: Group\nname: g\ndevices: [A1]\n";

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    assert_eq!(lines_of(format!("\u{FEFF}{GROUP}")), "");
    insta::assert_snapshot!(lines_of(format!("\u{FEFF}x: 1\n{GROUP}")), @"");
}

#[test]
fn windows_line_ends_do_not_shift_lines_or_columns() {
    let text = "apiVersion: vpp/v1\r\nkind: Group\r\nname: g\r\ndevices:\r\n  - A1\r\n  - 0123\r\ncolor: x\r\n";
    insta::assert_snapshot!(lines_of(text), @"");
    assert_eq!(lines_of(text), lines_of(text.replace("\r\n", "\n")));
    assert_eq!(lines_of(GROUP.replace('\n', "\r\n")), "");
}

#[test]
fn bytes_that_are_no_utf8_are_named() {
    let mut bytes = GROUP.as_bytes().to_vec();
    bytes.extend(b"description: \xE9t\xE9\n");
    insta::assert_snapshot!(lines_of(bytes), @"");
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(GROUP.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    insta::assert_snapshot!(lines_of(utf16), @"");
}

#[test]
fn control_characters_are_refused_wherever_they_stand() {
    insta::assert_snapshot!(lines_of(format!("{GROUP}description: a\0b\n")), @"");
    // Some readers end at a NUL: the rest would not be seen.
    insta::assert_snapshot!(lines_of(format!("{GROUP}\0---\nkind: Nonsense\n")), @"");
    insta::assert_snapshot!(lines_of(format!("# \u{7f} \n{GROUP}")), @"");
}

#[test]
fn tabs_indent_nothing() {
    insta::assert_snapshot!(
        lines_of("apiVersion: vpp/v1\nkind: Group\nname: g\nusers:\n\t- a\n"), @"");
    insta::assert_snapshot!(
        lines_of("apiVersion: vpp/v1\nkind: Location\nname: l\ntoken:\n\t\tenv: T\n"), @"");
    // Between values and in comments they harm nothing.
    assert_eq!(lines_of("apiVersion:\tvpp/v1\nkind: Group\t# x\ty\nname: g\nusers: [a,\tb]\n"), "");
}

#[test]
fn depth_is_limited_and_the_next_document_is_read() {
    let deep = format!("{}x{}", "[".repeat(40), "]".repeat(40));
    insta::assert_snapshot!(lines_of(format!("{deep}\n---\n{GROUP}color: x\n")), @"");
    let mut block = String::new();
    for depth in 0..40 {
        block.push_str(&format!("{}a:\n", " ".repeat(depth)));
    }
    insta::assert_snapshot!(lines_of(&block), @"");
    let very_deep = "[".repeat(1_000_000);
    insta::assert_snapshot!(lines_of(very_deep), @"");
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
    insta::assert_snapshot!(folder.lines(), @"");
}

#[test]
fn directives_are_refused() {
    insta::assert_snapshot!(lines_of(format!("%YAML 1.1\n---\n{GROUP}")), @"");
    insta::assert_snapshot!(lines_of(format!("%TAG ! tag:x,2026:\n---\n{GROUP}")), @"");
}
