//! The imported immigration record.

use eid::domain::ids::ImportId;
use eid::domain::life::DocumentKind;
use eid::domain::sealed::BlindIndex;
use eid::store::{Change, LookedAt, RecordBatch, StoreError, StoredDocument, StoredRecord};

use super::scene::{NOBODY, Outcome, Scene, outcome};
use crate::support::records::{NOW, later};

fn batch(import: ImportId, records: Vec<StoredRecord>) -> RecordBatch {
    RecordBatch { import, records, noted: Vec::new(), looked: Vec::new(), joined: Vec::new() }
}

impl Scene {
    /// Imports the records; how many of them changed something.
    async fn import(&self, records: &[StoredRecord]) -> u64 {
        let batch = batch(ImportId::new(self.make.id()), records.to_vec());
        self.store.import_records(batch, self.make.entry(NOW, NOBODY)).await.unwrap()
    }

    async fn by_card(&self, record: &StoredRecord) -> Option<StoredRecord> {
        self.reader().await.record_by_card(&record.card).await.unwrap()
    }
}

#[tokio::test]
async fn records_are_found_by_their_card_and_by_their_passport() {
    let scene = Scene::new().await;
    assert!(!scene.reader().await.has_records().await.unwrap());
    let (one, without) = (scene.make.record(NOW), StoredRecord { document: None, ..scene.make.record(later(1)) });
    assert_eq!(scene.import(&[one.clone(), without.clone()]).await, 2);
    assert_eq!(scene.by_card(&one).await, Some(one.clone()));
    assert_eq!(scene.by_card(&without).await, Some(without));
    let document = one.document.clone().unwrap();
    assert_eq!(scene.reader().await.record_by_document(&document).await.unwrap(), Some(one.clone()));
    assert_eq!(scene.reader().await.record_by_document(&one.card).await.unwrap(), None);
    assert!(
        scene.by_card(&scene.make.record(NOW)).await.is_none() && scene.reader().await.has_records().await.unwrap()
    );
}

#[tokio::test]
async fn a_passport_with_several_cards_leads_to_the_latest_record() {
    let scene = Scene::new().await;
    let old = scene.make.record(NOW);
    let new = StoredRecord { document: old.document.clone(), ..scene.make.record(later(1)) };
    scene.import(&[new.clone(), old.clone()]).await;
    let found = scene.reader().await.record_by_document(old.document.as_ref().unwrap()).await.unwrap();
    assert_eq!(found, Some(new.clone()));
    let all = async |limit| {
        let mut reader = scene.reader().await;
        reader.records_by_document(old.document.as_ref().unwrap(), limit).await.unwrap()
    };
    assert_eq!(all(9).await, (vec![new.clone(), old.clone()], 2));
    assert_eq!(all(1).await, (vec![new], 2), "how many there are is told in any case");
}

#[tokio::test]
async fn a_record_and_a_passport_that_come_at_once_do_not_miss_each_other() {
    let scene = Scene::new().await;
    let record = scene.make.record(NOW);
    let passport: BlindIndex = record.document.clone().unwrap();
    let expect = |count| Change::ExpectRecords(passport.clone(), count);
    scene.done([expect(0)]).await;
    scene.import(std::slice::from_ref(&record)).await;
    assert_eq!(scene.commit([expect(0)]).await, Outcome::Changed, "whoever looked before looks again");
    scene.done([expect(1)]).await;

    let account = scene.account().await.account.id;
    let mut paper = scene.paper(account, DocumentKind::Passport, (-9, 50));
    paper.index = passport.clone();
    let batch = || {
        let records = vec![StoredRecord { document: Some(passport.clone()), ..scene.make.record(later(5)) }];
        let looked = vec![LookedAt { passport: passport.clone(), holders: 0 }];
        RecordBatch { looked, ..batch(ImportId::new(scene.make.id()), records) }
    };
    scene.store.import_records(batch(), scene.make.entry(NOW, NOBODY)).await.unwrap();
    scene.done([scene.add(account, vec![paper]).await]).await;
    let late = scene.store.import_records(batch(), scene.make.entry(NOW, NOBODY)).await;
    assert!(matches!(late, Err(StoreError::Changed)), "{late:?}");
    let kept = scene.reader().await.records_by_document(&passport, 9).await.unwrap();
    assert_eq!(kept.1, 2, "nothing of the batch was kept");
}

/// Both have looked before either can be seen: on PostgreSQL whatever they write is held up just ahead of their commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_record_and_a_passport_that_commit_in_the_same_moment_one_looks_again() {
    for record_first in [true, false] {
        let scene = Scene::new().await;
        let record = scene.make.record(NOW);
        let passport = record.document.clone().unwrap();
        let account = scene.account().await.account.id;
        let mut paper = scene.paper(account, DocumentKind::Passport, (-9, 50));
        paper.index = passport.clone();
        let joins = [Change::ExpectRecords(passport.clone(), 0), scene.add(account, vec![paper]).await];
        let looked = vec![LookedAt { passport: passport.clone(), holders: 0 }];
        let rows = RecordBatch { looked, ..batch(ImportId::new(scene.make.id()), vec![record]) };
        let (unit, entry) = (scene.unit(NOW, joins), scene.make.entry(NOW, NOBODY));

        let held = scene.database.hold_entries().await;
        let (one, other) = (scene.store.clone(), scene.store.clone());
        let import = async move { outcome(one.import_records(rows, entry).await) };
        let join = async move { outcome(other.commit(unit).await) };
        let (import, join) = if record_first {
            let import = tokio::spawn(import);
            held.wait_for(1).await;
            (import, tokio::spawn(join))
        } else {
            let join = tokio::spawn(join);
            held.wait_for(1).await;
            (tokio::spawn(import), join)
        };
        held.wait_for(2).await;
        held.release().await;
        let outcomes = (import.await.unwrap(), join.await.unwrap());
        // SQLite's writer takes them in the order in which they come to it.
        let one_looks_again = [(Outcome::Done, Outcome::Changed), (Outcome::Changed, Outcome::Done)];
        assert!(one_looks_again.contains(&outcomes), "record first: {record_first}, {outcomes:?}");
    }
}

