//! Proposals: what one person alone must not do is proposed by one and approved by another, within a time (DOMAIN 7.2, R14).
//!
//! A proposal says what is to be done and to whom; whether it can still be done is looked at again when it is approved.

mod act;
#[cfg(test)]
mod tests;

pub use act::{Act, NotAnAct, ProposalKind, Rule};

use super::ids::{ProposalId, StaffId, Version};
use super::staff::{OfficeCode, Role};
use super::time::Timestamp;

/// Something that waits for a second person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its name.
    pub id: ProposalId,
    /// What is to be done.
    pub act: Act,
    /// The version of what it is done to, as the first person saw it; [`Version::NONE`] if another look decides instead.
    pub seen: Version,
    /// The first person.
    pub asked_by: StaffId,
    /// At which office, for kinds whose second person is of the same one.
    pub office: Option<OfficeCode>,
    /// When they proposed it.
    pub asked_at: Timestamp,
    /// Until when it waits. Then it is as if it had never been.
    pub expires_at: Timestamp,
    /// What has become of it.
    pub state: ProposalState,
}

/// What has become of a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProposalState {
    /// It waits for the second person.
    Pending,
    /// The second person approved, and it was done.
    Approved {
        /// Who.
        by: StaffId,
        /// When.
        at: Timestamp,
    },
    /// Somebody dropped it.
    Declined {
        /// Who: the first person may, too.
        by: StaffId,
        /// When.
        at: Timestamp,
    },
    /// What it was to be done to had changed when somebody approved.
    Void {
        /// Who found out.
        by: StaffId,
        /// When.
        at: Timestamp,
    },
    /// Nobody came in time, or one made anew took its place because its target had changed.
    Lapsed,
}

/// Someone who would settle a proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settler {
    /// Who.
    pub id: StaffId,
    /// In which role.
    pub role: Role,
    /// At which office, if the role has one.
    pub office: Option<OfficeCode>,
}

/// Why a proposal is not settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotSettle {
    /// It no longer waits.
    #[error("the proposal no longer waits")]
    NotPending,
    /// Whoever proposed it, or gains by it, would approve.
    #[error("the second person is the first")]
    OwnProposal,
    /// The second person's role does not approve this kind.
    #[error("the role does not approve this kind")]
    OtherRole,
}

/// Why what was proposed is no longer to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhyVoid {
    /// It was changed since.
    Changed,
    /// There is nothing left to do.
    NotNeeded,
}

impl WhyVoid {
    /// The name that the audit log keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::NotNeeded => "not-needed",
        }
    }
}

impl ProposalState {
    /// The name the store keeps.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Declined { .. } => "declined",
            Self::Void { .. } => "void",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads what [`Self::name`] and [`Self::settled`] wrote.
    pub fn from_parts(name: &str, settled: Option<(StaffId, Timestamp)>) -> Option<Self> {
        Some(match (name, settled) {
            ("pending", None) => Self::Pending,
            ("approved", Some((by, at))) => Self::Approved { by, at },
            ("declined", Some((by, at))) => Self::Declined { by, at },
            ("void", Some((by, at))) => Self::Void { by, at },
            ("lapsed", None) => Self::Lapsed,
            _ => return None,
        })
    }

    /// Who settled it and when, if someone did.
    pub const fn settled(&self) -> Option<(StaffId, Timestamp)> {
        match self {
            Self::Approved { by, at } | Self::Declined { by, at } | Self::Void { by, at } => Some((*by, *at)),
            Self::Pending | Self::Lapsed => None,
        }
    }
}

impl Proposal {
    /// A proposal of `by`, who saw what it is done to at that version.
    pub fn ask(id: ProposalId, act: Act, seen: Version, by: &Settler, now: Timestamp) -> Self {
        let rule = act.kind().rule();
        Self {
            id,
            act,
            seen,
            asked_by: by.id,
            office: if rule.same_office { by.office.clone() } else { None },
            asked_at: now,
            expires_at: now.plus(rule.waits),
            state: ProposalState::Pending,
        }
    }

    /// Whether what it is done to is another by now than the first person saw.
    pub fn is_stale(&self, now: Version) -> bool {
        self.seen != Version::NONE && self.seen != now
    }

    /// As it is at `now`.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        if self.state == ProposalState::Pending && now >= self.expires_at {
            self.state = ProposalState::Lapsed;
        }
        self
    }

    /// Whether that person may know of it: their role proposes or approves such, at the same office if that matters.
    pub fn is_shown_to(&self, who: &Settler) -> bool {
        let rule = self.act.kind().rule();
        let role = rule.proposers.contains(&who.role) || rule.approvers.contains(&who.role);
        role && (self.office.is_none() || self.office == who.office)
    }

    /// Whether that person may approve it at `now`.
    ///
    /// # Errors
    /// If it no longer waits, the second person is the first, or has another role.
    pub fn may_approve(&self, by: &Settler, now: Timestamp) -> Result<(), CannotSettle> {
        if self.clone().at(now).state != ProposalState::Pending {
            return Err(CannotSettle::NotPending);
        }
        if by.id == self.asked_by || self.act.is_for(by.id) {
            return Err(CannotSettle::OwnProposal);
        }
        let allowed = self.act.kind().rule().approvers.contains(&by.role) && self.is_shown_to(by);
        allowed.then_some(()).ok_or(CannotSettle::OtherRole)
    }

    /// The second person approves.
    ///
    /// # Errors
    /// As [`Self::may_approve`].
    pub fn approve(self, by: &Settler, now: Timestamp) -> Result<Self, CannotSettle> {
        self.may_approve(by, now)?;
        Ok(Self { state: ProposalState::Approved { by: by.id, at: now }, ..self })
    }

    /// The second person would approve, and it turns out that it is no longer to be done.
    ///
    /// # Errors
    /// As [`Self::may_approve`].
    pub fn void(self, by: &Settler, now: Timestamp) -> Result<Self, CannotSettle> {
        self.may_approve(by, now)?;
        Ok(Self { state: ProposalState::Void { by: by.id, at: now }, ..self })
    }

    /// Somebody drops it: whoever proposed it, or may approve it.
    ///
    /// # Errors
    /// If it no longer waits, or the role has no say.
    pub fn decline(self, by: &Settler, now: Timestamp) -> Result<Self, CannotSettle> {
        if by.id != self.asked_by {
            self.may_approve(by, now)?;
        } else if self.clone().at(now).state != ProposalState::Pending {
            return Err(CannotSettle::NotPending);
        }
        Ok(Self { state: ProposalState::Declined { by: by.id, at: now }, ..self })
    }
}
