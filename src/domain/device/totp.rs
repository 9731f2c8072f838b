//! Offline codes: time-based one-time passwords by RFC 6238, with SHA-1, six digits and steps of 30 seconds, which every
//! authenticator reads.
//!
//! Owns which step a code is of. That each step is taken once, and none before one that was taken, is kept in the store.

use std::fmt;
use std::time::Duration;

use totp_rs::{Algorithm, Builder, Totp, TotpError};
use zeroize::Zeroizing;

use crate::domain::code::day_counted;
use crate::domain::law::codes::{FAILURES_IN_ROW_MAX, FAILURES_PER_DAY_MAX};
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;

/// Bytes of a secret: what RFC 4226 section 4 recommends.
pub const SECRET_BYTES: usize = 20;

const DIGITS: u8 = 6;
const STEP_SECS: u64 = 30;
/// Steps that a device's clock may be off: RFC 6238 section 5.2 recommends one.
const DRIFT_MAX: u16 = 1;

const WRONG_CODE: Malformed = Malformed::new("An offline code has six digits.", "Mã ngoại tuyến gồm sáu chữ số.");

/// The number of a step of 30 seconds, counted from the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Step(i64);

impl Step {
    /// Before every step.
    pub const NONE: Self = Self(-1);

    /// As the store keeps it.
    pub const fn from_stored(number: i64) -> Self {
        Self(number)
    }

    /// As the store keeps it.
    pub const fn stored(self) -> i64 {
        self.0
    }

    /// The step at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(i64::try_from(seconds(now) / STEP_SECS).unwrap_or(i64::MAX))
    }

    /// How long after `now` the step after this one begins; nothing if it has.
    pub fn next_begins(self, now: Timestamp) -> Duration {
        let next = u64::try_from(self.0.saturating_add(1)).unwrap_or_default().saturating_mul(STEP_SECS);
        Duration::from_secs(next.saturating_sub(seconds(now)))
    }

    /// By how many steps the clock that made it was ahead of `now`; behind if negative.
    pub fn drift(self, now: Timestamp) -> i64 {
        self.0.saturating_sub(Self::at(now).0)
    }
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.micros() / 1_000_000).unwrap_or_default()
}

/// Six digits that somebody typed. Never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpCode(String);

impl TotpCode {
    /// Reads six digits; white space around and within is dropped.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > 32 {
            return Err(WRONG_CODE);
        }
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let right = digits.len() == usize::from(DIGITS) && digits.bytes().all(|b| b.is_ascii_digit());
        right.then_some(Self(digits)).ok_or(WRONG_CODE)
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(…)")
    }
}

/// The secret that a device and this service share. Never prints.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// What an authenticator reads: `otpauth://totp/…`, the secret in it. Never prints.
pub struct Uri(Zeroizing<String>);

impl Uri {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uri(…)")
    }
}

impl TotpSecret {
    /// A secret of these random bytes.
    pub fn new(drawn: [u8; SECRET_BYTES]) -> Self {
        Self(Zeroizing::new(drawn))
    }

    /// A secret as it was sealed; `None` if it is of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::new)
    }

    /// The bytes, to be sealed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The step that a code is of, if it is of one that counts at `now`.
    pub fn step(&self, code: &TotpCode, now: Timestamp) -> Option<Step> {
        let totp = self.totp("", "").ok()?;
        totp.check(&code.0, seconds(now)).and_then(|step| i64::try_from(step).ok()).map(Step)
    }

    /// The code of a step, as an authenticator shows it: for callers that hold the secret themselves.
    ///
    /// # Errors
    /// If the secret is of no use.
    pub fn code(&self, step: Step) -> Result<Zeroizing<String>, TotpError> {
        let begins = u64::try_from(step.0).unwrap_or_default().saturating_mul(STEP_SECS);
        Ok(Zeroizing::new(self.totp("", "")?.generate(begins).to_string()))
    }

    /// What an authenticator reads. It names the account by its opaque identifier and nobody.
    ///
    /// # Errors
    /// If the issuer has a colon in it.
    pub fn uri(&self, issuer: &str, account: impl fmt::Display) -> Result<Uri, TotpError> {
        self.totp(issuer, &account.to_string())?.to_url().map(|url| Uri(Zeroizing::new(url)))
    }

    fn totp(&self, issuer: &str, account: &str) -> Result<Totp, TotpError> {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_skew(DRIFT_MAX)
            .with_step_duration(STEP_SECS)
            .with_secret(self.0.to_vec())
            .with_issuer(Some(issuer))
            .with_account_name(account)
            .build()
    }
}

