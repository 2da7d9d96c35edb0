//! The reader and the writer against each other and against another reader.

use proptest::prelude::*;
use serde_json::{Value, json};
use vpp::yaml::{Meaning, Node, Style, meaning, read, to_string};

/// What our reader makes of a text, as the plain values another reader returns.
fn ours(text: &str) -> Option<Value> {
    let mut read = read(text);
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    let document = read.documents.pop()?;
    assert!(document.faults.is_empty(), "{:?}", document.faults);
    document.root.as_ref().map(value)
}

fn value(node: &Node<'_>) -> Value {
    match &node.value {
        vpp::yaml::Value::Scalar(text, Style::Quoted | Style::Block) => json!(text),
        vpp::yaml::Value::Scalar(text, Style::Plain) => match meaning(text) {
            Meaning::Text => json!(text),
            Meaning::Null => Value::Null,
            Meaning::Boolean => json!(text.eq_ignore_ascii_case("true")),
            Meaning::Integer => json!(text.parse::<i64>().unwrap()),
            Meaning::Number => text.parse::<i64>().map_or_else(
                |_| json!(text.parse::<f64>().expect("written by us")),
                |number| json!(number),
            ),
            Meaning::Time | Meaning::Reserved => panic!("the writer left {text} without quotes"),
        },
        vpp::yaml::Value::Sequence(items) => items.iter().map(value).collect(),
        vpp::yaml::Value::Mapping(entries) => entries
            .iter()
            .map(|entry| {
                let unchanged =
                    entry.key_style != Style::Plain || meaning(&entry.key) == Meaning::Text;
                assert!(unchanged, "the writer left the key {} without quotes", entry.key);
                (entry.key.to_string(), value(&entry.value))
            })
            .collect(),
        vpp::yaml::Value::Refused => panic!("refused"),
    }
}

const TRAPS: [&str; 40] = [
    "012345678901",
    "1E10",
    "no",
    "0x1F",
    "1_000",
    "~",
    "null",
    "12:30",
    "",
    "yes",
    "On",
    "off",
    "y",
    "N",
    "true",
    "FALSE",
    "1.5",
    ".5",
    "5.",
    ".inf",
    "-.INF",
    ".nan",
    "2026-12-20",
    "2026-12-20T08:00:00Z",
    "0o17",
    "0b11",
    "+5",
    "-0",
    "1e3",
    "<<",
    "=",
    "- a",
    "a: b",
    "a #b",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(&TRAPS[..]).prop_map(str::to_owned),
        2 => "[0-9eExo_.:+-]{1,12}",
        2 => "[ -~]{0,20}",
        2 => "[a-zA-Z0-9 ._-]{1,20}",
        1 => "\\PC{0,20}",
        1 => "[a-z :#\"'\\\\\n-]{0,30}",
    ]
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the writer writes reads back the same here, in another reader, and in our own
    /// one-document reader.
    #[test]
    fn what_is_written_reads_back_equal_everywhere(tree in tree()) {
        let text = to_string(&tree).unwrap();
        let theirs: Value = yaml_serde::from_str(&text).unwrap();
        prop_assert_eq!(&theirs, &tree, "another reader\n{}", &text);
        let one: Value = vpp::yaml::from_str(&text).unwrap();
        prop_assert_eq!(&one, &tree, "from_str\n{}", &text);
        prop_assert_eq!(ours(&text), Some(tree), "read\n{}", &text);
    }

    /// Where this reader sees text without quotes, another reader sees the same text.
    #[test]
    fn unquoted_text_is_text_for_others_too(
        text in "[0-9eExobB_.+:TZ-]{1,10}|[a-zA-Z0-9._-]{1,6}|(null|true|no|off|y|inf|nan)[a-z0-9]?"
    ) {
        if meaning(&text) == Meaning::Text
            && let Ok(theirs) = yaml_serde::from_str::<Value>(&text)
            && !text.contains(": ")
            && !text.ends_with(':')
            && !text.starts_with("- ")
            && !["-", "---", "..."].contains(&text.as_str())
        {
            prop_assert_eq!(theirs, Value::from(text));
        }
    }

    /// No text makes the reader panic, and every place lies in the text and between characters.
    #[test]
    fn any_text_is_read_without_a_panic(text in "[ -~\n\tä🦊\u{85}\u{2028}&*!<>|%@{}\\[\\]:#-]{0,200}") {
        let read = read(&text);
        let faults = read.documents.iter().flat_map(|document| &document.faults);
        for fault in read.faults.iter().chain(faults) {
            let (start, end) = (fault.place.start as usize, fault.place.end as usize);
            prop_assert!(text.get(start..end).is_some(), "{:?}", fault);
        }
        for document in &read.documents {
            if let Some(root) = &document.root {
                places(root, &text)?;
            }
        }
    }

    /// Bytes of any kind are loaded without a panic, and what is said can be shown.
    #[test]
    fn any_file_is_loaded_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        super::folder::lines_of(&bytes);
    }
}

fn places(node: &Node<'_>, text: &str) -> Result<(), TestCaseError> {
    let (start, end) = (node.place.start as usize, node.place.end as usize);
    let written = text.get(start..end);
    prop_assert!(written.is_some(), "{:?} of {:?}", node.place, text);
    match &node.value {
        vpp::yaml::Value::Scalar(value, Style::Plain) if !value.contains(['\n', ' ']) => {
            prop_assert_eq!(written, Some(value.as_ref()));
        }
        vpp::yaml::Value::Scalar(..) | vpp::yaml::Value::Refused => {}
        vpp::yaml::Value::Sequence(items) => {
            for item in items {
                places(item, text)?;
            }
        }
        vpp::yaml::Value::Mapping(entries) => {
            for entry in entries {
                places(&entry.value, text)?;
            }
        }
    }
    Ok(())
}
