//! The scenes at the counter: officers check, submit and look up requests.

use std::io::{self, Write};

use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Fate, Stage};
use crate::cli::demo::step::{Answer, Reply, Step, ask};
use crate::domain::time::format_date;
use crate::practice::{Applicant, Expected};
use crate::proto::submit_response::Outcome;
use crate::proto::{
    CheckRequest, CheckResponse, EnrolmentState, Finding, GetRequest, GetSlipRequest, ListReceiptKeysRequest,
    ListRequest, Severity, SubmitRequest, SubmitResponse,
};
use crate::receipt::{self, JwkSet};

type Counter = crate::proto::enrolment_service_client::EnrolmentServiceClient<tonic::transport::Channel>;

/// How many requests the officer lists.
const PAGE: usize = 5;

/// The first scene: everybody applies, and some must not get through.
pub(super) async fn capture<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    rehearsed: &Applicant,
    misfits: &[Applicant],
) -> io::Result<()> {
    stage.printer.scene("1. At the counter, immigration officers capture requests")?;
    check(stage, rehearsed).await?;
    Box::pin(submit_all(stage)).await?;
    Box::pin(submit_misfits(stage, misfits)).await?;
    repeat(stage).await?;
    hand_out_receipt(stage).await?;
    keep_offices_apart(stage).await?;
    wrong_role(stage).await
}

/// The fifth scene: the officers see what was decided, and a phone that now serves an account is refused.
pub(super) async fn look_up<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("6. Back at the counter, the officer sees the decisions")?;
    for (fate, expected) in [
        (Fate::Activates, "ISSUED"),
        (Fate::IsRefused, "REFUSED (IDENTITY_NOT_CONFIRMED)"),
        (Fate::IsDeclined, "REFUSED (DECLINED_AT_OFFICE)"),
    ] {
        let Some(case) = stage.cases.iter().find(|case| case.fate == fate) else { continue };
        let action = (Who::Officer, "opens the request of", case.label());
        let step = open(&stage.cast.counter(), action, case.enrolment_id.clone().unwrap_or_default(), expected).await;
        stage.printer.step(&step)?;
    }
    let Some(first) = stage.cases.first().map(|case| case.applicant.clone()) else { return Ok(()) };
    let borrower = stage.people.phone_in_use(&first);
    submit_misfit(stage, &borrower).await
}

async fn check<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, bad: &Applicant) -> io::Result<()> {
    let request = CheckRequest { application: Some(bad.application.clone()), ..CheckRequest::default() };
    let reply = ask(&stage.cast.counter(), request, async |mut c, q| c.check(q).await).await;
    stage.printer.step(&reply.step(
        (Who::Officer, "checks, without storing,", &bad.label),
        "not acceptable: residence-card.expired, consent.missing",
        |answer| checked(answer, &["residence-card.expired", "consent.missing"]),
    ))?;
    stage.printer.explained(&reply.answer().map(|answer| answer.findings).unwrap_or_default())?;

    let Some(good) = stage.cases.first() else { return Ok(()) };
    let request = CheckRequest { application: Some(good.applicant.application.clone()), ..CheckRequest::default() };
    let reply = ask(&stage.cast.counter(), request, async |mut c, q| c.check(q).await).await;
    let action = (Who::Officer, "checks, without storing,", good.label());
    stage.printer.step(&reply.step(action, "acceptable", |answer| checked(answer, &[])))
}

async fn submit_all<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let tasks = stage.cases.iter().map(|case| {
        let (counter, applicant) = (stage.cast.counter(), case.applicant.clone());
        let request_id = case.request_id.clone();
        async move {
            let (step, answer) = submit(&counter, request_id, &applicant).await;
            (vec![step], answer)
        }
    });
    let tasks = tasks.collect();
    let answers = stage.printer.crowd(tasks).await?;
    for (case, answer) in stage.cases.iter_mut().zip(answers) {
        stage.counts.submitted += 1;
        match answer.and_then(|answer| answer.outcome) {
            Some(Outcome::Accepted(receipt)) => {
                stage.counts.accepted += 1;
                case.enrolment_id = Some(receipt.enrolment_id);
            }
            Some(Outcome::NotAccepted(_)) => stage.counts.not_accepted += 1,
            None => {}
        }
    }
    Ok(())
}

async fn submit_misfits<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, misfits: &[Applicant]) -> io::Result<()> {
    stage.printer.note("Now those who must not get through:")?;
    for misfit in misfits {
        submit_misfit(stage, misfit).await?;
    }
    Ok(())
}

async fn submit_misfit<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, misfit: &Applicant) -> io::Result<()> {
    let (step, answer) = submit(&stage.cast.counter(), stage.ids.draw(), misfit).await;
    stage.counts.submitted += 1;
    match answer.and_then(|answer| answer.outcome) {
        Some(Outcome::Accepted(_)) => stage.counts.accepted += 1,
        Some(Outcome::NotAccepted(_)) => stage.counts.not_accepted += 1,
        None => {}
    }
    stage.printer.step(&step)
}

