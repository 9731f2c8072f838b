//! Requests at the counter: what is taken in, what is not, and that nothing is doubled, lost or shown to others.

use std::collections::HashSet;

use eid::domain::staff::Role;
use eid::practice::{Applicant, Expected, Generator};
use eid::proto as pb;
use futures::future::join_all;
use pb::submit_response::Outcome;
use tonic::Code;

use crate::support::service::{Service, fields, reason, with};

fn rules(findings: &[pb::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// Those of the findings that refuse.
fn refusing(findings: &[pb::Finding]) -> Vec<&str> {
    let refuse = findings.iter().filter(|finding| finding.severity() == pb::Severity::Refuse);
    refuse.map(|finding| finding.rule.as_str()).collect()
}

/// The rules that refuse `application`; none if it is taken in.
async fn refused_by(service: &Service, application: &pb::Application) -> Vec<String> {
    match service.submit(application).await.unwrap().outcome.unwrap() {
        Outcome::Accepted(_) => Vec::new(),
        Outcome::NotAccepted(refused) => refusing(&refused.findings).into_iter().map(str::to_owned).collect(),
    }
}

async fn listed(service: &Service) -> Vec<pb::Enrolment> {
    service.officer().list(pb::ListRequest::default()).await.unwrap().into_inner().enrolments
}

#[tokio::test]
async fn a_good_request_is_taken_in_and_shown_as_it_was_captured() {
    with(async |service| {
        let applicant = service.applicant().await;
        let id = service.submitted(&applicant.application).await;
        let shown = service.officer().get(pb::GetRequest { enrolment_id: id.clone() }).await.unwrap().into_inner();
        let enrolment = shown.enrolment.unwrap();
        assert_eq!((enrolment.enrolment_id.as_str(), enrolment.office.as_str()), (id.as_str(), "79-01"));
        assert_eq!(enrolment.state(), pb::EnrolmentState::Forwarded);
        let application = shown.application.unwrap();
        assert!(application.person == applicant.application.person);
        assert!(application.consents == applicant.application.consents);
        assert_eq!(application.phone, applicant.phone(), "in its one normal form");
        assert_eq!(service.actions(&id).await, ["enrolment.received", "enrolment.viewed"]);
    })
    .await;
}

#[tokio::test]
async fn the_rehearsal_says_what_the_submission_will_and_stores_nothing() {
    with(async |service| {
        for one in [
            service.people(Generator::applicant).await,
            service.people(Generator::expired_card).await,
            service.people(Generator::no_consent).await,
            service.people(Generator::wrong_check_digit).await,
            service.people(Generator::exchange_due).await,
        ] {
            let request =
                pb::CheckRequest { application: Some(one.application.clone()), ..pb::CheckRequest::default() };
            let rehearsed = service.officer().check(request).await.unwrap().into_inner();
            assert!(listed(service).await.is_empty());
            match one.expected {
                Expected::Accepted => assert!(rehearsed.acceptable, "{:?}", rules(&rehearsed.findings)),
                Expected::Referred { rule } => {
                    assert!(rehearsed.acceptable && rules(&rehearsed.findings).contains(&rule));
                    assert_eq!(rehearsed.verdict(), pb::Verdict::Referred);
                }
                Expected::Refused { rule } => {
                    assert!(!rehearsed.acceptable && rules(&rehearsed.findings).contains(&rule));
                    assert_eq!(refused_by(service, &one.application).await, refusing(&rehearsed.findings));
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_refused_request_stores_nothing_and_its_id_can_be_used_again_once_cured() {
    with(async |service| {
        let applicant = service.applicant().await;
        let mut faulty = applicant.application.clone();
        faulty.consents.clear();
        let request_id = service.id();
        let request = |application| pb::SubmitRequest {
            request_id: request_id.clone(),
            application: Some(application),
            ..pb::SubmitRequest::default()
        };
        let refused = service.officer().submit(request(faulty)).await.unwrap().into_inner();
        assert!(matches!(refused.outcome, Some(Outcome::NotAccepted(_))));
        assert!(listed(service).await.is_empty());
        let cured = service.officer().submit(request(applicant.application)).await.unwrap().into_inner();
        assert!(matches!(cured.outcome, Some(Outcome::Accepted(_))));
    })
    .await;
}

#[tokio::test]
async fn each_misfit_is_refused_by_its_rule_in_two_languages() {
    with(async |service| {
        let lender = service.applicant().await;
        service.submitted(&lender.application).await;
        let misfits = service
            .people(|people| {
                vec![
                    people.expired_card(),
                    people.under_six(),
                    people.wrong_check_digit(),
                    people.no_consent(),
                    people.phone_in_use(&lender),
                    people.number_differs(),
                    people.child_alone(),
                    people.specimen(),
                ]
            })
            .await;
        for misfit in misfits {
            let Expected::Refused { rule } = misfit.expected else { panic!("{} is no misfit", misfit.label) };
            let answer = service.submit(&misfit.application).await.unwrap();
            let Some(Outcome::NotAccepted(refused)) = answer.outcome else { panic!("{} got through", misfit.label) };
            let finding = refused.findings.iter().find(|finding| finding.rule == rule).expect(rule);
            assert_eq!(finding.severity(), pb::Severity::Refuse);
            assert!(!finding.fields.is_empty() && !finding.basis.is_empty());
            for text in [finding.message.clone().unwrap(), finding.cure.clone().unwrap()] {
                assert!(!text.en.is_empty() && !text.vi.is_empty());
            }
        }
        assert_eq!(listed(service).await.len(), 1, "the lender's alone");
    })
    .await;
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_content_is_refused() {
    with(async |service| {
        let (one, other) = (service.applicant().await, service.applicant().await);
        let request_id = service.id();
        let request = |application: &pb::Application| pb::SubmitRequest {
            request_id: request_id.clone(),
            application: Some(application.clone()),
            ..pb::SubmitRequest::default()
        };
        let first = service.officer().submit(request(&one.application)).await.unwrap().into_inner();
        service.wait(std::time::Duration::from_hours(1));
        let again = service.officer().submit(request(&one.application)).await.unwrap().into_inner();
        assert!(first == again);
        let reused = service.officer().submit(request(&other.application)).await.unwrap_err();
        assert_eq!((reused.code(), reason(&reused).as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
        assert_eq!(listed(service).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_repeat_after_the_decision_still_gets_the_first_answer() {
    with(async |service| {
        let applicant = service.applicant().await;
        let request = pb::SubmitRequest {
            request_id: service.id(),
            application: Some(applicant.application.clone()),
            ..pb::SubmitRequest::default()
        };
        let first = service.officer().submit(request.clone()).await.unwrap().into_inner();
        let Some(Outcome::Accepted(receipt)) = &first.outcome else { panic!("not accepted") };
        let lease = service.claimed().await.lease_id;
        service.approve((&receipt.enrolment_id, &lease), &service.number()).await.unwrap();
        assert!(service.officer().submit(request).await.unwrap().into_inner() == first);
    })
    .await;
}

#[tokio::test]
async fn sixteen_submissions_of_one_request_id_at_once_make_one_request() {
    with(async |service| {
        let applicant = service.applicant().await;
        let request = pb::SubmitRequest {
            request_id: service.id(),
            application: Some(applicant.application),
            ..pb::SubmitRequest::default()
        };
        let calls = (0..16).map(|_| {
            let (mut officer, request) = (service.officer(), request.clone());
            async move { officer.submit(request).await.unwrap().into_inner() }
        });
        let answers = join_all(calls).await;
        assert!(matches!(answers[0].outcome, Some(Outcome::Accepted(_))));
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(listed(service).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_requests_for_one_phone_at_once_leave_one_of_them_the_phone() {
    with(async |service| {
        let lender = service.applicant().await;
        let borrower = service.people(|people| people.phone_in_use(&lender)).await;
        let (one, other) = tokio::join!(service.submit(&lender.application), service.submit(&borrower.application));
        let outcomes = [one.unwrap().outcome.unwrap(), other.unwrap().outcome.unwrap()];
        let refused: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| match outcome {
                Outcome::Accepted(_) => None,
                Outcome::NotAccepted(refused) => Some(refusing(&refused.findings)),
            })
            .collect();
        assert_eq!(refused, [["phone.in-use"]]);
    })
    .await;
}

#[tokio::test]
async fn one_passport_or_one_card_serves_one_request() {
    with(async |service| {
        let one = service.applicant().await;
        service.submitted(&one.application).await;
        let mut again = one.application.clone();
        again.phone = service.people(Generator::phone).await;
        assert_eq!(refused_by(service, &again).await, ["passport.in-use", "residence-card.in-use"]);
        let mut card = service.applicant().await.application;
        let lent = one.application.residence_card.clone().unwrap();
        let own = card.residence_card.as_mut().unwrap();
        (own.kind, own.symbol, own.number) = (lent.kind, lent.symbol, lent.number);
        assert_eq!(refused_by(service, &card).await, ["residence-card.in-use"]);
    })
    .await;
}

/// A child whose representative is the holder of `parent`'s passport, on `phone`.
async fn child_of(service: &Service, parent: &pb::Application, phone: &str) -> pb::Application {
    let child = service
        .people(|people| std::iter::repeat_with(|| people.applicant()).find(Applicant::is_represented).unwrap())
        .await;
    let mut application = child.application;
    let passport = parent.passport.clone().unwrap();
    let representative = application.representative.as_mut().unwrap();
    representative.document_number = passport.number;
    representative.document_issuing_state = passport.issuing_state;
    phone.clone_into(&mut application.phone);
    application
}

#[tokio::test]
async fn a_child_shares_the_representatives_phone_and_nobody_elses() {
    with(async |service| {
        let (parent, stranger) = (service.applicant().await, service.applicant().await);
        for one in [&parent, &stranger] {
            service.submitted(&one.application).await;
        }
        let shares = child_of(service, &parent.application, &parent.phone()).await;
        assert_eq!(refused_by(service, &shares).await, [""; 0]);
        let sibling = child_of(service, &parent.application, &parent.phone()).await;
        assert_eq!(refused_by(service, &sibling).await, [""; 0]);
        let borrows = child_of(service, &parent.application, &stranger.phone()).await;
        assert_eq!(refused_by(service, &borrows).await, ["phone.in-use"]);
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_serves_a_child_alone_serves_the_representative_and_no_stranger() {
    with(async |service| {
        let parent = service.applicant().await;
        let child = child_of(service, &parent.application, &parent.phone()).await;
        assert_eq!(refused_by(service, &child).await, [""; 0]);
        let stranger = service.people(|people| people.phone_in_use(&parent)).await;
        assert_eq!(refused_by(service, &stranger.application).await[0], "phone.in-use");
        assert_eq!(refused_by(service, &parent.application).await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn every_field_that_cannot_be_read_is_named_at_once_with_its_cure() {
    with(async |service| {
        let mut application = service.applicant().await.application;
        let person = application.person.as_mut().unwrap();
        person.family_name = "Anna 😀".to_owned();
        person.date_of_birth = "1990-02-30".to_owned();
        person.sex = 77;
        person.nationality = "TRC".to_owned();
        let passport = application.passport.as_mut().unwrap();
        passport.number = "L-😀".to_owned();
        passport.mrz = "P<UTO".to_owned();
        application.residence_card.as_mut().unwrap().kind = 0;
        application.phone = "+1 415 555 2671".to_owned();
        application.email = "nobody".to_owned();
        application.consents[0].text_sha256 = "beef".to_owned();
        application.consents[1].given_at = None;
        let request = pb::SubmitRequest {
            request_id: "not-a-uuid".to_owned(),
            application: Some(application),
            ..pb::SubmitRequest::default()
        };
        let refused = service.officer().submit(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        let expected = [
            "request_id",
            "application.person.family_name",
            "application.person.date_of_birth",
            "application.person.sex",
            "application.person.nationality",
            "application.passport.number",
            "application.passport.mrz",
            "application.residence_card.kind",
            "application.phone",
            "application.email",
            "application.consents[0].text_sha256",
            "application.consents[1].given_at",
        ];
        assert_eq!(fields(&refused), expected);
        let whole = format!("{refused:?}");
        for typed in ["😀", "415", "nobody", "beef"] {
            assert!(!whole.contains(typed), "an error quotes what was typed: {typed}");
        }
    })
    .await;
}

#[tokio::test]
async fn missing_messages_and_ten_thousand_consents_are_refused_by_name() {
    with(async |service| {
        let empty = pb::SubmitRequest { request_id: service.id(), application: None, ..pb::SubmitRequest::default() };
        assert_eq!(fields(&service.officer().submit(empty).await.unwrap_err()), ["application"]);
        let mut application = service.applicant().await.application;
        application.consents = vec![pb::Consent::default(); 10_000];
        let request = pb::CheckRequest { application: Some(application), ..pb::CheckRequest::default() };
        assert_eq!(fields(&service.officer().check(request).await.unwrap_err()), ["application.consents"]);
        let nothing = pb::CheckRequest { application: Some(pb::Application::default()), ..pb::CheckRequest::default() };
        let named = fields(&service.officer().check(nothing).await.unwrap_err());
        for field in ["application.person", "application.passport", "application.phone"] {
            assert!(named.iter().any(|name| name == field), "{named:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn another_offices_request_and_no_request_look_the_same() {
    with(async |service| {
        service.register(Role::Officer, Some("01-01"), "officer-01-01").await;
        let id = service.submitted(&service.applicant().await.application).await;
        let ask = async |id: &str| {
            let request = pb::GetRequest { enrolment_id: id.to_owned() };
            service.officer_named("officer-01-01").get(request).await.unwrap_err()
        };
        let (theirs, nobodys) = (ask(&id).await, ask(&service.id()).await);
        assert_eq!((theirs.code(), theirs.message()), (nobodys.code(), nobodys.message()));
        assert_eq!((theirs.code(), theirs.details()), (Code::NotFound, nobodys.details()));
        let list = service.officer_named("officer-01-01").list(pb::ListRequest::default()).await.unwrap();
        assert!(list.into_inner().enrolments.is_empty());
        assert_eq!(service.actions(&id).await, ["enrolment.received"], "nobody saw it");
    })
    .await;
}

#[tokio::test]
async fn pages_stay_right_while_requests_arrive() {
    with(async |service| {
        let mut made = Vec::new();
        for _ in 0..7 {
            service.wait(std::time::Duration::from_secs(1));
            made.push(service.submitted(&service.applicant().await.application).await);
        }
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListRequest { page_size: 3, page_token: token, ..Default::default() };
            let page = service.officer().list(request).await.unwrap().into_inner();
            seen.extend(page.enrolments.into_iter().map(|enrolment| enrolment.enrolment_id));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
            service.wait(std::time::Duration::from_secs(1));
            service.submitted(&service.applicant().await.application).await;
        }
        made.reverse();
        assert_eq!(seen, made, "newest first, each once, and none that came later");
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 7);
    })
    .await;
}

#[tokio::test]
async fn lists_filter_by_state_and_refuse_what_they_cannot_read() {
    with(async |service| {
        let holder = service.holder().await;
        let waiting = service.submitted(&service.applicant().await.application).await;
        let list = async |state: i32, page_size, token: &str| {
            let page_token = token.to_owned();
            let request = pb::ListRequest { state, page_size, page_token, ..pb::ListRequest::default() };
            service.officer().list(request).await.map(|page| page.into_inner().enrolments)
        };
        let issued = list(pb::EnrolmentState::Issued.into(), 0, "").await.unwrap();
        assert_eq!(issued.len(), 1);
        assert_eq!(issued[0].enrolment_id, holder.enrolment);
        assert_eq!(issued[0].account_id, holder.account);
        let forwarded = list(pb::EnrolmentState::Forwarded.into(), 0, "").await.unwrap();
        assert_eq!(forwarded[0].enrolment_id, waiting);
        for (state, size, token, field) in
            [(0, 10_000, "", "page_size"), (0, -1, "", "page_size"), (0, 1, "?", "page_token"), (99, 1, "", "state")]
        {
            assert_eq!(fields(&list(state, size, token).await.unwrap_err()), [field]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_note_goes_along_to_the_authority() {
    with(async |service| {
        let mut application = service.applicant().await.application;
        application.residence_card.as_mut().unwrap().passport_number = "OLD1".to_owned();
        let answer = service.submit(&application).await.unwrap();
        let Some(Outcome::Accepted(receipt)) = answer.outcome else { panic!("not accepted") };
        assert!(rules(&receipt.notes).contains(&"residence-card.passport-differs"));
        let claimed = service.claimed().await;
        assert!(claimed.enrolments[0].notes == receipt.notes);
    })
    .await;
}

#[tokio::test]
async fn every_practice_applicant_can_be_read_and_is_acceptable() {
    with(async |service| {
        let mut officer = service.officer();
        for _ in 0..1_000 {
            // The quota is counted by the clock that stands still.
            service.wait(std::time::Duration::from_secs(1));
            let one = service.people(Generator::applicant).await;
            let request = pb::CheckRequest { application: Some(one.application), ..pb::CheckRequest::default() };
            let answer = officer.check(request).await;
            let answer = answer.unwrap_or_else(|refused| panic!("{}: {:?}", one.label, fields(&refused))).into_inner();
            assert!(answer.acceptable, "{}: {:?}", one.label, rules(&answer.findings));
        }
    })
    .await;
}
