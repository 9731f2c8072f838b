//! What a file of trust material is, whose, and what is wrong with it, seen beside what is in force.

use std::collections::HashSet;

use ring::digest::{SHA256, digest};
use rustls::pki_types::pem::{PemObject as _, SectionKind};

use super::snapshot::{Snapshot, TrustSettings};
use crate::chip::certificate::Certificate;
use crate::chip::crl::Crl;
use crate::chip::deviation::DeviationList;
use crate::chip::master_list::{Entries, MasterList, MasterListFault};
use crate::domain::time::Timestamp;
use crate::domain::trust::faults::{
    ANOTHER_KIND, CRL_ISSUER, CRL_NUMBER, CRL_STALE, CSCA_EXPIRED, CSCA_ISSUER, DEVIATION_CERTIFICATE, DEVIATION_OVER,
    DIGEST_INFO, DIGEST_INFO_ALLOWED, EMPTY, ENTRIES_MANY, ENTRY_DUPLICATE, ENTRY_NOT_CA, ENTRY_PRACTICE,
    ENTRY_UNREADABLE, FROM_THE_FUTURE, OLDER, OLDER_ON_PURPOSE, PRACTICE, SIGNATURE_ALGORITHM, SIGNATURE_WRONG,
    SIGNER_DATES, SIGNER_EXPIRED, SIGNER_EXPIRED_REFUSED, SIGNER_MISSING, SIGNER_PURPOSE, SIGNER_REVOKED,
    SIGNER_UNTRUSTED, TOO_LARGE, UNREADABLE,
};
use crate::domain::trust::{BYTES_MAX, Fault, Kind, LISTED_MAX, Problem, Sha256};

/// Countries of specimens, where nobody lives: Doc 9303-3 section 5 and its two-letter form.
const PRACTICE_COUNTRIES: [&str; 2] = ["UT", "UTO"];
/// Revoked serial numbers in one list.
const REVOKED_MAX: usize = 100_000;

/// What was found in a file.
#[derive(Debug)]
pub(super) struct Appraisal {
    pub(super) kind: Kind,
    pub(super) publisher: String,
    pub(super) edition: Timestamp,
    pub(super) entries: u32,
    pub(super) new: u32,
    pub(super) known: u32,
    pub(super) removed: u32,
    pub(super) vouched_by: Option<Sha256>,
    pub(super) problems: Vec<Problem>,
}

/// A file that was believed before.
pub(super) enum Read {
    List(Entries),
    Csca(Certificate),
    Crl(Crl),
    Deviations(DeviationList),
}

/// A file kept as what it cannot be read as.
#[derive(Debug)]
pub(super) struct Unreadable;

/// SHA-256 of a file.
pub(super) fn sha256(content: &[u8]) -> Sha256 {
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(digest(&SHA256, content).as_ref()).for_each(|(to, from)| *to = *from);
    Sha256::new(bytes)
}

impl Read {
    /// Reads a file that was believed when it was approved: its signature is not verified again.
    pub(super) fn believed(kind: Kind, content: &[u8]) -> Result<Self, Unreadable> {
        let der = unwrapped(content).ok_or(Unreadable)?;
        match kind {
            Kind::MasterList => Entries::read(&der).map(Self::List).map_err(|_| Unreadable),
            Kind::Csca => Certificate::from_der(&der).map(Self::Csca).map_err(|_| Unreadable),
            Kind::Crl => Crl::from_der(&der).map(Self::Crl).map_err(|_| Unreadable),
            Kind::Deviations => DeviationList::read(&der).map(Self::Deviations).map_err(|_| Unreadable),
        }
    }
}

