//! A small campaign, replayed by the real program on the engine under test: it balances, in the published proportions.

use std::str::FromStr as _;

use eid::sys::Dice;
use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::process::Command;

use crate::support::database::{postgres, redis};
use crate::support::process::ended;

#[tokio::test]
async fn a_small_campaign_balances_and_every_contact_change_ends_for_its_reason() {
    let mut replay = Command::new(env!("CARGO_BIN_EXE_eid"));
    replay.args(["replay", "--requests", "200", "--seed", "1", "--store-connections", "8", "--json"]);
    if let Some(url) = postgres() {
        replay.args(["--store", url]);
    }
    let said = ended(&mut replay).await.unwrap();
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["wrong"], Value::Array(Vec::new()), "{said}");
    let count = |name: &str| report["found"]["totals"][name].as_u64().unwrap();
    let totals = ["received", "issued", "activated", "changes", "changed"].map(count);
    assert_eq!(totals, [200, 173, 132, 7, 1]);
    assert!(report["answered"] == report["found"]["totals"] && report["planned"] == report["answered"], "{said}");
    for (reason, times) in
        [("CANCELLED_BY_HOLDER", 2), ("EXPIRED", 2), ("TOO_MANY_WRONG_CODES", 1), ("NUMBER_SERVES_ANOTHER", 1)]
    {
        assert_eq!(report["found"]["failed"][reason], times, "{reason}: {said}");
    }
    assert!(report["reviewed"].as_u64().unwrap() >= 6, "supervisors had something to look at: {said}");
    let activations = &report["calls"]["Activate"];
    assert_eq!(activations["calls"], 132);
    assert!(activations["p50"].as_u64().unwrap() <= activations["p99"].as_u64().unwrap(), "{said}");
}

/// Runs a statement about a database at the server of the pass.
async fn at(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "a database's name cannot be bound; this one is made below")]
    let statement = sqlx::AssertSqlSafe(statement);
    sqlx::query(statement).execute(&mut connection).await.unwrap();
}

#[tokio::test]
async fn a_replay_that_cannot_start_leaves_nothing_behind() {
    // On SQLite it plays in a folder that goes by itself.
    let (Some(server), Some(redis)) = (postgres(), redis()) else { return };
    // A database of its own: others practise at this server too.
    let name = format!("eid_test_{}", hex::encode(Dice::system().bytes::<8>()));
    at(server, format!("CREATE DATABASE {name}")).await;
    let url = PgConnectOptions::from_str(server).unwrap().database(&name).to_url_lossy().to_string();
    let mut replay = Command::new(env!("CARGO_BIN_EXE_eid"));
    // One that turns us away is an error at the start, when the schema has been made.
    let redis = redis.replacen("redis://", "redis://:wrong@", 1);
    replay.args(["replay", "--requests", "200", "--store", &url, "--redis", &redis]);
    let said = ended(&mut replay).await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let left = sqlx::query_scalar("SELECT COUNT(*) FROM pg_namespace WHERE nspname LIKE 'eid%'");
    let left: i64 = left.fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    at(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    assert!(said.as_ref().is_err_and(|said| said.contains("cannot use Redis")), "{said:?}");
    assert_eq!(left, 0);
}
