//! The edge: who may call what, how often, how much at once.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::grpc::{Allowed, POLICY};
use eid::proto as pb;
use http::uri::PathAndQuery;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::support::service::{Channel, MESSAGE_BYTES_MAX, Service, Wishes, certificate, reason, with, with_wishes};

/// Calls a method with an empty message.
async fn call(channel: Channel, method: &'static str) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let path = PathAndQuery::try_from(format!("/{method}")).unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    client.unary(Request::new(()), path, codec).await.map(drop)
}

/// Opens a stream at a method, with no message in it.
async fn open(channel: Channel, method: &'static str) -> Result<(), Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
    let path = PathAndQuery::try_from(format!("/{method}")).unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    client.streaming(Request::new(futures::stream::empty()), path, codec).await.map(drop)
}

/// Who may call what, written down a second time on purpose: a slip of the hand in the policy must not pass.
fn golden() -> Vec<(&'static str, Vec<Role>)> {
    use Role::{
        Administrator, AppBackend, Auditor, Authority, Hotline, Officer, Operator, RegistryReader, RegistryWriter,
        Supervisor,
    };
    let staff = || Role::ALL.to_vec();
    let proposers = || vec![Officer, Supervisor, Administrator, Hotline];
    vec![
        ("eid.issuance.v1.AccountLifeService/CloseAccount", vec![Administrator]),
        ("eid.issuance.v1.AccountLifeService/DecideOrder", vec![Administrator]),
        ("eid.issuance.v1.AccountLifeService/FileOrder", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.AccountLifeService/ForwardOrder", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.AccountLifeService/GetLife", vec![Officer, Supervisor, Administrator, Auditor, Hotline]),
        ("eid.issuance.v1.AccountLifeService/LiftLock", vec![Officer, Supervisor, Administrator]),
        ("eid.issuance.v1.AccountLifeService/ListOrders", vec![Supervisor, Administrator, Auditor]),
        ("eid.issuance.v1.AccountLifeService/LockAccount", vec![Officer, Supervisor, Administrator, Hotline]),
        ("eid.issuance.v1.AccountLifeService/UpdateDocuments", vec![Officer]),
        ("eid.issuance.v1.ActivationService/Activate", vec![AppBackend]),
        ("eid.issuance.v1.ActivationService/ActivateWithSlip", vec![AppBackend]),
        ("eid.issuance.v1.ActivationService/BatchGetStatus", vec![AppBackend]),
        ("eid.issuance.v1.ActivationService/GetSlipChallenge", vec![AppBackend]),
        ("eid.issuance.v1.ActivationService/GetStatus", vec![AppBackend]),
        ("eid.issuance.v1.ActivationService/NoteNoticeOpened", vec![AppBackend]),
        ("eid.issuance.v1.ActivationService/SendCode", vec![AppBackend]),
        ("eid.issuance.v1.ActivationService/WatchStatus", vec![AppBackend]),
        (
            "eid.issuance.v1.AdministrationService/FindAccount",
            vec![Officer, Supervisor, Administrator, Auditor, Hotline],
        ),
        (
            "eid.issuance.v1.AdministrationService/GetAccount",
            vec![Officer, Supervisor, Administrator, Auditor, Hotline],
        ),
        ("eid.issuance.v1.AuthorityService/Claim", vec![Authority]),
        ("eid.issuance.v1.AuthorityService/ConfirmCaptures", vec![Authority]),
        ("eid.issuance.v1.AuthorityService/GetCaptures", vec![Authority]),
        ("eid.issuance.v1.AuthorityService/Reconcile", vec![Authority]),
        ("eid.issuance.v1.AuthorityService/RecordDecision", vec![Authority]),
        ("eid.issuance.v1.ContactService/Begin", vec![Administrator]),
        ("eid.issuance.v1.ContactService/BeginInPerson", vec![Officer]),
        ("eid.issuance.v1.ContactService/Cancel", vec![Officer, Supervisor, Administrator]),
        ("eid.issuance.v1.ContactService/Confirm", vec![Officer, Supervisor, Administrator]),
        ("eid.issuance.v1.ContactService/CountChanges", vec![Administrator, Auditor, Hotline]),
        ("eid.issuance.v1.ContactService/ListDisputes", vec![Administrator]),
        ("eid.issuance.v1.ContactService/OpenDispute", vec![Officer, Administrator]),
        ("eid.issuance.v1.ContactService/ResendCode", vec![Officer, Supervisor, Administrator]),
        ("eid.issuance.v1.ContactService/ResolveDispute", vec![Administrator]),
        ("eid.issuance.v1.CounterService/CountersignProof", vec![Supervisor]),
        ("eid.issuance.v1.CounterService/ProveInPerson", vec![Officer]),
        ("eid.issuance.v1.DeviceService/GetChallenge", vec![AppBackend]),
        ("eid.issuance.v1.DeviceService/GetDeviceCrl", staff()),
        ("eid.issuance.v1.DeviceService/ListDevices", vec![AppBackend, Administrator, Auditor, Hotline]),
        ("eid.issuance.v1.DeviceService/LockOwnAccount", vec![AppBackend]),
        ("eid.issuance.v1.DeviceService/RenewDevice", vec![AppBackend]),
        ("eid.issuance.v1.DeviceService/ReplaceDevice", vec![AppBackend]),
        ("eid.issuance.v1.DeviceService/RevokeDevice", vec![AppBackend]),
        ("eid.issuance.v1.DeviceService/VerifyDevice", vec![AppBackend]),
        ("eid.issuance.v1.DeviceService/VerifyTotp", vec![AppBackend]),
        ("eid.issuance.v1.EnrolmentService/Challenge", vec![Officer]),
        ("eid.issuance.v1.EnrolmentService/Check", vec![Officer]),
        ("eid.issuance.v1.EnrolmentService/Correct", vec![Officer]),
        ("eid.issuance.v1.EnrolmentService/Count", vec![Officer, Supervisor]),
        ("eid.issuance.v1.EnrolmentService/Get", vec![Officer, Supervisor]),
        ("eid.issuance.v1.EnrolmentService/GetHistory", vec![Officer, Supervisor]),
        ("eid.issuance.v1.EnrolmentService/GetSlip", vec![Officer, Supervisor]),
        ("eid.issuance.v1.EnrolmentService/List", vec![Officer, Supervisor]),
        ("eid.issuance.v1.EnrolmentService/ListReceiptKeys", staff()),
        ("eid.issuance.v1.EnrolmentService/Submit", vec![Officer]),
        ("eid.issuance.v1.EnrolmentService/SubmitStream", vec![Officer]),
        ("eid.issuance.v1.EnrolmentService/Watch", vec![Officer, Supervisor]),
        ("eid.issuance.v1.EnrolmentService/Withdraw", vec![Officer, Supervisor]),
        ("eid.issuance.v1.FollowUpService/CountFunnel", vec![Officer, Supervisor, Hotline]),
        ("eid.issuance.v1.FollowUpService/ListStandingStill", vec![Officer, Supervisor, Hotline]),
        ("eid.issuance.v1.HolderContactService/BeginContactChange", vec![AppBackend]),
        ("eid.issuance.v1.HolderContactService/CancelContactChange", vec![AppBackend]),
        ("eid.issuance.v1.HolderContactService/ConfirmContactChange", vec![AppBackend]),
        ("eid.issuance.v1.HolderContactService/ListContactChanges", vec![AppBackend]),
        ("eid.issuance.v1.HolderContactService/ResendContactCode", vec![AppBackend]),
        ("eid.issuance.v1.HolderContactService/StopContactChange", vec![AppBackend]),
        ("eid.issuance.v1.HotlineService/AskReopening", vec![Hotline]),
        ("eid.issuance.v1.OfficeService/GetOffice", staff()),
        ("eid.issuance.v1.OfficeService/ListOffices", staff()),
        ("eid.issuance.v1.ProposalService/ApproveProposal", proposers()),
        ("eid.issuance.v1.ProposalService/DeclineProposal", proposers()),
        ("eid.issuance.v1.ProposalService/GetProposal", proposers()),
        ("eid.issuance.v1.ProposalService/ListProposals", proposers()),
        ("eid.issuance.v1.ReviewService/CompareCandidates", vec![Supervisor]),
        ("eid.issuance.v1.ReviewService/Decline", vec![Supervisor]),
        ("eid.issuance.v1.ReviewService/Override", vec![Supervisor]),
        ("eid.issuance.v1.ReviewService/Return", vec![Supervisor]),
        ("eid.issuance.v1.StaffService/AddCertificate", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.StaffService/ChangePost", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.StaffService/DisableStaff", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.StaffService/EnableStaff", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.StaffService/GetStaff", staff()),
        ("eid.issuance.v1.StaffService/ListStaff", vec![Supervisor, Administrator, Auditor]),
        ("eid.issuance.v1.StaffService/RegisterStaff", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.StaffService/ResetTotp", vec![Supervisor, Administrator]),
        ("eid.issuance.v1.StaffService/ReviewStaff", vec![Supervisor, Administrator]),
        (
            "eid.issuance.v1.StepUpService/BeginTotpEnrolment",
            vec![Officer, Supervisor, Administrator, Auditor, Operator, Hotline],
        ),
        (
            "eid.issuance.v1.StepUpService/ConfirmTotpEnrolment",
            vec![Officer, Supervisor, Administrator, Auditor, Operator, Hotline],
        ),
        ("eid.issuance.v1.TrustService/ApproveMaterial", vec![Operator]),
        ("eid.issuance.v1.TrustService/ListMaterial", vec![Auditor, Operator]),
        ("eid.issuance.v1.TrustService/ProposeMaterial", vec![Operator]),
        ("eid.issuance.v1.TrustService/RejectMaterial", vec![Operator]),
        ("eid.issuance.v1.WorkstationService/List", vec![Supervisor]),
        ("eid.registry.v1.RegistryService/Lookup", vec![RegistryReader]),
        ("eid.registry.v1.RegistryService/PutRecords", vec![RegistryWriter]),
        ("grpc.health.v1.Health/Check", staff()),
        ("grpc.health.v1.Health/List", staff()),
        ("grpc.health.v1.Health/Watch", staff()),
        ("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", staff()),
        ("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", staff()),
    ]
}

#[test]
fn the_policy_lets_in_whom_it_should_and_nobody_else() {
    let may = |rule: &eid::grpc::Rule| Role::ALL.into_iter().filter(|role| rule.allowed.includes(*role)).collect();
    let mut policy: Vec<(&str, Vec<Role>)> = POLICY.iter().map(|rule| (rule.method, may(rule))).collect();
    policy.sort();
    assert_eq!(policy, golden());
}

#[tokio::test]
async fn each_method_refuses_each_role_that_the_table_does_not_name() {
    with(async |service| {
        let mut refused = 0;
        for rule in POLICY {
            let Allowed::Roles(roles) = rule.allowed else { continue };
            for role in Role::ALL {
                let channel = service.channel(Some(role.name()));
                let answer = match rule.deadline {
                    Some(_) => call(channel, rule.method).await,
                    None => open(channel, rule.method).await,
                };
                let denied = matches!(&answer, Err(status) if status.code() == Code::PermissionDenied);
                assert_eq!(denied, !roles.contains(&role), "{role} at {}: {answer:?}", rule.method);
                if denied {
                    assert_eq!(reason(&answer.unwrap_err()), "ROLE_NOT_ALLOWED");
                    refused += 1;
                }
            }
        }
        assert!(refused > 70, "{refused} refusals were seen");
    })
    .await;
}

#[tokio::test]
async fn a_stream_of_items_is_refused_to_each_role_that_the_table_does_not_name() {
    with(async |service| {
        for rule in POLICY.iter().filter(|rule| rule.stream.is_some()) {
            for role in Role::ALL {
                let answer = open(service.channel(Some(role.name())), rule.method).await;
                assert_eq!(answer.is_ok(), rule.allowed.includes(role), "{role} at {}: {answer:?}", rule.method);
                if let Err(denied) = answer {
                    assert_eq!(reason(&denied), "ROLE_NOT_ALLOWED");
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_and_strangers_are_refused_everywhere() {
    with(async |service| {
        for rule in POLICY {
            for name in [None, Some("stranger")] {
                let channel = service.channel(name);
                let answer = match rule.deadline {
                    Some(_) => call(channel, rule.method).await,
                    None => open(channel, rule.method).await,
                };
                let refused = answer.expect_err(rule.method);
                let why = (refused.code(), reason(&refused));
                assert_eq!(why, (Code::Unauthenticated, "CERTIFICATE_UNKNOWN".to_owned()), "{}", rule.method);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_entry_that_is_disabled_looks_like_a_stranger_from_the_next_call_on() {
    with(async |service| {
        let mut officer = service.officer();
        assert!(officer.list(pb::ListRequest::default()).await.is_ok());
        let disabled = service.app().disable_staff(&certificate("officer")).await.unwrap().expect("it was enabled");
        let refused = officer.list(pb::ListRequest::default()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "CERTIFICATE_UNKNOWN"));
        assert_eq!(
            service.actions(&disabled.to_string()).await,
            ["staff.registered", "staff.totp-begun", "staff.totp-confirmed", "enrolments.listed", "staff.disabled"]
        );
        assert!(service.app().disable_staff(&certificate("officer")).await.unwrap().is_none(), "once is enough");
    })
    .await;
}

#[tokio::test]
async fn a_method_that_is_not_there_is_said_so() {
    with(async |service| {
        let refused = call(service.channel(Some("officer")), "eid.issuance.v1.EnrolmentService/Forge").await;
        assert_eq!(reason(&refused.unwrap_err()), "NO_SUCH_METHOD");
    })
    .await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_unread() {
    with(async |service| {
        let huge = pb::GetRequest { enrolment_id: "x".repeat(MESSAGE_BYTES_MAX + 1) };
        let refused = service.officer().get(huge).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::OutOfRange, "MESSAGE_TOO_LARGE"));
        assert!(service.officer().list(pb::ListRequest::default()).await.is_ok(), "the connection lives on");
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    with(async |service| {
        let mut client = tonic::client::Grpc::new(service.channel(Some("officer")));
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/eid.issuance.v1.EnrolmentService/Get");
        let codec = tonic_prost::ProstCodec::<pb::ListRequest, ()>::default();
        // Its first field is a number; the method wants a text there.
        let other = pb::ListRequest { state: 1, ..Default::default() };
        let answer: Result<tonic::Response<()>, _> = client.unary(Request::new(other), path, codec).await;
        let refused = answer.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::InvalidArgument, "NOT_A_MESSAGE"));
    })
    .await;
}

#[tokio::test]
async fn who_calls_too_often_is_told_how_long_to_wait() {
    with(async |service| {
        let mut officer = service.officer();
        let refused = loop {
            if let Err(refused) = officer.list(pb::ListRequest::default()).await {
                break refused;
            }
        };
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "TOO_MANY_CALLS"));
        let wait = refused.get_details_retry_info().unwrap().retry_delay.unwrap();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        service.wait(wait);
        assert!(officer.list(pb::ListRequest::default()).await.is_ok());
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        assert!(service.officer_named("colleague").list(pb::ListRequest::default()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn more_calls_than_the_service_does_at_once_are_refused_with_the_time_to_come_back_and_streams_go_on() {
    with_wishes(Wishes { calls_max: Some(1), ..Wishes::default() }, async |service| {
        let mut operator = pb::trust_service_client::TrustServiceClient::new(service.channel(Some("operator")));
        // Brings nothing and does not end; comes again should the place be another's for a moment.
        let holding = tokio::spawn(async move {
            while operator.propose_material(futures::stream::pending::<pb::ProposeMaterialRequest>()).await.is_err() {}
        });
        let mut officer = service.officer();
        let mut list = async || {
            service.wait(Duration::from_secs(1));
            officer.list(pb::ListRequest::default()).await
        };
        let refused = loop {
            if let Err(refused) = list().await {
                break refused;
            }
        };
        assert_eq!(reason(&refused), "OVERLOADED");
        assert_eq!(refused.code(), Code::Unavailable);
        assert!(refused.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
        let watched = service.officer().watch(pb::WatchRequest::default()).await;
        assert!(watched.is_ok(), "a stream that stays open takes no place");
        holding.abort();
        while list().await.is_err() {}
    })
    .await;
}

#[tokio::test]
async fn errors_carry_their_reason_in_both_languages() {
    with(async |service| {
        let unknown = pb::GetRequest { enrolment_id: service.id() };
        let refused = service.officer().get(unknown).await.unwrap_err();
        let details = refused.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("ENROLMENT_NOT_FOUND", "eid.issuance.v1"));
        let vietnamese = details.localized_message().unwrap();
        assert_eq!(vietnamese.locale, "vi");
        assert!(!vietnamese.message.is_empty() && vietnamese.message != refused.message());
    })
    .await;
}

#[tokio::test]
async fn health_is_told_to_staff() {
    with(async |service: &Service| {
        let mut health = HealthClient::new(service.channel(Some("operator")));
        let answer = health.check(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner();
        assert_eq!(answer.status(), tonic_health::ServingStatus::Serving.into());
    })
    .await;
}
