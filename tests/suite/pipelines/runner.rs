//! A small GitHub Actions: jobs in order, steps in order, real bash.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::expression::{Scope, words};
use super::files;
use super::place::{Place, copy};

/// One run of a workflow, with what each job left behind.
pub(super) struct Run<'a> {
    place: &'a Place,
    workflow: Value,
    github: Value,
    attempt: u32,
    /// `needs` of later jobs: result and outputs.
    pub(super) jobs: Map<String, Value>,
    /// Everything every script said.
    pub(super) log: String,
    pub(super) summary: String,
}

struct Steps {
    contexts: Value,
    failed: bool,
    path: Vec<PathBuf>,
}

impl<'a> Run<'a> {
    /// Runs every job, in the order of the file.
    pub(super) fn of(place: &'a Place, workflow: &str, event: Value) -> Self {
        let github = json!({
            "event": event, "repository": "it/licenses", "sha": "c0ffee".repeat(6) + "c0ff",
            "ref": "refs/heads/main", "run_id": 4711, "server_url": "https://github.example",
            "token": "stand-in",
        });
        let (jobs, log, summary) = Default::default();
        let workflow = files::workflow(workflow);
        let mut run = Self { place, workflow, github, attempt: 0, jobs, log, summary };
        run.again();
        run
    }

    /// "Re-run failed jobs"; the first time that is all of them.
    pub(super) fn again(&mut self) {
        self.attempt += 1;
        (self.log, self.summary) = Default::default();
        let jobs = self.workflow["jobs"].as_object().unwrap().clone();
        for (name, job) in jobs {
            if self.jobs.get(&name).is_none_or(|job| job["result"] != "success") {
                let left = self.job(&job);
                self.jobs.insert(name, left);
            }
        }
    }

    pub(super) fn result(&self, job: &str) -> &str {
        self.jobs[job]["result"].as_str().unwrap()
    }

    pub(super) fn output(&self, job: &str, name: &str) -> String {
        words(&self.jobs[job]["outputs"][name])
    }

    fn job(&mut self, job: &Value) -> Value {
        let mut github = self.github.clone();
        github["run_attempt"] = json!(self.attempt);
        let needed = job["needs"].as_str().map(|name| &self.jobs[name]);
        let contexts = json!({
            "github": github,
            "needs": self.jobs,
            "runner": { "temp": self.place.path("temp") },
            "secrets": { "VPP_TOKEN": self.place.token() },
            "steps": {},
            "vars": { "VPP_ENDPOINT": self.place.url() },
        });
        let failed = needed.is_some_and(|needed| needed["result"] != "success");
        if !(Scope { contexts: &contexts, failed }).runs(job["if"].as_str()) {
            return json!({ "result": "skipped", "outputs": {} });
        }
        // Every job starts on a machine of its own.
        for leftover in ["vpp-run", "comment.md", "issue.md"] {
            let path = self.place.repository().join(leftover);
            let _ = fs_err::remove_dir_all(&path).or_else(|_| fs_err::remove_file(&path));
        }
        let mut steps = Steps { contexts, failed: false, path: vec![] };
        self.steps(&mut steps, job["steps"].as_array().unwrap(), &Map::new(), None);
        let scope = Scope { contexts: &steps.contexts, failed: false };
        let outputs = filled(&scope, &job["outputs"]);
        json!({ "result": if steps.failed { "failure" } else { "success" }, "outputs": outputs })
    }

    fn steps(
        &mut self,
        steps: &mut Steps,
        list: &[Value],
        environment: &Map<String, Value>,
        action: Option<&Path>,
    ) {
        for step in list {
            let scope = Scope { contexts: &steps.contexts, failed: steps.failed };
            if !scope.runs(step["if"].as_str()) {
                continue;
            }
            let mut environment = environment.clone();
            environment.extend(filled(&scope, &step["env"]));
            let with = filled(&scope, &step["with"]);
            let (well, outputs) = match step["uses"].as_str() {
                Some(uses) => self.action(steps, uses, &with, &environment),
                None => self.script(steps, step, &environment, action),
            };
            if let Some(id) = step["id"].as_str() {
                steps.contexts["steps"][id] = json!({ "outputs": outputs });
            }
            steps.failed |= !well && step["continue-on-error"] != true;
        }
    }

