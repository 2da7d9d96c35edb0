//! Problems of the input, for people, machines and GitHub.

use proptest::prelude::*;
use vpp::diagnostic::{Code, Diagnostic, FileId, Sources, Span};
use vpp::render::{Shape, Styles, diagnostics, escape};

static UNKNOWN_KEY: Code = Code { id: "VPP-M012", title: "unknown key", explain: "" };
static DUPLICATE: Code = Code { id: "VPP-M020", title: "duplicate name", explain: "" };
static UNPINNED: Code = Code { id: "VPP-M031", title: "uid not pinned", explain: "" };

const APP: &str = "apiVersion: vpp/v1\nkind: App\nname: notability\nadamId: \"360593530\"\nlocaton: \
                   northfield\nassign:\n  - to: year-7\n";

/// The span of the n-th occurrence of a text.
fn find(sources: &Sources, file: FileId, text: &str, nth: usize) -> Span {
    let source = &sources.get(file).unwrap().text;
    let (start, _) = source.match_indices(text).nth(nth).unwrap();
    let before = &source[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Span {
        file,
        start,
        end: start + text.len(),
        line: u32::try_from(before.matches('\n').count() + 1).unwrap(),
        column: u32::try_from(before[line_start..].chars().count() + 1).unwrap(),
    }
}

pub(super) fn sample() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let app = sources.add("apps/notability.yaml".into(), APP);
    let other = sources.add("apps/other.yaml".into(), "kind: App\nname: notability\n");
    let locations = sources.add("locations.yaml".into(), "kind: Location\nname: northfield\n");
    let found = vec![
        Diagnostic::error(&UNKNOWN_KEY, "unknown key `locaton` in an App")
            .at(find(&sources, app, "locaton", 0), "not a key of App")
            .at(find(&sources, app, "App", 0), "the kind is declared here")
            .help("did you mean `location`?"),
        Diagnostic::error(&DUPLICATE, "two Apps are named `notability`")
            .at(find(&sources, other, "notability", 0), "second")
            .at(find(&sources, app, "notability", 0), "first")
            .help("names are unique among the manifests of one kind"),
        Diagnostic::warning(&UNPINNED, "location `northfield` does not pin its library")
            .at(find(&sources, locations, "northfield", 0), "")
            .help("add this line:\nuid: \"2049025000431439\""),
        Diagnostic::warning(&UNPINNED, "a problem of no file"),
    ];
    (sources, found)
}

