//! A request for an account, from the counter to the authority's decision.

use std::collections::BTreeSet;
use std::fmt;

use super::chip::ChipSummary;
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
    /// Officer who took it in.
    pub officer: StaffId,
    /// When.
    pub received_at: Timestamp,
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
}

/// Where a request stands. Each stage holds only what is true from then on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// A finding refers: waits for a supervisor of the office.
    Referred,
    /// Waits for the authority, or is being decided there under a lease.
    Forwarded {
        /// The latest lease, lapsed or not.
        lease: Option<Lease>,
    },
    /// Approved.
    Issued {
        /// The account.
        account: AccountId,
        /// When the decision was recorded.
        at: Timestamp,
    },
    /// Refused.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// When the decision was recorded.
        at: Timestamp,
    },
}

/// The authority's hold on a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Its name.
    pub id: LeaseId,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// Names of the stages, as the store keeps them and lists filter by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StageName {
    /// [`Stage::Referred`].
    Referred,
    /// [`Stage::Forwarded`].
    Forwarded,
    /// [`Stage::Issued`].
    Issued,
    /// [`Stage::Refused`].
    Refused,
}

impl StageName {
    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Referred => "referred",
            Self::Forwarded => "forwarded",
            Self::Issued => "issued",
            Self::Refused => "refused",
        }
    }

    /// Reads a name written by [`StageName::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Referred, Self::Forwarded, Self::Issued, Self::Refused].into_iter().find(|stage| stage.name() == name)
    }
}

impl Stage {
    /// Its name.
    pub const fn name(&self) -> StageName {
        match self {
            Self::Referred => StageName::Referred,
            Self::Forwarded { .. } => StageName::Forwarded,
            Self::Issued { .. } => StageName::Issued,
            Self::Refused { .. } => StageName::Refused,
        }
    }
}

/// Why a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefusalReason {
    /// Face or fingerprints do not match the immigration record.
    IdentityNotConfirmed,
    /// Passport or card is not valid according to the authority's sources.
    DocumentNotValid,
    /// The person has an account already.
    Duplicate,
    /// The person is not eligible.
    NotEligible,
    /// Another reason, given to the person in writing.
    Other,
    /// A supervisor of the office did not override what was referred. Never the authority's.
    DeclinedAtOffice,
}

impl RefusalReason {
    const ALL: [Self; 6] = [
        Self::IdentityNotConfirmed,
        Self::DocumentNotValid,
        Self::Duplicate,
        Self::NotEligible,
        Self::Other,
        Self::DeclinedAtOffice,
    ];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentityNotConfirmed => "identity-not-confirmed",
            Self::DocumentNotValid => "document-not-valid",
            Self::Duplicate => "duplicate",
            Self::NotEligible => "not-eligible",
            Self::Other => "other",
            Self::DeclinedAtOffice => "declined-at-office",
        }
    }

    /// Reads a name written by [`RefusalReason::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// A decision that the request's stage does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotDecide {
    /// It was decided before.
    #[error("the request was decided already")]
    AlreadyDecided,
    /// The lease named is not the request's latest one: it lapsed and the request was claimed again, or never was.
    #[error("the lease is no longer this request's")]
    LeaseLost,
}

impl Enrolment {
    /// Takes a request in. The proof says that the rules were applied; if one refers, a supervisor comes first.
    pub fn receive(id: EnrolmentId, office: OfficeCode, officer: StaffId, cleared: Cleared, now: Timestamp) -> Self {
        let notes = cleared.notes();
        let refers = notes.iter().any(|note| note.rule.severity == Severity::Refer);
        let stage = if refers { Stage::Referred } else { Stage::Forwarded { lease: None } };
        Self { id, office, officer, received_at: now, notes, biometrics_on_file: None, review: None, chip: None, stage }
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
    ) -> Result<Self, CannotReview> {
        if self.can_be_reviewed_by(reviewer)? != *rules {
            return Err(CannotReview::RulesDiffer);
        }
        Ok(self.reviewed(reviewer, true, Stage::Forwarded { lease: None }, now))
    }

