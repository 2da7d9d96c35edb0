//! Why a device refused, from its chain of errors.

use plist::{Dictionary, Value};

use crate::mdm::Fault;

/// Apple's number for "license not found", in the chain of an installation.
const LICENSE_NOT_FOUND: i64 = 9610;

/// What kind of refusal it is, and the device's words. Devices tell kinds apart by text only.
pub(super) fn fault(answer: &Dictionary) -> (Fault, String) {
    let chain = answer.get("ErrorChain").and_then(Value::as_array);
    let (mut words, mut fault) = (Vec::new(), Fault::Other);
    for error in chain.into_iter().flatten().filter_map(Value::as_dictionary) {
        let text = |key: &str| error.get(key).and_then(Value::as_string);
        let said = text("USEnglishDescription").or_else(|| text("LocalizedDescription"));
        let number = error.get("ErrorCode").and_then(number);
        let kind = kind(said.unwrap_or_default(), number);
        // A declaration also makes an app "not managed" by commands: it is the more telling one.
        if fault == Fault::Other || kind == Fault::Declarative {
            fault = kind;
        }
        let domain = text("ErrorDomain").unwrap_or("no domain");
        let number = number.map_or_else(|| "no number".to_owned(), |number| number.to_string());
        words.push(format!("{} ({domain} {number})", said.unwrap_or("no text")));
    }
    if let Some(reason) = answer.get("RejectionReason").and_then(Value::as_string) {
        words.push(reason.to_owned());
    }
    let words = if words.is_empty() { "no reason given".to_owned() } else { words.join("; ") };
    (fault, words)
}

/// What kind of refusal a text tells of, where there is nothing but text.
pub(in crate::mdm) fn by_words(text: &str) -> Fault {
    kind(text, None)
}

fn kind(text: &str, number: Option<i64>) -> Fault {
    let text = text.to_lowercase();
    let says = |part: &str| text.contains(part);
    if says("declarati") {
        Fault::Declarative
    } else if number == Some(LICENSE_NOT_FOUND)
        || says("license not found")
        || says("licence not found")
    {
        Fault::LicenseNotFound
    } else if says("is not managed") || says("not being managed") {
        Fault::NotManaged
    } else {
        Fault::Other
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_signed_integer().or_else(|| value.as_string()?.parse().ok())
}
