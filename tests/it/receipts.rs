//! Receipts and slips: what the service signs, that it is the same each time, and that anyone can check it offline.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eid::domain::staff::Role;
use eid::domain::time::Timestamp;
use eid::grpc::submitted_content;
use eid::practice::Generator;
use eid::proto as pb;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::receipt::{Genuine, JwkSet, NotGenuine, PlainDigest, Salt, read};
use pb::submit_response::Outcome;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tonic::Code;

use crate::support::process::Site;
use crate::support::service::{Service, reason, with};

/// A request under a fresh name, and its receipt.
async fn handed_in(service: &Service) -> (pb::SubmitRequest, pb::Receipt) {
    let applicant = service.applicant().await;
    let request = pb::SubmitRequest {
        request_id: service.id(),
        application: Some(applicant.application),
        ..pb::SubmitRequest::default()
    };
    let receipt = receipt(service, &request).await;
    (request, receipt)
}

async fn receipt(service: &Service, request: &pb::SubmitRequest) -> pb::Receipt {
    match service.officer().submit(request.clone()).await.unwrap().into_inner().outcome {
        Some(Outcome::Accepted(receipt)) => receipt,
        _ => panic!("not accepted"),
    }
}

async fn keys(service: &Service) -> JwkSet {
    let mut anyone = EnrolmentServiceClient::new(service.channel(Some("auditor")));
    let answer = anyone.list_receipt_keys(pb::ListReceiptKeysRequest {}).await.unwrap().into_inner();
    let keys = JwkSet::parse(&answer.jwk_set).unwrap();
    assert_eq!(keys.keys().last().unwrap().id().as_str(), answer.current_key_id);
    keys
}

async fn slip(service: &Service, name: &str, enrolment_id: &str) -> Result<pb::GetSlipResponse, tonic::Status> {
    let request = pb::GetSlipRequest { enrolment_id: enrolment_id.to_owned(), format: pb::SlipFormat::Html.into() };
    service.officer_named(name).get_slip(request).await.map(tonic::Response::into_inner)
}

fn content(request: &pb::SubmitRequest) -> PlainDigest {
    submitted_content(request.application.as_ref(), request.chip.as_ref(), request.captures.as_ref())
}

