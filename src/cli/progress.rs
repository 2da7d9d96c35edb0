//! What is said while a plan is carried out: JSON lines on standard output, or progress on
//! standard error.

use super::Context;
use super::streams::{Progress, Streams};
use crate::apply::Observer;
use crate::apply::outcome::Event;
use crate::plan::Plan;
use crate::render;
use crate::render::number::counted;
use crate::render::progress::Progress as Line;

/// Tells a run's events as they come.
pub(super) struct Narrator<'c> {
    streams: &'c Streams,
    json: bool,
    line: Line,
}

impl<'c> Narrator<'c> {
    pub(super) fn new(context: &'c Context, json: bool, plan: &Plan) -> Self {
        let shape = context.streams.shape();
        let line = match context.streams.progress(&context.environment) {
            Progress::Live => Line::live(&shape),
            Progress::Plain => Line::plain(&shape, Box::new(std::io::stderr())),
            Progress::None => Line::silent(),
        };
        let pairs = plan.summary.assign + plan.summary.release;
        if pairs > 0 {
            line.phase("moving licenses", pairs);
        }
        Self { streams: &context.streams, json, line }
    }

    /// Takes the live line away.
    pub(super) fn finish(&self) {
        self.line.finish();
    }

    fn tell(&self, event: &Event) {
        let line = &self.line;
        match event {
            Event::LocationStarted { location, pairs, .. } => {
                line.message(&format!("{location}: {} to move", licenses(*pairs)));
            }
            Event::RequestSent { location, action: _, pairs, event_id } => {
                let what = if event_id.is_some() { "sent" } else { "sent, no reply" };
                line.message(&format!("{location}: {what}, {}", licenses(*pairs)));
            }
            Event::SeatRequest { location, step: _, pairs, event_id: _ } => {
                let pairs = counted(*pairs, "seat or administrator", "seats or administrators");
                line.message(&format!("{location}: sent, {pairs}"));
            }
            Event::MdmStep { location, step } => {
                line.message(&format!("{location}: {}: {}", step.app, step.target));
            }
            Event::Settled { applied, failed, .. } => line.advance(applied + failed),
            Event::Stopped { location, reason } => {
                let location = location.as_deref().unwrap_or("all locations");
                line.message(&format!("{location}: stopped: {reason}"));
            }
            Event::Version { .. }
            | Event::Claimed { .. }
            | Event::Users { .. }
            | Event::Seats { .. }
            | Event::MdmReclaim { .. }
            | Event::ChangeDone { .. }
            | Event::Summary { .. } => {}
        }
    }
}

fn licenses(number: u64) -> String {
    counted(number, "license", "licenses")
}

impl Observer for Narrator<'_> {
    fn note(&self, event: Event) {
        if self.json {
            let printed = self.streams.print(|out| render::json::line(out, &event));
            if let Err(error) = printed {
                tracing::warn!(%error, "an event could not be printed");
            }
        }
        self.tell(&event);
    }
}
