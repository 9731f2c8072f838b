//! What the clients' authorities revoked: their lists, and the connections that are open meanwhile.
//!
//! Owns which lists are believed: those that one of the authorities signed, none older than the one in force, and none that
//! had expired when it came. Refuses to let a bad list take the place of a good one, or to hold up a good one of another
//! authority.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::revocation_list::CertificateRevocationList;

use crate::domain::time::Timestamp;
use crate::observe::{Counted, Meters};

/// Why a list is not believed.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CrlFault {
    /// It is none.
    #[error("{0} is no list of revoked certificates (CRL, PEM or DER)")]
    NotAList(String),
    /// It should have been replaced before it came.
    #[error("{0} has expired: fetch the newest list of its authority")]
    Expired(String),
    /// It is older than the one in force.
    #[error("{0} is older than the list in force")]
    Older(String),
    /// It is in force, and has been taken away.
    #[error("{0} has been taken away though it is in force")]
    Missing(String),
}

/// The list of one authority.
#[derive(Clone, PartialEq, Eq, Debug)]
struct List {
    file: String,
    issuer: Vec<u8>,
    made_at: i64,
    expires_at: Option<i64>,
    serials: HashSet<Vec<u8>>,
    der: CertificateRevocationListDer<'static>,
}

/// The lists in force, one of each authority.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Crls(Vec<List>);

impl Crls {
    /// Reads files, each with its name, as lists of the authorities in `client_ca_pem`. Those of others are left out.
    ///
    /// # Errors
    /// Names the first file that is not believed.
    pub fn read(files: &[(String, Vec<u8>)], client_ca_pem: &[u8]) -> Result<Self, CrlFault> {
        let (lists, faults) = newest(files, client_ca_pem);
        faults.into_iter().next().map_or(Ok(Self(lists)), Err)
    }

    /// The lists that take the place of these, of the authorities in `client_ca_pem`, and why a list of these stays instead:
    /// its file is no list or is gone, or has one that is older or had expired when it came. Lists of authorities that are
    /// not there any more go with them.
    pub fn renewed(&self, files: &[(String, Vec<u8>)], client_ca_pem: &[u8], now: Timestamp) -> (Self, Vec<CrlFault>) {
        let (found, mut faults) = newest(files, client_ca_pem);
        let authorities = authorities(client_ca_pem);
        let mut lists: Vec<List> = self.0.iter().filter(|old| old.is_of_any(&authorities)).cloned().collect();
        faults.extend(lists.iter().filter_map(|old| {
            let new = found.iter().find(|new| new.issuer == old.issuer);
            match new {
                None => Some(CrlFault::Missing(old.file.clone())),
                Some(new) => (new.made_at < old.made_at).then(|| CrlFault::Older(new.file.clone())),
            }
        }));
        for new in found {
            let at = lists.iter().position(|old| old.issuer == new.issuer);
            match at.and_then(|at| lists.get_mut(at)) {
                Some(old) if new.made_at < old.made_at => {}
                Some(old) if new.made_at == old.made_at => *old = new,
                _ if new.is_expired(now) => faults.push(CrlFault::Expired(new.file)),
                Some(old) => *old = new,
                None => lists.push(new),
            }
        }
        (Self(lists), faults)
    }

    /// Whether there is a list of this authority.
    pub(super) fn covers(&self, authority: &CertificateDer<'_>) -> bool {
        self.0.iter().any(|list| list.is_of_any(std::slice::from_ref(authority)))
    }

    /// Files whose lists have expired. They hold still: better an old list than none.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |list| list.is_expired(now)).map(|list| list.file.as_str())
    }

    /// Certificates that are revoked.
    pub fn revoked(&self) -> usize {
        self.0.iter().map(|list| list.serials.len()).sum()
    }

    pub(super) fn lists(&self) -> impl Iterator<Item = CertificateRevocationListDer<'static>> {
        self.0.iter().map(|list| list.der.clone())
    }

    fn revoke(&self, shown: &Shown) -> bool {
        self.0.iter().any(|list| list.issuer == shown.issuer && list.serials.contains(&shown.serial))
    }
}

impl List {
    fn is_of_any(&self, authorities: &[CertificateDer<'_>]) -> bool {
        CertificateRevocationList::from_der(&self.der).is_ok_and(|(_, read)| is_signed(&read, authorities))
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now.micros() / 1_000_000)
    }
}

fn authorities(client_ca_pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(client_ca_pem).flatten().collect()
}

/// The newest list of each authority, and the files that hold none.
fn newest(files: &[(String, Vec<u8>)], client_ca_pem: &[u8]) -> (Vec<List>, Vec<CrlFault>) {
    let authorities = authorities(client_ca_pem);
    let (mut lists, mut faults) = (Vec::<List>::new(), Vec::new());
    for (file, bytes) in files {
        let read = blocks(file, bytes).and_then(|blocks| {
            blocks.into_iter().map(|der| list(file, der, &authorities)).collect::<Result<Vec<_>, _>>()
        });
        match read {
            Ok(read) => read.into_iter().flatten().for_each(|list| keep_newer(&mut lists, list)),
            Err(fault) => faults.push(fault),
        }
    }
    (lists, faults)
}

