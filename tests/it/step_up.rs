//! Step-up: privileged calls bring a code of the moment, which counts once.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::grpc::STEP_UP_CODE;
use eid::proto as pb;
use eid::proto::staff_service_client::StaffServiceClient;
use eid::proto::step_up_service_client::StepUpServiceClient;
use futures::future::join_all;
use tonic::transport::Channel as Bare;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::support::service::{Service, reason, with};

/// A call of the directory without any code of its own.
fn bare(service: &Service, name: &str) -> StaffServiceClient<Bare> {
    StaffServiceClient::new(service.bare_channel(Some(name)))
}

/// A review of the auditor's entry, as it was entered.
async fn review(service: &Service, code: Option<&str>) -> Result<pb::ReviewStaffResponse, Status> {
    let auditor = service.staff_id("auditor").await;
    let version = service.entry_of("auditor").await.version;
    send(service, pb::ReviewStaffRequest { request_id: service.id(), staff_id: auditor, version }, code).await
}

async fn send(
    service: &Service,
    request: pb::ReviewStaffRequest,
    code: Option<&str>,
) -> Result<pb::ReviewStaffResponse, Status> {
    let mut request = Request::new(request);
    if let Some(code) = code {
        request.metadata_mut().insert(STEP_UP_CODE, code.parse().unwrap());
    }
    bare(service, "administrator").review_staff(request).await.map(tonic::Response::into_inner)
}

fn wait(status: &Status) -> Option<Duration> {
    status.get_details_retry_info().and_then(|info| info.retry_delay)
}

#[tokio::test]
async fn a_privileged_call_without_a_code_or_an_authenticator_is_refused() {
    with(async |service| {
        let refused = review(service, None).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::Unauthenticated, "STEP_UP_REQUIRED".to_owned()));
        service.register_without_authenticator(Role::Administrator, "newcomer").await;
        let request = pb::ReviewStaffRequest::default();
        let refused = bare(service, "newcomer").review_staff(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::FailedPrecondition, "STEP_UP_NOT_ENROLLED".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn one_enrols_with_the_code_of_what_was_handed_out_and_gets_ten_recovery_codes() {
    with(async |service| {
        service.register_without_authenticator(Role::Administrator, "newcomer").await;
        let mut own = StepUpServiceClient::new(service.bare_channel(Some("newcomer")));
        let code = |code: &str| pb::ConfirmTotpEnrolmentRequest { code: code.to_owned() };
        let early = own.confirm_totp_enrolment(code("123456")).await.unwrap().into_inner();
        assert_eq!(early.outcome(), pb::ConfirmTotpEnrolmentOutcome::NotBegun);
        service.wait(Duration::from_secs(2));
        let begun = own.begin_totp_enrolment(pb::BeginTotpEnrolmentRequest {}).await.unwrap().into_inner();
        assert_eq!(begun.outcome(), pb::BeginTotpEnrolmentOutcome::Begun);
        let right = service.authenticators().code_of_uri(&begun.otpauth_uri);
        service.wait(Duration::from_secs(2));
        let wrong = own.confirm_totp_enrolment(code(&crate::support::service::another(&right))).await.unwrap();
        assert_eq!(wrong.into_inner().outcome(), pb::ConfirmTotpEnrolmentOutcome::Wrong);
        service.wait(Duration::from_secs(2));
        let enrolled = own.confirm_totp_enrolment(code(&right)).await.unwrap().into_inner();
        assert_eq!(enrolled.outcome(), pb::ConfirmTotpEnrolmentOutcome::Enrolled);
        assert_eq!(enrolled.recovery_codes.len(), 10);
        service.wait(Duration::from_secs(2));
        let again = own.begin_totp_enrolment(pb::BeginTotpEnrolmentRequest {}).await.unwrap().into_inner();
        assert_eq!(again.outcome(), pb::BeginTotpEnrolmentOutcome::AlreadyEnrolled);
        assert!(again.otpauth_uri.is_empty());
        for secret in enrolled.recovery_codes.iter().map(|code| code.replace('-', "")).chain([right]) {
            assert!(!service.database().holds(secret.as_bytes()).await, "a code lies in the store");
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_brought_by_two_connections_at_once_lets_one_of_them_through() {
    with(async |service| {
        let code = service.authenticators().next("administrator");
        let answers = join_all([0, 1].map(|_| review(service, Some(&code)))).await;
        let (through, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!((through.len(), refused.len()), (1, 1));
        let refused = refused.into_iter().next().unwrap().unwrap_err();
        assert_eq!(reason(&refused), "STEP_UP_USED");
        assert!(wait(&refused).is_some_and(|wait| wait <= Duration::from_mins(1)), "{:?}", wait(&refused));
        let actions = service.actions(&service.staff_id("administrator").await).await;
        let taken = actions.iter().filter(|action| *action == "step-up.taken").count();
        let refused = actions.iter().filter(|action| *action == "step-up.refused").count();
        assert_eq!((taken, refused), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_had_again_with_the_same_request_and_a_new_code() {
    with(async |service| {
        let (staff_id, version) = (service.staff_id("auditor").await, service.entry_of("auditor").await.version);
        let request = pb::ReviewStaffRequest { request_id: service.id(), staff_id, version };
        let next = || service.authenticators().next("administrator");
        let first = send(service, request.clone(), Some(&next())).await.unwrap();
        let again = send(service, request, Some(&next())).await.unwrap();
        assert!(again == first, "whoever asks twice is answered twice");
        let reviewed = service.actions(&service.staff_id("auditor").await).await;
        assert_eq!(reviewed.iter().filter(|action| *action == "staff.reviewed").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    with(async |service| {
        let codes = service.register_with_recovery(Role::Administrator, "forgetful").await;
        let (staff_id, version) = (service.staff_id("auditor").await, service.entry_of("auditor").await.version);
        let call = async |code: &str| {
            let request = pb::ReviewStaffRequest { request_id: service.id(), staff_id: staff_id.clone(), version };
            let mut request = Request::new(request);
            request.metadata_mut().insert(STEP_UP_CODE, code.parse().unwrap());
            bare(service, "forgetful").review_staff(request).await
        };
        call(&codes[3].to_lowercase()).await.unwrap();
        assert_eq!(reason(&call(&codes[3]).await.unwrap_err()), "STEP_UP_WRONG");
        assert_eq!(service.entry_of("forgetful").await.recovery_codes_left, 9);
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_cost_waiting_and_then_a_right_one_is_taken() {
    with(async |service| {
        let right = service.authenticators().next("administrator");
        let wrong = crate::support::service::another(&right);
        for _ in 0..3 {
            assert_eq!(reason(&review(service, Some(&wrong)).await.unwrap_err()), "STEP_UP_WRONG");
        }
        let held = review(service, Some(&right)).await.unwrap_err();
        assert_eq!((held.code(), reason(&held)), (Code::ResourceExhausted, "STEP_UP_WAIT".to_owned()));
        assert_eq!(wait(&held), Some(Duration::from_secs(30)));
        // What cannot be a code is no guess.
        assert_eq!(reason(&review(service, Some("hello")).await.unwrap_err()), "STEP_UP_WRONG");
        service.wait(Duration::from_secs(30));
        review(service, Some(&service.authenticators().next("administrator"))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn calls_that_are_not_privileged_need_no_code() {
    with(async |service| {
        let found = bare(service, "officer").get_staff(pb::GetStaffRequest::default()).await.unwrap().into_inner();
        assert_eq!(found.entry.unwrap().staff_id, service.staff_id("officer").await);
    })
    .await;
}
