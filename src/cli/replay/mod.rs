//! `eid replay`: the campaign of 2025 once more, with practice applicants, on a clock that goes by days.
//!
//! Owns the plan, the people, and those who call: officers out of their spools, supervisors, the authority, the app, the
//! hotline. Knows the service from outside only, over mutual TLS; at the end the service itself says what there is.

mod authority;
mod calls;
mod contacts;
mod counters;
mod days;
mod holders;
mod people;
mod plan;
mod report;
mod stock;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::FAILED;
use super::rehearsal::Rehearsal;
use crate::config::{Config, Url};
use plan::{Plan, Totals};

/// A day of the campaign.
const DAY: Duration = Duration::from_hours(24);
/// Calls of one kind that are under way at once.
const IN_FLIGHT: usize = 32;

const HELP: &str = "\
Exit codes:
  0  all counts agree
  1  they do not, or a call was answered otherwise than it should be

Examples:
  eid replay
  eid replay --requests 5000
  eid replay --store postgres://postgres@localhost/postgres --redis redis://localhost --json";

/// Replays the campaign of 2025 with practice applicants
///
/// From 1 July to 18 August 2025, 34 units received 50,809 requests; 43,926 accounts
/// were issued, 33,601 activated and 10,325 not, and of 50 contact changes 44 came to
/// their end. All of that happens once more: officers hand in what they captured out
/// of spools, supervisors look at what is referred, the authority decides, holders
/// activate and change their contacts, each by calls over mutual TLS with every check
/// on, while the clock goes on by days. Everything is made from nothing and removed
/// afterwards.
///
/// At the end the service is asked what there is. A table sets that beside what the
/// callers were answered and what was published; if the three differ, the replay
/// failed. So it has if any call is answered otherwise than it should be.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(super) struct Replay {
    /// Requests, in the published proportions
    #[arg(long, value_name = "N", default_value_t = Totals::PUBLISHED.received,
        value_parser = clap::value_parser!(u32).range(i64::from(plan::REQUESTS_MIN)..=400_000))]
    requests: u32,
    /// A PostgreSQL server to replay on, in a schema that is removed afterwards [default: SQLite in a temporary folder]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// A Redis to count calls in
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Connections to the database
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    store_connections: u32,
    /// Brings the same people again [default: others each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The figures as one line of JSON
    #[arg(long)]
    json: bool,
}

/// Replays.
///
/// # Errors
/// If the parts cannot be made or started, or a call is answered otherwise than it should be.
pub(super) async fn run(replay: &Replay) -> anyhow::Result<ExitCode> {
    let set = |config: &mut Config| {
        config.store.connections = replay.store_connections;
        config.limits.redis = replay.redis.clone().map(Url::Plain);
    };
    let plan = Plan::new(replay.requests);
    let act = async |rehearsal: &Rehearsal| {
        counters::staff(&rehearsal.app, &rehearsal.pki).await?;
        let seed = replay.seed.unwrap_or_else(|| u64::from_le_bytes(rehearsal.dice.bytes()));
        let playing =
            async |rehearsal: &Rehearsal, address: &str| Box::pin(days::play(rehearsal, address, plan, seed)).await;
        rehearsal.play(playing).await
    };
    let report = Rehearsal::hold("eid-replay-", replay.store.clone(), set, act).await?;
    println!("{}", if replay.json { serde_json::to_string(&report)? } else { report.to_string() });
    Ok(if report.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}
