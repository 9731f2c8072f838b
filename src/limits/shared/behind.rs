//! Counting behind the calls: what may pass by what is known here passes at once, and Redis is told right after, for many calls
//! at a time. A round trip to Redis costs half of one to the database, and every call would pay it.
//!
//! What several processes let through together beyond a quota, before they heard of each other, is charged all the same: the
//! next call waits for it. So the rate over any time longer than a round trip is the quota's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::pipe;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::{Failure, LimitKey, Quota, Shared, Verdict};
use crate::domain::time::Timestamp;

/// Calls of which Redis has yet to be told. More are counted in this process alone.
const WAITING_MAX: usize = 8_192;
/// Calls of which Redis is told at once.
const TOGETHER_MAX: usize = 512;

/// What is counted behind the calls.
#[derive(Default)]
pub(super) struct Behind {
    /// To the task that tells Redis, which begins with the first call.
    calls: OnceLock<mpsc::Sender<Passed>>,
    /// What is closed, by its key in Redis.
    closed: Mutex<HashMap<String, Closed>>,
}

/// For how long something is closed, and since when.
struct Closed {
    told: Timestamp,
    wait: Duration,
}

impl Closed {
    /// How long is left; nothing, if the clock was set back since.
    fn left(&self, now: Timestamp) -> Option<Duration> {
        let left = if now < self.told { None } else { self.wait.checked_sub(now.since(self.told)) };
        left.filter(|left| !left.is_zero())
    }
}

/// A call that passed; or somebody who wants to know when all before it are told.
enum Passed {
    Call(String, Quota),
    Told(oneshot::Sender<()>),
}

impl Behind {
    fn closed(&self) -> MutexGuard<'_, HashMap<String, Closed>> {
        // A map of instants is as good after a panic as before.
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, key: &str, now: Timestamp) -> Option<Duration> {
        self.closed().get(key)?.left(now)
    }
}

impl Shared {
    /// Counts one call under `key` by what is known here, and tells Redis.
    pub(in crate::limits) fn pass(self: &Arc<Self>, key: LimitKey<'_>, quota: Quota) -> Verdict {
        let name = self.name(key, quota);
        if let Some(wait) = self.behind.wait(&name, self.clock.now()) {
            return Verdict::Wait(wait);
        }
        let verdict = self.alone.take(key, quota);
        if verdict == Verdict::Allowed {
            // If more wait than Redis can be told of, they are counted here.
            let _ = self.calls().try_send(Passed::Call(name, quota));
        }
        verdict
    }

    /// Waits until Redis was told of every call that passed before.
    pub(in crate::limits) async fn told(self: &Arc<Self>) {
        let (told, heard) = oneshot::channel();
        if self.calls().send(Passed::Told(told)).await.is_ok() {
            // An error means that the task has ended, and tells no more.
            let _ = heard.await;
        }
    }

    fn calls(self: &Arc<Self>) -> &mpsc::Sender<Passed> {
        self.behind.calls.get_or_init(|| {
            let (calls, waiting) = mpsc::channel(WAITING_MAX);
            tokio::spawn(tell(Arc::downgrade(self), waiting));
            calls
        })
    }

    /// Tells Redis of calls that passed, and notes what is closed by that.
    async fn tell(&self, passed: HashMap<(String, Quota), u32>) {
        let now = self.clock.now();
        let Some(redis) = self.way(now) else { return };
        let (names, outcome) = self.charge(redis, passed, now).await;
        self.settle(now, outcome.as_ref().map(|_| ()).map_err(|failure| *failure));
        let mut closed = self.behind.closed();
        closed.retain(|_, closed| closed.left(now).is_some());
        for (name, micros) in names.into_iter().zip(outcome.unwrap_or_default()).filter(|(_, micros)| *micros > 0) {
            closed.insert(name, Closed { told: now, wait: Duration::from_micros(micros) });
        }
    }

    async fn charge(
        &self,
        mut redis: ConnectionManager,
        passed: HashMap<(String, Quota), u32>,
        now: Timestamp,
    ) -> (Vec<String>, Result<Vec<u64>, Failure>) {
        // It may have been started anew since it was told last. Telling it again costs little.
        let (mut told, mut names) = (pipe(), Vec::with_capacity(passed.len()));
        told.load_script(&self.script).ignore();
        for ((name, quota), calls) in passed {
            told.invoke_script(
                self.script.key(&name).arg(now.micros()).arg(quota.burst).arg(quota.refill_micros).arg(calls),
            );
            names.push(name);
        }
        let answer = timeout(self.patience, told.query_async::<Vec<u64>>(&mut redis)).await;
        let waits = answer.map_err(|_| Failure::Slow).and_then(|answer| answer.map_err(|error| Failure::from(&error)));
        (names, waits)
    }
}

async fn tell(shared: Weak<Shared>, mut waiting: mpsc::Receiver<Passed>) {
    let mut some = Vec::with_capacity(TOGETHER_MAX);
    while waiting.recv_many(&mut some, TOGETHER_MAX).await > 0 {
        let Some(shared) = shared.upgrade() else { return };
        let (mut calls, mut told) = (HashMap::new(), Vec::new());
        for passed in some.drain(..) {
            match passed {
                Passed::Call(name, quota) => *calls.entry((name, quota)).or_default() += 1,
                Passed::Told(whoever) => told.push(whoever),
            }
        }
        if !calls.is_empty() {
            shared.tell(calls).await;
        }
        for whoever in told {
            // Whoever asked may have gone.
            let _ = whoever.send(());
        }
    }
}
