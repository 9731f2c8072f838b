//! Activation: the window, the code, and that guessing does not help.

use std::sync::Arc;
use std::time::Duration;

use eid::domain::time::Timestamp;
use eid::proto as pb;
use eid::proto::device_service_client::DeviceServiceClient;
use futures::future::join_all;
use tonic::Code;

use crate::support::device::Phone;
use crate::support::service::{Holder, Service, another, fields, reason, with};

const DAY: Duration = Duration::from_hours(24);

/// Wrong tries, each as soon as it is taken, until the code takes no more; how many were counted.
async fn wear_out(service: &Service, holder: &Holder, code: &str) -> u32 {
    let mut counted = 0;
    loop {
        let answer = service.activate(holder, &another(code)).await;
        match answer.outcome() {
            pb::ActivateOutcome::WrongCode => counted += 1,
            pb::ActivateOutcome::NotYet => {
                let wait = answer.timetable.unwrap().check_in.expect("it says how long to wait");
                service.wait(Duration::try_from(wait).unwrap());
            }
            _ => return counted,
        }
    }
}

/// Has a code sent as soon as one may be, and reads it.
async fn next_code(service: &Service, holder: &Holder) -> String {
    let table = service.status(&holder.number, &holder.phone).await.timetable.unwrap();
    if let Some(wait) = table.send_in {
        service.wait(Duration::try_from(wait).unwrap());
    }
    service.code_for(holder).await
}

#[tokio::test]
async fn a_holder_activates_with_the_code_that_was_sent() {
    with(async |service| {
        let holder = service.holder().await;
        let before = service.status(&holder.number, &holder.phone).await;
        assert_eq!(before.standing(), pb::AccountStanding::AwaitingActivation);
        assert_eq!(before.account_id, holder.account);
        assert_eq!(before.next_step(), pb::NextStep::SendCode);
        assert!(before.window_closes_at.is_some());
        let code = service.code_for(&holder).await;
        let answer = service.activate(&holder, &code).await;
        assert_eq!(answer.outcome(), pb::ActivateOutcome::Activated);
        assert!(answer.activated_at.is_some());
        let after = service.status(&holder.number, &holder.phone).await;
        assert_eq!((after.standing(), after.next_step()), (pb::AccountStanding::Active, pb::NextStep::LogIn));
        let kinds: Vec<_> = service.messages().await.iter().map(|m| m["kind"].as_str().unwrap().to_owned()).collect();
        let told = ["account_notice", "activation_code", "activated_notice", "activated_notice"];
        assert_eq!(kinds, told, "that it is active, to phone and address");
        let actions = service.actions(&holder.account).await;
        assert!(actions.iter().any(|action| action == "account.activated"), "{actions:?}");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_number_and_a_wrong_phone_look_the_same_everywhere() {
    with(async |service| {
        let holder = service.active_holder().await;
        let stranger = service.holder().await;
        let unknown = service.number();
        let wrong_phone = service.status(&holder.number, &stranger.phone).await;
        assert!(wrong_phone == service.status(&unknown, &holder.phone).await);
        assert_eq!(wrong_phone.standing(), pb::AccountStanding::NotMatched);
        let mut app = service.phone_app();
        for (number, phone) in [(&holder.number, &stranger.phone), (&unknown, &holder.phone)] {
            let nobody = Holder::new(String::new(), String::new(), number.clone(), phone.clone());
            let sent = app.send_code(nobody.send_code(service.id())).await.unwrap().into_inner();
            let expected = pb::SendCodeResponse {
                outcome: pb::SendCodeOutcome::NotMatched.into(),
                advice: wrong_phone.advice.clone(),
                timetable: wrong_phone.timetable,
                ..Default::default()
            };
            assert!(sent == expected);
            let tried = app.activate(nobody.activate(service.id(), "123456")).await.unwrap().into_inner();
            assert_eq!(tried.outcome(), pb::ActivateOutcome::NotMatched);
        }
    })
    .await;
}

#[tokio::test]
async fn the_window_lapses_after_seven_days_and_the_account_is_not_void() {
    with(async |service| {
        let holder = service.holder().await;
        service.wait(DAY * 7);
        assert_eq!(
            service.status(&holder.number, &holder.phone).await.standing(),
            pb::AccountStanding::AwaitingActivation,
            "the seventh day counts in full"
        );
        let code = service.code_for(&holder).await;
        service.wait(DAY);
        let status = service.status(&holder.number, &holder.phone).await;
        assert_eq!(
            (status.standing(), status.next_step()),
            (pb::AccountStanding::WindowLapsed, pb::NextStep::CallHotline)
        );
        assert_eq!(service.send_code(&holder).await.outcome(), pb::SendCodeOutcome::WindowLapsed);
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::WindowLapsed);
        let request = pb::GetAccountRequest {
            account_id: holder.account.clone(),
            purpose: pb::LookPurpose::HolderRequest.into(),
        };
        let account = service.administrator().get_account(request).await.unwrap().into_inner().account.unwrap();
        assert_eq!(account.state(), pb::AccountState::Lapsed);
    })
    .await;
}

#[tokio::test]
async fn twenty_right_answers_at_once_activate_once() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        let answers = join_all((0..20).map(|_| service.activate(&holder, &code))).await;
        let activated = answers.iter().filter(|a| a.outcome() == pb::ActivateOutcome::Activated).count();
        assert_eq!(activated, 1);
        let actions = service.actions(&holder.account).await;
        assert_eq!(actions.iter().filter(|action| *action == "account.activated").count(), 1);
        let notices = service.messages().await;
        assert_eq!(notices.iter().filter(|message| message["kind"] == "activated_notice").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn fifty_guesses_at_once_get_three_tries_five_in_all_and_the_right_code_none_after_them() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        let wrong = another(&code);
        let answers = join_all((0..50).map(|_| service.activate(&holder, &wrong))).await;
        let of = |outcome| answers.iter().filter(|answer| answer.outcome() == outcome).count();
        assert_eq!((of(pb::ActivateOutcome::WrongCode), of(pb::ActivateOutcome::NotYet)), (3, 47));
        assert_eq!(wear_out(service, &holder, &code).await, 2, "and waiting brings the other two");
        let late = service.activate(&holder, &code).await;
        assert_eq!(late.outcome(), pb::ActivateOutcome::NoLiveCode);
        assert_eq!(late.timetable.unwrap().next_step(), pb::NextStep::SendCode);
    })
    .await;
}

