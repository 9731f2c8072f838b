//! A practice installation in this process: everything from nothing (certificates, keys, store, server), and nothing left
//! behind.

use std::path::Path;

use anyhow::Context as _;
use tempfile::TempDir;

use super::client::Target;
use crate::app::App;
use crate::config::{Config, RegistrySource, Url};
use crate::pki::DevelopmentPki;
use crate::server;
use crate::store::{Schema, Store};
use crate::sys::{Clock, Dice};

/// An installation that does not serve yet.
pub(super) struct Rehearsal {
    home: TempDir,
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) dice: Dice,
    pub(super) pki: DevelopmentPki,
    pub(super) app: App,
}

impl Rehearsal {
    /// Makes one, with the practice callers in its directory, and removes all of it when `act` is through, however that ends.
    /// `named` begins the name of its folder, `store` is the PostgreSQL server to rehearse on, and `set` changes what differs.
    ///
    /// # Errors
    /// If the parts cannot be made or removed, or if `act` could not go on.
    pub(super) async fn hold<T>(
        named: &str,
        store: Option<String>,
        set: impl FnOnce(&mut Config),
        act: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let (clock, dice) = (Clock::movable(), Dice::system());
        let home = TempDir::with_prefix(named).context("cannot make a temporary folder")?;
        let mut config = Config::development(home.path())?;
        config.server.listen.set_port(0);
        config.registry.source = RegistrySource::Table;
        if let Some(url) = store {
            config.store.url = Url::Plain(url);
        }
        set(&mut config);
        let practice = server::prepare(&config, &clock, &dice)?.context("practice runs in development mode only")?;
        let (url, schema) = (config.store_url()?, Schema::practice(u64::from_le_bytes(dice.bytes())));
        let store =
            Store::open_practice(&url, config.store.connections, &schema).await.context("cannot open the store")?;
        let opened = store.clone();
        // Boxed: what is played is large.
        let played = Box::pin(async {
            store.migrate().await.context("cannot make the schema")?;
            let app = server::over(&config, store, clock.clone(), dice.clone())?;
            server::register_practice_staff(&app, &practice.pki).await?;
            act(&Self { home, config, clock, dice, pki: practice.pki, app }).await
        })
        .await;
        opened.close().await;
        let removed = Store::drop_practice(&url, &schema).await.context("cannot remove the practice schema");
        let played = played?;
        removed.map(|()| played)
    }

    /// Its folder.
    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// How a caller reaches it at this address.
    pub(super) fn target(&self, server: &str, stem: &str) -> Target {
        let (ca, certificate, key) = (self.pki.server_ca_path(), self.pki.cert_path(stem), self.pki.key_path(stem));
        Target { server: server.to_owned(), ca, certificate, key }
    }

    /// Serves while `act` plays at its address, then stops.
    ///
    /// # Errors
    /// If it cannot be started or stopped, or if the play could not go on.
    pub(super) async fn play<T>(&self, act: impl AsyncFnOnce(&Self, &str) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let started = server::start(&self.config, self.app.clone()).await?;
        let address = format!("https://localhost:{}", started.address().port());
        // Boxed: what is played is large.
        let played = Box::pin(act(self, &address)).await;
        started.until(std::future::ready(())).await?;
        played
    }
}
