//! The comment on a pull request, read back by a parser of GitHub's Markdown.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use vpp::license::ClientUserId;
use vpp::manifest::kind::{Intent, ReclaimMode};
use vpp::plan::{Action, BaseSummary, Change, Origin, Plan};
use vpp::render::escape;
use vpp::render::plan::{self, Markdown, Sections};

use super::plan_holds::any_plan;
use super::world::{self, World};

/// What GitHub takes is 65,536.
const MOST: usize = 60_000;

fn comment(options: Markdown<'_>, plan: &Plan) -> String {
    let mut out = vec![];
    plan::markdown(&mut out, options, plan).unwrap();
    String::from_utf8(out).unwrap()
}

fn plain(plan: &Plan) -> String {
    comment(Markdown::default(), plan)
}

/// What a reader sees: tables as cells of text, and the pieces of HTML there are.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) tables: Vec<Vec<Vec<String>>>,
    pub(super) text: String,
    /// What is neither code nor a link.
    prose: String,
    html: Vec<String>,
    links: Vec<String>,
    images: usize,
    lists: usize,
    rules: usize,
    blocks: usize,
    headings: Vec<String>,
}

pub(super) fn read(markdown: &str) -> Seen {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let mut seen = Seen::default();
    let (mut heading, mut code) = (false, 0);
    for event in Parser::new_ext(markdown, options) {
        let cell =
            seen.tables.last_mut().and_then(|rows| rows.last_mut()).and_then(|row| row.last_mut());
        match event {
            Event::Start(Tag::Table(_)) => seen.tables.push(vec![]),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                seen.tables.last_mut().unwrap().push(vec![]);
            }
            Event::Start(Tag::TableCell) => {
                seen.tables.last_mut().unwrap().last_mut().unwrap().push(String::new());
            }
            Event::End(TagEnd::TableCell) => seen.prose.push('\n'),
            Event::End(TagEnd::Table) => seen.text.push('\n'),
            Event::Start(Tag::Link { dest_url, .. }) => {
                code += 1;
                seen.links.push(dest_url.to_string());
            }
            Event::Start(Tag::Image { .. }) => seen.images += 1,
            Event::Start(Tag::List(_)) => seen.lists += 1,
            Event::Start(Tag::BlockQuote(_) | Tag::CodeBlock(_)) => seen.blocks += 1,
            Event::Start(Tag::Heading { .. }) => {
                heading = true;
                seen.headings.push(String::new());
            }
            Event::End(TagEnd::Heading(_)) => heading = false,
            Event::Rule => seen.rules += 1,
            Event::End(TagEnd::Link) => code -= 1,
            Event::Html(html) | Event::InlineHtml(html) => {
                code += i32::from(&*html == "<code>") - i32::from(&*html == "</code>");
                seen.html.push(html.trim().to_owned());
            }
            Event::Text(ref text) | Event::Code(ref text) => {
                seen.text.push_str(text);
                if code == 0 && matches!(event, Event::Text(_)) {
                    seen.prose.push_str(text);
                }
                if let Some(cell) = cell {
                    cell.push_str(text);
                }
                if heading {
                    seen.headings.last_mut().unwrap().push_str(text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                seen.text.push('\n');
                seen.prose.push('\n');
            }
            Event::InlineMath(math) | Event::DisplayMath(math) => panic!("math: {math}"),
            _ => {}
        }
    }
    seen
}

/// What no comment may be, whatever the plan.
fn holds(text: &str) -> Seen {
    let length: usize = text.chars().map(char::len_utf16).sum();
    assert!(length <= MOST, "{length} characters");
    assert!(text.starts_with("<!-- vpp-plan target="), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && escape::is_hidden(c)), "{text:?}");
    let seen = read(text);
    assert_eq!(seen.headings.len(), 1, "{text}");
    assert_eq!((seen.images, seen.lists, seen.rules, seen.blocks), (0, 0, 0, 0), "{text}");
    for html in &seen.html {
        for piece in html.split_inclusive('>') {
            let piece = piece.trim();
            let ours = [
                "<code>",
                "</code>",
                "<br>",
                "<sub>",
                "</sub>",
                "<details>",
                "</details>",
                "<summary>",
            ];
            let summary = piece.ends_with("</summary>")
                && !piece.trim_end_matches("</summary>").contains(['<', '>', '`']);
            let mark = piece.starts_with("<!-- vpp-plan target=") && piece.ends_with(" -->");
            assert!(
                ours.contains(&piece) || summary || mark || !piece.contains('<'),
                "{piece:?} in\n{text}"
            );
        }
    }
    // The rows of a table all have the columns of its titles: none was cut, none has a bar too many.
    let mut rows = 0;
    for table in &seen.tables {
        let columns = table[0].len();
        assert!(columns >= 2, "{table:?}");
        for row in table {
            assert_eq!(row.len(), columns, "{row:?} in\n{text}");
        }
        rows += table.len() + 1;
    }
    // The parser fills rows up and cuts them; the source says whether it had to.
    let written: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(written.len(), rows, "{text}");
    let mut lines = written.iter();
    for table in &seen.tables {
        for line in lines.by_ref().take(table.len() + 1) {
            assert_eq!(line.matches('|').count(), table[0].len() + 1, "{line}");
        }
    }
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    // No mention, no issue, no address, no emoji: what would be one is broken by a space of no
    // width, or is code.
    let prose: Vec<char> = seen.prose.chars().collect();
    for pair in prose.windows(2) {
        assert!(!(pair[0] == '@' && pair[1].is_alphanumeric()), "{}", seen.prose);
        assert!(!(pair[0] == '#' && pair[1].is_numeric()), "{}", seen.prose);
    }
    for address in ["://", "www."] {
        assert!(!seen.prose.to_lowercase().contains(address), "{}", seen.prose);
    }
    assert!(!seen.links.iter().any(|link| !link.starts_with("https://git.example/")), "{text}");
    seen
}

