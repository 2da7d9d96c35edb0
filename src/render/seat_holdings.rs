//! Who holds a seat of a subscription and who would, as a unified diff of two documents with a line
//! for every person.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::diff::{self, Look, Names};
use crate::format;
use crate::license::{AdamId, ClientUserId};
use crate::manifest::document::API_VERSION;
use crate::plan::{AdministratorAction, AdministratorChange, SeatAction, SeatChange};

/// One subscription at one location.
#[derive(Debug)]
pub struct SeatHoldings<'h> {
    /// Name of the location.
    pub location: &'h str,
    /// Apple's number of it.
    pub adam_id: AdamId,
    /// Name of its manifest.
    pub name: &'h str,
    /// Who holds a seat, and whether it goes on when the billing period ends.
    pub held: BTreeMap<&'h str, bool>,
    /// Who administers it.
    pub administrators: BTreeSet<&'h str>,
    /// What moves.
    pub changes: Vec<&'h SeatChange>,
    /// Who becomes administrator, or is no longer.
    pub appointments: Vec<&'h AdministratorChange>,
}

/// Writes one subscription's diff; nothing where nothing of it changes.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn Write, look: Look<'_>, holdings: &SeatHoldings<'_>) -> io::Result<()> {
    let SeatHoldings { location, adam_id, name, held, administrators, changes, appointments } =
        holdings;
    let mut then = held.clone();
    for change in changes {
        for user in change.users.iter().map(ClientUserId::as_str) {
            match change.action {
                SeatAction::Release => drop(then.remove(user)),
                SeatAction::ReleaseLater | SeatAction::Expire | SeatAction::AssignExpiring => {
                    then.insert(user, false);
                }
                SeatAction::Renew | SeatAction::AssignRenewing => {
                    then.insert(user, true);
                }
            }
        }
    }
    let mut chosen = administrators.clone();
    for appointment in appointments {
        for user in appointment.users.iter().map(ClientUserId::as_str) {
            match appointment.action {
                AdministratorAction::Add => chosen.insert(user),
                AdministratorAction::Remove => chosen.remove(user),
            };
        }
    }
    let head = format!(
        "apiVersion: {API_VERSION}\nkind: Subscription\nname: {}\nadamId: \"{adam_id}\"\nlocation: {}\n",
        format::value(name),
        format::value(location)
    );
    let was = document(&head, held, administrators);
    let becomes = document(&head, &then, &chosen);
    let (old, new) = (format!("actual/{location}/{name}"), format!("desired/{location}/{name}"));
    diff::texts(out, look, Names { old: &old, new: &new }, &was, &becomes)
}

fn document(head: &str, held: &BTreeMap<&str, bool>, administrators: &BTreeSet<&str>) -> String {
    let mut text = head.to_owned();
    if !held.is_empty() {
        text.push_str("users:\n");
    }
    for (user, goes_on) in held {
        let end = if *goes_on { "" } else { " # ends with the billing period" };
        text.push_str(&format!("  - {}{end}\n", format::value(user)));
    }
    if !administrators.is_empty() {
        text.push_str("administrators:\n");
    }
    for user in administrators {
        text.push_str(&format!("  - {}\n", format::value(user)));
    }
    text
}
