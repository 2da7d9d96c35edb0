//! Property lists of devices to what they say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use plist::{Dictionary, Value};

use super::fault::fault;
use crate::apple::clean;
use crate::mdm::{AppsReply, Device, Enrolment, Fault, Order, Presence, Scope, Standing};

/// An answer of a device to one command.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::mdm) struct Answer {
    /// The command it names.
    pub(in crate::mdm) command: Option<String>,
    /// Its status.
    pub(in crate::mdm) state: State,
    /// All of it.
    body: Dictionary,
}

/// The status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mdm) enum State {
    /// Done, or listed.
    Acknowledged,
    /// Refused.
    Error,
    /// The command made no sense to the device.
    FormatError,
    /// Not now.
    NotNow,
    /// Something else, which says nothing of the command.
    Other,
}

impl State {
    /// A status by Apple's word.
    pub(in crate::mdm) fn of(word: &str) -> Self {
        match word {
            "Acknowledged" => Self::Acknowledged,
            "Error" => Self::Error,
            "CommandFormatError" => Self::FormatError,
            "NotNow" => Self::NotNow,
            _ => Self::Other,
        }
    }
}

impl Answer {
    /// What a device sent; `None` where it is no answer.
    pub(in crate::mdm) fn read(bytes: &[u8]) -> Option<Self> {
        let body = super::read(bytes)?;
        let text = |key: &str| body.get(key).and_then(Value::as_string);
        let command = text("CommandUUID").map(str::to_owned);
        let state = State::of(text("Status")?);
        Some(Self { command, state, body })
    }
}

/// What an answer says of the command it answers.
pub(in crate::mdm) fn standing(
    order: &Order,
    device: &Device,
    answer: &Answer,
    at: Timestamp,
) -> Standing {
    match answer.state {
        State::Acknowledged => acknowledged(order, device, &answer.body, at),
        State::Error => {
            let (fault, words) = fault(&answer.body);
            Standing::Failed { at, fault, detail: clean(&words) }
        }
        State::FormatError => {
            let (_, words) = fault(&answer.body);
            Standing::Failed { at, fault: Fault::Format, detail: clean(&words) }
        }
        State::NotNow => Standing::NotNow { at },
        State::Other => Standing::Waiting,
    }
}

fn acknowledged(order: &Order, device: &Device, body: &Dictionary, at: Timestamp) -> Standing {
    match order {
        Order::Remove { .. } | Order::Install { .. } => Standing::Acknowledged { at },
        Order::ListInstalled { bundle_ids, not_before: _ } => {
            let scope = match device.enrolment {
                Enrolment::User => Scope::Managed,
                Enrolment::Device | Enrolment::None => Scope::All,
            };
            listed(bundle_ids, scope, at, |bundle| installed(body, bundle))
        }
        Order::ListManaged { bundle_ids, not_before: _ } => {
            listed(bundle_ids, Scope::Managed, at, |bundle| managed(body, bundle))
        }
    }
}

fn listed(
    bundle_ids: &[String],
    scope: Scope,
    observed_at: Timestamp,
    presence: impl Fn(&str) -> Presence,
) -> Standing {
    let apps: BTreeMap<_, _> =
        bundle_ids.iter().map(|bundle| (bundle.clone(), presence(bundle))).collect();
    Standing::Listed(AppsReply { observed_at, scope, apps })
}

/// Flags of an app that is on its way.
const ON_ITS_WAY: [&str; 3] = ["Installing", "DownloadWaiting", "DownloadPaused"];

fn installed(body: &Dictionary, bundle: &str) -> Presence {
    let Some(list) = body.get("InstalledApplicationList").and_then(Value::as_array) else {
        return Presence::Unknown;
    };
    let mut unnamed = false;
    for app in list {
        let app = app.as_dictionary();
        match app.and_then(|app| app.get("Identifier")).and_then(Value::as_string) {
            Some(found) if found.eq_ignore_ascii_case(bundle) => {
                let is = |flag: &&str| {
                    app.and_then(|app| app.get(flag)).and_then(Value::as_boolean) == Some(true)
                };
                let coming = ON_ITS_WAY.iter().any(is);
                return if coming { Presence::Installing } else { Presence::Present };
            }
            Some(found) if !found.is_empty() => {}
            // A Mac may leave it out: this could be the one.
            Some(_) | None => unnamed = true,
        }
    }
    if unnamed { Presence::Unknown } else { Presence::Absent }
}

