//! What is at Apple to manifests whose first plan is empty.
