//! Programs that speak the JSON contract, the example among them.
#![cfg(unix)]

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use vpp::mdm::{
    Delivery, Enrolment, Fault, Mdm, MdmError, Order, Platform, Presence, Scope, Standing,
};

use super::memory::Memory;
use super::world::{APP, around, ask, list, listed, minute, open_with, remove};

/// A program whose answers lie in files, one per operation, and which writes down what it was asked.
struct House {
    folder: TempDir,
    store: Arc<Memory>,
}

const SCRIPT: &str = r#"question=$(cat)
op=$(printf '%s' "$question" | sed 's/.*"op":"\([a-z]*\)".*/\1/')
printf '%s\n' "$question" >> asked
env | sort > environment
[ -f "$op.sh" ] && . "./$op.sh"
cat "$op.json"
"#;

impl House {
    fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap(), store: Arc::default() };
        house.write("program.sh", SCRIPT);
        house.says(
            "capabilities",
            &json!({
                "ops": ["inventory", "uninstall", "status", "installed"], "platforms": ["ios"],
                "results": "poll", "max_batch": 1
            }),
        );
        house
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::write(self.folder.path().join(name), text).unwrap();
    }

    fn says(&self, op: &str, answer: &Value) {
        self.write(&format!("{op}.json"), &answer.to_string());
    }

    fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    async fn try_open(&self, settings: &str) -> Result<Arc<dyn Mdm>, MdmError> {
        let driver = format!("exec: {{ command: [sh, program.sh]{settings} }}");
        let mut around = around(&self.store);
        around.folder = camino::Utf8PathBuf::from_path_buf(self.folder.path().into()).unwrap();
        around.environment.vars.insert("ADAPTER_TOKEN".into(), "hunter2-hunter2".into());
        around.environment.vars.insert("OTHER_TOKEN".into(), "hunter3-hunter3".into());
        open_with(&driver, around).await
    }

    async fn open(&self) -> Arc<dyn Mdm> {
        self.try_open("").await.unwrap()
    }
}

async fn standing(mdm: &Arc<dyn Mdm>, command: &vpp::mdm::Command) -> Standing {
    mdm.standing(&[ask(command, minute(0))], minute(60)).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_question_is_one_process_with_the_contracts_words() {
    let house = House::new();
    let mdm = house.open().await;
    house.says("uninstall", &json!({ "accepted": true, "ref": "r 1" }));
    house.says(
        "status",
        &json!({ "state": "acknowledged", "at": minute(2).to_string(), "detail": "" }),
    );
    let absent =
        json!({ "apps": { APP: "absent" }, "observed_at": minute(5).to_string(), "scope": "all" });
    house.says("installed", &absent);
    let removal = remove("u1");
    let sent = mdm.send(std::slice::from_ref(&removal), minute(0)).await;
    assert_eq!(sent, [Delivery::Queued { reference: Some("r 1".to_owned()) }]);
    let mut ask = ask(&removal, minute(0));
    ask.reference = Some("r 1".to_owned());
    let standings = mdm.standing(&[ask], minute(60)).await.unwrap();
    assert_eq!(standings, [Standing::Acknowledged { at: minute(2) }]);
    let list = list("u1", minute(2));
    assert_eq!(listed(&standing(&mdm, &list).await), Presence::Absent);
    let asked: Vec<Value> =
        house.read("asked").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        asked,
        [
            json!({ "contract": 1, "op": "capabilities" }),
            json!({
                "contract": 1, "op": "uninstall", "request_id": removal.id, "attempt": 1, "serial": "SU1",
                "device_ref": "u1", "bundle_id": APP, "adam_id": "360593530"
            }),
            json!({ "contract": 1, "op": "status", "ref": "r 1" }),
            json!({
                "contract": 1, "op": "installed", "serial": "SU1", "device_ref": "u1",
                "bundle_ids": [APP], "not_before": minute(2).to_string()
            }),
        ]
    );
}

#[tokio::test]
async fn it_sees_only_the_variables_that_were_named() {
    let house = House::new();
    house.try_open(", env: [ADAPTER_TOKEN]").await.unwrap();
    let seen = house.read("environment");
    assert!(seen.contains("ADAPTER_TOKEN=hunter2-hunter2") && seen.contains("PATH="), "{seen}");
    assert!(!seen.contains("hunter3"), "{seen}");
    let error = house.try_open(", env: [NOT_SET]").await.unwrap_err().to_string();
    assert!(error.contains("NOT_SET is not set"), "{error}");
}

