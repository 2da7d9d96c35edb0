//! Who holds an app or book and who would, as a unified diff of two documents with a line for every
//! holder.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::io::{self, Write};

use similar::DiffOp;

use super::diff::{self, Look, Names, Side};
use crate::format;
use crate::license::{Asset, AssetKind, HolderRef, PricingParam};
use crate::manifest::document::API_VERSION;

/// One app or book at one location.
#[derive(Debug)]
pub struct Holdings<'h> {
    /// Name of the location.
    pub location: &'h str,
    /// What is licensed.
    pub asset: Asset,
    /// App or book.
    pub kind: AssetKind,
    /// Name of its manifest.
    pub name: &'h str,
    /// The app's bundle identifier, where the manifest gives one.
    pub bundle_id: Option<&'h str>,
    /// Who holds it, in the order of [`crate::license::Roster::sorted`].
    pub held: Vec<HolderRef<'h>>,
    /// Who would lose it.
    pub losing: Vec<HolderRef<'h>>,
    /// Who would get it.
    pub getting: Vec<HolderRef<'h>>,
}

/// Writes one app's or book's diff; nothing where nobody gets or loses it. Takes time and room in
/// proportion to its holders.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut dyn Write, look: Look<'_>, holdings: Holdings<'_>) -> io::Result<()> {
    let Holdings { location, asset, kind, name, bundle_id, held, mut losing, mut getting } =
        holdings;
    if losing.is_empty() && getting.is_empty() {
        return Ok(());
    }
    losing.sort_unstable();
    getting.sort_unstable();
    let mut sides = Sides::default();
    sides.both(header(location, asset, kind, name, bundle_id));
    for (key, is_user) in [("devices", false), ("users", true)] {
        let of_kind = |holders: &[HolderRef<'_>]| holders.iter().any(|h| user(*h) == is_user);
        let is_old = of_kind(&held);
        let is_new = of_kind(&getting)
            || (is_old
                && held.iter().any(|h| user(*h) == is_user && losing.binary_search(h).is_err()));
        sides.heading(key, is_old, is_new);
        let old = held.iter().copied().filter(|holder| user(*holder) == is_user);
        let new = getting.iter().copied().filter(|holder| user(*holder) == is_user);
        sides.holders(old, new, &losing);
    }
    let Sides { old, new, steps } = sides;
    let (was, becomes) =
        (format!("actual/{location}/{name}"), format!("desired/{location}/{name}"));
    diff::lines(out, look, Names { old: &was, new: &becomes }, steps, &|side, at| {
        let lines = match side {
            Side::Old => &old,
            Side::New => &new,
        };
        lines.get(at).map_or(Cow::Borrowed("\n"), Line::shown)
    })
}

fn user(holder: HolderRef<'_>) -> bool {
    match holder {
        HolderRef::Device(_) => false,
        HolderRef::User(_) => true,
    }
}

fn header(
    location: &str,
    asset: Asset,
    kind: AssetKind,
    name: &str,
    bundle_id: Option<&str>,
) -> Vec<String> {
    let kind = match kind {
        AssetKind::App => "App",
        AssetKind::Book => "Book",
    };
    let mut lines = vec![
        format!("apiVersion: {API_VERSION}"),
        format!("kind: {kind}"),
        format!("name: {}", format::value(name)),
        format!("adamId: \"{}\"", asset.adam_id),
    ];
    if asset.pricing_param != PricingParam::default() {
        lines.push(format!("pricing: {}", asset.pricing_param.as_str()));
    }
    lines.extend(bundle_id.map(|id| format!("bundleId: {}", format::value(id))));
    lines.push(format!("location: {}", format::value(location)));
    lines
}

enum Line<'h> {
    Text(String),
    Holder(&'h str),
}

impl Line<'_> {
    fn shown(&self) -> Cow<'static, str> {
        Cow::Owned(match self {
            Self::Text(text) => format!("{text}\n"),
            Self::Holder(holder) => format!("  - {}\n", format::value(holder)),
        })
    }
}

/// Both documents and the steps from one to the other. Both lists of holders are sorted, so one
/// walk over them tells.
#[derive(Default)]
struct Sides<'h> {
    old: Vec<Line<'h>>,
    new: Vec<Line<'h>>,
    steps: Vec<DiffOp>,
}

impl<'h> Sides<'h> {
    fn both(&mut self, lines: Vec<String>) {
        for line in lines {
            self.equal();
            self.old.push(Line::Text(line.clone()));
            self.new.push(Line::Text(line));
        }
    }

    fn heading(&mut self, key: &str, is_old: bool, is_new: bool) {
        let text = |filled: bool| if filled { format!("{key}:") } else { format!("{key}: []") };
        if is_old == is_new {
            self.both(vec![text(is_old)]);
        } else {
            self.deleted(Line::Text(text(is_old)));
            self.inserted(Line::Text(text(is_new)));
        }
    }

