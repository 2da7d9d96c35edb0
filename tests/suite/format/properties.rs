//! Whatever is written, and wherever comments stand: the same is said afterwards, and formatting
//! again changes nothing. That values and comments are kept is held here against other readers than
//! the formatter's own check.

use proptest::prelude::*;
use serde_json::Value;

use super::checked;

/// A value and how to write it.
#[derive(Debug, Clone)]
enum Tree {
    Nothing,
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{1,8}",
        2 => "[0-9]{1,14}",
        2 => "[A-Z0-9]{8,12}",
        1 => prop::sample::select(vec!["no", "1E10", "~", "2026-12-20", "", "a: b", "a #b", "- a", "it's", "\"q\"", "C:\\x"]).prop_map(str::to_owned),
        1 => "[a-z ]{0,4}\n{1,3}[ a-z]{1,4}\n{0,3}",
        1 => "\\PC{1,12}",
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "kind", "apiVersion", "name", "adamId", "assign", "to", "intent", "devices", "location",
            "description", "labels", "except",
        ]).prop_map(str::to_owned),
        1 => "[a-z]{1,3}",
        1 => text().prop_filter("keys of one line", |text| !text.contains('\n')),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![1 => Just(Tree::Nothing), 9 => text().prop_map(Tree::Text)];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Tree::List),
            prop::collection::vec((key(), inner), 0..5).prop_map(|entries| {
                let mut seen = std::collections::HashSet::new();
                Tree::Map(entries.into_iter().filter(|(key, _)| seen.insert(key.clone())).collect())
            }),
        ]
    })
}

/// Writes a tree as somebody might who likes comments.
struct Author {
    choices: Vec<u8>,
    at: usize,
    out: String,
    comments: usize,
}

impl Author {
    fn choice(&mut self, of: u8) -> u8 {
        self.at += 1;
        self.choices.get(self.at % self.choices.len().max(1)).copied().unwrap_or(0) % of
    }

    fn comment(&mut self) -> String {
        self.comments += 1;
        let tail = ["", "  ", " - x: y", " \"'#", "!"][usize::from(self.choice(5))];
        format!("# {}{tail}", self.comments)
    }

    /// Comments and empty lines on lines of their own.
    fn between(&mut self, indent: usize) {
        for _ in 0..self.choice(3) {
            if self.choice(3) == 0 {
                let indent = indent + usize::from(self.choice(2)) * usize::from(self.choice(4));
                let comment = self.comment();
                self.out += &format!("{}{comment}\n", " ".repeat(indent));
            } else if self.choice(4) == 0 {
                self.out.push('\n');
            }
        }
    }

    fn end_line(&mut self) {
        if self.choice(4) == 0 {
            let comment = self.comment();
            self.out += &format!("  {comment}");
        }
        self.out.push('\n');
    }

