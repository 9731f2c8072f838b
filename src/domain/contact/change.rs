//! A request for another phone or address: the durable record, its states, and the verbs that move it on.
//!
//! The old value stays live until a code that reached the new one comes back. Every request ends, done or failed: its
//! deadline holds at the moment of reading, whether or not anybody has settled it.

use std::fmt;
use std::time::Duration;

use super::{ContactKind, FailureReason, Tier};
use crate::domain::ids::{AccountId, ChangeId};
use crate::domain::law::contacts::WAITING_MIN;
use crate::domain::time::Timestamp;

/// How long a second person has to agree.
pub const APPROVAL: Duration = Duration::from_hours(24);

/// What configuration tightens of contact changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContactPolicy {
    /// How long a change without the old contact waits.
    pub waiting: Duration,
    /// The longest that codes may be typed, whatever the tier allows.
    pub open: Duration,
}

impl ContactPolicy {
    /// How long codes of a tier may be typed.
    pub fn open(&self, tier: Tier) -> Duration {
        self.open.min(tier.rule().open)
    }

    /// How long a change of that tier waits: never less than the law asks for.
    fn waiting(&self, tier: Tier) -> Duration {
        if tier.rule().waits { self.waiting.max(WAITING_MIN) } else { Duration::ZERO }
    }
}

/// A fingerprint of what a change is about to touch and rests on: the account's contacts and its device. If it differs, the
/// account was changed meanwhile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountPrint(pub [u8; 32]);

/// A request. Its new value is sealed beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactChange {
    /// Its name.
    pub id: ChangeId,
    /// Whose contact changes.
    pub account: AccountId,
    /// What changes.
    pub kind: ContactKind,
    /// How it was asked for.
    pub tier: Tier,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Its deadline in the state it is in.
    pub expires_at: Timestamp,
    /// The request that this one repeats, if it repeats one.
    pub repeats: Option<ChangeId>,
    /// Where it stands.
    pub state: ChangeState,
}

/// States of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeState {
    /// A second person has to agree.
    AwaitingApproval,
    /// A code went to the old contact and has to come back.
    ProvingOld,
    /// A code leaves for the new contact at that moment.
    Waiting {
        /// When.
        until: Timestamp,
    },
    /// A code went to the new contact and has to come back.
    AwaitingCode,
    /// The new value is live.
    Done {
        /// Since when.
        at: Timestamp,
    },
    /// It came to nothing.
    Failed {
        /// Why.
        reason: FailureReason,
        /// Since when.
        at: Timestamp,
    },
}

