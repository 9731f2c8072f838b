//! Proof in person: the holder stood at a counter with the passport, an officer recorded it, a second person agreed, and a
//! one-time code binds a device.
//!
//! For holders whom no code by SMS reaches, or who may try none, while they activate: the code is printed, and good together
//! with the passport alone. For holders without their old device: foreigners have no chip card to recover with (DOMAIN 6.2). Two persons, because one
//! alone could bind a device of their own to somebody's account (DOMAIN R14).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::letters;
use crate::domain::ids::{AccountId, ProofId, StaffId};
use crate::domain::law::devices::BINDING_CODE_LIFETIME_MAX;
use crate::domain::law::{activation, codes, devices};
use crate::domain::staff::OfficeCode;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;

/// How often a code from the counter may be tried.
pub const TRIES_MAX: u32 = codes::TRIES_MAX;

/// Where the shown form has its hyphen.
const HALF: usize = CounterCode::LETTERS / 2;
const _: () =
    assert!(letters::BITS * CounterCode::LETTERS >= devices::BINDING_CODE_BITS_MIN as usize, "too easily guessed");

const WRONG_CODE: Malformed = Malformed::new(
    "A code from the counter has ten letters and digits, such as 7K2MQ-0XW4T.",
    "Mã nhận tại quầy gồm mười chữ cái và chữ số, ví dụ 7K2MQ-0XW4T.",
);

/// The code that the counter hands out. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct CounterCode(String);

impl CounterCode {
    /// How many letters and digits it has.
    pub const LETTERS: usize = 10;

    /// The code of these random bytes: five bits of each count.
    pub fn drawn(bytes: [u8; Self::LETTERS]) -> Self {
        Self(letters::drawn(&bytes))
    }

    /// Reads what a person typed: spaces, hyphens and small letters count for nothing, O is 0, I and L are 1.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        letters::read(text, Self::LETTERS).map(Self).ok_or(WRONG_CODE)
    }

    /// The letters, without the hyphen.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown to a person.
    pub fn shown(&self) -> String {
        let (first, second) = self.0.split_at_checked(HALF).unwrap_or((&self.0, ""));
        format!("{first}-{second}")
    }
}

impl fmt::Debug for CounterCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CounterCode(…)")
    }
}

/// What a proof in person is good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ProofPurpose {
    /// Another device in place of the account's.
    Replacement,
    /// Activating the account, with its first device.
    Activation,
}

impl ProofPurpose {
    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replacement => "replacement",
            Self::Activation => "activation",
        }
    }

    /// The purpose of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Replacement, Self::Activation].into_iter().find(|purpose| purpose.name() == name)
    }
}

/// What an officer recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CounterProof {
    /// Its name.
    pub id: ProofId,
    /// Who stood there.
    pub account: AccountId,
    /// What for.
    pub purpose: ProofPurpose,
    /// Who recorded it.
    pub officer: StaffId,
    /// At which office.
    pub office: OfficeCode,
    /// When.
    pub recorded_at: Timestamp,
    /// Until when its code can be used, agreed to or not.
    pub expires_at: Timestamp,
    /// How far it has come.
    pub state: CounterState,
}

/// How far a proof in person has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CounterState {
    /// A second person must agree.
    Recorded,
    /// Its code can be used.
    Countersigned {
        /// Who agreed.
        by: StaffId,
    },
    /// A device was bound with it.
    Used,
}

/// Why a second person's word does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotCountersigned {
    /// Whoever recorded it cannot be the second person.
    #[error("the same person recorded it")]
    OwnRecord,
    /// Its time is over, or another took its place.
    #[error("the proof has ended")]
    Ended,
}

impl CounterProof {
    /// Records that the holder stands at the counter, for another device.
    pub fn for_replacement(id: ProofId, account: AccountId, by: (StaffId, OfficeCode), now: Timestamp) -> Self {
        Self::record(id, account, by, (ProofPurpose::Replacement, now.plus(BINDING_CODE_LIFETIME_MAX)), now)
    }

    /// Records that the holder stands at the counter, to activate the account. The code is printed and lives as long as the
    /// account can be activated: until `closes_at`, or as if that began now while no notice has gone out.
    pub fn for_activation(
        id: ProofId,
        account: AccountId,
        by: (StaffId, OfficeCode),
        closes_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let expires_at = closes_at.unwrap_or_else(|| activation::window_closes(now));
        Self::record(id, account, by, (ProofPurpose::Activation, expires_at), now)
    }

