//! The hotline opens the way to activation again: one person asks, another one agrees.

use serde::{Deserialize, Serialize};

use super::repeat::Attempt;
use super::{App, Caller, Error, Missing, Repeat};
use crate::domain::account::Standing;
use crate::domain::audit::Action;
use crate::domain::code::{Failures, Purpose};
use crate::domain::contact::Contact;
use crate::domain::ids::{AccountId, MessageId, ReopeningId, Version};
use crate::domain::law::activation;
use crate::domain::message::{Message, MessageContent, NoticeText};
use crate::domain::reopening::{CannotSettle, Reopening};
use crate::domain::review::ReviewReason;
use crate::domain::time::Timestamp;
use crate::domain::working_list::ListName;
use crate::store::{Change, Reader, StoredAccount, StoredReopening, Unit};

/// A wish as it is shown.
#[derive(Debug)]
pub struct ReopeningView {
    /// The wish.
    pub reopening: Reopening,
    /// Why.
    pub reason: ReviewReason,
}

/// What became of a wish.
#[derive(Debug)]
pub enum Asked {
    /// It waits for the second person.
    Asked(ReopeningView),
    /// One waits already.
    AlreadyAsked(ReopeningView),
    /// Nothing is in the way of activation.
    NotNeeded,
}

/// What became of an agreement.
#[derive(Debug)]
pub enum Reopened {
    /// The way is open.
    Reopened {
        /// Until when; absent if no notice has gone out yet, or the account is in use.
        closes_at: Option<Timestamp>,
    },
    /// It stays as it was.
    Refused(CannotSettle),
    /// Nothing is in the way of activation by now.
    NotNeeded,
}

