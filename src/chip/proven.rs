//! Proof that the state signed the bytes of a data group.
//!
//! What must not rest on a file that anybody could have written takes a [`ProvenGroup`], and only passive authentication
//! makes one: after the signature, the chain and the group's own hash held.

use std::fmt;

use super::files::GroupNumber;

/// The bytes of a data group, proven to be the state's (Doc 9303-11 section 5.1).
#[derive(Clone, Copy)]
pub struct ProvenGroup<'a> {
    group: GroupNumber,
    bytes: &'a [u8],
}

impl<'a> ProvenGroup<'a> {
    /// For passive authentication alone, once everything held.
    pub(super) const fn new(group: GroupNumber, bytes: &'a [u8]) -> Self {
        Self { group, bytes }
    }

    /// Which group it is.
    pub const fn group(&self) -> GroupNumber {
        self.group
    }

    /// The file, its outer tag included.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl fmt::Debug for ProvenGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProvenGroup({})", self.group.get())
    }
}
