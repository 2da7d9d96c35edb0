//! x
use super::{Context, args::Init, exit::Exit, failure::Failure};
pub(super) async fn run(_context: &Context, _arguments: &Init) -> Result<Exit, Failure> {
    Ok(Exit::Done)
}
