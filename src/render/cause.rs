//! Why something changes, in words.

use super::Styles;
use super::text::Line;
use crate::manifest::kind::{Intent, ReclaimMode};
use crate::plan::CauseKind;

/// A reason in words, the group's name set off.
pub(super) fn line(styles: &Styles, ascii: bool, kind: &CauseKind) -> Line {
    let text = |text: &str| Line::new(ascii).put(styles.text, text);
    match kind {
        CauseKind::Entry { group, intent } => {
            let (before, after) = match intent {
                Intent::Required => ("assign to ", ", required"),
                Intent::Available => ("assign to ", ", available"),
                Intent::Uninstall => ("uninstall from ", ""),
            };
            text(before).put(styles.name, group).put(styles.text, after)
        }
        CauseKind::Except { group } => text("except ").put(styles.name, group),
        CauseKind::Group { group, changed } if group == changed => {
            text("group ").put(styles.name, group).put(styles.text, " changed")
        }
        CauseKind::Group { group, changed } => text("group ")
            .put(styles.name, changed)
            .put(styles.text, " changed, part of ")
            .put(styles.name, group),
        CauseKind::Inventory { group, inventory } => text("inventory ")
            .put(styles.name, inventory)
            .put(styles.text, " moved, group ")
            .put(styles.name, group),
        CauseKind::Removed { group } => text("entry removed: ").put(styles.name, group),
        CauseKind::Unnamed { reclaim } => text(match reclaim {
            ReclaimMode::Uninstall => "no entry names them, reclaim: uninstall",
            ReclaimMode::Release => "no entry names them, reclaim: release",
            ReclaimMode::Keep => "no entry names them, reclaim: keep",
        }),
    }
}
