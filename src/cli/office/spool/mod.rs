//! `eid office spool`: an office's durable queue on one workstation, and its sending when there is a line.
//!
//! Owns the folder, its key and its journal. Whoever is killed at any moment loses nothing and doubles nothing: what was
//! said to wait is on the disk, what was answered is in the journal before it leaves the queue, and sending again is
//! harmless. Refuses to be sent from by two processes, and to go on where numbers show that it is a copy.

mod add;
mod clear;
mod desk;
mod folder;
mod hold;
mod journal;
mod outgoing;
mod retime;
mod seal;
mod send;
mod told;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

pub(in crate::cli) use desk::Desk;

use super::delivery::Tally;
use super::{Source, bar, read_all};
use crate::cli::USAGE;
use crate::cli::client::{self, Options};
use crate::domain::workstation::{CaptureNumber, ClockOffset, WorkstationId};
use crate::sys::{Clock, Dice};
use folder::{Folder, Shelf};
use send::Sender;

const HELP: &str = "\
Exit codes (the highest that applies):
  0  all accepted, or done as asked
  1  some not accepted, or the service lacks what it had accepted
  2  some could not be sent
  3  wrong usage, or something cannot be read

Examples:
  eid office spool /var/spool/eid --init hcm-q1-03
  eid office spool /var/spool/eid --add monday.jsonl
  eid office spool /var/spool/eid --watch --server https://eid.example:8443 \\
    --ca server-ca.pem --cert officer.pem --key officer.key
  eid office spool /var/spool/eid --status
  eid office spool /var/spool/eid --show 17
  eid office spool /var/spool/eid --add cured.json --cures 17
  eid office spool /var/spool/eid --drop 18
  eid office spool /var/spool/eid --retime \"+3d 00:00:12\"";

/// Keeps requests until there is a line, and sends them
///
/// DIR is the durable queue of one workstation, sealed with a key of its own. It is
/// made once with --init and the workstation's name, which no other machine may use.
/// --add puts requests into it from files as for `eid office submit`, numbers them,
/// and needs no line; a request that is there already is not put in twice.
///
/// Without any of these, what waits is sent, and for each request a line says what
/// became of it. What was accepted leaves the queue; what was not is put aside in
/// refused/, where --show prints it with the findings, to be cured and added again:
/// with --cures, what is cured leaves refused/ once its cure is in the queue. --drop
/// gives one up for good; the journal keeps that it was.
/// With --watch it goes on: it sends whatever is added, waits while the service is
/// away, and ends when it is told to (Ctrl-C).
///
/// What says that it was captured in the future is held: it waits, and is sent once
/// its time has come by the service's clock. If the clock of this machine was fast,
/// set it, and --retime sets the times back, so that nothing need wait.
///
/// Killing it at any moment loses nothing and doubles nothing. One process sends
/// from a folder at a time; --add, --drop, --status and --show work beside it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(in crate::cli) struct Spool {
    /// The folder of the queue
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Makes the queue for this workstation
    #[arg(long, value_name = "WORKSTATION", value_parser = workstation, conflicts_with_all = ["add", "watch", "status", "show", "dropped", "retime"])]
    init: Option<WorkstationId>,
    /// Puts the requests of these files into the queue
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["status", "show", "dropped", "retime"])]
    add: Vec<PathBuf>,
    /// The number in refused/ that the one request of FILE cures
    #[arg(long, value_name = "NUMBER", value_parser = number, requires = "add")]
    cures: Option<CaptureNumber>,
    /// Gives up one request that was refused
    #[arg(long = "drop", value_name = "NUMBER", value_parser = number, conflicts_with_all = ["watch", "status", "show", "retime"])]
    dropped: Option<CaptureNumber>,
    /// Sets capture times in the future back by as much as the clock was fast
    #[arg(long, value_name = "OFFSET", value_parser = ahead, conflicts_with_all = ["watch", "status", "show"])]
    retime: Option<ClockOffset>,
    /// Goes on sending until it is told to stop
    #[arg(long, conflicts_with_all = ["status", "show"])]
    watch: bool,
    /// Tells what waits, and what became of the rest
    #[arg(long, conflicts_with = "show")]
    status: bool,
    /// Prints one request, personal data included, and what it was answered
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    show: Option<CaptureNumber>,
    /// Where the queue's own key is kept [default: the file `key` in DIR]
    #[arg(long = "spool-key", value_name = "FILE")]
    sealed_by: Option<PathBuf>,
    #[command(flatten)]
    client: Options,
}

fn workstation(text: &str) -> Result<WorkstationId, String> {
    WorkstationId::parse(text).map_err(|fault| fault.en())
}

fn number(text: &str) -> Result<CaptureNumber, String> {
    let number = text.parse().map_err(|_| "not a number".to_owned())?;
    CaptureNumber::new(number).map_err(|fault| fault.en())
}

fn ahead(text: &str) -> Result<ClockOffset, String> {
    let offset = ClockOffset::parse(text).map_err(|fault| fault.en())?;
    (offset.micros() > 0).then_some(offset).ok_or_else(|| "a slow clock makes no capture in the future".to_owned())
}

