use anstyle::{AnsiColor, Effects, Style};

/// What each role of a text looks like.
///
/// Color never carries a meaning of its own: the words say everything, so that a plain rendering
/// and a colored one read the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Styles {
    /// A verdict that lets the run go on: `READY`, `CONVERGED`.
    pub verdict_ok: Style,
    /// A verdict that stops it: `BLOCKED`, `INCOMPLETE`, `STOPPED`.
    pub verdict_blocked: Style,
    /// A verdict in between: `APPLIED IN PART`.
    pub verdict_warn: Style,
    /// The title of a section.
    pub heading: Style,
    /// Licenses given.
    pub assign: Style,
    /// Licenses taken back.
    pub reclaim: Style,
    /// Something that is fine.
    pub ok: Style,
    /// Something to look at.
    pub warn: Style,
    /// Something that is wrong.
    pub error: Style,
    /// `hint:`, the word before what to do next.
    pub hint: Style,
    /// A file and line, or a command to type.
    pub path: Style,
    /// What stands there for completeness.
    pub dim: Style,
    /// The names of apps, locations and people.
    pub name: Style,
    /// Everything else.
    pub text: Style,
}

impl Styles {
    /// No escape sequences at all.
    pub fn plain() -> Self {
        Self::default()
    }

    /// The sixteen colors every terminal theme chooses itself.
    pub fn colored() -> Self {
        let bold = Style::new().effects(Effects::BOLD);
        let color = |color: AnsiColor| color.on_default();
        Self {
            verdict_ok: color(AnsiColor::Green).effects(Effects::BOLD),
            verdict_blocked: color(AnsiColor::Red).effects(Effects::BOLD),
            verdict_warn: color(AnsiColor::Yellow).effects(Effects::BOLD),
            heading: bold,
            assign: color(AnsiColor::Green),
            reclaim: color(AnsiColor::Red),
            ok: color(AnsiColor::Green),
            warn: color(AnsiColor::Yellow),
            error: color(AnsiColor::Red).effects(Effects::BOLD),
            hint: color(AnsiColor::Cyan),
            path: color(AnsiColor::Cyan),
            dim: Style::new().effects(Effects::DIMMED),
            name: bold,
            text: Style::new(),
        }
    }
}
