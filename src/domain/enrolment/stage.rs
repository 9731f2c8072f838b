//! Where a request stands, and who must act next.

use std::fmt;

use crate::domain::ids::{AccountId, LeaseId};
use crate::domain::time::Timestamp;

use super::reason::{RefusalReason, ReturnReason, WithdrawalReason};

/// Where a request stands. Each stage holds only what is true from then on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Taken in; the rules say within the same unit of work where it goes, so nobody ever finds it here.
    Received,
    /// A finding refers: waits for a supervisor of the office.
    Referred,
    /// Waits for the authority, or is being decided there under a lease.
    Forwarded {
        /// The latest lease, lapsed or not.
        lease: Option<Lease>,
    },
    /// Sent back to the office for correction. What it uses stays bound to it.
    Returned {
        /// What is to be corrected.
        reason: ReturnReason,
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
    /// Given up before a decision.
    Withdrawn {
        /// Why.
        reason: WithdrawalReason,
        /// When.
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

impl Lease {
    /// Whether it still holds at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// Who must act next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// This service, at once.
    Service,
    /// A supervisor of the office.
    Supervisor,
    /// An officer of the office, with the applicant.
    Office,
    /// The identity authority.
    Authority,
    /// Nobody: it has ended.
    Nobody,
}

impl Holder {
    /// Those who may let a request stand still.
    pub const WAITED_FOR: [Self; 3] = [Self::Supervisor, Self::Office, Self::Authority];

    /// The word for it in metrics and the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Supervisor => "supervisor",
            Self::Office => "office",
            Self::Authority => "authority",
            Self::Nobody => "nobody",
        }
    }
}

/// Names of the stages, as the store keeps them and lists filter by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum StageName {
    /// [`Stage::Received`].
    Received,
    /// [`Stage::Referred`].
    Referred,
    /// [`Stage::Forwarded`].
    Forwarded,
    /// [`Stage::Returned`].
    Returned,
    /// [`Stage::Issued`].
    Issued,
    /// [`Stage::Refused`].
    Refused,
    /// [`Stage::Withdrawn`].
    Withdrawn,
}

impl StageName {
    /// Every stage, in the order in which a request may meet them.
    pub const ALL: [Self; 7] =
        [Self::Received, Self::Referred, Self::Forwarded, Self::Returned, Self::Issued, Self::Refused, Self::Withdrawn];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Referred => "referred",
            Self::Forwarded => "forwarded",
            Self::Returned => "returned",
            Self::Issued => "issued",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads a name written by [`StageName::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Who must act next on a request in this stage.
    pub const fn holder(self) -> Holder {
        match self {
            Self::Received => Holder::Service,
            Self::Referred => Holder::Supervisor,
            Self::Forwarded => Holder::Authority,
            Self::Returned => Holder::Office,
            Self::Issued | Self::Refused | Self::Withdrawn => Holder::Nobody,
        }
    }

    /// Whether nothing can happen to a request in this stage any more.
    pub const fn is_final(self) -> bool {
        matches!(self.holder(), Holder::Nobody)
    }
}

impl Stage {
    /// Its name.
    pub const fn name(&self) -> StageName {
        match self {
            Self::Received => StageName::Received,
            Self::Referred => StageName::Referred,
            Self::Forwarded { .. } => StageName::Forwarded,
            Self::Returned { .. } => StageName::Returned,
            Self::Issued { .. } => StageName::Issued,
            Self::Refused { .. } => StageName::Refused,
            Self::Withdrawn { .. } => StageName::Withdrawn,
        }
    }

    /// Why it came here, from the published list of the stage; stages that need no reason have none.
    pub const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Received | Self::Referred | Self::Forwarded { .. } | Self::Issued { .. } => None,
            Self::Returned { reason } => Some(reason.name()),
            Self::Refused { reason, .. } => Some(reason.name()),
            Self::Withdrawn { reason, .. } => Some(reason.name()),
        }
    }

    /// The authority's latest hold on it, lapsed or not.
    pub const fn lease(&self) -> Option<Lease> {
        match self {
            Self::Forwarded { lease } => *lease,
            _ => None,
        }
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
