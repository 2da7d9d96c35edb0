//! Questions: assets, assignments, users, the status of an event.

use uuid::Uuid;

use super::apple::{Answer, Call, json};
use super::query::Query;
use crate::sandbox::library::{AssignmentFilter, Dataset, Library, OwnedAsset, UserFilter};
use crate::sandbox::wire::{AssetsPage, AssignmentsPage, Page, Refusal, StatusAnswer, UsersPage};
use crate::sandbox::world::{Pricing, ProductType};
use crate::sandbox::{Sandbox, Shelf, lock};

/// The page a request asks for.
#[derive(Clone, Copy)]
struct Wanted {
    index: u64,
    size: usize,
}

impl Wanted {
    fn offset(self) -> u64 {
        self.index.saturating_mul(u64::try_from(self.size).unwrap_or(u64::MAX))
    }

    /// The frame of the page: there is one page at least, and none after the last.
    fn page(self, total: u64, records: usize, version_id: String) -> Result<Page, Refusal> {
        let size = u64::try_from(self.size).unwrap_or(u64::MAX).max(1);
        let pages = total.div_ceil(size).max(1);
        if self.index >= pages {
            return Err(Refusal::new(9650).because(format!("there are {pages} pages")));
        }
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        Ok(Page {
            current_page_index: number(self.index),
            next_page_index: (self.index + 1 < pages).then(|| number(self.index + 1)),
            size: records,
            total_pages: number(pages),
            version_id,
        })
    }
}

/// Bounds on the counts of an asset, both inclusive.
struct AssetFilter<'a> {
    adam_id: Option<&'a str>,
    product_type: Option<ProductType>,
    pricing: Option<Pricing>,
    revocable: Option<bool>,
    device_assignable: Option<bool>,
    available: (Option<u64>, Option<u64>),
    assigned: (Option<u64>, Option<u64>),
    unlimited: Option<bool>,
}

impl<'a> AssetFilter<'a> {
    fn read(query: &'a Query) -> Result<Self, Refusal> {
        let product_type = match query.text("productType")? {
            None => None,
            Some("App") => Some(ProductType::App),
            Some("Book") => Some(ProductType::Book),
            Some(other) => {
                let problem = format!("query: `productType` is `{other}`, not App or Book");
                return Err(Refusal::invalid(problem));
            }
        };
        Ok(Self {
            adam_id: query.text("adamId")?,
            product_type,
            pricing: query.pricing()?,
            revocable: query.flag("revocable")?,
            device_assignable: query.flag("deviceAssignable")?,
            available: (query.count("minAvailableCount")?, query.count("maxAvailableCount")?),
            assigned: (query.count("minAssignedCount")?, query.count("maxAssignedCount")?),
            unlimited: query.flag("unlimited")?,
        })
    }

    fn fits(&self, asset: &OwnedAsset) -> bool {
        let within = |(least, most): (Option<u64>, Option<u64>), count: u64| {
            least.is_none_or(|least| count >= least) && most.is_none_or(|most| count <= most)
        };
        self.adam_id.is_none_or(|wanted| asset.adam_id == wanted)
            && self.product_type.is_none_or(|wanted| asset.kind == wanted)
            && self.pricing.is_none_or(|wanted| asset.pricing == wanted)
            && self.revocable.is_none_or(|wanted| asset.revocable == wanted)
            && self.device_assignable.is_none_or(|wanted| asset.device_assignable == wanted)
            && within(self.available, asset.available_count())
            && within(self.assigned, asset.assigned_count())
            && !(self.unlimited == Some(false) && asset.is_unlimited())
    }
}

impl Sandbox {
    fn wanted(&self, query: &Query) -> Result<Wanted, Refusal> {
        let index = query.count("pageIndex")?.unwrap_or(0);
        Ok(Wanted { index, size: self.inner.options.page_size })
    }

    pub(super) fn read_assets(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        let query = Query::read(
            &call.uri,
            &[
                "adamId",
                "productType",
                "pricingParam",
                "revocable",
                "deviceAssignable",
                "minAvailableCount",
                "maxAvailableCount",
                "minAssignedCount",
                "maxAssignedCount",
                "unlimited",
                "pageIndex",
            ],
        )?;
        let filter = AssetFilter::read(&query)?;
        let wanted = self.wanted(&query)?;
        let library = lock(&shelf.library);
        let fitting: Vec<&OwnedAsset> =
            library.assets.iter().filter(|asset| filter.fits(asset)).collect();
        let skip = usize::try_from(wanted.offset()).unwrap_or(usize::MAX);
        let shown: Vec<&OwnedAsset> =
            fitting.iter().skip(skip).take(wanted.size).copied().collect();
        let version = library.asset_changes.current();
        let total = u64::try_from(fitting.len()).unwrap_or(u64::MAX);
        let version_id = Dataset::Assets.version_id(&library.uid, version);
        let page = wanted.page(total, shown.len(), version_id)?;
        let apart = filter.unlimited == Some(true);
        let in_assets = shown.iter().filter(|asset| !(apart && asset.is_unlimited()));
        let elsewhere = shown.iter().filter(|asset| asset.is_unlimited());
        json(&AssetsPage {
            assets: in_assets.map(|asset| asset.row()).collect(),
            unlimited_assets: apart.then(|| elsewhere.map(|asset| asset.unlimited_row()).collect()),
            page,
            envelope: self.envelope(&library),
        })
    }

