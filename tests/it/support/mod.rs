//! What the tests stand on: databases and records to put into them.

pub mod database;
pub mod records;
