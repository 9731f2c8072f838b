//! `eid document`: travel documents looked at away from the service, by its own rules.
//!
//! Owns what can be asked and the exit code. The verdict is the domain's: what stands here reads files and prints. Nothing
//! is sent, stored or logged.

mod folder;
mod input;
mod report;
mod trust;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use time::Date;

use self::input::{Files, Readers, Set, Wrong};
use self::report::{Report, Summary, Verdict};
use super::USAGE;
use crate::chip::policy::Policy;
use crate::chip::{self, ChipFiles, Mode, Trust};
use crate::domain::check::{Documents, Known, examine, examine_documents};
use crate::domain::time::{Timestamp, parse_date};
use crate::sys::Clock;

const CHECK_HELP: &str = "\
A FOLDER holds one set of files, or a folder for each set, or files <name>.sod,
<name>.dg1 and so on. File names, in letters of either case:
  sod  com  dg1 dg2 … dg16         as read from the chip; EF_ or ef. may stand before
  mrz  card  application           text and JSON, as for the options
  challenge  response              active authentication, as bytes
  each with the ending .bin, .der, .dat, .txt, .json or none

Exit codes (of several sets, the worst: accepted, referred, refused, unreadable):
  0  accepted
  1  refused
  2  referred to a supervisor
  3  wrong usage, or a file that cannot be read

Examples:
  eid document check --sod EF_SOD.bin --dg1 DG1.bin --dg2 DG2.bin --trust csca/
  eid document check --mrz zone.txt --card card.json --as-of 2026-11-20
  eid document check --application request.json --sod EF_SOD.bin --dg1 DG1.bin --trust csca/ --format json --no-values
  eid document check passports/ --trust csca/";

/// `eid document`.
#[derive(Subcommand)]
pub(super) enum Command {
    Check(Box<Check>),
}

/// Tells what the service finds in documents, and why
///
/// Runs the service's own rules on files and prints each step of the chip's
/// examination and each finding: its rule, its basis, where each value came from, and
/// what would cure it, in English and Vietnamese. With --application everything is
/// checked as EnrolmentService.Check does, but for what is not at hand: other requests
/// and accounts, the immigration record, face and fingerprints, and whether a challenge
/// was one of the service's own.
///
/// Nothing is sent, stored or logged. What is printed holds personal data unless
/// --no-values is given.
#[derive(Args)]
#[command(verbatim_doc_comment, after_help = CHECK_HELP)]
pub(super) struct Check {
    /// A folder of one set of files, or of many
    #[arg(value_name = "FOLDER", conflicts_with_all = Files::NAMES)]
    folder: Option<PathBuf>,
    #[command(flatten)]
    files: Files,
    /// The day of the check, at its end in Viet Nam [default: now]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    as_of: Option<Date>,
    /// A folder of trust material: master lists, single CSCAs, revocation lists, deviations
    #[arg(long, value_name = "FOLDER")]
    trust: Option<PathBuf>,
    /// A revocation list besides; can be given several times
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// Trusts the practice country too: for training, never for a real document
    #[arg(long)]
    practice: bool,
    /// Accepts a weakness that is refused otherwise; can be given several times
    #[arg(long, value_name = "WEAKNESS")]
    allow: Vec<Weak>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Leaves out every value of a person, for tickets
    #[arg(long)]
    no_values: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs: one JSON document
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Weak {
    /// Signatures over SHA-1
    #[value(name = "sha1")]
    Sha1,
    /// RSA with less than 2048 bits
    #[value(name = "rsa-below-2048")]
    RsaBelow2048,
    /// Curves of 224 bits
    #[value(name = "curves-224")]
    Curves224,
}

fn day(text: &str) -> Result<Date, &'static str> {
    parse_date(text).ok_or("write the day as YYYY-MM-DD")
}

/// What sets are judged by.
struct Bench {
    trust: std::sync::Arc<Trust>,
    policy: Policy,
    mode: Mode,
    now: Timestamp,
}

/// Checks what was named and prints what came of it.
pub(super) fn check(command: &Check, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match judge_all(command, out)? {
        Ok(verdict) => Ok(ExitCode::from(verdict.exit_code())),
        Err(wrong) => {
            eprintln!("error: {wrong}");
            Ok(ExitCode::from(USAGE))
        }
    }
}

