//! `vpp schema`: JSON Schema of what goes in and comes out.

use super::Context;
use super::args::{Schema, SchemaSubject};
use super::exit::Exit;
use super::failure::Failure;
use crate::{apply, manifest, plan, sandbox};

pub(super) fn run(context: &Context, arguments: &Schema) -> Result<Exit, Failure> {
    let schema = match arguments.subject {
        SchemaSubject::Manifest => manifest::json_schema(),
        SchemaSubject::Plan => plan::json_schema(),
        SchemaSubject::Result => apply::outcome::json_schema().to_value(),
        SchemaSubject::Events => apply::outcome::event_schema().to_value(),
        SchemaSubject::World => sandbox::json_schema(),
    };
    let text = serde_json::to_string_pretty(&schema)?;
    context.streams.print(|out| writeln!(out, "{text}"))?;
    Ok(Exit::Done)
}
