//! The chip of a travel document: what its files hold, and whether they are genuine (Doc 9303-10, 9303-11, 9303-12).
//!
//! Owns every parser of DER, every signature and every certificate chain of travel documents. Pure: bytes, trust material
//! and a day go in, findings come out; no clock, no store, no network. Refuses input beyond its bounds before reading it.

pub mod ber;
pub mod certificate;
pub mod chain;
pub mod countries;
pub mod crl;
pub mod curve;
pub mod deviation;
pub mod files;
pub mod groups;
pub mod hash;
pub mod key;
pub mod known;
pub mod master_list;
pub mod policy;
pub mod scheme;
pub mod signed_data;
pub mod trust;

pub use files::ChipFiles;
pub use trust::Trust;
