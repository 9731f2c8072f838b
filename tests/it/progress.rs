//! A request on its way: returned, corrected, withdrawn; late decisions; what the two sides can prove to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eid::domain::enrolment::{StageName, Verb};
use eid::domain::ids::EnrolmentId;
use eid::domain::staff::{OfficeCode, Role};
use eid::practice::Generator;
use eid::proto as pb;
use futures::future::join_all;
use pb::record_decision_request::Decision;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::service::{Service, certificate, fields, reason, with};

const NOTE: &str = "The family name on page 2 has another letter; please type it again.";

fn more_information() -> Decision {
    Decision::MoreInformation(pb::MoreInformation { reason: pb::ReturnReason::Data.into(), note: NOTE.to_owned() })
}

fn refusal() -> Decision {
    Decision::Refusal(pb::AuthorityRefusal { reason: pb::RefusalReason::IdentityNotConfirmed.into() })
}

async fn get(service: &Service, id: &str) -> pb::Enrolment {
    let request = pb::GetRequest { enrolment_id: id.to_owned() };
    service.officer().get(request).await.unwrap().into_inner().enrolment.unwrap()
}

async fn history(service: &Service, id: &str) -> pb::GetHistoryResponse {
    let request = pb::GetHistoryRequest { enrolment_id: id.to_owned(), ..pb::GetHistoryRequest::default() };
    service.officer().get_history(request).await.unwrap().into_inner()
}

async fn verbs(service: &Service, id: &str) -> Vec<String> {
    history(service, id).await.events.into_iter().map(|event| event.verb).collect()
}

fn correction(service: &Service, id: &str, application: &pb::Application) -> pb::CorrectRequest {
    pb::CorrectRequest {
        request_id: service.id(),
        enrolment_id: id.to_owned(),
        application: Some(application.clone()),
        ..pb::CorrectRequest::default()
    }
}

async fn correct(service: &Service, request: pb::CorrectRequest) -> Result<pb::CorrectResponse, Status> {
    service.officer().correct(request).await.map(tonic::Response::into_inner)
}

fn accepted(answer: pb::CorrectResponse) -> pb::Enrolment {
    match answer.outcome {
        Some(pb::correct_response::Outcome::Accepted(enrolment)) => enrolment,
        _ => panic!("not accepted"),
    }
}

async fn withdraw(service: &Service, id: &str) -> Result<pb::Enrolment, Status> {
    let request = pb::WithdrawRequest {
        request_id: service.id(),
        enrolment_id: id.to_owned(),
        reason: pb::WithdrawalReason::Applicant.into(),
    };
    service.officer().withdraw(request).await.map(|answer| answer.into_inner().enrolment.unwrap())
}

/// A request that the authority returned; its name, the lease it was under, what was handed in.
async fn returned(service: &Service) -> (String, String, pb::Application) {
    let application = service.applicant().await.application;
    let id = service.submitted(&application).await;
    let lease = service.claimed().await.lease_id;
    service.decide((&id, &lease), more_information()).await.unwrap();
    (id, lease, application)
}

#[tokio::test]
async fn more_information_sends_a_request_back_and_a_correction_brings_it_again_with_all_that_was_handed_in() {
    with(async |service| {
        let (id, lease, mut application) = returned(service).await;
        let shown = get(service, &id).await;
        assert_eq!((shown.state(), shown.holder()), (pb::EnrolmentState::Returned, pb::Holder::Office));
        assert_eq!((shown.return_reason(), shown.return_note.as_str()), (pb::ReturnReason::Data, NOTE));
        assert!(service.claimed().await.enrolments.is_empty(), "it is not the authority's now");
        let late = service.decide((&id, &lease), refusal()).await.unwrap_err();
        assert_eq!(reason(&late), "RETURNED");

        service.wait(Duration::from_hours(24));
        application.email = "corrected@example.com".to_owned();
        let corrected = accepted(correct(service, correction(service, &id, &application)).await.unwrap());
        assert_eq!((corrected.state(), corrected.revision), (pb::EnrolmentState::Forwarded, 2));
        assert_eq!(corrected.received_at, shown.received_at, "it is the same request");
        let claimed = service.claimed().await;
        let seen = claimed.enrolments[0].application.as_ref().unwrap();
        assert_eq!(seen.email, application.email, "the authority sees the correction");
        let former = service.decide((&id, &lease), refusal()).await.unwrap_err();
        assert_eq!(reason(&former), "LEASE_LOST");
        service.approve((&id, &claimed.lease_id), &service.number()).await.unwrap();

        let told = history(service, &id).await;
        let said: Vec<_> = told.events.iter().map(|event| event.verb.as_str()).collect();
        assert_eq!(said, ["receive", "forward", "claim", "return", "correct", "forward", "claim", "issue"]);
        assert_eq!(told.events[3].reason, "data");
        assert_eq!(
            (told.events[3].lease_id.as_str(), told.events[3].to()),
            (lease.as_str(), pb::EnrolmentState::Returned)
        );
        let [first, second] = told.revisions.as_slice() else { panic!("{} revisions", told.revisions.len()) };
        assert_eq!((first.return_note.as_str(), first.replaced_at.is_some()), (NOTE, true));
        assert_eq!((second.revision, second.replaced_at), (2, None));
        assert_eq!(second.changed_fields, ["email"]);
        assert_ne!(first.application, second.application);
    })
    .await;
}

