//! What holds for any bytes at all: one function for each thing that strangers send or operators bring. Each returns, and
//! panics only if a promise is broken.
//!
//! Used twice: the tests beside this file feed it documents of the practice country with faults, and `fuzz/` what
//! libFuzzer makes of them. A set of files is one input: number, length in three bytes, content, one after the other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use eid::chip::active::ActiveKey;
use eid::chip::ber::{self, Bounds};
use eid::chip::certificate::Certificate;
use eid::chip::crl::Crl;
use eid::chip::deviation::DeviationList;
use eid::chip::files::{ActiveEvidence, CHALLENGE_LEN, GroupNumber};
use eid::chip::groups::{com, dg1, dg2, dg11, dg12, dg14, dg15};
use eid::chip::hash::Hash;
use eid::chip::key::PublicKey;
use eid::chip::master_list::{Entries, MasterList};
use eid::chip::policy::Policy;
use eid::chip::scheme::Scheme;
use eid::chip::signed_data::SignedData;
use eid::chip::sod::{self, SecurityObject};
use eid::chip::trust::Anchor;
use eid::chip::{ChipFiles, Mode, Trust, beyond_bounds, examine};
use eid::cli::registry::Records;
use eid::domain::capture::{FaceImage, Finger, Fingerprint};
use eid::domain::check::{self, Known};
use eid::domain::chip::Genuineness;
use eid::domain::mrz::{Zone, agree, misplaced, suggest};
use eid::domain::person::{FullName, NamePart};
use eid::domain::time::Timestamp;
use eid::practice::country::Country;
use eid::proto as pb;
use prost::Message as _;
use time::Date;
use time::macros::date;

/// The day of every check.
pub const TODAY: Date = date!(2026 - 11 - 21);
/// Number of EF.SOD in a set of files.
pub const SOD: u8 = 0;
/// Number of EF.COM.
pub const COM: u8 = 17;
/// Number of the answer of active authentication; the challenge is [`CHALLENGE`].
pub const ANSWER: u8 = 18;
/// The challenge of every chip.
pub const CHALLENGE: &[u8; CHALLENGE_LEN] = b"a nonce.";
/// Bytes of details before base64 that fit into the 8 KiB of headers that a gRPC client of any make takes.
const DETAILS_MAX: usize = 5 << 10;

/// A property and its name, which is that of the fuzz target and of its corpus.
pub type Property = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Property; 23] = [
    ("active", active),
    ("ber", ber),
    ("certificate", certificate),
    ("chip", chip),
    ("com", com),
    ("crl", crl),
    ("deviations", deviations),
    ("dg1", dg1),
    ("dg11", dg11),
    ("dg12", dg12),
    ("dg14", dg14),
    ("dg15", dg15),
    ("dg2", dg2),
    ("face", face),
    ("fingerprint", fingerprint),
    ("master_list", master_list),
    ("names", names),
    ("records", records),
    ("request", request),
    ("security_object", security_object),
    ("signature", signature),
    ("sod", sod),
    ("zone", zone),
];

/// The files of a set, whatever their numbers; the last of each number.
pub fn unpack(mut data: &[u8]) -> BTreeMap<u8, Vec<u8>> {
    let mut files = BTreeMap::new();
    while let [number, a, b, c, rest @ ..] = data {
        let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let (content, rest) = rest.split_at(len.min(rest.len()));
        files.insert(*number, content.to_vec());
        data = rest;
    }
    files
}

/// A set of files as one input.
pub fn pack<'a>(files: impl IntoIterator<Item = (u8, &'a [u8])>) -> Vec<u8> {
    let mut data = Vec::new();
    for (number, content) in files {
        data.push(number);
        data.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes()[1..]);
        data.extend_from_slice(content);
    }
    data
}

/// A zone that is read is read again as it was written; a suggestion has no wrong digit and is not what it mends.
pub fn zone(data: &[u8]) {
    let Ok(zone) = Zone::parse(&String::from_utf8_lossy(data)) else { return };
    let again = Zone::parse(zone.as_str()).expect("a zone that was read");
    assert!(again == zone);
    let _ = (zone.number(), zone.optional(), zone.issuing_state(), zone.nationality(), zone.sex(), zone.identifiers());
    let _ = (zone.births(TODAY, Some(TODAY)).count(), zone.expiry(TODAY), zone.has_partial_date(), misplaced(&zone));
    let _ = check::zone::by_itself(&zone, check::zone::Place::Page, TODAY);
    if let Some(meant) = suggest(&zone) {
        assert!(meant != zone && meant.wrong_digits().is_empty());
    }
}

