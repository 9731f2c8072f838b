//! What the tests stand on: databases, records to put into them, the whole service, and the real program.

pub mod authenticator;
pub mod bucket;
pub mod captures;
pub mod carriers;
pub mod collector;
pub mod contacts;
pub mod database;
pub mod device;
pub mod line;
pub mod nation;
pub mod plan;
pub mod process;
pub mod proposals;
pub mod records;
pub mod redis;
pub mod service;
pub mod spool;