pub(in crate::cli) async fn run(command: &Spool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let key = command.sealed_by.as_deref();
    if let Some(workstation) = &command.init {
        let there = Folder::make(&command.folder, workstation, key, &Dice::system())?;
        let word = if there { "is" } else { "is now" };
        writeln!(out, "{} {word} the spool of {workstation}", command.folder.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = Folder::open(&command.folder, key)?;
    if command.status {
        told::status(&folder, out)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(number) = command.show {
        return told::show(&folder, number, out).map(ExitCode::from);
    }
    if let Some(number) = command.dropped {
        return clear::give_up(&folder, number, out).map(ExitCode::from);
    }
    if let Some(by) = command.retime {
        let _alone = folder.lock_sending()?;
        return retime::retime(&folder, by, Clock::System.now(), out).map(ExitCode::from);
    }
    let mut tally = Tally::default();
    if !command.add.is_empty() {
        let sources = read_all(&command.add, out, &mut tally)?;
        let items: Vec<_> = sources.iter().flat_map(Source::items).collect();
        add::add(&folder, &items, (Clock::System.now(), command.cures), out, &mut tally)?;
        if !command.watch {
            return Ok(ExitCode::from(tally.exit_code()));
        }
    }
    deliver(command, folder, out, tally).await
}

async fn deliver(command: &Spool, folder: Folder, out: &mut impl Write, tally: Tally) -> anyhow::Result<ExitCode> {
    let _alone = folder.lock_sending()?;
    let target =
        match command.client.target("officer-79-01").and_then(|target| client::endpoint(&target).map(|_| target)) {
            Ok(target) => target,
            Err(error) => {
                crate::cli::complain(&error);
                return Ok(ExitCode::from(USAGE));
            }
        };
    let waiting = folder.slots(Shelf::Queue)?.len();
    let mut sender = Sender::new(Arc::new(folder), target, command.watch, (out, tally))?;
    sender.bar = bar(waiting);
    sender.bar.set_length(0);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Told to stop, it stops where it is: that is no worse than being killed.
    let code = tokio::select! {
        code = sender.run() => code?,
        _ = interrupt.recv() => sender.tally.exit_code(),
        _ = terminate.recv() => sender.tally.exit_code(),
    };
    Ok(ExitCode::from(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::domain::time::Timestamp;
    use crate::proto::item_answer::Outcome;
    use crate::proto::{CaptureProvenance, ItemAnswer, ItemError, SubmitRequest};
    use add::instant;
    use clap::Parser as _;
    use folder::Slot;
    use journal::{Book, Journal, Settled};
    use uuid::Uuid;

    /// A spool of its own.
    pub(super) fn spool() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        Folder::make(dir.path(), &WorkstationId::parse("q1-01").unwrap(), None, &Dice::system()).unwrap();
        let folder = Folder::open(dir.path(), None).unwrap();
        (dir, folder)
    }

    /// A request that waits under that number.
    pub(super) fn waiting(folder: &Folder, number: u64, captured_at: Timestamp) -> Slot {
        let slot = Slot { number: CaptureNumber::new(number).unwrap(), request: Uuid::from_u128(number.into()) };
        let capture = CaptureProvenance { captured_at: Some(instant(captured_at)), ..CaptureProvenance::default() };
        let request = SubmitRequest { capture: Some(capture), ..SubmitRequest::default() };
        folder.enqueue(vec![folder.write(slot, &request).unwrap()]).unwrap();
        slot
    }

    /// A request that was refused under that number.
    pub(super) fn refuse(folder: &Folder, number: u64) -> Slot {
        let slot = waiting(folder, number, Timestamp::from_micros(0));
        let answer = ItemAnswer { outcome: Some(Outcome::Error(ItemError::default())), ..ItemAnswer::default() };
        Journal::open(folder, Book::Answers).unwrap().0.append(folder, &[Settled { slot, answer }]).unwrap();
        folder.put_aside(slot).unwrap();
        slot
    }

    #[test]
    fn what_cannot_be_asked_together_is_wrong_usage() {
        for wrong in [
            "",
            "--init",
            "--init a/b",
            "--init a --add x",
            "--status --show 1",
            "--show 0",
            "--show x",
            "--add",
            "--watch --status",
            "--cures 1",
            "--drop 1 --add x",
            "--retime 3",
            "--retime -0d00:00:09",
            "--retime 3d00:00:00 --watch",
        ] {
            let line = format!("eid office spool dir {wrong}");
            assert_eq!(Cli::try_parse_from(line.split_whitespace()).is_err(), !wrong.is_empty(), "{wrong}");
        }
        for right in [
            "--init q1-01",
            "--add a.json b.jsonl",
            "--add a.json --watch",
            "--add a.json --cures 3",
            "--drop 3",
            "--retime 3d00:00:12",
            "--status",
            "--show 17",
        ] {
            let line = format!("eid office spool dir {right}");
            assert!(Cli::try_parse_from(line.split_whitespace()).is_ok(), "{right}");
        }
    }
}