    fn action(
        &mut self,
        steps: &mut Steps,
        uses: &str,
        with: &Map<String, Value>,
        environment: &Map<String, Value>,
    ) -> (bool, Map<String, Value>) {
        let given = |name: &str| with.get(name).map(words).unwrap_or_default();
        let repository = self.place.repository();
        let artifact = self.place.path("artifacts").join(given("name"));
        let name = uses.split('@').next().unwrap();
        match name {
            "actions/checkout" | "actions/cache" => (true, Map::new()),
            "actions/upload-artifact" => {
                let path = repository.join(given("path"));
                if path.is_dir() {
                    copy(&path, &artifact);
                } else if path.is_file() {
                    fs_err::create_dir_all(&artifact).unwrap();
                    fs_err::copy(&path, artifact.join(path.file_name().unwrap())).unwrap();
                } else {
                    return (given("if-no-files-found") == "ignore", Map::new());
                }
                (true, Map::new())
            }
            "actions/download-artifact" => {
                if artifact.is_dir() {
                    copy(&artifact, &repository.join(given("path")));
                }
                (artifact.is_dir(), Map::new())
            }
            _ => {
                let folder = name.strip_prefix("example-org/vpp/examples/pipelines/").unwrap();
                let action = files::read(&format!("{folder}/action.yml"));
                let defaults = action["inputs"].as_object().unwrap().iter();
                let mut inputs: Map<String, Value> = defaults
                    .map(|(name, input)| (name.clone(), input["default"].clone()))
                    .collect();
                inputs.extend(with.clone());
                let mut contexts = steps.contexts.clone();
                contexts["inputs"] = Value::Object(inputs);
                contexts["steps"] = json!({});
                let mut inner = Steps { contexts, failed: false, path: steps.path.clone() };
                let list = action["runs"]["steps"].as_array().unwrap();
                self.steps(&mut inner, list, environment, Some(&files::top().join(folder)));
                steps.path = inner.path;
                let scope = Scope { contexts: &inner.contexts, failed: false };
                let outputs = action["outputs"].as_object().unwrap().iter();
                let outputs = outputs.map(|(name, output)| {
                    (name.clone(), json!(scope.fill(output["value"].as_str().unwrap())))
                });
                (!inner.failed, outputs.collect())
            }
        }
    }

    fn script(
        &mut self,
        steps: &mut Steps,
        step: &Value,
        environment: &Map<String, Value>,
        action: Option<&Path>,
    ) -> (bool, Map<String, Value>) {
        let file = |name: &str| {
            let path = self.place.path("temp").join(name);
            self.place.write(&path, "");
            path
        };
        let (outputs, path, summary) = (file("outputs"), file("path"), file("summary"));
        let mut command = self.place.command("bash", true);
        // As GitHub starts it with and without `shell: bash`.
        command.args(["--noprofile", "--norc", "-e"]);
        if step["shell"] == "bash" {
            command.args(["-o", "pipefail"]);
        }
        command
            .args(["-c", step["run"].as_str().unwrap()])
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_PATH", &path)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_WORKSPACE", self.place.repository())
            .env("RUNNER_TEMP", self.place.path("temp"))
            .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")])
            .envs(environment.iter().map(|(name, value)| (name, words(value))));
        if let Some(action) = action {
            command.env("GITHUB_ACTION_PATH", action);
        }
        let ended = command.output().unwrap();
        self.log.push_str(&String::from_utf8_lossy(&ended.stdout));
        self.log.push_str(&String::from_utf8_lossy(&ended.stderr));
        let lines = |path: &Path| fs_err::read_to_string(path).unwrap();
        self.summary.push_str(&lines(&summary));
        steps.path.extend(lines(&path).lines().map(PathBuf::from));
        let outputs = lines(&outputs);
        let outputs = outputs.lines().filter_map(|line| line.split_once('='));
        let outputs = outputs.map(|(name, value)| (name.to_owned(), json!(value)));
        (ended.status.success(), outputs.collect())
    }
}

/// A mapping of texts with expressions.
fn filled(scope: &Scope<'_>, mapping: &Value) -> Map<String, Value> {
    let pairs = mapping.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), json!(scope.fill(&words(value))))).collect()
}
