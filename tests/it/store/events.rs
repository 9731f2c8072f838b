//! Events of requests: streams without gaps, returns, corrections, and what was handed over.

use std::time::Duration;

use eid::domain::enrolment::{
    HandOverStanding, Lease, RefusalReason, ReturnReason, Stage, StageName, Verb, WithdrawalReason,
};
use eid::domain::finding::Findings;
use eid::domain::ids::{LeaseId, StaffId, Version};
use eid::domain::time::Timestamp;
use eid::store::{Change, Claim, Correction, StoredCaptures, StoredEnrolment};

use super::scene::{NOBODY, Outcome, Scene, race};
use crate::support::records::{NOW, later, office, passage_to, received};

async fn claim(scene: &Scene, now: Timestamp) -> (LeaseId, Vec<StoredEnrolment>) {
    let lease = Lease { id: LeaseId::new(scene.make.id()), expires_at: now.plus(Duration::from_mins(1)) };
    let entry = scene.make.entry(now, NOBODY);
    let claimed = scene.store.claim_enrolments(Claim { limit: 100, lease, now }, entry).await.unwrap();
    (lease.id, claimed)
}

async fn read(scene: &Scene, stored: &StoredEnrolment) -> StoredEnrolment {
    scene.reader().await.enrolment(stored.enrolment.id).await.unwrap().unwrap()
}

/// A request that was returned at that moment, as the store holds it.
async fn returned(scene: &Scene, at: Timestamp) -> StoredEnrolment {
    let mut stored = scene.enrolment().await;
    stored.enrolment.stage = Stage::Returned { reason: ReturnReason::Face };
    stored.enrolment.since = at;
    let passage = passage_to(&stored.enrolment);
    let back = Change::SendBack(Box::new(passage), scene.make.sealed(), stored.version);
    scene.done([back]).await;
    read(scene, &stored).await
}

