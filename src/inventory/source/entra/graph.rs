use std::collections::HashSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Managed;
use crate::inventory::ask::{Address, Asker, Grant, Request, Session, Trouble};
use crate::inventory::source::server::counted;

/// Microsoft Graph, version 1.0.
pub(super) struct Graph {
    pub(super) address: Address,
    pub(super) session: Session,
}

/// One page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) value: Vec<T>,
    #[serde(default, rename = "@odata.nextLink")]
    pub(super) next: Option<String>,
    #[serde(default, rename = "@odata.deltaLink")]
    pub(super) delta: Option<String>,
    #[serde(default, rename = "@odata.count")]
    pub(super) count: Option<u64>,
}

/// Something with an id.
#[derive(Deserialize)]
struct Named {
    id: String,
}

impl Graph {
    pub(super) fn new(address: Address, asker: Asker, grant: Box<dyn Grant>) -> Self {
        Self { address, session: Session::new(asker, grant) }
    }

    pub(super) fn at(&self, path: &[&str], query: &[(&str, &str)]) -> Request {
        Request::get(self.address.at(&[&["v1.0"], path].concat(), query))
    }

    /// Every item of a list, page after page. Gives Graph's count, where it gave one, and the link
    /// that later asks for changes, where it is such a list.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        first: Request,
        what: &str,
        mut take: impl FnMut(T) -> Result<(), Trouble>,
    ) -> Result<(Option<u64>, Option<String>), Trouble> {
        let incomplete = |why: &str| Trouble::Incomplete(format!("{what}: {why}"));
        let headers = first.headers.clone();
        let mut followed = HashSet::from([first.url.to_string()]);
        let mut request = first;
        let mut counted = None;
        loop {
            let page: Page<T> = self.session.json(request).await?;
            counted = counted.or(page.count);
            for item in page.value {
                take(item)?;
            }
            let Some(next) = page.next else { return Ok((counted, page.delta)) };
            let url =
                self.address.link(&next).ok_or_else(|| incomplete("the next page is elsewhere"))?;
            if !followed.insert(url.to_string()) {
                return Err(incomplete("its pages lead in a circle"));
            }
            request = Request::get(url);
            request.headers.clone_from(&headers);
        }
    }

    /// A list Graph counts: what is listed must be as many, none of it twice.
    pub(super) async fn counted<T: DeserializeOwned>(
        &self,
        path: &[&str],
        select: &str,
        what: &str,
        id: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, Trouble> {
        let query = [("$select", select), ("$count", "true"), ("$top", "999")];
        let request = self.at(path, &query).header("ConsistencyLevel", "eventual");
        let (mut all, mut seen) = (vec![], HashSet::new());
        let (count, _) = self
            .pages(request, what, |item: T| {
                if seen.insert(id(&item).to_owned()) {
                    all.push(item);
                }
                Ok(())
            })
            .await?;
        let count = count.ok_or_else(|| {
            Trouble::Incomplete(format!("{what}: Graph was asked for a count and gave none"))
        })?;
        counted(what, u64::try_from(all.len()).unwrap_or(u64::MAX), count)?;
        Ok(all)
    }

    /// Every device Intune manages. Graph documents no count of them, so the list is read twice, with
    /// pages of another size: one that is lost at the same place every time loses something else. Both
    /// readings must name the same devices.
    pub(super) async fn all_managed(&self, select: &str) -> Result<Vec<Managed>, Trouble> {
        let what = "managed devices";
        let path = ["deviceManagement", "managedDevices"];
        let (mut all, mut first, mut second) = (vec![], HashSet::new(), HashSet::new());
        let request = self.at(&path, &[("$select", select)]);
        self.pages(request, what, |device: Managed| {
            if first.insert(device.id.clone()) {
                all.push(device);
            }
            Ok(())
        })
        .await?;
        let request = self.at(&path, &[("$select", "id"), ("$top", "700")]);
        self.pages(request, what, |device: Named| {
            second.insert(device.id);
            Ok(())
        })
        .await?;
        if first == second {
            return Ok(all);
        }
        Err(Trouble::Incomplete(format!("{what}: two readings name different devices")))
    }
}
