//! Changes of phone and e-mail address by their holders: with the old contact alive, and without it.

use std::time::Duration;

use eid::app::Error;
use eid::proto as pb;
use eid::proto::device_service_client::DeviceServiceClient;
use pb::begin_request::NewContact;
use tonic::Code;

use crate::support::contacts::{
    begin, begun_phone, by_authority, changes, confirm, email, fresh_phone, holders, phone, signed_cancel, standing,
    stop, stop_code, wish,
};
use crate::support::device::Phone;
use crate::support::service::{Holder, Service, another, fields, reason, with};

const HOUR: Duration = Duration::from_hours(1);

async fn account(service: &Service, id: &str) -> pb::Account {
    let request = pb::GetAccountRequest { account_id: id.to_owned(), purpose: pb::LookPurpose::ContactChange.into() };
    service.administrator().get_account(request).await.unwrap().into_inner().account.unwrap()
}

async fn resend(service: &Service, holder: &Holder, change: &str) -> pb::ResendContactCodeResponse {
    let request = pb::ResendContactCodeRequest {
        request_id: service.id(),
        account_id: holder.account.clone(),
        change_id: change.to_owned(),
    };
    holders(service).resend_contact_code(request).await.unwrap().into_inner()
}

/// Gives a change up with the bound device.
async fn give_up(service: &Service, holder: &Holder, change: &str) -> pb::CancelOutcome {
    let (challenge, signature) = signed_cancel(service, holder, change).await;
    let request = pb::CancelContactChangeRequest {
        request_id: service.id(),
        account_id: holder.account.clone(),
        change_id: change.to_owned(),
        challenge,
        signature,
    };
    holders(service).cancel_contact_change(request).await.unwrap().into_inner().outcome()
}

async fn codes(service: &Service, destination: &str) -> usize {
    let messages = service.messages().await;
    messages.iter().filter(|one| one["kind"] == "contact_code" && one["to"] == destination).count()
}

async fn live(service: &Service, holder: &Holder, number: &str) -> bool {
    service.status(&holder.number, number).await.standing() == pb::AccountStanding::Active
}

