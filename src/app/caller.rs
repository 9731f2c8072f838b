//! Who calls, as the staff directory knows them.

use crate::domain::audit::Actor;
use crate::domain::ids::StaffId;
use crate::domain::staff::{OfficeCode, Post, Role, StaffMember};

/// A person or system whose certificate is in the directory and enabled.
#[derive(Clone, Debug)]
pub struct Caller {
    id: StaffId,
    post: Post,
}

/// An officer at their office: proof that the caller has one.
#[derive(Clone, Debug)]
pub struct Officer {
    /// Who.
    pub id: StaffId,
    /// Where.
    pub office: OfficeCode,
}

impl Caller {
    /// The caller behind a directory entry; `None` if it is disabled.
    pub fn from_directory(member: StaffMember) -> Option<Self> {
        member.enabled.then_some(Self { id: member.id, post: member.post })
    }

    /// Who.
    pub const fn id(&self) -> StaffId {
        self.id
    }

    /// In which role.
    pub const fn role(&self) -> Role {
        self.post.role()
    }

    /// The caller as an officer; `None` for roles without an office.
    pub fn officer(&self) -> Option<Officer> {
        self.post.office().map(|office| Officer { id: self.id, office: office.clone() })
    }

    /// The caller as the audit log names them.
    pub const fn actor(&self) -> Actor {
        Actor::Staff(self.id)
    }
}
