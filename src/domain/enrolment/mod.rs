//! A request for an account, from the counter to the authority's decision.
//!
//! Owns the state machine that `docs/states.md` publishes: the stages, the verbs that lead from one to another, and the
//! event that each passage writes. Refuses everything that the table there does not show.

mod clock;
mod event;
mod hand_over;
mod reason;
mod stage;
#[cfg(test)]
mod tests;

pub use event::{Event, Passage, Verb};
pub use hand_over::{HandOver, HandOverStanding};
pub use reason::{RefusalReason, ReturnReason, WithdrawalReason};
pub use stage::{Holder, Lease, Stage, StageName};

use std::collections::BTreeSet;
use std::time::Duration;

use super::audit::Actor;
use super::chip::ChipSummary;
use super::deadline::Deadline;
use super::finding::{Cleared, Finding, Severity};
use super::ids::{AccountId, EnrolmentId, LeaseId, StaffId};
use super::record::Biometrics;
use super::review::{CannotReview, Review};
use super::staff::OfficeCode;
use super::time::Timestamp;

/// A request. Its content is sealed beside it; this is what may be known without opening it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment {
    /// Its name.
    pub id: EnrolmentId,
    /// Office that took it in.
    pub office: OfficeCode,
    /// Officer who took it in or, after a correction, who handed in what is held now.
    pub officer: StaffId,
    /// When it was taken in.
    pub received_at: Timestamp,
    /// Since when it stands where it stands.
    pub since: Timestamp,
    /// How often its content was handed in: 1, and one more for each correction.
    pub revision: u32,
    /// What the rules left.
    pub notes: Vec<Finding>,
    /// Which biometrics the immigration record had when it was asked; absent if it did not tell. Decides the deadline:
    /// [`super::law::hand_over`].
    pub biometrics_on_file: Option<Biometrics>,
    /// What a supervisor decided about findings that refer.
    pub review: Option<Review>,
    /// What the chip proved, if it was read.
    pub chip: Option<ChipSummary>,
    /// Where it stands.
    pub stage: Stage,
    /// Until when it must be decided. Absent only before [`Enrolment::keep_time`], and in requests of before deadlines were
    /// kept.
    pub deadline: Option<Deadline>,
    /// Until when whoever holds it should act; absent when it has ended.
    pub act_by: Option<Timestamp>,
}

/// A decision that the request's stage does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotDecide {
    /// It was decided before.
    #[error("the request was decided already")]
    AlreadyDecided,
    /// The office gave it up.
    #[error("the request was withdrawn")]
    Withdrawn,
    /// It went back to the office for correction, and has not come again.
    #[error("the request was returned for correction")]
    Returned,
    /// The lease named is not the request's latest one: it lapsed and the request was claimed again, or never was.
    #[error("the lease is no longer this request's")]
    LeaseLost,
}

/// A withdrawal that cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotWithdraw {
    /// It has ended.
    #[error("the request has ended")]
    Ended,
    /// The authority holds it under a lease, and may be deciding.
    #[error("the authority holds the request")]
    Held {
        /// In how long the lease lapses.
        wait: Duration,
    },
}

/// A correction of a request that was not returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the request was not returned for correction")]
pub struct NotReturned;

/// Who sends a request on when it has been received.
const RULES: Actor = Actor::Service("rules");

impl Enrolment {
    /// Takes a request in and sends it where the rules say: the proof says that they were applied; if one refers, a
    /// supervisor comes first.
    pub fn receive(id: EnrolmentId, office: OfficeCode, officer: StaffId, cleared: Cleared, now: Timestamp) -> Passage {
        let enrolment = Self {
            id,
            office,
            officer,
            received_at: now,
            since: now,
            revision: 1,
            notes: cleared.notes(),
            biometrics_on_file: None,
            review: None,
            chip: None,
            stage: Stage::Received,
            deadline: None,
            act_by: None,
        };
        let to = StageName::Received;
        let by = Actor::Staff(officer).to_string();
        let event = Event { verb: Verb::Receive, at: now, by, from: None, to, reason: None, lease: None };
        Passage::new(enrolment, event).then(|received| received.routed(now))
    }

