//! A point on a known curve, and the check of an ECDSA signature by it.
//!
//! Owns the choice of the arithmetic: RustCrypto's crates for each curve, and the module `own` for those without one. Refuses the point at infinity and points that are not on the curve.

use ecdsa::hazmat::verify_prehashed;
use ecdsa::{EcdsaCurve, Signature};
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey};

use super::Curve;
use super::own::{BrainpoolP224r1, BrainpoolP512r1, P224};

/// A point of prime order on one of the known curves.
#[derive(Clone)]
pub(in crate::chip) enum Point {
    P224(PublicKey<P224>),
    P256(PublicKey<p256::NistP256>),
    P384(PublicKey<p384::NistP384>),
    P521(PublicKey<p521::NistP521>),
    BrainpoolP224r1(PublicKey<BrainpoolP224r1>),
    BrainpoolP256r1(PublicKey<bp256::BrainpoolP256r1>),
    BrainpoolP256t1(PublicKey<bp256::BrainpoolP256t1>),
    BrainpoolP384r1(PublicKey<bp384::BrainpoolP384r1>),
    BrainpoolP384t1(PublicKey<bp384::BrainpoolP384t1>),
    BrainpoolP512r1(PublicKey<BrainpoolP512r1>),
}

impl Point {
    /// Reads a point in SEC 1 form, compressed or not; `None` if it is not a point of the curve.
    pub(in crate::chip) fn read(curve: Curve, sec1: &[u8]) -> Option<Self> {
        match curve {
            Curve::P224 => read(sec1).map(Self::P224),
            Curve::P256 => read(sec1).map(Self::P256),
            Curve::P384 => read(sec1).map(Self::P384),
            Curve::P521 => read(sec1).map(Self::P521),
            Curve::BrainpoolP224r1 => read(sec1).map(Self::BrainpoolP224r1),
            Curve::BrainpoolP256r1 => read(sec1).map(Self::BrainpoolP256r1),
            Curve::BrainpoolP256t1 => read(sec1).map(Self::BrainpoolP256t1),
            Curve::BrainpoolP384r1 => read(sec1).map(Self::BrainpoolP384r1),
            Curve::BrainpoolP384t1 => read(sec1).map(Self::BrainpoolP384t1),
            Curve::BrainpoolP512r1 => read(sec1).map(Self::BrainpoolP512r1),
        }
    }

    /// Whether `r` and `s` are an ECDSA signature over the digest. Leading zeros of both are optional.
    pub(in crate::chip) fn verifies(&self, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        match self {
            Self::P224(key) => verifies(key, digest, r, s),
            Self::P256(key) => verifies(key, digest, r, s),
            Self::P384(key) => verifies(key, digest, r, s),
            Self::P521(key) => verifies(key, digest, r, s),
            Self::BrainpoolP224r1(key) => verifies(key, digest, r, s),
            Self::BrainpoolP256r1(key) => verifies(key, digest, r, s),
            Self::BrainpoolP256t1(key) => verifies(key, digest, r, s),
            Self::BrainpoolP384r1(key) => verifies(key, digest, r, s),
            Self::BrainpoolP384t1(key) => verifies(key, digest, r, s),
            Self::BrainpoolP512r1(key) => verifies(key, digest, r, s),
        }
    }
}

fn read<C>(sec1: &[u8]) -> Option<PublicKey<C>>
where
    C: EcdsaCurve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    PublicKey::from_sec1_bytes(sec1).ok()
}

fn verifies<C: EcdsaCurve + CurveArithmetic>(key: &PublicKey<C>, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
    let (Some(r), Some(s)) = (widen::<C>(r), widen::<C>(s)) else { return false };
    // Zero and numbers not below the order are refused here.
    let Ok(signature) = Signature::<C>::from_scalars(r, s) else { return false };
    verify_prehashed::<C>(&(*key.as_affine()).into(), digest, &signature).is_ok()
}

/// The number with as many bytes as a scalar has; `None` if it is longer.
fn widen<C: EcdsaCurve>(number: &[u8]) -> Option<ecdsa::elliptic_curve::FieldBytes<C>> {
    let start = number.iter().take_while(|byte| **byte == 0).count();
    let number = number.get(start..)?;
    let mut wide = ecdsa::elliptic_curve::FieldBytes::<C>::default();
    let zeros = wide.len().checked_sub(number.len())?;
    wide.get_mut(zeros..)?.copy_from_slice(number);
    Some(wide)
}