/// Wrong codes of one device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TotpFailures {
    /// The day that `today` counts, as a Julian day number; 0 before the first failure.
    pub day: i64,
    /// Failures on that day.
    pub today: u32,
    /// Failures since the last right code.
    pub in_row: u32,
}

impl TotpFailures {
    /// How often one may try yet on the day of `now`.
    pub fn left(self, now: Timestamp) -> u32 {
        let today = if self.day == day_counted(self.day, now) { self.today } else { 0 };
        FAILURES_PER_DAY_MAX.saturating_sub(today).min(FAILURES_IN_ROW_MAX.saturating_sub(self.in_row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::AccountId;
    use uuid::Uuid;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_micros(secs * 1_000_000)
    }

    /// The secret of RFC 6238 appendix B.
    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn code(text: &str) -> TotpCode {
        TotpCode::parse(text).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // The last six of its eight digits.
        let known = [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924")];
        for (secs, text) in known {
            assert_eq!(secret().step(&code(text), at(secs)), Some(Step::at(at(secs))), "{secs}");
        }
    }

    #[test]
    fn one_step_of_drift_is_taken_either_way_and_told_and_two_are_not() {
        let made = code("005924");
        for (later, drift) in [(-30, 1), (0, 0), (30, -1)] {
            let now = at(1_234_567_890 + later);
            let step = secret().step(&made, now).unwrap();
            assert_eq!((step, step.drift(now)), (Step::at(at(1_234_567_890)), drift));
        }
        for later in [-60, 60] {
            assert_eq!(secret().step(&made, at(1_234_567_890 + later)), None);
        }
    }

    #[test]
    fn the_address_for_an_authenticator_has_the_secret_and_names_nobody() {
        let account = AccountId::new(Uuid::from_u128(7));
        let uri = secret().uri("eID", account).unwrap();
        assert_eq!(
            uri.as_str(),
            format!("otpauth://totp/eID:{account}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=eID")
        );
        assert!(secret().uri("a:b", account).is_err());
        let shown = format!("{uri:?} {:?} {:?}", secret(), code("123456"));
        assert_eq!(shown, "Uri(…) TotpSecret(…) TotpCode(…)");
    }

    #[test]
    fn codes_have_six_digits_and_steps_begin_before_the_first() {
        assert_eq!(TotpCode::parse(" 123 456 "), TotpCode::parse("123456"));
        for wrong in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert!(TotpCode::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Step::NONE < Step::at(at(0)) && Step::at(at(-5)) == Step::at(at(0)));
    }

    #[test]
    fn a_secret_makes_the_codes_that_it_takes() {
        let step = Step::at(at(1_234_567_890));
        assert_eq!(secret().code(step).unwrap().as_str(), "005924");
        assert_eq!(step.next_begins(at(1_234_567_890)), Duration::from_secs(30));
        assert_eq!(step.next_begins(at(1_234_567_930)), Duration::ZERO);
    }

    #[test]
    fn tries_end_for_the_day_and_after_a_hundred_in_a_row() {
        let (today, tomorrow) = (at(0), at(86_400));
        let failures = TotpFailures { day: day_counted(0, today), today: 4, in_row: 4 };
        assert_eq!((failures.left(today), failures.left(tomorrow)), (6, 10));
        assert_eq!(failures.left(at(-86_400)), 6, "a clock that was set back over midnight gives no tries twice");
        assert_eq!(TotpFailures { in_row: 97, ..failures }.left(tomorrow), 3);
        assert_eq!(TotpFailures { in_row: 100, ..failures }.left(tomorrow), 0);
    }
}
