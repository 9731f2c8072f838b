//! Requests that a rule refers to a person: who may override or decline, and what becomes of them.

use std::collections::HashSet;
use std::time::Duration;

use eid::domain::staff::Role;
use eid::practice::Generator;
use eid::proto as pb;
use futures::future::join_all;
use pb::submit_response::Outcome;
use tonic::{Code, Status};

use crate::support::service::{Service, fields, reason, with};

const RULE: &str = "residence-card.exchange-due";
const WHY: &str = "The new card is being printed; the receipt of 12 November was shown.";

/// A referred request; its name and what was handed in.
async fn referred(service: &Service) -> (String, pb::Application) {
    let applicant = service.people(Generator::exchange_due).await;
    let answer = service.submit(&applicant.application).await.unwrap();
    let Some(Outcome::Accepted(receipt)) = answer.outcome else { panic!("not taken in") };
    assert_eq!(receipt.state(), pb::EnrolmentState::Referred);
    (receipt.enrolment_id, applicant.application)
}

fn overriding(service: &Service, enrolment: &str, rules: &[&str]) -> pb::OverrideRequest {
    pb::OverrideRequest {
        request_id: service.id(),
        enrolment_id: enrolment.to_owned(),
        rules: rules.iter().map(|&rule| rule.to_owned()).collect(),
        reason: WHY.to_owned(),
        not_the_same: Vec::new(),
    }
}

async fn decline(service: &Service, who: &str, enrolment: &str) -> Result<pb::Enrolment, Status> {
    let (request_id, enrolment_id) = (service.id(), enrolment.to_owned());
    let request = pb::DeclineRequest { request_id, enrolment_id, reason: WHY.to_owned(), same_person: false };
    service.reviewer(who).decline(request).await.map(|answer| answer.into_inner().enrolment.unwrap())
}

#[tokio::test]
async fn what_refers_is_handed_over_only_after_a_supervisor_overrode_it() {
    with(async |service| {
        let (id, _) = referred(service).await;
        assert!(service.claimed().await.enrolments.is_empty());
        let waiting = pb::ListRequest { state: pb::EnrolmentState::Referred.into(), ..pb::ListRequest::default() };
        let listed = service.officer_named("supervisor").list(waiting).await.unwrap().into_inner();
        assert_eq!(listed.enrolments.iter().map(|e| e.enrolment_id.as_str()).collect::<Vec<_>>(), [id.as_str()]);

        let request = overriding(service, &id, &[RULE]);
        let first = service.reviewer("supervisor").r#override(request.clone()).await.unwrap().into_inner();
        let enrolment = first.enrolment.clone().unwrap();
        assert_eq!(enrolment.state(), pb::EnrolmentState::Forwarded);
        let again = service.reviewer("supervisor").r#override(request).await.unwrap().into_inner();
        assert!(first == again, "a repeat gets the first answer");

        let claimed = service.claimed().await.enrolments;
        let review = claimed[0].review.clone().unwrap();
        assert_eq!((review.overridden, review.reason.as_str()), (true, WHY), "the authority sees why");
        assert_eq!(review.rules, [RULE]);
        let actions = service.actions(&id).await;
        assert_eq!(actions, ["enrolment.received", "enrolment.referral-overridden"]);
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_must_name_the_rules_that_referred_and_say_why() {
    with(async |service| {
        let (id, _) = referred(service).await;
        let mut reviewer = service.reviewer("supervisor");
        for rules in [&["passport.expired"][..], &[RULE, "passport.expired"]] {
            let refused = reviewer.r#override(overriding(service, &id, rules)).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::FailedPrecondition, "RULES_DIFFER"));
        }
        let request = pb::OverrideRequest { reason: "ok".to_owned(), ..overriding(service, &id, &[]) };
        let refused = reviewer.r#override(request).await.unwrap_err();
        assert_eq!(fields(&refused), ["rules", "reason"]);
    })
    .await;
}

#[tokio::test]
async fn a_declined_request_ends_and_gives_free_what_it_held() {
    with(async |service| {
        let (id, application) = referred(service).await;
        let declined = decline(service, "supervisor", &id).await.unwrap();
        assert_eq!(declined.state(), pb::EnrolmentState::Refused);
        assert_eq!(declined.refusal_reason(), pb::RefusalReason::DeclinedAtOffice);
        let answer = service.submit(&application).await.unwrap();
        assert!(matches!(answer.outcome, Some(Outcome::Accepted(_))), "phone, passport and card are free again");
        let refused = decline(service, "supervisor", &id).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_REFERRED");
    })
    .await;
}

#[tokio::test]
async fn a_request_of_another_office_is_not_there() {
    with(async |service| {
        service.register(Role::Supervisor, Some("48-01"), "other-supervisor").await;
        let (id, _) = referred(service).await;
        let refused = decline(service, "other-supervisor", &id).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "ENROLMENT_NOT_FOUND"));
    })
    .await;
}

#[tokio::test]
async fn of_two_supervisors_at_once_one_decides() {
    with(async |service| {
        let (id, _) = referred(service).await;
        let race = (0..8).map(|n| {
            let (id, request) = (id.clone(), overriding(service, &id, &[RULE]));
            async move {
                if n % 2 == 0 {
                    service.reviewer("supervisor").r#override(request).await.map(drop).map_err(|s| reason(&s))
                } else {
                    decline(service, "supervisor", &id).await.map(drop).map_err(|s| reason(&s))
                }
            }
        });
        let answers = join_all(race).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let refusals: HashSet<_> = answers.into_iter().filter_map(Result::err).collect();
        assert_eq!(refusals, HashSet::from(["NOT_REFERRED".to_owned()]));
    })
    .await;
}

#[tokio::test]
async fn a_repeated_review_or_correction_gets_its_first_answer_however_far_the_request_has_come() {
    with(async |service| {
        let (id, application) = referred(service).await;
        let mut supervisor = service.reviewer("supervisor");
        let back = pb::ReturnRequest {
            request_id: service.id(),
            enrolment_id: id.clone(),
            reason: pb::ReturnReason::Data.into(),
            note: WHY.to_owned(),
        };
        let returned = supervisor.r#return(back.clone()).await.unwrap().into_inner();
        service.wait(Duration::from_hours(1));
        let correction = pb::CorrectRequest {
            request_id: service.id(),
            enrolment_id: id.clone(),
            application: Some(application),
            ..pb::CorrectRequest::default()
        };
        let corrected = service.officer().correct(correction.clone()).await.unwrap().into_inner();
        service.wait(Duration::from_hours(1));
        let over = overriding(service, &id, &[RULE]);
        let overridden = supervisor.r#override(over.clone()).await.unwrap().into_inner();
        assert_eq!(overridden.enrolment.as_ref().unwrap().state(), pb::EnrolmentState::Forwarded);
        service.wait(Duration::from_hours(1));
        let lease = service.claimed().await.lease_id;
        service.approve((&id, &lease), &service.number()).await.unwrap();

        let (ended, _) = referred(service).await;
        let decline = pb::DeclineRequest {
            request_id: service.id(),
            enrolment_id: ended,
            reason: WHY.to_owned(),
            same_person: false,
        };
        let declined = supervisor.decline(decline.clone()).await.unwrap().into_inner();
        service.wait(Duration::from_hours(1));

        assert!(supervisor.r#return(back).await.unwrap().into_inner() == returned);
        assert!(service.officer().correct(correction).await.unwrap().into_inner() == corrected);
        assert!(supervisor.r#override(over).await.unwrap().into_inner() == overridden);
        assert!(supervisor.decline(decline).await.unwrap().into_inner() == declined);
    })
    .await;
}
