//! First answers.

use eid::domain::staff::Role;
use eid::store::{Change, FirstAnswer, Table};

use super::scene::{Outcome, Scene, outcome, race};
use crate::support::records::NOW;

fn same(found: &FirstAnswer, kept: &FirstAnswer) {
    assert_eq!((found.caller, found.request), (kept.caller, kept.request));
    assert_eq!((&found.content, &found.answer), (&kept.content, &kept.answer));
}

#[tokio::test]
async fn a_first_answer_is_found_by_its_caller_and_request_id_alone() {
    let scene = Scene::new().await;
    let (kept, other) = (scene.make.answer(scene.officer.id), scene.make.staff(Role::Authority));
    scene.done([Change::Remember(kept.clone()), Change::NewStaff(Box::new(other.clone()))]).await;
    let mut reader = scene.reader().await;
    same(&reader.first_answer(kept.caller, kept.request).await.unwrap().unwrap(), &kept);
    assert!(reader.first_answer(other.id, kept.request).await.unwrap().is_none());
    let unknown = scene.make.answer(scene.officer.id).request;
    assert!(reader.first_answer(kept.caller, unknown).await.unwrap().is_none());
}

#[tokio::test]
async fn a_request_id_is_taken_for_its_caller_and_free_for_others() {
    let scene = Scene::new().await;
    let (kept, other) = (scene.make.answer(scene.officer.id), scene.make.staff(Role::Authority));
    scene.done([Change::Remember(kept.clone()), Change::NewStaff(Box::new(other.clone()))]).await;
    let again = FirstAnswer { answer: "{}".into(), ..kept.clone() };
    assert_eq!(scene.commit([Change::Remember(again)]).await, Outcome::Taken(Table::Request));
    same(&scene.reader().await.first_answer(kept.caller, kept.request).await.unwrap().unwrap(), &kept);
    scene.done([Change::Remember(FirstAnswer { caller: other.id, ..kept })]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_calls_with_one_request_id_at_once_one_is_the_first() {
    let scene = Scene::new().await;
    let answer = scene.make.answer(scene.officer.id);
    let outcomes = race(16, |_| {
        let (store, unit) = (scene.store.clone(), scene.unit(NOW, [Change::Remember(answer.clone())]));
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Done).count(), 1);
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Taken(Table::Request)).count(), 15);
}
