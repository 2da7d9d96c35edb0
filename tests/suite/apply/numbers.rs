//! What a user reads for each of Apple's error numbers.

use std::fmt::Write as _;
use std::time::Duration;

use vpp::apple::ERROR_NUMBERS;
use vpp::render::{Shape, Styles, run};
use vpp::sandbox::PlannedFault;

use super::house::House;

const WORLD: &str = r#"
apiVersion: vpp/v1
kind: World
limits: { maxRequestPerSecond: 100000 }
locations:
  - name: north
    uid: "100"
    owner: { id: ours, name: IT }
    assets: [{ adamId: 11, total: 8 }]
"#;

const MANIFESTS: &str = r#"
apiVersion: vpp/v1
kind: Location
name: north
uid: "100"
token: { env: T }
owner: { id: ours, name: IT }
---
apiVersion: vpp/v1
kind: Group
name: one
devices: [DMPX00000001]
---
apiVersion: vpp/v1
kind: App
name: notes
adamId: "11"
location: north
assign: [{ to: one }]
"#;

async fn house() -> House {
    let mut house = House::new(WORLD, &[("all.yaml", MANIFESTS)]).await;
    house.retry_budget = Duration::from_millis(8);
    house.options.rounds = 2;
    house
}

fn fault(number: u32, path: &str) -> PlannedFault {
    PlannedFault {
        number: Some(number),
        path: Some(path.to_owned()),
        times: Some(1_000_000),
        ..PlannedFault::default()
    }
}

/// How often a request was tried depends on the clock.
fn steady(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut steady: Vec<String> = vec![];
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let counts = next.starts_with("tries") || next.starts_with("try");
        let number = word.bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty();
        steady.push(if counts && number { "N".to_owned() } else { (*word).to_owned() });
    }
    steady.join(" ").replace("N try", "N tries")
}

#[tokio::test]
async fn every_number_says_what_happened_and_what_to_do() {
    let mut table = String::new();
    for entry in ERROR_NUMBERS {
        let number = u32::try_from(entry.number).unwrap();
        let house = house().await;
        house.sandbox.fail(fault(number, "assets"));
        let plan = house.plan().await;
        let read = plan.locations[0].failed.clone().unwrap_or_else(|| "(is read again)".to_owned());

        let house = self::house().await;
        let (plan, writers) = house.survey().await;
        house.sandbox.fail(fault(number, "assets/associate"));
        let report = house.carry_out(&plan, &writers).await;
        let mut shown = vec![];
        let shape = Shape { width: 1000, ..Shape::default() };
        run::human(&mut shown, &Styles::plain(), &shape, &report).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        let told = shown
            .lines()
            .skip(1)
            .filter(|line| !line.is_empty() && !line.starts_with("Plan "))
            .collect::<Vec<_>>()
            .join("\n    ");
        for text in [&read, &shown] {
            assert!(
                text.contains(&number.to_string()) || text.contains("again"),
                "{number}: {text}"
            );
        }
        writeln!(table, "{number} plan:  {}\n     apply:\n    {}\n", steady(&read), steady(&told))
            .unwrap();
    }
    insta::assert_snapshot!(table);
}
