//! One plan of 50,000 changes over 40 apps: every number in every output, added up.

use serde_json::Value;
use vpp::plan::{Action, Plan};
use vpp::render::plan::{self, Markdown};
use vpp::render::{Shape, Styles};

use super::formats::{rows, text};
use super::html::{data, html};
use super::markdown::{number, read, table};
use super::world;

const ASSIGN: u64 = 46_182;
const RELEASE: u64 = 154;
const UNINSTALL: u64 = 3_664;
const RECLAIM: u64 = RELEASE + UNINSTALL;

fn golden() -> Plan {
    let plan = world::blocked();
    let moved = |action: Action| -> usize {
        plan.changes
            .iter()
            .filter(|change| change.action == action)
            .map(vpp::plan::Change::pairs)
            .sum()
    };
    let moved = [Action::Assign, Action::Release, Action::Uninstall].map(moved);
    assert_eq!(moved.map(|pairs| u64::try_from(pairs).unwrap()), [ASSIGN, RELEASE, UNINSTALL]);
    assert_eq!(ASSIGN + RECLAIM, 50_000);
    plan
}

fn sum<'c>(cells: impl Iterator<Item = &'c str>) -> u64 {
    cells.map(number).sum()
}

#[test]
fn the_plan_file_adds_up() {
    let json: Value = serde_json::from_str(&text(|out| plan::json(out, &golden()))).unwrap();
    for (key, value) in
        [("assign", ASSIGN), ("reclaim", RECLAIM), ("release", RELEASE), ("uninstall", UNINSTALL)]
    {
        assert_eq!(json["summary"][key], value);
    }
    let licenses = json["locations"][0]["licenses"].as_array().unwrap();
    for (key, value) in [("assign", ASSIGN), ("release", RELEASE), ("uninstall", UNINSTALL)] {
        assert_eq!(licenses.iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>(), value);
    }
    for row in licenses {
        let of = |key: &str| row[key].as_u64().unwrap();
        let total = row["stock"]["limited"]["total"].as_u64();
        let free = total.unwrap() - of("assigned") + of("release") - of("assign");
        assert_eq!(of("free_after"), free, "{row}");
    }
}

#[test]
fn two_screens_add_up() {
    let text = text(|out| plan::human(out, &Styles::plain(), &Shape::default(), &golden()));
    assert!(text.lines().count() <= 80);
    for said in ["46,182 to assign", "3,818 to reclaim", "3,664 by uninstall", "154 by release"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn one_comment_adds_up() {
    let text = text(|out| plan::markdown(out, Markdown::default(), &golden()));
    assert!(text.chars().count() <= 60_000);
    assert!(text.contains("46,182 to assign, **3,818 to reclaim**"), "{text}");
    assert!(
        text.contains("(3,664 by uninstall: ") && text.contains("; 154 by release: "),
        "{text}"
    );
    let seen = read(&text);
    let (all, causes) = table(&seen, "#").split_last().unwrap();
    for (at, total) in [(3, ASSIGN), (4, RECLAIM)] {
        assert_eq!(sum(causes.iter().map(|row| row[at].as_str())), total);
        assert_eq!(number(&all[at]), total);
    }
    let reclaims = table(&seen, "holders");
    assert_eq!(sum(reclaims.iter().map(|row| row[2].as_str())), RECLAIM);
    for row in reclaims {
        let [holders, reclaim, assign, after] = [1, 2, 3, 4].map(|at| number(&row[at]));
        assert_eq!(holders - reclaim + assign, after, "{row:?}");
    }
    let assigns = table(&seen, "each");
    assert_eq!(sum(assigns.iter().map(|row| row[2].as_str())), ASSIGN);
    for row in assigns {
        if let Some(each) = row[1].strip_prefix("× ") {
            assert_eq!(number(&row[0]) * number(each), number(&row[2]), "{row:?}");
        } else if number(&row[0]) > 1 {
            let named = row[4].split(", ").map(|item| item.rsplit(' ').next().unwrap());
            assert_eq!(sum(named), number(&row[2]), "{row:?}");
        }
    }
    for row in table(&seen, "free after") {
        let [total, free, assign, release, after] = [1, 2, 3, 4, 5].map(|at| number(&row[at]));
        assert!(total >= free && free + release - assign == after, "{row:?}");
    }
}

#[test]
fn the_table_adds_up() {
    let rows = rows(&text(|out| plan::csv(out, &golden())));
    let of = |action: &str| rows.iter().filter(|row| &row[2] == action).count();
    let counted =
        ["assign", "release", "uninstall"].map(|action| u64::try_from(of(action)).unwrap());
    assert_eq!(counted, [ASSIGN, RELEASE, UNINSTALL]);
}

#[test]
fn the_outputs_of_a_step_add_up() {
    let text = text(|out| plan::github_outputs(out, &golden()));
    assert!(text.contains("assign=46182\nreclaim=3818\n"), "{text}");
}

/// The numbers in the cells of a class, in one section of the page.
fn cells(page: &str, section: &str, class: &str) -> Vec<u64> {
    let (_, rest) = page.split_once(&format!("<section aria-labelledby=\"h-{section}\"")).unwrap();
    let (section, _) = rest.split_once("</section>").unwrap();
    let marked = format!("<td class=\"n {class}\" data-n=\"");
    section.split(&marked).skip(1).map(|cell| number(cell.split_once('"').unwrap().0)).collect()
}

#[test]
fn the_page_adds_up() {
    let page = html(&golden());
    assert!(page.len() < 6_000_000);
    let all = |section: &str, class: &str| cells(&page, section, class).iter().sum::<u64>();
    assert_eq!((all("causes", "assign"), all("causes", "reclaim")), (ASSIGN, RECLAIM));
    assert_eq!((all("assigns", "assign"), all("reclaims", "reclaim")), (ASSIGN, RECLAIM));
    for said in [
        "<dd>46,182</dd>",
        "<dd>3,818</dd>",
        "<strong>3,664</strong> by uninstall",
        "<strong>154</strong> by release",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let data = data(&page);
    let of = |action: &str| {
        let rows = data["changes"].as_array().unwrap().iter().filter(|row| row[2] == action);
        rows.map(|row| u64::try_from(row[6].as_array().unwrap().len()).unwrap()).sum::<u64>()
    };
    assert_eq!(["assign", "release", "uninstall"].map(of), [ASSIGN, RELEASE, UNINSTALL]);
}