/// Reads a file, tells what it is and what is wrong with it.
///
/// # Errors
/// The problems, if it cannot be told what it is.
pub(super) fn appraise(
    content: &[u8],
    kind: Option<Kind>,
    allow_older: bool,
    present: &Snapshot,
    settings: TrustSettings,
    now: Timestamp,
) -> Result<Appraisal, Vec<Problem>> {
    let alone = |fault| vec![Problem::new(fault)];
    if content.is_empty() {
        return Err(alone(&EMPTY));
    }
    if content.len() > BYTES_MAX {
        return Err(alone(&TOO_LARGE));
    }
    let der = unwrapped(content).ok_or_else(|| alone(&UNREADABLE))?;
    let bench = Bench { present, settings, now };
    let mut appraisal = bench.any(&der)?;
    if kind.is_some_and(|named| named != appraisal.kind) {
        appraisal.problems.push(Problem::new(&ANOTHER_KIND));
    }
    bench.compare(&mut appraisal, allow_older);
    Ok(appraisal)
}

/// The bytes within PEM, if it is that; `None` if it is PEM of more than one thing, or damaged.
fn unwrapped(content: &[u8]) -> Option<std::borrow::Cow<'_, [u8]>> {
    if !content.trim_ascii_start().starts_with(b"-----BEGIN ") {
        return Some(content.into());
    }
    let mut sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(content);
    let (_, der) = sections.next()?.ok()?;
    sections.next().is_none().then(|| der.into())
}

/// Whether a certificate is of the practice country, or of another country of specimens.
pub(super) fn is_practice(certificate: &Certificate) -> bool {
    let countries = [certificate.subject_country(), certificate.issuer_country()];
    countries.into_iter().flatten().any(|country| PRACTICE_COUNTRIES.contains(&country))
}

/// What a file is looked at beside.
struct Bench<'a> {
    present: &'a Snapshot,
    settings: TrustSettings,
    now: Timestamp,
}

