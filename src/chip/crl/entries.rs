//! The entries of a revocation list (RFC 5280 sections 5.1.2.6 and 5.3): which certificates it revokes, when and why.
//!
//! Owns their reading. Refuses more of them than any state's list has, and an entry for another issuer's certificate, which
//! is one of an indirect list.

use std::collections::HashMap;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::CrlFault::{self, Malformed};
use super::{Crl, time};
use crate::chip::certificate::{raw, read_extensions, shortest, whole};
use crate::domain::time::Timestamp;

const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");
/// Most extensions that are named as not understood; one is reason enough not to use the list.
const UNKNOWN_MAX: usize = 16;

/// What a list revokes, by serial number without bytes that only repeat its sign.
pub(super) type Entries = HashMap<Box<[u8]>, Revoked>;

/// When and why a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The instant of revocation.
    pub at: Timestamp,
    /// The reason, if the list tells it.
    pub reason: Option<Reason>,
}

/// Why a certificate was revoked, RFC 5280 section 5.3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// 0.
    Unspecified,
    /// 1.
    KeyCompromise,
    /// 2.
    CaCompromise,
    /// 3.
    AffiliationChanged,
    /// 4.
    Superseded,
    /// 5.
    CessationOfOperation,
    /// 6.
    CertificateHold,
    /// 8: only a delta list says so.
    RemoveFromCrl,
    /// 9.
    PrivilegeWithdrawn,
    /// 10.
    AaCompromise,
}

/// Reads all entries; critical extensions of theirs that nobody here understands are added to `unknown`.
pub(super) fn read_revoked(
    reader: &mut SliceReader<'_>,
    unknown: &mut Vec<ObjectIdentifier>,
) -> Result<Entries, CrlFault> {
    let list = AnyRef::decode(reader).map_err(|_| Malformed("revokedCertificates"))?;
    let mut entries = SliceReader::new(list.value()).map_err(|_| Malformed("revokedCertificates"))?;
    let mut found = HashMap::new();
    while !entries.is_finished() {
        if found.len() == Crl::ENTRIES_MAX {
            return Err(CrlFault::TooMany);
        }
        let entry = AnyRef::decode(&mut entries).ok().filter(|any| any.tag() == Tag::Sequence);
        let (serial, revoked) =
            entry.and_then(|any| read_entry(any.value(), unknown)).ok_or(Malformed("revokedCertificates"))?;
        // Should a serial number stand twice, the first revocation is the one that counts.
        let first = found.entry(serial.into()).or_insert(revoked);
        first.at = first.at.min(revoked.at);
    }
    Ok(found)
}

/// An entry; `None` for one of another issuer's certificates, which is an indirect list.
fn read_entry<'a>(content: &'a [u8], unknown: &mut Vec<ObjectIdentifier>) -> Option<(&'a [u8], Revoked)> {
    let mut reader = SliceReader::new(content).ok()?;
    let serial = AnyRef::decode(&mut reader).ok().filter(|any| any.tag() == Tag::Integer)?;
    let mut revoked = Revoked { at: time(&mut reader)?, reason: None };
    if !reader.is_finished() {
        let extensions = read_extensions(raw(&mut reader, Tag::Sequence).ok()?).ok()?;
        for extension in &extensions {
            match extension.oid {
                REASON => revoked.reason = Some(read_reason(extension.value)?),
                CERTIFICATE_ISSUER => return None,
                other if extension.critical && unknown.len() < UNKNOWN_MAX && !unknown.contains(&other) => {
                    unknown.push(other);
                }
                _ => (),
            }
        }
    }
    reader.is_finished().then_some((shortest(serial.value()), revoked))
}

fn read_reason(value: &[u8]) -> Option<Reason> {
    let any = whole(value).ok().filter(|any| any.tag() == Tag::Enumerated)?;
    Some(match any.value() {
        [0] => Reason::Unspecified,
        [1] => Reason::KeyCompromise,
        [2] => Reason::CaCompromise,
        [3] => Reason::AffiliationChanged,
        [4] => Reason::Superseded,
        [5] => Reason::CessationOfOperation,
        [6] => Reason::CertificateHold,
        [8] => Reason::RemoveFromCrl,
        [9] => Reason::PrivilegeWithdrawn,
        [10] => Reason::AaCompromise,
        _ => return None,
    })
}
