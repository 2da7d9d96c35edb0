//! What manifests and inventories add up to.

mod entries;
mod groups;
mod people;
mod properties;