#[tokio::test]
async fn the_old_phone_proves_itself_then_the_new_one_and_both_are_told() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let begun = begin(service, &holder, phone(&new), false).await;
        assert_eq!(begun.outcome(), pb::BeginOutcome::Begun);
        let change = begun.change.unwrap();
        assert_eq!(
            (change.state(), change.tier()),
            (pb::ContactChangeState::ProvingOld, pb::ContactTier::DeviceAndContact)
        );
        assert_eq!(codes(service, &new).await, 0, "nothing goes to a stranger before the old contact is proven");
        assert_eq!(account(service, &holder.account).await.pending_changes.len(), 1);
        let code = service.latest_code(&holder.phone).await;
        let proven = confirm(service, &change.change_id, &code).await;
        assert_eq!(proven.outcome(), pb::ConfirmOutcome::OldContactProven);
        assert_eq!(proven.change.unwrap().state(), pb::ContactChangeState::AwaitingCode);
        assert!(live(service, &holder, &holder.phone).await && !live(service, &holder, &new).await);

        let code = service.latest_code(&new).await;
        let answer = confirm(service, &change.change_id, &code).await;
        assert_eq!(answer.outcome(), pb::ConfirmOutcome::Confirmed);
        assert_eq!(answer.change.unwrap().state(), pb::ContactChangeState::Done);
        assert!(!live(service, &holder, &holder.phone).await && live(service, &holder, &new).await);
        let told = service.messages().await;
        let notices = |to: &str| told.iter().filter(|one| one["kind"] == "contact_notice" && one["to"] == to).count();
        assert_eq!((notices(&holder.phone), notices(&new)), (2, 1), "when it was begun, and both when it was done");
        assert!(account(service, &holder.account).await.pending_changes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_signature_over_one_number_begins_no_change_to_another() {
    with(async |service| {
        let holder = service.active_holder().await;
        let (meant, other) = (fresh_phone(service).await, fresh_phone(service).await);
        let signed = wish(service, &holder, phone(&meant), false).await;
        let forged = pb::BeginContactChangeRequest { new_contact: Some(phone(&other)), ..signed.clone() };
        let answer = holders(service).begin_contact_change(forged.clone()).await.unwrap().into_inner();
        assert_eq!((answer.outcome(), answer.change), (pb::BeginOutcome::WrongSignature, None));
        let again = holders(service).begin_contact_change(forged).await.unwrap().into_inner();
        assert_eq!(again.outcome(), pb::BeginOutcome::WrongSignature, "a repeat is told the same");
        let spent = pb::BeginContactChangeRequest { request_id: service.id(), ..signed };
        let answer = holders(service).begin_contact_change(spent).await.unwrap().into_inner();
        assert_eq!(answer.outcome(), pb::BeginOutcome::ChallengeUnusable, "the challenge is spent");
        let alive = wish(service, &holder, phone(&meant), false).await;
        let lost = pb::BeginContactChangeRequest { old_contact_lost: true, ..alive };
        let answer = holders(service).begin_contact_change(lost).await.unwrap().into_inner();
        assert_eq!(answer.outcome(), pb::BeginOutcome::ChallengeUnusable, "nor one tier for another");
        let stranger = holder.with(Phone::new(77));
        assert_eq!(
            begin(service, &stranger, phone(&meant), false).await.outcome(),
            pb::BeginOutcome::ChallengeUnusable,
            "another device is none of the account's"
        );
        let bare = service.active_holder_without_device().await;
        assert_eq!(begin(service, &bare, phone(&meant), false).await.outcome(), pb::BeginOutcome::NoDevice);
    })
    .await;
}

#[tokio::test]
async fn without_the_old_contact_the_code_leaves_when_the_wait_is_over_once_however_many_look() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let begun = begin(service, &holder, phone(&new), true).await;
        let change = begun.change.unwrap();
        assert_eq!((begun.advice.is_some(), change.state()), (true, pb::ContactChangeState::Waiting));
        let id = change.change_id;
        service.wait((HOUR * 24).saturating_sub(Duration::from_secs(1)));
        service.app().settle_contact_changes().await.unwrap();
        assert_eq!(codes(service, &new).await, 0);
        let early = resend(service, &holder, &id).await;
        assert_eq!((early.outcome(), early.retry_at.is_some()), (pb::ResendOutcome::NotYet, true));
        assert_eq!(confirm(service, &id, "000000").await.outcome(), pb::ConfirmOutcome::NotYet);
        service.wait(Duration::from_secs(1));
        let replicas = [(); 8].map(|()| service.app().settle_contact_changes());
        for looked in futures::future::join_all(replicas).await {
            looked.unwrap();
        }
        assert_eq!(codes(service, &new).await, 1);
        let code = service.latest_code(&new).await;
        assert_eq!(confirm(service, &id, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
        assert!(live(service, &holder, &new).await);
    })
    .await;
}

#[tokio::test]
async fn a_late_worker_keeps_nobody_from_asking_for_the_code_and_a_dead_one_from_failing() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begin(service, &holder, phone(&new), true).await.change.unwrap().change_id;
        service.wait(HOUR * 30);
        assert_eq!(confirm(service, &change, "000000").await.outcome(), pb::ConfirmOutcome::NoLiveCode);
        assert_eq!(resend(service, &holder, &change).await.outcome(), pb::ResendOutcome::Sent);
        let code = service.latest_code(&new).await;
        service.wait(HOUR * 66);
        let late = confirm(service, &change, &code).await;
        assert_eq!(late.outcome(), pb::ConfirmOutcome::NotPending);
        let shown = late.change.unwrap();
        assert_eq!((shown.state(), shown.failure()), (pb::ContactChangeState::Failed, pb::ContactFailure::Expired));
        assert!(shown.cure.unwrap().en.contains("Ask again"));
        assert!(account(service, &holder.account).await.pending_changes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn whoever_reads_a_notice_stops_the_change_and_a_wrong_code_tells_nothing() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begin(service, &holder, phone(&new), true).await.change.unwrap().change_id;
        let code = stop_code(service, &holder.phone).await;
        assert_eq!(stop(service, "0000-0000-0000-0000").await, pb::StopOutcome::NotStopped);
        assert_eq!(stop(service, &code.to_lowercase()).await, pb::StopOutcome::Stopped);
        assert_eq!(stop(service, &code).await, pb::StopOutcome::Stopped, "again changes nothing");
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::CancelledByNotice);
        assert_eq!(standing(service, &holder.account, &change).await, failed);
        service.wait(HOUR * 25);
        service.app().settle_contact_changes().await.unwrap();
        assert_eq!(codes(service, &new).await, 0, "what was stopped sends nothing");

        let again = begun_phone(service, &holder, &new).await;
        let stale = stop_code(service, &holder.phone).await;
        let code = service.latest_code(&new).await;
        assert_eq!(confirm(service, &again, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
        assert_eq!(stop(service, &stale).await, pb::StopOutcome::NotStopped, "as a code that nobody has");
    })
    .await;
}

