//! What stands at Apple: a table for people, rows for spreadsheets.

mod csv;
mod mdm;

pub use csv::csv;

use std::io::{self, Write};

use mdm::served;

use super::location::heading;
use super::number::{counted, grouped, sum};
use super::table::{Column, Table};
use super::text::Line;
use super::{Shape, Styles};
use crate::actual::{MdmInfo, SubscriptionStatus, UserStatus};
use crate::plan::Carried;
use crate::status::{Invitation, LicenseStatus, LocationStatus, SeatStatus, Status};

/// Days before the end of a token from which on it stands out.
const TOKEN_DAYS: i64 = 30;

/// For people.
///
/// # Errors
/// Where it cannot be written.
pub fn human(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    status: &Status,
) -> io::Result<()> {
    for (index, location) in status.mdm_locations.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        served(out, styles, shape, location)?;
    }
    for (index, location) in status.locations.iter().enumerate() {
        if index > 0 || !status.mdm_locations.is_empty() {
            writeln!(out)?;
        }
        let name = (&*location.name, location.description.as_deref(), location.uid.as_deref());
        heading(out, styles, shape, name)?;
        if let Some(reason) = &location.failed {
            let line = Line::new(shape.ascii).gap(2).put(styles.error, "not read: ");
            for line in line.put(styles.text, reason).wrap(shape.columns(), 4) {
                line.write(out)?;
            }
            continue;
        }
        facts(out, styles, shape, location)?;
        reclaims(out, styles, shape, &location.reclaims)?;
        licenses(out, styles, shape, &location.licenses)?;
        seats(out, styles, shape, &location.subscriptions)?;
        if let Some(people) = &location.invitations {
            invitations(out, styles, shape, people)?;
        }
    }
    Ok(())
}

fn facts(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    location: &LocationStatus,
) -> io::Result<()> {
    let fact = |name: &str| Line::new(shape.ascii).gap(2).put(styles.dim, &format!("{name:<10}"));
    let owner = match &location.owner {
        Some(MdmInfo { id, name, .. }) => {
            fact("owner").put(styles.text, &format!("{name} (id {id})"))
        }
        None => fact("owner").put(styles.warn, "nobody: the first apply claims it"),
    };
    owner.write(out)?;
    let token = match (location.token_expires, location.token_days) {
        (Some(end), Some(days)) => {
            let date = end.strftime("%Y-%m-%d");
            match days {
                ..0 => {
                    fact("token").put(styles.error, &format!("ended on {date}: download a new one"))
                }
                0..TOKEN_DAYS => {
                    let left = counted(u64::try_from(days).unwrap_or(0), "day", "days");
                    fact("token").put(styles.warn, &format!("ends on {date}, in {left}"))
                }
                TOKEN_DAYS.. => fact("token").put(styles.text, &format!("ends on {date}")),
            }
        }
        (_, _) => fact("token").put(styles.text, "its end is not known"),
    };
    token.write(out)?;
    let users = &location.users;
    let mut line = fact("people");
    let have = |number| counted(number, "has", "have");
    if users.associated == 0 && users.registered == 0 {
        line.push(styles.text, "nobody is registered");
    } else {
        line.push(styles.text, &format!("{} accepted, ", have(users.associated)));
        let waiting = format!("{} not accepted yet", have(users.registered));
        line.push(if users.registered > 0 { styles.warn } else { styles.text }, &waiting);
    }
    if users.retired > 0 {
        line.push(styles.text, &format!(", {} retired", grouped(users.retired)));
    }
    line.write(out)?;
    let versions = &location.versions;
    let known = [
        ("assets", &versions.assets),
        ("assignments", &versions.assignments),
        ("users", &versions.users),
    ];
    let known: Vec<String> = known
        .into_iter()
        .filter_map(|(name, version)| Some(format!("{name} {}", version.as_ref()?)))
        .collect();
    let mut line = fact("read");
    if let Some(at) = location.read_at {
        let requests = counted(location.read_requests, "request", "requests");
        let at = at.strftime("%Y-%m-%d %H:%M:%SZ");
        line.push(styles.text, &format!("{at} in {requests}"));
        if let Some(since) = location.read_since {
            let since = since.strftime("%Y-%m-%d");
            line.push(styles.text, &format!(", only what changed since {since}"));
        }
    }
    if !known.is_empty() {
        line.push(styles.dim, &format!("  versions: {}", known.join(", ")));
    }
    line.clip(shape.columns(), shape.symbols().more).write(out)
}

/// How far licenses are that come back by uninstalling, in one line.
fn reclaims(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    reclaims: &[Carried],
) -> io::Result<()> {
    let all = sum(reclaims.iter().map(|row| row.count));
    if all == 0 {
        return Ok(());
    }
    let stuck = sum(reclaims.iter().flat_map(Carried::stuck).map(|stage| stage.count));
    let line = Line::new(shape.ascii).gap(2).put(styles.dim, "reclaims  ");
    let mut line = line.put(styles.text, &format!("{} under way", grouped(all)));
    if stuck > 0 {
        line.push(styles.warn, &format!(", {} of them blocked or unknown", grouped(stuck)));
    }
    line.push(styles.dim, " (--reclaims tells more)");
    line.write(out)
}

