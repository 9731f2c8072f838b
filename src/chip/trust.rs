//! Who is trusted: authorities (CSCA), their revocation lists, and faults that are tolerated; one unchanging snapshot.
//!
//! Owns finding the authorities that may have signed a certificate, by key, by name and by country, never more than
//! [`CANDIDATES_MAX`] keys: whatever stands in a certificate, a check costs no more than so many signatures. Where trust
//! comes from is not its business: whoever makes a snapshot has verified each anchor.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::certificate::{Certificate, NameKey};
use super::countries;
use super::crl::Crl;
use super::known::SignerCache;
use crate::domain::chip::Fingerprint;
use crate::domain::finding::{
    CHIP_ALGORITHM_WEAK, CHIP_AUTHORITY_COUNTRY, CHIP_AUTHORITY_OUT_OF_DATE, CHIP_COUNTRY_UNKNOWN,
    CHIP_SIGNER_DOCUMENT_TYPE, CHIP_SIGNER_OUT_OF_DATE, CHIP_SIGNER_PROFILE, Rule,
};
use crate::domain::time::Timestamp;

/// Most keys that are tried for one certificate. The largest country has 20 keys.
pub const CANDIDATES_MAX: usize = 32;

/// Rules that a deviation may switch off for a certificate: faults of form. What disproves a document never is one.
pub static TOLERABLE: &[&Rule] = &[
    &CHIP_ALGORITHM_WEAK,
    &CHIP_SIGNER_PROFILE,
    &CHIP_SIGNER_DOCUMENT_TYPE,
    &CHIP_SIGNER_OUT_OF_DATE,
    &CHIP_AUTHORITY_OUT_OF_DATE,
    &CHIP_AUTHORITY_COUNTRY,
    &CHIP_COUNTRY_UNKNOWN,
];

/// A certificate of an authority that is trusted.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// Self-signed, or a link certificate by the key before.
    pub certificate: Certificate,
    /// It belongs to the practice country and counts in practice mode alone.
    pub practice: bool,
}

/// A fault of one certificate that is tolerated: of a signer, or of an authority for all its signers.
#[derive(Clone, Copy, Debug)]
pub struct Deviation {
    /// The certificate.
    pub certificate: Fingerprint,
    /// The rule that it is known to break; one of [`TOLERABLE`], or it changes nothing.
    pub rule: &'static Rule,
}

/// A key of an authority, and every certificate that names it: self-signed, renewed, link certificates.
#[derive(Debug)]
pub struct Authority {
    certificates: Vec<Certificate>,
    practice: bool,
}

impl Authority {
    /// Its certificates, at least one.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificate to show for the key: one that is valid at that instant, or else the first.
    pub fn in_date(&self, at: Timestamp) -> Option<&Certificate> {
        self.certificates.iter().find(|own| own.is_valid_at(at)).or_else(|| self.certificates.first())
    }

    /// Whether it is the practice country's.
    pub const fn practice(&self) -> bool {
        self.practice
    }
}

/// A revocation list, and whether an authority that is trusted signed it: found out when first asked for.
#[derive(Debug)]
pub(super) struct KnownCrl {
    pub(super) crl: Crl,
    signed: OnceLock<bool>,
}

/// A snapshot of what is trusted.
#[derive(Debug, Default)]
pub struct Trust {
    authorities: Vec<Authority>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
    by_name: HashMap<NameKey, Vec<usize>>,
    by_country: HashMap<String, Vec<usize>>,
    crls: HashMap<NameKey, Vec<KnownCrl>>,
    tolerated: HashSet<(Fingerprint, &'static str)>,
    known: SignerCache,
}

impl Trust {
    /// A snapshot of these anchors, revocation lists and deviations. Verifies nothing: anchors were verified by whoever
    /// brought them in, and the signature of a list is checked when the list is first asked for.
    pub fn new(
        anchors: impl IntoIterator<Item = Anchor>,
        crls: impl IntoIterator<Item = Crl>,
        deviations: impl IntoIterator<Item = Deviation>,
    ) -> Self {
        let mut trust = Self::default();
        let mut keys = HashMap::new();
        for Anchor { certificate, practice } in anchors {
            let next = trust.authorities.len();
            let at = *keys.entry((certificate.spki().to_vec(), practice)).or_insert(next);
            if at == next {
                trust.authorities.push(Authority { certificates: Vec::new(), practice });
            }
            trust.index(&certificate, at);
            if let Some(authority) = trust.authorities.get_mut(at) {
                authority.certificates.push(certificate);
            }
        }
        for crl in crls {
            let name = crl.issuer_key().clone();
            trust.crls.entry(name).or_default().push(KnownCrl { crl, signed: OnceLock::new() });
        }
        let tolerable = deviations.into_iter().filter(|deviation| TOLERABLE.contains(&deviation.rule));
        trust.tolerated = tolerable.map(|deviation| (deviation.certificate, deviation.rule.id)).collect();
        trust
    }

