//! What things can be printed as, and the files they are printed into.

use camino::Utf8PathBuf;
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people.
    #[default]
    Human,
    /// For machines.
    Json,
}

/// What a run can be reported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RunFormat {
    /// For people.
    Human,
    /// For machines.
    Json,
    /// For the summary of a job: without holders.
    Markdown,
    /// A line of JSON for each request that changed something, added to the file.
    Audit,
}

/// What a plan can be printed as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PlanFormat {
    /// For people.
    #[default]
    Human,
    /// For machines; what `--out` saves.
    Json,
    /// A comment on a pull request.
    Markdown,
    /// One page with everything, to open in a browser.
    Html,
    /// For spreadsheets: a row per license.
    Csv,
    /// Annotations of GitHub Actions, with the job summary and the step's outputs.
    Github,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ValidateFormat {
    /// For people, with the source underlined.
    #[default]
    Human,
    /// For machines.
    Json,
    /// Annotations of GitHub Actions.
    Github,
    /// For code scanning.
    Sarif,
    /// For test reports.
    Junit,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum StatusFormat {
    /// For people.
    #[default]
    Human,
    /// For machines.
    Json,
    /// For spreadsheets.
    Csv,
}

/// A format and the file it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Report<F> {
    pub(in crate::cli) format: F,
    pub(in crate::cli) path: Utf8PathBuf,
}

impl<F: ValueEnum> std::str::FromStr for Report<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, path) = text
            .split_once('=')
            .filter(|(_, path)| !path.is_empty())
            .ok_or("expected FORMAT=FILE, for example json=plan.json")?;
        Ok(Self { format: format_named(format)?, path: path.into() })
    }
}

/// A format of a plan and the file it goes to; only `github` can do without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct PlanReport {
    pub(in crate::cli) format: PlanFormat,
    pub(in crate::cli) path: Option<Utf8PathBuf>,
}

impl std::str::FromStr for PlanReport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "github" {
            return Ok(Self { format: PlanFormat::Github, path: None });
        }
        let Report { format, path } = text.parse()?;
        Ok(Self { format, path: Some(path) })
    }
}

fn format_named<F: ValueEnum>(text: &str) -> Result<F, String> {
    F::from_str(text, false).map_err(|_| {
        let all = F::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let all: Vec<String> = all.map(|value| value.get_name().to_owned()).collect();
        format!("`{text}` is not a format: {}", all.join(", "))
    })
}
