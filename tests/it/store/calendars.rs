//! Editions of the calendar, and the legal clocks that are counted on them.

use eid::domain::calendar::Edition;
use eid::domain::deadline::Run;
use eid::domain::enrolment::{Enrolment, Holder, ReturnReason, Stage, WithdrawalReason};
use eid::domain::ids::{EnrolmentId, Version};
use eid::domain::office::OfficeSpan;
use eid::domain::staff::OfficeCode;
use eid::domain::time::Timestamp;
use eid::domain::trust::Sha256;
use eid::domain::working_list::Filter;
use eid::store::{CalendarText, Change, StoredEnrolment, Table};
use time::macros::date;

use super::scene::{NOBODY, Outcome, Scene};
use crate::support::records::{NOW, edition, later, office, received};

fn text(name: &str) -> CalendarText {
    CalendarText { edition: edition(name), text: format!("edition = {name:?}"), sha256: Sha256::new([7; 32]) }
}

fn adopt(name: &str, seen: i64) -> Change {
    Change::AdoptCalendar(Box::new(text(name)), Version::new(seen))
}

#[tokio::test]
async fn the_last_edition_is_the_one_in_force_and_every_one_is_kept() {
    let scene = Scene::new().await;
    let mut reader = scene.reader().await;
    assert_eq!(reader.calendar_version().await.unwrap(), Version::NONE);
    assert_eq!(reader.calendar_text(Version::NONE).await.unwrap(), None);
    drop(reader);
    scene.done([adopt("first", 0)]).await;
    scene.done([adopt("second", 1)]).await;
    let mut reader = scene.reader().await;
    let version = reader.calendar_version().await.unwrap();
    assert_eq!(version, Version::new(2));
    assert_eq!(reader.calendar_text(version).await.unwrap(), Some(text("second")));
    assert_eq!(reader.calendar_text(Version::new(1)).await.unwrap(), Some(text("first")));
}

#[tokio::test]
async fn an_edition_that_saw_another_in_force_or_has_a_used_name_finds_its_place_taken() {
    let scene = Scene::new().await;
    scene.done([adopt("first", 0)]).await;
    assert_eq!(scene.commit([adopt("late", 0)]).await, Outcome::Taken(Table::Calendar));
    assert_eq!(scene.commit([adopt("first", 1)]).await, Outcome::Taken(Table::Calendar));
    assert_eq!(scene.reader().await.calendar_version().await.unwrap(), Version::new(1));
}

/// A request as `change` makes it, kept.
async fn kept(scene: &Scene, change: impl FnOnce(&mut Enrolment)) -> StoredEnrolment {
    let mut stored = scene.make.enrolment(scene.officer.id);
    change(&mut stored.enrolment);
    scene.done([Change::NewEnrolment(Box::new(stored.clone()), received(&stored))]).await;
    stored
}

async fn read(scene: &Scene, id: EnrolmentId) -> StoredEnrolment {
    scene.reader().await.enrolment(id).await.unwrap().unwrap()
}

/// The names of those that were counted elsewhere, page by page.
async fn elsewhere(scene: &Scene, on: &Edition, page: u32) -> Vec<EnrolmentId> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let next = scene.reader().await.timed_elsewhere(on, after, page).await.unwrap();
        if next.last.is_none() {
            return found;
        }
        after = next.last;
        found.extend(next.rows.iter().map(|row| row.enrolment.id));
    }
}

#[tokio::test]
async fn a_clock_comes_back_as_it_was_kept_with_and_without_what_may_be_absent() {
    let scene = Scene::new().await;
    let running = kept(&scene, |enrolment| enrolment.act_by = Some(later(60))).await;
    let stopped = kept(&scene, |enrolment| {
        let deadline = enrolment.deadline.as_mut().unwrap();
        let run = Run { since: date!(2027 - 02 - 03), until: date!(2027 - 02 - 12), limit: 7 };
        let again = Run { since: date!(2027 - 03 - 01), until: date!(2027 - 03 - 01), limit: 3 };
        (deadline.running_since, deadline.spent, deadline.provisional) = (None, 2, true);
        deadline.ran = vec![run, again];
    })
    .await;
    let none = kept(&scene, |enrolment| enrolment.deadline = None).await;
    for stored in [running, stopped, none] {
        assert_eq!(read(&scene, stored.enrolment.id).await.enrolment, stored.enrolment);
    }
}

