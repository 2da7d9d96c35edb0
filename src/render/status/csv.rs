//! The same for spreadsheets.

use std::io::{self, Write};

use crate::render::escape;
use crate::status::Status;

/// For spreadsheets: a row per license pool, or, where people were asked for, a row per person.
///
/// # Errors
/// Where it cannot be written.
pub fn csv(out: &mut dyn Write, status: &Status) -> io::Result<()> {
    let people = status.locations.iter().any(|location| location.invitations.is_some());
    let mut rows = csv::Writer::from_writer(out);
    if people {
        rows.write_record(["location", "client_user_id", "terms_status", "email", "link"])?;
        for location in &status.locations {
            for person in location.invitations.iter().flatten() {
                rows.write_record([
                    escape::csv_cell(&location.name).as_ref(),
                    &escape::csv_cell(person.client_user_id.as_str()),
                    &format!("{:?}", person.status),
                    &escape::csv_cell(person.email.as_deref().unwrap_or("")),
                    &escape::csv_cell(person.link.as_deref().unwrap_or("")),
                ])?;
            }
        }
        return rows.flush();
    }
    rows.write_record([
        "location",
        "uid",
        "name",
        "kind",
        "adam_id",
        "pricing",
        "managed",
        "unlimited",
        "total",
        "assigned",
        "available",
        "retired",
        "desired",
        "assigned_after",
        "available_after",
        "short",
        "error",
    ])?;
    for location in &status.locations {
        let name = escape::csv_cell(&location.name);
        let uid = escape::csv_cell(location.uid.as_deref().unwrap_or(""));
        if let Some(reason) = &location.failed {
            let mut row = vec![name.as_ref(), uid.as_ref()];
            row.resize(16, "");
            let reason = escape::csv_cell(reason);
            row.push(&reason);
            rows.write_record(row)?;
        }
        for license in &location.licenses {
            let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
            rows.write_record([
                name.as_ref(),
                uid.as_ref(),
                &escape::csv_cell(license.name.as_deref().unwrap_or("")),
                &format!("{:?}", license.kind),
                &license.asset.adam_id.to_string(),
                license.asset.pricing_param.as_str(),
                if license.name.is_some() { "yes" } else { "no" },
                if license.unlimited { "yes" } else { "no" },
                &number(license.total),
                &license.assigned.to_string(),
                &number(license.available),
                &number(license.retired),
                &number(license.desired),
                &license.assigned_after.to_string(),
                &number(license.available_after),
                &license.short.to_string(),
                "",
            ])?;
        }
        for seats in &location.subscriptions {
            let counts = seats.counts;
            rows.write_record([
                name.as_ref(),
                uid.as_ref(),
                &escape::csv_cell(seats.name.as_deref().unwrap_or("")),
                "Subscription",
                &seats.adam_id.to_string(),
                "",
                if seats.name.is_some() { "yes" } else { "no" },
                "no",
                &counts.total.sum().to_string(),
                &counts.assigned.sum().to_string(),
                &counts.available.sum().to_string(),
                "",
                &seats.desired.map(|n| n.to_string()).unwrap_or_default(),
                &seats.assigned_after.to_string(),
                &counts.total.sum().saturating_sub(seats.assigned_after).to_string(),
                &seats.short.to_string(),
                "",
            ])?;
        }
    }
    for location in &status.mdm_locations {
        let name = escape::csv_cell(&location.name);
        if let Some(reason) = &location.failed {
            let mut row = vec![name.as_ref()];
            row.resize(16, "");
            let reason = escape::csv_cell(reason);
            row.push(&reason);
            rows.write_record(row)?;
        }
        for app in &location.apps {
            let (total, used, free) =
                (app.total.to_string(), app.used.to_string(), app.free.to_string());
            rows.write_record([
                name.as_ref(),
                "",
                &escape::csv_cell(&app.name),
                "App",
                &app.asset.adam_id.to_string(),
                app.asset.pricing_param.as_str(),
                "yes",
                "no",
                &total,
                &used,
                &free,
                "",
                "",
                &used,
                &free,
                "0",
                "",
            ])?;
        }
    }
    rows.flush()
}
