//! `eid load`: how fast the service is, and what that costs.
//!
//! Owns the ground (a practice installation with many officers and people), the calls, their pace and the figures. Knows the
//! service from outside only: it calls over mutual TLS as its users do. Every answer is read; a wrong one counts as failed.

mod calls;
mod drive;
mod echo;
mod ground;
mod raw;
mod report;
mod usage;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::{FAILED, USAGE};

const RUN_HELP: &str = "\
Exit codes:
  0  every answer was right
  1  some were not
  3  wrong usage, or the ground cannot be used

Example, with the service in another terminal:
  eid load prepare /tmp/ground --people 20000 --officers 64
  eid serve --config /tmp/ground/eid.toml
  eid load run /tmp/ground submit --connections 64 --in-flight 128 --seconds 10
  eid load run /tmp/ground decide
  eid load run /tmp/ground status --connections 4 --in-flight 128 --seconds 10 --json";

/// `eid load`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Makes a practice installation with many officers, and people who are to apply
    Prepare(Prepare),
    /// Calls the service and tells how fast it answered
    Run(Run),
    /// Serves the least that a server can do: takes any message over mutual TLS, and answers with as many bytes as it is told
    Echo(Echo),
}

/// `eid load prepare`.
#[derive(Debug, Args)]
pub(super) struct Prepare {
    /// The folder, new or empty
    ground: PathBuf,
    /// A database that is empty [default: SQLite in the folder]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// A Redis to count calls in
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Connections to the database
    #[arg(long, value_name = "N", default_value_t = 16)]
    store_connections: u32,
    /// Where the service is to listen
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    port: u16,
    /// Officers who call, each with a certificate and a connection
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    officers: u16,
    /// People who can apply, whom the immigration record knows
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    people: u32,
    /// Their passports have chips, which costs a millisecond each
    #[arg(long)]
    chips: bool,
    /// Brings the same people again
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum What {
    /// Requests are handed in, each for another person
    Submit,
    /// The authority claims what waits and approves all of it
    Decide,
    /// It is asked where accounts stand
    Status,
    /// Codes are sent to those who have none
    SendCode,
    /// The codes that were sent are typed
    Activate,
}

/// `eid load run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub(super) struct Run {
    /// The folder that `eid load prepare` made
    ground: PathBuf,
    /// What is called
    #[arg(value_enum)]
    what: What,
    /// Where the service is [default: as the ground says]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Connections, each of another caller where there are several
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    connections: u16,
    /// Calls under way at once, over all connections
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: u32,
    /// Calls begun in a second, whatever the answers do [default: the next one when one is answered]
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// How long
    #[arg(long, value_name = "SECS", default_value_t = 10)]
    seconds: u64,
    /// How long before anything is counted
    #[arg(long, value_name = "SECS", default_value_t = 2)]
    warm_up: u64,
    /// At most so many calls
    #[arg(long, value_name = "N")]
    calls: Option<u64>,
    /// Processes (with their children) whose time and memory are told: of the service, of the database
    #[arg(long, value_name = "PID")]
    pid: Vec<i32>,
    /// Nobody reads the answers: the peer is an echo
    #[arg(long)]
    unread: bool,
    /// The figures as one line of JSON
    #[arg(long)]
    json: bool,
}

/// `eid load echo`.
#[derive(Debug, Args)]
pub(super) struct Echo {
    /// The folder that `eid load prepare` made: whose certificates it uses
    ground: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "PORT")]
    port: u16,
    /// Bytes of an answer
    #[arg(long, value_name = "N", default_value_t = 100)]
    bytes: usize,
}

/// Does what was asked.
///
/// # Errors
/// If it cannot be done.
pub(super) async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Prepare(prepare) => ground::prepare(&prepare).await.map(|()| ExitCode::SUCCESS),
        Command::Run(run) => measure(&run).await,
        Command::Echo(echo) => echo::serve(&echo).await.map(|()| ExitCode::SUCCESS),
    }
}

async fn measure(run: &Run) -> anyhow::Result<ExitCode> {
    let mut ground = ground::Ground::open(&run.ground)?;
    let Some(calls) = calls::prepare(run, &mut ground).await? else {
        eprintln!("error: nobody is left for this: prepare a ground with more people, or run what comes before it");
        return Ok(ExitCode::from(USAGE));
    };
    let channels = ground.channels(run, calls.callers()).await?;
    let watch = usage::Watch::new(&run.pid);
    let (driven, sent) = drive::drive(run, channels, calls, watch).await?;
    ground.keep_sent(&sent)?;
    let told = report::Report::of(run, &driven);
    println!("{}", if run.json { told.json()? } else { told.to_string() });
    Ok(if driven.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}
