//! X.509 certificates of travel documents (RFC 5280, Doc 9303-12 section 7): CSCAs, document signers, list signers.
//!
//! Owns their reading, byte by byte as they were signed: nothing is ever encoded again. Tolerates in values what real CSCAs
//! hold (negative serial numbers, odd strings, missing `cA`) and tells of it; refuses what is not the structure of a
//! certificate, and anything longer than `Certificate::LEN_MAX`. Whether a certificate may do something is not decided here.

mod extensions;
mod name;
mod read;
mod times;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use der::asn1::ObjectIdentifier;
use sha2::{Digest as _, Sha256};

pub use extensions::{AuthorityKey, KeyUsage, PrivateKeyUsage};
pub use name::{NameKey, same_name};

use self::extensions::Extensions;
pub(super) use self::extensions::{AUTHORITY_KEY, AuthorityKeySpans, read_authority_key};
pub(super) use self::read::{Extension, raw, read_extensions, whole};
pub(super) use self::times::read_time;
use super::key::{KeyFault, PublicKey, SignatureFault};
use super::scheme::{Scheme, SchemeFault};
use crate::domain::time::Timestamp;

/// A certificate. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

/// Where a value stands within the bytes of the certificate.
pub(super) type Span = Range<usize>;

struct Inner {
    der: Box<[u8]>,
    fingerprint: [u8; 32],
    tbs: Span,
    serial: Span,
    issuer: Span,
    subject: Span,
    spki: Span,
    signature: Span,
    issuer_key: NameKey,
    subject_key: NameKey,
    not_before: Timestamp,
    not_after: Timestamp,
    version: u8,
    scheme: Result<Scheme, SchemeFault>,
    key: Result<PublicKey, KeyFault>,
    extensions: Extensions,
}

/// Why bytes are no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// More bytes than any certificate of a travel document has.
    #[error("the certificate is longer than {} bytes", Certificate::LEN_MAX)]
    TooLong,
    /// The structure breaks off or is another one, at the named field.
    #[error("the certificate cannot be read at {0}")]
    Malformed(&'static str),
    /// The same extension stands in it twice (RFC 5280 section 4.2).
    #[error("the certificate holds the extension {0} twice")]
    Twice(ObjectIdentifier),
    /// The algorithm that is signed is not the one outside (RFC 5280 section 4.1.1.2).
    #[error("the certificate names two signature algorithms")]
    TwoAlgorithms,
}

impl Certificate {
    /// Bytes of the longest certificate that is read.
    pub const LEN_MAX: usize = 32 * 1024;

