//! Limits of this process alone, on `governor`.
//!
//! Owns one limiter for each quota and bounds the keys it remembers. Refuses to trust the wall clock: a clock that is
//! set back lengthens no wait.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{RateLimiter, clock};

use super::{LimitKey, Quota, Verdict};
use crate::domain::time::Timestamp;
use crate::sys::Clock;

/// Keys remembered for each quota of a method, about 20 MB. More than that alive at once is a flood, not traffic.
const KEYS_MAX: usize = 100_000;

/// The one key of all callers for whom there is no room. No method is empty, so no caller has it.
const CROWD: LimitKey<'_> = LimitKey { method: "", subject: "" };

/// Counts calls in this process.
pub struct Memory {
    ticker: Ticker,
    /// One for each quota of each method, so that a flood at one leaves the others their room. Both come from tables and
    /// settings: a hundred, and none comes from a caller.
    counters: RwLock<HashMap<Quota, HashMap<String, Arc<Counter>>>>,
    keys_max: usize,
}

impl Memory {
    pub(super) fn new(clock: Clock) -> Self {
        Self { ticker: Ticker::new(clock), counters: RwLock::default(), keys_max: KEYS_MAX }
    }

    /// Counts one call under `key`.
    pub(super) fn take(&self, key: LimitKey<'_>, quota: Quota) -> Verdict {
        let counter = self.counter(key.method, quota);
        match (counter.has_room(self.keys_max), quota.passes_crowd) {
            (true, _) => counter.take(&key.text()),
            (false, true) => Verdict::Allowed,
            (false, false) => counter.take(&CROWD.text()),
        }
    }

    fn counter(&self, method: &str, quota: Quota) -> Arc<Counter> {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        let known = counters.get(&quota).and_then(|of_methods| of_methods.get(method)).cloned();
        drop(counters);
        known.unwrap_or_else(|| {
            let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
            let of_methods = counters.entry(quota).or_default();
            let counter = || Arc::new(Counter::new(quota, self.ticker.clone()));
            of_methods.entry(method.to_owned()).or_insert_with(counter).clone()
        })
    }
}

/// All keys of one method under one quota.
struct Counter {
    limiter: RateLimiter<String, DashMapStateStore<String>, Ticker, NoOpMiddleware<Nanos>>,
    refill: Nanos,
    /// When idle keys may next be looked for: a flood must not make every call walk through all keys.
    next_sweep: Mutex<Nanos>,
}

impl Counter {
    fn new(quota: Quota, ticker: Ticker) -> Self {
        let burst = NonZeroU32::new(quota.burst()).unwrap_or(NonZeroU32::MIN);
        // `with_period` returns None for zero alone, and a refill is never zero.
        let rate = governor::Quota::with_period(quota.refill())
            .unwrap_or(governor::Quota::per_second(NonZeroU32::MIN))
            .allow_burst(burst);
        Self {
            refill: quota.refill().into(),
            next_sweep: Mutex::new(ticker.now()),
            limiter: RateLimiter::dashmap_with_clock(rate, ticker),
        }
    }

    fn take(&self, key: &String) -> Verdict {
        self.limiter.check_key(key).map_or_else(
            |until| {
                let wait = until.wait_time_from(self.limiter.clock().now());
                Verdict::Wait(wait.max(Duration::from_micros(1)))
            },
            |()| Verdict::Allowed,
        )
    }

    /// Whether fewer than `keys_max` keys are remembered, if need be after forgetting the idle ones.
    fn has_room(&self, keys_max: usize) -> bool {
        if self.limiter.len() < keys_max {
            return true;
        }
        if self.may_sweep() {
            self.limiter.retain_recent();
        }
        self.limiter.len() < keys_max
    }

    fn may_sweep(&self) -> bool {
        let now = self.limiter.clock().now();
        let mut next = self.next_sweep.lock().unwrap_or_else(PoisonError::into_inner);
        let due = now >= *next;
        if due {
            *next = now + self.refill;
        }
        due
    }
}

/// Our clock as `governor` wants one: nanoseconds that never run backwards, counted from when it was made.
#[derive(Clone)]
struct Ticker {
    clock: Clock,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    last: Timestamp,
    elapsed: Duration,
}

impl Ticker {
    fn new(clock: Clock) -> Self {
        let seen = Arc::new(Mutex::new(Seen { last: clock.now(), elapsed: Duration::ZERO }));
        Self { clock, seen }
    }
}

