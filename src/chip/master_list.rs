//! CSCA master lists: authorities that one state believes in, signed by it (Doc 9303-12 section 9, RFC 5652).
//!
//! Owns their reading and the check of their signature over the bytes as they were read. Tells whose signature it is; who
//! may vouch for the signer is decided by those who ask. A single entry that is no certificate is told and left out; more
//! entries, or more bytes, than any list has are refused before they are read.

use std::collections::HashSet;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::ber::{self, Bounds};
use super::certificate::Certificate;
use super::key::SignatureFault;
use super::policy::weaknesses;
use super::scheme::Scheme;
use super::signed_data::{SignedData, Signer};
use crate::domain::time::Timestamp;

/// Bytes of the longest list that is read: the largest published one has 900 KB.
pub const LEN_MAX: usize = 4 << 20;
/// Entries of one list: the largest published one has fewer than 600.
pub const ENTRIES_MAX: usize = 2_000;
/// How much of a list in BER is made DER: its content is one string, or one in some thousand parts.
const BOUNDS: Bounds = Bounds { len: LEN_MAX, depth: 32, elements: 20_000 };

/// `id-icao-cscaMasterList`.
const MASTER_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.2");
/// `id-icao-cscaMasterListSigningKey`, the extended key usage of its signer.
const SIGNING_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.3");

/// A master list whose signature holds under the key of the certificate that came with it.
#[derive(Clone, Debug)]
pub struct MasterList {
    /// What is in it.
    pub entries: Entries,
    /// The certificate of its signer.
    pub signer: Certificate,
    /// When the signer says to have signed.
    pub signed_at: Timestamp,
    /// The signature holds only with a DigestInfo that lacks its NULL (RFC 8017 section 9.2, note 2).
    pub digest_info_without_null: bool,
}

/// The certificates of a list.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// Each once, in the order of the list.
    pub certificates: Vec<Certificate>,
    /// Which entries are no certificate, counted from 1.
    pub unreadable: Vec<usize>,
    /// Which entries repeat an earlier one, counted from 1.
    pub repeated: Vec<usize>,
}

/// Why bytes are no master list that can be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MasterListFault {
    /// They are something else, or longer than [`LEN_MAX`].
    #[error("not a master list")]
    NotAMasterList,
    /// There are more than [`ENTRIES_MAX`] entries.
    #[error("the list has more than {ENTRIES_MAX} entries")]
    TooManyEntries,
    /// There is no signer or more than one, or its certificate did not come with the list.
    #[error("the list does not hold its one signer")]
    Signer,
    /// The signer's certificate is not for signing master lists.
    #[error("the signer's certificate is not for signing master lists")]
    SignerPurpose,
    /// The signature does not hold, or is over something else.
    #[error("the signature does not hold")]
    Signature,
    /// The algorithm is not known, or too weak for what vouches for hundreds of authorities.
    #[error("the signature algorithm is not accepted")]
    Algorithm,
}

impl MasterList {
    /// Reads a list and checks its signature with the certificate of its signer.
    ///
    /// # Errors
    /// The first reason not to believe it.
    pub fn read(bytes: &[u8]) -> Result<Self, MasterListFault> {
        let der = normal(bytes)?;
        let message = message(&der)?;
        let [signer] = message.signers.as_slice() else { return Err(MasterListFault::Signer) };
        let certificate = find(&message, signer)?;
        let purposes = certificate.extended_key_usage().unwrap_or_default();
        if !purposes.contains(&SIGNING_KEY) {
            return Err(MasterListFault::SignerPurpose);
        }
        let (signed_at, digest_info_without_null) = verify(&message, signer, &certificate)?;
        let entries = Entries::of(message.content)?;
        Ok(Self { entries, signer: certificate, signed_at, digest_info_without_null })
    }

    /// Whether `csca` issued the signer's certificate: by name, by key identifier where both tell one, and by signature.
    pub fn is_vouched_for_by(&self, csca: &Certificate) -> bool {
        let named = self.signer.issuer_key() == csca.subject_key();
        let key_id = self.signer.aki().and_then(|aki| aki.key_id);
        let meant = key_id.zip(csca.ski()).is_none_or(|(wanted, own)| wanted == own);
        named && meant && csca.key().is_ok_and(|key| self.signer.verify_signed_by(key).is_ok())
    }
}

