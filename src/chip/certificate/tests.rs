//! Certificates made by the test itself: what is read of them, and that no change of a byte makes the reader fall.

use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, SerialNumber, date_time_ymd,
};
use time::macros::datetime;

use super::*;

fn authority() -> (Certificate, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CountryName, "ut");
    params.distinguished_name.push(DnType::CommonName, "CSCA Utopia");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2060, 1, 1);
    let der = params.self_signed(&key).unwrap();
    (Certificate::from_der(der.der()).unwrap(), Issuer::new(params, key))
}

/// A document signer with the extensions of Doc 9303-12 and those given.
fn signer(issuer: &Issuer<'_, KeyPair>, more: Vec<CustomExtension>) -> Vec<u8> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CountryName, "UT");
    params.distinguished_name.push(DnType::CommonName, DnValue::Utf8String("Ký tài liệu".into()));
    params.serial_number = Some(SerialNumber::from_slice(&[0x80, 1]));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![2, 23, 136, 1, 1, 3])];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2025, 6, 30);
    params.not_after = date_time_ymd(2035, 6, 30);
    params.custom_extensions = more;
    params.signed_by(&key, issuer).unwrap().der().to_vec()
}

fn extension(oid: &[u64], value: &str, critical: bool) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, hex::decode(value.replace(' ', "")).unwrap());
    extension.set_criticality(critical);
    extension
}

const DOCUMENT_TYPES: &[u64] = &[2, 23, 136, 1, 1, 6, 2];
const PRIVATE_KEY_USAGE: &[u64] = &[2, 5, 29, 16];

fn at(moment: time::OffsetDateTime) -> Timestamp {
    Timestamp::from_micros(i64::try_from(moment.unix_timestamp_nanos() / 1_000).unwrap())
}

#[test]
fn an_authority_and_a_signer_are_read_field_by_field() {
    let (csca, issuer) = authority();
    let types = extension(DOCUMENT_TYPES, "300b 020100 3106 130150 130149", false);
    let period = hex::encode("20250630000000Z20250930000000Z");
    let (first, last) = period.split_at(30);
    let usage = extension(PRIVATE_KEY_USAGE, &format!("3022 800f {first} 810f {last}"), false);
    let der = signer(&issuer, vec![types, usage]);
    let dsc = Certificate::from_der(&der).unwrap();

    assert!(csca.is_ca() && csca.is_self_issued() && csca.path_len() == Some(0));
    assert!(csca.key_usage().unwrap().key_cert_sign() && csca.key_usage().unwrap().crl_sign());
    assert!(!csca.key_usage().unwrap().digital_signature());
    assert_eq!((csca.version(), csca.subject_country(), csca.extended_key_usage()), (3, Some("UT"), None));
    assert_eq!(csca.not_after(), at(datetime!(2060-01-01 00:00 UTC)), "GeneralizedTime from 2050 on");

    assert!(!dsc.is_ca() && !dsc.is_self_issued() && dsc.key_usage().unwrap().digital_signature());
    assert_eq!(dsc.der(), der);
    assert_eq!(dsc.fingerprint(), <[u8; 32]>::from(Sha256::digest(&der)));
    assert!(same_serial(dsc.serial(), &[0, 0x80, 1]), "{:?}", dsc.serial());
    assert_eq!(dsc.issuer_key(), csca.subject_key());
    assert_eq!(dsc.aki().unwrap().key_id, csca.ski());
    assert_eq!(dsc.not_before(), at(datetime!(2025-06-30 00:00 UTC)));
    assert!(dsc.is_valid_at(dsc.not_after()) && !dsc.is_valid_at(csca.not_after()));
    assert_eq!(dsc.document_types().unwrap(), ["P", "I"]);
    let usage = dsc.private_key_usage_period().unwrap();
    assert_eq!(usage.not_after, Some(at(datetime!(2025-09-30 00:00 UTC))));
    assert_eq!(dsc.extended_key_usage().unwrap(), [ObjectIdentifier::new_unwrap("2.23.136.1.1.3")]);
    assert!(dsc.unknown_critical_extensions().is_empty() && dsc.malformed_extensions().is_empty());
}

#[test]
fn a_signature_holds_under_the_key_of_the_issuer_alone() {
    let ((csca, issuer), (other, _)) = (authority(), authority());
    let dsc = Certificate::from_der(&signer(&issuer, vec![])).unwrap();
    assert_eq!(dsc.verify_signed_by(csca.key().unwrap()), Ok(()));
    assert_eq!(csca.verify_signed_by(csca.key().unwrap()), Ok(()));
    assert_eq!(dsc.verify_signed_by(other.key().unwrap()), Err(SignatureFault::Wrong));
    assert_eq!(dsc.verify_signed_by(dsc.key().unwrap()), Err(SignatureFault::Wrong));
}

#[test]
fn extensions_that_nobody_knows_are_told_and_those_in_disorder_count_as_absent() {
    let (_, issuer) = authority();
    let unknown = extension(&[1, 2, 3, 4], "0500", true);
    let harmless = extension(&[1, 2, 3, 5], "0500", false);
    let broken = extension(DOCUMENT_TYPES, "3003 020100", false);
    let dsc = Certificate::from_der(&signer(&issuer, vec![unknown, harmless, broken])).unwrap();
    assert_eq!(dsc.unknown_critical_extensions(), [ObjectIdentifier::new_unwrap("1.2.3.4")]);
    assert_eq!(dsc.malformed_extensions(), [ObjectIdentifier::new_unwrap("2.23.136.1.1.6.2")]);
    assert_eq!(dsc.document_types(), None);
    let twice = vec![extension(DOCUMENT_TYPES, "0500", false), extension(DOCUMENT_TYPES, "0500", false)];
    let oid = ObjectIdentifier::new_unwrap("2.23.136.1.1.6.2");
    assert_eq!(Certificate::from_der(&signer(&issuer, twice)), Err(CertificateFault::Twice(oid)));
}

