//! Guards waived, narrowly and for a time: a policy's `allow` items.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span as Duration, ToSpan};

use super::{Guard, Moves, Trip, named};
use crate::manifest::kind::Allowance;
use crate::plan::numbers::grouped;
use crate::plan::survey::Survey;
use crate::plan::{GuardLevel, GuardOutcome, GuardResult};

/// How long a proposed allowance holds.
fn proposed() -> Duration {
    7.days()
}

/// Asks the policies whether what a guard said is allowed.
pub(super) fn settle(survey: &Survey<'_>, guard: &Guard, trip: Trip) -> GuardResult {
    let Trip { level, location, subject, mut message, at, mut help, examples, moves } = trip;
    let today = today(survey);
    let mut outcome = GuardOutcome::Tripped;
    if guard.waivable {
        let mut refused = vec![];
        for allowance in survey.manifests.policies.iter().flat_map(|policy| &policy.allow) {
            let about = [&subject, &location].map(|name| name.as_deref());
            if !means(allowance, guard, about) {
                continue;
            }
            let place = place(survey, allowance);
            match lacks(allowance, moves, today) {
                None => {
                    outcome = GuardOutcome::Allowed;
                    let (until, reason) = (allowance.until.value, &allowance.reason.value);
                    message = format!("{message} (allowed until {until} by {place}: {reason})");
                    break;
                }
                Some(lacks) => refused.push(format!("the allowance at {place} {lacks}")),
            }
        }
        if outcome == GuardOutcome::Tripped {
            help.append(&mut refused);
            if level == GuardLevel::Block {
                let name = subject.as_deref().or(location.as_deref());
                help.push(format!("to allow:  {}", example(guard, name, moves, today)));
            }
        }
    }
    GuardResult {
        code: guard.code.id.to_owned(),
        level,
        outcome,
        location,
        subject,
        message,
        file: at.map(|span| survey.manifests.sources.path(span).to_string()),
        line: at.map(|span| span.line),
        help: if outcome == GuardOutcome::Allowed { vec![] } else { help },
        examples,
    }
}

/// The day of the run, in UTC.
pub(super) fn today(survey: &Survey<'_>) -> Date {
    survey.now.to_zoned(TimeZone::UTC).date()
}

/// Where an allowance stands, for people.
pub(super) fn place(survey: &Survey<'_>, allowance: &Allowance) -> String {
    format!("{}:{}", survey.manifests.sources.path(allowance.span), allowance.span.line)
}

/// Whether the allowance is for this guard and this app, book, group or location.
fn means(allowance: &Allowance, guard: &Guard, about: [Option<&str>; 2]) -> bool {
    let this = named(&allowance.guard.value).is_some_and(|other| other.code == guard.code);
    let app = allowance.app.as_ref().map(|app| app.value.as_str());
    this && (app.is_none() || about.contains(&app))
}

/// Why the allowance is not enough; `None` where it is.
fn lacks(allowance: &Allowance, moves: Moves, today: Date) -> Option<String> {
    let until = allowance.until.value;
    if until < today {
        return Some(format!("ended on {until}"));
    }
    let bound = |name: &str, needed: Option<u64>, given: Option<u64>| match (needed, given) {
        (Some(needed), Some(given)) if given < needed => {
            Some(format!("allows {name}: {}, and {} are needed", grouped(given), grouped(needed)))
        }
        (Some(needed), None) => {
            Some(format!("names no {name}, and {} are needed", grouped(needed)))
        }
        (_, _) => None,
    };
    bound("reclaimUpTo", moves.reclaim, allowance.reclaim_up_to.as_ref().map(|at| at.value))
        .or_else(|| {
            bound("assignUpTo", moves.assign, allowance.assign_up_to.as_ref().map(|at| at.value))
        })
}

/// The item that would waive it, ready to paste.
fn example(guard: &Guard, name: Option<&str>, moves: Moves, today: Date) -> String {
    let until = today.checked_add(proposed()).unwrap_or(today);
    // Every allowance has a bound; where nothing moves, that is nothing.
    let moves = match moves {
        Moves { reclaim: None, assign: None } => Moves { reclaim: Some(0), assign: None },
        Moves { .. } => moves,
    };
    let parts = [
        Some(format!("guard: {}", guard.code.id.trim_start_matches("VPP-"))),
        name.map(|name| format!("app: {}", scalar(name))),
        moves.reclaim.map(|number| format!("reclaimUpTo: {number}")),
        moves.assign.map(|number| format!("assignUpTo: {number}")),
        Some(format!("until: {until}")),
        Some("reason: \"…\"".to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("- {{{}}}", parts.join(", "))
}

/// A name as YAML takes it back: plain where that is safe, else quoted as JSON.
pub(super) fn scalar(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if plain && !words.contains(&name.to_ascii_lowercase().as_str()) {
        name.to_owned()
    } else {
        serde_json::to_string(name).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::scalar;
    use crate::plan::world::{World, allowed, blocked, devices};

    /// Two licenses of notability for four devices.
    fn short() -> World {
        World::new().group("year-7", devices(1..=4)).app("notability").to("year-7").owns(2)
    }

    #[test]
    fn an_allowance_waives_the_guard_it_names() {
        let plan = short().allow("G104", |allow| allow.app("notability").assign_up_to(2)).plan();
        assert_eq!(allowed(&plan), ["VPP-G104"]);
        assert!(plan.applyable);
    }

    #[test]
    fn an_allowance_for_another_app_or_guard_waives_nothing() {
        let plan = short()
            .allow("G104", |allow| allow.app("pages").assign_up_to(9))
            .allow("G105", |allow| allow)
            .plan();
        assert_eq!(blocked(&plan), ["VPP-G104"]);
    }

    #[test]
    fn an_allowance_holds_through_its_last_day() {
        let until = |day| short().allow("G104", |a| a.assign_up_to(2).until(day)).plan();
        assert!(until("2026-11-21").applyable);
        let late = until("2026-11-20");
        assert!(!late.applyable);
        assert!(late.guards[0].help.iter().any(|line| line.contains("ended on 2026-11-20")));
    }

    #[test]
    fn an_allowance_that_is_too_small_says_so() {
        let plan = short().allow("G104", |allow| allow.assign_up_to(1)).plan();
        let help = &plan.guards[0].help;
        let needle = "allows assignUpTo: 1, and 2 are needed";
        assert!(help.iter().any(|line| line.contains(needle)), "{help:?}");
    }

    #[test]
    fn the_proposed_allowance_names_guard_app_bounds_and_day() {
        let help = short().plan().guards[0].help.clone();
        let proposed = "- {guard: G104, app: notability, assignUpTo: 2, until: 2026-11-28, \
                        reason: \"…\"}";
        assert!(help.iter().any(|line| line.contains(proposed)), "{help:?}");
    }

    #[test]
    fn the_proposed_allowance_has_a_bound_even_where_nothing_moves() {
        let plan =
            World::new().group("year-13", vec![]).app("notability").to("year-13").owns(2).plan();
        assert_eq!(blocked(&plan), ["VPP-G105"]);
        let help = &plan.guards[0].help;
        let proposed = "- {guard: G105, app: year-13, reclaimUpTo: 0, until: 2026-11-28, ";
        assert!(help.iter().any(|line| line.contains(proposed)), "{help:?}");
    }

    #[test]
    fn names_yaml_would_change_are_quoted() {
        assert_eq!(scalar("notability"), "notability");
        assert_eq!(scalar("no"), "\"no\"");
        assert_eq!(scalar("12"), "\"12\"");
        assert_eq!(scalar("a: b\n}"), "\"a: b\\n}\"");
    }
}
