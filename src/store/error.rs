/// Why the store could not be used. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be opened or reached.
    #[error("the state in {place} cannot be opened: {why}\nhint: {hint}")]
    Unreachable {
        /// A path, or a server without its password.
        place: String,
        /// What happened.
        why: String,
        /// What to do next.
        hint: String,
    },
    /// It is damaged, or no store of this tool.
    #[error(
        "the state in {place} is damaged or is something else: {why}; nothing was overwritten\n\
         hint: move it away; the next run starts a new one and loses history and speed, nothing else"
    )]
    Damaged {
        /// A path, or a server without its password.
        place: String,
        /// What happened.
        why: String,
    },
    /// A newer tool wrote it.
    #[error(
        "the state in {place} has version {found}, and this vpp knows versions up to {known}; \
         nothing was overwritten\nhint: use the newer vpp, or name another place with --state"
    )]
    Newer {
        /// A path, or a server without its password.
        place: String,
        /// Its version.
        found: u32,
        /// The newest this tool knows.
        known: u32,
    },
    /// A question or a change failed.
    #[error(
        "the state in {place} could not be {doing}: {why}\nhint: nothing is lost; run it again"
    )]
    Failed {
        /// A path, or a server without its password.
        place: String,
        /// `read` or `written`.
        doing: &'static str,
        /// What happened.
        why: String,
    },
}
