//! Public keys of travel documents, from `SubjectPublicKeyInfo`, and the check of signatures with them.
//!
//! Owns the choice of who checks: ring where it can, otherwise RustCrypto's curves or the RSA operation of `rsa`. Refuses
//! keys of other kinds, RSA outside 1024 to 8192 bits and exponents over 256 bits, so that the time of a check is bounded.

mod ec;
mod padding;
mod rsa;

use std::fmt;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader};

use self::ec::EcKey;
use self::rsa::RsaKey;
use super::curve::{Curve, CurveFault};
use super::scheme::{EC_PUBLIC_KEY, RSA_ENCRYPTION, RSA_PSS, Scheme, SchemeFault, read_identifier};

/// A public key with which signatures can be checked.
#[derive(Clone)]
pub struct PublicKey(Kind);

#[derive(Clone)]
enum Kind {
    Rsa(RsaKey),
    Ec(Box<EcKey>),
}

/// Kind and size of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa {
        /// Length of the modulus, in bits.
        bits: usize,
    },
    /// A point on a curve.
    Ec(Curve),
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::Ec(curve) => f.write_str(curve.name()),
        }
    }
}

/// Why a `SubjectPublicKeyInfo` holds no usable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It is not DER of a key.
    #[error("the key cannot be read")]
    Malformed,
    /// Its algorithm is not one for signatures of travel documents.
    #[error("the key algorithm {0} is not known")]
    Unknown(ObjectIdentifier),
    /// Its curve is not a known one.
    #[error(transparent)]
    Curve(#[from] CurveFault),
    /// It is no point of its curve, or the point at infinity.
    #[error("the key is no point of its curve")]
    Point,
    /// The modulus has less than 1024 or more than 8192 bits.
    #[error("an RSA modulus of {0} bits is out of bounds")]
    ModulusSize(usize),
    /// The modulus is even, or the exponent is even, less than 3, or of more than 256 bits.
    #[error("the RSA key is not a usable one")]
    Rsa,
    /// The key allows RSASSA-PSS alone, with parameters that are themselves at fault.
    #[error("the key's parameters of RSASSA-PSS are at fault")]
    Pss(#[from] SchemeFault),
}

/// Why a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// It does not hold: another message, another key, or no signature at all.
    #[error("the signature does not hold")]
    Wrong,
    /// It holds in one form alone, with a `DigestInfo` that lacks the NULL (RFC 8017 section 9.2, note 2). Whether that
    /// is accepted is for the caller's policy.
    #[error("the signature holds only with a DigestInfo that lacks its NULL")]
    DigestInfoWithoutNull,
    /// The scheme is for keys of another kind, or the key is bound to RSASSA-PSS with other parameters.
    #[error("the signature scheme is not one for this key")]
    SchemeMismatch,
    /// The signed object names no usable scheme.
    #[error(transparent)]
    Scheme(#[from] SchemeFault),
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` in DER (RFC 5280 section 4.1.2.7; DG15 after its tag).
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyFault> {
        let mut reader = SliceReader::new(der).map_err(|_| KeyFault::Malformed)?;
        let read = reader.sequence(|spki| {
            let (oid, parameters) = read_identifier(spki)?;
            Ok((oid, parameters, BitStringRef::decode(spki)?))
        });
        let (oid, parameters, bits) = read.map_err(|_| KeyFault::Malformed)?;
        let key = bits.as_bytes().filter(|_| reader.is_finished()).ok_or(KeyFault::Malformed)?;
        match oid {
            RSA_ENCRYPTION => Ok(Self(Kind::Rsa(RsaKey::read(key, None)?))),
            RSA_PSS => Ok(Self(Kind::Rsa(RsaKey::read(key, Some(read_pss(parameters)?))?))),
            EC_PUBLIC_KEY => {
                let parameters = parameters.ok_or(KeyFault::Malformed)?.to_der().map_err(|_| KeyFault::Malformed)?;
                Ok(Self(Kind::Ec(Box::new(EcKey::read(Curve::read(&parameters)?, key)?))))
            }
            other => Err(KeyFault::Unknown(other)),
        }
    }

    /// Kind and size.
    pub const fn algorithm(&self) -> KeyAlgorithm {
        match &self.0 {
            Kind::Rsa(key) => KeyAlgorithm::Rsa { bits: key.bits() },
            Kind::Ec(key) => KeyAlgorithm::Ec(key.curve()),
        }
    }

    /// Checks a signature over `message`: for ECDSA the DER form, `SEQUENCE { r, s }` (RFC 3279 section 2.2.3).
    pub fn verify(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        match (&self.0, *scheme) {
            (Kind::Rsa(key), Scheme::RsaPkcs1(hash)) => key.verify_pkcs1(hash, message, signature),
            (Kind::Rsa(key), Scheme::RsaPss { .. }) => key.verify_pss(scheme, message, signature),
            (Kind::Ec(key), Scheme::Ecdsa(hash)) => key.verify(hash, message, signature),
            _ => Err(SignatureFault::SchemeMismatch),
        }
    }

    /// Checks an ECDSA signature in the plain form, `r || s`, each half as long as a coordinate (BSI TR-03111 section
    /// 5.2.1; Doc 9303-11 section 6.1: active authentication). Other schemes are as in `verify`.
    pub fn verify_plain(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        match (&self.0, *scheme) {
            (Kind::Ec(key), Scheme::Ecdsa(hash)) => key.verify_plain(hash, message, signature),
            _ => self.verify(scheme, message, signature),
        }
    }

    /// RSAVP1 (RFC 8017 section 5.2.2): `signature ^ e mod n`, as long as the modulus, for ISO/IEC 9796-2. `None` if the
    /// key is not RSA, or if the signature is longer than the modulus or not below it.
    pub fn rsa_public_operation(&self, signature: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Kind::Rsa(key) => key.public_operation(signature),
            Kind::Ec(_) => None,
        }
    }
}

/// A public key of a chip identifies its holder: kind and size are all that is told.
impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm())
    }
}

/// What a key with the algorithm `id-RSASSA-PSS` allows (RFC 4055 section 3.3): absent parameters allow any.
fn read_pss(parameters: Option<AnyRef<'_>>) -> Result<rsa::OnlyPss, KeyFault> {
    let Some(parameters) = parameters else { return Ok(rsa::OnlyPss::Any) };
    Ok(rsa::OnlyPss::With(Scheme::from_pss(Some(parameters))?))
}

#[cfg(test)]
mod tests;
