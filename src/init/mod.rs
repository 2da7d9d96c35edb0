//! The files of a new repository of manifests. Nothing is read and nothing written here.

mod pipeline;
mod sample;

pub use pipeline::Pipeline;

use crate::export::File;
use crate::format;
use crate::manifest;

/// What the first manifests are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seed {
    /// What was found at Apple.
    Adopted {
        /// Its manifests, as [`crate::export::manifests`] makes them.
        manifests: Vec<File>,
        /// Environment variables of its locations' content tokens.
        token_env: Vec<String>,
    },
    /// A small school, with a sandbox world to rehearse with.
    Sample,
}

/// Where editors find the schema, seen from the repository.
const SCHEMA: &str = "schema/manifest.json";

/// Every file of the new repository, in the order a reader meets them.
///
/// # Errors
/// Where a manifest is not one, which is a defect of this program.
pub fn files(seed: Seed, pipeline: Pipeline) -> Result<Vec<File>, format::Error> {
    let (manifests, token_env, is_sample) = match seed {
        Seed::Adopted { manifests, token_env } => (manifests, token_env, false),
        Seed::Sample => (sample::files(), vec!["VPP_TOKEN".to_owned()], true),
    };
    let locations = if is_sample { "/location.yaml" } else { "/locations.yaml" };
    let owners = include_str!("templates/codeowners").replace("{locations}", locations);
    let mut files = vec![
        file("README.md", readme(is_sample, &token_env, pipeline)),
        file(".gitignore", include_str!("templates/gitignore")),
        file(".vppignore", include_str!("templates/vppignore")),
        file(pipeline.codeowners(), pipeline.guard(owners)),
        file(SCHEMA, format!("{:#}\n", manifest::json_schema())),
        file("policy.yaml", for_editors("policy.yaml", include_str!("templates/policy.yaml"))?),
    ];
    for File { path, text } in manifests {
        // The sandbox's world and the inventories lie among the manifests and are none.
        let is_manifest = text.lines().any(|line| line == "apiVersion: vpp/v1")
            && !text.lines().any(|line| line == "kind: World");
        let text = if is_manifest { for_editors(&path, &text)? } else { text };
        files.push(File { path, text });
    }
    files.extend(pipeline.files(&token_env));
    Ok(files)
}

fn file(path: &str, text: impl Into<String>) -> File {
    File { path: path.to_owned(), text: text.into() }
}

/// A manifest, formatted, whose first line tells editors where the schema is.
fn for_editors(path: &str, text: &str) -> Result<String, format::Error> {
    let up = "../".repeat(path.matches('/').count());
    format::format(&format!("# yaml-language-server: $schema={up}{SCHEMA}\n{text}"))
}

fn readme(is_sample: bool, token_env: &[String], pipeline: Pipeline) -> String {
    let exports: Vec<String> = token_env
        .iter()
        .map(|name| format!("export {name}=\"$(cat …)\"   # the text of the .vpptoken file"))
        .collect();
    let secrets: Vec<String> = token_env.iter().map(|name| format!("`{name}`")).collect();
    let body = if is_sample {
        include_str!("templates/readme-sample.md").to_owned()
    } else {
        include_str!("templates/readme-adopted.md").replace("{tokens}", &exports.join("\n"))
    };
    let how = pipeline.readme().replace("{secrets}", &secrets.join(", "));
    format!("{body}{how}")
}