#[tokio::test]
async fn a_program_is_not_run_where_programs_are_not() {
    let house = House::new();
    let mut around = around(&house.store);
    around.environment.allow_exec = false;
    let error = open_with("exec: { command: [sh, program.sh] }", around).await.unwrap_err();
    assert!(error.to_string().contains("--no-exec"), "{error}");
    assert_eq!(house.read("asked"), "");
}

#[tokio::test]
async fn what_it_cannot_do_is_said_before_anything_is_asked() {
    let house = House::new();
    house.says("capabilities", &json!({ "ops": ["inventory", "uninstall"], "platforms": [] }));
    let error = house.try_open("").await.unwrap_err().to_string();
    assert!(error.contains("sh capabilities cannot do `status`"), "{error}");
}

#[tokio::test]
async fn exit_codes_are_answers() {
    let house = House::new();
    let mdm = house.try_open(", env: [ADAPTER_TOKEN]").await.unwrap();
    house.write("uninstall.sh", "echo \"busy with $ADAPTER_TOKEN\" >&2; exit 75");
    let sent = mdm.send(&[remove("u1")], minute(0)).await.remove(0);
    let Delivery::Refused { why, retryable: true } = &sent else { panic!("{sent:?}") };
    assert_eq!(
        why,
        "sh uninstall: it asks to be asked later; it wrote to standard error: busy with [token]"
    );
    house.write("uninstall.sh", "exit 3");
    let sent = mdm.send(&[remove("u1")], minute(0)).await.remove(0);
    assert!(
        matches!(&sent, Delivery::Unclear { why } if why.contains("exit status: 3")),
        "{sent:?}"
    );
    house.write("uninstall.sh", "");
    house.write("uninstall.json", "no JSON");
    let sent = mdm.send(&[remove("u1")], minute(0)).await.remove(0);
    assert!(matches!(&sent, Delivery::Unclear { .. }), "{sent:?}");
    house.says(
        "uninstall",
        &json!({ "accepted": false, "reason": "not managed", "retryable": false }),
    );
    let sent = mdm.send(&[remove("u1")], minute(0)).await.remove(0);
    let why = "sh uninstall: not managed".to_owned();
    assert_eq!(sent, Delivery::Refused { why, retryable: false });
    // One that cannot answer now hides nothing of the others; one that never answers is down.
    house.write("status.sh", "exit 75");
    assert_eq!(standing(&mdm, &remove("u1")).await, Standing::Waiting);
    house.write("status.sh", "exit 1");
    assert!(mdm.standing(&[ask(&remove("u1"), minute(0))], minute(1)).await.is_err());
}

