//! Whose pipeline runs `vpp`. The files are those of `examples/pipelines`, which are linted there.

use crate::export::File;

/// Whose pipeline runs `vpp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pipeline {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// None, or one of one's own.
    None,
}

macro_rules! example {
    ($path:literal) => {
        include_str!(concat!("../../examples/pipelines/", $path))
    };
}

const WORKFLOWS: [(&str, &str); 4] = [
    (".github/workflows/vpp-validate.yml", example!("github/workflows/validate.yml")),
    (".github/workflows/vpp-plan.yml", example!("github/workflows/plan.yml")),
    (".github/workflows/vpp-apply.yml", example!("github/workflows/apply.yml")),
    (".github/workflows/vpp-drift.yml", example!("github/workflows/drift.yml")),
];

impl Pipeline {
    /// Its files. Every content token has a variable there.
    pub(super) fn files(self, token_env: &[String]) -> Vec<File> {
        match self {
            Self::Github => WORKFLOWS
                .iter()
                .map(|(path, text)| File {
                    path: (*path).to_owned(),
                    text: with_secrets(text, token_env),
                })
                .collect(),
            // Variables of the project reach every job by their names.
            Self::Gitlab => vec![File {
                path: ".gitlab-ci.yml".to_owned(),
                text: example!("gitlab/.gitlab-ci.yml").to_owned(),
            }],
            Self::None => vec![],
        }
    }

    /// Where the list of code owners belongs.
    pub(super) fn codeowners(self) -> &'static str {
        match self {
            Self::Github => ".github/CODEOWNERS",
            Self::Gitlab => ".gitlab/CODEOWNERS",
            Self::None => "CODEOWNERS",
        }
    }

    /// A list of code owners that guards the pipeline too.
    pub(super) fn guard(self, mut owners: String) -> String {
        let files: &[&str] = match self {
            Self::Github => &["/.github/"],
            Self::Gitlab => &["/.gitlab-ci.yml", "/.gitlab/"],
            Self::None => &["/CODEOWNERS"],
        };
        owners.push_str("# What runs with the tokens, and this list.\n");
        for file in files {
            owners.push_str(file);
            owners.push_str(" @example-org/license-owners\n");
        }
        owners
    }

    /// What to do before its first run.
    pub(super) fn readme(self) -> &'static str {
        match self {
            Self::Github => include_str!("templates/readme-github.md"),
            Self::Gitlab => include_str!("templates/readme-gitlab.md"),
            Self::None => "",
        }
    }
}

/// A workflow that hands on these secrets in the place of the one of the example.
fn with_secrets(text: &str, token_env: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim() != "VPP_TOKEN: ${{ secrets.VPP_TOKEN }}" {
            out.push_str(line);
            continue;
        }
        let indentation: String = line.chars().take_while(|c| *c == ' ').collect();
        for name in token_env {
            out.extend([indentation.as_str(), name, ": ${{ secrets.", name, " }}\n"]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_reaches_every_job_that_takes_one() {
        let names = ["VPP_TOKEN_NORTH".to_owned(), "VPP_TOKEN_SOUTH".to_owned()];
        let count = |text: &str, what: &str| text.matches(what).count();
        let mut jobs = 0;
        for (file, (_, example)) in Pipeline::Github.files(&names).iter().zip(WORKFLOWS) {
            let before = count(example, "secrets.VPP_TOKEN }}");
            jobs += before;
            for name in &names {
                let line = format!("{name}: ${{{{ secrets.{name} }}}}\n");
                assert_eq!(count(&file.text, &line), before, "{}", file.path);
            }
            assert!(!file.text.contains("secrets.VPP_TOKEN }}"), "{}", file.path);
        }
        assert!(jobs >= 3, "{jobs}");
    }
}
