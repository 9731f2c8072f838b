//! Which of the requests that share a key are opened and compared: those that share the most telling keys, and no more
//! than a bound, however many share one.

use std::collections::HashMap;
use std::hash::Hash;

/// Most requests that are read of those that share one key: the latest. Whoever is beyond is found by another key, or not.
pub const KEY_HOLDERS_MAX: usize = 32;
/// Most requests that are opened for one request.
pub const OPENED_MAX: usize = 96;
/// Most likely duplicates that one request names, the likeliest ahead.
pub const SHOWN_MAX: usize = 10;

/// The requests to open, and what was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selected<T> {
    /// The most telling first.
    pub open: Vec<T>,
    /// Keys with more holders than are read. Never which.
    pub capped_keys: usize,
    /// Requests that share a key and are not opened.
    pub left_out: usize,
}

/// Selects from the holders of each key, the most telling key first; a key is read with one holder more than
/// [`KEY_HOLDERS_MAX`] to know that it has more.
pub fn select<T: Copy + Eq + Hash + Ord>(holders: impl IntoIterator<Item = Vec<T>>) -> Selected<T> {
    let (mut shared, mut capped_keys) = (HashMap::<T, (usize, usize)>::new(), 0);
    for (rank, mut found) in holders.into_iter().enumerate() {
        capped_keys += usize::from(found.len() > KEY_HOLDERS_MAX);
        found.truncate(KEY_HOLDERS_MAX);
        for one in found {
            shared.entry(one).or_insert((0, rank)).0 += 1;
        }
    }
    let mut order: Vec<_> = shared.into_iter().map(|(one, (keys, rank))| (usize::MAX - keys, rank, one)).collect();
    order.sort_unstable();
    let left_out = order.len().saturating_sub(OPENED_MAX);
    order.truncate(OPENED_MAX);
    Selected { open: order.into_iter().map(|(.., one)| one).collect(), capped_keys, left_out }
}
