//! The outbox.

use std::time::Duration;

use eid::domain::ids::MessageId;
use eid::domain::time::Timestamp;
use eid::store::{Attempt, Change, ClaimedMessage, Report, SealedMessage, Settled, Table};

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

fn attempt(claimed: &ClaimedMessage, carrier: Option<&str>, outcome: &str, parts: &[&str]) -> Change {
    Change::NoteAttempt(Attempt {
        message: claimed.id,
        number: claimed.attempts,
        carrier: carrier.map(str::to_owned),
        outcome: outcome.to_owned(),
        at: NOW,
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
    })
}

fn report(part: &str, arrived: bool) -> Change {
    Change::NoteReport(Report { carrier: "smpp", part: part.to_owned(), arrived })
}

/// One message, claimed and taken by the carrier in these parts.
async fn sent(scene: &Scene, parts: &[&str]) -> ClaimedMessage {
    let claimed = claim(scene, 1, NOW).await.remove(0);
    scene.done([settle(&claimed, Settled::Sent { at: NOW }), attempt(&claimed, Some("smpp"), "accepted", parts)]).await;
    claimed
}

/// When the account's notice arrived, and whether the message has failed.
async fn arrival(scene: &Scene, of: &ClaimedMessage) -> (Option<Timestamp>, i64) {
    let mut reader = scene.reader().await;
    let account = reader.account(of.account).await.unwrap().unwrap().account;
    (account.notice.delivered_at, reader.messages_in("failed").await.unwrap())
}

#[tokio::test]
async fn every_attempt_is_kept_with_who_was_asked_and_what_was_said() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let first = claim(&scene, 1, NOW).await.remove(0);
    assert_eq!((first.tries, first.carrier.as_deref()), (1, None));
    let delayed = || Settled::Delayed { until: NOW };
    scene.done([settle(&first, delayed()), attempt(&first, Some("smpp"), "throttled", &[])]).await;
    let second = claim(&scene, 1, NOW).await.remove(0);
    assert_eq!((second.tries, second.carrier.as_deref()), (2, Some("smpp")));
    scene.done([settle(&second, delayed()), attempt(&second, None, "unreadable", &[])]).await;
    let mut reader = scene.reader().await;
    let kept = reader.attempts_of(first.id).await.unwrap();
    let said: Vec<_> =
        kept.iter().map(|one| (one.number, one.carrier.as_deref(), one.outcome.as_str(), one.at)).collect();
    assert_eq!(said, [(1, Some("smpp"), "throttled", NOW), (2, None, "unreadable", NOW)]);
    let waiting = reader.messages_listed("waiting", None, 9).await.unwrap().remove(0);
    assert_eq!((waiting.id, waiting.attempts, waiting.carrier.as_deref()), (first.id, 2, Some("smpp")));
    assert_eq!(
        (waiting.reason.as_str(), waiting.kind.as_str(), waiting.created_at),
        ("unreadable", "account_notice", NOW)
    );
    drop(reader);
    assert_eq!(scene.commit([attempt(&first, None, "again", &[])]).await, Outcome::Taken(Table::Other));
}

#[tokio::test]
async fn a_message_has_arrived_when_all_its_parts_have_whatever_comes_first() {
    for reports_first in [false, true] {
        let scene = Scene::new().await;
        queued(&scene, 1).await;
        if reports_first {
            scene.done([report("a", true)]).await;
            assert_eq!(scene.reader().await.carried_message("smpp", "a").await.unwrap(), None);
        }
        let message = sent(&scene, &["a", "b"]).await;
        if !reports_first {
            scene.done([report("a", true)]).await;
        }
        let known = scene.reader().await.carried_message("smpp", "a").await.unwrap().unwrap();
        assert_eq!((known.message, known.account), (message.id, message.account));
        assert_eq!(arrival(&scene, &message).await, (None, 0));
        scene.done([report("b", true)]).await;
        assert_eq!(arrival(&scene, &message).await, (Some(NOW), 0));
        for repeated in [report("a", true), report("b", false)] {
            assert_eq!(scene.commit([repeated]).await, Outcome::Changed, "the first last word stands");
        }
        assert_eq!(arrival(&scene, &message).await, (Some(NOW), 0));
    }
}

#[tokio::test]
async fn a_message_of_which_one_part_is_lost_has_failed() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let message = sent(&scene, &["a", "b"]).await;
    scene.done([report("a", false)]).await;
    assert_eq!(arrival(&scene, &message).await, (None, 1));
    scene.done([report("b", true)]).await;
    assert_eq!(arrival(&scene, &message).await, (None, 1));
    let failed = scene.reader().await.messages_listed("failed", None, 9).await.unwrap().remove(0);
    assert_eq!((failed.id, failed.reason.as_str()), (message.id, "undelivered"));
}

