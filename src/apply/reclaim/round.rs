//! One round: what devices answered, what is sent to them, and what their proofs release.

use super::book::{Book, Page};
use crate::apply::journal::{Wish, json};
use crate::apply::licenses;
use crate::apply::run::{Halt, Run};
use crate::apply::work::{Pairs, Work};
use crate::mdm::{Ask, Command, Delivery, Order};
use crate::plan::Action;
use crate::reclaim::{Act, Seen};
use crate::store::{IntentKind, Outcome};

/// Commands that are written down and handed over together.
const COMMANDS: usize = 1000;

/// Asks what became of everything that is waited for, and sends what is due. True where a device or
/// the server had something to say.
///
/// # Errors
/// Where nothing more should be done in the location.
pub(super) async fn round(run: &Run<'_>, book: &mut Book) -> Result<bool, Halt> {
    let Some(Ok(mdm)) = book.hand.as_ref().map(|hand| hand.mdm.clone()) else { return Ok(false) };
    if book.trouble.is_some() {
        return Ok(false);
    }
    let rules = book.rules;
    let mut stirred = false;
    let now = run.journal.now();
    let asks: Vec<(usize, Ask)> = each_act(&book.pages, |act| match act {
        Act::Ask(ask) => Some(ask.clone()),
        Act::Send(_) | Act::Release => None,
    });
    if !asks.is_empty() {
        let (places, asks): (Vec<usize>, Vec<Ask>) = asks.into_iter().unzip();
        match mdm.standing(&asks, now).await {
            Ok(standings) => {
                let now = run.journal.now();
                for ((place, ask), standing) in places.into_iter().zip(asks).zip(standings) {
                    if let Some(page) = book.pages.get_mut(place) {
                        stirred |=
                            page.see(&[Seen::Standing { id: ask.id, standing }], now, &rules);
                    }
                }
            }
            Err(error) => {
                book.trouble = Some(error.to_string());
                return Ok(false);
            }
        }
    }
    let now = run.journal.now();
    for page in &mut book.pages {
        page.see(&[], now, &rules);
    }
    book.keep(&run.journal).await?;
    let mut sends: Vec<(usize, Command)> = each_act(&book.pages, |act| match act {
        Act::Send(command) => Some(command.clone()),
        Act::Ask(_) | Act::Release => None,
    });
    while !sends.is_empty() {
        let rest = sends.split_off(sends.len().min(COMMANDS));
        let (places, commands): (Vec<usize>, Vec<Command>) =
            std::mem::replace(&mut sends, rest).into_iter().unzip();
        run.go_on()?;
        if !run.journal.intend_all(commands.iter().map(wish).collect()).await {
            return run.go_on().map(|()| stirred);
        }
        let now = run.journal.now();
        let deliveries = mdm.send(&commands, now).await;
        let mut ended = vec![];
        for ((place, command), delivery) in places.into_iter().zip(commands).zip(deliveries) {
            ended.push((command.id, outcome(&delivery)));
            if let Some(page) = book.pages.get_mut(place) {
                let seen = Seen::Delivered { id: command.id, delivery };
                stirred |= page.see(&[seen], run.journal.now(), &rules);
            }
        }
        // First what the reclaims say, then the journal: the other way round a run that is killed
        // in between would not know that anything was sent.
        book.write(&run.journal).await?;
        run.journal.settle(&ended).await;
    }
    book.stirred |= stirred;
    Ok(stirred)
}

fn each_act<T>(pages: &[Page], pick: impl Fn(&Act) -> Option<T>) -> Vec<(usize, T)> {
    let pages = pages.iter().enumerate();
    pages
        .flat_map(|(place, page)| page.acts.iter().filter_map(&pick).map(move |act| (place, act)))
        .collect()
}

fn wish(command: &Command) -> Wish {
    let kind = match command.order {
        Order::Remove { .. } => IntentKind::RemoveApp,
        Order::ListInstalled { .. } | Order::ListManaged { .. } => IntentKind::ListApps,
        Order::Install { .. } => IntentKind::InstallApp,
    };
    let body = serde_json::json!({
        "serialNumber": command.device.serial,
        "attempt": command.attempt,
        "command": json(&command.order),
    });
    Wish { id: command.id, kind, count: 1, body }
}

/// The journal's part of a command ends when the server has it; the reclaim carries on.
fn outcome(delivery: &Delivery) -> Outcome {
    match delivery {
        Delivery::Queued { .. } | Delivery::Known => Outcome::Settled { done: 1, failed: 0 },
        Delivery::Unclear { why } => Outcome::Overtaken { message: why.clone() },
        Delivery::Refused { why, retryable: _ } => {
            Outcome::Refused { number: None, message: why.clone() }
        }
    }
}

/// Releases the licenses whose app is proven gone, and only these.
///
/// # Errors
/// [`Halt`] where nothing more should be tried in the location.
pub(super) async fn release(
    run: &mut Run<'_>,
    work: &mut Work<'_>,
    book: &mut Book,
) -> Result<bool, Halt> {
    let proven = book.proven(work);
    if proven.is_empty() {
        return Ok(false);
    }
    work.prove(&proven);
    let action = Action::Uninstall;
    let result = licenses::carry_out(run, work, action, Some(&proven), &Pairs::new()).await;
    let (done, sent) = (work.through(action), work.sent_of(action));
    let (now, rules) = (run.journal.now(), book.rules);
    let roster = &work.roster;
    let mut any = false;
    for page in &mut book.pages {
        let asset = page.reclaim.asset;
        let Some(id) = roster.find(page.reclaim.holder.as_ref()) else { continue };
        let is_in = |pairs: &Pairs| pairs.get(&asset).is_some_and(|holders| holders.contains(id));
        if !is_in(&proven) {
            continue;
        }
        if is_in(&done) {
            page.see(&[Seen::Released, Seen::Held(false)], now, &rules);
            any = true;
        } else if is_in(&sent) {
            page.see(&[Seen::Released], now, &rules);
        }
    }
    book.keep(&run.journal).await?;
    result.map(|()| any)
}