/// Somebody more hands in, who must be accepted.
pub(super) async fn submit_case<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: Case) -> io::Result<()> {
    let (step, answer) = submit(&stage.cast.counter(), case.request_id.clone(), &case.applicant).await;
    stage.printer.step(&step)?;
    stage.counts.submitted += 1;
    if let Some(Outcome::Accepted(receipt)) = answer.and_then(|answer| answer.outcome) {
        stage.counts.accepted += 1;
        stage.cases.push(Case { enrolment_id: Some(receipt.enrolment_id), ..case });
    } else {
        stage.counts.not_accepted += 1;
    }
    Ok(())
}

/// An answer lost on the way: the client asks again under the same request_id.
async fn repeat<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let [first, second, ..] = stage.cases.as_slice() else { return Ok(()) };
    let (counter, id) = (stage.cast.counter(), &first.request_id);
    let reply = hand_in(&counter, id.clone(), &first.applicant).await;
    let again = reply.step((Who::Officer, "repeats, as after a lost answer,", first.label()), "the first answer", |a| {
        let same = matches!(&a.outcome, Some(Outcome::Accepted(r)) if Some(&r.enrolment_id) == first.enrolment_id.as_ref());
        Answer::of(if same { "the first answer" } else { "another answer" })
    });
    let reply = hand_in(&counter, id.clone(), &second.applicant).await;
    let action = (Who::Officer, "sends under the same request_id", second.label());
    let other = reply.step(action, "ALREADY_EXISTS (REQUEST_ID_REUSED)", |answer| submitted(answer, None));
    stage.printer.step(&again)?;
    stage.printer.step(&other)
}

/// The applicant's slip, and its receipt checked as anyone can: with the public keys and nothing else.
async fn hand_out_receipt<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let Some(case) = stage.cases.first().cloned() else { return Ok(()) };
    let counter = stage.cast.counter();
    let id = case.enrolment_id.clone().unwrap_or_default();
    let request = GetSlipRequest { enrolment_id: id.clone(), ..GetSlipRequest::default() };
    let slip = ask(&counter, request, async |mut c, q| c.get_slip(q).await).await;
    let action = (Who::Officer, "prints the slip of", case.label());
    stage.printer.step(&slip.step(action, "text/html; charset=utf-8", |answer| {
        Answer::of(&answer.media_type).and(format!("{} bytes, with a QR code", answer.page.len()))
    }))?;
    let signed = slip.answer().map(|answer| answer.signed).unwrap_or_default();
    let keys = ask(&counter, ListReceiptKeysRequest {}, async |mut c, q| c.list_receipt_keys(q).await).await;
    let action = (Who::Officer, "checks, with public keys alone, the receipt of", case.label());
    stage.printer.step(&keys.step(action, "genuine", |answer| verified(&signed, &answer.jwk_set, &id)))
}

fn verified(signed: &str, keys: &str, enrolment: &str) -> Answer {
    let Ok(keys) = JwkSet::parse(keys) else { return Answer::of("no keys") };
    match receipt::read(signed, &keys) {
        Ok(genuine) if genuine.claims.request.to_string() == enrolment => {
            let due = genuine.claims.due().map(|due| format!("due {}", format_date(due.day)));
            Answer::of("genuine").and(due.unwrap_or_default())
        }
        Ok(_) => Answer::of("of another request"),
        Err(fault) => Answer::of(fault.to_string()),
    }
}

/// What is another office's looks exactly like what does not exist.
async fn keep_offices_apart<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let Some(case) = stage.cases.first().cloned() else { return Ok(()) };
    let (here, there) = (stage.cast.counter(), stage.cast.other_counter());
    let hidden = "NOT_FOUND (ENROLMENT_NOT_FOUND)";
    let known = case.enrolment_id.clone().unwrap_or_default();
    let steps = [
        open(&here, (Who::Officer, "opens the request of", case.label()), known.clone(), "FORWARDED").await,
        open(&there, (Who::SecondOfficer, "opens, in another office,", case.label()), known, hidden).await,
        open(&there, (Who::SecondOfficer, "opens a request", "that does not exist"), stage.ids.draw(), hidden).await,
        list(&here).await,
    ];
    steps.iter().try_for_each(|step| stage.printer.step(step))
}

async fn wrong_role<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let intruder = stage.people.applicant();
    let reply = hand_in(&stage.cast.app_at_the_counter(), stage.ids.draw(), &intruder).await;
    let action = (Who::AppBackend, "tries the officer's work: submits", intruder.label.as_str());
    stage.printer.step(&reply.step(action, "PERMISSION_DENIED", |answer| submitted(answer, None)))
}

