use std::borrow::Cow;
use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{
    AnnotationKind, Group, Level as Title, Origin, Padding, Renderer, Snippet,
};

use super::window::windows;
use crate::diagnostic::{Diagnostic, FileId, Level, Sources, Span};
use crate::render::text::Line;
use crate::render::{Shape, Styles, escape, number};

/// Writes every problem with its place underlined, and a line that counts them.
///
/// # Errors
/// Those of `out`.
pub fn human(
    out: &mut dyn Write,
    styles: &Styles,
    shape: &Shape,
    sources: &Sources,
    diagnostics: &[Diagnostic],
) -> io::Result<()> {
    let renderer = renderer(styles, shape);
    for diagnostic in diagnostics {
        let text = renderer.render(&[group(sources, diagnostic, shape.ascii)]);
        for line in text.lines().filter(|line| !opens_no_file(line)) {
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    closing(styles, shape, diagnostics).map_or(Ok(()), |line| line.write(out))
}

fn renderer(styles: &Styles, shape: &Shape) -> Renderer {
    Renderer::plain()
        .term_width(shape.columns())
        .decor_style(DecorStyle::Ascii)
        .error(styles.error)
        .warning(styles.warn)
        .help(styles.hint)
        .line_num(styles.dim)
        .emphasis(styles.heading)
        .context(styles.path)
        .none(styles.text)
}

/// The renderer computes a place from the source it is given, which is cut and escaped here, so
/// places are given to it apart from their source. It then opens the source with a `:::` of no
/// file.
fn opens_no_file(line: &str) -> bool {
    line.contains(":::") && anstream::adapter::strip_str(line).to_string().trim() == ":::"
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic, ascii: bool) -> Group<'a> {
    let Diagnostic { code, level, message, labels, help } = diagnostic;
    let title = match level {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
    };
    let safe = |text: &'a str| -> Cow<'a, str> {
        if ascii { escape::ascii(text) } else { escape::terminal(text) }
    };
    let mut group = Group::with_title(title.primary_title(safe(message)).id(safe(code.id)));
    for (file, spans) in by_file(labels.iter().map(|label| label.span)) {
        let Some(file) = sources.get(file) else { continue };
        let mut windows = windows(&file.text, &spans, ascii);
        // The place itself comes first, what belongs to its story after it.
        windows.sort_by_key(|window| !window.marks.iter().any(|(label, _)| *label == 0));
        for window in windows {
            let lead = window.marks.iter().map(|(label, _)| *label).min();
            let span = lead.and_then(|label| labels.get(label)).map(|label| label.span);
            if let Some(span) = span {
                if lead != Some(0) {
                    group = group.element(Padding);
                }
                let origin = Origin::path(safe(file.path.as_str()));
                group = group.element(origin.line(wide(span.line)).char_column(wide(span.column)));
            }
            let marks = window.marks.into_iter().map(|(label, range)| {
                let kind =
                    if label == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let text = labels.get(label).map_or("", |label| label.text.as_str());
                kind.span(range).label((!text.is_empty()).then(|| safe(text)))
            });
            let source = Snippet::source(window.source).line_start(window.line);
            group = group.element(source.annotations(marks));
        }
    }
    for text in help {
        let lines: Vec<Cow<'a, str>> = text.lines().map(safe).collect();
        group = group.element(Title::HELP.message(lines.join("\n")));
    }
    group
}

/// The labels' spans with their numbers, by file, the first label's file first.
fn by_file(spans: impl Iterator<Item = Span>) -> Vec<(FileId, Vec<(usize, Span)>)> {
    let mut files: Vec<(FileId, Vec<(usize, Span)>)> = vec![];
    for (label, span) in spans.enumerate() {
        match files.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, spans)) => spans.push((label, span)),
            None => files.push((span.file, vec![(label, span)])),
        }
    }
    files
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn closing(styles: &Styles, shape: &Shape, diagnostics: &[Diagnostic]) -> Option<Line> {
    let (errors, warnings) = super::counts(diagnostics);
    let errors = (errors > 0)
        .then(|| (styles.error, number::counted(number::count(errors), "error", "errors")));
    let warnings = (warnings > 0)
        .then(|| (styles.warn, number::counted(number::count(warnings), "warning", "warnings")));
    let mut line = Line::new(shape.ascii);
    for (at, (style, text)) in errors.into_iter().chain(warnings).enumerate() {
        if at > 0 {
            line.push(styles.text, " and ");
        }
        line.push(style, &text);
    }
    (!line.is_empty()).then_some(line)
}
