//! Passports whose chip was read: what the check says of them, and that a challenge is good once.

use std::time::Duration;

use eid::chip::certificate::Certificate;
use eid::chip::crl::Crl;
use eid::practice::country::Country;
use eid::practice::{Applicant, Expected, Generator};
use eid::proto as pb;
use pb::submit_response::Outcome;

use crate::support::service::{Service, Wishes, fields, with_wishes};

/// Runs `test` against a service in practice mode that trusts the practice country.
pub async fn with(test: impl AsyncFnOnce(&Service)) {
    with_wishes(Wishes { practice: true, ..Wishes::default() }, async |service| {
        let country = Country::of_practice();
        let csca = Certificate::from_der(country.csca()).unwrap();
        let crl = Crl::from_der(&country.crl_in_force(service.now().local_date())).unwrap();
        assert!(service.app().trust_practice(vec![csca], vec![crl]).await);
        service.app().refresh_trust().await.unwrap();
        test(service).await;
    })
    .await;
}

pub async fn challenge(service: &Service) -> (String, Vec<u8>) {
    let drawn = service.officer().challenge(pb::ChallengeRequest {}).await.unwrap().into_inner();
    assert_eq!(drawn.challenge.len(), 8);
    (drawn.challenge_id, drawn.challenge)
}

/// A grown-up with a passport whose chip is in order.
pub fn with_chip(service: &Service) -> Applicant {
    let mut people = Generator::new(7, service.now()).with_chips();
    std::iter::repeat_with(|| people.applicant()).find(|one| one.chip.is_some() && !one.is_represented()).unwrap()
}

fn check(applicant: &Applicant, chip: pb::Chip) -> pb::CheckRequest {
    pb::CheckRequest { application: Some(applicant.application.clone()), chip: Some(chip), captures: Some(captures()) }
}

fn rules(findings: &[pb::Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule.as_str()).collect()
}

/// A face and fingers that nobody objects to.
pub fn captures() -> pb::Captures {
    crate::support::captures::sent()
}

pub async fn checked(service: &Service, applicant: &Applicant, chip: pb::Chip) -> pb::CheckResponse {
    service.officer().check(check(applicant, chip)).await.unwrap().into_inner()
}

async fn submitted(service: &Service, applicant: &Applicant, chip: pb::Chip) -> Outcome {
    let request = pb::SubmitRequest {
        request_id: service.id(),
        application: Some(applicant.application.clone()),
        chip: Some(chip),
        captures: Some(captures()),
        capture: None,
    };
    service.officer().submit(request).await.unwrap().into_inner().outcome.unwrap()
}

#[tokio::test]
async fn a_chip_in_order_that_answers_our_challenge_proves_its_data_and_itself() {
    with(async |service| {
        let applicant = with_chip(service);
        let (name, bytes) = challenge(service).await;
        let chip = applicant.chip.as_ref().unwrap().captured(Some((&name, &bytes)));
        let answer = checked(service, &applicant, chip.clone()).await;
        assert_eq!(rules(&answer.findings), [""; 0]);
        let verdict = answer.chip.unwrap();
        assert_eq!((verdict.data(), verdict.chip()), (pb::Genuineness::Proven, pb::Genuineness::Proven));
        assert!(verdict.steps.iter().all(|step| step.outcome() == pb::StepOutcome::Passed));

        let Outcome::Accepted(receipt) = submitted(service, &applicant, chip).await else { panic!("not taken in") };
        assert_eq!(receipt.state(), pb::EnrolmentState::Forwarded);
        let request = pb::GetRequest { enrolment_id: receipt.enrolment_id };
        let shown = service.officer().get(request).await.unwrap().into_inner();
        assert!(shown.enrolment.unwrap().chip == Some(verdict.clone()));
        let claimed = service.claimed().await;
        let request = &claimed.enrolments[0];
        assert!(request.chip == Some(verdict), "the authority sees what was proven");
        let fetch =
            pb::GetCapturesRequest { enrolment_id: request.enrolment_id.clone(), lease_id: claimed.lease_id.clone() };
        let fetched = service.authority().get_captures(fetch).await.unwrap().into_inner().captures.unwrap();
        let sent = captures();
        assert!(fetched.face == sent.face, "and gets what was captured at the counter");
        assert_eq!(fetched.fingerprints.len(), sent.fingerprints.len());
    })
    .await;
}

