//! The wiring: parts are made from settings, in order, and started. Sees everything, decides nothing.

mod carriers;
mod development;
mod edge;
mod edge_files;
mod log;
mod operators;
mod parts;
mod traces;
mod workers;

pub use development::{Practice, prepare, register_practice_staff, trust_practice};
pub use edge::{Edge, serve_on};
pub use log::start_log;
pub use parts::{open, over, settings};
pub use traces::Traces;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::observe::Worker;
use crate::tls;

/// How long calls under way may take to end once the server is told to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How long the store may take to commit what was handed over, and to close. With [`GRACE`] this is within the 30 seconds
/// that Kubernetes gives.
const CLOSING: Duration = Duration::from_secs(5);

/// A running server.
#[derive(Debug)]
pub struct Started {
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
    delivering: JoinHandle<()>,
    /// The lines to carriers outlive the delivery: what was claimed is sent before it ends.
    lines: CancellationToken,
    keeping_lines: JoinHandle<()>,
    watching_trust: JoinHandle<()>,
    erasing: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    indexing: JoinHandle<()>,
    counting: JoinHandle<()>,
    publishing: JoinHandle<()>,
    reminding: JoinHandle<()>,
    looking_after: JoinHandle<()>,
    contacts: JoinHandle<()>,
    watching_files: JoinHandle<()>,
    keeping_directory: JoinHandle<()>,
    observing: Option<Observing>,
    app: App,
}

impl Started {
    /// Where operators ask, if they may.
    pub fn operators(&self) -> Option<SocketAddr> {
        self.observing.as_ref().map(|observing| observing.address)
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it ends by itself, which it does only if it cannot go on, or until `signal`; then stops it: calls
    /// under way are answered, what was handed to the store is committed, connections are closed.
    ///
    /// # Errors
    /// If serving failed.
    pub async fn until(mut self, signal: impl Future<Output = ()>) -> anyhow::Result<()> {
        let early = tokio::select! {
            () = signal => None,
            ended = &mut self.serving => Some(ended),
        };
        self.stop.cancel();
        let ended = match early {
            Some(ended) => ended,
            // Streams that a client leaves open have no end of their own.
            None => tokio::time::timeout(GRACE, &mut self.serving).await.unwrap_or_else(|_| {
                tracing::warn!("calls were cut off after {} seconds of grace", GRACE.as_secs());
                self.serving.abort();
                Ok(Ok(()))
            }),
        };
        let closing = async {
            self.delivering.await.context("the delivery task failed")?;
            self.lines.cancel();
            self.keeping_lines.await.context("the task that keeps lines to carriers failed")?;
            self.watching_trust.await.context("the watch over the trust store failed")?;
            self.erasing.await.context("the erasing task failed")?;
            self.sweeping.await.context("the sweeping task failed")?;
            self.indexing.await.context("the indexing task failed")?;
            self.counting.await.context("the task that counts deadlines failed")?;
            self.publishing.await.context("the task that publishes lists of revoked devices failed")?;
            self.reminding.await.context("the task that reminds holders failed")?;
            self.looking_after.await.context("the task that looks after accounts failed")?;
            self.contacts.await.context("the task that moves contact changes on failed")?;
            self.watching_files.await.context("the watch over the files of the edge failed")?;
            self.keeping_directory.await.context("the task that keeps the staff directory failed")?;
            if let Some(observing) = self.observing {
                observing.end().await?;
            }
            self.app.store().clone().close().await;
            Ok::<(), anyhow::Error>(())
        };
        if let Ok(closed) = tokio::time::timeout(CLOSING, closing).await {
            closed?;
        } else {
            tracing::warn!("the store did not close within {} seconds", CLOSING.as_secs());
        }
        ended.context("the serving task failed")?
    }
}

/// What operators see, while the server runs.
#[derive(Debug)]
struct Observing {
    address: SocketAddr,
    /// The port outlives the serving: it says that the process is stopping.
    end: CancellationToken,
    answering: JoinHandle<()>,
    counting: JoinHandle<()>,
}

impl Observing {
    /// Opens the port for operators, if there is to be one, and begins to count for it.
    async fn start(config: &Config, app: &App, stop: &CancellationToken) -> anyhow::Result<Option<Self>> {
        app.meters().started(app.clock().now(), &Worker::ALL);
        let Some(listen) = config.observe.listen else { return Ok(None) };
        let told = || format!("cannot listen on {listen} (setting observe.listen)");
        let listener = TcpListener::bind(listen).await.with_context(told)?;
        let (address, end) = (listener.local_addr()?, CancellationToken::new());
        tracing::info!(%address, "answering operators");
        let answering = tokio::spawn(operators::serve(app.clone(), listener, stop.clone(), end.clone()));
        let counting = tokio::spawn(workers::count_backlog(app.clone(), stop.clone()));
        Ok(Some(Self { address, end, answering, counting }))
    }

