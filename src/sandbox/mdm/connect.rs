//! What a device does when it connects.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::command::{Link, ListedApp, ManagedApp};
use super::{
    Answer, DeviceEvent, Due, Happened, Installed, Licensed, Mark, Order, Server, Stage, Status,
};
use crate::sandbox::world::{Behavior, EnrolmentSeed, Lapse, Refuses};

impl Server {
    /// The device connects and takes its commands one after the other. What it puts off stays at
    /// its place, and the others are answered; it is asked again when it connects by itself.
    pub(super) fn connect(&mut self, number: u32, at: Timestamp, why: Due, licensed: Licensed<'_>) {
        let every = self.every();
        let Some(device) = self.device_mut(number) else { return };
        if device.connects == Some(at) {
            device.connects = None;
        }
        if !device.is_enrolled() {
            return;
        }
        if let Some(until) = device.offline_until {
            if until > at {
                // The push waits for it.
                if !device.queue.is_empty() {
                    self.plan_connect(number, until);
                }
                return;
            }
            device.offline_until = None;
        }
        let mut at = device.seen.map_or(at, |seen| at.max(next_moment(seen)));
        device.seen = Some(at);
        for id in std::mem::take(&mut device.queue) {
            let put_off = self.puts_off_still(id) && why == Due::Pushed;
            let answer = if put_off { None } else { self.answer(number, id, at, licensed) };
            let waits = put_off || answer.as_ref().is_some_and(|one| one.status == Status::NotNow);
            if let Some(answer) = answer {
                self.keep(number, id, &answer);
            }
            if let Some(device) = self.device_mut(number) {
                device.seen = Some(at);
                if waits {
                    device.queue.push_back(id);
                }
            }
            at = next_moment(at);
        }
        if let Some(device) = self.device(number)
            && !device.queue.is_empty()
        {
            let next = device.next_connect(at, every);
            self.plan_connect(number, next);
        }
    }

    /// Whether the device said NotNow to a command the last time.
    fn puts_off_still(&self, id: Uuid) -> bool {
        let answer = self.command(id).and_then(|command| command.answer.as_ref());
        answer.is_some_and(|answer| answer.status == Status::NotNow)
    }

    fn keep(&mut self, number: u32, id: Uuid, answer: &Answer) {
        let serial = self.device(number).map(|one| one.serial.to_string()).unwrap_or_default();
        let what = match answer.status {
            Status::Acknowledged => Happened::Acknowledged,
            Status::Error | Status::CommandFormatError => Happened::Refused,
            Status::NotNow => Happened::NotNow,
        };
        let Some(command) = self.commands.get_mut(&id) else { return };
        let event = DeviceEvent::new(answer.at, &serial, what);
        self.log.note(event.command(Some(id), Some(command.order.name())));
        command.answer = Some(answer.clone());
        self.tell_answer(number, id, answer);
    }

    /// What the device says to a command, after it has done what it says.
    fn answer(
        &mut self,
        number: u32,
        id: Uuid,
        at: Timestamp,
        licensed: Licensed<'_>,
    ) -> Option<Answer> {
        let order = self.commands.get(&id)?.order.clone();
        let lists = match &order {
            Order::InstalledApplicationList { .. } | Order::ManagedApplicationList { .. } => true,
            Order::RemoveApplication { .. } | Order::InstallApplication { .. } => false,
        };
        if self.puts_off(number, lists) {
            return Some(Answer::new(at, Status::NotNow));
        }
        let behaves = self.device(number)?.behaves.as_deref().cloned().unwrap_or_default();
        if lists && behaves.refuses_lists {
            return Some(Answer::refusal(at, Link::new(12021, "The list is not available.")));
        }
        match order {
            Order::RemoveApplication { identifier, adam_id } => {
                let app = match adam_id {
                    Some(adam) => self.apps.adam(&adam, Some(&identifier)),
                    None => self.apps.bundle(&identifier),
                };
                Some(self.remove(number, id, app, &identifier, at, &behaves))
            }
            Order::InstalledApplicationList { identifiers, managed_apps_only } => {
                Some(self.list(number, &identifiers, managed_apps_only, at, &behaves))
            }
            Order::ManagedApplicationList { identifiers } => {
                Some(self.list_managed(number, &identifiers, at))
            }
            Order::InstallApplication { adam_id, identifier } => {
                let app = self.apps.adam(&adam_id, identifier.as_deref());
                Some(self.install(number, id, app, at, &behaves, licensed))
            }
        }
    }

