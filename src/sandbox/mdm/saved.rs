use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::app::App;
use super::{Apps, Command, Device, Due, Log, Schedule, Server};
use crate::sandbox::library::at;
use crate::sandbox::world::MdmSeed;

/// What of the server outlives the process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SavedServer {
    settings: MdmSeed,
    apps: Vec<App>,
    devices: Vec<Device>,
    commands: Vec<(Uuid, Command)>,
    schedule: Vec<(Timestamp, u32, Due)>,
    log: Log,
    effects: Vec<(u32, u32, [u32; 2])>,
    given: Vec<(u32, Box<str>, Timestamp)>,
    met: Vec<u32>,
}

impl Server {
    /// `None` where nobody has used it.
    pub(crate) fn save(&self) -> Option<SavedServer> {
        if !self.awake {
            return None;
        }
        let mut commands: Vec<_> =
            self.commands.iter().map(|(id, command)| (*id, command.clone())).collect();
        commands.sort_by_key(|(id, command)| (command.queued_at, *id));
        let mut effects: Vec<_> =
            self.effects.iter().map(|((device, app), count)| (*device, *app, *count)).collect();
        effects.sort_unstable();
        let mut given: Vec<_> =
            self.given.iter().map(|((app, serial), at)| (*app, serial.clone(), *at)).collect();
        given.sort_unstable();
        Some(SavedServer {
            settings: self.settings.clone(),
            apps: self.apps.items().to_vec(),
            devices: self.devices.clone(),
            commands,
            schedule: self.schedule.saved(),
            log: self.log.clone(),
            effects,
            given,
            met: self.met.clone(),
        })
    }

    /// The server again.
    pub(crate) fn restore(saved: SavedServer) -> Result<Self, String> {
        let SavedServer { settings, apps, devices, commands, schedule, log, effects, given, met } =
            saved;
        let mut server = Self::new(settings, true);
        server.apps = Apps::restore(apps);
        for device in devices {
            if device.apps.iter().any(|one| server.apps.get(one.app).is_none()) {
                return Err(format!("device {}: has an app nobody knows", device.serial));
            }
            server.add(device);
        }
        let known = |device: u32| at(device) < server.devices.len();
        if let Some((id, _)) =
            commands.iter().find(|(_, one)| one.device.is_some_and(|device| !known(device)))
        {
            return Err(format!("command {id}: is for a device nobody knows"));
        }
        if schedule.iter().any(|(_, device, _)| !known(*device)) {
            return Err("something is to happen to a device nobody knows".to_owned());
        }
        server.commands = commands.into_iter().collect();
        let lost =
            |device: &&Device| device.queue.iter().any(|id| !server.commands.contains_key(id));
        if let Some(device) = server.devices.iter().find(lost) {
            return Err(format!("device {}: a command nobody knows waits for it", device.serial));
        }
        server.schedule = Schedule::restore(schedule);
        server.log = log;
        server.effects = effects
            .into_iter()
            .map(|(device, app, count)| ((device, app), count))
            .collect::<HashMap<_, _>>();
        server.given = given.into_iter().map(|(app, serial, at)| ((app, serial), at)).collect();
        server.met = met;
        Ok(server)
    }
}
