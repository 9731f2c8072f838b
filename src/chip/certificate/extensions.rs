//! The extensions that certificates of travel documents have (Doc 9303-12 table 6).
//!
//! Owns their values. One that cannot be read counts as absent and is named; a critical one that is not known is named.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::read::Extension;
use super::{CertificateFault, Span, read_time, span, whole};
use crate::domain::time::Timestamp;

/// What the extensions of a certificate say.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) ski: Option<Span>,
    pub(super) aki: Option<AuthorityKeySpans>,
    pub(super) basic: Option<Basic>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<Vec<ObjectIdentifier>>,
    pub(super) private_key_usage: Option<PrivateKeyUsage>,
    pub(super) document_types: Option<Vec<String>>,
    pub(super) unknown_critical: Vec<ObjectIdentifier>,
    pub(super) malformed: Vec<ObjectIdentifier>,
}

/// `BasicConstraints`.
#[derive(Clone, Copy)]
pub(super) struct Basic {
    pub(super) ca: bool,
    pub(super) path_len: Option<u32>,
}

/// What a key is for: the bits of RFC 5280 section 4.2.1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Bit 0: signatures other than those on certificates and lists.
    pub const fn digital_signature(self) -> bool {
        self.bit(0)
    }

    /// Bit 5: signatures on certificates.
    pub const fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    /// Bit 6: signatures on revocation lists.
    pub const fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// The bit with this number, 0 to 8, counted as the standard counts.
    pub const fn bit(self, number: u8) -> bool {
        number < 16 && self.0 & (0x8000 >> number) != 0
    }
}

/// During which time a key signs. Either end may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateKeyUsage {
    /// The first instant.
    pub not_before: Option<Timestamp>,
    /// The last instant.
    pub not_after: Option<Timestamp>,
}

/// What a certificate or a list says of its issuer's key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorityKey<'a> {
    /// The identifier of the key: the `ski` of its certificate.
    pub key_id: Option<&'a [u8]>,
    /// The issuer of its certificate, a `Name` in DER.
    pub issuer: Option<&'a [u8]>,
    /// The serial number of its certificate: the content of an INTEGER.
    pub serial: Option<&'a [u8]>,
}

/// An `AuthorityKey` by where its values stand.
#[derive(Clone, Default)]
pub(in crate::chip) struct AuthorityKeySpans {
    key_id: Option<Span>,
    issuer: Option<Span>,
    serial: Option<Span>,
}

impl AuthorityKeySpans {
    pub(in crate::chip) fn over<'a>(&self, der: &'a [u8]) -> AuthorityKey<'a> {
        let slice = |span: &Option<Span>| span.clone().and_then(|span| der.get(span));
        AuthorityKey { key_id: slice(&self.key_id), issuer: slice(&self.issuer), serial: slice(&self.serial) }
    }
}

pub(in crate::chip) const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const PRIVATE_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.16");
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const DOCUMENT_TYPES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.6.2");

/// Extensions that change nothing about what is checked here: alternative names, policies without constraints, where lists
/// are to be had, and a change of the country's name (Doc 9303-12 section 7.1.1).
const HARMLESS: &[ObjectIdentifier] = &[
    ObjectIdentifier::new_unwrap("2.5.29.17"),
    ObjectIdentifier::new_unwrap("2.5.29.18"),
    ObjectIdentifier::new_unwrap("2.5.29.31"),
    ObjectIdentifier::new_unwrap("2.5.29.32"),
    ObjectIdentifier::new_unwrap("2.23.136.1.1.6.1"),
];

/// More purposes or kinds of document than any certificate names.
const LIST_MAX: usize = 64;

impl Extensions {
    /// Reads what the extensions of the certificate `der` say.
    pub(super) fn read(der: &[u8], list: &[Extension<'_>]) -> Result<Self, CertificateFault> {
        let mut found = Self::default();
        for (at, extension) in list.iter().enumerate() {
            if list.iter().take(at).any(|earlier| earlier.oid == extension.oid) {
                return Err(CertificateFault::Twice(extension.oid));
            }
            if !found.take(der, extension) {
                found.malformed.push(extension.oid);
            }
        }
        Ok(found)
    }

    /// Takes one in; whether its value is what its definition says.
    fn take(&mut self, der: &[u8], extension: &Extension<'_>) -> bool {
        let value = extension.value;
        match extension.oid {
            SUBJECT_KEY => fill(&mut self.ski, OctetStringRef::from_der(value).ok().map(|id| span(der, id.as_bytes()))),
            AUTHORITY_KEY => fill(&mut self.aki, read_authority_key(der, value)),
            KEY_USAGE => fill(&mut self.key_usage, read_key_usage(value)),
            PRIVATE_KEY_USAGE => fill(&mut self.private_key_usage, read_private_key_usage(value)),
            BASIC => fill(&mut self.basic, read_basic(value).ok()),
            EXTENDED_KEY_USAGE => fill(&mut self.extended_key_usage, read_purposes(value).ok()),
            DOCUMENT_TYPES => fill(&mut self.document_types, read_document_types(value).ok()),
            other => {
                if extension.critical && !HARMLESS.contains(&other) {
                    self.unknown_critical.push(other);
                }
                true
            }
        }
    }
}

fn fill<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    *slot = value;
    slot.is_some()
}

