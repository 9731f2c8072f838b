//! Units of work: all or nothing, an audit entry with each, many at once.

use eid::domain::ids::{EnrolmentId, StaffId};
use eid::domain::staff::{Role, StaffMember};
use eid::store::{Binding, BindingKind, Change, Owner, Table, Unit};
use futures::future::join_all;

use super::scene::{NOBODY, Outcome, Scene, outcome, race};
use crate::support::records::{NOW, received};

/// Enough to fill several rounds of whoever gathers them.
const MANY: usize = 64;
/// The one among them that fails.
const FAILING: usize = MANY / 2;

fn enter(member: &StaffMember) -> Change {
    Change::NewStaff(Box::new(member.clone()))
}

/// The members that are there.
async fn present(scene: &Scene, members: &[StaffMember]) -> Vec<StaffId> {
    let mut reader = scene.reader().await;
    let mut found = Vec::new();
    for member in members {
        found.extend(reader.staff_by_certificate(&member.certificate).await.unwrap().map(|member| member.id));
    }
    found
}

/// Units that each enter a member, with entries about that member; the one in the middle then does what is refused.
fn units(scene: &Scene) -> (Vec<StaffMember>, Vec<Unit>) {
    let members: Vec<_> = (0..MANY).map(|_| scene.make.staff(Role::Operator)).collect();
    let unit = |(n, member): (usize, &StaffMember)| {
        let unit = Unit::new(scene.make.entry(NOW, member.id.uuid())).with(enter(member));
        if n == FAILING { unit.with(enter(&scene.officer)) } else { unit }
    };
    let units = members.iter().enumerate().map(unit).collect();
    (members, units)
}

async fn only_the_failing_one_is_missing(scene: &Scene, members: &[StaffMember], outcomes: &[Outcome]) {
    for (n, (member, outcome)) in members.iter().zip(outcomes).enumerate() {
        let (expected, entries) = if n == FAILING { (Outcome::Taken(Table::Staff), 0) } else { (Outcome::Done, 1) };
        assert_eq!(*outcome, expected, "unit {n}");
        let found = scene.reader().await.audit_of(member.id.uuid()).await.unwrap();
        assert_eq!(found.len(), entries, "entries of unit {n}");
    }
    let expected: Vec<_> = members.iter().enumerate().filter(|(n, _)| *n != FAILING).map(|(_, m)| m.id).collect();
    assert_eq!(present(scene, members).await, expected);
}

