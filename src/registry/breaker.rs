//! A circuit breaker: after several questions in a row without an answer nobody asks for a while, then one asks for all.
//!
//! It spares the officer the wait and the registry the crowd. Goes by the clock handed in; each change is logged, once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::sys::Clock;

/// Questions without an answer, each with all its attempts, before it opens.
pub(super) const FAILURES_MAX: u32 = 5;
/// How long nobody asks then.
pub(super) const PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Breaker {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Everyone may ask; so many in a row got no answer.
    Closed { failures: u32 },
    /// Nobody may, until then.
    Open { until: Timestamp },
    /// One asks, and the others wait for what comes of it.
    HalfOpen,
}

impl Breaker {
    /// A closed one.
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Leave to ask; `None` while nobody should.
    pub(super) fn admit(&self) -> Option<Permit<'_>> {
        let mut state = self.lock();
        let trial = match *state {
            State::Closed { .. } => false,
            State::Open { until } if self.clock.now() >= until => {
                *state = State::HalfOpen;
                tracing::info!("the registry is asked again, once");
                true
            }
            State::Open { .. } | State::HalfOpen => return None,
        };
        Some(Permit { breaker: self, trial, settled: false })
    }

    /// Whether everyone may ask.
    pub(super) fn is_closed(&self) -> bool {
        matches!(*self.lock(), State::Closed { .. })
    }

    fn answered(&self) {
        let mut state = self.lock();
        if !matches!(*state, State::Closed { .. }) {
            tracing::info!("the registry answers again");
        }
        *state = State::Closed { failures: 0 };
    }

    fn failed(&self, trial: bool) {
        let mut state = self.lock();
        let opens = match &mut *state {
            State::Closed { failures } => {
                *failures += 1;
                *failures >= FAILURES_MAX
            }
            State::HalfOpen => trial,
            // Asked before it opened, and answers only now.
            State::Open { .. } => false,
        };
        if opens {
            *state = State::Open { until: self.clock.now().plus(PAUSE) };
            tracing::warn!(pause_secs = PAUSE.as_secs(), "the registry does not answer and is left alone for a while");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to ask once. Say what came of it.
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    /// Whether this is the one that asks for all.
    trial: bool,
    settled: bool,
}

impl Permit<'_> {
    /// The registry answered, whatever it said.
    pub(super) fn answered(mut self) {
        self.settled = true;
        self.breaker.answered();
    }

    /// It did not.
    pub(super) fn failed(mut self) {
        self.settled = true;
        self.breaker.failed(self.trial);
    }
}

impl Drop for Permit<'_> {
    /// Whoever asked has gone without an answer: if others wait for it, the next one asks in their stead.
    fn drop(&mut self) {
        if self.trial && !self.settled {
            *self.breaker.lock() = State::Open { until: self.breaker.clock.now() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> (Breaker, Clock) {
        let clock = Clock::stopped(Timestamp::from_micros(0));
        (Breaker::new(clock.clone()), clock)
    }

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.admit().unwrap().failed();
        }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_an_answer_between_starts_the_count_anew() {
        let (breaker, _) = breaker();
        fail(&breaker, FAILURES_MAX - 1);
        breaker.admit().unwrap().answered();
        assert!(breaker.is_closed());
        fail(&breaker, FAILURES_MAX);
        assert!(breaker.admit().is_none() && !breaker.is_closed());
    }

    #[test]
    fn after_the_pause_one_asks_for_all_and_its_answer_closes_it() {
        let (breaker, clock) = breaker();
        fail(&breaker, FAILURES_MAX);
        clock.advance(PAUSE.checked_sub(Duration::from_micros(1)).unwrap());
        assert!(breaker.admit().is_none());
        clock.advance(Duration::from_micros(1));
        let trial = breaker.admit().unwrap();
        assert!(breaker.admit().is_none(), "one asks, the others wait");
        trial.answered();
        assert!(breaker.admit().is_some() && breaker.admit().is_some());
    }

    #[test]
    fn a_trial_that_fails_begins_another_pause() {
        let (breaker, clock) = breaker();
        fail(&breaker, FAILURES_MAX);
        clock.advance(PAUSE);
        breaker.admit().unwrap().failed();
        assert!(breaker.admit().is_none());
        clock.advance(PAUSE);
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn a_trial_that_was_given_up_is_taken_over_by_the_next() {
        let (breaker, clock) = breaker();
        fail(&breaker, FAILURES_MAX);
        clock.advance(PAUSE);
        drop(breaker.admit().unwrap());
        let next = breaker.admit().unwrap();
        assert!(breaker.admit().is_none());
        next.answered();
        assert!(breaker.admit().is_some());
    }

    #[test]
    fn failures_that_come_in_late_do_not_prolong_the_pause() {
        let (breaker, clock) = breaker();
        let late = breaker.admit().unwrap();
        fail(&breaker, FAILURES_MAX);
        clock.advance(PAUSE / 2);
        late.failed();
        clock.advance(PAUSE / 2);
        assert!(breaker.admit().is_some());
    }
}