#[tokio::test]
async fn a_batch_is_not_kept_if_another_account_has_a_passport_by_now() {
    let scene = Scene::new().await;
    let record = scene.make.record(NOW);
    let passport = record.document.clone().unwrap();
    let (one, other) = (scene.account().await.account.id, scene.account().await.account.id);
    let import = async |holders| {
        let looked = vec![LookedAt { passport: passport.clone(), holders }];
        let rows = RecordBatch { looked, ..batch(ImportId::new(scene.make.id()), vec![record.clone()]) };
        outcome(scene.store.import_records(rows, scene.make.entry(NOW, NOBODY)).await)
    };
    for (holders, account) in [one, other].into_iter().enumerate() {
        assert_eq!(import(holders).await, Outcome::Done);
        let paper =
            StoredDocument { index: passport.clone(), ..scene.paper(account, DocumentKind::Passport, (-9, 50)) };
        scene.done([scene.add(account, vec![paper]).await]).await;
        assert_eq!(import(holders).await, Outcome::Changed);
    }
    assert_eq!(import(2).await, Outcome::Done);
}

#[tokio::test]
async fn passports_of_a_whole_batch_are_looked_at_whichever_turns_they_have() {
    let scene = Scene::new().await;
    let looked = |_| LookedAt { passport: scene.make.index(), holders: 0 };
    let batch =
        RecordBatch { looked: (0..350).map(looked).collect(), ..batch(ImportId::new(scene.make.id()), Vec::new()) };
    scene.store.import_records(batch, scene.make.entry(NOW, NOBODY)).await.unwrap();
}

#[tokio::test]
async fn a_later_record_of_a_card_takes_the_place_of_an_earlier_one_and_never_the_other_way_round() {
    let scene = Scene::new().await;
    let first = scene.make.record(later(10));
    let of_the_card = |at| StoredRecord { card: first.card.clone(), ..scene.make.record(later(at)) };
    assert_eq!(scene.import(std::slice::from_ref(&first)).await, 1);
    assert_eq!(scene.import(&[first.clone(), of_the_card(9), of_the_card(10)]).await, 0);
    assert_eq!(scene.by_card(&first).await, Some(first.clone()));
    let (later, latest) = (of_the_card(11), of_the_card(12));
    assert_eq!(scene.import(&[latest.clone(), later]).await, 1, "one statement cannot touch a row twice");
    assert_eq!(scene.by_card(&first).await, Some(latest.clone()));
    let strict = StoredRecord { strictness: 1, ..of_the_card(12) };
    assert_eq!(scene.import(std::slice::from_ref(&strict)).await, 1, "of one instant the stricter counts");
    assert_eq!(scene.import(&[latest]).await, 0);
    assert_eq!(scene.by_card(&first).await, Some(strict));
}

#[tokio::test]
async fn a_large_batch_is_kept_whole_and_a_second_time_changes_nothing() {
    let scene = Scene::new().await;
    let many: Vec<_> = (0..250).map(|_| scene.make.record(NOW)).collect();
    assert_eq!(scene.import(&many).await, 250);
    assert_eq!(scene.import(&many).await, 0);
    for record in [&many[0], &many[99], &many[100], &many[249]] {
        assert_eq!(scene.by_card(record).await.as_ref(), Some(record));
    }
    assert_eq!(scene.import(&[]).await, 0);
}

#[tokio::test]
async fn every_batch_leaves_an_entry_with_the_number_of_records_that_it_wrote() {
    let scene = Scene::new().await;
    let (subject, record) = (scene.make.id(), scene.make.record(NOW));
    for written in ["1", "0"] {
        let batch = batch(ImportId::new(subject), vec![record.clone()]);
        scene.store.import_records(batch, scene.make.entry(NOW, subject)).await.unwrap();
        let (canonical, holds) = scene.reader().await.audit_of(subject).await.unwrap().pop().unwrap();
        let entry: serde_json::Value = serde_json::from_slice(&canonical).unwrap();
        assert!(holds && entry["facts"]["written"] == written, "{entry}");
    }
}

#[tokio::test]
async fn a_row_is_named_by_its_card_alone() {
    let scene = Scene::new().await;
    let one = scene.make.record(NOW);
    let other = StoredRecord { card: one.card.clone(), ..scene.make.record(later(1)) };
    assert_eq!(one.row(), other.row());
    assert_ne!(one.row(), scene.make.record(NOW).row());
}

/// Two imports at once, in opposite order: neither waits for the other for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_of_the_same_records_at_once_both_come_to_an_end() {
    let scene = Scene::new().await;
    let forth: Vec<_> = (0..300).map(|_| scene.make.record(NOW)).collect();
    let back: Vec<_> = forth.iter().rev().cloned().collect();
    let (one, two) = tokio::join!(scene.import(&forth), scene.import(&back));
    assert_eq!(one + two, 300);
}
