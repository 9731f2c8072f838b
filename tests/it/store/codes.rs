//! One-time codes: the slot, the tries, the one spending.

use std::time::Duration;

use eid::domain::code::{
    CodePolicy, CountedTry, Failures, Purpose, SentAgain, SentCode, Slot, Timetable, Turn, day_number,
};
use eid::domain::device::KeyThumbprint;
use eid::domain::ids::{AccountId, Version};
use eid::domain::time::Timestamp;
use eid::store::{Change, StoreError, Table, Unit};

use super::scene::{NOBODY, Outcome, Scene, outcome, race};
use crate::support::records::{NOW, later};

const SLOT: Purpose = Purpose::Activation;
const NEXT_DAY: Duration = Duration::from_hours(24);

fn put(code: &SentCode, seen: i64) -> Change {
    Change::PutCode(Box::new(code.clone()), Version::new(seen))
}

fn spend(code: &SentCode) -> Change {
    Change::SpendCode((code.account, code.purpose), code.id)
}

/// An account with a code in its activation slot.
async fn with_code(scene: &Scene) -> SentCode {
    let code = scene.make.code(scene.account().await.account.id, SLOT, NOW);
    scene.done([put(&code, 0)]).await;
    code
}

/// Tries the code of a slot and commits an entry that names it.
async fn try_slot(scene: &Scene, slot: (AccountId, Purpose), now: Timestamp) -> Option<CountedTry> {
    let entry = scene.make.entry(now, slot.0.uuid());
    let decide = move |counted: CountedTry| {
        let unit = Unit::new(entry.with("code", counted.code.to_string()));
        (counted, unit)
    };
    scene.store.try_code((slot.0, slot.1, None), CodePolicy::default(), now, decide).await.unwrap()
}

async fn try_at(scene: &Scene, account: AccountId, now: Timestamp) -> Option<CountedTry> {
    try_slot(scene, (account, SLOT), now).await
}

async fn failures(scene: &Scene, account: AccountId) -> (Failures, i64) {
    let (failures, slot) = scene.reader().await.slot(account, SLOT).await.unwrap();
    (failures, slot.version.get())
}

fn today(now: Timestamp, today: u32, in_row: u32) -> Failures {
    Failures { day: day_number(now.local_date()), today, in_row, held_until: None }
}

#[tokio::test]
async fn a_slot_that_was_never_used_has_no_failures_and_no_code() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    assert_eq!(failures(&scene, account).await, (Failures::default(), Version::NONE.get()));
    assert!(scene.reader().await.slot(account, SLOT).await.unwrap().1.code.is_none());
    assert!(try_at(&scene, account, NOW).await.is_none());
}

#[tokio::test]
async fn a_try_gives_what_to_compare_with_and_is_counted_and_audited_before() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let counted = try_at(&scene, code.account, later(1)).await.unwrap();
    assert_eq!((counted.code, &counted.digest, counted.tries_left), (code.id, &code.digest, 4));
    assert_eq!(failures(&scene, code.account).await, (today(NOW, 1, 1), 2));
    let entries = scene.reader().await.audit_of(code.account.uuid()).await.unwrap();
    let [(entry, holds)] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    assert!(*holds && String::from_utf8_lossy(entry).contains(&format!(r#""code":"{}""#, code.id)));
}

#[tokio::test]
async fn a_try_that_is_not_counted_leaves_no_entry() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    assert!(try_at(&scene, account, NOW).await.is_none());
    assert!(scene.reader().await.audit_of(account.uuid()).await.unwrap().is_empty());
}

#[tokio::test]
async fn slots_of_other_purposes_and_accounts_are_others() {
    let scene = Scene::new().await;
    let (code, other) = (with_code(&scene).await, scene.account().await.account.id);
    let counted = try_slot(&scene, (code.account, Purpose::PhoneChange), NOW).await;
    assert!(counted.is_none() && try_at(&scene, other, NOW).await.is_none());
    let second = scene.make.code(code.account, Purpose::EmailChange, NOW);
    scene.done([put(&second, 0)]).await;
    assert_eq!(try_at(&scene, code.account, NOW).await.unwrap().code, code.id);
}

#[tokio::test]
async fn a_code_cannot_be_tried_from_the_instant_of_its_end() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let just_before = Timestamp::from_micros(code.expires_at.micros() - 1);
    assert!(try_at(&scene, code.account, code.expires_at).await.is_none());
    assert!(try_at(&scene, code.account, just_before).await.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_tries_at_once_exactly_as_many_are_counted_as_are_allowed() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let tries = race(20, |_| {
        let (store, entry) = (scene.store.clone(), scene.make.entry(NOW, NOBODY));
        let slot = (code.account, code.purpose);
        async move {
            store
                .try_code((slot.0, slot.1, None), CodePolicy::default(), NOW, |counted| (counted, Unit::new(entry)))
                .await
                .unwrap()
        }
    })
    .await;
    let mut left: Vec<_> = tries.into_iter().flatten().map(|counted| counted.tries_left).collect();
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4]);
    assert_eq!(failures(&scene, code.account).await.0, today(NOW, 5, 5));
}