impl Bench<'_> {
    /// Finds out what the file is: the kinds have nothing in common that one could be taken for another by.
    fn any(&self, der: &[u8]) -> Result<Appraisal, Vec<Problem>> {
        if let Ok(certificate) = Certificate::from_der(der) {
            return Ok(self.csca(&certificate));
        }
        if let Ok(crl) = Crl::from_der(der) {
            return Ok(self.crl(&crl));
        }
        if let Ok(list) = DeviationList::read(der) {
            return Ok(self.deviations(&list));
        }
        match MasterList::read(der) {
            Ok(list) => self.master_list(&list),
            Err(fault) => Err(vec![Problem::new(match fault {
                MasterListFault::NotAMasterList => &UNREADABLE,
                MasterListFault::TooManyEntries => &ENTRIES_MANY,
                MasterListFault::Signer => &SIGNER_MISSING,
                MasterListFault::SignerPurpose => &SIGNER_PURPOSE,
                MasterListFault::Signature => &SIGNATURE_WRONG,
                MasterListFault::Algorithm => &SIGNATURE_ALGORITHM,
            })]),
        }
    }

    fn master_list(&self, list: &MasterList) -> Result<Appraisal, Vec<Problem>> {
        let mut problems = Vec::new();
        let vouching = self.present.pinned().filter(|csca| list.is_vouched_for_by(csca));
        // Several certificates may hold the same key; one that was valid when the list was signed is the one meant.
        let (valid, others): (Vec<_>, Vec<_>) = vouching.partition(|csca| csca.is_valid_at(list.signed_at));
        let Some(csca) = valid.first().or(others.first()) else {
            let (signer, country) = (Sha256::new(list.signer.fingerprint()), list.signer.issuer_country());
            let about = format!("{} {signer}", country.unwrap_or("??"));
            return Err(vec![Problem::about(&SIGNER_UNTRUSTED, about)]);
        };
        if valid.is_empty() || !list.signer.is_valid_at(list.signed_at) {
            problems.push(Problem::about(&SIGNER_DATES, list.signed_at));
        } else if !list.signer.is_valid_at(self.now) {
            let fault = if self.settings.expired_signers { &SIGNER_EXPIRED } else { &SIGNER_EXPIRED_REFUSED };
            problems.push(Problem::about(fault, list.signer.not_after()));
        }
        if self.is_revoked(&list.signer, csca) {
            problems.push(Problem::about(&SIGNER_REVOKED, Sha256::new(list.signer.fingerprint())));
        }
        if list.digest_info_without_null {
            let allowed = self.settings.digest_info_without_null;
            problems.push(Problem::new(if allowed { &DIGEST_INFO_ALLOWED } else { &DIGEST_INFO }));
        }
        let practice = |certificate: &Certificate| !self.settings.practice && is_practice(certificate);
        if practice(csca) {
            problems.push(Problem::new(&PRACTICE));
        }
        let (left_out, kept): (Vec<_>, Vec<_>) = list.entries.certificates.iter().partition(|entry| practice(entry));
        problems.extend(listed(&ENTRY_UNREADABLE, &list.entries.unreadable));
        problems.extend(listed(&ENTRY_DUPLICATE, &list.entries.repeated));
        problems.extend(listed(&ENTRY_PRACTICE, left_out.iter().map(|entry| Sha256::new(entry.fingerprint()))));
        let not_ca = kept.iter().filter(|entry| !entry.is_ca());
        problems.extend(listed(&ENTRY_NOT_CA, not_ca.map(|entry| Sha256::new(entry.fingerprint()))));

        let publisher = csca.subject_country().unwrap_or("??").to_owned();
        let held: HashSet<_> = kept.iter().map(|entry| entry.fingerprint()).collect();
        let known = held.iter().filter(|fingerprint| self.present.knows(fingerprint)).count();
        let removed = self.present.removed(self.present.source(Kind::MasterList, &publisher), &held);
        Ok(Appraisal {
            kind: Kind::MasterList,
            edition: list.signed_at,
            entries: count(held.len()),
            new: count(held.len() - known),
            known: count(known),
            removed: count(removed),
            vouched_by: Some(Sha256::new(csca.fingerprint())),
            publisher,
            problems,
        })
    }

    fn csca(&self, certificate: &Certificate) -> Appraisal {
        let mut problems = Vec::new();
        let vouches = |csca: &&Certificate| csca.key().is_ok_and(|key| certificate.verify_signed_by(key).is_ok());
        let own = certificate.is_self_issued() && vouches(&certificate);
        let issuer = |csca: &&Certificate| csca.subject_key() == certificate.issuer_key();
        let vouched_by = if own { None } else { self.present.all().filter(issuer).find(vouches) };
        if !own && vouched_by.is_none() {
            problems.push(Problem::new(&CSCA_ISSUER));
        }
        if !certificate.is_ca() {
            problems.push(Problem::new(&ENTRY_NOT_CA));
        }
        if certificate.not_after() < self.now {
            problems.push(Problem::about(&CSCA_EXPIRED, certificate.not_after()));
        }
        if !self.settings.practice && is_practice(certificate) {
            problems.push(Problem::new(&PRACTICE));
        }
        let (known, country) = (self.present.knows(&certificate.fingerprint()), certificate.subject_country());
        let fingerprint = Sha256::new(certificate.fingerprint());
        Appraisal {
            kind: Kind::Csca,
            publisher: format!("{} {fingerprint}", country.unwrap_or("??")),
            edition: certificate.not_before(),
            entries: 1,
            new: u32::from(!known),
            known: u32::from(known),
            removed: 0,
            vouched_by: vouched_by.map(|csca| Sha256::new(csca.fingerprint())),
            problems,
        }
    }

    fn crl(&self, crl: &Crl) -> Appraisal {
        let mut problems = Vec::new();
        let named = self.present.all().filter(|csca| csca.subject_key() == crl.issuer_key());
        let mut signed = named.filter(|csca| csca.key().is_ok_and(|key| crl.verify(key).is_ok()));
        let csca = signed.next();
        if csca.is_none() {
            problems.push(Problem::about(&CRL_ISSUER, crl.issuer_country().unwrap_or("??")));
        }
        if crl.len() > REVOKED_MAX {
            problems.push(Problem::about(&ENTRIES_MANY, crl.len()));
        }
        if let Some(due) = crl.next_update().filter(|due| *due < self.now) {
            problems.push(Problem::about(&CRL_STALE, due));
        }
        // Of one authority there is one list at a time, whichever of its certificates one looks at: its key is its name.
        let key = csca.map(|csca| sha256(csca.spki()).to_string()).unwrap_or_default();
        let publisher = format!("{} {key}", crl.issuer_country().unwrap_or("??"));
        let before = self.present.source(Kind::Crl, &publisher).and_then(|source| source.crl.as_ref());
        if let Some((number, before)) = crl.number().zip(before.and_then(Crl::number))
            && magnitude(number) < magnitude(before)
        {
            problems.push(Problem::about(&CRL_NUMBER, hex::encode(number)));
        }
        Appraisal {
            kind: Kind::Crl,
            publisher,
            edition: crl.this_update(),
            entries: count(crl.len()),
            new: 0,
            known: 0,
            removed: 0,
            vouched_by: csca.map(|csca| Sha256::new(csca.fingerprint())),
            problems,
        }
    }

    fn deviations(&self, list: &DeviationList) -> Appraisal {
        let today = self.now.local_date();
        let unknown = list.deviations.iter().filter(|one| !self.present.knows(one.certificate.bytes()));
        let over = list.deviations.iter().filter(|one| one.until < today);
        let mut problems = listed(&DEVIATION_CERTIFICATE, unknown.map(|one| one.certificate));
        problems.extend(listed(&DEVIATION_OVER, over.map(|one| one.certificate)));
        Appraisal {
            kind: Kind::Deviations,
            publisher: list.name.trim().to_owned(),
            edition: Timestamp::start_of(list.issued_on),
            entries: count(list.deviations.len()),
            new: 0,
            known: 0,
            removed: 0,
            vouched_by: None,
            problems,
        }
    }

    /// Whether the authority of `csca` has revoked `certificate`.
    fn is_revoked(&self, certificate: &Certificate, csca: &Certificate) -> bool {
        let lists = self.present.crls().filter(|crl| crl.issuer_key() == csca.subject_key());
        let mut signed = lists.filter(|crl| csca.key().is_ok_and(|key| crl.verify(key).is_ok()));
        signed.any(|crl| crl.revoked(certificate.serial()).is_some())
    }

    /// The file beside the one of its publisher that is in force.
    fn compare(&self, appraisal: &mut Appraisal, allow_older: bool) {
        if appraisal.edition > self.now {
            appraisal.problems.push(Problem::about(&FROM_THE_FUTURE, appraisal.edition));
        }
        let before = self.present.source(appraisal.kind, &appraisal.publisher).map(|source| source.material.edition);
        if let Some(before) = before.filter(|before| appraisal.edition <= *before) {
            let fault = if allow_older { &OLDER_ON_PURPOSE } else { &OLDER };
            appraisal.problems.push(Problem::about(fault, before));
        }
    }
}

impl Appraisal {
    /// Whether one of the problems keeps the file out.
    pub(super) fn refuses(&self) -> bool {
        self.problems.iter().any(|problem| problem.fault.refuses)
    }
}

/// A problem of each part, for the first [`LISTED_MAX`]; then one that says how many more there are.
fn listed<T: ToString>(fault: &'static Fault, parts: impl IntoIterator<Item = T>) -> Vec<Problem> {
    let mut parts = parts.into_iter();
    let mut problems: Vec<_> =
        parts.by_ref().take(LISTED_MAX - 1).map(|part| Problem::about(fault, part.to_string())).collect();
    match (parts.next(), parts.count()) {
        (None, _) => {}
        (Some(last), 0) => problems.push(Problem::about(fault, last.to_string())),
        (Some(_), more) => problems.push(Problem::about(fault, format!("{} more", more + 1))),
    }
    problems
}

/// The content of a non-negative INTEGER in a form that compares as the number does.
fn magnitude(content: &[u8]) -> (usize, &[u8]) {
    let start = content.iter().position(|byte| *byte != 0).unwrap_or(content.len());
    let digits = content.get(start..).unwrap_or_default();
    (digits.len(), digits)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