#[tokio::test]
async fn time_and_size_are_bounded() {
    let house = House::new();
    let mdm = house.try_open(", timeout: 1s").await.unwrap();
    house.write("inventory.sh", "sleep 60");
    let begun = std::time::Instant::now();
    let error = mdm.devices().await.unwrap_err().to_string();
    assert!(error.contains("took longer than 1s"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    let house = House::new();
    let mdm = house.open().await;
    house.write("inventory.sh", "head -c 20000000 /dev/zero; exit 0");
    let error = mdm.devices().await.unwrap_err().to_string();
    assert!(error.contains("longer than 16 MiB"), "{error}");
}

#[tokio::test]
async fn an_inventory_is_read_to_its_end_or_not_at_all() {
    let house = House::new();
    let mdm = house.open().await;
    let one = |serial: &str| json!({ "serial": serial, "udid": "u", "enrolment": "user", "platform": "macos", "user": "ann" });
    house.write(
        "inventory.sh",
        "case $question in *'\"cursor\":null'*) cat first.json; exit 0;; esac",
    );
    house.write("first.json", &json!({ "devices": [one("s1")], "next": "2" }).to_string());
    house.says("inventory", &json!({ "devices": [one("s2")], "next": null }));
    let devices = mdm.devices().await.unwrap();
    let told: Vec<_> =
        devices.iter().map(|one| (one.serial.as_str(), one.reference.as_str())).collect();
    assert_eq!(told, [("S1", "u"), ("S2", "u")]);
    assert_eq!((devices[0].enrolment, devices[0].platform), (Enrolment::User, Platform::Macos));
    // A page that names itself again never ends.
    house.says("inventory", &json!({ "devices": [], "next": "2" }));
    assert!(mdm.devices().await.unwrap_err().to_string().contains("do not come to an end"));
    house.says("inventory", &json!({ "devices": [{ "serial": "s1", "enrolment": "maybe" }] }));
    assert!(mdm.devices().await.unwrap_err().to_string().contains("is no enrolment"));
}

#[tokio::test]
async fn states_and_lists_that_cannot_be_are_no_answers() {
    let house = House::new();
    let mdm = house.open().await;
    let removal = remove("u1");
    let status = |state: &str, at: i64| json!({ "state": state, "at": minute(at).to_string(), "detail": "" });
    let failed = |fault| Standing::Failed { at: minute(1), fault, detail: String::new() };
    for (said, expected) in [
        (status("pending", 1), Standing::Waiting),
        (status("not_now", 1), Standing::NotNow { at: minute(1) }),
        (status("error", 1), failed(Fault::Other)),
        (status("blocked", 1), failed(Fault::Other)),
        (status("gone", 1), Standing::Waiting),
        // Done in the future, or before it was asked.
        (status("acknowledged", 62), Standing::Waiting),
        (status("acknowledged", -5), Standing::Acknowledged { at: minute(0) }),
    ] {
        house.says("status", &said);
        assert_eq!(standing(&mdm, &removal).await, expected, "{said}");
    }
    let list = list("u1", minute(2));
    let listing = |apps: Value, at: i64, scope: &str| json!({ "apps": apps, "observed_at": minute(at).to_string(), "scope": scope });
    for (said, expected) in [
        (listing(json!({ APP: "absent" }), 3, "all"), Some((Presence::Absent, Scope::All))),
        (listing(json!({ APP: "absent" }), 3, "managed"), Some((Presence::Absent, Scope::Managed))),
        (
            listing(json!({ APP: "absent" }), 3, "whatever"),
            Some((Presence::Absent, Scope::Managed)),
        ),
        (listing(json!({ APP: "gone" }), 3, "all"), Some((Presence::Unknown, Scope::All))),
        (listing(json!({}), 3, "all"), Some((Presence::Unknown, Scope::All))),
        // Not newer than what it was to be newer than.
        (listing(json!({ APP: "absent" }), 2, "all"), None),
    ] {
        house.says("installed", &said);
        let standing = standing(&mdm, &list).await;
        let found = match &standing {
            Standing::Listed(reply) => Some((reply.apps[APP], reply.scope)),
            _ => None,
        };
        assert_eq!(found, expected, "{said}");
    }
    house.says("installed", &listing(json!({ APP: "absent" }), 62, "all"));
    let error = mdm.standing(&[ask(&list, minute(0))], minute(60)).await.unwrap_err().to_string();
    assert!(error.contains("in the future"), "{error}");
}

#[tokio::test]
async fn the_example_program_removes_an_app_once_and_shows_it_gone() {
    let house = House::new();
    let state =
        json!({ "devices": { "SU1": { "apps": [APP, "com.example.other"] } }, "requests": {} });
    house.says("state", &state);
    let mut around = around(&house.store);
    let file = house.folder.path().join("state.json").to_str().unwrap().to_owned();
    around.environment.vars.insert("ADAPTER_STATE".into(), file);
    let driver = "exec: { command: [python3, adapter], env: [ADAPTER_STATE] }";
    let mdm = open_with(driver, around).await.unwrap();
    assert_eq!(mdm.devices().await.unwrap().len(), 1);
    // Its clock is this machine's.
    #[expect(clippy::disallowed_methods, reason = "the program's clock is the real one")]
    let now = || Timestamp::now();
    let removal = remove("u1");
    for _ in 0..2 {
        let sent = mdm.send(std::slice::from_ref(&removal), now()).await.remove(0);
        assert_eq!(sent, Delivery::Queued { reference: Some(format!("{}/1", removal.id)) });
    }
    let mut asked = ask(&removal, now() - SignedDuration::from_secs(60));
    asked.reference = Some(format!("{}/1", removal.id));
    let standing = mdm.standing(&[asked], now()).await.unwrap().remove(0);
    let Standing::Acknowledged { at } = standing else { panic!("{standing:?}") };
    let mut both = list("u1", at);
    let bundles = vec![APP.to_owned(), "com.example.other".to_owned()];
    both.device.serial = "SU1".parse().unwrap();
    both.order = Order::ListInstalled { bundle_ids: bundles, not_before: at };
    let standing = mdm.standing(&[ask(&both, at)], now()).await.unwrap().remove(0);
    let Standing::Listed(reply) = standing else { panic!("{standing:?}") };
    let apps: Vec<_> = reply.apps.values().copied().collect();
    assert_eq!(apps, [Presence::Absent, Presence::Present]);
    let unknown = mdm.send(&[remove("u9")], now()).await.remove(0);
    assert!(matches!(unknown, Delivery::Refused { retryable: false, .. }), "{unknown:?}");
}