    pub(super) fn read_assignments(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        let query = Query::read(
            &call.uri,
            &[
                "adamId",
                "clientUserId",
                "serialNumber",
                "pricingParam",
                "excludeInactiveUsers",
                "includeUserState",
                "sinceVersionId",
                "pageIndex",
            ],
        )?;
        let wanted = self.wanted(&query)?;
        let mut filter = AssignmentFilter {
            adam_id: query.text("adamId")?,
            pricing: query.pricing()?,
            client_user_id: query.text("clientUserId")?,
            serial_number: query.text("serialNumber")?,
            exclude_inactive: query.flag("excludeInactiveUsers")?.unwrap_or(false),
            since: None,
        };
        if filter.client_user_id.is_some() && filter.serial_number.is_some() {
            return Err(Refusal::invalid("query: a user or a device, not both"));
        }
        let with_state = query.flag("includeUserState")?.unwrap_or(false);
        let since = query.text("sinceVersionId")?;
        self.before_page(shelf, wanted.index);
        let library = lock(&shelf.library);
        filter.since = known_version(Dataset::Assignments, &library, since)?;
        known_user(&library, filter.client_user_id)?;
        let slice = library
            .assignments(&filter, wanted.offset(), wanted.size)
            .map_err(|_| Refusal::new(9721))?;
        let version = library.assignment_changes.current();
        let version_id = Dataset::Assignments.version_id(&library.uid, version);
        let page = wanted.page(slice.total, slice.items.len(), version_id)?;
        let rows = slice.items.iter();
        json(&AssignmentsPage {
            assignments: rows
                .filter_map(|(asset, holder)| library.row(*asset, *holder, with_state))
                .collect(),
            page,
            envelope: self.envelope(&library),
        })
    }

    pub(super) fn read_users(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        let query = Query::read(
            &call.uri,
            &["activeOnly", "retiredOnly", "clientUserId", "sinceVersionId", "pageIndex"],
        )?;
        let wanted = self.wanted(&query)?;
        let mut filter = UserFilter {
            active_only: query.flag("activeOnly")?.unwrap_or(false),
            retired_only: query.flag("retiredOnly")?.unwrap_or(false),
            client_user_id: query.text("clientUserId")?,
            since: None,
        };
        if filter.active_only && filter.retired_only {
            return Err(Refusal::invalid("query: activeOnly or retiredOnly, not both"));
        }
        let since = query.text("sinceVersionId")?;
        let library = lock(&shelf.library);
        filter.since = known_version(Dataset::Users, &library, since)?;
        known_user(&library, filter.client_user_id)?;
        let slice =
            library.users(&filter, wanted.offset(), wanted.size).map_err(|_| Refusal::new(9721))?;
        let version = library.user_changes.current();
        let version_id = Dataset::Users.version_id(&library.uid, version);
        let page = wanted.page(slice.total, slice.items.len(), version_id)?;
        json(&UsersPage {
            users: slice.items.iter().filter_map(|record| library.user_row(*record)).collect(),
            page,
            envelope: self.envelope(&library),
        })
    }

    pub(super) fn read_status(&self, shelf: &Shelf, call: &Call<'_>) -> Answer {
        let query = Query::read(&call.uri, &["eventId"])?;
        let id = query.text("eventId")?.ok_or_else(|| Refusal::invalid("query: no `eventId`"))?;
        let library = lock(&shelf.library);
        let event = Uuid::parse_str(id).ok().and_then(|id| library.events.get(id));
        let event = event.ok_or_else(|| Refusal::new(9708))?;
        json(&StatusAnswer {
            event_status: event.status.as_str(),
            event_type: event.kind.as_str(),
            failures: &event.failures,
            num_completed: event.completed,
            num_requested: event.requested,
            envelope: self.envelope(&library),
        })
    }
}

fn known_version(
    dataset: Dataset,
    library: &Library,
    text: Option<&str>,
) -> Result<Option<u64>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    dataset.parse(&library.uid, text).map(Some).ok_or_else(|| Refusal::new(9721))
}

fn known_user(library: &Library, id: Option<&str>) -> Result<(), Refusal> {
    match id {
        Some(id) if library.people.of(id).is_empty() => Err(Refusal::new(9609)),
        Some(_) | None => Ok(()),
    }
}
