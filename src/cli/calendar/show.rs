//! How a calendar reads on a terminal: its years in a line each, or one year day by day.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use time::Date;

use crate::cli::words::line;
use crate::cli::{FAILED, Settings};
use crate::domain::calendar::{Calendar, Year};
use crate::domain::time::format_date;
use crate::server;
use crate::sys::{Clock, Dice};

/// Shows the calendar in force.
///
/// # Errors
/// If the store cannot be asked, or holds no calendar.
pub(super) async fn show(year: Option<i32>, settings: &Settings, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let app = server::open(&settings.load()?, Clock::System, Dice::system()).await?;
    let mut reader = app.store().reader().await?;
    let calendar = app.calendar(&mut reader).await;
    drop(reader);
    app.store().clone().close().await;
    let calendar = calendar?;
    let Some(number) = year else {
        years(&calendar, out)?;
        return Ok(ExitCode::SUCCESS);
    };
    match calendar.year(number) {
        Ok(year) => {
            line(out, "edition", calendar.edition().as_str())?;
            days(year, out)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(lacks) => {
            writeln!(out, "In edition {} {lacks}.", calendar.edition())?;
            Ok(ExitCode::from(FAILED))
        }
    }
}

/// Its years, in a line each.
pub(super) fn years(calendar: &Calendar, out: &mut impl Write) -> io::Result<()> {
    line(out, "edition", calendar.edition().as_str())?;
    line(out, "published", &format_date(calendar.published()))?;
    for (number, year) in calendar.years() {
        let days = calendar.working_days(number).unwrap_or_default();
        let mark = if year.provisional() { ", provisional" } else { "" };
        line(out, &number.to_string(), &format!("{days} working days{mark}"))?;
        for sentence in &year.undecided {
            line(out, "", &format!("undecided: {sentence}"))?;
        }
    }
    Ok(())
}

fn days(year: &Year, out: &mut impl Write) -> io::Result<()> {
    let mut all: BTreeMap<Date, String> = BTreeMap::new();
    for (on, day) in &year.off {
        all.insert(*on, format!("off    {:<13}  {}  {}", day.holiday.name(), day.tag.letter(), day.basis));
    }
    for (on, day) in &year.working_saturdays {
        let instead = format_date(day.instead_of);
        all.insert(*on, format!("works  for {instead}  {}  {}", day.tag.letter(), day.basis));
    }
    for (on, said) in all {
        line(out, &format!("{:.3} {}", on.weekday().to_string(), format_date(on)), &said)?;
    }
    for sentence in &year.undecided {
        line(out, "undecided", sentence)?;
    }
    Ok(())
}
