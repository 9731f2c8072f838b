//! One request eight times at once, as a client does that lost patience: one effect, one answer.

use eid::proto as pb;
use futures::future::join_all;
use tonic::{Response, Status};

use crate::support::contacts::{begun_phone, fresh_phone, holders, phone, wish};
use crate::support::service::{Holder, Service, with};

/// The answers to eight calls at once.
async fn eight<T, F: Future<Output = Result<Response<T>, Status>>>(call: impl Fn() -> F) -> Vec<T> {
    let answers = join_all((0..8).map(|_| call())).await;
    answers.into_iter().map(|answer| answer.unwrap().into_inner()).collect()
}

fn assert_same<T: PartialEq>(answers: &[T]) {
    assert!(answers.iter().all(|answer| *answer == answers[0]), "all get the first answer");
}

/// How many messages of a kind were sent.
async fn sent(service: &Service, kind: &str) -> usize {
    service.messages().await.iter().filter(|message| message["kind"] == kind).count()
}

async fn times(service: &Service, subject: &str, action: &str) -> usize {
    service.actions(subject).await.iter().filter(|done| *done == action).count()
}

async fn begin(service: &Service, holder: &Holder, number: &str) -> Vec<pb::BeginContactChangeResponse> {
    let request = wish(service, holder, phone(number), false).await;
    eight(|| {
        let (mut contacts, request) = (holders(service), request.clone());
        async move { contacts.begin_contact_change(request).await }
    })
    .await
}

#[tokio::test]
async fn one_wish_for_a_code_eight_times_at_once_sends_one_message() {
    with(async |service| {
        let holder = service.holder().await;
        let request = holder.send_code(service.id());
        let answers = eight(|| {
            let (mut app, request) = (service.phone_app(), request.clone());
            async move { app.send_code(request).await }
        })
        .await;
        assert_eq!(answers[0].outcome(), pb::SendCodeOutcome::Sent);
        assert_same(&answers);
        assert_eq!(sent(service, "activation_code").await, 1);
    })
    .await;
}

#[tokio::test]
async fn one_right_code_eight_times_at_once_is_right_each_time() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        let request = holder.activate(service.id(), &code);
        let answers = eight(|| {
            let (mut app, request) = (service.phone_app(), request.clone());
            async move { app.activate(request).await }
        })
        .await;
        for answer in &answers {
            assert_eq!(answer.outcome(), pb::ActivateOutcome::Activated);
        }
        assert_same(&answers);
        assert_eq!(sent(service, "activated_notice").await, 2, "to phone and address");
        assert_eq!(times(service, &holder.account, "account.activated").await, 1);
    })
    .await;
}

#[tokio::test]
async fn one_change_begun_eight_times_at_once_is_one_change_and_one_code() {
    with(async |service| {
        let holder = service.active_holder().await;
        let phone = fresh_phone(service).await;
        let answers = begin(service, &holder, &phone).await;
        for answer in &answers {
            assert_eq!(answer.outcome(), pb::BeginOutcome::Begun);
        }
        assert_same(&answers);
        assert_eq!(sent(service, "old_contact_code").await, 1);
        let request = pb::GetAccountRequest {
            account_id: holder.account.clone(),
            purpose: pb::LookPurpose::ContactChange.into(),
        };
        let account = service.administrator().get_account(request).await.unwrap().into_inner().account.unwrap();
        assert_eq!(account.pending_changes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn one_right_code_for_a_change_eight_times_at_once_is_right_each_time() {
    with(async |service| {
        let holder = service.active_holder().await;
        let phone = fresh_phone(service).await;
        let change_id = begun_phone(service, &holder, &phone).await;
        let code = service.latest_code(&phone).await;
        let request = pb::ConfirmRequest { request_id: service.id(), change_id, code };
        let answers = eight(|| {
            let (mut contacts, request) = (service.contacts(), request.clone());
            async move { contacts.confirm(request).await }
        })
        .await;
        for answer in &answers {
            assert_eq!(answer.outcome(), pb::ConfirmOutcome::Confirmed);
        }
        assert_same(&answers);
        assert_eq!(service.status(&holder.number, &phone).await.standing(), pb::AccountStanding::Active);
        let told = service.messages().await;
        let old = told.iter().filter(|message| message["kind"] == "contact_notice" && message["to"] == holder.phone);
        assert_eq!(old.count(), 2, "of the beginning and of the end, once each");
    })
    .await;
}

#[tokio::test]
async fn one_decision_eight_times_at_once_is_one_account() {
    with(async |service| {
        let enrolment = service.submitted(&service.applicant().await.application).await;
        let approval = pb::Approval { identity_number: service.number() };
        let request = pb::RecordDecisionRequest {
            request_id: service.id(),
            enrolment_id: enrolment.clone(),
            lease_id: service.claimed().await.lease_id,
            decision: Some(pb::record_decision_request::Decision::Approval(approval)),
        };
        let answers = eight(|| {
            let (mut authority, request) = (service.authority(), request.clone());
            async move { authority.record_decision(request).await }
        })
        .await;
        assert!(!answers[0].account_id.is_empty());
        assert_same(&answers);
        assert_eq!(sent(service, "account_notice").await, 1);
        assert_eq!(times(service, &enrolment, "account.issued").await, 1);
    })
    .await;
}
