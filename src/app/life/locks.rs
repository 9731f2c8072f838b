//! Locking: by staff, by the holder with the bound device; and what is shown of it.

use serde::{Deserialize, Serialize};

use crate::app::devices::Answer;
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, LookPurpose, Missing, Repeat};
use crate::domain::account::Standing;
use crate::domain::audit::Action;
use crate::domain::device::{About, ChallengeValue, DevicePurpose, DeviceSignature, NotProven};
use crate::domain::ids::{AccountId, LockId, OrderId, StaffId};
use crate::domain::life::{Closed, DocumentKind};
use crate::domain::lock::{CannotLock, Ground, Lock, LockGrounds};
use crate::domain::review::ReviewReason;
use crate::domain::staff::Role;
use crate::domain::time::Timestamp;
use crate::store::{Change, StoredLock, Unit};

/// What the evidence of a holder's own lock says.
const WITH_THE_DEVICE: &str = "The holder asked for it with the bound device.";

/// What became of a wish to lock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum LockedNow {
    /// The ground stands from now on.
    Locked(LockId),
    /// It stood before.
    AlreadyLocked,
    /// The account was closed for good.
    Closed,
    /// The caller's role may not set this ground, or nobody may.
    #[serde(skip)]
    Refused(CannotLock),
}

/// What became of a holder's wish to lock their own account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Owned {
    /// It is locked.
    Locked,
    /// It was, by the holder.
    AlreadyLocked,
    /// The account was closed for good.
    Closed,
    /// The account has no device.
    NoDevice,
    /// The challenge was answered before, has ended, or is for something else.
    ChallengeUnusable,
    /// The account's device did not sign it.
    WrongSignature,
}

/// A ground as it is shown to staff.
#[derive(Debug)]
pub struct ShownLock {
    /// The ground.
    pub lock: Lock,
    /// Who set it.
    pub set_by: StaffId,
    /// Who lifted it, if somebody did.
    pub ended_by: Option<StaffId>,
    /// On what it rests; for administrators alone.
    pub evidence: Option<ReviewReason>,
}

/// What decides about an account, for staff.
#[derive(Debug)]
pub struct LifeView {
    /// The account.
    pub account: AccountId,
    /// Where it stands.
    pub standing: Standing,
    /// The grounds that lock it now, those that come by themselves included.
    pub grounds: Vec<Ground>,
    /// Every ground that was ever set, oldest first.
    pub locks: Vec<ShownLock>,
    /// Its documents, the latest shown first: of which kind, until when as printed, since when known.
    pub documents: Vec<(DocumentKind, time::Date, Timestamp)>,
    /// The last days that decide.
    pub papers: crate::domain::life::Papers,
    /// Its end, if it was closed.
    pub closed: Option<Closed>,
}

