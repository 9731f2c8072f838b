//! `eid demo`: a practice installation, and the people who use it.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::FAILED;
use super::client;
use super::demo::{self as acting, Cast, Company, FileMailbox, Programme, Tally};
use super::registry;
use super::rehearsal::Rehearsal;
use crate::practice::country::Country;
use crate::server;

const EXAMPLES: &str = "\
Examples:
  eid demo
  eid demo --applicants 1000
  eid demo --store postgres://postgres@localhost/postgres";

/// `eid demo`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {
    /// Applicants who must be accepted; those who must fail come on top
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(6..=100_000))]
    applicants: u32,
    /// A PostgreSQL server to play on, in a schema that is removed afterwards [default: SQLite in a temporary folder]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Brings the same applicants again [default: others each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Plays. Ends with 0 if each answer was the expected one, otherwise with 1.
///
/// # Errors
/// If the parts cannot be made or started.
pub(super) async fn run(demo: &Demo) -> anyhow::Result<ExitCode> {
    // Boxed: the company and what it hands in are large.
    let act = async |rehearsal: &Rehearsal| Box::pin(prepared(demo, rehearsal)).await;
    let played = Rehearsal::hold("eid-demo-", demo.store.clone(), |_| {}, act).await?;
    Ok(if played.unexpected == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// Draws the company, tells the service what it has to know of it, and lets it play.
async fn prepared(demo: &Demo, rehearsal: &Rehearsal) -> anyhow::Result<Tally> {
    println!("eid demo: everything below is practice material in {}", rehearsal.home().display());
    let (country, now) = (Country::of_practice(), rehearsal.clock.now());
    server::trust_practice(&rehearsal.app, country.csca(), &country.crl_in_force(now.local_date())).await?;
    let programme = Programme {
        applicants: demo.applicants as usize,
        seed: demo.seed.unwrap_or_else(|| u64::from_le_bytes(rehearsal.dice.bytes())),
        now,
        terminal: std::io::stdout().is_terminal(),
    };
    let company = Company::draw(&programme);
    let records = rehearsal.home().join("records.csv");
    std::fs::write(&records, company.records()).context("cannot write the practice records")?;
    let known = registry::import_practice(&rehearsal.app, &records).await?;
    let playing = async |rehearsal: &Rehearsal, address: &str| {
        println!("serving on {address} over mutual TLS, store {}", rehearsal.config.store.url);
        println!("the practice country's authority is trusted; the immigration record knows {known} people");
        // Boxed: the company and what it hands in are large.
        Box::pin(act(rehearsal, address, programme, company)).await
    };
    Box::pin(rehearsal.play(playing)).await
}

async fn act(rehearsal: &Rehearsal, address: &str, programme: Programme, company: Company) -> anyhow::Result<Tally> {
    let channel = async |stem: &str| client::connect(&rehearsal.target(address, stem)).await;
    let cast = Cast {
        officer: channel("officer-79-01").await?,
        other_officer: channel("officer-01-01").await?,
        supervisor: channel("supervisor-79-01").await?,
        authority: channel("authority").await?,
        app: channel("app-backend").await?,
        administrator: channel("administrator").await?,
        second_administrator: channel("administrator-2").await?,
        registry_writer: channel("registry-writer").await?,
        hotline: channel("hotline").await?,
        second_hotline: channel("hotline-2").await?,
    };
    let mailbox = FileMailbox::new(rehearsal.config.notify.file.clone());
    let out = &mut std::io::stdout().lock();
    Box::pin(acting::play(cast, programme, company, mailbox, &rehearsal.clock, out)).await
}
