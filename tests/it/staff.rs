//! The staff directory: who manages whom, what takes a second person, and when an entry rests.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::proto as pb;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::proto::staff_service_client::StaffServiceClient;
use futures::future::join_all;
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use tonic::{Code, Status};

use crate::support::proposals::{approve, decline};
use crate::support::service::{Channel, Service, fields, reason, with};

fn directory(service: &Service, name: &str) -> StaffServiceClient<Channel> {
    StaffServiceClient::new(service.channel(Some(name)))
}

/// A certificate that `name` could show in the tests.
fn certificate_of(name: &str) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "test");
    params.subject_alt_names = vec![SanType::URI(format!("urn:eid:test:{name}").try_into().unwrap())];
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem().into_bytes()
}

fn post(role: pb::StaffRole, office: &str) -> pb::StaffPost {
    pb::StaffPost { role: role.into(), office: office.to_owned() }
}

async fn register(
    service: &Service,
    by: &str,
    name: &str,
    (role, office): (pb::StaffRole, &str),
) -> Result<pb::RegisterStaffResponse, Status> {
    let request = pb::RegisterStaffRequest {
        request_id: service.id(),
        certificate: certificate_of(name),
        post: Some(post(role, office)),
        reason: "new at the office".to_owned(),
    };
    directory(service, by).register_staff(request).await.map(tonic::Response::into_inner)
}

async fn disable(service: &Service, by: &str, of: &str) -> Result<pb::DisableStaffResponse, Status> {
    let (staff_id, version) = (service.staff_id(of).await, service.entry_of(of).await.version);
    let request =
        pb::DisableStaffRequest { request_id: service.id(), staff_id, version, reason: "left the office".to_owned() };
    directory(service, by).disable_staff(request).await.map(tonic::Response::into_inner)
}

async fn enable(service: &Service, by: &str, of: &str) -> Result<pb::EnableStaffResponse, Status> {
    let (staff_id, version) = (service.staff_id(of).await, service.entry_of(of).await.version);
    let request =
        pb::EnableStaffRequest { request_id: service.id(), staff_id, version, reason: "is back at work".to_owned() };
    directory(service, by).enable_staff(request).await.map(tonic::Response::into_inner)
}

/// Whether `name` is let in.
async fn may_call(service: &Service, name: &str) -> Result<(), Status> {
    directory(service, name).get_staff(pb::GetStaffRequest::default()).await.map(drop)
}