    fn index(&mut self, certificate: &Certificate, at: usize) {
        let add = |list: &mut Vec<usize>| {
            if !list.contains(&at) {
                list.push(at);
            }
        };
        if let Some(key_id) = certificate.ski() {
            add(self.by_key_id.entry(key_id.to_vec()).or_default());
        }
        add(self.by_name.entry(certificate.subject_key().clone()).or_default());
        if let Some(country) = certificate.subject_country() {
            add(self.by_country.entry(countries::canonical(country)).or_default());
        }
    }

    /// How many keys are trusted.
    pub fn authorities(&self) -> usize {
        self.authorities.len()
    }

    pub(super) fn authority(&self, at: usize) -> Option<&Authority> {
        self.authorities.get(at)
    }

    /// A certificate for each known key that `certificate` names as its issuer's.
    pub(super) fn named(&self, certificate: &Certificate, practice: bool) -> impl Iterator<Item = &Certificate> {
        let keys = self.by_key(certificate).iter().take(CANDIDATES_MAX).filter(move |at| self.counts(**at, practice));
        keys.filter_map(|at| self.authorities.get(*at)?.certificates.first())
    }

    /// Keys that may have signed `certificate`, the likeliest first: named by identifier, then by the issuer's name, then
    /// any of the country.
    pub(super) fn candidates(&self, certificate: &Certificate, practice: bool) -> Vec<usize> {
        let name = self.by_name.get(certificate.issuer_key()).map_or(&[][..], Vec::as_slice);
        let country = certificate.issuer_country().or(certificate.subject_country()).map(countries::canonical);
        let country = country.and_then(|country| self.by_country.get(&country)).map_or(&[][..], Vec::as_slice);
        let mut candidates = Vec::new();
        for at in self.by_key(certificate).iter().chain(name).chain(country) {
            if candidates.len() == CANDIDATES_MAX {
                break;
            }
            if self.counts(*at, practice) && !candidates.contains(at) {
                candidates.push(*at);
            }
        }
        candidates
    }

    fn by_key(&self, certificate: &Certificate) -> &[usize] {
        let named = certificate.aki().and_then(|aki| self.by_key_id.get(aki.key_id?));
        named.map_or(&[], Vec::as_slice)
    }

    fn counts(&self, at: usize, practice: bool) -> bool {
        self.authorities.get(at).is_some_and(|authority| practice || !authority.practice)
    }

    /// The revocation lists of the authority of that name which one of its keys signed.
    pub(super) fn crls(&self, name: &NameKey) -> impl Iterator<Item = &Crl> {
        let lists = self.crls.get(name).map_or(&[][..], Vec::as_slice);
        lists.iter().filter(|known| self.is_signed(known, name)).map(|known| &known.crl)
    }

    fn is_signed(&self, known: &KnownCrl, name: &NameKey) -> bool {
        *known.signed.get_or_init(|| {
            // A list with a critical extension that is not understood may mean something else (RFC 5280 section 5.2).
            if !known.crl.unknown_critical_extensions().is_empty() {
                return false;
            }
            let keys = self.by_name.get(name).map_or(&[][..], Vec::as_slice).iter().take(CANDIDATES_MAX);
            let certificates = keys.filter_map(|at| self.authorities.get(*at)?.certificates.first());
            certificates.filter_map(|certificate| certificate.key().ok()).any(|key| known.crl.verify(key).is_ok())
        })
    }

    /// Whether one of these certificates is known to break `rule`, and that is tolerated.
    pub(super) fn tolerates<'c>(
        &self,
        mut certificates: impl Iterator<Item = &'c Certificate>,
        rule: &'static Rule,
    ) -> bool {
        !self.tolerated.is_empty()
            && certificates.any(|own| self.tolerated.contains(&(Fingerprint(own.fingerprint()), rule.id)))
    }

    pub(super) const fn known(&self) -> &SignerCache {
        &self.known
    }
}
