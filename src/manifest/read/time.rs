//! Values with a unit: shares, durations, days, dates.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Zoned};

use super::fields::{Field, LONGEST_WORD};
use super::report::{Report, shown};
use super::value::{bad_value, wrong_type};
use crate::diagnostic::{At, Diagnostic, nearest};
use crate::manifest::codes;
use crate::yaml::{Meaning, Style, Value, meaning};

/// The text of a scalar that YAML may take for a date: dates need no quotes.
fn scalar<'n>(report: &mut Report, field: Field<'n, '_>, wanted: &str) -> Option<&'n str> {
    match &field.node.value {
        Value::Scalar(text, Style::Quoted | Style::Block) => Some(text),
        Value::Scalar(text, Style::Plain)
            if matches!(meaning(text), Meaning::Text | Meaning::Time) =>
        {
            Some(text)
        }
        Value::Scalar(..) => {
            bad_value(report, field, wanted);
            None
        }
        Value::Sequence(_) | Value::Mapping(_) | Value::Refused => {
            wrong_type(report, field, wanted);
            None
        }
    }
}

/// `10%`, `2.5%`: 0 to 100.
pub(super) fn percent(report: &mut Report, field: Field<'_, '_>) -> Option<f64> {
    let wanted = "a percentage from 0% to 100%";
    let text = scalar(report, field, wanted)?;
    let percent = parse_percent(text);
    if percent.is_none() {
        bad_value(report, field, wanted);
    }
    percent
}

pub(super) fn parse_percent(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%')?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| {
        (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    number.parse().ok().filter(|percent| (0.0..=100.0).contains(percent))
}

/// `90s`, `24h`, `1h30m`, `7d`, within bounds in seconds.
pub(super) fn duration(
    report: &mut Report,
    field: Field<'_, '_>,
    least: i64,
    most: i64,
    wanted: &str,
) -> Option<At<SignedDuration>> {
    let text = scalar(report, field, wanted)?;
    let seconds = parse_duration(text).filter(|seconds| (least..=most).contains(seconds));
    if seconds.is_none() {
        bad_value(report, field, wanted);
    }
    Some(report.at(SignedDuration::from_secs(seconds?), field.node.place))
}

/// Seconds of `1d2h3m4s`: units in this order, each at most once.
fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut seconds = 0_i64;
    for (unit, length) in [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)] {
        if let Some((count, after)) = rest.split_once(unit) {
            let plain =
                (1..=9).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit());
            if !plain {
                return None;
            }
            let part = count.parse::<i64>().ok()?.checked_mul(length)?;
            seconds = seconds.checked_add(part)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(seconds)
}

/// `30d`: whole days.
pub(super) fn days(report: &mut Report, field: Field<'_, '_>) -> Option<u32> {
    let wanted = "a number of days from `0d` to `366d`";
    let text = scalar(report, field, wanted)?;
    let plain = text.strip_suffix('d').filter(|count| {
        (1..=3).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit())
    });
    let days = plain.and_then(|count| count.parse().ok()).filter(|days| *days <= 366);
    if days.is_none() {
        bad_value(report, field, wanted);
    }
    days
}

/// `2026-12-20`.
pub(super) fn date(report: &mut Report, field: Field<'_, '_>) -> Option<At<Date>> {
    let wanted = "a date such as `2026-12-20`";
    let text = scalar(report, field, wanted)?;
    let date = parse_date(text);
    if date.is_none() {
        bad_value(report, field, wanted);
    }
    Some(report.at(date?, field.node.place))
}

/// jiff reads more forms than one; a policy is easier to review with one.
fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| Date::strptime("%Y-%m-%d", text).ok()).flatten()
}

/// `2026-12-20` or `2026-12-20T08:00`, to be read in a time zone. A date is its midnight.
pub(super) fn moment(report: &mut Report, field: Field<'_, '_>) -> Option<DateTime> {
    let wanted = "a date or time such as `2026-12-20` or `2026-12-20T08:00`";
    let text = scalar(report, field, wanted)?;
    let moment = match text.len() {
        10 => parse_date(text).map(|date| date.at(0, 0, 0, 0)),
        16 => DateTime::strptime("%Y-%m-%dT%H:%M", text).ok(),
        19 => DateTime::strptime("%Y-%m-%dT%H:%M:%S", text).ok(),
        _ => None,
    };
    if moment.is_none() {
        bad_value(report, field, wanted);
    }
    moment
}

/// A civil time in a zone; the later reading where clocks skip it, the earlier where they repeat it.
pub(super) fn in_zone(moment: DateTime, zone: &TimeZone) -> Option<Zoned> {
    moment.to_zoned(zone.clone()).ok()
}

/// A time zone of the IANA database.
pub(super) fn zone(report: &mut Report, field: Field<'_, '_>) -> Option<TimeZone> {
    let text = super::value::text(report, field)?;
    // Only names: a fixed offset is not what "8 o'clock" means over a year.
    let known = text.len() <= LONGEST_WORD
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    if let Some(zone) = known.then(|| TimeZone::get(text).ok()).flatten() {
        return Some(zone);
    }
    let names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let near = if text.len() <= LONGEST_WORD {
        nearest(text, names.iter().map(String::as_str))
    } else {
        None
    };
    let help = near.map_or(
        "write a name of the IANA database, for example `Europe/Berlin` or `UTC`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    report.add(
        Diagnostic::error(&codes::BAD_VALUE, format!("there is no time zone `{}`", shown(text)))
            .at(report.span(field.node.place), "unknown time zone")
            .help(help),
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units_in_order() {
        let table = [
            ("60s", Some(60)),
            ("24h", Some(86_400)),
            ("1h30m", Some(5_400)),
            ("1d2h3m4s", Some(93_784)),
            ("30m1h", None),
            ("5", None),
            ("", None),
            ("h", None),
            ("-5m", None),
            ("1.5h", None),
            ("9999999999d", None),
            ("1h 30m", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse_duration(text), seconds, "{text}");
        }
    }

    #[test]
    fn shares_are_percentages() {
        let table =
            [("10%", Some(10.0)), ("2.5%", Some(2.5)), ("0%", Some(0.0)), ("100%", Some(100.0))];
        for (text, percent) in table {
            assert_eq!(parse_percent(text), percent, "{text}");
        }
        for text in
            ["100.1%", "101%", "-1%", "10", "%", "1e1%", ".5%", "5.%", "inf%", "NaN%", "+5%"]
        {
            assert_eq!(parse_percent(text), None, "{text}");
        }
    }
}
