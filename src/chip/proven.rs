//! Proof that the state signed the bytes of a data group.
//!
//! What must not rest on a file that anybody could have written takes a [`ProvenGroup`], and only passive authentication
//! makes one: after the signature, the chain and the group's own hash held.

use std::fmt;

use super::files::{ChipFiles, GroupNumber};
use super::passive::Known;
use crate::domain::chip::Genuineness;

/// The bytes of a data group, proven to be the state's (Doc 9303-11 section 5.1).
#[derive(Clone, Copy)]
pub struct ProvenGroup<'a> {
    group: GroupNumber,
    bytes: &'a [u8],
}

impl<'a> ProvenGroup<'a> {
    /// The group, if passive authentication found the data genuine and its hash the one that was signed.
    pub(super) fn of(files: &'a ChipFiles, group: GroupNumber, known: &Known, data: Genuineness) -> Option<Self> {
        let bytes = files.group(group)?;
        (data == Genuineness::Genuine && known.matching.contains(&group)).then_some(Self { group, bytes })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chip::Doubt;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_group_is_proven_only_if_it_was_read_it_matches_and_the_data_are_genuine() {
        let groups = BTreeMap::from([(GroupNumber::DG14, b"n".to_vec()), (GroupNumber::DG15, b"o".to_vec())]);
        let files = ChipFiles::new(Vec::new(), groups, None, None).unwrap();
        let matching = BTreeSet::from([GroupNumber::DG15, GroupNumber::DG2]);
        let known = Known { matching, ..Known::default() };
        let proven = |group, data| ProvenGroup::of(&files, group, &known, data).map(|proven| proven.bytes());
        assert_eq!(proven(GroupNumber::DG15, Genuineness::Genuine), Some(&b"o"[..]));
        assert_eq!(proven(GroupNumber::DG14, Genuineness::Genuine), None, "another hash than was signed");
        assert_eq!(proven(GroupNumber::DG2, Genuineness::Genuine), None, "not read");
        for data in [Genuineness::NotGenuine, Genuineness::Unknown(Doubt::NotTrusted)] {
            assert_eq!(proven(GroupNumber::DG15, data), None, "{data:?}");
        }
    }
}
