//! A certificate authority to mint from.
//!
//! Owns the shape of the certificates: P-256, one usage each, no sub-authorities. The authority's key lives in memory
//! only and dies with it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
};
use time::OffsetDateTime;
use x509_parser::parse_x509_certificate;
use x509_parser::pem::parse_x509_pem;
use zeroize::Zeroizing;

use super::fault::PkiFault;
use crate::domain::time::Timestamp;

/// How long an authority's own certificate is valid.
const AUTHORITY_LIFETIME: Duration = Duration::from_hours(365 * 24);

/// What a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Usage {
    /// clientAuth.
    Client,
    /// serverAuth, for `localhost`, 127.0.0.1 and ::1.
    Server,
}

/// A certificate to be issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf<'a> {
    /// The subject's common name.
    pub common_name: &'a str,
    /// The SAN URI. Without it, a client certificate has no alternative name at all.
    pub uri: Option<&'a str>,
    /// What it is for.
    pub usage: Usage,
    /// From when to when it is valid, to the second.
    pub valid: Range<Timestamp>,
}

/// A certificate with its key.
pub struct Issued {
    certificate: String,
    key: Zeroizing<String>,
}

impl Issued {
    /// The certificate as PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// The private key as PEM (PKCS#8). Secret.
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    fn serial(&self) -> Result<SerialNumber, PkiFault> {
        let (_, pem) =
            parse_x509_pem(self.certificate.as_bytes()).map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
        let (_, read) = parse_x509_certificate(&pem.contents).map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
        Ok(SerialNumber::from_slice(read.raw_serial()))
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issued(…)")
    }
}

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new authority with a new key, valid for a year from `now`.
    ///
    /// # Errors
    /// If the name or the date cannot stand in a certificate.
    pub fn new(common_name: &str, now: Timestamp) -> Result<Self, PkiFault> {
        let mut params = dated(&(now..now.plus(AUTHORITY_LIFETIME)))?;
        params.distinguished_name = named(common_name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// The authority's own certificate as PEM.
    pub fn certificate_pem(&self) -> String {
        self.0.pem()
    }

    /// Issues a certificate with a new key.
    ///
    /// # Errors
    /// If a name or a date cannot stand in a certificate.
    pub fn issue(&self, leaf: &Leaf<'_>) -> Result<Issued, PkiFault> {
        let mut params = dated(&leaf.valid)?;
        params.distinguished_name = named(leaf.common_name);
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match leaf.usage {
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        params.subject_alt_names = alternative_names(leaf)?;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?.pem();
        Ok(Issued { certificate, key: Zeroizing::new(key.serialize_pem()) })
    }

    /// Its list of what it revoked, as PEM: made when `valid` begins, to be replaced when it ends.
    ///
    /// # Errors
    /// If a date cannot stand in a list.
    pub fn revoke(&self, revoked: &[&Issued], valid: Range<Timestamp>) -> Result<String, PkiFault> {
        let dates = dated(&valid)?;
        let one = |issued: &&Issued| {
            Ok::<_, PkiFault>(RevokedCertParams {
                serial_number: issued.serial()?,
                revocation_time: dates.not_before,
                reason_code: None,
                invalidity_date: None,
            })
        };
        let params = CertificateRevocationListParams {
            this_update: dates.not_before,
            next_update: dates.not_after,
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(one).collect::<Result<_, _>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.0)?.pem()?)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(…)")
    }
}

fn alternative_names(leaf: &Leaf<'_>) -> Result<Vec<SanType>, PkiFault> {
    let mut names = Vec::new();
    if leaf.usage == Usage::Server {
        names.push(SanType::DnsName("localhost".try_into()?));
        names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
        names.push(SanType::IpAddress(Ipv6Addr::LOCALHOST.into()));
    }
    if let Some(uri) = leaf.uri {
        names.push(SanType::URI(uri.try_into()?));
    }
    Ok(names)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn dated(valid: &Range<Timestamp>) -> Result<CertificateParams, PkiFault> {
    let mut params = CertificateParams::default();
    params.not_before = moment(valid.start)?;
    params.not_after = moment(valid.end)?;
    Ok(params)
}

fn moment(at: Timestamp) -> Result<OffsetDateTime, PkiFault> {
    at.in_certificates().ok_or(PkiFault::Date(at))
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer, Pem, X509Certificate};

    use super::*;

    const NOON: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

    fn leaf(usage: Usage, uri: Option<&str>) -> Leaf<'_> {
        Leaf { common_name: "someone", uri, usage, valid: NOON..NOON.plus(Duration::from_mins(1)) }
    }

    fn read<T>(pem: &str, look: impl FnOnce(&X509Certificate<'_>) -> T) -> T {
        let pem = Pem::iter_from_buffer(pem.as_bytes()).next().unwrap().unwrap();
        look(&X509Certificate::from_der(&pem.contents).unwrap().1)
    }

    #[test]
    fn a_certificate_is_issued_for_one_usage_and_the_time_asked_for() {
        let authority = Authority::new("Test CA", NOON).unwrap();
        let issued = authority.issue(&leaf(Usage::Client, Some("urn:test:one"))).unwrap();
        read(issued.certificate_pem(), |certificate| {
            let usage = certificate.extended_key_usage().unwrap().unwrap().value.clone();
            assert!(usage.client_auth && !usage.server_auth);
            assert!(!certificate.is_ca());
            assert_eq!(certificate.issuer().to_string(), "CN=Test CA");
            assert_eq!(certificate.validity().not_before.timestamp(), 1_795_262_400);
            assert_eq!(certificate.validity().not_after.timestamp(), 1_795_262_460);
        });
        let issued = authority.issue(&leaf(Usage::Server, None)).unwrap();
        read(issued.certificate_pem(), |certificate| {
            let names = certificate.subject_alternative_name().unwrap().unwrap().value.general_names.len();
            assert_eq!(names, 3);
            assert!(certificate.extended_key_usage().unwrap().unwrap().value.server_auth);
        });
    }

    #[test]
    fn a_client_certificate_without_a_uri_has_no_alternative_names() {
        let issued = Authority::new("Test CA", NOON).unwrap().issue(&leaf(Usage::Client, None)).unwrap();
        assert!(read(issued.certificate_pem(), |certificate| certificate
            .subject_alternative_name()
            .unwrap()
            .is_none()));
    }

    #[test]
    fn an_authority_may_issue_for_a_year() {
        let pem = Authority::new("Test CA", NOON).unwrap().certificate_pem();
        read(&pem, |certificate| {
            assert!(certificate.is_ca());
            assert_eq!(certificate.validity().not_after.timestamp() - 1_795_262_400, 365 * 86_400);
        });
    }

    #[test]
    fn a_date_no_certificate_can_carry_is_refused() {
        for wrong in [i64::MIN, -1_000_000_000_000_000, i64::MAX] {
            let refused = Authority::new("Test CA", Timestamp::from_micros(wrong));
            assert!(matches!(refused, Err(PkiFault::Date(_))), "{wrong}");
        }
    }

    #[test]
    fn a_uri_that_cannot_be_written_is_refused() {
        let refused = Authority::new("Test CA", NOON).unwrap().issue(&leaf(Usage::Client, Some("urn:số")));
        assert!(matches!(refused, Err(PkiFault::Mint(_))));
    }

    #[test]
    fn keys_do_not_show_in_debug_output() {
        let authority = Authority::new("Test CA", NOON).unwrap();
        let issued = authority.issue(&leaf(Usage::Client, None)).unwrap();
        assert_eq!(format!("{authority:?} {issued:?}"), "Authority(…) Issued(…)");
    }
}