    fn holders(
        &mut self,
        old: impl Iterator<Item = HolderRef<'h>>,
        getting: impl Iterator<Item = HolderRef<'h>>,
        losing: &[HolderRef<'h>],
    ) {
        let (mut old, mut getting) = (old.peekable(), getting.peekable());
        loop {
            let next = match (old.peek(), getting.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.cmp(b),
            };
            match next {
                Ordering::Greater => {
                    let Some(holder) = getting.next() else { return };
                    self.inserted(Line::Holder(holder.text()));
                }
                Ordering::Less | Ordering::Equal => {
                    let Some(holder) = old.next() else { return };
                    if next == Ordering::Equal {
                        getting.next();
                    }
                    if next == Ordering::Less && losing.binary_search(&holder).is_ok() {
                        self.deleted(Line::Holder(holder.text()));
                    } else {
                        self.equal();
                        self.old.push(Line::Holder(holder.text()));
                        self.new.push(Line::Holder(holder.text()));
                    }
                }
            }
        }
    }

    fn equal(&mut self) {
        if let Some(DiffOp::Equal { len, .. }) = self.steps.last_mut() {
            *len += 1;
        } else {
            let (old_index, new_index) = (self.old.len(), self.new.len());
            self.steps.push(DiffOp::Equal { old_index, new_index, len: 1 });
        }
    }

    fn deleted(&mut self, line: Line<'h>) {
        if let Some(DiffOp::Delete { old_len, .. }) = self.steps.last_mut() {
            *old_len += 1;
        } else {
            let (old_index, new_index) = (self.old.len(), self.new.len());
            self.steps.push(DiffOp::Delete { old_index, old_len: 1, new_index });
        }
        self.old.push(line);
    }

    fn inserted(&mut self, line: Line<'h>) {
        if let Some(DiffOp::Insert { new_len, .. }) = self.steps.last_mut() {
            *new_len += 1;
        } else {
            let (old_index, new_index) = (self.old.len(), self.new.len());
            self.steps.push(DiffOp::Insert { old_index, new_index, new_len: 1 });
        }
        self.new.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Styles;

    fn devices<'n>(names: &[&'n str]) -> Vec<HolderRef<'n>> {
        names.iter().map(|name| HolderRef::Device(name)).collect()
    }

    fn shown(held: &[&str], losing: &[&str], getting: &[&str]) -> String {
        let holdings = Holdings {
            location: "northfield",
            asset: Asset {
                adam_id: "360593530".parse().unwrap(),
                pricing_param: PricingParam::default(),
            },
            kind: AssetKind::App,
            name: "Nota\u{1b}[2J",
            bundle_id: None,
            held: devices(held),
            losing: devices(losing),
            getting: devices(getting),
        };
        let mut out = Vec::new();
        write(&mut out, Look { styles: &Styles::plain(), ascii: false }, holdings).unwrap();
        String::from_utf8(out).unwrap()
    }

    const NAMES: &str =
        "--- actual/northfield/Nota\\u{1b}[2J\n+++ desired/northfield/Nota\\u{1b}[2J\n";

    #[test]
    fn holders_stand_in_one_order_and_only_changes_with_their_neighbors_are_shown() {
        let lines = [
            "@@ -4,12 +4,13 @@",
            " adamId: \"360593530\"",
            " location: northfield",
            " devices:",
            "+  - \"012\"",
            "   - \"1\"",
            "   - A",
            "   - B",
            "   - C",
            "   - D",
            "-  - E",
            "+  - EE",
            "   - F",
            "   - G",
            " users: []\n",
        ];
        let held = ["1", "A", "B", "C", "D", "E", "F", "G"];
        assert_eq!(shown(&held, &["E"], &["EE", "012"]), format!("{NAMES}{}", lines.join("\n")));
    }

    #[test]
    fn nobody_left_is_an_empty_list() {
        let lines = [
            "@@ -3,6 +3,5 @@",
            " name: \"Nota\\u001B[2J\"",
            " adamId: \"360593530\"",
            " location: northfield",
            "-devices:",
            "+devices: []",
            "-  - A",
            " users: []\n",
        ];
        assert_eq!(shown(&["A"], &["A"], &[]), format!("{NAMES}{}", lines.join("\n")));
        assert_eq!(shown(&["A"], &[], &[]), "");
    }

    #[test]
    fn a_hundred_thousand_holders_take_no_time() {
        let names: Vec<String> = (0..100_000).map(|n| format!("S{n:08}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (old, new) = names.split_at(50_000);
        let said = shown(old, old, new);
        assert_eq!(said.lines().filter(|line| line.starts_with("-  - ")).count(), 50_000);
        assert_eq!(said.lines().filter(|line| line.starts_with("+  - ")).count(), 50_000);
    }
}