impl Entries {
    /// Reads the entries of a list that was believed before, without its signature.
    ///
    /// # Errors
    /// If it is no list, or has too many entries.
    pub fn read(bytes: &[u8]) -> Result<Self, MasterListFault> {
        Self::of(message(&normal(bytes)?)?.content)
    }

    /// `CscaMasterList ::= SEQUENCE { version INTEGER, certList SET OF Certificate }`.
    fn of(content: &[u8]) -> Result<Self, MasterListFault> {
        let list = list(content).map_err(|_| MasterListFault::NotAMasterList)?;
        let mut reader = SliceReader::new(list).map_err(|_| MasterListFault::NotAMasterList)?;
        let (mut entries, mut seen, mut number) = (Self::default(), HashSet::new(), 0);
        while !reader.is_finished() {
            number += 1;
            if number > ENTRIES_MAX {
                return Err(MasterListFault::TooManyEntries);
            }
            let entry = reader.tlv_bytes().map_err(|_| MasterListFault::NotAMasterList)?;
            match Certificate::from_der(entry) {
                Ok(certificate) if seen.insert(certificate.fingerprint()) => entries.certificates.push(certificate),
                Ok(_) => entries.repeated.push(number),
                Err(_) => entries.unreadable.push(number),
            }
        }
        Ok(entries)
    }
}

/// The list in DER: lists are published in DER, and in BER they are read all the same.
fn normal(bytes: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, MasterListFault> {
    if bytes.len() > LEN_MAX {
        return Err(MasterListFault::NotAMasterList);
    }
    ber::to_der(bytes, &BOUNDS).map_err(|_| MasterListFault::NotAMasterList)
}

fn message(der: &[u8]) -> Result<SignedData<'_>, MasterListFault> {
    let message = SignedData::read(der).map_err(|_| MasterListFault::NotAMasterList)?;
    if message.content_type == MASTER_LIST { Ok(message) } else { Err(MasterListFault::NotAMasterList) }
}

/// What is within the SET of certificates.
fn list(content: &[u8]) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(content)?;
    let body = AnyRef::decode(&mut reader)?;
    let mut inner = SliceReader::new(body.value())?;
    i64::decode(&mut inner)?;
    let set = AnyRef::decode(&mut inner)?;
    let whole = reader.is_finished() && inner.is_finished() && body.tag() == Tag::Sequence && set.tag() == Tag::Set;
    if whole { Ok(set.value()) } else { Err(Tag::Set.value_error()) }
}

/// The signer's certificate among those that came with the list.
fn find(message: &SignedData<'_>, signer: &Signer<'_>) -> Result<Certificate, MasterListFault> {
    let mut certificates = message.certificates.iter().filter_map(|der| Certificate::from_der(der).ok());
    certificates.find(|certificate| signer.id.names(certificate)).ok_or(MasterListFault::Signer)
}

/// Checks the signature; when it says to have been made, and whether its DigestInfo lacks the NULL.
fn verify(
    message: &SignedData<'_>,
    signer: &Signer<'_>,
    certificate: &Certificate,
) -> Result<(Timestamp, bool), MasterListFault> {
    let digest = signer.digest.ok_or(MasterListFault::Algorithm)?;
    let attributes = signer.attributes().ok_or(MasterListFault::Signature)?;
    let over_this =
        attributes.content_type == MASTER_LIST && *digest.digest(message.content) == *attributes.message_digest;
    let signed = signer.signed_bytes().filter(|_| over_this).ok_or(MasterListFault::Signature)?;
    let signed_at = attributes.signing_time.ok_or(MasterListFault::Signature)?;
    let scheme = Scheme::read(signer.algorithm, Some(digest)).map_err(|_| MasterListFault::Algorithm)?;
    let key = certificate.key().map_err(|_| MasterListFault::Algorithm)?;
    // Passports live ten years with the algorithms of their day; a list can be had anew at any time.
    if weaknesses(&scheme, &key.algorithm()).iter().any(Option::is_some) {
        return Err(MasterListFault::Algorithm);
    }
    match key.verify(&scheme, &signed, signer.signature) {
        Ok(()) => Ok((signed_at, false)),
        Err(SignatureFault::DigestInfoWithoutNull) => Ok((signed_at, true)),
        Err(SignatureFault::Wrong) => Err(MasterListFault::Signature),
        Err(SignatureFault::SchemeMismatch | SignatureFault::Scheme(_)) => Err(MasterListFault::Algorithm),
    }
}
