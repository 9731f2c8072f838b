//! Disputes: somebody claims a number that serves an account. A dispute changes nothing by itself: it is put before an
//! administrator, and the account's holder is told at the contacts that are not disputed.

use crate::domain::ids::{AccountId, DisputeId, StaffId};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

/// A claim to a number that serves an account. The number is sealed beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispute {
    /// Its name.
    pub id: DisputeId,
    /// The account that the number serves.
    pub holder: AccountId,
    /// Who recorded the claim.
    pub opened_by: StaffId,
    /// At which office, if at one.
    pub office: Option<OfficeCode>,
    /// When.
    pub opened_at: Timestamp,
    /// Where it stands.
    pub state: DisputeState,
}

/// States of a dispute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisputeState {
    /// An administrator has to look.
    Open,
    /// An administrator decided.
    Resolved {
        /// How.
        ruling: Ruling,
        /// Who.
        by: StaffId,
        /// When.
        at: Timestamp,
    },
}

/// How a dispute ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ruling {
    /// The number stays the holder's.
    HolderKeeps,
    /// The number serves the account no more: a contact change took it away.
    NumberReleased,
}

impl Ruling {
    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HolderKeeps => "holder-keeps",
            Self::NumberReleased => "number-released",
        }
    }

    /// Reads a name written by [`Ruling::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::HolderKeeps, Self::NumberReleased].into_iter().find(|ruling| ruling.name() == name)
    }
}

impl Dispute {
    /// The dispute with the administrator's ruling; `None` if it has one already.
    pub fn resolve(mut self, ruling: Ruling, by: StaffId, at: Timestamp) -> Option<Self> {
        let open = self.state == DisputeState::Open;
        self.state = DisputeState::Resolved { ruling, by, at };
        open.then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_dispute_is_resolved_once() {
        let dispute = Dispute {
            id: DisputeId::new(Uuid::nil()),
            holder: AccountId::new(Uuid::nil()),
            opened_by: StaffId::new(Uuid::nil()),
            office: None,
            opened_at: Timestamp::from_micros(0),
            state: DisputeState::Open,
        };
        let (by, at) = (StaffId::new(Uuid::from_u128(1)), Timestamp::from_micros(1));
        let resolved = dispute.resolve(Ruling::HolderKeeps, by, at).unwrap();
        assert_eq!(resolved.state, DisputeState::Resolved { ruling: Ruling::HolderKeeps, by, at });
        assert!(resolved.resolve(Ruling::NumberReleased, by, at).is_none());
        for ruling in [Ruling::HolderKeeps, Ruling::NumberReleased] {
            assert_eq!(Ruling::from_name(ruling.name()), Some(ruling));
        }
    }
}
