//! Who runs this and from which commit, for history and for whoever waits for a lease.

use camino::Utf8Path;

use super::environment::Environment;
use super::revision;

/// Who runs this: a pipeline's user and job, else user, machine and process.
pub(super) fn who(environment: &Environment) -> String {
    let get = |name| environment.get(name);
    if let Some(actor) = get("GITHUB_ACTOR") {
        let job = (get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"), get("GITHUB_RUN_ID"));
        return match job {
            (Some(server), Some(repository), Some(run)) => {
                format!("{actor}, {server}/{repository}/actions/runs/{run}")
            }
            (_, _, _) => actor.to_owned(),
        };
    }
    if let Some(login) = get("GITLAB_USER_LOGIN") {
        return match get("CI_JOB_URL") {
            Some(job) => format!("{login}, {job}"),
            None => login.to_owned(),
        };
    }
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(get).unwrap_or("somebody");
    format!("{user}@{}, process {}", machine(environment), std::process::id())
}

/// The commit of the manifests: of the repository they are in, else the pipeline's.
pub(super) fn commit(environment: &Environment, folder: &Utf8Path) -> Option<String> {
    let head = revision::git(folder, &["rev-parse", "--verify", "--quiet", "HEAD"]).ok();
    let head = head.map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    let head = head.filter(|text| !text.is_empty());
    head.or_else(|| {
        ["GITHUB_SHA", "CI_COMMIT_SHA"]
            .into_iter()
            .find_map(|name| environment.get(name))
            .map(str::to_owned)
    })
}

#[cfg(unix)]
fn machine(_: &Environment) -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn machine(environment: &Environment) -> String {
    environment.get("COMPUTERNAME").unwrap_or("this machine").to_owned()
}
