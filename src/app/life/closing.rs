//! Closing an account: final, by two administrators. The number stays used.

use crate::app::proposals::{ProposalView, Wish};
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Repeat};
use crate::domain::device::EndReason;
use crate::domain::ids::{AccountId, DeviceId, Version};
use crate::domain::life::ClosingReason;
use crate::domain::message::NoticeText;
use crate::domain::proposal::{Act, WhyVoid};
use crate::domain::review::ReviewReason;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredAccount};

/// What became of a wish to close an account.
#[derive(Debug)]
pub enum Close {
    /// It waits for the second person.
    Proposed(ProposalView),
    /// One waits already.
    AlreadyProposed(ProposalView),
    /// It was closed before.
    AlreadyClosed,
}

/// What closing would do.
#[derive(Clone, Debug)]
pub struct Closing {
    stored: StoredAccount,
    /// Why.
    pub reason: ClosingReason,
    /// The device that ends with it.
    pub device: Option<DeviceId>,
}

impl Closing {
    /// The account.
    pub const fn account(&self) -> AccountId {
        self.stored.account.id
    }
}

impl App {
    /// Proposes that an account be closed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::RequestIdReused`].
    pub async fn propose_closing(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, why): (AccountId, ClosingReason),
        reason: &ReviewReason,
    ) -> Result<Close, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.propose_closing_once(by, repeat, (account, why), reason, now)).await
    }

    async fn propose_closing_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, why): (AccountId, ClosingReason),
        reason: &ReviewReason,
        now: Timestamp,
    ) -> Result<Attempt<Close>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(stored) = self.proposed_before(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(Close::Proposed(self.proposal_view(&mut reader, stored, now).await?)));
        }
        let stored = reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if stored.account.life.closed.is_some() {
            return Ok(Attempt::Unchanged(Close::AlreadyClosed));
        }
        match self.wish(&mut reader, by, (Act::Closing(account, why), stored.version), reason, now).await? {
            Wish::Waits(pending) => {
                let view = self.proposal_view(&mut reader, *pending, now).await?;
                Ok(Attempt::Unchanged(Close::AlreadyProposed(view)))
            }
            Wish::Propose(stored) => {
                let unit = self.proposed(by, repeat, &stored)?;
                let view = self.proposal_view(&mut reader, *stored, now).await?;
                Ok(Attempt::Change(Close::Proposed(view), unit))
            }
        }
    }

    /// What closing would do, if the account is as the first person saw it.
    pub(in crate::app) async fn closing(
        &self,
        reader: &mut Reader,
        (account, reason): (AccountId, ClosingReason),
        seen: Version,
    ) -> Result<Result<Closing, WhyVoid>, Error> {
        let stored = reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if stored.account.life.closed.is_some() {
            return Ok(Err(WhyVoid::NotNeeded));
        }
        // A proposal that is being made has no version yet that could differ.
        if stored.version != seen {
            return Ok(Err(WhyVoid::Changed));
        }
        let device = reader.active_device(account).await?.map(|device| device.id);
        Ok(Ok(Closing { stored, reason, device }))
    }

    /// The changes that close it: the device ends with it. After a death nobody is written to.
    pub(in crate::app) fn close(&self, closing: &Closing, now: Timestamp) -> Result<Vec<Change>, Error> {
        let told = match closing.reason {
            ClosingReason::Death => Vec::new(),
            ClosingReason::Duplicate => self.tell(&closing.stored, &NoticeText::AccountClosed, now)?,
        };
        let ended = closing.device.map(|device| Change::EndDevice(device, EndReason::GivenUp));
        // The account ahead of its device: it is at the version that was looked at.
        let closed = Change::CloseAccount(closing.account(), closing.reason, closing.stored.version);
        Ok([closed].into_iter().chain(ended).chain(told).collect())
    }
}