#[tokio::test]
async fn failures_are_carried_over_to_the_next_code_and_end_the_day() {
    with(async |service| {
        let holder = service.holder().await;
        let first = service.code_for(&holder).await;
        assert_eq!(wear_out(service, &holder, &first).await, 5);
        let second = next_code(service, &holder).await;
        assert_eq!(
            wear_out(service, &holder, &second).await,
            1,
            "after six in a row the wait is longer than a code lives"
        );
        service.database().tamper("UPDATE account SET failures_today = 9, held_until = NULL").await;
        let third = next_code(service, &holder).await;
        assert_eq!(wear_out(service, &holder, &third).await, 1, "nine of the day's ten are gone");
        let stopped = service.send_code(&holder).await;
        assert_eq!(stopped.outcome(), pb::SendCodeOutcome::TooManyFailures);
        let table = stopped.timetable.unwrap();
        assert_eq!((table.next_step(), table.stands_still()), (pb::NextStep::Wait, pb::StandStill::FailedToday));
        let midnight = Timestamp::start_of(service.now().local_date().next_day().unwrap());
        let seconds = midnight.micros() / 1_000_000;
        assert_eq!(stopped.retry_at.map(|at| at.seconds), Some(seconds), "until the day ends in Viet Nam");
        service.wait(midnight.since(service.now()));
        let code = next_code(service, &holder).await;
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn after_a_hundred_failures_in_a_row_only_a_person_helps() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        service.database().tamper("UPDATE account SET failures_in_row = 99").await;
        assert_eq!(wear_out(service, &holder, &code).await, 1);
        let tried = service.activate(&holder, &code).await;
        assert_eq!(tried.outcome(), pb::ActivateOutcome::TooManyFailures);
        service.wait(DAY);
        let stopped = service.send_code(&holder).await;
        assert_eq!((stopped.outcome(), stopped.retry_at), (pb::SendCodeOutcome::TooManyFailures, None));
        let table = stopped.timetable.unwrap();
        assert_eq!((table.next_step(), table.stands_still()), (pb::NextStep::CallHotline, pb::StandStill::FailedInRow));
        assert_eq!((table.send_in, table.check_in, table.may_send, table.may_check), (None, None, false, false));
    })
    .await;
}