#[tokio::test]
async fn open_requests_that_were_counted_elsewhere_or_never_are_found_in_pages() {
    let scene = Scene::new().await;
    let timed = |enrolment: &mut Enrolment| enrolment.act_by = Some(later(60));
    let first = kept(&scene, timed).await.enrolment.id;
    let never = kept(&scene, |enrolment| enrolment.deadline = None).await.enrolment.id;
    let without_act_by = kept(&scene, |_| ()).await.enrolment.id;
    let mut ended = kept(&scene, timed).await;
    ended.enrolment.stage = Stage::Returned { reason: ReturnReason::Data };
    let passage = ended.enrolment.clone().withdraw(scene.officer.id, WithdrawalReason::Applicant, NOW);
    scene.done([Change::SaveEnrolment(Box::new(passage.unwrap()), ended.version)]).await;

    assert_eq!(elsewhere(&scene, &edition("second"), 2).await, [first, never, without_act_by]);
    assert_eq!(elsewhere(&scene, &edition("first"), 2).await, [never, without_act_by]);
    let counts = async |on: &str| scene.reader().await.count_timed_elsewhere(&edition(on)).await.unwrap();
    assert_eq!((counts("second").await, counts("first").await), (3, 2));
}

#[tokio::test]
async fn clocks_of_a_batch_are_saved_where_nobody_was_faster_and_the_entry_tells_how_many() {
    let scene = Scene::new().await;
    let (mut one, mut other) = (kept(&scene, |_| ()).await, kept(&scene, |_| ()).await);
    for stored in [&mut one, &mut other] {
        let deadline = stored.enrolment.deadline.as_mut().unwrap();
        (deadline.due_at, deadline.edition) = (later(9), edition("second"));
        stored.enrolment.act_by = Some(later(8));
    }
    let batch = vec![(one.enrolment.clone(), one.version), (other.enrolment.clone(), Version::new(7))];
    let saved = scene.store.save_deadlines(batch.clone(), scene.make.entry(NOW, NOBODY)).await.unwrap();
    assert_eq!(saved, 1);
    let found = read(&scene, one.enrolment.id).await;
    assert_eq!((&found.enrolment, found.version), (&one.enrolment, Version::new(2)));
    assert_ne!(read(&scene, other.enrolment.id).await.enrolment, other.enrolment);
    let entries = async || scene.reader().await.audit_of(NOBODY).await.unwrap();
    let written = entries().await;
    let (canonical, holds) = written.last().unwrap();
    assert!(*holds && String::from_utf8_lossy(canonical).contains(r#""saved":"1""#));
    assert_eq!(scene.store.save_deadlines(batch, scene.make.entry(NOW, NOBODY)).await.unwrap(), 0);
    assert_eq!(entries().await.len(), written.len(), "what changes nothing leaves no entry");
}

#[tokio::test]
async fn what_is_overdue_is_listed_by_who_holds_it() {
    let scene = Scene::new().await;
    let of = |stage: Stage, secs: u64| {
        move |enrolment: &mut Enrolment| (enrolment.stage, enrolment.act_by) = (stage, Some(later(secs)))
    };
    let forwarded = || Stage::Forwarded { lease: None };
    let late = kept(&scene, of(forwarded(), 20)).await.enrolment.id;
    let later_still = kept(&scene, of(forwarded(), 10)).await.enrolment.id;
    kept(&scene, of(forwarded(), 31)).await;
    let referred = kept(&scene, of(Stage::Referred, 30)).await.enrolment.id;
    let beside = kept(&scene, of(Stage::Referred, 30)).await.enrolment.id;
    let overdue = async |holder, code: OfficeCode, now: Timestamp, limit| {
        let (span, filter) = (OfficeSpan { code, from: None, until: None }, Filter::all().held_by(holder).overdue());
        let rows = scene.reader().await.listed(&span, (&filter, now), None, limit).await.unwrap();
        rows.into_iter().map(|row| row.place.id).collect::<Vec<_>>()
    };
    assert_eq!(overdue(Holder::Authority, office(), later(30), 9).await, [later_still, late]);
    assert_eq!(overdue(Holder::Authority, office(), later(20), 1).await, [later_still]);
    let elsewhere = OfficeCode::parse("01-01").unwrap();
    assert_eq!(overdue(Holder::Authority, elsewhere, later(30), 9).await, []);
    assert_eq!(overdue(Holder::Supervisor, office(), later(29), 9).await, []);
    assert_eq!(
        overdue(Holder::Supervisor, office(), later(30), 9).await,
        [beside, referred],
        "late from that moment on"
    );
    assert_eq!(overdue(Holder::Nobody, office(), later(99), 9).await, []);
}
