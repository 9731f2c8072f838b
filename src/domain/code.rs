//! One-time codes. An account has one slot for each purpose; a new code replaces the old one in it, and the failures
//! stay: what counts against guessing is the account, not the code.

use std::fmt;
use std::time::Duration;

use time::Date;

use super::ids::{AccountId, CodeId};
use super::law::codes::{DIGITS, FAILURES_IN_ROW_MAX, FAILURES_PER_DAY_MAX, TRIES_MAX};
use super::sealed::CodeDigest;
use super::text::Malformed;
use super::time::Timestamp;

/// What a code is for. A code for one purpose is worth nothing for another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Activating the account.
    Activation,
    /// Confirming a new phone.
    PhoneChange,
    /// Confirming a new e-mail address.
    EmailChange,
}

impl Purpose {
    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::PhoneChange => "phone-change",
            Self::EmailChange => "email-change",
        }
    }
}

/// Six digits. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// One of the million codes: `drawn` is uniform below [`Code::COUNT`].
    pub fn numbered(drawn: u32) -> Self {
        Self(format!("{:0width$}", drawn % Self::COUNT, width = DIGITS))
    }

    /// How many codes there are.
    pub const COUNT: u32 = 1_000_000;

    /// Reads six digits; white space around and within is dropped.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new("A code has six digits.", "Mã xác nhận gồm sáu chữ số.");
        if text.len() > 32 {
            return Err(WRONG);
        }
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let right = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        right.then_some(Self(digits)).ok_or(WRONG)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// Wrong tries on an account, over all codes of every purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Failures {
    /// The day that `today` counts, as a Julian day number; 0 before the first failure.
    pub day: i64,
    /// Failures on that day.
    pub today: u32,
    /// Failures since the last success.
    pub in_row: u32,
}

/// Why no code can be sent, and what helps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyFailures {
    /// When a code can be asked for again; `None` if only a person can help.
    pub retry_at: Option<Timestamp>,
}

impl Failures {
    /// How often a code sent at `now` may be tried.
    ///
    /// # Errors
    /// If the day's failures, or those in a row, are used up.
    pub fn allowance(self, now: Timestamp) -> Result<u32, TooManyFailures> {
        let day = now.local_date();
        let today = if self.day == day_number(day) { self.today } else { 0 };
        let in_row = FAILURES_IN_ROW_MAX.saturating_sub(self.in_row);
        let left = FAILURES_PER_DAY_MAX.saturating_sub(today);
        match in_row.min(left).min(TRIES_MAX) {
            0 if in_row == 0 => Err(TooManyFailures { retry_at: None }),
            0 => Err(TooManyFailures { retry_at: day.next_day().map(Timestamp::start_of) }),
            tries => Ok(tries),
        }
    }
}

/// A day as the number that the store compares.
pub fn day_number(day: Date) -> i64 {
    i64::from(day.to_julian_day())
}

/// A code on its way, as the slot keeps it.
#[derive(Clone, Debug)]
pub struct SentCode {
    /// Whose slot.
    pub account: AccountId,
    /// Which slot.
    pub purpose: Purpose,
    /// The code's name.
    pub id: CodeId,
    /// What a typed code is compared with.
    pub digest: CodeDigest,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How often it may be tried.
    pub tries_max: u32,
}

impl SentCode {
    /// A code sent at `now` that lives for `lifetime`.
    ///
    /// # Errors
    /// If too many tries have failed.
    pub fn new(
        (account, purpose): (AccountId, Purpose),
        (id, digest): (CodeId, CodeDigest),
        failures: Failures,
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<Self, TooManyFailures> {
        let tries_max = failures.allowance(now)?;
        Ok(Self { account, purpose, id, digest, sent_at: now, expires_at: now.plus(lifetime), tries_max })
    }
}

/// A try that has been counted and may now be compared.
#[derive(Clone, Debug)]
pub struct CountedTry {
    /// The code that is tried.
    pub code: CodeId,
    /// What to compare with.
    pub digest: CodeDigest,
    /// Tries left after this one.
    pub tries_left: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn noon() -> Timestamp {
        Timestamp::start_of(date!(2026 - 11 - 21)).plus(Duration::from_hours(12))
    }

    fn failures(today: u32, in_row: u32) -> Failures {
        Failures { day: day_number(noon().local_date()), today, in_row }
    }

    #[test]
    fn a_new_code_does_not_bring_back_tries_that_failed() {
        assert_eq!(failures(0, 0).allowance(noon()), Ok(5));
        assert_eq!(failures(7, 7).allowance(noon()), Ok(3));
        let tomorrow = Timestamp::start_of(date!(2026 - 11 - 22));
        assert_eq!(failures(10, 10).allowance(noon()), Err(TooManyFailures { retry_at: Some(tomorrow) }));
        assert_eq!(failures(10, 10).allowance(tomorrow), Ok(5));
    }

    #[test]
    fn after_a_hundred_failures_in_a_row_only_a_person_helps() {
        assert_eq!(failures(0, 98).allowance(noon()), Ok(2));
        assert_eq!(failures(0, 100).allowance(noon()), Err(TooManyFailures { retry_at: None }));
    }

    #[test]
    fn codes_have_six_digits_and_never_print() {
        assert_eq!(Code::numbered(42).as_str(), "000042");
        assert_eq!(Code::parse(" 123 456 ").unwrap().as_str(), "123456");
        assert_eq!(format!("{:?}", Code::numbered(42)), "Code(…)");
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert!(Code::parse(wrong).is_err(), "{wrong}");
        }
    }
}
