use jiff::SignedDuration;

use super::{Guard, Trip, View};
use crate::diagnostic::{Code, Span};
use crate::manifest::kind::TokenExpiry;
use crate::plan::numbers::counted;

/// Without a policy: a month to get a new token, and no planning with one that has ended.
const DEFAULT: TokenExpiry = TokenExpiry { warn_days: 30, block_days: 0 };

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G112",
        title: "token ends",
        explain: "The location's content token ends soon, or has ended. A token lasts one year, and \
                  ends early when the password of the account that downloaded it changes. Download \
                  a new one (Apple Business: Settings, Payments & Billing; Apple School Manager: \
                  Preferences, Payments & Billing) and put it where the manifest's `token` \
                  points. `tokenExpiry` in a policy sets from how many days on it warns and \
                  blocks; without one it warns for 30 days and blocks once the token has ended.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for site in &view.survey.sites {
        let Some(ends) = site.actual().and_then(|actual| actual.token_expires) else { continue };
        let Some(token) = &site.manifest.token else { continue };
        let left = ends.duration_since(view.survey.now);
        let within = |days: u32| left <= SignedDuration::from_hours(24 * i64::from(days));
        let rules: Vec<(TokenExpiry, Span)> = view
            .survey
            .manifests
            .policies
            .iter()
            .filter_map(|policy| policy.token_expiry.as_ref())
            .map(|rule| (rule.value, rule.span))
            .collect();
        let rules = if rules.is_empty() { vec![(DEFAULT, token.span)] } else { rules };
        let ended = left <= SignedDuration::ZERO;
        let days = u64::try_from(left.as_hours() / 24).unwrap_or(0);
        let message = if ended {
            format!("{}: the token ended on {ends}", site.name())
        } else {
            format!("{}: the token ends in {} ({ends})", site.name(), counted(days, "day"))
        };
        let blocks = ended || rules.iter().any(|(rule, _)| within(rule.block_days));
        let trip = if blocks {
            Trip::block(message)
        } else if rules.iter().any(|(rule, _)| within(rule.warn_days)) {
            Trip::warn(message)
        } else {
            continue;
        };
        trips.push(
            trip.location(site.name())
                .at(token.span)
                .help("download a new content token and put it where `token` points"),
        );
    }
    trips
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use crate::manifest::kind::TokenExpiry;
    use crate::plan::world::{NORTH, NOW, World, blocked, warned};

    fn ends_in(days: i64) -> World {
        let now: jiff::Timestamp = NOW.parse().unwrap();
        World::new().at(NORTH, |site| site.expires = Some(now + (24 * days).hours()))
    }

    #[test]
    fn a_month_before_the_end_it_warns_and_at_the_end_it_blocks() {
        assert!(ends_in(31).plan().guards.is_empty());
        assert_eq!(warned(&ends_in(30).plan()), ["VPP-G112"]);
        assert_eq!(warned(&ends_in(1).plan()), ["VPP-G112"]);
        assert_eq!(blocked(&ends_in(0).plan()), ["VPP-G112"]);
    }

    #[test]
    fn a_policy_sets_the_days() {
        let with = |days| {
            let rule = TokenExpiry { warn_days: 60, block_days: 7 };
            ends_in(days).token_expiry(rule).plan()
        };
        assert!(with(61).guards.is_empty());
        assert_eq!(warned(&with(60)), ["VPP-G112"]);
        assert_eq!(blocked(&with(7)), ["VPP-G112"]);
    }
}
