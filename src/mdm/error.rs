/// Why a server could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MdmError {
    /// Its settings make no sense, or a secret is missing.
    #[error("{mdm}: {why}")]
    Setup {
        /// Name of its manifest.
        mdm: String,
        /// What is wrong and what to do.
        why: String,
    },
    /// It refused us.
    #[error(
        "{mdm}: {endpoint} refused the credentials: {why}\nhint: check the secret of the Mdm and its rights"
    )]
    Denied {
        /// Name of its manifest.
        mdm: String,
        /// Method and path, or the program.
        endpoint: String,
        /// What it said.
        why: String,
    },
    /// It did not answer, or answered something that cannot be read.
    #[error("{mdm}: {endpoint}: {why}")]
    Unreadable {
        /// Name of its manifest.
        mdm: String,
        /// Method and path, or the program.
        endpoint: String,
        /// What happened.
        why: String,
    },
}
