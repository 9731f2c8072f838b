//! Replacing a device: the one before agrees, or the holder stood at a counter. The old certificates are revoked in the unit
//! that binds the new device, so that there are never two and never none.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bind::BoundDevice;
use super::challenge::{NewDevice, NotBindable};
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Repeat};
use crate::device_ca::Authority;
use crate::domain::account::AccountState;
use crate::domain::audit::{Action, Entry};
use crate::domain::device::{
    Assurance, CounterCode, Device, DevicePurpose, DeviceSignature, EndReason, KeyProof, ProofPurpose, Route,
};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::message::NoticeText;
use crate::domain::time::Timestamp;
use crate::store::{Change, StoredAccount, Unit};

/// A wish to replace a device.
#[derive(Clone)]
pub struct Replacement {
    /// Whose.
    pub account: AccountId,
    /// The new device.
    pub device: NewDevice,
    /// By whose leave.
    pub leave: Leave,
}

/// By whose leave a device is replaced.
#[derive(Clone, Debug)]
pub enum Leave {
    /// The old device's.
    Consent(DeviceSignature),
    /// That of a counter, where the holder stood.
    Counter(CounterCode),
}

/// What became of it.
#[derive(Debug)]
pub enum Replaced {
    /// The new device is bound, the old one ended.
    Bound(Box<BoundDevice>),
    /// It is not bound.
    Not(NotReplaced),
}

/// Why no device was bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum NotReplaced {
    /// The account is not active.
    NotActive,
    /// It is locked or closed.
    Locked,
    /// The new device cannot be bound.
    NotBindable(NotBindable),
    /// There is no old device, or it did not agree to this one.
    NoConsent,
    /// Not the code from the counter.
    WrongCode {
        /// How often it may be tried yet.
        tries_left: u32,
    },
    /// No code from a counter can be tried.
    NoLiveCode,
}

/// The first answer to a wish.
#[derive(Serialize, Deserialize)]
enum First {
    Bound(DeviceId),
    Not(NotReplaced),
}

/// What was found in order, and what the unit needs.
#[derive(Clone)]
struct Ready {
    account: StoredAccount,
    proof: KeyProof,
    assurance: Assurance,
    old: Option<Device>,
    authority: Arc<Authority>,
    now: Timestamp,
}

impl App {
    /// Binds another device in place of the account's.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::RequestIdReused`].
    pub async fn replace_device(&self, by: &Caller, repeat: &Repeat, wish: &Replacement) -> Result<Replaced, Error> {
        let now = self.clock().now();
        let replaced = self.once(by, repeat, || self.replace_once(by, repeat, wish, now)).await?;
        if matches!(replaced, Replaced::Bound(_)) {
            self.publish_soon().await;
        }
        Ok(replaced)
    }

