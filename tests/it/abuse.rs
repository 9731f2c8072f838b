//! Abuse of activation: floods of wishes are held back, guesses are counted whatever becomes of Redis, and nobody learns who
//! has an account.

use std::time::{Duration, Instant};

use eid::app::BudgetSettings;
use eid::limits::Quota;
use eid::proto as pb;
use futures::future::join_all;
use tonic::Code;

use crate::support::contacts::{begin, email, stop};
use crate::support::device::Phone;
use crate::support::redis::PrivateRedis;
use crate::support::service::{Holder, Service, Wishes, another, fields, with, with_wishes};

/// So many that no test spends them.
const PLENTY: Quota = Quota::per_hour(10_000);
const NO_BUDGETS: BudgetSettings = BudgetSettings {
    device: PLENTY,
    source: PLENTY,
    account: PLENTY,
    destination: PLENTY,
    prefix: PLENTY,
    all: PLENTY,
};

fn wishes(budgets: BudgetSettings) -> Wishes {
    Wishes { budgets: Some(budgets), ..Wishes::default() }
}

/// Somebody who knows a number and a phone, and has device `seed` in hand.
fn somebody(number: &str, phone: &str, seed: u8) -> Holder {
    Holder::new(String::new(), String::new(), number.to_owned(), phone.to_owned()).with(Phone::new(seed))
}

