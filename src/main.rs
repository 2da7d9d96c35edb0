//! The `vpp` binary.

fn main() {}