    async fn replace_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        wish: &Replacement,
        now: Timestamp,
    ) -> Result<Attempt<Replaced>, Error> {
        let authority = self.issuing_authority().await?;
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(match first {
                First::Bound(id) => Replaced::Bound(Box::new(self.bound_device(&mut reader, id).await?)),
                First::Not(why) => Replaced::Not(why),
            }));
        }
        let unchanged = |why| Ok(Attempt::Unchanged(Replaced::Not(why)));
        let account = self.account_in(&mut reader, wish.account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if !matches!(account.account.state, AccountState::Active { .. }) {
            return unchanged(NotReplaced::NotActive);
        }
        if account.account.standing(now).is_held() {
            return unchanged(NotReplaced::Locked);
        }
        let meant = (wish.account, DevicePurpose::Replacement);
        let (proof, assurance) = match self.bindable(&mut reader, meant, &wish.device, now).await? {
            Ok(proven) => proven,
            Err(why @ NotBindable::WrongSignature) => {
                return self.not_replaced(by, repeat, wish, NotReplaced::NotBindable(why), now);
            }
            Err(why) => return unchanged(NotReplaced::NotBindable(why)),
        };
        let old = reader.active_device(wish.account).await?;
        drop(reader);
        let ready = Ready { account, proof, assurance, old, authority, now };
        match &wish.leave {
            Leave::Consent(consent) => {
                let agreed = ready.old.as_ref().map(|old| ready.proof.consented(&old.key, consent));
                match agreed {
                    Some(Ok(_)) => {
                        let (bound, unit) = self.replaced(by, repeat, &ready, Route::Consent)?;
                        Ok(Attempt::Change(Replaced::Bound(Box::new(bound)), unit))
                    }
                    _ => self.not_replaced(by, repeat, wish, NotReplaced::NoConsent, now),
                }
            }
            Leave::Counter(code) => self.replace_at_counter(by, repeat, ready, code.clone()).await,
        }
    }

    /// Nothing is bound, and the challenge is spent: a signature was given for it.
    fn not_replaced(
        &self,
        by: &Caller,
        repeat: &Repeat,
        wish: &Replacement,
        why: NotReplaced,
        now: Timestamp,
    ) -> Result<Attempt<Replaced>, Error> {
        let unit = Unit::new(self.device_refused(by, wish.account, DevicePurpose::Replacement, now))
            .with(repeat.remember(by, &First::Not(why))?)
            .with(Change::SpendDeviceChallenge(wish.device.challenge));
        Ok(Attempt::Change(Replaced::Not(why), unit))
    }

    /// The entry of an answer that proves nothing.
    pub(in crate::app) fn device_refused(
        &self,
        by: &Caller,
        account: AccountId,
        purpose: DevicePurpose,
        now: Timestamp,
    ) -> Entry {
        self.entry(now, by.actor(), Action::DeviceRefused, account.uuid()).with("purpose", purpose.name())
    }

    async fn replace_at_counter(
        &self,
        by: &Caller,
        repeat: &Repeat,
        ready: Ready,
        code: CounterCode,
    ) -> Result<Attempt<Replaced>, Error> {
        let (account, now) = (ready.account.account.id, ready.now);
        let refused = self.device_refused(by, account, DevicePurpose::Replacement, now);
        let (actor, call, again) = (by.clone(), repeat.clone(), (by.clone(), repeat.clone()));
        let right = move |app: &Self, _| {
            let (bound, unit) = app.replaced(&actor, &call, &ready, Route::InPerson)?;
            Ok((Replaced::Bound(Box::new(bound)), unit))
        };
        let wrong = move |tries_left| {
            let why = NotReplaced::WrongCode { tries_left };
            Ok((Replaced::Not(why), again.1.remember(&again.0, &First::Not(why))?))
        };
        let none = Replaced::Not(NotReplaced::NoLiveCode);
        self.try_proof((account, ProofPurpose::Replacement), (code, refused), now, right, wrong, none).await
    }

    /// The new device, and the unit that binds it in place of the old one and tells the holder.
    fn replaced(
        &self,
        by: &Caller,
        repeat: &Repeat,
        ready: &Ready,
        route: Route,
    ) -> Result<(BoundDevice, Unit), Error> {
        let Ready { account, proof, assurance, old, authority, now } = ready;
        let (bound, changes) = self.bind_device(authority, proof, (route, *assurance), *now)?;
        let entry = self
            .entry(*now, by.actor(), Action::DeviceReplaced, proof.account().uuid())
            .with("device", bound.device.id.to_string())
            .with("former", old.as_ref().map(|old| old.id.to_string()).unwrap_or_default())
            .with("route", route.name())
            .with("assurance", assurance.name());
        let ended = old.as_ref().map(|old| Change::EndDevice(old.id, EndReason::Replaced));
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &First::Bound(bound.device.id))?)
            .with_all(ended)
            .with_all(changes)
            .with_all(self.tell(account, &NoticeText::DeviceChanged, *now)?);
        Ok((bound, unit))
    }
}
