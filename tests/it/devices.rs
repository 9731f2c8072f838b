//! Devices of holders, against the real server: bound, replaced, renewed, verified, ended; offline codes; revocation lists.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::practice::Applicant;
use eid::proto as pb;
use eid::proto::counter_service_client::CounterServiceClient;
use eid::proto::device_service_client::DeviceServiceClient;
use eid::receipt::{SigningKey, seal};
use futures::future::join_all;
use pb::replace_device_request::Leave;
use pb::verify_device_request::Shown;
use tonic::{Code, Status};
use totp_rs::Totp;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _, X509Certificate};

use crate::support::device::Phone;
use crate::support::service::{Channel, FACE_VERIFIER, Holder, Service, certificate, fields, reason, with};

const STEP: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_hours(1);

/// A holder with the passport in hand.
pub struct Person {
    pub holder: Holder,
    passport: pb::Passport,
    /// The device that was bound with the activation.
    first: pb::BoundDevice,
}

impl Person {
    pub async fn new(service: &Service) -> Self {
        let applicant: Applicant = service.applicant().await;
        let passport = applicant.application.passport.clone().unwrap();
        let holder = service.holder_of(&applicant).await;
        let code = service.code_for(&holder).await;
        let first = service.activate(&holder, &code).await.device.unwrap();
        Self { holder, passport, first }
    }

    fn account(&self) -> String {
        self.holder.account.clone()
    }
}

fn devices(service: &Service) -> DeviceServiceClient<Channel> {
    DeviceServiceClient::new(service.channel(Some("app_backend")))
}

fn counter(service: &Service, who: &str) -> CounterServiceClient<Channel> {
    CounterServiceClient::new(service.channel(Some(who)))
}

fn stands(service: &Service, person: &Person) -> pb::ProveInPersonRequest {
    pb::ProveInPersonRequest {
        request_id: service.id(),
        identity_number: person.holder.number.clone(),
        passport_state: person.passport.issuing_state.clone(),
        passport_number: person.passport.number.clone(),
    }
}

/// A code from the counter, not agreed to yet.
async fn proved(service: &Service, person: &Person) -> pb::ProveInPersonResponse {
    counter(service, "officer").prove_in_person(stands(service, person)).await.unwrap().into_inner()
}

async fn countersigned(service: &Service, who: &str, proof: &str) -> Result<pb::CountersignProofResponse, Status> {
    let request = pb::CountersignProofRequest { proof_id: proof.to_owned() };
    counter(service, who).countersign_proof(request).await.map(tonic::Response::into_inner)
}

/// A code from the counter that can be used.
async fn counter_code(service: &Service, person: &Person) -> String {
    let proved = proved(service, person).await;
    let agreed = countersigned(service, "supervisor", &proved.proof_id).await.unwrap();
    assert_eq!(agreed.outcome(), pb::CountersignProofOutcome::Agreed);
    proved.code
}

async fn challenge(
    service: &Service,
    account: &str,
    purpose: pb::DevicePurpose,
    key: &Phone,
) -> pb::GetChallengeResponse {
    let request = pb::GetChallengeRequest {
        new_contact: None,
        change_id: String::new(),
        account_id: account.to_owned(),
        purpose: purpose.into(),
        key_thumbprint: key.thumbprint().as_bytes().to_vec(),
    };
    devices(service).get_challenge(request).await.unwrap().into_inner()
}

/// A wish to put `new` in the place of what there is, by leave of `old` or of a code.
async fn replacement(
    service: &Service,
    person: &Person,
    new: &Phone,
    by: Result<&Phone, &str>,
) -> pb::ReplaceDeviceRequest {
    let drawn = challenge(service, &person.account(), pb::DevicePurpose::Replace, new).await;
    pb::ReplaceDeviceRequest {
        request_id: service.id(),
        account_id: person.account(),
        device_key: new.spki(),
        signature: new.sign(&drawn.text),
        challenge: drawn.challenge,
        face_check: String::new(),
        leave: Some(match by {
            Ok(old) => Leave::Consent(old.sign(&drawn.consent_text)),
            Err(code) => Leave::CounterCode(code.to_owned()),
        }),
    }
}

async fn replace(service: &Service, request: &pb::ReplaceDeviceRequest) -> pb::ReplaceDeviceResponse {
    devices(service).replace_device(request.clone()).await.unwrap().into_inner()
}

/// Binds a device at the counter.
pub async fn bound(service: &Service, person: &Person, phone: &Phone) -> pb::BoundDevice {
    let code = counter_code(service, person).await;
    let answer = replace(service, &replacement(service, person, phone, Err(&code)).await).await;
    assert_eq!(answer.outcome(), pb::ReplaceDeviceOutcome::Bound);
    answer.device.unwrap()
}

