//! Who watches through this process, and by how many calls: each caller by so many, and all of them by so many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::ids::StaffId;

/// Watchers of one process.
const WATCHERS_MAX: u32 = 2_000;

/// Who watches through this process, and how often.
#[derive(Debug, Default)]
pub(in crate::app) struct Places(Mutex<HashMap<StaffId, u32>>);

/// A place among those who watch; free again when it is dropped.
pub(super) struct Held {
    places: Arc<Places>,
    caller: StaffId,
}

impl Places {
    /// A place for one more call of a caller, if there is one.
    pub(super) fn take(self: &Arc<Self>, caller: StaffId, per_caller: u32) -> Option<Held> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.get(&caller).copied().unwrap_or_default();
        if own >= per_caller || held.values().sum::<u32>() >= WATCHERS_MAX {
            return None;
        }
        held.insert(caller, own + 1);
        Some(Held { places: self.clone(), caller })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.caller) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(held.remove(&self.caller)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_place_is_free_again_when_its_watcher_is_gone() {
        let (places, one, other) =
            (Arc::new(Places::default()), StaffId::new(Uuid::from_u128(1)), StaffId::new(Uuid::from_u128(2)));
        let (first, second) = (places.take(one, 2), places.take(one, 2));
        assert!(first.is_some() && second.is_some() && places.take(one, 2).is_none());
        assert!(places.take(other, 2).is_some(), "each caller has places of their own");
        drop(first);
        assert!(places.take(one, 2).is_some());
        drop(second);
        assert!(places.0.lock().unwrap().is_empty());
    }
}
