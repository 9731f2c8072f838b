//! `eid serve`: the service itself, until it is told to stop.

use std::process::ExitCode;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, Mode};
use crate::practice::country::Country;
use crate::server;
use crate::sys::{Clock, Dice};

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// If the service cannot start, or cannot go on.
pub(super) async fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let traces = server::start_log(config)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let (clock, dice) = (Clock::System, Dice::system());
    let practice = server::prepare(config, &clock, &dice)?;
    let app = server::open(config, clock, dice).await?;
    if config.mode == Mode::Development {
        app.store().migrate().await.context("cannot bring the schema up to date")?;
    }
    if let Some(practice) = practice {
        for made in &practice.made {
            tracing::warn!("{made}");
        }
        server::register_practice_staff(&app, &practice.pki).await?;
        let (country, today) = (Country::of_practice(), app.clock().now().local_date());
        server::trust_practice(&app, country.csca(), &country.crl_in_force(today)).await?;
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let started = server::start(config, app).await?;
    tracing::info!(address = %started.address(), "serving");
    let told = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: calls under way are answered first");
    };
    let ended = started.until(told).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    ended?;
    Ok(ExitCode::SUCCESS)
}
