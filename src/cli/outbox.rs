//! `eid outbox`: messages that wait or that failed, from the console of the machine. Never shows what a message says, or to
//! where.

use std::io::Write;
use std::process::ExitCode;

use clap::Subcommand;

use super::{FAILED, Settings};
use crate::app::App;
use crate::domain::ids::MessageId;
use crate::server;
use crate::store::ListedMessage;
use crate::sys::{Clock, Dice};

const LIST_HELP: &str = "\
Examples:
  eid outbox list --failed --config /etc/eid/eid.toml
  eid outbox list --config /etc/eid/eid.toml";

const RETRY_HELP: &str = "\
Its attempts are counted anew. A code whose time is over stays failed: its holder asks for
a new one.

Example:
  eid outbox retry 0199c1a2-0000-7000-8000-000000000001 --config /etc/eid/eid.toml";

const GIVE_UP_HELP: &str = "\
Example:
  eid outbox give-up 0199c1a2-0000-7000-8000-000000000001 --config /etc/eid/eid.toml";

const HOLD_HELP: &str = "\
For a database that was put back to an earlier time, before the service starts on it:
messages that waited then may have left since. `eid restore` does it by itself.

Example:
  eid outbox hold --config /etc/eid/eid.toml";

const RELEASE_HELP: &str = "\
They leave under the names that they had: a carrier that knows a name takes it for a repeat.
Codes whose time is over stay where they are.

Example:
  eid outbox release --config /etc/eid/eid.toml";

/// `eid outbox`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists messages that wait to be sent, or those that a person must look at
    #[command(after_help = LIST_HELP)]
    List {
        /// Those that failed: rejected, lost on the way, or tried too often
        #[arg(long)]
        failed: bool,
        /// With every attempt
        #[arg(long)]
        attempts: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Has a message that failed tried again
    #[command(after_help = RETRY_HELP)]
    Retry {
        /// Its name
        #[arg(value_parser = name)]
        message: MessageId,
        #[command(flatten)]
        settings: Settings,
    },
    /// Holds all messages that wait, until `retry`, `give-up` or `release`
    #[command(after_help = HOLD_HELP)]
    Hold {
        #[command(flatten)]
        settings: Settings,
    },
    /// Has all messages that were held tried
    #[command(after_help = RELEASE_HELP)]
    Release {
        #[command(flatten)]
        settings: Settings,
    },
    /// Records that a message that failed was seen, and lets it be
    #[command(after_help = GIVE_UP_HELP)]
    GiveUp {
        /// Its name
        #[arg(value_parser = name)]
        message: MessageId,
        #[command(flatten)]
        settings: Settings,
    },
}

pub(super) async fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (Command::List { settings, .. }
    | Command::Retry { settings, .. }
    | Command::GiveUp { settings, .. }
    | Command::Hold { settings }
    | Command::Release { settings }) = command;
    let app = server::open(&settings.load()?, Clock::System, Dice::system()).await?;
    let done = act(&app, command, out).await;
    app.store().clone().close().await;
    done
}

async fn act(app: &App, command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let done = match command {
        Command::List { failed, attempts, .. } => {
            list(app, *failed, *attempts, out).await?;
            true
        }
        Command::Retry { message, .. } => app.retry_message(*message).await?,
        Command::GiveUp { message, .. } => app.give_up_message(*message).await?,
        Command::Hold { .. } => {
            let held = app.hold_messages().await?;
            writeln!(out, "{held} messages are held; `eid outbox list --failed` shows those that are of use still.")?;
            true
        }
        Command::Release { .. } => {
            app.release_messages().await?;
            writeln!(out, "What was held and is of use still is tried.")?;
            true
        }
    };
    match command {
        Command::Retry { message, .. } if done => writeln!(out, "{message} is tried again.")?,
        Command::GiveUp { message, .. } if done => writeln!(out, "{message} is let be.")?,
        Command::Retry { .. } => writeln!(out, "No such message has failed and is still of use; nothing was changed.")?,
        Command::GiveUp { .. } => writeln!(out, "No such message has failed; nothing was changed.")?,
        Command::List { .. } | Command::Hold { .. } | Command::Release { .. } => {}
    }
    Ok(if done { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

async fn list(app: &App, failed: bool, attempts: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let (mut after, mut count) = (None, 0_usize);
    loop {
        let page = app.list_outbox(failed, after).await?;
        let Some(last) = page.last() else { break };
        (after, count) = (Some(last.id), count + page.len());
        for message in &page {
            show(message, out)?;
            if attempts {
                for attempt in app.attempts(message.id).await? {
                    let carrier = attempt.carrier.as_deref().unwrap_or("nobody");
                    writeln!(out, "    {:>3}. {}  {carrier}: {}", attempt.number, attempt.at, attempt.outcome)?;
                }
            }
        }
    }
    writeln!(out, "{count} {}", if failed { "failed" } else { "waiting" })?;
    Ok(())
}

fn show(message: &ListedMessage, out: &mut impl Write) -> std::io::Result<()> {
    let ListedMessage { id, account, kind, created_at, attempts, carrier, reason, useful_until } = message;
    let why = match (carrier.as_deref(), reason.as_str()) {
        (_, "") => String::new(),
        (Some(carrier), reason) => format!(", {reason} by {carrier}"),
        (None, reason) => format!(", {reason}"),
    };
    let until = useful_until.map(|until| format!(", of use until {until}")).unwrap_or_default();
    writeln!(out, "{id}  {created_at}  {kind} of account {account}: {attempts} attempts{why}{until}")
}

fn name(text: &str) -> Result<MessageId, String> {
    MessageId::parse(text).map_err(|fault| fault.to_string())
}