/// A page of wishes that wait.
#[derive(Debug)]
pub struct Reopenings {
    /// Oldest first.
    pub waiting: Vec<ReopeningView>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

/// The first answer: the wish's name.
#[derive(Serialize, Deserialize)]
struct Named {
    reopening: ReopeningId,
    /// Of an agreement: when the way closes, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agreed: Option<Agreed>,
}

#[derive(Serialize, Deserialize)]
struct Agreed {
    closes_at: Option<Timestamp>,
}

impl App {
    /// Asks for the way to activation to be opened again: the days are over, or too many codes were wrong.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::RequestIdReused`].
    pub async fn ask_reopening(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        reason: &ReviewReason,
    ) -> Result<Asked, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.ask_once(by, repeat, account, reason, now)).await
    }

    async fn ask_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        reason: &ReviewReason,
        now: Timestamp,
    ) -> Result<Attempt<Asked>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(Named { reopening, .. }) = self.first_answer(&mut reader, by, repeat).await? {
            let stored = reader.reopening(reopening).await?.ok_or(Error::NotFound(Missing::Reopening))?;
            return Ok(Attempt::Answered(Asked::Asked(self.shown(stored, now)?)));
        }
        let stored = self.account_in(&mut reader, account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if !self.is_stuck(&mut reader, &stored, now).await? {
            return Ok(Attempt::Unchanged(Asked::NotNeeded));
        }
        let pending = reader.pending_reopening(account).await?;
        if let Some(pending) = pending.filter(|pending| now < pending.reopening.expires_at()) {
            return Ok(Attempt::Unchanged(Asked::AlreadyAsked(self.shown(pending, now)?)));
        }
        drop(reader);
        let id = ReopeningId::new(self.dice().id(now));
        let stored = StoredReopening {
            reopening: Reopening::ask(id, account, by.id(), now),
            reason: self.seal_reopening_reason(id, reason)?,
            version: Version::NONE,
        };
        let entry =
            self.entry(now, by.actor(), Action::ReopeningAsked, account.uuid()).with("reopening", id.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Named { reopening: id, agreed: None })?)
            .with(Change::NewReopening(Box::new(stored.clone())));
        Ok(Attempt::Change(Asked::Asked(self.shown(stored, now)?), unit))
    }

    /// Agrees, as the second person: the days begin anew, failures in a row are forgiven, and the holder is told.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::RequestIdReused`].
    pub async fn approve_reopening(&self, by: &Caller, repeat: &Repeat, id: ReopeningId) -> Result<Reopened, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.approve_once_more(by, repeat, id, now)).await
    }

    async fn approve_once_more(
        &self,
        by: &Caller,
        repeat: &Repeat,
        id: ReopeningId,
        now: Timestamp,
    ) -> Result<Attempt<Reopened>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(Named { agreed: Some(Agreed { closes_at }), .. }) =
            self.first_answer(&mut reader, by, repeat).await?
        {
            return Ok(Attempt::Answered(Reopened::Reopened { closes_at }));
        }
        let wish = reader.reopening(id).await?.ok_or(Error::NotFound(Missing::Reopening))?;
        let approved = match wish.reopening.approve(by.id(), now) {
            Ok(approved) => approved,
            Err(why) => return Ok(Attempt::Unchanged(Reopened::Refused(why))),
        };
        let stored = self.account_in(&mut reader, approved.account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if !self.is_stuck(&mut reader, &stored, now).await? {
            return Ok(Attempt::Unchanged(Reopened::NotNeeded));
        }
        drop(reader);
        let (account, notice) = (stored.account.id, self.reopened_notice(&stored, now)?);
        let (closes_at, saved) = reopened(stored, now);
        let agreed = Some(Agreed { closes_at });
        let entry = self
            .entry(now, by.actor(), Action::ReopeningApproved, account.uuid())
            .with("reopening", id.to_string())
            .with("asked_by", approved.asked_by.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Named { reopening: id, agreed })?)
            .with(Change::SaveReopening(Box::new(approved), wish.version))
            .with_all(saved)
            .with(Change::ForgiveFailures(account))
            .with_all(notice.map(|notice| self.send(&notice)).transpose()?);
        Ok(Attempt::Change(Reopened::Reopened { closes_at }, unit))
    }

    /// Drops a wish.
    ///
    /// # Errors
    /// [`Error::NotFound`]. Inside: it no longer waits.
    pub async fn decline_reopening(&self, by: &Caller, id: ReopeningId) -> Result<Result<(), CannotSettle>, Error> {
        let now = self.clock().now();
        let found = self.store().reader().await?.reopening(id).await?;
        let wish = found.ok_or(Error::NotFound(Missing::Reopening))?;
        let declined = match wish.reopening.decline(by.id(), now) {
            Ok(declined) => declined,
            Err(why) => return Ok(Err(why)),
        };
        let entry = self
            .entry(now, by.actor(), Action::ReopeningDeclined, declined.account.uuid())
            .with("reopening", id.to_string());
        self.commit(Unit::new(entry).with(Change::SaveReopening(Box::new(declined), wish.version))).await?;
        Ok(Ok(()))
    }

    /// A page of wishes that wait for a second person. The look is recorded.
    ///
    /// # Errors
    /// [`Error::Field`] for a token of another list, or if the store cannot be asked.
    pub async fn reopenings(&self, by: &Caller, token: Option<&[u8]>, size: u32) -> Result<Reopenings, Error> {
        let (now, list) = (self.clock().now(), ListName::of_reopenings());
        let after = token.map(|token| list.key(token)).transpose();
        let after = after.map_err(|fault| Error::Field { field: "page_token", fault })?;
        let after = after.map(|id| ReopeningId::new(uuid::Uuid::from_bytes(id)));
        let mut found = self.store().reader().await?.reopenings(after, now, size.saturating_add(1)).await?;
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let end = found.last().filter(|_| more).map(|last| *last.reopening.id.uuid().as_bytes());
        let entry = self
            .entry(now, by.actor(), Action::ReopeningsListed, by.id().uuid())
            .with("count", found.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let waiting = found.into_iter().map(|stored| self.shown(stored, now)).collect::<Result<_, _>>()?;
        Ok(Reopenings { waiting, next: end.map(|end| list.token(end)) })
    }

    /// Whether the holder cannot go on alone: the days are over, or only a person can help with wrong codes.
    async fn is_stuck(&self, reader: &mut Reader, stored: &StoredAccount, now: Timestamp) -> Result<bool, Error> {
        Ok(match stored.account.standing(now) {
            Standing::Lapsed { .. } => true,
            // What locks it is to go first.
            Standing::Locked { .. } | Standing::Closed { .. } => false,
            // In use, its contacts are changed with codes.
            Standing::Active { .. } | Standing::Awaiting { .. } => {
                let (Failures { in_row, .. }, _) = reader.slot(stored.account.id, Purpose::Activation).await?;
                in_row >= self.settings().codes.failures_in_row
            }
        })
    }

    /// What the holder is told, if there is something to do for them alone.
    fn reopened_notice(&self, stored: &StoredAccount, now: Timestamp) -> Result<Option<Message>, Error> {
        let notice = match stored.account.standing(now) {
            // It says what it said the first time: the account is there, and how many days there are to activate it.
            Standing::Lapsed { .. } => NoticeText::AccountIssued,
            // The days that are left stay as they are.
            Standing::Awaiting { closes_at: Some(closes_at) } => {
                NoticeText::ActivationReminder(activation::last_day(closes_at))
            }
            Standing::Awaiting { closes_at: None }
            | Standing::Active { .. }
            | Standing::Locked { .. }
            | Standing::Closed { .. } => return Ok(None),
        };
        let to = Contact::Phone(self.open_phone(stored)?);
        let content = MessageContent { to, language: stored.account.language, notice };
        let (id, account) = (MessageId::new(self.dice().id(now)), stored.account.id);
        Ok(Some(Message { id, account, content, useful_until: None }))
    }

    fn shown(&self, stored: StoredReopening, now: Timestamp) -> Result<ReopeningView, Error> {
        Ok(ReopeningView { reason: self.open_reopening_reason(&stored)?, reopening: stored.reopening.at(now) })
    }
}

/// When the way closes, and the change that opens it. A window that has not lapsed stays as it is.
fn reopened(stored: StoredAccount, now: Timestamp) -> (Option<Timestamp>, Option<Change>) {
    let before = match stored.account.standing(now) {
        Standing::Awaiting { closes_at } => closes_at,
        Standing::Lapsed { .. } | Standing::Active { .. } | Standing::Locked { .. } | Standing::Closed { .. } => None,
    };
    match stored.account.clone().reopen(now) {
        Ok(account) => {
            (account.window_closes_at(), Some(Change::SaveAccount(Box::new(StoredAccount { account, ..stored }))))
        }
        Err(_) => (before, None),
    }
}