    /// Takes what `officer` corrected in a request that was returned, and sends it where the rules say by now.
    ///
    /// # Errors
    /// If it was not returned.
    pub fn correct(mut self, officer: StaffId, cleared: Cleared, now: Timestamp) -> Result<Passage, NotReturned> {
        if !matches!(self.stage, Stage::Returned { .. }) {
            return Err(NotReturned);
        }
        self.officer = officer;
        self.revision = self.revision.saturating_add(1);
        self.notes = cleared.notes();
        // What a supervisor overrode was about what was handed in before.
        self.review = None;
        let corrected = self.moved(Verb::Correct, Stage::Received, Actor::Staff(officer), now);
        Ok(corrected.then(|received| received.routed(now)))
    }

    /// Sends a request that was just received where the rules say.
    fn routed(self, now: Timestamp) -> Passage {
        let rules = self.referred_by();
        let (verb, stage) = if rules.is_empty() {
            (Verb::Forward, Stage::Forwarded { lease: None })
        } else {
            (Verb::Refer, Stage::Referred)
        };
        let names = (!rules.is_empty()).then(|| rules.into_iter().collect::<Vec<_>>().join(","));
        let from = Some(self.stage.name());
        let event = Event { verb, at: now, by: RULES.to_string(), from, to: stage.name(), reason: names, lease: None };
        Passage::new(Self { stage, since: now, act_by: None, ..self }, event)
    }

