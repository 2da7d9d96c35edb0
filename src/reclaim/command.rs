//! The ids of commands. They follow from what a command is for, so a run that continues another
//! computes the same ones, and no command is sent twice under two names.

use uuid::Uuid;

use crate::license::{AdamId, SerialNumber};
use crate::store::RunId;

/// Names of commands live in a space of their own.
const NAMESPACE: Uuid = Uuid::from_u128(0x76_70_70_2d_72_65_4c_61_89_6d_63_6f_6d_6d_61_6e);

/// Of a removal. `run` is the one that began the reclaim, whichever run sends it.
pub fn remove_id(run: RunId, serial: &SerialNumber, adam_id: AdamId, attempt: u32) -> Uuid {
    id(&format!("{}|{serial}|{adam_id}|{attempt}", run.0))
}

/// Of a list of apps, which is asked for the so-manieth time.
pub fn list_id(run: RunId, serial: &SerialNumber, adam_id: AdamId, number: u32) -> Uuid {
    id(&format!("{}|{serial}|{adam_id}|list|{number}", run.0))
}

/// Of an installation.
pub fn install_id(run: RunId, serial: &SerialNumber, adam_id: AdamId, attempt: u32) -> Uuid {
    id(&format!("{}|{serial}|{adam_id}|install|{attempt}", run.0))
}

fn id(name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}
