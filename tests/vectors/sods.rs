//! Security objects of real documents, of published specimens, and of specimens that somebody changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use eid::chip::certificate::Certificate;
use eid::chip::files::{ActiveEvidence, GroupNumber};
use eid::chip::policy::Policy;
use eid::chip::signed_data::SignedData;
use eid::chip::trust::Anchor;
use eid::chip::{ChipFiles, Mode, Trust, ber, examine};
use eid::domain::chip::{ChipReport, Doubt, Genuineness, Outcome, StepName};
use eid::domain::finding::Severity;
use eid::domain::time::{Timestamp, parse_date};
use serde::Deserialize;

/// The day of the checks: the real signers of the folder are in date, and so are their authorities.
const TODAY: &str = "2024-09-01";

#[derive(Deserialize)]
struct Entry {
    file: String,
    expected: serde_json::Value,
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn index(folder: &Path) -> Vec<Entry> {
    serde_json::from_slice(&read(&folder.join("index.json"))).unwrap()
}

fn on(day: &str) -> Timestamp {
    Timestamp::start_of(parse_date(day).unwrap())
}

/// The authorities of a published list. Its signature is for other tests; here it is a bag of certificates.
fn authorities(folder: &Path, list: &str) -> Trust {
    let file = read(&folder.join("masterlists").join(list));
    let bounds = ber::Bounds { len: 16 << 20, depth: 32, elements: 1 << 20 };
    let der = ber::to_der(&file, &bounds).unwrap();
    let content = SignedData::read(&der).unwrap().content.to_vec();
    let anchors = certificates(&content).into_iter().map(|der| {
        let certificate = Certificate::from_der(der).unwrap();
        Anchor { certificate, practice: false }
    });
    Trust::new(anchors, [], [])
}

/// `CscaMasterList ::= SEQUENCE { version INTEGER, certList SET OF Certificate }`: the bytes of each certificate.
fn certificates(list: &[u8]) -> Vec<&[u8]> {
    fn element(bytes: &[u8]) -> (&[u8], &[u8], &[u8]) {
        let long = usize::from(bytes[1] & 0x7F);
        let (start, len) = match bytes[1] {
            short @ 0..0x80 => (2, usize::from(short)),
            _ => (2 + long, bytes[2..2 + long].iter().fold(0, |len, byte| len << 8 | usize::from(*byte))),
        };
        (&bytes[..start + len], &bytes[start..start + len], &bytes[start + len..])
    }
    let (_, body, _) = element(list);
    let (_, _, rest) = element(body);
    let (_, mut set, _) = element(rest);
    let mut found = Vec::new();
    while !set.is_empty() {
        let (whole, _, rest) = element(set);
        found.push(whole);
        set = rest;
    }
    found
}

fn files(sod: Vec<u8>, groups: &[(u8, Vec<u8>)]) -> ChipFiles {
    let groups = groups.iter().map(|(number, bytes)| (GroupNumber::new(*number).unwrap(), bytes.clone()));
    ChipFiles::new(sod, groups.collect::<BTreeMap<_, _>>(), None, None::<ActiveEvidence>).unwrap()
}

fn check(files: &ChipFiles, trust: &Trust, day: &str) -> ChipReport {
    examine(files, trust, &Policy::default(), Mode::default(), on(day))
}

fn found(report: &ChipReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule.id).collect()
}