    /// Reads a certificate in DER; nothing may follow it.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateFault> {
        if der.len() > Self::LEN_MAX {
            return Err(CertificateFault::TooLong);
        }
        let parts = read::read(der)?;
        let span = |part: &[u8]| span(der, part);
        Ok(Self(Arc::new(Inner {
            fingerprint: Sha256::digest(der).into(),
            tbs: span(parts.tbs),
            serial: span(parts.serial),
            issuer: span(parts.issuer),
            subject: span(parts.subject),
            spki: span(parts.spki),
            signature: span(parts.signature),
            issuer_key: NameKey::read(parts.issuer).ok_or(CertificateFault::Malformed("issuer"))?,
            subject_key: NameKey::read(parts.subject).ok_or(CertificateFault::Malformed("subject"))?,
            not_before: parts.not_before,
            not_after: parts.not_after,
            version: parts.version,
            scheme: Scheme::read(parts.algorithm, None),
            key: PublicKey::from_spki(parts.spki),
            extensions: Extensions::read(der, &parts.extensions)?,
            der: der.into(),
        })))
    }

    /// The whole certificate in DER, as it was read.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 over the whole certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.0.fingerprint
    }

    /// `tbsCertificate` in DER: the bytes that are signed.
    pub fn tbs(&self) -> &[u8] {
        self.slice(&self.0.tbs)
    }

    /// 1, 2 or 3; Doc 9303-12 asks for 3.
    pub fn version(&self) -> u8 {
        self.0.version
    }

    /// The content of the serial number's INTEGER, as it was read: big-endian two's complement, maybe negative.
    pub fn serial(&self) -> &[u8] {
        self.slice(&self.0.serial)
    }

    /// The issuer's `Name` in DER.
    pub fn issuer(&self) -> &[u8] {
        self.slice(&self.0.issuer)
    }

    /// The subject's `Name` in DER.
    pub fn subject(&self) -> &[u8] {
        self.slice(&self.0.subject)
    }

    /// The issuer's name in a form that can be compared and hashed: equal exactly if `same_name`.
    pub fn issuer_key(&self) -> &NameKey {
        &self.0.issuer_key
    }

    /// The subject's name in a form that can be compared and hashed: equal exactly if `same_name`.
    pub fn subject_key(&self) -> &NameKey {
        &self.0.subject_key
    }

    /// The issuer's country, two or three capital letters; `None` if it has none that is one.
    pub fn issuer_country(&self) -> Option<&str> {
        self.0.issuer_key.country()
    }

    /// The subject's country, two or three capital letters; `None` if it has none that is one.
    pub fn subject_country(&self) -> Option<&str> {
        self.0.subject_key.country()
    }

    /// The first instant at which it is valid.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// The last instant at which it is valid.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether it is valid at that instant, both ends included.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        (self.0.not_before..=self.0.not_after).contains(&at)
    }

    /// `SubjectPublicKeyInfo` in DER.
    pub fn spki(&self) -> &[u8] {
        self.slice(&self.0.spki)
    }

    /// Its key. A certificate whose key cannot be used is read all the same.
    pub fn key(&self) -> Result<&PublicKey, &KeyFault> {
        self.0.key.as_ref()
    }

    /// How it is signed.
    pub fn scheme(&self) -> Result<&Scheme, &SchemeFault> {
        self.0.scheme.as_ref()
    }

    /// Its signature, as `PublicKey::verify` takes it.
    pub fn signature(&self) -> &[u8] {
        self.slice(&self.0.signature)
    }

    /// The identifier of its own key (RFC 5280 section 4.2.1.2).
    pub fn ski(&self) -> Option<&[u8]> {
        self.0.extensions.ski.as_ref().map(|span| self.slice(span))
    }

    /// What it says of its issuer's key (RFC 5280 section 4.2.1.1).
    pub fn aki(&self) -> Option<AuthorityKey<'_>> {
        self.0.extensions.aki.as_ref().map(|aki| aki.over(&self.0.der))
    }

    /// Whether it says of itself that it is a certification authority.
    pub fn is_ca(&self) -> bool {
        self.0.extensions.basic.is_some_and(|basic| basic.ca)
    }

    /// How many authorities may stand between it and the last certificate; `None` if it does not say.
    pub fn path_len(&self) -> Option<u32> {
        self.0.extensions.basic.and_then(|basic| basic.path_len)
    }

    /// What its key is for (RFC 5280 section 4.2.1.3).
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.extensions.key_usage
    }

    /// What else its key is for (RFC 5280 section 4.2.1.12), such as 2.23.136.1.1.3 for a signer of master lists.
    pub fn extended_key_usage(&self) -> Option<&[ObjectIdentifier]> {
        self.0.extensions.extended_key_usage.as_deref()
    }

    /// During which time its key signs (RFC 3280 section 4.2.1.4; Doc 9303-12 table 6).
    pub fn private_key_usage_period(&self) -> Option<PrivateKeyUsage> {
        self.0.extensions.private_key_usage
    }

    /// The kinds of document that the signer signs, as in the machine readable zone (`P`, `ID`), from the extension
    /// 2.23.136.1.1.6.2 (Doc 9303-12 section 7.1.1); `None` if it does not say.
    pub fn document_types(&self) -> Option<&[String]> {
        self.0.extensions.document_types.as_deref()
    }

    /// Whether issuer and subject are the same name: a root, or a certificate that an authority made for its next key.
    pub fn is_self_issued(&self) -> bool {
        self.0.issuer_key == self.0.subject_key
    }

    /// Critical extensions that nobody here understands: RFC 5280 section 4.2 has the certificate refused.
    pub fn unknown_critical_extensions(&self) -> &[ObjectIdentifier] {
        &self.0.extensions.unknown_critical
    }

    /// Known extensions whose value is not what their definition says. They count as absent.
    pub fn malformed_extensions(&self) -> &[ObjectIdentifier] {
        &self.0.extensions.malformed
    }

    /// Checks that `issuer` signed it. Names, dates and rights are the caller's to check.
    pub fn verify_signed_by(&self, issuer: &PublicKey) -> Result<(), SignatureFault> {
        issuer.verify(&self.0.scheme?, self.tbs(), self.signature())
    }

    fn slice(&self, span: &Span) -> &[u8] {
        self.0.der.get(span.clone()).unwrap_or_default()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl std::hash::Hash for Certificate {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.fingerprint.hash(state);
    }
}

/// The fingerprint alone: serial numbers and names can lead to a document.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", hex::encode(self.0.fingerprint))
    }
}

/// Whether two contents of an INTEGER are the same number, however many bytes repeat its sign.
pub fn same_serial(a: &[u8], b: &[u8]) -> bool {
    shortest(a) == shortest(b)
}

/// An INTEGER's content without bytes that only repeat its sign.
pub(super) fn shortest(mut content: &[u8]) -> &[u8] {
    while let [first, second, ..] = content
        && ((*first == 0 && second & 0x80 == 0) || (*first == 0xFF && second & 0x80 != 0))
    {
        content = content.get(1..).unwrap_or_default();
    }
    content
}

/// Where `part`, a slice of `whole`, stands in it.
pub(super) fn span(whole: &[u8], part: &[u8]) -> Span {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start.saturating_add(part.len())
}

#[cfg(test)]
mod tests;