fn keep_newer(lists: &mut Vec<List>, list: List) {
    match lists.iter_mut().find(|other| other.issuer == list.issuer) {
        Some(other) if other.made_at < list.made_at => *other = list,
        Some(_) => {}
        None => lists.push(list),
    }
}

/// The lists in a file: in PEM blocks, or one in DER.
fn blocks(file: &str, bytes: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, CrlFault> {
    if !bytes.starts_with(b"-----") {
        return Ok(vec![CertificateRevocationListDer::from(bytes.to_vec())]);
    }
    let found = CertificateRevocationListDer::pem_slice_iter(bytes).collect::<Result<Vec<_>, _>>();
    found.ok().filter(|found| !found.is_empty()).ok_or_else(|| CrlFault::NotAList(file.to_owned()))
}

/// A list, unless none of the authorities signed it: theirs may be gone, and a stranger's is nobody's.
fn list(
    file: &str,
    der: CertificateRevocationListDer<'static>,
    authorities: &[CertificateDer<'_>],
) -> Result<Option<List>, CrlFault> {
    let not_a_list = || CrlFault::NotAList(file.to_owned());
    let (rest, read) = CertificateRevocationList::from_der(&der).map_err(|_| not_a_list())?;
    if !rest.is_empty() {
        return Err(not_a_list());
    }
    if !is_signed(&read, authorities) {
        tracing::warn!(file, "a list of revoked certificates that none of the client authorities signed is left out");
        return Ok(None);
    }
    let serials = read.iter_revoked_certificates().map(|one| one.raw_serial().to_vec()).collect();
    let (issuer, made_at) = (read.issuer().as_raw().to_vec(), read.last_update().timestamp());
    let expires_at = read.next_update().map(|at| at.timestamp());
    Ok(Some(List { file: file.to_owned(), issuer, made_at, expires_at, serials, der }))
}

fn is_signed(list: &CertificateRevocationList<'_>, authorities: &[CertificateDer<'_>]) -> bool {
    authorities.iter().any(|authority| {
        X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
            authority.subject().as_raw() == list.issuer().as_raw()
                && list.verify_signature(authority.public_key()).is_ok()
        })
    })
}

/// Which certificate was shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    issuer: Vec<u8>,
    serial: Vec<u8>,
}

impl Shown {
    /// Of a certificate that the handshake has read already.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(der).ok()?;
        Some(Self { issuer: read.issuer().as_raw().to_vec(), serial: read.raw_serial().to_vec() })
    }
}

/// The connections that are open, each with the certificate that it was opened with.
#[derive(Clone, Debug, Default)]
pub struct OpenConnections {
    open: Arc<Mutex<Open>>,
    meters: Meters,
}

#[derive(Debug, Default)]
struct Open {
    crls: Crls,
    next: u64,
    shown: HashMap<u64, (Shown, CancellationToken)>,
}

/// A connection's entry, for as long as it lives.
#[derive(Debug)]
pub(super) struct Held {
    open: OpenConnections,
    number: u64,
    _counted: Counted,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.open.lock().shown.remove(&self.number);
    }
}

impl OpenConnections {
    /// None yet; those to come, and those that are turned away, are counted there.
    pub fn counted_by(meters: Meters) -> Self {
        Self { open: Arc::default(), meters }
    }

    /// A connection was turned away.
    pub(super) fn refused(&self, reason: &'static str) {
        self.meters.handshake_refused(reason);
    }

    /// Puts lists in force: connections whose certificate they revoke end. How many did.
    pub fn revoke(&self, crls: Crls) -> usize {
        let mut open = self.lock();
        open.crls = crls;
        let fallen = open.shown.values().filter(|(shown, token)| !token.is_cancelled() && open.crls.revoke(shown));
        fallen.map(|(_, token)| token.cancel()).count()
    }

    /// Enters a connection; the token falls with its certificate, and has fallen if that was revoked during the handshake.
    pub(super) fn enter(&self, shown: Shown) -> (CancellationToken, Held) {
        let (mut open, token) = (self.lock(), CancellationToken::new());
        if open.crls.revoke(&shown) {
            token.cancel();
        }
        let number = open.next;
        open.next = number.wrapping_add(1);
        open.shown.insert(number, (shown, token.clone()));
        (token, Held { open: self.clone(), number, _counted: self.meters.connection() })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // What is kept here is whole after every step.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod,
        KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    };
    use time::{Duration, OffsetDateTime};

    use super::*;

    struct Ca {
        pem: String,
        issuer: Issuer<'static, KeyPair>,
    }

    fn ca(name: &str) -> Ca {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::CrlSign, KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Ca { pem, issuer: Issuer::new(params, key) }
    }

    fn at(day: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::days(20_000 + day)
    }

    fn now(day: i64) -> Timestamp {
        Timestamp::from_micros(at(day).unix_timestamp() * 1_000_000)
    }