#[tokio::test]
async fn a_correction_that_a_rule_refuses_changes_nothing() {
    with(async |service| {
        let (id, _, application) = returned(service).await;
        let mut wrong = application.clone();
        wrong.passport.as_mut().unwrap().expires_on = "2026-01-31".to_owned();
        let answer = correct(service, correction(service, &id, &wrong)).await.unwrap();
        assert!(matches!(answer.outcome, Some(pb::correct_response::Outcome::NotAccepted(_))));
        let shown = get(service, &id).await;
        assert_eq!((shown.state(), shown.revision), (pb::EnrolmentState::Returned, 1));
        assert_eq!(verbs(service, &id).await.last().unwrap(), "return");
        let answer = correct(service, correction(service, &id, &application)).await.unwrap();
        assert_eq!(
            accepted(answer).state(),
            pb::EnrolmentState::Forwarded,
            "its own phone and passport are not another's"
        );
    })
    .await;
}

#[tokio::test]
async fn a_refused_correction_leaves_its_rules_in_the_audit_log_and_a_submission_repeated_after_one_its_first_answer() {
    with(async |service| {
        let applicant = service.people(Generator::exchange_due).await;
        let submission = pb::SubmitRequest {
            request_id: service.id(),
            application: Some(applicant.application.clone()),
            ..pb::SubmitRequest::default()
        };
        let first = service.officer().submit(submission.clone()).await.unwrap().into_inner();
        let Some(pb::submit_response::Outcome::Accepted(receipt)) = &first.outcome else { panic!("not taken in") };
        let request = pb::ReturnRequest {
            request_id: service.id(),
            enrolment_id: receipt.enrolment_id.clone(),
            reason: pb::ReturnReason::Document.into(),
            note: NOTE.to_owned(),
        };
        let answered = service.reviewer("supervisor").r#return(request.clone()).await.unwrap().into_inner();
        let again = service.reviewer("supervisor").r#return(request).await.unwrap().into_inner();
        assert!(answered == again, "a repeat gets the first answer");

        let mut wrong = applicant.application.clone();
        wrong.passport.as_mut().unwrap().expires_on = "2026-01-31".to_owned();
        correct(service, correction(service, &receipt.enrolment_id, &wrong)).await.unwrap();
        let officer = service.app().caller(&certificate("officer")).await.unwrap().unwrap().id().to_string();
        let actions = service.actions(&officer).await;
        assert_eq!(actions.iter().filter(|action| *action == "enrolment.not-accepted").count(), 1);

        let mut right = applicant.application;
        right.residence_card.as_mut().unwrap().expires_on = "2028-01-31".to_owned();
        let corrected = accepted(correct(service, correction(service, &receipt.enrolment_id, &right)).await.unwrap());
        assert_eq!(corrected.state(), pb::EnrolmentState::Forwarded);
        let again = service.officer().submit(submission).await.unwrap().into_inner();
        assert!(first == again, "what was found then, not what the correction left");
    })
    .await;
}