#[tokio::test]
async fn a_supervisor_registers_and_disables_the_officers_of_their_own_office() {
    with(async |service| {
        let officer = pb::StaffRole::Officer;
        let done = register(service, "supervisor", "newcomer", (officer, "79-01")).await.unwrap();
        assert!(done.proposal.is_none());
        assert_eq!(done.entry.unwrap().standing(), pb::StaffStanding::Enabled);
        may_call(service, "newcomer").await.unwrap();
        let elsewhere = register(service, "supervisor", "other", (officer, "01-01")).await.unwrap_err();
        assert_eq!((elsewhere.code(), reason(&elsewhere)), (Code::PermissionDenied, "STAFF_NOT_YOURS".to_owned()));
        let taken = register(service, "supervisor", "newcomer", (officer, "79-01")).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken)), (Code::AlreadyExists, "STAFF_CERTIFICATE_TAKEN".to_owned()));
        disable(service, "supervisor", "newcomer").await.unwrap();
        assert_eq!(reason(&may_call(service, "newcomer").await.unwrap_err()), "CERTIFICATE_UNKNOWN");
        enable(service, "supervisor", "newcomer").await.unwrap();
        may_call(service, "newcomer").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_of_another_office_neither_manages_nor_sees_an_officer() {
    with(async |service| {
        service.register(Role::Supervisor, Some("01-01"), "stranger").await;
        // Nor do they learn that it is there, or at which version.
        for version in [1, 7] {
            let (request_id, staff_id) = (service.id(), service.staff_id("officer").await);
            let request = pb::DisableStaffRequest { request_id, staff_id, version, reason: String::new() };
            let refused = directory(service, "stranger").disable_staff(request).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused)), (Code::NotFound, "STAFF_NOT_FOUND".to_owned()));
        }
        let known = register(service, "stranger", "officer", (pb::StaffRole::Officer, "79-01")).await.unwrap_err();
        assert_eq!(reason(&known), "STAFF_NOT_YOURS", "nor that a certificate is");
        let staff_id = service.staff_id("officer").await;
        let hidden = directory(service, "stranger").get_staff(pb::GetStaffRequest { staff_id }).await.unwrap_err();
        assert_eq!((hidden.code(), reason(&hidden)), (Code::NotFound, "STAFF_NOT_FOUND".to_owned()));
        let list = pb::ListStaffRequest { office: "79-01".to_owned(), ..pb::ListStaffRequest::default() };
        let hidden = directory(service, "stranger").list_staff(list).await.unwrap_err();
        assert_eq!(reason(&hidden), "OFFICE_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn nobody_manages_themselves() {
    with(async |service| {
        service.register(Role::Administrator, None, "second").await;
        let refused = disable(service, "administrator", "administrator").await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), (Code::PermissionDenied, "STAFF_ONESELF".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn an_entry_with_rights_beyond_a_desk_may_call_when_a_second_administrator_agrees() {
    with(async |service| {
        service.register(Role::Administrator, None, "second").await;
        let hotline = (pb::StaffRole::Hotline, "");
        let asked = register(service, "administrator", "voice", hotline).await.unwrap();
        let proposal = asked.proposal.unwrap();
        assert_eq!(asked.entry.unwrap().standing(), pb::StaffStanding::Disabled);
        assert!(may_call(service, "voice").await.is_err());
        let own = approve(service, "administrator", &proposal).await;
        assert_eq!(own.outcome(), pb::SettleOutcome::OwnProposal);
        let done = approve(service, "second", &proposal).await;
        assert_eq!(done.outcome(), pb::SettleOutcome::Approved);
        may_call(service, "voice").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_proposal_about_an_entry_that_changed_since_is_void_and_a_dropped_one_changes_nothing() {
    with(async |service| {
        service.register(Role::Administrator, None, "second").await;
        let promote = async |version| {
            let request = pb::ChangePostRequest {
                request_id: service.id(),
                staff_id: service.staff_id("officer").await,
                version,
                post: Some(post(pb::StaffRole::Supervisor, "79-01")),
                reason: "oversees the counter".to_owned(),
            };
            directory(service, "administrator").change_post(request).await
        };
        let without_reason = {
            let mut request = pb::EnableStaffRequest { version: 1, ..pb::EnableStaffRequest::default() };
            (request.request_id, request.staff_id) = (service.id(), service.staff_id("auditor").await);
            directory(service, "administrator").enable_staff(request).await.unwrap_err()
        };
        assert_eq!(fields(&without_reason), ["reason"]);
        let stale = promote(7).await.unwrap_err();
        assert_eq!((stale.code(), reason(&stale)), (Code::FailedPrecondition, "STAFF_CHANGED".to_owned()));
        let proposal = promote(1).await.unwrap().into_inner().proposal.unwrap();
        let dropped = decline(service, "second", &proposal).await;
        assert_eq!(dropped.outcome(), pb::SettleOutcome::Declined);
        let proposal = promote(1).await.unwrap().into_inner().proposal.unwrap();
        disable(service, "supervisor", "officer").await.unwrap();
        let void = approve(service, "second", &proposal).await;
        assert_eq!(void.outcome(), pb::SettleOutcome::Changed);
        assert_eq!(service.entry_of("officer").await.post.unwrap().role(), pb::StaffRole::Officer);
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_cannot_be_disabled_also_when_two_do_it_to_each_other_at_once() {
    with(async |service| {
        let alone = service.app().disable_staff(&crate::support::service::certificate("administrator")).await;
        assert!(matches!(alone, Err(eid::app::Error::LastAdministrator)), "{alone:?}");
        service.register(Role::Administrator, None, "second").await;
        let first = disable(service, "administrator", "second").await.unwrap().proposal.unwrap();
        let other = disable(service, "second", "administrator").await.unwrap().proposal.unwrap();
        let answers = join_all([approve(service, "second", &first), approve(service, "administrator", &other)]).await;
        let done = answers.iter().filter(|answer| answer.outcome() == pb::SettleOutcome::Approved).count();
        let mut left = 0;
        for name in ["administrator", "second"] {
            left += usize::from(service.entry_of(name).await.standing() == pb::StaffStanding::Enabled);
        }
        assert_eq!((done, left), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn a_new_certificate_and_the_old_one_overlap_until_the_new_one_is_seen() {
    with(async |service| {
        let (staff_id, version) = (service.staff_id("officer").await, service.entry_of("officer").await.version);
        let request = pb::AddCertificateRequest {
            request_id: service.id(),
            staff_id: staff_id.clone(),
            version,
            certificate: certificate_of("officer-renewed"),
            reason: String::new(),
        };
        directory(service, "supervisor").add_certificate(request).await.unwrap();
        may_call(service, "officer").await.unwrap();
        may_call(service, "officer-renewed").await.unwrap();
        assert_eq!(reason(&may_call(service, "officer").await.unwrap_err()), "CERTIFICATE_UNKNOWN");
        let entry = service.entry_of("officer-renewed").await;
        assert_eq!(entry.staff_id, staff_id);
        assert_eq!(entry.certificates.iter().filter(|one| one.ended_at.is_some()).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_person_who_made_no_call_for_45_days_rests_until_a_manager_enables_the_entry() {
    with(async |service| {
        may_call(service, "officer").await.unwrap();
        service.wait(Duration::from_hours(24 * 30));
        for name in ["officer", "supervisor", "app_backend"] {
            may_call(service, name).await.unwrap();
        }
        assert!(service.app().write_calls().await.unwrap() >= 3, "who called is written in one go");
        assert_eq!(service.app().write_calls().await.unwrap(), 0);
        service.wait(Duration::from_hours(24 * 44));
        may_call(service, "officer").await.unwrap();
        service.wait(Duration::from_hours(24 * 2));
        // Nobody noted the call of two days ago, so the days of the one before count.
        let idle = may_call(service, "officer").await.unwrap_err();
        assert_eq!((idle.code(), reason(&idle)), (Code::PermissionDenied, "STAFF_IDLE".to_owned()));
        assert!(service.app().disable_idle().await.unwrap() >= 1);
        assert_eq!(service.app().disable_idle().await.unwrap(), 0, "once");
        may_call(service, "app_backend").await.unwrap();
        for name in ["supervisor", "auditor"] {
            let enabled = service.app().enable_staff(&crate::support::service::certificate(name)).await.unwrap();
            assert!(enabled.is_some(), "the console of the machine helps");
        }
        enable(service, "supervisor", "officer").await.unwrap();
        may_call(service, "officer").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn entries_whose_review_is_due_are_listed_page_by_page_and_reviewed() {
    with(async |service| {
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        let everyone = directory(service, "administrator").list_staff(pb::ListStaffRequest::default()).await;
        assert_eq!(fields(&everyone.unwrap_err()), ["role"], "there is no list of everyone");
        let list = |token: &str| pb::ListStaffRequest {
            office: "79-01".to_owned(),
            page_size: 1,
            page_token: token.to_owned(),
            ..pb::ListStaffRequest::default()
        };
        let (mut found, mut token) = (0, String::new());
        loop {
            let page = directory(service, "supervisor").list_staff(list(&token)).await.unwrap().into_inner();
            found += page.entries.len();
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(found, 2, "the officers of the office");
        let due = || pb::ListStaffRequest { review_due: true, ..pb::ListStaffRequest::default() };
        assert!(directory(service, "auditor").list_staff(due()).await.unwrap().into_inner().entries.is_empty());
        for _ in 0..5 {
            service.wait(Duration::from_hours(24 * 40));
            for name in ["supervisor", "auditor"] {
                may_call(service, name).await.unwrap();
            }
            service.app().write_calls().await.unwrap();
        }
        let all = directory(service, "auditor").list_staff(due()).await.unwrap().into_inner().entries;
        assert!(all.len() >= 9, "{}", all.len());
        let (staff_id, version) = (service.staff_id("officer").await, service.entry_of("officer").await.version);
        let request = pb::ReviewStaffRequest { request_id: service.id(), staff_id, version };
        let reviewed = directory(service, "supervisor").review_staff(request).await.unwrap().into_inner();
        assert!(!reviewed.entry.unwrap().review_due);
    })
    .await;
}

/// The stream of `name`, open.
async fn watching(service: &Service, name: &str) -> tonic::Streaming<pb::WatchResponse> {
    let mut client = EnrolmentServiceClient::new(service.channel(Some(name)));
    let mut stream = client.watch(pb::WatchRequest::default()).await.unwrap().into_inner();
    stream.message().await.unwrap().expect("the first word");
    stream
}

/// Why a stream ended.
async fn end(mut stream: tonic::Streaming<pb::WatchResponse>) -> Status {
    loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended without a reason"),
            Err(why) => return why,
        }
    }
}

#[tokio::test]
async fn whoever_keeps_a_stream_open_is_there_and_does_not_rest() {
    with(async |service| {
        let mut stream = watching(service, "officer").await;
        service.app().write_calls().await.unwrap();
        for _ in 0..2 {
            service.wait(Duration::from_hours(24 * 30));
            // The rights are looked at again and again while the stream lives.
            let noted = async {
                while service.app().write_calls().await.unwrap() == 0 {
                    stream.message().await.unwrap().expect("it goes on");
                }
            };
            tokio::time::timeout(Duration::from_mins(1), noted).await.expect("it is noted");
        }
        may_call(service, "officer").await.unwrap();
        assert_eq!(reason(&may_call(service, "auditor").await.unwrap_err()), "STAFF_IDLE", "who was away rests");
    })
    .await;
}

#[tokio::test]
async fn a_change_of_role_in_the_middle_of_a_stream_ends_it_and_no_other() {
    with(async |service| {
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        service.register(Role::Administrator, None, "second").await;
        let (stream, mut other) = (watching(service, "colleague").await, watching(service, "officer").await);
        let request = pb::ChangePostRequest {
            request_id: service.id(),
            staff_id: service.staff_id("colleague").await,
            version: 1,
            post: Some(post(pb::StaffRole::Hotline, "")),
            reason: "moves to the hotline".to_owned(),
        };
        let asked = directory(service, "administrator").change_post(request).await.unwrap().into_inner();
        approve(service, "second", &asked.proposal.unwrap()).await;
        let why = end(stream).await;
        assert_eq!((why.code(), reason(&why)), (Code::PermissionDenied, "RIGHTS_CHANGED".to_owned()));
        other.message().await.unwrap().expect("whose rights are as before goes on");
    })
    .await;
}

#[tokio::test]
async fn disabling_an_entry_ends_its_streams_also_through_another_process() {
    with(async |service| {
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        let replica = service.replica();
        let mut there = EnrolmentServiceClient::new(replica.channel("colleague"));
        let mut there = there.watch(pb::WatchRequest::default()).await.unwrap().into_inner();
        there.message().await.unwrap().expect("the first word");
        let here = watching(service, "colleague").await;
        disable(service, "supervisor", "colleague").await.unwrap();
        for stream in [here, there] {
            assert_eq!(reason(&end(stream).await), "CERTIFICATE_UNKNOWN");
        }
        replica.stop().await;
    })
    .await;
}
