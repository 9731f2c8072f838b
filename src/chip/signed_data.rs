//! Signed messages (CMS SignedData, RFC 5652 section 5), read in place: whatever is hashed or verified is the bytes as they
//! stand, never an encoding made anew.
//!
//! Owns the shape of the message and of its signed attributes. It judges nothing: who may sign what is for those who ask.
//! Refuses trailing bytes, more signers or certificates than any document has, attributes named twice.

use der::asn1::{AnyRef, GeneralizedTime, ObjectIdentifier, UtcTime};
use der::{Decode, Reader, SliceReader, Tagged};
use thiserror::Error;

use super::certificate::{Certificate, same_name, same_serial};
use super::hash::Hash;
use crate::domain::time::Timestamp;

/// Most certificates in one message. Master lists carry them in their content, not here.
const CERTIFICATES_MAX: usize = 16;
/// Most signers of one message; Doc 9303-10 asks for one.
const SIGNERS_MAX: usize = 4;
/// Most signed attributes; real ones have two to five.
const ATTRIBUTES_MAX: usize = 16;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");

/// Tags as they stand in the first byte.
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xA0;
const CONTEXT_1: u8 = 0xA1;
const KEY_ID: u8 = 0x80;

/// The bytes are no such message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("not a signed message")]
pub struct Unreadable;

impl From<der::Error> for Unreadable {
    fn from(_: der::Error) -> Self {
        Self
    }
}

/// A signed message. Borrows from the bytes that were read.
#[derive(Clone)]
pub struct SignedData<'a> {
    /// The version number: 3 for anything but plain data signed by issuer and serial number.
    pub version: i64,
    /// What the content is.
    pub content_type: ObjectIdentifier,
    /// The content: the octets within `eContent`.
    pub content: &'a [u8],
    /// The certificates that came with it, DER, in order.
    pub certificates: Vec<&'a [u8]>,
    /// The signers, in order; at least one.
    pub signers: Vec<Signer<'a>>,
}

/// One signer: who, how, and over what.
#[derive(Clone)]
pub struct Signer<'a> {
    /// Which certificate is the signer's.
    pub id: SignerId<'a>,
    /// The hash over content and attributes; `None` if it is not one that Doc 9303 lists.
    pub digest: Option<Hash>,
    /// The signed attributes, with the tag `[0]` as they stand.
    attributes: Option<&'a [u8]>,
    /// The signature's `AlgorithmIdentifier`, DER.
    pub algorithm: &'a [u8],
    /// The signature.
    pub signature: &'a [u8],
}

/// How a signer names the certificate (RFC 5652 section 5.3).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SignerId<'a> {
    /// By issuer and serial number.
    IssuerAndSerial {
        /// The issuer's name, DER.
        issuer: &'a [u8],
        /// The serial number: the octets of the INTEGER.
        serial: &'a [u8],
    },
    /// By the subject key identifier.
    KeyId(&'a [u8]),
}

