//! Bells between processes that share a Redis, with one of the test's own, and what they are for.

use std::sync::Arc;
use std::time::Duration;

use eid::bells::{Bell, Bells};
use eid::sys::Dice;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::support::redis::PrivateRedis;

/// A process that hears.
struct Ear {
    bells: Arc<Bells>,
    heard: mpsc::UnboundedReceiver<Bell>,
    keeping: JoinHandle<()>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

/// A process of this namespace, when it hears: it is told that everything may have rung before.
async fn ear(redis: &PrivateRedis, namespace: &str) -> Ear {
    let bells = Arc::new(Bells::redis(&redis.url(), namespace, &Dice::system()).unwrap());
    let (ring, heard) = mpsc::unbounded_channel();
    let kept = bells.clone();
    let keeping = tokio::spawn(async move {
        let ringing = |bell| {
            // Whoever listens may have gone.
            let _ = ring.send(bell);
        };
        kept.keep(ringing).await;
    });
    let mut ear = Ear { bells, heard, keeping };
    for bell in Bell::ALL {
        assert_eq!(ear.hears().await, bell);
    }
    ear
}

impl Ear {
    async fn hears(&mut self) -> Bell {
        tokio::time::timeout(Duration::from_mins(1), self.heard.recv()).await.expect("it rings").expect("it is kept")
    }
}

#[tokio::test]
async fn what_rings_in_one_process_rings_in_the_others_of_its_namespace_and_not_in_itself() {
    let redis = PrivateRedis::start();
    let (mut one, mut two, mut apart) = (ear(&redis, "a").await, ear(&redis, "a").await, ear(&redis, "b").await);
    one.bells.ring(Bell::Directory);
    assert_eq!(two.hears().await, Bell::Directory);
    // What the first hears next is what the second rang, and nothing of its own.
    two.bells.ring(Bell::Streams);
    assert_eq!(one.hears().await, Bell::Streams);
    assert!(apart.heard.try_recv().is_err(), "another service was not told");
}

#[tokio::test]
async fn after_redis_was_away_everything_may_have_rung() {
    let mut redis = PrivateRedis::start();
    let (mut one, two) = (ear(&redis, "a").await, ear(&redis, "a").await);
    redis.kill();
    two.bells.ring(Bell::Directory);
    redis.run();
    for bell in Bell::ALL {
        assert_eq!(one.hears().await, bell);
    }
}
