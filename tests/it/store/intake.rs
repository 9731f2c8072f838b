//! What a submission asks as one question.

use eid::domain::duplicate::{KEYS_MAX, KeyKind};
use eid::domain::ids::{EnrolmentId, ImportId, Version};
use eid::domain::sealed::BlindIndex;
use eid::domain::trust::Sha256;
use eid::store::{
    Asked, Binding, BindingKind, CalendarText, Change, DuplicateKeys, INTAKE_STATEMENTS, Owner, RecordBatch, Replaced,
    StoredKey,
};

use super::scene::{NOBODY, Scene};
use crate::support::database::on_postgres;
use crate::support::plan::plan;
use crate::support::records::{NOW, edition};

fn bound(kind: BindingKind, value: &BlindIndex, to: EnrolmentId) -> Binding {
    Binding { kind, value: value.clone(), owner: Owner::Request(to) }
}

#[tokio::test]
async fn the_one_question_is_answered_as_each_of_its_parts_would_be() {
    let scene = Scene::new().await;
    let (one, first, record) =
        (scene.enrolment().await.enrolment.id, scene.make.answer(scene.officer.id), scene.make.record(NOW));
    let ours = EnrolmentId::new(scene.make.id());
    let [phone, passport, card] = [(); 3].map(|()| scene.make.index());
    let keys: Vec<_> = (0..KEYS_MAX).map(|_| scene.make.index()).collect();
    let calendar = CalendarText { edition: edition("first"), text: String::new(), sha256: Sha256::new([7; 32]) };
    let mut reader = scene.reader().await;
    let seen = reader.duplicate_changes(&keys[..2]).await.unwrap();
    drop(reader);
    let indexed = DuplicateKeys {
        enrolment: one,
        keys: keys[..2].iter().map(|value| StoredKey { kind: KeyKind::NameBirth, value: value.clone() }).collect(),
        seen,
        replaces: Replaced::Nothing,
    };
    scene
        .done([
            Change::Remember(first.clone()),
            Change::Bind(bound(BindingKind::Phone, &phone, one)),
            Change::Bind(bound(BindingKind::Card, &card, one)),
            Change::Bind(bound(BindingKind::Passport, &passport, ours)),
            Change::IndexDuplicates(Box::new(indexed)),
            Change::AdoptCalendar(Box::new(calendar), Version::NONE),
        ])
        .await;
    let (import, records) = (ImportId::new(scene.make.id()), vec![record.clone()]);
    let batch = RecordBatch { import, records, noted: Vec::new(), looked: Vec::new(), joined: Vec::new() };
    scene.store.import_records(batch, scene.make.entry(NOW, NOBODY)).await.unwrap();

    let bindings = [
        bound(BindingKind::Phone, &phone, ours),
        bound(BindingKind::Passport, &passport, ours),
        bound(BindingKind::Card, &card, ours),
    ];
    let asked = Asked {
        caller: first.caller,
        request: first.request,
        bindings: &bindings,
        keys: &keys,
        card: Some(&record.card),
    };
    let mut reader = scene.reader().await;
    let found = reader.intake(&asked).await.unwrap();
    let kept = reader.first_answer(first.caller, first.request).await.unwrap().unwrap();
    assert_eq!(found.first.map(|first| (first.content, first.answer)), Some((kept.content, kept.answer)));
    let mut taken = found.taken;
    taken.sort_by_key(|kind| format!("{kind:?}"));
    assert_eq!(taken, [BindingKind::Card, BindingKind::Phone]);
    assert_eq!(found.changes, reader.duplicate_changes(&keys).await.unwrap());
    assert_eq!(found.holders, reader.duplicate_holders(&keys).await.unwrap());
    assert_eq!(found.holders[..3], [vec![one], vec![one], vec![]]);
    assert_eq!(found.calendar, reader.calendar_version().await.unwrap());
    let by_card = reader.record_by_card(&record.card).await.unwrap();
    assert_eq!(found.record.map(|found| found.content), by_card.map(|kept| kept.content));

    // Nothing of it is there for somebody else.
    let [nobody, nowhere] = [(); 2].map(|()| scene.make.index());
    let new = scene.make.answer(first.caller).request;
    let bindings = [bound(BindingKind::Phone, &nobody, ours)];
    let asked = Asked { caller: first.caller, request: new, bindings: &bindings, keys: &[nowhere], card: None };
    let found = reader.intake(&asked).await.unwrap();
    assert!(found.first.is_none() && found.taken.is_empty() && found.record.is_none());
    assert_eq!(found.holders, [vec![]]);
}

#[tokio::test]
async fn no_part_of_the_question_looks_at_every_row_of_a_table() {
    let scene = Scene::new().await;
    for (name, sql) in *INTAKE_STATEMENTS {
        let bytes = [("bytea", "'\\x00'")];
        let parameters: Vec<_> = bytes
            .into_iter()
            .cycle()
            .take(24)
            .chain([("bigint", "17")])
            .chain(std::iter::repeat_n(("bigint", "1"), 24))
            .chain(std::iter::repeat_n(("uuid", "'00000000-0000-0000-0000-000000000000'"), 2))
            .chain(bytes.into_iter().cycle().take(4))
            .collect();
        let plan = plan(&scene.database, sql, &parameters, "SET enable_seqscan = off").await;
        // Parts of the question are walked through as they are made; of the calendar the last row alone.
        let made = |step: &str| step.starts_with("SCAN k") || ["SCAN latest", "SCAN calendar"].contains(&step);
        let looked = |step: &&str| step.contains("SCAN") && !step.contains("CONSTANT ROW") && !made(step);
        let scans = plan.lines().map(str::trim).any(|step| looked(&step));
        assert!(!scans && !plan.contains("Seq Scan"), "{name}\n{plan}");
        assert!(on_postgres() || plan.contains("SEARCH"), "{name}\n{plan}");
    }
}
