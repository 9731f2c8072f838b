//! `eid offices`: which offices receive requests on which days, from the console of the machine.
//!
//! Owns the reading of files of records and the telling of what came of them. An import is all of the file or nothing.

use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use time::Date;

use super::{FAILED, Settings, USAGE, complain};
use crate::app::{App, OfficeImport};
use crate::domain::office::{self, BYTES_MAX, Change, Fault, OfficeMap, Period, Record, UnitCode};
use crate::domain::staff::OfficeCode;
use crate::domain::time::parse_date;
use crate::server;
use crate::sys::{Clock, Dice};

const IMPORT_HELP: &str = "\
Exit codes:
  0  every record is kept, now or before
  1  some lines cannot be taken, and nothing was changed; or the store failed
  3  the file cannot be read

Examples:
  eid offices import --config /etc/eid/eid.toml
  eid offices import merger.csv --config /etc/eid/eid.toml";

const CHECK_HELP: &str = "\
Example:
  eid offices check merger.csv --config /etc/eid/eid.toml";

const LIST_HELP: &str = "\
Examples:
  eid offices list
  eid offices list --on 2025-06-30
  eid offices list --history 15
  eid offices list --history 79-02";

/// `eid offices`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Import(Import),
    Check(Check),
    List(List),
}

/// Adds dated records of units and offices
///
/// FILE is CSV in UTF-8, one record on each line; docs/offices.md explains the columns.
/// Without FILE, the records that come with the program are taken. What is kept already
/// is passed over, so running the same file again changes nothing.
///
/// Records are added, and periods are closed by a later record. A line that would change
/// what a record in force said of days gone by is refused, with both lines, and so is one
/// that does not go with the others; then nothing of the file is taken.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = IMPORT_HELP)]
pub(super) struct Import {
    /// The file [default: the records that come with the program]
    file: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Tells what an import would do, and changes nothing
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub(super) struct Check {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

/// Lists the offices of a day, or what a code has meant
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub(super) struct List {
    /// The day, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Date>,
    /// A unit (PP) or an office (PP-SS), with every meaning that its code has had
    #[arg(long, value_name = "CODE", conflicts_with = "on", value_parser = code)]
    history: Option<Code>,
    #[command(flatten)]
    settings: Settings,
}

/// A code of either kind.
#[derive(Clone, Debug)]
enum Code {
    Unit(UnitCode),
    Office(OfficeCode),
}

pub(super) async fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(Import { file, settings }) => take(file.as_deref(), settings, true, out).await,
        Command::Check(Check { file, settings }) => take(Some(file), settings, false, out).await,
        Command::List(command) => list(command, out).await,
    }
}

async fn take(file: Option<&Path>, settings: &Settings, keep: bool, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let content = match file.map_or_else(|| Ok(office::SHIPPED.to_vec()), read) {
        Ok(content) => content,
        Err(error) => {
            complain(&error);
            return Ok(ExitCode::from(USAGE));
        }
    };
    let records = match office::read(&content) {
        Ok(records) => records,
        Err(faults) => return refused(&faults, out),
    };
    let app = open(settings).await?;
    let taken = if keep { app.import_offices(&records).await } else { app.check_offices(&records).await };
    app.store().clone().close().await;
    match taken? {
        Ok(import) => {
            tell(&import, keep, out)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => refused(&faults, out),
    }
}

async fn open(settings: &Settings) -> anyhow::Result<App> {
    server::open(&settings.load()?, Clock::System, Dice::system()).await
}

/// Reads a file that can be one of offices.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let (mut content, limit) = (Vec::new(), BYTES_MAX as u64);
    std::fs::File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut content))
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(content)
}

fn refused(faults: &[Fault], out: &mut impl Write) -> anyhow::Result<ExitCode> {
    for fault in faults {
        writeln!(out, "{fault}")?;
    }
    writeln!(out, "Nothing was changed.")?;
    Ok(ExitCode::from(FAILED))
}

fn tell(import: &OfficeImport, kept: bool, out: &mut impl Write) -> io::Result<()> {
    for (change, record) in &import.changes {
        writeln!(out, "{}: {}", word(*change), described(record))?;
    }
    let count = |kind| import.changes.iter().filter(|(change, _)| *change == kind).count();
    let (added, closed, amended) = (count(Change::Added), count(Change::Closed), count(Change::Amended));
    let said = if kept { "" } else { "It would be: " };
    writeln!(out, "{said}{added} added, {closed} closed, {amended} amended, {} unchanged.", import.unchanged)
}

const fn word(change: Change) -> &'static str {
    match change {
        Change::Added => "added",
        Change::Closed => "closed",
        Change::Amended => "amended",
    }
}

fn described(record: &Record) -> String {
    let next = record.successor().map(|code| format!(", then {code}")).unwrap_or_default();
    format!("{} {} {}, {}{next}", record.word(), record.code(), record.names().vi, days(record.period()))
}

fn days(period: Period) -> String {
    let day = |day: Option<Date>, absent: &str| day.map_or_else(|| absent.to_owned(), crate::domain::time::format_date);
    format!("{} to {}", day(period.from(), "the beginning"), day(period.until(), "now and on"))
}

async fn list(command: &List, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let app = open(&command.settings).await?;
    let map = app.offices(&mut app.store().reader().await?).await;
    let today = app.clock().now().local_date();
    app.store().clone().close().await;
    let map = map?;
    if map.is_empty() {
        writeln!(out, "No offices are kept yet; `eid offices import` takes those that come with the program.")?;
        return Ok(ExitCode::from(FAILED));
    }
    match &command.history {
        Some(code) => history(&map, code, today, out),
        None => of_day(&map, command.on.unwrap_or(today), out),
    }
}

