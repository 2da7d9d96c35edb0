//! `vpp groups`: who is in which group, and why. No network to Apple.

use serde::Serialize;

use super::Context;
use super::args::{Groups as Arguments, GroupsCommand, GroupsList, GroupsShow, StatusFormat};
use super::exit::Exit;
use super::failure::Failure;
use super::prepare::{self, Means, Read};
use crate::desired::overview::{self, GroupSummary, Member};
use crate::diagnostic::nearest;
use crate::license::Roster;
use crate::render;

/// All groups, for machines.
#[derive(Serialize)]
struct All<'g> {
    format_version: &'static str,
    groups: &'g [GroupSummary],
}

/// One group, for machines.
#[derive(Serialize)]
struct One<'g> {
    format_version: &'static str,
    group: &'g GroupSummary,
    members: &'g [Member],
}

const FORMAT_VERSION: &str = "1.0";

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    match &arguments.show {
        None => list(context, &arguments.list),
        Some(GroupsCommand::Show(GroupsShow { name, list })) => show(context, name, list),
    }
}

/// Reads everything and says what is worth knowing about it.
fn read(context: &Context, list: &GroupsList) -> Result<Read, Failure> {
    let means = Means { allow_exec: !list.no_exec, memory: None };
    let read = prepare::read(context, &list.manifests.folder, means, Roster::new())?;
    if !read.diagnostics.is_empty() {
        let streams = &context.streams;
        streams.say(|out| {
            render::diagnostics::human(
                out,
                &streams.err_styles(),
                &streams.shape(),
                &read.manifests.sources,
                &read.diagnostics,
            )
        })?;
    }
    Ok(read)
}

fn list(context: &Context, arguments: &GroupsList) -> Result<Exit, Failure> {
    let Read { manifests, loaded, desired, roster, .. } = read(context, arguments)?;
    let groups = overview::overview(&manifests, &loaded, &desired, &roster);
    let streams = &context.streams;
    streams.print(|out| match arguments.format {
        StatusFormat::Human => {
            render::groups::human(out, &streams.out_styles(), &streams.shape(), &groups)
        }
        StatusFormat::Json => {
            let all = All { format_version: FORMAT_VERSION, groups: &groups };
            render::json::line(out, &all)
        }
        StatusFormat::Csv => render::groups::csv(out, &groups),
    })?;
    Ok(Exit::Done)
}

fn show(context: &Context, name: &str, arguments: &GroupsList) -> Result<Exit, Failure> {
    let Read { manifests, loaded, desired, roster, .. } = read(context, arguments)?;
    let summaries = overview::overview(&manifests, &loaded, &desired, &roster);
    let group = manifests.groups.iter().find(|group| group.name.value == name);
    let summary = summaries.iter().find(|group| group.name == name);
    let (Some(group), Some(summary)) = (group, summary) else {
        let names = manifests.groups.iter().map(|group| group.name.value.as_str());
        let near = nearest(name, names).map(|near| format!("\nhint: did you mean `{near}`?"));
        let hint = near.unwrap_or_else(|| "\nhint: `vpp groups` lists all".to_owned());
        return Err(Failure::usage(format!("there is no group `{name}`{hint}")));
    };
    let members = overview::members(group, &manifests, &loaded, &desired, &roster);
    let streams = &context.streams;
    streams.print(|out| match arguments.format {
        StatusFormat::Human => {
            let (styles, shape) = (streams.out_styles(), streams.shape());
            render::groups::human_members(out, &styles, &shape, summary, &members)
        }
        StatusFormat::Json => {
            let one = One { format_version: FORMAT_VERSION, group: summary, members: &members };
            render::json::line(out, &one)
        }
        StatusFormat::Csv => render::groups::csv_members(out, &members),
    })?;
    Ok(Exit::Done)
}