#[tokio::test]
async fn each_passage_leaves_one_event_in_the_stream_of_its_office_in_the_order_of_commits() {
    let scene = Scene::new().await;
    assert_eq!(scene.reader().await.last_event(&office()).await.unwrap(), 0);
    let (first, second) = (scene.enrolment().await, scene.enrolment().await);
    let (lease, claimed) = claim(&scene, later(5)).await;
    let mut decided = claimed[0].clone();
    let (id, by) = (decided.enrolment.id, scene.officer.id);
    let passage = decided.enrolment.clone().refuse(lease, RefusalReason::Other, by, later(9)).unwrap();
    scene.done([Change::SaveEnrolment(Box::new(passage.clone()), decided.version)]).await;

    let mut reader = scene.reader().await;
    let stream = reader.events_after(&office(), 0, 100).await.unwrap();
    assert_eq!(stream.iter().map(|event| event.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let verbs: Vec<_> = stream.iter().map(|event| (event.enrolment, event.event.verb)).collect();
    let (a, b) = (first.enrolment.id, second.enrolment.id);
    let told = [(a, Verb::Receive), (b, Verb::Receive), (a, Verb::Claim), (b, Verb::Claim), (a, Verb::Refuse)];
    assert_eq!(verbs, told);
    assert_eq!(stream[4].event, passage.events()[0], "it comes back as it was written");
    assert_eq!(reader.last_event(&office()).await.unwrap(), 5);
    assert_eq!(reader.events_after(&office(), 3, 1).await.unwrap(), stream[3..4]);
    let own = reader.events_of(id, 0, 100).await.unwrap();
    assert_eq!(own.iter().map(|event| event.position).collect::<Vec<_>>(), [1, 3, 5]);
    assert_eq!(reader.events_of(id, 1, 1).await.unwrap(), own[1..2]);
    drop(reader);
    decided.enrolment = passage.into_enrolment();
    assert_eq!(read(&scene, &decided).await.enrolment, decided.enrolment);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_has_no_gaps_however_many_write_at_once_and_what_fails_leaves_nothing() {
    let scene = Scene::new().await;
    let rows: Vec<_> = (0..24).map(|_| scene.make.enrolment(scene.officer.id)).collect();
    let outcomes = race(24, |index| {
        let (store, stored) = (scene.store.clone(), rows[index].clone());
        // Every third unit fails after its event was written.
        let failing = (index % 3 == 0).then(|| Change::ResetStaffTotp(StaffId::new(NOBODY)));
        let events = received(&stored);
        let unit = scene.unit(NOW, std::iter::once(Change::NewEnrolment(Box::new(stored), events)).chain(failing));
        async move { store.commit(unit).await.is_ok() }
    })
    .await;
    let kept = outcomes.iter().filter(|kept| **kept).count();
    assert_eq!(kept, 16);
    let stream = scene.reader().await.events_after(&office(), 0, 100).await.unwrap();
    let positions: Vec<_> = stream.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=16).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_return_keeps_its_note_and_a_correction_keeps_what_was_handed_in_before() {
    let scene = Scene::new().await;
    let before = returned(&scene, later(10)).await;
    assert_eq!(before.enrolment.stage, Stage::Returned { reason: ReturnReason::Face });
    assert!(before.return_note.is_some());
    assert!(claim(&scene, later(11)).await.1.is_empty(), "what is at its office is not handed over");

    let cleared = Findings::default().cleared().unwrap();
    let passage = before.enrolment.clone().correct(scene.officer.id, cleared, later(20)).unwrap();
    let correction = || Correction {
        passage: passage.clone(),
        content: scene.make.sealed(),
        passport: scene.make.index(),
        representative: None,
    };
    let (wrong, right) = (correction(), correction());
    let content = right.content.clone();
    assert_eq!(scene.commit([Change::Correct(Box::new(wrong), Version::new(1))]).await, Outcome::Changed);
    scene.done([Change::Correct(Box::new(right), before.version)]).await;

    let now = read(&scene, &before).await;
    assert_eq!((&now.enrolment, &now.content), (passage.enrolment(), &content));
    assert_eq!((now.enrolment.revision, now.return_note), (2, None));
    let [kept] = scene.reader().await.revisions(now.enrolment.id).await.unwrap().try_into().unwrap();
    assert_eq!((kept.number, kept.replaced_at), (1, later(20)));
    assert_eq!((kept.content, kept.return_note), (before.content, before.return_note));
    assert_eq!(claim(&scene, later(21)).await.1.len(), 1, "corrected, it is handed over");
}

#[tokio::test]
async fn captures_of_a_correction_take_the_place_of_earlier_ones_which_are_deleted() {
    let scene = Scene::new().await;
    let enrolment = scene.enrolment().await.enrolment.id;
    let (first, second) = (scene.make.captures(enrolment), scene.make.captures(enrolment));
    scene.done([Change::KeepCaptures(Box::new(first.clone()))]).await;
    let replace = |stored: &StoredCaptures| Change::ReplaceCaptures(Box::new(stored.clone()));
    scene.done([replace(&second)]).await;
    let held = scene.reader().await.captures(enrolment).await.unwrap().unwrap();
    assert_eq!((&held.secret, held.ended), (&second.secret, None));
    let secret = first.secret.clone().unwrap();
    assert!(!scene.database.holds(secret.as_bytes()).await, "the first key is gone");
    let ending = scene.store.claim_objects(100, Duration::from_mins(1), later(1)).await.unwrap();
    let mut names: Vec<_> = ending.iter().map(|object| object.id).collect();
    let mut expected: Vec<_> = first.objects.iter().map(|object| object.id).collect();
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
    // Also for a request that had none, or whose captures have ended.
    let other = scene.enrolment().await.enrolment.id;
    scene.done([replace(&scene.make.captures(other))]).await;
    assert!(scene.reader().await.captures(other).await.unwrap().unwrap().secret.is_some());
}

#[tokio::test]
async fn what_was_handed_over_in_a_span_is_told_once_with_its_answer() {
    let scene = Scene::new().await;
    for _ in 0..4 {
        scene.enrolment().await;
    }
    let (lease, claimed) = claim(&scene, later(10)).await;
    let by = scene.officer.id;
    let [issued, returned, ..] = claimed.as_slice() else { panic!("{}", claimed.len()) };
    let passage = issued.enrolment.clone().refuse(lease, RefusalReason::Other, by, later(12)).unwrap();
    scene.done([Change::SaveEnrolment(Box::new(passage), issued.version)]).await;
    let passage = returned.enrolment.clone().return_claimed(lease, ReturnReason::Data, by, later(13)).unwrap();
    scene.done([Change::SendBack(Box::new(passage), scene.make.sealed(), returned.version)]).await;
    // The other two lapse; both are claimed again, and one is withdrawn when that has lapsed as well.
    let (second, again) = claim(&scene, later(80)).await;
    assert_eq!(again.len(), 2);
    let passage = again[0].enrolment.clone();
    let passage = passage.withdraw(by, WithdrawalReason::Applicant, later(200)).unwrap();
    scene.done([Change::SaveEnrolment(Box::new(passage), again[0].version)]).await;

    let mut reader = scene.reader().await;
    let told = reader.hand_overs((NOW, later(1_000)), None, 100).await.unwrap();
    let standings: Vec<_> = told.iter().map(|one| (one.enrolment, one.standing(), one.stage)).collect();
    let name = |at: usize| claimed[at].enrolment.id;
    assert_eq!(
        standings,
        [
            (name(0), HandOverStanding::Answered, StageName::Refused),
            (name(1), HandOverStanding::Answered, StageName::Returned),
            (name(2), HandOverStanding::Withdrawn, StageName::Withdrawn),
            (name(3), HandOverStanding::Outstanding, StageName::Forwarded),
        ]
    );
    assert_eq!((told[0].lease, told[3].lease), (lease, second), "the latest lease of the span");
    assert_eq!(told[1].answered, Some((Verb::Return, later(13))));
    let behind = reader.hand_overs((NOW, later(1_000)), Some(name(1)), 1).await.unwrap();
    assert_eq!(behind, told[2..3]);
    let first_minute = reader.hand_overs((NOW, later(60)), None, 100).await.unwrap();
    assert_eq!((first_minute.len(), first_minute[3].lease), (4, lease));
    assert_eq!(reader.hand_overs((later(60), later(1_000)), None, 1).await.unwrap().len(), 1);
    assert!(reader.hand_overs((later(100), later(1_000)), None, 100).await.unwrap().is_empty());
}