async fn wish(service: &Service, who: &Holder, from: &str) -> pb::SendCodeResponse {
    let request = pb::SendCodeRequest { source_address: from.to_owned(), ..who.send_code(service.id()) };
    service.phone_app().send_code(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn one_device_key_asks_for_so_many_codes_a_day_whoever_it_names() {
    let budgets = BudgetSettings { device: Quota::per_day(4), ..NO_BUDGETS };
    with_wishes(wishes(budgets), async |service| {
        let holder = service.holder().await;
        for _ in 0..4 {
            let stranger = somebody(&service.number(), &holder.phone, 7);
            assert_eq!(wish(service, &stranger, "").await.outcome(), pb::SendCodeOutcome::NotMatched);
        }
        let held = wish(service, &somebody(&holder.number, &holder.phone, 7), "").await;
        assert_eq!(held.outcome(), pb::SendCodeOutcome::HeldBack);
        let table = held.timetable.unwrap();
        assert_eq!((table.may_send, table.next_step()), (false, pb::NextStep::Wait));
        assert_eq!((table.stands_still(), table.send_in.unwrap().seconds), (pb::StandStill::HeldBack, 6 * 3_600));
        let in_six_hours = service.now().plus(Duration::from_hours(6)).micros() / 1_000_000;
        assert_eq!(held.retry_at.unwrap().seconds, in_six_hours);
        assert_eq!(wish(service, &holder, "").await.outcome(), pb::SendCodeOutcome::Sent, "another device is free");
        service.wait(Duration::from_hours(6));
        let stranger = somebody(&service.number(), &holder.phone, 7);
        assert_eq!(wish(service, &stranger, "").await.outcome(), pb::SendCodeOutcome::NotMatched, "one more is earned");
    })
    .await;
}

#[tokio::test]
async fn the_addresses_of_one_network_share_a_budget_and_a_wrong_one_is_named() {
    let budgets = BudgetSettings { source: Quota::per_hour(3), ..NO_BUDGETS };
    with_wishes(wishes(budgets), async |service| {
        let holder = service.holder().await;
        for (seed, address) in [(1, "198.51.100.1"), (2, "198.51.100.99"), (3, "::ffff:198.51.100.200")] {
            let stranger = somebody(&service.number(), &holder.phone, seed);
            assert_eq!(wish(service, &stranger, address).await.outcome(), pb::SendCodeOutcome::NotMatched);
        }
        assert_eq!(wish(service, &holder, "198.51.100.7").await.outcome(), pb::SendCodeOutcome::HeldBack);
        assert_eq!(wish(service, &holder, "203.0.113.7").await.outcome(), pb::SendCodeOutcome::Sent);
        let wrong = pb::SendCodeRequest { source_address: "198.51.100".to_owned(), ..holder.send_code(service.id()) };
        assert_eq!(fields(&service.phone_app().send_code(wrong).await.unwrap_err()), ["source_address"]);
    })
    .await;
}

#[tokio::test]
async fn who_does_not_know_the_phone_spends_nothing_of_the_holders() {
    let budgets = BudgetSettings { account: Quota::per_day(1), destination: Quota::per_day(1), ..NO_BUDGETS };
    with_wishes(wishes(budgets), async |service| {
        let (holder, other) = (service.holder().await, service.holder().await);
        for seed in 1..30 {
            for (number, phone) in [(&holder.number, &other.phone), (&service.number(), &holder.phone)] {
                let answer = wish(service, &somebody(number, phone, seed), "").await;
                assert_eq!(answer.outcome(), pb::SendCodeOutcome::NotMatched);
            }
        }
        assert_eq!(wish(service, &holder, "").await.outcome(), pb::SendCodeOutcome::Sent);
        service.wait(Duration::from_mins(1));
        assert_eq!(wish(service, &holder, "").await.outcome(), pb::SendCodeOutcome::HeldBack, "that was the day's");
    })
    .await;
}

#[tokio::test]
async fn the_guard_over_all_codes_holds_back_sendings_and_no_activation() {
    for budgets in [
        BudgetSettings { all: Quota::per_hour(2), ..NO_BUDGETS },
        BudgetSettings { prefix: Quota::per_hour(2), ..NO_BUDGETS },
    ] {
        with_wishes(wishes(budgets), async |service| {
            let holders = [service.holder().await, service.holder().await, service.holder().await];
            let mut outcomes = Vec::new();
            for holder in &holders {
                outcomes.push(service.send_code(holder).await.outcome());
            }
            let (sent, held) = (pb::SendCodeOutcome::Sent, pb::SendCodeOutcome::HeldBack);
            assert_eq!(outcomes, [sent, sent, held]);
            let code = service.latest_code(&holders[0].phone).await;
            assert_eq!(service.activate(&holders[0], &code).await.outcome(), pb::ActivateOutcome::Activated);
            let begun = begin(service, &holders[0], email("new@example.org"), false).await;
            // An address is of no country.
            let of_all = budgets.all != PLENTY;
            let expected = if of_all { pb::BeginOutcome::HeldBack } else { pb::BeginOutcome::Begun };
            assert_eq!((begun.outcome(), begun.retry_at.is_some()), (expected, of_all));
        })
        .await;
    }
}

#[tokio::test]
async fn codes_that_stop_contact_changes_are_tried_so_often_from_a_network_and_no_more() {
    with_wishes(wishes(BudgetSettings { source: Quota::per_hour(3), ..NO_BUDGETS }), async |service| {
        let mut outcomes = Vec::new();
        for _ in 0..4 {
            outcomes.push(stop(service, "0000-0000-0000-0000").await);
        }
        let (no, held) = (pb::StopOutcome::NotStopped, pb::StopOutcome::HeldBack);
        assert_eq!(outcomes, [no, no, no, held]);
    })
    .await;
}

#[tokio::test]
async fn a_repeat_of_a_wish_is_answered_again_and_counted_once() {
    let budgets = BudgetSettings { device: Quota::per_day(1), all: Quota::per_day(1), ..NO_BUDGETS };
    with_wishes(wishes(budgets), async |service| {
        let holder = service.holder().await;
        let request = holder.send_code(service.id());
        let first = service.phone_app().send_code(request.clone()).await.unwrap().into_inner();
        assert_eq!(first.outcome(), pb::SendCodeOutcome::Sent);
        // From another network, as phones do.
        let again = pb::SendCodeRequest { source_address: "203.0.113.7".to_owned(), ..request };
        assert!(service.phone_app().send_code(again).await.unwrap().into_inner() == first);
    })
    .await;
}

/// Two hundred guesses from fifty connections, four on each; how often the code may be tried after them.
async fn guesses(service: &Service, holder: &Holder, code: &str) -> i32 {
    let wrong = another(code);
    let connections = (0..50).map(|_| {
        let (mut app, wrong) = (service.phone_app(), &wrong);
        async move {
            for _ in 0..4 {
                match app.activate(holder.activate(service.id(), wrong)).await {
                    Ok(answer) => assert_ne!(answer.get_ref().outcome(), pb::ActivateOutcome::Activated),
                    // So many at once may take a slow machine longer than a call may last.
                    Err(late) => assert_eq!(late.code(), Code::DeadlineExceeded),
                }
            }
        }
    });
    join_all(connections).await;
    service.status(&holder.number, &holder.phone).await.timetable.unwrap().tries_left
}

async fn guessing_gets_the_tries_of_one_code(service: &Service) {
    let holder = service.holder().await;
    let code = service.code_for(&holder).await;
    assert_eq!(guesses(service, &holder, &code).await, 2, "three of five, then one has to wait");
    service.wait(Duration::from_secs(30));
    assert_eq!(guesses(service, &holder, &code).await, 1);
    service.wait(Duration::from_mins(1));
    assert_eq!(guesses(service, &holder, &code).await, 0, "five in all");
    service.wait(Duration::from_mins(1));
    assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::NoLiveCode);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_guesses_from_fifty_connections_get_the_tries_of_one_code_without_redis() {
    with_wishes(Wishes { counts_alone: true, ..Wishes::default() }, guessing_gets_the_tries_of_one_code).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_guesses_from_fifty_connections_get_the_tries_of_one_code_with_redis() {
    let server = PrivateRedis::start();
    let redis = Some((server.url(), "guesses".to_owned()));
    with_wishes(Wishes { redis, ..Wishes::default() }, guessing_gets_the_tries_of_one_code).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn losing_redis_in_the_middle_gives_no_other_try_and_stops_nobody() {
    let mut server = PrivateRedis::start();
    let redis = Some((server.url(), "lost".to_owned()));
    with_wishes(Wishes { redis, ..Wishes::default() }, async |service| {
        let (holder, honest) = (service.holder().await, service.holder().await);
        let code = service.code_for(&holder).await;
        let before = guesses(service, &holder, &code).await;
        server.kill();
        let without = guesses(service, &holder, &code).await;
        // Back, and empty.
        server.run();
        service.wait(Duration::from_secs(1));
        let after = guesses(service, &holder, &code).await;
        assert_eq!((before, without, after), (2, 2, 2), "the wait is not over");
        let code = service.code_for(&honest).await;
        assert_eq!(service.activate(&honest, &code).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_stops_answering_slows_a_wish_and_refuses_none() {
    let server = PrivateRedis::start();
    let redis = Some((server.url(), "slow".to_owned()));
    with_wishes(Wishes { redis, ..Wishes::default() }, async |service| {
        let holder = service.holder().await;
        // It keeps its connections and says nothing.
        server.pause();
        assert_eq!(service.send_code(&holder).await.outcome(), pb::SendCodeOutcome::Sent);
        server.resume();
        let code = service.latest_code(&holder.phone).await;
        assert_eq!(service.activate(&holder, &code).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

/// The middle one.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// The middle time of the three calls for an unknown number, a wrong phone, and the wrong phone of a locked account.
async fn medians(service: &Service, cases: [(&String, &String); 3]) -> [Duration; 3] {
    let mut times: [Vec<Duration>; 3] = Default::default();
    let (mut app, mut first) = (service.phone_app(), None);
    // In turn, so that whatever slows the machine slows all three.
    for round in 0..101 {
        for (case, (number, phone)) in cases.into_iter().enumerate() {
            let who = somebody(number, phone, 5);
            let (send, activate) = (who.send_code(service.id()), who.activate(service.id(), "123456"));
            let status = pb::GetStatusRequest { identity_number: number.clone(), phone: phone.clone() };
            let begun = Instant::now();
            let status = app.get_status(status).await.unwrap().into_inner();
            let sent = app.send_code(send).await.unwrap().into_inner();
            let tried = app.activate(activate).await.unwrap().into_inner();
            if round > 0 {
                times[case].push(begun.elapsed());
            }
            let answers = (status, sent, tried);
            let expected = first.get_or_insert_with(|| answers.clone());
            assert!(*expected == answers, "every answer is the same to the last field");
        }
    }
    times.map(median)
}

#[tokio::test]
async fn whoever_lacks_the_phone_gets_one_answer_in_one_time_of_nobodys_a_waiting_and_a_locked_account() {
    with_wishes(wishes(NO_BUDGETS), async |service| {
        let (open, locked) = (service.holder().await, service.holder().await);
        service.code_for(&locked).await;
        service.database().tamper("UPDATE account SET failures_in_row = 100 WHERE code_asked_at IS NOT NULL").await;
        assert_eq!(service.send_code(&locked).await.outcome(), pb::SendCodeOutcome::TooManyFailures);
        let unknown = service.number();
        let cases = [(&unknown, &open.phone), (&open.number, &locked.phone), (&locked.number, &open.phone)];
        let mut seen = Vec::new();
        // A difference that is there shows each time; one that the machine makes does not.
        for _ in 0..5 {
            let medians = medians(service, cases).await;
            let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
            if most.as_secs_f64() < 1.2 * least.as_secs_f64() {
                return;
            }
            seen.push(medians);
        }
        panic!("{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_who_knows_number_and_phone_cannot_keep_the_owner_from_a_slip() {
    with(async |service| {
        let holder = service.holder().await;
        let stranger = somebody(&holder.number, &holder.phone, 9);
        assert_eq!(wish(service, &stranger, "198.51.100.1").await.outcome(), pb::SendCodeOutcome::Sent);
        // The stranger has the day's codes sent, one after the other.
        while wish(service, &stranger, "198.51.100.1").await.retry_at.is_some_and(|at| {
            let wait = at.seconds - service.now().micros() / 1_000_000;
            wait < 3_600
        }) {
            service.wait(Duration::from_mins(1));
        }
        assert_eq!(wish(service, &holder, "198.51.100.2").await.outcome(), pb::SendCodeOutcome::NotYet);
        let request = pb::GetSlipChallengeRequest {
            request_id: service.id(),
            identity_number: holder.number.clone(),
            phone: holder.phone.clone(),
            device_key: holder.device.spki(),
        };
        let drawn = service.phone_app().get_slip_challenge(request).await.unwrap().into_inner();
        assert_eq!(drawn.outcome(), pb::GetSlipChallengeOutcome::Drawn, "see slip.rs for the rest of the way");
    })
    .await;
}
