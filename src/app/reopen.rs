//! The hotline opens the way to activation again: one person asks, another one agrees.

use super::proposals::{ProposalView, Wish};
use super::repeat::Attempt;
use super::{App, Caller, Error, Missing, Repeat};
use crate::domain::account::Standing;
use crate::domain::code::{Failures, Purpose};
use crate::domain::contact::Contact;
use crate::domain::ids::{AccountId, MessageId, Version};
use crate::domain::law::activation;
use crate::domain::message::{Message, MessageContent, NoticeText};
use crate::domain::proposal::{Act, WhyVoid};
use crate::domain::review::ReviewReason;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredAccount};

/// What became of a wish.
#[derive(Debug)]
pub enum Asked {
    /// It waits for the second person.
    Asked(ProposalView),
    /// One waits already.
    AlreadyAsked(ProposalView),
    /// Nothing is in the way of activation.
    NotNeeded,
}

/// What opening the way again comes to.
#[derive(Clone, Debug)]
pub struct Opening {
    stored: StoredAccount,
    /// Whether the days begin anew; otherwise those that are left stay.
    pub anew: bool,
    /// When the way closes; absent if no notice has gone out yet, or the account is in use.
    pub closes_at: Option<Timestamp>,
}

impl Opening {
    /// Whose way it is.
    pub const fn account(&self) -> AccountId {
        self.stored.account.id
    }
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
        if let Some(stored) = self.proposed_before(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(Asked::Asked(self.proposal_view(&mut reader, stored, now).await?)));
        }
        if self.opening(&mut reader, account, now).await?.is_err() {
            return Ok(Attempt::Unchanged(Asked::NotNeeded));
        }
        // Whether there is something to do decides, not what else was changed.
        let act = (Act::Reopening(account), Version::NONE);
        match self.wish(&mut reader, by, act, reason, now).await? {
            Wish::Waits(pending) => {
                let view = self.proposal_view(&mut reader, *pending, now).await?;
                Ok(Attempt::Unchanged(Asked::AlreadyAsked(view)))
            }
            Wish::Propose(stored) => {
                let unit = self.proposed(by, repeat, &stored)?;
                let view = self.proposal_view(&mut reader, *stored, now).await?;
                Ok(Attempt::Change(Asked::Asked(view), unit))
            }
        }
    }

    /// What opening an account's way again would come to.
    ///
    /// # Errors
    /// [`Error::NotFound`]. Inside: the holder can go on alone.
    pub(super) async fn opening(
        &self,
        reader: &mut Reader,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Result<Opening, WhyVoid>, Error> {
        let stored = reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if !self.is_stuck(reader, &stored, now).await? {
            return Ok(Err(WhyVoid::NotNeeded));
        }
        let (anew, closes_at) = match stored.account.standing(now) {
            Standing::Lapsed { .. } => (true, Some(activation::window_closes(now))),
            Standing::Awaiting { closes_at } => (false, closes_at),
            Standing::Active { .. } => (false, None),
        };
        Ok(Ok(Opening { stored, anew, closes_at }))
    }

    /// The changes that open the way: the days begin anew, failures in a row are forgiven, and the holder is told.
    pub(super) fn open_again(&self, opening: &Opening, now: Timestamp) -> Result<Vec<Change>, Error> {
        let stored = &opening.stored;
        // A window that has not lapsed stays as it is.
        let reopened = stored.account.clone().reopen(now).ok();
        let saved = reopened.map(|account| StoredAccount { account, ..stored.clone() });
        let told = self.reopened_notice(stored, now)?.map(|notice| self.send(&notice)).transpose()?;
        let forgiven = Change::ForgiveFailures(stored.account.id);
        Ok(saved.map(|saved| Change::SaveAccount(Box::new(saved))).into_iter().chain([forgiven]).chain(told).collect())
    }

    /// Whether the holder cannot go on alone: the days are over, or only a person can help with wrong codes.
    async fn is_stuck(&self, reader: &mut Reader, stored: &StoredAccount, now: Timestamp) -> Result<bool, Error> {
        Ok(match stored.account.standing(now) {
            Standing::Lapsed { .. } => true,
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
            Standing::Awaiting { closes_at: None } | Standing::Active { .. } => return Ok(None),
        };
        let to = Contact::Phone(self.open_phone(stored)?);
        let content = MessageContent { to, language: stored.account.language, notice };
        let (id, account) = (MessageId::new(self.dice().id(now)), stored.account.id);
        Ok(Some(Message { id, account, content, useful_until: None }))
    }
}
