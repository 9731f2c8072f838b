//! The chip of a travel document: what its files hold, and whether they are genuine (Doc 9303-10, 9303-11, 9303-12).
//!
//! Owns every parser of DER, every signature and every certificate chain of travel documents. Pure: bytes, trust material
//! and a day go in, findings come out; no clock, no store, no network. Refuses input beyond its bounds before reading it.

pub mod active;
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
mod ledger;
pub mod master_list;
mod passive;
pub mod policy;
pub mod proven;
pub mod revocation;
pub mod scheme;
pub mod signed_data;
pub mod sod;
pub mod trust;

pub use files::ChipFiles;
pub use trust::Trust;

use self::files::ActiveEvidence;
use self::ledger::Ledger;
use self::passive::{Known, Standard};
use self::policy::Policy;
use self::proven::ProvenGroup;
use crate::domain::chip::{ChipReport, Doubt, Genuineness, GroupNumber, StepName};
use crate::domain::chip_content::ChipContent;
use crate::domain::finding::{
    CHIP_ACTIVE_KEY, CHIP_ACTIVE_NOT_ASKED, CHIP_ACTIVE_WRONG, CHIP_ALGORITHM_UNKNOWN, Field, Finding, Rule, Source,
};
use crate::domain::time::Timestamp;

/// How a chip is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mode {
    /// Authorities of the practice country count too: for development, demonstrations and training.
    pub practice: bool,
    /// The chip is to speak for a holder: without its zone it proves nothing of anybody, whoever signed the rest.
    pub holder: bool,
}

/// Examines a chip at the instant `now`: all steps in their order, each with its findings. Whether the challenge of active
/// authentication is one of ours, and not used before, is for the caller to say.
pub fn examine(files: &ChipFiles, trust: &Trust, policy: &Policy, mode: Mode, now: Timestamp) -> ChipReport {
    let mut ledger = Ledger::default();
    ledger.write(StepName::Bounds, Vec::new());
    let mut known = passive::authenticate(files, Standard { trust, policy, mode, now }, &mut ledger);
    let data = ledger.data();
    let content = content(files, &mut known, &mut ledger);
    let chip = if let Some(evidence) = files.active() {
        let proven = |group| ProvenGroup::of(files, group, &known, data);
        let (chip, found) = answer(evidence, proven(GroupNumber::DG15), proven(GroupNumber::DG14));
        ledger.write(StepName::ActiveAuthentication, found.into_iter().collect());
        chip
    } else {
        if known.can_prove_itself {
            ledger.write(StepName::ActiveAuthentication, vec![at(&CHIP_ACTIVE_NOT_ASKED, "chip.dg15")]);
        }
        Genuineness::Unknown(Doubt::NotOffered)
    };
    ChipReport { content, ..report(ledger, known, data, chip) }
}

/// What the groups say that hash to what the security object lists; nobody looks into the others.
fn content(files: &ChipFiles, known: &mut Known, ledger: &mut Ledger) -> ChipContent {
    let matching = || files.groups().filter(|(group, _)| known.matching.contains(group));
    let (mut content, found) = groups::contents(matching());
    // DG1 has a step of its own.
    if matching().any(|(group, _)| groups::COMPARED.contains(&group)) {
        ledger.write(StepName::Content, found);
    }
    content.zone = known.zone.take();
    content
}

/// The report on files that [`ChipFiles::new`] refused: the first step and no more.
pub fn beyond_bounds(found: Vec<Finding>) -> ChipReport {
    let mut ledger = Ledger::default();
    ledger.write(StepName::Bounds, found);
    report(ledger, Known::default(), Genuineness::Unknown(Doubt::NotReadable), Genuineness::Unknown(Doubt::NotReadable))
}

/// What the chip's answer to our challenge says of the chip. A key that the state did not sign says nothing: whoever copies
/// a chip can put a key of his own beside the copy.
fn answer(
    evidence: &ActiveEvidence,
    dg15: Option<ProvenGroup<'_>>,
    dg14: Option<ProvenGroup<'_>>,
) -> (Genuineness, Option<Finding>) {
    let challenge = evidence.challenge.as_slice().try_into().ok();
    let Some((dg15, challenge)) = dg15.zip(challenge) else {
        return (Genuineness::Unknown(Doubt::NotTrusted), Some(at(&CHIP_ACTIVE_KEY, "chip.dg15")));
    };
    match active::verify(&dg15, dg14.as_ref(), challenge, &evidence.response) {
        Ok(()) => (Genuineness::Genuine, None),
        Err(fault) if fault.disproves() => {
            (Genuineness::NotGenuine, Some(at(&CHIP_ACTIVE_WRONG, "chip.active.response")))
        }
        Err(_) => (Genuineness::Unknown(Doubt::NotReadable), Some(at(&CHIP_ALGORITHM_UNKNOWN, "chip.dg15"))),
    }
}

fn report(ledger: Ledger, known: Known, data: Genuineness, chip: Genuineness) -> ChipReport {
    let (steps, findings) = ledger.close();
    ChipReport {
        steps,
        findings,
        data,
        chip,
        matching: known.matching,
        content: ChipContent::default(),
        signer: known.signer,
        anchor: known.anchor,
        practice: known.practice,
    }
}

/// A finding about something of the chip.
fn at(rule: &'static Rule, path: &'static str) -> Finding {
    Finding::new(rule, [Field::new(Source::Chip, path)])
}