/// Names agree with themselves, and one with another as the other with it. Lines: family name, given names, twice; a zone.
pub fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut part = || lines.next().and_then(|line| NamePart::parse(line).ok());
    let (one, other) = (FullName::new(part(), part()), FullName::new(part(), part()));
    let zone = lines.next().and_then(|cells| Zone::parse(cells).ok());
    let Some(one) = one else { return };
    assert!(agree(&one, &one).agrees());
    if let Some(other) = other {
        assert_eq!(agree(&one, &other).agrees(), agree(&other, &one).agrees());
    }
    if let Some(zone) = zone {
        let _ = zone.name_match(&one);
    }
}

/// What is made DER stays as it is, and is no longer than it was.
pub fn ber(data: &[u8]) {
    let bounds = Bounds::default();
    if let Ok(der) = ber::to_der(data, &bounds) {
        assert!(der.len() <= data.len());
        assert!(ber::to_der(&der, &bounds).expect("DER") == der);
    }
}

/// A certificate keeps its bytes, and every value of it is among them.
pub fn certificate(data: &[u8]) {
    let Ok(certificate) = Certificate::from_der(data) else { return };
    assert!(certificate.der() == data);
    for part in [certificate.tbs(), certificate.serial(), certificate.issuer(), certificate.subject()] {
        assert!(data.windows(part.len()).any(|window| window == part));
    }
    let _ =
        (certificate.ski(), certificate.aki(), certificate.document_types(), certificate.private_key_usage_period());
    let _ = (certificate.malformed_extensions(), certificate.unknown_critical_extensions(), format!("{certificate:?}"));
    if let Ok(key) = certificate.key() {
        let _ = certificate.verify_signed_by(key);
    }
}

/// A key, an algorithm and a signature, whatever they are: a yes would be a forgery. Files 1, 2 and 3 of a set.
pub fn signature(data: &[u8]) {
    let files = unpack(data);
    let file = |number| files.get(&number).map_or(&[][..], Vec::as_slice);
    let Ok(key) = PublicKey::from_spki(file(1)) else { return };
    for scheme in [Scheme::read(file(2), None), Scheme::read(file(2), Some(Hash::Sha256))].into_iter().flatten() {
        let _ = key.verify(&scheme, b"Nobody signed this.", file(3));
        let _ = key.verify_plain(&scheme, b"Nobody signed this.", file(3));
    }
    let _ = key.rsa_public_operation(file(3));
}

/// A revocation list keeps its bytes, and what it cannot explain is told in few words.
pub fn crl(data: &[u8]) {
    let Ok(list) = Crl::from_pem_or_der(data) else { return };
    assert!(list.len() <= Crl::ENTRIES_MAX && list.unknown_critical_extensions().len() <= 128);
    let _ = (list.number(), list.aki(), list.revoked(&[1]), list.next_update(), format!("{list:?}"));
    assert!(Crl::from_der(list.der()).expect("the same list").fingerprint() == list.fingerprint());
}

/// A master list whose signature holds has the entries that are read without it.
pub fn master_list(data: &[u8]) {
    let entries = Entries::read(data);
    if let Ok(list) = MasterList::read(data) {
        assert_eq!(list.entries.certificates.len(), entries.expect("entries").certificates.len());
        let _ = list.is_vouched_for_by(&list.signer);
    }
}

/// A deviation names what may be tolerated.
pub fn deviations(data: &[u8]) {
    if let Ok(list) = DeviationList::read(data) {
        assert!(list.deviations.iter().all(|one| eid::chip::trust::TOLERABLE.contains(&one.fault)));
        let _ = list.deviations.iter().filter_map(|one| one.on(TODAY)).count();
    }
}

/// EF.SOD: the message, its certificates and its list of groups.
pub fn sod(data: &[u8]) {
    let Ok(der) = sod::unwrap(data) else { return };
    let Ok(message) = SignedData::read(&der) else { return };
    assert!(!message.signers.is_empty());
    for signer in &message.signers {
        let _ = (signer.attributes(), signer.signed_bytes(), Scheme::read(signer.algorithm, signer.digest));
    }
    message.certificates.iter().for_each(|der| certificate(der));
    security_object(message.content);
}

/// The list of groups within EF.SOD has at most sixteen.
pub fn security_object(data: &[u8]) {
    if let Ok(list) = SecurityObject::read(data) {
        assert!(list.groups().count() <= 16);
        // A fuzzer that sees the comparison writes the right digest in: either answer can come.
        assert!(list.groups().all(|group| list.lists(group) && (list.hash.is_some() || !list.matches(group, data))));
    }
}

/// DG1 holds a zone that can be printed and read again.
pub fn dg1(data: &[u8]) {
    if let Ok(found) = dg1::read(data) {
        zone(found.as_str().as_bytes());
    }
}

/// DG2: images within the file, few of them.
pub fn dg2(data: &[u8]) {
    if let Ok(faces) = dg2::read(data) {
        assert!((1..=dg2::IMAGES_MAX).contains(&faces.len()));
        assert!(faces.iter().all(|face| face.image.len() < data.len()));
        assert!(faces.iter().all(|face| face.sha256() == face.sha256()));
    }
}

