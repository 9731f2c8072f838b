//! `eid registry`: the immigration record kept here, from the console of the machine.
//!
//! Owns the reading of files of records. One bad line costs only itself, whatever is in it; running the same file again
//! changes nothing.

mod columns;
mod lines;
mod records;
mod rejects;
mod report;

use std::fs::File;
use std::io::{self, BufReader, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::{FAILED, Settings, USAGE, complain};
use crate::app::{App, Imported};
use crate::config::RegistrySource;
use crate::domain::audit::Actor;
use crate::domain::consent::CLOCK_SKEW_MAX;
use crate::domain::ids::ImportId;
use crate::domain::record::Record;
use crate::server;
use crate::sys::{Clock, Dice};
use rejects::Rejects;
use report::Report;

pub use columns::{Fault, HeaderFault};
pub use records::{Line, Records, Unusable};

/// Records that are kept together: in one transaction, with one audit entry.
const BATCH: usize = 2_000;

const BUFFER_BYTES: usize = 256 << 10;

const IMPORT_HELP: &str = "\
Exit codes:
  0  every line was taken
  1  some lines were not, or the store failed
  3  the file cannot be read, or its first line does not name the columns

Example:
  eid registry import records.csv --config /etc/eid/eid.toml";

/// `eid registry`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Import(Import),
}

/// Takes card changes of the National Immigration Database
///
/// FILE is CSV in UTF-8; its first line names the columns, which docs/registry.md
/// explains. A record takes the place of an earlier one of the same card. Running
/// the same file again changes nothing, also after it was cut off in the middle, and
/// neither does the order of the lines. Accounts follow their cards: an account is
/// locked when its right to reside ends, and unlocked when it is extended.
///
/// FILE.report.csv (for records.csv: records.report.csv) has the numbers of the lines
/// that no account follows, and why.
///
/// A line that cannot be taken is told with its number, the column and the cure,
/// and kept in FILE.rejected.csv (for records.csv: records.rejected.csv), which
/// only you can read. Correct it there and import that file. The next import of
/// FILE begins a new one, and the former gets a number (records.rejected.1.csv).
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = IMPORT_HELP)]
pub(super) struct Import {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

pub(super) async fn import(command: &Import, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let path = &command.file;
    let source = match Source::open(path) {
        Ok(source) => source,
        Err(error) => {
            complain(&error);
            return Ok(ExitCode::from(USAGE));
        }
    };
    let config = command.settings.load()?;
    let app = server::open(&config, Clock::System, Dice::system()).await?;
    if config.registry.source != RegistrySource::Table {
        writeln!(out, "Note: registry.source is not \"table\": these records are kept, and nobody asks for them.")?;
    }
    if !source.records.unknown().is_empty() {
        writeln!(out, "Columns that are left alone: {}", source.records.unknown().join(", "))?;
    }
    let report = Report::beside(path).context("cannot make the report")?;
    let imported = Importing::new(&app, report).all(source, out).await;
    app.store().clone().close().await;
    let (tally, rejects, report) = imported?;
    writeln!(out, "{}: {} records new or later, {} unchanged.", path.display(), tally.written, tally.unchanged)?;
    writeln!(out, "{report}.")?;
    if rejects.count() == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{} lines were not taken; they are in {}.", rejects.count(), rejects.path().display())?;
    Ok(ExitCode::from(FAILED))
}

/// Imports the records of a practice file, all of which must be taken. How many were new.
///
/// # Errors
/// If the file cannot be read, a line is not taken, or the store fails.
pub(super) async fn import_practice(app: &App, path: &Path) -> anyhow::Result<u64> {
    let mut told = Vec::new();
    let report = Report::beside(path).context("cannot make the report")?;
    let (tally, rejects, _) = Importing::new(app, report).all(Source::open(path)?, &mut told).await?;
    anyhow::ensure!(rejects.count() == 0, "practice records were not taken: {}", String::from_utf8_lossy(&told));
    Ok(tally.written)
}

/// A file whose first line was read.
struct Source {
    records: Records<BufReader<File>>,
    rejects: Rejects,
    bar: ProgressBar,
}

impl Source {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(cannot)?;
        let bytes = file.metadata().with_context(cannot)?.len();
        let records = Records::read(BufReader::with_capacity(BUFFER_BYTES, file));
        let records = records.with_context(|| format!("cannot use {}", path.display()))?;
        let rejects = Rejects::beside(path, records.header());
        Ok(Self { records, rejects, bar: bar(bytes) })
    }
}

/// An import under way.
struct Importing<'a> {
    app: &'a App,
    import: ImportId,
    /// With the numbers of their lines.
    batch: Vec<(u64, Record)>,
    report: Report,
    tally: Imported,
}

impl<'a> Importing<'a> {
    fn new(app: &'a App, report: Report) -> Self {
        Self { import: app.new_import(), app, batch: Vec::with_capacity(BATCH), report, tally: Imported::default() }
    }

    async fn all(mut self, source: Source, out: &mut impl Write) -> anyhow::Result<(Imported, Rejects, String)> {
        let Source { mut records, mut rejects, bar } = source;
        if let Some(former) = rejects.set_aside().context("cannot set aside the lines rejected earlier")? {
            writeln!(out, "Lines that an earlier import did not take are now in {}.", former.display())?;
        }
        let latest = self.app.clock().now().plus(CLOCK_SKEW_MAX);
        while let Some(line) = records.next(latest, |piece| rejects.piece(piece)).context("cannot go on reading")? {
            match line.read {
                Ok(record) => self.batch.extend(record.map(|record| (line.number, record))),
                Err(faults) => {
                    match line.text {
                        Some(text) => rejects.keep(text),
                        None => rejects.end(),
                    }
                    .context("cannot keep a line that was not taken")?;
                    tell(&bar, out, line.number, &faults)?;
                }
            }
            if self.batch.len() == BATCH {
                self.keep().await?;
                bar.set_position(records.bytes());
            }
        }
        self.keep().await?;
        rejects.finish().context("cannot keep the lines that were not taken")?;
        bar.finish_and_clear();
        let report = self.report.finish().context("cannot keep the report")?;
        Ok((self.tally, rejects, report))
    }

    async fn keep(&mut self) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let records = self.batch.iter().map(|(_, record)| record.clone()).collect::<Vec<_>>();
        let kept = self.app.import_records(Actor::Console, self.import, &records).await;
        let (kept, outcomes) = kept.with_context(|| {
            let Imported { written, unchanged } = self.tally;
            format!("{} lines were taken, then it failed; run the same file again", written + unchanged)
        })?;
        self.tally.written += kept.written;
        self.tally.unchanged += kept.unchanged;
        for ((number, _), outcome) in self.batch.iter().zip(outcomes) {
            self.report.note(*number, outcome).context("cannot keep the report")?;
        }
        self.batch.clear();
        Ok(())
    }
}

fn tell(bar: &ProgressBar, out: &mut impl Write, number: u64, faults: &[Fault]) -> io::Result<()> {
    bar.suspend(|| faults.iter().try_for_each(|fault| writeln!(out, "line {number}: {fault}")))
}

fn bar(bytes: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {wide_bar} {bytes} of {total_bytes}  {eta} left");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