/// The expected fingerprints of the authority.
fn expected_authorities(entry: &Entry) -> Vec<String> {
    let authorities = entry.expected["csca"].as_array().unwrap();
    authorities.iter().map(|authority| authority["sha256"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn real_documents_are_genuine_and_lead_to_their_authority() {
    let Some(folder) = super::folder() else { return };
    let trust = authorities(&folder, "DE_ML_2024-08-07.ml");
    let cases: Vec<_> = index(&folder).into_iter().filter(|entry| entry.file.starts_with("sod/")).collect();
    for case in &cases {
        let chip = files(read(&folder.join(&case.file)), &[]);
        // Twice: the second time the signer is known.
        for _ in 0..2 {
            let report = check(&chip, &trust, TODAY);
            let found = found(&report);
            assert_eq!(report.data, Genuineness::Genuine, "{}: {found:?}", case.file);
            let anchor = report.anchor.unwrap().to_string();
            assert!(expected_authorities(case).contains(&anchor), "{}: {anchor}", case.file);
            let plain = case.expected["econtent_type"] == "1.2.840.113549.1.7.1";
            assert_eq!(found.contains(&"chip.content-unnamed"), plain, "{}", case.file);
            let keyed = case.expected["dgs"].as_array().unwrap().iter().any(|group| group == 15);
            assert_eq!(found.contains(&"chip.active-not-asked"), keyed, "{}", case.file);
            let known = |id: &&str| {
                matches!(
                    *id,
                    "chip.content-unnamed" | "chip.crl-missing" | "chip.group-not-read" | "chip.active-not-asked"
                )
            };
            assert!(found.iter().all(known), "{}: {found:?}", case.file);
        }
    }
    println!("Ran {} security objects of real documents.", cases.len());
    assert!(cases.len() >= 9, "{} security objects of real documents", cases.len());
}

#[test]
fn real_documents_without_their_authority_or_long_after_their_day_are_referred() {
    let Some(folder) = super::folder() else { return };
    let trust = authorities(&folder, "DE_ML_2024-08-07.ml");
    let chip = files(read(&folder.join("sod/at_6189db18.bin")), &[]);
    let nobody = check(&chip, &Trust::new([], [], []), TODAY);
    assert_eq!(nobody.data, Genuineness::Unknown(Doubt::NotTrusted));
    assert!(found(&nobody).contains(&"chip.authority-unknown"));
    let late = check(&chip, &trust, "2060-01-01");
    assert_eq!(late.data, Genuineness::Unknown(Doubt::OutOfDate));
    assert!(found(&late).starts_with(&["chip.signer-out-of-date", "chip.authority-out-of-date"]));
}

/// A set of specimen files.
fn specimen(folder: &Path, set: &str) -> ChipFiles {
    let folder = folder.join("specimen").join(set);
    let groups = [1, 2, 14, 15].map(|number| (number, read(&folder.join(format!("dg{number}.bin")))));
    let groups = groups.into_iter().map(|(number, bytes)| (GroupNumber::new(number).unwrap(), bytes));
    let com = read(&folder.join("ef_com.bin"));
    ChipFiles::new(read(&folder.join("sod.bin")), groups.collect(), Some(com), None).unwrap()
}

#[test]
fn published_specimens_match_their_list_are_out_of_date_and_nobody_vouches_for_them() {
    let Some(folder) = super::folder() else { return };
    let trust = authorities(&folder, "DE_ML_2024-08-07.ml");
    for (set, weak) in [("bsi-tr03105-5", false), ("bsi2008", true)] {
        let chip = specimen(&folder, set);
        let report = check(&chip, &trust, TODAY);
        let found = found(&report);
        assert_eq!(report.outcome(StepName::Signature), Outcome::Passed, "{set}: {found:?}");
        assert_eq!(report.matching.iter().map(|group| group.get()).collect::<Vec<_>>(), [1, 2, 14], "{set}");
        let unlisted = report.findings.iter().find(|finding| finding.rule.id == "chip.group-unlisted").unwrap();
        assert_eq!(unlisted.fields[0].path, "chip.dg15", "{set}");
        assert!(found.contains(&"chip.authority-unknown"), "{set}: {found:?}");
        assert!(found.contains(&"chip.signer-out-of-date"), "{set}: {found:?}");
        assert_eq!(found.contains(&"chip.algorithm-weak"), weak, "{set}: {found:?}");
        let doubt = if weak { Doubt::Weak } else { Doubt::NotTrusted };
        assert_eq!(report.data, Genuineness::Unknown(doubt), "{set}: {found:?}");
        assert!(!report.proves(GroupNumber::DG15) && !report.proves(GroupNumber::DG1), "{set}");
        assert!(
            !found.iter().any(|id| matches!(*id, "chip.group-differs" | "chip.country-differs")),
            "{set}: {found:?}"
        );
    }
    println!("Ran 2 sets of specimens.");
}

/// What somebody changed, and the rule that must find it.
const CHANGED: &[(&str, &[&str])] = &[
    ("dg-hash-changed", &["chip.digest-differs"]),
    ("econtenttype-id-data", &["chip.content-unnamed", "chip.signature-wrong"]),
    ("lds-version-minus1", &["chip.digest-differs", "chip.lds-version"]),
    ("signature-changed", &["chip.signature-wrong"]),
    ("signeddata-version-2", &["chip.sod-version"]),
    ("trailing-data", &["chip.sod-unreadable"]),
];

#[test]
fn security_objects_that_somebody_changed_are_refused_for_what_was_changed() {
    let Some(folder) = super::folder() else { return };
    let folder = folder.join("sod-mutated");
    let trust = Trust::new([], [], []);
    for (name, ids) in CHANGED {
        let report = check(&files(read(&folder.join(format!("{name}.bin"))), &[]), &trust, TODAY);
        let found = found(&report);
        assert!(ids.iter().all(|id| found.contains(id)), "{name}: {found:?}");
        let refused = report.findings.iter().any(|finding| finding.rule.severity == Severity::Refuse);
        assert!(refused && report.data != Genuineness::Genuine, "{name}: {found:?}");
    }
    for original in ["bsi-original", "etsi-original"] {
        let report = check(&files(read(&folder.join(format!("{original}.bin"))), &[]), &trust, TODAY);
        assert_eq!(report.outcome(StepName::Signature), Outcome::Passed, "{original}: {:?}", found(&report));
    }
    let etsi = read(&folder.join("etsi-original.bin"));
    for (dg1, differs) in [("etsi_dg1", false), ("dg1_country_changed", true)] {
        let dg1 = read(&folder.join(format!("{dg1}.bin")));
        let report = check(&files(etsi.clone(), &[(1, dg1)]), &trust, TODAY);
        assert_eq!(found(&report).contains(&"chip.group-differs"), differs, "{:?}", found(&report));
        assert_eq!(report.data == Genuineness::NotGenuine, differs);
    }
    let listed = index(folder.parent().unwrap()).into_iter().filter(|entry| entry.file.starts_with("sod-mutated/"));
    let (ran, listed) = (CHANGED.len() + 4, listed.count());
    println!("Ran {ran} changed and original specimens.");
    assert_eq!(ran, listed, "a case of the folder is not among those that ran");
}

#[test]
fn no_cut_and_no_flipped_byte_of_a_real_document_makes_the_examination_fail() {
    let Some(folder) = super::folder() else { return };
    let trust = authorities(&folder, "DE_ML_2024-08-07.ml");
    let mut ran = 0;
    for name in ["nz_42e57a41.bin", "sg_5fcdc27c.bin"] {
        let sod = read(&folder.join("sod").join(name));
        for at in (0..sod.len()).step_by(7) {
            let mut changed = sod.clone();
            changed[at] ^= 0xFF;
            check(&files(changed, &[]), &trust, TODAY);
            let cut = check(&files(sod[..at].to_vec(), &[]), &trust, TODAY);
            assert_ne!(cut.data, Genuineness::Genuine, "{name} cut at {at}");
            ran += 2;
        }
    }
    println!("Ran {ran} cut or flipped documents.");
}
