//! From an Mdm's manifest to its driver.

use std::sync::Arc;

use camino::Utf8PathBuf;
use secrecy::SecretString;

use super::exec::Exec;
use super::fleet::Fleet;
use super::micro::Micro;
use super::nano::{Flavor, Nano};
use super::{Mdm, MdmError, Sandbox};
use crate::inventory::Environment;
use crate::license::SerialNumber;
use crate::manifest::kind::{self, MdmDriver, TokenSource};
use crate::store::Store;

/// What a driver works with beside its manifest.
#[derive(Debug)]
pub struct Surroundings {
    /// The folder of the manifests, where programs run.
    pub folder: Utf8PathBuf,
    /// What programs may see, and whether they are run at all.
    pub environment: Environment,
    /// Where `vpp receive` keeps what servers tell.
    pub store: Arc<dyn Store>,
    /// Serial numbers and enrolment ids from the inventory that the manifest names
    /// ([`MdmDriver::device_column`]).
    pub known: Vec<(SerialNumber, String)>,
    /// Address of the sandbox whose devices are meant, where there is one.
    pub sandbox: Option<String>,
}

/// Where the token or key of a server comes from, for whoever reads secrets; `None` where it has none.
pub fn secret(mdm: &kind::Mdm) -> Option<&TokenSource> {
    match &mdm.driver.value {
        MdmDriver::Fleet(server) => Some(&server.secret.value),
        MdmDriver::Nanomdm(mdm) | MdmDriver::Nanohub(mdm) | MdmDriver::Micromdm(mdm) => {
            Some(&mdm.server.secret.value)
        }
        MdmDriver::Exec(_) | MdmDriver::Sandbox | MdmDriver::Intune(_) => None,
    }
}

/// Opens a server. Nothing is sent; a program is asked what it can do.
///
/// # Errors
/// [`MdmError`] where the settings, the secret or the program are no good.
pub async fn open(
    mdm: &kind::Mdm,
    secret: Option<SecretString>,
    around: Surroundings,
) -> Result<Arc<dyn Mdm>, MdmError> {
    let name = &mdm.name.value;
    let setup = |why: &str| MdmError::Setup { mdm: name.clone(), why: why.to_owned() };
    let needed = || secret.as_ref().ok_or_else(|| setup("its token or key was not read"));
    let store = around.store.clone();
    Ok(match &mdm.driver.value {
        MdmDriver::Fleet(server) => Arc::new(Fleet::open(name, server, needed()?)?),
        MdmDriver::Nanomdm(mdm) => {
            let flavor = Flavor::Nanomdm;
            Arc::new(Nano::open(name, flavor, &mdm.server, needed()?, store, around.known)?)
        }
        MdmDriver::Nanohub(mdm) => {
            let flavor = Flavor::Nanohub;
            Arc::new(Nano::open(name, flavor, &mdm.server, needed()?, store, around.known)?)
        }
        MdmDriver::Micromdm(mdm) => Arc::new(Micro::open(name, &mdm.server, needed()?, store)?),
        MdmDriver::Exec(program) => Arc::new(Exec::open(name, program, around).await?),
        MdmDriver::Sandbox => {
            let Some(address) = around.sandbox else {
                return Err(setup(
                    "the sandbox's devices are only there with a sandbox\nhint: add --sandbox WORLD, or \
                     set VPP_ENDPOINT to the address of `vpp sandbox`",
                ));
            };
            Arc::new(Sandbox::open(name, &address)?)
        }
        MdmDriver::Intune(_) => {
            return Err(setup(
                "Intune takes no commands for devices: it removes apps by its own assignments",
            ));
        }
    })
}
