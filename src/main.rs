//! The `eid` program.

fn main() {}
