use super::{Guard, Trip, View};
use crate::diagnostic::Code;
use crate::license::AssetKind;
use crate::plan::numbers::counted;

pub(super) const GUARD: Guard = Guard {
    code: Code {
        id: "VPP-G116",
        title: "a license given for good",
        explain: "A book's license never comes back from the person it was given to. So a book \
                  needs `irrevocable: true` in its manifest before any is given. An app that Apple \
                  calls irrevocable is only warned of.",
    },
    waivable: true,
    check,
};

fn check(view: &View<'_>) -> Vec<Trip> {
    let placed = view.survey.placed.iter();
    let risky = placed.filter(|placed| {
        placed.irrevocable() && !placed.wanted.irrevocable && placed.assigns() > 0
    });
    let trips = risky.map(|placed| {
        let name = &placed.wanted.name;
        let many = counted(placed.assigns(), "license");
        let trip = match placed.kind {
            AssetKind::Book => {
                Trip::block(format!("{name}: {many} of a book would be given for good"))
                    .help("write `irrevocable: true` to say that they never come back")
            }
            AssetKind::App => {
                Trip::warn(format!("{name}: {many} would be given for good, Apple says"))
            }
        };
        trip.subject(name).at(placed.wanted.span).assigns(placed.assigns())
    });
    trips.collect()
}

#[cfg(test)]
mod tests {
    use crate::plan::world::{World, blocked, devices, users, warned};

    fn book() -> World {
        World::new().group("staff", users(["ada"])).book("rust").to("staff").owns(1)
    }

    #[test]
    fn a_book_needs_the_authors_word() {
        let plan = book().plan();
        assert_eq!(blocked(&plan), ["VPP-G116"]);
        assert!(blocked(&book().irrevocable().plan()).is_empty());
    }

    #[test]
    fn an_irrevocable_app_is_warned_of() {
        let app = || World::new().group("g", devices(1..=1)).app("a").to("g").owns(1);
        assert_eq!(warned(&app().not_revocable().plan()), ["VPP-G116"]);
        assert!(warned(&app().plan()).is_empty());
    }
}
