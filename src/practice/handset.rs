//! Phones of practice holders: a key that never leaves the phone, and what it signs.

use std::fmt;
use std::sync::Arc;

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256};

/// Head of a SubjectPublicKeyInfo with an Ed25519 key (RFC 8410).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A phone with a key of its own. Cheap to clone: it stays the same phone.
#[derive(Clone)]
pub struct Handset(Arc<Ed25519KeyPair>);

impl Handset {
    /// The phone with the key of this seed.
    #[expect(clippy::expect_used, reason = "any 32 bytes are the seed of a key")]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Arc::new(Ed25519KeyPair::from_seed_unchecked(&seed).expect("32 bytes are a seed")))
    }

    /// The phone of the holder with this number: always the same one.
    pub fn of_holder(identity_number: &str) -> Self {
        Self::new(Sha256::digest(identity_number).into())
    }

    /// Its public key: SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        [&SPKI_HEAD[..], self.0.public_key().as_ref()].concat()
    }

    /// SHA-256 over its public key.
    pub fn thumbprint(&self) -> Vec<u8> {
        Sha256::digest(self.public_key()).to_vec()
    }

    /// Its signature over a text that it was shown.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        self.0.sign(text.as_bytes()).as_ref().to_vec()
    }
}

impl fmt::Debug for Handset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handset(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::device::DeviceKey;

    #[test]
    fn a_phone_has_a_key_that_a_device_can_have_and_keeps_it_to_itself() {
        let (one, other) = (Handset::new([1; 32]), Handset::new([2; 32]));
        let key = DeviceKey::parse(&one.public_key()).unwrap();
        assert_eq!(one.thumbprint(), key.thumbprint().as_bytes());
        assert!(one.public_key() != other.public_key());
        assert_eq!(format!("{one:?}"), "Handset(…)");
    }
}
