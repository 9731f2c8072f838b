//! What is due and nobody asks for: codes leave when the waiting time is over, and requests that are out of time end.
//!
//! Nothing is claimed: whoever comes first moves the change on in the transaction that queues the code, and whoever read the
//! same version finds it changed. So a code leaves once, however many replicas look and however late they come.

use std::time::Duration;

use super::codes::{NotSent, Spending};
use crate::app::{App, Error};
use crate::domain::audit::{Action, Actor};
use crate::domain::contact::{ChangeState, ContactChange, FailureReason};
use crate::domain::ids::{ChangeId, EntryId, Version};
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoreError, Unit};

/// Changes that are looked at together.
const BATCH: u32 = 100;
/// When to look again at one that cannot be read or does not open: another replica may have the key, or a person mends it.
const NOT_OPENED: Duration = Duration::from_mins(10);
/// When to look again if too many codes were wrong and nobody can say how long that lasts.
const NOT_TRIED: Duration = Duration::from_hours(1);
/// Whose work the entries say it is.
const CONTACTS: Actor = Actor::Service("contacts");

impl App {
    /// Moves on what is due of one batch; how many were looked at.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn settle_contact_changes(&self) -> Result<usize, Error> {
        let now = self.clock().now();
        let due = self.store().reader().await?.changes_due(now, BATCH).await?;
        for (id, seen) in &due {
            match self.settle_change(*id, now).await {
                Ok(()) => {}
                // It must not hold up those behind it.
                Err(error @ Error::Broken(_)) => {
                    tracing::error!(change = %id, error = &error as &dyn std::error::Error, "cannot be moved on");
                    self.postpone(*id, now.plus(NOT_OPENED), *seen, now).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(due.len())
    }

    /// Sends the code of a change that was committed as due now. Should it not leave, the worker sends it.
    pub(in crate::app) async fn send_contact_code_now(&self, id: ChangeId, now: Timestamp) {
        if let Err(error) = self.settle_change(id, now).await {
            tracing::warn!(change = %id, error = &error as &dyn std::error::Error, "a code leaves later");
        }
    }

    /// Moves one change on, if it is due.
    pub(super) async fn settle_change(&self, id: ChangeId, now: Timestamp) -> Result<(), Error> {
        let mut reader = self.store().reader().await?;
        let Some(stored) = reader.contact_change(id).await? else { return Ok(()) };
        let Some(account) = self.account_in(&mut reader, stored.change.account).await? else { return Ok(()) };
        let change = self.standing_of(&mut reader, &stored, &account, now).await?;
        if !change.state.is_open() {
            if stored.change.state.is_open() {
                let change = self.named_failure(&mut reader, &stored.change, change).await?;
                self.unless_moved(self.failed(CONTACTS, &stored, &change, now)).await?;
            }
            return Ok(());
        }
        let later = match change.state {
            ChangeState::Waiting { until } if until <= now => {
                let due = (&stored, &account, change.clone());
                match self.dispatch(reader, CONTACTS, due, &Spending::new(), now).await? {
                    Ok((_, unit)) => return self.unless_moved(unit).await,
                    Err(NotSent::HeldBack(at) | NotSent::TooManyFailures(Some(at))) => at,
                    Err(NotSent::TooManyFailures(None)) => now.plus(NOT_TRIED),
                }
            }
            _ => change.due_at().unwrap_or(now),
        };
        self.postpone(id, later.min(change.expires_at), stored.version, now).await
    }

    /// A failure by time, told apart: if the message with its last code could not be brought there, that is why nobody typed it.
    async fn named_failure(
        &self,
        reader: &mut Reader,
        before: &ContactChange,
        mut after: ContactChange,
    ) -> Result<ContactChange, Error> {
        if let ChangeState::Failed { reason: FailureReason::Expired, at } = after.state
            && matches!(before.state, ChangeState::AwaitingCode | ChangeState::ProvingOld)
            && reader.contact_code_failed(after.id).await?
        {
            after.state = ChangeState::Failed { reason: FailureReason::Unreachable, at };
        }
        Ok(after)
    }

    async fn postpone(&self, id: ChangeId, at: Timestamp, seen: Version, now: Timestamp) -> Result<(), Error> {
        let subject = EntryId::new(self.dice().id(now)).uuid();
        let entry = self.entry(now, CONTACTS, Action::ContactChangePostponed, subject).with("change", id.to_string());
        self.unless_moved(Unit::new(entry).with(Change::PostponeChange(id, at, seen))).await
    }

    /// Commits, unless somebody else moved the change on meanwhile.
    async fn unless_moved(&self, unit: Unit) -> Result<(), Error> {
        match self.commit(unit).await {
            Ok(()) | Err(StoreError::Changed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
