//! Trust material: files by whose word a passport's chip is believed, and the two persons it takes to put one in force.
//!
//! Owns the states of such a file and who may move it on. Refuses that one person does both, and that an older file
//! takes the place of a newer one unless both mean it. What the files hold is read in `chip`.

mod problem;

pub use problem::{FAULTS, Fault, Problem, faults};

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{MaterialId, StaffId};
use super::text::Malformed;
use super::time::Timestamp;

/// Length of a file, in bytes: the largest published master list has 900 KB.
pub const BYTES_MAX: usize = 4 << 20;
/// Files in force at once.
pub const IN_FORCE_MAX: u32 = 1_000;
/// Files that wait for a second person at once.
pub const PROPOSED_MAX: u32 = 100;
/// Problems of one kind that are listed one by one.
pub const LISTED_MAX: usize = 20;

/// What a file of trust material is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A CSCA master list, Doc 9303-12 section 9.
    MasterList,
    /// One CSCA certificate, which operators took from its state themselves. It also vouches for master lists.
    Csca,
    /// A revocation list of a CSCA.
    Crl,
    /// Faults of certificates that are tolerated.
    Deviations,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::MasterList, Self::Csca, Self::Crl, Self::Deviations];

    /// The name the store and the command line use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MasterList => "master-list",
            Self::Csca => "csca",
            Self::Crl => "crl",
            Self::Deviations => "deviations",
        }
    }

    /// Reads a name written by [`Kind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// SHA-256 of a file or of a certificate's DER: its name everywhere. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest's bytes.
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest's bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits; colons and blanks between them, as tools print them, do not matter.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not a SHA-256. Write its 64 hexadecimal digits.",
            "Không phải mã băm SHA-256. Hãy viết đủ 64 chữ số thập lục phân.",
        );
        if text.len() > 128 {
            return Err(WRONG);
        }
        let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        let mut digest = [0; 32];
        hex::decode_to_slice(digits, &mut digest).map_err(|_| WRONG)?;
        Ok(Self(digest))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

/// A file of trust material, without its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Material {
    /// Its name.
    pub id: MaterialId,
    /// What it is.
    pub kind: Kind,
    /// Whose: in force there is one of each kind and publisher.
    pub publisher: String,
    /// When its publisher made it.
    pub edition: Timestamp,
    /// Of its content.
    pub sha256: Sha256,
    /// What was found in it when it was proposed.
    pub report: Report,
    /// Who proposed it.
    pub proposed_by: StaffId,
    /// When.
    pub proposed_at: Timestamp,
    /// Where it stands.
    pub stage: Stage,
}

/// What was found in a file when it was proposed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Length of the file.
    pub bytes: u32,
    /// Certificates, revoked serial numbers or deviations in it.
    pub entries: u32,
    /// CSCAs that were not trusted before.
    pub new: u32,
    /// CSCAs that were.
    pub known: u32,
    /// CSCAs that will be trusted no longer.
    pub removed: u32,
    /// The CSCA certificate that vouches for the file; `None`: itself, or nobody but the two operators.
    pub vouched_by: Option<Sha256>,
    /// Whether the proposer means it, if the file is older than what is in force.
    pub allow_older: bool,
    /// What was found.
    pub problems: Vec<Problem>,
}

/// Where a file stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Waits for a second person.
    Proposed,
    /// In force.
    InForce(Decided),
    /// Another file of its publisher took its place.
    Replaced {
        /// When it came in force.
        approved: Decided,
        /// When it ceased to be.
        at: Timestamp,
    },
    /// Dropped.
    Rejected(Decided),
}

/// Who decided, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decided {
    /// Who.
    pub by: StaffId,
    /// When.
    pub at: Timestamp,
}

/// Why a file does not come in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotApprove {
    /// It no longer waits.
    #[error("the material was decided already")]
    AlreadyDecided,
    /// Whoever proposed it would approve it.
    #[error("the second person is the first")]
    OwnProposal,
    /// The second person has another file.
    #[error("the second person has another file")]
    AnotherFile,
}

/// The material is in force, or was: it cannot be rejected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the material was put in force")]
pub struct WasInForce;

impl Stage {
    /// The name the store keeps.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::InForce(_) => "in-force",
            Self::Replaced { .. } => "replaced",
            Self::Rejected(_) => "rejected",
        }
    }

    /// Who approved or rejected, if someone did.
    pub const fn decided(&self) -> Option<Decided> {
        match self {
            Self::Proposed => None,
            Self::InForce(decided) | Self::Rejected(decided) | Self::Replaced { approved: decided, .. } => {
                Some(*decided)
            }
        }
    }
}

