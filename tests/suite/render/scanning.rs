//! Problems as SARIF and as JUnit, read back by what reads them elsewhere.

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;
use vpp::diagnostic::{Diagnostic, Sources};
use vpp::render::{diagnostics, escape};

use super::diagnostics::{any_diagnostic, sample};
use super::formats::text;

fn sarif(folder: &str, sources: &Sources, found: &[Diagnostic]) -> Value {
    serde_json::from_str(&text(|out| diagnostics::sarif(out, folder, sources, found))).unwrap()
}

fn junit(folder: &str, sources: &Sources, found: &[Diagnostic]) -> String {
    text(|out| diagnostics::junit(out, folder, sources, found))
}

/// The part of the schema of SARIF 2.1.0 that a log of ours can touch.
const SCHEMA: &str = include_str!("sarif-2.1.0.json");

fn is_sarif(log: &Value) {
    let validator = jsonschema::validator_for(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(log)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

/// Attributes of the elements with a name, and the texts in them.
fn elements(xml: &str, name: &str) -> Vec<(Vec<(String, String)>, String)> {
    let mut reader = Reader::from_str(xml);
    let mut found = vec![];
    let mut inside = false;
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(tag) | Event::Empty(tag) if tag.name().as_ref() == name => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = attribute
                        .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                        .unwrap()
                        .into_owned();
                    (attribute.key.as_ref().to_owned(), value)
                });
                found.push((attributes.collect(), String::new()));
                inside = true;
            }
            Event::End(tag) if tag.name().as_ref() == name => inside = false,
            Event::Text(text) if inside => {
                found.last_mut().unwrap().1.push_str(&text);
            }
            Event::GeneralRef(reference) if inside => {
                let name = &*reference;
                let text = quick_xml::escape::unescape(&format!("&{name};")).unwrap().into_owned();
                found.last_mut().unwrap().1.push_str(&text);
            }
            _ => {}
        }
    }
}

#[test]
fn code_scanning_gets_sarif() {
    let (sources, found) = sample();
    let log = sarif("vpp", &sources, &found);
    is_sarif(&log);
    insta::assert_json_snapshot!(log, { ".runs[0].tool.driver.version" => "…", ".runs[0].tool.driver.semanticVersion" => "…" });
    is_sarif(&sarif(".", &Sources::new(), &[]));
}

#[test]
fn test_reports_get_junit() {
    let (sources, found) = sample();
    let xml = junit("vpp", &sources, &found);
    insta::assert_snapshot!(xml);
    let suites = elements(&xml, "testsuite");
    let count = |name: &str| suites[0].0.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!((count("tests"), count("failures")), ("4".to_owned(), "2".to_owned()));
    assert_eq!(elements(&xml, "testcase").len(), 4);
    let failures = elements(&xml, "failure");
    assert_eq!(failures.len(), 2);
    assert!(
        failures[0].1.contains("vpp/apps/notability.yaml:5:1 not a key of App"),
        "{failures:?}"
    );
    assert!(failures[0].1.contains("\n  hint: did you mean `location`?"), "{failures:?}");
}

#[test]
fn files_without_a_problem_pass() {
    let mut sources = Sources::new();
    sources.add("a.yaml".into(), "");
    sources.add("b.yaml".into(), "");
    let xml = junit(".", &sources, &[]);
    assert_eq!(elements(&xml, "testcase").len(), 2);
    assert!(elements(&xml, "failure").is_empty());
    assert!(xml.contains("tests=\"2\" failures=\"0\""), "{xml}");
}

proptest! {
    #[test]
    fn any_problem_is_valid_sarif_and_well_formed_junit(
        content in "(?s)[a\u{1b}\u{202e}é日\t\r\n:# ]{0,80}|(?s).{0,80}",
        path in "(?s).{1,20}",
        found in prop::collection::vec(
            any_diagnostic({ let mut one = Sources::new(); one.add("x".into(), "") }), 0..6,
        ),
    ) {
        let mut sources = Sources::new();
        sources.add(path.into(), content);
        is_sarif(&sarif("a b", &sources, &found));
        let xml = junit("a b", &sources, &found);
        prop_assert!(!xml.chars().any(|c| c != '\n' && escape::is_hidden(c)), "{xml:?}");
        let cases = elements(&xml, "testcase").len();
        prop_assert!((1..=2).contains(&cases), "{xml}");
        for (attributes, _) in elements(&xml, "failure") {
            prop_assert_eq!(attributes.len(), 2);
        }
    }
}
