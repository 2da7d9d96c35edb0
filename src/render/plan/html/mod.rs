mod bar;
mod data;
mod model;
mod seats;
mod view;

use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use self::data::Data;
use self::model::View;
use super::Sections;
use crate::plan::Plan;
use crate::render::json as writer;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The whole page. The template escapes every text it is given; the four that are written as they
/// are come from here: style, script, their policy, and data whose JSON holds no markup.
#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    view: View,
    policy: String,
    style: &'static str,
    script: &'static str,
    data: String,
}

/// Writes the plan as one page that needs nothing but a browser: no other file, no network.
///
/// What a reviewer must judge is in the page itself and is read without scripts; the table of
/// changes, with every holder, is filtered by a script. The policy of the page allows that script
/// and nothing else. `links` is the address of the manifests' folder in a web view of the
/// repository.
///
/// # Errors
/// Those of `out`.
pub fn html(out: &mut dyn Write, links: Option<&str>, plan: &Plan) -> io::Result<()> {
    let sections = Sections::of(plan);
    let mut data = vec![];
    writer::script(&mut data, &Data::of(plan, &sections, links))?;
    let page = Page {
        view: View::of(plan, &sections, links),
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        data: String::from_utf8(data).map_err(io::Error::other)?,
    };
    page.write_into(&mut io::BufWriter::new(out)).map_err(io::Error::other)
}

/// Nothing is loaded, nothing is sent, and nothing runs but the page's own script.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}
