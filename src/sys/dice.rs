//! The dice: random bytes from the operating system, or from a seed for runs that must repeat.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use uuid::Uuid;

use crate::domain::time::Timestamp;

/// Where chance comes from. Cheap to clone; clones of seeded dice share one sequence.
#[derive(Clone)]
pub enum Dice {
    /// The operating system's generator.
    System,
    /// A repeatable sequence: for tests and practice, never for a real code or key.
    Seeded(Arc<Mutex<StdRng>>),
}

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "Dice::System",
            Self::Seeded(_) => "Dice::Seeded",
        })
    }
}

impl Dice {
    /// Dice that roll the same sequence for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness to give: nothing here can go on safely without it.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match self {
            #[expect(clippy::expect_used, reason = "without randomness there are no codes, keys or nonces")]
            Self::System => SysRng.try_fill_bytes(&mut bytes).expect("the system's random generator answers"),
            Self::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A uniform number in `0..bound`, without modulo bias (draws that would favour low numbers are thrown away).
    pub fn below(&self, bound: u32) -> u32 {
        let bound = bound.max(1);
        let fair = u32::MAX - u32::MAX % bound;
        loop {
            let drawn = u32::from_le_bytes(self.bytes());
            if drawn < fair {
                return drawn % bound;
            }
        }
    }

    /// A time-ordered identifier (UUID version 7, RFC 9562): new rows land at the end of every index.
    pub fn id(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_rolls_the_same_sequence() {
        assert_eq!(Dice::seeded(7).bytes::<32>(), Dice::seeded(7).bytes::<32>());
        assert_ne!(Dice::seeded(7).bytes::<32>(), Dice::seeded(8).bytes::<32>());
    }

    #[test]
    fn every_number_below_the_bound_comes_up_about_equally_often() {
        let (dice, mut seen) = (Dice::seeded(1), [0_u32; 10]);
        for _ in 0..10_000 {
            seen[dice.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1_150).contains(&n)), "{seen:?}");
    }

    #[test]
    fn identifiers_sort_by_the_time_they_were_drawn_at() {
        let dice = Dice::System;
        let early = dice.id(Timestamp::from_micros(1_000_000));
        let late = dice.id(Timestamp::from_micros(2_000_000));
        assert!(early < late);
    }
}
