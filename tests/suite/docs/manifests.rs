//! Every manifest and world the README shows is one.

use serde_json::Value;

use super::{blocks, read, vpp};

fn validator(subject: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&vpp(&["schema", subject])).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn every_document_in_the_readme_keeps_to_its_schema() {
    let readme = read("README.md");
    let (manifests, worlds) = (validator("manifest"), validator("world"));
    let mut kinds = vec![];
    for block in blocks(&readme, "yaml").into_iter().filter(|text| text.starts_with("apiVersion")) {
        for text in block.split("\n---\n") {
            let document: Value = yaml_serde::from_str(text).unwrap();
            let kind = document["kind"].as_str().unwrap().to_owned();
            let schema = if kind == "World" { &worlds } else { &manifests };
            let faults: Vec<_> = schema.iter_errors(&document).map(|e| e.to_string()).collect();
            assert!(faults.is_empty(), "{faults:#?}\nin\n{text}");
            kinds.push(kind);
        }
    }
    for kind in ["Location", "Inventory", "Group", "App", "Book", "Subscription", "Policy", "World"]
    {
        assert!(kinds.iter().any(|shown| shown == kind), "the README shows no {kind}");
    }
}

#[test]
fn every_key_of_every_manifest_is_in_the_readme() {
    let readme = read("README.md");
    let told = super::section(&readme, "## Manifests");
    let schema: Value = serde_json::from_str(&vpp(&["schema", "manifest"])).unwrap();
    for document in schema["oneOf"].as_array().unwrap() {
        let kind = document["title"].as_str().unwrap();
        let mut told_here = if kind == "World" {
            super::section(&readme, "## Sandbox").to_owned()
        } else {
            super::section(told, &format!("### {kind}")).to_owned()
        };
        if kind == "Book" {
            told_here.push_str(super::section(told, "### App"));
        }
        for key in document["properties"].as_object().unwrap().keys() {
            let shown =
                [format!("`{key}`"), format!("`{key}."), format!("`{key}:"), format!("{key}:")];
            assert!(
                shown.iter().any(|text| told_here.contains(text.as_str())),
                "the README does not tell of `{key}` of {kind}"
            );
        }
    }
}