/// The values of a sequence, none of them looked into.
fn members(der: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let list = whole(der)?;
    list.tag().assert_eq(Tag::Sequence)?;
    all(list.value())
}

fn all(content: &[u8]) -> der::Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(content)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        if found.len() == LIST_MAX {
            return Err(Tag::Sequence.value_error());
        }
        found.push(AnyRef::decode(&mut reader)?);
    }
    Ok(found)
}

const fn context(number: u8, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber::new(number) }
}

/// `AuthorityKeyIdentifier`, RFC 5280 section 4.2.1.1; of the issuer's names the first directory name.
pub(in crate::chip) fn read_authority_key(der: &[u8], value: &[u8]) -> Option<AuthorityKeySpans> {
    let mut found = AuthorityKeySpans::default();
    for member in members(value).ok()? {
        if member.tag() == context(0, false) {
            found.key_id = Some(span(der, member.value()));
        } else if member.tag() == context(1, true) {
            let names = all(member.value()).ok()?;
            let name = names.iter().find(|name| name.tag() == context(4, true));
            found.issuer = name.map(|name| span(der, name.value()));
        } else if member.tag() == context(2, false) {
            found.serial = Some(span(der, member.value()));
        } else {
            return None;
        }
    }
    Some(found)
}

fn read_key_usage(value: &[u8]) -> Option<KeyUsage> {
    let bits = BitStringRef::from_der(value).ok()?;
    let byte = |at: usize| u16::from(bits.raw_bytes().get(at).copied().unwrap_or(0));
    (bits.byte_len() <= der::Length::new(2)).then(|| KeyUsage((byte(0) << 8) | byte(1)))
}

/// `PrivateKeyUsagePeriod ::= SEQUENCE { notBefore [0] GeneralizedTime, notAfter [1] GeneralizedTime }`, both optional.
fn read_private_key_usage(value: &[u8]) -> Option<PrivateKeyUsage> {
    let mut found = PrivateKeyUsage { not_before: None, not_after: None };
    for member in members(value).ok()? {
        let time = Some(read_time(&AnyRef::new(Tag::GeneralizedTime, member.value()).ok()?)?);
        if member.tag() == context(0, false) {
            found.not_before = time;
        } else if member.tag() == context(1, false) {
            found.not_after = time;
        } else {
            return None;
        }
    }
    Some(found)
}

/// `BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }`; any true is true.
fn read_basic(value: &[u8]) -> der::Result<Basic> {
    let (mut basic, mut rest) = (Basic { ca: false, path_len: None }, members(value)?.into_iter().peekable());
    if let Some(ca) = rest.next_if(|member| member.tag() == Tag::Boolean) {
        basic.ca = ca.value().iter().any(|byte| *byte != 0);
    }
    if let Some(path_len) = rest.next() {
        basic.path_len = Some(path_len.decode_as()?);
    }
    if rest.next().is_none() { Ok(basic) } else { Err(Tag::Sequence.value_error()) }
}

fn read_purposes(value: &[u8]) -> der::Result<Vec<ObjectIdentifier>> {
    members(value)?.iter().map(|member| member.decode_as()).collect()
}

/// `DocumentTypeListSyntax ::= SEQUENCE { version INTEGER, docTypeList SET OF PrintableString }`, Doc 9303-12.
fn read_document_types(value: &[u8]) -> der::Result<Vec<String>> {
    let members = members(value)?;
    let [version, list] = members.as_slice() else { return Err(Tag::Sequence.value_error()) };
    version.decode_as::<u8>()?;
    list.tag().assert_eq(Tag::Set)?;
    let kinds = all(list.value())?;
    kinds.iter().map(|kind| std::str::from_utf8(kind.value()).map(str::to_owned).map_err(Into::into)).collect()
}
