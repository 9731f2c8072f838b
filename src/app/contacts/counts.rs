//! How many changes were asked for in a span, and how they ended: each request is done, failed for a reason, or open.

use std::collections::BTreeMap;

use crate::app::{App, Error};
use crate::domain::contact::{ContactKind, FailureReason, Tier};
use crate::domain::time::Timestamp;
use crate::store::CountedChange;

/// The requests of one kind and tier that were begun in a span.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactCounts {
    /// What was to change.
    pub kind: ContactKind,
    /// How it was asked for.
    pub tier: Tier,
    /// How many were begun: always the sum of the others.
    pub requested: u64,
    /// How many are done.
    pub done: u64,
    /// How many have not ended.
    pub open: u64,
    /// How many failed, by reason.
    pub failed: BTreeMap<FailureReason, u64>,
}

impl App {
    /// The requests that were begun from `from` and before `until`, by kind and tier, as they stand now.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn count_contact_changes(&self, from: Timestamp, until: Timestamp) -> Result<Vec<ContactCounts>, Error> {
        let now = self.clock().now();
        let counted = self.store().reader().await?.count_changes(from, until, now).await?;
        let mut counts: Vec<ContactCounts> = Vec::new();
        for one in counted {
            let at = counts.iter().position(|counts| (counts.kind, counts.tier) == (one.kind, one.tier));
            let mut row = match at {
                Some(at) => counts.remove(at),
                None => ContactCounts::none(one.kind, one.tier),
            };
            row.add(one.standing, one.count);
            counts.push(row);
        }
        counts.sort_by_key(|counts| (counts.kind.name(), counts.tier));
        Ok(counts)
    }
}

impl ContactCounts {
    const fn none(kind: ContactKind, tier: Tier) -> Self {
        Self { kind, tier, requested: 0, done: 0, open: 0, failed: BTreeMap::new() }
    }

    fn add(&mut self, standing: CountedChange, count: u64) {
        self.requested += count;
        match standing {
            CountedChange::Open => self.open += count,
            CountedChange::Done => self.done += count,
            CountedChange::Failed(reason) => *self.failed.entry(reason).or_default() += count,
        }
    }
}
