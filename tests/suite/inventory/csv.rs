use vpp::diagnostic::Level;
use vpp::inventory::{Freshness, LoadedInventories};

use super::world::{World, codes, only};

const DEVICES: &str = "serial=serial user=owner";

fn load(columns: &str, text: impl AsRef<[u8]>) -> LoadedInventories {
    let mut world = World::new();
    world.csv("devices", columns, text);
    // A filter over whole rows keeps every column.
    world.filtered("all", "devices", "size(row) > 0");
    world.load()
}

/// Each row's `serial owner`, with its line.
fn rows(loaded: &LoadedInventories) -> Vec<String> {
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let table = &loaded.tables["devices"];
    (0..table.rows())
        .map(|row| {
            let [serial, owner] =
                ["serial", "owner"].map(|column| table.value(row, column).unwrap_or("-"));
            format!("{serial}|{owner}|{}", table.place(row).rsplit(':').next().unwrap())
        })
        .collect()
}

/// The one error of a file that gives no table.
fn error(columns: &str, text: impl AsRef<[u8]>) -> String {
    let loaded = load(columns, text);
    assert!(loaded.tables.is_empty(), "a table in spite of an error");
    assert!(loaded.diagnostics.iter().all(|found| found.level == Level::Error));
    only(&loaded.diagnostics)
}

/// The one warning of a file that gives a table.
fn warning(columns: &str, text: &str) -> String {
    let loaded = load(columns, text);
    assert_eq!(loaded.tables.len(), 1);
    assert!(loaded.diagnostics.iter().all(|found| found.level == Level::Warning));
    only(&loaded.diagnostics)
}

#[test]
fn rows_are_read_with_their_lines() {
    let text = "serial , owner\nS1,ann\n\ns2 , bob \n\"S3\",\"c\"\"\nd\"\nS4,\n";
    assert_eq!(rows(&load(DEVICES, text)), ["S1|ann|2", "S2|bob|4", "S3|c\"\nd|5", "S4||7"]);
}

#[test]
fn windows_line_ends_a_byte_order_mark_and_a_missing_last_line_end_make_no_difference() {
    let plain = rows(&load(DEVICES, "serial,owner\nS1,ann\nS2,\"b\nb\"\nS3,cid\n"));
    let windows = "\u{feff}serial,owner\r\nS1,ann\r\nS2,\"b\nb\"\r\nS3,cid";
    assert_eq!(rows(&load(DEVICES, windows)), plain);
    assert_eq!(plain, ["S1|ann|2", "S2|b\nb|3", "S3|cid|5"]);
}

#[test]
fn the_source_says_how_much_and_how_old_it_is() {
    let loaded = load(DEVICES, "serial,owner\nS1,ann\nS2,bob\n");
    let report = &loaded.sources["devices"];
    assert_eq!((report.origin.as_str(), report.rows), ("data/devices.csv", 2));
    assert!(matches!(report.freshness, Freshness::AsOf(Some(_))));
}

#[test]
fn a_missing_column_names_the_file_its_header_and_the_nearest() {
    let text = error(DEVICES, "serial,ownr,grade\nS1,ann,7\n");
    assert!(text.starts_with("VPP-I004: data/devices.csv: there is no column `owner`"), "{text}");
    assert!(text.contains("did you mean `ownr`?"), "{text}");
    assert!(text.contains("are `serial`, `ownr`, `grade`"), "{text}");
    let text = error("serial=serial", "serial;owner\nS1;ann\n");
    assert!(text.contains("export the file as comma-separated"), "{text}");
}

#[test]
fn all_missing_columns_are_reported_together() {
    let loaded = load("serial=a user=b email=c account=d", "x,y\n1,2\n");
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I004"; 4]);
}

#[test]
fn files_that_are_not_well_formed_are_errors_with_their_line() {
    for (text, expected) in [
        (&b""[..], "data/devices.csv:1: the file is empty"),
        (b"serial,owner,serial\nS1,a,b\n", "data/devices.csv:1: the header names `serial` twice"),
        (b"serial,owner\nS1,a\nS2\n", "data/devices.csv:3: the row has 1 fields and the header 2"),
        (b"serial,owner\r\nS1,a\r\n\r\nS2,b,c\r\n", "data/devices.csv:4: the row has 3 fields"),
        (b"serial,owner\nS1,a\nS2,\xff\n", "data/devices.csv:3: the row is not UTF-8"),
        (b"serial,\xffowner\nS1,a\n", "data/devices.csv:1: the row is not UTF-8"),
        (b"serial,owner\nS1,\"a\nS2,b\n", "data/devices.csv:2: a quote is opened here and never"),
        (b"serial,owner\nS1,\"a\nS2,\"b\n", "data/devices.csv:2: there is text after a closing"),
        (b"\xff\xfes\0e\0", "data/devices.csv:1: the text is UTF-16"),
    ] {
        let found = error(DEVICES, text);
        assert!(found.starts_with(&format!("VPP-I003: {expected}")), "{found}");
    }
}

