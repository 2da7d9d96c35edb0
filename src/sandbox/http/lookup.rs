//! The store's metadata, as far as the world names it. Apple's page:
//! getting-app-and-book-information-legacy.

use axum::extract::{Query, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::sandbox::library::OwnedAsset;
use crate::sandbox::world::{ProductType, SupportedPlatform};
use crate::sandbox::{Sandbox, lock};

/// Where Apple has it (`contentMetadataLookup`).
pub(super) const PATH: &str = "/WebObjects/MZStorePlatform.woa/wa/lookup";

/// Assets without a name in the world are not in `results`, as those one has no access to.
pub(super) fn answer(sandbox: &Sandbox, request: &Request) -> Response {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let ids = pairs.iter().filter(|(name, _)| name == "id").flat_map(|(_, ids)| ids.split(','));
    let mut results = Map::new();
    for id in ids {
        for shelf in &sandbox.inner.shelves {
            let library = lock(&shelf.library);
            let asset = library.assets.iter().find(|asset| asset.adam_id == id);
            if let Some(entry) = asset.and_then(describe) {
                results.insert(id.to_owned(), entry);
                break;
            }
        }
    }
    let body = json!({ "isAuthenticated": false, "results": results, "version": 2 });
    ([(header::CONTENT_TYPE, "application/json;charset=utf-8")], body.to_string()).into_response()
}

fn describe(asset: &OwnedAsset) -> Option<Value> {
    let name = asset.name.as_deref()?;
    let mut families: Vec<&str> =
        asset.platforms.iter().flat_map(|one| families(*one)).copied().collect();
    families.dedup();
    let mut entry = json!({
        "id": asset.adam_id,
        "name": name,
        "kind": match asset.kind {
            ProductType::App => "iosSoftware",
            ProductType::Book => "ebook",
        },
        "deviceFamilies": families,
        "isVppDeviceBasedLicensingEnabled": asset.device_assignable,
    });
    if let (Some(bundle_id), Some(entry)) = (&asset.bundle_id, entry.as_object_mut()) {
        entry.insert("bundleId".to_owned(), bundle_id.as_str().into());
    }
    Some(entry)
}

fn families(platform: SupportedPlatform) -> &'static [&'static str] {
    match platform {
        SupportedPlatform::IOs => &["iphone", "ipad"],
        SupportedPlatform::MacOs => &["mac"],
        SupportedPlatform::TvOs => &["tvos"],
        SupportedPlatform::WatchOs => &["watch"],
        SupportedPlatform::VisionOs => &["realityDevice"],
    }
}