/// DG11.
pub fn dg11(data: &[u8]) {
    let _ = dg11::read(data);
}

/// DG12.
pub fn dg12(data: &[u8]) {
    let _ = dg12::read(data).map(|day| day.and_then(eid::domain::mrz::PartialDate::date));
}

/// DG14.
pub fn dg14(data: &[u8]) {
    if let Ok(infos) = dg14::read(data) {
        let _ = dg14::active_algorithm(&infos);
    }
}

/// DG15.
pub fn dg15(data: &[u8]) {
    if let Ok(key) = dg15::read(data) {
        let _ = key.algorithm();
    }
}

/// EF.COM.
pub fn com(data: &[u8]) {
    if let Ok(common) = com::Common::parse(data) {
        assert!(common.groups.len() <= data.len());
    }
}

/// The answer of active authentication under whatever key the set holds.
pub fn active(data: &[u8]) {
    let files = unpack(data);
    let file = |number| files.get(&number).map(Vec::as_slice);
    if let Ok(key) = ActiveKey::read(file(15).unwrap_or_default(), file(14)) {
        let _ = key.answers(CHALLENGE, file(ANSWER).unwrap_or_default());
    }
}

/// A face that is taken has pixels, and stays as it is.
pub fn face(data: &[u8]) {
    if let Ok(face) = FaceImage::read(data.to_vec()) {
        assert!(face.pixels().0 > 0 && face.pixels().1 > 0 && face.content().as_bytes() == data);
    }
}

/// A fingerprint that is taken stays as it is.
pub fn fingerprint(data: &[u8]) {
    if let Ok(print) = Fingerprint::read(Finger::ALL[0], None, data.to_vec()) {
        assert!(print.content().as_bytes() == data);
        let _ = (print.quality(), print.names_another());
    }
}

/// What is trusted: the practice country, its revocation list included.
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let country = Country::of_practice();
    let anchor = Anchor { certificate: Certificate::from_der(country.csca()).expect("a certificate"), practice: true };
    Trust::new([anchor], Crl::from_der(&country.crl_in_force(TODAY)), [])
});

/// A whole chip: data are genuine only under an authority that is trusted, and only those groups count that match.
pub fn chip(data: &[u8]) {
    let mut files = unpack(data);
    let sod = files.remove(&SOD).unwrap_or_default();
    let com = files.remove(&COM);
    let response = files.remove(&ANSWER);
    let active = response.map(|response| ActiveEvidence { challenge: CHALLENGE.to_vec(), response });
    let groups = files.into_iter().filter_map(|(number, file)| Some((GroupNumber::new(number)?, file)));
    let report = match ChipFiles::new(sod, groups.collect(), com, active) {
        Ok(files) => examine(
            &files,
            &TRUST,
            &Policy::default(),
            Mode { practice: true, holder: true },
            Timestamp::start_of(TODAY),
        ),
        Err(found) => beyond_bounds(found),
    };
    if report.data == Genuineness::Genuine {
        assert!(report.signer.is_some() && report.anchor.is_some() && report.practice);
    }
    if report.chip == Genuineness::Genuine {
        assert!(report.data == Genuineness::Genuine && report.proves(GroupNumber::DG15));
    }
    assert!(report.findings.len() <= 64 && report.steps.len() <= 16);
    let _ = report.summary();
}

/// A request at the counter: it is read or refused with all that is wrong, in an answer that every client takes; the rules
/// look at what was read.
pub fn request(data: &[u8]) {
    let Ok(message) = pb::CheckRequest::decode(data) else { return };
    match eid::grpc::read_check(&message) {
        Ok(intake) => {
            let found = check::examine(
                &intake.application,
                Some(&intake.captures),
                &Known::default(),
                Timestamp::start_of(TODAY),
            );
            assert!(found.iter().count() <= 64);
        }
        Err(refused) => assert!(refused.details().len() <= DETAILS_MAX, "{} bytes", refused.details().len()),
    }
}

/// A file of immigration records: no line is passed over, each is taken, blank, or told with its faults, and what cannot be
/// true or would keep later records out is not taken.
pub fn records(data: &[u8]) {
    let Ok(mut records) = Records::read(data) else { return };
    let (latest, mut number, mut passed) = (Timestamp::start_of(TODAY), 1, 0);
    let mut pass = |piece: &[u8]| {
        passed += piece.len();
        Ok(())
    };
    while let Some(line) = records.next(latest, &mut pass).unwrap() {
        number += 1;
        assert_eq!(line.number, number);
        match line.read {
            Ok(Some(record)) => {
                assert!(record.recorded_at <= latest && record.card.issued_on <= record.card.expires_on);
            }
            Ok(None) => assert!(line.text.is_some_and(|text| text.len() < data.len())),
            Err(faults) => assert!((1..=18).contains(&faults.len())),
        }
    }
    assert!(passed < data.len());
}
