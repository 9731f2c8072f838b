//! What an examination of a passport's chip says: which steps ran, what they found, and the two answers that matter.
//!
//! *Data genuine* (passive authentication, Doc 9303-11 section 5.1): the state signed these bytes. *Chip genuine* (active or
//! chip authentication, sections 6.1 and 6.2): they lie in the chip they were written to, and not in a copy. Neither
//! implies the other. No value of a person is kept here but in findings, which do not print it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::chip_content::ChipContent;
use super::finding::{Finding, Severity};

/// Number of a data group of the logical data structure, 1 to 16. Doc 9303-10 section 4.7.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupNumber(u8);

impl GroupNumber {
    /// The machine readable zone.
    pub const DG1: Self = Self(1);
    /// The face image.
    pub const DG2: Self = Self(2);
    /// Further personal details.
    pub const DG11: Self = Self(11);
    /// Further details of the document.
    pub const DG12: Self = Self(12);
    /// Security options: keys of chip authentication.
    pub const DG14: Self = Self(14);
    /// The public key of active authentication.
    pub const DG15: Self = Self(15);

    /// The group of that number; `None` outside 1 to 16.
    pub const fn new(number: u8) -> Option<Self> {
        if matches!(number, 1..=16) { Some(Self(number)) } else { None }
    }

    /// 1 to 16.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The path by which findings name the group: `chip.dg1`.
    pub const fn path(self) -> &'static str {
        match self.0 {
            1 => "chip.dg1",
            2 => "chip.dg2",
            3 => "chip.dg3",
            4 => "chip.dg4",
            5 => "chip.dg5",
            6 => "chip.dg6",
            7 => "chip.dg7",
            8 => "chip.dg8",
            9 => "chip.dg9",
            10 => "chip.dg10",
            11 => "chip.dg11",
            12 => "chip.dg12",
            13 => "chip.dg13",
            14 => "chip.dg14",
            15 => "chip.dg15",
            _ => "chip.dg16",
        }
    }
}

/// SHA-256 over the DER of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A step of the examination, in the order in which they are taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepName {
    /// Sizes and numbers of the files.
    Bounds,
    /// EF.SOD is a SignedData of version 3 with one signer that can be used.
    SignedData,
    /// The signer's certificate is there, by the signer identifier.
    Signer,
    /// The signed attributes name the content and its digest, and the signature over them verifies.
    Signature,
    /// The algorithms of document, signer and authority are strong enough on this day.
    Algorithms,
    /// The signer's certificate is one for signing travel documents.
    SignerProfile,
    /// The signer's certificate leads to a trusted authority of its country, and all are in date.
    Chain,
    /// The authority has not revoked the signer.
    Revocation,
    /// The security object lists the data groups, and those that were read match it.
    Groups,
    /// DG1 holds a machine readable zone.
    Zone,
    /// The signer's country is the state that issued the document.
    Country,
    /// The other data groups that are compared have the form of Doc 9303.
    Content,
    /// The chip answered a challenge with the key in its signed data.
    ActiveAuthentication,
}

impl StepName {
    /// Every step, in order.
    pub const ALL: [Self; 13] = [
        Self::Bounds,
        Self::SignedData,
        Self::Signer,
        Self::Signature,
        Self::Algorithms,
        Self::SignerProfile,
        Self::Chain,
        Self::Revocation,
        Self::Groups,
        Self::Zone,
        Self::Country,
        Self::Content,
        Self::ActiveAuthentication,
    ];

    /// A stable name for tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bounds => "bounds",
            Self::SignedData => "signed-data",
            Self::Signer => "signer",
            Self::Signature => "signature",
            Self::Algorithms => "algorithms",
            Self::SignerProfile => "signer-profile",
            Self::Chain => "chain",
            Self::Revocation => "revocation",
            Self::Groups => "groups",
            Self::Zone => "zone",
            Self::Country => "country",
            Self::Content => "content",
            Self::ActiveAuthentication => "active-authentication",
        }
    }
}

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing was found.
    Passed,
    /// Something was found; the most severe of it.
    Found(Severity),
    /// It was not taken: what it needs was not offered, or an earlier step left nothing to look at.
    Skipped,
}

/// A step and how it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// Which one.
    pub name: StepName,
    /// How it ended.
    pub outcome: Outcome,
}

/// An answer to "is this genuine?".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Genuineness {
    /// Proven.
    Genuine,
    /// Disproven: somebody changed or copied it, or the key behind it is no longer the state's alone.
    NotGenuine,
    /// Neither.
    Unknown(Doubt),
}

/// Why an answer is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// What could prove it was not offered.
    NotOffered,
    /// It could not be read.
    NotReadable,
    /// No trusted authority stands behind the signer.
    NotTrusted,
    /// A certificate of the chain is out of date.
    OutOfDate,
    /// An algorithm is too weak to prove anything.
    Weak,
    /// The signer's certificate is not one for such a document: wrong profile or wrong country.
    Misfit,
}

/// What the examination of a chip says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChipReport {
    /// Every step once, in the order of [`StepName::ALL`].
    pub steps: Vec<Step>,
    /// All that was found, in the order of the steps.
    pub findings: Vec<Finding>,
    /// Did the state sign these data?
    pub data: Genuineness,
    /// Do they lie in the chip they were written to?
    pub chip: Genuineness,
    /// Groups that were read and hash to what the security object lists. They are proven if `data` is
    /// [`Genuineness::Genuine`]; see [`ChipReport::proves`].
    pub matching: BTreeSet<GroupNumber>,
    /// What those groups say.
    pub content: ChipContent,
    /// The signer's certificate.
    pub signer: Option<Fingerprint>,
    /// The authority that the chain led to.
    pub anchor: Option<Fingerprint>,
    /// That authority is the practice country's: real for nobody.
    pub practice: bool,
}

impl ChipReport {
    /// Whether the bytes of `group` are proven to be the state's.
    pub fn proves(&self, group: GroupNumber) -> bool {
        self.data == Genuineness::Genuine && self.matching.contains(&group)
    }

    /// How a step ended.
    pub fn outcome(&self, name: StepName) -> Outcome {
        self.steps.iter().find(|step| step.name == name).map_or(Outcome::Skipped, |step| step.outcome)
    }
}

/// What is kept of an examination beside the request, and shown: no value of a person, and nothing to examine again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ChipSummary {
    /// Did the state sign these data?
    pub data: Genuineness,
    /// Do they lie in the chip they were written to?
    pub chip: Genuineness,
    /// Every step, in order.
    pub steps: Vec<Step>,
}

impl ChipReport {
    /// What is kept of it.
    pub fn summary(&self) -> ChipSummary {
        ChipSummary { data: self.data, chip: self.chip, steps: self.steps.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_sixteen_data_groups_each_with_its_path() {
        let groups: Vec<_> = (0..=255).filter_map(GroupNumber::new).collect();
        assert_eq!(groups.len(), 16);
        for group in groups {
            assert_eq!(group.path(), format!("chip.dg{}", group.get()));
        }
    }

    #[test]
    fn the_steps_stand_in_their_order_and_have_names_of_their_own() {
        assert!(StepName::ALL.is_sorted());
        let names: BTreeSet<_> = StepName::ALL.map(StepName::name).into();
        assert_eq!(names.len(), StepName::ALL.len());
    }
}
