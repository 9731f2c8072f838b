//! The structure of a certificate, RFC 5280 section 4.1, as slices of the bytes.
//!
//! Owns the walk through it and refuses another structure. Values are looked into only where their shape decides.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::CertificateFault::{self, Malformed, TwoAlgorithms};
use super::read_time;
use crate::domain::time::Timestamp;

/// A certificate in parts.
pub(super) struct Parts<'a> {
    pub(super) tbs: &'a [u8],
    pub(super) version: u8,
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) spki: &'a [u8],
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) extensions: Vec<Extension<'a>>,
}

/// An extension as it stands.
pub(in crate::chip) struct Extension<'a> {
    pub(in crate::chip) oid: ObjectIdentifier,
    pub(in crate::chip) critical: bool,
    pub(in crate::chip) value: &'a [u8],
}

/// More extensions than any certificate has.
const EXTENSIONS_MAX: usize = 64;

/// Reads one value with its tag and length, the whole of the bytes.
pub(in crate::chip) fn whole(der: &[u8]) -> der::Result<AnyRef<'_>> {
    AnyRef::from_der(der)
}

/// Reads the next value, which has to have that tag, and keeps its tag and length.
pub(in crate::chip) fn raw<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> der::Result<&'a [u8]> {
    reader.peek_tag()?.assert_eq(tag)?;
    reader.tlv_bytes()
}

pub(super) fn read(der: &[u8]) -> Result<Parts<'_>, CertificateFault> {
    let certificate = inside(der, Tag::Sequence, "certificate")?;
    let mut outer = reader(certificate, "certificate")?;
    let tbs = raw(&mut outer, Tag::Sequence).map_err(|_| Malformed("tbsCertificate"))?;
    let algorithm = raw(&mut outer, Tag::Sequence).map_err(|_| Malformed("signatureAlgorithm"))?;
    let signature = BitStringRef::decode(&mut outer).map_err(|_| Malformed("signatureValue"))?;
    let signature = signature.as_bytes().filter(|_| outer.is_finished()).ok_or(Malformed("signatureValue"))?;

    let mut inner = reader(inside(tbs, Tag::Sequence, "tbsCertificate")?, "tbsCertificate")?;
    let version = read_version(&mut inner).map_err(|_| Malformed("version"))?;
    let serial = AnyRef::decode(&mut inner).map_err(|_| Malformed("serialNumber"))?;
    if serial.tag() != Tag::Integer || serial.value().is_empty() {
        return Err(Malformed("serialNumber"));
    }
    let signed = raw(&mut inner, Tag::Sequence).map_err(|_| Malformed("signature"))?;
    if signed != algorithm {
        return Err(TwoAlgorithms);
    }
    let issuer = raw(&mut inner, Tag::Sequence).map_err(|_| Malformed("issuer"))?;
    let (not_before, not_after) = read_validity(&mut inner).ok_or(Malformed("validity"))?;
    let subject = raw(&mut inner, Tag::Sequence).map_err(|_| Malformed("subject"))?;
    let spki = raw(&mut inner, Tag::Sequence).map_err(|_| Malformed("subjectPublicKeyInfo"))?;
    let extensions = read_rest(&mut inner).map_err(|_| Malformed("extensions"))?;
    if !inner.is_finished() {
        return Err(Malformed("extensions"));
    }
    Ok(Parts {
        tbs,
        version,
        serial: serial.value(),
        issuer,
        subject,
        spki,
        not_before,
        not_after,
        algorithm,
        signature,
        extensions,
    })
}

/// The content of a value that is the whole of the bytes.
fn inside<'a>(der: &'a [u8], tag: Tag, field: &'static str) -> Result<&'a [u8], CertificateFault> {
    let any = whole(der).map_err(|_| Malformed(field))?;
    if any.tag() == tag { Ok(any.value()) } else { Err(Malformed(field)) }
}

fn reader<'a>(bytes: &'a [u8], field: &'static str) -> Result<SliceReader<'a>, CertificateFault> {
    SliceReader::new(bytes).map_err(|_| Malformed(field))
}

const fn context(number: u8, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber::new(number) }
}

/// `[0] EXPLICIT Version DEFAULT v1`.
fn read_version(reader: &mut SliceReader<'_>) -> der::Result<u8> {
    if reader.peek_tag()? != context(0, true) {
        return Ok(1);
    }
    match u8::from_der(AnyRef::decode(reader)?.value())? {
        version @ 0..=2 => Ok(version + 1),
        _ => Err(Tag::Integer.value_error()),
    }
}

fn read_validity(reader: &mut SliceReader<'_>) -> Option<(Timestamp, Timestamp)> {
    let validity = AnyRef::decode(reader).ok().filter(|any| any.tag() == Tag::Sequence)?;
    let mut inner = SliceReader::new(validity.value()).ok()?;
    let both = (read_time(&AnyRef::decode(&mut inner).ok()?)?, read_time(&AnyRef::decode(&mut inner).ok()?)?);
    inner.is_finished().then_some(both)
}

/// Unique identifiers, which nobody uses, and the extensions.
fn read_rest<'a>(reader: &mut SliceReader<'a>) -> der::Result<Vec<Extension<'a>>> {
    for number in [1, 2] {
        if !reader.is_finished() && reader.peek_tag()? == context(number, false) {
            reader.tlv_bytes()?;
        }
    }
    if reader.is_finished() || reader.peek_tag()? != context(3, true) {
        return Ok(Vec::new());
    }
    read_extensions(AnyRef::decode(reader)?.value())
}

/// `Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension`, in DER.
pub(in crate::chip) fn read_extensions(der: &[u8]) -> der::Result<Vec<Extension<'_>>> {
    let list = whole(der)?;
    list.tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(list.value())?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        if found.len() == EXTENSIONS_MAX {
            return Err(Tag::Sequence.value_error());
        }
        found.push(reader.sequence(read_extension)?);
    }
    Ok(found)
}

fn read_extension<'a>(reader: &mut der::NestedReader<'_, SliceReader<'a>>) -> der::Result<Extension<'a>> {
    let oid = ObjectIdentifier::decode(reader)?;
    // BER's other ways to say true are met; a default that is written out as well.
    let critical = reader.peek_tag()? == Tag::Boolean && AnyRef::decode(reader)?.value() != [0];
    Ok(Extension { oid, critical, value: OctetStringRef::decode(reader)?.as_bytes() })
}
