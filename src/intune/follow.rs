//! What the reports of devices prove. Pure: the report, the devices and the memory are arguments.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    Devices, GroupReclaim, Holder, InstallState, Member, MemberState, Phase, Report, ReportRow,
};

/// What an app's license counts say at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Count<'a> {
    /// Used licenses.
    pub used: u64,
    /// Who holds them; `None` where this tenant does not say.
    pub holders: Option<&'a [Holder]>,
}

/// The devices a new reclaim follows: those of the group that the report knows the app of, and those
/// that hold a license.
pub fn members(
    reached: &BTreeSet<String>,
    devices: &Devices,
    report: &Report,
    holders: Option<&[Holder]>,
) -> impl Iterator<Item = (String, Member)> {
    let held: BTreeSet<&str> = holders
        .into_iter()
        .flatten()
        .filter_map(|holder| match holder {
            Holder::Device(id) => Some(id.as_str()),
            Holder::User(_) => None,
        })
        .collect();
    reached.iter().filter_map(move |id| {
        let rows = report.rows.get(id).map_or(&[][..], Vec::as_slice);
        let had = rows.iter().any(|row| row.state == InstallState::Installed);
        let known = rows.iter().any(|row| row.state != InstallState::NotApplicable);
        let follows = known || held.contains(id.as_str());
        let serial = devices.get(id).and_then(|device| device.serial_number.clone());
        let state = MemberState::Waiting { why: "nothing heard since the change".to_owned() };
        follows.then(|| (id.clone(), Member { serial, had, state }))
    })
}

/// Moves a reclaim on by what the report says now. Devices that have come into the group since are
/// followed too.
pub fn look(
    reclaim: &mut GroupReclaim,
    reached: &BTreeSet<String>,
    devices: &Devices,
    report: &Report,
) {
    let Some(changed_at) = reclaim.changed_at else { return };
    for (id, member) in members(reached, devices, report, None) {
        let there = |row: &ReportRow| row.state == InstallState::Installed;
        let rows = report.rows.get(&id).map_or(&[][..], Vec::as_slice);
        if rows.iter().any(there) {
            reclaim.members.entry(id).or_insert(member);
        }
    }
    for (id, member) in &mut reclaim.members {
        let rows = report.rows.get(id).map_or(&[][..], Vec::as_slice);
        member.state = if devices.get(id).is_none() {
            let why = "Intune does not know the device any more: its license stays at Apple";
            MemberState::Left { why: why.to_owned() }
        } else if !reached.contains(id) {
            let why = "the device has left the group, so it is not told to remove the app";
            MemberState::Left { why: why.to_owned() }
        } else {
            judge(rows, changed_at, &member.state)
        };
    }
    if reclaim.phase == Phase::Proven {
        return;
    }
    let all = reclaim.members.values().all(|member| member.state.is_settled());
    reclaim.phase = if all { Phase::Counting } else { Phase::Uninstalling };
}

/// What a device's rows prove: gone only where every one of them says so, after the change.
fn judge(rows: &[ReportRow], changed_at: Timestamp, before: &MemberState) -> MemberState {
    let waiting = |why: &str| MemberState::Waiting { why: why.to_owned() };
    let later = |row: &&ReportRow| row.at.is_some_and(|at| at > changed_at);
    let failed = rows
        .iter()
        .filter(later)
        .find(|row| matches!(row.state, InstallState::Failed | InstallState::UninstallFailed));
    if let Some(row) = failed {
        let what = if row.state == InstallState::UninstallFailed {
            "removing the app failed"
        } else {
            "the app's last step failed"
        };
        let error = row.error.as_deref().map(|error| format!(", error {error}"));
        return MemberState::Blocked { why: format!("{what}{}", error.unwrap_or_default()) };
    }
    if rows.is_empty() {
        let gone = matches!(before, MemberState::Gone { .. });
        return if gone { before.clone() } else { waiting("the report does not name it") };
    }
    if rows.iter().any(|row| row.state != InstallState::NotInstalled) {
        let there = rows.iter().any(|row| row.state == InstallState::Installed);
        return waiting(if there { "the app is there" } else { "Intune does not know yet" });
    }
    match rows.iter().map(|row| row.at.filter(|at| *at > changed_at)).collect::<Option<Vec<_>>>() {
        Some(moments) => match moments.into_iter().max() {
            Some(at) => MemberState::Gone { at },
            None => waiting("the report does not name it"),
        },
        None => waiting("its last report is older than the change"),
    }
}

