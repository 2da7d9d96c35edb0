//! Microsoft Intune where it owns the content token (`licenses: mdm`): what it says and what it is
//! told.
//!
//! In such a location vpp never writes to Apple. The desired state is Intune's own assignment of an
//! app to groups; what Intune has is read by [`read`] into [`Seen`], the plan (`plan::served`) compares
//! the two, and `apply::served` writes through [`Writer`], which is the only type that can. How it
//! goes together:
//!
//! 1. **A manifest names Intune's groups.** A Group says `entraGroup:` with the group's object id, or
//!    `allDevices` or `allUsers`. Names of Entra groups are not unique and change; ids do not. The plan
//!    shows both. `except` becomes an exclusion in every intent the app has.
//! 2. **`assign` replaces the whole set**, so a set is read, merged and written whole, and read back.
//!    An [`Assignment`] keeps what Graph said of it; what is not modelled (filters, settings of the
//!    beta version) goes back as it came. An app of which any assignment has settings that only beta
//!    knows is read and written in beta, every other one in v1.0 ([`Assignment::needs_beta`]).
//! 3. **Two writers race and the last one wins**: Graph has no condition for `assign`. So the set is read
//!    directly before it is written, a change is only made where the set still says what the plan saw,
//!    every other row goes back as it is, and what is read back must be what was sent. What somebody
//!    else changed since the last run is told by the plan, from [`Memory`].
//! 4. **Deleting an assignment neither uninstalls nor reclaims.** A line that is gone turns its group
//!    to `uninstall`; the group stays there until every device of it has said that the app is gone.
//! 5. **Proof** is a report row of the device, all its rows, that says `notInstalled` and is dated after
//!    the change by Intune's own clock ([`follow`]). Then the licenses are synced, the used count must have
//!    fallen and (where beta says who holds them) no holder may be one that is gone. Only then the
//!    group is dropped. `failed` and `uninstallFailed` block and are reported; anything else waits.
//! 6. **It survives days, restarts and partial progress**: what is under way is [`Memory`], kept in the store
//!    under the token's id, written before Intune is asked to change anything. A run that ended
//!    between the two finds the set changed or not, and goes on from there. Losing it never takes a
//!    license: an `uninstall` nobody here remembers is left alone and said.
//! 7. **Everything else is as with Apple**: causes with file and line, guards, allowances, fingerprint, saved
//!    plans, exit codes. The plan's part is a list of its own (`mdm_locations`), absent where there is none.
//! 8. With a read-only token of Apple beside it, the plan compares who holds what: licenses whose serial
//!    numbers Intune does not know are a leak nobody sees in Intune. They are named, never taken.
//!
//! Built from Microsoft's documents; **never observed against a real tenant.**

mod app;
mod assignment;
mod device;
pub mod follow;
mod group;
mod memory;
mod read;
mod reader;
mod report;
mod sync;
mod token;
mod writer;

pub use app::{App, Holder, Platform};
pub(crate) use assignment::version;
pub use assignment::{Assignment, Target, Word};
pub use device::{Devices, ManagedDevice};
pub use group::SeenGroup;
pub use memory::{
    AppMemory, Ended, GroupReclaim, MEMORY_VERSION, Member, MemberState, Memory, Phase, Row, place,
};
pub use read::{Scope, Seen, SeenApp, Wanted, read, token_of};
pub use reader::Reader;
pub use report::{InstallState, Report, ReportRow};
pub use sync::{Patience, sync};
pub use token::{Token, TokenState};
pub use writer::Writer;
