//! The fourth scene: the identity authority claims what waits and decides it.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Stage};
use crate::cli::demo::step::{Answer, Reply, Step, ask};
use crate::cli::demo::{captures, documents, following, review};
use crate::proto::record_decision_request::Decision;
use crate::proto::{
    Approval, AuthorityRefusal, ClaimRequest, ClaimedEnrolment, MoreInformation, RecordDecisionRequest,
    RecordDecisionResponse, ReturnReason,
};

type Authority = crate::proto::authority_service_client::AuthorityServiceClient<tonic::transport::Channel>;

/// How many requests one claim takes: a few, so that there are several, or many when there is a crowd.
const BATCH: usize = 8;
const BATCH_IN_A_CROWD: usize = 200;

/// How long the authority may take to decide what it claimed.
const LEASE_SECS: i64 = 600;

/// More claims than any play needs. Ends a server that never runs dry.
const CLAIMS_MAX: usize = 10_000;

const WORK: &str = "requests to decide";
const NO_WORK: &str = "nothing waits";

/// By request: the lease, and what was handed over under it.
type Leases = HashMap<String, (String, ClaimedEnrolment)>;

/// Claims until nothing waits, then decides: most are approved, one in ten is refused.
pub(super) async fn decide<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("4. The identity authority claims what waits, decides, and gives the numbers")?;
    let leases = claim_all(stage).await?;
    read_with(stage, &leases)?;
    captures::hand_over(stage, |id| leases.get(id).map(|(lease, _)| lease.clone())).await?;
    let tasks = stage.cases.iter().filter_map(|case| {
        let (authority, case, request_id) = (stage.cast.authority(), case.clone(), stage.ids.draw());
        let request = decision(&case, &leases, request_id)?;
        Some(async move {
            let (step, answer) = record(&authority, &case, request).await;
            (vec![step], (case.request_id, answer))
        })
    });
    let tasks = tasks.collect();
    let decided: HashMap<_, _> = stage.printer.crowd(tasks).await?.into_iter().collect();
    for case in &mut stage.cases {
        let answer = decided.get(&case.request_id).and_then(Option::as_ref);
        case.account_id = answer.map(|answer| answer.account_id.clone()).filter(|id| !id.is_empty());
    }
    decide_twice(stage, &leases).await
}

async fn claim_all<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<Leases> {
    let authority = stage.cast.authority();
    let limit = if stage.cases.len() > BATCH_IN_A_CROWD { BATCH_IN_A_CROWD } else { BATCH };
    let coming = stage.cases.iter().filter(|case| !case.fate.stays_at_office());
    let mut waiting: Vec<_> = coming.filter_map(|case| case.enrolment_id.clone()).collect();
    let (mut leases, mut steps) = (Leases::new(), Vec::new());
    for _ in 0..CLAIMS_MAX {
        let request = ClaimRequest {
            limit: i32::try_from(limit).unwrap_or(i32::MAX),
            lease: Some(prost_types::Duration { seconds: LEASE_SECS, nanos: 0 }),
        };
        let reply = ask(&authority, request, async |mut c, q| c.claim(q).await).await;
        let claimed = reply.outcome.as_ref().map_or(0, |answer| answer.enrolments.len());
        // On a store that is kept, the requests of others may wait too: they are left to their lease.
        let expected = if waiting.is_empty() && claimed == 0 { NO_WORK } else { WORK };
        steps.push(reply.step((Who::Authority, "claims a batch of", "requests"), expected, |answer| {
            let gist = if answer.enrolments.is_empty() { NO_WORK } else { WORK };
            Answer::of(gist).and(if claimed == 0 { String::new() } else { format!("{claimed} of them") })
        }));
        let Some(answer) = reply.answer().filter(|answer| !answer.enrolments.is_empty()) else { break };
        for enrolment in answer.enrolments {
            waiting.retain(|id| *id != enrolment.enrolment_id);
            leases.insert(enrolment.enrolment_id.clone(), (answer.lease_id.clone(), enrolment));
        }
    }
    stage.printer.steps(&steps)?;
    Ok(leases)
}

/// What else the authority reads in a claimed request: why a referral was overridden, and what the chip proved.
fn read_with<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, leases: &Leases) -> io::Result<()> {
    for case in &stage.cases {
        let Some((_, claimed)) = case.enrolment_id.as_ref().and_then(|id| leases.get(id)) else { continue };
        let reply = Reply { outcome: Ok(claimed), took: Duration::ZERO };
        if case.applicant.chip.is_some() && claimed.chip.is_some() {
            let action = (Who::Authority, "reads what was proven by the chip of", case.label());
            let proven = |claimed: &&ClaimedEnrolment| Answer::of(documents::proof(claimed.chip.as_ref()));
            stage.printer.step(&reply.step(action, "data PROVEN, chip PROVEN", proven))?;
        }
        if case.referred {
            let action = (Who::Authority, "reads why the supervisor overrode, for", case.label());
            let step = reply.step(action, "overridden, with the reason", |claimed| match &claimed.review {
                Some(review) if review.overridden && review.reason == review::REASON => {
                    Answer::of("overridden, with the reason")
                }
                _ => Answer::of("no such review"),
            });
            stage.printer.step(&step)?;
            let review = claimed.review.clone().unwrap_or_default();
            stage.printer.note(&format!("{}: “{}”", review.rules.join(", "), review.reason))?;
        }
    }
    Ok(())
}

/// A second opinion on a request that is decided must not count.
async fn decide_twice<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, leases: &Leases) -> io::Result<()> {
    let Some(case) = stage.cases.iter().find(|case| case.account_id.is_some()) else { return Ok(()) };
    let Some(request) = decision(case, leases, stage.ids.draw()) else { return Ok(()) };
    let reply = send(&stage.cast.authority(), request).await;
    let action = (Who::Authority, "decides a second time on", case.label());
    let step = reply.step(action, "FAILED_PRECONDITION (ALREADY_DECIDED)", decided);
    stage.printer.step(&step)
}

fn decision(case: &Case, leases: &Leases, request_id: String) -> Option<RecordDecisionRequest> {
    let enrolment_id = case.enrolment_id.clone()?;
    let lease_id = leases.get(&enrolment_id)?.0.clone();
    let decision = match case.fate.refusal() {
        Some(reason) => Decision::Refusal(AuthorityRefusal { reason: reason.into() }),
        None if case.fate.is_returned() => Decision::MoreInformation(MoreInformation {
            reason: ReturnReason::Data.into(),
            note: following::NOTE.to_owned(),
        }),
        None => Decision::Approval(Approval { identity_number: case.number.clone() }),
    };
    Some(RecordDecisionRequest { request_id, enrolment_id, lease_id, decision: Some(decision) })
}

async fn record(
    authority: &Authority,
    case: &Case,
    request: RecordDecisionRequest,
) -> (Step, Option<RecordDecisionResponse>) {
    let reply = send(authority, request).await;
    let (does, expected) = match case.fate.refusal() {
        Some(_) => ("refuses", "REFUSED"),
        None if case.fate.is_returned() => ("asks for more, about", "RETURNED"),
        None => ("approves and numbers", "ISSUED"),
    };
    (reply.step((Who::Authority, does, case.label()), expected, decided), reply.answer())
}

async fn send(authority: &Authority, request: RecordDecisionRequest) -> Reply<RecordDecisionResponse> {
    ask(authority, request, async |mut c, q| c.record_decision(q).await).await
}

fn decided(answer: &RecordDecisionResponse) -> Answer {
    Answer::outcome(answer.state().as_str_name(), "ENROLMENT_STATE_")
}
