//! Taking stock: what the service itself says there is, against what the players were told on the way.

use std::collections::HashSet;
use std::io::{self, Write};

use crate::cli::demo::cast::Who;
use crate::cli::demo::following;
use crate::cli::demo::hotline;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::renewal;
use crate::cli::demo::stage::{Fate, Stage};
use crate::cli::demo::step::{Answer, ask};
use crate::cli::demo::tally::Tally;
use crate::proto::{Account, AccountState, EnrolmentState, GetAccountRequest, ListRequest, LookPurpose};

/// The largest page that a list gives.
const PAGE: i32 = 500;

/// More pages than any play needs. Ends a list that never ends.
const PAGES_MAX: usize = 10_000;

/// Counts requests and accounts anew and prints the table.
pub(super) async fn take_stock<M: Mailbox, W: Write>(mut stage: Stage<'_, M, W>) -> anyhow::Result<Tally> {
    stage.printer.scene("10. Taking stock: the service is asked what there is, and the counts must add up")?;
    count_requests(&mut stage).await?;
    count_accounts(&mut stage).await?;
    following::weeks_later(&mut stage).await?;
    hotline::reopen(&mut stage).await?;
    renewal::renew(&mut stage).await?;
    stage.printer.scene("Counts")?;
    Ok(stage.printer.close(stage.counts)?)
}

/// The officer pages through the office's requests until all of this play are found.
async fn count_requests<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let counter = stage.cast.counter();
    let mut missing: HashSet<_> = stage.cases.iter().filter_map(|case| case.enrolment_id.clone()).collect();
    let (mut steps, mut page_token) = (Vec::new(), String::new());
    for _ in 0..PAGES_MAX {
        let request = ListRequest { page_size: PAGE, page_token, ..ListRequest::default() };
        let reply = ask(&counter, request, async |mut c, q| c.list(q).await).await;
        steps.push(reply.step((Who::Officer, "lists the requests of", "the office"), "a page", |answer| {
            Answer::of("a page").and(format!("{} requests", answer.enrolments.len()))
        }));
        let Some(answer) = reply.answer() else { break };
        for enrolment in &answer.enrolments {
            if !missing.remove(&enrolment.enrolment_id) {
                continue;
            }
            match enrolment.state() {
                EnrolmentState::Issued => stage.counts.issued += 1,
                EnrolmentState::Refused => stage.counts.refused += 1,
                EnrolmentState::Received
                | EnrolmentState::Forwarded
                | EnrolmentState::Referred
                | EnrolmentState::Returned => stage.counts.waiting += 1,
                EnrolmentState::Withdrawn => stage.counts.withdrawn += 1,
                EnrolmentState::Unspecified => {}
            }
        }
        page_token = answer.next_page_token;
        if missing.is_empty() || page_token.is_empty() {
            break;
        }
    }
    stage.printer.steps(&steps)
}

/// The administrator opens each account that was issued.
async fn count_accounts<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let tasks = stage.cases.iter().filter_map(|case| {
        let (accounts, case) = (stage.cast.accounts(), case.clone());
        let account_id = case.account_id.clone()?;
        let expected = if case.fate == Fate::StaysAway { "AWAITING_ACTIVATION" } else { "ACTIVE" };
        Some(async move {
            let request = GetAccountRequest { account_id, purpose: LookPurpose::Audit.into() };
            let reply = ask(&accounts, request, async |mut c, q| c.get_account(q).await).await;
            let step = reply.step((Who::Administrator, "opens the account of", case.label()), expected, |answer| {
                let state = answer.account.as_ref().map(Account::state).unwrap_or_default();
                Answer::outcome(state.as_str_name(), "ACCOUNT_STATE_")
            });
            let account = reply.answer().and_then(|answer| answer.account);
            (vec![step], account.map(|account| account.state()))
        })
    });
    let tasks = tasks.collect();
    for state in stage.printer.crowd(tasks).await?.into_iter().flatten() {
        match state {
            AccountState::Active => stage.counts.active += 1,
            AccountState::AwaitingActivation | AccountState::Lapsed => stage.counts.awaiting += 1,
            AccountState::Locked | AccountState::Closed | AccountState::Unspecified => {}
        }
    }
    Ok(())
}
