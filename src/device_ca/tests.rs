//! Certificates and lists as an independent peer sees them: openssl, which `scripts/test` makes sure of.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use uuid::Uuid;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::*;
use crate::domain::device::{DeviceKey, EndReason, Serial};
use crate::domain::ids::{AccountId, DeviceId};

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_500_000);
const DAY: Duration = Duration::from_hours(24);
const ACCOUNT: AccountId = AccountId::new(Uuid::from_u128(0xacc));

fn authority(seed: u8) -> Authority {
    let key = AuthorityKey::from_seed(&[seed; SEED_BYTES]).unwrap();
    let certificate = Authority::found(&key, Serial::drawn([seed; 20]), NOW).unwrap();
    Authority::open(key, certificate).unwrap()
}

fn p256_key() -> DeviceKey {
    let key = rcgen::KeyPair::generate().unwrap();
    DeviceKey::parse(&rcgen::PublicKeyData::subject_public_key_info(&key)).unwrap()
}

fn ed25519_key() -> DeviceKey {
    let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
    DeviceKey::parse(&[&head[..], pair.public_key().as_ref()].concat()).unwrap()
}

fn leaf(serial: u8, key: &DeviceKey) -> Leaf<'_> {
    Leaf {
        serial: Serial::drawn([serial; 20]),
        device: DeviceId::new(Uuid::from_u128(0xdef)),
        key,
        account: ACCOUNT,
        lifetime: DAY * 2,
        crl_url: Some("http://crl.example/devices.crl"),
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let lines: Vec<_> = STANDARD.encode(der).into_bytes().chunks(64).map(<[u8]>::to_vec).collect();
    let body = String::from_utf8(lines.join(&b'\n')).unwrap();
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// What openssl says of a certificate under the authority's certificate and list at `at`.
fn judged(folder: &Path, authority: &Authority, list: &[u8], certificate: &[u8], at: Timestamp) -> (bool, String) {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (ca, crl, leaf) = (
        write("ca.pem", pem("CERTIFICATE", authority.certificate())),
        write("crl.pem", pem("X509 CRL", list)),
        write("leaf.pem", pem("CERTIFICATE", certificate)),
    );
    let run = Command::new("openssl")
        .args(["verify", "-x509_strict", "-purpose", "sslclient", "-crl_check", "-attime"])
        .arg((at.micros() / 1_000_000).to_string())
        .args([Path::new("-CAfile"), &ca, Path::new("-CRLfile"), &crl, &leaf])
        .output()
        .expect("openssl is there: scripts/test makes sure of it");
    (run.status.success(), String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned())
}

#[test]
fn openssl_takes_a_good_certificate_and_refuses_a_revoked_one() {
    let (folder, authority) = (tempfile::tempdir().unwrap(), authority(1));
    let (ec, ed) = (p256_key(), ed25519_key());
    let good = authority.certify(&leaf(1, &ec), NOW).unwrap();
    let other = authority.certify(&leaf(2, &ed), NOW).unwrap();
    let revoked = [Revoked { serial: other.serial, at: NOW, reason: EndReason::Lost }];
    let empty = RevocationList { number: 1, made_at: NOW, next_at: NOW.plus(DAY), revoked: &[] };
    let (before, after) =
        (authority.list(&empty).unwrap(), authority.list(&RevocationList { number: 2, revoked: &revoked, ..empty }));
    let after = after.unwrap();
    let judge = |list: &[u8], certificate: &[u8], at| judged(folder.path(), &authority, list, certificate, at);
    for certificate in [&good, &other] {
        let (taken, said) = judge(&before, &certificate.der, NOW);
        assert!(taken, "{said}");
    }
    assert!(judge(&after, &good.der, NOW).0);
    let (taken, said) = judge(&after, &other.der, NOW);
    assert!(!taken && said.contains("revoked"), "{said}");
    let (taken, said) = judge(&after, &good.der, NOW.plus(DAY * 3));
    assert!(!taken && said.contains("expired"), "{said}");
    let (taken, said) = judge(&after, &good.der, NOW.plus(DAY + DAY / 2));
    assert!(!taken && said.contains("CRL has expired"), "{said}");
}

#[test]
fn openssl_refuses_what_another_authority_signed() {
    let (folder, ours, theirs) = (tempfile::tempdir().unwrap(), authority(1), authority(2));
    let key = p256_key();
    let list = RevocationList { number: 1, made_at: NOW, next_at: NOW.plus(DAY), revoked: &[] };
    let list = ours.list(&list).unwrap();
    let foreign = theirs.certify(&leaf(1, &key), NOW).unwrap();
    assert!(!judged(folder.path(), &ours, &list, &foreign.der, NOW).0);
}

#[test]
fn a_certificate_says_what_a_devices_should_and_names_nobody() {
    let key = p256_key();
    let issued = authority(1).certify(&leaf(3, &key), NOW).unwrap();
    assert_eq!(serial_of(&issued.der), Some(issued.serial));
    let (_, read) = X509Certificate::from_der(&issued.der).unwrap();
    let names = &read.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert_eq!(format!("{names:?}"), format!("[URI(\"urn:eid:account:{ACCOUNT}\")]"));
    assert_eq!(read.subject().to_string(), "CN=device 00000000-0000-0000-0000-000000000def");
    let (usage, extended) = (read.key_usage().unwrap().unwrap(), read.extended_key_usage().unwrap().unwrap());
    assert!(usage.critical && usage.value.digital_signature() && usage.value.flags == 1);
    assert!(extended.value.client_auth && !extended.value.server_auth && extended.value.other.is_empty());
    let basic = read.basic_constraints().unwrap().unwrap();
    assert!(basic.critical && !basic.value.ca);
    let identifiers = ["2.5.29.14", "2.5.29.35", "2.5.29.31"];
    for wanted in identifiers {
        assert!(read.extensions().iter().any(|one| one.oid.to_id_string() == wanted), "{wanted}");
    }
    assert_eq!(read.public_key().raw, key.spki());
    assert_eq!(read.validity().not_after.timestamp() * 1_000_000, issued.expires_at.micros());
    assert!(read.validity().not_before.timestamp() < NOW.micros() / 1_000_000);
}

#[test]
fn nothing_outlives_the_authority_and_one_that_has_ended_issues_nothing() {
    let (authority, key) = (authority(1), p256_key());
    let near = authority.ends_at().minus(Duration::from_hours(1));
    assert_eq!(authority.certify(&leaf(1, &key), near).unwrap().expires_at, authority.ends_at());
    assert!(matches!(authority.certify(&leaf(1, &key), authority.ends_at()), Err(CaFault::Ended)));
}

#[test]
fn a_certificate_that_is_not_of_the_key_opens_no_authority() {
    let key = AuthorityKey::from_seed(&[9; SEED_BYTES]).unwrap();
    let foreign = authority(1).certificate().to_vec();
    assert!(matches!(Authority::open(key.clone(), foreign), Err(CaFault::NotOfKey)));
    assert!(matches!(Authority::open(key, b"no certificate".to_vec()), Err(CaFault::NotOfKey)));
}

#[test]
fn what_is_no_certificate_of_ours_has_no_serial_number() {
    let mut params = rcgen::CertificateParams::default();
    params.serial_number = Some(7.into());
    let made = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    assert_eq!((serial_of(b""), serial_of(made.der())), (None, None));
    let key = p256_key();
    let trailing = [authority(1).certify(&leaf(1, &key), NOW).unwrap().der, vec![0]].concat();
    assert_eq!(serial_of(&trailing), None);
}
