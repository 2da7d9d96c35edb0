use crate::plan::Plan;
use crate::render::plan::{Place, Sections};
use crate::render::text::Line;
use crate::render::{number, page};

/// The page a plan is drawn on.
pub(super) type Page<'p> = page::Page<'p, Content<'p>>;

/// Everything a part of the plan is drawn from.
pub(super) struct Content<'p> {
    pub(super) plan: &'p Plan,
    pub(super) sections: Sections<'p>,
}

impl Page<'_> {
    /// `apps/pages.yaml:9`, and how many lines more say so.
    pub(super) fn place<'a>(
        &self,
        mut places: impl ExactSizeIterator<Item = &'a Place<'a>>,
    ) -> Line {
        let rest = number::count(places.len()).saturating_sub(1);
        let Some(Place { file, line }) = places.next() else { return self.line() };
        let place = self.styled(self.styles.path, &format!("{file}:{line}"));
        place.put(self.styles.dim, &self.plus(rest))
    }

    /// `3 apps`, or `3 apps and books` where the plan manages books too.
    pub(super) fn assets(&self, number: u64) -> String {
        self.content.sections.assets(number)
    }

    /// Whether rows must say which location they are about.
    pub(super) fn several(&self) -> bool {
        self.content.plan.locations.len() + self.content.plan.mdm_locations.len() > 1
    }
}
