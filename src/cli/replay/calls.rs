//! Calls as a good client makes them: named, made again if the service is busy, and timed with their repeats.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, PoisonError};

use anyhow::anyhow;
use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::time::Instant;
use tonic::{Response, Status};

use crate::cli::patience::persist;
use crate::cli::{refusal, words};
use crate::sys::{Clock, Dice};

/// The longest time that is told apart from longer ones, in microseconds.
const LONGEST: u64 = 120_000_000;

/// Whoever calls.
pub(super) struct Caller {
    clock: Clock,
    dice: Dice,
    /// How long calls took, by kind.
    took: Mutex<BTreeMap<&'static str, Histogram<u64>>>,
}

/// How long the calls of a kind took, in microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Took {
    pub(super) calls: u64,
    pub(super) p50: u64,
    pub(super) p99: u64,
}

impl Caller {
    pub(super) fn new(clock: Clock, dice: Dice) -> Self {
        Self { clock, dice, took: Mutex::default() }
    }

    /// A name for a call.
    pub(super) fn name(&self) -> String {
        self.dice.id(self.clock.now()).to_string()
    }

    /// Calls, again if the service is busy.
    ///
    /// # Errors
    /// If it is refused: with what the service said.
    pub(super) async fn call<Q: Clone, A>(
        &self,
        kind: &'static str,
        message: Q,
        send: impl AsyncFn(Q) -> Result<Response<A>, Status>,
    ) -> anyhow::Result<A> {
        self.ask(kind, message, send).await?.map_err(|status| unexpected(kind, &status))
    }

    /// The same where a refusal is expected too.
    ///
    /// # Errors
    /// If the time cannot be noted.
    pub(super) async fn ask<Q: Clone, A>(
        &self,
        kind: &'static str,
        message: Q,
        send: impl AsyncFn(Q) -> Result<Response<A>, Status>,
    ) -> anyhow::Result<Result<A, Status>> {
        let answer = self.time(kind, persist(async || send(message.clone()).await)).await?;
        Ok(answer.map(Response::into_inner))
    }

    /// Times what is not one call.
    ///
    /// # Errors
    /// If it cannot be noted.
    pub(super) async fn time<A>(&self, kind: &'static str, doing: impl Future<Output = A>) -> anyhow::Result<A> {
        let began = Instant::now();
        let done = doing.await;
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut all = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        let took = match all.entry(kind) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Histogram::new_with_bounds(1, LONGEST, 3)?),
        };
        took.saturating_record(micros);
        Ok(done)
    }

    /// What was noted.
    pub(super) fn told(&self) -> BTreeMap<&'static str, Took> {
        let all = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        let took = |took: &Histogram<u64>| Took {
            calls: took.len(),
            p50: took.value_at_quantile(0.5),
            p99: took.value_at_quantile(0.99),
        };
        all.iter().map(|(kind, one)| (*kind, took(one))).collect()
    }
}

/// A refusal that nobody expected, as a person reads it.
pub(super) fn unexpected(kind: &str, status: &Status) -> anyhow::Error {
    let told = words::printed(|out| refusal::explain(out, status));
    anyhow!("{kind} was not expected to fail:\n{}", told.trim_end())
}