fn licenses(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    licenses: &[LicenseStatus],
) -> io::Result<()> {
    let mut table = Table::new([
        Column::words("app or book").shrinks_to(16),
        Column::words("adamId").leaves(1),
        Column::numbers("total"),
        Column::numbers("assigned"),
        Column::numbers("available"),
        Column::numbers("retired").leaves(2),
        Column::numbers("desired"),
        Column::numbers("after"),
        Column::numbers("free after"),
        Column::words(""),
    ]);
    for row in licenses {
        let cell = |text: &str| Line::new(shape.ascii).put(styles.text, text);
        let number = |number: Option<u64>| match number {
            Some(number) => cell(&grouped(number)),
            None => cell(""),
        };
        let limited = |number: Option<u64>| {
            if row.unlimited { cell("unlimited") } else { or_dash(number, shape, styles) }
        };
        let note = match (&row.name, row.short) {
            (None, _) => Line::new(shape.ascii).put(styles.dim, "unmanaged"),
            (Some(_), 0) => cell(""),
            (Some(_), short) => {
                Line::new(shape.ascii).put(styles.error, &format!("{} short", grouped(short)))
            }
        };
        table.row([
            match &row.name {
                Some(name) => Line::new(shape.ascii).put(styles.name, name),
                None => Line::new(shape.ascii).put(styles.dim, &format!("{:?}", row.kind)),
            },
            Line::new(shape.ascii).put(styles.dim, &row.asset.to_string()),
            limited(row.total),
            cell(&grouped(row.assigned)),
            limited(row.available),
            number(row.retired.filter(|&retired| retired > 0)),
            number(row.desired),
            number(row.desired.map(|_| row.assigned_after)),
            if row.desired.is_some() { limited(row.available_after) } else { cell("") },
            note,
        ]);
    }
    if table.is_empty() {
        return Line::new(shape.ascii).gap(2).put(styles.text, "no apps or books").write(out);
    }
    writeln!(out)?;
    table.write(out, styles, shape)
}

fn seats(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    subscriptions: &[SeatStatus],
) -> io::Result<()> {
    if subscriptions.is_empty() {
        return Ok(());
    }
    let mut table = Table::new([
        Column::words("subscription").shrinks_to(16),
        Column::words("adamId").leaves(1),
        Column::numbers("seats"),
        Column::numbers("assigned"),
        Column::numbers("available"),
        Column::numbers("of these ending").leaves(2),
        Column::numbers("desired"),
        Column::numbers("after"),
        Column::words("period ends").leaves(3),
        Column::words(""),
    ]);
    for row in subscriptions {
        let cell = |text: &str| Line::new(shape.ascii).put(styles.text, text);
        let warn = |text: &str| Line::new(shape.ascii).put(styles.warn, text);
        let note = match row.status {
            _ if row.short > 0 => {
                let text = format!("{} short", grouped(row.short));
                Line::new(shape.ascii).put(styles.error, &text)
            }
            None => warn("no seats here"),
            Some(SubscriptionStatus::Inactive) => warn("ended"),
            Some(SubscriptionStatus::Paused) => warn("paused"),
            Some(SubscriptionStatus::Unknown) => warn("state not known"),
            Some(SubscriptionStatus::Active) if row.waiting > 0 => {
                warn(&format!("{} waiting", grouped(row.waiting)))
            }
            Some(SubscriptionStatus::Active) => match row.name {
                Some(_) => cell(""),
                None => Line::new(shape.ascii).put(styles.dim, "unmanaged"),
            },
        };
        let desired = row.desired;
        table.row([
            match &row.name {
                Some(name) => Line::new(shape.ascii).put(styles.name, name),
                None => Line::new(shape.ascii).put(styles.dim, "Subscription"),
            },
            Line::new(shape.ascii).put(styles.dim, &row.adam_id.to_string()),
            cell(&grouped(row.counts.total.sum())),
            cell(&grouped(row.counts.assigned.sum())),
            cell(&grouped(row.counts.available.sum())),
            cell(&grouped(row.counts.total.expiring)),
            cell(&desired.map(grouped).unwrap_or_default()),
            cell(&desired.map(|_| grouped(row.assigned_after)).unwrap_or_default()),
            cell(row.period_end.as_deref().unwrap_or_default()),
            note,
        ]);
    }
    writeln!(out)?;
    table.write(out, styles, shape)
}

fn or_dash(number: Option<u64>, shape: &Shape, styles: &Styles) -> Line {
    let text = number.map_or_else(|| "-".to_owned(), grouped);
    Line::new(shape.ascii).put(styles.text, &text)
}

fn invitations(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    people: &[Invitation],
) -> io::Result<()> {
    writeln!(out)?;
    if people.is_empty() {
        return Line::new(shape.ascii).gap(2).put(styles.text, "nobody is registered").write(out);
    }
    let mut table = Table::new([
        Column::words("person"),
        Column::words("terms status"),
        Column::words("e-mail").leaves(1),
    ]);
    for person in people {
        let waits = person.status == UserStatus::Registered;
        let style = if waits { styles.warn } else { styles.text };
        let email = person.email.as_deref().unwrap_or("");
        table.row([
            Line::new(shape.ascii).put(styles.name, person.client_user_id.as_str()),
            Line::new(shape.ascii).put(style, &format!("{:?}", person.status)),
            Line::new(shape.ascii).put(styles.text, email),
        ]);
    }
    table.write(out, styles, shape)?;
    let links: Vec<_> =
        people.iter().filter_map(|person| Some((person, person.link.as_ref()?))).collect();
    if !links.is_empty() {
        writeln!(out)?;
        Line::new(shape.ascii)
            .gap(2)
            .put(styles.text, "Links to accept, one per person:")
            .write(out)?;
    }
    for (person, link) in links {
        // A link is never cut: it would lead nowhere.
        Line::new(shape.ascii)
            .gap(2)
            .put(styles.name, person.client_user_id.as_str())
            .put(styles.text, "  ")
            .put(styles.path, link)
            .write(out)?;
    }
    Ok(())
}
