//! A sandbox with devices, and the driver that every command uses for it.

use jiff::Timestamp;
use uuid::Uuid;
use vpp::license::AdamId;
use vpp::mdm::{
    self, AppsReply, Ask, Command, Delivery, Device, Mdm, Order, Presence, Scope, Standing,
};
use vpp::sandbox::{Happened, Options, Running, Sandbox};

use crate::sandbox::apple::{options, world};

/// The app everything is about.
pub(super) const NOTES: &str = "com.example.notes";

pub(super) struct School {
    pub(super) sandbox: Sandbox,
    pub(super) mdm: mdm::Sandbox,
    pub(super) running: Running,
}

/// Notes on D1 and D2, and what a test says of devices.
pub(super) fn yaml(more: &str) -> String {
    format!(
        r#"
apiVersion: vpp/v1
kind: World
limits: {{ maxRequestPerSecond: 100000 }}
locations:
  - name: north
    uid: "100"
    users: [{{ clientUserId: ada, managedAppleId: ada@school.example }}]
    assets:
      - adamId: 11
        bundleId: {NOTES}
        total: 9
        assigned: {{ devices: [D1, D2], users: [ada] }}
      - {{ adamId: 12, total: 9, assigned: {{ devices: [D2] }} }}
{more}
"#
    )
}

impl School {
    pub(super) async fn of(more: &str) -> Self {
        Self::with(more, options()).await
    }

    pub(super) async fn with(more: &str, options: Options) -> Self {
        let sandbox = Sandbox::new(world(&yaml(more)), options).unwrap();
        let running = sandbox.start().await.unwrap();
        let mdm = mdm::Sandbox::open("campus", &running.url()).unwrap();
        Self { sandbox, mdm, running }
    }

    /// The device as the driver lists it.
    pub(super) async fn device(&self, serial: &str) -> Device {
        let devices = self.mdm.devices().await.unwrap();
        devices.into_iter().find(|device| device.serial.as_str() == serial).unwrap()
    }

    /// Sends one command and answers what is needed to ask for it.
    pub(super) async fn send(&self, device: &Device, order: Order) -> Ask {
        let (delivery, ask) = self.send_as(Uuid::new_v4(), device, order).await;
        assert_eq!(delivery, Delivery::Queued { reference: None });
        ask
    }

    pub(super) async fn send_as(&self, id: Uuid, device: &Device, order: Order) -> (Delivery, Ask) {
        let now = self.sandbox.now();
        let ask =
            Ask { id, reference: None, device: device.clone(), order: order.clone(), sent_at: now };
        let command = Command { id, device: device.clone(), order, attempt: 1 };
        let mut deliveries = self.mdm.send(&[command], now).await;
        assert_eq!(deliveries.len(), 1);
        (deliveries.remove(0), ask)
    }

    pub(super) async fn standing(&self, ask: &Ask) -> Standing {
        let asks = std::slice::from_ref(ask);
        let mut standings = self.mdm.standing(asks, self.sandbox.now()).await.unwrap();
        assert_eq!(standings.len(), 1);
        standings.remove(0)
    }

    /// Sends a command to the device and answers what becomes of it at once.
    pub(super) async fn tell(&self, serial: &str, order: Order) -> Standing {
        let ask = self.send(&self.device(serial).await, order).await;
        self.standing(&ask).await
    }

    /// Whether Notes is on the device, by a list taken now.
    pub(super) async fn presence(&self, serial: &str) -> (Presence, Scope) {
        notes(&self.tell(serial, list()).await)
    }

    pub(super) fn pass(&self, hours: u64) {
        self.sandbox.advance_clock(std::time::Duration::from_hours(hours));
    }

    /// What happened to a holder, in order.
    pub(super) fn story(&self, holder: &str) -> Vec<Happened> {
        let events = self.sandbox.device_events().into_iter();
        events.filter(|event| event.holder == holder).map(|event| event.what).collect()
    }

    /// How often commands removed and installed Notes on a device.
    pub(super) fn effects(&self, serial: &str) -> [u32; 2] {
        let device = self.sandbox.device(serial).unwrap();
        device.effects.get(NOTES).copied().unwrap_or_default()
    }
}

pub(super) fn remove() -> Order {
    Order::Remove { bundle_id: NOTES.to_owned(), adam_id: notes_id() }
}

pub(super) fn list() -> Order {
    Order::ListInstalled { bundle_ids: vec![NOTES.to_owned()], not_before: Timestamp::MIN }
}

pub(super) fn list_managed() -> Order {
    Order::ListManaged { bundle_ids: vec![NOTES.to_owned()], not_before: Timestamp::MIN }
}

pub(super) fn install() -> Order {
    Order::Install { bundle_id: Some(NOTES.to_owned()), adam_id: notes_id() }
}

fn notes_id() -> AdamId {
    "11".parse().unwrap()
}

pub(super) fn notes(standing: &Standing) -> (Presence, Scope) {
    let Standing::Listed(AppsReply { apps, scope, .. }) = standing else {
        panic!("{standing:?}");
    };
    (apps[NOTES], *scope)
}

pub(super) fn at(standing: &Standing) -> Timestamp {
    match standing {
        Standing::Acknowledged { at } | Standing::NotNow { at } => *at,
        Standing::Listed(reply) => reply.observed_at,
        other => panic!("{other:?}"),
    }
}
