//! The line that begins what is said of one location.

use std::io::{self, Write};

use super::text::Line;
use super::{Shape, Styles};

/// `north · North campus (uId 2049025000431440)`.
pub(super) fn heading(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    (name, description, uid): (&str, Option<&str>, Option<&str>),
) -> io::Result<()> {
    let mut line = Line::new(shape.ascii).put(styles.heading, name);
    if let Some(description) = description {
        line.push(styles.text, &format!(" {} ", shape.symbols().dot));
        line.push(styles.text, description);
    }
    if let Some(uid) = uid {
        line.push(styles.dim, &format!(" (uId {uid})"));
    }
    line.write(out)
}
