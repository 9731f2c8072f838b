//! The outbox.

use std::time::Duration;

use eid::domain::ids::MessageId;
use eid::domain::time::Timestamp;
use eid::store::{Change, ClaimedMessage, SealedMessage, Settled};

use super::scene::{Outcome, Scene, outcome, race};
use crate::support::records::{NOW, later};

const LEASE: Duration = Duration::from_mins(1);

/// So many messages to one account, oldest first, each queued a second after the one before.
async fn queued(scene: &Scene, count: u64) -> Vec<SealedMessage> {
    let account = scene.account().await.account.id;
    let mut messages = Vec::new();
    for n in 0..count {
        let message = scene.make.message(account);
        let unit = scene.unit(later(n), [Change::Send(message.clone())]);
        assert_eq!(outcome(scene.store.commit(unit).await), Outcome::Done);
        messages.push(message);
    }
    messages
}

async fn claim(scene: &Scene, limit: u32, now: Timestamp) -> Vec<ClaimedMessage> {
    scene.store.claim_messages(limit, LEASE, now).await.unwrap()
}

fn ids(claimed: &[ClaimedMessage]) -> Vec<MessageId> {
    claimed.iter().map(|message| message.id).collect()
}

fn settle(claimed: &ClaimedMessage, settled: Settled) -> Change {
    Change::Settle(claimed.id, claimed.attempts, settled)
}

/// How many wait, were sent, were given up.
async fn counts(scene: &Scene) -> [i64; 3] {
    let mut reader = scene.reader().await;
    let mut counts = [0; 3];
    for (count, state) in counts.iter_mut().zip(["waiting", "sent", "failed"]) {
        *count = reader.messages_in(state).await.unwrap();
    }
    counts
}

#[tokio::test]
async fn a_message_comes_back_as_it_was_queued_with_and_without_an_end() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let always = scene.make.message(account);
    let until = SealedMessage { useful_until: Some(later(180)), ..scene.make.message(account) };
    scene.done([Change::Send(always.clone()), Change::Send(until.clone())]).await;
    let claimed = claim(&scene, 10, NOW).await;
    for (found, kept) in claimed.iter().zip([always, until]) {
        assert_eq!((found.id, found.account, &found.content), (kept.id, kept.account, &kept.content));
        assert_eq!((found.useful_until, found.attempts), (kept.useful_until, 1));
    }
    assert_eq!(claimed.len(), 2);
}

#[tokio::test]
async fn the_messages_due_longest_are_claimed_first_and_no_more_than_asked_for() {
    let scene = Scene::new().await;
    let sent: Vec<_> = queued(&scene, 5).await.iter().map(|message| message.id).collect();
    assert_eq!(ids(&claim(&scene, 2, later(3)).await), sent[..2]);
    assert_eq!(ids(&claim(&scene, 9, later(3)).await), sent[2..4]);
    assert_eq!(ids(&claim(&scene, 9, later(4)).await), sent[4..]);
    assert!(claim(&scene, 9, later(4)).await.is_empty());
}

#[tokio::test]
async fn a_message_that_is_not_settled_in_time_is_due_again_and_the_late_attempt_settles_nothing() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let first = claim(&scene, 1, NOW).await.remove(0);
    assert!(claim(&scene, 1, later(59)).await.is_empty());
    let second = claim(&scene, 1, later(60)).await.remove(0);
    assert_eq!((second.id, second.attempts), (first.id, 2));
    for settled in [Settled::Sent { at: NOW }, Settled::Delayed { until: NOW }, Settled::Failed] {
        assert_eq!(scene.commit([settle(&first, settled)]).await, Outcome::Changed);
    }
    scene.done([settle(&second, Settled::Sent { at: later(61) })]).await;
    assert_eq!(counts(&scene).await, [0, 1, 0]);
}

#[tokio::test]
async fn a_message_that_was_sent_or_given_up_is_settled_for_good() {
    let scene = Scene::new().await;
    queued(&scene, 2).await;
    let claimed = claim(&scene, 2, later(1)).await;
    assert_eq!(counts(&scene).await, [2, 0, 0]);
    scene.done([settle(&claimed[0], Settled::Sent { at: NOW }), settle(&claimed[1], Settled::Failed)]).await;
    assert_eq!(counts(&scene).await, [0, 1, 1]);
    for message in &claimed {
        assert_eq!(scene.commit([settle(message, Settled::Sent { at: NOW })]).await, Outcome::Changed);
    }
    assert!(claim(&scene, 2, later(3600)).await.is_empty());
}

#[tokio::test]
async fn a_delayed_message_is_due_when_it_was_delayed_to_and_counts_its_attempts() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let first = claim(&scene, 1, NOW).await.remove(0);
    scene.done([settle(&first, Settled::Delayed { until: later(300) })]).await;
    assert_eq!(counts(&scene).await, [1, 0, 0]);
    assert!(claim(&scene, 1, later(299)).await.is_empty());
    assert_eq!(claim(&scene, 1, later(300)).await.remove(0).attempts, 2);
}

#[tokio::test]
async fn a_message_is_not_counted_in_a_state_that_there_is_not() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    assert_eq!(scene.reader().await.messages_in("lost").await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claimers_at_once_never_share_a_message() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let messages: Vec<_> = (0..60).map(|_| scene.make.message(account)).collect();
    scene.done(messages.iter().cloned().map(Change::Send)).await;
    let mut claimed = race(8, |_| {
        let store = scene.store.clone();
        async move { ids(&store.claim_messages(10, LEASE, NOW).await.unwrap()) }
    })
    .await
    .concat();
    loop {
        let more = ids(&claim(&scene, 10, NOW).await);
        if more.is_empty() {
            break;
        }
        claimed.extend(more);
    }
    claimed.sort_unstable();
    assert_eq!(claimed, messages.iter().map(|message| message.id).collect::<Vec<_>>());
}
