//! Dated records of units and offices: added, never overwritten, and counted.

use eid::domain::ids::Version;
use eid::domain::office::{COLUMNS, Record, SHIPPED, read as records};
use eid::store::Change;

use super::scene::{Outcome, Scene, outcome, race};
use crate::support::records::NOW;

fn lines(lines: &[&str]) -> Vec<Record> {
    records([&[COLUMNS.join(",").as_str()], lines].concat().join("\n").as_bytes()).unwrap()
}

fn texts(found: &[Record]) -> Vec<String> {
    found.iter().map(|record| record.fields().join(",")).collect()
}

#[tokio::test]
async fn what_is_shipped_is_kept_word_for_word() {
    let scene = Scene::new().await;
    let shipped = records(SHIPPED).unwrap();
    scene.done([Change::AddOffices(shipped.clone(), Version::NONE)]).await;
    let found = scene.reader().await.office_records().await.unwrap();
    assert!(found.iter().all(|record| record.kept));
    let (mut found, mut expected) = (texts(&found), texts(&shipped));
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_later_record_counts_and_the_earlier_one_stays() {
    let scene = Scene::new().await;
    let (open, closed) = ("unit,79,,,A,A,city,,,,", "unit,79,,2026-12-31,A,A,city,,,80,");
    scene.done([Change::AddOffices(lines(&[open, "unit,80,,,B,B,province,,,,"]), Version::NONE)]).await;
    scene.done([Change::AddOffices(lines(&[closed]), Version::new(1))]).await;
    let found = scene.reader().await.office_records().await.unwrap();
    assert_eq!(texts(&found), [closed, "unit,80,,,B,B,province,,,,"]);
    assert_eq!(found.iter().map(|record| record.line).collect::<Vec<_>>(), [2, 3], "with the line it came on");
    // Behind the store's back: without the second import the first one's word is there.
    scene.database.tamper("DELETE FROM office WHERE revision = 2").await;
    assert_eq!(texts(&scene.reader().await.office_records().await.unwrap())[0], open);
}

#[tokio::test]
async fn imports_are_counted_and_what_was_seen_must_still_be_so() {
    let scene = Scene::new().await;
    let revision = async || scene.reader().await.office_revision().await.unwrap();
    assert_eq!(revision().await, Version::NONE);
    scene.done([Change::AddOffices(lines(&["unit,79,,,A,A,city,,,,"]), Version::NONE)]).await;
    assert_eq!(revision().await, Version::new(1));
    let again = || Change::AddOffices(lines(&["unit,80,,,B,B,city,,,,"]), Version::NONE);
    assert_eq!(scene.commit([again()]).await, Outcome::Changed);
    assert_eq!(scene.commit([Change::AddOffices(Vec::new(), Version::new(2))]).await, Outcome::Changed);
    assert_eq!(scene.reader().await.office_records().await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_many_imports_at_once_on_the_same_state_one_is_made() {
    let scene = Scene::new().await;
    let outcomes = race(16, |n| {
        let code = format!("unit,{:02},,,A,A,city,,,,", n + 10);
        let unit = scene.unit(NOW, [Change::AddOffices(lines(&[&code]), Version::NONE)]);
        let store = scene.store.clone();
        async move { outcome(store.commit(unit).await) }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Done).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done | Outcome::Changed)), "{outcomes:?}");
    assert_eq!(scene.reader().await.office_records().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_corrupt_and_not_passed_over() {
    let scene = Scene::new().await;
    scene.done([Change::AddOffices(lines(&["unit,79,,,A,A,city,,,,"]), Version::NONE)]).await;
    scene.database.tamper("UPDATE office SET kind = 'town'").await;
    assert_eq!(outcome(scene.reader().await.office_records().await), Outcome::Corrupt("kind"));
}
