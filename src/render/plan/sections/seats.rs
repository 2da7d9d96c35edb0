use super::Place;
use crate::license::ClientUserId;
use crate::plan::{
    AdministratorAction, Origin, Plan, SeatAction, SeatInactionKind, SeatRow, SeatSummary,
};
use crate::render::cause;
use crate::render::number::{count, counted, grouped};

/// What a plan has to say of subscriptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeatsSection<'p> {
    /// The totals; nothing where no manifest speaks of any.
    pub totals: Option<SeatSummary>,
    /// Locations where `apply` says that subscriptions are handled.
    pub enabled: Vec<&'p str>,
    /// What moves: what is taken back first, then what changes, then what is given, then
    /// administrators; of each the most first.
    pub moves: Vec<SeatMove<'p>>,
    /// What is deliberately left alone, those who go without first.
    pub left: Vec<SeatLeft<'p>>,
    /// Location and seats of every subscription, in the order of the manifests.
    pub rows: Vec<(&'p str, &'p SeatRow)>,
}

/// Seats or administrators of one subscription that move for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatMove<'p> {
    /// Name of the location.
    pub location: &'p str,
    /// Name of the manifest.
    pub name: &'p str,
    /// What happens.
    pub what: String,
    /// Whether something is taken away.
    pub takes: bool,
    /// How many people.
    pub people: u64,
    /// Why; nothing for administrators, whose line says it.
    pub why: String,
    /// The line that says so.
    pub place: Place<'p>,
    /// The first few people.
    pub examples: Vec<&'p str>,
}

/// People nothing is done about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatLeft<'p> {
    /// Name of the manifest.
    pub name: &'p str,
    /// Why nothing is done.
    pub kind: SeatInactionKind,
    /// How many.
    pub people: u64,
    /// The line that says so.
    pub place: Place<'p>,
    /// A few of them.
    pub examples: &'p [String],
}

impl SeatLeft<'_> {
    /// What happens to them instead.
    pub fn said(&self) -> &'static str {
        match self.kind {
            SeatInactionKind::Short => "go without: no seat is left (whenShort: fill)",
            SeatInactionKind::NotAssociated => {
                "wait for a seat: they have not accepted the invitation yet"
            }
            SeatInactionKind::NotAssociatedAdministrator => {
                "wait to administer it: they have not accepted the invitation yet"
            }
            SeatInactionKind::NotActive => "wait: the subscription is not active",
            SeatInactionKind::Protected => "kept: the policy protects them",
            SeatInactionKind::Kept => "kept: no entry names them (reclaim: keep)",
            SeatInactionKind::Ending => "end with the billing period by themselves",
        }
    }

    /// Whether somebody should look at it: a wish that is not met.
    pub fn is_loud(&self) -> bool {
        match self.kind {
            SeatInactionKind::Short
            | SeatInactionKind::NotAssociated
            | SeatInactionKind::NotAssociatedAdministrator
            | SeatInactionKind::NotActive => true,
            SeatInactionKind::Protected | SeatInactionKind::Kept | SeatInactionKind::Ending => {
                false
            }
        }
    }
}

impl<'p> SeatsSection<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut section = Self { totals: plan.summary.subscriptions, ..Self::default() };
        let mut moves: Vec<(u8, SeatMove<'p>)> = vec![];
        for location in &plan.locations {
            let Some(seats) = &location.subscriptions else { continue };
            let name = location.name.as_str();
            section.enabled.extend(seats.enable.then_some(name));
            section.rows.extend(seats.seats.iter().map(|row| (name, row)));
            for change in &seats.changes {
                let order = match change.action {
                    SeatAction::Release | SeatAction::ReleaseLater => 0,
                    SeatAction::Expire | SeatAction::Renew => 1,
                    SeatAction::AssignExpiring | SeatAction::AssignRenewing => 2,
                };
                let one = SeatMove {
                    location: name,
                    name: &change.name,
                    what: change.action.to_string(),
                    takes: change.action.is_reclaim(),
                    people: count(change.users.len()),
                    why: match change.origin {
                        Some(Origin::Drift) => {
                            format!("{} (drift)", cause::text(&change.cause.kind))
                        }
                        Some(Origin::Intended) | None => cause::text(&change.cause.kind),
                    },
                    place: Place { file: &change.cause.file, line: change.cause.line },
                    examples: first(&change.users),
                };
                moves.push((order, one));
            }
            for change in &seats.administrators {
                let one = SeatMove {
                    location: name,
                    name: &change.name,
                    what: change.action.to_string(),
                    takes: change.action == AdministratorAction::Remove,
                    people: count(change.users.len()),
                    why: "administrators".to_owned(),
                    place: Place { file: &change.file, line: change.line },
                    examples: first(&change.users),
                };
                moves.push((3, one));
            }
            section.left.extend(seats.inactions.iter().map(|one| SeatLeft {
                name: &one.name,
                kind: one.kind,
                people: one.people,
                place: Place { file: &one.cause.file, line: one.cause.line },
                examples: &one.examples,
            }));
        }
        moves.sort_by_key(|(order, one)| (*order, std::cmp::Reverse(one.people)));
        section.moves = moves.into_iter().map(|(_, one)| one).collect();
        section.left.sort_by_key(|one| (one.kind, std::cmp::Reverse(one.people)));
        section
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.totals.is_none()
    }

    /// The totals in words, those that are not nothing.
    pub fn facts(&self) -> Vec<String> {
        let Some(totals) = self.totals else { return vec![] };
        let SeatSummary {
            managed: _,
            assign,
            release,
            release_later,
            change,
            unchanged,
            short,
            waiting,
            administrators_add,
            administrators_remove,
            unmanaged,
        } = totals;
        let administrators = |number| counted(number, "administrator", "administrators");
        let parts = [
            (assign, format!("{} to assign", grouped(assign))),
            (release, format!("{} to release", grouped(release))),
            (release_later, format!("{} to release at period end", grouped(release_later))),
            (change, format!("{} to change", grouped(change))),
            (short, format!("{} short", grouped(short))),
            (waiting, format!("{} waiting", grouped(waiting))),
            (administrators_add, format!("{} to add", administrators(administrators_add))),
            (administrators_remove, format!("{} to remove", administrators(administrators_remove))),
            (unchanged, format!("{} unchanged", grouped(unchanged))),
            (unmanaged, format!("{} unmanaged", grouped(unmanaged))),
        ];
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text).collect()
    }
}

/// How a subscription's seats stand, in a few words.
pub(in crate::render) fn seat_state(row: &SeatRow) -> &'static str {
    use crate::actual::SubscriptionStatus;
    match row.status {
        None => "no seats here",
        Some(SubscriptionStatus::Inactive) => "ended",
        Some(SubscriptionStatus::Paused) => "paused",
        Some(SubscriptionStatus::Unknown) => "state not known",
        Some(SubscriptionStatus::Active) if row.short > 0 => "short",
        Some(SubscriptionStatus::Active) if row.free_after.sum() == 0 => "none left",
        Some(SubscriptionStatus::Active) => "",
    }
}

fn first(users: &[ClientUserId]) -> Vec<&str> {
    users.iter().take(3).map(ClientUserId::as_str).collect()
}
