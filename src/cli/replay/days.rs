//! The days of the campaign, one after another. What happens on a day happens at once: what comes in, what the authority
//! decides of the day before, who activates of those it approved then, and what is drawn for the next day.

use std::path::PathBuf;

use anyhow::Context as _;
use tokio::time::Instant;

use super::DAY;
use super::authority::Authority;
use super::calls::Caller;
use super::contacts::Contacts;
use super::counters::Counters;
use super::holders::Holders;
use super::people::{Day, People};
use super::plan::{DAYS, Plan, Totals};
use super::report::Report;
use super::stock::Hotline;
use crate::app::App;
use crate::cli::demo::FileMailbox;
use crate::cli::rehearsal::Rehearsal;
use crate::cli::{client, office, registry};

/// Every so many days each unit counts its requests.
const WEEK: u32 = 7;

/// Plays the campaign at an address.
///
/// # Errors
/// If a call is answered otherwise than it should be.
pub(super) async fn play(rehearsal: &Rehearsal, address: &str, plan: Plan, seed: u64) -> anyhow::Result<Report> {
    let (app, clock) = (&rehearsal.app, &rehearsal.clock);
    let caller = Caller::new(clock.clone(), rehearsal.dice.clone());
    let channel = async |stem: &str| client::connect(&rehearsal.target(address, stem)).await;
    let post = FileMailbox::new(rehearsal.config.notify.file.clone());
    let counters = Counters::open(rehearsal, address, &rehearsal.home().join("spools"), &caller).await?;
    let authority = Authority::new(channel("authority").await?, &caller);
    let holders = Holders::new(channel("app-backend").await?, &post, &caller);
    let mut contacts = Contacts::new(channel("app-backend").await?, &post, &caller);
    let hotline = Hotline::new(channel("hotline").await?, &caller);

    let (begun, started) = (clock.now(), Instant::now());
    let (planned, mut answered, mut reviewed) = (plan.totals, Totals::default(), 0);
    let bar = office::bar(usize::try_from(planned.received)?);
    let mut people = People::new(plan.clone(), seed, begun);
    let files = |day: u32| rehearsal.home().join(format!("records-{day:02}.csv"));
    let mut today = draw(app, &mut people, 0, files(0)).await?;
    let (mut came, mut issued) = (Day::nobody().people, Vec::new());
    for day in 0..DAYS {
        let Day { captured, people: coming, contacts: new, .. } = today;
        let (taken_in, approved, active, changed, next, ()) = tokio::try_join!(
            counters.take_in(day, captured),
            authority.decide(came),
            holders.activate(issued),
            contacts.change(plan.changes(day), new),
            draw(app, &mut people, day + 1, files(day + 1)),
            look(day, &counters, &hotline, rehearsal),
        )
        .with_context(|| format!("on day {}", day + 1))?;
        bar.inc(taken_in.0.into());
        answered.received += taken_in.0;
        reviewed += taken_in.1;
        answered.issued += u32::try_from(approved.len())?;
        answered.activated += u32::try_from(active.len())?;
        answered.changes += changed.0;
        answered.changed += changed.1;
        contacts.end_of_day(clock).await.with_context(|| format!("in the evening of day {}", day + 1))?;
        contacts.meet(&active);
        (came, issued, today) = (coming, approved, next);
        // The days of this clock are shorter than the rest of the worker that writes who called.
        app.write_calls().await?;
        clock.advance(DAY);
    }
    bar.finish_and_clear();
    let elapsed = started.elapsed();
    let found = hotline.take_stock(&counters, (begun, clock.now())).await?;
    Ok(Report::new((planned, answered), (found, reviewed), elapsed, caller.told()))
}

/// Draws those of a day, and lets the immigration record know of them.
async fn draw(app: &App, people: &mut People, day: u32, file: PathBuf) -> anyhow::Result<Day> {
    let mut drawn = people.day(day);
    if !drawn.people.is_empty() {
        std::fs::write(&file, std::mem::take(&mut drawn.records)).context("cannot write the practice records")?;
        registry::import_practice(app, &file).await?;
    }
    Ok(drawn)
}

/// Those look at their numbers who otherwise call too seldom to be known still at the end.
async fn look(day: u32, counters: &Counters<'_>, hotline: &Hotline<'_>, rehearsal: &Rehearsal) -> anyhow::Result<()> {
    if !day.is_multiple_of(WEEK) {
        return Ok(());
    }
    let now = rehearsal.clock.now();
    tokio::try_join!(counters.count(), hotline.count(now, now.plus(DAY)))?;
    Ok(())
}
