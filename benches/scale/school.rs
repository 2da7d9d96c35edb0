//! A school: manifests that ask for what the sandbox holds, and the sandbox.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use vpp::sandbox::Generate;

use super::process::{Cost, Program, measure};

/// Records a page.
pub(crate) const PAGE: u32 = 1000;

/// A folder of manifests. Each block of devices is a group, made by a filter over the inventory.
pub(crate) struct School {
    folder: TempDir,
    devices: u32,
}

impl School {
    pub(crate) fn open(numbers: &str) -> Self {
        let numbers: Generate = numbers.parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
        let uid = Generate::uid(0);
        put(
            "location.yaml",
            &format!(
                "apiVersion: vpp/v1\nkind: Location\nname: school\nuid: \"{uid}\"\n\
             token: {{ env: VPP_TOKEN }}\nreclaim: release\n---\napiVersion: vpp/v1\nkind: Inventory\n\
             name: devices\ncsv: {{ path: devices.csv, serial: serial }}\n"
            ),
        );
        let file = fs_err::File::create(folder.path().join("devices.csv")).unwrap();
        let mut devices = std::io::BufWriter::new(file);
        writeln!(devices, "serial,block").unwrap();
        let mut text = String::new();
        for block in 0..numbers.apps {
            for device in numbers.block(numbers.devices, block) {
                writeln!(devices, "{},b{block}", Generate::serial(device)).unwrap();
            }
            writeln!(
                text,
                "---\napiVersion: vpp/v1\nkind: Group\nname: block-{block}\nfrom: devices\n\
                 where: row.block == \"b{block}\""
            )
            .unwrap();
        }
        for app in 0..numbers.apps {
            writeln!(
                text,
                "---\napiVersion: vpp/v1\nkind: App\nname: app-{app}\nadamId: \"{}\"\nlocation: school\nassign:",
                Generate::adam_id(app)
            )
            .unwrap();
            for block in numbers.blocks_of(app) {
                writeln!(text, "  - to: block-{block}").unwrap();
            }
        }
        devices.flush().unwrap();
        put("apps.yaml", text.trim_start_matches("---\n"));
        Self { folder, devices: numbers.devices }
    }

    pub(crate) fn devices(&self) -> u64 {
        self.devices.into()
    }

    /// From now on runs remember what they read.
    pub(crate) fn remembers(&self) {
        fs_err::create_dir(self.folder.path().join(".vpp")).unwrap();
        fs_err::write(self.folder.path().join(".vpp/state.db"), "").unwrap();
    }

    fn command(&self, program: &Program, verb: &str) -> Command {
        let mut command = program.command();
        command.arg(verb).arg(self.folder.path()).current_dir(self.folder.path());
        command
    }

    /// One run of `vpp plan`.
    pub(crate) fn plan(&self, program: &Program, apple: &Apple) -> Cost {
        measure(apple.reached_by(&mut self.command(program, "plan")))
    }

    /// What the manifests and inventories cost by themselves: every group with its members.
    pub(crate) fn validate(&self, program: &Program) -> Cost {
        measure(&mut self.command(program, "groups"))
    }

    /// Requests and bytes of a plan, from its log: a run of its own, so that no log is measured.
    pub(crate) fn counted(&self, program: &Program, apple: &Apple) -> (u64, u64) {
        let mut command = self.command(program, "plan");
        command.env("VPP_LOG", "vpp::apple=debug").env("VPP_LOG_FORMAT", "json");
        let output = apple.reached_by(&mut command).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let log = String::from_utf8(output.stderr).unwrap();
        let sent = log.lines().filter(|line| line.contains("\"request to Apple\""));
        let bytes = |line: &str| {
            let digits = line.split_once("\"bytes\":")?.1.split([',', '}']).next()?;
            digits.parse::<u64>().ok()
        };
        sent.fold((0, 0), |(requests, all), line| (requests + 1, all + bytes(line).unwrap_or(0)))
    }
}

/// A sandbox in a process of its own.
pub(crate) struct Apple {
    process: Child,
    pub(crate) endpoint: String,
    pub(crate) token: String,
    pub(crate) folder: TempDir,
}

impl Apple {
    pub(crate) fn serve(program: &Program, numbers: &str, latency: &str, rate: u32) -> Self {
        let (page, numbers) = (PAGE.to_string(), format!("{numbers},rate={rate}"));
        let mut command = program.command();
        command.args(["sandbox", "--generate", &numbers, "--latency", latency]);
        command.args(["--page-size", &page, "--listen", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // It says where it is as soon as it can be asked.
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut variable = |name: &str| {
            let start = format!("export {name}=");
            said.by_ref()
                .find_map(|line| Some(line.unwrap().strip_prefix(&start)?.to_owned()))
                .unwrap()
        };
        let (endpoint, token) = (variable("VPP_ENDPOINT"), variable("VPP_TOKEN"));
        let folder = tempfile::tempdir().unwrap();
        Self { process, endpoint, token, folder }
    }

    /// Gives an app to devices at Apple, or takes it from them, by other hands.
    pub(crate) fn hand(&self, what: &str, app: u32, devices: impl Iterator<Item = String>) {
        let serials: Vec<String> = devices.map(|serial| format!("\"{serial}\"")).collect();
        let body = format!(
            "{{\"adamId\": \"{}\", \"serialNumbers\": [{}]}}",
            Generate::adam_id(app),
            serials.join(",")
        );
        let url = self.endpoint.replace("/mdm/v2/", &format!("/_sandbox/assignments/{what}"));
        let curl = Command::new("curl").args(["--silent", "--fail", "-d", &body, &url]).output();
        let output = curl.unwrap();
        assert!(output.status.success(), "{url}: {output:?}");
    }

    fn reached_by<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("VPP_ENDPOINT", &self.endpoint).env("VPP_TOKEN", &self.token)
    }
}

impl Drop for Apple {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