    /// Whether the device says NotNow this time.
    fn puts_off(&mut self, number: u32, lists: bool) -> bool {
        let behaves = self.device_mut(number).and_then(|one| one.behaves.as_deref_mut());
        let Some(Behavior { not_now, not_now_lists, .. }) = behaves else { return false };
        let left = if lists { not_now_lists } else { not_now };
        let puts_off = *left > 0;
        *left = left.saturating_sub(1);
        puts_off
    }

    fn remove(
        &mut self,
        number: u32,
        id: Uuid,
        app: u32,
        identifier: &str,
        at: Timestamp,
        behaves: &Behavior,
    ) -> Answer {
        let not_managed = || {
            let text = format!("The app \"{identifier}\" is not managed.");
            Answer::refusal(at, Link::new(12001, text))
        };
        let declarative = || {
            let text = format!("The app \"{identifier}\" is managed by a declaration.");
            Answer::refusal(at, Link::new(12001, text))
        };
        match behaves.refuses {
            Some(Refuses::NotManaged) => return not_managed(),
            Some(Refuses::Declarative) => return declarative(),
            Some(Refuses::Format) => return Answer::new(at, Status::CommandFormatError),
            Some(Refuses::Other) => {
                return Answer::refusal(at, Link::new(12001, "The app could not be removed."));
            }
            None => {}
        }
        let Some(Installed { mark, stage, app: _ }) =
            self.device(number).and_then(|device| device.installed(app)).copied()
        else {
            return not_managed();
        };
        match mark {
            Mark::Unmanaged => return not_managed(),
            Mark::Declarative => return declarative(),
            Mark::Managed => {}
        }
        if stage == Stage::Deleted {
            // Only the management of it is left to remove.
            if let Some(device) = self.device_mut(number) {
                device.drop_app(app);
            }
        } else if behaves.lies {
            // Acknowledged, and nothing done.
        } else if let Some(later) = after(at, behaves.slow) {
            self.schedule.plan(later, number, Due::Gone { app, command: id });
        } else {
            self.gone(number, app, id, at);
        }
        Answer::new(at, Status::Acknowledged)
    }

    fn install(
        &mut self,
        number: u32,
        id: Uuid,
        app: u32,
        at: Timestamp,
        behaves: &Behavior,
        licensed: Licensed<'_>,
    ) -> Answer {
        let race = behaves.license_race.or(self.settings.license_race).map(Lapse::get);
        let adam = self.apps.get(app).and_then(|app| app.adam.as_deref());
        let (Some(device), Some(adam)) = (self.device(number), adam) else {
            return Answer::new(at, Status::CommandFormatError);
        };
        let given = self.given.get(&(app, device.serial.clone())).copied();
        let early =
            race.is_some_and(|race| given.is_some_and(|given| at.duration_since(given) < race));
        if early || !licensed(&device.serial, device.user.as_deref(), adam) {
            let text = format!(
                "The license for app with iTunes Store ID {adam} could not be found. License not found"
            );
            return Answer::refusal(at, Link::new(9610, text));
        }
        if let Some(later) = after(at, behaves.slow_install) {
            if let Some(device) = self.device_mut(number)
                && !device.has(app)
            {
                device.drop_app(app);
                device.apps.push(Installed { app, mark: Mark::Managed, stage: Stage::Coming });
                self.schedule.plan(later, number, Due::There { app, command: id });
            }
        } else {
            self.there(number, app, id, at);
        }
        Answer::new(at, Status::Acknowledged)
    }

