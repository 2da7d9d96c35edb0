use uuid::Uuid;
use vpp::mdm::{Ask, Command, Delivery, Mdm, Order, Standing};

use super::school::{School, list, notes, remove};
use crate::sandbox::apple::options;

#[tokio::test]
async fn a_hundred_thousand_devices_take_a_few_requests() {
    let more = "devices: [{ serial: { prefix: B, count: 100000 }, apps: { managed: [com.example.notes] } }]";
    let school = School::of(more).await;
    let devices = school.mdm.devices().await.unwrap();
    assert_eq!(devices.len(), 100_002);
    let mut asks = Vec::new();
    let mut commands = Vec::new();
    for device in devices.into_iter().filter(|one| one.serial.as_str().starts_with('B')) {
        let id = Uuid::new_v4();
        let (order, now) = (remove(), school.sandbox.now());
        asks.push(Ask {
            id,
            reference: None,
            device: device.clone(),
            order: order.clone(),
            sent_at: now,
        });
        commands.push(Command { id, device, order, attempt: 1 });
    }
    let deliveries = school.mdm.send(&commands, school.sandbox.now()).await;
    assert!(deliveries.iter().all(|one| *one == Delivery::Queued { reference: None }));
    assert_eq!(deliveries.len(), 100_000);
    let standings = school.mdm.standing(&asks, school.sandbox.now()).await.unwrap();
    assert!(standings.iter().all(|one| matches!(one, Standing::Acknowledged { .. })));
    assert_eq!(standings.len(), 100_000);
    let count =
        |path: &str| school.sandbox.mdm_requests().iter().filter(|one| one.path == path).count();
    assert_eq!((count("devices"), count("commands"), count("results")), (11, 20, 20));
    assert_eq!(school.effects("B100000"), [1, 0]);
}

/// Lists and removals of some devices over a week in which everything goes wrong now and then.
#[tokio::test]
async fn seven_days_pass_at_once() {
    let more = "devices: [{ serial: { prefix: W, count: 200, width: 3 }, apps: { managed: [com.example.notes] },
      behaves: { notNow: 20, connectEvery: 15m, offline: 3d, slow: 2d } }]";
    let school = School::of(more).await;
    let mut asks = Vec::new();
    for device in school.mdm.devices().await.unwrap() {
        if device.serial.as_str().starts_with('W') {
            asks.push(school.send(&device, remove()).await);
        }
    }
    for _ in 0..7 {
        school.pass(24);
    }
    let standings = school.mdm.standing(&asks, school.sandbox.now()).await.unwrap();
    for standing in standings {
        let Standing::Acknowledged { at } = standing else { panic!("{standing:?}") };
        let days = at.duration_since(options().start).as_hours();
        assert!((72..80).contains(&days), "off for three days, then put off for five hours: {at}");
    }
    let order: Order = list();
    let after = school.tell("W001", order).await;
    assert_eq!(notes(&after).0, vpp::mdm::Presence::Absent);
    assert_eq!(school.effects("W200"), [1, 0]);
}