impl ChangeState {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting-approval",
            Self::ProvingOld => "proving-old",
            Self::Waiting { .. } => "waiting",
            Self::AwaitingCode => "awaiting-code",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether it has not ended.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Done { .. } | Self::Failed { .. })
    }

    /// When it ended.
    pub const fn settled_at(self) -> Option<Timestamp> {
        match self {
            Self::Done { at } | Self::Failed { at, .. } => Some(at),
            _ => None,
        }
    }

    /// Why it failed, if it did.
    pub const fn failure(self) -> Option<FailureReason> {
        match self {
            Self::Failed { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

impl fmt::Display for ChangeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A verb that the request's state does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot {verb} a contact change that is {state}")]
pub struct WrongChangeState {
    /// What was tried.
    pub verb: &'static str,
    /// Where the request stands.
    pub state: ChangeState,
}

impl ContactChange {
    /// A request that is begun now, in the first state of its tier.
    pub fn begin(
        (id, account): (ChangeId, AccountId),
        (kind, tier): (ContactKind, Tier),
        repeats: Option<ChangeId>,
        policy: &ContactPolicy,
        now: Timestamp,
    ) -> Self {
        let (rule, waited) = (tier.rule(), now.plus(policy.waiting(tier)));
        let (state, expires_at) = if rule.approver.is_some() {
            (ChangeState::AwaitingApproval, now.plus(APPROVAL))
        } else if rule.proves_old {
            (ChangeState::ProvingOld, now.plus(policy.open(tier)))
        } else {
            (ChangeState::Waiting { until: waited }, waited.plus(policy.open(tier)))
        };
        Self { id, account, kind, tier, begun_at: now, expires_at, repeats, state }
    }

    /// The request as it stands at `now`: one that is out of time has failed, settled or not.
    pub fn at(mut self, now: Timestamp) -> Self {
        if self.state.is_open() && now >= self.expires_at {
            let reason = match self.state {
                ChangeState::AwaitingApproval => FailureReason::NotApproved,
                _ => FailureReason::Expired,
            };
            self.state = ChangeState::Failed { reason, at: self.expires_at };
        }
        self
    }

    /// When somebody has to look at it, if nobody does before: its code is to leave, or its time is over.
    pub const fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            ChangeState::Waiting { until } => Some(until),
            state if state.is_open() => Some(self.expires_at),
            _ => None,
        }
    }

    /// A second person agrees: the code leaves at once.
    ///
    /// # Errors
    /// If it does not wait for that.
    pub fn approve(mut self, policy: &ContactPolicy, now: Timestamp) -> Result<Self, WrongChangeState> {
        if self.state != ChangeState::AwaitingApproval {
            return Err(self.refuse("approve"));
        }
        self.expires_at = now.plus(policy.open(self.tier));
        self.state = ChangeState::Waiting { until: now };
        Ok(self)
    }

    /// The code came back from the old contact: one leaves for the new at once.
    ///
    /// # Errors
    /// If it does not wait for that.
    pub fn old_is_alive(mut self, now: Timestamp) -> Result<Self, WrongChangeState> {
        if self.state != ChangeState::ProvingOld {
            return Err(self.refuse("go on with"));
        }
        self.state = ChangeState::Waiting { until: now };
        Ok(self)
    }

    /// A code leaves for the new contact.
    ///
    /// # Errors
    /// If it is not the time for it.
    pub fn send_code(mut self, now: Timestamp) -> Result<Self, WrongChangeState> {
        match self.state {
            ChangeState::Waiting { until } if until <= now => self.state = ChangeState::AwaitingCode,
            _ => return Err(self.refuse("send the code of")),
        }
        Ok(self)
    }

    /// The code came back from the new contact: it is live.
    ///
    /// # Errors
    /// If it does not wait for that.
    pub fn confirm(mut self, now: Timestamp) -> Result<Self, WrongChangeState> {
        if self.state != ChangeState::AwaitingCode {
            return Err(self.refuse("confirm"));
        }
        self.state = ChangeState::Done { at: now };
        Ok(self)
    }

    /// Ends it without success. What ended otherwise stays as it is.
    ///
    /// # Errors
    /// If it has ended.
    pub fn fail(mut self, reason: FailureReason, now: Timestamp) -> Result<Self, WrongChangeState> {
        if !self.state.is_open() {
            return Err(self.refuse("give up"));
        }
        self.state = ChangeState::Failed { reason, at: now };
        Ok(self)
    }

    const fn refuse(&self, verb: &'static str) -> WrongChangeState {
        WrongChangeState { verb, state: self.state }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const POLICY: ContactPolicy = ContactPolicy { waiting: Duration::from_hours(24), open: Duration::from_hours(72) };
    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn begun(tier: Tier) -> ContactChange {
        let ids = (ChangeId::new(Uuid::nil()), AccountId::new(Uuid::nil()));
        ContactChange::begin(ids, (ContactKind::Phone, tier), None, &POLICY, NOW)
    }

    #[test]
    fn each_tier_begins_with_what_it_asks_for() {
        let states = Tier::ALL.map(|tier| begun(tier).state);
        let waiting = ChangeState::Waiting { until: NOW.plus(Duration::from_hours(24)) };
        let approval = ChangeState::AwaitingApproval;
        assert_eq!(states, [ChangeState::ProvingOld, waiting, approval, approval]);
        let hours = Tier::ALL.map(|tier| begun(tier).expires_at.since(NOW).as_secs() / 3_600);
        assert_eq!(hours, [1, 96, 24, 24]);
    }

    #[test]
    fn configuration_lengthens_the_waiting_time_and_shortens_what_follows_and_never_the_other_way() {
        let lax = ContactPolicy { waiting: Duration::ZERO, open: Duration::from_hours(500) };
        assert_eq!(
            (lax.waiting(Tier::DeviceAlone), lax.open(Tier::DeviceAndContact)),
            (WAITING_MIN, Duration::from_hours(1))
        );
        let strict = ContactPolicy { waiting: Duration::from_hours(48), open: Duration::from_mins(30) };
        assert_eq!(
            (strict.waiting(Tier::DeviceAlone).as_secs(), strict.open(Tier::DeviceAlone).as_secs()),
            (172_800, 1_800)
        );
    }

    #[test]
    fn the_code_leaves_when_the_wait_is_over_and_not_before() {
        let waiting = begun(Tier::DeviceAlone);
        let over = NOW.plus(Duration::from_hours(24));
        assert_eq!(waiting.due_at(), Some(over));
        assert!(waiting.clone().send_code(over.minus(Duration::from_micros(1))).is_err());
        let sent = waiting.send_code(over).unwrap();
        assert_eq!((sent.state, sent.due_at()), (ChangeState::AwaitingCode, Some(sent.expires_at)));
        assert!(sent.clone().send_code(over).is_err(), "once");
        assert_eq!(sent.confirm(over).unwrap().state, ChangeState::Done { at: over });
    }

    #[test]
    fn what_waits_for_a_second_person_gets_its_time_from_the_approval_on() {
        let later = NOW.plus(Duration::from_hours(23));
        let approved = begun(Tier::InPerson).approve(&POLICY, later).unwrap();
        assert_eq!(approved.state, ChangeState::Waiting { until: later });
        assert_eq!(approved.expires_at, later.plus(Duration::from_hours(24)));
        assert!(approved.approve(&POLICY, later).is_err(), "once");
        let late = begun(Tier::InPerson).at(NOW.plus(APPROVAL));
        assert_eq!(late.state.failure(), Some(FailureReason::NotApproved));
        assert!(late.approve(&POLICY, later).is_err());
    }

    #[test]
    fn the_old_contact_proves_itself_before_the_new_one_gets_a_code() {
        let proving = begun(Tier::DeviceAndContact);
        assert!(proving.clone().send_code(NOW).is_err() && proving.clone().confirm(NOW).is_err());
        let sent = proving.old_is_alive(NOW).unwrap().send_code(NOW).unwrap();
        assert_eq!(sent.state, ChangeState::AwaitingCode);
        assert!(begun(Tier::DeviceAlone).old_is_alive(NOW).is_err());
    }

    #[test]
    fn a_request_ends_once_and_says_how() {
        let code = begun(Tier::DeviceAndContact).old_is_alive(NOW).unwrap().send_code(NOW).unwrap();
        let done = code.clone().confirm(NOW).unwrap();
        assert_eq!((done.due_at(), done.state.settled_at()), (None, Some(NOW)));
        assert!(
            done.clone().confirm(NOW).is_err() && done.clone().fail(FailureReason::CancelledByHolder, NOW).is_err()
        );
        let failed = code.clone().fail(FailureReason::CancelledByNotice, NOW).unwrap();
        assert_eq!(failed.state.failure(), Some(FailureReason::CancelledByNotice));
        assert_eq!(failed.confirm(NOW).unwrap_err().to_string(), "cannot confirm a contact change that is failed");
        let end = code.expires_at;
        assert_eq!(code.at(end).state, ChangeState::Failed { reason: FailureReason::Expired, at: end });
    }
}