/// A request to judge a device that shows its certificate.
async fn showing(service: &Service, person: &Person, phone: &Phone, certificate: &[u8]) -> pb::VerifyDeviceRequest {
    let drawn = challenge(service, &person.account(), pb::DevicePurpose::Verify, phone).await;
    pb::VerifyDeviceRequest {
        request_id: service.id(),
        account_id: person.account(),
        shown: Some(Shown::Certificate(certificate.to_vec())),
        signature: phone.sign(&drawn.text),
        challenge: drawn.challenge,
    }
}

async fn verify(service: &Service, request: &pb::VerifyDeviceRequest) -> pb::VerifyDeviceResponse {
    devices(service).verify_device(request.clone()).await.unwrap().into_inner()
}

async fn verdict(service: &Service, person: &Person, phone: &Phone, certificate: &[u8]) -> pb::VerifyDeviceOutcome {
    verify(service, &showing(service, person, phone, certificate).await).await.outcome()
}

async fn totp(service: &Service, person: &Person, code: &str) -> pb::VerifyTotpResponse {
    let request =
        pb::VerifyTotpRequest { request_id: service.id(), account_id: person.account(), code: code.to_owned() };
    devices(service).verify_totp(request).await.unwrap().into_inner()
}

/// The code that an authenticator shows now, its clock so many seconds off.
fn shown(service: &Service, uri: &str, off: i64) -> String {
    let secs = service.now().micros() / 1_000_000 + off;
    Totp::from_url(uri).unwrap().generate(u64::try_from(secs).unwrap()).to_string()
}

async fn lists(service: &Service) -> Vec<pb::DeviceCrl> {
    let mut client = DeviceServiceClient::new(service.channel(Some("auditor")));
    client.get_device_crl(pb::GetDeviceCrlRequest {}).await.unwrap().into_inner().lists
}

fn serial(certificate: &[u8]) -> Vec<u8> {
    X509Certificate::from_der(certificate).unwrap().1.raw_serial().to_vec()
}

/// The serial numbers that a list revokes, in order.
fn revoked(list: &pb::DeviceCrl) -> Vec<Vec<u8>> {
    let (_, read) = CertificateRevocationList::from_der(&list.crl).unwrap();
    let mut serials: Vec<_> = read.iter_revoked_certificates().map(|one| one.raw_serial().to_vec()).collect();
    serials.sort();
    serials
}

/// The serial numbers of devices' certificates, in order.
fn serials<const N: usize>(devices: [&pb::BoundDevice; N]) -> Vec<Vec<u8>> {
    let mut serials: Vec<_> = devices.iter().map(|device| serial(&device.certificate)).collect();
    serials.sort();
    serials
}

#[tokio::test]
async fn a_holder_at_the_counter_gets_a_device_and_it_proves_itself() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let device = bound(service, &person, &phone).await;
        assert_eq!(device.assurance(), pb::AssuranceLevel::Substantial);
        let request = showing(service, &person, &phone, &device.certificate).await;
        let verified = verify(service, &request).await;
        assert_eq!(verified.outcome(), pb::VerifyDeviceOutcome::Valid);
        assert_eq!((&verified.device_id, verified.assurance()), (&device.device_id, pb::AssuranceLevel::Substantial));
        let by_key = Some(Shown::KeyThumbprint(phone.thumbprint().as_bytes().to_vec()));
        let request = pb::VerifyDeviceRequest { shown: by_key, ..showing(service, &person, &phone, &[]).await };
        assert_eq!(verify(service, &request).await.outcome(), pb::VerifyDeviceOutcome::Valid);
        let actions = service.actions(&person.account()).await;
        for action in ["device.proved-in-person", "device.proof-countersigned", "device.replaced", "device.verified"] {
            assert!(actions.iter().any(|done| done == action), "{action}: {actions:?}");
        }
        let kinds = service.messages().await.into_iter().map(|message| message["kind"].clone()).collect::<Vec<_>>();
        assert!(kinds.iter().filter(|kind| *kind == "device_notice").count() >= 2, "the holder is told of both");
    })
    .await;
}

