//! The scene at the hotline: somebody who came too late is helped by two people of the hotline.

use std::io::{self, Write};

use crate::cli::demo::app;
use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::proposals::{approve, outcome};
use crate::cli::demo::stage::{Fate, Stage};
use crate::cli::demo::step::{Answer, ask};
use crate::proto::find_account_request::By;
use crate::proto::{AskReopeningRequest, FindAccountRequest, LookPurpose, NextStep, StandStill};

/// The days for activation are over for one holder; the hotline opens them again.
pub(super) async fn reopen<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("12. A holder who came too late calls the hotline")?;
    let Some(case) = stage.cases.iter().find(|case| case.fate == Fate::StaysAway).cloned() else { return Ok(()) };
    let reply = app::status(&stage.cast.activation(), &case.number, &case.phone()).await;
    let action = (Who::AppBackend, "asks for the standing of", case.label());
    stage.printer.step(&reply.step(action, "WINDOW_LAPSED", app::standing))?;

    let by = Some(By::IdentityNumber(case.number.clone()));
    let request = FindAccountRequest { by, purpose: LookPurpose::HolderRequest.into() };
    let reply = ask(&stage.cast.accounts_at_the_hotline(), request, async |mut c, q| c.find_account(q).await).await;
    let action = (Who::Hotline, "looks how far it has come with", case.label());
    stage.printer.step(&reply.step(action, "CALL_HOTLINE: WINDOW_LAPSED", |answer| {
        let table = answer.accounts.first().and_then(|account| account.timetable).unwrap_or_default();
        let next = NextStep::as_str_name(&table.next_step()).trim_start_matches("NEXT_STEP_").to_owned();
        Answer::of(format!(
            "{next}: {}",
            StandStill::as_str_name(&table.stands_still()).trim_start_matches("STAND_STILL_")
        ))
    }))?;

    let request = AskReopeningRequest {
        request_id: stage.ids.draw(),
        account_id: case.account_id.clone().unwrap_or_default(),
        reason: "Was abroad; called from the registered phone and told the request's code.".to_owned(),
    };
    let reply = ask(&stage.cast.hotline(), request, async |mut c, q| c.ask_reopening(q).await).await;
    let action = (Who::Hotline, "asks to open the way again for", case.label());
    stage
        .printer
        .step(&reply.step(action, "ASKED", |answer| {
            Answer::outcome(answer.outcome().as_str_name(), "ASK_REOPENING_OUTCOME_")
        }))?;
    let proposal = reply.answer().and_then(|answer| answer.proposal).unwrap_or_default();
    for (who, channel, expected) in [
        (Who::Hotline, (&stage.cast.hotline, "hotline"), "OWN_PROPOSAL"),
        (Who::SecondHotline, (&stage.cast.second_hotline, "hotline-2"), "APPROVED"),
    ] {
        let step = approve(channel, stage.clock, stage.ids.draw(), &proposal).await;
        let action = (who, "agrees to that for", case.label());
        stage.printer.step(&step.step(action, expected, outcome))?;
    }
    if app::activate_one(stage, &case).await? {
        stage.counts.active += 1;
        stage.counts.awaiting = stage.counts.awaiting.saturating_sub(1);
    }
    Ok(())
}