    async fn end(self) -> anyhow::Result<()> {
        self.counting.await.context("the task that counts what waits failed")?;
        self.end.cancel();
        self.answering.await.context("the task that answers operators failed")
    }
}

/// Starts serving `app`. Refuses to if a method has no rule.
///
/// # Errors
/// If a certificate, the address or the policy table is not right.
pub async fn start(config: &Config, app: App) -> anyhow::Result<Started> {
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("cannot listen on {} (setting server.listen)", config.server.listen))?;
    let address = listener.local_addr()?;
    let files = edge_files::EdgeFiles::new(config, app.meters(), app.clock().now())?;
    let stop = CancellationToken::new();
    let handshakes = tls::Limits {
        handshake_time: Duration::from_secs(config.server.handshake_secs),
        connections_max: config.server.connections_max,
        ..tls::Limits::default()
    };
    let incoming = tls::incoming(listener, files.settings.clone(), files.open.clone(), handshakes, stop.clone());
    let observing = Observing::start(config, &app, &stop).await?;
    app.adopt_shipped().await.context("cannot put in place what comes with the program")?;
    // No chip is judged before it is known by whom.
    app.refresh_trust().await.context("cannot read the trust store")?;
    app.limits().greet().await.context("cannot use Redis (setting limits.redis_url)")?;
    let edge = Edge {
        message_bytes_max: config.server.message_bytes_max,
        concurrent_per_connection: config.server.concurrent_per_connection,
        calls_max: config.server.calls_max,
        reflection: config.server.reflection,
    };
    let serving = tokio::spawn(serve_on(app.clone(), edge, incoming, stop.clone()));
    let delivering = tokio::spawn(workers::deliver(app.clone(), stop.clone()));
    let lines = CancellationToken::new();
    let keeping_lines = tokio::spawn(workers::keep_lines(app.clone(), lines.clone()));
    let every = Duration::from_secs(config.trust.refresh_secs);
    let watching_trust = tokio::spawn(workers::watch_trust(app.clone(), every, stop.clone()));
    let erasing = tokio::spawn(workers::erase(app.clone(), stop.clone()));
    let sweeping = tokio::spawn(workers::sweep(app.clone(), stop.clone()));
    let indexing = tokio::spawn(workers::index_duplicates(app.clone(), stop.clone()));
    let counting = tokio::spawn(workers::keep_deadlines(app.clone(), stop.clone()));
    let publishing = tokio::spawn(workers::publish_lists(app.clone(), stop.clone()));
    let every = Duration::from_secs(config.server.tls_refresh_secs);
    let watching_files = tokio::spawn(files.watch(every, app.clock().clone(), stop.clone()));
    let keeping_directory = tokio::spawn(workers::keep_directory(app.clone(), stop.clone()));
    let reminding = tokio::spawn(workers::remind(app.clone(), stop.clone()));
    let looking_after = tokio::spawn(workers::look_after(app.clone(), stop.clone()));
    let contacts = tokio::spawn(workers::settle_contacts(app.clone(), stop.clone()));
    Ok(Started {
        address,
        stop,
        serving,
        delivering,
        lines,
        keeping_lines,
        watching_trust,
        erasing,
        sweeping,
        indexing,
        counting,
        publishing,
        reminding,
        looking_after,
        contacts,
        watching_files,
        keeping_directory,
        observing,
        app,
    })
}
