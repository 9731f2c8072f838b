//! The hash functions of travel documents, with the identifiers under which certificates and chips name them.

use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::practice::country::der;

/// A hash function of Doc 9303-12, section 4.4.3; SHA-1 is what documents may no longer use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hash {
    /// 160 bits.
    Sha1,
    /// 224 bits.
    Sha224,
    /// 256 bits.
    Sha256,
    /// 384 bits.
    Sha384,
    /// 512 bits.
    Sha512,
}

impl Hash {
    /// All of them, shortest first.
    pub const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The digest of a message.
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha224 => Sha224::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// Length of a digest in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Its identifier in dotted decimals (RFC 8017, appendix B.1).
    pub const fn oid(self) -> &'static str {
        match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha224 => "2.16.840.1.101.3.4.2.4",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }

    /// The AlgorithmIdentifier without parameters (RFC 5754, section 2).
    pub(super) fn identifier(self) -> Vec<u8> {
        der::sequence(&[&der::oid(self.oid())])
    }

    /// The AlgorithmIdentifier with NULL parameters, as RSA signatures have it (RFC 8017, appendix A.2).
    pub(super) fn identifier_with_null(self) -> Vec<u8> {
        der::sequence(&[&der::oid(self.oid()), &der::null()])
    }
}
