//! Changes of phone and e-mail address: the old value stays until the new one is proven, and is told.

use std::time::Duration;

use eid::domain::contact::Phone;
use eid::practice::Generator;
use eid::proto as pb;
use pb::begin_request::NewContact;
use tonic::Code;

use crate::support::service::{Holder, Service, another, fields, reason, with};

/// A phone that nobody has, E.164.
pub async fn fresh_phone(service: &Service) -> String {
    let typed = service.people(Generator::phone).await;
    Phone::parse(&typed).unwrap().as_str().to_owned()
}

async fn begin(service: &Service, account: &str, new: NewContact) -> pb::BeginResponse {
    let request = pb::BeginRequest { request_id: service.id(), account_id: account.to_owned(), new_contact: Some(new) };
    service.contacts().begin(request).await.unwrap().into_inner()
}

pub async fn begun_phone(service: &Service, holder: &Holder, phone: &str) -> String {
    let answer = begin(service, &holder.account, NewContact::Phone(phone.to_owned())).await;
    assert_eq!(answer.outcome(), pb::BeginOutcome::Begun);
    answer.change.unwrap().change_id
}

pub async fn confirm(service: &Service, change: &str, code: &str) -> pb::ConfirmResponse {
    let request = pb::ConfirmRequest { request_id: service.id(), change_id: change.to_owned(), code: code.to_owned() };
    service.contacts().confirm(request).await.unwrap().into_inner()
}

async fn cancel(service: &Service, change: &str) -> Result<pb::ContactChange, tonic::Status> {
    let answer = service.contacts().cancel(pb::CancelRequest { change_id: change.to_owned() }).await;
    answer.map(|answer| answer.into_inner().change.unwrap())
}

async fn account(service: &Service, id: &str) -> pb::Account {
    let request = pb::GetAccountRequest { account_id: id.to_owned(), purpose: pb::LookPurpose::ContactChange.into() };
    service.administrator().get_account(request).await.unwrap().into_inner().account.unwrap()
}

#[tokio::test]
async fn the_old_phone_stays_live_until_the_new_one_is_confirmed_and_is_told_both_times() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        let standing = async |phone: &str| service.status(&holder.number, phone).await.standing();
        assert_eq!(standing(&holder.phone).await, pb::AccountStanding::Active);
        assert_eq!(standing(&new).await, pb::AccountStanding::NotMatched);
        assert_eq!(account(service, &holder.account).await.pending_changes.len(), 1);

        let code = service.latest_code(&new).await;
        let answer = confirm(service, &change, &code).await;
        assert_eq!(answer.outcome(), pb::ConfirmOutcome::Confirmed);
        assert_eq!(answer.change.unwrap().state(), pb::ContactChangeState::Confirmed);
        assert_eq!(standing(&new).await, pb::AccountStanding::Active);
        assert_eq!(standing(&holder.phone).await, pb::AccountStanding::NotMatched);
        let told = service.messages().await;
        let told: Vec<_> = told.iter().filter(|m| m["kind"] == "contact_notice" && m["to"] == holder.phone).collect();
        assert_eq!(told.len(), 2, "when it was begun and when it was done");
        assert!(account(service, &holder.account).await.pending_changes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_phone_given_up_can_serve_another_and_one_that_serves_another_is_refused() {
    with(async |service| {
        let (one, other) = (service.active_holder().await, service.active_holder().await);
        let taken = begin(service, &one.account, NewContact::Phone(other.phone.clone())).await;
        assert_eq!((taken.outcome(), taken.change.is_none()), (pb::BeginOutcome::Taken, true));
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &other, &new).await;
        let code = service.latest_code(&new).await;
        confirm(service, &change, &code).await;
        begun_phone(service, &one, &other.phone).await;
    })
    .await;
}

#[tokio::test]
async fn of_two_accounts_that_confirm_one_phone_at_once_one_gets_it() {
    with(async |service| {
        let (one, other) = (service.active_holder().await, service.active_holder().await);
        let new = fresh_phone(service).await;
        let first = begun_phone(service, &one, &new).await;
        let first_code = service.latest_code(&new).await;
        let second = begun_phone(service, &other, &new).await;
        let second_code = service.latest_code(&new).await;
        let (first, second) =
            tokio::join!(confirm(service, &first, &first_code), confirm(service, &second, &second_code));
        let mut outcomes = [first.outcome(), second.outcome()];
        outcomes.sort_unstable();
        assert_eq!(outcomes, [pb::ConfirmOutcome::Confirmed, pb::ConfirmOutcome::Taken]);
    })
    .await;
}