/// The claims as they stand in the text.
fn payload(signed: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn a_receipt_is_genuine_and_says_what_is_stored() {
    with(async |service| {
        let (request, receipt) = handed_in(service).await;
        let Genuine { claims, key } = read(&receipt.signed, &keys(service).await).unwrap();
        let get = pb::GetRequest { enrolment_id: receipt.enrolment_id.clone() };
        let stored = service.officer().get(get).await.unwrap().into_inner().enrolment.unwrap();
        assert_eq!(claims.request.to_string(), stored.enrolment_id);
        assert_eq!(claims.office.as_str(), stored.office);
        assert_eq!(claims.received_at().micros() / 1_000_000, stored.received_at.unwrap().seconds);
        let (due, deadline) = (claims.due().unwrap(), stored.deadline.unwrap());
        let midnight = Timestamp::start_of(due.day.next_day().unwrap());
        assert_eq!(midnight.micros() / 1_000_000, deadline.due_at.unwrap().seconds, "midnight after the last day");
        assert_eq!(due.provisional, deadline.provisional);
        assert_eq!(key.as_str(), receipt.key_id);
        let genuine = Genuine { claims, key };
        let salt = Salt::parse(&receipt.content_salt).unwrap();
        assert_eq!(genuine.of(salt, content(&request)), Ok(()));
        let mut other = request;
        other.application.as_mut().unwrap().phone.push(' ');
        assert_eq!(genuine.of(salt, content(&other)), Err(NotGenuine::OtherContent));
    })
    .await;
}

#[tokio::test]
async fn a_repeat_gets_the_identical_receipt_whenever_it_comes() {
    with(async |service| {
        let (request, first) = handed_in(service).await;
        service.wait(std::time::Duration::from_hours(50));
        assert_eq!(receipt(service, &request).await, first);
        let (_, another) = handed_in(service).await;
        assert!(another.signed != first.signed && another.content_salt != first.content_salt);
    })
    .await;
}

#[tokio::test]
async fn a_correction_has_a_receipt_of_its_own_and_the_first_one_stays_as_it_was() {
    with(async |service| {
        let application = service.people(Generator::exchange_due).await.application;
        let request = pb::SubmitRequest {
            request_id: service.id(),
            application: Some(application.clone()),
            ..pb::SubmitRequest::default()
        };
        let first = receipt(service, &request).await;
        let back = pb::ReturnRequest {
            request_id: service.id(),
            enrolment_id: first.enrolment_id.clone(),
            reason: pb::ReturnReason::Document.into(),
            note: "The card is due for exchange.".to_owned(),
        };
        service.reviewer("supervisor").r#return(back).await.unwrap();
        let correction = pb::CorrectRequest {
            request_id: service.id(),
            enrolment_id: first.enrolment_id.clone(),
            application: Some(pb::Application { email: "someone@example.org".to_owned(), ..application }),
            ..pb::CorrectRequest::default()
        };
        let corrected = service.officer().correct(correction.clone()).await.unwrap().into_inner();
        let genuine = read(&corrected.signed, &keys(service).await).unwrap();
        assert_eq!(genuine.claims.request.to_string(), first.enrolment_id);
        let handed_in = submitted_content(correction.application.as_ref(), None, None);
        assert_eq!(genuine.of(Salt::parse(&corrected.content_salt).unwrap(), handed_in), Ok(()));
        service.wait(std::time::Duration::from_hours(1));
        let again = service.officer().correct(correction.clone()).await.unwrap().into_inner();
        assert_eq!((&again.signed, &again.content_salt), (&corrected.signed, &corrected.content_salt));
        assert_eq!(receipt(service, &request).await.signed, first.signed);
        assert!(corrected.signed != first.signed && corrected.content_salt != first.content_salt);
        assert_eq!(slip(service, "officer", &first.enrolment_id).await.unwrap().signed, corrected.signed);
    })
    .await;
}

#[tokio::test]
async fn a_receipt_holds_its_claims_and_nothing_of_the_person() {
    with(async |service| {
        let (_, receipt) = handed_in(service).await;
        let claims = payload(&receipt.signed);
        let names: BTreeSet<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        let allowed = BTreeSet::from(["sub", "iat", "office", "hash", "due", "provisional"]);
        assert!(names.is_subset(&allowed), "{names:?}");
        assert_eq!((&claims["sub"], &claims["office"]), (&Value::from(receipt.enrolment_id), &Value::from("79-01")));
        assert_eq!(URL_SAFE_NO_PAD.decode(claims["hash"].as_str().unwrap()).unwrap().len(), 32);
        assert!(!receipt.signed.contains(&receipt.content_salt));
    })
    .await;
}

#[tokio::test]
async fn the_slip_shows_the_receipt_and_little_of_the_person_and_the_look_is_recorded() {
    with(async |service| {
        let (request, receipt) = handed_in(service).await;
        let shown = slip(service, "officer", &receipt.enrolment_id).await.unwrap();
        assert_eq!((&shown.signed, &shown.key_id), (&receipt.signed, &receipt.key_id));
        let due = payload(&receipt.signed)["due"].as_str().unwrap().to_owned();
        let day: Vec<_> = due.split('-').rev().collect();
        assert!(shown.page.contains(&day.join("/")), "the deadline as it is written here");
        assert_eq!((shown.content_salt.as_str(), shown.media_type.as_str()), (receipt.content_salt.as_str(), HTML));
        let application = request.application.unwrap();
        let (person, passport) = (application.person.unwrap(), application.passport.unwrap());
        for there in [receipt.enrolment_id.as_str(), &receipt.key_id, "79-01", "1900 0368", "<svg"] {
            assert!(shown.page.contains(there), "{there}");
        }
        for gone in [&passport.number, &application.phone, &person.date_of_birth, &receipt.content_salt] {
            assert!(!shown.page.contains(gone.as_str()), "{gone}");
        }
        assert_eq!(
            service.actions(&receipt.enrolment_id).await.last().map(String::as_str),
            Some("enrolment.slip-printed")
        );
        assert!(slip(service, "supervisor", &receipt.enrolment_id).await.is_ok());
    })
    .await;
}

const HTML: &str = "text/html; charset=utf-8";

#[tokio::test]
async fn the_slip_of_another_office_is_not_found() {
    with(async |service| {
        let (_, receipt) = handed_in(service).await;
        service.register(Role::Officer, Some("01-01"), "elsewhere").await;
        for (name, id) in [("elsewhere", &receipt.enrolment_id), ("officer", &service.id())] {
            let refused = slip(service, name, id).await.unwrap_err();
            assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "ENROLMENT_NOT_FOUND"));
        }
        let strange = pb::GetSlipRequest { enrolment_id: receipt.enrolment_id.clone(), format: 7 };
        assert_eq!(service.officer().get_slip(strange).await.unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(service.actions(&receipt.enrolment_id).await, ["enrolment.received"]);
    })
    .await;
}

#[tokio::test]
async fn marks_in_a_name_are_text_on_the_slip() {
    with(async |service| {
        let mut applicant = service.applicant().await;
        applicant.application.person.as_mut().unwrap().given_names = "Anna 'onload' (\u{2019})".to_owned();
        let id = service.submitted(&applicant.application).await;
        let page = slip(service, "officer", &id).await.unwrap().page;
        assert!(page.contains("Anna &#39;onload&#39; (’)") && !page.contains("'onload'"));
    })
    .await;
}

