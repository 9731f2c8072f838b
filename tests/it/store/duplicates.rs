//! Keys by which duplicates are found, and decisions that two persons are not one.

use eid::domain::duplicate::{KEY_HOLDERS_MAX, KEYS_MAX, KeyKind};
use eid::domain::enrolment::{RefusalReason, Stage};
use eid::domain::ids::{EnrolmentId, Version};
use eid::domain::sealed::BlindIndex;
use eid::store::{Change, DuplicateKeys, NotTheSame, Replaced, StoredEnrolment, StoredKey};

use super::scene::{Outcome, Scene, outcome, race};
use crate::support::records::{NOW, passage_to};

/// These keys for a request, by one who looks now.
async fn keys(scene: &Scene, stored: &StoredEnrolment, values: &[BlindIndex]) -> DuplicateKeys {
    let key = |value: &BlindIndex| StoredKey { kind: KeyKind::NameBirth, value: value.clone() };
    let seen = scene.reader().await.duplicate_changes(values).await.unwrap();
    DuplicateKeys {
        enrolment: stored.enrolment.id,
        keys: values.iter().map(key).collect(),
        seen,
        replaces: Replaced::All,
    }
}

async fn indexed(scene: &Scene, stored: &StoredEnrolment, values: &[BlindIndex]) {
    scene.done([index(keys(scene, stored, values).await)]).await;
}

fn index(keys: DuplicateKeys) -> Change {
    Change::IndexDuplicates(Box::new(keys))
}

async fn holders(scene: &Scene, values: &[BlindIndex]) -> Vec<Vec<EnrolmentId>> {
    scene.reader().await.duplicate_holders(values).await.unwrap()
}

#[tokio::test]
async fn requests_are_found_by_each_of_their_keys_the_latest_first_until_they_are_taken_away() {
    let scene = Scene::new().await;
    let (one, two) = (scene.enrolment().await, scene.enrolment().await);
    let [shared, own, nobodys] = [(); 3].map(|()| scene.make.index());
    indexed(&scene, &one, &[shared.clone(), own.clone()]).await;
    indexed(&scene, &two, std::slice::from_ref(&shared)).await;
    let asked = [own.clone(), nobodys, shared.clone()];
    let (first, second) = (one.enrolment.id, two.enrolment.id);
    assert_eq!(holders(&scene, &asked).await, [vec![first], vec![], vec![second, first]]);
    // A correction puts others in their place.
    indexed(&scene, &one, std::slice::from_ref(&own)).await;
    assert_eq!(holders(&scene, &asked).await, [vec![first], vec![], vec![second]]);
    scene.done([Change::ForgetDuplicates(first), Change::ForgetDuplicates(second)]).await;
    assert!(holders(&scene, &asked).await.iter().all(Vec::is_empty));
}

#[tokio::test]
async fn a_key_that_many_share_is_read_to_its_bound() {
    let scene = Scene::new().await;
    let (shared, own) = (scene.make.index(), scene.make.index());
    let mut latest = Vec::new();
    for at in 0..KEY_HOLDERS_MAX + 20 {
        let stored = scene.enrolment().await;
        let values = if at == 0 { vec![shared.clone(), own.clone()] } else { vec![shared.clone()] };
        indexed(&scene, &stored, &values).await;
        latest.push(stored.enrolment.id);
    }
    let first = latest[0];
    latest.reverse();
    latest.truncate(KEY_HOLDERS_MAX + 1);
    let mut asked = vec![shared, own];
    asked.extend((0..KEYS_MAX).map(|_| scene.make.index()));
    let found = holders(&scene, &asked).await;
    assert_eq!((&found[0], &found[1], found.len()), (&latest, &vec![first], KEYS_MAX));
}

#[tokio::test]
async fn keys_are_added_only_if_nobody_came_since_who_shares_one_of_them() {
    let scene = Scene::new().await;
    let (one, two, three) = (scene.enrolment().await, scene.enrolment().await, scene.enrolment().await);
    let [shared, own, other, third] = [(); 4].map(|()| scene.make.index());
    let first = keys(&scene, &one, &[own, shared.clone()]).await;
    let second = keys(&scene, &two, &[shared.clone(), other.clone()]).await;
    let apart = keys(&scene, &three, &[third]).await;
    scene.done([index(first)]).await;
    assert_eq!(scene.commit([index(second.clone())]).await, Outcome::Changed);
    assert_eq!(holders(&scene, &[shared.clone(), other]).await, [vec![one.enrolment.id], vec![]]);
    scene.done([index(apart)]).await;
    // Who looks again finds the first, and may come beside it.
    let values: Vec<_> = second.keys.iter().map(|key| key.value.clone()).collect();
    indexed(&scene, &two, &values).await;
    assert_eq!(holders(&scene, &[shared]).await, [vec![two.enrolment.id, one.enrolment.id]]);
}

