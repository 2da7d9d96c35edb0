//! `vpp explain`: what a code means and what to do about it.

use super::Context;
use super::args::Explain;
use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::nearest;
use crate::render::codes;
use crate::render::text::Line;

pub(super) fn run(context: &Context, arguments: &Explain) -> Result<Exit, Failure> {
    let codes = codes::all();
    let streams = &context.streams;
    let Some(asked) = &arguments.code else {
        streams.print(|out| {
            codes.iter().try_for_each(|code| writeln!(out, "{}  {}", code.id, code.title))
        })?;
        return Ok(Exit::Done);
    };
    let asked = asked.trim().to_ascii_uppercase();
    let id = if asked.starts_with("VPP-") { asked } else { format!("VPP-{asked}") };
    let Some(code) = codes.iter().find(|code| code.id == id) else {
        let near = nearest(&id, codes.iter().map(|code| code.id));
        let hint = near.map_or("list them with `vpp explain`".to_owned(), |near| {
            format!("did you mean {near}?")
        });
        return Err(Failure::usage(format!("there is no code {id}\nhint: {hint}")));
    };
    let styles = streams.out_styles();
    let (heading, shape) = (styles.heading, streams.shape());
    streams.print(|out| {
        writeln!(out, "{heading}{}: {}{heading:#}\n", code.id, code.title)?;
        for line in Line::new(shape.ascii).put(styles.text, code.explain).wrap(shape.columns(), 0) {
            line.write(out)?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_id_a_title_and_an_explanation() {
        let codes = codes::all();
        assert!(codes.len() > 40, "only {} codes are listed", codes.len());
        for pair in codes.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for code in codes {
            assert!(code.id.starts_with("VPP-") && !code.title.is_empty(), "{}", code.id);
            assert!(code.explain.split_whitespace().count() >= 8, "{}: {}", code.id, code.explain);
        }
    }
}
