//! Printed slips: a holder whom no code reaches activates at a counter, with the passport, and nobody without it.

use std::time::Duration;

use eid::practice::Applicant;
use eid::proto as pb;
use eid::proto::counter_service_client::CounterServiceClient;
use eid::proto::device_service_client::DeviceServiceClient;
use futures::future::join_all;
use pb::activate_with_slip_request::Passport;

use crate::chip;
use crate::support::contacts::{begin, email};
use crate::support::device::Phone;
use crate::support::service::{FACE_VERIFIER, Holder, Service, fields, with};

const DAY: Duration = Duration::from_hours(24);

/// A holder who has not activated, with the passport in hand.
struct Person {
    holder: Holder,
    applicant: Applicant,
}

impl Person {
    async fn new(service: &Service) -> Self {
        let applicant = service.applicant().await;
        Self { holder: service.holder_of(&applicant).await, applicant }
    }

    fn passport(&self) -> pb::Passport {
        self.applicant.application.passport.clone().unwrap()
    }

    /// What the data page of the passport says.
    fn page(&self) -> pb::PassportPage {
        let passport = self.passport();
        pb::PassportPage {
            issuing_state: passport.issuing_state,
            number: passport.number,
            date_of_birth: self.applicant.application.person.clone().unwrap().date_of_birth,
            expires_on: passport.expires_on,
        }
    }
}

async fn printed(service: &Service, person: &Person) -> pb::ProveInPersonResponse {
    let passport = person.passport();
    let request = pb::ProveInPersonRequest {
        request_id: service.id(),
        identity_number: person.holder.number.clone(),
        passport_state: passport.issuing_state,
        passport_number: passport.number,
    };
    let mut counter = CounterServiceClient::new(service.channel(Some("officer")));
    counter.prove_in_person(request).await.unwrap().into_inner()
}

async fn agree(service: &Service, slip: &pb::ProveInPersonResponse) {
    let mut counter = CounterServiceClient::new(service.channel(Some("supervisor")));
    let request = pb::CountersignProofRequest { proof_id: slip.proof_id.clone() };
    let answer = counter.countersign_proof(request).await.unwrap().into_inner();
    assert_eq!(answer.outcome(), pb::CountersignProofOutcome::Agreed);
}

/// A slip that can be used.
async fn slip(service: &Service, person: &Person) -> String {
    let slip = printed(service, person).await;
    agree(service, &slip).await;
    slip.code
}

async fn drawn(service: &Service, holder: &Holder) -> pb::GetSlipChallengeResponse {
    let request = pb::GetSlipChallengeRequest {
        request_id: service.id(),
        identity_number: holder.number.clone(),
        phone: holder.phone.clone(),
        device_key: holder.device.spki(),
    };
    service.phone_app().get_slip_challenge(request).await.unwrap().into_inner()
}

async fn wish(service: &Service, holder: &Holder, code: &str, passport: Passport) -> pb::ActivateWithSlipRequest {
    let drawn = drawn(service, holder).await;
    assert_eq!(drawn.outcome(), pb::GetSlipChallengeOutcome::Drawn);
    pb::ActivateWithSlipRequest {
        request_id: service.id(),
        identity_number: holder.number.clone(),
        phone: holder.phone.clone(),
        slip_code: code.to_owned(),
        passport: Some(passport),
        device_key: holder.device.spki(),
        challenge: drawn.challenge,
        signature: holder.device.sign(&drawn.challenge_text),
        face_check: String::new(),
    }
}

