//! Giving a change up: by the staff, with the bound device, or with the code of a notice.

use serde::{Deserialize, Serialize};

use super::{ChangeView, Standpoint};
use crate::app::budgets::Spent;
use crate::app::devices::Answer;
use crate::app::repeat::Attempt;
use crate::app::{ATTEMPTS_MAX, App, Caller, Error, Missing, Repeat};
use crate::domain::audit::{Action, Actor};
use crate::domain::contact::{CancelLink, ContactChange, FailureReason};
use crate::domain::device::{About, ChallengeValue, DevicePurpose, DeviceSignature, NotProven};
use crate::domain::ids::{AccountId, ChangeId};
use crate::domain::network::SourceNetwork;
use crate::domain::time::Timestamp;
use crate::store::{Change, StoreError, StoredChange, Unit};

/// What became of a wish to give a change up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum GivenUp {
    /// It is given up.
    GivenUp,
    /// It had ended before.
    NotPending,
    /// The account has no device.
    NoDevice,
    /// The challenge was answered before, has ended, or is for something else.
    ChallengeUnusable,
    /// The account's device did not sign it.
    WrongSignature,
}

/// What became of a code from a notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The change is stopped.
    Stopped,
    /// It stops nothing: no notice has it, or the change has ended. The two look the same.
    NotStopped,
    /// Too many were tried from there.
    HeldBack {
        /// When to try again.
        retry_at: Timestamp,
    },
}

impl App {
    /// The staff gives an open change up. Again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::WrongChangeState`] if it has ended otherwise.
    pub async fn cancel_contact_change(
        &self,
        by: &Caller,
        standpoint: &Standpoint,
        id: ChangeId,
    ) -> Result<ChangeView, Error> {
        let now = self.clock().now();
        for _ in 0..ATTEMPTS_MAX {
            let mut reader = self.store().reader().await?;
            let (stored, _, change) = self.seen_change(&mut reader, standpoint, id, now).await?;
            drop(reader);
            if change.state.failure() == Some(FailureReason::CancelledByStaff) {
                return self.view_of(&stored, change);
            }
            let given_up = change.fail(FailureReason::CancelledByStaff, now)?;
            match self.commit(self.given_up(by.actor(), &stored, &given_up, now)).await {
                Ok(()) => return self.view_of(&stored, given_up),
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// The holder gives an open change up with the bound device.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a change that is none of the account's, [`Error::RequestIdReused`].
    pub async fn give_contact_change_up(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, id): (AccountId, ChangeId),
        answer: (ChallengeValue, &DeviceSignature),
    ) -> Result<(GivenUp, ChangeView), Error> {
        let now = self.clock().now();
        let given_up = self.once(by, repeat, || self.give_up_once(by, repeat, (account, id), answer, now)).await?;
        let mut reader = self.store().reader().await?;
        let (stored, _, change) = self.seen_change(&mut reader, &Standpoint::Holder(account), id, now).await?;
        Ok((given_up, self.view_of(&stored, change)?))
    }

    async fn give_up_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, id): (AccountId, ChangeId),
        (challenge, signature): (ChallengeValue, &DeviceSignature),
        now: Timestamp,
    ) -> Result<Attempt<GivenUp>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let (stored, _, change) = self.seen_change(&mut reader, &Standpoint::Holder(account), id, now).await?;
        let Some(device) = reader.active_device(account).await? else {
            return Ok(Attempt::Unchanged(GivenUp::NoDevice));
        };
        let purpose = DevicePurpose::ContactCancel;
        let about = &About::Change(id);
        let answer = Answer { account, purpose, key: &device.key, challenge, signature, about };
        let spent = Change::SpendDeviceChallenge(challenge);
        match self.proven(&mut reader, &answer, now).await? {
            Err(NotProven::Unusable) => Ok(Attempt::Unchanged(GivenUp::ChallengeUnusable)),
            Err(NotProven::WrongSignature) => {
                let answer = GivenUp::WrongSignature;
                let entry = self.device_refused(by, account, purpose, now);
                Ok(Attempt::Change(answer, Unit::new(entry).with(repeat.remember(by, &answer)?).with(spent)))
            }
            Ok(_) if !change.state.is_open() => Ok(Attempt::Unchanged(GivenUp::NotPending)),
            Ok(_) => {
                let answer = GivenUp::GivenUp;
                let given_up = change.fail(FailureReason::CancelledByHolder, now)?;
                let unit = self.given_up(by.actor(), &stored, &given_up, now);
                Ok(Attempt::Change(answer, unit.with(repeat.remember(by, &answer)?).with(spent)))
            }
        }
    }

    /// Whoever reads a notice stops the change that it tells of. Needs nothing but the code in it; what is tried from one
    /// network is counted.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn stop_contact_change(
        &self,
        by: &Caller,
        link: &CancelLink,
        source: Option<SourceNetwork>,
    ) -> Result<Stopped, Error> {
        if let Err(Spent { retry_at }) = self.spend_stop(source).await {
            return Ok(Stopped::HeldBack { retry_at });
        }
        let (now, index) = (self.clock().now(), self.vault().cancel_link(link));
        for _ in 0..ATTEMPTS_MAX {
            let mut reader = self.store().reader().await?;
            let Some(stored) = reader.change_by_link(&index).await? else {
                return self.link_refused(by, now).await;
            };
            let missing = || Error::NotFound(Missing::Account);
            let account = self.account_in(&mut reader, stored.change.account).await?.ok_or_else(missing)?;
            let change = self.standing_of(&mut reader, &stored, &account, now).await?;
            drop(reader);
            if change.state.failure() == Some(FailureReason::CancelledByNotice) {
                return Ok(Stopped::Stopped);
            }
            let Ok(stopped) = change.fail(FailureReason::CancelledByNotice, now) else {
                return self.link_refused(by, now).await;
            };
            match self.commit(self.given_up(by.actor(), &stored, &stopped, now)).await {
                Ok(()) => return Ok(Stopped::Stopped),
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// Whoever tries codes is seen.
    async fn link_refused(&self, by: &Caller, now: Timestamp) -> Result<Stopped, Error> {
        let entry = self.entry(now, by.actor(), Action::CancelLinkRefused, by.id().uuid());
        self.commit(Unit::new(entry)).await?;
        Ok(Stopped::NotStopped)
    }

    fn given_up(&self, by: Actor, stored: &StoredChange, change: &ContactChange, now: Timestamp) -> Unit {
        let reason = change.state.failure().map_or("none", FailureReason::name);
        let entry = self.change_entry(now, by, Action::ContactChangeCancelled, change).with("reason", reason);
        Unit::new(entry).with(Change::SaveChange(Box::new(change.clone()), stored.version))
    }
}
