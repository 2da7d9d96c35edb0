use super::fields::{Field, Fields};
use super::report::Report;
use super::value;
use crate::diagnostic::At;
use crate::manifest::kind::{Mdm, MdmDriver};
use crate::yaml::{Meaning, Node, Style, Value, meaning};

const DRIVERS: [(&str, MdmDriver); 7] = [
    ("fleet", MdmDriver::Fleet),
    ("nanomdm", MdmDriver::Nanomdm),
    ("nanohub", MdmDriver::Nanohub),
    ("micromdm", MdmDriver::Micromdm),
    ("exec", MdmDriver::Exec),
    ("sandbox", MdmDriver::Sandbox),
    ("intune", MdmDriver::Intune),
];

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<Mdm> {
    let chosen = fields.one_of(report, &DRIVERS.map(|(key, _)| key))?;
    let Value::Mapping(_) = &chosen.node.value else {
        value::wrong_type(report, chosen, "a mapping");
        return None;
    };
    let (_, driver) = DRIVERS.iter().find(|(key, _)| *key == chosen.key)?;
    let settings = json(report, chosen);
    let driver = report.at(*driver, chosen.key_place);
    Some(Mdm { name: name?, driver, settings })
}

/// A driver's own settings, which only the driver understands.
fn json(report: &mut Report, field: Field<'_, '_>) -> serde_json::Value {
    use serde_json::Value as Json;
    match &field.node.value {
        Value::Refused => Json::Null,
        Value::Sequence(items) => {
            Json::Array(items.iter().map(|item| json(report, field.item(item))).collect())
        }
        Value::Mapping(entries) => Json::Object(
            entries
                .iter()
                .map(|entry| (entry.key.to_string(), json(report, field.item(&entry.value))))
                .collect(),
        ),
        Value::Scalar(text, style) => plain(report, field, text, *style, field.node),
    }
}

fn plain(
    report: &mut Report,
    field: Field<'_, '_>,
    text: &str,
    style: Style,
    node: &Node<'_>,
) -> serde_json::Value {
    use serde_json::Value as Json;
    if style != Style::Plain {
        return Json::from(text);
    }
    match meaning(text) {
        Meaning::Text => Json::from(text),
        Meaning::Null => Json::Null,
        Meaning::Integer => text.parse::<i64>().map_or_else(|_| Json::from(text), Json::from),
        Meaning::Boolean if text.eq_ignore_ascii_case("true") => Json::Bool(true),
        Meaning::Boolean if text.eq_ignore_ascii_case("false") => Json::Bool(false),
        // Whatever readers disagree about is text that lacks its quotes.
        Meaning::Boolean | Meaning::Number | Meaning::Time | Meaning::Reserved => {
            value::any_text(report, field.item(node)).map_or(Json::Null, Json::from)
        }
    }
}