#[test]
fn ragged_rows_are_reported_together_up_to_a_bound() {
    let text = format!("serial,owner\n{}", "S1\n".repeat(50));
    assert_eq!(codes(&load(DEVICES, text).diagnostics), ["VPP-I003"; 5]);
}

#[test]
fn an_inventory_without_rows_is_an_error() {
    let text = error(DEVICES, "serial,owner\n");
    assert!(
        text.starts_with("VPP-I005: data/devices.csv: inventory `devices` resolves to"),
        "{text}"
    );
    let text = error(DEVICES, "serial,owner\n,ann\n , \n");
    assert!(text.contains("`serial` is empty in all 2 rows"), "{text}");
}

#[test]
fn rows_without_a_serial_number_are_skipped_with_one_warning() {
    let text = warning(DEVICES, "serial,owner\nS1,ann\n,bob\n  ,cid\n");
    assert!(text.starts_with("VPP-I007: data/devices.csv: 2 rows were skipped"), "{text}");
    assert!(text.contains("(lines 3, 4)"), "{text}");
}

#[test]
fn values_that_are_no_serial_numbers_are_counted_with_examples() {
    let bad: String = (0..9).map(|n| format!("1.2{n}E+11,x\n")).collect();
    let text = error(DEVICES, format!("serial,owner\nS1,ann\n{bad}"));
    assert!(
        text.starts_with("VPP-I006: data/devices.csv: 9 values are no serial number"),
        "{text}"
    );
    assert!(text.contains("`1.20E+11` (line 3)") && text.contains("and 4 more"), "{text}");
}

#[test]
fn hostile_values_are_harmless_in_messages() {
    let text = error(DEVICES, "serial,owner\n\u{1b}[31mS1\u{202e},ann\n");
    assert!(text.contains("`\\u{1b}[31mS1\\u{202e}`"), "{text}");
}

#[test]
fn a_repeated_device_is_one_with_a_warning() {
    let text = warning(DEVICES, "serial,owner\nS1,ann\nS2,bob\n s1 ,ann\nS1,\n");
    assert!(text.starts_with("VPP-I008: data/devices.csv: 1 device named in more"), "{text}");
    assert!(text.contains("`S1` (lines 2 and 4)"), "{text}");
    let text = warning("user=owner", "serial,owner\nS1,ann\nS2,ann\n");
    assert!(text.contains("1 person named in more than one row: `ann` (lines 2 and 3)"), "{text}");
}

#[test]
fn two_users_of_one_device_are_named_with_their_lines() {
    let loaded = load(DEVICES, "serial,owner\nS1,\nS1,ann\nS1,bob\nS2,cid\nS2,cid\n");
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I008", "VPP-I009"]);
    let message = &loaded.diagnostics[1].message;
    let expected = "`S1` belongs to `ann` (data/devices.csv:3) and to `bob` (data/devices.csv:4)";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn columns_nobody_reads_are_not_kept() {
    let mut world = World::new();
    world.csv("devices", DEVICES, "serial,owner,grade,udid\nS1,ann,7,x\n");
    world.filtered("seven", "devices", r#"row.grade == "7""#);
    let loaded = world.load();
    let table = &loaded.tables["devices"];
    assert_eq!((table.value(0, "grade"), table.value(0, "udid")), (Some("7"), None));
    assert_eq!(table.header(), ["serial", "owner", "grade", "udid"]);
}

#[test]
fn a_file_outside_the_folder_is_not_opened() {
    let mut world = World::new();
    let secret = world.file("secret.csv", "serial\nS1\n");
    let inside = world.file("repo/vpp.yaml", "");
    world.csv_at("up", "serial=serial", "../secret.csv");
    world.csv_at("absolute", "serial=serial", secret.as_str());
    world.csv_at("gone", "serial=serial", "gone.csv");
    let folder = inside.parent().unwrap();
    let loaded = vpp::inventory::load_all(&world.manifests, folder, &world.environment);
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I002", "VPP-I002", "VPP-I001"]);
    assert!(loaded.tables.is_empty());
}

#[test]
fn columns_without_a_name_are_left_out() {
    assert_eq!(rows(&load(DEVICES, ",serial,,owner,\nx,S1,y,ann,z\n")), ["S1|ann|2"]);
}