impl Material {
    /// Puts a proposal in force. `confirmed` is the SHA-256 that the second person has.
    ///
    /// # Errors
    /// If it no longer waits, the second person is the first, or has another file.
    pub fn approve(self, by: StaffId, confirmed: Sha256, now: Timestamp) -> Result<Self, CannotApprove> {
        if self.stage != Stage::Proposed {
            return Err(CannotApprove::AlreadyDecided);
        }
        if by == self.proposed_by {
            return Err(CannotApprove::OwnProposal);
        }
        if confirmed != self.sha256 {
            return Err(CannotApprove::AnotherFile);
        }
        Ok(Self { stage: Stage::InForce(Decided { by, at: now }), ..self })
    }

    /// Drops a proposal; one that was dropped stays as it was.
    ///
    /// # Errors
    /// If it is in force, or was.
    pub fn reject(self, by: StaffId, now: Timestamp) -> Result<Self, WasInForce> {
        match self.stage {
            Stage::Proposed => Ok(Self { stage: Stage::Rejected(Decided { by, at: now }), ..self }),
            Stage::Rejected(_) => Ok(self),
            Stage::InForce(_) | Stage::Replaced { .. } => Err(WasInForce),
        }
    }

    /// Another takes the place of this one; what is not in force stays as it is.
    pub fn replace(self, now: Timestamp) -> Self {
        match self.stage {
            Stage::InForce(approved) => Self { stage: Stage::Replaced { approved, at: now }, ..self },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn staff(number: u128) -> StaffId {
        StaffId::new(Uuid::from_u128(number))
    }

    fn material(stage: Stage) -> Material {
        Material {
            id: MaterialId::new(Uuid::from_u128(9)),
            kind: Kind::Csca,
            publisher: "DE".to_owned(),
            edition: NOW,
            sha256: Sha256::new([7; 32]),
            report: Report::default(),
            proposed_by: staff(1),
            proposed_at: NOW,
            stage,
        }
    }

    const DECIDED: Decided = Decided { by: StaffId::new(Uuid::from_u128(2)), at: NOW };

    #[test]
    fn only_a_proposal_comes_in_force_and_only_by_a_second_person_who_has_the_same_file() {
        let same = Sha256::new([7; 32]);
        let approved = material(Stage::Proposed).approve(staff(2), same, NOW).unwrap();
        assert_eq!(approved.stage, Stage::InForce(DECIDED));
        let refusal = |stage, by, sha256| material(stage).approve(staff(by), sha256, NOW).unwrap_err();
        assert_eq!(refusal(Stage::Proposed, 1, same), CannotApprove::OwnProposal);
        assert_eq!(refusal(Stage::Proposed, 2, Sha256::new([8; 32])), CannotApprove::AnotherFile);
        for stage in [Stage::InForce(DECIDED), Stage::Rejected(DECIDED), Stage::Replaced { approved: DECIDED, at: NOW }]
        {
            assert_eq!(refusal(stage, 2, same), CannotApprove::AlreadyDecided, "{stage:?}");
        }
    }

    #[test]
    fn only_a_proposal_can_be_rejected_and_twice_is_once() {
        let rejected = material(Stage::Proposed).reject(staff(1), NOW).unwrap();
        assert_eq!(rejected.clone().reject(staff(3), NOW.plus(std::time::Duration::from_secs(1))), Ok(rejected));
        assert_eq!(material(Stage::InForce(DECIDED)).reject(staff(1), NOW), Err(WasInForce));
        let replaced = material(Stage::InForce(DECIDED)).replace(NOW);
        assert_eq!(replaced.stage, Stage::Replaced { approved: DECIDED, at: NOW });
        assert_eq!(replaced.reject(staff(1), NOW), Err(WasInForce));
        assert_eq!(material(Stage::Proposed).replace(NOW).stage, Stage::Proposed);
    }

    #[test]
    fn a_digest_is_read_as_tools_print_it() {
        let digits = "a0".repeat(32);
        let colons = ["A0"; 32].join(":");
        assert_eq!(Sha256::parse(&digits), Sha256::parse(&colons));
        assert_eq!(Sha256::parse(&digits).unwrap().to_string(), digits);
        for wrong in ["", "a0", &"a".repeat(63), &"g0".repeat(32), &"a0".repeat(33), &" ".repeat(500)] {
            assert!(Sha256::parse(wrong).is_err(), "{wrong}");
        }
    }
}