fn of_day(map: &OfficeMap, on: Date, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    for unit in map.units_on(on) {
        let kind = unit.kind_on(on).map_or("city or province, the day is not known", office::UnitKind::name);
        writeln!(out, "{}     {} ({kind})", unit.code, unit.names.vi)?;
        for office in map.offices_on(on).filter(|office| UnitCode::of(&office.code) == unit.code) {
            let seat = office.seat.as_deref().map(|seat| format!(", {seat}")).unwrap_or_default();
            writeln!(out, "  {} {}{seat}", office.code, office.names.vi)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn history(map: &OfficeMap, code: &Code, today: Date, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let lines: Vec<String> = match code {
        Code::Unit(code) => map
            .unit_history(code)
            .map(|unit| {
                let next = unit.successor.as_ref().map(|next| format!(", then {next}")).unwrap_or_default();
                format!("{} {}: {}{next}", unit.code, unit.names.vi, days(unit.period))
            })
            .collect(),
        Code::Office(code) => map.history(code).map(|office| meaning(map, office, today)).collect(),
    };
    for line in &lines {
        writeln!(out, "{line}")?;
    }
    if lines.is_empty() {
        writeln!(out, "That code has meant nothing.")?;
        return Ok(ExitCode::from(FAILED));
    }
    let ambiguous = match code {
        Code::Unit(code) => map.unit_undated(code, today).is_err(),
        Code::Office(code) => map.undated(code, today).is_err(),
    };
    if ambiguous {
        writeln!(out, "It has meant different ones: tell the day with it.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn meaning(map: &OfficeMap, office: &office::Office, today: Date) -> String {
    let after: Vec<_> = map.predecessors(office).map(|one| one.code.to_string()).collect();
    let after = if after.is_empty() { String::new() } else { format!(", after {}", after.join(" and ")) };
    let next = office.successor.as_ref().map(|next| format!(", then {next}")).unwrap_or_default();
    let last = office.period.until().unwrap_or(today);
    let current = map.successor(&office.code, last, today).filter(|current| current.code != office.code);
    let current = current.map(|current| format!("; its rights are with {} today", current.code)).unwrap_or_default();
    format!("{} {}: {}{after}{next}{current}", office.code, office.names.vi, days(office.period))
}

fn day(text: &str) -> Result<Date, String> {
    parse_date(text).ok_or_else(|| "a day of the calendar, YYYY-MM-DD".to_owned())
}

fn code(text: &str) -> Result<Code, String> {
    let office = || OfficeCode::parse(text).map(Code::Office).map_err(|fault| fault.to_string());
    UnitCode::parse(text).map(Code::Unit).or_else(|_| office())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::office::plan;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 21);

    fn shipped() -> Vec<Record> {
        office::read(office::SHIPPED).unwrap()
    }

    fn said(tell: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        tell(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_import_tells_what_was_added_and_what_was_closed() {
        let kept: Vec<_> = shipped().into_iter().map(|record| Record { kept: true, ..record }).collect();
        let header = office::COLUMNS.join(",");
        let file = format!(
            "{header}\nsite,79-03,2025-07-01,2026-12-31,Hồ Chí Minh - Bà Rịa,Ho Chi Minh - Ba Ria,,,Bà Rịa,79-01,Decision 1"
        );
        let plan = plan(&kept, &office::read(file.as_bytes()).unwrap(), TODAY).unwrap();
        let import = OfficeImport { import: None, changes: plan.changes, unchanged: plan.unchanged };
        let expected = "closed: site 79-03 Hồ Chí Minh - Bà Rịa, 2025-07-01 to 2026-12-31, then 79-01\n\
                        It would be: 0 added, 1 closed, 0 amended, 0 unchanged.\n";
        assert_eq!(said(|out| tell(&import, false, out).unwrap()), expected);
    }

    #[test]
    fn the_history_of_a_code_tells_each_meaning_and_that_a_day_is_needed() {
        let map = OfficeMap::new(&shipped()).unwrap();
        let told = said(|out| {
            history(&map, &code("15-01").unwrap(), TODAY, out).unwrap();
        });
        let expected = "15-01 Yên Bái: the beginning to 2025-06-30, then 15-01\n\
                        15-01 Lào Cai: 2025-07-01 to now and on, after 10-01 and 15-01\n\
                        It has meant different ones: tell the day with it.\n";
        assert_eq!(told, expected);
        let told = said(|out| {
            history(&map, &code("74-01").unwrap(), TODAY, out).unwrap();
        });
        let expected = "74-01 Bình Dương: the beginning to 2025-06-30, then 79-02; its rights are with 79-02 today\n";
        assert_eq!(told, expected);
    }

    #[test]
    fn the_list_of_a_day_shows_units_with_their_sites() {
        let map = OfficeMap::new(&shipped()).unwrap();
        let told = said(|out| {
            of_day(&map, TODAY, out).unwrap();
        });
        assert!(told.contains("79     Hồ Chí Minh (city)\n  79-01 Hồ Chí Minh - Xuân Hòa, Xuân Hòa\n"), "{told}");
        assert!(told.contains("75     Đồng Nai (city or province, the day is not known)\n  75-01 Đồng Nai\n"));
        assert_eq!(told.lines().count(), 34 + 38);
    }

    #[test]
    fn a_code_is_two_digits_or_two_and_two() {
        assert!(matches!(code("79"), Ok(Code::Unit(_))) && matches!(code("79-01"), Ok(Code::Office(_))));
        assert!(code("7").is_err() && day("2026-02-30").is_err());
    }
}
