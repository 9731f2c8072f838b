//! Province-level units and the offices that receive requests, each with the days on which it existed.
//!
//! Owns the dated map: which office a code meant on a day, which office has taken its place since, and whose requests are
//! whose. Refuses to read a code without a day where the code has meant two things (DOMAIN 5.1), to guess a successor or an
//! address, and to change what a record in force said of the past.

mod change;
mod check;
mod fault;
mod map;
mod read;
mod record;
mod types;

pub use change::{Change, Plan, plan};
pub use fault::{Fault, Other};
pub use map::{Ambiguous, OfficeMap, OfficeSpan};
pub use read::{BYTES_MAX, RECORDS_MAX, read};
pub use record::{COLUMNS, Record, Subject};
pub use types::{CitySince, Names, Office, Period, Unit, UnitCode, UnitKind};

/// The records that come with the program: the 63 units before 1 July 2025, the 34 since (Decision 19/2025/QĐ-TTg; DOMAIN
/// 5.1), and their receiving sites (DOMAIN 5.2), as [`read`] takes them.
pub const SHIPPED: &[u8] = include_bytes!("shipped.csv");

#[cfg(test)]
mod tests;