    /// A removal by a command is done.
    pub(super) fn gone(&mut self, number: u32, app: u32, command: Uuid, at: Timestamp) {
        let Some(device) = self.device_mut(number).filter(|device| device.has(app)) else { return };
        device.drop_app(app);
        let serial = device.serial.to_string();
        self.effect(number, app, 0);
        let event = DeviceEvent::new(at, &serial, Happened::Removed).app(self.apps.label(app));
        self.log.note(event.command(Some(command), None));
    }

    /// An installation by a command is done.
    pub(super) fn there(&mut self, number: u32, app: u32, command: Uuid, at: Timestamp) {
        let Some(device) = self.device_mut(number) else { return };
        let serial = device.serial.to_string();
        match device.installed_mut(app) {
            // It is there already: the command makes it a managed one.
            Some(Installed { mark, stage: Stage::Here, app: _ }) => {
                if *mark == Mark::Unmanaged {
                    *mark = Mark::Managed;
                }
                return;
            }
            Some(one) => *one = Installed { app, mark: Mark::Managed, stage: Stage::Here },
            None => device.apps.push(Installed { app, mark: Mark::Managed, stage: Stage::Here }),
        }
        self.effect(number, app, 1);
        let event = DeviceEvent::new(at, &serial, Happened::Installed).app(self.apps.label(app));
        self.log.note(event.command(Some(command), None));
    }

    fn effect(&mut self, number: u32, app: u32, which: usize) {
        if let Some(count) = self.effects.entry((number, app)).or_default().get_mut(which) {
            *count += 1;
        }
    }

    fn list(
        &self,
        number: u32,
        identifiers: &[String],
        managed_only: bool,
        at: Timestamp,
        behaves: &Behavior,
    ) -> Answer {
        let mut list = Vec::new();
        let device = self.device(number);
        let own = device.is_some_and(|one| one.enrolment == EnrolmentSeed::User);
        for one in device.map(|one| one.apps.as_slice()).unwrap_or_default() {
            let label = self.apps.label(one.app);
            let shown = one.stage != Stage::Deleted
                && match one.mark {
                    Mark::Managed => true,
                    Mark::Declarative => !managed_only,
                    Mark::Unmanaged => !managed_only && !own,
                };
            if shown && (identifiers.is_empty() || identifiers.iter().any(|id| id == label)) {
                let declared = one.mark == Mark::Declarative;
                list.push(ListedApp {
                    identifier: (!behaves.omits_identifiers).then(|| label.to_owned()),
                    name: label.rsplit('.').next().unwrap_or_default().to_owned(),
                    installing: one.stage == Stage::Coming,
                    source: declared.then(|| "Declarative Device Management".to_owned()),
                });
            }
        }
        Answer { installed_application_list: Some(list), ..Answer::new(at, Status::Acknowledged) }
    }

    fn list_managed(&self, number: u32, identifiers: &[String], at: Timestamp) -> Answer {
        let mut list = Vec::new();
        for one in self.device(number).map(|one| one.apps.as_slice()).unwrap_or_default() {
            let label = self.apps.label(one.app);
            let asked = identifiers.is_empty() || identifiers.iter().any(|id| id == label);
            if one.mark == Mark::Managed && asked {
                let status = match one.stage {
                    Stage::Here => "Managed",
                    Stage::Coming => "Installing",
                    Stage::Deleted => "ManagedButUninstalled",
                };
                list.push(ManagedApp { identifier: label.to_owned(), status: status.to_owned() });
            }
        }
        Answer { managed_application_list: Some(list), ..Answer::new(at, Status::Acknowledged) }
    }
}

/// No two answers of one device have the same time.
fn next_moment(at: Timestamp) -> Timestamp {
    at.checked_add(SignedDuration::from_micros(1)).unwrap_or(at)
}

/// The moment a length of time later, where there is one.
fn after(at: Timestamp, lapse: Option<Lapse>) -> Option<Timestamp> {
    let lapse = lapse?.get();
    Some(at.checked_add(lapse).unwrap_or(Timestamp::MAX))
}