impl clock::Clock for Ticker {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that a step back can only be the clock's own.
        let now = self.clock.now();
        seen.elapsed = seen.elapsed.saturating_add(now.since(seen.last));
        seen.last = now;
        seen.elapsed.into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    const SLOW: Quota = Quota::per_minute(5);

    fn stopped() -> (Memory, Clock) {
        let clock = Clock::stopped(Timestamp::from_micros(1_800_000_000_000_000));
        (Memory::new(clock.clone()), clock)
    }

    fn key(subject: &str) -> LimitKey<'_> {
        LimitKey { method: "Service/Method", subject }
    }

    fn allowed(memory: &Memory, subject: &str, calls: u32) -> usize {
        (0..calls).filter(|_| memory.take(key(subject), SLOW) == Verdict::Allowed).count()
    }

    #[test]
    fn a_burst_passes_and_the_next_call_waits_for_one_refill() {
        let (memory, clock) = stopped();
        assert_eq!(allowed(&memory, "a", 5), 5);
        assert_eq!(memory.take(key("a"), SLOW), Verdict::Wait(Duration::from_secs(12)));
        clock.advance(Duration::from_secs(4));
        assert_eq!(memory.take(key("a"), SLOW), Verdict::Wait(Duration::from_secs(8)));
        clock.advance(Duration::from_secs(8));
        assert_eq!(allowed(&memory, "a", 5), 1);
    }

    #[test]
    fn the_burst_comes_back_in_full_and_never_more() {
        let (memory, clock) = stopped();
        assert_eq!(allowed(&memory, "a", 9), 5);
        clock.advance(Duration::from_hours(24));
        assert_eq!(allowed(&memory, "a", 9), 5);
    }

    #[test]
    fn one_subject_does_not_slow_another() {
        let (memory, _clock) = stopped();
        assert_eq!(allowed(&memory, "a", 9), 5);
        assert_eq!(allowed(&memory, "b", 9), 5);
    }

    #[test]
    fn one_key_under_two_quotas_is_counted_twice() {
        let (memory, _clock) = stopped();
        assert_eq!(allowed(&memory, "a", 9), 5);
        assert_eq!(memory.take(key("a"), Quota::per_second(1)), Verdict::Allowed);
    }

    #[test]
    fn a_clock_set_back_lengthens_no_wait() {
        let (memory, clock) = stopped();
        assert_eq!(allowed(&memory, "a", 5), 5);
        let Clock::Stopped(at) = &clock else { panic!("the clock is stopped") };
        at.fetch_sub(3_600_000_000, Ordering::SeqCst);
        assert_eq!(memory.take(key("a"), SLOW), Verdict::Wait(Duration::from_secs(12)));
        clock.advance(Duration::from_secs(12));
        assert_eq!(memory.take(key("a"), SLOW), Verdict::Allowed);
    }

    #[test]
    fn callers_beyond_the_room_share_one_burst_until_keys_go_idle() {
        let (mut memory, clock) = stopped();
        memory.keys_max = 10;
        let newcomers = |from: u32, to: u32| (from..to).map(|n| allowed(&memory, &n.to_string(), 1)).sum::<usize>();
        assert_eq!(newcomers(0, 10), 10);
        assert_eq!(newcomers(10, 100), 5);
        assert_eq!(memory.counter("Service/Method", SLOW).limiter.len(), 11);
        clock.advance(Duration::from_mins(2));
        assert_eq!(newcomers(100, 110), 10);
    }

    #[test]
    fn a_crowd_closes_its_own_method_alone_and_no_quota_that_lets_it_pass() {
        let (mut memory, _clock) = stopped();
        memory.keys_max = 10;
        let budget = SLOW.passing_crowd();
        let taken = |method, quota, subject: &str| memory.take(LimitKey { method, subject }, quota) == Verdict::Allowed;
        for n in 0..100 {
            taken("flooded", SLOW, &n.to_string());
            assert!(taken("budget", budget, &n.to_string()));
        }
        assert!(!taken("flooded", SLOW, "new"));
        assert!(taken("other", SLOW, "new"), "another method has room of its own");
        assert!(taken("budget", budget, "new"), "uncounted");
        assert!((0..5).map(|_| taken("budget", budget, "0")).filter(|taken| *taken).count() <= 5);
    }

    #[test]
    fn threads_together_get_no_more_than_the_burst() {
        let (memory, _clock) = stopped();
        let passed = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| allowed(&memory, "a", 100))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(passed, 5);
    }
}
