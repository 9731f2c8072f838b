//! The files of the mTLS edge: read at start, and again while the server runs.
//!
//! A file that changed and can be used counts for the next handshake; one that cannot leaves everything as it was, and is said
//! loudly.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::parts::read;
use crate::config::Config;
use crate::domain::time::Timestamp;
use crate::sys::Clock;
use crate::tls::{self, Crls, OpenConnections};

/// Files in the folder of lists: more than there are authorities.
const LISTS_MAX: usize = 1_000;

/// What was read of the files.
#[derive(PartialEq, Eq)]
struct Read {
    chain: Vec<u8>,
    key: zeroize::Zeroizing<Vec<u8>>,
    client_ca: Vec<u8>,
    lists: Option<Vec<(String, Vec<u8>)>>,
}

impl Read {
    fn now(config: &Config) -> anyhow::Result<Self> {
        let server = &config.server;
        Ok(Self {
            chain: read(&server.certificate, "server.certificate")?,
            key: zeroize::Zeroizing::new(read(&server.key, "server.key")?),
            client_ca: read(&server.client_ca, "server.client_ca")?,
            lists: server.client_crls.as_deref().map(lists).transpose()?,
        })
    }

    fn crls(&self) -> anyhow::Result<Option<Crls>> {
        let crls = self.lists.as_ref().map(|lists| Crls::read(lists, &self.client_ca)).transpose();
        crls.context("cannot use a list of revoked certificates (setting server.client_crls)")
    }

    fn settings(&self, crls: Option<&Crls>) -> anyhow::Result<Arc<ServerConfig>> {
        Ok(tls::server_config_with(&self.chain, &self.key, &self.client_ca, crls)?)
    }
}

fn lists(folder: &Path) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let told = || format!("cannot read {} (setting server.client_crls)", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(told)?.take(LISTS_MAX) {
        let path = entry.with_context(told)?.path();
        // Editors and mounts leave hidden files and folders there.
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_file() && !name.starts_with('.') {
            found.push((name, read(&path, "server.client_crls")?));
        }
    }
    found.sort();
    Ok(found)
}

/// The mTLS settings of the moment, and the connections that hang on them.
pub(super) struct EdgeFiles {
    config: Config,
    last: Read,
    crls: Option<Crls>,
    /// Read anew for every handshake.
    pub(super) settings: Arc<ArcSwap<ServerConfig>>,
    /// Ended when their certificates are revoked.
    pub(super) open: OpenConnections,
}

impl EdgeFiles {
    /// Reads them for the first time. A list that has expired is used, and said loudly.
    pub(super) fn new(config: &Config, now: Timestamp) -> anyhow::Result<Self> {
        let last = Read::now(config)?;
        let crls = last.crls()?;
        let settings = Arc::new(ArcSwap::new(last.settings(crls.as_ref())?));
        let open = OpenConnections::default();
        open.revoke(crls.clone().unwrap_or_default());
        let files = Self { config: config.clone(), last, crls, settings, open };
        files.tell_expired(now);
        Ok(files)
    }

    /// Reads them again; whether anything counts now that did not before.
    fn refresh(&mut self, now: Timestamp) -> anyhow::Result<bool> {
        self.tell_expired(now);
        let found = Read::now(&self.config)?;
        if found == self.last {
            return Ok(false);
        }
        let crls = found.crls()?;
        if let Some((new, before)) = crls.as_ref().zip(self.crls.as_ref()) {
            new.follow(before, now).context("the lists of revoked certificates stay as they were")?;
        }
        self.settings.store(found.settings(crls.as_ref())?);
        let ended = self.open.revoke(crls.clone().unwrap_or_default());
        let revoked = crls.as_ref().map_or(0, Crls::revoked);
        tracing::info!(revoked, ended, "the files of the mTLS edge were read again");
        (self.last, self.crls) = (found, crls);
        Ok(true)
    }

    fn tell_expired(&self, now: Timestamp) {
        for file in self.crls.iter().flat_map(|crls| crls.expired(now)) {
            tracing::error!(file, "a list of revoked certificates has expired; it is used until a newer one is there");
        }
    }

    /// Reads them again now and then, and at SIGHUP, until `stop`.
    pub(super) async fn watch(mut self, every: Duration, clock: Clock, stop: CancellationToken) {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => Some(hangup),
            Err(error) => {
                tracing::error!(%error, "SIGHUP cannot be heard; files are looked at now and then");
                None
            }
        };
        while !stop.is_cancelled() {
            let hung_up = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                _ = hung_up => {}
                () = tokio::time::sleep(every) => {}
            }
            if let Err(error) = self.refresh(clock.now()) {
                let error = format!("{error:#}");
                tracing::error!(error, "the files of the mTLS edge cannot be used; those of before stay in force");
            }
        }
    }
}
