//! Captures: one key for each person, one row for each object, and their end.

use std::collections::HashSet;
use std::time::Duration;

use eid::domain::capture::EndReason;
use eid::domain::enrolment::{Lease, Stage};
use eid::domain::ids::{AccountId, EnrolmentId, LeaseId};
use eid::domain::time::Timestamp;
use eid::store::{Change, Claim, ClaimedObject, Lacking, StoredCaptures, Table};
use uuid::Uuid;

use super::scene::{NOBODY, Outcome, Scene, outcome, race};
use crate::support::records::{NOW, later, passage_to};

const LEASE: Duration = Duration::from_mins(1);

fn keep(stored: &StoredCaptures) -> Change {
    Change::KeepCaptures(Box::new(stored.clone()))
}

/// Captures that are kept.
async fn kept(scene: &Scene) -> StoredCaptures {
    let stored = scene.make.captures(scene.enrolment().await.enrolment.id);
    scene.done([keep(&stored)]).await;
    stored
}

async fn end(scene: &Scene, id: EnrolmentId, at: Timestamp) -> Outcome {
    let unit = scene.unit(at, [Change::EndCaptures(id, EndReason::Received)]);
    outcome(scene.store.commit(unit).await)
}

async fn claim(scene: &Scene, limit: u32, now: Timestamp) -> Vec<ClaimedObject> {
    scene.store.claim_objects(limit, LEASE, now).await.unwrap()
}

async fn read(scene: &Scene, id: EnrolmentId) -> Option<StoredCaptures> {
    scene.reader().await.captures(id).await.unwrap()
}

fn deleted(object: &ClaimedObject) -> Change {
    Change::CaptureDeleted(object.id, object.attempts)
}

/// Names of objects that are kept, of all that there are.
async fn names(scene: &Scene) -> HashSet<Uuid> {
    scene.reader().await.kept_objects(Uuid::nil()..=Uuid::max()).await.unwrap()
}

#[tokio::test]
async fn captures_come_back_as_they_were_kept() {
    let scene = Scene::new().await;
    let stored = kept(&scene).await;
    let found = read(&scene, stored.enrolment).await.unwrap();
    assert_eq!((found.secret, found.ended, found.objects), (stored.secret, None, stored.objects));
    let another = scene.enrolment().await.enrolment.id;
    assert!(read(&scene, another).await.is_none());
}

#[tokio::test]
async fn a_request_has_captures_once_and_captures_have_a_request() {
    let scene = Scene::new().await;
    let stored = kept(&scene).await;
    let again = StoredCaptures { objects: Vec::new(), ..stored.clone() };
    assert_eq!(scene.commit([keep(&again)]).await, Outcome::Taken(Table::Other));
    let nobodys = scene.make.captures(EnrolmentId::new(scene.make.id()));
    assert_eq!(scene.commit([keep(&nobodys)]).await, Outcome::Unavailable);
    assert!(read(&scene, nobodys.enrolment).await.is_none());
}

#[tokio::test]
async fn captures_end_once_and_their_key_goes_at_that_moment() {
    let scene = Scene::new().await;
    let stored = kept(&scene).await;
    assert_eq!(end(&scene, stored.enrolment, later(5)).await, Outcome::Done);
    let found = read(&scene, stored.enrolment).await.unwrap();
    assert_eq!((found.secret, found.ended), (None, Some((EndReason::Received, later(5)))));
    assert_eq!(found.objects, stored.objects, "what was deleted stays known");
    assert_eq!(end(&scene, stored.enrolment, later(6)).await, Outcome::Changed);
    assert_eq!(end(&scene, EnrolmentId::new(NOBODY), NOW).await, Outcome::Changed);
}

#[tokio::test]
async fn a_key_that_was_destroyed_is_nowhere_in_the_database() {
    let scene = Scene::new().await;
    let stored = kept(&scene).await;
    let secret = stored.secret.clone().unwrap();
    assert!(scene.database.holds(secret.as_bytes()).await);
    assert_eq!(end(&scene, stored.enrolment, NOW).await, Outcome::Done);
    assert!(!scene.database.holds(secret.as_bytes()).await);
}

