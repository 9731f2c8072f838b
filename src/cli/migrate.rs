//! `eid migrate`: brings the schema up to date.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::Config;
use crate::store::Store;

/// Migrates the store that the settings name.
///
/// # Errors
/// If it cannot be reached or a migration fails.
pub(super) async fn run(config: &Config, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let store = Store::open(&config.store_url()?, 1).await.context("cannot open the store (setting store.url)")?;
    store.migrate().await.context("cannot bring the schema up to date")?;
    store.close().await;
    writeln!(out, "The schema of {} is up to date.", config.store.url)?;
    Ok(ExitCode::SUCCESS)
}
