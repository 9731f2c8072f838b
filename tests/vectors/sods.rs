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

#[test]
fn real_documents_are_genuine_and_lead_to_their_authority() {
    let Some(folder) = super::folder() else { return };
    let trust = authorities(&folder, "DE_ML_2024-08-07.ml");
    let cases: Vec<_> = index(&folder).into_iter().filter(|entry| entry.file.starts_with("sod/")).collect();
    for case in &cases {
        let report = check(&files(read(&folder.join(&case.file)), &[]), &trust, TODAY);
        println!("{} {:?} {:?} {:?}", case.file, report.data, report.anchor, found(&report));
    }
    println!("Ran {} security objects of real documents.", cases.len());
}
