//! `eid workstation`: the names of offices' workstations, from the console of the machine.

use std::io::Write;
use std::process::ExitCode;

use clap::Subcommand;

use super::{FAILED, Settings};
use crate::domain::workstation::WorkstationId;
use crate::server;
use crate::sys::{Clock, Dice};

const RELEASE_HELP: &str = "\
The first capture under a name binds it to its office. Where that was a slip, or a machine
moves to another office, give the name free: the next capture under it binds it anew, and its
numbers begin at 1. What came before stays where it is, under a name made for it, which is
printed. First see to it that the old office sends nothing more under the name.

Example:
  eid workstation release hcm-q1-03 --config /etc/eid/eid.toml";

/// `eid workstation`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Gives a workstation's name free for another office
    #[command(after_help = RELEASE_HELP)]
    Release {
        /// The name
        #[arg(value_parser = name)]
        name: WorkstationId,
        #[command(flatten)]
        settings: Settings,
    },
}

pub(super) async fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let Command::Release { name, settings } = command;
    let app = server::open(&settings.load()?, Clock::System, Dice::system()).await?;
    let released = app.release_workstation(name).await;
    app.store().clone().close().await;
    let Some(released) = released? else {
        writeln!(out, "No capture came under the name {name}; nothing was changed.")?;
        return Ok(ExitCode::from(FAILED));
    };
    writeln!(out, "{name} is free. What office {} sent under it is kept as {}.", released.office, released.kept_as)?;
    Ok(ExitCode::SUCCESS)
}

fn name(text: &str) -> Result<WorkstationId, String> {
    WorkstationId::parse(text).map_err(|fault| fault.to_string())
}
