//! Guards of the server itself: that it was read, its token, its apps.

use super::{each, here};
use crate::diagnostic::Code;
use crate::manifest::kind::TokenExpiry;
use crate::plan::guards::{Guard, Trip, View};
use crate::plan::numbers::counted;

/// Without a policy: a month to get a new token, and no planning with one that has ended.
const DEFAULT_EXPIRY: TokenExpiry = TokenExpiry { warn_days: 30, block_days: 0 };

pub(in crate::plan::guards) const UNREAD: Guard = Guard {
    code: Code {
        id: "VPP-G150",
        title: "the server of a location could not be read",
        explain: "What Intune has is read whole or not at all: half an answer would look like \
                  assignments that are gone. Nothing is planned for the location. Mend what the \
                  message says and plan again.",
    },
    waivable: false,
    check: unread,
};

pub(in crate::plan::guards) const TOKEN: Guard = Guard {
    code: Code {
        id: "VPP-G151",
        title: "the server cannot use the location's token",
        explain: "Intune says that the content token is expired, invalid or assigned to another \
                  server, so it would neither give licenses nor take them back, and a used count \
                  that does not fall would prove nothing. Do what the message says, sync with \
                  `vpp sync`, and plan again. What devices have proven so far is kept.",
    },
    waivable: false,
    check: token,
};

pub(in crate::plan::guards) const TOKEN_ENDS: Guard = Guard {
    code: Code {
        id: "VPP-G152",
        title: "the token in the server ends",
        explain: "The content token that Intune holds ends soon. Download a new one at Apple with \
                  the same account and renew it in Intune; assignments stay. `tokenExpiry` in a \
                  policy sets from how many days on it warns and blocks; without one it warns for \
                  30 days.",
    },
    waivable: true,
    check: token_ends,
};

pub(in crate::plan::guards) const NO_APP: Guard = Guard {
    code: Code {
        id: "VPP-G153",
        title: "the server does not have the app",
        explain: "Intune has no such app of this token. It knows apps after they were bought for the \
                  location and the token was synced. Check the `adamId`, buy licenses at Apple, run \
                  `vpp sync`, and plan again.",
    },
    waivable: false,
    check: no_app,
};

fn unread(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        let failed = plan.failed.as_ref().map(|why| Trip::block(format!("{}: {why}", plan.name)));
        let apple = plan
            .apple_failed
            .as_ref()
            .map(|why| Trip::warn(format!("{}: Apple could not be compared: {why}", plan.name)));
        let help = "mend that and plan again";
        trips.extend(failed.into_iter().chain(apple).map(|trip| here(view, plan, trip).help(help)));
    }
    trips
}

fn token(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        let Some(token) = &plan.token else { continue };
        if let Some(help) = &token.help {
            let said = format!("{}: the token in {} is {}", plan.name, plan.mdm, token.state);
            trips.push(here(view, plan, Trip::block(said)).help(help.clone()));
        } else if token.last_sync_status == "failed" {
            let said = format!("{}: the last sync of the token failed", plan.name);
            trips.push(here(view, plan, Trip::warn(said)).help("run `vpp sync` and look again"));
        }
    }
    trips
}

fn token_ends(view: &View<'_>) -> Vec<Trip> {
    let mut trips = vec![];
    for plan in view.served {
        let Some(ends) = plan.token.as_ref().and_then(|token| token.expires) else { continue };
        let left = ends.duration_since(view.survey.now);
        let within = |days: u32| left <= jiff::SignedDuration::from_hours(24 * i64::from(days));
        let policies = &view.survey.manifests.policies;
        let rules: Vec<TokenExpiry> = policies
            .iter()
            .filter_map(|policy| Some(policy.token_expiry.as_ref()?.value))
            .collect();
        let rules = if rules.is_empty() { vec![DEFAULT_EXPIRY] } else { rules };
        let days = u64::try_from(left.as_hours() / 24).unwrap_or(0);
        let said = if left <= jiff::SignedDuration::ZERO {
            format!("{}: the token in {} ended on {ends}", plan.name, plan.mdm)
        } else {
            format!(
                "{}: the token in {} ends in {} ({ends})",
                plan.name,
                plan.mdm,
                counted(days, "day")
            )
        };
        let trip = if rules.iter().any(|rule| within(rule.block_days)) {
            Trip::block(said)
        } else if rules.iter().any(|rule| within(rule.warn_days)) {
            Trip::warn(said)
        } else {
            continue;
        };
        trips.push(here(view, plan, trip).help("download a new one and renew it in the server"));
    }
    trips
}

fn no_app(view: &View<'_>) -> Vec<Trip> {
    each(view, |plan, app, asset| {
        let said = format!("{}: {} has no app {} of this token", app.name, plan.mdm, app.asset);
        let trip = Trip::block(said).at(asset.asset.span);
        let help = "check its adamId, or buy it for this location and run `vpp sync`";
        app.id.is_none().then(|| trip.help(help))
    })
}