#[tokio::test]
async fn a_signature_that_is_shown_again_proves_nothing_and_a_repeat_of_the_call_does() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(2));
        let device = bound(service, &person, &phone).await;
        let request = showing(service, &person, &phone, &device.certificate).await;
        let first = verify(service, &request).await;
        assert!(first == verify(service, &request).await, "the same call has the same answer");
        let replayed = pb::VerifyDeviceRequest { request_id: service.id(), ..request.clone() };
        assert_eq!(verify(service, &replayed).await.outcome(), pb::VerifyDeviceOutcome::ChallengeUnusable);
        let fresh = showing(service, &person, &phone, &device.certificate).await;
        let old_signature = pb::VerifyDeviceRequest { signature: request.signature, ..fresh.clone() };
        assert_eq!(verify(service, &old_signature).await.outcome(), pb::VerifyDeviceOutcome::WrongSignature);
        let right = pb::VerifyDeviceRequest { request_id: service.id(), ..fresh };
        let spent = verify(service, &right).await.outcome();
        assert_eq!(spent, pb::VerifyDeviceOutcome::ChallengeUnusable, "a wrong answer spends a challenge too");
    })
    .await;
}

#[tokio::test]
async fn twenty_copies_of_a_signature_at_once_prove_one_presence() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let device = bound(service, &person, &phone).await;
        let request = showing(service, &person, &phone, &device.certificate).await;
        let copies = (0..20).map(|_| pb::VerifyDeviceRequest { request_id: service.id(), ..request.clone() });
        let answers = join_all(copies.map(async |copy| verify(service, &copy).await.outcome())).await;
        assert_eq!(answers.iter().filter(|one| **one == pb::VerifyDeviceOutcome::Valid).count(), 1);
        assert_eq!(answers.iter().filter(|one| **one == pb::VerifyDeviceOutcome::ChallengeUnusable).count(), 19);
    })
    .await;
}

#[tokio::test]
async fn a_challenge_is_for_its_account_purpose_and_key_and_ends() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let device = bound(service, &person, &phone).await;
        let drawn = challenge(service, &person.account(), pb::DevicePurpose::Renew, &phone).await;
        let other = pb::VerifyDeviceRequest {
            signature: phone.sign(&drawn.text),
            challenge: drawn.challenge,
            ..showing(service, &person, &phone, &device.certificate).await
        };
        assert_eq!(verify(service, &other).await.outcome(), pb::VerifyDeviceOutcome::ChallengeUnusable);
        let late = showing(service, &person, &phone, &device.certificate).await;
        service.wait(Duration::from_mins(2));
        assert_eq!(verify(service, &late).await.outcome(), pb::VerifyDeviceOutcome::ChallengeUnusable);
        let stranger = Person::new(service).await;
        let elsewhere = showing(service, &stranger, &phone, &device.certificate).await;
        assert_eq!(verify(service, &elsewhere).await.outcome(), pb::VerifyDeviceOutcome::Unknown);
        let mut forged = device.certificate.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(verdict(service, &person, &phone, &forged).await, pb::VerifyDeviceOutcome::Unknown);
        assert_eq!(verdict(service, &person, &phone, b"no certificate").await, pb::VerifyDeviceOutcome::Unknown);
    })
    .await;
}

#[tokio::test]
async fn the_old_device_agrees_to_a_new_one_and_is_revoked_in_the_same_moment() {
    with(async |service| {
        let (person, old, new) = (Person::new(service).await, Phone::new(1), Phone::new(2));
        let first = bound(service, &person, &old).await;
        let request = replacement(service, &person, &new, Ok(&old)).await;
        let answer = replace(service, &request).await;
        assert_eq!(answer.outcome(), pb::ReplaceDeviceOutcome::Bound);
        assert!(answer == replace(service, &request).await, "a repeat gets the same device");
        let second = answer.device.unwrap();
        let [of_old, of_new] = [(&old, &first), (&new, &second)]
            .map(async |(phone, device)| verdict(service, &person, phone, &device.certificate).await);
        assert_eq!((of_old.await, of_new.await), (pb::VerifyDeviceOutcome::Revoked, pb::VerifyDeviceOutcome::Valid));
        let list = lists(service).await.pop().unwrap();
        assert_eq!(revoked(&list), serials([&person.first, &first]));
        let request = pb::ListDevicesRequest { account_id: person.account() };
        let mut auditor = DeviceServiceClient::new(service.channel(Some("auditor")));
        let all = auditor.list_devices(request).await.unwrap().into_inner().devices;
        let routes: Vec<_> = all.iter().map(|device| (device.route(), device.end_reason())).collect();
        let (consent, in_person) = (pb::DeviceRoute::Consent, pb::DeviceRoute::InPerson);
        let (none, replaced) = (pb::DeviceEndReason::Unspecified, pb::DeviceEndReason::Replaced);
        assert_eq!(routes, [(consent, none), (in_person, replaced), (pb::DeviceRoute::Activation, replaced)]);
    })
    .await;
}

