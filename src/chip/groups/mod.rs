//! The data groups of a chip: what each file says, once its bytes are in hand (Doc 9303-10 sections 4.6 and 4.7).
//!
//! Reads what is compared or verified and passes over the rest. Whether the state signed the bytes is for passive
//! authentication to say, not for a reader.

pub mod com;
mod contents;
mod days;
pub mod dg1;
pub mod dg11;
pub mod dg12;
pub mod dg14;
pub mod dg15;
pub mod dg2;
pub mod tlv;

pub use contents::{COMPARED, contents};
