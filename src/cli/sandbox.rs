//! `vpp sandbox`: an Apple on this machine.

use super::Context;
use super::args::Sandbox as Arguments;
use super::clock;
use super::connect::{variable, world};
use super::exit::Exit;
use super::failure::Failure;
use crate::sandbox::{Options, Sandbox};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "{} is not a loopback address: a sandbox is for this machine only",
            arguments.listen
        )));
    }
    let mut options = Options {
        latency: arguments.latency,
        event_delay: arguments.event_delay,
        chaos_seed: arguments.chaos,
        state_file: arguments.state.clone(),
        ..Options::at(clock::now())
    };
    if let Some(size) = arguments.page_size {
        options.page_size = size;
    }
    let seed = match (&arguments.generate, &arguments.world) {
        (Some(numbers), _) => numbers.world(),
        (None, Some(path)) => world(path)?,
        (None, None) => return Err(Failure::usage("a world or --generate is needed")),
    };
    let sandbox = Sandbox::new(seed, options)?;
    let listener = tokio::net::TcpListener::bind(arguments.listen)
        .await
        .map_err(|error| anyhow::anyhow!("cannot listen on {}: {error}", arguments.listen))?;
    let address = listener.local_addr()?;
    context.streams.print(|out| {
        writeln!(out, "export VPP_ENDPOINT=http://{address}/mdm/v2/")?;
        writeln!(out, "export VPP_POLL_INTERVAL=1s")?;
        let locations = sandbox.locations();
        for (name, uid) in &locations {
            let token = sandbox.token(uid).unwrap_or_default();
            let variable =
                if locations.len() > 1 { variable(name) } else { "VPP_TOKEN".to_owned() };
            writeln!(out, "export {variable}={token}")?;
        }
        Ok(())
    })?;
    context.streams.hint(&format!(
        "serving Apple's API on http://{address}/ until Ctrl-C; set the variables above in another \
         shell, named as your Locations name them"
    ))?;
    sandbox
        .serve(listener, async {
            // Without a signal handler the process ends at Ctrl-C all the same.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await?;
    Ok(Exit::Done)
}
