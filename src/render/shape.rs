/// The terminal a text is made for. The caller finds these facts out; nothing here asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Columns. Fewer than [`Shape::NARROWEST`] count as that many.
    pub width: usize,
    /// Whether nothing but ASCII may come out (the terminal does not speak UTF-8).
    pub ascii: bool,
    /// Whether to list every holder, with no bound on the number of lines.
    pub detail: bool,
    /// Where the plan was saved, for the line that says what to type next.
    pub plan_file: Option<String>,
    /// What was typed, for the line that says what to type next.
    pub typed: Typed,
}

impl Shape {
    /// Below this tables make no sense; a narrower terminal wraps the lines itself.
    pub const NARROWEST: usize = 60;
    /// Beyond this lines are hard to follow with the eye; a wider terminal stays empty there.
    pub const WIDEST: usize = 132;

    /// The columns to lay out for.
    pub fn columns(&self) -> usize {
        self.width.clamp(Self::NARROWEST, Self::WIDEST)
    }

    /// The signs this terminal can show.
    pub fn symbols(&self) -> &'static Symbols {
        if self.ascii { &Symbols::ASCII } else { &Symbols::UNICODE }
    }
}

impl Default for Shape {
    /// A terminal of 100 columns that speaks UTF-8, without details.
    fn default() -> Self {
        Self { width: 100, ascii: false, detail: false, plan_file: None, typed: Typed::default() }
    }
}

/// What was typed, so that the command to type next is complete. The texts are ready for a shell
/// and begin with a space where they are not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The folder of the manifests.
    pub folder: String,
    /// Options that say which Apple: a sandbox, chosen locations.
    pub options: String,
    /// Whether it is applied already: then there is nothing to type next.
    pub applying: bool,
}

/// Signs that stand beside words, never for them.
#[derive(Debug, PartialEq, Eq)]
pub struct Symbols {
    /// Fine.
    pub ok: &'static str,
    /// Wrong.
    pub bad: &'static str,
    /// To look at.
    pub warn: &'static str,
    /// Between the items of a line.
    pub dot: &'static str,
    /// Something was left out.
    pub more: &'static str,
    /// So many times.
    pub times: &'static str,
}

impl Symbols {
    /// For terminals that speak UTF-8.
    pub const UNICODE: Self =
        Self { ok: "✓", bad: "✗", warn: "!", dot: "·", more: "…", times: "×" };

    /// For all others.
    pub const ASCII: Self =
        Self { ok: "+", bad: "x", warn: "!", dot: "-", more: "...", times: "x" };
}