/// Whether the licenses of every device that is gone have come back.
///
/// # Errors
/// What is missing, for people.
pub fn came_back(reclaim: &GroupReclaim, devices: &Devices, now: Count<'_>) -> Result<u64, String> {
    let gone = |id: &String| {
        let member = reclaim.members.get(id);
        member.is_some_and(|member| matches!(member.state, MemberState::Gone { .. }))
    };
    let had = |member: &Member| member.had && matches!(member.state, MemberState::Gone { .. });
    let before = reclaim.held_before.as_ref();
    let (expected, newcomers) = match (before, now.holders) {
        (Some(before), Some(holders)) => {
            // A person's license is back once the app is gone from all their devices.
            let is_gone = |holder: &&Holder| match holder {
                Holder::Device(id) => gone(id),
                Holder::User(user) => {
                    let theirs = devices.of_user(user);
                    !theirs.is_empty() && theirs.iter().all(gone)
                }
            };
            let still = holders.iter().filter(|holder| before.contains(holder)).filter(is_gone);
            let still = still.count();
            if still > 0 {
                return Err(format!("Intune still lists {still} of them as holders"));
            }
            let expected = before.iter().filter(is_gone).count();
            (expected, holders.iter().filter(|holder| !before.contains(holder)).count())
        }
        (_, _) => (reclaim.members.values().filter(|member| had(member)).count(), 0),
    };
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (expected, newcomers) = (count(expected), count(newcomers));
    let most = (reclaim.used_before + newcomers).saturating_sub(expected);
    if now.used > most {
        return Err(format!("{} licenses are used, and {most} or fewer are expected", now.used));
    }
    Ok(expected)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{ManagedDevice, Row, Target, Word};
    use super::*;

    const CHANGED: &str = "2026-11-01T10:00:00Z";
    const AFTER: &str = "2026-11-01T11:00:00Z";
    const BEFORE: &str = "2026-11-01T09:00:00Z";

    fn devices() -> Devices {
        let device = |number: u32| ManagedDevice {
            id: format!("d{number}"),
            serial_number: Some(format!("S{number}")),
            user_id: Some("ada".to_owned()),
            entra_id: None,
        };
        Devices::new((1..=2).map(device).collect())
    }

    fn row(user: &str, state: InstallState, at: &str) -> ReportRow {
        let (device, user, error) = ("d1".to_owned(), user.to_owned(), None);
        ReportRow { device, user, state, error, at: at.parse().ok() }
    }

    fn reclaim(held: Option<Vec<Holder>>) -> GroupReclaim {
        let target = Target::Group("g".to_owned());
        let was = Row { target: target.clone(), word: Word::Required, license: None };
        let state = MemberState::Waiting { why: String::new() };
        let member = Member { serial: None, had: true, state };
        GroupReclaim {
            target,
            was,
            phase: Phase::Uninstalling,
            begun: CHANGED.parse().unwrap(),
            changed_at: CHANGED.parse().ok(),
            used_before: 10,
            held_before: held.map(|held| held.into_iter().collect()),
            members: BTreeMap::from([("d1".to_owned(), member)]),
            synced_at: None,
        }
    }

    fn after(rows: Vec<ReportRow>) -> (MemberState, Phase) {
        let mut reclaim = reclaim(None);
        let report = Report { rows: BTreeMap::from([("d1".to_owned(), rows)]) };
        look(&mut reclaim, &BTreeSet::from(["d1".to_owned()]), &devices(), &report);
        (reclaim.members["d1"].state.clone(), reclaim.phase)
    }

    #[test]
    fn only_every_row_after_the_change_proves_that_the_app_is_gone() {
        use InstallState::{Installed, NotApplicable, NotInstalled, Unknown};
        let (state, phase) = after(vec![row("a", NotInstalled, AFTER)]);
        assert!(matches!(state, MemberState::Gone { .. }) && phase == Phase::Counting);
        for rows in [
            vec![],
            vec![row("a", NotInstalled, BEFORE)],
            vec![row("a", NotInstalled, CHANGED)],
            vec![row("a", NotInstalled, "never")],
            vec![row("a", NotInstalled, AFTER), row("b", Installed, BEFORE)],
            vec![row("a", NotInstalled, AFTER), row("b", NotInstalled, BEFORE)],
            vec![row("a", NotInstalled, AFTER), row("b", Unknown, AFTER)],
            vec![row("a", NotApplicable, AFTER)],
        ] {
            let (state, phase) = after(rows.clone());
            assert!(matches!(state, MemberState::Waiting { .. }), "{rows:?}: {state:?}");
            assert_eq!(phase, Phase::Uninstalling, "{rows:?}");
        }
    }

    #[test]
    fn a_failure_blocks_unless_it_is_older_than_the_change() {
        let failed = |at| after(vec![row("a", InstallState::UninstallFailed, at)]).0;
        assert!(matches!(failed(AFTER), MemberState::Blocked { .. }));
        assert!(matches!(failed(BEFORE), MemberState::Waiting { .. }));
    }

    #[test]
    fn a_device_that_left_is_not_waited_for() {
        let mut left = reclaim(None);
        look(&mut left, &BTreeSet::new(), &devices(), &Report::default());
        assert!(matches!(left.members["d1"].state, MemberState::Left { .. }));
        let mut unknown = reclaim(None);
        let reached = BTreeSet::from(["d1".to_owned()]);
        look(&mut unknown, &reached, &Devices::default(), &Report::default());
        assert_eq!(unknown.phase, Phase::Counting);
    }

    fn gone(held: Option<Vec<Holder>>) -> GroupReclaim {
        let mut reclaim = reclaim(held);
        reclaim.members.get_mut("d1").unwrap().state =
            MemberState::Gone { at: AFTER.parse().unwrap() };
        reclaim
    }

    #[test]
    fn the_count_must_have_fallen_by_as_many_as_are_gone() {
        let check = |used| came_back(&gone(None), &devices(), Count { used, holders: None });
        assert_eq!(check(9), Ok(1));
        assert!(check(10).unwrap_err().contains("9 or fewer"));
    }

    #[test]
    fn nobody_who_is_gone_may_still_be_listed_and_newcomers_are_counted() {
        let one = Holder::Device("d1".to_owned());
        let new = Holder::Device("d9".to_owned());
        let reclaim = gone(Some(vec![one.clone()]));
        let check = |used, holders: &[Holder]| {
            came_back(&reclaim, &devices(), Count { used, holders: Some(holders) })
        };
        assert!(check(9, std::slice::from_ref(&one)).unwrap_err().contains("still lists"));
        assert_eq!(check(10, std::slice::from_ref(&new)), Ok(1));
        assert!(check(11, &[new]).is_err());
    }

    #[test]
    fn a_persons_license_comes_back_when_all_their_devices_are_done() {
        let ada = Holder::User("ada".to_owned());
        let reclaim = gone(Some(vec![ada.clone()]));
        // d2 is hers too, and nobody has heard of it: her license is not expected yet.
        let now = Count { used: 10, holders: Some(std::slice::from_ref(&ada)) };
        assert_eq!(came_back(&reclaim, &devices(), now), Ok(0));
    }
}