    /// A list made on a day, good for a week.
    fn made(ca: &Ca, day: i64, serials: &[u64]) -> (String, Vec<u8>) {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: at(day),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: at(day),
            next_update: at(day + 7),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        (format!("day-{day}.crl"), params.signed_by(&ca.issuer).unwrap().pem().unwrap().into_bytes())
    }

    fn read(ca: &Ca, files: &[(String, Vec<u8>)]) -> Result<Crls, CrlFault> {
        Crls::read(files, ca.pem.as_bytes())
    }

    #[test]
    fn the_newest_list_of_an_authority_counts_and_a_strangers_does_not() {
        let (ours, other) = (ca("ours"), ca("ours"));
        let crls = read(&ours, &[made(&ours, 1, &[5, 6]), made(&ours, 2, &[5, 6, 7])]).unwrap();
        assert_eq!(crls.revoked(), 3);
        let strange = read(&ours, &[made(&other, 3, &[5])]).unwrap();
        assert_eq!(strange, Crls::default(), "the same name is not the same key");
        for bytes in [b"hello".to_vec(), b"-----BEGIN X509 CRL-----\n".to_vec(), ours.pem.clone().into_bytes()] {
            let none = read(&ours, &[("x".to_owned(), bytes)]).unwrap_err();
            assert_eq!(none, CrlFault::NotAList("x".to_owned()));
        }
    }

    #[test]
    fn a_list_gives_way_to_a_newer_one_that_has_not_expired_and_to_no_other() {
        let ours = ca("ours");
        let [first, second] = [1, 2].map(|day| read(&ours, &[made(&ours, day, &[])]).unwrap());
        let renewed =
            |before: &Crls, files: &[(String, Vec<u8>)], day| before.renewed(files, ours.pem.as_bytes(), now(day));
        let name = |day: i64| format!("day-{day}.crl");
        let [of_day_1, of_day_2] = [1, 2].map(|day| [made(&ours, day, &[])]);
        assert_eq!(renewed(&first, &of_day_2, 3).1, []);
        assert!(renewed(&first, &of_day_2, 3).0.0.iter().all(|list| list.file == name(2)));
        assert_eq!(renewed(&second, &of_day_1, 3), (second.clone(), vec![CrlFault::Older(name(1))]));
        assert_eq!(renewed(&first, &of_day_2, 9), (first.clone(), vec![CrlFault::Expired(name(2))]));
        assert_eq!(renewed(&second, &of_day_2, 9).1, [], "what is in force stays, expired or not");
        assert_eq!(second.expired(now(9)).collect::<Vec<_>>(), ["day-2.crl"]);
        assert_eq!(renewed(&first, &[], 3), (first.clone(), vec![CrlFault::Missing(name(1))]));
    }

    #[test]
    fn a_bad_file_holds_up_no_list_of_another_authority() {
        let (one, other) = (ca("one"), ca("other"));
        let both = format!("{}{}", one.pem, other.pem).into_bytes();
        let named = |name: &str, (_, bytes): (String, Vec<u8>)| (name.to_owned(), bytes);
        let before = [named("one.crl", made(&one, 1, &[])), named("other.crl", made(&other, 1, &[5]))];
        let before = Crls::read(&before, &both).unwrap();
        let files = [named("one.crl", made(&one, 2, &[6, 7])), ("other.crl".to_owned(), b"cut".to_vec())];
        let (crls, faults) = before.renewed(&files, &both, now(3));
        assert_eq!(crls.revoked(), 3, "the new list of one, and the old one of the other");
        let stays = [CrlFault::NotAList("other.crl".to_owned()), CrlFault::Missing("other.crl".to_owned())];
        assert_eq!(faults, stays);
    }

    #[test]
    fn the_list_of_an_authority_goes_with_it() {
        let (one, other) = (ca("one"), ca("other"));
        let both = format!("{}{}", one.pem, other.pem).into_bytes();
        let files = [made(&one, 1, &[5]), made(&other, 1, &[6, 7])];
        let before = Crls::read(&files, &both).unwrap();
        for left in [&files[..], &files[..1]] {
            let (crls, faults) = before.renewed(left, one.pem.as_bytes(), now(2));
            assert_eq!((crls.revoked(), faults), (1, vec![]), "whether or not its file is there still");
        }
    }

    #[test]
    fn connections_with_a_revoked_certificate_fall_and_others_stand() {
        let ours = ca("ours");
        let issuer = Shown::of(CertificateDer::from_pem_slice(ours.pem.as_bytes()).as_deref().unwrap()).unwrap().issuer;
        let shown = |serial: u8| Shown { issuer: issuer.clone(), serial: vec![serial] };
        let open = OpenConnections::default();
        let ((five, _held), (six, _kept)) = (open.enter(shown(5)), open.enter(shown(6)));
        let crls = read(&ours, &[made(&ours, 1, &[5])]).unwrap();
        assert_eq!((open.revoke(crls.clone()), five.is_cancelled(), six.is_cancelled()), (1, true, false));
        assert_eq!(open.revoke(crls), 0, "once");
        assert!(open.enter(shown(5)).0.is_cancelled(), "revoked between handshake and entry");
    }
}
