use crate::plan::BaseSummary;
use crate::render::number::grouped;

/// What the plan intends and what was out of place before, after the name of what it was held
/// against.
pub(in crate::render) fn base_said(base: &BaseSummary) -> String {
    let BaseSummary {
        label: _,
        fingerprint: _,
        intended_assign,
        intended_reclaim,
        drift_assign,
        drift_reclaim,
        no_longer,
        intended_seats,
        drift_seats,
        seats_no_longer,
    } = base;
    let mut text = format!(
        ": this change intends {} to assign and {} to reclaim; {} to assign and {} to reclaim were \
         out of place before (drift)",
        grouped(*intended_assign),
        grouped(*intended_reclaim),
        grouped(*drift_assign),
        grouped(*drift_reclaim),
    );
    if intended_seats.saturating_add(*drift_seats) > 0 {
        text.push_str(&format!(
            "; of seats, {} intended and {} drift",
            grouped(*intended_seats),
            grouped(*drift_seats)
        ));
    }
    let no_longer = no_longer.saturating_add(*seats_no_longer);
    if no_longer > 0 {
        text.push_str(&format!("; {} moves of the base are not made any more", grouped(no_longer)));
    }
    text
}
