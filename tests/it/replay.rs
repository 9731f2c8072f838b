//! A small campaign, replayed by the real program on the engine under test: it balances, in the published proportions.

use serde_json::Value;
use tokio::process::Command;

use crate::support::database::postgres;
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
