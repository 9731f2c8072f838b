//! `eid backup` and `eid restore`: the embedded database, copied while it is in use, and put back.
//!
//! Says loudly what is in no backup. Decides nothing about messages but what it was told.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::Settings;
use crate::config::Config;
use crate::server;
use crate::store::{self, Contents, Restoring};
use crate::sys::{Clock, Dice};

const BACKUP_HELP: &str = "\
Not in it: the key ring (setting vault.keys), without which nobody reads the backup, and the
captures, which lie in the archive. Keep the ring in another place than the backups: whoever
has both reads everything.

Example:
  eid backup /backup/eid-2026-11-22.sqlite --config /etc/eid/eid.toml";

const RESTORE_HELP: &str = "\
The key ring must be there already, and be the one of the backup. What was done after the
backup is gone: docs/operations.md says what then comes by itself and what does not.

Examples:
  eid restore /backup/eid-2026-11-22.sqlite --config /etc/eid/eid.toml
  eid restore /backup/eid-2026-11-22.sqlite --replace --config /etc/eid/eid.toml";

/// Copies the SQLite database to a new file, while the service runs
///
/// The copy is the database at one moment, checked page by page before it gets its name,
/// readable by its owner alone. Personal data in it is sealed. PostgreSQL is backed up with
/// its own means; docs/operations.md says how.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = BACKUP_HELP)]
pub(super) struct Backup {
    /// The file to make; it must not be there, and its folder must
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

/// Puts a backup in the place of the SQLite database
///
/// Refused while any process has the database open. The backup is checked first: pages,
/// references, and the hash of each entry of the audit log. The schema is brought up to date.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = RESTORE_HELP)]
pub(super) struct Restore {
    /// The backup
    file: PathBuf,
    /// Puts the database that is there aside, under its name with .replaced
    #[arg(long)]
    replace: bool,
    /// What becomes of messages that waited then, and may have left since
    #[arg(long, value_enum, default_value_t = Messages::Hold)]
    messages: Messages,
    #[command(flatten)]
    settings: Settings,
}

/// What becomes of messages that waited when the backup was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Messages {
    /// None leaves until a person has it tried (`eid outbox`)
    Hold,
    /// They leave, some perhaps for the second time
    Send,
}

pub(super) async fn back_up(command: &Backup, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let config = command.settings.load()?;
    let made = store::back_up(&config.store_url()?, &command.file).await;
    let contents = made.context("no backup was made")?;
    writeln!(out, "Made {}: {}.", command.file.display(), told(&contents))?;
    writeln!(
        out,
        "NOT in it: the key ring {}. Without that ring nobody can read this backup. Keep a copy of it in another place \
         than this file: whoever has both reads everything.",
        config.vault.keys.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn restore(command: &Restore, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let config = command.settings.load()?;
    let begun = Restoring::begin(&config.store_url()?, &command.file, command.replace).await;
    let (restoring, contents) = begun.context("nothing was restored")?;
    let held = settle(&restoring, command.messages, &config).await.context("nothing was restored")?;
    let former = restoring.finish().await.context("nothing was restored")?;
    writeln!(out, "Restored {}: {}.", command.file.display(), told(&contents))?;
    if let Some(former) = former {
        writeln!(out, "The former database is {}; remove it when nobody needs it.", former.display())?;
    }
    match held {
        Some(held) => writeln!(
            out,
            "{held} messages that waited are held, as they may have left since: look at them with `eid outbox list \
             --failed`, then `eid outbox retry`, `give-up` or `release`."
        )?,
        None => writeln!(out, "Messages that waited leave when the service starts, some perhaps for the second time.")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Brings the copy up to date, and its messages to rest; how many.
async fn settle(restoring: &Restoring, messages: Messages, config: &Config) -> anyhow::Result<Option<i64>> {
    let store = restoring.store().await.context("the backup cannot be brought up to date")?;
    let held = match messages {
        Messages::Send => Ok(None),
        Messages::Hold => match server::over(config, store.clone(), Clock::System, Dice::system()) {
            Ok(app) => app.hold_messages().await.map(Some).context("the messages cannot be held"),
            Err(error) => Err(error),
        },
    };
    store.close().await;
    held
}

fn told(contents: &Contents) -> String {
    match contents.latest {
        Some(latest) => format!("{} entries of the audit log, the latest of {latest}", contents.entries),
        None => "an empty audit log".to_owned(),
    }
}
