//! Programs that manifests name: run without a shell, in a process group of their own, with no other
//! environment than they are given, and never longer than they may take.

mod child;

pub(crate) use child::{Child, End, Start};

/// Variables every program gets, where they are set. The last is what Windows cannot run without.
pub(crate) const ALWAYS: [&str; 3] = ["PATH", "HOME", "SYSTEMROOT"];