/// What the signed attributes say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// The type of the content that was signed.
    pub content_type: ObjectIdentifier,
    /// The digest of that content.
    pub message_digest: &'a [u8],
    /// When the signer says to have signed; `None` if it does not say, or not in a way that can be read.
    pub signing_time: Option<Timestamp>,
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` that holds a SignedData, in DER.
    ///
    /// # Errors
    /// [`Unreadable`] if it is anything else, has bytes left over, or more in it than any document.
    pub fn read(der: &'a [u8]) -> Result<Self, Unreadable> {
        let mut all = SliceReader::new(der)?;
        let mut info = nested(&mut all)?;
        end(&all)?;
        if ObjectIdentifier::decode(&mut info)? != SIGNED_DATA {
            return Err(Unreadable);
        }
        let mut explicit = tagged(&mut info, CONTEXT_0)?.ok_or(Unreadable)?;
        end(&info)?;
        let mut body = nested(&mut explicit)?;
        end(&explicit)?;

        let version = i64::decode(&mut body)?;
        tagged(&mut body, SET)?.ok_or(Unreadable)?;
        let (content_type, content) = content(nested(&mut body)?)?;
        let certificates =
            tagged(&mut body, CONTEXT_0)?.map_or_else(|| Ok(Vec::new()), |all| list(all, CERTIFICATES_MAX))?;
        tagged(&mut body, CONTEXT_1)?;
        let signers = list(tagged(&mut body, SET)?.ok_or(Unreadable)?, SIGNERS_MAX)?;
        end(&body)?;
        let signers = signers.into_iter().map(Signer::read).collect::<Result<Vec<_>, _>>()?;
        if signers.is_empty() {
            return Err(Unreadable);
        }
        Ok(Self { version, content_type, content, certificates, signers })
    }
}

impl<'a> Signer<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Unreadable> {
        let mut all = SliceReader::new(der)?;
        let mut body = nested(&mut all)?;
        i64::decode(&mut body)?;
        let id = SignerId::read(&mut body)?;
        let digest = Hash::from_oid(&ObjectIdentifier::decode(&mut nested(&mut body)?)?);
        let attributes = if body.peek_byte() == Some(CONTEXT_0) { Some(body.tlv_bytes()?) } else { None };
        let algorithm = body.tlv_bytes()?;
        let signature = octets(&mut body)?;
        tagged(&mut body, CONTEXT_1)?;
        end(&body)?;
        Ok(Self { id, digest, attributes, algorithm, signature })
    }

    /// What the signed attributes say. `None` if there are none, or if they lack the content's type or digest, name one
    /// twice, or give it several values: then nobody can tell what was signed.
    pub fn attributes(&self) -> Option<Attributes<'a>> {
        read_attributes(self.attributes?).ok()
    }

    /// The bytes that the signature is over: the attributes as they were read, under the tag of a SET (RFC 5652
    /// section 5.4).
    pub fn signed_bytes(&self) -> Option<Vec<u8>> {
        let (_, rest) = self.attributes?.split_first()?;
        Some(std::iter::once(&SET).chain(rest).copied().collect())
    }
}

impl<'a> SignerId<'a> {
    /// Whether it names this certificate: by issuer and serial number, or by the identifier of its key.
    pub fn names(self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                same_serial(serial, certificate.serial()) && same_name(issuer, certificate.issuer())
            }
            Self::KeyId(key_id) => certificate.ski() == Some(key_id),
        }
    }

    fn read(body: &mut SliceReader<'a>) -> Result<Self, Unreadable> {
        if body.peek_byte() == Some(KEY_ID) {
            return Ok(Self::KeyId(AnyRef::decode(body)?.value()));
        }
        let mut pair = nested(body)?;
        let issuer = pair.tlv_bytes()?;
        let serial = AnyRef::decode(&mut pair)?.value();
        end(&pair)?;
        Ok(Self::IssuerAndSerial { issuer, serial })
    }
}

fn read_attributes(der: &[u8]) -> Result<Attributes<'_>, Unreadable> {
    let mut all = SliceReader::new(der)?;
    let set = tagged(&mut all, CONTEXT_0)?.ok_or(Unreadable)?;
    let (mut content_type, mut message_digest, mut signing_time) = (None, None, None);
    for attribute in list(set, ATTRIBUTES_MAX)? {
        let mut body = nested(&mut SliceReader::new(attribute)?)?;
        let oid = ObjectIdentifier::decode(&mut body)?;
        let values = tagged(&mut body, SET)?.ok_or(Unreadable)?;
        end(&body)?;
        match oid {
            CONTENT_TYPE => once(&mut content_type, ObjectIdentifier::from_der(only(values)?)?)?,
            MESSAGE_DIGEST => once(&mut message_digest, octets(&mut SliceReader::new(only(values)?)?)?)?,
            SIGNING_TIME => once(&mut signing_time, time(only(values)?))?,
            _ => (),
        }
    }
    let (Some(content_type), Some(message_digest)) = (content_type, message_digest) else { return Err(Unreadable) };
    Ok(Attributes { content_type, message_digest, signing_time: signing_time.flatten() })
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), Unreadable> {
    if slot.replace(value).is_some() { Err(Unreadable) } else { Ok(()) }
}

/// The one value of an attribute.
fn only(mut values: SliceReader<'_>) -> Result<&[u8], Unreadable> {
    let value = values.tlv_bytes()?;
    end(&values)?;
    Ok(value)
}

fn time(der: &[u8]) -> Option<Timestamp> {
    let since = UtcTime::from_der(der).map(|time| time.to_unix_duration());
    let since = since.or_else(|_| GeneralizedTime::from_der(der).map(|time| time.to_unix_duration())).ok()?;
    Some(Timestamp::from_micros(0).plus(since))
}

/// `EncapsulatedContentInfo`; a message without content is none that we could judge.
fn content(mut info: SliceReader<'_>) -> Result<(ObjectIdentifier, &[u8]), Unreadable> {
    let content_type = ObjectIdentifier::decode(&mut info)?;
    let mut explicit = tagged(&mut info, CONTEXT_0)?.ok_or(Unreadable)?;
    end(&info)?;
    let content = octets(&mut explicit)?;
    end(&explicit)?;
    Ok((content_type, content))
}

/// What is within the next element, which must be a SEQUENCE.
pub(super) fn nested<'a>(reader: &mut SliceReader<'a>) -> Result<SliceReader<'a>, Unreadable> {
    let element = AnyRef::decode(reader)?;
    if element.tag() == der::Tag::Sequence { Ok(SliceReader::new(element.value())?) } else { Err(Unreadable) }
}

/// What is within the next element, if it begins with `tag`.
fn tagged<'a>(reader: &mut SliceReader<'a>, tag: u8) -> Result<Option<SliceReader<'a>>, Unreadable> {
    if reader.peek_byte() != Some(tag) {
        return Ok(None);
    }
    Ok(Some(SliceReader::new(AnyRef::decode(reader)?.value())?))
}

/// The octets of the next element, which must be an OCTET STRING.
pub(super) fn octets<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8], Unreadable> {
    let element = AnyRef::decode(reader)?;
    if element.tag() == der::Tag::OctetString { Ok(element.value()) } else { Err(Unreadable) }
}

pub(super) fn end(reader: &SliceReader<'_>) -> Result<(), Unreadable> {
    if reader.is_finished() { Ok(()) } else { Err(Unreadable) }
}

/// The elements that are left, each whole; at most `max` of them.
pub(super) fn list(mut reader: SliceReader<'_>, max: usize) -> Result<Vec<&[u8]>, Unreadable> {
    let mut elements = Vec::new();
    while !reader.is_finished() {
        if elements.len() == max {
            return Err(Unreadable);
        }
        elements.push(reader.tlv_bytes()?);
    }
    Ok(elements)
}