#[tokio::test]
async fn a_name_that_a_carrier_gives_again_stands_for_the_later_message() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let first = sent(&scene, &["a"]).await;
    scene.done([report("a", true)]).await;
    queued(&scene, 1).await;
    let second = sent(&scene, &["a"]).await;
    assert_eq!(scene.reader().await.carried_message("smpp", "a").await.unwrap().unwrap().message, second.id);
    assert_eq!((arrival(&scene, &first).await.0, arrival(&scene, &second).await.0), (Some(NOW), None));
    scene.done([report("a", true)]).await;
    assert_eq!(arrival(&scene, &second).await.0, Some(NOW));
}

#[tokio::test]
async fn a_report_of_what_nobody_knows_is_forgotten_after_three_days() {
    let scene = Scene::new().await;
    scene.done([report("a", true)]).await;
    let later_on = scene.unit(later(73 * 3_600), [report("b", true)]);
    assert_eq!(outcome(scene.store.commit(later_on).await), Outcome::Done);
    queued(&scene, 1).await;
    let message = sent(&scene, &["a"]).await;
    assert_eq!(arrival(&scene, &message).await.0, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parts_reported_at_once_make_one_arrival() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let parts: Vec<_> = (0..8).map(|n| format!("p{n}")).collect();
    let message = sent(&scene, &parts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let units: Vec<_> = parts.iter().map(|part| scene.unit(NOW, [report(part, true)])).collect();
    let units = std::sync::Arc::new(std::sync::Mutex::new(units));
    let outcomes = race(8, |_| {
        let (store, units) = (scene.store.clone(), units.clone());
        async move {
            let unit = units.lock().unwrap().pop().unwrap();
            outcome(store.commit(unit).await)
        }
    })
    .await;
    assert_eq!(outcomes, [Outcome::Done; 8]);
    assert_eq!(arrival(&scene, &message).await, (Some(NOW), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parts_reported_while_their_message_is_being_settled_make_one_arrival() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let parts: Vec<_> = (0..6).map(|n| format!("p{n}")).collect();
    let names: Vec<_> = parts.iter().map(String::as_str).collect();
    let claimed = claim(&scene, 1, NOW).await.remove(0);
    let settled = [settle(&claimed, Settled::Sent { at: NOW }), attempt(&claimed, Some("smpp"), "accepted", &names)];
    let mut units = vec![scene.unit(NOW, settled)];
    units.extend(parts.iter().map(|part| scene.unit(NOW, [report(part, true)])));
    let units = std::sync::Arc::new(std::sync::Mutex::new(units));
    let outcomes = race(7, |_| {
        let (store, units) = (scene.store.clone(), units.clone());
        async move {
            let unit = units.lock().unwrap().pop().unwrap();
            outcome(store.commit(unit).await)
        }
    })
    .await;
    assert_eq!(outcomes, [Outcome::Done; 7]);
    assert_eq!(arrival(&scene, &claimed).await, (Some(NOW), 0));
}

#[tokio::test]
async fn a_late_word_on_an_earlier_attempt_does_not_fail_the_present_one() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let first = sent(&scene, &["a", "b"]).await;
    scene.done([report("a", false)]).await;
    scene.done([Change::RetryMessage(first.id)]).await;
    let second = sent(&scene, &["c", "d"]).await;
    scene.done([report("b", false)]).await;
    assert_eq!(arrival(&scene, &second).await, (None, 0), "it is on its way again");
    scene.done([report("c", true), report("d", true)]).await;
    assert_eq!(arrival(&scene, &second).await, (Some(NOW), 0));
}

#[tokio::test]
async fn a_message_that_failed_is_tried_again_with_its_tries_forgiven_or_let_be() {
    let scene = Scene::new().await;
    let messages = queued(&scene, 2).await;
    let claimed = claim(&scene, 2, later(1)).await;
    let failed = |one| [settle(one, Settled::Failed), attempt(one, Some("smpp"), "rejected", &[])];
    assert_eq!(scene.commit([Change::RetryMessage(messages[0].id)]).await, Outcome::Changed, "it has not failed");
    assert_eq!(scene.commit([Change::GiveUpMessage(messages[0].id)]).await, Outcome::Changed);
    scene.done(claimed.iter().flat_map(failed)).await;
    scene.done([Change::RetryMessage(messages[0].id), Change::GiveUpMessage(messages[1].id)]).await;
    for settled in [Change::RetryMessage(messages[1].id), Change::GiveUpMessage(messages[1].id)] {
        assert_eq!(scene.commit([settled]).await, Outcome::Changed);
    }
    let again = claim(&scene, 2, later(1)).await;
    assert_eq!((ids(&again), again[0].attempts, again[0].tries), (vec![messages[0].id], 2, 1));
    assert_eq!(counts(&scene).await, [1, 0, 0]);
    let account = scene.reader().await.account_of_message(messages[1].id).await.unwrap();
    assert_eq!(account, Some(messages[1].account));
    assert_eq!(scene.reader().await.account_of_message(MessageId::new(uuid::Uuid::nil())).await.unwrap(), None);
}

#[tokio::test]
async fn a_code_whose_time_is_over_stays_failed() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let code = SealedMessage { useful_until: Some(NOW), ..scene.make.message(account) };
    scene.done([Change::Send(code.clone())]).await;
    let claimed = claim(&scene, 1, NOW).await.remove(0);
    scene.done([settle(&claimed, Settled::Failed)]).await;
    assert_eq!(scene.commit([Change::RetryMessage(code.id)]).await, Outcome::Changed);
}

#[tokio::test]
async fn pages_of_a_list_go_on_behind_the_last() {
    let scene = Scene::new().await;
    let messages = queued(&scene, 3).await;
    let mut reader = scene.reader().await;
    let first = reader.messages_listed("waiting", None, 2).await.unwrap();
    let rest = reader.messages_listed("waiting", Some(first[1].id), 2).await.unwrap();
    let listed: Vec<_> = first.iter().chain(&rest).map(|message| message.id).collect();
    assert_eq!(listed, messages.iter().map(|message| message.id).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_put_off_is_due_when_it_is_set_right() {
    let scene = Scene::new().await;
    queued(&scene, 1).await;
    let day = 86_400;
    let first = claim(&scene, 1, later(day)).await.remove(0);
    assert!(claim(&scene, 1, later(day)).await.is_empty(), "it is leased");
    let second = claim(&scene, 1, later(1)).await.remove(0);
    assert_eq!((second.id, second.attempts), (first.id, 2));
    assert_eq!(scene.commit([settle(&first, Settled::Failed)]).await, Outcome::Changed, "the later attempt settles");
    scene.done([settle(&second, Settled::Delayed { until: later(301) })]).await;
    assert!(claim(&scene, 1, later(1)).await.is_empty(), "a wait of five minutes is none of a wrong clock");
}

#[tokio::test]
async fn messages_with_an_end_are_claimed_apart_from_those_before_them() {
    let scene = Scene::new().await;
    let notice = queued(&scene, 1).await.remove(0);
    let code = SealedMessage { useful_until: Some(later(180)), ..scene.make.message(notice.account) };
    scene.done([Change::Send(code.clone())]).await;
    let urgent = scene.store.claim_urgent_messages(9, LEASE, NOW).await.unwrap();
    assert_eq!(ids(&urgent), [code.id]);
    assert!(scene.store.claim_urgent_messages(9, LEASE, NOW).await.unwrap().is_empty(), "it is leased");
    assert_eq!(ids(&claim(&scene, 9, NOW).await), [notice.id]);
}

#[tokio::test]
async fn messages_that_wait_are_held_for_a_person_whoever_had_claimed_them_and_released_under_their_names() {
    let scene = Scene::new().await;
    let messages = queued(&scene, 3).await;
    let account = messages[0].account;
    let under_way = claim(&scene, 2, later(1)).await;
    let over = SealedMessage { useful_until: Some(NOW), ..scene.make.message(account) };
    let good = SealedMessage { useful_until: Some(later(600)), ..scene.make.message(account) };
    scene.done([Change::Send(over.clone()), Change::Send(good.clone())]).await;
    scene.done([settle(&under_way[0], Settled::Sent { at: NOW })]).await;
    scene.done([Change::HoldMessages]).await;
    assert_eq!(counts(&scene).await, [0, 1, 4]);
    assert!(claim(&scene, 9, later(3_600)).await.is_empty(), "nothing leaves");
    assert_eq!(scene.commit([settle(&under_way[1], Settled::Sent { at: NOW })]).await, Outcome::Changed);
    let held = scene.reader().await.messages_listed("failed", None, 9).await.unwrap();
    let reasons = |id| held.iter().find(|one| one.id == id).unwrap().reason.clone();
    assert_eq!((reasons(over.id), reasons(good.id)), ("too-late".to_owned(), "held".to_owned()));

    scene.done([Change::GiveUpMessage(messages[2].id), Change::ReleaseMessages]).await;
    assert_eq!(counts(&scene).await, [2, 1, 1], "what a person gave up, and a code that is over, stay");
    let mut again = ids(&claim(&scene, 9, later(3)).await);
    let mut due = vec![under_way[1].id, good.id];
    again.sort_unstable();
    due.sort_unstable();
    assert_eq!(again, due);
}
