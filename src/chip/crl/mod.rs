//! Certificate revocation lists, version 2 (RFC 5280 section 5, Doc 9303-12 section 7.1.4), in DER or PEM.
//!
//! Owns their reading and the lookup of a serial number. Refuses what is longer or holds more entries than the lists of a
//! state, and delta and indirect lists, which Doc 9303 has not. Whether a list is fresh and who may sign it is not decided here.

mod entries;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use sha2::{Digest as _, Sha256};

pub use entries::{Reason, Revoked};

use self::entries::{Entries, read_revoked};
use super::certificate::{AUTHORITY_KEY, AuthorityKey, AuthorityKeySpans, Extension, NameKey, Span};
use super::certificate::{raw, read_authority_key, read_extensions, read_time, shortest, span, whole};
use super::key::{PublicKey, SignatureFault};
use super::scheme::{Scheme, SchemeFault};
use crate::domain::time::Timestamp;

/// A revocation list. Cheap to clone.
#[derive(Clone)]
pub struct Crl(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    fingerprint: [u8; 32],
    tbs: Span,
    issuer: Span,
    signature: Span,
    issuer_key: NameKey,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    scheme: Result<Scheme, SchemeFault>,
    number: Option<Span>,
    aki: Option<AuthorityKeySpans>,
    unknown_critical: Vec<ObjectIdentifier>,
    revoked: Entries,
}

/// Why bytes are no revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlFault {
    /// More bytes than the list of any state has.
    #[error("the revocation list is longer than {} bytes", Crl::LEN_MAX)]
    TooLong,
    /// The structure breaks off or is another one, at the named field.
    #[error("the revocation list cannot be read at {0}")]
    Malformed(&'static str),
    /// The algorithm that is signed is not the one outside (RFC 5280 section 5.1.1.2).
    #[error("the revocation list names two signature algorithms")]
    TwoAlgorithms,
    /// More entries than `Crl::ENTRIES_MAX`.
    #[error("the revocation list has more than {} entries", Crl::ENTRIES_MAX)]
    TooMany,
    /// A delta list, a list for others' certificates, or one for some of its own certificates only.
    #[error("the revocation list is not a complete one")]
    Partial,
}

use CrlFault::Malformed;

impl Crl {
    /// Bytes of the longest list that is read.
    pub const LEN_MAX: usize = 16 * 1024 * 1024;
    /// The most entries that are read.
    pub const ENTRIES_MAX: usize = 250_000;

    /// Reads a list in PEM (RFC 7468, `X509 CRL`) or DER.
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Self, CrlFault> {
        if bytes.len() > 2 * Self::LEN_MAX {
            return Err(CrlFault::TooLong);
        }
        Self::from_der(&unarmour(bytes)?)
    }

    /// Reads a list in DER; nothing may follow it.
    pub fn from_der(der: &[u8]) -> Result<Self, CrlFault> {
        if der.len() > Self::LEN_MAX {
            return Err(CrlFault::TooLong);
        }
        let mut outer = sequence(der, "certificateList")?;
        let tbs = raw(&mut outer, Tag::Sequence).map_err(|_| Malformed("tbsCertList"))?;
        let algorithm = raw(&mut outer, Tag::Sequence).map_err(|_| Malformed("signatureAlgorithm"))?;
        let signature = BitStringRef::decode(&mut outer).map_err(|_| Malformed("signatureValue"))?;
        let signature = signature.as_bytes().filter(|_| outer.is_finished()).ok_or(Malformed("signatureValue"))?;

        let mut inner = sequence(tbs, "tbsCertList")?;
        read_version(&mut inner).map_err(|_| Malformed("version"))?;
        if raw(&mut inner, Tag::Sequence).map_err(|_| Malformed("signature"))? != algorithm {
            return Err(CrlFault::TwoAlgorithms);
        }
        let issuer = raw(&mut inner, Tag::Sequence).map_err(|_| Malformed("issuer"))?;
        let this_update = time(&mut inner).ok_or(Malformed("thisUpdate"))?;
        let next_update = match peek(&inner) {
            Some(Tag::UtcTime | Tag::GeneralizedTime) => Some(time(&mut inner).ok_or(Malformed("nextUpdate"))?),
            _ => None,
        };
        let mut unknown_critical = Vec::new();
        let revoked = match peek(&inner) {
            Some(Tag::Sequence) => read_revoked(&mut inner, &mut unknown_critical)?,
            _ => Entries::new(),
        };
        let extensions = read_rest(&mut inner).ok_or(Malformed("crlExtensions"))?;
        let mut list = Inner {
            fingerprint: Sha256::digest(der).into(),
            tbs: span(der, tbs),
            issuer: span(der, issuer),
            signature: span(der, signature),
            issuer_key: NameKey::read(issuer).ok_or(Malformed("issuer"))?,
            this_update,
            next_update,
            scheme: Scheme::read(algorithm, None),
            number: None,
            aki: None,
            unknown_critical,
            revoked,
            der: der.into(),
        };
        for extension in &extensions {
            list.take(der, extension)?;
        }
        Ok(Self(Arc::new(list)))
    }

