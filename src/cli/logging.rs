//! Logs on standard error: `VPP_LOG` says how much, `VPP_LOG_FORMAT` how.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::environment::Environment;

/// Starts logging, if asked for.
pub(super) fn start(environment: &Environment) {
    let Some(directives) = environment.get("VPP_LOG") else { return };
    let filter = EnvFilter::new(directives);
    let subscriber = fmt::Subscriber::builder()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let started = if environment.get("VPP_LOG_FORMAT") == Some("json") {
        tracing::subscriber::set_global_default(subscriber.json().finish())
    } else {
        tracing::subscriber::set_global_default(subscriber.finish())
    };
    if started.is_err() {
        tracing::warn!("logging was started before");
    }
}
