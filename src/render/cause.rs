//! Why something changes, in words.

use super::Styles;
use super::text::Line;
use crate::manifest::kind::{Intent, ReclaimMode};
use crate::plan::CauseKind;

/// A reason in words: what stands before a group's name, the name, what stands after it.
pub(super) fn parts(kind: &CauseKind) -> (&'static str, Option<&str>, &'static str) {
    match kind {
        CauseKind::Entry { group, intent } => {
            let (before, after) = match intent {
                Intent::Required => ("assign to ", ", required"),
                Intent::Available => ("assign to ", ", available"),
                Intent::Uninstall => ("uninstall from ", ""),
            };
            (before, Some(group), after)
        }
        CauseKind::Except { group } => ("except ", Some(group), ""),
        CauseKind::Group { group, changed } if group == changed => {
            ("group ", Some(changed), " changed")
        }
        CauseKind::Group { group: _, changed } => ("included group ", Some(changed), " changed"),
        CauseKind::Inventory { group, inventory: _ } => {
            ("inventory moved, group ", Some(group), "")
        }
        CauseKind::Removed { group } => ("entry removed: ", Some(group), ""),
        CauseKind::Unnamed { reclaim } => {
            let text = match reclaim {
                ReclaimMode::Uninstall => "no entry names them, reclaim: uninstall",
                ReclaimMode::Release => "no entry names them, reclaim: release",
                ReclaimMode::Keep => "no entry names them, reclaim: keep",
            };
            (text, None, "")
        }
    }
}

/// A reason in words, not escaped for anything.
pub(super) fn text(kind: &CauseKind) -> String {
    let (before, name, after) = parts(kind);
    format!("{before}{}{after}", name.unwrap_or_default())
}

/// A reason in words, the group's name set off.
pub(super) fn line(styles: &Styles, ascii: bool, kind: &CauseKind) -> Line {
    let (before, name, after) = parts(kind);
    let line = Line::new(ascii).put(styles.text, before);
    match name {
        Some(name) => line.put(styles.name, name).put(styles.text, after),
        None => line,
    }
}
