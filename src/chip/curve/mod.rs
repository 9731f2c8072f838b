//! The elliptic curves of travel documents (Doc 9303-12 section 4.4.2, BSI TR-03110): which there are, and how a key names
//! its curve.
//!
//! Owns their recognition and the check of a signature over a prehashed message. Explicit parameters are compared with
//! the curves known here and never computed with: a curve of someone's own making is refused, whatever holds on it.

mod domain;
mod explicit;
mod own;
mod point;

use std::fmt;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Tag, Tagged};

pub(super) use point::Point;

/// A curve that a passport may use. Those of 224 bits are read so that `policy` can refuse them by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Curve {
    /// NIST P-224, FIPS 186-4.
    P224,
    /// NIST P-256, FIPS 186-4.
    P256,
    /// NIST P-384, FIPS 186-4.
    P384,
    /// NIST P-521, FIPS 186-4.
    P521,
    /// brainpoolP224r1, RFC 5639.
    BrainpoolP224r1,
    /// brainpoolP256r1, RFC 5639.
    BrainpoolP256r1,
    /// brainpoolP256t1, RFC 5639.
    BrainpoolP256t1,
    /// brainpoolP384r1, RFC 5639.
    BrainpoolP384r1,
    /// brainpoolP384t1, RFC 5639.
    BrainpoolP384t1,
    /// brainpoolP512r1, RFC 5639.
    BrainpoolP512r1,
}

/// Why the parameters of a key name no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurveFault {
    /// They are not DER of `ECParameters`, or are inherited (RFC 5480 forbids both).
    #[error("the curve cannot be read")]
    Malformed,
    /// They name a curve that no passport may use.
    #[error("the curve {0} is not known")]
    Unknown(ObjectIdentifier),
    /// They describe a curve that equals none of the known ones in each of its parameters.
    #[error("the explicit parameters are those of no known curve")]
    Explicit,
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 10] = [
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP224r1,
        Self::BrainpoolP256r1,
        Self::BrainpoolP256t1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP384t1,
        Self::BrainpoolP512r1,
    ];

    /// Reads `ECParameters` in DER: a named curve, or explicit parameters (X9.62, RFC 3279 section 2.3.5) that equal a
    /// known curve in field, coefficients, generator, order and cofactor. A seed is ignored: it proves nothing here.
    pub fn read(parameters_der: &[u8]) -> Result<Self, CurveFault> {
        let any = AnyRef::from_der(parameters_der).map_err(|_| CurveFault::Malformed)?;
        match any.tag() {
            Tag::ObjectIdentifier => {
                let oid = any.decode_as::<ObjectIdentifier>().map_err(|_| CurveFault::Malformed)?;
                Self::from_oid(&oid).ok_or(CurveFault::Unknown(oid))
            }
            Tag::Sequence => explicit::recognise(any),
            _ => Err(CurveFault::Malformed),
        }
    }

    /// The curve with this object identifier (RFC 5480, RFC 5639); `None` for any other.
    pub fn from_oid(oid: &ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == *oid)
    }

    /// Its object identifier.
    pub const fn oid(self) -> ObjectIdentifier {
        // Read when this is compiled: reading the text takes longer than what is compared with it.
        match self {
            Self::P224 => const { ObjectIdentifier::new_unwrap("1.3.132.0.33") },
            Self::P256 => const { ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7") },
            Self::P384 => const { ObjectIdentifier::new_unwrap("1.3.132.0.34") },
            Self::P521 => const { ObjectIdentifier::new_unwrap("1.3.132.0.35") },
            Self::BrainpoolP224r1 => const { ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.5") },
            Self::BrainpoolP256r1 => const { ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.7") },
            Self::BrainpoolP256t1 => const { ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.8") },
            Self::BrainpoolP384r1 => const { ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.11") },
            Self::BrainpoolP384t1 => const { ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.12") },
            Self::BrainpoolP512r1 => const { ObjectIdentifier::new_unwrap("1.3.36.3.3.2.8.1.1.13") },
        }
    }

    /// Its common name, `brainpoolP512r1` or `P-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P224 => "P-224",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::BrainpoolP224r1 => "brainpoolP224r1",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP256t1 => "brainpoolP256t1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP384t1 => "brainpoolP384t1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
        }
    }

    /// Length of its field, in bits.
    pub const fn bits(self) -> usize {
        match self {
            Self::P224 | Self::BrainpoolP224r1 => 224,
            Self::P256 | Self::BrainpoolP256r1 | Self::BrainpoolP256t1 => 256,
            Self::P384 | Self::BrainpoolP384r1 | Self::BrainpoolP384t1 => 384,
            Self::BrainpoolP512r1 => 512,
            Self::P521 => 521,
        }
    }

    /// Length of a coordinate, and of each half of a plain signature, in bytes.
    pub const fn field_len(self) -> usize {
        self.bits().div_ceil(8)
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use der::Encode;

    use super::*;

    #[test]
    fn a_curve_is_known_by_its_name() {
        for curve in Curve::ALL {
            assert_eq!(Curve::read(&curve.oid().to_der().unwrap()), Ok(curve));
        }
        let bitcoin = ObjectIdentifier::new_unwrap("1.3.132.0.10");
        assert_eq!(Curve::read(&bitcoin.to_der().unwrap()), Err(CurveFault::Unknown(bitcoin)));
        for wrong in [&[][..], &[5, 0], &[0x30, 0], &[6, 0]] {
            assert_eq!(Curve::read(wrong), Err(CurveFault::Malformed));
        }
    }
}