#[tokio::test]
async fn without_the_old_devices_consent_to_this_very_key_nothing_is_replaced() {
    with(async |service| {
        let (person, old) = (Person::new(service).await, Phone::new(1));
        let bare = replacement(service, &person, &Phone::new(2), Ok(&old)).await;
        assert_eq!(
            replace(service, &bare).await.outcome(),
            pb::ReplaceDeviceOutcome::NoConsent,
            "it is not the account's"
        );
        let first = bound(service, &person, &old).await;
        let (thief, new) = (Phone::new(3), Phone::new(4));
        let by_thief = replacement(service, &person, &new, Ok(&thief)).await;
        assert_eq!(replace(service, &by_thief).await.outcome(), pb::ReplaceDeviceOutcome::NoConsent);
        let agreed = replacement(service, &person, &new, Ok(&old)).await;
        let for_another = pb::ReplaceDeviceRequest {
            leave: agreed.leave.clone(),
            ..replacement(service, &person, &thief, Ok(&old)).await
        };
        assert_eq!(replace(service, &for_another).await.outcome(), pb::ReplaceDeviceOutcome::NoConsent);
        let not_held = pb::ReplaceDeviceRequest { signature: thief.sign("x"), ..agreed };
        assert_eq!(replace(service, &not_held).await.outcome(), pb::ReplaceDeviceOutcome::WrongSignature);
        let same_key = replacement(service, &person, &old, Ok(&old)).await;
        assert_eq!(replace(service, &same_key).await.outcome(), pb::ReplaceDeviceOutcome::KeyUsed);
        assert_eq!(verdict(service, &person, &old, &first.certificate).await, pb::VerifyDeviceOutcome::Valid);
    })
    .await;
}

