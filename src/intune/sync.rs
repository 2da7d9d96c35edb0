//! Having Intune sync a token with Apple, and waiting until it has.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Token, Writer};

/// How long to wait for a sync, and how long between two looks.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// In all.
    pub whole: Duration,
    /// Between two looks.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { whole: Duration::from_mins(10), pause: Duration::from_secs(15) }
    }
}

/// Asks for a sync and waits for its end. The token as it is then.
///
/// # Errors
/// Where it cannot be asked for, fails, or does not end in time: for people.
pub async fn sync(writer: &Writer, token: &str, patience: Patience) -> Result<Token, String> {
    let reader = writer.reader();
    let before = reader.token(token).await.map_err(|error| error.to_string())?;
    writer.sync_licenses(token).await.map_err(|error| error.to_string())?;
    let deadline = Instant::now() + patience.whole;
    loop {
        sleep(patience.pause).await;
        let now = reader.token(token).await.map_err(|error| error.to_string())?;
        let is_new = now.last_sync > before.last_sync;
        match now.last_sync_status.as_str() {
            "completed" if is_new => return Ok(now),
            "failed" => {
                return Err(format!(
                    "the sync failed; the token is {}: {}",
                    now.state,
                    now.state.what_to_do().unwrap_or("look what Intune says of it")
                ));
            }
            _ if Instant::now() >= deadline => {
                return Err(format!(
                    "the sync has not ended after {} min; it goes on in Intune, look again later",
                    patience.whole.as_secs() / 60
                ));
            }
            _ => {}
        }
    }
}
