//! Scenes of following through: a request is given up, some come back from the authority, and one is forgotten until the
//! list of what is overdue names it.

use std::io::{self, Write};
use std::time::Duration;

use crate::cli::demo::cast::Who;
use crate::cli::demo::company::Followed;
use crate::cli::demo::counter;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Fate, Stage};
use crate::cli::demo::step::{Answer, ask};
use crate::proto::correct_response::Outcome;
use crate::proto::record_decision_request::Decision;
use crate::proto::{
    Approval, ClaimRequest, CorrectRequest, CountRequest, Enrolment, EnrolmentFilter, EnrolmentState,
    GetHistoryRequest, GetRequest, Holder, ListRequest, ReconcileRequest, RecordDecisionRequest, WithdrawRequest,
    WithdrawalReason,
};

/// What the authority says it needs.
pub(super) const NOTE: &str = "The e-mail address cannot be read; please type it again.";

/// Longer than an office has for a correction, and less than the days after which staff rest.
const LATER: Duration = Duration::from_hours(24 * 42);

/// Those of whom one is given up and two come back hand their requests in.
pub(super) async fn capture<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, followed: Followed) -> io::Result<()> {
    stage.printer.note("Three whose requests will not go straight on:")?;
    let Followed { given_up, corrected, forgotten } = followed;
    for (applicant, fate) in
        [(given_up, Fate::IsWithdrawn), (corrected, Fate::IsReturned), (forgotten, Fate::StaysReturned)]
    {
        let case = stage.case(applicant, fate);
        counter::submit_case(stage, case).await?;
    }
    Ok(())
}

/// The officer gives a request up, before the authority sees it.
pub(super) async fn withdraw<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let Some(case) = stage.cases.iter().find(|case| case.fate == Fate::IsWithdrawn).cloned() else { return Ok(()) };
    let request = WithdrawRequest {
        request_id: stage.ids.draw(),
        enrolment_id: case.enrolment_id.clone().unwrap_or_default(),
        reason: WithdrawalReason::Applicant.into(),
    };
    let reply = ask(&stage.cast.counter(), request, async |mut c, q| c.withdraw(q).await).await;
    let action = (Who::Officer, "withdraws, as the applicant asks,", case.label());
    stage.printer.step(&reply.step(action, "WITHDRAWN", |answer| state(answer.enrolment.as_ref())))
}

/// What came back from the authority: one request is corrected and approved, the other one waits for its applicant.
pub(super) async fn come_back<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("5. What the authority could not decide comes back to the office")?;
    let returned: Vec<_> = stage.cases.iter().filter(|case| case.fate.is_returned()).cloned().collect();
    for case in &returned {
        open(stage, case, "RETURNED").await?;
    }
    if let Some(case) = returned.iter().find(|case| case.fate == Fate::IsReturned) {
        correct(stage, case).await?;
        approve(stage, case).await?;
        history(stage, case).await?;
    }
    reconcile(stage).await
}

/// Weeks later, the office is told what stands still, since when, and who must act.
pub(super) async fn weeks_later<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("11. Six weeks later: nothing stands still without being seen")?;
    stage.clock.advance(LATER);
    let Some(case) = stage.cases.iter().find(|case| case.fate == Fate::StaysReturned).cloned() else { return Ok(()) };
    let filter = EnrolmentFilter { overdue: true, ..EnrolmentFilter::default() };
    let request = ListRequest { filter: Some(filter.clone()), page_size: 500, ..ListRequest::default() };
    let reply = ask(&stage.cast.reviewing_counter(), request, async |mut c, q| c.list(q).await).await;
    let action = (Who::Supervisor, "lists what is overdue at", "the office");
    let found =
        |answer: &[Enrolment]| answer.iter().find(|one| Some(&one.enrolment_id) == case.enrolment_id.as_ref()).cloned();
    let step =
        reply.step(action, "RETURNED, waits for the OFFICE", |answer| match found(&answer.enrolments) {
            Some(one) => Answer::of(format!("{}, waits for the {}", state(Some(&one)).gist, holder(&one)))
                .and(format!("{} overdue, one of them of {}", answer.enrolments.len(), case.label())),
            None => Answer::of("not there"),
        });
    stage.printer.step(&step)?;
    let listed = reply.answer().map_or(0, |answer| answer.enrolments.len());

    let request = CountRequest { filter: Some(filter), ..CountRequest::default() };
    let reply = ask(&stage.cast.reviewing_counter(), request, async |mut c, q| c.count(q).await).await;
    let action = (Who::Supervisor, "counts what is overdue at", "the office");
    stage.printer.step(&reply.step(action, "as many as listed", |answer| {
        let same = usize::try_from(answer.total) == Ok(listed);
        Answer::of(if same { "as many as listed" } else { "another number" }).and(format!("{}", answer.total))
    }))
}

async fn open<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case, expected: &str) -> io::Result<()> {
    let request = GetRequest { enrolment_id: case.enrolment_id.clone().unwrap_or_default() };
    let reply = ask(&stage.cast.counter(), request, async |mut c, q| c.get(q).await).await;
    let action = (Who::Officer, "opens the request of", case.label());
    stage.printer.step(&reply.step(action, expected, |answer| state(answer.enrolment.as_ref())))?;
    let note = reply.answer().and_then(|answer| answer.enrolment).map(|shown| shown.return_note).unwrap_or_default();
    if note.is_empty() { Ok(()) } else { stage.printer.note(&format!("“{note}”")) }
}