#[tokio::test]
async fn a_request_of_before_receipts_has_a_slip_without_one_and_a_repeat_says_so() {
    with(async |service| {
        let (request, first) = handed_in(service).await;
        service.database().tamper("DELETE FROM receipt").await;
        let again = receipt(service, &request).await;
        assert_eq!(again.enrolment_id, first.enrolment_id);
        assert!(again.signed.is_empty() && again.key_id.is_empty() && again.content_salt.is_empty());
        let shown = slip(service, "officer", &first.enrolment_id).await.unwrap();
        assert!(shown.signed.is_empty() && !shown.page.contains("<svg"));
    })
    .await;
}

/// A message in the JSON form of the protocol.
fn json(message: &impl prost::Message, name: &str) -> String {
    let pool = DescriptorPool::decode(pb::DESCRIPTORS).unwrap();
    let descriptor = pool.get_message_by_name(&format!("eid.issuance.v1.{name}")).unwrap();
    let message = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).unwrap();
    serde_json::to_string_pretty(&message).unwrap()
}

/// What lies on the desk of somebody who checks receipts.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs `eid receipt verify` there; its exit code and all that it said.
    async fn verify(&self, arguments: &[&str], input: &str) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eid"));
        command.args(["receipt", "verify"]).args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that does not read its input closes it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        let Output { status, stdout, stderr } = child.wait_with_output().await.unwrap();
        let said = String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap();
        (status.code().unwrap(), said)
    }
}

#[tokio::test]
async fn a_receipt_is_checked_offline_as_text_file_input_or_scanned_digits() {
    with(async |service| {
        let (_, receipt) = handed_in(service).await;
        let (desk, set) = (Desk::new(), keys(service).await);
        desk.file("keys.json", &set.to_json());
        let digits = read_signed(&receipt).to_digits();
        let lines: Vec<_> = digits.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        desk.file("receipt.txt", &receipt.signed);
        desk.file("receipt.json", &json(&receipt, "Receipt"));
        for (argument, input) in [
            (receipt.signed.as_str(), ""),
            (digits.as_str(), ""),
            ("receipt.txt", ""),
            ("receipt.json", ""),
            ("-", receipt.signed.as_str()),
            ("-", lines.join("\r\n").as_str()),
        ] {
            let (code, said) = desk.verify(&[argument, "--keys", "keys.json"], input).await;
            assert_eq!(code, 0, "{said}");
            assert!(
                said.contains("Genuine: signed") && said.contains("Biên nhận thật") && said.contains(&receipt.key_id)
            );
            assert!(said.contains(&receipt.enrolment_id) && said.contains("79-01"), "{said}");
        }
        let altered = receipt.signed.replacen(&receipt.signed[200..203], "AAA", 1);
        let (code, said) = desk.verify(&[&altered, "--keys", "keys.json", "--format", "json"], "").await;
        let report: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((code, &report["genuine"], &report["verdict"]), (1, &false.into(), &"altered".into()));
        let shouted = receipt.signed.to_uppercase();
        let (code, said) = desk.verify(&["-", "--keys", "keys.json"], &shouted).await;
        assert!(code == 1 && said.contains("one-case"), "{said}");
    })
    .await;
}

fn read_signed(receipt: &pb::Receipt) -> eid::receipt::Signed {
    eid::receipt::Signed::from_stored(receipt.signed.clone())
}

#[tokio::test]
async fn a_receipt_is_checked_against_the_file_that_was_submitted() {
    with(async |service| {
        let (request, receipt) = handed_in(service).await;
        let (desk, set) = (Desk::new(), keys(service).await);
        desk.file("eid-dev-keys.json", &set.to_json());
        desk.file("request.json", &json(&request, "SubmitRequest"));
        let mut other = request.clone();
        other.application.as_mut().unwrap().email = "someone@example.org".to_owned();
        desk.file("other.json", &json(&other, "SubmitRequest"));
        desk.file("broken.json", "{\"application\": {\"person\": {\"family_name\": 7}}}");
        let outcome = Some(Outcome::Accepted(receipt.clone()));
        let answer = pb::SubmitResponse { outcome, ..pb::SubmitResponse::default() };
        desk.file("answer.json", &json(&answer, "SubmitResponse"));
        let verify = async |arguments: &[&str]| {
            let keys = ["--keys", "eid-dev-keys.json", "--format", "json"];
            desk.verify(&[arguments, &keys].concat(), "").await
        };
        let salt = receipt.content_salt.as_str();
        for arguments in [
            ["answer.json", "--content", "request.json"].as_slice(),
            &[&receipt.signed, "--content", "request.json", "--salt", salt],
        ] {
            let (code, said) = verify(arguments).await;
            let report: Value = serde_json::from_str(&said).unwrap();
            assert_eq!((code, &report["receipt"]["content"]), (0, &"same".into()));
        }
        let (code, said) = verify(&["answer.json", "--content", "other.json"]).await;
        let report: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((code, &report["verdict"]), (1, &"other-content".into()));
        assert_eq!(report["receipt"]["request"].as_str().unwrap(), receipt.enrolment_id);
        for (arguments, told) in [
            ([receipt.signed.as_str(), "--content", "request.json"].as_slice(), "the salt is missing"),
            (&["answer.json", "--content", "broken.json"], "application.person.family_name must be a text"),
            (&["answer.json", "--content", "none.json"], "none.json cannot be read"),
            (&["none.json"], "there is no such file"),
            (&["request.json"], "no field signed"),
            (&[&receipt.signed, "--content", "request.json", "--salt", "short"], "Not a salt"),
        ] {
            let (code, said) = verify(arguments).await;
            assert!(code == 3 && said.contains(told), "{code} {said}");
        }
    })
    .await;
}

