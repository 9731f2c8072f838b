//! Step-up: what proves at a privileged call that the person is there, and not only the certificate.
//!
//! Owns what can be brought (a code of an authenticator, or one of ten recovery codes), and when the next one may be tried.
//! That each step and each recovery code counts once is kept in the store.

use std::fmt;
use std::time::Duration;

use crate::domain::code::{CodePolicy, Failures, TooManyFailures};
use crate::domain::device::{Step, TotpCode, TotpSecret};
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;

/// Recovery codes that one gets.
pub const RECOVERY_CODES: usize = 10;

/// Letters and digits that are not mistaken for each other: Crockford's 32, five bits each.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const WRONG: Malformed = Malformed::new(
    "Neither the six digits of your authenticator nor one of your recovery codes, such as 7K2M-Q0XW-4TPA-9HZC.",
    "Không phải sáu chữ số của ứng dụng xác thực, cũng không phải mã khôi phục, ví dụ 7K2M-Q0XW-4TPA-9HZC.",
);

/// A code for the day on which the authenticator is lost. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// How many letters and digits it has: 80 bits.
    pub const LETTERS: usize = 16;

    /// The code of these random bytes: five bits of each count.
    pub fn drawn(bytes: [u8; Self::LETTERS]) -> Self {
        let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).map_or('0', |letter| char::from(*letter));
        Self(bytes.into_iter().map(letter).collect())
    }

    /// The letters, without hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown to a person.
    pub fn shown(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    fn parse(text: &str) -> Option<Self> {
        let meant = |c: char| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(meant).collect();
        (code.len() == Self::LETTERS && code.bytes().all(|c| ALPHABET.contains(&c))).then_some(Self(code))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// What somebody brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Typed {
    /// Six digits of an authenticator.
    Totp(TotpCode),
    /// A recovery code.
    Recovery(RecoveryCode),
}

impl Typed {
    /// Reads either.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > 64 {
            return Err(WRONG);
        }
        let recovery = || RecoveryCode::parse(text).map(Self::Recovery);
        TotpCode::parse(text).ok().map(Self::Totp).or_else(recovery).ok_or(WRONG)
    }
}

/// What is kept of the tries of somebody who is enrolled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StaffTries {
    /// The latest step that was taken.
    pub last: Step,
    /// Wrong ones.
    pub failures: Failures,
}

/// Why a call goes no further.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotStepped {
    /// It brought nothing.
    #[error("no code was brought")]
    Missing,
    /// There is nothing by which a code could be checked.
    #[error("no authenticator is enrolled")]
    NotEnrolled,
    /// It is not right.
    #[error("the code is wrong")]
    Wrong,
    /// It was right, and counted before; the next step begins then.
    #[error("the code was used")]
    Used {
        /// How long to wait for the next.
        wait: Duration,
    },
    /// Nothing may be tried yet.
    #[error("too many codes were wrong")]
    Wait {
        /// How long.
        wait: Duration,
    },
    /// So many were wrong that a manager has to take the authenticator away.
    #[error("too many codes were wrong in a row")]
    Stopped,
}

impl StaffTries {
    /// Whether a try may be counted at `now`.
    ///
    /// # Errors
    /// If it is to be waited, or a person must help.
    pub fn turn(&self, now: Timestamp) -> Result<(), NotStepped> {
        let day = match self.failures.allowance(&CodePolicy::default(), now) {
            Err(TooManyFailures { retry_at: None }) => return Err(NotStepped::Stopped),
            Err(TooManyFailures { retry_at }) => retry_at,
            Ok(_) => None,
        };
        match day.into_iter().chain(self.failures.held_at(now)).max() {
            Some(until) => Err(NotStepped::Wait { wait: until.since(now) }),
            None => Ok(()),
        }
    }

    /// The step of a code that is right and was not used.
    ///
    /// # Errors
    /// If it is wrong, or of a step that was taken, or of one before.
    pub fn judge(&self, secret: &TotpSecret, code: &TotpCode, now: Timestamp) -> Result<Step, NotStepped> {
        let step = secret.step(code, now).ok_or(NotStepped::Wrong)?;
        if step > self.last { Ok(step) } else { Err(NotStepped::Used { wait: self.last.next_begins(now) }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn morning() -> Timestamp {
        Timestamp::start_of(date!(2026 - 11 - 23)).plus(Duration::from_hours(9))
    }

    #[test]
    fn six_digits_or_a_recovery_code_are_read_as_people_write_them() {
        assert!(matches!(Typed::parse(" 123 456 "), Ok(Typed::Totp(_))));
        let code = RecoveryCode::drawn([31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 255]);
        assert_eq!(code.shown(), "Z012-3456-789A-BCDZ");
        assert_eq!(Typed::parse("zoi2 3456-789a bcdz"), Ok(Typed::Recovery(code.clone())));
        for wrong in ["", "12345", "1234567", "7K2MQ-0XW4T", "Z012-3456-789A-BCDU", &"1".repeat(80)] {
            assert_eq!(Typed::parse(wrong), Err(WRONG), "{wrong}");
        }
        assert_eq!(
            format!("{code:?} {:?}", Typed::Recovery(code.clone())),
            "RecoveryCode(…) Recovery(RecoveryCode(…))"
        );
    }

    #[test]
    fn two_wrong_codes_cost_nothing_the_third_half_a_minute_and_ten_the_day() {
        let mut tries = StaffTries { last: Step::NONE, failures: Failures::default() };
        for _ in 0..2 {
            tries.failures = tries.failures.failed(morning());
            assert_eq!(tries.turn(morning()), Ok(()));
        }
        tries.failures = tries.failures.failed(morning());
        assert_eq!(tries.turn(morning()), Err(NotStepped::Wait { wait: Duration::from_secs(30) }));
        assert_eq!(tries.turn(morning().plus(Duration::from_secs(30))), Ok(()));
        tries.failures.today = 10;
        let until = Timestamp::start_of(date!(2026 - 11 - 24));
        assert_eq!(tries.turn(morning()), Err(NotStepped::Wait { wait: until.since(morning()) }));
        tries.failures.in_row = 100;
        assert_eq!(tries.turn(until), Err(NotStepped::Stopped));
    }

    #[test]
    fn a_step_counts_once_and_the_wait_ends_when_the_next_begins() {
        let secret = TotpSecret::new(*b"12345678901234567890");
        // RFC 6238 appendix B. The step begins at this second.
        let now = Timestamp::from_micros(1_234_567_890 * 1_000_000);
        let code = TotpCode::parse("005924").unwrap();
        let fresh = StaffTries { last: Step::NONE, failures: Failures::default() };
        let step = fresh.judge(&secret, &code, now).unwrap();
        assert_eq!(step, Step::at(now));
        let taken = StaffTries { last: step, ..fresh };
        let wait = Duration::from_secs(30);
        assert_eq!(taken.judge(&secret, &code, now), Err(NotStepped::Used { wait }));
        assert_eq!(fresh.judge(&secret, &TotpCode::parse("005925").unwrap(), now), Err(NotStepped::Wrong));
    }
}