fn managed(body: &Dictionary, bundle: &str) -> Presence {
    let Some(list) = body.get("ManagedApplicationList").and_then(Value::as_dictionary) else {
        return Presence::Unknown;
    };
    let Some((_, app)) = list.iter().find(|(found, _)| found.eq_ignore_ascii_case(bundle)) else {
        return Presence::Absent;
    };
    let status = app.as_dictionary().and_then(|app| app.get("Status")).and_then(Value::as_string);
    match status {
        Some("ManagedButUninstalled") => Presence::Absent,
        Some(
            "Managed"
            | "UserInstalledApp"
            | "ManagementRejected"
            | "UpdateRejected"
            | "PromptingForUpdate"
            | "PromptingForUpdateLogin"
            | "PromptingForManagement"
            | "ValidatingUpdate"
            | "Updating",
        ) => Presence::Present,
        Some(
            "Queued" | "NeedsRedemption" | "Redeeming" | "Prompting" | "PromptingForLogin"
            | "ValidatingPurchase" | "Installing",
        ) => Presence::Installing,
        Some(_) | None => Presence::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mdm::Platform;

    const APP: &str = "com.example.app";

    fn now() -> Timestamp {
        "2026-03-01T08:00:00Z".parse().unwrap()
    }

    fn device(enrolment: Enrolment) -> Device {
        Device {
            serial: "S1".parse().unwrap(),
            reference: "u1".to_owned(),
            platform: Platform::Ios,
            enrolment,
            user: None,
            last_seen: None,
            enrolled_at: None,
        }
    }

    fn list() -> Order {
        Order::ListInstalled { bundle_ids: vec![APP.to_owned()], not_before: now() }
    }

    fn remove() -> Order {
        Order::Remove { bundle_id: APP.to_owned(), adam_id: "1".parse().unwrap() }
    }

    fn plist(inner: &str) -> Vec<u8> {
        format!("<?xml version=\"1.0\"?><plist version=\"1.0\"><dict>{inner}</dict></plist>")
            .into_bytes()
    }

    fn says(order: &Order, enrolment: Enrolment, inner: &str) -> Standing {
        let answer = Answer::read(&plist(inner)).unwrap();
        standing(order, &device(enrolment), &answer, now())
    }

    fn presence(order: &Order, inner: &str) -> Presence {
        let inner = format!("<key>Status</key><string>Acknowledged</string>{inner}");
        let said = says(order, Enrolment::Device, &inner);
        let Standing::Listed(reply) = said else { panic!("{said:?}") };
        reply.apps[APP]
    }

    fn apps(apps: &[&str]) -> String {
        let dicts: String = apps.iter().map(|app| format!("<dict>{app}</dict>")).collect();
        format!("<key>InstalledApplicationList</key><array>{dicts}</array>")
    }

    #[test]
    fn a_list_says_present_absent_or_that_it_does_not_know() {
        let named = |id: &str| format!("<key>Identifier</key><string>{id}</string>");
        let (ours, other) = (named("COM.example.App"), named("com.example.other"));
        let coming = format!("{ours}<key>Installing</key><true/>");
        let table = [
            (apps(&[]), Presence::Absent),
            (apps(&[&other]), Presence::Absent),
            (apps(&[&other, &ours]), Presence::Present),
            (apps(&[&coming]), Presence::Installing),
            (apps(&["<key>Name</key><string>App</string>"]), Presence::Unknown),
            (apps(&[&other, &named("")]), Presence::Unknown),
            (apps(&["<key>Identifier</key><integer>1</integer>"]), Presence::Unknown),
            // Without an identifier elsewhere in the list, what is named is there all the same.
            (apps(&["", &ours]), Presence::Present),
            (
                "<key>InstalledApplicationList</key><array><string>x</string></array>".to_owned(),
                Presence::Unknown,
            ),
            ("<key>InstalledApplicationList</key><dict/>".to_owned(), Presence::Unknown),
            (String::new(), Presence::Unknown),
        ];
        for (inner, expected) in table {
            assert_eq!(presence(&list(), &inner), expected, "{inner}");
        }
    }

    #[test]
    fn the_second_witness_knows_more_than_two_states() {
        let order = Order::ListManaged { bundle_ids: vec![APP.to_owned()], not_before: now() };
        let managed = |status: &str| {
            format!(
                "<key>ManagedApplicationList</key><dict><key>{APP}</key><dict><key>Status</key><string>{status}</string></dict></dict>"
            )
        };
        let table = [
            (managed("Managed"), Presence::Present),
            (managed("ManagedButUninstalled"), Presence::Absent),
            (managed("Installing"), Presence::Installing),
            (managed("UserInstalledApp"), Presence::Present),
            (managed("Unknown"), Presence::Unknown),
            (managed("Failed"), Presence::Unknown),
            (managed("SomethingNew"), Presence::Unknown),
            ("<key>ManagedApplicationList</key><dict/>".to_owned(), Presence::Absent),
            (String::new(), Presence::Unknown),
        ];
        for (inner, expected) in table {
            assert_eq!(presence(&order, &inner), expected, "{inner}");
        }
    }

    #[test]
    fn a_persons_own_device_shows_only_managed_apps() {
        let inner = format!("<key>Status</key><string>Acknowledged</string>{}", apps(&[]));
        let Standing::Listed(reply) = says(&list(), Enrolment::User, &inner) else { panic!() };
        assert_eq!(reply.scope, Scope::Managed);
    }

    #[test]
    fn a_list_with_an_error_is_no_list() {
        let inner = format!("<key>Status</key><string>Error</string>{}", apps(&[]));
        assert!(matches!(says(&list(), Enrolment::Device, &inner), Standing::Failed { .. }));
        for status in ["Idle", "", "acknowledged"] {
            let inner = format!("<key>Status</key><string>{status}</string>{}", apps(&[]));
            assert_eq!(says(&list(), Enrolment::Device, &inner), Standing::Waiting, "{status}");
        }
    }

    #[test]
    fn refusals_are_told_apart_by_their_words() {
        let refused = |text: &str, number: &str| {
            let chain = format!(
                "<key>Status</key><string>Error</string><key>ErrorChain</key><array><dict>\
                 <key>ErrorCode</key><integer>{number}</integer><key>ErrorDomain</key><string>MDMErrorDomain</string>\
                 <key>LocalizedDescription</key><string>verboten</string>\
                 <key>USEnglishDescription</key><string>{text}</string></dict></array>"
            );
            let said = says(&remove(), Enrolment::Device, &chain);
            let Standing::Failed { fault, detail, at: _ } = said else { panic!("{said:?}") };
            (fault, detail)
        };
        let table = [
            ("The app “Pages” is not managed.", "12", Fault::NotManaged),
            ("App with identifier 'x' is not being managed", "-1", Fault::NotManaged),
            ("The app is managed by Declarative Device Management.", "12", Fault::Declarative),
            ("License not found.", "9610", Fault::LicenseNotFound),
            ("Could not do it", "9610", Fault::LicenseNotFound),
            ("Could not do it", "1", Fault::Other),
        ];
        for (text, number, expected) in table {
            let (fault, detail) = refused(text, number);
            assert_eq!(fault, expected, "{text}");
            assert_eq!(detail, format!("{text} (MDMErrorDomain {number})"));
        }
        let bare = says(
            &remove(),
            Enrolment::Device,
            "<key>Status</key><string>CommandFormatError</string>",
        );
        let detail = "no reason given".to_owned();
        assert_eq!(bare, Standing::Failed { at: now(), fault: Fault::Format, detail });
    }

    proptest! {
        #[test]
        fn no_bytes_make_an_app_absent(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(!absent(&bytes));
        }

        #[test]
        fn no_damaged_list_makes_an_app_absent(
            at in 0_usize..400,
            damage in proptest::collection::vec(any::<u8>(), 0..6),
            cut in any::<bool>(),
        ) {
            let inner = format!(
                "<key>Status</key><string>Acknowledged</string>{}",
                apps(&[&format!("<key>Identifier</key><string>{APP}</string>")])
            );
            let mut bytes = plist(&inner);
            let at = at.min(bytes.len());
            let until = if cut { bytes.len() } else { (at + damage.len()).min(bytes.len()) };
            bytes.splice(at..until, damage.iter().copied());
            // Another identifier is another app: everything else must not be an absence.
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if !text.contains(APP) && text.contains("<key>Identifier</key>") {
                return Ok(());
            }
            prop_assert!(!absent(&bytes), "{text}");
        }
    }

    fn absent(bytes: &[u8]) -> bool {
        let Some(answer) = Answer::read(bytes) else { return false };
        let standing = standing(&list(), &device(Enrolment::Device), &answer, now());
        let Standing::Listed(reply) = standing else { return false };
        reply.apps.values().any(|app| *app == Presence::Absent)
    }
}
