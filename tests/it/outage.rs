//! The database goes away and comes back: its connections are cut in the middle of calls and between them.

use std::time::Duration;

use eid::proto as pb;
use futures::future::join_all;
use sqlx::{Connection as _, Executor as _, PgConnection};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::database::{CONNECTIONS, on_postgres};
use crate::support::service::{Service, reason, with};

/// Asserts that a refusal is the one that invites another try.
fn assert_come_again(refused: &Status) {
    assert_eq!((refused.code(), reason(refused).as_str()), (Code::Unavailable, "UNAVAILABLE"));
    let wait = refused.get_details_retry_info().and_then(|info| info.retry_delay);
    assert!(wait.is_some_and(|wait| wait > Duration::ZERO), "{refused:?}");
}

async fn submit(service: &Service) -> Result<pb::SubmitResponse, Status> {
    service.submit(&service.applicant().await.application).await
}

/// Calls that may fail after a cut: the first that meets a broken connection, and one that was lent its own before that was
/// known. All other connections are looked at before they are lent.
const FAILED_MAX: usize = 2;

/// Calls until one is answered.
async fn recovers(service: &Service) {
    for _ in 0..=FAILED_MAX {
        match submit(service).await {
            Ok(_) => return,
            Err(refused) => assert_come_again(&refused),
        }
    }
    panic!("it does not recover");
}

/// The service's connections, when each of them waits for the table that `lock` holds.
async fn waiting(observer: &mut PgConnection) -> Vec<i32> {
    const WAITING: &str = "SELECT pid FROM pg_locks WHERE relation = 'request'::regclass AND NOT granted";
    let all = async {
        loop {
            let pids: Vec<i32> = sqlx::query_scalar(WAITING).fetch_all(&mut *observer).await.unwrap();
            if pids.len() == CONNECTIONS as usize {
                return pids;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.expect("all of them come to wait")
}

async fn terminate(observer: &mut PgConnection, pids: &[i32]) {
    let ended: Vec<bool> = sqlx::query_scalar("SELECT pg_terminate_backend(pid, 10000) FROM UNNEST($1::int[]) AS pid")
        .bind(pids)
        .fetch_all(observer)
        .await
        .unwrap();
    assert!(ended.into_iter().all(|ended| ended));
}

#[tokio::test]
async fn connections_cut_by_the_database_cost_calls_that_may_be_repeated_and_nothing_else() {
    // SQLite is a file: it has no connections to cut.
    if !on_postgres() {
        return;
    }
    with(async |service| {
        let mut locker = PgConnection::connect(service.database().url()).await.unwrap();
        let mut observer = PgConnection::connect(service.database().url()).await.unwrap();

        // In the middle of calls, all of which look for their first answer.
        locker.execute("BEGIN").await.unwrap();
        locker.execute("LOCK TABLE request IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let calls = join_all((0..CONNECTIONS).map(|_| submit(service)));
        let cut = async {
            let pids = waiting(&mut observer).await;
            terminate(&mut observer, &pids).await;
            locker.execute("ROLLBACK").await.unwrap();
        };
        let (answers, ()) = tokio::join!(calls, cut);
        for answer in answers {
            assert_come_again(&answer.unwrap_err());
        }
        recovers(service).await;

        // Between calls: the service finds out at the next one.
        locker.execute("BEGIN").await.unwrap();
        locker.execute("LOCK TABLE request IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let calls = join_all((0..CONNECTIONS).map(|_| submit(service)));
        let look = async {
            let pids = waiting(&mut observer).await;
            locker.execute("ROLLBACK").await.unwrap();
            pids
        };
        let (answers, pids) = tokio::join!(calls, look);
        assert!(answers.iter().all(Result::is_ok));
        terminate(&mut observer, &pids).await;
        recovers(service).await;
        for answer in join_all((0..20).map(|_| submit(service))).await {
            if let Err(refused) = answer {
                assert_come_again(&refused);
            }
        }
        for _ in 0..10 {
            submit(service).await.expect("all is well again");
        }
    })
    .await;
}