/// The rows of the table with a title, without it.
pub(super) fn table<'s>(seen: &'s Seen, title: &str) -> &'s [Vec<String>] {
    let found = seen.tables.iter().find(|table| table[0].iter().any(|cell| cell == title));
    &found.unwrap_or_else(|| panic!("no table with {title}"))[1..]
}

pub(super) fn number(cell: &str) -> u64 {
    cell.replace(',', "").parse().unwrap_or_else(|_| panic!("{cell:?} is no number"))
}

#[test]
fn a_small_plan() {
    let plan = world::quickstart();
    let text = plain(&plan);
    holds(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn a_large_plan_that_is_blocked() {
    let plan = world::blocked();
    let text = plain(&plan);
    holds(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn a_plan_with_nothing_to_do_and_one_that_is_incomplete() {
    for plan in [world::empty(), world::incomplete()] {
        let text = plain(&plan);
        holds(&text);
        insta::assert_snapshot!(text);
    }
}

#[test]
fn every_name_is_an_attack() {
    let plan = world::hostile();
    let text =
        comment(Markdown { show_holders: true, links: Some("https://git.example/x") }, &plan);
    holds(&text);
    insta::assert_snapshot!(text);
}

const ATTACKS: [&str; 16] = [
    "a | b || c",
    "`code` and ``more``",
    "@octocat please",
    "fixes #123 and GH-7",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></summary><h1>x",
    "[link](javascript:alert(1)) ![x](https://x.example/y.png)",
    "https://evil.example www.evil.example ada@evil.example",
    "line one\n\n# two\r\n- three",
    "gpj\u{202e}exe\u{200b}",
    "*bold* _under_ ~~struck~~ $x$ $$y$$",
    "-- --> <!-- x -->",
    "&lt;b&gt; &#64;octocat \\| \\",
    ":tada: :+1:",
    "| --- |",
];

#[test]
fn names_are_read_as_they_are_written() {
    for name in ATTACKS {
        let plan = World::new()
            .location(name, "x")
            .app(1, name, 10, 4)
            .moves(Action::Release, (name, 12), world::entry(name, Intent::Uninstall), 0..2)
            .plan();
        let seen = holds(&plain(&plan));
        let shown = escape::terminal(name);
        let reclaim = &table(&seen, "reclaim")[0];
        let without = |text: &str| text.replace('\u{200b}', "");
        assert!(without(&seen.text).contains(&*shown), "{name}: {}", seen.text);
        let holders = seen.tables.iter().find(|table| table[0][1] == "holders").unwrap();
        assert_eq!(without(&holders[1][0]), shown, "{reclaim:?}");
    }
}

#[test]
fn nobody_is_named_unless_asked_for() {
    let mut plan = world::blocked();
    plan.guards[0].examples = vec!["DMPXSECRET01".into(), "ada@secret.example".into()];
    plan.diagnostics[0].message = "device `DMPXSECRET01` is named twice".into();
    plan.locations[0].users.retire = vec![ClientUserId::new("ada@secret.example").unwrap()];
    let text = plain(&plan);
    assert!(!text.contains("C02X") && !text.to_lowercase().contains("secret"), "{text}");
    let text = comment(Markdown { show_holders: true, links: None }, &plan);
    assert!(text.contains("`DMPXSECRET01`") && text.contains("C02X"), "{text}");
    assert!(text.contains("<code>ada@&#8203;secret.example</code>"), "{text}");
}

#[test]
fn places_link_into_the_repository_when_its_address_is_known() {
    let options =
        Markdown { links: Some("https://git.example/o/r/blob/main/"), ..Markdown::default() };
    let seen = holds(&comment(options, &world::blocked()));
    let first = "https://git.example/o/r/blob/main/apps/notability.yaml#L9".to_owned();
    assert!(seen.links.contains(&first), "{:?}", seen.links);
    assert!(seen.links.iter().all(|link| link.starts_with("https://git.example/o/r/blob/main/")));
}

#[test]
fn the_mark_is_the_same_for_the_same_locations_and_ends_nothing() {
    let mark = |plan: &Plan| plain(plan).lines().next().unwrap().to_owned();
    assert_eq!(mark(&world::blocked()), "<!-- vpp-plan target=2049025000431439 dir=. -->");
    let mut odd = world::quickstart();
    odd.manifests.folder = "a--b -->\n<script>".into();
    odd.locations[0].uid = Some("--".into());
    let text = mark(&odd);
    assert_eq!(text.matches("--").count(), 2, "{text}");
    let many = |names: std::ops::Range<u32>| {
        names.fold(World::new(), |world, at| world.location(&format!("l{at}"), "x")).plan()
    };
    assert_eq!(mark(&many(0..90)), mark(&many(0..90)));
    assert_ne!(mark(&many(0..90)), mark(&many(0..91)));
    assert!(mark(&many(0..90)).len() < 120);
}

/// Everything there can be many of, many times over, with long names.
fn enormous() -> Plan {
    let long = "Ünïcode | name @with #1 everything ".repeat(20);
    let mut world = World::new();
    for at in 0..3_000 {
        world = world
            .location(&format!("{long}{at}"), &long)
            .app(at, &format!("{long}{at}"), 1_000, 400)
            .last(|location| location.licenses[0].short = 3)
            .moves(
                Action::Release,
                (&long, 9),
                world::entry(&format!("{long}{at}"), Intent::Uninstall),
                0..300,
            )
            .moves(
                Action::Assign,
                (&long, 9),
                world::entry(&format!("g{long}{at}"), Intent::Required),
                300..334,
            )
            .guard(world::blocks("VPP-G101", &format!("{long}{at}"), &long, (&long, 3)));
        if at % 7 == 0 {
            world = world
                .location(&format!("f{at}"), "x")
                .last(|location| location.failed = Some(long.clone()));
        }
    }
    world.plan()
}

#[test]
fn a_million_changes_in_thousands_of_locations_are_one_comment_that_adds_up() {
    let plan = enormous();
    assert!(plan.changes.iter().map(Change::pairs).sum::<usize>() >= 1_000_000);
    let text = plain(&plan);
    let seen = holds(&text);
    assert!(text.len() > MOST / 2, "{} of the room is used", text.len());
    let column = |title: &str, at: usize| -> u64 {
        table(&seen, title).iter().map(|row| number(&row[at])).sum()
    };
    assert_eq!(column("holders", 2), 900_000, "{text}");
    assert_eq!(column("each", 2), 102_000, "{text}");
    let causes = table(&seen, "#");
    let (last, rows) = causes.split_last().unwrap();
    assert_eq!(rows.iter().map(|row| number(&row[4])).sum::<u64>(), 900_000);
    assert_eq!(number(&last[4]), 900_000);
    for of in ["3,000 shown", "429 shown", "6,000 shown"] {
        assert!(text.contains(&format!(" of {of}")), "{of}: {text}");
    }
}

/// The blocked plan, held against a base that would move some of it too.
pub(super) fn drifted() -> Plan {
    let mut plan = world::blocked();
    let (mut intended, mut drift) = ((0, 0), (0, 0));
    for (at, change) in plan.changes.iter_mut().enumerate() {
        let late = at % 3 == 0;
        change.origin = Some(if late { Origin::Drift } else { Origin::Intended });
        let side = if late { &mut drift } else { &mut intended };
        let side = if change.action.is_reclaim() { &mut side.1 } else { &mut side.0 };
        *side += u64::try_from(change.pairs()).unwrap();
    }
    plan.base = Some(BaseSummary {
        label: "origin/main | @octocat".into(),
        fingerprint: String::new(),
        intended_assign: intended.0,
        intended_reclaim: intended.1,
        drift_assign: drift.0,
        drift_reclaim: drift.1,
        no_longer: 7,
        intended_seats: 0,
        drift_seats: 0,
        seats_no_longer: 0,
    });
    plan
}

#[test]
fn drift_is_told_apart_and_adds_up() {
    let plan = drifted();
    let base = plan.base.as_ref().unwrap();
    let text = plain(&plan);
    let seen = holds(&text);
    insta::assert_snapshot!(text.lines().take(10).collect::<Vec<_>>().join("\n"));
    let causes: Vec<_> = seen.tables.iter().filter(|table| table[0][0] == "#").collect();
    let sums: Vec<(u64, u64)> = causes
        .iter()
        .map(|table| (number(&table.last().unwrap()[3]), number(&table.last().unwrap()[4])))
        .collect();
    let meant =
        [(base.intended_assign, base.intended_reclaim), (base.drift_assign, base.drift_reclaim)];
    assert_eq!(sums, meant);
    for (table, (assign, reclaim)) in causes.iter().zip(meant) {
        let rows = &table[1..table.len() - 1];
        assert_eq!(rows.iter().map(|row| number(&row[3])).sum::<u64>(), assign);
        assert_eq!(rows.iter().map(|row| number(&row[4])).sum::<u64>(), reclaim);
    }
}

#[test]
fn a_plan_of_no_location_is_a_comment_too() {
    let plan = World::new().plan();
    holds(&plain(&plan));
}

#[test]
fn what_is_taken_back_is_told_by_how() {
    let plan = World::new()
        .location("north", "North")
        .app(1, "Pages", 100, 50)
        .moves(Action::Uninstall, ("a.yaml", 1), world::unnamed(ReclaimMode::Uninstall), 0..3)
        .moves(Action::Release, ("a.yaml", 1), world::unnamed(ReclaimMode::Release), 3..5)
        .plan();
    let text = plain(&plan);
    assert!(text.contains("3 uninstall, 2 release"), "{text}");
    assert!(text.contains("are deleted from the device"), "{text}");
    assert_eq!(Sections::of(&plan).totals.reclaim(), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_plan_is_a_comment_that_parses(
        plan in any_plan(0..5),
        show_holders: bool,
        linked: bool,
    ) {
        let links = linked.then_some("https://git.example/r");
        holds(&comment(Markdown { show_holders, links }, &plan));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn too_much_of_everything_is_cut_at_whole_rows(plan in any_plan(60..90)) {
        holds(&plain(&plan));
    }
}

#[test]
fn what_other_hands_moved_is_counted_and_named_only_on_request() {
    let plan = world::meddled();
    let seen = read(&plain(&plan));
    let said =
        "Drift since run 0190b5d4 of 2026-11-20 02:00Z: 2 added and 1 taken away by other hands";
    assert!(
        seen.html.iter().any(|html| html.contains(said)) || seen.text.contains(said),
        "{seen:?}"
    );
    let table =
        seen.tables.iter().find(|table| table[0].iter().any(|cell| cell == "added")).unwrap();
    assert_eq!(table[1][..3], ["procreate", "2", "0"]);
    assert_eq!(table[2][..3], ["notability", "0", "1"]);
    let named = comment(Markdown { show_holders: true, links: None }, &plan);
    assert!(named.contains("C02XK0AAJGH5") && !plain(&plan).contains("C02XK0AAJGH5"));
}