#[tokio::test]
async fn keys_that_are_missing_or_of_others_are_told() {
    with(async |service| {
        let (_, receipt) = handed_in(service).await;
        let desk = Desk::new();
        let (code, said) = desk.verify(&[&receipt.signed], "").await;
        assert!(code == 3 && said.contains("eid receipt keys"), "{said}");
        let others = JwkSet::new(vec![eid::receipt::PublicKey::new([1; 32])]);
        desk.file("others.json", &others.to_json());
        let (code, said) = desk.verify(&[&receipt.signed, "--keys", "others.json"], "").await;
        assert!(code == 1 && said.contains("unknown-key") && said.contains(&receipt.key_id), "{said}");
        desk.file("none.json", "{\"keys\": []}");
        let (code, said) = desk.verify(&[&receipt.signed, "--keys", "none.json"], "").await;
        assert!(code == 3 && said.contains("no Ed25519 key"), "{said}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_prints_a_slip_and_old_receipts_stay_genuine_after_a_rotation() {
    let site = Site::new().await;
    let running = site.start().await;
    let pki = eid::pki::load(&site.home().join("pki")).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let connection = |url: String| {
        let (stem, ca) = ("officer-79-01", path(&pki.server_ca_path()));
        let (cert, key) = (path(&pki.cert_path(stem)), path(&pki.key_path(stem)));
        ["--server".into(), url, "--ca".into(), ca, "--cert".into(), cert, "--key".into(), key]
    };
    let office = connection(running.url());
    let run = async |arguments: &[&str], office: &[String]| {
        let all: Vec<_> = arguments.iter().copied().chain(office.iter().map(String::as_str)).collect();
        site.run(&all).await
    };
    let example = format!("{}/docs/examples/submit.json", env!("CARGO_MANIFEST_DIR"));
    let said = run(&["office", "submit", &example], &office).await.unwrap();
    let id = said.split_whitespace().find(|word| word.len() == 36).unwrap().to_owned();
    let page = path(&site.home().join("slip.html"));
    let (kept, keys) = (path(&site.home().join("receipt.json")), path(&site.home().join("receipt-keys.json")));
    run(&["office", "slip", &id, "--out", &page, "--receipt", &kept], &office).await.unwrap();
    let said = site.run(&["receipt", "verify", &kept, "--content", &example, "--keys", &keys]).await.unwrap();
    assert!(said.contains("for this content"), "{said}");
    assert!(std::fs::read_to_string(&page).unwrap().contains(&id));
    assert!(run(&["office", "slip", "0193", "--out", &page], &office).await.unwrap_err().contains("enrolment_id"));
    let before = run(&["receipt", "keys"], &office).await.unwrap();
    assert_eq!(before, std::fs::read_to_string(site.home().join("receipt-keys.json")).unwrap());
    let mut counter = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    let request = pb::GetSlipRequest { enrolment_id: id, ..Default::default() };
    let old = counter.get_slip(request.clone()).await.unwrap().into_inner().signed;
    running.kill().await;

    let ring = path(&site.home().join("keys.json"));
    site.run(&["keys", "rotate-receipt", &ring]).await.unwrap();
    let running = site.start().await;
    let file = path(&site.home().join("fetched.json"));
    run(&["receipt", "keys", "--out", &file], &connection(running.url())).await.unwrap();
    let after = JwkSet::parse(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(after.keys().len(), JwkSet::parse(&before).unwrap().keys().len() + 1);
    let said = site.run(&["receipt", "verify", &old, "--keys", &file]).await.unwrap();
    assert!(said.contains("Genuine"), "{said}");
    let mut counter = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    assert_eq!(counter.get_slip(request).await.unwrap().into_inner().signed, old, "kept as it was signed");
    running.kill().await;
}
