//! The hash functions of Doc 9303-12 section 4.4.3: names, identifiers, digests.
//!
//! Owns the list and refuses whatever is not on it: MD5, SHA-3 and RIPEMD have no variant here.

use std::fmt;
use std::ops::Deref;

use der::asn1::ObjectIdentifier;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// A hash function that a passport may use. SHA-1 is read because old passports hold it; whether it is accepted is a
/// matter of `policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hash {
    /// 160 bits, FIPS 180-4.
    Sha1,
    /// 224 bits, FIPS 180-4.
    Sha224,
    /// 256 bits, FIPS 180-4.
    Sha256,
    /// 384 bits, FIPS 180-4.
    Sha384,
    /// 512 bits, FIPS 180-4.
    Sha512,
}

impl Hash {
    /// Every hash function, weakest first.
    pub const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The function with this object identifier (RFC 3279, RFC 4055); `None` for any other.
    pub fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.oid() == *oid)
    }

    /// Its object identifier.
    pub const fn oid(self) -> ObjectIdentifier {
        // Read when this is compiled: reading the text takes longer than what is compared with it.
        match self {
            Self::Sha1 => const { ObjectIdentifier::new_unwrap("1.3.14.3.2.26") },
            Self::Sha224 => const { ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4") },
            Self::Sha256 => const { ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1") },
            Self::Sha384 => const { ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2") },
            Self::Sha512 => const { ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3") },
        }
    }

    /// Its common name, `SHA-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// Length of a digest, in bytes.
    #[expect(clippy::len_without_is_empty, reason = "no digest is empty")]
    pub const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of `message`.
    pub fn digest(self, message: &[u8]) -> Digest {
        self.digest_parts(&[message])
    }

    /// The digest of the parts of a message, one after the other.
    pub fn digest_parts(self, parts: &[&[u8]]) -> Digest {
        match self {
            Self::Sha1 => fold::<Sha1>(parts),
            Self::Sha224 => fold::<Sha224>(parts),
            Self::Sha256 => fold::<Sha256>(parts),
            Self::Sha384 => fold::<Sha384>(parts),
            Self::Sha512 => fold::<Sha512>(parts),
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn fold<H: sha2::Digest>(parts: &[&[u8]]) -> Digest {
    let digest = parts.iter().fold(H::new(), H::chain_update).finalize();
    let mut bytes = [0; Digest::MAX];
    for (to, from) in bytes.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    Digest { bytes, len: digest.len().min(Digest::MAX) }
}

/// A digest: 20 to 64 bytes, kept without allocating.
#[derive(Clone, Copy)]
pub struct Digest {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Digest {
    /// Bytes of the longest digest.
    pub const MAX: usize = 64;
}

impl Deref for Digest {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Digest {}

/// A digest of a data group identifies its holder: only its length is told.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_gives_the_digest_of_its_standard() {
        let expected = [
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd\
             454d4423643ce80e2a9ac94fa54ca49f",
        ];
        for (hash, expected) in Hash::ALL.into_iter().zip(expected) {
            assert_eq!(hex::encode(&*hash.digest(b"abc")), expected, "{hash}");
            assert_eq!(hash.digest_parts(&[b"a", b"", b"bc"]), hash.digest(b"abc"));
            assert_eq!(hash.digest(b"abc").len(), hash.len());
            assert_eq!(Hash::from_oid(&hash.oid()), Some(hash));
        }
        assert_eq!(Hash::from_oid(&ObjectIdentifier::new_unwrap("1.2.840.113549.2.5")), None, "MD5");
    }

    #[test]
    fn a_digest_does_not_print() {
        assert_eq!(format!("{:?}", Hash::Sha256.digest(b"abc")), "Digest(32 bytes)");
    }
}