    fn record(
        id: ProofId,
        account: AccountId,
        (officer, office): (StaffId, OfficeCode),
        (purpose, expires_at): (ProofPurpose, Timestamp),
        now: Timestamp,
    ) -> Self {
        Self { id, account, purpose, officer, office, recorded_at: now, expires_at, state: CounterState::Recorded }
    }

    /// A second person agrees; again by anybody else changes nothing.
    ///
    /// # Errors
    /// If it is the same person, or too late.
    pub fn countersign(mut self, by: StaffId, now: Timestamp) -> Result<Self, NotCountersigned> {
        if by == self.officer {
            return Err(NotCountersigned::OwnRecord);
        }
        match self.state {
            CounterState::Used => Err(NotCountersigned::Ended),
            _ if now >= self.expires_at => Err(NotCountersigned::Ended),
            CounterState::Countersigned { .. } => Ok(self),
            CounterState::Recorded => {
                self.state = CounterState::Countersigned { by };
                Ok(self)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    fn staff(n: u128) -> StaffId {
        StaffId::new(Uuid::from_u128(n))
    }

    fn recorded() -> CounterProof {
        let office = OfficeCode::parse("79-01").unwrap();
        let account = AccountId::new(Uuid::from_u128(2));
        CounterProof::for_replacement(ProofId::new(Uuid::from_u128(1)), account, (staff(1), office), NOW)
    }

    #[test]
    fn a_binding_code_has_the_entropy_and_the_life_that_the_standard_asks_for() {
        assert_eq!((devices::BINDING_CODE_BITS_MIN, BINDING_CODE_LIFETIME_MAX), (40, Duration::from_mins(10)));
        let codes: std::collections::BTreeSet<_> =
            (0..=255).map(|byte| CounterCode::drawn([byte; CounterCode::LETTERS]).as_str().to_owned()).collect();
        assert_eq!(codes.len(), 32, "each letter comes up equally often");
        assert_eq!(recorded().expires_at, NOW.plus(Duration::from_mins(10)));
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = CounterCode::drawn([7, 19, 2, 20, 23, 0, 29, 28, 4, 1]);
        assert_eq!(code.shown(), "7K2MQ-0XW41");
        for typed in ["7K2MQ-0XW41", " 7k2mq 0xw4l ", "7K2MQOXW4I"] {
            assert_eq!(CounterCode::parse(typed), Ok(code.clone()), "{typed}");
        }
        for wrong in ["", "7K2MQ-0XW4", "7K2MQ-0XW41A", "7K2MQ-0XWU1", "số", &"-".repeat(65)] {
            assert!(CounterCode::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{code:?}"), "CounterCode(…)");
    }

    #[test]
    fn a_printed_code_lives_as_long_as_the_account_can_be_activated() {
        let CounterProof { id, account, officer, office, .. } = recorded();
        let printed = |closes_at| CounterProof::for_activation(id, account, (officer, office.clone()), closes_at, NOW);
        let closes_at = NOW.plus(Duration::from_hours(30));
        assert_eq!(printed(Some(closes_at)).expires_at, closes_at);
        assert_eq!(printed(None).expires_at, activation::window_closes(NOW));
        for purpose in [ProofPurpose::Activation, ProofPurpose::Replacement] {
            assert_eq!(ProofPurpose::from_name(purpose.name()), Some(purpose));
        }
    }

    #[test]
    fn it_takes_a_second_person_in_time() {
        assert_eq!(recorded().countersign(staff(1), NOW), Err(NotCountersigned::OwnRecord));
        let agreed = recorded().countersign(staff(2), NOW).unwrap();
        assert_eq!(agreed.state, CounterState::Countersigned { by: staff(2) });
        assert_eq!(agreed.clone().countersign(staff(3), NOW), Ok(agreed));
        assert_eq!(recorded().countersign(staff(2), recorded().expires_at), Err(NotCountersigned::Ended));
        let used = CounterProof { state: CounterState::Used, ..recorded() };
        assert_eq!(used.countersign(staff(2), NOW), Err(NotCountersigned::Ended));
    }
}
