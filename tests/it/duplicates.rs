//! Likely duplicates: referred, compared, told apart for good, or refused.

use eid::domain::ids::EnrolmentId;
use eid::domain::staff::Role;
use eid::practice::{Applicant, Generator};
use eid::proto as pb;
use eid::store::{Change, Unit};
use futures::future::join_all;
use pb::submit_response::Outcome;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::service::{Service, reason, with};

const RULE: &str = "duplicate.likely";
const WHY: &str = "The old passport was shown; the two have different fathers.";

/// A second office with an officer and a supervisor.
async fn second_office(service: &Service) {
    service.register(Role::Officer, Some("48-01"), "officer-2").await;
    service.register(Role::Supervisor, Some("48-01"), "supervisor-2").await;
}

async fn submit(service: &Service, who: &str, application: &pb::Application) -> pb::Receipt {
    let request = pb::SubmitRequest {
        request_id: service.id(),
        application: Some(application.clone()),
        ..pb::SubmitRequest::default()
    };
    match service.officer_named(who).submit(request).await.unwrap().into_inner().outcome {
        Some(Outcome::Accepted(receipt)) => receipt,
        _ => panic!("not taken in"),
    }
}

/// Somebody, and the same person with a renewed passport.
async fn twice(service: &Service) -> (Applicant, Applicant) {
    let first = service.applicant().await;
    let second = service.people(|people| people.comes_again(&first)).await;
    (first, second)
}

async fn compare(service: &Service, who: &str, enrolment: &str) -> Result<Vec<pb::Candidate>, Status> {
    let request = pb::CompareCandidatesRequest { enrolment_id: enrolment.to_owned() };
    service.reviewer(who).compare_candidates(request).await.map(|answer| answer.into_inner().candidates)
}

fn apart(service: &Service, enrolment: &str, others: &[&str]) -> pb::OverrideRequest {
    pb::OverrideRequest {
        request_id: service.id(),
        enrolment_id: enrolment.to_owned(),
        rules: vec![RULE.to_owned()],
        reason: WHY.to_owned(),
        not_the_same: others.iter().map(|&other| other.to_owned()).collect(),
    }
}

async fn decline(service: &Service, who: &str, enrolment: &str, same_person: bool) -> Result<pb::Enrolment, Status> {
    let (request_id, enrolment_id) = (service.id(), enrolment.to_owned());
    let request = pb::DeclineRequest { request_id, enrolment_id, reason: WHY.to_owned(), same_person };
    service.reviewer(who).decline(request).await.map(|answer| answer.into_inner().enrolment.unwrap())
}

#[tokio::test]
async fn a_person_with_a_renewed_passport_is_found_across_offices_and_shown_without_data_of_the_other_request() {
    with(async |service| {
        second_office(service).await;
        let (first, second) = twice(service).await;
        let before = submit(service, "officer", &first.application).await;
        assert_eq!(before.state(), pb::EnrolmentState::Forwarded);

        let check = pb::CheckRequest { application: Some(second.application.clone()), ..pb::CheckRequest::default() };
        let checked = service.officer_named("officer-2").check(check).await.unwrap().into_inner();
        let finding = checked.findings.iter().find(|finding| finding.rule == RULE).unwrap();
        let said: Vec<_> = finding.sources.iter().map(|s| (s.field.as_str(), s.value.as_str())).collect();
        assert!(said.contains(&("person.date_of_birth", "same")) && said.contains(&("passport.number", "differs")));
        let receipt = submit(service, "officer-2", &second.application).await;
        assert_eq!(receipt.state(), pb::EnrolmentState::Referred);

        let found = compare(service, "supervisor-2", &receipt.enrolment_id).await.unwrap();
        let [candidate] = found.as_slice() else { panic!("{} candidates", found.len()) };
        assert_eq!((&candidate.enrolment_id, candidate.office.as_str()), (&before.enrolment_id, "79-01"));
        assert_eq!((candidate.state(), candidate.score >= 140), (pb::EnrolmentState::Forwarded, true));
        let fields = candidate.fields.iter().map(|field| field.own_value.clone());
        let printed = fields.chain(said.iter().map(|(_, value)| (*value).to_owned())).collect::<Vec<_>>().join(" ");
        let (passport, card) = (first.application.passport.unwrap(), first.application.residence_card.unwrap());
        for value in [passport.number.as_str(), card.number.as_str(), &first.application.phone] {
            assert!(!printed.contains(value), "a value of the other request was shown");
        }
        let actions = service.actions(&receipt.enrolment_id).await;
        assert_eq!(actions, ["enrolment.received", "enrolment.candidates-compared"]);
        let refused = compare(service, "supervisor", &receipt.enrolment_id).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "ENROLMENT_NOT_FOUND"));
    })
    .await;
}

