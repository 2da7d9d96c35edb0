use camino::Utf8PathBuf;

/// Why a sandbox cannot be built, kept or served.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The world contradicts itself. Every problem found is listed.
    #[error("the world contradicts itself:\n  {}", .0.join("\n  "))]
    World(Vec<String>),
    /// The state file cannot be read or written.
    #[error("the sandbox state `{path}` cannot be {verb}: {cause}")]
    StateFile {
        /// Which file.
        path: Utf8PathBuf,
        /// `read` or `written`.
        verb: &'static str,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The state file is not a state of this version, or is damaged. It was left as it is.
    #[error(
        "the sandbox state `{path}` is not readable: {problem}; it was left as it is: \
         move it away to start from the world again"
    )]
    StateCorrupt {
        /// Which file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The state file was written for another world. It was left as it is.
    #[error(
        "the sandbox state `{path}` belongs to another world (locations there: {theirs}; here: \
         {ours}); it was left as it is: move it away, or name another state file"
    )]
    StateOfAnotherWorld {
        /// Which file.
        path: Utf8PathBuf,
        /// The locations in the file.
        theirs: String,
        /// The locations of the world.
        ours: String,
    },
    /// The sandbox cannot listen or answer on its address.
    #[error("the sandbox cannot serve on this machine: {0}")]
    Serve(#[from] std::io::Error),
    /// A hand asked for something the sandbox does not have.
    #[error("{0}")]
    Hand(String),
}
