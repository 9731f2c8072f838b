//! Where many accounts stand, by one statement; and that no statement behind it looks at every account.

use eid::domain::code::{Purpose, Sends, Slot};
use eid::domain::ids::{CodeId, Version};
use eid::domain::time::Timestamp;
use eid::store::{Change, STATUS_STATEMENTS, StoredStanding};

use super::scene::Scene;
use crate::support::database::on_postgres;
use crate::support::plan::plan;
use crate::support::records::NOW;

/// What can be compared of a slot.
fn seen(slot: &Slot) -> (Version, Sends, Option<(CodeId, Timestamp, u32)>) {
    let code = slot.code.as_ref();
    (slot.version, slot.sends, code.map(|code| (code.id, code.expires_at, code.tries_left)))
}

#[tokio::test]
async fn standings_come_in_the_order_asked_also_those_asked_for_twice_and_nobodys() {
    let scene = Scene::new().await;
    let (one, other) = (scene.account().await, scene.account().await);
    let code = scene.make.code(other.account.id, Purpose::Activation, NOW);
    let elsewhere = scene.make.code(one.account.id, Purpose::PhoneChange, NOW);
    let put = |code| Change::PutCode(Box::new(code), Version::NONE);
    scene.done([put(code), put(elsewhere)]).await;
    let logins = [&other, &one, &other].map(|stored| stored.login_index.clone());
    let logins: Vec<_> = logins.into_iter().chain([scene.make.index(), one.phone_index.clone()]).collect();
    let mut reader = scene.reader().await;
    let found = reader.standings(&logins).await.unwrap();
    let ids: Vec<_> = found.iter().map(|found| found.as_ref().map(|found| found.stored.account.id)).collect();
    let (one_id, other_id) = (one.account.id, other.account.id);
    assert_eq!(ids, [Some(other_id), Some(one_id), Some(other_id), None, None]);
    for StoredStanding { stored, failures, slot } in found.into_iter().flatten() {
        let alone = reader.slot(stored.account.id, Purpose::Activation).await.unwrap();
        assert_eq!((failures, seen(&slot)), (alone.0, seen(&alone.1)));
        assert_eq!(slot.code.is_some(), stored.account.id == other_id, "of codes for activation alone");
    }
    assert!(reader.standings(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn as_many_as_one_asks_for_are_found() {
    let scene = Scene::new().await;
    let mut logins = Vec::new();
    for _ in 0..500 {
        logins.push(scene.make.index());
    }
    let last = scene.account().await;
    logins[499] = last.login_index.clone();
    let found = scene.reader().await.standings(&logins).await.unwrap();
    assert_eq!((found.len(), found.iter().flatten().count()), (500, 1));
    assert_eq!(found[499].as_ref().map(|found| found.stored.account.id), Some(last.account.id));
}

#[tokio::test]
async fn no_statement_behind_a_status_looks_at_every_row_of_a_table() {
    let scene = Scene::new().await;
    scene.account().await;
    for (name, sql) in STATUS_STATEMENTS {
        let parameters: &[_] = match name {
            "standing" => &[("bytea", "'\\x00'"), ("text", "'activation'")],
            "standings" => &[("bytea", "'\\x00'"), ("bigint", "500"), ("text", "'activation'")],
            "account events" => &[("bigint", "3"), ("bigint", "17"), ("bigint", "100")],
            _ => &[("bigint", "16")],
        };
        let plan = plan(&scene.database, sql, parameters, "SET enable_seqscan = off").await;
        // The list of what was asked for is walked through; it is no table.
        let of_the_question = ["SCAN asked", "SCAN CONSTANT ROW"];
        let scans = plan.lines().any(|step| step.contains("SCAN") && !of_the_question.contains(&step.trim()));
        assert!(!scans && !plan.contains("Seq Scan") && !plan.contains("TEMP B-TREE"), "{name}\n{plan}");
        assert!(on_postgres() || plan.contains("SEARCH"), "{name}\n{plan}");
        if name.starts_with("standing") {
            assert!(plan.contains("account_login"), "{plan}");
        }
    }
}