#[tokio::test]
async fn the_next_code_brings_new_tries_and_keeps_the_failures() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    for _ in 0..5 {
        assert!(try_at(&scene, code.account, NOW).await.is_some());
    }
    assert!(try_at(&scene, code.account, NOW).await.is_none());
    let next = scene.make.code(code.account, SLOT, later(60));
    scene.done([put(&next, 6)]).await;
    assert_eq!(failures(&scene, code.account).await, (today(NOW, 5, 5), 7));
    let counted = try_at(&scene, code.account, later(60)).await.unwrap();
    assert_eq!((counted.code, counted.digest, counted.tries_left), (next.id, next.digest, 4));
    assert_eq!(failures(&scene, code.account).await.0, today(NOW, 6, 6));
}

#[tokio::test]
async fn a_new_day_counts_its_own_failures_and_those_in_a_row_go_on() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    assert!(try_at(&scene, code.account, NOW).await.is_some());
    assert!(try_at(&scene, code.account, NOW).await.is_some());
    let tomorrow = NOW.plus(NEXT_DAY);
    scene.done([put(&scene.make.code(code.account, SLOT, tomorrow), 3)]).await;
    assert!(try_at(&scene, code.account, tomorrow).await.is_some());
    assert_eq!(failures(&scene, code.account).await.0, today(tomorrow, 1, 3));
}

#[tokio::test]
async fn after_a_hundred_failures_in_a_row_nothing_is_counted_any_more() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let expires_at = NOW.plus(NEXT_DAY * 20);
    let code = SentCode { tries_max: 200, expires_at, ..scene.make.code(account, SLOT, NOW) };
    scene.done([put(&code, 0)]).await;
    for day in 0..10 {
        let now = NOW.plus(NEXT_DAY * day);
        for _ in 0..10 {
            assert!(try_at(&scene, account, now).await.is_some());
        }
        assert!(try_at(&scene, account, now).await.is_none(), "ten a day, whatever the code allows");
    }
    assert!(try_at(&scene, account, NOW.plus(NEXT_DAY * 11)).await.is_none());
    assert_eq!(failures(&scene, account).await.0.in_row, 100);
}

#[tokio::test]
async fn failures_on_every_slot_of_an_account_are_counted_together() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let second = scene.make.code(code.account, Purpose::EmailChange, NOW);
    scene.done([put(&second, 0)]).await;
    try_at(&scene, code.account, NOW).await.unwrap();
    try_slot(&scene, (code.account, Purpose::EmailChange), NOW).await.unwrap();
    assert_eq!(failures(&scene, code.account).await.0, today(NOW, 2, 2));
}

#[tokio::test]
async fn a_try_whose_unit_cannot_be_committed_was_not_counted() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let first = scene.make.answer(scene.officer.id);
    scene.done([Change::Remember(first.clone())]).await;
    let entry = scene.make.entry(NOW, NOBODY);
    let unit = Unit::new(entry).with(Change::Remember(first));
    let tried =
        scene.store.try_code((code.account, SLOT, None), CodePolicy::default(), NOW, |counted| (counted, unit)).await;
    assert!(matches!(tried, Err(StoreError::Taken(Table::Request))));
    assert_eq!(failures(&scene, code.account).await, (Failures::default(), 1));
    assert_eq!(try_at(&scene, code.account, NOW).await.unwrap().tries_left, 4);
}