fn human(styles: &Styles, shape: &Shape, sources: &Sources, found: &[Diagnostic]) -> String {
    let mut out = vec![];
    diagnostics::human(&mut out, styles, shape, sources, found).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn people_see_the_line_underlined_and_what_to_do() {
    let (sources, found) = sample();
    insta::assert_snapshot!(human(&Styles::plain(), &Shape::default(), &sources, &found));
}

#[test]
fn people_see_it_in_color() {
    let (sources, found) = sample();
    insta::assert_snapshot!(human(&Styles::colored(), &Shape::default(), &sources, &found));
}

#[test]
fn nothing_wrong_is_nothing_said() {
    assert_eq!(human(&Styles::plain(), &Shape::default(), &Sources::new(), &[]), "");
}

#[test]
fn machines_get_an_array() {
    let (sources, found) = sample();
    let mut out = vec![];
    diagnostics::json(&mut out, &sources, &found).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    insta::assert_json_snapshot!(json);
    let mut out = vec![];
    diagnostics::json(&mut out, &sources, &[]).unwrap();
    assert_eq!(out, b"[]\n");
}

#[test]
fn github_gets_annotations() {
    let (sources, found) = sample();
    let mut out = vec![];
    diagnostics::github(&mut out, ".", &sources, &found).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn github_gets_the_worst_ten_and_a_count_of_the_others() {
    let many: Vec<_> = (0..15)
        .map(|n| Diagnostic::warning(&UNPINNED, format!("warning {n}")))
        .chain((0..3).map(|n| Diagnostic::error(&DUPLICATE, format!("error {n}"))))
        .collect();
    let mut out = vec![];
    diagnostics::github(&mut out, ".", &Sources::new(), &many).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 11, "{text}");
    assert!(lines[..3].iter().all(|line| line.starts_with("::error ")), "{text}");
    assert_eq!(
        lines[10],
        "::notice title=vpp::8 more problems (0 errors), see the log of this step"
    );
}

#[test]
fn hostile_content_stays_on_its_line_and_shows() {
    let mut sources = Sources::new();
    let text = "name: \u{1b}]0;owned\u{7} \u{202e}gpj.exe\u{200b} ##[add-mask]x\r\nnext: 1\n";
    let file = sources.add("apps/\u{1b}[2J.yaml".into(), text);
    let found = [Diagnostic::error(&UNKNOWN_KEY, "bad \u{1b}[31m name\n::error::x")
        .at(find(&sources, file, "gpj.exe", 0), "la\u{9b}bel")
        .help("he\rlp\n##[stop-commands]x")];
    insta::assert_snapshot!(human(&Styles::plain(), &Shape::default(), &sources, &found));
}

#[test]
fn a_line_of_megabytes_is_cut_to_what_matters() {
    let mut sources = Sources::new();
    let text = format!("{}HERE{}\n", "a".repeat(3_000_000), "b".repeat(3_000_000));
    let file = sources.add("long.yaml".into(), text);
    let found = [Diagnostic::error(&UNKNOWN_KEY, "long").at(find(&sources, file, "HERE", 0), "x")];
    for width in [60, 80, 120] {
        let shape = Shape { width, ..Shape::default() };
        let text = human(&Styles::plain(), &shape, &sources, &found);
        assert!(text.contains("HERE"), "{text}");
        assert!(text.contains("long.yaml:1:3000001"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
    }
}

#[test]
fn an_ascii_terminal_gets_ascii() {
    let mut sources = Sources::new();
    let file = sources.add("größe.yaml".into(), "name: Größe → 日本\n");
    let found =
        [Diagnostic::error(&UNKNOWN_KEY, "“Größe”").at(find(&sources, file, "日本", 0), "…")];
    let shape = Shape { ascii: true, ..Shape::default() };
    let text = human(&Styles::plain(), &shape, &sources, &found);
    assert!(text.is_ascii(), "{text}");
}

prop_compose! {
    pub(super) fn any_diagnostic(file: FileId)(
        message in ".{0,60}|[\u{0}-\u{ff}]{0,40}",
        labels in prop::collection::vec((0usize..90, 0usize..90, 0u32..9, 0u32..9, ".{0,20}"), 0..5),
        help in prop::collection::vec("(?s).{0,40}", 0..3),
        error: bool,
    ) -> Diagnostic {
        let mut found = if error {
            Diagnostic::error(&UNKNOWN_KEY, message)
        } else {
            Diagnostic::warning(&UNKNOWN_KEY, message)
        };
        for (start, length, line, column, text) in labels {
            let span = Span { file, start, end: start.wrapping_add(length), line, column };
            found = found.at(span, text);
        }
        for line in help {
            found = found.help(line);
        }
        found
    }
}

proptest! {
    #[test]
    fn any_problem_in_any_text_renders_without_a_hidden_character(
        text in "(?s)[a\u{1b}\u{202e}é日\t\r\n:# ]{0,80}|(?s).{0,80}",
        width in 20usize..200,
        ascii: bool,
        seed in any_diagnostic({ let mut one = Sources::new(); one.add("x".into(), "") }),
    ) {
        let mut sources = Sources::new();
        sources.add("a\u{1b}b.yaml".into(), text);
        let shape = Shape { width, ascii, ..Shape::default() };
        let found = [seed];
        let text = human(&Styles::plain(), &shape, &sources, &found);
        prop_assert!(!text.chars().any(|c| c != '\n' && escape::is_hidden(c)), "{text:?}");
        prop_assert!(!ascii || text.is_ascii(), "{text:?}");
        let mut out = vec![];
        diagnostics::json(&mut out, &sources, &found).unwrap();
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
        let mut out = vec![];
        diagnostics::github(&mut out, ".", &sources, &found).unwrap();
        let text = String::from_utf8(out).unwrap();
        prop_assert_eq!(text.lines().count(), 1);
    }
}
