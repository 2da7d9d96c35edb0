//! `vpp schema`: JSON Schema of what goes in and comes out.

use super::Context;
use super::args::{Schema, SchemaSubject};
use super::exit::Exit;
use super::failure::Failure;
use crate::{apply, manifest, plan, sandbox, store};

pub(super) fn run(context: &Context, arguments: &Schema) -> Result<Exit, Failure> {
    let text = match arguments.subject {
        SchemaSubject::Manifest => serde_json::to_string_pretty(&manifest::json_schema()),
        SchemaSubject::Plan => serde_json::to_string_pretty(&plan::json_schema()),
        SchemaSubject::Result => serde_json::to_string_pretty(&apply::outcome::json_schema()),
        SchemaSubject::Events => serde_json::to_string_pretty(&apply::outcome::event_schema()),
        SchemaSubject::History => serde_json::to_string_pretty(&store::history::json_schema()),
        SchemaSubject::Audit => serde_json::to_string_pretty(&store::audit::json_schema()),
        SchemaSubject::World => serde_json::to_string_pretty(&sandbox::json_schema()),
    }?;
    context.streams.print(|out| writeln!(out, "{text}"))?;
    Ok(Exit::Done)
}
