//! A location whose server owns the token.

use std::io::{self, Write};

use crate::render::number::grouped;
use crate::render::table::{Column, Table};
use crate::render::text::Line;
use crate::render::{Shape, Styles, served as words};
use crate::status::MdmStatus;

/// A location whose server owns the token: the token, and licenses by the server's count.
pub(super) fn served(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    location: &MdmStatus,
) -> io::Result<()> {
    let mut line = Line::new(shape.ascii).put(styles.heading, &location.name);
    line.push(styles.text, &format!(" at {}", location.mdm));
    if let Some(description) = &location.description {
        line.push(styles.text, &format!(" {} {description}", shape.symbols().dot));
    }
    line.write(out)?;
    if let Some(reason) = &location.failed {
        let line = Line::new(shape.ascii).gap(2).put(styles.error, "not read: ");
        for line in line.put(styles.text, reason).wrap(shape.columns(), 4) {
            line.write(out)?;
        }
        return Ok(());
    }
    let fact = |name: &str| Line::new(shape.ascii).gap(2).put(styles.dim, &format!("{name:<10}"));
    if let Some(token) = &location.token {
        let line = fact("token").put(styles.text, &words::said_of(token));
        for line in line.wrap(shape.columns(), 12) {
            line.write(out)?;
        }
        if let Some(help) = &token.help {
            let line = fact("to do").put(styles.error, help);
            for line in line.wrap(shape.columns(), 12) {
                line.write(out)?;
            }
        }
    }
    writeln!(out)?;
    let mut table = Table::new([
        Column::words("app").shrinks_to(16),
        Column::words("adamId").leaves(1),
        Column::numbers("total"),
        Column::numbers("used"),
        Column::numbers("free"),
        Column::words("").shrinks_to(20),
    ]);
    for app in &location.apps {
        let cell = |text: &str| Line::new(shape.ascii).put(styles.text, text);
        let (mut gone, mut devices) = (0, 0);
        for reclaim in &app.reclaims {
            gone += reclaim.gone;
            devices += reclaim.devices;
        }
        let note = if app.reclaims.is_empty() {
            cell("")
        } else {
            let text =
                format!("coming back: {} of {} devices done", grouped(gone), grouped(devices));
            Line::new(shape.ascii).put(styles.warn, &text)
        };
        table.row([
            Line::new(shape.ascii).put(styles.name, &app.name),
            Line::new(shape.ascii).put(styles.dim, &app.asset.to_string()),
            cell(&grouped(app.total)),
            cell(&grouped(app.used)),
            cell(&grouped(app.free)),
            note,
        ]);
    }
    table.write(out, styles, shape)
}
