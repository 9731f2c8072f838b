//! Which signature an issuer makes, and the keys that make it.

use crate::practice::country::curve::Curve;
use crate::practice::country::der;
use crate::practice::country::ecdsa::{self, EcKey, Parameters};
use crate::practice::country::hash::Hash;
use crate::practice::country::rsa::{Bits, Owner, RsaKey};

/// A signature algorithm of travel documents (Doc 9303-12, section 4.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// ECDSA.
    Ecdsa {
        /// The curve of the key.
        curve: Curve,
        /// How the key tells its curve.
        parameters: Parameters,
        /// What is signed.
        hash: Hash,
    },
    /// RSASSA-PKCS1-v1_5.
    Pkcs1 {
        /// Length of the key.
        bits: Bits,
        /// What is signed.
        hash: Hash,
    },
    /// RSASSA-PSS.
    Pss {
        /// Length of the key.
        bits: Bits,
        /// What is signed, and what the mask is made with.
        hash: Hash,
        /// Bytes of salt; most often as many as a digest has.
        salt: usize,
    },
}

/// A private key of any kind.
pub(super) enum Key {
    Ec(EcKey),
    Rsa(RsaKey),
}

impl Algorithm {
    /// What practice issuers use unless something else is practised: P-256 by name with SHA-256.
    pub const USUAL: Self = Self::named(Curve::P256, Hash::Sha256);

    /// ECDSA on a curve that is named.
    pub const fn named(curve: Curve, hash: Hash) -> Self {
        Self::Ecdsa { curve, parameters: Parameters::Named, hash }
    }

    /// ECDSA on a curve that is spelled out.
    pub const fn explicit(curve: Curve, hash: Hash) -> Self {
        Self::Ecdsa { curve, parameters: Parameters::Explicit, hash }
    }

    /// Every algorithm that a document may use today: the curves from 256 bits, named and spelled out, each with the
    /// digests that are no longer than it; both kinds of RSA from 2048 bits, and PSS with odd salts.
    pub fn current() -> Vec<Self> {
        use Bits::{B2048, B3072, B4096};
        use Hash::{Sha224, Sha256, Sha384, Sha512};
        let curves = Curve::ALL.into_iter().filter(|curve| curve.bytes() >= 32);
        let hashes = [Sha224, Sha256, Sha384, Sha512];
        let ecdsa = curves.flat_map(|curve| {
            let fitting = hashes.into_iter().filter(move |hash| hash.bytes() <= curve.bytes());
            fitting.flat_map(move |hash| [Self::named(curve, hash), Self::explicit(curve, hash)])
        });
        let pkcs1 = [B2048, B3072, B4096].into_iter().flat_map(|bits| hashes.map(|hash| Self::Pkcs1 { bits, hash }));
        let pss = [B2048, B3072, B4096]
            .into_iter()
            .flat_map(|bits| hashes.map(|hash| Self::Pss { bits, hash, salt: hash.bytes() }));
        let odd = [(Sha256, 0), (Sha256, 20), (Sha256, 64), (Sha512, 32)];
        let odd = odd.map(|(hash, salt)| Self::Pss { bits: B2048, hash, salt });
        ecdsa.chain(pkcs1).chain(pss).chain(odd).collect()
    }

    /// What is signed.
    pub const fn hash(self) -> Hash {
        match self {
            Self::Ecdsa { hash, .. } | Self::Pkcs1 { hash, .. } | Self::Pss { hash, .. } => hash,
        }
    }

    /// The same algorithm over another digest.
    pub fn with_hash(mut self, other: Hash) -> Self {
        match &mut self {
            Self::Ecdsa { hash, .. } | Self::Pkcs1 { hash, .. } => *hash = other,
            Self::Pss { hash, salt, .. } => (*hash, *salt) = (other, other.bytes()),
        }
        self
    }

    /// A key for it.
    pub(super) fn key(self, owner: Owner, seed: u64, name: &str) -> Key {
        match self {
            Self::Ecdsa { curve, parameters, .. } => Key::Ec(EcKey::drawn(curve, parameters, seed, name)),
            Self::Pkcs1 { bits, .. } | Self::Pss { bits, .. } => Key::Rsa(RsaKey::fixed(bits, owner)),
        }
    }

    /// AlgorithmIdentifier of the signature (RFC 5758, RFC 4055).
    pub(super) fn identifier(self) -> Vec<u8> {
        match self {
            Self::Ecdsa { hash, .. } => der::sequence(&[&der::oid(match hash {
                Hash::Sha1 => "1.2.840.10045.4.1",
                Hash::Sha224 => "1.2.840.10045.4.3.1",
                Hash::Sha256 => "1.2.840.10045.4.3.2",
                Hash::Sha384 => "1.2.840.10045.4.3.3",
                Hash::Sha512 => "1.2.840.10045.4.3.4",
            })]),
            Self::Pkcs1 { hash, .. } => {
                let oid = der::oid(match hash {
                    Hash::Sha1 => "1.2.840.113549.1.1.5",
                    Hash::Sha224 => "1.2.840.113549.1.1.14",
                    Hash::Sha256 => "1.2.840.113549.1.1.11",
                    Hash::Sha384 => "1.2.840.113549.1.1.12",
                    Hash::Sha512 => "1.2.840.113549.1.1.13",
                });
                der::sequence(&[&oid, &der::null()])
            }
            Self::Pss { hash, salt, .. } => {
                der::sequence(&[&der::oid("1.2.840.113549.1.1.10"), &pss_parameters(hash, salt)])
            }
        }
    }
}

/// RSASSA-PSS-params (RFC 8017, appendix A.2.3). What is the default is left out, as DER asks.
fn pss_parameters(hash: Hash, salt: usize) -> Vec<u8> {
    let identifier = hash.identifier_with_null();
    let mask = der::sequence(&[&der::oid("1.2.840.113549.1.1.8"), &identifier]);
    let functions = match hash {
        Hash::Sha1 => Vec::new(),
        _ => [der::context(0, &[&identifier]), der::context(1, &[&mask])].concat(),
    };
    let salt = match salt {
        20 => Vec::new(),
        _ => der::context(2, &[&der::unsigned(&salt.to_be_bytes())]),
    };
    der::sequence(&[&functions, &salt])
}

impl Key {
    pub(super) fn public_key_info(&self) -> Vec<u8> {
        match self {
            Self::Ec(key) => key.public_key_info(),
            Self::Rsa(key) => key.public_key_info(),
        }
    }

    /// The key identifier of RFC 5280, section 4.2.1.2, method 1.
    pub(super) fn identifier(&self) -> Vec<u8> {
        match self {
            Self::Ec(key) => Hash::Sha1.digest(key.public()),
            Self::Rsa(key) => Hash::Sha1.digest(&key.public()),
        }
    }

    /// The signature over a message, as certificates and CMS hold it. The algorithm is one for this kind of key.
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        match (self, algorithm) {
            (Self::Ec(key), _) => {
                let (r, s) = key.sign(&algorithm.hash().digest(message));
                ecdsa::value(&r, &s)
            }
            (Self::Rsa(key), Algorithm::Pss { hash, salt, .. }) => key.pss(hash, message, salt),
            (Self::Rsa(key), _) => key.pkcs1(algorithm.hash(), message, true),
        }
    }
}