#[tokio::test]
async fn keys_are_kept_in_no_clear_text() {
    with(async |service| {
        let (first, second) = twice(service).await;
        submit(service, "officer", &first.application).await;
        submit(service, "officer", &second.application).await;
        let person = first.application.person.unwrap();
        let passport = first.application.passport.unwrap();
        let born = person.date_of_birth.replace('-', "");
        let name = format!("{}{}", person.family_name, person.given_names);
        for text in [&name, &name.to_uppercase(), &person.date_of_birth, &born, &passport.number] {
            assert!(!service.database().holds(text.as_bytes()).await, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn twins_of_one_parent_are_not_referred() {
    with(async |service| {
        for _ in 0..5 {
            let child = service
                .people(|people| std::iter::repeat_with(|| people.applicant()).find(Applicant::is_represented).unwrap())
                .await;
            let twin = service.people(|people| people.twin(&child)).await;
            for one in [child, twin] {
                let receipt = submit(service, "officer", &one.application).await;
                assert_eq!(receipt.state(), pb::EnrolmentState::Forwarded, "{}", one.label);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_overrides_names_every_candidate_and_the_two_persons_are_not_asked_about_again() {
    with(async |service| {
        let (first, second) = twice(service).await;
        let before = submit(service, "officer", &first.application).await.enrolment_id;
        let id = submit(service, "officer", &second.application).await.enrolment_id;
        let mut supervisor = service.reviewer("supervisor");
        for others in [&[][..], &[id.as_str()]] {
            let refused = supervisor.r#override(apart(service, &id, others)).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "CANDIDATES_DIFFER"));
        }
        let decided = apart(service, &id, &[&before]);
        let first_answer = supervisor.r#override(decided.clone()).await.unwrap().into_inner();
        assert_eq!(first_answer.enrolment.as_ref().unwrap().state(), pb::EnrolmentState::Forwarded);
        assert!(supervisor.r#override(decided).await.unwrap().into_inner() == first_answer);
        assert!(compare(service, "supervisor", &id).await.unwrap().is_empty());

        // Given up and handed in again.
        let withdrawn = pb::WithdrawRequest {
            request_id: service.id(),
            enrolment_id: id,
            reason: pb::WithdrawalReason::Applicant.into(),
        };
        service.officer().withdraw(withdrawn).await.unwrap();
        let receipt = submit(service, "officer", &second.application).await;
        assert_eq!(receipt.state(), pb::EnrolmentState::Forwarded);
        // And whoever asks from the other side is not asked either.
        let found = compare(service, "supervisor", &before).await.unwrap();
        assert!(found.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_decision_holds_when_the_request_is_returned_and_corrected() {
    with(async |service| {
        let (first, second) = twice(service).await;
        let before = submit(service, "officer", &first.application).await.enrolment_id;
        let id = submit(service, "officer", &second.application).await.enrolment_id;
        service.reviewer("supervisor").r#override(apart(service, &id, &[&before])).await.unwrap();
        let lease = service.claimed().await.lease_id;
        let more = pb::MoreInformation { reason: pb::ReturnReason::Data.into(), note: WHY.to_owned() };
        let decision = pb::record_decision_request::Decision::MoreInformation(more);
        service.decide((&id, &lease), decision).await.unwrap();
        let correct = pb::CorrectRequest {
            request_id: service.id(),
            enrolment_id: id,
            application: Some(second.application.clone()),
            ..pb::CorrectRequest::default()
        };
        let answer = service.officer().correct(correct).await.unwrap().into_inner();
        let Some(pb::correct_response::Outcome::Accepted(enrolment)) = answer.outcome else { panic!("not taken in") };
        assert_eq!(enrolment.state(), pb::EnrolmentState::Forwarded);
    })
    .await;
}

#[tokio::test]
async fn the_same_person_is_refused_as_a_duplicate_and_found_again_when_they_come_again() {
    with(async |service| {
        let (first, second) = twice(service).await;
        let before = submit(service, "officer", &first.application).await.enrolment_id;
        let id = submit(service, "officer", &second.application).await.enrolment_id;
        let declined = decline(service, "supervisor", &id, true).await.unwrap();
        assert_eq!(declined.state(), pb::EnrolmentState::Refused);
        assert_eq!(declined.refusal_reason(), pb::RefusalReason::Duplicate);
        let again = submit(service, "officer", &second.application).await;
        assert_eq!(again.state(), pb::EnrolmentState::Referred);
        let found = compare(service, "supervisor", &again.enrolment_id).await.unwrap();
        let names: Vec<_> = found.iter().map(|one| one.enrolment_id.as_str()).collect();
        assert_eq!(names, [before.as_str()], "who was refused is nobody's duplicate");
    })
    .await;
}

#[tokio::test]
async fn what_no_likely_duplicate_referred_is_not_declined_as_one() {
    with(async |service| {
        let applicant = service.people(Generator::exchange_due).await;
        let id = submit(service, "officer", &applicant.application).await.enrolment_id;
        let refused = decline(service, "supervisor", &id, true).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "NO_DUPLICATE"));
    })
    .await;
}

#[tokio::test]
async fn of_several_supervisors_at_once_one_decides() {
    with(async |service| {
        let (first, second) = twice(service).await;
        let before = submit(service, "officer", &first.application).await.enrolment_id;
        let id = submit(service, "officer", &second.application).await.enrolment_id;
        let race = (0..8).map(|n| {
            let (id, request) = (id.clone(), apart(service, &id, &[&before]));
            async move {
                if n % 2 == 0 {
                    service.reviewer("supervisor").r#override(request).await.map(drop).map_err(|s| reason(&s))
                } else {
                    decline(service, "supervisor", &id, true).await.map(drop).map_err(|s| reason(&s))
                }
            }
        });
        let answers = join_all(race).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|why| why == "NOT_REFERRED"));
    })
    .await;
}

#[tokio::test]
async fn of_two_requests_of_one_person_at_once_one_is_referred() {
    with(async |service| {
        second_office(service).await;
        for _ in 0..6 {
            let (first, second) = twice(service).await;
            let both = [("officer", &first.application), ("officer-2", &second.application)];
            let receipts = join_all(both.map(|(who, application)| submit(service, who, application))).await;
            let referred = receipts.iter().filter(|one| one.state() == pb::EnrolmentState::Referred).count();
            assert_eq!(referred, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn requests_of_an_earlier_release_are_found_once_they_have_keys() {
    with(async |service| {
        let (first, second) = twice(service).await;
        let before = submit(service, "officer", &first.application).await.enrolment_id;
        let id = EnrolmentId::parse(&before).unwrap();
        let entry = crate::support::records::Records::new().entry(service.now(), Uuid::nil());
        service.app().store().commit(Unit::new(entry).with(Change::ForgetDuplicates(id))).await.unwrap();
        let check = pb::CheckRequest { application: Some(second.application), ..pb::CheckRequest::default() };
        let found = async || {
            let answer = service.officer().check(check.clone()).await.unwrap().into_inner();
            answer.findings.iter().any(|finding| finding.rule == RULE)
        };
        assert!(!found().await);
        assert_eq!(service.app().index_earlier_requests().await.unwrap(), 1);
        assert!(found().await);
        assert_eq!(service.app().index_earlier_requests().await.unwrap(), 0);
    })
    .await;
}
