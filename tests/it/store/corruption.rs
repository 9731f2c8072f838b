//! Rows that this program would never have written: read as corrupt, with the name of the column, never guessed at.

use eid::domain::code::Purpose;
use eid::domain::contact::ContactKind;
use eid::domain::ids::{AccountId, ChangeId, EnrolmentId};
use eid::store::{Change, Reader};

use super::scene::{Outcome, Scene, outcome};
use crate::support::records::NOW;

#[tokio::test]
async fn a_request_that_makes_no_sense_is_corrupt() {
    let scene = Scene::new().await;
    let id = scene.enrolment().await.enrolment.id;
    let read = async |mut reader: Reader, id: EnrolmentId| outcome(reader.enrolment(id).await);
    for (sql, column) in [
        ("UPDATE enrolment SET calendar_edition = 'No Name'", "calendar_edition"),
        ("UPDATE enrolment SET clock_ran = 'since Monday'", "clock_ran"),
        ("UPDATE enrolment SET limit_days = 1000", "limit_days"),
        ("UPDATE enrolment SET deadline_basis = 'hearsay'", "deadline_basis"),
        ("UPDATE enrolment SET due_at = NULL", "due_at"),
        ("UPDATE enrolment SET stage = 'issued'", "account_id"),
        ("UPDATE enrolment SET account_id = id", "decided_at"),
        ("UPDATE enrolment SET stage = 'refused'", "refusal_reason"),
        ("UPDATE enrolment SET stage = 'lost'", "stage"),
        ("UPDATE enrolment SET notes = ''", "notes"),
        ("UPDATE enrolment SET office = 'Hanoi'", "office"),
    ] {
        scene.database.tamper(sql).await;
        assert_eq!(read(scene.reader().await, id).await, Outcome::Corrupt(column), "{sql}");
    }
}

#[tokio::test]
async fn a_note_of_a_rule_that_is_not_known_here_is_left_out() {
    let scene = Scene::new().await;
    let id = scene.enrolment().await.enrolment.id;
    let notes = "UPDATE enrolment SET notes = '[{\"rule\":\"no.such\",\"fields\":[]},\
                 {\"rule\":\"mrz.name-differs\",\"fields\":[\"person\"]}]'";
    scene.database.tamper(notes).await;
    let read = scene.reader().await.enrolment(id).await.unwrap().unwrap().enrolment.notes;
    assert_eq!(read.iter().map(|note| note.rule.id).collect::<Vec<_>>(), ["mrz.name-differs"]);
}

#[tokio::test]
async fn an_account_that_makes_no_sense_is_corrupt() {
    let scene = Scene::new().await;
    let id = scene.account().await.account.id;
    let read = async |mut reader: Reader, id: AccountId| outcome(reader.account(id).await);
    scene.database.tamper("UPDATE account SET language = 'tlh'").await;
    assert_eq!(read(scene.reader().await, id).await, Outcome::Corrupt("language"));
}

#[tokio::test]
async fn a_contact_change_that_makes_no_sense_is_corrupt() {
    let scene = Scene::new().await;
    let stored = scene.make.change(scene.account().await.account.id, ContactKind::Phone);
    scene.done([Change::NewChange(Box::new(stored.clone()))]).await;
    let read = async |mut reader: Reader, id: ChangeId| outcome(reader.contact_change(id).await);
    for (sql, column) in [
        ("UPDATE contact_change SET kind = 'pigeon'", "kind"),
        ("UPDATE contact_change SET kind = 'phone', tier = 'by-chance'", "tier"),
        ("UPDATE contact_change SET tier = NULL, settled_at = 1", "state"),
        ("UPDATE contact_change SET state = 'cancelled', phase = NULL, failure = 'bad-luck'", "failure"),
        ("UPDATE contact_change SET state = 'lost'", "state"),
    ] {
        scene.database.tamper(sql).await;
        assert_eq!(read(scene.reader().await, stored.change.id).await, Outcome::Corrupt(column), "{sql}");
    }
}

#[tokio::test]
async fn a_member_of_staff_who_makes_no_sense_is_corrupt() {
    let scene = Scene::new().await;
    for (sql, column) in [
        ("UPDATE staff SET office = NULL", "office"),
        ("UPDATE staff SET office = 'Hanoi'", "office"),
        ("UPDATE staff SET role = 'king'", "role"),
    ] {
        scene.database.tamper(sql).await;
        let found = scene.reader().await.staff_by_certificate(&scene.officer.certificate).await;
        assert_eq!(outcome(found), Outcome::Corrupt(column), "{sql}");
    }
}

#[tokio::test]
async fn counts_below_zero_are_read_as_none() {
    let scene = Scene::new().await;
    let code = scene.make.code(scene.account().await.account.id, Purpose::Activation, NOW);
    scene.done([Change::PutCode(Box::new(code.clone()), eid::domain::ids::Version::NONE)]).await;
    scene.database.tamper("UPDATE account SET failures_today = -1, failures_in_row = -1").await;
    let (failures, _) = scene.reader().await.slot(code.account, code.purpose).await.unwrap();
    assert_eq!((failures.today, failures.in_row), (0, 0));
}

#[tokio::test]
async fn captures_that_make_no_sense_are_corrupt() {
    let scene = Scene::new().await;
    let id = scene.enrolment().await.enrolment.id;
    scene.done([Change::KeepCaptures(Box::new(scene.make.captures(id)))]).await;
    let read = async |mut reader: Reader| outcome(reader.captures(id).await);
    for (sql, column) in [
        ("UPDATE capture SET kind = 'iris'", "kind"),
        ("UPDATE capture SET kind = 'face', sealed_hash = (SELECT secret FROM capture_set)", "sealed_hash"),
        ("UPDATE capture_set SET ended_at = 1", "end_reason"),
    ] {
        scene.database.tamper(sql).await;
        assert_eq!(read(scene.reader().await).await, Outcome::Corrupt(column), "{sql}");
    }
}