#[tokio::test]
async fn of_two_replacements_at_once_one_wins_and_one_device_is_left() {
    with(async |service| {
        let (person, old) = (Person::new(service).await, Phone::new(1));
        bound(service, &person, &old).await;
        let phones: Vec<Phone> = (2..10).map(Phone::new).collect();
        let mut requests = Vec::new();
        for phone in &phones {
            requests.push(replacement(service, &person, phone, Ok(&old)).await);
        }
        let answers = join_all(requests.iter().map(|request| replace(service, request))).await;
        let outcomes: Vec<_> = answers.iter().map(pb::ReplaceDeviceResponse::outcome).collect();
        assert_eq!(outcomes.iter().filter(|one| **one == pb::ReplaceDeviceOutcome::Bound).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|one| **one == pb::ReplaceDeviceOutcome::NoConsent).count(), 7);
        let request = pb::ListDevicesRequest { account_id: person.account() };
        let all = devices(service).list_devices(request).await.unwrap().into_inner().devices;
        assert_eq!(all.len(), 3);
        assert_eq!(all.iter().filter(|device| device.ended_at.is_none()).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_code_from_the_counter_takes_two_persons_and_is_used_once_within_ten_minutes() {
    with(async |service| {
        let person = Person::new(service).await;
        let recorded = proved(service, &person).await;
        let early = replacement(service, &person, &Phone::new(1), Err(&recorded.code)).await;
        assert_eq!(replace(service, &early).await.outcome(), pb::ReplaceDeviceOutcome::NoLiveCounterCode);
        service.register(Role::Supervisor, Some("01-01"), "elsewhere").await;
        let refused = countersigned(service, "elsewhere", &recorded.proof_id).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "PROOF_NOT_FOUND"));
        for _ in 0..2 {
            let agreed = countersigned(service, "supervisor", &recorded.proof_id).await.unwrap();
            assert_eq!(agreed.outcome(), pb::CountersignProofOutcome::Agreed, "again changes nothing");
        }
        let mut wrong = replacement(service, &person, &Phone::new(1), Err("00000-00000")).await;
        for tries_left in [4, 3, 2] {
            wrong.request_id = service.id();
            let answer = replace(service, &wrong).await;
            assert_eq!((answer.outcome(), answer.tries_left), (pb::ReplaceDeviceOutcome::WrongCounterCode, tries_left));
        }
        let typed = recorded.code.to_lowercase().replace('-', " ");
        let right = replacement(service, &person, &Phone::new(1), Err(&typed)).await;
        assert_eq!(replace(service, &right).await.outcome(), pb::ReplaceDeviceOutcome::Bound);
        let again = replacement(service, &person, &Phone::new(2), Err(&recorded.code)).await;
        assert_eq!(replace(service, &again).await.outcome(), pb::ReplaceDeviceOutcome::NoLiveCounterCode);
        let late = counter_code(service, &person).await;
        service.wait(Duration::from_mins(10));
        let late = replacement(service, &person, &Phone::new(2), Err(&late)).await;
        assert_eq!(replace(service, &late).await.outcome(), pb::ReplaceDeviceOutcome::NoLiveCounterCode);
        let ended = proved(service, &person).await;
        service.wait(Duration::from_mins(10));
        let agreed = countersigned(service, "supervisor", &ended.proof_id).await.unwrap();
        assert_eq!(agreed.outcome(), pb::CountersignProofOutcome::Ended);
    })
    .await;
}

#[tokio::test]
async fn guesses_at_a_code_from_the_counter_end_after_five_however_many_come_at_once() {
    with(async |service| {
        let person = Person::new(service).await;
        let code = counter_code(service, &person).await;
        let wrong = replacement(service, &person, &Phone::new(1), Err("00000-00000")).await;
        let guesses = (0..40).map(|_| pb::ReplaceDeviceRequest { request_id: service.id(), ..wrong.clone() });
        let answers = join_all(guesses.map(async |guess| replace(service, &guess).await.outcome())).await;
        let counted = answers.iter().filter(|one| **one == pb::ReplaceDeviceOutcome::WrongCounterCode).count();
        assert_eq!(counted, 5, "{answers:?}");
        let right = replacement(service, &person, &Phone::new(1), Err(&code)).await;
        assert_eq!(replace(service, &right).await.outcome(), pb::ReplaceDeviceOutcome::NoLiveCounterCode);
    })
    .await;
}

#[tokio::test]
async fn the_counter_knows_a_holder_by_number_and_passport_and_repeats_its_code() {
    with(async |service| {
        let (person, other) = (Person::new(service).await, Person::new(service).await);
        let mut officer = counter(service, "officer");
        let request = stands(service, &person);
        let first = officer.prove_in_person(request.clone()).await.unwrap().into_inner();
        assert_eq!(first.outcome(), pb::ProveInPersonOutcome::Recorded);
        assert!(first == officer.prove_in_person(request).await.unwrap().into_inner());
        let swapped =
            pb::ProveInPersonRequest { passport_number: other.passport.number.clone(), ..stands(service, &person) };
        let answer = officer.prove_in_person(swapped).await.unwrap().into_inner();
        assert_eq!(answer.outcome(), pb::ProveInPersonOutcome::NotMatched);
        let by = service.app().caller(&certificate("officer")).await.unwrap().unwrap().id();
        assert!(service.actions(&by.to_string()).await.contains(&"device.not-proved-in-person".to_owned()));
        let applicant = service.applicant().await;
        let passport = applicant.application.passport.clone().unwrap();
        let waiting =
            Person { holder: service.holder_of(&applicant).await, passport, first: pb::BoundDevice::default() };
        let answer = officer.prove_in_person(stands(service, &waiting)).await.unwrap().into_inner();
        assert_eq!(answer.purpose(), pb::ProofPurpose::Activation, "one that is to be activated gets a slip");
        let new = replacement(service, &waiting, &Phone::new(1), Err("00000-00000")).await;
        assert_eq!(replace(service, &new).await.outcome(), pb::ReplaceDeviceOutcome::NotActive);
    })
    .await;
}

/// Evidence of a face check, as the verifier of the tests signs it.
pub fn face_check(service: &Service, account: &str, phone: &Phone, class: &str, by: [u8; 32]) -> String {
    let claims = serde_json::json!({
        "sub": account,
        "key": phone.thumbprint().to_string(),
        "iat": service.now().micros() / 1_000_000,
        "class": class,
    });
    seal(claims.to_string().as_bytes(), "eid-face-check+jwt", &SigningKey::from_seed(&by).unwrap())
}

#[tokio::test]
async fn only_a_configured_verifiers_good_face_check_makes_the_assurance_high() {
    with(async |service| {
        let (person, other) = (Person::new(service).await, Person::new(service).await);
        let (account, mine) = (person.account(), Phone::new(1));
        let code = counter_code(service, &person).await;
        let mut request = replacement(service, &person, &mine, Err(&code)).await;
        let good = |account: &str, phone: &Phone| face_check(service, account, phone, "fmr-1e-4-alive", FACE_VERIFIER);
        let not_accepted = [
            face_check(service, &account, &mine, "fmr-1e-4-alive", [9; 32]),
            face_check(service, &account, &mine, "score 0.97", FACE_VERIFIER),
            good(&other.account(), &mine),
            good(&account, &Phone::new(2)),
            "x".repeat(4_096),
            "a.b.c".to_owned(),
        ];
        for evidence in not_accepted {
            request = pb::ReplaceDeviceRequest { request_id: service.id(), face_check: evidence, ..request };
            let outcome = replace(service, &request).await.outcome();
            assert_eq!(outcome, pb::ReplaceDeviceOutcome::FaceCheckNotAccepted);
        }
        let (request_id, evidence) = (service.id(), good(&account, &mine));
        request = pb::ReplaceDeviceRequest { request_id, face_check: evidence, ..request };
        let device = replace(service, &request).await.device.unwrap();
        assert_eq!(device.assurance(), pb::AssuranceLevel::High);
        let verified = verify(service, &showing(service, &person, &mine, &device.certificate).await).await;
        assert_eq!(verified.assurance(), pb::AssuranceLevel::High);
        let mut next = replacement(service, &person, &Phone::new(2), Ok(&mine)).await;
        next.face_check = face_check(service, &account, &Phone::new(2), "weaker", FACE_VERIFIER);
        let device = replace(service, &next).await.device.unwrap();
        assert_eq!(device.assurance(), pb::AssuranceLevel::Substantial, "it is not inherited");
    })
    .await;
}

#[tokio::test]
async fn a_certificate_is_renewed_in_the_second_half_of_its_life_and_ends() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(2));
        let device = bound(service, &person, &phone).await;
        let renewal = async || {
            let drawn = challenge(service, &person.account(), pb::DevicePurpose::Renew, &phone).await;
            pb::RenewDeviceRequest {
                request_id: service.id(),
                account_id: person.account(),
                signature: phone.sign(&drawn.text),
                challenge: drawn.challenge,
            }
        };
        let renew = async |request: &pb::RenewDeviceRequest| {
            devices(service).renew_device(request.clone()).await.unwrap().into_inner()
        };
        let early = renew(&renewal().await).await;
        assert_eq!((early.outcome(), early.renew_from), (pb::RenewDeviceOutcome::TooEarly, device.renew_from));
        service.wait(HOUR * 37);
        let forged = pb::RenewDeviceRequest { signature: Phone::new(3).sign("x"), ..renewal().await };
        assert_eq!(renew(&forged).await.outcome(), pb::RenewDeviceOutcome::WrongSignature);
        let replay = pb::RenewDeviceRequest { request_id: service.id(), ..forged };
        assert_eq!(renew(&replay).await.outcome(), pb::RenewDeviceOutcome::ChallengeUnusable);
        let request = renewal().await;
        let renewed = renew(&request).await;
        assert_eq!(renewed.outcome(), pb::RenewDeviceOutcome::Renewed);
        assert!(renewed == renew(&request).await, "a repeat gets the same certificate");
        assert_ne!(serial(&renewed.certificate), serial(&device.certificate));
        service.wait(HOUR * 36);
        let verdicts = [
            verdict(service, &person, &phone, &device.certificate).await,
            verdict(service, &person, &phone, &renewed.certificate).await,
        ];
        assert_eq!(verdicts, [pb::VerifyDeviceOutcome::Expired, pb::VerifyDeviceOutcome::Valid]);
        let stranger = Person::new(service).await;
        let given_up = revocation(service, &stranger, &stranger.first.device_id, pb::DeviceEndReason::GivenUp);
        devices(service).revoke_device(given_up).await.unwrap();
        let none = pb::RenewDeviceRequest { account_id: stranger.account(), ..renewal().await };
        assert_eq!(renew(&none).await.outcome(), pb::RenewDeviceOutcome::NoDevice);
    })
    .await;
}