#[tokio::test]
async fn the_bound_device_gives_a_change_up_and_no_code_confirms_it_then() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        let code = service.latest_code(&new).await;
        assert_eq!(give_up(service, &holder, &change).await, pb::CancelOutcome::Cancelled);
        assert_eq!(give_up(service, &holder, &change).await, pb::CancelOutcome::NotPending);
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::NotPending);
        assert!(live(service, &holder, &holder.phone).await);
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::CancelledByHolder);
        assert_eq!(standing(service, &holder.account, &change).await, failed);
    })
    .await;
}

#[tokio::test]
async fn a_failed_change_is_repeated_by_one_that_names_it() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let first = begun_phone(service, &holder, &new).await;
        service.wait(HOUR);
        let wish = wish(service, &holder, phone(&new), false).await;
        let repeat = pb::BeginContactChangeRequest { repeats: first.clone(), ..wish };
        let again = holders(service).begin_contact_change(repeat).await.unwrap().into_inner();
        assert_eq!(again.outcome(), pb::BeginOutcome::Begun, "what is out of time makes room, settled or not");
        assert_eq!(again.change.unwrap().repeats, first);
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::Expired);
        assert_eq!(standing(service, &holder.account, &first).await, failed);
        let stranger = service.active_holder().await;
        let wish = wish_of(service, &stranger, &first).await;
        let refused = holders(service).begin_contact_change(wish).await.unwrap_err();
        assert_eq!(reason(&refused), "CONTACT_CHANGE_NOT_FOUND", "nobody repeats what is another's");
    })
    .await;
}

async fn wish_of(service: &Service, holder: &Holder, repeats: &str) -> pb::BeginContactChangeRequest {
    let new = phone(&fresh_phone(service).await);
    pb::BeginContactChangeRequest { repeats: repeats.to_owned(), ..wish(service, holder, new, false).await }
}

#[tokio::test]
async fn a_change_of_the_account_meanwhile_voids_what_is_open() {
    with(async |service| {
        let holder = service.active_holder().await;
        let address = begin(service, &holder, email("new@example.org"), true).await.change.unwrap().change_id;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        let code = service.latest_code(&new).await;
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
        let void = (pb::ContactChangeState::Failed, pb::ContactFailure::AccountChanged);
        assert_eq!(standing(service, &holder.account, &address).await, void, "the phone changed");

        let second = begin(service, &holder, email("newer@example.org"), true).await.change.unwrap().change_id;
        let mut devices = DeviceServiceClient::new(service.channel(Some("app_backend")));
        let asked = pb::ListDevicesRequest { account_id: holder.account.clone() };
        let device = devices.list_devices(asked).await.unwrap().into_inner().devices.remove(0).device_id;
        let ended = pb::RevokeDeviceRequest {
            request_id: service.id(),
            account_id: holder.account.clone(),
            device_id: device,
            reason: pb::DeviceEndReason::Lost.into(),
        };
        devices.revoke_device(ended).await.unwrap();
        assert_eq!(standing(service, &holder.account, &second).await, void, "the device that signed it is gone");
        service.wait(HOUR * 25);
        service.app().settle_contact_changes().await.unwrap();
        assert_eq!(codes(service, "newer@example.org").await, 0);
    })
    .await;
}

#[tokio::test]
async fn that_a_number_serves_another_is_said_to_whoever_reads_its_messages_alone() {
    with(async |service| {
        let (one, other) = (service.active_holder().await, service.active_holder().await);
        let change = begun_phone(service, &one, &other.phone).await;
        let code = service.latest_code(&other.phone).await;
        let wrong = confirm(service, &change, &another(&code)).await;
        assert_eq!(wrong.outcome(), pb::ConfirmOutcome::WrongCode);
        let taken = confirm(service, &change, &code).await;
        assert_eq!(taken.outcome(), pb::ConfirmOutcome::Taken);
        assert_eq!(taken.change.unwrap().failure(), pb::ContactFailure::NumberServesAnother);
        assert!(live(service, &one, &one.phone).await && live(service, &other, &other.phone).await);
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
async fn a_code_that_is_mistyped_to_the_end_fails_the_change() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        for left in (0..5).rev() {
            let code = another(&service.latest_code(&new).await);
            let mut answer = confirm(service, &change, &code).await;
            if answer.outcome() == pb::ConfirmOutcome::NotYet {
                let wait = answer.retry_at.unwrap().seconds - service.now().micros() / 1_000_000;
                service.wait(Duration::from_secs(wait.unsigned_abs()));
                answer = confirm(service, &change, &code).await;
            }
            assert_eq!((answer.outcome(), answer.tries_left), (pb::ConfirmOutcome::WrongCode, left));
        }
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::TooManyWrongCodes);
        assert_eq!(standing(service, &holder.account, &change).await, failed);
        let again = begin(service, &holder, phone(&new), true).await;
        assert_eq!(again.outcome(), pb::BeginOutcome::Begun, "it is asked for anew");
    })
    .await;
}

