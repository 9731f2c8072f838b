//! CMS SignedData (RFC 5652) as security objects and master lists hold it (Doc 9303-10, section 4.6.2.2; 9303-12, section
//! 9), each part of which can be wrong by itself.

use time::macros::datetime;

use crate::practice::country::algorithm::{Algorithm, Key};
use crate::practice::country::certificate::Name;
use crate::practice::country::der;
use crate::practice::country::hash::Hash;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
/// id-data: no security object, but what some states write in its place.
pub(super) const DATA: &str = "1.2.840.113549.1.7.1";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";

/// How a SignerInfo names its certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sid {
    IssuerAndSerial,
    KeyIdentifier,
    /// Issuer and a serial number that no certificate has.
    Nobody,
}

/// What the content type attribute says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentType {
    AsSigned,
    Other,
    Missing,
}

/// How the signature is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Right,
    /// With its last bit turned.
    Flipped,
    /// By RSA, with a DigestInfo that lacks the NULL which the standard asks for (RFC 8017, section 9.2).
    WithoutNull,
}

/// Who signs a message, and the certificate that says so.
pub(super) struct Signatory<'a> {
    pub(super) issuer: &'a Name,
    pub(super) serial: &'a [u8],
    pub(super) key: &'a Key,
    pub(super) algorithm: Algorithm,
    pub(super) certificate: &'a [u8],
}

/// A message to be signed, and what is to be wrong with it.
pub(super) struct Message<'a> {
    pub(super) content_type: &'static str,
    pub(super) content: &'a [u8],
    pub(super) version: u8,
    pub(super) sid: Sid,
    pub(super) content_type_attribute: ContentType,
    pub(super) digest_is_right: bool,
    pub(super) signature: Signature,
    pub(super) signing_time: bool,
    /// Whether the outer elements have indefinite lengths; what is signed or hashed stays DER.
    pub(super) indefinite: bool,
    /// How often the signer is listed.
    pub(super) signers: usize,
    pub(super) certificates: Vec<&'a [u8]>,
}

impl<'a> Message<'a> {
    /// A message with nothing wrong, signed by somebody whose certificate it carries.
    pub(super) fn new(content_type: &'static str, content: &'a [u8], by: &Signatory<'a>) -> Self {
        Self {
            content_type,
            content,
            version: 3,
            sid: Sid::IssuerAndSerial,
            content_type_attribute: ContentType::AsSigned,
            digest_is_right: true,
            signature: Signature::Right,
            signing_time: false,
            indefinite: false,
            signers: 1,
            certificates: vec![by.certificate],
        }
    }

    /// ContentInfo around the SignedData.
    pub(super) fn signed(&self, by: &Signatory<'_>) -> Vec<u8> {
        type Wrap = fn(u8, &[&[u8]]) -> Vec<u8>;
        type Octets = fn(&[u8]) -> Vec<u8>;
        let (wrap, octets): (Wrap, Octets) =
            if self.indefinite { (der::open, der::open_octets) } else { (der::tlv, der::octets) };
        let certificates: Vec<_> = self.certificates.iter().map(|certificate| certificate.to_vec()).collect();
        let certificates = match certificates.as_slice() {
            [] => Vec::new(),
            some => wrap(der::CONTEXT_0, &[&der::sorted(some)]),
        };
        let content = wrap(der::CONTEXT_0, &[&octets(self.content)]);
        let signers = vec![self.signer(by); self.signers];
        let data = [
            der::small(self.version),
            der::set_of(&[by.algorithm.hash().identifier()]),
            wrap(der::SEQUENCE, &[&der::oid(self.content_type), &content]),
            certificates,
            wrap(der::SET, &[&der::sorted(&signers)]),
        ];
        let data = wrap(der::SEQUENCE, &[&data.concat()]);
        wrap(der::SEQUENCE, &[&der::oid(SIGNED_DATA), &wrap(der::CONTEXT_0, &[&data])])
    }

    fn signer(&self, by: &Signatory<'_>) -> Vec<u8> {
        let attributes = self.attributes(by.algorithm.hash());
        let (version, sid) = match self.sid {
            Sid::IssuerAndSerial => (1, der::sequence(&[&by.issuer.der(), &der::unsigned(by.serial)])),
            Sid::Nobody => (1, der::sequence(&[&by.issuer.der(), &der::unsigned(&[0x66; 8])])),
            Sid::KeyIdentifier => (3, der::implicit(0, &by.key.identifier())),
        };
        let mut signature = match by.key {
            Key::Rsa(key) if self.signature == Signature::WithoutNull => {
                key.pkcs1(by.algorithm.hash(), &der::set_of(&attributes), false)
            }
            key => key.sign(by.algorithm, &der::set_of(&attributes)),
        };
        if let (Signature::Flipped, Some(last)) = (self.signature, signature.last_mut()) {
            *last ^= 1;
        }
        der::sequence(&[
            &der::small(version),
            &sid,
            &by.algorithm.hash().identifier(),
            &der::context(0, &[&der::sorted(&attributes)]),
            &by.algorithm.identifier(),
            &der::octets(&signature),
        ])
    }

    fn attributes(&self, hash: Hash) -> Vec<Vec<u8>> {
        let attribute = |oid, value: Vec<u8>| der::sequence(&[&der::oid(oid), &der::set_of(&[value])]);
        let digest = if self.digest_is_right { hash.digest(self.content) } else { hash.digest(b"something else") };
        let mut all = vec![attribute(MESSAGE_DIGEST, der::octets(&digest))];
        match self.content_type_attribute {
            ContentType::AsSigned => all.push(attribute(CONTENT_TYPE, der::oid(self.content_type))),
            ContentType::Other => all.push(attribute(CONTENT_TYPE, der::oid(SIGNED_DATA))),
            ContentType::Missing => {}
        }
        if self.signing_time {
            all.push(attribute(SIGNING_TIME, der::moment(datetime!(2026-01-05 09:00))));
        }
        all
    }
}
