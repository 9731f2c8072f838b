//! Keys of the authority: P-256, made from a seed, so that every process with the same key ring has the same.

use std::fmt;
use std::sync::Arc;

use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::domain::device::AuthorityId;

/// Bytes of the seed of a key.
pub const SEED_BYTES: usize = 32;

/// A key of the authority. Cheap to clone.
#[derive(Clone)]
pub struct AuthorityKey {
    pair: Arc<EcdsaKeyPair>,
    point: Vec<u8>,
    id: AuthorityId,
}

impl AuthorityKey {
    /// The key of a seed. `None` for none that was ever met: one number in four thousand millions is too large, and the
    /// next is taken in its place.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Option<Self> {
        (0..=u8::MAX).find_map(|turn| Self::of_scalar(&scalar(seed, turn)))
    }

    fn of_scalar(scalar: &[u8; 32]) -> Option<Self> {
        let secret = p256::SecretKey::from_slice(scalar).ok()?;
        let point = p256::ecdsa::VerifyingKey::from(secret.public_key()).to_sec1_point(false).as_bytes().to_vec();
        let (kind, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let pair = EcdsaKeyPair::from_private_key_and_public_key(kind, scalar, &point, &random).ok()?;
        let unnamed = Self { pair: Arc::new(pair), point, id: AuthorityId::new([0; 32]) };
        let id = AuthorityId::new(Sha256::digest(unnamed.subject_public_key_info()).into());
        Some(Self { id, ..unnamed })
    }

    /// Its name.
    pub const fn id(&self) -> AuthorityId {
        self.id
    }
}

fn scalar(seed: &[u8; SEED_BYTES], turn: u8) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::new_with_prefix(b"eid device authority scalar v1");
    hash.update(seed);
    hash.update([turn]);
    Zeroizing::new(hash.finalize().into())
}

impl fmt::Debug for AuthorityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthorityKey({})", self.id)
    }
}

impl PublicKeyData for AuthorityKey {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for AuthorityKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signed = self.pair.sign(&SystemRandom::new(), message).map_err(|_| rcgen::Error::RingUnspecified)?;
        Ok(signed.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_key_and_another_seed_another() {
        let key = |seed: u8| AuthorityKey::from_seed(&[seed; SEED_BYTES]).unwrap();
        assert_eq!(key(1).id(), key(1).id());
        assert_ne!(key(1).id(), key(2).id());
        assert_eq!(format!("{:?}", key(1)), format!("AuthorityKey({})", key(1).id()));
    }

    #[test]
    fn a_number_that_is_no_key_is_passed_over() {
        assert!(AuthorityKey::of_scalar(&[0; 32]).is_none() && AuthorityKey::of_scalar(&[0xff; 32]).is_none());
    }
}
