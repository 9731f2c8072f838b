//! The codes of a contact change: to the old contact while it proves itself, to the new one when its time has come.

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::{Standpoint, purpose};
use crate::app::budgets::Spent;
use crate::app::codes::{Aim, Outgoing};
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Repeat};
use crate::domain::audit::{Action, Actor};
use crate::domain::code::{Held, Purpose, Timetable, TooManyFailures, Turn};
use crate::domain::contact::{ChangeState, Contact, ContactChange};
use crate::domain::ids::ChangeId;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredAccount, StoredChange, Unit};

/// What became of a wish for the code once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Resent {
    /// On its way.
    Sent {
        /// When it ends.
        expires_at: Timestamp,
    },
    /// The waiting time is not over.
    Waiting {
        /// When it is.
        until: Timestamp,
    },
    /// Nothing leaves yet: the second person has not agreed, or codes were sent a moment ago or too often.
    HeldBack {
        /// When to ask again, if that is known.
        retry_at: Option<Timestamp>,
    },
    /// Too many wrong codes; `None`: waiting does not help.
    TooManyFailures {
        /// When to ask again.
        retry_at: Option<Timestamp>,
    },
    /// The change has ended.
    NotPending,
}

/// Why no code leaves.
#[derive(Clone, Copy, Debug)]
pub(super) enum NotSent {
    /// Codes were sent a moment ago or as often today as may be, or a budget is spent.
    HeldBack(Timestamp),
    /// Too many wrong codes.
    TooManyFailures(Option<Timestamp>),
}

/// What the budgets said, asked once for a call however often it is attempted.
pub(super) type Spending = OnceCell<Result<(), Spent>>;

impl App {
    /// Sends the code that a change waits for once more.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a change that is unknown or not the caller's to see, [`Error::RequestIdReused`].
    pub async fn resend_contact_code(
        &self,
        by: &Caller,
        repeat: &Repeat,
        standpoint: &Standpoint,
        id: ChangeId,
    ) -> Result<Resent, Error> {
        let (now, spending) = (self.clock().now(), Spending::new());
        self.once(by, repeat, || self.resend_once(by, repeat, (standpoint, id), &spending, now)).await
    }

    async fn resend_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (standpoint, id): (&Standpoint, ChangeId),
        spending: &Spending,
        now: Timestamp,
    ) -> Result<Attempt<Resent>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let (stored, account, change) = self.seen_change(&mut reader, standpoint, id, now).await?;
        match change.state {
            ChangeState::AwaitingApproval => return Ok(Attempt::Unchanged(Resent::HeldBack { retry_at: None })),
            ChangeState::Waiting { until } if now < until => {
                return Ok(Attempt::Unchanged(Resent::Waiting { until }));
            }
            state if !state.is_open() => return Ok(Attempt::Unchanged(Resent::NotPending)),
            _ => {}
        }
        match self.dispatch(reader, by.actor(), (&stored, &account, change), spending, now).await? {
            Ok((expires_at, unit)) => {
                let answer = Resent::Sent { expires_at };
                Ok(Attempt::Change(answer, unit.with(repeat.remember(by, &answer)?)))
            }
            Err(NotSent::HeldBack(at)) => Ok(Attempt::Unchanged(Resent::HeldBack { retry_at: Some(at) })),
            Err(NotSent::TooManyFailures(retry_at)) => Ok(Attempt::Unchanged(Resent::TooManyFailures { retry_at })),
        }
    }

    /// The unit by which the code leaves that an open change waits for, and when that code ends. The reader goes back before
    /// budgets are asked, which may be elsewhere.
    pub(super) async fn dispatch(
        &self,
        reader: Reader,
        by: Actor,
        (stored, account, change): (&StoredChange, &StoredAccount, ContactChange),
        spending: &Spending,
        now: Timestamp,
    ) -> Result<Result<(Timestamp, Unit), NotSent>, Error> {
        let aim = self.aim_of(stored, account, change.state)?;
        let sent = match self.next_code(reader, account, &aim, spending, now).await? {
            Ok(sent) => sent,
            Err(held) => return Ok(Err(held)),
        };
        let entry = self
            .change_entry(now, by, Action::CodeSent, &change)
            .with("purpose", aim.purpose.name())
            .with("code", sent.id.to_string());
        let change_id = change.id;
        let moved = match change.state {
            ChangeState::Waiting { .. } => Some(Change::SaveChange(Box::new(change.send_code(now)?), stored.version)),
            _ => None,
        };
        let carried = Change::NoteCodeMessage(change_id, sent.message);
        Ok(Ok((sent.expires_at, Unit::new(entry).with_all(moved).with_all(sent.changes).with(carried))))
    }

    /// The live code of a slot again, or a new one, if the timetable and the budgets let it leave.
    pub(super) async fn next_code(
        &self,
        mut reader: Reader,
        account: &StoredAccount,
        aim: &Aim,
        spending: &Spending,
        now: Timestamp,
    ) -> Result<Result<Outgoing, NotSent>, Error> {
        let slot = reader.slot(account.account.id, aim.purpose).await?;
        drop(reader);
        match Timetable::at(now, &self.settings().codes, slot.0, &slot.1).send {
            Turn::Now => {}
            Turn::Later(at, Held::JustSent | Held::SentToday) => return Ok(Err(NotSent::HeldBack(at))),
            Turn::Later(at, _) => return Ok(Err(NotSent::TooManyFailures(Some(at)))),
            Turn::No(_) => return Ok(Err(NotSent::TooManyFailures(None))),
        }
        if let Err(Spent { retry_at }) = spending.get_or_init(|| self.spend_sending(account.account.id, &aim.to)).await
        {
            return Ok(Err(NotSent::HeldBack(*retry_at)));
        }
        if let Some(again) = self.code_again(account, aim, &slot, now)? {
            return Ok(Ok(again));
        }
        Ok(self
            .new_code(account, aim, &slot, now)?
            .map_err(|TooManyFailures { retry_at }| NotSent::TooManyFailures(retry_at)))
    }

    /// What the code is for that a change waits for in that state.
    pub(super) fn aim_of(
        &self,
        stored: &StoredChange,
        account: &StoredAccount,
        state: ChangeState,
    ) -> Result<Aim, Error> {
        match state {
            ChangeState::ProvingOld => Ok(aim(Purpose::OldContact, self.old_contact(account, stored.change.kind)?)),
            _ => Ok(aim(purpose(stored.change.kind), self.open_new_contact(stored)?)),
        }
    }
}

/// A code for that purpose to that contact.
pub(super) const fn aim(purpose: Purpose, to: Contact) -> Aim {
    Aim { purpose, to, device: None }
}
