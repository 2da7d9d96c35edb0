//! What inventories mean.

use super::{Ink, Meaning};
use crate::manifest::kind::{
    AppleOrganization, Columns, DeviceMap, Entra, EntraProof, FleetInventory, Inventory,
    InventorySource, JamfInventory, Picks, Roster,
};

impl Meaning for Inventory {
    fn write(&self, ink: &mut Ink) {
        let Self { name, source, columns } = self;
        name.write(ink);
        source.write(ink);
        let Columns { serial, user, email, managed_apple_id } = columns;
        serial.write(ink);
        user.write(ink);
        email.write(ink);
        managed_apple_id.write(ink);
    }
}

impl Meaning for InventorySource {
    fn write(&self, ink: &mut Ink) {
        match self {
            Self::Csv { path } => {
                ink.text("csv");
                ink.text(path.as_str());
            }
            Self::Exec { command, env, timeout } => {
                ink.text("exec");
                ink.list(command);
                ink.set(env.iter().map(String::as_str));
                timeout.write(ink);
            }
            Self::Apple(source) => source.write(ink),
            Self::Entra(source) => source.write(ink),
            Self::Fleet(source) => source.write(ink),
            Self::Jamf(source) => source.write(ink),
            Self::Roster(source) => source.write(ink),
        }
    }
}

impl Meaning for Picks {
    fn write(&self, ink: &mut Ink) {
        ink.count(self.len());
        for (column, id) in self {
            ink.text(column);
            id.write(ink);
        }
    }
}

impl Meaning for AppleOrganization {
    fn write(&self, ink: &mut Ink) {
        let Self { edition, client_id, key_id, key, rows, servers, user_groups, endpoint, timeout } =
            self;
        ink.text(&format!("{edition:?} {rows:?}"));
        client_id.write(ink);
        key_id.write(ink);
        key.write(ink);
        servers.write(ink);
        user_groups.write(ink);
        endpoint.write(ink);
        timeout.write(ink);
    }
}

impl Meaning for Entra {
    fn write(&self, ink: &mut Ink) {
        let Self { tenant, client_id, proof, rows, groups, endpoint, timeout } = self;
        ink.text(&format!("entra {rows:?}"));
        tenant.write(ink);
        client_id.write(ink);
        match proof {
            EntraProof::Secret(secret) => secret.write(ink),
            EntraProof::GithubActions => ink.text("githubActions"),
        }
        groups.write(ink);
        endpoint.write(ink);
        timeout.write(ink);
    }
}

impl Meaning for FleetInventory {
    fn write(&self, ink: &mut Ink) {
        let Self { url, token, team, labels, timeout } = self;
        ink.text("fleet");
        url.write(ink);
        token.write(ink);
        team.write(ink);
        labels.write(ink);
        timeout.write(ink);
    }
}

impl Meaning for JamfInventory {
    fn write(&self, ink: &mut Ink) {
        let Self { url, client_id, secret, smart_groups, static_groups, timeout } = self;
        ink.text("jamf");
        url.write(ink);
        client_id.write(ink);
        secret.write(ink);
        smart_groups.write(ink);
        static_groups.write(ink);
        timeout.write(ink);
    }
}

impl Meaning for Roster {
    fn write(&self, ink: &mut Ink) {
        let Self { form, path, classes, schools, devices } = self;
        ink.text(&format!("{form:?}"));
        ink.text(path.as_str());
        classes.write(ink);
        schools.write(ink);
        devices.write(ink);
    }
}

impl Meaning for DeviceMap {
    fn write(&self, ink: &mut Ink) {
        let Self { from, person, by } = self;
        from.write(ink);
        person.write(ink);
        by.write(ink);
    }
}
