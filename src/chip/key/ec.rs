//! Keys that are points on a curve: ECDSA by ring on P-256 and P-384, by RustCrypto otherwise.
//!
//! Owns the two forms of a signature, and refuses what is not strictly one of them.

use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1,
    ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, UnparsedPublicKey, VerificationAlgorithm,
};

use super::{KeyFault, SignatureFault};
use crate::chip::curve::{Curve, Point};
use crate::chip::hash::Hash;

/// A point, read and as it stood in the key.
#[derive(Clone)]
pub(super) struct EcKey {
    curve: Curve,
    point: Point,
    sec1: Box<[u8]>,
}

/// The first byte of a point that is not compressed, the only form ring reads.
const UNCOMPRESSED: u8 = 4;

impl EcKey {
    pub(super) fn read(curve: Curve, sec1: &[u8]) -> Result<Self, KeyFault> {
        let point = Point::read(curve, sec1).ok_or(KeyFault::Point)?;
        Ok(Self { curve, point, sec1: sec1.into() })
    }

    pub(super) const fn curve(&self) -> Curve {
        self.curve
    }

    pub(super) fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        let algorithm: Option<&'static dyn VerificationAlgorithm> = match (self.curve, hash) {
            (Curve::P256, Hash::Sha256) => Some(&ECDSA_P256_SHA256_ASN1),
            (Curve::P256, Hash::Sha384) => Some(&ECDSA_P256_SHA384_ASN1),
            (Curve::P384, Hash::Sha256) => Some(&ECDSA_P384_SHA256_ASN1),
            (Curve::P384, Hash::Sha384) => Some(&ECDSA_P384_SHA384_ASN1),
            _ => None,
        };
        if let Some(verified) = self.by_ring(algorithm, message, signature) {
            return verified;
        }
        let (r, s) = read_der(signature).map_err(|_| SignatureFault::Wrong)?;
        self.by_rustcrypto(hash, message, r.as_bytes(), s.as_bytes())
    }

    pub(super) fn verify_plain(&self, hash: Hash, message: &[u8], signature: &[u8]) -> Result<(), SignatureFault> {
        let algorithm: Option<&'static dyn VerificationAlgorithm> = match (self.curve, hash) {
            (Curve::P256, Hash::Sha256) => Some(&ECDSA_P256_SHA256_FIXED),
            (Curve::P384, Hash::Sha384) => Some(&ECDSA_P384_SHA384_FIXED),
            _ => None,
        };
        if let Some(verified) = self.by_ring(algorithm, message, signature) {
            return verified;
        }
        if signature.len() != 2 * self.curve.field_len() {
            return Err(SignatureFault::Wrong);
        }
        let (r, s) = signature.split_at(self.curve.field_len());
        self.by_rustcrypto(hash, message, r, s)
    }

    /// What ring says, if it can say anything.
    fn by_ring(
        &self,
        algorithm: Option<&'static dyn VerificationAlgorithm>,
        message: &[u8],
        signature: &[u8],
    ) -> Option<Result<(), SignatureFault>> {
        let algorithm = algorithm.filter(|_| self.sec1.first() == Some(&UNCOMPRESSED))?;
        let verified = UnparsedPublicKey::new(algorithm, &self.sec1).verify(message, signature);
        Some(verified.map_err(|_| SignatureFault::Wrong))
    }

    fn by_rustcrypto(&self, hash: Hash, message: &[u8], r: &[u8], s: &[u8]) -> Result<(), SignatureFault> {
        let holds = self.point.verifies(&hash.digest(message), r, s);
        if holds { Ok(()) } else { Err(SignatureFault::Wrong) }
    }
}

/// `Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }`, nothing after it.
fn read_der(signature: &[u8]) -> der::Result<(UintRef<'_>, UintRef<'_>)> {
    let mut reader = SliceReader::new(signature)?;
    let both = reader.sequence(|inner| Ok((UintRef::decode(inner)?, UintRef::decode(inner)?)))?;
    reader.finish(both)
}