#[tokio::test]
async fn only_a_returned_request_is_corrected_and_only_by_its_office() {
    with(async |service| {
        service.register(Role::Officer, Some("48-01"), "elsewhere").await;
        let (id, _, application) = returned(service).await;
        let mut elsewhere = service.officer_named("elsewhere");
        let refused = elsewhere.correct(correction(service, &id, &application)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "ENROLMENT_NOT_FOUND"));
        let request = pb::GetHistoryRequest { enrolment_id: id.clone(), ..pb::GetHistoryRequest::default() };
        assert_eq!(reason(&elsewhere.get_history(request).await.unwrap_err()), "ENROLMENT_NOT_FOUND");

        let first = correction(service, &id, &application);
        let answers = join_all((0..8).map(|_| correct(service, first.clone()))).await;
        assert!(answers.into_iter().all(|answer| accepted(answer.unwrap()).revision == 2), "a repeat changes nothing");
        let refused = correct(service, correction(service, &id, &application)).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "NOT_RETURNED"));
        let mut other = first;
        other.application.as_mut().unwrap().email = "another@example.com".to_owned();
        assert_eq!(reason(&correct(service, other).await.unwrap_err()), "REQUEST_ID_REUSED");
        let actions = service.actions(&id).await;
        assert_eq!(actions.iter().filter(|action| *action == "enrolment.corrected").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_correction_gives_free_what_it_no_longer_uses() {
    with(async |service| {
        let (id, _, application) = returned(service).await;
        let mut other = service.applicant().await.application;
        let taken =
            service.submit(&pb::Application { phone: application.phone.clone(), ..other.clone() }).await.unwrap();
        assert!(
            matches!(taken.outcome, Some(pb::submit_response::Outcome::NotAccepted(_))),
            "while it is at its office it holds its phone"
        );
        let mut corrected = application.clone();
        corrected.phone = service.people(Generator::phone).await;
        accepted(correct(service, correction(service, &id, &corrected)).await.unwrap());
        other.phone = application.phone;
        service.submitted(&other).await;
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_sends_a_referral_back_and_the_rules_are_applied_anew() {
    with(async |service| {
        let applicant = service.people(Generator::exchange_due).await;
        let id = service.submitted(&applicant.application).await;
        let request = |note: &str| pb::ReturnRequest {
            request_id: service.id(),
            enrolment_id: id.clone(),
            reason: pb::ReturnReason::Document.into(),
            note: note.to_owned(),
        };
        let refused = service.reviewer("supervisor").r#return(request("no")).await.unwrap_err();
        assert_eq!(fields(&refused), ["note"]);
        let asked = request(NOTE);
        let answer = service.reviewer("supervisor").r#return(asked.clone()).await.unwrap().into_inner();
        assert_eq!(answer.enrolment.unwrap().state(), pb::EnrolmentState::Returned);
        service.reviewer("supervisor").r#return(asked).await.unwrap();
        assert_eq!(reason(&service.reviewer("supervisor").r#return(request(NOTE)).await.unwrap_err()), "NOT_REFERRED");
        assert_eq!(get(service, &id).await.return_note, NOTE);

        let again = accepted(correct(service, correction(service, &id, &applicant.application)).await.unwrap());
        assert_eq!(again.state(), pb::EnrolmentState::Referred, "the same card refers again");
        let said = verbs(service, &id).await;
        assert_eq!(said, ["receive", "refer", "return", "correct", "refer"]);
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_request_has_ended_and_gives_free_what_it_held() {
    with(async |service| {
        let application = service.applicant().await.application;
        let id = service.submitted(&application).await;
        let withdrawn = withdraw(service, &id).await.unwrap();
        assert_eq!((withdrawn.state(), withdrawn.holder()), (pb::EnrolmentState::Withdrawn, pb::Holder::Nobody));
        assert_eq!(withdrawn.withdrawal_reason(), pb::WithdrawalReason::Applicant);
        assert!(service.claimed().await.enrolments.is_empty());
        service.submitted(&application).await;
        let refused = withdraw(service, &id).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "ALREADY_ENDED"));
        let request = pb::WithdrawRequest { request_id: service.id(), enrolment_id: id, reason: 0 };
        assert_eq!(fields(&service.officer().withdraw(request).await.unwrap_err()), ["reason"]);
    })
    .await;
}

#[tokio::test]
async fn what_the_authority_holds_is_withdrawn_only_after_its_lease_and_a_decision_after_that_is_refused() {
    with(async |service| {
        let id = service.submitted(&service.applicant().await.application).await;
        let lease = service.claimed().await.lease_id;
        service.wait(Duration::from_mins(4));
        let held = withdraw(service, &id).await.unwrap_err();
        assert_eq!((held.code(), reason(&held).as_str()), (Code::FailedPrecondition, "HELD_BY_AUTHORITY"));
        assert_eq!(held.get_details_retry_info().unwrap().retry_delay, Some(Duration::from_mins(1)));
        service.wait(Duration::from_mins(1));
        withdraw(service, &id).await.unwrap();
        let late = service.approve((&id, &lease), &service.number()).await.unwrap_err();
        assert_eq!((late.code(), reason(&late).as_str()), (Code::FailedPrecondition, "WITHDRAWN"));
    })
    .await;
}

#[tokio::test]
async fn of_a_decision_and_a_withdrawal_at_once_one_takes_effect() {
    with(async |service| {
        for _ in 0..8 {
            let id = service.submitted(&service.applicant().await.application).await;
            let lease = service.claimed().await.lease_id;
            service.wait(Duration::from_mins(6));
            let number = service.number();
            let (approved, withdrawn) =
                futures::future::join(service.approve((&id, &lease), &number), withdraw(service, &id)).await;
            assert_ne!(approved.is_ok(), withdrawn.is_ok());
            let expected = if approved.is_ok() { pb::EnrolmentState::Issued } else { pb::EnrolmentState::Withdrawn };
            assert_eq!(get(service, &id).await.state(), expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_decision_asked_for_again_after_the_request_moved_on_gets_its_first_answer() {
    with(async |service| {
        let application = service.applicant().await.application;
        let id = service.submitted(&application).await;
        let lease = service.claimed().await.lease_id;
        let request = pb::RecordDecisionRequest {
            request_id: service.id(),
            enrolment_id: id.clone(),
            lease_id: lease,
            decision: Some(more_information()),
        };
        let first = service.authority().record_decision(request.clone()).await.unwrap().into_inner();
        assert_eq!(first.state(), pb::EnrolmentState::Returned);
        service.wait(Duration::from_mins(10));
        accepted(correct(service, correction(service, &id, &application)).await.unwrap());
        let again = service.authority().record_decision(request).await.unwrap().into_inner();
        assert_eq!(first, again);
    })
    .await;
}

async fn reconciled(service: &Service, span: (i64, i64), page_size: i32) -> (pb::ReconcileResponse, Vec<pb::HandOver>) {
    let instant = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let mut request =
        pb::ReconcileRequest { from: instant(span.0), until: instant(span.1), page_size, page_token: String::new() };
    let mut first = service.authority().reconcile(request.clone()).await.unwrap().into_inner();
    let mut all = std::mem::take(&mut first.hand_overs);
    request.page_token.clone_from(&first.next_page_token);
    while !request.page_token.is_empty() {
        let mut page = service.authority().reconcile(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.handed_over, None, "the sets come with the first page");
        all.append(&mut page.hand_overs);
        request.page_token = page.next_page_token;
    }
    (first, all)
}

fn set_of(ids: &BTreeSet<String>) -> pb::HandOverSet {
    let mut hash = Sha256::new();
    for id in ids {
        hash.update(id.parse::<uuid::Uuid>().unwrap().as_bytes());
    }
    pb::HandOverSet { count: i64::try_from(ids.len()).unwrap(), sha256: hash.finalize().to_vec() }
}

#[tokio::test]
async fn both_sides_can_prove_that_they_hold_the_same_set() {
    with(async |service| {
        let begun = service.now().micros() / 1_000_000;
        let mut made = BTreeSet::new();
        for _ in 0..7 {
            made.insert(service.submitted(&service.applicant().await.application).await);
        }
        let waiting = made.clone();
        let claimed = service.claimed().await;
        let mut answered = BTreeSet::new();
        for (at, enrolment) in claimed.enrolments.iter().enumerate().take(5) {
            let decision = match at {
                0 => more_information(),
                1 | 2 => refusal(),
                _ => Decision::Approval(pb::Approval { identity_number: service.number() }),
            };
            service.decide((&enrolment.enrolment_id, &claimed.lease_id), decision).await.unwrap();
            answered.insert(enrolment.enrolment_id.clone());
        }
        service.wait(Duration::from_hours(1));
        let given_up = claimed.enrolments[6].enrolment_id.clone();
        withdraw(service, &given_up).await.unwrap();
        // Not handed over in the span: it does not count.
        service.submitted(&service.applicant().await.application).await;

        let end = service.now().micros() / 1_000_000 + 1;
        let (told, all) = reconciled(service, (begun, end), 3).await;
        assert_eq!(told.handed_over, Some(set_of(&waiting)));
        assert_eq!(told.answered, Some(set_of(&answered)));
        let owed = BTreeSet::from([claimed.enrolments[5].enrolment_id.clone()]);
        assert_eq!(told.outstanding, Some(set_of(&owed)));
        assert_eq!(told.withdrawn, Some(set_of(&BTreeSet::from([given_up]))));
        assert_eq!(all.iter().map(|one| one.enrolment_id.clone()).collect::<BTreeSet<_>>(), waiting);
        assert!(all.iter().all(|one| one.outstanding == owed.contains(&one.enrolment_id)));
        assert!(all.iter().all(|one| one.lease_id == claimed.lease_id));
        let (later, none) = reconciled(service, (end, end + 60), 500).await;
        assert_eq!((later.handed_over, none.len()), (Some(set_of(&BTreeSet::new())), 0));

        let span = |from: i64, until: i64| pb::ReconcileRequest {
            from: Some(prost_types::Timestamp { seconds: from, nanos: 0 }),
            until: Some(prost_types::Timestamp { seconds: until, nanos: 0 }),
            ..pb::ReconcileRequest::default()
        };
        for wrong in [span(end, begun), span(begun, begun + 93 * 86_400)] {
            service.wait(Duration::from_secs(1));
            assert_eq!(fields(&service.authority().reconcile(wrong).await.unwrap_err()), ["until"]);
        }
    })
    .await;
}

/// What the test itself saw happen to a request.
#[derive(Default)]
struct Seen {
    verbs: Vec<&'static str>,
    lease: String,
}

#[tokio::test]
async fn random_calls_by_everybody_leave_a_database_that_equals_the_ledger_of_what_was_answered() {
    with(async |service| {
        let mut random = StdRng::seed_from_u64(4);
        let mut ledger: BTreeMap<String, Seen> = BTreeMap::new();
        let mut content: BTreeMap<String, pb::Application> = BTreeMap::new();
        for _ in 0..160 {
            service.wait(Duration::from_secs(random.random_range(0..120)));
            let known: Vec<_> = ledger.keys().cloned().collect();
            let pick = known.get(random.random_range(0..known.len().max(1))).cloned();
            match (random.random_range(0..9), pick) {
                (0 | 1, _) | (_, None) => {
                    let refers = random.random_bool(0.4);
                    let applicant =
                        if refers { service.people(Generator::exchange_due).await } else { service.applicant().await };
                    let id = service.submitted(&applicant.application).await;
                    let verbs = vec!["receive", if refers { "refer" } else { "forward" }];
                    content.insert(id.clone(), applicant.application);
                    ledger.insert(id, Seen { verbs, lease: String::new() });
                }
                (2, _) => {
                    let claimed = service.claimed().await;
                    for one in claimed.enrolments {
                        let seen = ledger.get_mut(&one.enrolment_id).unwrap();
                        seen.verbs.push("claim");
                        seen.lease.clone_from(&claimed.lease_id);
                    }
                }
                (3 | 4, Some(id)) => {
                    let (name, decision) = match random.random_range(0..3) {
                        0 => ("issue", Decision::Approval(pb::Approval { identity_number: service.number() })),
                        1 => ("refuse", refusal()),
                        _ => ("return", more_information()),
                    };
                    let seen = ledger.get_mut(&id).unwrap();
                    // Also under a lease that it never had.
                    let lease = if seen.lease.is_empty() { service.id() } else { seen.lease.clone() };
                    if service.decide((&id, &lease), decision).await.is_ok() {
                        seen.verbs.push(name);
                    }
                }
                (5, Some(id)) => {
                    let request = pb::OverrideRequest {
                        not_the_same: Vec::new(),
                        request_id: service.id(),
                        enrolment_id: id.clone(),
                        rules: vec!["residence-card.exchange-due".to_owned()],
                        reason: NOTE.to_owned(),
                    };
                    if service.reviewer("supervisor").r#override(request).await.is_ok() {
                        ledger.get_mut(&id).unwrap().verbs.push("override");
                    }
                }
                (6, Some(id)) => {
                    let request = pb::ReturnRequest {
                        request_id: service.id(),
                        enrolment_id: id.clone(),
                        reason: pb::ReturnReason::Other.into(),
                        note: NOTE.to_owned(),
                    };
                    if service.reviewer("supervisor").r#return(request).await.is_ok() {
                        ledger.get_mut(&id).unwrap().verbs.push("return");
                    }
                }
                (7, Some(id)) => {
                    if let Ok(answer) = correct(service, correction(service, &id, &content[&id])).await {
                        let refers = accepted(answer).state() == pb::EnrolmentState::Referred;
                        ledger
                            .get_mut(&id)
                            .unwrap()
                            .verbs
                            .extend(["correct", if refers { "refer" } else { "forward" }]);
                    }
                }
                (_, Some(id)) => {
                    if withdraw(service, &id).await.is_ok() {
                        ledger.get_mut(&id).unwrap().verbs.push("withdraw");
                    }
                }
            }
        }
        let office = OfficeCode::parse("79-01").unwrap();
        let mut reader = service.app().store().reader().await.unwrap();
        let stream = reader.events_after(&office, 0, 10_000).await.unwrap();
        let mut ends: BTreeMap<StageName, usize> = BTreeMap::new();
        for (id, seen) in &ledger {
            let id: EnrolmentId = id.parse::<uuid::Uuid>().map(EnrolmentId::new).unwrap();
            let events: Vec<_> =
                stream.iter().filter(|event| event.enrolment == id).map(|event| &event.event).collect();
            assert_eq!(events.iter().map(|event| event.verb.name()).collect::<Vec<_>>(), seen.verbs, "{id}");
            assert!(events.windows(2).all(|pair| pair[1].from == Some(pair[0].to)), "each begins where the last ended");
            let stored = reader.enrolment(id).await.unwrap().unwrap().enrolment;
            let last = events.last().unwrap();
            assert_eq!((stored.stage.name(), Some(stored.since)), (last.to, last_passage(&events)));
            assert_eq!(last.to == StageName::Issued, seen.verbs.contains(&"issue"));
            *ends.entry(stored.stage.name()).or_default() += 1;
        }
        assert_eq!(stream.len(), ledger.values().map(|seen| seen.verbs.len()).sum::<usize>(), "nothing else happened");
        for met in [StageName::Issued, StageName::Refused, StageName::Withdrawn, StageName::Returned] {
            assert!(ends.contains_key(&met), "the play met {met}: {ends:?}");
        }
    })
    .await;
}

/// When the last event was that moved the request: a claim does not.
fn last_passage(events: &[&eid::domain::enrolment::Event]) -> Option<eid::domain::time::Timestamp> {
    events.iter().rev().find(|event| event.verb != Verb::Claim).map(|event| event.at)
}

#[tokio::test]
async fn pages_of_a_reconciliation_are_of_one_set_whatever_is_claimed_while_they_are_fetched() {
    with(async |service| {
        let begun = service.now().micros() / 1_000_000;
        let mut made = BTreeSet::new();
        for _ in 0..4 {
            made.insert(service.submitted(&service.applicant().await.application).await);
        }
        service.claimed().await;
        let span = |from| pb::ReconcileRequest {
            from: Some(prost_types::Timestamp { seconds: from, nanos: 0 }),
            until: Some(prost_types::Timestamp { seconds: begun + 86_400, nanos: 0 }),
            page_size: 3,
            page_token: String::new(),
        };
        let first = service.authority().reconcile(span(begun)).await.unwrap().into_inner();
        assert_eq!(first.handed_over, Some(set_of(&made)));
        service.wait(Duration::from_secs(1));
        service.submitted(&service.applicant().await.application).await;
        service.claimed().await;
        let next = pb::ReconcileRequest { page_token: first.next_page_token.clone(), ..span(begun) };
        let second = service.authority().reconcile(next).await.unwrap().into_inner();
        let told = first.hand_overs.iter().chain(&second.hand_overs).map(|one| one.enrolment_id.clone());
        assert_eq!((told.collect(), second.next_page_token.as_str()), (made, ""));
        let other = pb::ReconcileRequest { page_token: first.next_page_token, ..span(begun - 1) };
        assert_eq!(fields(&service.authority().reconcile(other).await.unwrap_err()), ["page_token"]);
    })
    .await;
}

#[tokio::test]
async fn a_long_history_comes_in_pages_and_what_was_handed_in_with_the_first() {
    with(async |service| {
        let id = service.submitted(&service.applicant().await.application).await;
        for _ in 0..5 {
            service.claimed().await;
            service.wait(Duration::from_hours(1));
        }
        let whole = history(service, &id).await;
        let mut request = pb::GetHistoryRequest { enrolment_id: id, page_size: 2, page_token: String::new() };
        let (mut events, mut revisions) = (Vec::new(), Vec::new());
        loop {
            let page = service.officer().get_history(request.clone()).await.unwrap().into_inner();
            assert!(page.events.len() <= 2);
            events.extend(page.events);
            revisions.extend(page.revisions);
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!((events, revisions), (whole.events, whole.revisions));
        let other = service.submitted(&service.applicant().await.application).await;
        let refused = service.officer().get_history(pb::GetHistoryRequest { enrolment_id: other, ..request }).await;
        assert_eq!(fields(&refused.unwrap_err()), ["page_token"]);
    })
    .await;
}
