use crate::plan::{InstallSummary, Plan};
use crate::render::number::counted;

/// What devices are told to install along with licenses; `None` where nothing is.
pub(in crate::render) fn installs(plan: &Plan) -> Option<String> {
    let InstallSummary { devices, users } = plan.summary.installs?;
    let devices = match devices {
        0 => None,
        _ => Some(format!(
            "{} told to install what {} given",
            counted(devices, "device is", "devices are"),
            if devices == 1 { "it is" } else { "they are" }
        )),
    };
    let users = match users {
        0 => None,
        _ => Some(format!(
            "{} of a person: on each device the server knows as theirs",
            counted(users, "license", "licenses")
        )),
    };
    let parts: Vec<String> = devices.into_iter().chain(users).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
