//! Certificates: the authority's own, which it signs itself, and those of devices.
//!
//! A device's certificate is for authentication as a client and nothing else. It names the device and the account by their
//! identifiers; the authority's can sign certificates of devices and lists, and no authority below it.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyUsagePurpose, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::CaFault;
use super::key::AuthorityKey;
use crate::domain::device::{AuthorityId, DeviceCertificate, DeviceKey, Serial};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::time::Timestamp;

/// How long the authority's own certificate is valid.
const AUTHORITY_LIFETIME: Duration = Duration::from_hours(10 * 365 * 24);
/// How much earlier than it was made everything is valid: clocks of those who check differ.
pub(super) const BACKDATED: Duration = Duration::from_mins(1);

/// A certificate to be issued to a device.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// Its serial number.
    pub serial: Serial,
    /// The device.
    pub device: DeviceId,
    /// The device's public key.
    pub key: &'a DeviceKey,
    /// The account.
    pub account: AccountId,
    /// How long it is to be valid. It ends with the authority's at the latest.
    pub lifetime: Duration,
    /// Where the revocation list can be fetched.
    pub crl_url: Option<&'a str>,
}

/// An authority with its own certificate.
pub struct Authority {
    issuer: Issuer<'static, AuthorityKey>,
    certificate: Vec<u8>,
    ends_at: Timestamp,
}

impl Authority {
    /// A certificate for the key, which it signs itself, valid from `now` on.
    ///
    /// # Errors
    /// If it cannot be dated or signed.
    pub fn found(key: &AuthorityKey, serial: Serial, now: Timestamp) -> Result<Vec<u8>, CaFault> {
        let mut params = dated(&(now.minus(BACKDATED)..now.plus(AUTHORITY_LIFETIME)))?;
        params.serial_number = Some(SerialNumber::from_slice(serial.as_bytes()));
        params.distinguished_name = named(&format!("eID devices {}", key.id()));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(params.self_signed(key)?.der().to_vec())
    }

    /// The authority of a key, with the certificate that was founded for it.
    ///
    /// # Errors
    /// If the certificate is not of this key.
    pub fn open(key: AuthorityKey, certificate: Vec<u8>) -> Result<Self, CaFault> {
        let (_, read) = X509Certificate::from_der(&certificate).map_err(|_| CaFault::NotOfKey)?;
        if read.public_key().raw != rcgen::PublicKeyData::subject_public_key_info(&key) {
            return Err(CaFault::NotOfKey);
        }
        let ends_at = Timestamp::from_micros(read.validity().not_after.timestamp().saturating_mul(1_000_000));
        let issuer = Issuer::from_ca_cert_der(&certificate.as_slice().into(), key)?;
        Ok(Self { issuer, certificate, ends_at })
    }

    /// Its name.
    pub fn id(&self) -> AuthorityId {
        self.issuer.key().id()
    }

    /// Its own certificate, in DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// When its own certificate ends.
    pub const fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    pub(super) const fn issuer(&self) -> &Issuer<'static, AuthorityKey> {
        &self.issuer
    }

    /// Issues a certificate.
    ///
    /// # Errors
    /// If the authority's own has ended, or it cannot be signed.
    pub fn certify(&self, leaf: &Leaf<'_>, now: Timestamp) -> Result<DeviceCertificate, CaFault> {
        let expires_at = whole_second(now.plus(leaf.lifetime).min(self.ends_at));
        if expires_at <= now {
            return Err(CaFault::Ended);
        }
        let mut params = dated(&(now.minus(BACKDATED)..expires_at))?;
        params.serial_number = Some(SerialNumber::from_slice(leaf.serial.as_bytes()));
        params.distinguished_name = named(&format!("device {}", leaf.device));
        params.subject_alt_names = vec![SanType::URI(format!("urn:eid:account:{}", leaf.account).as_str().try_into()?)];
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.crl_distribution_points =
            leaf.crl_url.map(|url| CrlDistributionPoint { uris: vec![url.to_owned()] }).into_iter().collect();
        let key = SubjectPublicKeyInfo::from_der(leaf.key.spki())?;
        let der = params.signed_by(&key, &self.issuer)?.der().to_vec();
        let (serial, device, authority) = (leaf.serial, leaf.device, self.id());
        Ok(DeviceCertificate { serial, device, authority, der, issued_at: now, expires_at, revoked_at: None })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.id())
    }
}

/// The serial number that a certificate in DER says it has; `None` if it is no certificate, or has none of ours. It is not
/// checked who signed it: what it stands for is looked up and compared.
pub fn serial_of(certificate: &[u8]) -> Option<Serial> {
    let (rest, read) = X509Certificate::from_der(certificate).ok()?;
    rest.is_empty().then(|| Serial::from_bytes(read.raw_serial())).flatten()
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn dated(valid: &Range<Timestamp>) -> Result<CertificateParams, CaFault> {
    let mut params = CertificateParams::default();
    params.not_before = moment(valid.start)?;
    params.not_after = moment(valid.end)?;
    Ok(params)
}

/// What a certificate can say of an instant.
pub(super) fn moment(at: Timestamp) -> Result<OffsetDateTime, CaFault> {
    at.in_certificates().ok_or(CaFault::Date(at))
}

/// The last whole second: certificates know no other.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros().div_euclid(1_000_000).saturating_mul(1_000_000))
}