    fn scalar(&mut self, text: &str, flow: bool, key: bool, indent: usize) -> String {
        let json = || serde_json::to_string(text).unwrap().replace('\u{7f}', "\\x7f");
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric()) && !text.is_empty();
        let single =
            !text.contains('\n') && text.chars().all(|c| !c.is_control() && c != '\u{FEFF}');
        match self.choice(4) {
            0 | 1 if plain => text.to_owned(),
            2 if single => format!("'{}'", text.replace('\'', "''")),
            3 if !flow
                && !key
                && text.contains('\n')
                && !text.starts_with([' ', '\n'])
                && text.trim() != "" =>
            {
                let body = text.trim_end_matches('\n');
                let chomp = match text.len() - body.len() {
                    0 => "-",
                    1 => "",
                    _ => "+",
                };
                let mut out = format!("|{chomp}");
                for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
                    out += &format!(
                        "\n{}{line}",
                        " ".repeat(if line.is_empty() { 0 } else { indent })
                    );
                }
                out
            }
            _ => json(),
        }
    }

    fn flow(&mut self, tree: &Tree) {
        let pad = |author: &mut Self| match author.choice(6) {
            0 => {
                let comment = author.comment();
                author.out += &format!(" {comment}\n      ");
            }
            1 => author.out += "\n      ",
            2 => author.out.push(' '),
            _ => {}
        };
        match tree {
            Tree::Nothing => self.out += "null",
            Tree::Text(text) => {
                let text = self.scalar(text, true, false, 0);
                self.out += &text;
            }
            Tree::List(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.out += if at > 0 { ", " } else { "" };
                    pad(self);
                    self.flow(item);
                    pad(self);
                }
                self.out.push(']');
            }
            Tree::Map(entries) => {
                self.out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.out += if at > 0 { ", " } else { "" };
                    pad(self);
                    let key = self.scalar(key, true, true, 0);
                    self.out += &format!("{key}: ");
                    self.flow(value);
                    pad(self);
                }
                self.out.push('}');
            }
        }
    }

    /// What follows a key or a dash.
    fn value(&mut self, tree: &Tree, indent: usize, dash: bool) {
        let step = 1 + usize::from(self.choice(4));
        match tree {
            Tree::Nothing => self.end_line(),
            Tree::Text(text) => {
                let text = self.scalar(text, false, false, indent + step);
                if let Some((header, lines)) = text.split_once('\n') {
                    self.out += &format!(" {header}");
                    self.end_line();
                    self.out += &format!("{lines}\n");
                } else {
                    self.out += &format!(" {text}");
                    self.end_line();
                }
            }
            Tree::List(items) if items.is_empty() => {
                self.out += " []";
                self.end_line();
            }
            Tree::Map(entries) if entries.is_empty() => {
                self.out += " {}";
                self.end_line();
            }
            tree if self.choice(4) == 0 => {
                self.out.push(' ');
                self.flow(tree);
                self.end_line();
            }
            Tree::List(_) if !dash && self.choice(2) == 0 => {
                self.end_line();
                self.lines(tree, indent);
            }
            tree => {
                self.end_line();
                self.lines(tree, indent + step);
            }
        }
    }

    fn lines(&mut self, tree: &Tree, indent: usize) {
        let pad = " ".repeat(indent);
        match tree {
            Tree::Nothing | Tree::Text(_) => {}
            Tree::List(items) => {
                for item in items {
                    self.between(indent);
                    self.out += &format!("{pad}-");
                    self.value(item, indent, true);
                }
            }
            Tree::Map(entries) => {
                for (key, value) in entries {
                    self.between(indent);
                    let key = self.scalar(key, false, true, 0);
                    self.out += &format!("{pad}{key}:");
                    self.value(value, indent, false);
                }
            }
        }
        self.between(indent);
    }

    fn document(&mut self, tree: &Tree) {
        self.between(0);
        match tree {
            Tree::List(items) if !items.is_empty() => self.lines(tree, 0),
            Tree::Map(entries) if !entries.is_empty() => self.lines(tree, 0),
            _ => {}
        }
        self.between(0);
    }
}

/// What another reader takes each document for; keys sorted.
fn values(text: &str) -> Vec<Value> {
    fn sorted(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Value::Object(entries.into_iter().collect())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
        }
    }
    use serde::Deserialize;
    yaml_serde::Deserializer::from_str(text)
        .map(|document| {
            sorted(Value::deserialize(document).unwrap_or_else(|e| panic!("{e}:\n{text}")))
        })
        .filter(|value| !value.is_null())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost(
        trees in prop::collection::vec(tree(), 1..4),
        choices in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let mut author = Author { choices, at: 0, out: String::new(), comments: 0 };
        for (at, mut tree) in trees.into_iter().enumerate() {
            if let Tree::Map(entries) = &mut tree
                && let Some((_, kind)) = entries.iter_mut().find(|(key, _)| key == "kind")
            {
                *kind = Tree::Text(["App", "Group", "Policy"][at % 3].to_owned());
            }
            if at > 0 {
                author.out += "---";
                author.end_line();
            }
            author.document(&tree);
        }
        let text = author.out;
        let read = vpp::yaml::read(&text);
        prop_assume!(read.faults.is_empty() && read.documents.iter().all(|d| d.faults.is_empty()));
        let formatted = checked(&text);
        for number in 1..=author.comments {
            let count = |text: &str| {
                let mark = format!("# {number}");
                text.match_indices(&mark)
                    .filter(|(at, _)| !text[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()))
                    .count()
            };
            prop_assert_eq!(count(&text), count(&formatted), "{}\n---\n{}", text, formatted);
        }
        prop_assert!(formatted.is_empty() || formatted.ends_with('\n'));
    }

    #[test]
    fn another_reader_sees_the_same(
        tree in tree(),
        choices in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let mut author = Author { choices, at: 0, out: String::new(), comments: 0 };
        author.document(&tree);
        let text = author.out;
        let read = vpp::yaml::read(&text);
        prop_assume!(read.faults.is_empty() && read.documents.iter().all(|d| d.faults.is_empty()));
        prop_assert_eq!(values(&text), values(&checked(&text)));
    }
}