#[tokio::test]
async fn a_challenge_serves_one_submission_of_the_officer_who_asked() {
    with(async |service| {
        let applicant = with_chip(service);
        let (name, bytes) = challenge(service).await;
        let chip = applicant.chip.as_ref().unwrap().captured(Some((&name, &bytes)));
        for _ in 0..3 {
            assert!(checked(service, &applicant, chip.clone()).await.acceptable, "a rehearsal spends nothing");
        }
        assert!(matches!(submitted(service, &applicant, chip.clone()).await, Outcome::Accepted(_)));
        let again = checked(service, &applicant, chip).await;
        assert!(rules(&again.findings).contains(&"chip.challenge"), "{:?}", rules(&again.findings));
        assert_eq!(again.chip.unwrap().chip(), pb::Genuineness::Unknown);

        let (name, bytes) = challenge(service).await;
        service.wait(Duration::from_mins(10));
        let late = applicant.chip.as_ref().unwrap().captured(Some((&name, &bytes)));
        assert!(rules(&checked(service, &applicant, late).await.findings).contains(&"chip.challenge"));
    })
    .await;
}

#[tokio::test]
async fn a_chip_that_answers_another_challenge_is_refused_as_a_copy() {
    with(async |service| {
        let applicant = with_chip(service);
        let (name, _) = challenge(service).await;
        let recorded = applicant.chip.as_ref().unwrap().captured(Some((&name, &[0; 8])));
        let answer = checked(service, &applicant, recorded).await;
        assert!(!answer.acceptable && rules(&answer.findings).contains(&"chip.active-wrong"));
        assert_eq!(answer.chip.unwrap().chip(), pb::Genuineness::Refuted);
    })
    .await;
}

#[tokio::test]
async fn a_forged_chip_and_a_revoked_signer_are_refused() {
    with(async |service| {
        for make in [Generator::forged_chip, Generator::revoked_signer] {
            let applicant = service.people(make).await;
            let Expected::Refused { rule } = applicant.expected else { panic!("{} is no misfit", applicant.label) };
            let chip = applicant.chip.as_ref().unwrap().captured(None);
            let Outcome::NotAccepted(refused) = submitted(service, &applicant, chip).await else { panic!("{rule}") };
            assert!(rules(&refused.findings).contains(&rule), "{rule}: {:?}", rules(&refused.findings));
        }
    })
    .await;
}

#[tokio::test]
async fn a_chip_without_trust_material_refers_and_loses_nothing() {
    crate::support::service::with(async |service| {
        let applicant = with_chip(service);
        let chip = applicant.chip.as_ref().unwrap().captured(None);
        let answer = checked(service, &applicant, chip).await;
        assert_eq!(answer.verdict(), pb::Verdict::Referred, "{:?}", rules(&answer.findings));
        assert_eq!(answer.chip.unwrap().data(), pb::Genuineness::Unknown);
    })
    .await;
}

#[tokio::test]
async fn chip_files_that_cannot_be_taken_are_named() {
    with(async |service| {
        let applicant = with_chip(service);
        let mut chip = applicant.chip.as_ref().unwrap().captured(None);
        chip.sod.clear();
        chip.groups[0].number = 3;
        chip.groups[1].number = 99;
        chip.active_authentication =
            Some(pb::ActiveAuthentication { challenge_id: "no".to_owned(), response: Vec::new() });
        let refused = service.officer().check(check(&applicant, chip)).await.unwrap_err();
        let named = fields(&refused);
        for field in [
            "chip.sod",
            "chip.groups[0].number",
            "chip.groups[1].number",
            "chip.active_authentication.challenge_id",
            "chip.active_authentication.response",
        ] {
            assert!(named.contains(&field.to_owned()), "{field}: {named:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_chip_proved_stands_after_a_correction_only_of_what_it_was_not_compared_with() {
    with(async |service| {
        let applicant = with_chip(service);
        let chip = applicant.chip.as_ref().unwrap().captured(None);
        let Outcome::Accepted(receipt) = submitted(service, &applicant, chip).await else { panic!("not taken in") };
        let mut application = applicant.application.clone();
        let proven_after = async |change: &dyn Fn(&mut pb::Application), application: &mut pb::Application| {
            let lease = service.claimed().await.lease_id;
            let wanted = pb::MoreInformation {
                reason: pb::ReturnReason::Data.into(),
                note: "Please compare the day of issue with the page.".to_owned(),
            };
            let decision = pb::record_decision_request::Decision::MoreInformation(wanted);
            service.decide((&receipt.enrolment_id, &lease), decision).await.unwrap();
            change(application);
            let request = pb::CorrectRequest {
                request_id: service.id(),
                enrolment_id: receipt.enrolment_id.clone(),
                application: Some(application.clone()),
                ..pb::CorrectRequest::default()
            };
            let answer = service.officer().correct(request).await.unwrap().into_inner();
            let Some(pb::correct_response::Outcome::Accepted(corrected)) = answer.outcome else { panic!("refused") };
            service.wait(std::time::Duration::from_mins(10));
            corrected.chip.is_some()
        };
        assert!(proven_after(&|one| one.email = "again@example.com".to_owned(), &mut application).await);
        let issued = |one: &mut pb::Application| one.passport.as_mut().unwrap().issued_on = "2022-03-04".to_owned();
        assert!(!proven_after(&issued, &mut application).await, "the chip was not read against this");
    })
    .await;
}
