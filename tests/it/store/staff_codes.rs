//! Authenticators and recovery codes of staff: counted before they are judged, and each good once.

use std::time::Duration;

use eid::domain::device::Step;
use eid::domain::ids::StaffId;
use eid::domain::sealed::{CodeDigest, Sealed};
use eid::store::{Change, StaffTry, Unit};

use super::scene::{NOBODY, Outcome, Scene, race};
use crate::support::records::NOW;

fn digest(n: u8) -> CodeDigest {
    CodeDigest::from_bytes(vec![n; 32])
}

/// The officer with a confirmed authenticator and two recovery codes.
async fn enrolled(scene: &Scene) -> (StaffId, Sealed) {
    let (id, secret) = (scene.officer.id, scene.make.sealed());
    scene.done([Change::BeginStaffTotp(id, secret.clone())]).await;
    let codes = vec![digest(1), digest(2)];
    scene.done([Change::ConfirmStaffTotp(id, secret.clone(), Step::from_stored(10), codes)]).await;
    (id, secret)
}

/// Tries once; what was counted, if anything.
async fn tried(scene: &Scene, id: StaffId, changes: Vec<Change>) -> Option<StaffTry> {
    let entry = scene.make.entry(NOW, NOBODY);
    let decide = move |counted: StaffTry| (counted, Unit::new(entry).with_all(changes));
    scene.store.try_staff_code(id, NOW, decide).await.unwrap()
}

#[tokio::test]
async fn a_secret_is_replaced_until_it_is_confirmed_and_then_only_reset() {
    let scene = Scene::new().await;
    let (id, [first, second]) = (scene.officer.id, [(); 2].map(|()| scene.make.sealed()));
    assert!(scene.reader().await.staff_totp(id).await.unwrap().is_none());
    for secret in [&first, &second] {
        scene.done([Change::BeginStaffTotp(id, secret.clone())]).await;
    }
    let confirm = |secret: &Sealed| Change::ConfirmStaffTotp(id, secret.clone(), Step::from_stored(1), vec![digest(1)]);
    assert_eq!(scene.commit([confirm(&first)]).await, Outcome::Changed, "it was begun again");
    assert!(tried(&scene, id, Vec::new()).await.is_none(), "nothing is confirmed yet");
    scene.done([confirm(&second)]).await;
    assert_eq!(scene.commit([confirm(&second)]).await, Outcome::Changed);
    assert_eq!(scene.commit([Change::BeginStaffTotp(id, first)]).await, Outcome::Changed);
    let kept = scene.reader().await.staff_totp(id).await.unwrap().unwrap();
    assert!(kept.confirmed && kept.secret == second && kept.recovery_left == 1);
    scene.done([Change::ResetStaffTotp(id)]).await;
    assert!(scene.reader().await.staff_totp(id).await.unwrap().is_none());
    assert_eq!(scene.commit([Change::ResetStaffTotp(id)]).await, Outcome::Changed);
}

#[tokio::test]
async fn a_step_is_taken_once_and_none_before_it() {
    let scene = Scene::new().await;
    let (id, _) = enrolled(&scene).await;
    let counted = tried(&scene, id, vec![Change::AcceptStaffTotp(id, Step::from_stored(11))]).await.unwrap();
    assert_eq!((counted.tries.last, counted.tries.failures.in_row), (Step::from_stored(10), 1));
    let kept = scene.reader().await.staff_totp(id).await.unwrap().unwrap();
    assert_eq!((kept.tries.last.stored(), kept.tries.failures.in_row, kept.tries.failures.today), (11, 0, 0));
    for step in [11, 10] {
        let again = Change::AcceptStaffTotp(id, Step::from_stored(step));
        assert_eq!(scene.commit([again]).await, Outcome::Changed);
    }
}

#[tokio::test]
async fn a_recovery_code_is_used_once() {
    let scene = Scene::new().await;
    let (id, _) = enrolled(&scene).await;
    scene.done([Change::UseStaffRecovery(id, digest(1))]).await;
    assert_eq!(scene.commit([Change::UseStaffRecovery(id, digest(1))]).await, Outcome::Changed);
    assert_eq!(scene.commit([Change::UseStaffRecovery(id, digest(9))]).await, Outcome::Changed);
    assert_eq!(tried(&scene, id, Vec::new()).await.unwrap().recovery, [digest(2)]);
}

#[tokio::test]
async fn of_twenty_tries_at_once_as_many_are_counted_as_a_day_allows() {
    let scene = Scene::new().await;
    let (id, _) = enrolled(&scene).await;
    let entries = std::sync::Mutex::new((0..20).map(|_| scene.make.entry(NOW, NOBODY)).collect::<Vec<_>>());
    let counted = race(20, |_| {
        let (store, entry) = (scene.store.clone(), entries.lock().unwrap().pop().unwrap());
        async move { store.try_staff_code(id, NOW, move |_| ((), Unit::new(entry))).await.unwrap().is_some() }
    })
    .await;
    assert_eq!(counted.into_iter().filter(|one| *one).count(), 10);
}

#[tokio::test]
async fn nothing_is_counted_while_it_is_to_be_waited() {
    let scene = Scene::new().await;
    let (id, _) = enrolled(&scene).await;
    scene.done([Change::HoldStaffTries(id, NOW.plus(Duration::from_secs(30)))]).await;
    assert!(tried(&scene, id, Vec::new()).await.is_none());
    scene.done([Change::HoldStaffTries(id, NOW)]).await;
    assert!(tried(&scene, id, Vec::new()).await.is_some());
}