#[tokio::test]
async fn a_message_that_never_arrived_is_the_reason_that_is_named() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        service.database().tamper("UPDATE outbox SET state = 'failed' WHERE kind = 'contact_code'").await;
        service.wait(HOUR);
        service.app().settle_contact_changes().await.unwrap();
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::ContactUnreachable);
        assert_eq!(standing(service, &holder.account, &change).await, failed);
        assert!(service.actions(&holder.account).await.contains(&"contact-change.failed".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn of_two_changes_that_are_open_together_each_is_unreachable_by_its_own_message_alone() {
    with(async |service| {
        let holder = service.active_holder().await;
        let by_phone = begun_phone(service, &holder, &fresh_phone(service).await).await;
        service.wait(Duration::from_mins(2));
        let begun = begin(service, &holder, email("new@example.org"), false).await.change.unwrap().change_id;
        let messages = service.messages().await;
        let asked = messages.iter().rev().find(|one| one["kind"] == "old_contact_code").unwrap();
        confirm(service, &begun, asked["code"].as_str().unwrap()).await;
        let failed = "UPDATE outbox SET state = 'failed' WHERE id IN \
                      (SELECT message_id FROM contact_change WHERE kind = 'phone')";
        service.database().tamper(failed).await;
        service.wait(HOUR * 2);
        service.app().settle_contact_changes().await.unwrap();
        let lost = |failure| (pb::ContactChangeState::Failed, failure);
        let unreachable = lost(pb::ContactFailure::ContactUnreachable);
        assert_eq!(standing(service, &holder.account, &by_phone).await, unreachable);
        assert_eq!(standing(service, &holder.account, &begun).await, lost(pb::ContactFailure::Expired));
    })
    .await;
}

#[tokio::test]
async fn a_signature_that_gives_one_change_up_gives_up_no_other() {
    with(async |service| {
        let holder = service.active_holder().await;
        let one = begin(service, &holder, phone(&fresh_phone(service).await), true).await.change.unwrap().change_id;
        let other = begin(service, &holder, email("new@example.org"), true).await.change.unwrap().change_id;
        let (challenge, signature) = signed_cancel(service, &holder, &one).await;
        let request = pb::CancelContactChangeRequest {
            request_id: service.id(),
            account_id: holder.account.clone(),
            change_id: other.clone(),
            challenge,
            signature,
        };
        let answer = holders(service).cancel_contact_change(request).await.unwrap().into_inner();
        assert_eq!(answer.outcome(), pb::CancelOutcome::WrongSignature);
        assert_eq!(standing(service, &holder.account, &other).await.0, pb::ContactChangeState::Waiting);
        assert_eq!(give_up(service, &holder, &one).await, pb::CancelOutcome::Cancelled);
    })
    .await;
}

/// The changes that the last entry of an action about a subject says it ended.
async fn ended_by(service: &Service, subject: &str, action: &str) -> String {
    let entries = service.audit(subject).await;
    let entry = entries.into_iter().rev().find(|entry| entry["action"] == action).expect("it was recorded");
    entry["facts"]["ended_changes"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_change_that_ends_by_something_else_is_named_where_that_is_recorded() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let by_phone = begun_phone(service, &holder, &new).await;
        let beside = begin(service, &holder, email("new@example.org"), true).await.change.unwrap().change_id;
        let code = service.latest_code(&new).await;
        confirm(service, &by_phone, &code).await;
        assert_eq!(
            ended_by(service, &holder.account, "contact-change.confirmed").await,
            format!("{beside}=account-changed")
        );

        let request = by_authority(service, &holder.account, NewContact::Email("third@example.org".to_owned()));
        let begun = service.contacts().begin(request).await.unwrap().into_inner();
        let proposal = pb::Proposal { proposal_id: begun.proposal_id, ..pb::Proposal::default() };
        crate::support::proposals::decline(service, "administrator", &proposal).await;
        let declined = begun.change.unwrap().change_id;
        assert_eq!(ended_by(service, &declined, "proposal.declined").await, format!("{declined}=not-approved"));

        let fourth = begin(service, &holder, email("fourth@example.org"), true).await.change.unwrap().change_id;
        crate::life::locked(service, "hotline", &holder, pb::LockGround::SuspectedCompromise).await;
        assert_eq!(ended_by(service, &holder.account, "account.locked").await, format!("{fourth}=account-unusable"));
    })
    .await;
}

#[tokio::test]
async fn an_account_without_an_address_gets_one_by_its_phone() {
    with(async |service| {
        let mut applicant = service.applicant().await;
        applicant.application.email = String::new();
        let holder = service.holder_of(&applicant).await;
        let code = service.code_for(&holder).await;
        service.activate(&holder, &code).await;
        let change = begin(service, &holder, email("New.Holder@Example.ORG"), false).await.change.unwrap();
        assert_eq!(change.new_value_masked, "N•••@example.org");
        let code = service.latest_code(&holder.phone).await;
        confirm(service, &change.change_id, &code).await;
        let code = service.latest_code("New.Holder@example.org").await;
        assert_eq!(confirm(service, &change.change_id, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
    })
    .await;
}

#[tokio::test]
async fn repeats_get_the_first_answer_and_one_of_a_kind_is_open() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let request = wish(service, &holder, phone(&new), false).await;
        let first = holders(service).begin_contact_change(request.clone()).await.unwrap().into_inner();
        assert!(holders(service).begin_contact_change(request.clone()).await.unwrap().into_inner() == first);
        let second = begin(service, &holder, phone(&fresh_phone(service).await), false).await;
        assert_eq!(second.outcome(), pb::BeginOutcome::AlreadyPending);
        assert_eq!(second.change.unwrap().change_id, first.change.clone().unwrap().change_id);
        let beside = begin(service, &holder, email("beside@example.org"), true).await;
        assert_eq!(beside.outcome(), pb::BeginOutcome::Begun, "one of each kind");
        service.wait(HOUR * 2);
        assert!(holders(service).begin_contact_change(request).await.unwrap().into_inner() == first);
        let same = begin(service, &holder, phone(&holder.phone), false).await;
        assert_eq!(same.outcome(), pb::BeginOutcome::Unchanged);
    })
    .await;
}

