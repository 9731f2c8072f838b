//! The scene of the second pair of eyes: a supervisor looks at what was referred, overrides with a reason, or declines.

use std::io::{self, Write};

use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Fate, Stage};
use crate::cli::demo::step::{Answer, Reply, ask};
use crate::proto::{
    DeclineRequest, Enrolment, EnrolmentState, GetRequest, ListRequest, OverrideRequest, OverrideResponse, Severity,
};

/// Why a referral is overridden.
pub(super) const REASON: &str =
    "The holder showed the deed of the change of name; passport and record bear the name from before.";

/// Why another one is not.
const DECLINED: &str = "The card must be exchanged first; the holder was told where.";

/// The third scene.
pub(super) async fn decide<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("3. A supervisor of the office looks at what was referred")?;
    let referred: Vec<_> = stage.cases.iter().filter(|case| case.referred).cloned().collect();
    list(stage, referred.len()).await?;
    for case in referred {
        let rules = open(stage, &case).await?;
        if case.fate == Fate::IsDeclined { decline(stage, &case).await? } else { pass(stage, &case, rules).await? }
    }
    Ok(())
}

async fn list<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, expected: usize) -> io::Result<()> {
    let request = ListRequest { state: EnrolmentState::Referred.into(), ..ListRequest::default() };
    let reply = ask(&stage.cast.reviewing_counter(), request, async |mut c, q| c.list(q).await).await;
    let action = (Who::Supervisor, "lists what waits for a review at", "the office");
    stage.printer.step(&reply.step(action, &format!("{expected} requests"), |answer| {
        Answer::of(format!("{} requests", answer.enrolments.len()))
    }))
}

/// The rules that referred the request.
async fn open<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case) -> io::Result<Vec<String>> {
    let request = GetRequest { enrolment_id: case.enrolment_id.clone().unwrap_or_default() };
    let reply = ask(&stage.cast.reviewing_counter(), request, async |mut c, q| c.get(q).await).await;
    let action = (Who::Supervisor, "opens the request of", case.label());
    let rules = reply.outcome.as_ref().ok().and_then(|answer| answer.enrolment.as_ref()).map(referring);
    let rules = rules.unwrap_or_default();
    let step = reply
        .step(action, "REFERRED", |answer| state(answer.enrolment.as_ref()).and(format!("by {}", rules.join(", "))));
    stage.printer.step(&step)?;
    Ok(rules)
}

/// What must not work first: the officer's own override, and one that does not name what was referred.
async fn pass<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case, rules: Vec<String>) -> io::Result<()> {
    let request = OverrideRequest {
        request_id: stage.ids.draw(),
        enrolment_id: case.enrolment_id.clone().unwrap_or_default(),
        rules,
        reason: REASON.to_owned(),
        ..OverrideRequest::default()
    };
    let officer = ask(&stage.cast.officer_at_review(), request.clone(), async |mut c, q| c.r#override(q).await).await;
    let action = (Who::Officer, "tries to override, for", case.label());
    stage.printer.step(&officer.step(action, "PERMISSION_DENIED", overridden))?;

    let blind =
        OverrideRequest { request_id: stage.ids.draw(), rules: vec!["phone.in-use".to_owned()], ..request.clone() };
    let reply = send(stage, blind).await;
    let action = (Who::Supervisor, "overrides, naming another rule, for", case.label());
    stage.printer.step(&reply.step(action, "FAILED_PRECONDITION (RULES_DIFFER)", overridden))?;

    let reply = send(stage, request).await;
    let action = (Who::Supervisor, "overrides, with a reason, for", case.label());
    stage.printer.step(&reply.step(action, "FORWARDED", overridden))
}

async fn send<M: Mailbox, W: Write>(stage: &Stage<'_, M, W>, request: OverrideRequest) -> Reply<OverrideResponse> {
    ask(&stage.cast.review(), request, async |mut c, q| c.r#override(q).await).await
}

async fn decline<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case) -> io::Result<()> {
    let request = DeclineRequest {
        request_id: stage.ids.draw(),
        enrolment_id: case.enrolment_id.clone().unwrap_or_default(),
        reason: DECLINED.to_owned(),
        same_person: false,
    };
    let reply = ask(&stage.cast.review(), request, async |mut c, q| c.decline(q).await).await;
    let action = (Who::Supervisor, "declines the request of", case.label());
    stage.printer.step(&reply.step(action, "REFUSED", |answer| state(answer.enrolment.as_ref())))
}

fn overridden(answer: &OverrideResponse) -> Answer {
    state(answer.enrolment.as_ref())
}

fn state(enrolment: Option<&Enrolment>) -> Answer {
    let state = enrolment.map(Enrolment::state).unwrap_or_default();
    Answer::outcome(state.as_str_name(), "ENROLMENT_STATE_")
}

fn referring(enrolment: &Enrolment) -> Vec<String> {
    let refer = enrolment.notes.iter().filter(|finding| finding.severity() == Severity::Refer);
    refer.map(|finding| finding.rule.clone()).collect()
}
