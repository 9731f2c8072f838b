//! How often a caller may call.
//!
//! Owns the counting, in this process or shared through Redis. Refuses to know who calls and what the limits are: the
//! edge names the key and the quota. A key never holds personal data.

mod memory;
mod shared;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use self::memory::Memory;
use self::shared::Shared;
use crate::sys::Clock;

/// Counts calls by the generic cell rate algorithm: a burst at once, then one call for each refill.
pub enum Limits {
    /// Counts in this process alone.
    Memory(Memory),
    /// Counts together with every process that uses the same Redis, and alone while that Redis is slow or gone.
    Redis(Arc<Shared>),
}

impl Limits {
    /// Limits of this process alone.
    pub fn memory(clock: Clock) -> Self {
        Self::Memory(Memory::new(clock))
    }

    /// Limits shared through the Redis at `url`, which may hold a password and is never printed, under keys that begin
    /// with `namespace`.
    ///
    /// Nothing is asked of it yet.
    ///
    /// # Errors
    /// If `url` cannot be read.
    pub fn redis(url: &str, namespace: &str, clock: Clock) -> Result<Self, LimitsFault> {
        Ok(Self::Redis(Arc::new(Shared::new(url, namespace, clock)?)))
    }

    /// Looks for the Redis, if there is to be one. One that does not answer is no error: we count alone and look again.
    ///
    /// # Errors
    /// If it answers and turns us away.
    pub async fn greet(&self) -> Result<(), LimitsFault> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Redis(shared) => shared.greet().await,
        }
    }

    /// Counts one call under `key`, or says how long to wait before the next one can be let through.
    pub async fn take(&self, key: LimitKey<'_>, quota: Quota) -> Verdict {
        match self {
            Self::Memory(memory) => memory.take(key, quota),
            Self::Redis(shared) => shared.take(key, quota).await,
        }
    }

    /// The same without waiting for others who count: what they let through meanwhile is made good before the next one passes.
    pub fn pass(&self, key: LimitKey<'_>, quota: Quota) -> Verdict {
        match self {
            Self::Memory(memory) => memory.take(key, quota),
            Self::Redis(shared) => shared.pass(key, quota),
        }
    }

    /// Waits until others who count know of every call that passed before.
    pub async fn told(&self) {
        if let Self::Redis(shared) = self {
            shared.told().await;
        }
    }

    /// Whether calls are counted together with others, if they are to be. Asks.
    pub async fn are_shared(&self) -> Option<bool> {
        match self {
            Self::Memory(_) => None,
            Self::Redis(shared) => Some(shared.is_there().await),
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory(_) => "Limits::Memory",
            Self::Redis(_) => "Limits::Redis",
        })
    }
}

/// What is counted together.
#[derive(Clone, Copy)]
pub struct LimitKey<'a> {
    /// The method's name in the policy table; holds no colon.
    pub method: &'a str,
    /// The caller's identifier, or a blind index in hex. Never personal data.
    pub subject: &'a str,
}

impl LimitKey<'_> {
    /// One text for the pair. No method holds a colon, so two pairs never share a text.
    fn text(self) -> String {
        format!("{}:{}", self.method, self.subject)
    }
}

/// How many calls at once, and how soon one more is earned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Quota {
    burst: u32,
    refill_micros: u64,
    passes_crowd: bool,
}

impl Quota {
    /// Largest burst: keeps every sum of the algorithm exact in 64 bits, and in the floating point of a Redis script.
    const BURST_MAX: u32 = 10_000;
    /// Longest refill: one day.
    const REFILL_MICROS_MAX: u64 = 86_400_000_000;