#[tokio::test]
async fn keys_for_a_request_as_it_was_read_never_take_the_place_of_those_of_its_correction() {
    let scene = Scene::new().await;
    let stored = scene.enrolment().await;
    let [former, corrected] = [(); 2].map(|()| scene.make.index());
    let read = keys(&scene, &stored, std::slice::from_ref(&former)).await;
    let read = DuplicateKeys { replaces: Replaced::EarlierForm(stored.version), ..read };
    let meanwhile = keys(&scene, &stored, std::slice::from_ref(&corrected)).await;
    let moved = Change::SaveEnrolment(Box::new(passage_to(&stored.enrolment)), stored.version);
    scene.done([moved, index(meanwhile)]).await;
    assert_eq!(scene.commit([index(read.clone())]).await, Outcome::Changed);
    assert_eq!(holders(&scene, &[former.clone(), corrected]).await, [vec![], vec![stored.enrolment.id]]);
    scene
        .done([index(DuplicateKeys {
            replaces: Replaced::EarlierForm(Version::new(stored.version.get() + 1)),
            ..read
        })])
        .await;
    assert_eq!(holders(&scene, &[former]).await, [vec![stored.enrolment.id]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_who_saw_the_same_one_adds_keys() {
    let scene = Scene::new().await;
    let shared = [(); KEYS_MAX].map(|()| scene.make.index());
    let mut looked = Vec::new();
    for at in 0..16 {
        // Each has the same keys in another order.
        let mut values = shared.to_vec();
        values.rotate_left(at);
        looked.push(keys(&scene, &scene.enrolment().await, &values).await);
    }
    let outcomes = race(16, |at| {
        let (store, unit) = (scene.store.clone(), scene.unit(NOW, [index(looked[at].clone())]));
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Done).count(), 1);
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Changed).count(), 15);
}

#[tokio::test]
async fn a_decision_is_kept_once_for_two_persons_in_either_order() {
    let scene = Scene::new().await;
    let (stored, other) = (scene.enrolment().await, scene.enrolment().await);
    let [a, b, c] = [(); 3].map(|()| scene.make.index());
    let decided = |one: &BlindIndex, two: &BlindIndex| {
        Change::NotTheSame(Box::new(NotTheSame {
            one: one.clone(),
            other: two.clone(),
            enrolment: stored.enrolment.id,
            against: other.enrolment.id,
            by: scene.officer.id,
        }))
    };
    scene.done([decided(&a, &b), decided(&b, &a), decided(&c, &a)]).await;
    let mut reader = scene.reader().await;
    let mut apart = reader.not_the_same_as(&a).await.unwrap();
    apart.sort_by_key(|index| index.as_bytes().to_vec());
    let mut both = vec![b.clone(), c.clone()];
    both.sort_by_key(|index| index.as_bytes().to_vec());
    assert_eq!(apart, both);
    assert_eq!(reader.not_the_same_as(&b).await.unwrap(), [a]);
    assert!(reader.not_the_same_as(&scene.make.index()).await.unwrap().is_empty());
}

#[tokio::test]
async fn requests_are_read_by_their_names_however_many() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(scene.enrolment().await.enrolment.id);
    }
    let nobody = EnrolmentId::new(scene.make.id());
    let asked: Vec<_> = ids.iter().copied().chain([nobody]).collect();
    let mut reader = scene.reader().await;
    let mut found: Vec<_> = reader.enrolments_named(&asked).await.unwrap().iter().map(|row| row.enrolment.id).collect();
    found.sort_unstable();
    assert_eq!(found, ids);
    assert!(reader.enrolments_named(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_damaged_record_holds_up_neither_those_compared_with_it_nor_those_behind_it() {
    let scene = Scene::new().await;
    let (one, two) = (scene.enrolment().await.enrolment.id, scene.enrolment().await.enrolment.id);
    let spoil = "UPDATE enrolment SET notes = '' WHERE id = (SELECT id FROM enrolment ORDER BY id LIMIT 1)";
    scene.database.tamper(spoil).await;
    let mut reader = scene.reader().await;
    let named: Vec<_> =
        reader.enrolments_named(&[one, two]).await.unwrap().iter().map(|row| row.enrolment.id).collect();
    assert_eq!(named, [two]);
    let first = reader.enrolments_without_keys(None, 1).await.unwrap();
    assert!(first.rows.is_empty() && first.last == Some(one), "the next page begins behind it");
    assert_eq!(reader.enrolments_without_keys(first.last, 1).await.unwrap().rows[0].enrolment.id, two);
}

#[tokio::test]
async fn live_requests_without_keys_are_found_a_page_at_a_time() {
    let scene = Scene::new().await;
    let (one, two, three) = (scene.enrolment().await, scene.enrolment().await, scene.enrolment().await);
    let mut ended = scene.enrolment().await;
    ended.enrolment.stage = Stage::Refused { reason: RefusalReason::Other, at: NOW };
    scene
        .done([
            index(keys(&scene, &two, &[scene.make.index()]).await),
            Change::SaveEnrolment(Box::new(passage_to(&ended.enrolment)), ended.version),
        ])
        .await;
    let mut reader = scene.reader().await;
    let mut page = async |after, limit| {
        let page = reader.enrolments_without_keys(after, limit).await.unwrap();
        page.rows.iter().map(|row| row.enrolment.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 1).await, [one.enrolment.id]);
    assert_eq!(page(Some(one.enrolment.id), 10).await, [three.enrolment.id]);
}
