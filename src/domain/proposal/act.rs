//! What can be proposed, and the one table of who proposes and who approves it.

use std::time::Duration;

use uuid::Uuid;

use crate::domain::ids::{AccountId, StaffId};
use crate::domain::staff::{Deed, Role};

/// What is to be done, and to whom. Names only: what is personal stays sealed where it belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// The way to activation is opened again.
    Reopening(AccountId),
    /// Something is done with an entry of the staff directory.
    Staff(StaffId, Deed),
}

/// Kinds of what can be proposed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProposalKind {
    /// Opening an account's way to activation again (Decree 69/2024 art. 14: by the hotline).
    Reopening,
    /// What is done with an entry of the staff directory that gives rights, or shuts an administrator out.
    Staff,
}

/// Who proposes a kind and who approves it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Roles that propose it.
    pub proposers: &'static [Role],
    /// Roles that approve it. Never the same person.
    pub approvers: &'static [Role],
    /// Whether both are of one office.
    pub same_office: bool,
    /// How long it waits for the second person.
    pub waits: Duration,
}

/// A row that is none of the acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an act that can be proposed")]
pub struct NotAnAct;

const DAY: Duration = Duration::from_hours(24);

impl ProposalKind {
    /// Every kind, in a fixed order.
    pub const ALL: [Self; 2] = [Self::Reopening, Self::Staff];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reopening => "reopening",
            Self::Staff => "staff",
        }
    }

    /// Reads a name written by [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Who proposes and who approves.
    pub const fn rule(self) -> Rule {
        match self {
            Self::Reopening => {
                Rule { proposers: &[Role::Hotline], approvers: &[Role::Hotline], same_office: false, waits: DAY }
            }
            Self::Staff => {
                let administrators = &[Role::Administrator];
                Rule { proposers: administrators, approvers: administrators, same_office: false, waits: DAY }
            }
        }
    }
}

impl Act {
    /// Its kind.
    pub const fn kind(&self) -> ProposalKind {
        match self {
            Self::Reopening(_) => ProposalKind::Reopening,
            Self::Staff(..) => ProposalKind::Staff,
        }
    }

    /// What it is done to. One proposal of a kind waits for each.
    pub const fn target(&self) -> Uuid {
        match self {
            Self::Reopening(account) => account.uuid(),
            Self::Staff(entry, _) => entry.uuid(),
        }
    }

    /// Whether that person gains by it, and so cannot be the second one.
    pub fn is_for(&self, who: StaffId) -> bool {
        match self {
            Self::Reopening(_) => false,
            Self::Staff(entry, deed) => *entry == who && !deed.may_be_agreed_to_by_its_subject(),
        }
    }

    /// What the store keeps beside kind and target.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Reopening(_) => None,
            Self::Staff(_, deed) => Some(deed.text()),
        }
    }

    /// Reads what [`Self::kind`], [`Self::target`] and [`Self::detail`] wrote.
    ///
    /// # Errors
    /// If it is not one of the acts.
    pub fn from_parts(kind: &str, target: Uuid, detail: Option<&str>) -> Result<Self, NotAnAct> {
        match (ProposalKind::from_name(kind).ok_or(NotAnAct)?, detail) {
            (ProposalKind::Reopening, None) => Ok(Self::Reopening(AccountId::new(target))),
            (ProposalKind::Staff, Some(deed)) => {
                Deed::from_text(deed).map(|deed| Self::Staff(StaffId::new(target), deed)).ok_or(NotAnAct)
            }
            (ProposalKind::Reopening, Some(_)) | (ProposalKind::Staff, None) => Err(NotAnAct),
        }
    }
}
