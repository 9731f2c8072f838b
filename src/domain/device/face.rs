//! What a face check proves about a binding. The check is done elsewhere and comes as signed evidence without any biometric
//! data; here it decides the level of assurance that is recorded.

use std::time::Duration;

use super::key::KeyThumbprint;
use crate::domain::ids::AccountId;
use crate::domain::law::devices::{WITH_FACE_CHECK, WITHOUT_FACE_CHECK};
use crate::domain::time::Timestamp;

/// How old a face check may be when the device is bound: it must be of the same sitting.
pub const FACE_CHECK_AGE_MAX: Duration = Duration::from_mins(10);
/// How far the verifier's clock may be ahead of ours.
const SKEW_MAX: Duration = Duration::from_mins(1);

/// How sure it is that the holder bound the device: eIDAS, Regulation (EU) 2015/1502 annex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Assurance {
    /// It can be assumed.
    Substantial,
    /// It was verified.
    High,
}

impl Assurance {
    const ALL: [Self; 2] = [Self::Substantial, Self::High];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The level of a binding with this face check, or without one.
    pub fn of(check: Option<MatchClass>) -> Self {
        match check {
            Some(MatchClass::OneInTenThousand) => WITH_FACE_CHECK,
            Some(MatchClass::Weaker) | None => WITHOUT_FACE_CHECK,
        }
    }
}

/// How good a match was, as a class: a score would say something of the face.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MatchClass {
    /// A false match rate of at most 1:10,000, and the face was alive: NIST SP 800-63A-4 section 3.11.
    OneInTenThousand,
    /// Anything less.
    Weaker,
}

impl MatchClass {
    /// The class of that name in the evidence.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "fmr-1e-4-alive" => Some(Self::OneInTenThousand),
            "weaker" => Some(Self::Weaker),
            _ => None,
        }
    }
}

/// What a face check says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaceCheck {
    /// Whose face it was compared with.
    pub account: AccountId,
    /// The key of the device in whose hands it was done.
    pub key: KeyThumbprint,
    /// When.
    pub checked_at: Timestamp,
    /// How good the match was.
    pub class: MatchClass,
}

/// Why a face check proves nothing about a binding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FaceFault {
    /// No configured verifier signed it, or it is not of this form.
    #[error("the face check is not a configured verifier's")]
    NotGenuine,
    /// It is of another account or another device.
    #[error("the face check is of another account or device")]
    Elsewhere,
    /// It is too old, or of the future.
    #[error("the face check is not of this sitting")]
    Stale,
}

impl FaceCheck {
    /// How good the match was, if it is of this account and device and of the same sitting.
    ///
    /// # Errors
    /// If it is not.
    pub fn class_for(&self, account: AccountId, key: KeyThumbprint, now: Timestamp) -> Result<MatchClass, FaceFault> {
        if self.account != account || self.key != key {
            return Err(FaceFault::Elsewhere);
        }
        let fresh = now.since(self.checked_at) <= FACE_CHECK_AGE_MAX && self.checked_at <= now.plus(SKEW_MAX);
        fresh.then_some(self.class).ok_or(FaceFault::Stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
    const ACCOUNT: AccountId = AccountId::new(Uuid::from_u128(1));

    fn key(byte: u8) -> KeyThumbprint {
        KeyThumbprint::parse(&[byte; 32]).unwrap()
    }

    #[test]
    fn only_a_good_face_check_makes_the_assurance_high() {
        assert_eq!(Assurance::of(None), Assurance::Substantial);
        assert_eq!(Assurance::of(Some(MatchClass::Weaker)), Assurance::Substantial);
        assert_eq!(Assurance::of(Some(MatchClass::OneInTenThousand)), Assurance::High);
        assert!(Assurance::ALL.into_iter().all(|level| Assurance::from_name(level.name()) == Some(level)));
        assert_eq!((MatchClass::from_name("weaker"), MatchClass::from_name("0.97")), (Some(MatchClass::Weaker), None));
    }

    #[test]
    fn a_face_check_counts_for_its_account_and_device_in_the_same_sitting() {
        let check = FaceCheck { account: ACCOUNT, key: key(1), checked_at: NOW, class: MatchClass::OneInTenThousand };
        let ends = NOW.plus(FACE_CHECK_AGE_MAX);
        assert_eq!(check.class_for(ACCOUNT, key(1), ends), Ok(MatchClass::OneInTenThousand));
        assert_eq!(check.class_for(ACCOUNT, key(1), NOW.minus(SKEW_MAX)), Ok(MatchClass::OneInTenThousand));
        let too_late = ends.plus(Duration::from_micros(1));
        assert_eq!(check.class_for(ACCOUNT, key(1), too_late), Err(FaceFault::Stale));
        assert_eq!(check.class_for(ACCOUNT, key(1), NOW.minus(SKEW_MAX * 2)), Err(FaceFault::Stale));
        assert_eq!(check.class_for(ACCOUNT, key(2), NOW), Err(FaceFault::Elsewhere));
        let other = AccountId::new(Uuid::from_u128(2));
        assert_eq!(check.class_for(other, key(1), NOW), Err(FaceFault::Elsewhere));
    }
}
