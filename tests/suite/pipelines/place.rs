//! Where a pipeline runs: a repository of manifests, an Apple, programs on PATH.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use vpp::sandbox::{Options, PlannedFault, Running, Sandbox, World};

/// A copy of the quickstart's manifests and a sandbox they fit.
pub(super) struct Place {
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    running: Running,
}

impl Place {
    pub(super) fn new() -> Self {
        for tool in ["bash", "git", "jq"] {
            let found = Command::new(tool).arg("--version").output();
            assert!(found.is_ok(), "these tests run scripts that need {tool}: install it");
        }
        let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        let text = fs_err::read_to_string(quickstart.join("world.yaml")).unwrap();
        let world: World = vpp::yaml::from_str(&text).unwrap();
        #[expect(clippy::disallowed_methods, reason = "programs that are run have no other clock")]
        let start = jiff::Timestamp::now();
        let options =
            Options { event_delay: std::time::Duration::from_millis(5), ..Options::at(start) };
        let sandbox = Sandbox::new(world, options).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let running = runtime.block_on(sandbox.start()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder, runtime, sandbox, running };
        copy(&quickstart, &place.repository());
        fs_err::remove_file(place.repository().join("world.yaml")).unwrap();
        place.make_folder("temp");
        place.make_folder("artifacts");
        place.make_folder("bin");
        let vpp = place.path("bin/vpp");
        fs_err::os::unix::fs::symlink(env!("CARGO_BIN_EXE_vpp"), vpp).unwrap();
        let nothing = r#"{"comments": [], "issues": [], "pulls": []}"#;
        place.write(&place.path("github.json"), nothing);
        place
    }

    pub(super) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub(super) fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    fn make_folder(&self, name: &str) {
        fs_err::create_dir_all(self.path(name)).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "nobody reads while a test writes")]
    pub(super) fn write(&self, path: &Path, text: &str) {
        std::fs::write(path, text).unwrap();
    }

    /// Changes one manifest.
    pub(super) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.repository().join(file);
        let text = fs_err::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        self.write(&path, &text.replace(from, to));
    }

    pub(super) fn url(&self) -> String {
        self.running.url()
    }

    pub(super) fn token(&self) -> String {
        self.sandbox.token("northfield").unwrap()
    }

    /// The next request to this path fails with this number of Apple's.
    pub(super) fn fail(&self, path: &str, number: u32) {
        let fault = PlannedFault {
            number: Some(number),
            path: Some(path.to_owned()),
            ..PlannedFault::default()
        };
        self.sandbox.fail(fault);
    }

    /// How many requests changed something at Apple.
    pub(super) fn writes(&self) -> usize {
        let all = self.sandbox.requests();
        all.iter().filter(|request| request.method == "POST").count()
    }

    /// A command in the repository with nothing of this machine in its environment but PATH.
    pub(super) fn command(&self, program: &str, stubs: bool) -> Command {
        let mut path = if stubs {
            let stubs = "tests/suite/pipelines/stubs";
            vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(stubs)]
        } else {
            vec![self.path("bin")]
        };
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
        let mut command = Command::new(program);
        command
            .current_dir(self.repository())
            .env_clear()
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.folder.path())
            .env("VPP_UNDER_TEST", env!("CARGO_BIN_EXE_vpp"))
            .env("VPP_POLL_INTERVAL", "10ms")
            .env("GITHUB_STAND_IN", self.path("github.json"));
        command
    }

    /// vpp itself, in the repository, at the sandbox.
    pub(super) fn vpp(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_vpp"), false);
        command.env("VPP_ENDPOINT", self.url()).env("VPP_TOKEN", self.token());
        command.args(arguments).output().unwrap()
    }

    /// What the stand-in for GitHub holds.
    pub(super) fn github(&self) -> serde_json::Value {
        let text = fs_err::read_to_string(self.path("github.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The server ends with its runtime; blocking on it here would hide the panic of a test.
        let runtime = std::mem::replace(
            &mut self.runtime,
            tokio::runtime::Builder::new_current_thread().build().unwrap(),
        );
        runtime.shutdown_background();
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs_err::create_dir_all(to).unwrap();
    for entry in fs_err::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs_err::copy(entry.path(), to).unwrap();
        }
    }
}

/// What a command said, for messages of assertions.
pub(super) fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{:?}\n{}{}", output.status.code(), text(&output.stdout), text(&output.stderr))
}
