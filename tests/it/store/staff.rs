//! The staff directory.

use std::time::Duration;

use eid::domain::ids::{StaffId, Version};
use eid::domain::staff::{CertificateName, DisabledFor, IdleDays, Post, Role, StaffMember};
use eid::domain::time::Timestamp;
use eid::store::{Change, StaffFilter, Table};

use super::scene::{Outcome, Scene, outcome, race};
use crate::support::records::NOW;

fn enter(member: &StaffMember) -> Change {
    Change::NewStaff(Box::new(member.clone()))
}

fn save(member: StaffMember) -> Change {
    Change::SaveStaff(Box::new(member), IdleDays::default())
}

fn disabled(member: &StaffMember) -> StaffMember {
    StaffMember { enabled: false, disabled_for: Some(DisabledFor::Manager), ..member.clone() }
}

async fn found(scene: &Scene, id: StaffId) -> StaffMember {
    scene.reader().await.staff(id).await.unwrap().unwrap()
}

fn days(count: u32) -> Duration {
    Duration::from_hours(24) * count
}

#[tokio::test]
async fn members_of_every_role_are_found_by_their_certificate_and_name_enabled_or_not() {
    let scene = Scene::new().await;
    for (role, enabled) in Role::ALL.into_iter().flat_map(|role| [(role, true), (role, false)]) {
        let disabled_for = (!enabled).then_some(DisabledFor::Awaited);
        let member = StaffMember { enabled, disabled_for, ..scene.make.staff(role) };
        scene.done([enter(&member)]).await;
        let seen = scene.reader().await.staff_by_certificate(&member.certificate).await.unwrap();
        assert_eq!(seen, Some(member.clone()));
        assert_eq!(found(&scene, member.id).await, member);
    }
}

#[tokio::test]
async fn the_same_uri_of_another_issuer_is_someone_else() {
    let scene = Scene::new().await;
    let other = CertificateName { issuer: "CN=Another".into(), ..scene.officer.certificate.clone() };
    assert_eq!(scene.reader().await.staff_by_certificate(&other).await.unwrap(), None);
    let member = StaffMember { certificate: other.clone(), ..scene.make.staff(Role::Operator) };
    scene.done([enter(&member)]).await;
    assert_eq!(scene.reader().await.staff_by_certificate(&other).await.unwrap(), Some(member));
}

#[tokio::test]
async fn a_certificate_is_entered_once() {
    let scene = Scene::new().await;
    let again = StaffMember { certificate: scene.officer.certificate.clone(), ..scene.make.staff(Role::Operator) };
    assert_eq!(scene.commit([enter(&again)]).await, Outcome::Taken(Table::Staff));
    let announced = Change::AnnounceCertificate(scene.officer.id, scene.officer.certificate.clone(), Version::new(1));
    assert_eq!(scene.commit([announced]).await, Outcome::Taken(Table::Staff));
}

#[tokio::test]
async fn an_entry_is_saved_once_at_the_version_that_was_seen() {
    let scene = Scene::new().await;
    let seen = found(&scene, scene.officer.id).await;
    let post = Post::new(Role::Hotline, None).unwrap();
    let moved = StaffMember { post, posted_at: NOW.plus(days(1)), reviewed_at: Some(NOW), ..disabled(&seen) };
    scene.done([save(moved.clone())]).await;
    assert_eq!(found(&scene, seen.id).await, StaffMember { version: Version::new(2), ..moved });
    assert_eq!(scene.commit([save(disabled(&seen))]).await, Outcome::Changed);
}

#[tokio::test]
async fn the_last_administrator_who_may_call_stays_one() {
    let scene = Scene::new().await;
    let [one, other] = [(); 2].map(|()| scene.make.staff(Role::Administrator));
    scene.done([enter(&one)]).await;
    let post = Post::new(Role::Auditor, None).unwrap();
    for gone in [disabled(&one), StaffMember { post: post.clone(), ..one.clone() }] {
        assert_eq!(scene.commit([save(gone)]).await, Outcome::Changed);
    }
    // One who is idle, or disabled, does not count.
    let idle = StaffMember { active_at: Some(NOW.minus(days(45))), ..other.clone() };
    scene.done([enter(&idle)]).await;
    let before = IdleDays::default().before(NOW);
    assert!(!scene.reader().await.has_other_administrator(one.id, before).await.unwrap());
    assert_eq!(scene.commit([save(disabled(&one))]).await, Outcome::Changed);
    scene.done([Change::NoteSeen(vec![(other.id, NOW)])]).await;
    assert!(scene.reader().await.has_other_administrator(one.id, before).await.unwrap());
    scene.done([save(disabled(&one))]).await;
}

