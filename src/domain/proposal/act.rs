//! What can be proposed, and the one table of who proposes and who approves it.

use std::time::Duration;

use uuid::Uuid;

use crate::domain::contact;
use crate::domain::ids::{AccountId, ChangeId, LockId, StaffId, UpdateId};
use crate::domain::life::ClosingReason;
use crate::domain::staff::{Deed, Role};

/// What is to be done, and to whom. Names only: what is personal stays sealed where it belongs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// The way to activation is opened again.
    Reopening(AccountId),
    /// A ground is lifted that an office may lift.
    LockLift(LockId),
    /// A ground is lifted that only administrators may lift.
    CentralLockLift(LockId),
    /// An account is closed for good.
    Closing(AccountId, ClosingReason),
    /// Documents join an account that name somebody else than it does, or of which a rule asks for a person.
    DocumentUpdate(UpdateId),
    /// A contact change that an officer began, the holder before them, goes on.
    ContactInPerson(ChangeId),
    /// A contact change that an administrator began goes on.
    ContactByAuthority(ChangeId),
    /// Something is done with an entry of the staff directory.
    Staff(StaffId, Deed),
}

/// Kinds of what can be proposed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProposalKind {
    /// Opening an account's way to activation again (Decree 69/2024 art. 14: by the hotline).
    Reopening,
    /// Lifting a ground at an office: the holder's own, or a suspicion.
    LockLift,
    /// Lifting a ground of an order, of a breach of terms, of a death.
    CentralLockLift,
    /// Closing an account.
    Closing,
    /// Documents that join an account.
    DocumentUpdate,
    /// A contact change in person at an office: tier 3 of docs/contacts.md.
    ContactInPerson,
    /// A contact change for the authority: tier 4.
    ContactByAuthority,
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
    pub const ALL: [Self; 8] = [
        Self::Reopening,
        Self::LockLift,
        Self::CentralLockLift,
        Self::Closing,
        Self::DocumentUpdate,
        Self::ContactInPerson,
        Self::ContactByAuthority,
        Self::Staff,
    ];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reopening => "reopening",
            Self::LockLift => "lock-lift",
            Self::CentralLockLift => "central-lock-lift",
            Self::Closing => "closing",
            Self::DocumentUpdate => "document-update",
            Self::ContactInPerson => "contact-in-person",
            Self::ContactByAuthority => "contact-by-authority",
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
            Self::LockLift => Rule {
                proposers: &[Role::Officer, Role::Supervisor, Role::Administrator],
                approvers: &[Role::Supervisor, Role::Administrator],
                same_office: false,
                waits: DAY,
            },
            Self::CentralLockLift | Self::Closing => Rule {
                proposers: &[Role::Administrator],
                approvers: &[Role::Administrator],
                same_office: false,
                waits: DAY,
            },
            Self::DocumentUpdate => Rule {
                proposers: &[Role::Officer],
                approvers: &[Role::Supervisor],
                same_office: true,
                waits: Duration::from_hours(72),
            },
            Self::ContactInPerson => Rule {
                proposers: &[Role::Officer],
                approvers: &[Role::Supervisor],
                same_office: true,
                waits: contact::APPROVAL,
            },
            Self::ContactByAuthority => Rule {
                proposers: &[Role::Administrator],
                approvers: &[Role::Administrator],
                same_office: false,
                waits: contact::APPROVAL,
            },
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
            Self::LockLift(_) => ProposalKind::LockLift,
            Self::CentralLockLift(_) => ProposalKind::CentralLockLift,
            Self::Closing(..) => ProposalKind::Closing,
            Self::DocumentUpdate(_) => ProposalKind::DocumentUpdate,
            Self::ContactInPerson(_) => ProposalKind::ContactInPerson,
            Self::ContactByAuthority(_) => ProposalKind::ContactByAuthority,
            Self::Staff(..) => ProposalKind::Staff,
        }
    }

    /// What it is done to. One proposal of a kind waits for each.
    pub const fn target(&self) -> Uuid {
        match self {
            Self::Reopening(account) | Self::Closing(account, _) => account.uuid(),
            Self::LockLift(lock) | Self::CentralLockLift(lock) => lock.uuid(),
            Self::DocumentUpdate(update) => update.uuid(),
            Self::ContactInPerson(change) | Self::ContactByAuthority(change) => change.uuid(),
            Self::Staff(entry, _) => entry.uuid(),
        }
    }

    /// Whether that person gains by it, and so cannot be the second one.
    pub fn is_for(&self, who: StaffId) -> bool {
        match self {
            Self::Reopening(_)
            | Self::LockLift(_)
            | Self::CentralLockLift(_)
            | Self::Closing(..)
            | Self::DocumentUpdate(_)
            | Self::ContactInPerson(_)
            | Self::ContactByAuthority(_) => false,
            Self::Staff(entry, deed) => *entry == who && !deed.may_be_agreed_to_by_its_subject(),
        }
    }

    /// What the store keeps beside kind and target.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Closing(_, reason) => Some(reason.name().to_owned()),
            Self::Reopening(_)
            | Self::LockLift(_)
            | Self::CentralLockLift(_)
            | Self::DocumentUpdate(_)
            | Self::ContactInPerson(_)
            | Self::ContactByAuthority(_) => None,
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
            (ProposalKind::ContactInPerson, None) => Ok(Self::ContactInPerson(ChangeId::new(target))),
            (ProposalKind::ContactByAuthority, None) => Ok(Self::ContactByAuthority(ChangeId::new(target))),
            (ProposalKind::LockLift, None) => Ok(Self::LockLift(LockId::new(target))),
            (ProposalKind::CentralLockLift, None) => Ok(Self::CentralLockLift(LockId::new(target))),
            (ProposalKind::Closing, Some(reason)) => {
                let reason = ClosingReason::from_name(reason).ok_or(NotAnAct)?;
                Ok(Self::Closing(AccountId::new(target), reason))
            }
            (ProposalKind::DocumentUpdate, None) => Ok(Self::DocumentUpdate(UpdateId::new(target))),
            _ => Err(NotAnAct),
        }
    }
}