fn revocation(service: &Service, person: &Person, device: &str, why: pb::DeviceEndReason) -> pb::RevokeDeviceRequest {
    pb::RevokeDeviceRequest {
        request_id: service.id(),
        account_id: person.account(),
        device_id: device.to_owned(),
        reason: why.into(),
    }
}

#[tokio::test]
async fn a_lost_device_is_revoked_at_once_and_only_by_its_own_account() {
    with(async |service| {
        let (person, stranger, phone) = (Person::new(service).await, Person::new(service).await, Phone::new(1));
        let device = bound(service, &person, &phone).await;
        let before = lists(service).await.pop().unwrap();
        let mut app = devices(service);
        let foreign = revocation(service, &stranger, &device.device_id, pb::DeviceEndReason::Lost);
        let refused = app.revoke_device(foreign).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "DEVICE_NOT_FOUND"));
        let wrong = revocation(service, &person, &device.device_id, pb::DeviceEndReason::Replaced);
        assert_eq!(fields(&app.revoke_device(wrong).await.unwrap_err()), ["reason"]);
        let lost = revocation(service, &person, &device.device_id, pb::DeviceEndReason::Lost);
        let ended = app.revoke_device(lost.clone()).await.unwrap().into_inner();
        service.wait(HOUR);
        assert!(ended == app.revoke_device(lost.clone()).await.unwrap().into_inner());
        let later = pb::RevokeDeviceRequest { request_id: service.id(), ..lost };
        assert!(ended == app.revoke_device(later).await.unwrap().into_inner(), "it stays as it was");
        assert_eq!(verdict(service, &person, &phone, &device.certificate).await, pb::VerifyDeviceOutcome::Revoked);
        let after = lists(service).await.pop().unwrap();
        assert_eq!(revoked(&before), serials([&person.first]));
        assert_eq!(revoked(&after), serials([&person.first, &device]));
        assert!(after.number > before.number);
        let code = shown(service, &device.totp_uri, 0);
        assert_eq!(totp(service, &person, &code).await.outcome(), pb::VerifyTotpOutcome::NoDevice);
    })
    .await;
}

