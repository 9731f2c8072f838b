//! The files read from a chip, within bounds. Nothing larger is ever looked into.

use std::collections::BTreeMap;
use std::fmt;

pub use crate::domain::chip::GroupNumber;
use crate::domain::finding::{CHIP_TOO_LARGE, Field, Finding, Source};

/// Most bytes of EF.SOD: real ones have 1 to 4 KB, and some carry several certificates.
pub const SOD_MAX: usize = 64 * 1024;
/// Most bytes of EF.COM: two versions and a list of at most 16 tags.
pub const COM_MAX: usize = 256;
/// Bytes of a challenge of active authentication, RND.IFD. Doc 9303-11 section 6.1.
pub const CHALLENGE_LEN: usize = 8;
/// Most bytes of the response to it: one signature of RSA-8192.
pub const RESPONSE_MAX: usize = 1024;
/// Most bytes of all data groups together.
pub const GROUPS_MAX: usize = 1024 * 1024;

/// Most bytes of a data group: what Doc 9303-10 lets it hold, and room for what states put there.
pub const fn group_max(group: GroupNumber) -> usize {
    match group.get() {
        // A zone of at most 90 characters.
        1 => 256,
        // Faces, fingers, irises, portraits and signatures; 11 and 12 may hold scanned pages.
        2..=7 | 11 | 12 => 256 * 1024,
        14 | 15 => 16 * 1024,
        _ => 64 * 1024,
    }
}

/// What the chip answered to a challenge of ours. Doc 9303-11 section 6.1.
#[derive(Clone, PartialEq, Eq)]
pub struct ActiveEvidence {
    /// The challenge that was sent, 8 bytes.
    pub challenge: Vec<u8>,
    /// The signature that came back.
    pub response: Vec<u8>,
}

impl fmt::Debug for ActiveEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActiveEvidence(…)")
    }
}

/// The files of one chip, as read, each within its bound.
#[derive(Clone, PartialEq, Eq)]
pub struct ChipFiles {
    sod: Vec<u8>,
    groups: BTreeMap<GroupNumber, Vec<u8>>,
    com: Option<Vec<u8>>,
    active: Option<ActiveEvidence>,
}

impl ChipFiles {
    /// Takes the files.
    ///
    /// # Errors
    /// One finding for each file beyond its bound, or for all groups together.
    pub fn new(
        sod: Vec<u8>,
        groups: BTreeMap<GroupNumber, Vec<u8>>,
        com: Option<Vec<u8>>,
        active: Option<ActiveEvidence>,
    ) -> Result<Self, Vec<Finding>> {
        let mut beyond = Vec::new();
        let mut check = |ok: bool, path: &'static str| {
            if !ok {
                beyond.push(Finding::new(&CHIP_TOO_LARGE, [Field::new(Source::Chip, path)]));
            }
        };
        check(sod.len() <= SOD_MAX, "chip.sod");
        for (group, bytes) in &groups {
            check(bytes.len() <= group_max(*group), group.path());
        }
        check(groups.values().map(Vec::len).fold(0, usize::saturating_add) <= GROUPS_MAX, "chip");
        check(com.as_ref().is_none_or(|com| com.len() <= COM_MAX), "chip.com");
        check(active.as_ref().is_none_or(|active| active.challenge.len() == CHALLENGE_LEN), "chip.active.challenge");
        check(active.as_ref().is_none_or(|active| active.response.len() <= RESPONSE_MAX), "chip.active.response");
        if beyond.is_empty() { Ok(Self { sod, groups, com, active }) } else { Err(beyond) }
    }

    /// EF.SOD.
    pub fn sod(&self) -> &[u8] {
        &self.sod
    }

    /// The bytes of a data group, its outer tag included.
    pub fn group(&self, group: GroupNumber) -> Option<&[u8]> {
        self.groups.get(&group).map(Vec::as_slice)
    }

    /// The data groups that were read, lowest number first.
    pub fn groups(&self) -> impl Iterator<Item = (GroupNumber, &[u8])> {
        self.groups.iter().map(|(group, bytes)| (*group, bytes.as_slice()))
    }

    /// EF.COM.
    pub fn com(&self) -> Option<&[u8]> {
        self.com.as_deref()
    }

    /// What active authentication left.
    pub fn active(&self) -> Option<&ActiveEvidence> {
        self.active.as_ref()
    }
}

impl fmt::Debug for ChipFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChipFiles(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(sod: usize, groups: &[(u8, usize)], com: usize, active: (usize, usize)) -> Vec<&'static str> {
        let groups = groups.iter().map(|(number, len)| (GroupNumber::new(*number).unwrap(), vec![0; *len]));
        let active = ActiveEvidence { challenge: vec![0; active.0], response: vec![0; active.1] };
        let files = ChipFiles::new(vec![0; sod], groups.collect(), Some(vec![0; com]), Some(active));
        let paths = |finding: Finding| match finding.fields[0].path {
            std::borrow::Cow::Borrowed(path) => path,
            std::borrow::Cow::Owned(_) => panic!("a path that was made"),
        };
        files.err().unwrap_or_default().into_iter().map(paths).collect()
    }

    #[test]
    fn each_file_beyond_its_bound_is_named_and_those_at_it_are_taken() {
        assert_eq!(faults(SOD_MAX, &[(1, 256), (2, 256 * 1024), (15, 16 * 1024)], COM_MAX, (8, 1024)), [""; 0]);
        assert_eq!(
            faults(SOD_MAX + 1, &[(1, 257), (14, 16 * 1024 + 1)], COM_MAX + 1, (7, 1025)),
            ["chip.sod", "chip.dg1", "chip.dg14", "chip.com", "chip.active.challenge", "chip.active.response"]
        );
        let many: Vec<_> = (2..=7).map(|number| (number, 256 * 1024)).collect();
        assert_eq!(faults(1, &many, 1, (8, 1)), ["chip"]);
    }

    #[test]
    fn the_files_of_a_person_are_not_printed() {
        let groups = BTreeMap::from([(GroupNumber::DG1, b"P<UTOERIKSSON".to_vec())]);
        let files = ChipFiles::new(b"ERIKSSON".to_vec(), groups, None, None).unwrap();
        assert_eq!(format!("{files:?}"), "ChipFiles(…)");
    }
}
