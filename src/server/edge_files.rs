//! The files of the mTLS edge: read at start, and again while the server runs.
//!
//! A file that changed and can be used counts for the next handshake; one that cannot leaves what it held as it was, is said
//! loudly each time, and holds up no other.

#[cfg(test)]
mod tests;

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
use crate::observe::Meters;
use crate::sys::Clock;
use crate::tls::{self, Crls, OpenConnections};

/// Files in the folder of lists: more than there are authorities.
const LISTS_MAX: usize = 1_000;

/// The server's own certificate and key: they count together.
#[derive(PartialEq, Eq)]
struct Own {
    chain: Vec<u8>,
    key: zeroize::Zeroizing<Vec<u8>>,
}

impl Own {
    fn read(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            chain: read(&config.server.certificate, "server.certificate")?,
            key: zeroize::Zeroizing::new(read(&config.server.key, "server.key")?),
        })
    }
}

/// Whose clients may connect, and what is revoked of theirs.
#[derive(PartialEq, Eq)]
struct Clients {
    authorities: Vec<u8>,
    crls: Option<Crls>,
}

impl Clients {
    fn read(config: &Config) -> anyhow::Result<Self> {
        let authorities = authorities(config)?;
        let crls = config.server.client_crls.as_deref().map(|folder| {
            let told = "cannot use a list of revoked certificates (setting server.client_crls)";
            Crls::read(&lists(folder)?, &authorities).context(told)
        });
        Ok(Self { crls: crls.transpose()?, authorities })
    }

    /// What takes the place of these with those authorities. Each list that stays instead of a newer one is said.
    fn again(&self, authorities: Vec<u8>, config: &Config, now: Timestamp) -> anyhow::Result<Self> {
        let crls = config.server.client_crls.as_deref().map(|folder| {
            let before = self.crls.clone().unwrap_or_default();
            let (crls, faults) = before.renewed(&lists(folder)?, &authorities, now);
            for fault in faults {
                tracing::error!(%fault, "a list of revoked certificates cannot be used; what is in force stays");
            }
            anyhow::Ok(crls)
        });
        Ok(Self { crls: crls.transpose()?, authorities })
    }
}

fn settings(own: &Own, clients: &Clients) -> anyhow::Result<Arc<ServerConfig>> {
    Ok(tls::server_config_with(&own.chain, &own.key, &clients.authorities, clients.crls.as_ref())?)
}

fn tell(error: &anyhow::Error) {
    let error = format!("{error:#}");
    tracing::error!(error, "a file of the mTLS edge cannot be used; what was read before stays in force");
}

fn authorities(config: &Config) -> anyhow::Result<Vec<u8>> {
    read(&config.server.client_ca, "server.client_ca")
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
    own: Own,
    clients: Clients,
    /// Read anew for every handshake.
    pub(super) settings: Arc<ArcSwap<ServerConfig>>,
    /// Ended when their certificates are revoked.
    pub(super) open: OpenConnections,
    meters: Meters,
}

impl EdgeFiles {
    /// Reads them for the first time. A list that has expired is used, and said loudly.
    pub(super) fn new(config: &Config, meters: &Meters, now: Timestamp) -> anyhow::Result<Self> {
        let (own, clients) = (Own::read(config)?, Clients::read(config)?);
        let settings = Arc::new(ArcSwap::new(settings(&own, &clients)?));
        let open = OpenConnections::counted_by(meters.clone());
        open.revoke(clients.crls.clone().unwrap_or_default());
        let files = Self { config: config.clone(), own, clients, settings, open, meters: meters.clone() };
        files.tell_ends();
        files.tell_expired(now);
        Ok(files)
    }

    /// Reads them again; whether anything counts now that did not before.
    fn refresh(&mut self, now: Timestamp) -> bool {
        self.tell_expired(now);
        let (own, clients) = (self.renew_own(), self.renew_clients(now));
        [own, clients].into_iter().fold(false, |changed, renewed| match renewed {
            Ok(counts) => changed || counts,
            Err(error) => {
                tell(&error);
                changed
            }
        })
    }

    fn renew_own(&mut self) -> anyhow::Result<bool> {
        let own = Own::read(&self.config)?;
        if own == self.own {
            return Ok(false);
        }
        self.settings.store(settings(&own, &self.clients)?);
        self.own = own;
        self.tell_ends();
        tracing::info!("the server's own certificate was read again");
        Ok(true)
    }

    /// Revocations do not wait for authorities that cannot be used: those of before have theirs.
    fn renew_clients(&mut self, now: Timestamp) -> anyhow::Result<bool> {
        let today = authorities(&self.config).and_then(|today| self.put_clients(today, now));
        let before = match &today {
            Ok(_) => Ok(false),
            Err(_) => self.put_clients(self.clients.authorities.clone(), now),
        };
        if let (Ok(true), Err(error)) = (&before, &today) {
            tell(error);
            return Ok(true);
        }
        today
    }

    fn put_clients(&mut self, authorities: Vec<u8>, now: Timestamp) -> anyhow::Result<bool> {
        let clients = self.clients.again(authorities, &self.config, now)?;
        if clients == self.clients {
            return Ok(false);
        }
        self.settings.store(settings(&self.own, &clients)?);
        let ended = self.open.revoke(clients.crls.clone().unwrap_or_default());
        let revoked = clients.crls.as_ref().map_or(0, Crls::revoked);
        self.clients = clients;
        self.tell_ends();
        tracing::info!(revoked, ended, "the authorities of clients and their lists were read again");
        Ok(true)
    }

    /// Tells the metrics when certificates end.
    fn tell_ends(&self) {
        let ends = [("server", &self.own.chain), ("client-ca", &self.clients.authorities)];
        for (certificate, at) in ends.into_iter().filter_map(|(name, pem)| Some((name, tls::first_end(pem)?))) {
            self.meters.certificate_ends(certificate, at);
        }
    }

    fn tell_expired(&self, now: Timestamp) {
        for file in self.clients.crls.iter().flat_map(|crls| crls.expired(now)) {
            tracing::error!(file, "a list of revoked certificates has expired; it is used until a newer one is there");
        }
    }

    /// Reads them again now and then, and at SIGHUP, until `stop`. SIGHUP, which would end the program, is heard as soon as
    /// this returns.
    pub(super) fn watch(mut self, every: Duration, clock: Clock, stop: CancellationToken) -> impl Future<Output = ()> {
        let mut hangup = match signal(SignalKind::hangup()) {
            Ok(hangup) => Some(hangup),
            Err(error) => {
                tracing::error!(%error, "SIGHUP cannot be heard; files are looked at now and then");
                None
            }
        };
        async move {
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
                self.refresh(clock.now());
            }
        }
    }
}