#[tokio::test]
async fn a_list_is_renewed_before_its_end_and_keeps_an_entry_until_after_the_certificates() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let device = bound(service, &person, &phone).await;
        let lost = revocation(service, &person, &device.device_id, pb::DeviceEndReason::Lost);
        devices(service).revoke_device(lost).await.unwrap();
        let first = lists(service).await.pop().unwrap();
        assert!(first == lists(service).await.pop().unwrap(), "nothing changed");
        let mut last = first;
        for _ in 0..7 {
            service.wait(HOUR * 12);
            let next = lists(service).await.pop().unwrap();
            assert_eq!(next.number, last.number + 1, "half of its life is over");
            last = next;
            let listed = revoked(&last).contains(&serial(&device.certificate));
            let ended = service.now().micros() / 1_000_000 >= device.certificate_expires_at.unwrap().seconds;
            assert!(listed || ended, "an entry stays until the certificate has ended");
        }
        assert!(revoked(&last).is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_process_issues_with_the_same_authority() {
    with(async |service| {
        let replica = service.replica();
        let ask = async |channel| {
            let mut client = DeviceServiceClient::new(channel);
            client.get_device_crl(pb::GetDeviceCrlRequest {}).await.unwrap().into_inner().lists
        };
        let asked = (0..6).map(|n| {
            let channel = if n % 2 == 0 { service.channel(Some("auditor")) } else { replica.channel("auditor") };
            ask(channel)
        });
        let answers = join_all(asked).await;
        assert!(answers.iter().all(|lists| *lists == answers[0]), "one authority, one list");
        replica.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_offline_code_is_taken_once_with_a_step_of_drift_and_never_from_before() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let uri = bound(service, &person, &phone).await.totp_uri;
        let (fast, now) = (shown(service, &uri, 30), shown(service, &uri, 0));
        let answer = totp(service, &person, &now).await;
        assert_eq!((answer.outcome(), answer.drift_steps), (pb::VerifyTotpOutcome::Right, 0));
        let again = totp(service, &person, &now).await;
        assert_eq!((again.outcome(), again.tries_left), (pb::VerifyTotpOutcome::AlreadyUsed, 9));
        let answer = totp(service, &person, &fast).await;
        assert_eq!((answer.outcome(), answer.drift_steps), (pb::VerifyTotpOutcome::Right, 1));
        service.wait(STEP);
        let current = totp(service, &person, &shown(service, &uri, 0)).await.outcome();
        assert_eq!(current, pb::VerifyTotpOutcome::AlreadyUsed, "its step was taken ahead of time");
        for off in [-60, 60] {
            let wrong = totp(service, &person, &shown(service, &uri, off)).await;
            assert_eq!(wrong.outcome(), pb::VerifyTotpOutcome::Wrong, "{off}");
        }
        service.wait(STEP * 2);
        let slow = totp(service, &person, &shown(service, &uri, -30)).await;
        assert_eq!((slow.outcome(), slow.drift_steps), (pb::VerifyTotpOutcome::Right, -1));
        let entries = service.audit(&person.account()).await;
        let drifts: Vec<_> = entries.iter().filter_map(|entry| entry["facts"]["drift"].as_str()).collect();
        assert_eq!(drifts, ["0", "1", "-1"], "the drift is recorded");
    })
    .await;
}

#[tokio::test]
async fn an_offline_code_shown_on_two_connections_at_once_is_believed_once() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let uri = bound(service, &person, &phone).await.totp_uri;
        let code = shown(service, &uri, 0);
        let answers = join_all((0..8).map(|_| totp(service, &person, &code))).await;
        let outcomes: Vec<_> = answers.iter().map(pb::VerifyTotpResponse::outcome).collect();
        assert_eq!(outcomes.iter().filter(|one| **one == pb::VerifyTotpOutcome::Right).count(), 1, "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn wrong_offline_codes_are_counted_and_end_for_the_day() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let uri = bound(service, &person, &phone).await.totp_uri;
        let far = shown(service, &uri, 3_600);
        for left in (0..10).rev() {
            let answer = totp(service, &person, &far).await;
            assert_eq!((answer.outcome(), answer.tries_left), (pb::VerifyTotpOutcome::Wrong, left));
        }
        let stopped = totp(service, &person, &shown(service, &uri, 0)).await;
        assert_eq!(stopped.outcome(), pb::VerifyTotpOutcome::TooManyFailures);
        let retry = stopped.retry_at.unwrap().seconds - service.now().micros() / 1_000_000;
        service.wait(Duration::from_secs(retry.unsigned_abs()));
        let right = totp(service, &person, &shown(service, &uri, 0)).await;
        assert_eq!(right.outcome(), pb::VerifyTotpOutcome::Right, "a new day");
    })
    .await;
}

