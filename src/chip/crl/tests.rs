//! Lists made by the test itself: what is read of them, and that no change of a byte makes the reader fall.

use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevocationReason, RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::*;
use crate::chip::certificate::Certificate;

fn authority() -> (Certificate, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CountryName, "UT");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::CrlSign];
    let der = params.self_signed(&key).unwrap();
    (Certificate::from_der(der.der()).unwrap(), Issuer::new(params, key))
}

fn list(issuer: &Issuer<'_, KeyPair>, serials: &[&[u8]]) -> rcgen::CertificateRevocationList {
    let revoked = serials.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from_slice(serial),
        revocation_time: date_time_ymd(2026, 2, 3),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    });
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 3, 1),
        next_update: date_time_ymd(2026, 6, 1),
        crl_number: SerialNumber::from(258),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(issuer).unwrap()
}

#[test]
fn a_list_tells_what_it_revokes_when_and_why() {
    let (csca, issuer) = authority();
    let der = list(&issuer, &[&[5], &[0x80, 1]]);
    let crl = Crl::from_der(der.der()).unwrap();
    let revoked = crl.revoked(&[0, 0x80, 1]).unwrap();
    assert_eq!(
        (revoked.at.to_string().as_str(), revoked.reason),
        ("2026-02-03T00:00:00Z", Some(Reason::KeyCompromise))
    );
    assert_eq!(crl.revoked(&[0, 5]), crl.revoked(&[5]));
    assert!(crl.revoked(&[5]).is_some() && crl.revoked(&[6]).is_none() && crl.revoked(&[]).is_none());
    assert_eq!((crl.len(), crl.number(), crl.issuer_country()), (2, Some(&[1, 2][..]), Some("UT")));
    assert_eq!((crl.issuer(), crl.aki().unwrap().key_id), (csca.subject(), csca.ski()));
    assert_eq!(crl.this_update().to_string(), "2026-03-01T00:00:00Z");
    assert_eq!(crl.next_update().unwrap().to_string(), "2026-06-01T00:00:00Z");
    assert!(crl.unknown_critical_extensions().is_empty());
}

#[test]
fn an_empty_list_revokes_nobody() {
    let (_, issuer) = authority();
    assert!(Crl::from_der(list(&issuer, &[]).der()).unwrap().is_empty());
}

#[test]
fn a_list_holds_under_the_key_of_its_issuer_alone() {
    let ((csca, issuer), (other, _)) = (authority(), authority());
    let crl = Crl::from_der(list(&issuer, &[&[5]]).der()).unwrap();
    assert_eq!(crl.verify(csca.key().unwrap()), Ok(()));
    assert_eq!(crl.verify(other.key().unwrap()), Err(SignatureFault::Wrong));
}

#[test]
fn armour_is_taken_off() {
    let (_, issuer) = authority();
    let list = list(&issuer, &[&[5]]);
    let pem = list.pem().unwrap();
    assert_eq!(Crl::from_pem_or_der(pem.as_bytes()).unwrap().der(), &**list.der());
    assert_eq!(Crl::from_pem_or_der(list.der()).unwrap().der(), &**list.der());
    let broken = pem.replace("-----END", "");
    assert_eq!(Crl::from_pem_or_der(broken.as_bytes()).unwrap_err(), Malformed("PEM"));
}

#[test]
fn what_is_no_list_is_refused_and_no_change_makes_the_reader_fall() {
    let (csca, issuer) = authority();
    let list = list(&issuer, &[&[5], &[6]]);
    let der: &[u8] = list.der();
    for length in 0..der.len() {
        assert!(Crl::from_der(&der[..length]).is_err());
    }
    assert!(Crl::from_der(&[der, &[0]].concat()).is_err() && Crl::from_der(csca.der()).is_err());
    for at in 0..der.len() {
        let mut changed = der.to_vec();
        changed[at] ^= 1 << (at % 8);
        if let Ok(crl) = Crl::from_der(&changed) {
            assert!(at % 8 != 0 || crl.verify(csca.key().unwrap()).is_err());
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fall(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Crl::from_pem_or_der(&bytes).is_err());
    }
}