#[tokio::test]
async fn a_code_asked_for_again_within_its_life_is_the_same_and_lives_on() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        service.activate(&holder, &another(&code)).await;
        let early = service.send_code(&holder).await;
        assert_eq!(early.outcome(), pb::SendCodeOutcome::NotYet);
        let table = early.timetable.unwrap();
        assert_eq!(table.send_in, Some(prost_types::Duration { seconds: 60, nanos: 0 }));
        assert_eq!((table.may_check, table.tries_left, table.next_step()), (true, 4, pb::NextStep::TypeCode));

        service.wait(Duration::from_mins(2));
        let again = service.send_code(&holder).await;
        assert_eq!((again.outcome(), again.tries_left), (pb::SendCodeOutcome::Sent, 4), "no try comes back");
        assert_eq!(service.latest_code(&holder.phone).await, code);
        let codes: Vec<_> =
            service.messages().await.iter().filter(|message| message["code"].is_string()).cloned().collect();
        assert!(codes.len() == 2 && codes[0]["id"] != codes[1]["id"], "each sending is a message of its own");
        service.wait(Duration::from_mins(2));
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn codes_are_sent_five_times_a_day() {
    with(async |service| {
        let holder = service.holder().await;
        for _ in 0..5 {
            next_code(service, &holder).await;
            service.wait(Duration::from_mins(5));
        }
        let enough = service.send_code(&holder).await;
        assert_eq!(enough.outcome(), pb::SendCodeOutcome::NotYet);
        let table = enough.timetable.unwrap();
        assert_eq!((table.next_step(), table.stands_still()), (pb::NextStep::Wait, pb::StandStill::SentToday));
        next_code(service, &holder).await;
    })
    .await;
}

#[tokio::test]
async fn a_code_ends_after_three_minutes() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        service.wait(Duration::from_mins(3));
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::NoLiveCode);
    })
    .await;
}

