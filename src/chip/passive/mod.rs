//! Passive authentication: did the state sign these data? (Doc 9303-11 section 5.1, Doc 9303-12 section 6.)
//!
//! Owns the order of the steps and when to go on after one has failed. It goes on as long as there is something to look
//! at, so that the officer learns all at once; but nothing is asked of a certificate whose signature over the document does
//! not hold, for then it says nothing of this document.

mod data;
mod document;
#[cfg(test)]
mod make;
mod signer;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::certificate::Certificate;
use super::chain::{self, Chain, Untrusted};
use super::files::ChipFiles;
use super::ledger::Ledger;
use super::policy::Policy;
use super::signed_data::SignedData;
use super::sod;
use super::trust::{Authority, Trust};
use super::{Mode, at};
use crate::domain::chip::{Fingerprint, GroupNumber, StepName};
use crate::domain::finding::{CHIP_DEVIATION, CHIP_SIGNER_MISSING, CHIP_SOD_UNREADABLE, Field, Finding, Rule};
use crate::domain::mrz::Zone;
use crate::domain::time::Timestamp;

/// By what a chip is judged.
#[derive(Clone, Copy)]
pub(super) struct Standard<'a> {
    pub(super) trust: &'a Trust,
    pub(super) policy: &'a Policy,
    pub(super) mode: Mode,
    pub(super) now: Timestamp,
}

/// What passive authentication found out, beside findings.
#[derive(Default)]
pub(super) struct Known {
    pub(super) matching: BTreeSet<GroupNumber>,
    /// DG1, if it matches and can be read.
    pub(super) zone: Option<Zone>,
    pub(super) signer: Option<Fingerprint>,
    pub(super) anchor: Option<Fingerprint>,
    pub(super) practice: bool,
    /// The signed list names DG15, the key of active authentication.
    pub(super) can_prove_itself: bool,
}

/// Takes the steps from reading EF.SOD to the country of the signer.
pub(super) fn authenticate(files: &ChipFiles, by: Standard<'_>, ledger: &mut Ledger) -> Known {
    let mut known = Known::default();
    let unwrapped = sod::unwrap(files.sod());
    let message = unwrapped.as_ref().map_err(|fault| *fault).and_then(|der| SignedData::read(der));
    let Ok(message) = message else {
        ledger.write(StepName::SignedData, vec![at(&CHIP_SOD_UNREADABLE, "chip.sod")]);
        return known;
    };
    let (found, is_list) = document::shape(&message);
    ledger.write(StepName::SignedData, found);
    if !is_list {
        return known;
    }
    let proof = signed(&message, by, ledger, &mut known);
    data::examine(files, message.content, proof.as_ref(), by, ledger, &mut known);
    known
}

/// Takes the steps about signature and signer. A proof only if the signature over the document holds.
fn signed<'a>(message: &SignedData<'_>, by: Standard<'a>, ledger: &mut Ledger, known: &mut Known) -> Option<Proof<'a>> {
    // One that cannot be read cannot be the signer's either.
    let certificates: Vec<_> = message.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    let Some((signer, certificate)) = document::signer(message, &certificates) else {
        ledger.write(StepName::Signer, vec![at(&CHIP_SIGNER_MISSING, "chip.sod")]);
        return None;
    };
    ledger.write(StepName::Signer, Vec::new());
    known.signer = Some(Fingerprint(certificate.fingerprint()));

    let signature = document::signature(message, signer, certificate);
    let holds = signature.holds;
    ledger.write(StepName::Signature, signature.found);
    if !holds {
        return None;
    }
    let chain = chain::find(certificate, &certificates, by.trust, by.mode.practice);
    let authority = chain.as_ref().ok().and_then(|chain| by.trust.authority(chain.authority));
    known.anchor = authority.and_then(|authority| authority.in_date(by.now)).map(|own| Fingerprint(own.fingerprint()));
    known.practice = authority.is_some_and(Authority::practice);

    let proof = Proof { signer: certificate.clone(), chain, authority };
    ledger.write(StepName::Algorithms, proof.algorithms(signature.scheme, signature.without_null, signer.digest, by));
    ledger.write(StepName::SignerProfile, proof.profile(by));
    ledger.write(StepName::Chain, proof.chain(by));
    if authority.is_some() {
        ledger.write(StepName::Revocation, proof.revocation(by));
    }
    Some(proof)
}

/// A signer whose signature over the document holds, and the authority behind it, if there is one.
struct Proof<'a> {
    signer: Certificate,
    chain: Result<Chain, Untrusted>,
    authority: Option<&'a Authority>,
}

impl Proof<'_> {
    /// A finding at that place, or a note that this fault of one of the chain's certificates is tolerated.
    fn fault(&self, rule: &'static Rule, field: Field, by: Standard<'_>) -> Finding {
        let link = self.chain.as_ref().ok().and_then(|chain| chain.link.as_ref());
        let own = self.authority.map_or(&[][..], Authority::certificates);
        let chain = std::iter::once(&self.signer).chain(link).chain(own);
        if by.trust.tolerates(chain, rule) {
            return Finding::new(&CHIP_DEVIATION, [field.showing(rule.id)]);
        }
        Finding::new(rule, [field])
    }
}