#[tokio::test]
async fn objects_are_claimed_once_they_have_ended_and_again_when_the_claim_lapses() {
    let scene = Scene::new().await;
    let stored = kept(&scene).await;
    assert_eq!(claim(&scene, 10, later(9_999)).await, []);
    end(&scene, stored.enrolment, NOW).await;
    let first = claim(&scene, 1, NOW).await;
    assert_eq!(first.len(), 1);
    let object = &stored.objects[0];
    let expected = (object.id, stored.enrolment, object.kind, object.sealed_hash, 1);
    let claimed = &first[0];
    assert_eq!((claimed.id, claimed.enrolment, claimed.kind, claimed.sealed_hash, claimed.attempts), expected);
    assert_eq!(claim(&scene, 10, NOW).await[0].id, stored.objects[1].id);
    assert_eq!(claim(&scene, 10, later(59)).await, []);
    let again = claim(&scene, 10, later(60)).await;
    assert_eq!(again.iter().map(|object| object.attempts).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(scene.commit([deleted(claimed)]).await, Outcome::Changed, "the attempt that lapsed records nothing");
}

#[tokio::test]
async fn an_object_is_recorded_as_deleted_once_and_is_kept_no_more() {
    let scene = Scene::new().await;
    let stored = kept(&scene).await;
    let all: HashSet<_> = stored.objects.iter().map(|object| object.id.uuid()).collect();
    assert_eq!(names(&scene).await, all);
    let first = stored.objects[0].id.uuid();
    assert_eq!(scene.reader().await.kept_objects(first..=first).await.unwrap(), HashSet::from([first]));
    end(&scene, stored.enrolment, NOW).await;
    assert_eq!(names(&scene).await, all, "until the deletion is proven");
    for object in claim(&scene, 10, NOW).await {
        assert_eq!(scene.commit([deleted(&object)]).await, Outcome::Done);
        assert_eq!(scene.commit([deleted(&object)]).await, Outcome::Changed);
    }
    assert!(names(&scene).await.is_empty());
    assert_eq!(claim(&scene, 10, later(9_999)).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_claimers_at_once_never_get_the_same_object() {
    let scene = Scene::new().await;
    for _ in 0..8 {
        let stored = kept(&scene).await;
        end(&scene, stored.enrolment, NOW).await;
    }
    let claims = race(16, |_| {
        let store = scene.store.clone();
        async move { store.claim_objects(2, LEASE, NOW).await.unwrap() }
    })
    .await;
    let mut claimed: Vec<_> = claims.into_iter().flatten().collect();
    claimed.extend(claim(&scene, 100, NOW).await);
    let distinct: HashSet<_> = claimed.iter().map(|object| object.id).collect();
    assert_eq!((claimed.len(), distinct.len()), (16, 16));
}

#[tokio::test]
async fn captures_that_were_not_collected_or_not_deleted_in_time_are_listed() {
    let scene = Scene::new().await;
    let (undecided, uncollected, undeleted, gone) =
        (kept(&scene).await, kept(&scene).await, kept(&scene).await, kept(&scene).await);
    // Decided: only what a request says of itself moves; the lease is what claiming put there.
    let lease = Lease { id: LeaseId::new(scene.make.id()), expires_at: later(300) };
    let entry = scene.make.entry(NOW, lease.id.uuid());
    scene.store.claim_enrolments(Claim { limit: 100, lease, now: NOW }, entry).await.unwrap();
    for stored in [&uncollected, &undeleted, &gone] {
        let mut found = scene.reader().await.enrolment(stored.enrolment).await.unwrap().unwrap();
        found.enrolment.stage = Stage::Issued { account: AccountId::new(scene.make.id()), at: later(10) };
        scene.done([Change::SaveEnrolment(Box::new(passage_to(&found.enrolment)), found.version)]).await;
    }
    end(&scene, undeleted.enrolment, later(20)).await;
    end(&scene, gone.enrolment, later(20)).await;
    for object in claim(&scene, 10, later(20)).await.iter().filter(|object| object.enrolment == gone.enrolment) {
        scene.done([deleted(object)]).await;
    }
    let overdue = async |before, limit| {
        let found = scene.reader().await.captures_overdue(before, limit).await.unwrap();
        found.iter().map(|overdue| (overdue.enrolment, overdue.lacks, overdue.since)).collect::<Vec<_>>()
    };
    let first = (uncollected.enrolment, Lacking::Confirmation, later(10));
    let second = (undeleted.enrolment, Lacking::Deletion, later(20));
    assert_eq!(overdue(later(10), 10).await, []);
    assert_eq!(overdue(later(20), 10).await, [first]);
    assert_eq!(overdue(later(21), 10).await, [first, second]);
    assert_eq!(overdue(later(21), 1).await, [first]);
    assert!(read(&scene, undecided.enrolment).await.unwrap().ended.is_none());
}
