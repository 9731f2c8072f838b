//! Challenges for active authentication: good once, for one officer, for a time.

use std::time::Duration;

use eid::domain::ids::ChallengeId;
use eid::domain::staff::Role;
use eid::store::{Change, ChipChallenge};

use super::scene::{Outcome, Scene, outcome, race};
use crate::support::records::{NOW, later};

async fn drawn(scene: &Scene) -> ChipChallenge {
    let challenge = ChipChallenge {
        id: ChallengeId::new(scene.make.id()),
        officer: scene.officer.id,
        challenge: vec![1, 2, 3, 4, 5, 6, 7, 8],
        expires_at: later(10),
    };
    scene.done([Change::NewChallenge(challenge.clone())]).await;
    challenge
}

#[tokio::test]
async fn a_challenge_is_good_for_its_officer_until_it_expires() {
    let scene = Scene::new().await;
    let challenge = drawn(&scene).await;
    let other = scene.make.staff(Role::Officer);
    let mut reader = scene.reader().await;
    let found = reader.chip_challenge(challenge.id, scene.officer.id, NOW).await.unwrap();
    assert_eq!(found.as_ref(), Some(&challenge));
    assert_eq!(reader.chip_challenge(challenge.id, other.id, NOW).await.unwrap(), None);
    assert_eq!(reader.chip_challenge(challenge.id, scene.officer.id, later(10)).await.unwrap(), None);
    let spent = Change::SpendChallenge(challenge.id, other.id);
    assert_eq!(scene.commit([spent]).await, Outcome::Changed);
    let late = scene.unit(later(10), [Change::SpendChallenge(challenge.id, scene.officer.id)]);
    assert_eq!(outcome(scene.store.commit(late).await), Outcome::Changed);
}

#[tokio::test]
async fn of_sixteen_who_spend_a_challenge_one_does() {
    let scene = Scene::new().await;
    let challenge = drawn(&scene).await;
    let (store, officer) = (scene.store.clone(), scene.officer.id);
    let units: Vec<_> = (0..16).map(|_| scene.unit(NOW, [Change::SpendChallenge(challenge.id, officer)])).collect();
    let units = std::sync::Mutex::new(units);
    let outcomes = race(16, |_| {
        let (store, unit) = (store.clone(), units.lock().unwrap().pop().unwrap());
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count(), 1);
    assert_eq!(scene.reader().await.chip_challenge(challenge.id, officer, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_new_challenge_sweeps_out_those_whose_time_is_over() {
    let scene = Scene::new().await;
    let old = drawn(&scene).await;
    let new = ChipChallenge { id: ChallengeId::new(scene.make.id()), expires_at: later(30), ..old.clone() };
    let unit = scene.unit(NOW.plus(Duration::from_mins(11)), [Change::NewChallenge(new.clone())]);
    assert_eq!(outcome(scene.store.commit(unit).await), Outcome::Done);
    let mut reader = scene.reader().await;
    assert_eq!(
        reader.chip_challenge(old.id, old.officer, NOW).await.unwrap(),
        None,
        "in time, and swept out all the same"
    );
    assert!(reader.chip_challenge(new.id, new.officer, NOW).await.unwrap().is_some());
}
