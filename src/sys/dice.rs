//! The dice: random bytes from the operating system, or from a seed for runs that must repeat.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use uuid::Uuid;

use crate::domain::time::Timestamp;

/// Where chance comes from. Cheap to clone; clones share one sequence of identifiers, and seeded ones their dice.
#[derive(Clone)]
pub struct Dice {
    source: Source,
    /// The latest identifier's millisecond and its number within that millisecond.
    latest: Arc<AtomicU64>,
}

#[derive(Clone)]
enum Source {
    /// The operating system's generator.
    System,
    /// A repeatable sequence: for tests and practice, never for a real code or key.
    Seeded(Arc<Mutex<StdRng>>),
}

/// Bits of an identifier's number within its millisecond.
const NUMBER_BITS: u32 = 12;

impl fmt::Debug for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::System => "Dice(system)",
            Source::Seeded(_) => "Dice(seeded)",
        })
    }
}

impl Dice {
    /// The operating system's dice.
    pub fn system() -> Self {
        Self { source: Source::System, latest: Arc::default() }
    }

    /// Dice that roll the same sequence for the same seed.
    pub fn seeded(seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed);
        Self { source: Source::Seeded(Arc::new(Mutex::new(rng))), latest: Arc::default() }
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness to give: nothing here can go on safely without it.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.source {
            #[expect(clippy::expect_used, reason = "without randomness there are no codes, keys or nonces")]
            Source::System => SysRng.try_fill_bytes(&mut bytes).expect("the system's random generator answers"),
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
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

    /// A time-ordered identifier (UUID version 7; RFC 9562 section 6.2, method 1): those of one process sort as they were
    /// drawn, also within a millisecond and while the clock is set back.
    pub fn id(&self, now: Timestamp) -> Uuid {
        let earliest = u64::try_from(now.micros() / 1_000).unwrap_or_default() << NUMBER_BITS;
        let next = |latest: u64| Some(earliest.max(latest + 1));
        let before = self.latest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default();
        let drawn = earliest.max(before + 1);
        let mut rest: [u8; 10] = self.bytes();
        // The two bytes after the millisecond; the version takes the upper four bits.
        let [.., high, low] = drawn.to_be_bytes();
        (rest[0], rest[1]) = (high, low);
        uuid::Builder::from_unix_timestamp_millis(drawn >> NUMBER_BITS, &rest).into_uuid()
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
    fn identifiers_sort_as_they_were_drawn() {
        let dice = Dice::system();
        let early = dice.id(Timestamp::from_micros(1_000_000));
        // More than a millisecond has numbers for, and then the clock is set back.
        let mut last = early;
        for _ in 0..10_000 {
            let next = dice.id(Timestamp::from_micros(1_000_000));
            assert!(last < next);
            last = next;
        }
        assert!(last < dice.id(Timestamp::from_micros(500_000)));
        assert!(last < dice.id(Timestamp::from_micros(9_000_000)));
        assert_eq!(early.get_version_num(), 7);
    }

    #[test]
    fn processes_that_draw_in_the_same_millisecond_draw_different_identifiers() {
        let now = Timestamp::from_micros(1_000_000);
        assert_ne!(Dice::system().id(now), Dice::system().id(now));
    }
}
