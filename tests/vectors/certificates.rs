//! Certificates of states and of published test sets: every one is read, and those whose issuer is known are verified.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::{AnyRef, OctetString};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use eid::chip::ber::{self, Bounds};
use eid::chip::certificate::{Certificate, same_serial};
use eid::chip::hash::Hash;
use eid::chip::key::KeyAlgorithm;
use eid::chip::scheme::Scheme;
use serde_json::Value;

/// Certificates of the mixes, if the folder is whole.
const MIXES_MIN: usize = 45;
/// Different certificates in the four master lists, if the folder is whole.
const AUTHORITIES: usize = 792;

fn index(folder: &Path) -> Vec<Value> {
    serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap()
}

fn file(entry: &Value) -> &str {
    entry["file"].as_str().unwrap()
}

fn pem(path: &Path) -> Certificate {
    let text = fs::read_to_string(path).unwrap();
    let body = text.split("-----").nth(2).unwrap().split_whitespace().collect::<String>();
    Certificate::from_der(&STANDARD.decode(body).unwrap()).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

fn hash(name: &Value) -> Hash {
    let name = name.as_str().unwrap();
    Hash::ALL.into_iter().find(|hash| hash.name().replace('-', "").eq_ignore_ascii_case(name)).unwrap()
}

fn scheme(told: &Value) -> Scheme {
    match told[0].as_str().unwrap() {
        "rsa" => Scheme::RsaPkcs1(hash(&told[1])),
        "ecdsa" => Scheme::Ecdsa(hash(&told[1])),
        "pss" => Scheme::RsaPss {
            hash: hash(&told[1]),
            mgf: hash(&told[2]),
            salt_len: usize::try_from(told[3].as_u64().unwrap()).unwrap(),
        },
        other => panic!("no scheme is called {other}"),
    }
}

/// The name that the index has for the kind of key.
fn key_name(certificate: &Certificate) -> String {
    match certificate.key().unwrap().algorithm() {
        KeyAlgorithm::Rsa { bits } => format!("RSA-{bits}"),
        KeyAlgorithm::Ec(curve) => {
            let name = curve.name().strip_prefix("P-").map_or(curve.name().to_owned(), |bits| format!("secp{bits}r1"));
            format!("EC {name}")
        }
    }
}

#[test]
fn every_mix_of_algorithms_is_read_and_verified() {
    let Some(folder) = super::folder() else { return };
    let index = index(&folder);
    let mut mixes: BTreeMap<String, BTreeMap<String, Certificate>> = BTreeMap::new();
    for entry in index.iter().filter(|entry| file(entry).starts_with("mockcerts/")) {
        let (certificate, expected) = (pem(&folder.join(file(entry))), &entry["expected"]);
        let told = expected["key"].as_str().unwrap();
        assert!(told.starts_with(&key_name(&certificate)), "{}: {told}", file(entry));
        assert_eq!(certificate.scheme(), Ok(&scheme(&expected["sig"])), "{}", file(entry));
        assert_eq!(certificate.is_self_issued(), expected["self_signed"].as_bool().unwrap(), "{}", file(entry));
        let serial = expected["serial"].as_str().unwrap().trim_start_matches("0x");
        let serial = hex::decode(format!("{serial:0>40}")).unwrap();
        assert!(same_serial(certificate.serial(), &serial), "{}", file(entry));
        let (mix, name) = file(entry).trim_start_matches("mockcerts/").split_once('/').unwrap();
        mixes.entry(mix.to_owned()).or_default().insert(name.to_owned(), certificate);
    }

    let (mut cases, mut signed) = (0, 0);
    for (mix, certificates) in &mixes {
        let whole = mix.rsplit_once('_').map(|(stem, _)| format!("{stem}_4096")).unwrap_or_default();
        let csca = certificates.get("mock_csca.pem").or_else(|| mixes[&whole].get("mock_csca.pem")).unwrap();
        for (name, certificate) in certificates {
            let verified = certificate.verify_signed_by(csca.key().unwrap());
            assert_eq!(verified, Ok(()), "{mix}/{name}");
            let mut bytes = certificate.tbs().to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            let forged = csca.key().unwrap().verify(certificate.scheme().unwrap(), &bytes, certificate.signature());
            assert!(forged.is_err(), "{mix}/{name}");
            cases += 1;
            signed += usize::from(name == "mock_dsc.pem");
        }
    }
    assert!(mixes.len() >= 27 && cases >= MIXES_MIN, "{} mixes, {cases} certificates", mixes.len());
    println!("{cases} certificates of {} mixes of algorithms, {signed} of them document signers", mixes.len());
}

/// The content of a signed object, and the certificates beside it.
fn signed_data(bytes: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let bytes = ber::to_der(bytes, &Bounds { len: 4 << 20, depth: 32, elements: 1 << 20 }).unwrap();
    let info = ContentInfo::from_der(&bytes).unwrap();
    let data = info.content.decode_as::<SignedData>().unwrap();
    let content = data.encap_content_info.econtent.unwrap().decode_as::<OctetString>().unwrap();
    let certificates = data.certificates.into_iter().flat_map(|set| set.0.into_vec());
    (content.into_bytes(), certificates.map(|choice| choice.to_der().unwrap()).collect())
}

/// The certificates of a master list: `SEQUENCE { version, certList SET OF Certificate }`.
fn authorities(bytes: &[u8]) -> Vec<Certificate> {
    let content = signed_data(bytes).0;
    AnyRef::from_der(&content)
        .unwrap()
        .sequence(|list| {
            u8::decode(list)?;
            let set = AnyRef::decode(list)?;
            assert_eq!(set.tag(), Tag::Set);
            let mut reader = SliceReader::new(set.value())?;
            let mut found = Vec::new();
            while !reader.is_finished() {
                let der = reader.tlv_bytes()?;
                let certificate = Certificate::from_der(der)
                    .unwrap_or_else(|fault| panic!("{fault}: {}", hex::encode(&der[..der.len().min(300)])));
                assert_eq!(certificate.der(), der);
                found.push(certificate);
            }
            Ok(found)
        })
        .unwrap()
}

fn all_authorities(folder: &Path) -> BTreeMap<[u8; 32], Certificate> {
    let lists = index(folder)
        .into_iter()
        .filter(|entry| Path::new(file(entry)).extension().is_some_and(|kind| kind == "ml"))
        .map(|entry| {
            let list = authorities(&fs::read(folder.join(file(&entry))).unwrap());
            assert_eq!(list.len() as u64, entry["expected"]["entries"].as_u64().unwrap(), "{}", file(&entry));
            list
        });
    lists.flatten().map(|certificate| (certificate.fingerprint(), certificate)).collect()
}

#[test]
fn every_authority_of_the_master_lists_is_read_with_a_key_and_a_country() {
    let Some(folder) = super::folder() else { return };
    let found = all_authorities(&folder);
    let count = |wanted: fn(&Certificate) -> bool| found.values().filter(|certificate| wanted(certificate)).count();
    for certificate in found.values() {
        let name = hex::encode(certificate.fingerprint());
        assert!(certificate.key().is_ok(), "{name}: {:?}", certificate.key());
        assert!(certificate.scheme().is_ok(), "{name}: {:?}", certificate.scheme());
        assert!(certificate.subject_country().is_some(), "{name}");
        assert!(certificate.malformed_extensions().is_empty(), "{name}: {:?}", certificate.malformed_extensions());
        assert!(certificate.unknown_critical_extensions().is_empty(), "{name}");
    }
    // TR, LU, BE, PT, CM, IT leave out cA; KZ, AL, MZ number below zero.
    assert_eq!(count(|certificate| !certificate.is_ca()), 9);
    assert_eq!(count(|certificate| certificate.serial()[0] & 0x80 != 0), 4);
    assert_eq!(found.len(), AUTHORITIES);
    println!("{} authorities of four master lists", found.len());
}

#[test]
fn every_authority_but_four_is_signed_by_a_key_of_its_issuers_name() {
    let Some(folder) = super::folder() else { return };
    let found = all_authorities(&folder);
    let (mut verified, mut orphans) = (0, Vec::new());
    for certificate in found.values() {
        let mut issuers = found.values().filter(|issuer| issuer.subject_key() == certificate.issuer_key());
        if issuers.any(|issuer| certificate.verify_signed_by(issuer.key().unwrap()).is_ok()) {
            verified += 1;
        } else {
            orphans.push(certificate);
        }
    }
    let mut countries: Vec<_> = orphans.iter().filter_map(|orphan| orphan.subject_country()).collect();
    countries.sort_unstable();
    assert_eq!(countries, ["ES", "HU", "PH", "PT"], "issuers in no list (HU, PT), or another key (ES, PH)");
    println!("{verified} of {} authorities verified", found.len());
}

#[test]
fn every_signer_within_a_signed_object_is_read_and_verified_by_its_authority() {
    let Some(folder) = super::folder() else { return };
    let authorities = all_authorities(&folder);
    let mut cases = 0;
    for entry in index(&folder).iter().filter(|entry| file(entry).starts_with("sod/")) {
        let mut bytes = fs::read(folder.join(file(entry))).unwrap();
        if bytes[0] == 0x77 {
            bytes = AnyRef::from_der(&bytes).map_or_else(|_| bytes.clone(), |any| any.value().to_vec());
        }
        let (_, certificates) = signed_data(&bytes);
        for der in certificates {
            let certificate = Certificate::from_der(&der).unwrap_or_else(|fault| panic!("{}: {fault}", file(entry)));
            let expected = &entry["expected"]["csca"];
            for csca in expected.as_array().into_iter().flatten() {
                let fingerprint: [u8; 32] = hex::decode(csca["sha256"].as_str().unwrap()).unwrap().try_into().unwrap();
                let Some(csca) = authorities.get(&fingerprint) else { continue };
                assert_eq!(certificate.verify_signed_by(csca.key().unwrap()), Ok(()), "{}", file(entry));
                cases += 1;
            }
        }
    }
    assert!(cases >= 9, "{cases}");
    println!("{cases} pairs of a signer and its authority");
}
