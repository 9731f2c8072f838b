//! The keys of receipts: which of the ring signs, and by which the signatures of all of them are checked.
//!
//! The first key is derived from the ring's root, so that every ring has one, those of before receipts too; keys that were
//! added since sign in its place, and it stays known. Refuses to hand a private key out.

use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::ring::{KeyFault, KeyRing};
use crate::domain::ids::EnrolmentId;
use crate::receipt::{Claims, JwkSet, SALT_BYTES, SEED_BYTES, Salt, Signed, SigningKey, sign};

/// Keys of receipts, and the key of their salts.
pub(super) struct ReceiptKeys {
    signing: SigningKey,
    known: JwkSet,
    salt: hmac::Key,
}

impl ReceiptKeys {
    pub(super) fn new(ring: &KeyRing) -> Result<Self, KeyFault> {
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"eid receipt v1").extract(ring.index_root());
        let salt = root.expand(&[b"salt"], hmac::HMAC_SHA256).map_err(|_| KeyFault::Unreadable)?;
        let mut first = Zeroizing::new([0; SEED_BYTES]);
        let seed = root.expand(&[b"ed25519 seed"], Seed).map_err(|_| KeyFault::Unreadable)?;
        seed.fill(first.as_mut_slice()).map_err(|_| KeyFault::Unreadable)?;
        let mut signing = SigningKey::from_seed(&first).ok_or(KeyFault::Unreadable)?;
        let mut known = vec![signing.public().clone()];
        for seed in ring.receipt() {
            signing = SigningKey::from_seed(seed).ok_or(KeyFault::Unreadable)?;
            known.push(signing.public().clone());
        }
        Ok(Self { signing, known: JwkSet::new(known), salt: salt.into() })
    }

    pub(super) fn sign(&self, claims: &Claims) -> Signed {
        sign(claims, &self.signing)
    }

    pub(super) const fn signing(&self) -> &SigningKey {
        &self.signing
    }

    pub(super) const fn known(&self) -> &JwkSet {
        &self.known
    }

    /// The salt of one receipt of a request: the same for ever, and stored nowhere.
    pub(super) fn salt(&self, request: EnrolmentId, revision: u32) -> Salt {
        let mut message = hmac::Context::with_key(&self.salt);
        message.update(request.bytes());
        message.update(&revision.to_be_bytes());
        let mut salt = [0; SALT_BYTES];
        salt.iter_mut().zip(message.sign().as_ref()).for_each(|(to, from)| *to = *from);
        Salt::new(salt)
    }
}

/// The length of a seed, as HKDF wants to be told.
pub(super) struct Seed;

impl hkdf::KeyType for Seed {
    fn len(&self) -> usize {
        SEED_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::staff::OfficeCode;
    use crate::domain::time::Timestamp;
    use crate::receipt::{ContentHash, PlainDigest, read};
    use crate::sys::Dice;
    use uuid::Uuid;

    const REQUEST: EnrolmentId = EnrolmentId::new(Uuid::from_u128(1));

    fn claims() -> Claims {
        let content = ContentHash::new(Salt::new([0; 16]), PlainDigest::of(b"content"));
        Claims::new(REQUEST, OfficeCode::parse("79-01").unwrap(), Timestamp::from_micros(0), content, None)
    }

    #[test]
    fn a_ring_of_before_receipts_signs_with_the_same_key_every_time() {
        let ring = || KeyRing::generate(&Dice::seeded(1));
        let (one, other) = (ReceiptKeys::new(&ring()).unwrap(), ReceiptKeys::new(&ring()).unwrap());
        assert_eq!(one.sign(&claims()), other.sign(&claims()));
        assert!(read(one.sign(&claims()).as_str(), other.known()).is_ok());
        let stranger = ReceiptKeys::new(&KeyRing::generate(&Dice::seeded(2))).unwrap();
        assert!(read(one.sign(&claims()).as_str(), stranger.known()).is_err());
    }

    #[test]
    fn after_a_rotation_the_new_key_signs_and_old_receipts_are_still_known() {
        let mut ring = KeyRing::generate(&Dice::seeded(1));
        let before = ReceiptKeys::new(&ring).unwrap();
        let old = before.sign(&claims());
        ring.rotate_receipt(&Dice::seeded(2));
        let after = ReceiptKeys::new(&ring).unwrap();
        let new = after.sign(&claims());
        assert_ne!(old.key_id(), new.key_id());
        assert_eq!((after.known().keys().len(), new.key_id().as_ref()), (2, Some(after.signing().public().id())));
        assert!(read(old.as_str(), after.known()).is_ok() && read(new.as_str(), after.known()).is_ok());
        assert!(read(new.as_str(), before.known()).is_err());
        assert_eq!(before.salt(REQUEST, 1), after.salt(REQUEST, 1), "salts outlive a rotation");
    }

    #[test]
    fn each_receipt_has_a_salt_of_its_own() {
        let keys = ReceiptKeys::new(&KeyRing::generate(&Dice::seeded(1))).unwrap();
        let other = EnrolmentId::new(Uuid::from_u128(2));
        let salts = [keys.salt(REQUEST, 1), keys.salt(REQUEST, 2), keys.salt(other, 1)];
        assert!(salts[0] != salts[1] && salts[0] != salts[2] && salts[1] != salts[2]);
        assert_eq!(keys.salt(REQUEST, 1), salts[0]);
    }
}
