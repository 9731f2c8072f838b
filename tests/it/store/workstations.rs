//! Workstations: whose they are, what their numbers stand for, which numbers arrived.

use eid::domain::ids::{EnrolmentId, RequestId};
use eid::domain::office::OfficeSpan;
use eid::domain::sealed::ContentDigest;
use eid::domain::staff::OfficeCode;
use eid::domain::workstation::{CaptureNumber, ClockOffset, WorkstationId};
use eid::store::{Change, NotedCapture, ReleasedWorkstation, SeenWorkstation, Table};

use super::scene::{Outcome, Scene, outcome, race};
use crate::support::records::{NOW, later, office};

fn number(number: u64) -> CaptureNumber {
    CaptureNumber::new(number).unwrap()
}

fn name(name: &str) -> WorkstationId {
    WorkstationId::parse(name).unwrap()
}

fn seen(offset: Option<i64>) -> SeenWorkstation {
    SeenWorkstation { id: name("q1-01"), office: office(), offset: offset.map(ClockOffset::from_micros) }
}

fn noted(scene: &Scene, of: u64, enrolment: Option<EnrolmentId>) -> NotedCapture {
    NotedCapture {
        seen: seen(None),
        number: number(of),
        request: RequestId::new(scene.make.id()),
        content: ContentDigest::from_bytes(vec![7; 32]),
        captured_at: NOW,
        enrolment,
    }
}

fn note(noted: &NotedCapture) -> Change {
    Change::NoteCapture(Box::new(noted.clone()))
}

/// The runs of the workstation, as numbers.
async fn runs(scene: &Scene) -> Vec<(u64, u64)> {
    let arrived = scene.reader().await.numbers_of(&name("q1-01"), 100).await.unwrap();
    let runs: Vec<_> = arrived.numbers.ranges().iter().map(|run| (run.first.get(), run.last.get())).collect();
    assert_eq!(arrived.highest.map(CaptureNumber::get), runs.last().map(|run| run.1));
    runs
}

#[tokio::test]
async fn a_name_belongs_to_the_office_whose_capture_came_first() {
    let scene = Scene::new().await;
    assert_eq!(scene.commit([Change::SeeWorkstation(seen(None))]).await, Outcome::Changed, "no capture came yet");
    assert_eq!(scene.reader().await.workstation(&name("q1-01")).await.unwrap(), None);
    scene.done([note(&NotedCapture { seen: seen(Some(9)), ..noted(&scene, 1, None) })]).await;
    let other = SeenWorkstation { office: OfficeCode::parse("01-01").unwrap(), ..seen(None) };
    assert_eq!(scene.commit([Change::SeeWorkstation(other.clone())]).await, Outcome::Changed);
    let theirs = NotedCapture { seen: other, ..noted(&scene, 2, None) };
    assert_eq!(scene.commit([note(&theirs)]).await, Outcome::Taken(Table::Workstation));

    let again = scene.unit(later(60), [Change::SeeWorkstation(seen(None))]);
    assert_eq!(outcome(scene.store.commit(again).await), Outcome::Done);
    let span = OfficeSpan { code: office(), from: None, until: None };
    let mut reader = scene.reader().await;
    let kept = reader.workstation(&name("q1-01")).await.unwrap().unwrap();
    assert_eq!((kept.first_seen, kept.last_seen), (NOW, later(60)));
    assert_eq!((kept.office.clone(), kept.offset), (office(), Some(ClockOffset::from_micros(9))), "what it told last");
    assert_eq!(reader.workstation(&name("q1-02")).await.unwrap(), None);
    assert_eq!(reader.workstations_of(&span, None, 5).await.unwrap(), [kept]);
    let day = NOW.local_date();
    let earlier = OfficeSpan { until: day.previous_day(), ..span.clone() };
    assert_eq!(reader.workstations_of(&earlier, None, 5).await.unwrap(), [], "first heard of after those days");
    assert_eq!(reader.workstations_of(&span, Some(&name("q1-01")), 5).await.unwrap(), []);
}

#[tokio::test]
async fn numbers_that_arrive_in_any_order_are_kept_as_runs() {
    let scene = Scene::new().await;
    for (of, runs_then) in [
        (5, vec![(5, 5)]),
        (2, vec![(2, 2), (5, 5)]),
        (3, vec![(2, 3), (5, 5)]),
        (4, vec![(2, 5)]),
        (4, vec![(2, 5)]),
        (1, vec![(1, 5)]),
        (9, vec![(1, 5), (9, 9)]),
        (8, vec![(1, 5), (8, 9)]),
    ] {
        scene.done([note(&noted(&scene, of, None))]).await;
        assert_eq!(runs(&scene).await, runs_then, "after {of}");
    }
    let few = scene.reader().await.numbers_of(&name("q1-01"), 1).await.unwrap();
    assert_eq!((few.numbers.highest(), few.highest), (Some(number(5)), Some(number(9))), "there is more above");
}

