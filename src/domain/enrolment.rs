//! A request for an account, from the counter to the authority's decision.

use std::fmt;

use super::finding::{Cleared, Finding};
use super::ids::{AccountId, EnrolmentId, LeaseId, StaffId};
use super::record::Biometrics;
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
    /// What the rules noted.
    pub notes: Vec<Finding>,
    /// Which biometrics the immigration record had when it was asked; absent if it did not tell. Decides the deadline:
    /// [`super::law::hand_over`].
    pub biometrics_on_file: Option<Biometrics>,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a request stands. Each stage holds only what is true from then on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
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
            Self::Forwarded => "forwarded",
            Self::Issued => "issued",
            Self::Refused => "refused",
        }
    }

    /// Reads a name written by [`StageName::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Forwarded, Self::Issued, Self::Refused].into_iter().find(|stage| stage.name() == name)
    }
}

impl Stage {
    /// Its name.
    pub const fn name(&self) -> StageName {
        match self {
            Self::Forwarded { .. } => StageName::Forwarded,
            Self::Issued { .. } => StageName::Issued,
            Self::Refused { .. } => StageName::Refused,
        }
    }
}

/// Why the authority refused.
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
}

impl RefusalReason {
    const ALL: [Self; 5] =
        [Self::IdentityNotConfirmed, Self::DocumentNotValid, Self::Duplicate, Self::NotEligible, Self::Other];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdentityNotConfirmed => "identity-not-confirmed",
            Self::DocumentNotValid => "document-not-valid",
            Self::Duplicate => "duplicate",
            Self::NotEligible => "not-eligible",
            Self::Other => "other",
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
    /// Takes a request in. The proof says that the rules were applied.
    pub fn receive(id: EnrolmentId, office: OfficeCode, officer: StaffId, cleared: Cleared, now: Timestamp) -> Self {
        let stage = Stage::Forwarded { lease: None };
        Self { id, office, officer, received_at: now, notes: cleared.notes(), biometrics_on_file: None, stage }
    }

    /// The request, with what the immigration record told of biometrics on file.
    pub fn with_biometrics_on_file(self, biometrics_on_file: Option<Biometrics>) -> Self {
        Self { biometrics_on_file, ..self }
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

    fn held_under(&self, lease: LeaseId) -> Result<(), CannotDecide> {
        match &self.stage {
            Stage::Forwarded { lease: Some(held) } if held.id == lease => Ok(()),
            Stage::Forwarded { .. } => Err(CannotDecide::LeaseLost),
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
    use crate::domain::finding::Findings;
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
    fn a_decision_is_final() {
        let refused = forwarded(Some(1)).refuse(lease(1), RefusalReason::Duplicate, NOW).unwrap();
        let account = AccountId::new(Uuid::nil());
        assert_eq!(refused.issue(lease(1), account, NOW), Err(CannotDecide::AlreadyDecided));
    }
}