#[tokio::test]
async fn the_secret_of_offline_codes_is_handed_out_until_the_first_one_is_taken() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let code = counter_code(service, &person).await;
        let request = replacement(service, &person, &phone, Err(&code)).await;
        let first = replace(service, &request).await.device.unwrap();
        let lost_answer = replace(service, &request).await.device.unwrap();
        assert!(!first.totp_uri.is_empty() && first.totp_uri == lost_answer.totp_uri);
        let used = totp(service, &person, &shown(service, &first.totp_uri, 0)).await;
        assert_eq!(used.outcome(), pb::VerifyTotpOutcome::Right);
        let after = replace(service, &request).await.device.unwrap();
        assert_eq!(after, pb::BoundDevice { totp_uri: String::new(), ..first });
    })
    .await;
}

#[tokio::test]
async fn nothing_personal_and_no_secret_stands_in_certificates_lists_audit_or_the_store() {
    with(async |service| {
        let (person, phone) = (Person::new(service).await, Phone::new(1));
        let recorded = proved(service, &person).await;
        countersigned(service, "supervisor", &recorded.proof_id).await.unwrap();
        let request = replacement(service, &person, &phone, Err(&recorded.code)).await;
        let device = replace(service, &request).await.device.unwrap();
        let lost = revocation(service, &person, &device.device_id, pb::DeviceEndReason::Lost);
        devices(service).revoke_device(lost).await.unwrap();
        let list = lists(service).await.pop().unwrap();
        let mut audit: Vec<u8> = Vec::new();
        for entry in service.audit(&person.account()).await {
            audit.extend(entry.to_string().into_bytes());
        }
        let (number, state) = (&person.holder.number, &person.passport.number);
        let secret = device.totp_uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let typed = recorded.code.replace('-', "");
        let local = person.holder.phone.trim_start_matches("+84");
        for hidden in [number.as_str(), state, local, &secret, &typed, &recorded.code] {
            for public in [&device.certificate, &device.authority_certificate, &list.crl, &audit] {
                let found = public.windows(hidden.len()).any(|window| window == hidden.as_bytes());
                assert!(!found, "something hidden is shown");
            }
            assert!(!service.database().holds(hidden.as_bytes()).await, "something hidden is kept in clear");
        }
        let raw = Totp::from_url(&device.totp_uri).unwrap().secret().as_bytes().to_vec();
        assert!(!service.database().holds(&raw).await, "the secret is sealed");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_named_field_by_field() {
    with(async |service| {
        let mut app = devices(service);
        let refused = app.get_challenge(pb::GetChallengeRequest::default()).await.unwrap_err();
        assert_eq!(fields(&refused), ["account_id", "purpose", "key_thumbprint"]);
        let refused = app.replace_device(pb::ReplaceDeviceRequest::default()).await.unwrap_err();
        assert_eq!(fields(&refused), ["request_id", "account_id", "device_key", "challenge", "signature", "leave"]);
        let unknown = pb::GetChallengeRequest {
            new_contact: None,
            change_id: String::new(),
            account_id: service.id(),
            purpose: pb::DevicePurpose::Verify.into(),
            key_thumbprint: vec![0; 32],
        };
        let refused = app.get_challenge(unknown).await.unwrap_err();
        assert_eq!(reason(&refused), "ACCOUNT_NOT_FOUND");
    })
    .await;
}
