//! The machine's clock steps an hour forth or back while everything is under way: nothing is lost, doubled or stuck, and nobody
//! is let in early or kept out for longer than the step explains.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eid::proto as pb;
use pb::{ActivateOutcome, SendCodeOutcome};

use crate::support::contacts::{begin, changes, confirm, fresh_phone, phone};
use crate::support::service::{Holder, Service, Wishes, with, with_wishes};
use crate::watch::{caught_up, present};

const HOUR: Duration = Duration::from_hours(1);
/// The longest lease of a claim that names none, with room to spare.
const LEASE: Duration = Duration::from_hours(1);

/// The wait between two codes, which comes on top of a step, and what is added where waits are told in whole seconds.
const USUAL: Duration = Duration::from_mins(2);

/// How long people's papers and consents are older than the beginning: one of the future is refused, as it must be.
const AHEAD: Duration = Duration::from_hours(3);

/// What the clock does while others are at work.
#[derive(Clone, Copy, Debug)]
enum Step {
    Forth,
    Back,
}
use Step::{Back, Forth};

impl Step {
    fn take(self, service: &Service) {
        match self {
            Forth => service.wait(HOUR),
            Back => service.set_back(HOUR),
        }
    }
}

/// What was handed in, in its order, and the accounts that came of it.
#[derive(Default)]
struct Ledger {
    received: Vec<String>,
    issued: BTreeMap<String, String>,
}

impl Ledger {
    async fn hand_in(&mut self, service: &Service) {
        let applicant = service.applicant().await;
        self.received.push(service.submitted(&applicant.application).await);
    }

    /// Approves one request under a lease.
    async fn approve(&mut self, service: &Service, enrolment: &str, lease: &str) {
        let answer = service.approve((enrolment, lease), &service.number()).await.unwrap();
        assert_eq!(self.issued.insert(enrolment.to_owned(), answer.account_id), None, "decided once");
    }