#[tokio::test]
async fn nobody_sees_or_moves_another_accounts_changes() {
    with(async |service| {
        let (holder, other) = (service.active_holder().await, service.active_holder().await);
        let change = begun_phone(service, &holder, &fresh_phone(service).await).await;
        let request = pb::ConfirmContactChangeRequest {
            request_id: service.id(),
            account_id: other.account.clone(),
            change_id: change.clone(),
            code: "123456".to_owned(),
        };
        let refused = holders(service).confirm_contact_change(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "CONTACT_CHANGE_NOT_FOUND"));
        assert!(changes(service, &other.account).await.is_empty());
        let empty = holders(service).begin_contact_change(pb::BeginContactChangeRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["request_id", "account_id", "new_contact", "challenge", "signature"]);
        let unnamed = pb::GetChallengeRequest {
            account_id: holder.account.clone(),
            purpose: pb::DevicePurpose::ChangeContact.into(),
            key_thumbprint: vec![1; 32],
            new_contact: None,
            change_id: String::new(),
        };
        let mut devices = DeviceServiceClient::new(service.channel(Some("app_backend")));
        assert_eq!(fields(&devices.get_challenge(unnamed.clone()).await.unwrap_err()), ["new_contact"]);
        let unnamed = pb::GetChallengeRequest { purpose: pb::DevicePurpose::CancelContactChange.into(), ..unnamed };
        assert_eq!(fields(&devices.get_challenge(unnamed).await.unwrap_err()), ["change_id"]);
    })
    .await;
}

#[tokio::test]
async fn another_process_goes_on_with_what_the_first_one_left() {
    with(async |service| {
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let change = begin(service, &holder, phone(&new), true).await.change.unwrap().change_id;
        let trust =
            eid::app::TrustSettings { expired_signers: false, digest_info_without_null: false, practice: false };
        let restarted = service.another_process(trust);
        service.wait(HOUR * 24);
        let looked: Result<usize, Error> = restarted.settle_contact_changes().await;
        assert_eq!(looked.unwrap(), 1);
        let code = service.latest_code(&new).await;
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
    })
    .await;
}
