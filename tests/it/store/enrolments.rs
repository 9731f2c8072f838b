//! Requests for an account, and what may serve one of them only.

use std::time::Duration;

use eid::domain::enrolment::{Lease, RefusalReason, Stage};
use eid::domain::finding::{CARD_SYMBOL_UNKNOWN, Field, Finding, MRZ_NAME_DIFFERS, Source};
use eid::domain::ids::{AccountId, EnrolmentId, LeaseId, Version};
use eid::domain::record::Biometrics;
use eid::domain::review::Review;
use eid::domain::staff::Role;
use eid::domain::time::Timestamp;
use eid::store::{Binding, BindingKind, Change, Claim, Owner, StoredEnrolment, Table};

use super::scene::{NOBODY, Outcome, Scene, outcome, race};
use crate::support::records::{NOW, later, passage_to, received};

fn same(found: &StoredEnrolment, kept: &StoredEnrolment) {
    assert_eq!(found.enrolment, kept.enrolment);
    assert_eq!((&found.content, &found.passport), (&kept.content, &kept.passport));
    assert_eq!((&found.representative, found.version), (&kept.representative, kept.version));
}

fn add(stored: &StoredEnrolment) -> Change {
    Change::NewEnrolment(Box::new(stored.clone()), received(stored))
}

fn save(stored: &StoredEnrolment) -> Change {
    Change::SaveEnrolment(Box::new(passage_to(&stored.enrolment)), stored.version)
}

async fn read(scene: &Scene, stored: &StoredEnrolment) -> StoredEnrolment {
    scene.reader().await.enrolment(stored.enrolment.id).await.unwrap().unwrap()
}

fn ids(rows: &[StoredEnrolment]) -> Vec<EnrolmentId> {
    rows.iter().map(|row| row.enrolment.id).collect()
}

/// So many requests that wait, oldest first.
async fn waiting(scene: &Scene, count: usize) -> Vec<EnrolmentId> {
    let rows: Vec<_> = (0..count).map(|_| scene.make.enrolment(scene.officer.id)).collect();
    scene.done(rows.iter().map(add)).await;
    ids(&rows)
}

fn claim_of(scene: &Scene, limit: u32, now: Timestamp) -> Claim {
    let lease = Lease { id: LeaseId::new(scene.make.id()), expires_at: now.plus(Duration::from_mins(1)) };
    Claim { limit, lease, now }
}

async fn claim(scene: &Scene, limit: u32, now: Timestamp) -> Vec<StoredEnrolment> {
    let entry = scene.make.entry(now, NOBODY);
    scene.store.claim_enrolments(claim_of(scene, limit, now), entry).await.unwrap()
}

#[tokio::test]
async fn a_request_comes_back_as_it_was_kept_with_and_without_what_may_be_absent() {
    let scene = Scene::new().await;
    let bare = scene.enrolment().await;
    let mut full = scene.make.enrolment(scene.officer.id);
    full.representative = Some(scene.make.index());
    full.enrolment.notes = vec![
        Finding::new(&MRZ_NAME_DIFFERS, [Field::typed("person"), Field::new(Source::Zone, "passport.mrz")]),
        Finding::new(&CARD_SYMBOL_UNKNOWN, []),
    ];
    scene.done([add(&full)]).await;
    for stored in [bare, full] {
        same(&read(&scene, &stored).await, &stored);
    }
    assert!(scene.reader().await.enrolment(EnrolmentId::new(scene.make.id())).await.unwrap().is_none());
}

#[tokio::test]
async fn a_name_is_given_to_one_request_only() {
    let scene = Scene::new().await;
    let stored = scene.enrolment().await;
    assert_eq!(scene.commit([add(&stored)]).await, Outcome::Taken(Table::Other));
}

#[tokio::test]
async fn every_decision_comes_back_as_it_was_saved() {
    let scene = Scene::new().await;
    let at = later(30);
    let mut decisions = vec![Stage::Issued { account: AccountId::new(scene.make.id()), at }];
    decisions.extend(
        [
            RefusalReason::IdentityNotConfirmed,
            RefusalReason::DocumentNotValid,
            RefusalReason::Duplicate,
            RefusalReason::NotEligible,
            RefusalReason::Other,
        ]
        .map(|reason| Stage::Refused { reason, at }),
    );
    for stage in decisions {
        let mut stored = scene.enrolment().await;
        stored.enrolment.stage = stage;
        stored.enrolment.since = at;
        scene.done([save(&stored)]).await;
        stored.version = Version::new(2);
        same(&read(&scene, &stored).await, &stored);
    }
}

