//! The only place that reads environment variables.

use std::collections::BTreeMap;
use std::time::Duration;

use super::args::duration;

/// What the environment says that the command line does not.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    vars: BTreeMap<String, String>,
}

impl Environment {
    /// The process's own. Variables that are not UTF-8 are as good as absent.
    pub(super) fn from_process() -> Self {
        let vars = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { vars }
    }

    /// A variable that is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Everything, for programs that inventories name.
    pub(super) fn vars(&self) -> &BTreeMap<String, String> {
        &self.vars
    }

    /// Another server than Apple's, for every location.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.get("VPP_ENDPOINT")
    }

    /// Time between two looks at an event, or at what devices answered, for sandboxes.
    pub(super) fn poll_interval(&self) -> anyhow::Result<Option<Duration>> {
        self.get("VPP_POLL_INTERVAL")
            .map(|text| {
                duration(text).map_err(|error| anyhow::anyhow!("VPP_POLL_INTERVAL: {error}"))
            })
            .transpose()
    }

    /// The file of the job summary in GitHub Actions.
    pub(super) fn step_summary(&self) -> Option<&str> {
        self.get("GITHUB_STEP_SUMMARY")
    }

    /// The file of a step's outputs in GitHub Actions.
    pub(super) fn step_outputs(&self) -> Option<&str> {
        self.get("GITHUB_OUTPUT")
    }

    /// The top of the repository in GitHub Actions.
    pub(super) fn workspace(&self) -> Option<&str> {
        self.get("GITHUB_WORKSPACE")
    }

    /// Whether the locale writes UTF-8. `LC_ALL` beats `LC_CTYPE` beats `LANG`; none of them
    /// set is taken as yes, as in most containers.
    pub(super) fn utf8(&self) -> bool {
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.get(name)).is_none_or(
            |locale| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Environment {
        let vars = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Environment { vars }
    }

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        assert!(with(&[]).utf8());
        assert!(with(&[("LANG", "en_US.UTF-8")]).utf8());
        assert!(!with(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")]).utf8());
        assert!(with(&[("LC_ALL", ""), ("LC_CTYPE", "de_DE.utf8")]).utf8());
    }

    #[test]
    fn an_unreadable_poll_interval_is_said_by_name() {
        let error = with(&[("VPP_POLL_INTERVAL", "soon")]).poll_interval().unwrap_err();
        assert!(error.to_string().starts_with("VPP_POLL_INTERVAL: `soon`"), "{error}");
    }
}
