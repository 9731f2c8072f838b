//! The limits of codes. The law sets them; configuration may tighten them.

use std::time::Duration;

use super::Purpose;
use crate::domain::law::codes;

/// How long codes live, and how often they may be sent and tried. Never laxer than the law.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodePolicy {
    /// Life of a code sent by SMS, counted from its last sending and never longer than the law allows from the first.
    pub lifetime: Duration,
    /// Life of a code that confirms an e-mail address.
    pub email_lifetime: Duration,
    /// How often one code may be tried.
    pub tries: u32,
    /// Wrong tries in a day on one account, over all its codes.
    pub failures_per_day: u32,
    /// Wrong tries in a row after which only a person can help.
    pub failures_in_row: u32,
    /// The shortest time between two sendings.
    pub send_gap: Duration,
    /// Sendings in a day.
    pub sends_per_day: u32,
}

impl Default for CodePolicy {
    fn default() -> Self {
        Self {
            lifetime: codes::LIFETIME,
            email_lifetime: Duration::from_hours(1),
            tries: codes::TRIES_MAX,
            failures_per_day: codes::FAILURES_PER_DAY_MAX,
            failures_in_row: codes::FAILURES_IN_ROW_MAX,
            send_gap: codes::SEND_GAP_MIN,
            sends_per_day: codes::SENDS_PER_DAY_MAX,
        }
    }
}

impl CodePolicy {
    /// How long a code lives after it was sent, and from its first sending at most.
    pub const fn lifetimes(&self, purpose: Purpose) -> (Duration, Duration) {
        match purpose {
            Purpose::Activation | Purpose::PhoneChange | Purpose::OldContact => (self.lifetime, codes::LIFETIME_MAX),
            Purpose::EmailChange => (self.email_lifetime, codes::EMAIL_LIFETIME_MAX),
        }
    }
}