impl App {
    /// Sets a ground at the caller's word. Locks add up: one that stands for another reason is no hindrance.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::RequestIdReused`].
    pub async fn lock_account(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, ground): (AccountId, Ground),
        evidence: &ReviewReason,
    ) -> Result<LockedNow, Error> {
        let now = self.clock().now();
        if let Err(why) = ground.settable_by(by.role()) {
            return Ok(LockedNow::Refused(why));
        }
        self.once(by, repeat, || self.lock_once(by, repeat, (account, ground), evidence, now)).await
    }

    async fn lock_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, ground): (AccountId, Ground),
        evidence: &ReviewReason,
        now: Timestamp,
    ) -> Result<Attempt<LockedNow>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let stored = reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        drop(reader);
        if stored.account.life.closed.is_some() {
            return Ok(Attempt::Unchanged(LockedNow::Closed));
        }
        if stored.account.life.set.contains(ground) {
            return Ok(Attempt::Unchanged(LockedNow::AlreadyLocked));
        }
        let lock = self.new_lock((account, ground), (None, false), by.id(), evidence, now)?;
        let answer = LockedNow::Locked(lock.lock.id);
        let entry = self
            .entry(now, by.actor(), Action::AccountLocked, account.uuid())
            .with("ground", ground.name())
            .with("lock", lock.lock.id.to_string());
        let unit = Unit::new(entry).with(repeat.remember(by, &answer)?).with(Change::SetLock(Box::new(lock)));
        Ok(Attempt::Change(answer, unit))
    }

    /// A ground that is about to stand.
    pub(super) fn new_lock(
        &self,
        (account, ground): (AccountId, Ground),
        (order, is_silent): (Option<OrderId>, bool),
        set_by: StaffId,
        evidence: &ReviewReason,
        now: Timestamp,
    ) -> Result<StoredLock, Error> {
        let id = LockId::new(self.dice().id(now));
        let lock = Lock { id, account, ground, order, is_silent, since: now, ended_at: None };
        Ok(StoredLock { lock, evidence: self.seal_lock_evidence(id, evidence)?, set_by, ended: None })
    }

    /// Locks an account as its holder asks with the bound device. Unlocking takes an office: whoever has the device and the
    /// number in hand may be the one against whom it was locked.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::RequestIdReused`].
    pub async fn lock_own_account(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        (challenge, signature): (ChallengeValue, &DeviceSignature),
    ) -> Result<Owned, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.lock_own_once(by, repeat, account, (challenge, signature), now)).await
    }

    async fn lock_own_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        (challenge, signature): (ChallengeValue, &DeviceSignature),
        now: Timestamp,
    ) -> Result<Attempt<Owned>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let stored = reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        let Some(device) = reader.active_device(account).await? else {
            return Ok(Attempt::Unchanged(Owned::NoDevice));
        };
        let answer = Answer {
            account,
            purpose: DevicePurpose::Lock,
            key: &device.key,
            challenge,
            signature,
            about: &About::Nothing,
        };
        let proven = self.proven(&mut reader, &answer, now).await?;
        drop(reader);
        let spent = Change::SpendDeviceChallenge(challenge);
        match proven {
            Err(NotProven::Unusable) => return Ok(Attempt::Unchanged(Owned::ChallengeUnusable)),
            Err(NotProven::WrongSignature) => {
                let entry = self.device_refused(by, account, DevicePurpose::Lock, now);
                let unit = Unit::new(entry).with(repeat.remember(by, &Owned::WrongSignature)?).with(spent);
                return Ok(Attempt::Change(Owned::WrongSignature, unit));
            }
            Ok(_) => {}
        }
        if stored.account.life.closed.is_some() {
            return Ok(Attempt::Unchanged(Owned::Closed));
        }
        if stored.account.life.set.contains(Ground::HolderRequest) {
            return Ok(Attempt::Unchanged(Owned::AlreadyLocked));
        }
        let evidence = ReviewReason::parse(WITH_THE_DEVICE).map_err(|error| Error::Broken(Box::new(error)))?;
        let lock = self.new_lock((account, Ground::HolderRequest), (None, false), by.id(), &evidence, now)?;
        let entry = self
            .entry(now, by.actor(), Action::AccountLocked, account.uuid())
            .with("ground", Ground::HolderRequest.name())
            .with("lock", lock.lock.id.to_string())
            .with("device", device.id.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Owned::Locked)?)
            .with(spent)
            .with(Change::SetLock(Box::new(lock)));
        Ok(Attempt::Change(Owned::Locked, unit))
    }

    /// What locks an account, and until when its documents hold. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account.
    pub async fn account_life(&self, by: &Caller, why: LookPurpose, id: AccountId) -> Result<LifeView, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let stored = self.account_in(&mut reader, id).await?.ok_or(Error::NotFound(Missing::Account))?;
        let (locks, documents) = (reader.locks(id).await?, reader.documents(id).await?);
        drop(reader);
        let entry = self.entry(now, by.actor(), Action::AccountLifeViewed, id.uuid()).with("purpose", why.name());
        self.commit(Unit::new(entry)).await?;
        let opens = by.role() == Role::Administrator;
        let shown = |lock: StoredLock| {
            let evidence = if opens { Some(self.open_lock_evidence(&lock)?) } else { None };
            let ended_by = lock.ended.as_ref().map(|(by, _)| *by);
            Ok(ShownLock { lock: lock.lock, set_by: lock.set_by, ended_by, evidence })
        };
        let life = stored.account.life;
        Ok(LifeView {
            account: id,
            standing: stored.account.standing(now),
            grounds: life.grounds(now).into_iter().flat_map(LockGrounds::iter).collect(),
            locks: locks.into_iter().map(shown).collect::<Result<_, Error>>()?,
            documents: documents.iter().map(|one| (one.kind, one.valid_until, one.added_at)).collect(),
            papers: life.papers,
            closed: life.closed,
        })
    }
}
