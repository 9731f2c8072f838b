//! Chance for the generator: seeded, so that the same seed brings the same people.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// A seeded sequence of draws that remembers what must not come twice.
pub(super) struct Draw {
    rng: StdRng,
    drawn: HashSet<String>,
}

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: StdRng::seed_from_u64(seed), drawn: HashSet::new() }
    }

    pub(super) fn within(&mut self, range: RangeInclusive<i32>) -> i32 {
        self.rng.random_range(range)
    }

    pub(super) fn days(&mut self, range: RangeInclusive<i32>) -> time::Duration {
        time::Duration::days(i64::from(self.within(range)))
    }

    /// True once in `n`, on average.
    pub(super) fn once_in(&mut self, n: u32) -> bool {
        self.rng.random_ratio(1, n.max(1))
    }

    pub(super) fn one_of<T: Copy + Default>(&mut self, items: &[T]) -> T {
        items.choose(&mut self.rng).copied().unwrap_or_default()
    }

    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + self.rng.random_range(0..10_u8))).collect()
    }

    /// Draws until something comes that has not come before.
    pub(super) fn fresh(&mut self, mut draw: impl FnMut(&mut Self) -> String) -> String {
        loop {
            let drawn = draw(self);
            if self.drawn.insert(drawn.clone()) {
                return drawn;
            }
        }
    }
}