    /// `burst` calls at once, then one for each `refill`.
    ///
    /// A burst is between 1 and 10,000 and a refill between a microsecond and a day; what lies outside is moved in.
    #[expect(clippy::cast_possible_truncation, reason = "the larger side is cut down to a day before")]
    pub const fn new(burst: u32, refill: Duration) -> Self {
        let micros = refill.as_nanos().div_ceil(1_000);
        let longest = Self::REFILL_MICROS_MAX as u128;
        Self {
            burst: match burst {
                0 => 1,
                1..Self::BURST_MAX => burst,
                _ => Self::BURST_MAX,
            },
            refill_micros: match micros {
                0 => 1,
                some if some < longest => some as u64,
                _ => Self::REFILL_MICROS_MAX,
            },
            passes_crowd: false,
        }
    }

    /// `calls` at once and as many each second, evenly.
    pub const fn per_second(calls: u32) -> Self {
        Self::spread(calls, 1_000_000)
    }

    /// `calls` at once and as many each minute, evenly.
    pub const fn per_minute(calls: u32) -> Self {
        Self::spread(calls, 60_000_000)
    }

    /// `calls` at once and as many each hour, evenly.
    pub const fn per_hour(calls: u32) -> Self {
        Self::spread(calls, 3_600_000_000)
    }

    /// `calls` at once and as many each day, evenly.
    pub const fn per_day(calls: u32) -> Self {
        Self::spread(calls, Self::REFILL_MICROS_MAX)
    }

    /// A refill is rounded up: never more calls than promised.
    const fn spread(calls: u32, span_micros: u64) -> Self {
        let shares = if calls == 0 { 1 } else { calls as u64 };
        Self::new(calls, Duration::from_micros(span_micros.div_ceil(shares)))
    }

    /// The same, but where no room is left to remember another key, its calls pass uncounted. For what a flood of keys must
    /// not close to everybody else.
    #[must_use]
    pub const fn passing_crowd(self) -> Self {
        Self { passes_crowd: true, ..self }
    }

    /// Calls that may come at once.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Time that earns one more call, in whole microseconds.
    pub const fn refill(self) -> Duration {
        Duration::from_micros(self.refill_micros)
    }
}

/// Whether a call may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It was counted and may go on.
    Allowed,
    /// It was not counted; the next can be let through after this long, which is never zero.
    Wait(Duration),
}

/// Why shared limits cannot be set up. Says nothing of the URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum LimitsFault {
    /// The URL cannot be read.
    #[error("the Redis URL cannot be read; expected redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH")]
    Url,
    /// Redis answered and turned us away.
    #[error("Redis answered but turned us away; check user name, password and database number")]
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_never_promises_more_than_it_says() {
        const TWENTY: Quota = Quota::per_second(20);
        assert_eq!((TWENTY.burst(), TWENTY.refill()), (20, Duration::from_millis(50)));
        assert_eq!(Quota::per_minute(5).refill(), Duration::from_secs(12));
        assert_eq!(Quota::per_hour(60).refill(), Duration::from_mins(1));
        assert_eq!(Quota::per_day(24).refill(), Duration::from_hours(1));
        assert_eq!(Quota::per_second(3).refill(), Duration::from_micros(333_334));
        assert_eq!(Quota::new(1, Duration::from_nanos(1_001)).refill(), Duration::from_micros(2));
    }

    #[test]
    fn a_quota_beyond_the_bounds_is_moved_inside() {
        let least = Quota::new(0, Duration::ZERO);
        assert_eq!((least.burst(), least.refill()), (1, Duration::from_micros(1)));
        let most = Quota::new(u32::MAX, Duration::MAX);
        assert_eq!((most.burst(), most.refill()), (10_000, Duration::from_hours(24)));
        assert_eq!(Quota::per_minute(0), Quota::per_minute(1));
    }

    #[test]
    fn keys_with_another_method_or_subject_are_counted_apart() {
        let text = |method, subject| LimitKey { method, subject }.text();
        assert_ne!(text("Service/A", "x:y"), text("Service/A:x", "y:"));
        assert_ne!(text("Service/A", "x"), text("Service/B", "x"));
    }
}