async fn activate(service: &Service, request: &pb::ActivateWithSlipRequest) -> pb::ActivateWithSlipResponse {
    service.phone_app().activate_with_slip(request.clone()).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_holder_whom_guesses_shut_out_activates_with_slip_and_passport() {
    with(async |service| {
        let person = Person::new(service).await;
        service.code_for(&person.holder).await;
        service.database().tamper("UPDATE account SET failures_in_row = 100, failures_today = 10").await;
        assert_eq!(service.activate(&person.holder, "123456").await.outcome(), pb::ActivateOutcome::TooManyFailures);
        let shown = printed(service, &person).await;
        assert_eq!(
            (shown.outcome(), shown.purpose()),
            (pb::ProveInPersonOutcome::Recorded, pb::ProofPurpose::Activation)
        );
        assert!(shown.slip.contains(&shown.code) && shown.slip.starts_with("<!DOCTYPE html>"));
        let closes_at = service.status(&person.holder.number, &person.holder.phone).await.window_closes_at;
        assert_eq!(shown.expires_at, closes_at, "it lives as long as the account can be activated");
        let request = wish(service, &person.holder, &shown.code, Passport::Page(person.page())).await;
        assert_eq!(activate(service, &request).await.outcome(), pb::ActivateOutcome::NoLiveCode, "nobody agreed yet");
        agree(service, &shown).await;
        let answer = activate(service, &request).await;
        assert_eq!(answer.outcome(), pb::ActivateOutcome::Activated);
        assert!(activate(service, &request).await == answer, "a repeat is told the same");
        assert_eq!(answer.device.unwrap().assurance(), pb::AssuranceLevel::Substantial);
        let asked = pb::ListDevicesRequest { account_id: person.holder.account.clone() };
        let mut devices = DeviceServiceClient::new(service.channel(Some("app_backend")));
        let listed = devices.list_devices(asked).await.unwrap().into_inner().devices;
        assert_eq!(listed.iter().map(pb::Device::route).collect::<Vec<_>>(), [pb::DeviceRoute::InPerson]);
        let kinds: Vec<_> = service.messages().await.iter().map(|message| message["kind"].clone()).collect();
        assert!(
            kinds.iter().any(|kind| *kind == "slip_notice") && kinds.iter().any(|kind| *kind == "activated_notice")
        );
        let later = pb::ActivateWithSlipRequest { request_id: service.id(), ..request };
        assert_eq!(activate(service, &later).await.outcome(), pb::ActivateOutcome::AlreadyActive);
        service.wait(DAY);
        let begun = begin(service, &person.holder, email("new@example.org"), false).await;
        assert_eq!(begun.outcome(), pb::BeginOutcome::Begun, "what was guessed before is over");
    })
    .await;
}

#[tokio::test]
async fn without_the_passport_the_slip_opens_nothing_and_no_try_is_spent() {
    with(async |service| {
        let (person, other) = (Person::new(service).await, Person::new(service).await);
        let code = slip(service, &person).await;
        let page = person.page();
        let wrong = [
            other.page(),
            pb::PassportPage { date_of_birth: "1970-01-01".to_owned(), ..page.clone() },
            pb::PassportPage { expires_on: "2031-01-01".to_owned(), ..page.clone() },
            pb::PassportPage { number: "X0000000".to_owned(), ..page.clone() },
        ];
        // More often than the slip can be tried.
        for page in wrong.iter().cycle().take(8) {
            let request = wish(service, &person.holder, &code, Passport::Page(page.clone())).await;
            assert_eq!(activate(service, &request).await.outcome(), pb::ActivateOutcome::PassportDiffers);
            let again = pb::ActivateWithSlipRequest { request_id: service.id(), ..request };
            assert_eq!(activate(service, &again).await.outcome(), pb::ActivateOutcome::ChallengeUnusable);
        }
        assert!(service.actions(&person.holder.account).await.contains(&"device.refused".to_owned()));
        let request = wish(service, &person.holder, &code, Passport::Page(page)).await;
        assert_eq!(activate(service, &request).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn without_a_slip_nobody_learns_whether_a_passport_is_right_and_ten_challenges_a_day_are_all() {
    with(async |service| {
        let (person, other) = (Person::new(service).await, Person::new(service).await);
        for page in [person.page(), other.page()] {
            let request = wish(service, &person.holder, "00000-00000", Passport::Page(page)).await;
            assert_eq!(activate(service, &request).await.outcome(), pb::ActivateOutcome::NoLiveCode);
        }
        for _ in 2..10 {
            assert_eq!(drawn(service, &person.holder).await.outcome(), pb::GetSlipChallengeOutcome::Drawn);
        }
        let held = drawn(service, &person.holder).await;
        assert_eq!((held.outcome(), held.retry_at.is_some()), (pb::GetSlipChallengeOutcome::HeldBack, true));
    })
    .await;
}

#[tokio::test]
async fn guesses_at_a_slip_end_after_five_however_many_come_at_once_and_another_slip_takes_its_place() {
    with(async |service| {
        let person = Person::new(service).await;
        let first = slip(service, &person).await;
        let request = wish(service, &person.holder, "00000-00000", Passport::Page(person.page())).await;
        let guesses = (0..30).map(|_| {
            let request = pb::ActivateWithSlipRequest { request_id: service.id(), ..request.clone() };
            async move { activate(service, &request).await.outcome() }
        });
        let outcomes = join_all(guesses).await;
        let counted = outcomes.iter().filter(|outcome| **outcome == pb::ActivateOutcome::WrongCode).count();
        let none = outcomes.iter().filter(|outcome| **outcome == pb::ActivateOutcome::NoLiveCode).count();
        assert_eq!((counted, none), (5, 25));
        let right = wish(service, &person.holder, &first, Passport::Page(person.page())).await;
        assert_eq!(activate(service, &right).await.outcome(), pb::ActivateOutcome::NoLiveCode);
        let second = slip(service, &person).await;
        let replaced = wish(service, &person.holder, &first, Passport::Page(person.page())).await;
        assert_eq!(activate(service, &replaced).await.outcome(), pb::ActivateOutcome::WrongCode);
        let right = wish(service, &person.holder, &second, Passport::Page(person.page())).await;
        assert_eq!(activate(service, &right).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn the_passports_chip_proves_itself_in_place_of_the_page() {
    chip::with(async |service| {
        let applicant = chip::with_chip(service);
        let person = Person { holder: service.holder_of(&applicant).await, applicant };
        let code = slip(service, &person).await;
        let read = person.applicant.chip.as_ref().unwrap().captured(None);
        let mut forged = read.clone();
        let group = forged.groups.iter_mut().find(|group| group.number == 1).unwrap();
        *group.content.last_mut().unwrap() ^= 1;
        let request = wish(service, &person.holder, &code, Passport::Chip(forged)).await;
        assert_eq!(activate(service, &request).await.outcome(), pb::ActivateOutcome::PassportDiffers);
        // The file with the face is large, and not needed.
        let small = pb::Chip { groups: read.groups.into_iter().filter(|group| group.number == 1).collect(), ..read };
        let request = wish(service, &person.holder, &code, Passport::Chip(small)).await;
        assert_eq!(activate(service, &request).await.outcome(), pb::ActivateOutcome::Activated);
    })
    .await;
}

#[tokio::test]
async fn a_slip_ends_with_the_days_for_activation_and_none_is_printed_after_them() {
    with(async |service| {
        let person = Person::new(service).await;
        let code = slip(service, &person).await;
        let request = wish(service, &person.holder, &code, Passport::Page(person.page())).await;
        service.wait(DAY * 8);
        assert_eq!(activate(service, &request).await.outcome(), pb::ActivateOutcome::WindowLapsed);
        assert_eq!(printed(service, &person).await.outcome(), pb::ProveInPersonOutcome::WindowLapsed);
        assert_eq!(drawn(service, &person.holder).await.outcome(), pb::GetSlipChallengeOutcome::WindowLapsed);
    })
    .await;
}

#[tokio::test]
async fn a_challenge_for_a_slip_is_drawn_for_who_knows_number_and_phone_and_for_a_new_key_only() {
    with(async |service| {
        let (person, active) = (Person::new(service).await, service.active_holder().await);
        let stranger = Holder::new(String::new(), String::new(), service.number(), person.holder.phone.clone());
        assert_eq!(drawn(service, &stranger).await.outcome(), pb::GetSlipChallengeOutcome::NotMatched);
        assert_eq!(drawn(service, &active).await.outcome(), pb::GetSlipChallengeOutcome::AlreadyActive);
        let Ok(used) = std::sync::Arc::try_unwrap(active.device) else { panic!("one holder, one device") };
        assert_eq!(drawn(service, &person.holder.with(used)).await.outcome(), pb::GetSlipChallengeOutcome::KeyUsed);
        // A challenge for one key is worth nothing for another.
        let code = slip(service, &person).await;
        let request = wish(service, &person.holder, &code, Passport::Page(person.page())).await;
        let other = Phone::new(9);
        let swapped = pb::ActivateWithSlipRequest { device_key: other.spki(), ..request.clone() };
        assert_eq!(activate(service, &swapped).await.outcome(), pb::ActivateOutcome::ChallengeUnusable);
        let forged = pb::ActivateWithSlipRequest { signature: other.sign("text"), ..request };
        assert_eq!(activate(service, &forged).await.outcome(), pb::ActivateOutcome::WrongSignature);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_of_a_slip_is_named_field_by_field() {
    with(async |service| {
        let empty = service.phone_app().activate_with_slip(pb::ActivateWithSlipRequest::default()).await.unwrap_err();
        let named =
            ["request_id", "identity_number", "phone", "slip_code", "passport", "device_key", "challenge", "signature"];
        assert_eq!(fields(&empty), named);
        let page = Some(Passport::Page(pb::PassportPage::default()));
        let empty = pb::ActivateWithSlipRequest { passport: page, ..Default::default() };
        let refused = service.phone_app().activate_with_slip(empty).await.unwrap_err();
        for field in ["page.issuing_state", "page.number", "page.date_of_birth", "page.expires_on"] {
            assert!(fields(&refused).contains(&field.to_owned()), "{field}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_face_check_makes_the_activation_of_high_assurance() {
    with(async |service| {
        let person = Person::new(service).await;
        let code = slip(service, &person).await;
        let request = wish(service, &person.holder, &code, Passport::Page(person.page())).await;
        let (account, device) = (&person.holder.account, &person.holder.device);
        let evidence = crate::devices::face_check(service, account, device, "fmr-1e-4-alive", FACE_VERIFIER);
        let answer = activate(service, &pb::ActivateWithSlipRequest { face_check: evidence, ..request }).await;
        assert_eq!(answer.device.unwrap().assurance(), pb::AssuranceLevel::High);
    })
    .await;
}
