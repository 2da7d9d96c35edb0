use crate::diagnostic::Span;
use crate::plan::GuardLevel;

/// What a guard has to say before any allowance is asked.
pub(in super::super) struct Trip {
    pub(super) level: GuardLevel,
    /// Name of the location.
    pub(super) location: Option<String>,
    /// Name of the app, book or group.
    pub(super) subject: Option<String>,
    pub(super) message: String,
    pub(super) at: Option<Span>,
    pub(super) help: Vec<String>,
    pub(super) examples: Vec<String>,
    /// What an allowance must reach.
    pub(super) moves: Moves,
}

/// The licenses a tripped guard is about: an allowance must name at least as many.
#[derive(Default, Clone, Copy)]
pub(in super::super) struct Moves {
    /// Taken back.
    pub(super) reclaim: Option<u64>,
    /// Given.
    pub(super) assign: Option<u64>,
}

impl Trip {
    pub(super) fn block(message: impl Into<String>) -> Self {
        Self::new(GuardLevel::Block, message.into())
    }

    pub(super) fn warn(message: impl Into<String>) -> Self {
        Self::new(GuardLevel::Warn, message.into())
    }

    fn new(level: GuardLevel, message: String) -> Self {
        Self {
            level,
            location: None,
            subject: None,
            message,
            at: None,
            help: vec![],
            examples: vec![],
            moves: Moves::default(),
        }
    }

    pub(super) fn location(mut self, name: &str) -> Self {
        self.location = Some(name.to_owned());
        self
    }

    pub(super) fn subject(mut self, name: &str) -> Self {
        self.subject = Some(name.to_owned());
        self
    }

    pub(super) fn at(mut self, span: Span) -> Self {
        self.at = Some(span);
        self
    }

    pub(super) fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    pub(super) fn examples(mut self, names: Vec<String>) -> Self {
        self.examples = names;
        self
    }

    pub(super) fn reclaims(mut self, number: u64) -> Self {
        self.moves.reclaim = (number > 0).then_some(number);
        self
    }

    pub(super) fn assigns(mut self, number: u64) -> Self {
        self.moves.assign = (number > 0).then_some(number);
        self
    }
}
