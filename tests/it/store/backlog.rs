//! What waits, counted, and how each engine goes about it.

use std::time::Duration;

use eid::domain::enrolment::StageName;
use eid::store::{BACKLOG_STATEMENTS, Change, HandOver, QueueLength, SealedMessage, StageCount};

use super::scene::Scene;
use crate::support::plan::plan;
use crate::support::records::{NOW, later};

#[tokio::test]
async fn the_outbox_is_counted_by_queue_with_its_oldest_and_its_first() {
    let scene = Scene::new().await;
    assert_eq!(scene.reader().await.outbox_backlog().await.unwrap(), []);
    let account = scene.account().await.account.id;
    for at in 0..3 {
        let message = Change::Send(scene.make.message(account));
        scene.store.commit(scene.unit(later(at), [message])).await.unwrap();
    }
    let code = SealedMessage { useful_until: Some(later(180)), ..scene.make.message(account) };
    scene.store.commit(scene.unit(later(5), [Change::Send(code)])).await.unwrap();
    let lease = Duration::from_mins(1);
    assert_eq!(scene.store.claim_messages(1, lease, later(9)).await.unwrap().len(), 1);
    let mut found = scene.reader().await.outbox_backlog().await.unwrap();
    found.sort_by_key(|queue| queue.urgent);
    let messages = QueueLength { urgent: false, waiting: 3, oldest: later(0), due: later(1) };
    let codes = QueueLength { urgent: true, waiting: 1, oldest: later(5), due: later(5) };
    assert_eq!(found, [messages, codes], "one is being sent, and is due again when its lease lapses");
}

#[tokio::test]
async fn open_requests_are_counted_by_stage_with_those_that_are_overdue() {
    let scene = Scene::new().await;
    let first = scene.enrolment().await;
    scene.enrolment().await;
    let found = scene.reader().await.open_requests(NOW).await.unwrap();
    let stage = first.enrolment.stage.name();
    assert_eq!(found, [StageCount { stage, count: 2, overdue: 0 }]);
    scene.database.tamper("UPDATE enrolment SET act_by = 1").await;
    assert_eq!(scene.reader().await.open_requests(NOW).await.unwrap()[0].overdue, 2);
    scene.database.tamper("UPDATE enrolment SET decided_at = 1").await;
    assert_eq!(scene.reader().await.open_requests(NOW).await.unwrap(), []);
}

#[tokio::test]
async fn what_the_authority_holds_is_told_with_the_oldest_wait_and_the_oldest_lapse() {
    let scene = Scene::new().await;
    assert_eq!(scene.reader().await.hand_over_backlog(NOW).await.unwrap(), HandOver::default());
    for _ in 0..2 {
        scene.enrolment().await;
    }
    let forwarded = StageName::Forwarded.name();
    assert_eq!(forwarded, "forwarded");
    scene.database.tamper("UPDATE enrolment SET stage = 'forwarded', since = 5, lease_expires_at = 7").await;
    let found = scene.reader().await.hand_over_backlog(NOW).await.unwrap();
    assert_eq!((found.oldest.unwrap().micros(), found.leases, found.lapsed.unwrap().micros()), (5, 0, 7));
    scene.database.tamper("UPDATE enrolment SET lease_expires_at = 9000000000000000000").await;
    let found = scene.reader().await.hand_over_backlog(NOW).await.unwrap();
    assert_eq!((found.leases, found.lapsed), (2, None));
}

#[tokio::test]
async fn a_schema_of_this_release_or_a_later_one_is_there_and_an_earlier_one_is_not() {
    let scene = Scene::new().await;
    assert!(scene.reader().await.has_schema().await.unwrap());
    scene.database.tamper("UPDATE _sqlx_migrations SET version = version + 1000 WHERE version = 1").await;
    assert!(scene.reader().await.has_schema().await.unwrap(), "one that is newer serves too");
    scene.database.tamper("DELETE FROM _sqlx_migrations WHERE version > 1").await;
    assert!(!scene.reader().await.has_schema().await.unwrap());
}

#[tokio::test]
async fn connections_are_counted_and_no_more_than_there_may_be() {
    let scene = Scene::new().await;
    let reader = scene.reader().await;
    let used = scene.store.pool_use();
    assert!(used.busy >= 1 && used.busy + used.idle <= used.max && used.writes_waiting == 0, "{used:?}");
    drop(reader);
}

#[tokio::test]
async fn nothing_is_counted_by_looking_at_every_row() {
    let scene = Scene::new().await;
    for (index, sql) in BACKLOG_STATEMENTS {
        let parameters: &[(&str, &str)] = if sql.contains("$1") { &[("bigint", "0")] } else { &[] };
        // The table is all but empty, where a scan is cheapest.
        let plan = plan(&scene.database, sql, parameters, "SET enable_seqscan = off").await;
        assert!(plan.contains(index), "{index}\n{plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort Key: due_at"), "{plan}");
    }
}
