use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::manifest::codes;
use crate::manifest::kind::{Location, Mdm};

/// Locations that ask for installing, and whose server cannot be told to, or that name none.
pub(super) fn impossible(locations: &[Location], mdms: &[Mdm]) -> Vec<Diagnostic> {
    let servers: HashMap<_, _> = mdms.iter().map(|mdm| (mdm.name.value.as_str(), mdm)).collect();
    let mut diagnostics = Vec::new();
    for location in locations {
        let Some(install) = location.install.as_ref().filter(|install| install.value) else {
            continue;
        };
        let name = &location.name.value;
        let error = |message: String| {
            Diagnostic::error(&codes::INSTALL_IMPOSSIBLE, message)
                .at(install.span, "needs a server that can be told to install")
        };
        let Some(mdm) = &location.mdm else {
            diagnostics.push(
                error(format!("location `{name}` cannot install: it names no `mdm`"))
                    .help("add `mdm:` with the name of an Mdm, or remove `install`"),
            );
            continue;
        };
        // A name nobody has is reported as such.
        let Some(server) = servers.get(mdm.value.as_str()) else { continue };
        let driver = &server.driver;
        if !driver.value.installs() {
            let key = driver.value.key();
            diagnostics.push(
                error(format!(
                    "location `{name}` cannot install: `{}` is `{key}`, which cannot be told to",
                    mdm.value
                ))
                .at(driver.span, format!("`{key}` knows no installation"))
                .help(
                    "remove `install` and let that server install by its own rules, or name an Mdm \
                     that can: fleet, nanomdm, nanohub, micromdm",
                ),
            );
        }
    }
    diagnostics
}
