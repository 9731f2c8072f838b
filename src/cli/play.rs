//! `eid demo`: everything from nothing (certificates, keys, store, server), the people who use it, and nothing left behind.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tempfile::TempDir;

use super::FAILED;
use super::client::{self, Target};
use super::demo::{self as acting, Cast, Company, FileMailbox, Programme, Tally};
use super::registry;
use crate::config::{Config, RegistrySource, Url};
use crate::pki::DevelopmentPki;
use crate::practice::country::Country;
use crate::server;
use crate::store::{Schema, Store};
use crate::sys::{Clock, Dice};

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
    let (clock, dice) = (Clock::movable(), Dice::system());
    let home = TempDir::with_prefix("eid-demo-").context("cannot make a temporary folder")?;
    let config = settings(home.path(), demo.store.clone())?;
    let practice = server::prepare(&config, &clock, &dice)?.context("the demo runs in development mode only")?;
    println!("eid demo: everything below is practice material in {}", home.path().display());

    let (url, schema) = (config.store_url()?, Schema::practice(u64::from_le_bytes(dice.bytes())));
    let store = Store::open_practice(&url, config.store.connections, &schema).await.context("cannot open the store")?;
    store.migrate().await.context("cannot make the schema")?;
    let app = server::over(&config, store, clock.clone(), dice.clone())?;
    server::register_practice_staff(&app, &practice.pki).await?;
    let (country, today) = (Country::of_practice(), clock.now().local_date());
    server::trust_practice(&app, country.csca(), &country.crl_in_force(today)).await?;
    let programme = Programme {
        applicants: demo.applicants as usize,
        seed: demo.seed.unwrap_or_else(|| u64::from_le_bytes(dice.bytes())),
        now: clock.now(),
        terminal: std::io::stdout().is_terminal(),
    };
    let company = Company::draw(&programme);
    let records = home.path().join("records.csv");
    std::fs::write(&records, company.records()).context("cannot write the practice records")?;
    let known = registry::import_practice(&app, &records).await?;
    let started = server::start(&config, app).await?;
    println!("serving on {} over mutual TLS, store {}", started.address(), config.store.url);
    println!("the practice country's authority is trusted; the immigration record knows {known} people");

    let address = format!("https://localhost:{}", started.address().port());
    // Boxed: the company and what it hands in are large.
    let played = Box::pin(act(&address, &practice.pki, (programme, company), &config, &clock)).await;
    started.until(std::future::ready(())).await?;
    Store::drop_practice(&url, &schema).await.context("cannot remove the practice schema")?;
    Ok(if played?.unexpected == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

async fn act(
    address: &str,
    pki: &DevelopmentPki,
    (programme, company): (Programme, Company),
    config: &Config,
    clock: &Clock,
) -> anyhow::Result<Tally> {
    let channel = async |stem: &str| {
        let (ca, certificate, key) = (pki.server_ca_path(), pki.cert_path(stem), pki.key_path(stem));
        client::connect(&Target { server: address.to_owned(), ca, certificate, key }).await
    };
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
    let mailbox = FileMailbox::new(config.notify.file.clone());
    Box::pin(acting::play(cast, programme, company, mailbox, clock, &mut std::io::stdout().lock())).await
}

fn settings(home: &Path, store: Option<String>) -> anyhow::Result<Config> {
    let mut config = Config::development(home)?;
    config.server.listen.set_port(0);
    config.registry.source = RegistrySource::Table;
    if let Some(url) = store {
        config.store.url = Url::Plain(url);
    }
    Ok(config)
}
