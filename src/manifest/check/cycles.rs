use std::collections::HashMap;

use crate::diagnostic::{At, Diagnostic};
use crate::manifest::codes;
use crate::manifest::kind::Group;

/// How many groups of a long cycle are shown.
const SHOWN: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the way from where the search began to where it is.
    Open,
    Done,
}

/// Groups that include themselves, directly or through others: one diagnostic for each line that
/// closes a cycle.
pub(super) fn find(groups: &[Group]) -> Vec<Diagnostic> {
    let mut number = HashMap::new();
    for (at, group) in groups.iter().enumerate() {
        number.entry(group.name.value.as_str()).or_insert(at);
    }
    let mut states = vec![State::New; groups.len()];
    let mut diagnostics = Vec::new();
    for begin in 0..groups.len() {
        // Not by recursion: a chain can be as long as there are groups.
        let mut way: Vec<(usize, std::slice::Iter<'_, At<String>>)> = Vec::new();
        enter(groups, begin, &mut states, &mut way);
        while let Some((_, includes)) = way.last_mut() {
            let Some(include) = includes.next() else {
                if let Some((left, _)) = way.pop()
                    && let Some(state) = states.get_mut(left)
                {
                    *state = State::Done;
                }
                continue;
            };
            let Some(&next) = number.get(include.value.as_str()) else { continue };
            match states.get(next) {
                Some(State::Open) => {
                    let cycle = way.iter().skip_while(|(at, _)| *at != next);
                    let members = cycle.filter_map(|(at, _)| groups.get(*at)).collect::<Vec<_>>();
                    diagnostics.push(cycle_of(&members, include));
                }
                Some(State::New) => enter(groups, next, &mut states, &mut way),
                Some(State::Done) | None => {}
            }
        }
    }
    diagnostics
}

fn enter<'g>(
    groups: &'g [Group],
    at: usize,
    states: &mut [State],
    way: &mut Vec<(usize, std::slice::Iter<'g, At<String>>)>,
) {
    if let (Some(group), Some(state)) = (groups.get(at), states.get_mut(at))
        && *state == State::New
    {
        *state = State::Open;
        way.push((at, group.include.iter()));
    }
}

fn cycle_of(members: &[&Group], closing: &At<String>) -> Diagnostic {
    let names = members.iter().map(|group| group.name.value.as_str());
    let mut story: Vec<_> = names.take(SHOWN).collect();
    if members.len() > SHOWN {
        story.push("…");
    }
    story.push(&closing.value);
    let mut diagnostic = Diagnostic::error(
        &codes::CYCLE,
        format!("groups include each other: {}", story.join(" → ")),
    )
    .at(closing.span, "closes the circle");
    for (group, next) in members.iter().zip(members.iter().skip(1)).take(SHOWN) {
        let edge = group.include.iter().find(|include| include.value == next.name.value);
        if let Some(edge) = edge {
            diagnostic = diagnostic.at(edge.span, format!("`{}` includes it", group.name.value));
        }
    }
    diagnostic.help("remove one of these `include` items")
}