#[tokio::test]
async fn an_address_is_changed_by_a_code_sent_to_it() {
    with(async |service| {
        let holder = service.active_holder().await;
        let answer = begin(service, &holder.account, NewContact::Email("New.Holder@Example.ORG".to_owned())).await;
        let change = answer.change.unwrap();
        assert_eq!(change.new_value_masked, "N•••@example.org");
        service.wait(Duration::from_mins(30));
        let code = {
            // The message waits half an hour for its carrier and is still worth sending.
            service.latest_code("New.Holder@example.org").await
        };
        assert_eq!(confirm(service, &change.change_id, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
        let by = pb::find_account_request::By::Email("new.holder@example.org".to_owned());
        let found = service
            .administrator()
            .find_account(pb::FindAccountRequest { by: Some(by), purpose: pb::LookPurpose::ContactChange.into() })
            .await
            .unwrap();
        assert_eq!(found.into_inner().accounts[0].account_id, holder.account);
    })
    .await;
}

#[tokio::test]
async fn wrong_codes_are_counted_and_a_worn_out_change_is_cancelled_and_begun_again() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        let code = service.latest_code(&new).await;
        for left in (0..5).rev() {
            let mut answer = confirm(service, &change, &another(&code)).await;
            if answer.outcome() == pb::ConfirmOutcome::NotYet {
                let wait = answer.retry_at.unwrap().seconds - service.now().micros() / 1_000_000;
                service.wait(Duration::from_secs(wait.unsigned_abs()));
                answer = confirm(service, &change, &another(&code)).await;
            }
            assert_eq!((answer.outcome(), answer.tries_left), (pb::ConfirmOutcome::WrongCode, left));
        }
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::NoLiveCode);
        let pending = begin(service, &holder.account, NewContact::Phone(new.clone())).await;
        assert_eq!(pending.outcome(), pb::BeginOutcome::AlreadyPending);
        assert_eq!(pending.change.unwrap().change_id, change);
        cancel(service, &change).await.unwrap();
        let change = begun_phone(service, &holder, &new).await;
        let code = service.latest_code(&new).await;
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::NotYet);
        service.wait(Duration::from_mins(2));
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_change_is_not_confirmed_and_a_confirmed_one_not_cancelled() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        let code = service.latest_code(&new).await;
        assert_eq!(cancel(service, &change).await.unwrap().state(), pb::ContactChangeState::Cancelled);
        assert_eq!(cancel(service, &change).await.unwrap().state(), pb::ContactChangeState::Cancelled);
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::NotPending);
        assert_eq!(service.status(&holder.number, &holder.phone).await.standing(), pb::AccountStanding::Active);

        let again = pb::begin_request::NewContact::Phone(new.clone());
        let early =
            pb::BeginRequest { request_id: service.id(), account_id: holder.account.clone(), new_contact: Some(again) };
        let early = service.contacts().begin(early).await.unwrap().into_inner();
        assert_eq!((early.outcome(), early.retry_at.is_some()), (pb::BeginOutcome::HeldBack, true));
        service.wait(Duration::from_mins(1));
        let change = begun_phone(service, &holder, &new).await;
        let code = service.latest_code(&new).await;
        confirm(service, &change, &code).await;
        let late = cancel(service, &change).await.unwrap_err();
        assert_eq!((late.code(), reason(&late).as_str()), (Code::FailedPrecondition, "WRONG_STATE"));
    })
    .await;
}

#[tokio::test]
async fn a_change_lapses_with_its_code_and_makes_room_for_another() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        let code = service.latest_code(&new).await;
        service.wait(Duration::from_mins(3));
        let late = confirm(service, &change, &code).await;
        assert_eq!(late.outcome(), pb::ConfirmOutcome::NotPending);
        assert_eq!(late.change.unwrap().state(), pb::ContactChangeState::Lapsed);
        assert!(account(service, &holder.account).await.pending_changes.is_empty());
        begun_phone(service, &holder, &new).await;
    })
    .await;
}

#[tokio::test]
async fn repeats_get_the_first_answer_and_send_nothing() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let request = pb::BeginRequest {
            request_id: service.id(),
            account_id: holder.account.clone(),
            new_contact: Some(NewContact::Phone(new.clone())),
        };
        let first = service.contacts().begin(request.clone()).await.unwrap().into_inner();
        let again = service.contacts().begin(request.clone()).await.unwrap().into_inner();
        assert!(first == again);
        let (begin, begun) = (request, first.clone());
        let codes = service.messages().await;
        assert_eq!(codes.iter().filter(|m| m["kind"] == "contact_code").count(), 1);
        let request = pb::ConfirmRequest {
            request_id: service.id(),
            change_id: first.change.unwrap().change_id,
            code: service.latest_code(&new).await,
        };
        let first = service.contacts().confirm(request.clone()).await.unwrap().into_inner();
        assert_eq!(first.outcome(), pb::ConfirmOutcome::Confirmed);
        assert!(service.contacts().confirm(request).await.unwrap().into_inner() == first);
        service.wait(Duration::from_hours(1));
        assert!(service.contacts().begin(begin).await.unwrap().into_inner() == begun, "whatever became of it");
    })
    .await;
}

#[tokio::test]
async fn the_same_value_changes_nothing_and_a_stranger_is_not_found() {
    with(async |service| {
        let holder = service.active_holder().await;
        let same = begin(service, &holder.account, NewContact::Phone(holder.phone.clone())).await;
        assert_eq!(same.outcome(), pb::BeginOutcome::Unchanged);
        let request = pb::BeginRequest {
            request_id: service.id(),
            account_id: service.id(),
            new_contact: Some(NewContact::Phone(holder.phone.clone())),
        };
        let nobody = service.contacts().begin(request).await.unwrap_err();
        assert_eq!(reason(&nobody), "ACCOUNT_NOT_FOUND");
        assert_eq!(reason(&cancel(service, &service.id()).await.unwrap_err()), "CONTACT_CHANGE_NOT_FOUND");
        let empty = service.contacts().begin(pb::BeginRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["request_id", "account_id", "new_contact"]);
    })
    .await;
}