#[tokio::test]
async fn a_number_that_was_taken_in_stands_for_that_capture_for_ever() {
    let scene = Scene::new().await;
    let first = noted(&scene, 1, Some(scene.enrolment().await.enrolment.id));
    scene.done([note(&first)]).await;
    let other = noted(&scene, 1, Some(scene.enrolment().await.enrolment.id));
    assert_eq!(scene.commit([note(&other)]).await, Outcome::Taken(Table::Workstation));
    scene.done([note(&NotedCapture { enrolment: None, ..other })]).await;
    scene.done([note(&NotedCapture { enrolment: None, ..first.clone() })]).await;
    let mut reader = scene.reader().await;
    let kept = reader.noted_capture(&name("q1-01"), number(1)).await.unwrap().unwrap();
    assert_eq!((kept.enrolment, kept.request, kept.content), (first.enrolment, first.request, first.content));
    let of = reader.capture_of(first.enrolment.unwrap()).await.unwrap().unwrap();
    assert_eq!((of.seen.id, of.number, of.captured_at), (name("q1-01"), number(1), NOW));
    assert!(reader.noted_capture(&name("q1-01"), number(2)).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_not_taken_in_may_come_again_under_its_name() {
    let scene = Scene::new().await;
    let refused = noted(&scene, 1, None);
    scene.done([note(&refused)]).await;
    let enrolment = Some(scene.enrolment().await.enrolment.id);
    let stranger = NotedCapture { enrolment, ..noted(&scene, 1, None) };
    assert_eq!(scene.commit([note(&stranger)]).await, Outcome::Taken(Table::Workstation));
    let cured = NotedCapture { enrolment, content: ContentDigest::from_bytes(vec![8; 32]), ..refused };
    scene.done([note(&cured)]).await;
    let kept = scene.reader().await.noted_capture(&name("q1-01"), number(1)).await.unwrap().unwrap();
    assert_eq!((kept.enrolment, kept.content), (enrolment, cured.content));
}

#[tokio::test]
async fn numbers_under_which_more_came_are_listed() {
    let scene = Scene::new().await;
    for of in [1, 2, 3] {
        scene.done([note(&noted(&scene, of, Some(scene.enrolment().await.enrolment.id)))]).await;
    }
    for of in [3, 1, 3] {
        scene.done([Change::NoteDoubled(name("q1-01"), number(of))]).await;
    }
    assert_eq!(scene.commit([Change::NoteDoubled(name("q1-01"), number(4))]).await, Outcome::Changed);
    let mut reader = scene.reader().await;
    assert_eq!(reader.doubled_of(&name("q1-01"), 9).await.unwrap(), [number(1), number(3)]);
    assert_eq!(reader.doubled_of(&name("q1-01"), 1).await.unwrap(), [number(1)]);
}

#[tokio::test]
async fn of_sixteen_captures_at_once_none_breaks_the_runs() {
    let scene = Scene::new().await;
    let units: Vec<_> = (1..=16).map(|of| scene.unit(NOW, [note(&noted(&scene, of, None))])).collect();
    let units = std::sync::Mutex::new(units);
    let store = scene.store.clone();
    let outcomes = race(16, |_| {
        let (store, unit) = (store.clone(), units.lock().unwrap().pop().unwrap());
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes, [Outcome::Done; 16]);
    assert_eq!(runs(&scene).await, [(1, 16)]);
}

#[tokio::test]
async fn a_name_that_is_given_free_leaves_what_came_under_it_under_another() {
    let scene = Scene::new().await;
    let enrolment = scene.enrolment().await.enrolment.id;
    scene.done([note(&noted(&scene, 1, Some(enrolment))), note(&noted(&scene, 3, None))]).await;
    let kept_as = name("q1-01").retired(scene.make.id());
    let release = |id: &str| Change::ReleaseWorkstation(ReleasedWorkstation { id: name(id), kept_as: kept_as.clone() });
    assert_eq!(scene.commit([release("q1-02")]).await, Outcome::Changed, "nothing came under that name");
    scene.done([release("q1-01")]).await;
    assert_eq!(scene.commit([release("q1-01")]).await, Outcome::Changed, "it is free already");

    let mut reader = scene.reader().await;
    assert_eq!(reader.workstation(&name("q1-01")).await.unwrap(), None);
    let kept = reader.workstation(&kept_as).await.unwrap().unwrap();
    assert_eq!((kept.office, kept.first_seen), (office(), NOW));
    assert_eq!(reader.capture_of(enrolment).await.unwrap().unwrap().seen.id, kept_as);
    let arrived = reader.numbers_of(&kept_as, 9).await.unwrap();
    assert_eq!((arrived.numbers.ranges().len(), arrived.highest), (2, Some(number(3))));
    drop(reader);

    let theirs = SeenWorkstation { office: OfficeCode::parse("01-01").unwrap(), ..seen(None) };
    scene.done([note(&NotedCapture { seen: theirs, ..noted(&scene, 1, None) })]).await;
    assert_eq!(runs(&scene).await, [(1, 1)]);
}

#[tokio::test]
async fn a_capture_that_comes_while_the_name_is_given_free_is_lost_to_neither() {
    let scene = Scene::new().await;
    scene.done([note(&noted(&scene, 1, None))]).await;
    let kept_as = name("q1-01").retired(scene.make.id());
    let release = Change::ReleaseWorkstation(ReleasedWorkstation { id: name("q1-01"), kept_as: kept_as.clone() });
    let units = [vec![release], vec![note(&noted(&scene, 2, None))]].map(|changes| scene.unit(NOW, changes));
    let units = std::sync::Mutex::new(Vec::from(units));
    let store = scene.store.clone();
    let outcomes = race(2, |_| {
        let (store, unit) = (store.clone(), units.lock().unwrap().pop().unwrap());
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes, [Outcome::Done; 2]);
    let mut reader = scene.reader().await;
    let mut arrived = Vec::new();
    for id in [kept_as, name("q1-01")] {
        arrived
            .extend(reader.numbers_of(&id, 9).await.unwrap().numbers.ranges().iter().map(|run| (run.first, run.last)));
    }
    let (one, two) = (number(1), number(2));
    assert!([vec![(one, two)], vec![(one, one), (two, two)]].contains(&arrived), "{arrived:?}");
}
