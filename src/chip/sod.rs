//! EF.SOD: the document security object, a signed list of the digests of the data groups (Doc 9303-10 section 4.6.2).
//!
//! Owns the file's outer tag and the list. Refuses bytes behind the file, lists that name a group twice or a group that
//! does not exist. Digests do not print.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader};

use super::ber::{self, Bounds};
use super::hash::Hash;
use super::signed_data::{Unreadable, end, list, nested, octets};
use crate::domain::chip::GroupNumber;

/// What the content of EF.SOD is called: `id-icao-mrtd-security-ldsSecurityObject`.
pub const LDS_SECURITY_OBJECT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.1");
/// Plain data, as China calls it.
pub const PLAIN_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");

/// Names that the same list had in documents made before Doc 9303 settled on one, and that are still read in passports.
pub const EARLIER_NAMES: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("1.3.27.1.1.1"), ObjectIdentifier::new_unwrap("1.2.528.1.1006.1.20.1")];

/// Application tag 23, constructed.
const TAG: u8 = 0x77;

/// The signed message within EF.SOD, as DER. Borrows if it is DER already; New Zealand's has indefinite lengths.
///
/// # Errors
/// [`Unreadable`] if the file has another tag, bytes behind its end, or cannot be normalised within bounds.
pub fn unwrap(file: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    let der = ber::to_der(file, &Bounds::default()).map_err(|_| Unreadable)?;
    let within = |der: &[u8]| -> Result<usize, Unreadable> {
        let mut reader = SliceReader::new(der)?;
        if reader.peek_byte() != Some(TAG) {
            return Err(Unreadable);
        }
        let value = AnyRef::decode(&mut reader)?.value().len();
        end(&reader)?;
        Ok(der.len() - value)
    };
    let start = within(&der)?;
    Ok(match der {
        Cow::Borrowed(der) => Cow::Borrowed(der.get(start..).unwrap_or_default()),
        Cow::Owned(mut der) => Cow::Owned(der.split_off(start)),
    })
}

/// `LDSSecurityObject`: which data groups there are, and the digest of each.
#[derive(Clone, PartialEq, Eq)]
pub struct SecurityObject {
    /// 0 or 1 if the object is one that exists.
    pub version: i64,
    /// The hash over the data groups; `None` if it is not one that Doc 9303 lists.
    pub hash: Option<Hash>,
    digests: BTreeMap<GroupNumber, Vec<u8>>,
}

impl SecurityObject {
    /// Reads the content of the signed message.
    ///
    /// # Errors
    /// [`Unreadable`] if it is anything else, names a group twice, or one that does not exist.
    pub fn read(content: &[u8]) -> Result<Self, Unreadable> {
        let der = ber::to_der(content, &Bounds::default()).map_err(|_| Unreadable)?;
        let mut all = SliceReader::new(&der)?;
        let mut body = nested(&mut all)?;
        end(&all)?;
        let version = i64::decode(&mut body)?;
        let hash = Hash::from_oid(&ObjectIdentifier::decode(&mut nested(&mut body)?)?);
        let groups = list(nested(&mut body)?, 16)?;
        // Versions of data structure and Unicode, in version 1 alone. Nothing depends on them.
        if !body.is_finished() {
            nested(&mut body)?;
        }
        end(&body)?;
        let mut digests = BTreeMap::new();
        for group in groups {
            let mut entry = nested(&mut SliceReader::new(group)?)?;
            let number = GroupNumber::new(u8::decode(&mut entry)?).ok_or(Unreadable)?;
            let digest = octets(&mut entry)?;
            end(&entry)?;
            if digests.insert(number, digest.to_vec()).is_some() {
                return Err(Unreadable);
            }
        }
        Ok(Self { version, hash, digests })
    }

    /// Whether the object lists `group`.
    pub fn lists(&self, group: GroupNumber) -> bool {
        self.digests.contains_key(&group)
    }

    /// The groups that it lists, lowest number first.
    pub fn groups(&self) -> impl Iterator<Item = GroupNumber> {
        self.digests.keys().copied()
    }

    /// Whether `bytes` are what was signed as `group`. Hashes them once.
    pub fn matches(&self, group: GroupNumber, bytes: &[u8]) -> bool {
        let (Some(hash), Some(listed)) = (self.hash, self.digests.get(&group)) else { return false };
        *hash.digest(bytes) == **listed
    }
}

impl fmt::Debug for SecurityObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityObject(…)")
    }
}