    /// The whole list in DER, as it was read.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 over the whole list.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.0.fingerprint
    }

    /// The issuer's `Name` in DER.
    pub fn issuer(&self) -> &[u8] {
        self.slice(&self.0.issuer)
    }

    /// The issuer's name in a form that can be compared and hashed.
    pub fn issuer_key(&self) -> &NameKey {
        &self.0.issuer_key
    }

    /// The issuer's country, two or three capital letters.
    pub fn issuer_country(&self) -> Option<&str> {
        self.0.issuer_key.country()
    }

    /// When it was made.
    pub fn this_update(&self) -> Timestamp {
        self.0.this_update
    }

    /// When the next one is due at the latest; Doc 9303-12 demands it, RFC 5280 too, and older lists lack it.
    pub fn next_update(&self) -> Option<Timestamp> {
        self.0.next_update
    }

    /// Its number, big-endian and without bytes that only repeat its sign: a longer or greater one is newer.
    pub fn number(&self) -> Option<&[u8]> {
        self.0.number.as_ref().map(|span| shortest(self.slice(span)))
    }

    /// What it says of its issuer's key.
    pub fn aki(&self) -> Option<AuthorityKey<'_>> {
        self.0.aki.as_ref().map(|aki| aki.over(&self.0.der))
    }

    /// How it is signed.
    pub fn scheme(&self) -> Result<&Scheme, &SchemeFault> {
        self.0.scheme.as_ref()
    }

    /// How many certificates it revokes.
    pub fn len(&self) -> usize {
        self.0.revoked.len()
    }

    /// Whether it revokes none.
    pub fn is_empty(&self) -> bool {
        self.0.revoked.is_empty()
    }

    /// What it says of the certificate with this serial number, the content of an INTEGER as `Certificate::serial` gives it.
    pub fn revoked(&self, serial: &[u8]) -> Option<Revoked> {
        self.0.revoked.get(shortest(serial)).copied()
    }

    /// Critical extensions, its own or of an entry, that nobody here understands: RFC 5280 section 5.2 forbids its use.
    pub fn unknown_critical_extensions(&self) -> &[ObjectIdentifier] {
        &self.0.unknown_critical
    }

    /// Checks that `issuer` signed it. Names, dates and rights are the caller's to check.
    pub fn verify(&self, issuer: &PublicKey) -> Result<(), SignatureFault> {
        issuer.verify(&self.0.scheme?, self.slice(&self.0.tbs), self.slice(&self.0.signature))
    }

    fn slice(&self, span: &Span) -> &[u8] {
        self.0.der.get(span.clone()).unwrap_or_default()
    }
}

/// The fingerprint and the number of entries alone.
impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {} entries)", hex::encode(self.0.fingerprint), self.len())
    }
}

const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

impl Inner {
    fn take(&mut self, der: &[u8], extension: &Extension<'_>) -> Result<(), CrlFault> {
        match extension.oid {
            CRL_NUMBER => {
                let number = whole(extension.value).ok().filter(|any| any.tag() == Tag::Integer);
                self.number = Some(span(der, number.ok_or(Malformed("cRLNumber"))?.value()));
            }
            AUTHORITY_KEY => self.aki = read_authority_key(der, extension.value),
            // A point without restrictions changes nothing.
            ISSUING_POINT if is_restricted(extension.value) => return Err(CrlFault::Partial),
            DELTA => return Err(CrlFault::Partial),
            ISSUING_POINT => (),
            other if extension.critical => self.unknown_critical.push(other),
            _ => (),
        }
        Ok(())
    }
}

/// Whether an `IssuingDistributionPoint` holds more than where the list is to be had.
fn is_restricted(value: &[u8]) -> bool {
    let point = Tag::ContextSpecific { constructed: true, number: TagNumber::new(0) };
    let only_point = |any: AnyRef<'_>| {
        let mut reader = SliceReader::new(any.value())?;
        if !reader.is_finished() {
            raw(&mut reader, point)?;
        }
        Ok::<_, der::Error>(reader.is_finished())
    };
    !whole(value).and_then(only_point).unwrap_or(false)
}

fn sequence<'a>(der: &'a [u8], field: &'static str) -> Result<SliceReader<'a>, CrlFault> {
    let any = whole(der).ok().filter(|any| any.tag() == Tag::Sequence).ok_or(Malformed(field))?;
    SliceReader::new(any.value()).map_err(|_| Malformed(field))
}

fn peek(reader: &SliceReader<'_>) -> Option<Tag> {
    (!reader.is_finished()).then(|| reader.peek_tag().ok()).flatten()
}

/// Version 2, which is written 1; a list of version 1 says nothing.
fn read_version(reader: &mut SliceReader<'_>) -> der::Result<()> {
    if reader.peek_tag()? == Tag::Integer && u8::decode(reader)? != 1 {
        return Err(Tag::Integer.value_error());
    }
    Ok(())
}

fn time<'a, R: Reader<'a>>(reader: &mut R) -> Option<Timestamp> {
    read_time(&AnyRef::decode(reader).ok()?)
}

/// `[0] EXPLICIT Extensions OPTIONAL`, then nothing.
fn read_rest<'a>(reader: &mut SliceReader<'a>) -> Option<Vec<Extension<'a>>> {
    if reader.is_finished() {
        return Some(Vec::new());
    }
    let explicit = Tag::ContextSpecific { constructed: true, number: TagNumber::new(0) };
    let any = AnyRef::decode(reader).ok().filter(|any| any.tag() == explicit)?;
    read_extensions(any.value()).ok().filter(|_| reader.is_finished())
}

/// The bytes within PEM's armour, or the bytes themselves if they wear none.
fn unarmour(bytes: &[u8]) -> Result<Cow<'_, [u8]>, CrlFault> {
    let armoured = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once("-----BEGIN X509 CRL-----"));
    let Some((_, after)) = armoured else { return Ok(Cow::Borrowed(bytes)) };
    let (body, _) = after.split_once("-----END X509 CRL-----").ok_or(Malformed("PEM"))?;
    let der = STANDARD.decode(body.split_ascii_whitespace().collect::<String>());
    der.map(Cow::Owned).map_err(|_| Malformed("PEM"))
}

#[cfg(test)]
mod tests;
