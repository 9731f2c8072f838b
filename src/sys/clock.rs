//! The clock: the machine's, one that runs ahead of it, or one that stands still until told to move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::domain::time::Timestamp;

/// Where "now" comes from. Cheap to clone; clones of a clock that can be moved move together.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// The machine's clock and so many microseconds more: for practice that plays over weeks.
    Ahead(Arc<AtomicI64>),
    /// A clock that moves only when told to; microseconds since the Unix epoch.
    Stopped(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn stopped(at: Timestamp) -> Self {
        Self::Stopped(Arc::new(AtomicI64::new(at.micros())))
    }

    /// A clock that goes with the machine's, and that [`Clock::advance`] can move ahead of it.
    pub fn movable() -> Self {
        Self::Ahead(Arc::new(AtomicI64::new(0)))
    }

    /// The present instant, in microseconds.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => machine(),
            Self::Ahead(by) => machine().plus(Duration::from_micros(by.load(Ordering::SeqCst).unsigned_abs())),
            Self::Stopped(at) => Timestamp::from_micros(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a clock forward that can be moved. The machine's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Self::Stopped(at) | Self::Ahead(at) = self {
            at.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// Sets a clock back that stands still, as an operator or a time server may set the machine's. Others are left alone.
    pub fn set_back(&self, by: Duration) {
        if let Self::Stopped(at) = self {
            at.fetch_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

fn machine() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
