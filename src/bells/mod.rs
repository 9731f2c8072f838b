//! Bells between the processes of one service: one rings when it committed something, and the others look at once.
//!
//! What a bell says is that it is worth while to look; what there is to see stands in the database. Whoever misses one, because
//! Redis is away or the line is slow, finds out when it looks next by itself. Nothing waits for a bell, and none holds anything
//! about anybody.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client, RedisError};
use tokio::sync::Notify;

use crate::sys::Dice;

/// Bells that ring within this long are one.
const TOGETHER: Duration = Duration::from_millis(5);
/// After so long without a bell the line is made anew: one that died says nothing.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long to rest before Redis is looked for again.
const REST: Duration = Duration::from_secs(1);

/// What somebody may want to look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bell {
    /// Something was committed that those may wait for who watch.
    Streams,
    /// Somebody's rights are others than they were.
    Directory,
}

impl Bell {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Streams, Self::Directory];

    const fn bit(self) -> u8 {
        match self {
            Self::Streams => 1,
            Self::Directory => 2,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Streams => "streams",
            Self::Directory => "directory",
        }
    }
}

/// The Redis URL cannot be read. It may hold a password, and is not shown.
#[derive(Debug, thiserror::Error)]
#[error("the Redis URL cannot be read; expected redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH")]
pub struct Unreadable;

/// The bells of this process.
pub enum Bells {
    /// There is no other process, or none that could be told.
    Alone,
    /// Rung in every process that uses the same Redis.
    Redis(Box<Line>),
}

/// The way to the other processes.
pub struct Line {
    client: Client,
    channel: String,
    /// The name of this process, for itself to pass over what it rang.
    own: String,
    rung: Arc<Rung>,
}

/// What is to be told to the others.
#[derive(Default)]
struct Rung {
    bits: AtomicU8,
    notify: Notify,
}

impl Bells {
    /// Bells over the Redis at `url`, for the processes that share `namespace`. Nothing is asked of it yet.
    ///
    /// # Errors
    /// If `url` cannot be read.
    pub fn redis(url: &str, namespace: &str, dice: &Dice) -> Result<Self, Unreadable> {
        Ok(Self::Redis(Box::new(Line {
            client: Client::open(url).map_err(|_| Unreadable)?,
            channel: format!("{namespace}:bells"),
            own: hex::encode(dice.bytes::<8>()),
            rung: Arc::default(),
        })))
    }

    /// Rings in the other processes. Waits for nothing.
    pub fn ring(&self, bell: Bell) {
        if let Self::Redis(line) = self {
            line.rung.bits.fetch_or(bell.bit(), Ordering::Relaxed);
            line.rung.notify.notify_one();
        }
    }

    /// Tells the others what rings here, and `on` what rings there, for as long as this is awaited. Whenever it begins to hear,
    /// everything may have rung before.
    pub async fn keep(&self, on: impl Fn(Bell)) {
        match self {
            Self::Alone => std::future::pending().await,
            Self::Redis(line) => {
                tokio::join!(line.tell(), line.hear(on));
            }
        }
    }
}

impl fmt::Debug for Bells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alone => "Bells::Alone",
            Self::Redis(_) => "Bells::Redis",
        })
    }
}

impl Line {
    async fn tell(&self) {
        let settings = ConnectionManagerConfig::new().set_number_of_retries(0).set_connection_timeout(Some(REST));
        let Ok(mut redis) = ConnectionManager::new_lazy_with_config(self.client.clone(), settings) else { return };
        loop {
            self.rung.notify.notified().await;
            tokio::time::sleep(TOGETHER).await;
            let bits = self.rung.bits.swap(0, Ordering::Relaxed);
            for bell in Bell::ALL.into_iter().filter(|bell| bits & bell.bit() != 0) {
                let told = format!("{} {}", self.own, bell.name());
                // Who does not hear looks by itself in a while.
                if redis.publish::<_, _, ()>(&self.channel, told).await.is_err() {
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn hear(&self, on: impl Fn(Bell)) {
        let mut hears = true;
        loop {
            let listened = self.listen(&on).await;
            if listened.is_err() {
                if hears {
                    tracing::warn!("Redis is away: other processes are not heard");
                }
                tokio::time::sleep(REST).await;
            }
            hears = listened.is_ok();
        }
    }

    async fn listen(&self, on: &impl Fn(Bell)) -> Result<(), RedisError> {
        let mut redis = self.client.get_async_pubsub().await?;
        redis.subscribe(&self.channel).await?;
        Bell::ALL.into_iter().for_each(on);
        let mut messages = redis.on_message();
        while let Ok(Some(message)) = tokio::time::timeout(SILENCE_MAX, messages.next()).await {
            let text = message.get_payload::<String>()?;
            let Some((who, name)) = text.split_once(' ') else { continue };
            let bell = Bell::ALL.into_iter().find(|bell| bell.name() == name);
            if let Some(bell) = bell.filter(|_| who != self.own) {
                on(bell);
            }
        }
        Ok(())
    }
}