#[tokio::test]
async fn a_new_code_ends_the_one_before() {
    with(async |service| {
        let holder = service.holder().await;
        let first = service.code_for(&holder).await;
        service.wait(Duration::from_mins(3));
        let second = service.code_for(&holder).await;
        if first != second {
            assert_eq!(service.activate(&holder, &first).await.outcome(), pb::ActivateOutcome::WrongCode);
        }
        assert_eq!(service.activate(&holder, &second).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_for_another_account() {
    with(async |service| {
        let (one, other) = (service.holder().await, service.holder().await);
        let code = service.code_for(&one).await;
        service.code_for(&other).await;
        assert_eq!(service.activate(&other, &code).await.outcome(), pb::ActivateOutcome::WrongCode);
    })
    .await;
}

#[tokio::test]
async fn activating_binds_the_device_that_the_code_was_sent_for() {
    with(async |service| {
        let holder = service.holder().await;
        let sent = service.send_code(&holder).await;
        assert_eq!((sent.challenge.len(), sent.account_id.as_str()), (32, holder.account.as_str()));
        let code = service.latest_code(&holder.phone).await;
        let request = holder.activate(service.id(), &code);
        let answer = service.phone_app().activate(request.clone()).await.unwrap().into_inner();
        let device = answer.device.clone().expect("the device that was bound");
        assert_eq!(device.assurance(), pb::AssuranceLevel::Substantial);
        assert!(device.totp_uri.starts_with("otpauth://totp/"));
        assert!(
            service.phone_app().activate(request).await.unwrap().into_inner() == answer,
            "a repeat is told the same"
        );
        let asked = pb::ListDevicesRequest { account_id: holder.account.clone() };
        let mut devices = DeviceServiceClient::new(service.channel(Some("app_backend")));
        let listed = devices.list_devices(asked).await.unwrap().into_inner().devices;
        assert_eq!((listed.len(), listed[0].route()), (1, pb::DeviceRoute::Activation));
        assert_eq!(listed[0].key_thumbprint, holder.device.thumbprint().as_bytes());
    })
    .await;
}

#[tokio::test]
async fn a_device_that_does_not_prove_itself_activates_nothing_and_spends_no_try() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        let right = || holder.activate(service.id(), &code);
        let other = Phone::new(9);
        let other_key = pb::ActivateRequest { device_key: other.spki(), ..right() };
        let signed_by_another = pb::ActivateRequest { signature: other.sign("text"), ..right() };
        let no_challenge = pb::ActivateRequest { challenge: vec![1; 32], ..right() };
        let no_face = pb::ActivateRequest { face_check: "e30.e30.e30".to_owned(), ..right() };
        for (request, expected) in [
            (other_key, pb::ActivateOutcome::ChallengeUnusable),
            (no_challenge, pb::ActivateOutcome::ChallengeUnusable),
            (signed_by_another, pb::ActivateOutcome::WrongSignature),
            (no_face, pb::ActivateOutcome::FaceCheckNotAccepted),
        ] {
            let answer = service.phone_app().activate(request.clone()).await.unwrap().into_inner();
            assert_eq!(answer.outcome(), expected);
            assert_eq!(answer.timetable.unwrap().tries_left, 5, "no try is spent");
            let again = service.phone_app().activate(request).await.unwrap().into_inner();
            assert_eq!(again.outcome(), expected, "a repeat is told the same");
        }
        assert!(service.actions(&holder.account).await.contains(&"device.refused".to_owned()));
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn a_code_sent_for_one_device_is_neither_taken_from_it_nor_tried_with_another() {
    with(async |service| {
        let holder = service.holder().await;
        let sent = service.send_code(&holder).await;
        let code = service.latest_code(&holder.phone).await;
        service.wait(Duration::from_mins(1));
        let other = holder.with(Phone::new(8));
        let waits = service.send_code(&other).await;
        assert_eq!((waits.outcome(), waits.retry_at), (pb::SendCodeOutcome::NotYet, sent.code_expires_at));
        // Whoever has a challenge for a key of their own spends no try of the owner's code.
        let request = holder.activate(service.id(), &code);
        for _ in 0..10 {
            let theirs = other.device.spki();
            let guess = pb::ActivateRequest { request_id: service.id(), device_key: theirs, ..request.clone() };
            let answer = service.phone_app().activate(guess).await.unwrap().into_inner();
            assert_eq!(answer.outcome(), pb::ActivateOutcome::ChallengeUnusable);
        }
        assert_eq!(service.activate(&holder, &another(&code)).await.tries_left, 4);
        service.wait(Duration::from_mins(2));
        let second = service.code_for(&other).await;
        assert_eq!(service.activate(&other, &second).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn the_key_of_another_account_is_told_before_a_code_is_sent() {
    with(async |service| {
        let (first, second) = (service.active_holder().await, service.holder().await);
        let Ok(device) = Arc::try_unwrap(first.device) else { panic!("one holder, one device") };
        let answer = service.send_code(&second.with(device)).await;
        assert_eq!((answer.outcome(), answer.challenge.len()), (pb::SendCodeOutcome::KeyUsed, 0));
    })
    .await;
}

#[tokio::test]
async fn a_signature_shown_again_after_the_activation_binds_nothing() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        let first = holder.activate(service.id(), &code);
        let copies = (0..20).map(|_| {
            let mut app = service.phone_app();
            let request = pb::ActivateRequest { request_id: service.id(), ..first.clone() };
            async move { app.activate(request).await.unwrap().into_inner().outcome() }
        });
        let outcomes = join_all(copies).await;
        let activated = outcomes.iter().filter(|outcome| **outcome == pb::ActivateOutcome::Activated).count();
        assert_eq!(activated, 1, "{outcomes:?}");
        let asked = pb::ListDevicesRequest { account_id: holder.account.clone() };
        let mut devices = DeviceServiceClient::new(service.channel(Some("app_backend")));
        assert_eq!(devices.list_devices(asked).await.unwrap().into_inner().devices.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn repeats_get_the_first_answer_send_nothing_and_spend_nothing() {
    with(async |service| {
        let holder = service.holder().await;
        let mut app = service.phone_app();
        let send = holder.send_code(service.id());
        let first = app.send_code(send.clone()).await.unwrap().into_inner();
        holder.keep(&first);
        assert!(app.send_code(send).await.unwrap().into_inner() == first);
        let codes = service.messages().await.iter().filter(|message| message["code"].is_string()).count();
        assert_eq!(codes, 1);

        let code = service.latest_code(&holder.phone).await;
        let wrong = holder.activate(service.id(), &another(&code));
        let refused = app.activate(wrong.clone()).await.unwrap().into_inner();
        assert_eq!(refused.tries_left, 4);
        assert!(app.activate(wrong).await.unwrap().into_inner() == refused, "a repeat is not another try");

        let right = holder.activate(service.id(), &code);
        let activated = app.activate(right.clone()).await.unwrap().into_inner();
        assert_eq!(activated.outcome(), pb::ActivateOutcome::Activated);
        service.wait(DAY * 30);
        assert!(app.activate(right.clone()).await.unwrap().into_inner() == activated);
        let reused = app.activate(pb::ActivateRequest { code: another(&code), ..right }).await.unwrap_err();
        assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
    })
    .await;
}

#[tokio::test]
async fn a_code_that_could_not_leave_in_time_is_not_sent_any_more() {
    with(async |service| {
        let holder = service.holder().await;
        let sent = service.send_code(&holder).await;
        assert_eq!(sent.outcome(), pb::SendCodeOutcome::Sent);
        service.wait(Duration::from_mins(4));
        assert!(service.messages().await.iter().all(|message| message["code"].is_null()));
        assert!(service.actions(&holder.account).await.contains(&"message.failed".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_no_try_is_spent() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        for wrong in ["", "12345", "12345a", "😀😀😀😀😀😀"] {
            let refused = service.phone_app().activate(holder.activate(service.id(), wrong)).await.unwrap_err();
            assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["code".to_owned()]));
        }
        assert_eq!(service.activate(&holder, &another(&code)).await.tries_left, 4);
        let empty = service.phone_app().get_status(pb::GetStatusRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["identity_number", "phone"]);
    })
    .await;
}

#[tokio::test]
async fn copies_of_one_wrong_answer_at_once_spend_one_try() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        let wrong = holder.activate(service.id(), &another(&code));
        let copies = join_all((0..4).map(|_| {
            let (mut app, wrong) = (service.phone_app(), wrong.clone());
            async move { app.activate(wrong).await.unwrap().into_inner() }
        }));
        assert!(copies.await.iter().all(|answer| answer.tries_left == 4));
        assert_eq!(service.activate(&holder, &another(&code)).await.tries_left, 3);
    })
    .await;
}

#[tokio::test]
async fn a_notice_that_does_not_open_does_not_hold_up_those_behind_it() {
    with(async |service| {
        let applicant = service.applicant().await;
        let enrolment = service.submitted(&applicant.application).await;
        let lease = service.claimed().await.lease_id;
        let account = service.approve((&enrolment, &lease), &service.number()).await.unwrap().account_id;
        service
            .database()
            .tamper("UPDATE outbox SET content = (SELECT number FROM account WHERE account.id = account_id)")
            .await;
        let other = service.holder().await;
        assert!(service.messages().await.iter().any(|message| message["to"] == other.phone));
        assert_eq!(service.actions(&account).await, ["message.delayed"]);
        service.database().tamper("UPDATE outbox SET state = 'failed' WHERE state = 'waiting'").await;
    })
    .await;
}

#[tokio::test]
async fn a_try_that_fails_on_our_side_stays_counted_and_has_its_entry() {
    with(async |service| {
        let holder = service.holder().await;
        let code = service.code_for(&holder).await;
        service.database().tamper("UPDATE account SET phone = number").await;
        let broken = service.phone_app().activate(holder.activate(service.id(), &code)).await.unwrap_err();
        assert_eq!((broken.code(), reason(&broken).as_str()), (Code::Internal, "BROKEN"));
        let entries = service.audit(&holder.account).await;
        let last = entries.last().unwrap();
        assert_eq!((&last["action"], &last["facts"]["broken"]), (&"code.refused".into(), &"true".into()));
        assert_eq!(service.activate(&holder, &another(&code)).await.tries_left, 3, "the broken one was counted");
        assert_eq!(
            service.status(&holder.number, &holder.phone).await.standing(),
            pb::AccountStanding::AwaitingActivation
        );
    })
    .await;
}
