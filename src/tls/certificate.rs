//! Reads the caller's name from a client certificate.
//!
//! Owns the rules a client certificate's content must meet. Refuses what names nobody, or more than one. The signature
//! and the dates are the TLS layer's business and are not looked at again here.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use super::issuer;
use crate::domain::staff::CertificateName;

/// The longest SAN URI that is read, in bytes.
const URI_BYTES_MAX: usize = 255;

/// Context tag of `uniformResourceIdentifier` in a `GeneralName`. RFC 5280, 4.2.1.6.
const URI_TAG: u32 = 6;

/// Why a certificate names no caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum CertificateFault {
    /// The bytes are no X.509 certificate, or something follows it.
    #[error("not a well-formed X.509 certificate")]
    Malformed,
    /// The certificate limits its use, and clients are not among the uses.
    #[error("the certificate may not be used by a client: its extended key usage lacks clientAuth")]
    NotForClients,
    /// No SAN URI: nothing to look up in the staff directory.
    #[error("the certificate has no URI among its subject alternative names")]
    NoUri,
    /// Several SAN URIs: whoever holds it could be either.
    #[error("the certificate has more than one URI among its subject alternative names")]
    SeveralUris,
    /// The SAN URI is no absolute URI in printable ASCII, or longer than 255 bytes.
    #[error("the certificate's subject alternative name is not an absolute URI of at most 255 printable characters")]
    OddUri,
    /// The issuer's name is empty.
    #[error("the certificate names no issuer")]
    NoIssuer,
}

/// The issuer and the one SAN URI of a DER certificate.
///
/// # Errors
/// See [`CertificateFault`]. No input panics.
pub fn name_of(der: &[u8]) -> Result<CertificateName, CertificateFault> {
    let (rest, certificate) = parse_x509_certificate(der).map_err(|_| CertificateFault::Malformed)?;
    if !rest.is_empty() {
        return Err(CertificateFault::Malformed);
    }
    check_usage(&certificate)?;
    let uri = only_uri(&certificate)?;
    let issuer = issuer::text(certificate.issuer()).ok_or(CertificateFault::NoIssuer)?;
    Ok(CertificateName { issuer, uri })
}

/// The same of the first certificate in a PEM file.
///
/// # Errors
/// See [`CertificateFault`]; [`CertificateFault::Malformed`] if there is no certificate in the file.
pub fn name_of_pem(pem: &[u8]) -> Result<CertificateName, CertificateFault> {
    let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| CertificateFault::Malformed)?;
    name_of(&certificate)
}

/// `anyExtendedKeyUsage` is not taken for clientAuth: a certificate says what it is for.
fn check_usage(certificate: &X509Certificate<'_>) -> Result<(), CertificateFault> {
    let usage = certificate.extended_key_usage().map_err(|_| CertificateFault::Malformed)?;
    if usage.is_some_and(|usage| !usage.value.client_auth) {
        return Err(CertificateFault::NotForClients);
    }
    Ok(())
}

fn only_uri(certificate: &X509Certificate<'_>) -> Result<String, CertificateFault> {
    let names = certificate.subject_alternative_name().map_err(|_| CertificateFault::Malformed)?;
    let names = names.map_or(&[][..], |extension| &extension.value.general_names);
    let mut uris = names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        // A URI that is not even text still counts, or it could hide beside a good one.
        GeneralName::Invalid(tag, _) if tag.0 == URI_TAG => Some(""),
        _ => None,
    });
    let uri = uris.next().ok_or(CertificateFault::NoUri)?;
    if uris.next().is_some() {
        return Err(CertificateFault::SeveralUris);
    }
    if !is_absolute_uri(uri) {
        return Err(CertificateFault::OddUri);
    }
    Ok(uri.to_owned())
}

fn is_absolute_uri(text: &str) -> bool {
    let scheme_is_sound = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    text.len() <= URI_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.split_once(':').is_some_and(|(scheme, rest)| scheme_is_sound(scheme) && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType};

    use super::*;

    fn minted(shape: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Test CA");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = vec![uri("urn:eid:practice:officer")];
        shape(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().unwrap())
    }

    #[test]
    fn a_client_certificate_is_named_by_its_issuer_and_its_uri() {
        let name = name_of(&minted(|_| {})).unwrap();
        assert_eq!(name.issuer, "CN=Test CA");
        assert_eq!(name.uri, "urn:eid:practice:officer");
    }

    #[test]
    fn other_alternative_names_beside_the_uri_are_ignored() {
        let der = minted(|params| params.subject_alt_names.push(SanType::DnsName("office.test".try_into().unwrap())));
        assert_eq!(name_of(&der).unwrap().uri, "urn:eid:practice:officer");
    }

    #[test]
    fn a_certificate_without_extended_key_usage_is_not_limited() {
        assert!(name_of(&minted(|params| params.extended_key_usages.clear())).is_ok());
    }

    #[test]
    fn a_certificate_for_other_uses_is_refused() {
        for usage in [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::Any] {
            let der = minted(|params| params.extended_key_usages = vec![usage]);
            assert_eq!(name_of(&der), Err(CertificateFault::NotForClients));
        }
    }

    #[test]
    fn exactly_one_uri_is_asked_for() {
        let der = minted(|params| params.subject_alt_names.clear());
        assert_eq!(name_of(&der), Err(CertificateFault::NoUri));
        let der = minted(|params| params.subject_alt_names.push(uri("urn:eid:practice:auditor")));
        assert_eq!(name_of(&der), Err(CertificateFault::SeveralUris));
    }

    #[test]
    fn a_second_uri_that_is_not_text_is_not_overlooked() {
        let mut der = minted(|params| params.subject_alt_names.push(uri("urn:XXXX")));
        let at = der.windows(4).position(|window| window == b"XXXX").unwrap();
        der[at] = 0xff;
        assert_eq!(name_of(&der), Err(CertificateFault::SeveralUris));
    }

    #[test]
    fn a_name_that_is_no_absolute_uri_is_refused() {
        let long = format!("urn:{}", "x".repeat(252));
        for odd in ["", "officer", ":officer", "urn:", "1urn:officer", "urn:an officer", "urn:officer\n", &long] {
            let der = minted(|params| params.subject_alt_names = vec![uri(odd)]);
            assert_eq!(name_of(&der), Err(CertificateFault::OddUri), "{odd:?}");
        }
    }

    #[test]
    fn a_certificate_without_an_issuer_is_refused() {
        let der = minted(|params| {
            params.distinguished_name.remove(DnType::CommonName);
        });
        assert_eq!(name_of(&der), Err(CertificateFault::NoIssuer));
    }

    #[test]
    fn bytes_after_the_certificate_are_refused() {
        let mut der = minted(|_| {});
        der.push(0);
        assert_eq!(name_of(&der), Err(CertificateFault::Malformed));
    }

    static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| minted(|_| {}));

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
            let _ = name_of(&bytes);
        }

        #[test]
        fn no_damage_to_a_certificate_makes_the_reader_panic(
            damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            kept in any::<prop::sample::Index>(),
        ) {
            let mut der = SOUND.clone();
            for (at, byte) in damage {
                let at = at.index(der.len());
                der[at] = byte;
            }
            let _ = name_of(&der);
            let _ = name_of(&der[..kept.index(der.len())]);
        }
    }
}
