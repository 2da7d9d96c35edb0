//! What manifests and inventories add up to.