#[tokio::test]
async fn a_spent_code_cannot_be_tried_or_spent_and_its_failures_are_taken_back() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    assert!(try_at(&scene, code.account, NOW).await.is_some());
    assert!(try_at(&scene, code.account, NOW).await.is_some());
    scene.done([spend(&code)]).await;
    assert_eq!(failures(&scene, code.account).await.0, today(NOW, 1, 0));
    assert!(try_at(&scene, code.account, NOW).await.is_none());
    assert_eq!(scene.commit([spend(&code)]).await, Outcome::Changed);
}

#[tokio::test]
async fn a_code_that_was_replaced_or_never_sent_is_not_spent() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let next = scene.make.code(code.account, SLOT, NOW);
    assert_eq!(scene.commit([spend(&next)]).await, Outcome::Changed);
    scene.done([put(&next, 1)]).await;
    assert_eq!(scene.commit([spend(&code)]).await, Outcome::Changed);
    let elsewhere = SentCode { purpose: Purpose::PhoneChange, ..next.clone() };
    assert_eq!(scene.commit([spend(&elsewhere)]).await, Outcome::Changed);
    scene.done([spend(&next)]).await;
}

#[tokio::test]
async fn a_new_code_after_a_spent_one_can_be_tried() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    assert!(try_at(&scene, code.account, NOW).await.is_some());
    scene.done([spend(&code)]).await;
    let next = scene.make.code(code.account, SLOT, NOW);
    scene.done([put(&next, 3)]).await;
    assert_eq!(try_at(&scene, code.account, NOW).await.unwrap().code, next.id);
}

#[tokio::test]
async fn a_slot_that_was_used_since_takes_no_code() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let next = scene.make.code(code.account, SLOT, NOW);
    assert_eq!(scene.commit([put(&next, 0)]).await, Outcome::Changed);
    assert!(try_at(&scene, code.account, NOW).await.is_some());
    assert_eq!(scene.commit([put(&next, 1)]).await, Outcome::Changed);
    scene.done([put(&next, 2)]).await;
}

#[tokio::test]
async fn a_slot_that_was_never_used_takes_no_code_from_who_saw_one_there() {
    let scene = Scene::new().await;
    let code = scene.make.code(scene.account().await.account.id, SLOT, NOW);
    assert_eq!(scene.commit([put(&code, 1)]).await, Outcome::Changed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_spend_a_code_at_once_one_does() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    assert!(try_at(&scene, code.account, NOW).await.is_some());
    let outcomes = race(20, |_| {
        let (store, unit) = (scene.store.clone(), scene.unit(NOW, [spend(&code)]));
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Done).count(), 1);
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Changed).count(), 19);
    assert_eq!(failures(&scene, code.account).await.0, today(NOW, 0, 0));
}

#[tokio::test]
async fn a_code_comes_back_with_how_often_it_was_sent_and_is_gone_when_it_is_spent() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    let slot = scene.reader().await.slot(code.account, SLOT).await.unwrap().1;
    let kept = slot.code.as_ref().unwrap();
    assert_eq!((kept.id, kept.first_sent_at, kept.expires_at, kept.tries_left), (code.id, NOW, code.expires_at, 5));
    assert_eq!((slot.sends, kept.sealed.as_ref().unwrap().as_bytes()), (code.sends, code.sealed.as_bytes()));

    let again = SentAgain { expires_at: later(240), sends: slot.sends.sent(later(60)) };
    let stale = Change::SendCodeAgain((code.account, SLOT), again, Version::new(7));
    assert_eq!(scene.commit([stale]).await, Outcome::Changed);
    scene.done([Change::SendCodeAgain((code.account, SLOT), again, slot.version)]).await;
    let slot = scene.reader().await.slot(code.account, SLOT).await.unwrap().1;
    let kept = slot.code.as_ref().unwrap();
    assert_eq!((kept.first_sent_at, kept.expires_at, slot.sends), (NOW, later(240), again.sends));
    assert_eq!((slot.sends.today, slot.sends.last), (2, Some(later(60))));

    scene.done([spend(&code)]).await;
    let slot = scene.reader().await.slot(code.account, SLOT).await.unwrap().1;
    let kept = slot.code.as_ref().unwrap();
    assert!(kept.sealed.is_none() && kept.tries_left == 0 && slot.live(later(60)).is_none());
    let spent = Change::SendCodeAgain((code.account, SLOT), again, slot.version);
    assert_eq!(scene.commit([spent]).await, Outcome::Changed);
}

