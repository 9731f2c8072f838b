//! Entries of the directory that were read a moment ago: most callers call again soon.
//!
//! They are forgotten as soon as this process hears that somebody's rights changed, and after a moment in any case. Who is not in
//! the directory, or may not call, is asked for each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::office::OfficeMap;
use crate::domain::staff::{CertificateName, StaffMember};

/// Entries that are kept at most: more than a country has officers.
const KEPT_MAX: usize = 20_000;

/// An entry, with what was in force when it was read.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) member: StaffMember,
    /// Units and offices, if its post has an office.
    pub(super) offices: Option<Arc<OfficeMap>>,
    /// Whether the certificate is shown for the first time.
    pub(super) announced: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Read>);

#[derive(Debug, Default)]
struct Read {
    /// How often all of it was forgotten.
    turn: u64,
    entries: HashMap<CertificateName, (Arc<Entered>, Instant)>,
}

impl Known {
    fn read(&self) -> MutexGuard<'_, Read> {
        // Nothing in it is ever half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry for a certificate, if it was read no longer ago than `fresh`.
    pub(super) fn find(&self, certificate: &CertificateName, fresh: Duration) -> Option<Arc<Entered>> {
        let read = self.read();
        let (entered, at) = read.entries.get(certificate)?;
        (at.elapsed() < fresh).then(|| entered.clone())
    }

    /// To be asked before an entry is read: what is read before a change must not be kept after it.
    pub(super) fn turn(&self) -> u64 {
        self.read().turn
    }

    /// Keeps an entry that was read in that turn.
    pub(super) fn keep(&self, turn: u64, certificate: &CertificateName, entered: Arc<Entered>) {
        let mut read = self.read();
        if read.turn != turn {
            return;
        }
        if read.entries.len() >= KEPT_MAX {
            read.entries.clear();
        }
        read.entries.insert(certificate.clone(), (entered, Instant::now()));
    }

    /// Forgets all of it.
    pub(super) fn forget(&self) {
        let mut read = self.read();
        read.turn = read.turn.wrapping_add(1);
        read.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::StaffId;
    use crate::domain::staff::{Post, Role};
    use crate::domain::time::Timestamp;

    const LONG: Duration = Duration::from_hours(1);

    fn entered() -> (CertificateName, Arc<Entered>) {
        let certificate = CertificateName { issuer: "CN=Practice".to_owned(), uri: "urn:eid:practice:one".to_owned() };
        let post = Post::new(Role::Administrator, None).unwrap();
        let id = StaffId::new(uuid::Uuid::nil());
        let member = StaffMember::new(id, certificate.clone(), post, Timestamp::from_micros(0));
        (certificate, Arc::new(Entered { member, offices: None, announced: false }))
    }

    #[test]
    fn an_entry_is_found_while_it_is_fresh_and_until_the_directory_rings() {
        let (known, (certificate, entered)) = (Known::default(), entered());
        assert!(known.find(&certificate, LONG).is_none());
        known.keep(known.turn(), &certificate, entered);
        assert!(known.find(&certificate, LONG).is_some());
        assert!(known.find(&certificate, Duration::ZERO).is_none(), "nothing is fresh for no time");
        known.forget();
        assert!(known.find(&certificate, LONG).is_none());
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (known, (certificate, entered)) = (Known::default(), entered());
        let turn = known.turn();
        known.forget();
        known.keep(turn, &certificate, entered);
        assert!(known.find(&certificate, LONG).is_none());
    }
}
