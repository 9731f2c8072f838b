//! Practice applicants: people, documents and numbers that nobody can take for real ones.
//!
//! Owns the generator behind the demo, the benches and the tests. Every document is issued by Utopia, the country of the
//! Doc 9303 specimens; every card number says PRACTICE; every identification number begins where no real one does.
//! The phone numbers are the exception: they have to pass as Vietnamese mobile numbers, for which no range is set aside,
//! so somebody may well hold one. Never let practice applicants meet a carrier that delivers.

mod again;
mod applicant;
mod authority;
mod captures;
mod chips;
mod consents;
mod contacts;
pub mod country;
mod documents;
mod draw;
mod generator;
mod handset;
mod misfits;
mod nations;
pub mod population;
mod records;
mod specimen;

pub use applicant::{Applicant, Expected};
pub use authority::identity_number;
pub use contacts::e164;
pub use generator::Generator;
pub use handset::Handset;
pub use records::Known;
