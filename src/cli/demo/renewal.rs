//! The scene of a residence card that ends and is extended: the account is locked and opens again, and nobody does either.

use std::io::{self, Write};
use std::time::Duration;

use crate::cli::demo::app;
use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Stage};
use crate::cli::demo::step::{Answer, ask};
use crate::domain::time::{Timestamp, format_date};
use crate::proto::registry as rpb;
use crate::proto::registry::registry_service_client::RegistryServiceClient;
use crate::proto::{GetStatusResponse, LockReason, ResidenceCardKind, Sex};

const DAY: Duration = Duration::from_hours(24);

/// The immigration database says that a card ends today; a day later it was extended.
pub(super) async fn renew<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("13. A residence card ends: the account is locked, and opens when the card is extended")?;
    // Whoever changed their phone did so in front of the others.
    let Some(holder) = stage.cases.iter().rev().find(|case| case.active && has_term(case)).cloned() else {
        return stage.printer.note("No active holder has a temporary card: this scene is left out.");
    };
    let now = stage.clock.now();
    let told = |does, status, until: Timestamp, expected| (does, status, until, expected);
    for (does, status, until, expected) in [
        told("tells that the card ends today of", rpb::ResidenceStatus::Issued, now, "ACTIVE"),
        told("tells of the extension of", rpb::ResidenceStatus::Extended, now.plus(DAY * 365), "ACTIVE"),
    ] {
        feed(stage, does, &holder, (status, until)).await?;
        standing(stage, &holder, expected).await?;
        if status == rpb::ResidenceStatus::Issued {
            stage.clock.advance(DAY);
            stage.printer.note("A day goes by.")?;
            standing(stage, &holder, "LOCKED: RESIDENCE_EXPIRED").await?;
        }
    }
    Ok(())
}

async fn feed<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    does: &'static str,
    holder: &Case,
    (status, until): (rpb::ResidenceStatus, Timestamp),
) -> io::Result<()> {
    let record = record(holder, status, until, stage.clock.now());
    let request = rpb::PutRecordsRequest { records: record.into_iter().collect() };
    let client = RegistryServiceClient::new(stage.cast.registry_writer.clone());
    let reply = ask(&client, request, async |mut c, q| c.put_records(q).await).await;
    let step = reply.step((Who::Immigration, does, holder.label()), "APPLIED", |answer| {
        let outcome = answer.results.first().map(rpb::RowResult::outcome).unwrap_or_default();
        Answer::outcome(outcome.as_str_name(), "ROW_OUTCOME_")
    });
    stage.printer.step(&step)
}

async fn standing<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case, expected: &str) -> io::Result<()> {
    let reply = app::status(&stage.cast.activation(), &holder.number, &holder.phone()).await;
    stage.printer.step(&reply.step((Who::AppBackend, "asks for the standing of", holder.label()), expected, shown))
}

fn shown(answer: &GetStatusResponse) -> Answer {
    let standing = app::standing(answer).gist;
    match answer.lock_reason() {
        LockReason::Unspecified => Answer::of(standing),
        reason => Answer::of(format!("{standing}: {}", reason.as_str_name().trim_start_matches("LOCK_REASON_"))),
    }
}

/// Whether the right to reside ends with the card.
fn has_term(case: &Case) -> bool {
    let application = &case.applicant.application;
    let card = application.residence_card.as_ref();
    application.passport.is_some() && card.is_some_and(|card| card.kind() == ResidenceCardKind::Temporary)
}

/// What the immigration database says of the holder's card now.
fn record(
    holder: &Case,
    status: rpb::ResidenceStatus,
    until: Timestamp,
    recorded_at: Timestamp,
) -> Option<rpb::Record> {
    let application = &holder.applicant.application;
    let (person, passport) = (application.person.as_ref()?, application.passport.as_ref()?);
    let card = application.residence_card.as_ref()?;
    Some(rpb::Record {
        family_name: person.family_name.clone(),
        given_names: person.given_names.clone(),
        date_of_birth: person.date_of_birth.clone(),
        sex: match person.sex() {
            Sex::Female => rpb::Sex::Female,
            Sex::Male => rpb::Sex::Male,
            Sex::X | Sex::Unspecified => rpb::Sex::X,
        }
        .into(),
        nationality: person.nationality.clone(),
        document: Some(rpb::Document {
            number: passport.number.clone(),
            issuing_state: passport.issuing_state.clone(),
            issued_on: passport.issued_on.clone(),
            expires_on: passport.expires_on.clone(),
        }),
        card: Some(rpb::Card {
            kind: rpb::CardKind::Temporary.into(),
            symbol: card.symbol.clone(),
            number: card.number.clone(),
            issued_on: card.issued_on.clone(),
            expires_on: format_date(until.local_date()),
        }),
        status: status.into(),
        face_on_file: true,
        fingerprints_on_file: true,
        recorded_at: Some(prost_types::Timestamp { seconds: recorded_at.micros().div_euclid(1_000_000), nanos: 0 }),
    })
}
