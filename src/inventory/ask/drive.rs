use std::time::Duration;

use tokio::runtime;

use super::Trouble;

/// How often an inventory is read from its beginning because it moved under the reader.
const READINGS: u32 = 3;

/// Runs a source to its end on this thread: at most `time`, and again from the beginning where what
/// it read contradicts itself, as lists do that move while they are read.
pub(in crate::inventory) fn drive<T>(
    time: Duration,
    read: impl AsyncFn() -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Trouble::Setup(format!("cannot start a runtime: {error}")))?;
    runtime.block_on(within(time, read))
}

pub(super) async fn within<T>(
    time: Duration,
    read: impl AsyncFn() -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let reading = async {
        let mut readings = 0;
        loop {
            readings += 1;
            match read().await {
                Err(Trouble::Incomplete(_)) if readings < READINGS => {}
                done => return done,
            }
        }
    };
    tokio::time::timeout(time, reading).await.unwrap_or(Err(Trouble::Late(time)))
}
