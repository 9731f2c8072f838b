//! Who calls, as the staff directory knows them.

use time::Date;

use super::Error;
use crate::domain::audit::Actor;
use crate::domain::ids::StaffId;
use crate::domain::staff::{OfficeCode, Post, Role, StaffMember};
use crate::domain::time::Timestamp;

/// A person or system whose certificate is in the directory and enabled.
#[derive(Clone, Debug)]
pub struct Caller {
    id: StaffId,
    post: Post,
    posted_at: Timestamp,
    seen_at: Option<Timestamp>,
    seat: Option<Officer>,
}

/// An officer at their office: proof that the caller has one.
#[derive(Clone, Debug)]
pub struct Officer {
    /// Who.
    pub id: StaffId,
    /// Where: today's office, which has the rights of the one in the directory.
    pub office: OfficeCode,
    /// The day of whose map that is true.
    pub on: Date,
}

impl Officer {
    /// Makes sure that what is received at `now` is received under the map that gave the officer their office.
    ///
    /// # Errors
    /// [`Error::Contended`] if midnight has passed in between: the call is to be made again.
    pub(super) fn is_of(&self, now: Timestamp) -> Result<(), Error> {
        (now.local_date() == self.on).then_some(()).ok_or(Error::Contended)
    }
}

impl Caller {
    /// The caller behind a directory entry, where they are today; `None` if it is disabled.
    pub fn from_directory(member: StaffMember, seat: Option<Officer>) -> Option<Self> {
        let StaffMember { id, post, posted_at, seen_at, enabled, .. } = member;
        enabled.then_some(Self { id, post, posted_at, seen_at, seat })
    }

    /// Who.
    pub const fn id(&self) -> StaffId {
        self.id
    }

    /// In which role.
    pub const fn role(&self) -> Role {
        self.post.role()
    }

    /// Whether the directory gives the same role at the same office as when the other was read.
    pub fn has_rights_of(&self, other: &Self) -> bool {
        (self.id, &self.post, self.posted_at) == (other.id, &other.post, other.posted_at)
    }

    /// The latest call that the directory knows of.
    pub(super) const fn seen_at(&self) -> Option<Timestamp> {
        self.seen_at
    }

    /// The office in the directory, and when it was entered there.
    pub(super) fn entered(&self) -> Option<(&OfficeCode, Timestamp)> {
        self.post.office().map(|office| (office, self.posted_at))
    }

    /// The caller as an officer; `None` for roles without an office, and if the office in the directory has ended and no
    /// other took its place.
    pub fn officer(&self) -> Option<Officer> {
        self.seat.clone()
    }

    /// The caller as the audit log names them.
    pub const fn actor(&self) -> Actor {
        Actor::Staff(self.id)
    }
}