    /// Holds that there is one account for each request, and that the office has these requests and no others.
    async fn balances(&self, service: &Service) {
        let names: BTreeSet<_> = self.received.iter().cloned().collect();
        assert_eq!(names.len(), self.received.len(), "each request has a name of its own");
        assert!(self.issued.keys().eq(names.iter()), "each request is issued");
        let accounts: BTreeSet<_> = self.issued.values().collect();
        assert_eq!(accounts.len(), names.len(), "each account is one request's");
        let (mut listed, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = pb::ListRequest { page_size: 4, page_token, ..Default::default() };
            let page = service.officer().list(request).await.unwrap().into_inner();
            listed.extend(page.enrolments.into_iter().map(|enrolment| enrolment.enrolment_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        listed.sort_unstable();
        assert!(listed.iter().eq(names.iter()), "pages leave nothing out and show nothing twice");
    }

    /// Holds that who watches was told of everything once, in the order in which it happened.
    fn was_told(&self, heard: &[(String, String)]) {
        let received = heard.iter().filter(|(_, verb)| verb == "receive").map(|(name, _)| name);
        assert!(received.eq(self.received.iter()), "in the order of the receipts, whatever the clock said");
        for name in &self.received {
            let verbs: Vec<_> = heard.iter().filter(|(of, _)| of == name).map(|(_, verb)| verb.as_str()).collect();
            let (first, last) = (verbs.first().copied(), verbs.last().copied());
            assert_eq!((first, last), (Some("receive"), Some("issue")), "{verbs:?}");
            for once in ["receive", "forward", "issue"] {
                assert_eq!(verbs.iter().filter(|verb| **verb == once).count(), 1, "{verbs:?}");
            }
        }
    }
}

/// Each message once, under a name of its own.
async fn each_message_once(service: &Service) {
    let messages = service.messages().await;
    let names: BTreeSet<_> = messages.iter().map(|message| message["id"].to_string()).collect();
    assert_eq!(names.len(), messages.len(), "no message was sent twice");
}

#[tokio::test]
async fn requests_under_way_are_decided_once_and_told_of_in_their_order() {
    with(async |service| {
        service.wait(AHEAD);
        let (begun, mut ledger) = (present(service, "officer").await, Ledger::default());
        let mut left = Vec::new();
        for step in [Forth, Back, Back, Forth, Forth, Back] {
            for _ in 0..3 {
                ledger.hand_in(service).await;
            }
            let claimed = service.claimed().await;
            step.take(service);
            ledger.hand_in(service).await;
            // A lease that has lapsed by the step still counts, as nobody else has claimed what it is about.
            for (place, one) in claimed.enrolments.iter().enumerate() {
                if place % 2 == 0 {
                    ledger.approve(service, &one.enrolment_id, &claimed.lease_id).await;
                } else {
                    left.push(one.enrolment_id.clone());
                }
            }
            service.deliver().await;
        }
        assert!(!left.is_empty());
        // No lease outlives its own time and the step.
        service.wait(HOUR + LEASE);
        let claimed = service.claimed().await;
        for one in &claimed.enrolments {
            ledger.approve(service, &one.enrolment_id, &claimed.lease_id).await;
        }
        ledger.balances(service).await;
        ledger.was_told(&caught_up(service, "officer", &begun).await.0);
        each_message_once(service).await;
    })
    .await;
}

#[tokio::test]
async fn a_repeat_after_a_step_gets_the_first_answer() {
    with(async |service| {
        service.wait(AHEAD);
        for step in [Forth, Back, Back] {
            let applicant = service.applicant().await;
            let request = pb::SubmitRequest {
                request_id: service.id(),
                application: Some(applicant.application),
                ..pb::SubmitRequest::default()
            };
            let first = service.officer().submit(request.clone()).await.unwrap().into_inner();
            step.take(service);
            assert!(service.officer().submit(request).await.unwrap().into_inner() == first, "{step:?}");
        }
    })
    .await;
}

/// A code, which comes no later than the step and the usual wait explain.
async fn code_by(service: &Service, holder: &Holder, step: Step) -> String {
    let mut waited = Duration::ZERO;
    loop {
        let sent = service.send_code(holder).await;
        if sent.outcome() == SendCodeOutcome::Sent {
            return service.latest_code(&holder.phone).await;
        }
        let (told, now) = (sent.retry_at.expect("when to ask again").seconds, service.now().micros() / 1_000_000);
        let wait = Duration::from_secs(u64::try_from(told - now).unwrap() + 1);
        waited += wait;
        let holds = matches!(sent.outcome(), SendCodeOutcome::HeldBack | SendCodeOutcome::NotYet);
        assert!(holds && waited <= HOUR + USUAL, "{step:?}: {:?} {waited:?}", sent.outcome());
        service.wait(wait);
    }
}

#[tokio::test]
async fn a_code_under_way_ends_and_the_next_one_comes_no_later_than_the_step_explains() {
    with(async |service| {
        service.wait(AHEAD);
        for step in [Forth, Back, Back, Forth] {
            let holder = service.holder().await;
            let code = code_by(service, &holder, step).await;
            step.take(service);
            let late = service.activate(&holder, &code).await;
            assert_eq!(late.outcome(), ActivateOutcome::NoLiveCode, "{step:?}: nobody knows how long it has lived");
            let next = code_by(service, &holder, step).await;
            assert_eq!(service.activate(&holder, &next).await.outcome(), ActivateOutcome::Activated, "{step:?}");
        }
        each_message_once(service).await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_no_carrier_takes_waits_no_longer_than_the_step_and_is_sent_once() {
    for step in [Forth, Back] {
        with_wishes(Wishes { carrier_away: true, ..Wishes::default() }, async |service| {
            let holder = service.holder().await;
            step.take(service);
            service.deliver().await;
            service.let_messages_leave();
            service.wait(HOUR + Duration::from_mins(5));
            let sent = service.messages().await;
            assert_eq!((sent.len(), &sent[0]["kind"]), (1, &"account_notice".into()), "{step:?}");
            let actions = service.actions(&holder.account).await;
            assert_eq!(actions.iter().filter(|action| *action == "message.sent").count(), 1, "{step:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_change_of_phone_without_the_old_one_waits_its_day_and_ends_once() {
    with(async |service| {
        for steps in [[Forth, Back], [Back, Forth]] {
            let holder = service.active_holder().await;
            let new = fresh_phone(service).await;
            let change = begin(service, &holder, phone(&new), true).await.change.unwrap().change_id;
            let sent = async || {
                service.app().settle_contact_changes().await.unwrap();
                let messages = service.messages().await;
                messages.iter().filter(|one| one["kind"] == "contact_code" && one["to"] == new).count()
            };
            for step in steps {
                step.take(service);
                assert_eq!(sent().await, 0, "{steps:?}");
            }
            service.wait((HOUR * 24).saturating_sub(Duration::from_secs(1)));
            assert_eq!(sent().await, 0, "two steps that balance shorten nothing");
            service.wait(Duration::from_secs(1));
            assert_eq!((sent().await, sent().await), (1, 1), "{steps:?}");
            steps[0].take(service);
            steps[1].take(service);
            let code = service.latest_code(&new).await;
            assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::Confirmed, "{steps:?}");
            assert_eq!(changes(service, &holder.account).await.len(), 1);
        }
        each_message_once(service).await;
    })
    .await;
}
