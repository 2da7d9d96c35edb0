//! Requests about subscriptions: lists with a cursor, seats, administrators.

use std::collections::BTreeSet;

use super::apple::{Answer, Call, json};
use super::endpoint::Endpoint;
use super::query::Query;
use super::write::{at_most, repeated};
use crate::sandbox::library::{Dataset, Library, Person, SeatWish, Subscribed, Work, hex};
use crate::sandbox::wire::{
    Administrators, AdministratorsAnswer, AdministratorsPage, AssociateSeats, DisassociateSeats,
    ErrorInfo, ManageAdministrators, Refusal, SeatRow, SeatsPage, SubscriptionManagement,
    SubscriptionRow, SubscriptionsPage,
};
use crate::sandbox::world::{Limits, SubscriptionStatus};
use crate::sandbox::{Sandbox, Shelf, lock};

/// A part of a list, and the cursor of the next one. A cursor belongs to one list, one set of
/// filters and one state of the list: after any change, or with other filters, it is 9812.
struct Part<T> {
    records: Vec<T>,
    next: Option<String>,
    version_id: String,
}

/// What a request asks for, apart from its cursor.
struct Asked {
    list: &'static str,
    parents: Vec<i64>,
    adam_ids: Vec<i64>,
    users: BTreeSet<String>,
    cursor: Option<String>,
}

impl Asked {
    fn read(list: &'static str, call: &Call<'_>, known: &[&str]) -> Result<Self, Refusal> {
        let lists: Vec<&str> =
            known.iter().copied().filter(|name| *name != "includeUserState").collect();
        let mut single = vec!["cursor"];
        single.extend(known.iter().filter(|name| **name == "includeUserState"));
        let query = Query::read_lists(&call.uri, &single, &lists)?;
        Ok(Self {
            list,
            parents: query.numbers("parentAdamId")?,
            adam_ids: query.numbers("adamId")?,
            users: query.all("clientUserId").map(str::to_owned).collect(),
            cursor: query.text("cursor")?.map(str::to_owned),
        })
    }

    fn fits(&self, one: &Subscribed) -> bool {
        let parent = one.parent.is_some_and(|parent| self.parents.contains(&parent));
        (self.parents.is_empty() || parent)
            && (self.adam_ids.is_empty() || self.adam_ids.contains(&one.adam_id))
    }

    /// The records from where the cursor points.
    fn part<T>(&self, library: &Library, all: Vec<T>, size: usize) -> Result<Part<T>, Refusal> {
        let version = library.seats.changes.current();
        let cursor = |offset: usize| {
            let filters = format!("{:?} {:?} {:?}", self.parents, self.adam_ids, self.users);
            let parts: [&[u8]; 5] = [
                self.list.as_bytes(),
                library.uid.as_bytes(),
                filters.as_bytes(),
                &version.to_le_bytes(),
                &offset.to_le_bytes(),
            ];
            format!("{}{offset:x}", hex(&parts, 8))
        };
        let offset = match &self.cursor {
            None => 0,
            Some(text) => text
                .get(16..)
                .and_then(|digits| usize::from_str_radix(digits, 16).ok())
                .filter(|offset| *offset > 0 && *text == cursor(*offset))
                .ok_or_else(|| Refusal::new(9812))?,
        };
        let records: Vec<T> = all.into_iter().skip(offset).take(size).collect();
        // A page that is full may be the last: then its cursor leads to an empty one.
        let next = (records.len() == size).then(|| cursor(offset + size));
        let version_id = Dataset::Subscriptions.version_id(&library.uid, version);
        Ok(Part { records, next, version_id })
    }
}