    /// Ends a referred request, as `reviewer` decides.
    ///
    /// # Errors
    /// If it is not referred, or was captured by the same person.
    pub fn decline(self, reviewer: StaffId, now: Timestamp) -> Result<Self, CannotReview> {
        self.can_be_reviewed_by(reviewer)?;
        Ok(self.reviewed(reviewer, false, Stage::Refused { reason: RefusalReason::DeclinedAtOffice, at: now }, now))
    }

    fn can_be_reviewed_by(&self, reviewer: StaffId) -> Result<BTreeSet<&'static str>, CannotReview> {
        match self.stage {
            Stage::Referred if reviewer == self.officer => Err(CannotReview::OwnRequest),
            Stage::Referred => Ok(self.referred_by()),
            Stage::Forwarded { .. } | Stage::Issued { .. } | Stage::Refused { .. } => Err(CannotReview::NotReferred),
        }
    }

    fn reviewed(mut self, reviewer: StaffId, overridden: bool, stage: Stage, at: Timestamp) -> Self {
        let rules = self.referred_by().into_iter().map(str::to_owned).collect();
        self.review = Some(Review { reviewer, at, overridden, rules });
        self.stage = stage;
        self
    }

    /// Records an approval under `lease`. A lapsed lease still decides if nobody claimed the request after it.
    ///
    /// # Errors
    /// If it was decided already, or the lease is not the latest.
    pub fn issue(mut self, lease: LeaseId, account: AccountId, now: Timestamp) -> Result<Self, CannotDecide> {
        self.held_under(lease)?;
        self.stage = Stage::Issued { account, at: now };
        Ok(self)
    }

    /// Records a refusal under `lease`.
    ///
    /// # Errors
    /// If it was decided already, or the lease is not the latest.
    pub fn refuse(mut self, lease: LeaseId, reason: RefusalReason, now: Timestamp) -> Result<Self, CannotDecide> {
        self.held_under(lease)?;
        self.stage = Stage::Refused { reason, at: now };
        Ok(self)
    }

    /// Whether the authority may be handed what was captured: while it holds the request under `lease`, and once it has
    /// decided.
    ///
    /// # Errors
    /// [`CannotDecide::LeaseLost`] if it is undecided, and not held under that lease.
    pub fn hand_over(&self, lease: LeaseId) -> Result<(), CannotDecide> {
        match self.held_under(lease) {
            Err(CannotDecide::AlreadyDecided) => Ok(()),
            held => held,
        }
    }

    fn held_under(&self, lease: LeaseId) -> Result<(), CannotDecide> {
        match &self.stage {
            Stage::Forwarded { lease: Some(held) } if held.id == lease => Ok(()),
            Stage::Forwarded { .. } | Stage::Referred => Err(CannotDecide::LeaseLost),
            Stage::Issued { .. } | Stage::Refused { .. } => Err(CannotDecide::AlreadyDecided),
        }
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::{CARD_EXCHANGE_DUE, CARD_PASSPORT_DIFFERS, Field, Findings};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(0);

    fn forwarded(lease: Option<u128>) -> Enrolment {
        let cleared = Findings::default().cleared().unwrap();
        let office = OfficeCode::parse("79-01").unwrap();
        let id = EnrolmentId::new(Uuid::nil());
        let mut enrolment = Enrolment::receive(id, office, StaffId::new(Uuid::nil()), cleared, NOW);
        let held = lease.map(|id| Lease { id: LeaseId::new(Uuid::from_u128(id)), expires_at: NOW });
        enrolment.stage = Stage::Forwarded { lease: held };
        enrolment
    }

    fn lease(id: u128) -> LeaseId {
        LeaseId::new(Uuid::from_u128(id))
    }

    #[test]
    fn only_the_latest_lease_decides_and_a_lapsed_one_does_if_nobody_came_after() {
        let account = AccountId::new(Uuid::nil());
        assert!(forwarded(Some(1)).issue(lease(1), account, NOW).is_ok());
        assert_eq!(forwarded(Some(2)).issue(lease(1), account, NOW), Err(CannotDecide::LeaseLost));
        assert_eq!(forwarded(None).refuse(lease(1), RefusalReason::Other, NOW), Err(CannotDecide::LeaseLost));
    }

    #[test]
    fn captures_are_handed_over_under_the_latest_lease_and_after_a_decision() {
        assert_eq!(forwarded(Some(1)).hand_over(lease(1)), Ok(()));
        assert_eq!(forwarded(Some(2)).hand_over(lease(1)), Err(CannotDecide::LeaseLost));
        assert_eq!(forwarded(None).hand_over(lease(1)), Err(CannotDecide::LeaseLost));
        let issued = forwarded(Some(1)).issue(lease(1), AccountId::new(Uuid::nil()), NOW).unwrap();
        assert_eq!(issued.hand_over(lease(2)), Ok(()));
    }

    #[test]
    fn a_decision_is_final() {
        let refused = forwarded(Some(1)).refuse(lease(1), RefusalReason::Duplicate, NOW).unwrap();
        let account = AccountId::new(Uuid::nil());
        assert_eq!(refused.issue(lease(1), account, NOW), Err(CannotDecide::AlreadyDecided));
    }

    /// A request taken in by officer 1 with a finding that refers and a note.
    fn referred() -> Enrolment {
        let mut findings = Findings::default();
        findings.add(Finding::new(&CARD_EXCHANGE_DUE, [Field::typed("residence_card.expires_on")]));
        findings.add(Finding::new(&CARD_PASSPORT_DIFFERS, [Field::typed("residence_card.passport_number")]));
        let office = OfficeCode::parse("79-01").unwrap();
        let id = EnrolmentId::new(Uuid::nil());
        Enrolment::receive(id, office, StaffId::new(Uuid::from_u128(1)), findings.cleared().unwrap(), NOW)
    }

    #[test]
    fn what_refers_waits_for_a_supervisor_who_has_seen_every_rule() {
        let (other, rules) = (StaffId::new(Uuid::from_u128(2)), BTreeSet::from(["residence-card.exchange-due"]));
        let request = referred();
        assert_eq!(request.stage, Stage::Referred);
        assert_eq!(request.clone().issue(lease(1), AccountId::new(Uuid::nil()), NOW), Err(CannotDecide::LeaseLost));
        let none = request.clone().override_referral(other, &BTreeSet::new(), NOW);
        assert_eq!(none, Err(CannotReview::RulesDiffer));
        let more = BTreeSet::from(["residence-card.exchange-due", "residence-card.passport-differs"]);
        assert_eq!(request.clone().override_referral(other, &more, NOW), Err(CannotReview::RulesDiffer));
        let gone_on = request.override_referral(other, &rules, NOW).unwrap();
        assert_eq!(gone_on.stage, Stage::Forwarded { lease: None });
        let review = gone_on.review.clone().unwrap();
        assert_eq!((review.reviewer, review.overridden), (other, true));
        assert_eq!(review.rules, ["residence-card.exchange-due"]);
        assert_eq!(gone_on.override_referral(other, &rules, NOW), Err(CannotReview::NotReferred));
    }

    #[test]
    fn nobody_reviews_their_own_request() {
        let own = StaffId::new(Uuid::from_u128(1));
        let rules = referred().referred_by();
        assert_eq!(referred().override_referral(own, &rules, NOW), Err(CannotReview::OwnRequest));
        assert_eq!(referred().decline(own, NOW), Err(CannotReview::OwnRequest));
    }

    #[test]
    fn a_declined_request_has_ended() {
        let declined = referred().decline(StaffId::new(Uuid::from_u128(2)), NOW).unwrap();
        assert_eq!(declined.stage, Stage::Refused { reason: RefusalReason::DeclinedAtOffice, at: NOW });
        assert!(!declined.review.unwrap().overridden);
    }
}
