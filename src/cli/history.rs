//! `vpp history`: what earlier runs did.

use super::Context;
use super::args::{Format, History as Arguments, HistoryAction, HistoryShow, StatusFormat, Target};
use super::exit::Exit;
use super::failure::Failure;
use super::state;
use crate::render;
use crate::store::history::{History, HistoryRun};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    if let Some(HistoryAction::Show(arguments)) = &arguments.action {
        return show(context, arguments).await;
    }
    let Arguments { folder, most, format, state, action: _ } = arguments;
    let runs = match state::look(context, folder, state, &Target::default()).await? {
        Some(store) => store.runs(*most).await?,
        None => vec![],
    };
    let streams = &context.streams;
    if runs.is_empty() && *format == StatusFormat::Human {
        streams.hint("no run is remembered here; `vpp apply` begins the history")?;
    }
    let history =
        History::of(runs.into_iter().map(|run| HistoryRun { run, journal: None }).collect());
    streams.print(|out| match format {
        StatusFormat::Human => {
            render::history::human(out, &streams.out_styles(), &streams.shape(), &history)
        }
        StatusFormat::Json => render::json::write(out, &history),
        StatusFormat::Csv => render::history::csv(out, &history),
    })?;
    Ok(Exit::Done)
}

async fn show(context: &Context, arguments: &HistoryShow) -> Result<Exit, Failure> {
    let HistoryShow { run: id, folder, format, state } = arguments;
    let store = state::look(context, folder, state, &Target::default()).await?;
    let Some(store) = store else {
        return Err(anyhow::anyhow!(
            "no run is remembered here\nhint: name the folder of the manifests, or --state"
        )
        .into());
    };
    let mut found = store.runs_named(id).await?.into_iter();
    let (Some(run), None) = (found.next(), found.next()) else {
        return Err(anyhow::anyhow!(
            "there is no run, or more than one, whose id begins with `{}`\nhint: `vpp history` \
             lists them",
            render::escape::terminal(id)
        )
        .into());
    };
    let journal = store.journal(run.id).await?;
    let history = History::of(vec![HistoryRun { run, journal: Some(journal) }]);
    let streams = &context.streams;
    streams.print(|out| match format {
        Format::Human => {
            render::history::whole(out, &streams.out_styles(), &streams.shape(), &history)
        }
        Format::Json => render::json::write(out, &history),
    })?;
    Ok(Exit::Done)
}