impl Sandbox {
    pub(super) fn read_subscriptions(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        let asked = Asked::read("subscriptions", call, &["parentAdamId", "adamId"])?;
        let library = lock(&shelf.library);
        let fitting = library.seats.list.iter().filter(|one| asked.fits(one));
        let rows = fitting.map(|one| SubscriptionRow {
            parent_adam_id: one.parent,
            adam_id: one.adam_id,
            status: one.status,
            period_end_date: one.period_end.to_string(),
            counts: one.counts(),
        });
        let Part { records, next, version_id } =
            asked.part(&library, rows.collect(), self.inner.options.page_size)?;
        json(&SubscriptionsPage {
            subscriptions: records,
            next_cursor: next,
            version_id,
            envelope: self.envelope(&library),
        })
    }

    pub(super) fn read_seats(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        let known = ["parentAdamId", "adamId", "clientUserId"];
        let asked = Asked::read("assignments", call, &known)?;
        let library = lock(&shelf.library);
        let mut rows = Vec::new();
        for one in library.seats.list.iter().filter(|one| asked.fits(one)) {
            let held =
                one.rows().filter(|(id, _)| asked.users.is_empty() || asked.users.contains(*id));
            rows.extend(held.map(|(id, renewing)| SeatRow {
                adam_id: one.adam_id,
                client_user_id: id.to_owned(),
                renewing,
            }));
        }
        let Part { records, next, version_id } =
            asked.part(&library, rows, self.inner.options.page_size)?;
        json(&SeatsPage {
            assignments: records,
            next_cursor: next,
            version_id,
            envelope: self.envelope(&library),
        })
    }

    pub(super) fn read_administrators(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        let asked = Asked::read("admins", call, &["adamId", "includeUserState"])?;
        let query = Query::read_lists(&call.uri, &["cursor", "includeUserState"], &["adamId"])?;
        let with_state = query.flag("includeUserState")?.unwrap_or(false);
        let library = lock(&shelf.library);
        let mut rows = Vec::new();
        for one in library.seats.list.iter().filter(|one| asked.fits(one)) {
            rows.extend(one.admins.iter().map(|id| {
                let person = library.associated(id).filter(|_| with_state);
                Administrators {
                    adam_id: one.adam_id,
                    client_user_id: id.clone(),
                    id_hash: person.and_then(Person::id_hash),
                    user_status: person.map(|person| person.status),
                }
            }));
        }
        let Part { records, next, version_id } =
            asked.part(&library, rows, self.inner.options.page_size)?;
        json(&AdministratorsPage {
            admins: records,
            next_cursor: next,
            version_id,
            envelope: self.envelope(&library),
        })
    }

    /// What takes effect at once: enabling, disabling, administrators.
    pub(super) fn change_subscriptions(
        &self,
        shelf: &Shelf,
        endpoint: Endpoint,
        call: &Call<'_>,
    ) -> Answer {
        Query::read(&call.uri, &[])?;
        let mut library = lock(&shelf.library);
        if endpoint == Endpoint::EnableSubscriptions || endpoint == Endpoint::DisableSubscriptions {
            let enable = endpoint == Endpoint::EnableSubscriptions;
            if !call.body.is_empty() {
                return Err(Refusal::invalid("body: there is none here"));
            }
            if !enable && !library.seats.list.is_empty() {
                return Err(Refusal::new(9818));
            }
            library.seats.enabled = enable;
            return json(&SubscriptionManagement {
                subscription_management: enable,
                envelope: self.envelope(&library),
            });
        }
        let ManageAdministrators { adam_ids, client_user_ids } = call.json()?;
        checked(&library, &adam_ids, &client_user_ids, &self.inner.limits)?;
        let add = endpoint == Endpoint::AddAdministrators;
        if add {
            associated(&library, &client_user_ids)?;
        } else {
            let known = |id: &String, one: &Subscribed| one.admins.contains(id);
            all_of_all(&library, &adam_ids, &client_user_ids, known)?;
        }
        for adam_id in adam_ids {
            let Some(one) = library.seats.find_mut(adam_id) else { continue };
            for id in &client_user_ids {
                if add {
                    one.admins.insert(id.clone());
                } else {
                    one.admins.remove(id);
                }
            }
        }
        library.seats.changes.record([]);
        let version = library.seats.changes.current();
        json(&AdministratorsAnswer {
            version_id: Dataset::Subscriptions.version_id(&library.uid, version),
            envelope: self.envelope(&library),
        })
    }

