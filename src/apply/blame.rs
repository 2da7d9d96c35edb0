//! Which error of an event explains which pair.
//!
//! Apple lists the assets and holders an error touched, not the pairs (Apple's page:
//! handling-error-responses): with several of each, the pair that failed is known only from the
//! read-back, and the error that names both its asset and its holder is taken to explain it.

use crate::apple::{Class, Failure};
use crate::license::{Asset, HolderRef};

use super::work::Reason;

/// What is to be done about a pair that was sent and is not so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send it again after a while.
    Again(Reason),
    /// It was so before, says Apple.
    Already(Reason),
    /// It cannot be done.
    Final(Reason),
}

/// Judges a pair that was sent, whose event has ended and that reads back as not done.
pub(super) fn verdict(failures: &[Failure], asset: Asset, holder: HolderRef<'_>) -> Verdict {
    let blamed = failures
        .iter()
        .filter_map(|failure| Some((fit(failure, asset, holder)?, failure)))
        .max_by_key(|&(fit, _)| fit)
        .map(|(_, failure)| failure);
    match blamed {
        Some(failure) => of(failure),
        None => Verdict::Again(Reason {
            number: None,
            message: "Apple reports the work as done, but the license reads back as before"
                .to_owned(),
        }),
    }
}

/// What an error means for whatever it touched.
pub(super) fn of(failure: &Failure) -> Verdict {
    let reason = Reason { number: failure.number, message: text(failure) };
    match failure.class() {
        Class::Retry => Verdict::Again(reason),
        Class::Settled => Verdict::Already(reason),
        Class::Token(_)
        | Class::Limits
        | Class::StaleVersion
        | Class::PageOutOfRange
        | Class::UnknownEvent
        | Class::Stop
        | Class::Change
        | Class::Stock
        | Class::Config
        | Class::Request => Verdict::Final(reason),
    }
}

/// How closely an error names a pair: 2 names both sides, 1 one of them, 0 neither (it may then be
/// about any pair). `None` where it names others only.
fn fit(failure: &Failure, asset: Asset, holder: HolderRef<'_>) -> Option<u8> {
    let one_of = |listed: bool, named: bool| match (listed, named) {
        (false, _) => Some(0),
        (true, true) => Some(1),
        (true, false) => None,
    };
    let holders_listed = !failure.users.is_empty() || !failure.devices.is_empty();
    let holder_named = match holder {
        HolderRef::Device(serial) => failure.devices.iter().any(|named| named.as_str() == serial),
        HolderRef::User(user) => failure.users.iter().any(|named| named.as_str() == user),
    };
    let asset_named = failure.assets.iter().any(|named| named.adam_id == asset.adam_id);
    Some(one_of(!failure.assets.is_empty(), asset_named)? + one_of(holders_listed, holder_named)?)
}

fn text(failure: &Failure) -> String {
    if failure.message.is_empty() { failure.to_string() } else { failure.message.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(id: &str) -> Asset {
        Asset {
            adam_id: id.parse().unwrap(),
            pricing_param: crate::license::PricingParam::default(),
        }
    }

    fn failure(number: i64, assets: &[&str], serials: &[&str]) -> Failure {
        Failure {
            number: Some(number),
            message: format!("text of {number}"),
            assets: assets.iter().map(|id| asset(id)).collect(),
            users: vec![],
            devices: serials.iter().map(|s| s.parse().unwrap()).collect(),
        }
    }

    fn number(verdict: Verdict) -> Option<i64> {
        match verdict {
            Verdict::Again(reason) | Verdict::Final(reason) => reason.number,
            Verdict::Already(_) => panic!("not already"),
        }
    }

    #[test]
    fn the_error_that_names_asset_and_holder_beats_one_that_names_only_the_asset() {
        let failures = [failure(9709, &["1"], &[]), failure(9609, &["1"], &["A"])];
        assert_eq!(number(verdict(&failures, asset("1"), HolderRef::Device("A"))), Some(9609));
        assert_eq!(number(verdict(&failures, asset("1"), HolderRef::Device("B"))), Some(9709));
    }

    #[test]
    fn an_error_that_names_others_explains_nothing() {
        let failures = [failure(9609, &["1"], &["A"])];
        let judged = verdict(&failures, asset("1"), HolderRef::Device("B"));
        assert!(matches!(judged, Verdict::Again(Reason { number: None, .. })), "{judged:?}");
    }

    #[test]
    fn internal_errors_are_tried_again_and_missing_licenses_are_not() {
        let judge = |n| verdict(&[failure(n, &["1"], &["A"])], asset("1"), HolderRef::Device("A"));
        assert!(matches!(judge(9603), Verdict::Again(_)));
        assert!(matches!(judge(9709), Verdict::Final(_)));
    }
}
