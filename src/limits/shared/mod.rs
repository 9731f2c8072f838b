//! Limits shared by several processes through Redis.
//!
//! Owns the script, the time limit on each call and the decision when to count alone. Refuses to fail: while Redis is
//! slow or gone, this process counts by itself, which slows callers but neither stops them nor lets all of them in.

mod behind;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, RedisResult, Script};
use tokio::time::timeout;
use tracing::warn;

use self::behind::Behind;
use super::memory::Memory;
use super::{LimitKey, LimitsFault, Quota, Verdict};
use crate::domain::time::Timestamp;
use crate::sys::Clock;

/// How long one call may wait for Redis.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long the first greeting may take.
const GREETING: Duration = Duration::from_secs(2);

/// After a failure one call looks for Redis again once in this time; all others do not wait for it.
const REST: Duration = Duration::from_secs(1);

/// Counts calls in Redis, or in this process while Redis is away.
pub struct Shared {
    client: Client,
    script: Script,
    namespace: String,
    clock: Clock,
    /// Knows the calls that Redis let through too, so that losing Redis gives nobody a new burst.
    alone: Memory,
    link: Mutex<Link>,
    behind: Behind,
    patience: Duration,
}

/// The way to Redis, and when it failed, if it did when last asked.
struct Link {
    redis: ConnectionManager,
    failed: Option<Timestamp>,
}

impl Shared {
    pub(super) fn new(url: &str, namespace: &str, clock: Clock) -> Result<Self, LimitsFault> {
        let client = Client::open(url).map_err(|_| LimitsFault::Url)?;
        let redis = manager(&client).map_err(|_| LimitsFault::Url)?;
        Ok(Self {
            client,
            script: Script::new(include_str!("gcra.lua")),
            namespace: namespace.to_owned(),
            alone: Memory::new(clock.clone()),
            clock,
            link: Mutex::new(Link { redis, failed: None }),
            behind: Behind::default(),
            patience: PATIENCE,
        })
    }

    /// Loads the script. Silence is not a fault, a refusal is: waiting does not cure a wrong password.
    pub(super) async fn greet(&self) -> Result<(), LimitsFault> {
        let mut redis = self.link.lock().unwrap_or_else(PoisonError::into_inner).redis.clone();
        let greeting = timeout(GREETING, self.script.load_async(&mut redis)).await;
        let outcome = greeting.map_or(Err(Failure::Slow), |answer| answer.map_err(|error| Failure::from(&error)));
        if outcome == Err(Failure::Refused) {
            return Err(LimitsFault::Refused);
        }
        self.settle(self.clock.now(), outcome.map(|_| ()));
        Ok(())
    }

    /// Counts one call under `key`.
    pub(super) async fn take(&self, key: LimitKey<'_>, quota: Quota) -> Verdict {
        let now = self.clock.now();
        let Some(redis) = self.way(now) else {
            return self.alone.take(key, quota);
        };
        let answer = self.ask(redis, key, quota, now).await;
        self.settle(now, answer.map(|_| ()));
        match answer {
            Ok(Verdict::Allowed) => {
                // What it says is of no weight: Redis knows what all of them let through.
                self.alone.take(key, quota);
                Verdict::Allowed
            }
            Ok(wait) => wait,
            Err(_) => self.alone.take(key, quota),
        }
    }

    /// Whether Redis counts: one call is counted there that nobody makes.
    pub(super) async fn is_there(&self) -> bool {
        self.take(LimitKey { method: "probe", subject: "" }, Quota::per_second(1)).await;
        self.link.lock().unwrap_or_else(PoisonError::into_inner).failed.is_none()
    }

    async fn ask(
        &self,
        mut redis: ConnectionManager,
        key: LimitKey<'_>,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Verdict, Failure> {
        let (burst, refill_micros) = (quota.burst, quota.refill_micros);
        let mut call = self.script.key(self.name(key, quota));
        call.arg(now.micros()).arg(burst).arg(refill_micros);
        let answer = timeout(self.patience, call.invoke_async::<u64>(&mut redis)).await;
        match answer.map_err(|_| Failure::Slow)?.map_err(|error| Failure::from(&error))? {
            0 => Ok(Verdict::Allowed),
            micros => Ok(Verdict::Wait(Duration::from_micros(micros))),
        }
    }

    /// What is counted under `key`, as Redis calls it.
    fn name(&self, key: LimitKey<'_>, quota: Quota) -> String {
        format!("{}:limit:{}:{}:{}", self.namespace, quota.burst, quota.refill_micros, key.text())
    }

    /// The way to Redis, if this call should ask. While Redis is away only one call in each [`REST`] does.
    fn way(&self, now: Timestamp) -> Option<ConnectionManager> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = link.failed {
            // A failure in the future means that the clock was set back.
            if failed <= now && now.since(failed) < REST {
                return None;
            }
            link.failed = Some(now);
            // A new connection: the old one may hang on a host that is gone, or have been turned away for good.
            link.redis = manager(&self.client).ok()?;
        }
        Some(link.redis.clone())
    }

    /// Notes how Redis did, and logs only what changed.
    fn settle(&self, now: Timestamp, outcome: Result<(), Failure>) {
        let turn = note(&mut self.link.lock().unwrap_or_else(PoisonError::into_inner).failed, now, outcome);
        match turn {
            Some(Turn::Lost(failure)) => {
                warn!(failure = failure.name(), "Redis is away: call limits are counted in this process alone");
            }
            Some(Turn::Found) => warn!("Redis is back: call limits are shared again"),
            None => {}
        }
    }
}

/// What changed between us and Redis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    Lost(Failure),
    Found,
}

/// Notes an outcome; says so if it changes anything.
fn note(failed: &mut Option<Timestamp>, now: Timestamp, outcome: Result<(), Failure>) -> Option<Turn> {
    let before = std::mem::replace(failed, outcome.err().map(|_| now));
    match (before, outcome) {
        (None, Err(failure)) => Some(Turn::Lost(failure)),
        (Some(_), Ok(())) => Some(Turn::Found),
        _ => None,
    }
}

/// A connection made when first used, with no rows of attempts inside: the calls themselves look again.
fn manager(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(REST))
        .set_response_timeout(Some(REST));
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}

/// Why Redis was of no use, in words of our own: the library's may name the address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Failure {
    Slow,
    Unreachable,
    Refused,
}

impl Failure {
    const fn name(self) -> &'static str {
        match self {
            Self::Slow => "no answer in time",
            Self::Unreachable => "connection lost or refused",
            Self::Refused => "the command was refused",
        }
    }
}

impl From<&RedisError> for Failure {
    fn from(error: &RedisError) -> Self {
        if error.is_timeout() {
            Self::Slow
        } else if is_absence(error) {
            Self::Unreachable
        } else {
            Self::Refused
        }
    }
}

/// Whether waiting may cure it: nobody answered, or the server is busy starting.
fn is_absence(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_connection_dropped()
        || matches!(error.code(), Some("LOADING" | "BUSY" | "TRYAGAIN"))
}

#[cfg(test)]
mod tests;
