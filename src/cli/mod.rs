//! What the program does on the command line.
//!
//! Owns the commands and their help. Refuses to decide anything about accounts: a command reads its arguments, calls the
//! service or a room of it, prints what came of it, and says the rest with its exit code.

mod admin;
mod backup;
mod calendar;
pub mod client;
mod config;
mod crowd;
pub mod demo;
mod device;
mod document;
mod keys;
mod load;
mod migrate;
mod office;
mod offices;
mod outbox;
mod patience;
mod pki;
mod play;
mod receipt;
mod refusal;
pub mod registry;
mod rehearsal;
mod replay;
mod serve;
mod staff;
mod status;
mod trust;
mod words;
mod workstation;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Faults};

/// The exit codes beside 0, "done as asked".
const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused or failed
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read
Commands that judge say in their own help what 1 and 2 mean there.";

/// Refused or failed.
const FAILED: u8 = 1;
/// The service could not be reached, or gave no answer.
const UNREACHED: u8 = 2;
/// Wrong usage, or a file that cannot be read.
const USAGE: u8 = 3;

/// Issues level-2 electronic identities (eID) to foreigners.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

// No Debug: arguments can be personal data.
#[derive(Subcommand)]
enum Command {
    /// Plays the whole service at work, with practice applicants
    Demo(play::Demo),
    /// Replays the campaign of 2025 with practice applicants: 50 days, 34 units, 50,809 requests
    Replay(replay::Replay),
    /// Starts the service
    Serve(Settings),
    /// Brings the database's schema up to date
    Migrate(Settings),
    Backup(backup::Backup),
    Restore(backup::Restore),
    /// Keeps the staff directory
    #[command(subcommand)]
    Staff(staff::Command),
    /// Keeps the units and offices with their days
    #[command(subcommand)]
    Offices(offices::Command),
    /// Keeps the names of offices' workstations
    #[command(subcommand)]
    Workstation(workstation::Command),
    /// Looks after messages that wait or that failed
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Keeps the immigration record
    #[command(subcommand)]
    Registry(registry::Command),
    /// Keeps the calendar of working days
    #[command(subcommand)]
    Calendar(calendar::Command),
    /// Checks the settings, or shows the defaults
    #[command(subcommand)]
    Config(config::Command),
    /// Makes certificates for practice
    #[command(subcommand)]
    Pki(pki::Command),
    /// Makes the keys that personal data is sealed with
    #[command(subcommand)]
    Keys(keys::Command),
    /// Does an immigration office's work over the network
    #[command(subcommand)]
    Office(office::Command),
    /// Looks after accounts, contacts, proposals and staff over the network
    #[command(subcommand)]
    Admin(admin::Admin),
    Status(status::Status),
    /// Checks the receipts that offices hand out
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// Publishes what concerns the devices of holders
    #[command(subcommand)]
    Device(device::Command),
    /// Tells how fast the service is
    #[command(subcommand)]
    Load(load::Command),
    /// Looks at travel documents away from the service
    #[command(subcommand)]
    Document(document::Command),
    /// Keeps what passports' chips are judged by
    #[command(subcommand)]
    Trust(trust::Command),
}

/// Where the settings are.
#[derive(Debug, Args)]
struct Settings {
    /// The configuration file (TOML); without it, the defaults for development
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Settings {
    fn load(&self) -> Result<Config, Faults> {
        Config::load(self.config.as_deref())
    }
}

/// Reads the command line. Prints help, or what is wrong, by itself.
///
/// # Errors
/// The exit code, if there is nothing left to do.
pub fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|answer| {
        let code = if answer.use_stderr() { USAGE } else { 0 };
        // If this cannot be printed, there is nowhere left to say so.
        let _ = answer.print();
        ExitCode::from(code)
    })
}

/// Does what was asked.
///
/// # Errors
/// If it cannot be done; [`fail`] prints why.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let out = &mut io::stdout();
    match cli.command {
        Command::Demo(demo) => Box::pin(play::run(&demo)).await,
        Command::Replay(replay) => Box::pin(replay::run(&replay)).await,
        Command::Serve(settings) => serve::run(&settings.load()?).await,
        Command::Migrate(settings) => migrate::run(&settings.load()?, out).await,
        Command::Backup(command) => backup::back_up(&command, out).await,
        Command::Restore(command) => backup::restore(&command, out).await,
        Command::Staff(command) => staff::run(&command, out).await,
        Command::Offices(command) => offices::run(&command, out).await,
        Command::Workstation(command) => workstation::run(&command, out).await,
        Command::Outbox(command) => outbox::run(&command, out).await,
        Command::Registry(registry::Command::Import(command)) => registry::import(&command, out).await,
        Command::Calendar(command) => Box::pin(calendar::run(&command, out)).await,
        Command::Config(command) => config::run(&command, out),
        Command::Pki(command) => pki::run(&command, out),
        Command::Keys(command) => keys::run(&command, out),
        Command::Office(office::Command::Submit(command)) => office::submit(&command, out).await,
        Command::Office(office::Command::Slip(command)) => office::slip(&command, out).await,
        Command::Receipt(receipt::Command::Verify(command)) => receipt::verify(&command, out),
        Command::Receipt(receipt::Command::Keys(command)) => receipt::keys(&command, out).await,
        Command::Office(office::Command::List(command)) => office::list::run(&command, out).await,
        Command::Office(office::Command::FollowUp(command)) => office::follow_up::run(&command, out).await,
        Command::Office(office::Command::Watch(command)) => office::watch::run(&command, out).await,
        Command::Office(office::Command::Spool(command)) => office::spool::run(&command, out).await,
        Command::Device(command) => device::run(&command, out).await,
        Command::Document(document::Command::Check(command)) => document::check(&command, out),
        Command::Load(command) => Box::pin(load::run(command)).await,
        Command::Admin(command) => admin::run(&command, out).await,
        Command::Status(command) => status::run(&command, out).await,
        Command::Trust(command) => trust::run(&command, out).await,
    }
}

/// Prints why something failed, with its causes. A reader that has gone away is no news.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    let gone = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    if gone.into_iter().all(|cause| cause.kind() != io::ErrorKind::BrokenPipe) {
        complain(error);
    }
    ExitCode::from(FAILED)
}

/// Prints why something failed, with its causes, on standard error.
fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definitions_hold_together_and_every_command_is_explained() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        let mut waiting = vec![command];
        while let Some(command) = waiting.pop() {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {} has no help", command.get_name(), argument.get_id());
            }
            waiting.extend(command.get_subcommands().filter(|command| command.get_name() != "help").cloned());
        }
    }

    #[test]
    fn wrong_usage_is_not_taken_for_a_command() {
        for wrong in
            ["eid", "eid office submit", "eid status", "eid pki dev", "eid office submit a --cert c", "eid fly"]
        {
            assert!(Cli::try_parse_from(wrong.split(' ')).is_err(), "{wrong}");
        }
        assert!(Cli::try_parse_from(["eid", "office", "submit", "a.json", "b.jsonl"]).is_ok());
    }
}
