//! `eid demo`: everything from nothing (certificates, keys, store, server), the people who use it, and nothing left behind.

use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;

use super::client;
use super::demo::{self, Cast, FileMailbox, Programme, Tally};
use crate::config::{Config, Url};
use crate::pki::DevelopmentPki;
use crate::server;
use crate::store::{Schema, Store};
use crate::sys::{Clock, Dice};

/// What to play.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Applicants who must be accepted.
    pub applicants: usize,
    /// The store; an embedded one in a temporary folder if absent.
    pub store: Option<String>,
    /// The seed; another one each time if absent.
    pub seed: Option<u64>,
}

/// Plays; true if each answer was the expected one.
///
/// # Errors
/// If the parts cannot be made or started.
pub async fn run(wish: Wish) -> anyhow::Result<bool> {
    let (clock, dice) = (Clock::System, Dice::System);
    let home = TempDir::with_prefix("eid-demo-").context("cannot make a temporary folder")?;
    let config = settings(home.path(), wish.store)?;
    let practice = server::prepare(&config, &clock, &dice)?.context("the demo runs in development mode only")?;
    println!("eid demo: everything below is practice material in {}", home.path().display());

    let (url, schema) = (config.store_url()?, Schema::practice(u64::from_le_bytes(dice.bytes())));
    let store = Store::open_practice(&url, config.store.connections, &schema).await.context("cannot open the store")?;
    store.migrate().await.context("cannot make the schema")?;
    let app = server::over(&config, store, clock.clone(), dice.clone())?;
    server::register_practice_staff(&app, &practice.pki).await?;
    let started = server::start(&config, app).await?;
    println!("serving on {} over mutual TLS, store {}\n", started.address(), config.store.url);

    let programme = Programme {
        applicants: wish.applicants,
        seed: wish.seed.unwrap_or_else(|| u64::from_le_bytes(dice.bytes())),
        now: clock.now(),
        terminal: std::io::stdout().is_terminal(),
    };
    let address = format!("https://localhost:{}", started.address().port());
    let played = act(&address, &practice.pki, programme, &config).await;
    started.until(std::future::ready(())).await?;
    Store::drop_practice(&url, &schema).await.context("cannot remove the practice schema")?;
    Ok(played?.unexpected == 0)
}

async fn act(address: &str, pki: &DevelopmentPki, programme: Programme, config: &Config) -> anyhow::Result<Tally> {
    let channel = async |stem: &str| {
        client::connect(address, &pki.server_ca_path(), &pki.cert_path(stem), &pki.key_path(stem)).await
    };
    let cast = Cast {
        officer: channel("officer-79-01").await?,
        other_officer: channel("officer-01-01").await?,
        authority: channel("authority").await?,
        app: channel("app-backend").await?,
        administrator: channel("administrator").await?,
    };
    let mailbox = FileMailbox::new(config.notify.file.clone());
    demo::play(cast, programme, mailbox, &mut std::io::stdout().lock()).await
}

fn settings(home: &Path, store: Option<String>) -> anyhow::Result<Config> {
    let mut config = Config::development(home)?;
    config.server.listen.set_port(0);
    if let Some(url) = store {
        config.store.url = Url::Plain(url);
    }
    Ok(config)
}
