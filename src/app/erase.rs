//! Erasing: objects whose captures have ended are deleted with proof, and objects that belong to nothing are swept up.
//!
//! The key was destroyed with the change that ended them; this is about the noise that is left. Each deletion is proven: an
//! entry names the object, its hash, and that a reading after the deletion found nothing.

use std::time::Duration;

use super::{App, Error};
use crate::archive::{Deletion, Found};
use crate::domain::audit::{Action, Actor};
use crate::domain::law::captures::OVERDUE;
use crate::domain::time::Timestamp;
use crate::store::{Change, ClaimedObject, Overdue, StoreError, Unit};

/// Objects claimed at once: few enough that an archive which hangs on each of them does not outlast the claim.
const CLAIM_MAX: u32 = 8;
/// How long a claim lasts, and so how long after a failure the next attempt comes.
const LEASE: Duration = Duration::from_mins(1);
/// How old an object must be to belong to nothing: far longer than a call that puts it may last, and than clocks differ.
const ORPHAN_AGE: Duration = Duration::from_hours(1);
/// Objects that the store is asked about at once.
const PAGE: usize = 1_000;

/// Overdue captures that are told at once.
const OVERDUE_LISTED_MAX: u32 = 100;

/// Who erases, in the audit log.
const ERASER: Actor = Actor::Service("eraser");

impl App {
    /// Captures that should be gone by now and are not, for the operator to look into.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn overdue_captures(&self) -> Result<Vec<Overdue>, Error> {
        let now = self.clock().now();
        let before = Timestamp::from_micros(now.micros() - Timestamp::from_micros(0).plus(OVERDUE).micros());
        Ok(self.store().reader().await?.captures_overdue(before, OVERDUE_LISTED_MAX).await?)
    }

    /// Deletes what has ended; how many objects were claimed. Safe to run in several processes at once, and to be killed at
    /// any time: what was not recorded as gone is claimed again.
    ///
    /// # Errors
    /// If the store cannot be asked. An archive that fails is no error: the object is tried again later.
    pub async fn erase_due(&self) -> Result<usize, Error> {
        let claimed = self.store().claim_objects(CLAIM_MAX, LEASE, self.clock().now()).await?;
        for object in &claimed {
            match self.archive().delete(object.id.uuid()).await {
                Ok(deletion) if deletion.is_gone => self.record_deletion(object, deletion).await?,
                Ok(_) => tracing::error!(object = %object.id, "an object is there after its deletion"),
                Err(fault) => {
                    let error = &fault as &dyn std::error::Error;
                    tracing::warn!(object = %object.id, attempt = object.attempts, error, "an object was not deleted");
                }
            }
        }
        Ok(claimed.len())
    }

    async fn record_deletion(&self, object: &ClaimedObject, deletion: Deletion) -> Result<(), Error> {
        let entry = self
            .entry(self.clock().now(), ERASER, Action::CaptureDeleted, object.enrolment.uuid())
            .with("archive", self.archive().name())
            .with("object", object.id.to_string())
            .with("kind", object.kind.name())
            .with("sha256", hex::encode(object.sealed_hash))
            .with("attempt", object.attempts.to_string())
            .with("read_before", read(deletion.was_there))
            .with("read_after", read(!deletion.is_gone));
        let unit = Unit::new(entry).with(Change::CaptureDeleted(object.id, object.attempts));
        match self.store().commit(unit).await {
            Ok(()) => {
                tracing::info!(object = %object.id, "a capture was deleted");
                Ok(())
            }
            // Another eraser came after our lease had lapsed: the proof is theirs to write.
            Err(StoreError::Changed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes objects older than an hour that belong to nothing: put by calls that were never committed, or brought back
    /// from a copy after their deletion. How many there were.
    ///
    /// # Errors
    /// If store or archive cannot be asked.
    pub async fn sweep_archive(&self) -> Result<usize, Error> {
        let old = self.archive().put_before(self.clock().now().minus(ORPHAN_AGE)).await?;
        let mut swept = 0;
        for page in old.chunks(PAGE) {
            let (Some(first), Some(last)) = (page.first(), page.last()) else { continue };
            let kept = self.store().reader().await?.kept_objects(first.object..=last.object).await?;
            for orphan in page.iter().filter(|found| !kept.contains(&found.object)) {
                swept += usize::from(self.sweep(orphan).await?);
            }
        }
        Ok(swept)
    }

    async fn sweep(&self, found: &Found) -> Result<bool, Error> {
        let deletion = self.archive().delete(found.object).await?;
        if !deletion.is_gone {
            tracing::error!(object = %found.object, "an object is there after its deletion");
            return Ok(false);
        }
        let entry = self
            .entry(self.clock().now(), ERASER, Action::OrphanDeleted, found.object)
            .with("archive", self.archive().name())
            .with("put_at", found.put_at.to_string())
            .with("read_before", read(deletion.was_there))
            .with("read_after", read(!deletion.is_gone));
        self.store().commit(Unit::new(entry)).await?;
        Ok(true)
    }
}

/// What a reading found, in the audit log.
const fn read(there: bool) -> &'static str {
    if there { "present" } else { "absent" }
}
