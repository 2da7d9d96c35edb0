use std::io::{self, Write};

use super::page::Page;
use crate::license::{ClientUserId, SerialNumber};
use crate::plan::{Action, Change, LocationPlan};
use crate::render::cause as words;
use crate::render::number::{count, counted};
use crate::render::text::Line;

/// Every change with its holders, and every person to register, update or retire.
pub(super) fn holders(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    for change in &page.content.plan.changes {
        one(out, page, change)?;
    }
    for location in &page.content.plan.locations {
        seats(out, page, location)?;
        let users = &location.users;
        let lists = [
            ("register", users.create.iter().map(|user| user.client_user_id.as_str()).collect()),
            ("update", users.update.iter().map(|user| user.client_user_id.as_str()).collect()),
            ("retire", users.retire.iter().map(ClientUserId::as_str).collect::<Vec<_>>()),
        ];
        for (verb, people) in lists {
            if !people.is_empty() {
                let number = counted(count(people.len()), "user", "users");
                let line = page.styled(page.styles.heading, &format!("{verb} {number} in "));
                page.line().write(out)?;
                line.put(page.styles.name, &location.name).write(out)?;
                list(out, page, people.into_iter())?;
            }
        }
    }
    Ok(())
}

fn seats(out: &mut dyn Write, page: &Page<'_>, location: &LocationPlan) -> io::Result<()> {
    let Some(plan) = &location.subscriptions else { return Ok(()) };
    let seats = plan.changes.iter().map(|one| (one.action.to_string(), &one.name, &one.users));
    let people =
        plan.administrators.iter().map(|one| (one.action.to_string(), &one.name, &one.users));
    for (what, name, users) in seats.chain(people) {
        let number = counted(count(users.len()), "person", "people");
        let line = page.styled(page.styles.heading, &format!("{what}: {number}, "));
        page.line().write(out)?;
        let place = format!(" at {}", location.name);
        line.put(page.styles.name, name).put(page.styles.text, &place).write(out)?;
        list(out, page, users.iter().map(ClientUserId::as_str))?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, page: &Page<'_>, change: &Change) -> io::Result<()> {
    let Change {
        location,
        asset,
        kind: _,
        name,
        bundle_id: _,
        install: _,
        action,
        cause,
        devices,
        users,
        origin: _,
    } = change;
    let styles = page.styles;
    let (style, verb) = match action {
        Action::Assign => (styles.assign, "+ assign"),
        Action::Release => (styles.reclaim, "- reclaim by release"),
        Action::Uninstall => (styles.reclaim, "- reclaim by uninstall"),
    };
    let mut holders = vec![];
    if !devices.is_empty() {
        holders.push(counted(count(devices.len()), "device", "devices"));
    }
    if !users.is_empty() {
        holders.push(counted(count(users.len()), "user", "users"));
    }
    let dot = format!(" {} ", page.symbols().dot);
    let mut line = page.styled(style, verb).gap(1).put(styles.name, name);
    line.push(styles.dim, &format!(" ({asset})"));
    line.push(styles.text, &format!(" in {location}{dot}{}{dot}", holders.join(", ")));
    line.append(words::line(styles, page.shape.ascii, &cause.kind));
    line.push(styles.text, &dot);
    line.push(styles.path, &format!("{}:{}", cause.file, cause.line));
    page.line().write(out)?;
    for line in page.wrap(line, 2, usize::MAX) {
        line.write(out)?;
    }
    list(out, page, devices.iter().map(SerialNumber::as_str))?;
    list(out, page, users.iter().map(ClientUserId::as_str))
}

/// Names beside each other, a line at a time: there may be millions.
fn list<'a>(
    out: &mut dyn Write,
    page: &Page<'_>,
    names: impl Iterator<Item = &'a str>,
) -> io::Result<()> {
    let start = || page.line().gap(4);
    let mut line: Line = start();
    let mut used = 4;
    for name in names {
        let name = page.text(name);
        let width = name.width();
        if used > 4 {
            if used + 1 + width > page.width() {
                std::mem::replace(&mut line, start()).write(out)?;
                used = 4;
            } else {
                line = line.gap(1);
                used += 1;
            }
        }
        line.append(name);
        used += width;
    }
    if used > 4 { line.write(out) } else { Ok(()) }
}