/// The inner error is what the caller of the command can mend.
fn judge_all(command: &Check, out: &mut impl Write) -> anyhow::Result<Result<Verdict, Wrong>> {
    let clock = Clock::System.now();
    let now = command.as_of.map_or(clock, end_of);
    let gathered = match trust::gather(command.trust.as_deref(), &command.crl, command.practice, clock.max(now), now)? {
        Ok(trust) => trust,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let bench = Bench {
        trust: gathered,
        policy: policy(&command.allow, now),
        mode: Mode { practice: command.practice, holder: false },
        now,
    };
    if let Some(folder) = &command.folder {
        return Ok(match folder::sets(folder) {
            Ok(sets) => Ok(many(&sets, &bench, command, out)?),
            Err(wrong) => Err(wrong),
        });
    }
    Ok(match command.files.read()? {
        Ok(set) => {
            let report = judge(set, &bench).finish(command.no_values);
            match command.format {
                Format::Table => report.table(out)?,
                Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
            }
            Ok(report.verdict)
        }
        Err(wrong) => Err(wrong),
    })
}

/// Judges each set of a folder, one at a time, and prints them with a summary.
fn many(sets: &[folder::Found], bench: &Bench, command: &Check, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let json = command.format == Format::Json;
    let (readers, mut summary) = (Readers::new()?, Summary::default());
    if json {
        writeln!(out, "{{\n\"sets\": [")?;
    }
    for (at, found) in sets.iter().enumerate() {
        let report = match found.read(&readers) {
            Ok(set) => judge(set, bench).finish(command.no_values),
            Err(wrong) => Report::unreadable(bench.now, wrong),
        };
        let report = report.named(&found.name);
        if json {
            writeln!(out, "{}{}", serde_json::to_string(&report)?, if at + 1 < sets.len() { "," } else { "" })?;
        } else {
            report.table(out)?;
            writeln!(out)?;
        }
        summary.add(&report);
    }
    if json {
        writeln!(out, "],\n\"summary\": {}\n}}", serde_json::to_string(&summary)?)?;
    } else {
        summary.table(out)?;
    }
    Ok(summary.worst())
}

/// What the rules say of a set.
fn judge(set: Set, bench: &Bench) -> Report {
    // Beside an application the chip is to speak for its holder; by itself it is judged by what was read.
    let mode = Mode { holder: set.application.is_some(), ..bench.mode };
    let chip = set.chip.map(|read| match ChipFiles::new(read.sod, read.groups, read.com, read.active) {
        Ok(files) => chip::examine(&files, &bench.trust, &bench.policy, mode, bench.now),
        Err(beyond) => chip::beyond_bounds(beyond),
    });
    if let Some(application) = &set.application {
        let known = Known { chip, ..Known::default() };
        // Captures and the immigration record are not at hand: they are not looked at.
        let findings = examine(application, None, &known, bench.now);
        return Report::new(bench.now, &findings, known.chip.as_ref());
    }
    let shown = Documents { zone: set.zone.as_ref(), chip: chip.as_ref(), card: set.card.as_ref() };
    let findings = examine_documents(shown, bench.now.local_date());
    Report::new(bench.now, &findings, chip.as_ref())
}

/// A weakness that was named is accepted on the day of the check.
fn policy(allowed: &[Weak], now: Timestamp) -> Policy {
    let until = |weak| allowed.contains(&weak).then(|| now.local_date().next_day()).flatten();
    Policy {
        sha1: until(Weak::Sha1),
        rsa_below_2048: until(Weak::RsaBelow2048),
        curves_224: until(Weak::Curves224),
        digest_info_without_null: None,
    }
}

/// The last instant of a day in Viet Nam: whatever happened on that day has happened by then.
fn end_of(day: Date) -> Timestamp {
    let next = Timestamp::start_of(day.next_day().unwrap_or(day));
    Timestamp::from_micros(next.micros().saturating_sub(1))
}

/// Says something beside the answer, where it does not get into what a program reads.
fn say(what: &impl std::fmt::Display) {
    // If this cannot be written, there is nowhere left to say so.
    let _ = writeln!(io::stderr(), "{what}");
}

#[cfg(test)]
mod tests;