    /// Ends billing periods that are over, and tells it.
    pub(crate) fn turn_period(&self, shelf: &Shelf) {
        let notices = lock(&shelf.library).turn_period(self.inner.clock.now());
        self.post(shelf, &notices);
    }
}

/// Checks a request for seats whole.
pub(super) fn associate(
    request: AssociateSeats,
    library: &Library,
    limits: &Limits,
) -> Result<Work, Refusal> {
    let AssociateSeats { adam_ids, client_user_ids, renewing } = request;
    checked(library, &adam_ids, &client_user_ids, limits)?;
    associated(library, &client_user_ids)?;
    for adam_id in &adam_ids {
        let Some(one) = library.seats.find(*adam_id) else { continue };
        if one.status != SubscriptionStatus::Active {
            return Err(Refusal::new(9811).because(format!("{adam_id} is not active")));
        }
        let through: BTreeSet<String> =
            client_user_ids.iter().filter(|id| one.through_groups.contains(*id)).cloned().collect();
        refuse(9817, through)?;
    }
    let wish = SeatWish::Give { renewing: renewing.unwrap_or(true) };
    Ok(Work::Seats { adam_ids, users: client_user_ids, wish })
}

/// Checks a request to take seats back whole.
pub(super) fn disassociate(
    request: DisassociateSeats,
    library: &Library,
    limits: &Limits,
) -> Result<Work, Refusal> {
    let DisassociateSeats { adam_ids, client_user_ids, deferred } = request;
    checked(library, &adam_ids, &client_user_ids, limits)?;
    let holds = |id: &String, one: &Subscribed| one.holds(id);
    all_of_all(library, &adam_ids, &client_user_ids, holds)?;
    let wish = SeatWish::Take { deferred: deferred.unwrap_or(false) };
    Ok(Work::Seats { adam_ids, users: client_user_ids, wish })
}

fn checked(
    library: &Library,
    adam_ids: &[i64],
    users: &[String],
    limits: &Limits,
) -> Result<(), Refusal> {
    if adam_ids.is_empty() || users.is_empty() {
        let problem = "`adamIds` and `clientUserIds` are both needed";
        return Err(Refusal::new(9811).because(problem));
    }
    at_most(adam_ids.len(), limits.max_subscriptions, 9816)?;
    at_most(users.len(), limits.max_subscription_client_user_ids, 9816)?;
    if !repeated(adam_ids.iter()).is_empty() {
        return Err(Refusal::new(9811).because("a subscription stands there twice"));
    }
    let twice = repeated(users.iter().cloned());
    refuse(9811, twice)?;
    match adam_ids.iter().find(|adam_id| library.seats.find(**adam_id).is_none()) {
        Some(unknown) => Err(Refusal::new(9813).because(unknown)),
        None => Ok(()),
    }
}

fn associated(library: &Library, users: &[String]) -> Result<(), Refusal> {
    let others = users.iter().filter(|id| !library.is_associated(id)).cloned();
    refuse(9814, others.collect())
}

/// Everybody must be what is asked for of every subscription (9815).
fn all_of_all(
    library: &Library,
    adam_ids: &[i64],
    users: &[String],
    so: impl Fn(&String, &Subscribed) -> bool,
) -> Result<(), Refusal> {
    let mut others = BTreeSet::new();
    for one in adam_ids.iter().filter_map(|adam_id| library.seats.find(*adam_id)) {
        others.extend(users.iter().filter(|id| !so(id, one)).cloned());
    }
    refuse(9815, others)
}

fn refuse(number: u32, client_user_ids: BTreeSet<String>) -> Result<(), Refusal> {
    if client_user_ids.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(number).about(ErrorInfo { client_user_ids, ..ErrorInfo::default() }))
}