/// A name of one attribute: its type's last number, the tag of its string, its bytes.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
}

fn name(attributes: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let sets = attributes
        .iter()
        .map(|(kind, tag, text)| tlv(0x31, &tlv(0x30, &[tlv(6, &[0x55, 4, *kind]), tlv(*tag, text)].concat())));
    tlv(0x30, &sets.flatten().collect::<Vec<_>>())
}

#[test]
fn names_are_the_same_whatever_their_case_spaces_and_string_types() {
    let one = name(&[(6, 0x13, b"RO"), (3, 0x13, b"CSCA Romania")]);
    let two = name(&[(6, 0x0C, b"ro"), (3, 0x1E, b"\0c\0s\0c\0a\0 \0 \0R\0O\0M\0A\0N\0I\0A\0 ")]);
    assert!(same_name(&one, &two) && same_name(&one, &one));
    let accents = (name(&[(3, 0x0C, "É".as_bytes())]), name(&[(3, 0x14, &[0xE9])]));
    assert!(same_name(&accents.0, &accents.1));
    for other in [
        name(&[(6, 0x13, b"RO"), (3, 0x13, b"CSCA Romani")]),
        name(&[(3, 0x13, b"CSCA Romania"), (6, 0x13, b"RO")]),
        name(&[(6, 0x13, b"RO"), (10, 0x13, b"CSCA Romania")]),
        name(&[(6, 0x13, b"RO")]),
        name(&[]),
        vec![],
    ] {
        assert!(!same_name(&one, &other));
    }
    assert!(!same_name(&[1], &[2]), "what cannot be read is not the same");
}

#[test]
fn the_order_within_a_set_means_nothing_and_no_value_passes_for_two() {
    let attribute = |kind: u8, text: &[u8]| tlv(0x30, &[&[6, 3, 0x55, 4, kind][..], &tlv(0x0C, text)].concat());
    let name = |attributes: &[Vec<u8>]| tlv(0x30, &tlv(0x31, &attributes.concat()));
    let (country, other) = (attribute(6, b"UT"), attribute(3, b"CSCA"));
    let (one, two) = (name(&[country.clone(), other.clone()]), name(&[other.clone(), country.clone()]));
    assert!(same_name(&one, &two) && !same_name(&one, &name(&[country, other.clone(), other])));
    for between in [&b"\x1f\x03\x55\x04\x03"[..], b"\x1f2.5.4.3=", b"\xFF\x03\x55\x04\x03"] {
        assert!(!same_name(&one, &name(&[attribute(6, &[b"UT", between, b"CSCA"].concat())])));
    }
}

#[test]
fn a_country_is_letters_in_capitals_or_none() {
    let country = |text: &[u8]| NameKey::read(&name(&[(6, 0x13, text)])).unwrap().country().map(str::to_owned);
    assert_eq!(country(b"vn").as_deref(), Some("VN"));
    assert_eq!(country(b" D\x20").as_deref(), None);
    assert_eq!((country(b"V1"), country(b"VNMX"), country(b"")), (None, None, None));
}

#[test]
fn serial_numbers_are_numbers() {
    assert!(same_serial(&[0, 0x80], &[0, 0, 0x80]) && same_serial(&[0xFF, 0xFF], &[0xFF]));
    assert!(!same_serial(&[0x80], &[0, 0x80]) && !same_serial(&[1], &[1, 1]));
    assert!(same_serial(&[0], &[0, 0]) && !same_serial(&[0], &[0xFF]));
}

#[test]
fn a_certificate_prints_its_fingerprint_alone() {
    let (csca, _) = authority();
    let printed = format!("{csca:?} {:?}", csca.subject_key());
    assert_eq!(printed, format!("Certificate({}) NameKey(UT)", hex::encode(csca.fingerprint())));
}

#[test]
fn what_is_no_certificate_is_refused_by_field() {
    let (csca, _) = authority();
    let der = csca.der();
    assert_eq!(Certificate::from_der(&vec![0; Certificate::LEN_MAX + 1]), Err(CertificateFault::TooLong));
    assert_eq!(Certificate::from_der(&[]), Err(CertificateFault::Malformed("certificate")));
    assert_eq!(Certificate::from_der(&[der, &[0]].concat()), Err(CertificateFault::Malformed("certificate")));
    assert_eq!(
        Certificate::from_der(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]),
        Err(CertificateFault::Malformed("certificate"))
    );
    for length in 0..der.len() {
        assert!(Certificate::from_der(&der[..length]).is_err(), "{length}");
    }
}

#[test]
fn no_change_of_a_byte_makes_the_reader_fall_and_none_keeps_the_signature() {
    let (csca, issuer) = authority();
    let der = signer(&issuer, vec![]);
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 1 << (at % 8);
        // The signature is the only thing that a change can leave readable, and then it does not hold.
        if let Ok(certificate) = Certificate::from_der(&changed)
            && at % 16 == 0
        {
            assert!(certificate.verify_signed_by(csca.key().unwrap()).is_err(), "{at}");
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        prop_assert!(Certificate::from_der(&bytes).is_err());
        let _ = NameKey::read(&bytes);
    }
}