#[tokio::test]
async fn a_request_that_was_changed_since_or_is_not_there_is_not_saved() {
    let scene = Scene::new().await;
    let mut stored = scene.make.enrolment(scene.officer.id);
    assert_eq!(scene.commit([save(&stored)]).await, Outcome::Changed);
    scene.done([add(&stored)]).await;
    let claimed = claim(&scene, 1, NOW).await;
    stored.enrolment.stage = Stage::Refused { reason: RefusalReason::Other, at: NOW };
    assert_eq!(scene.commit([save(&stored)]).await, Outcome::Changed);
    same(&read(&scene, &stored).await, &claimed[0]);
}

fn owned(scene: &Scene, kind: BindingKind, owner: Owner) -> Binding {
    Binding { kind, value: scene.make.index(), owner }
}

#[tokio::test]
async fn a_value_serves_one_owner_until_the_last_use_of_it_is_taken_back() {
    let scene = Scene::new().await;
    let request = || Owner::Request(EnrolmentId::new(scene.make.id()));
    for (kind, owner, stranger) in [
        (BindingKind::Phone, Owner::Person(scene.make.index()), Owner::Person(scene.make.index())),
        (BindingKind::Passport, request(), request()),
        (BindingKind::Card, request(), request()),
    ] {
        let ours = owned(&scene, kind, owner);
        let theirs = Binding { owner: stranger, ..ours.clone() };
        let taken = async |binding: &Binding| scene.reader().await.serves_another(binding).await.unwrap();
        assert!(!taken(&ours).await && !taken(&theirs).await);
        scene.done([Change::Bind(ours.clone()), Change::Bind(ours.clone())]).await;
        assert!(!taken(&ours).await && taken(&theirs).await);
        assert_eq!(scene.commit([Change::Bind(theirs.clone())]).await, Outcome::Taken(Table::Binding));
        assert_eq!(scene.commit([Change::Release(theirs.clone())]).await, Outcome::Changed);
        scene.done([Change::Release(ours.clone())]).await;
        assert!(taken(&theirs).await, "one use is left");
        scene.done([Change::Release(ours.clone()), Change::Bind(theirs.clone())]).await;
        assert!(taken(&ours).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_strangers_who_bind_one_value_at_once_one_does() {
    let scene = Scene::new().await;
    let value = scene.make.index();
    let outcomes = race(16, |_| {
        let (kind, owner) = (BindingKind::Phone, Owner::Person(scene.make.index()));
        let binding = Binding { kind, value: value.clone(), owner };
        let (store, unit) = (scene.store.clone(), scene.unit(NOW, [Change::Bind(binding)]));
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Done).count(), 1);
    assert_eq!(outcomes.iter().filter(|&&outcome| outcome == Outcome::Taken(Table::Binding)).count(), 15);
}

#[tokio::test]
async fn the_oldest_requests_are_claimed_first_and_no_more_than_asked_for() {
    let scene = Scene::new().await;
    let waiting = waiting(&scene, 5).await;
    assert_eq!(ids(&claim(&scene, 3, NOW).await), waiting[..3]);
    assert_eq!(ids(&claim(&scene, 3, NOW).await), waiting[3..]);
    assert!(claim(&scene, 3, NOW).await.is_empty());
}

#[tokio::test]
async fn a_claimed_request_carries_the_lease_and_is_kept_as_it_was_handed_out() {
    let scene = Scene::new().await;
    let stored = scene.enrolment().await;
    let asked = claim_of(&scene, 1, NOW);
    let entry = scene.make.entry(NOW, NOBODY);
    let claimed = scene.store.claim_enrolments(asked.clone(), entry).await.unwrap();
    assert_eq!(claimed[0].enrolment.stage, Stage::Forwarded { lease: Some(asked.lease) });
    assert_eq!((&claimed[0].content, claimed[0].version), (&stored.content, Version::new(2)));
    same(&read(&scene, &stored).await, &claimed[0]);
}

#[tokio::test]
async fn a_claim_is_audited_with_its_count_and_an_empty_one_is_not() {
    let scene = Scene::new().await;
    let subject = scene.make.id();
    for _ in 0..2 {
        let claim = claim_of(&scene, 10, NOW);
        scene.store.claim_enrolments(claim, scene.make.entry(NOW, subject)).await.unwrap();
        waiting(&scene, 2).await;
    }
    let entries = scene.reader().await.audit_of(subject).await.unwrap();
    let [(entry, true)] = entries.as_slice() else { panic!("{} entries", entries.len()) };
    assert!(String::from_utf8_lossy(entry).contains(r#""count":"2""#));
}

#[tokio::test]
async fn a_lease_that_lapsed_leaves_its_requests_to_the_next_claim() {
    let scene = Scene::new().await;
    let waiting = waiting(&scene, 2).await;
    let first = claim(&scene, 10, NOW).await;
    assert!(claim(&scene, 10, later(59)).await.is_empty());
    let second = claim(&scene, 10, later(60)).await;
    assert_eq!(ids(&second), waiting);
    assert_ne!(second[0].enrolment.stage, first[0].enrolment.stage);
    let mut late = first[0].clone();
    late.enrolment.stage = Stage::Refused { reason: RefusalReason::Other, at: later(61) };
    assert_eq!(scene.commit([save(&late)]).await, Outcome::Changed);
}

#[tokio::test]
async fn a_request_that_was_decided_is_not_claimed_again() {
    let scene = Scene::new().await;
    waiting(&scene, 1).await;
    let mut claimed = claim(&scene, 1, NOW).await.remove(0);
    claimed.enrolment.stage = Stage::Issued { account: AccountId::new(scene.make.id()), at: NOW };
    scene.done([save(&claimed)]).await;
    assert!(claim(&scene, 1, later(3600)).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn claimers_at_once_never_share_a_request() {
    let scene = Scene::new().await;
    let mut waiting = waiting(&scene, 60).await;
    // Each takes all it can get: what a rival was quicker to take is left out, never handed out twice.
    let mut claimed: Vec<_> = race(8, |_| {
        let (store, claim) = (scene.store.clone(), claim_of(&scene, 10, NOW));
        let entry = scene.make.entry(NOW, NOBODY);
        async move { ids(&store.claim_enrolments(claim, entry).await.unwrap()) }
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
    waiting.sort_unstable();
    assert_eq!(claimed, waiting);
}

#[tokio::test]
async fn requests_wait_until_they_are_leased_and_again_when_the_lease_lapses() {
    let scene = Scene::new().await;
    let waits = async |now| scene.reader().await.enrolments_wait(now).await.unwrap();
    assert!(!waits(NOW).await);
    scene.enrolment().await;
    assert!(waits(NOW).await);
    claim(&scene, 1, NOW).await;
    assert!(!waits(NOW).await);
    assert!(waits(later(60)).await);
}

#[tokio::test]
async fn what_the_immigration_record_told_of_biometrics_is_kept_and_so_is_that_it_did_not_tell() {
    let scene = Scene::new().await;
    let told = |face, fingerprints| Some(Biometrics { face, fingerprints });
    for on_file in [None, told(true, true), told(true, false), told(false, true), told(false, false)] {
        let mut stored = scene.make.enrolment(scene.officer.id);
        stored.enrolment.biometrics_on_file = on_file;
        scene.done([add(&stored)]).await;
        let found = scene.reader().await.enrolment(stored.enrolment.id).await.unwrap().unwrap();
        assert_eq!(found.enrolment, stored.enrolment);
    }
}

#[tokio::test]
async fn a_review_is_kept_once_with_its_sealed_reason() {
    let scene = Scene::new().await;
    let supervisor = scene.make.staff(Role::Supervisor);
    let mut stored = scene.make.enrolment(scene.officer.id);
    stored.enrolment.stage = Stage::Referred;
    scene.done([Change::NewStaff(Box::new(supervisor.clone())), add(&stored)]).await;
    assert!(claim(&scene, 10, NOW).await.is_empty(), "what waits for a supervisor is not handed over");
    let rules = vec!["chip.csca-unknown".to_owned(), "registry.unreachable".to_owned()];
    let review = Review { reviewer: supervisor.id, at: NOW, overridden: true, rules };
    stored.enrolment.review = Some(review);
    stored.enrolment.stage = Stage::Forwarded { lease: None };
    let reason = scene.make.sealed();
    let mut passage = passage_to(&stored.enrolment);
    *passage.enrolment_mut() = stored.enrolment.clone();
    let change = |version| Change::Review(Box::new(passage.clone()), reason.clone(), Version::new(version));
    assert_eq!(scene.commit([change(9)]).await, Outcome::Changed, "seen at another version");
    scene.done([change(1)]).await;
    let found = read(&scene, &stored).await;
    assert_eq!((&found.enrolment, found.review_reason.as_ref()), (&stored.enrolment, Some(&reason)));
    assert_eq!(scene.commit([change(2)]).await, Outcome::Changed, "decided already");
    assert_eq!(ids(&claim(&scene, 10, NOW).await), [stored.enrolment.id]);
}