async fn submit(counter: &Counter, request_id: String, applicant: &Applicant) -> (Step, Option<SubmitResponse>) {
    let (expected, rule) = match applicant.expected {
        Expected::Accepted | Expected::Referred { .. } => ("accepted".to_owned(), None),
        Expected::Refused { rule } => (format!("not accepted: {rule}"), Some(rule)),
    };
    let reply = hand_in(counter, request_id, applicant).await;
    let action = (Who::Officer, "submits the request of", applicant.label.as_str());
    (reply.step(action, &expected, |answer| submitted(answer, rule)), reply.answer())
}

async fn hand_in(counter: &Counter, request_id: String, applicant: &Applicant) -> Reply<SubmitResponse> {
    let request =
        SubmitRequest { request_id, application: Some(applicant.application.clone()), ..SubmitRequest::default() };
    ask(counter, request, async |mut c, q| c.submit(q).await).await
}

async fn open(counter: &Counter, action: (Who, &'static str, &str), enrolment_id: String, expected: &str) -> Step {
    let request = GetRequest { enrolment_id };
    let reply = ask(counter, request, async |mut c, q| c.get(q).await).await;
    reply.step(action, expected, |answer| {
        let Some(enrolment) = &answer.enrolment else { return Answer::of("an empty answer") };
        let state = Answer::outcome(enrolment.state().as_str_name(), "ENROLMENT_STATE_");
        if enrolment.state() != EnrolmentState::Refused {
            return state;
        }
        let reason = Answer::outcome(enrolment.refusal_reason().as_str_name(), "REFUSAL_REASON_");
        Answer::of(format!("{} ({})", state.gist, reason.gist))
    })
}

async fn list(counter: &Counter) -> Step {
    let request = ListRequest { page_size: i32::try_from(PAGE).unwrap_or_default(), ..ListRequest::default() };
    let reply = ask(counter, request, async |mut c, q| c.list(q).await).await;
    let expected = format!("{PAGE} requests");
    reply.step((Who::Officer, "lists the newest requests of", "the office"), &expected, |answer| {
        let more = if answer.next_page_token.is_empty() { "no more pages" } else { "more pages follow" };
        Answer::of(format!("{} requests", answer.enrolments.len())).and(more)
    })
}

fn submitted(answer: &SubmitResponse, rule: Option<&str>) -> Answer {
    match &answer.outcome {
        Some(Outcome::Accepted(receipt)) => match receipt.notes.len() {
            0 => Answer::of("accepted"),
            1 => Answer::of("accepted").and("with a note"),
            notes => Answer::of("accepted").and(format!("with {notes} notes")),
        },
        Some(Outcome::NotAccepted(refusal)) => {
            let (rules, remark) = refusing(&refusal.findings, rule.as_slice());
            Answer::of(format!("not accepted: {rules}")).and(remark)
        }
        None => Answer::of("an empty answer"),
    }
}

fn checked(answer: &CheckResponse, rules: &[&str]) -> Answer {
    if answer.acceptable {
        return Answer::of("acceptable");
    }
    let (rules, remark) = refusing(&answer.findings, rules);
    Answer::of(format!("not acceptable: {rules}")).and(remark)
}

fn refusing(findings: &[Finding], expected: &[&str]) -> (String, String) {
    ruling(findings, Severity::Refuse, expected)
}

/// The rules that weigh so: those expected if all of them do, and a remark on how many others; else whichever do.
pub(super) fn ruling(findings: &[Finding], severity: Severity, expected: &[&str]) -> (String, String) {
    let weighs = |finding: &&Finding| finding.severity() == severity;
    let found: Vec<_> = findings.iter().filter(weighs).map(|finding| finding.rule.as_str()).collect();
    if expected.is_empty() || !expected.iter().all(|rule| found.contains(rule)) {
        return (found.join(", "), String::new());
    }
    let others: Vec<_> = found.into_iter().filter(|rule| !expected.contains(rule)).collect();
    let remark = if others.is_empty() { String::new() } else { format!("also {}", others.join(", ")) };
    (expected.join(", "), remark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &str, severity: Severity) -> Finding {
        Finding { rule: rule.to_owned(), severity: severity.into(), ..Finding::default() }
    }

    #[test]
    fn the_expected_rule_is_named_first_and_the_others_are_not_hidden() {
        let findings = [finding("a", Severity::Refuse), finding("b", Severity::Refuse), finding("c", Severity::Note)];
        assert_eq!(refusing(&findings, &["b"]), ("b".to_owned(), "also a".to_owned()));
        assert_eq!(refusing(&findings, &["b", "a"]), ("b, a".to_owned(), String::new()));
    }

    #[test]
    fn a_rule_that_did_not_refuse_is_not_named() {
        let findings = [finding("a", Severity::Refuse), finding("c", Severity::Note)];
        assert_eq!(refusing(&findings, &["c"]), ("a".to_owned(), String::new()));
        assert_eq!(refusing(&findings, &[]), ("a".to_owned(), String::new()));
    }
}
