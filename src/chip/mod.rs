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
pub mod files;
pub mod groups;
pub mod hash;
pub mod key;
pub mod known;
mod ledger;
mod passive;
pub mod policy;
pub mod revocation;
pub mod scheme;
pub mod signed_data;
pub mod sod;
pub mod trust;

pub use files::ChipFiles;
pub use trust::Trust;

use self::ledger::Ledger;
use self::passive::{Known, Standard};
use self::policy::Policy;
use crate::domain::chip::{ChipReport, Doubt, Genuineness, StepName};
use crate::domain::finding::Finding;
use crate::domain::time::Timestamp;

/// How a chip is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mode {
    /// Authorities of the practice country count too: for development, demonstrations and training.
    pub practice: bool,
}

/// Examines a chip at the instant `now`: all steps in their order, each with its findings.
pub fn examine(files: &ChipFiles, trust: &Trust, policy: &Policy, mode: Mode, now: Timestamp) -> ChipReport {
    let mut ledger = Ledger::default();
    ledger.write(StepName::Bounds, Vec::new());
    let known = passive::authenticate(files, Standard { trust, policy, mode, now }, &mut ledger);
    report(ledger, known)
}

/// The report on files that [`ChipFiles::new`] refused: the first step and no more.
pub fn beyond_bounds(found: Vec<Finding>) -> ChipReport {
    let mut ledger = Ledger::default();
    ledger.write(StepName::Bounds, found);
    report(ledger, Known::default())
}

fn report(ledger: Ledger, known: Known) -> ChipReport {
    let data = ledger.data();
    let (steps, findings) = ledger.close();
    ChipReport {
        steps,
        findings,
        data,
        chip: Genuineness::Unknown(Doubt::NotOffered),
        matching: known.matching,
        signer: known.signer,
        anchor: known.anchor,
        practice: known.practice,
    }
}
