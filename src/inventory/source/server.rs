use std::time::Duration;

use camino::Utf8Path;
use secrecy::SecretString;

use super::Freshness;
use super::sheet::Sheet;
use crate::diagnostic::{Diagnostic, Span};
use crate::inventory::ask::{Address, Asker, Fixed, Grant, Session, Trouble, drive};
use crate::inventory::load::Environment;
use crate::inventory::secret;
use crate::inventory::table::Rows;
use crate::manifest::kind::TokenSource;

/// What every source on a server is given.
#[derive(Clone, Copy)]
pub(in crate::inventory) struct Given<'m> {
    pub(in crate::inventory) folder: &'m Utf8Path,
    pub(in crate::inventory) environment: &'m Environment,
    /// Where the manifest names it.
    pub(in crate::inventory) span: Span,
}

impl Given<'_> {
    pub(super) fn secret(&self, source: &TokenSource, what: &str) -> Result<SecretString, Trouble> {
        secret::read(source, what, self.folder, self.environment)
    }

    /// A client for one server. Made inside the runtime that uses it.
    pub(super) fn asker(&self, address: &Address, time: Duration) -> Result<Asker, Trouble> {
        Asker::new(address, self.environment.patience, time)
    }

    pub(super) fn session(
        &self,
        address: &Address,
        time: Duration,
        grant: Box<dyn Grant>,
    ) -> Result<Session, Trouble> {
        Ok(Session::new(self.asker(address, time)?, grant))
    }

    pub(super) fn fixed(
        &self,
        address: &Address,
        time: Duration,
        token: &SecretString,
    ) -> Result<Session, Trouble> {
        self.session(address, time, Box::new(Fixed(token.clone())))
    }

    /// Reads a whole sheet and hands it over. What it warns of is for the reader to keep.
    pub(super) fn read(
        &self,
        origin: &str,
        rows: &mut Rows<'_>,
        time: Duration,
        sheet: impl AsyncFn() -> Result<Sheet, Trouble>,
    ) -> Result<Freshness, Vec<Diagnostic>> {
        let sheet = drive(time, sheet);
        let sheet = sheet.map_err(|trouble| vec![trouble.diagnostic(origin, self.span)])?;
        sheet
            .give(rows)
            .map_err(|full| vec![Trouble::Setup(full.to_string()).diagnostic(origin, self.span)])?;
        Ok(Freshness::Live)
    }
}

/// Holds what was read against what the server counts.
pub(super) fn counted(what: &str, got: u64, total: u64) -> Result<(), Trouble> {
    if got == total {
        return Ok(());
    }
    Err(Trouble::Incomplete(format!("{what}: the server counts {total} and lists {got}")))
}
