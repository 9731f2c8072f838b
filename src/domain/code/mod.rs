//! One-time codes. An account has one slot for each purpose; a new code replaces the old one in it, and the failures
//! stay: what counts against guessing is the account, not the code.
//!
//! Owns what may be sent and tried, and when. Refuses to lengthen what the law limits; the store counts each try before it is
//! compared.

mod failures;
mod policy;
mod slot;
mod timetable;

pub use failures::{Failures, TooManyFailures, day_after, day_counted, day_number};
pub use policy::CodePolicy;
pub use slot::{CountedTry, Sends, SentAgain, SentCode, Slot, SlotCode};
pub use timetable::{Held, Timetable, Turn};

use std::fmt;
use std::time::Duration;

use super::law::codes::DIGITS;
use super::text::Malformed;

/// How far the clocks of two processes may differ. What is noted further in the future was noted under another clock.
pub const SKEW_MAX: Duration = Duration::from_mins(1);

/// What a code is for. A code for one purpose is worth nothing for another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Activating the account.
    Activation,
    /// Confirming a new phone.
    PhoneChange,
    /// Confirming a new e-mail address.
    EmailChange,
    /// Showing that the contact to be given up is alive.
    OldContact,
}

impl Purpose {
    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::PhoneChange => "phone-change",
            Self::EmailChange => "email-change",
            Self::OldContact => "old-contact",
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

#[cfg(test)]
mod tests {
    use super::*;

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
