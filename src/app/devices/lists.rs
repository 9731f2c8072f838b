//! Lists of revoked certificates: made when half of the life of the last is over, and after each revocation.
//!
//! Whoever asks for a list gets one with everything that is committed: what stands in none yet is listed first. The worker
//! and the call that revoked make it too, so that those who fetch it from elsewhere need not wait.

use std::sync::Arc;
use std::time::Duration;

use super::authorities::{SERVICE, subject};
use crate::app::{ATTEMPTS_MAX, App, Error};
use crate::device_ca::{Authority, RevocationList, Revoked};
use crate::domain::audit::Action;
use crate::domain::device::Serial;
use crate::domain::ids::Version;
use crate::domain::time::Timestamp;
use crate::store::{Change, StoreError, StoredList, Unit};

/// How far the clocks of two processes may differ: a list from further in the future was made under a clock that was set
/// back since.
const SKEW_MAX: Duration = Duration::from_mins(1);

/// A list with the certificate of the authority that signed it.
#[derive(Debug)]
pub struct ShownList {
    /// The authority's certificate, in DER.
    pub authority: Vec<u8>,
    /// The list.
    pub list: StoredList,
}

impl App {
    /// The list of each authority, with everything that is revoked now.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn device_lists(&self) -> Result<Vec<ShownList>, Error> {
        let mut shown = Vec::new();
        for authority in self.device_authorities().await? {
            // The list of one that has ended serves nobody: what it issued has ended before it.
            if self.clock().now() < authority.ends_at() {
                let list = self.current_list(authority).await?;
                shown.push(ShownList { authority: authority.certificate().to_vec(), list });
            }
        }
        Ok(shown)
    }

    /// Makes the lists that are due, as a call that revoked something does: should it fail, the worker makes them later.
    pub(super) async fn publish_soon(&self) {
        if let Err(error) = self.device_lists().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the list of revoked devices waits");
        }
    }

    async fn current_list(&self, authority: &Arc<Authority>) -> Result<StoredList, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock().now();
            // One state of the store: what is not in the list that is read is among what is read beside it.
            let mut reader = self.store().snapshot().await?;
            let last = reader.device_list(authority.id()).await?;
            let unlisted = reader.has_unlisted(authority.id(), now).await?;
            if let Some(last) = last.as_ref().filter(|last| !unlisted && !is_due(last, now)) {
                return Ok(last.clone());
            }
            // Whatever ended by itself since the last list stands in one more: RFC 5280 section 3.3.
            let since = last.as_ref().map_or(now, |last| last.made_at.min(now));
            let revoked = reader.revoked_certificates(authority.id(), since).await?;
            drop(reader);
            let seen = last.map_or(Version::NONE, |last| last.number);
            let entries: Vec<Revoked> = revoked.iter().map(|one| one.revoked).collect();
            let newly: Vec<Serial> = revoked.iter().filter(|one| !one.listed).map(|one| one.revoked.serial).collect();
            let list = self.signed_list(authority, &entries, seen, now)?;
            let entry = self
                .entry(now, SERVICE, Action::DeviceListPublished, subject(authority.id()))
                .with("number", list.number.get().to_string())
                .with("revoked", entries.len().to_string());
            let change = Change::PublishDeviceList(Box::new(list.clone()), newly, seen);
            match self.commit(Unit::new(entry).with(change)).await {
                Ok(()) => return Ok(list),
                Err(StoreError::Changed | StoreError::Taken(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    fn signed_list(
        &self,
        authority: &Authority,
        revoked: &[Revoked],
        seen: Version,
        now: Timestamp,
    ) -> Result<StoredList, Error> {
        let number = seen.get().saturating_add(1);
        let next_at = now.plus(self.settings().devices.list_lifetime);
        let list = RevocationList { number: number.unsigned_abs(), made_at: now, next_at, revoked };
        let der = authority.list(&list)?;
        Ok(StoredList { authority: authority.id(), number: Version::new(number), der, made_at: now, next_at })
    }
}

fn is_due(list: &StoredList, now: Timestamp) -> bool {
    let half = list.made_at.plus(list.next_at.since(list.made_at) / 2);
    now >= half || list.made_at > now.plus(SKEW_MAX)
}
