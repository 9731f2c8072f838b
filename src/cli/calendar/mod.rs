//! `eid calendar`: the calendar of working days, from the console of the machine.
//!
//! Owns the words for a calendar and its faults. What is wrong with one is found by the domain; whether it may come in
//! force, too.

mod show;

use std::io::{IsTerminal as _, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::{FAILED, Settings, USAGE, complain};
use crate::app::{Adoption, App};
use crate::domain::audit::Actor;
use crate::domain::calendar::{Calendar, CalendarFault, SHIPPED};
use crate::server;
use crate::sys::{Clock, Dice};

const IMPORT_HELP: &str = "\
Exit codes:
  0  the edition is in force, and every open request is counted on it
  1  the calendar is not right, may not take the place of the one in force, or the
     store failed; or a request is in a year that no calendar holds
  3  the file cannot be read

Examples:
  eid calendar import calendar-2027.toml --config /etc/eid/eid.toml
  eid calendar import --shipped --config /etc/eid/eid.toml";

const CHECK_HELP: &str = "\
Exit codes:
  0  the calendar can be imported, if it is later than the one in force
  1  it is not right
  3  the file cannot be read";

/// `eid calendar`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Import(Import),
    /// Shows the calendar in force: its years, or the days of one of them
    Show {
        /// The year
        #[arg(value_name = "YEAR")]
        year: Option<i32>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Looks at a calendar without importing it
    #[command(after_help = CHECK_HELP)]
    Check {
        /// The file (TOML), as docs/calendar.md describes it
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Puts an edition of the calendar in force, and counts all deadlines again
///
/// FILE is TOML, as docs/calendar.md describes it. It must be later than the edition
/// in force and hold every year of it. Its differences are told, and how many
/// deadlines moved. If this is cut off, run it again, or start the service: what was
/// counted stays, and the rest follows.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = IMPORT_HELP)]
pub(super) struct Import {
    /// The file
    #[arg(value_name = "FILE", required_unless_present = "shipped", conflicts_with = "shipped")]
    file: Option<PathBuf>,
    /// The calendar that comes with this release of the program
    #[arg(long)]
    shipped: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Does what was asked.
///
/// # Errors
/// If the store cannot be asked, or what is said cannot be written.
pub(super) async fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(command) => import(command, out).await,
        Command::Show { year, settings } => show::show(*year, settings, out).await,
        Command::Check { file } => check(file, out),
    }
}

async fn import(command: &Import, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let text = match &command.file {
        Some(file) => match read(file) {
            Ok(text) => text,
            Err(code) => return Ok(code),
        },
        None => SHIPPED.to_owned(),
    };
    let calendar = match Calendar::read(&text) {
        Ok(calendar) => calendar,
        Err(faults) => return refused(&faults, out),
    };
    let app = server::open(&command.settings.load()?, Clock::System, Dice::system()).await?;
    let done = adopted(&app, &calendar, &text, out).await;
    app.store().clone().close().await;
    done
}

async fn adopted(app: &App, calendar: &Calendar, text: &str, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let edition = calendar.edition();
    match app.adopt_calendar(calendar, text).await? {
        Adoption::Refused(refusal) => {
            writeln!(out, "Not imported: {refusal}.")?;
            return Ok(ExitCode::from(FAILED));
        }
        Adoption::InForce => writeln!(out, "Edition {edition} is in force already.")?,
        Adoption::Adopted { former: None, .. } => writeln!(out, "Edition {edition} is in force; there was none.")?,
        Adoption::Adopted { former: Some(former), differences } => {
            writeln!(out, "Edition {edition} is in force, in the place of {former}.")?;
            differences.iter().try_for_each(|difference| writeln!(out, "  {difference}"))?;
            if differences.is_empty() {
                writeln!(out, "  It has the same days.")?;
            }
        }
    }
    let bar = bar();
    let counted = app.recompute_deadlines(Actor::Console, |so_far| {
        bar.set_length(so_far.total);
        bar.set_position(so_far.saved + so_far.lacking);
        ControlFlow::Continue(())
    });
    let counted = counted.await.context("the calendar is in force; counting deadlines failed, run this again")?;
    bar.finish_and_clear();
    writeln!(out, "{} open requests were counted again; {} deadlines moved.", counted.saved, counted.moved)?;
    if counted.orders > 0 {
        writeln!(out, "{} open orders were counted again; {} deadlines moved.", counted.orders, counted.orders_moved)?;
    }
    if counted.orders_lacking > 0 {
        writeln!(
            out,
            "{} orders are in a year that the calendar does not hold, and keep theirs.",
            counted.orders_lacking
        )?;
    }
    if counted.lacking == 0 && counted.orders_lacking == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    if counted.lacking > 0 {
        writeln!(out, "{} are in a year that the calendar does not hold, and have none.", counted.lacking)?;
    }
    Ok(ExitCode::from(FAILED))
}

fn check(file: &Path, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let text = match read(file) {
        Ok(text) => text,
        Err(code) => return Ok(code),
    };
    match Calendar::read(&text) {
        Ok(calendar) => {
            show::years(&calendar, out)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => refused(&faults, out),
    }
}

fn read(file: &Path) -> Result<String, ExitCode> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display())).map_err(|error| {
        complain(&error);
        ExitCode::from(USAGE)
    })
}

fn refused(faults: &[CalendarFault], out: &mut impl Write) -> anyhow::Result<ExitCode> {
    for CalendarFault { line, field, problem } in faults {
        let at = if field.is_empty() { String::new() } else { format!(" · {field}") };
        writeln!(out, "line {line}{at}")?;
        writeln!(out, "    en: {}", problem.en())?;
        writeln!(out, "    vi: {}", problem.vi())?;
    }
    Ok(ExitCode::from(FAILED))
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {wide_bar} {pos} of {len} requests  {eta} left");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