    /// Names of the rules that referred it, each once.
    pub fn referred_by(&self) -> BTreeSet<&'static str> {
        let refer = self.notes.iter().filter(|note| note.rule.severity == Severity::Refer);
        refer.map(|note| note.rule.id).collect()
    }

    /// Sends a referred request on to the authority, as `reviewer` decides who has seen `rules`.
    ///
    /// # Errors
    /// If it is not referred, was captured by the same person, or was referred by other rules.
    pub fn override_referral(
        self,
        reviewer: StaffId,
        rules: &BTreeSet<&str>,
        now: Timestamp,
    ) -> Result<Passage, CannotReview> {
        self.can_be_reviewed_by(reviewer)?;
        if self.referred_by() != *rules {
            return Err(CannotReview::RulesDiffer);
        }
        let reviewed = self.reviewed(reviewer, true, now);
        Ok(reviewed.moved(Verb::Override, Stage::Forwarded { lease: None }, Actor::Staff(reviewer), now))
    }

    /// Ends a referred request, as `reviewer` decides.
    ///
    /// # Errors
    /// If it is not referred, or was captured by the same person.
    pub fn decline(self, reviewer: StaffId, reason: RefusalReason, now: Timestamp) -> Result<Passage, CannotReview> {
        self.can_be_reviewed_by(reviewer)?;
        let reviewed = self.reviewed(reviewer, false, now);
        Ok(reviewed.moved(Verb::Decline, Stage::Refused { reason, at: now }, Actor::Staff(reviewer), now))
    }

    /// Sends a referred request back to the officers, as `reviewer` decides. Its own captor may not: what a second person
    /// should look at must not be looked at by the first one only.
    ///
    /// # Errors
    /// If it is not referred, or was captured by the same person.
    pub fn return_referred(
        self,
        reviewer: StaffId,
        reason: ReturnReason,
        now: Timestamp,
    ) -> Result<Passage, CannotReview> {
        self.can_be_reviewed_by(reviewer)?;
        Ok(self.moved(Verb::Return, Stage::Returned { reason }, Actor::Staff(reviewer), now))
    }

    fn can_be_reviewed_by(&self, reviewer: StaffId) -> Result<(), CannotReview> {
        match self.stage {
            Stage::Referred if reviewer == self.officer => Err(CannotReview::OwnRequest),
            Stage::Referred => Ok(()),
            _ => Err(CannotReview::NotReferred),
        }
    }

    fn reviewed(mut self, reviewer: StaffId, overridden: bool, at: Timestamp) -> Self {
        let rules = self.referred_by().into_iter().map(str::to_owned).collect();
        self.review = Some(Review { reviewer, at, overridden, rules });
        self
    }

    /// Records an approval under `lease`. A lapsed lease still decides if nothing else happened after it.
    ///
    /// # Errors
    /// If the request has ended, is at its office, or the lease is not the latest.
    pub fn issue(
        self,
        lease: LeaseId,
        account: AccountId,
        by: StaffId,
        now: Timestamp,
    ) -> Result<Passage, CannotDecide> {
        self.decided(Verb::Issue, Stage::Issued { account, at: now }, (lease, by), now)
    }

    /// Records a refusal under `lease`.
    ///
    /// # Errors
    /// As [`Enrolment::issue`].
    pub fn refuse(
        self,
        lease: LeaseId,
        reason: RefusalReason,
        by: StaffId,
        now: Timestamp,
    ) -> Result<Passage, CannotDecide> {
        self.decided(Verb::Refuse, Stage::Refused { reason, at: now }, (lease, by), now)
    }

    /// Sends the request back to its office under `lease`: the authority needs more information.
    ///
    /// # Errors
    /// As [`Enrolment::issue`].
    pub fn return_claimed(
        self,
        lease: LeaseId,
        reason: ReturnReason,
        by: StaffId,
        now: Timestamp,
    ) -> Result<Passage, CannotDecide> {
        self.decided(Verb::Return, Stage::Returned { reason }, (lease, by), now)
    }

    fn decided(
        self,
        verb: Verb,
        stage: Stage,
        (lease, by): (LeaseId, StaffId),
        now: Timestamp,
    ) -> Result<Passage, CannotDecide> {
        self.held_under(lease)?;
        Ok(self.moved(verb, stage, Actor::Staff(by), now).under(lease))
    }

    /// Gives the request up, for the office. While the authority holds it, it may be deciding: the lease goes first.
    ///
    /// # Errors
    /// If it has ended, or is held under a live lease.
    pub fn withdraw(
        self,
        officer: StaffId,
        reason: WithdrawalReason,
        now: Timestamp,
    ) -> Result<Passage, CannotWithdraw> {
        if self.stage.name().is_final() {
            return Err(CannotWithdraw::Ended);
        }
        if let Some(held) = self.stage.lease().filter(|lease| lease.is_live(now)) {
            return Err(CannotWithdraw::Held { wait: held.expires_at.since(now) });
        }
        Ok(self.moved(Verb::Withdraw, Stage::Withdrawn { reason, at: now }, Actor::Staff(officer), now))
    }

    /// Whether the authority may be handed what was captured: while it holds the request under `lease`, and once it has
    /// decided.
    ///
    /// # Errors
    /// [`CannotDecide`] if it is undecided, and not held under that lease.
    pub fn hand_over(&self, lease: LeaseId) -> Result<(), CannotDecide> {
        match self.held_under(lease) {
            Err(CannotDecide::AlreadyDecided) => Ok(()),
            held => held,
        }
    }

    fn held_under(&self, lease: LeaseId) -> Result<(), CannotDecide> {
        match &self.stage {
            Stage::Forwarded { lease: Some(held) } if held.id == lease => Ok(()),
            Stage::Forwarded { .. } | Stage::Received | Stage::Referred => Err(CannotDecide::LeaseLost),
            Stage::Returned { .. } => Err(CannotDecide::Returned),
            Stage::Withdrawn { .. } => Err(CannotDecide::Withdrawn),
            Stage::Issued { .. } | Stage::Refused { .. } => Err(CannotDecide::AlreadyDecided),
        }
    }

    fn moved(self, verb: Verb, stage: Stage, by: Actor, now: Timestamp) -> Passage {
        let (from, to) = (Some(self.stage.name()), stage.name());
        let reason = stage.reason().map(str::to_owned);
        let event = Event { verb, at: now, by: by.to_string(), from, to, reason, lease: None };
        Passage::new(Self { stage, since: now, act_by: None, ..self }, event)
    }
}
