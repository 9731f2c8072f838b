//! What the tests stand on: databases, records to put into them, and the whole service.

pub mod database;
pub mod process;
pub mod service;