#[tokio::test]
async fn what_was_looked_at_on_the_way_is_in_the_log_with_what_came_of_it_or_not_at_all() {
    let scene = Scene::new().await;
    let (member, looked_at) = (scene.make.staff(Role::Auditor), scene.make.staff(Role::Operator).id.uuid());
    let unit = |change| {
        let look = scene.make.entry(NOW, looked_at);
        Unit::new(scene.make.entry(NOW, member.id.uuid())).noting(Some(look)).noting(None).with(change)
    };
    assert_eq!(outcome(scene.store.commit(unit(enter(&scene.officer))).await), Outcome::Taken(Table::Staff));
    assert!(scene.reader().await.audit_of(looked_at).await.unwrap().is_empty());
    assert_eq!(outcome(scene.store.commit(unit(enter(&member))).await), Outcome::Done);
    assert_eq!(scene.reader().await.audit_of(looked_at).await.unwrap().len(), 1);
    assert_eq!(scene.reader().await.audit_of(member.id.uuid()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_unit_that_fails_in_its_last_change_leaves_nothing_of_its_first() {
    let scene = Scene::new().await;
    let (member, stored) = (scene.make.staff(Role::Auditor), scene.make.enrolment(scene.officer.id));
    let subject = member.id.uuid();
    let unit = Unit::new(scene.make.entry(NOW, subject)).with_all([
        enter(&member),
        Change::NewEnrolment(Box::new(stored.clone()), received(&stored)),
        enter(&scene.officer),
    ]);
    assert_eq!(outcome(scene.store.commit(unit).await), Outcome::Taken(Table::Staff));
    assert_eq!(present(&scene, &[member]).await, []);
    let mut reader = scene.reader().await;
    assert!(reader.enrolment(stored.enrolment.id).await.unwrap().is_none());
    assert!(reader.audit_of(subject).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_record_that_belongs_to_nothing_is_refused_and_leaves_nothing() {
    let scene = Scene::new().await;
    let orphan = scene.make.account(scene.make.enrolment(scene.officer.id).enrolment.id);
    let subject = orphan.account.id.uuid();
    let unit = Unit::new(scene.make.entry(NOW, subject)).with(Change::NewAccount(Box::new(orphan.clone())));
    assert_eq!(outcome(scene.store.commit(unit).await), Outcome::Unavailable);
    let mut reader = scene.reader().await;
    assert!(reader.account(orphan.account.id).await.unwrap().is_none());
    assert!(reader.audit_of(subject).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_unit_without_changes_still_writes_its_entry() {
    let scene = Scene::new().await;
    let (subject, other) = (scene.make.id(), scene.make.id());
    let (first, second) = (scene.make.entry(NOW, subject), scene.make.entry(NOW, subject));
    scene.store.commit(Unit::new(first.clone())).await.unwrap();
    scene.store.commit(Unit::new(second.clone())).await.unwrap();
    let entries = scene.reader().await.audit_of(subject).await.unwrap();
    assert_eq!(entries, [(first.canonical(), true), (second.canonical(), true)]);
    assert!(scene.reader().await.audit_of(other).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_entry_that_was_altered_shows() {
    let scene = Scene::new().await;
    scene.done([]).await;
    scene.database.tamper("UPDATE audit_entry SET hash = canonical").await;
    let entries = scene.reader().await.audit_of(NOBODY).await.unwrap();
    assert!(!entries.is_empty() && entries.iter().all(|(_, holds)| !holds));
}

#[tokio::test]
async fn an_entry_that_was_written_before_is_not_written_again() {
    let scene = Scene::new().await;
    let (member, entry) = (scene.make.staff(Role::Auditor), scene.make.entry(NOW, NOBODY));
    scene.store.commit(Unit::new(entry.clone())).await.unwrap();
    let again = scene.store.commit(Unit::new(entry).with(enter(&member))).await;
    assert_eq!(outcome(again), Outcome::Taken(Table::Other));
    assert_eq!(present(&scene, &[member]).await, []);
}

#[tokio::test]
async fn changes_are_applied_in_the_order_given() {
    let scene = Scene::new().await;
    let old = Binding { kind: BindingKind::Phone, value: scene.make.index(), owner: Owner::Person(scene.make.index()) };
    let new = Binding { owner: Owner::Person(scene.make.index()), ..old.clone() };
    scene.done([Change::Bind(old.clone()), Change::Release(old.clone()), Change::Bind(new.clone())]).await;
    assert!(scene.reader().await.is_bound(old.kind, &old.value).await.unwrap());
    assert!(scene.reader().await.serves_another(&old).await.unwrap());
    assert!(!scene.reader().await.serves_another(&new).await.unwrap());
}

#[tokio::test]
async fn of_what_is_asked_together_those_that_serve_another_are_told() {
    let scene = Scene::new().await;
    let [phone, passport, card] = [BindingKind::Phone, BindingKind::Passport, BindingKind::Card].map(|kind| Binding {
        kind,
        value: scene.make.index(),
        owner: Owner::Person(scene.make.index()),
    });
    let others = [&phone, &card].map(|one| Binding { owner: Owner::Person(scene.make.index()), ..one.clone() });
    scene.done(others.into_iter().chain([passport.clone()]).map(Change::Bind)).await;
    let mut reader = scene.reader().await;
    let told = reader.serving_others(&[card.clone(), passport.clone(), phone]).await.unwrap();
    assert_eq!(told, [BindingKind::Phone, BindingKind::Card]);
    assert_eq!(reader.serving_others(&[passport]).await.unwrap(), []);
    assert_eq!(reader.serving_others(&[card]).await.unwrap(), [BindingKind::Card]);
}

#[tokio::test]
async fn the_request_that_a_card_serves_is_found_by_the_card() {
    let scene = Scene::new().await;
    let (value, request) = (scene.make.index(), EnrolmentId::new(scene.make.id()));
    let card = Binding { kind: BindingKind::Card, value: value.clone(), owner: Owner::Request(request) };
    scene.done([Change::Bind(card)]).await;
    assert_eq!(scene.reader().await.bound_request(BindingKind::Card, &value).await.unwrap(), Some(request));
    assert_eq!(scene.reader().await.bound_request(BindingKind::Passport, &value).await.unwrap(), None);
}

/// In one thread all of them wait before the first one runs: SQLite's writer commits them in one transaction.
#[tokio::test(flavor = "current_thread")]
async fn a_unit_that_fails_in_the_middle_of_a_gathered_commit_does_not_undo_its_neighbours() {
    let scene = Scene::new().await;
    let (members, units) = units(&scene);
    let outcomes = join_all(units.into_iter().map(|unit| scene.store.commit(unit))).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(outcome).collect();
    only_the_failing_one_is_missing(&scene, &members, &outcomes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn units_that_race_all_land_once_and_a_failing_one_costs_only_itself() {
    let scene = Scene::new().await;
    let (members, units) = units(&scene);
    let units: Vec<_> = units.into_iter().map(|unit| std::sync::Mutex::new(Some(unit))).collect();
    let outcomes = race(MANY, |n| {
        let (store, unit) = (scene.store.clone(), units[n].lock().unwrap().take().unwrap());
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    only_the_failing_one_is_missing(&scene, &members, &outcomes).await;
}