#[tokio::test]
async fn two_administrators_who_are_disabled_at_once_are_not_both_gone() {
    let scene = Scene::new().await;
    let two = [(); 2].map(|()| scene.make.staff(Role::Administrator));
    scene.done(two.iter().map(enter)).await;
    let units: Vec<_> = two.iter().map(|one| scene.unit(NOW, [save(disabled(one))])).collect();
    let units = std::sync::Mutex::new(units);
    let outcomes = race(2, |_| {
        let (store, unit) = (scene.store.clone(), units.lock().unwrap().pop().unwrap());
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|one| **one == Outcome::Done).count(), 1, "{outcomes:?}");
    let mut left = 0;
    for one in &two {
        left += usize::from(found(&scene, one.id).await.enabled);
    }
    assert_eq!(left, 1);
}

#[tokio::test]
async fn an_announced_certificate_takes_the_place_of_the_others_when_it_is_shown() {
    let scene = Scene::new().await;
    let (id, old) = (scene.officer.id, scene.officer.certificate.clone());
    let new = CertificateName { issuer: "CN=Next".into(), ..old.clone() };
    let announce = |seen| Change::AnnounceCertificate(id, new.clone(), Version::new(seen));
    assert_eq!(scene.commit([announce(7)]).await, Outcome::Changed);
    scene.done([announce(1)]).await;
    let mut reader = scene.reader().await;
    for (name, announced) in [(&old, false), (&new, true)] {
        let (member, certificate, _) = reader.staff_showing(name).await.unwrap().unwrap();
        assert_eq!((member.id, certificate.announced, certificate.ended_at), (id, announced, None));
    }
    drop(reader);
    scene.done([Change::TakeUpCertificate(id, new.clone())]).await;
    assert_eq!(scene.commit([Change::TakeUpCertificate(id, new.clone())]).await, Outcome::Changed, "once");
    let mut reader = scene.reader().await;
    assert_eq!(reader.staff_by_certificate(&old).await.unwrap(), None);
    assert_eq!(reader.staff_showing(&old).await.unwrap().unwrap().1.ended_at, Some(NOW));
    let all = reader.staff_certificates(id).await.unwrap();
    let ended: Vec<_> = all.iter().map(|one| (one.name == new, one.ended_at.is_some(), one.announced)).collect();
    assert_eq!(ended.len(), 2);
    assert!(ended.contains(&(true, false, false)) && ended.contains(&(false, true, false)), "{ended:?}");
    assert_eq!(reader.staff(id).await.unwrap().unwrap().certificate, new);
}

#[tokio::test]
async fn of_two_announced_certificates_the_one_that_is_shown_first_ends_the_other() {
    let scene = Scene::new().await;
    let (id, old) = (scene.officer.id, scene.officer.certificate.clone());
    let [first, second] = ["CN=One", "CN=Two"].map(|issuer| CertificateName { issuer: issuer.into(), ..old.clone() });
    for (name, seen) in [(&first, 1), (&second, 2)] {
        scene.done([Change::AnnounceCertificate(id, name.clone(), Version::new(seen))]).await;
    }
    scene.done([Change::TakeUpCertificate(id, second.clone())]).await;
    assert_eq!(scene.commit([Change::TakeUpCertificate(id, first.clone())]).await, Outcome::Changed, "it has ended");
    let mut reader = scene.reader().await;
    for gone in [&old, &first] {
        assert_eq!(reader.staff_by_certificate(gone).await.unwrap(), None);
    }
    assert_eq!(reader.staff_by_certificate(&second).await.unwrap().map(|member| member.id), Some(id));
}

