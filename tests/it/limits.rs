//! Call limits shared through Redis: with the one of the pass if it has one, otherwise with one of the test's own.

use std::time::Duration;

use eid::limits::{LimitKey, Limits, Quota, Verdict};
use eid::proto as pb;
use eid::sys::{Clock, Dice};
use tonic::{Code, Status};

use crate::support::database::redis;
use crate::support::redis::{PrivateRedis, keys_in};
use crate::support::service::{Service, Wishes, reason, with_wishes};

/// Calls that an officer may make of `List` at once.
const BURST: usize = 20;

fn namespace() -> String {
    format!("test-{}", hex::encode(Dice::system().bytes::<8>()))
}

async fn list(service: &Service) -> Result<(), Status> {
    service.officer().list(pb::ListRequest::default()).await.map(drop)
}

fn assert_too_many(answer: Result<(), Status>) {
    let refused = answer.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "TOO_MANY_CALLS"));
}

#[tokio::test]
async fn two_processes_share_a_burst_under_keys_of_their_namespace() {
    let private = redis().is_none().then(PrivateRedis::start);
    let url = private.as_ref().map_or_else(|| redis().unwrap().to_owned(), PrivateRedis::url);
    let (ours, clock) = (namespace(), Clock::System);
    let (one, two) =
        (Limits::redis(&url, &ours, clock.clone()).unwrap(), Limits::redis(&url, &ours, clock.clone()).unwrap());
    let apart = Limits::redis(&url, &namespace(), clock).unwrap();
    // A refill in an hour: none comes while the test runs, however busy the machine.
    let (key, quota) =
        (LimitKey { method: "Service/Method", subject: "caller" }, Quota::new(4, Duration::from_hours(1)));
    for limits in [&one, &two, &one, &two] {
        assert_eq!(limits.take(key, quota).await, Verdict::Allowed);
    }
    for limits in [&one, &two] {
        assert!(matches!(limits.take(key, quota).await, Verdict::Wait(_)), "four calls were all there were");
    }
    assert_eq!(apart.take(key, quota).await, Verdict::Allowed, "another namespace counts for itself");
    assert_eq!(
        keys_in(&url, &format!("{ours}:limit:*")).await,
        [format!("{ours}:limit:4:3600000000:Service/Method:caller")]
    );
}

#[tokio::test]
async fn calls_are_answered_and_counted_while_redis_is_away_and_it_comes_back() {
    let mut server = PrivateRedis::start();
    let (url, ours) = (server.url(), namespace());
    let keys = async || keys_in(&url, &format!("{ours}:limit:*")).await.len();
    with_wishes(Wishes { redis: Some((url.clone(), ours.clone())), ..Wishes::default() }, async |service| {
        for _ in 0..BURST / 2 {
            list(service).await.unwrap();
        }
        server.kill();
        for _ in 0..BURST / 2 {
            list(service).await.expect("answered without Redis");
        }
        assert_too_many(list(service).await);
        server.run();
        assert_eq!(keys().await, 0, "it has forgotten all");
        // One call a second looks for it. A busy machine may need several, or see a key die before it is looked for.
        let mut seen = false;
        for _ in 0..50 {
            service.wait(Duration::from_secs(1));
            for _ in 0..BURST {
                list(service).await.unwrap();
            }
            if keys().await > 0 {
                seen = true;
                break;
            }
        }
        assert!(seen, "it counts there again");
    })
    .await;
}
