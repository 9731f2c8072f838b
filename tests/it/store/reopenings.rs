//! Wishes to open the way to activation again, and what an account remembers of its holder's way.

use std::time::Duration;

use eid::domain::code::Purpose;
use eid::domain::ids::{ReopeningId, Version};
use eid::domain::reopening::{Reopening, ReopeningState, WAITS};
use eid::store::{Change, StoredReopening, Table};

use super::scene::{Outcome, Scene};
use crate::support::records::{NOW, later};

fn add(stored: &StoredReopening) -> Change {
    Change::NewReopening(Box::new(stored.clone()))
}

async fn asked(scene: &Scene) -> StoredReopening {
    let account = scene.account().await.account.id;
    let reopening = Reopening::ask(ReopeningId::new(scene.make.id()), account, scene.officer.id, NOW);
    StoredReopening { reopening, reason: scene.make.sealed(), version: Version::new(1) }
}

async fn found(scene: &Scene, id: ReopeningId) -> StoredReopening {
    scene.reader().await.reopening(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_wish_comes_back_as_it_was_kept_in_each_of_its_states() {
    let scene = Scene::new().await;
    let by = scene.officer.id;
    for state in [ReopeningState::Approved { by, at: later(5) }, ReopeningState::Declined { by, at: later(6) }] {
        let mut stored = asked(&scene).await;
        scene.done([add(&stored)]).await;
        let kept = found(&scene, stored.reopening.id).await;
        assert_eq!((&kept.reopening, &kept.reason, kept.version), (&stored.reopening, &stored.reason, Version::new(1)));
        let pending = scene.reader().await.pending_reopening(stored.reopening.account).await.unwrap();
        assert_eq!(pending.unwrap().reopening, stored.reopening);
        stored.reopening.state = state;
        let save = |seen| Change::SaveReopening(Box::new(stored.reopening.clone()), Version::new(seen));
        assert_eq!(scene.commit([save(7)]).await, Outcome::Changed);
        scene.done([save(1)]).await;
        assert_eq!(found(&scene, stored.reopening.id).await.reopening, stored.reopening);
        assert!(scene.reader().await.pending_reopening(stored.reopening.account).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn one_wish_of_an_account_waits_and_one_that_lapsed_makes_room() {
    let scene = Scene::new().await;
    let first = asked(&scene).await;
    scene.done([add(&first)]).await;
    let again = |at| {
        let id = ReopeningId::new(scene.make.id());
        let reopening = Reopening::ask(id, first.reopening.account, scene.officer.id, at);
        StoredReopening { reopening, ..first.clone() }
    };
    let early = again(NOW.plus(WAITS.saturating_sub(Duration::from_secs(1))));
    assert_eq!(scene.commit([add(&early)]).await, Outcome::Taken(Table::Reopening));
    let late = again(NOW.plus(WAITS));
    scene.done([add(&late)]).await;
    assert_eq!(found(&scene, first.reopening.id).await.reopening.state, ReopeningState::Lapsed);
    let waiting = scene.reader().await.reopenings(None, NOW.plus(WAITS), 10).await.unwrap();
    assert_eq!(waiting.iter().map(|one| one.reopening.id).collect::<Vec<_>>(), [late.reopening.id]);
}

#[tokio::test]
async fn wishes_that_wait_are_listed_in_their_order() {
    let scene = Scene::new().await;
    let mut all = Vec::new();
    for _ in 0..3 {
        let stored = asked(&scene).await;
        scene.done([add(&stored)]).await;
        all.push(stored.reopening.id);
    }
    let listed = async |after, now, limit| {
        let rows = scene.reader().await.reopenings(after, now, limit).await.unwrap();
        rows.into_iter().map(|one| one.reopening.id).collect::<Vec<_>>()
    };
    all.sort_unstable();
    assert_eq!(listed(None, NOW, 2).await, all[..2]);
    assert_eq!(listed(Some(all[1]), NOW, 10).await, all[2..]);
    assert!(listed(None, NOW.plus(WAITS), 10).await.is_empty(), "nobody came in time");
}

#[tokio::test]
async fn the_first_code_asked_for_and_the_first_try_are_remembered() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let progress = async || scene.reader().await.account(account).await.unwrap().unwrap().account.progress;
    assert_eq!((progress().await.code_asked_at, progress().await.code_tried_at), (None, None));
    for at in [later(5), later(9)] {
        scene.store.commit(scene.unit(at, [Change::NoteAsked(account)])).await.unwrap();
    }
    assert_eq!(progress().await.code_asked_at, Some(later(5)));
}

#[tokio::test]
async fn failures_in_a_row_are_forgiven_and_those_of_the_day_stay() {
    let scene = Scene::new().await;
    let account = scene.account().await.account.id;
    let held = "UPDATE account SET failures_in_row = 100, failures_today = 4, failures_day = 5, held_until = 7";
    scene.database.tamper(held).await;
    scene.done([Change::ForgiveFailures(account)]).await;
    let (failures, _) = scene.reader().await.slot(account, Purpose::Activation).await.unwrap();
    assert_eq!((failures.in_row, failures.today, failures.held_until), (0, 4, None));
}
