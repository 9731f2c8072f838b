//! The slot of an account and purpose: the code in it, how often it was sent, and what may still be done with it.

use super::{CodePolicy, Failures, Purpose, SKEW_MAX, TooManyFailures, day_counted};
use crate::domain::device::KeyThumbprint;
use crate::domain::ids::{AccountId, CodeId, Version};
use crate::domain::sealed::{CodeDigest, Sealed};
use crate::domain::time::Timestamp;

/// How often codes were sent for a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sends {
    /// The day that `today` counts, as a Julian day number; 0 before the first.
    pub day: i64,
    /// Sendings on that day.
    pub today: u32,
    /// The last one.
    pub last: Option<Timestamp>,
}

impl Sends {
    /// The last one, unless it is in the future: the clock was set back.
    pub fn last_by(&self, now: Timestamp) -> Option<Timestamp> {
        self.last.filter(|last| *last <= now.plus(SKEW_MAX))
    }

    /// Sendings on the day of `now`.
    pub fn on_day_of(&self, now: Timestamp) -> u32 {
        if self.day == day_counted(self.day, now) { self.today } else { 0 }
    }

    /// One more.
    #[must_use]
    pub fn sent(self, now: Timestamp) -> Self {
        let today = self.on_day_of(now).saturating_add(1);
        Self { day: day_counted(self.day, now), today, last: Some(now) }
    }
}

/// A slot as it was read.
#[derive(Clone, Debug)]
pub struct Slot {
    /// How often it was changed; [`Version::NONE`] if it was never used.
    pub version: Version,
    /// How often codes were sent.
    pub sends: Sends,
    /// The last code, which may be spent or over.
    pub code: Option<SlotCode>,
}

impl Slot {
    /// A slot that was never used.
    pub const UNUSED: Self = Self { version: Version::NONE, sends: Sends { day: 0, today: 0, last: None }, code: None };

    /// The code that can be tried at `now`, if there is one.
    pub fn live(&self, now: Timestamp) -> Option<&SlotCode> {
        self.code.as_ref().filter(|code| code.is_live(now))
    }
}

/// A code in its slot.
#[derive(Clone, Debug)]
pub struct SlotCode {
    /// Its name.
    pub id: CodeId,
    /// When it was sent first.
    pub first_sent_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How often it may still be tried; none once it is spent.
    pub tries_left: u32,
    /// The code, so that it can be sent again; absent if it cannot.
    pub sealed: Option<Sealed>,
    /// The key of the device that it is to bind, if it is to bind one.
    pub device: Option<KeyThumbprint>,
}

impl SlotCode {
    /// Whether it can be tried at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        // One from the future was sent under another clock: nobody knows how long it has lived.
        self.tries_left > 0 && now < self.expires_at && self.first_sent_at <= now.plus(SKEW_MAX)
    }

    /// Sends it again at `now`: it lives on from there, within what the law allows from the first sending.
    pub fn sent_again(&self, sends: Sends, policy: &CodePolicy, purpose: Purpose, now: Timestamp) -> SentAgain {
        let (lifetime, ceiling) = policy.lifetimes(purpose);
        let expires_at = now.plus(lifetime).min(self.first_sent_at.plus(ceiling)).max(self.expires_at);
        SentAgain { expires_at, sends: sends.sent(now) }
    }
}

/// A code that is sent again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SentAgain {
    /// When it ends now.
    pub expires_at: Timestamp,
    /// Sendings, this one counted.
    pub sends: Sends,
}

/// A new code on its way, as the slot keeps it.
#[derive(Clone, Debug)]
pub struct SentCode {
    /// Whose slot.
    pub account: AccountId,
    /// Which slot.
    pub purpose: Purpose,
    /// The key of the device that it is to bind, if it is to bind one.
    pub device: Option<KeyThumbprint>,
    /// The code's name.
    pub id: CodeId,
    /// What a typed code is compared with.
    pub digest: CodeDigest,
    /// The code, for sending it again.
    pub sealed: Sealed,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How often it may be tried.
    pub tries_max: u32,
    /// Sendings, this one counted.
    pub sends: Sends,
}

impl SentCode {
    /// A code sent at `now`.
    ///
    /// # Errors
    /// If too many tries have failed.
    pub fn new(
        (account, purpose, device): (AccountId, Purpose, Option<KeyThumbprint>),
        (id, digest, sealed): (CodeId, CodeDigest, Sealed),
        (failures, sends): (Failures, Sends),
        policy: &CodePolicy,
        now: Timestamp,
    ) -> Result<Self, TooManyFailures> {
        let tries_max = failures.allowance(policy, now)?;
        let expires_at = now.plus(policy.lifetimes(purpose).0);
        let sends = sends.sent(now);
        Ok(Self { account, purpose, device, id, digest, sealed, sent_at: now, expires_at, tries_max, sends })
    }
}

/// A try that has been counted and may now be compared.
#[derive(Clone, Debug)]
pub struct CountedTry {
    /// The code that is tried.
    pub code: CodeId,
    /// What to compare with.
    pub digest: CodeDigest,
    /// Failures in a row, should this be one.
    pub in_row: u32,
    /// Tries left after this one.
    pub tries_left: u32,
}

impl CountedTry {
    /// Whether this is the same try of the same code, counted once more because the first count was undone.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.code, self.in_row, self.tries_left) == (other.code, other.in_row, other.tries_left)
    }
}