async fn correct<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case) -> io::Result<()> {
    let mut application = case.applicant.application.clone();
    "typed.again@example.com".clone_into(&mut application.email);
    let request = CorrectRequest {
        request_id: stage.ids.draw(),
        enrolment_id: case.enrolment_id.clone().unwrap_or_default(),
        application: Some(application),
        ..CorrectRequest::default()
    };
    let reply = ask(&stage.cast.counter(), request, async |mut c, q| c.correct(q).await).await;
    let action = (Who::Officer, "corrects the request of", case.label());
    stage.printer.step(&reply.step(action, "FORWARDED", |answer| match &answer.outcome {
        Some(Outcome::Accepted(enrolment)) => state(Some(enrolment)).and(format!("revision {}", enrolment.revision)),
        _ => Answer::of("not accepted"),
    }))
}

async fn approve<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case) -> io::Result<()> {
    let authority = stage.cast.authority();
    let enrolment_id = case.enrolment_id.clone().unwrap_or_default();
    let reply = ask(&authority, ClaimRequest { limit: 500, lease: None }, async |mut c, q| c.claim(q).await).await;
    let action = (Who::Authority, "claims again the request of", case.label());
    stage.printer.step(&reply.step(action, "it is there", |answer| {
        let there = answer.enrolments.iter().any(|one| one.enrolment_id == enrolment_id);
        Answer::of(if there { "it is there" } else { "not there" })
    }))?;
    let request = RecordDecisionRequest {
        request_id: stage.ids.draw(),
        enrolment_id: enrolment_id.clone(),
        lease_id: reply.answer().map(|answer| answer.lease_id).unwrap_or_default(),
        decision: Some(Decision::Approval(Approval { identity_number: case.number.clone() })),
    };
    let reply = ask(&authority, request, async |mut c, q| c.record_decision(q).await).await;
    let action = (Who::Authority, "approves and numbers", case.label());
    stage.printer.step(
        &reply.step(action, "ISSUED", |answer| Answer::outcome(answer.state().as_str_name(), "ENROLMENT_STATE_")),
    )?;
    let account = reply.answer().map(|answer| answer.account_id).filter(|id| !id.is_empty());
    for case in stage.cases.iter_mut().filter(|case| case.enrolment_id.as_ref() == Some(&enrolment_id)) {
        case.account_id.clone_from(&account);
        // From here on it is like any other.
        case.fate = Fate::Activates;
    }
    Ok(())
}

/// What was claimed first, what changed, by whom.
async fn history<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case) -> io::Result<()> {
    let request = GetHistoryRequest {
        enrolment_id: case.enrolment_id.clone().unwrap_or_default(),
        ..GetHistoryRequest::default()
    };
    let reply = ask(&stage.cast.counter(), request, async |mut c, q| c.get_history(q).await).await;
    let action = (Who::Officer, "looks at the history of", case.label());
    stage.printer.step(&reply.step(action, "2 revisions, changed: email", |answer| {
        let changed: Vec<_> = answer.revisions.iter().flat_map(|revision| revision.changed_fields.clone()).collect();
        let verbs: Vec<_> = answer.events.iter().map(|event| event.verb.as_str()).collect();
        Answer::of(format!("{} revisions, changed: {}", answer.revisions.len(), changed.join(", ")))
            .and(verbs.join(", "))
    }))
}

/// The two sides prove that they hold the same set.
async fn reconcile<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    const HOUR: i64 = 3_600;
    let begun = stage.begun.micros() / 1_000_000;
    let instant = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let request = ReconcileRequest {
        from: instant(begun - HOUR),
        until: instant(begun + 24 * HOUR),
        ..ReconcileRequest::default()
    };
    let reply = ask(&stage.cast.authority(), request, async |mut c, q| c.reconcile(q).await).await;
    let action = (Who::Authority, "reconciles the day's", "hand-overs");
    stage.printer.step(&reply.step(action, "all accounted for", |answer| {
        let count = |set: &Option<crate::proto::HandOverSet>| set.as_ref().map_or(0, |set| set.count);
        let (all, answered) = (count(&answer.handed_over), count(&answer.answered));
        let (outstanding, withdrawn) = (count(&answer.outstanding), count(&answer.withdrawn));
        let adds_up = all == answered + outstanding + withdrawn && all > 0;
        let sum =
            format!("{all} handed over = {answered} answered + {outstanding} outstanding + {withdrawn} withdrawn");
        Answer::of(if adds_up { "all accounted for" } else { "the sum does not hold" }).and(sum)
    }))
}

fn state(enrolment: Option<&Enrolment>) -> Answer {
    let state = enrolment.map_or(EnrolmentState::Unspecified, Enrolment::state);
    Answer::outcome(state.as_str_name(), "ENROLMENT_STATE_")
}

fn holder(enrolment: &Enrolment) -> &'static str {
    let name = Holder::as_str_name(&enrolment.holder());
    name.strip_prefix("HOLDER_").unwrap_or(name)
}
