//! The keys of the authority that issues certificates to devices: the first is derived from the ring's root, so that every
//! ring has one, and those that were added since issue in its place. Former ones stay, for their revocation lists.

use ring::hkdf;
use zeroize::Zeroizing;

use super::receipts::Seed;
use super::ring::{KeyFault, KeyRing};
use crate::device_ca::{AuthorityKey, SEED_BYTES};

/// Keys of the authority, oldest first.
pub(super) fn authority_keys(ring: &KeyRing) -> Result<Vec<AuthorityKey>, KeyFault> {
    let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"eid device authority v1").extract(ring.index_root());
    let mut first = Zeroizing::new([0; SEED_BYTES]);
    let seed = root.expand(&[b"p256 seed"], Seed).map_err(|_| KeyFault::Unreadable)?;
    seed.fill(first.as_mut_slice()).map_err(|_| KeyFault::Unreadable)?;
    let seeds = std::iter::once(&*first).chain(ring.device());
    seeds.map(|seed| AuthorityKey::from_seed(seed).ok_or(KeyFault::Unreadable)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::Dice;

    #[test]
    fn every_ring_has_a_key_and_those_that_are_added_come_behind_it() {
        let mut ring = KeyRing::generate(&Dice::seeded(1));
        let ids = |ring: &KeyRing| authority_keys(ring).unwrap().iter().map(AuthorityKey::id).collect::<Vec<_>>();
        let before = ids(&ring);
        ring.rotate_device(&Dice::seeded(2));
        let after = ids(&ring);
        assert_eq!((before.len(), after.len(), after[0]), (1, 2, before[0]));
        assert_ne!(after[0], after[1]);
        assert_ne!(ids(&KeyRing::generate(&Dice::seeded(3))), before);
    }
}