#[tokio::test]
async fn of_two_announced_certificates_that_are_shown_at_once_one_stays() {
    let scene = Scene::new().await;
    let (id, old) = (scene.officer.id, scene.officer.certificate.clone());
    let both = ["CN=One", "CN=Two"].map(|issuer| CertificateName { issuer: issuer.into(), ..old.clone() });
    for (name, seen) in both.iter().zip(1..) {
        scene.done([Change::AnnounceCertificate(id, name.clone(), Version::new(seen))]).await;
    }
    let units = both.iter().map(|name| scene.unit(NOW, [Change::TakeUpCertificate(id, name.clone())]));
    let units = std::sync::Mutex::new(units.collect::<Vec<_>>());
    let mut outcomes = race(2, |_| {
        let (store, unit) = (scene.store.clone(), units.lock().unwrap().pop().unwrap());
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    outcomes.sort_by_key(|one| *one != Outcome::Done);
    assert_eq!(outcomes, [Outcome::Done, Outcome::Changed]);
    let left = scene.reader().await.staff_certificates(id).await.unwrap();
    assert_eq!(left.iter().filter(|one| one.ended_at.is_none()).count(), 1, "{left:?}");
}

#[tokio::test]
async fn a_change_of_an_entry_takes_no_call_back_that_was_noted_meanwhile() {
    let scene = Scene::new().await;
    let seen = found(&scene, scene.officer.id).await;
    let called = NOW.plus(days(3));
    scene.done([Change::NoteSeen(vec![(seen.id, called)])]).await;
    for (active_at, version) in [(Some(NOW), 1), (None, 2)] {
        scene.done([save(StaffMember { active_at, version: Version::new(version), ..seen.clone() })]).await;
        assert_eq!(found(&scene, seen.id).await.active_at, Some(called));
    }
    let enabled = StaffMember { active_at: Some(NOW.plus(days(50))), version: Version::new(3), ..seen };
    scene.done([save(enabled.clone())]).await;
    assert_eq!(found(&scene, enabled.id).await.active_at, enabled.active_at, "its idle days begin anew");
}

#[tokio::test]
async fn calls_are_noted_and_never_taken_back_by_an_earlier_one() {
    let scene = Scene::new().await;
    let id = scene.officer.id;
    for at in [NOW.plus(days(2)), NOW.plus(days(1))] {
        scene.done([Change::NoteSeen(vec![(id, at)])]).await;
    }
    let seen = found(&scene, id).await;
    assert_eq!((seen.seen_at, seen.active_at), (Some(NOW.plus(days(2))), Some(NOW.plus(days(2)))));
    assert_eq!(seen.version, Version::new(1), "nobody changed the entry");
}

#[tokio::test]
async fn whoever_is_a_person_rests_and_no_system_does() {
    let scene = Scene::new().await;
    let mut persons = Vec::new();
    for role in Role::ALL {
        let idle = StaffMember { active_at: Some(NOW.minus(days(50))), ..scene.make.staff(role) };
        scene.done([enter(&idle)]).await;
        persons.extend(role.is_person().then_some(idle.id));
    }
    persons.sort_unstable();
    let found = scene.reader().await.staff_idle(NOW.minus(days(45)), None, 100).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), persons);
}

#[tokio::test]
async fn idle_persons_are_found_and_who_was_never_counted_is_counted_from_now_on() {
    let scene = Scene::new().await;
    let idle_since = |role, at: Option<Timestamp>| StaffMember { active_at: at, ..scene.make.staff(role) };
    let idle = idle_since(Role::Auditor, Some(NOW.minus(days(50))));
    let uncounted = idle_since(Role::Hotline, None);
    scene.done([enter(&idle), enter(&uncounted)]).await;
    let before = NOW.minus(days(45));
    let mut reader = scene.reader().await;
    assert!(reader.has_uncounted_staff().await.unwrap());
    let resting = reader.staff_idle(before, None, 10).await.unwrap();
    assert_eq!(resting.iter().map(|one| one.id).collect::<Vec<_>>(), [idle.id]);
    assert!(reader.staff_idle(before, Some(idle.id), 10).await.unwrap().is_empty());
    drop(reader);
    scene.done([Change::BeginIdleCount]).await;
    assert!(!scene.reader().await.has_uncounted_staff().await.unwrap());
    assert_eq!(found(&scene, uncounted.id).await.active_at, Some(NOW));
}

#[tokio::test]
async fn entries_are_listed_by_role_by_office_and_by_the_review_that_is_due() {
    let scene = Scene::new().await;
    let old = StaffMember { registered_at: NOW.minus(days(200)), ..scene.make.staff(Role::Auditor) };
    let reviewed = StaffMember { reviewed_at: Some(NOW), ..scene.make.staff(Role::Auditor) };
    let reviewed = StaffMember { registered_at: NOW.minus(days(200)), ..reviewed };
    scene.done([enter(&old), enter(&reviewed)]).await;
    let mut reader = scene.reader().await;
    let filter = StaffFilter { role: Some(Role::Auditor), ..StaffFilter::default() };
    let all = reader.staff_listed(&filter, None, 10).await.unwrap();
    assert_eq!(all.len(), 2);
    let second = reader.staff_listed(&filter, Some(all[0].id), 10).await.unwrap();
    assert_eq!(second, all[1..]);
    let due = StaffFilter { review_due: Some(NOW.minus(days(180))), ..StaffFilter::default() };
    assert_eq!(reader.staff_listed(&due, None, 10).await.unwrap(), [old]);
    let office = scene.officer.post.office().cloned();
    let there = StaffFilter { office, ..StaffFilter::default() };
    assert_eq!(reader.staff_listed(&there, None, 10).await.unwrap().len(), 1);
}
