//! Signers whose chain was verified once within a snapshot of trust, so that its signatures are not verified again.
//!
//! Keeps what a signature proves and nothing that time can change: dates and revocation are looked at each time. Bounded,
//! and gone with the snapshot; what was not proven is not kept, so that nobody can fill it with forgeries.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::chain::Chain;

/// Most signers kept. A state has some tens in use at one time.
const SIGNERS_MAX: usize = 1024;

/// Signer's fingerprint, and whether practice authorities counted.
type Key = ([u8; 32], bool);

/// Chains by signer.
#[derive(Debug, Default)]
pub struct SignerCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    chains: HashMap<Key, Chain>,
    oldest_first: VecDeque<Key>,
}

impl SignerCache {
    pub(super) fn find(&self, signer: [u8; 32], practice: bool) -> Option<Chain> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).chains.get(&(signer, practice)).cloned()
    }

    pub(super) fn keep(&self, signer: [u8; 32], practice: bool, chain: &Chain) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.chains.insert((signer, practice), chain.clone()).is_some() {
            return;
        }
        kept.oldest_first.push_back((signer, practice));
        if kept.oldest_first.len() > SIGNERS_MAX
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.chains.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_signer_makes_room() {
        let cache = SignerCache::default();
        let signer = |number: usize| {
            let mut fingerprint = [0; 32];
            fingerprint[..8].copy_from_slice(&number.to_be_bytes());
            fingerprint
        };
        for number in 0..=SIGNERS_MAX {
            cache.keep(signer(number), false, &Chain { link: None, authority: number, without_null: false });
        }
        assert!(cache.find(signer(0), false).is_none());
        assert_eq!(cache.find(signer(SIGNERS_MAX), false).unwrap().authority, SIGNERS_MAX);
        assert!(cache.find(signer(1), false).is_some());
        assert!(cache.find(signer(1), true).is_none(), "practice is another answer");
    }
}