#[tokio::test]
async fn nothing_is_tried_while_an_account_is_held() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    scene.done([Change::HoldTries(code.account, later(30))]).await;
    assert!(try_at(&scene, code.account, later(29)).await.is_none());
    assert_eq!(failures(&scene, code.account).await.0.held_until, Some(later(30)));
    assert_eq!(try_at(&scene, code.account, later(30)).await.unwrap().in_row, 1);
    scene.done([spend(&code)]).await;
    assert_eq!(failures(&scene, code.account).await.0.held_until, None, "a right code ends it");
}

#[tokio::test]
async fn a_code_for_one_device_is_not_tried_with_another_and_nothing_is_counted() {
    let scene = Scene::new().await;
    let [mine, other] = [1, 2].map(|byte| KeyThumbprint::parse(&[byte; 32]).unwrap());
    let account = scene.account().await.account.id;
    let code = SentCode { device: Some(mine), ..scene.make.code(account, SLOT, NOW) };
    scene.done([put(&code, 0)]).await;
    let shown = async |device| {
        let unit = Unit::new(scene.make.entry(NOW, account.uuid()));
        let slot = (account, SLOT, device);
        scene.store.try_code(slot, CodePolicy::default(), NOW, |counted| (counted, unit)).await.unwrap()
    };
    assert!(shown(Some(other)).await.is_none() && shown(None).await.is_none());
    assert_eq!(failures(&scene, account).await.0, Failures::default());
    assert!(shown(Some(mine)).await.is_some());
    let (_, slot) = scene.reader().await.slot(account, SLOT).await.unwrap();
    assert_eq!(slot.code.unwrap().device, Some(mine));
}

#[tokio::test]
async fn after_a_clock_was_set_back_no_code_outlives_its_time_and_no_wait_is_longer_than_any() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let tomorrow = NOW.plus(std::time::Duration::from_hours(24));
    let code = scene.make.code(account, SLOT, tomorrow);
    scene.done([put(&code, 0), Change::HoldTries(account, tomorrow)]).await;
    assert!(try_at(&scene, account, NOW).await.is_none(), "nobody knows how long it has lived");
    let table = |slot: &(Failures, Slot), now| Timetable::at(now, &CodePolicy::default(), slot.0, &slot.1);
    let slot = scene.reader().await.slot(account, SLOT).await.unwrap();
    assert_eq!((table(&slot, NOW).send, table(&slot, NOW).code_expires_at), (Turn::Now, None));
    let next = scene.make.code(account, SLOT, NOW);
    scene.done([put(&next, slot.1.version.get())]).await;
    assert!(try_at(&scene, account, NOW).await.is_some(), "the wait of another clock is none");
}

#[tokio::test]
async fn a_clock_that_is_set_back_over_midnight_gives_nobody_the_tries_of_a_day_twice() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let policy = CodePolicy::default();
    let midnight = Timestamp::start_of(NOW.local_date()).plus(std::time::Duration::from_hours(24));
    let half_hour = std::time::Duration::from_mins(30);
    let (early, late) = (midnight.plus(half_hour), midnight.minus(half_hour));
    let wrong = async |now| {
        let seen = scene.reader().await.slot(account, SLOT).await.unwrap().1.version;
        scene.done([put(&scene.make.code(account, SLOT, now), seen.get())]).await;
        let mut tried = 0;
        while try_at(&scene, account, now).await.is_some() {
            tried += 1;
        }
        tried
    };
    assert_eq!((wrong(early).await, wrong(late).await), (policy.tries, policy.failures_per_day - policy.tries));
    assert_eq!((wrong(late).await, wrong(early).await), (0, 0), "of both days together as many as of one");
    assert_eq!(wrong(early.plus(std::time::Duration::from_hours(24))).await, policy.tries);
    let far = midnight.minus(std::time::Duration::from_hours(48));
    assert_eq!(wrong(far).await, policy.tries, "a count of a day that is far away says nothing");
}

#[tokio::test]
async fn failures_are_cleared_for_who_came_another_way() {
    let scene = Scene::new().await;
    let code = with_code(&scene).await;
    try_at(&scene, code.account, NOW).await.unwrap();
    scene.done([Change::HoldTries(code.account, NOW.plus(std::time::Duration::from_secs(30)))]).await;
    scene.done([Change::ClearFailures(code.account)]).await;
    let (failures, _) = failures(&scene, code.account).await;
    assert_eq!((failures.today, failures.in_row, failures.held_until), (1, 0, None), "those of the day stay");
}
