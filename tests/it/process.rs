//! The real program: killed in the middle of its work, stopped in order, and searched for what it must not hold.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use eid::domain::time::Timestamp;
use eid::pki::{Authority, Leaf, Usage};
use eid::practice::{Applicant, Generator, identity_number};
use eid::proto as pb;
use eid::proto::activation_service_client::ActivationServiceClient;
use eid::proto::authority_service_client::AuthorityServiceClient;
use eid::proto::contact_service_client::ContactServiceClient;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::sys::{Clock, Dice};
use futures::future::join_all;
use pb::submit_response::Outcome;
use tokio::sync::Notify;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::support::process::{Running, Site};

fn now() -> Timestamp {
    Clock::System.now()
}

fn good(people: &mut Generator) -> Applicant {
    std::iter::repeat_with(|| people.applicant()).find(|one| !one.is_represented()).unwrap()
}

/// Every request of the office, by id.
async fn listed(officer: &mut EnrolmentServiceClient<Channel>) -> Vec<String> {
    let (mut ids, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListRequest { page_size: 500, page_token, ..Default::default() };
        let page = officer.list(request).await.unwrap().into_inner();
        ids.extend(page.enrolments.into_iter().map(|enrolment| enrolment.enrolment_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return ids;
        }
    }
}

/// Hands requests in, eight at a time, until the line breaks; the answers that came, by request id.
async fn load(
    officer: EnrolmentServiceClient<Channel>,
    requests: Vec<pb::SubmitRequest>,
    enough: Arc<Notify>,
) -> HashMap<String, String> {
    let mut answered = HashMap::new();
    for batch in requests.chunks(8) {
        let calls = batch.iter().map(|request| {
            let mut officer = officer.clone();
            async move { (request.request_id.clone(), officer.submit(request.clone()).await) }
        });
        for (request_id, answer) in join_all(calls).await {
            if let Ok(answer) = answer
                && let Some(Outcome::Accepted(receipt)) = answer.into_inner().outcome
            {
                answered.insert(request_id, receipt.enrolment_id);
            }
        }
        if answered.len() >= 40 {
            enough.notify_one();
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_every_answered_request_is_there_once_and_none_twice() {
    let site = Site::new().await;
    let mut people = Generator::new(3, now());
    let requests: Vec<_> = (0..2_000)
        .map(|_| pb::SubmitRequest {
            request_id: Dice::system().id(now()).to_string(),
            application: Some(good(&mut people).application),
        })
        .collect();

    let running = site.start().await;
    let officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    let enough = Arc::new(Notify::new());
    let loading = tokio::spawn(load(officer, requests.clone(), Arc::clone(&enough)));
    enough.notified().await;
    running.kill().await;
    let answered = loading.await.unwrap();
    assert!(answered.len() >= 40, "the load had begun: {}", answered.len());
    assert!(answered.len() < requests.len(), "the load was cut: {}", answered.len());

    let running = site.start().await;
    let mut officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    let kept = listed(&mut officer).await;
    let distinct: HashSet<_> = kept.iter().collect();
    assert_eq!(distinct.len(), kept.len(), "none is there twice");
    assert!(answered.values().all(|id| distinct.contains(id)), "each that was answered is there");

    // The office repeats what it handed in around the break: the same requests, not more of them.
    let repeated = &requests[..answered.len() + 16];
    for request in repeated {
        let answer = officer.submit(request.clone()).await.unwrap().into_inner();
        let Some(Outcome::Accepted(receipt)) = answer.outcome else { panic!("not accepted") };
        if let Some(first) = answered.get(&request.request_id) {
            assert_eq!(*first, receipt.enrolment_id);
        }
    }
    let after = listed(&mut officer).await;
    assert_eq!(after.iter().collect::<HashSet<_>>().len(), after.len());
    assert!(after.len() <= kept.len() + repeated.len() && after.len() >= repeated.len());
    assert!(running.stop().await.1, "it ends well");
}

/// One holder's whole way, with mistakes in it; what must not be found anywhere.
async fn whole_way(site: &Site, running: &Running) -> Vec<String> {
    let mut people = Generator::new(5, now());
    let applicant = std::iter::repeat_with(|| good(&mut people)).find(|one| !one.application.email.is_empty()).unwrap();
    let mut officer = EnrolmentServiceClient::new(site.channel(running, "officer-79-01").await);
    let request_id = || Dice::system().id(now()).to_string();

    let mut broken = applicant.application.clone();
    broken.person.as_mut().unwrap().family_name = "Zyxwvut 😀".to_owned();
    broken.phone = "0000 424 242".to_owned();
    assert!(officer.submit(pb::SubmitRequest { request_id: request_id(), application: Some(broken) }).await.is_err());
    let submit = pb::SubmitRequest { request_id: request_id(), application: Some(applicant.application.clone()) };
    let Some(Outcome::Accepted(receipt)) = officer.submit(submit).await.unwrap().into_inner().outcome else {
        panic!("not accepted")
    };
    officer.get(pb::GetRequest { enrolment_id: receipt.enrolment_id.clone() }).await.unwrap();

    let mut authority = AuthorityServiceClient::new(site.channel(running, "authority").await);
    let claimed = authority.claim(pb::ClaimRequest { limit: 1, lease: None }).await.unwrap().into_inner();
    let number = identity_number(4_242);
    let approval = pb::Approval { identity_number: number.clone() };
    let decided = authority
        .record_decision(pb::RecordDecisionRequest {
            request_id: request_id(),
            enrolment_id: receipt.enrolment_id,
            lease_id: claimed.lease_id,
            decision: Some(pb::record_decision_request::Decision::Approval(approval)),
        })
        .await
        .unwrap()
        .into_inner();

    let mut app = ActivationServiceClient::new(site.channel(running, "app-backend").await);
    let (identity_number, phone) = (number.clone(), applicant.phone());
    let send = pb::SendCodeRequest {
        request_id: request_id(),
        identity_number: identity_number.clone(),
        phone: phone.clone(),
    };
    app.send_code(send).await.unwrap();
    let code = code_for(site, running, ("activation_code", 1), &phone).await;
    for typed in ["000000", &code] {
        let (identity_number, phone) = (identity_number.clone(), phone.clone());
        let activate = pb::ActivateRequest { request_id: request_id(), identity_number, phone, code: typed.to_owned() };
        app.activate(activate).await.unwrap();
    }

    let mut contacts = ContactServiceClient::new(site.channel(running, "administrator").await);
    let address = "brand.new@example.org".to_owned();
    let begin = pb::BeginRequest {
        request_id: request_id(),
        account_id: decided.account_id,
        new_contact: Some(pb::begin_request::NewContact::Email(address.clone())),
    };
    contacts.begin(begin).await.unwrap();
    let second_code = code_for(site, running, ("contact_code", 1), &address).await;

    let application = applicant.application;
    let (person, passport) = (application.person.unwrap(), application.passport.unwrap());
    let mut secrets = vec![
        number,
        phone.trim_start_matches("+84").to_owned(),
        phone,
        application.phone,
        application.email,
        address,
        "Zyxwvut".to_owned(),
        "0000 424 242".to_owned(),
        passport.number,
        passport.mrz.lines().last().unwrap().to_owned(),
        application.residence_card.unwrap().number,
        code,
        second_code,
    ];
    secrets.extend([person.family_name, person.given_names].into_iter().filter(|name| name.chars().count() > 3));
    secrets
}

/// The code that reached `destination`, after the program has said so many times that it sent messages of that kind.
async fn code_for(site: &Site, running: &Running, (kind, times): (&str, usize), destination: &str) -> String {
    running.heard(&format!("kind=\"{kind}\""), times).await;
    let messages = site.messages();
    let lines = messages.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mut codes = lines.filter(|line| line["to"] == destination && line["code"].is_string());
    codes.next().expect("a code was sent there")["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_personal_data_code_or_number_is_in_the_log_or_in_the_database() {
    let site = Site::new().await;
    let running = site.start().await;
    let secrets = whole_way(&site, &running).await;
    let (log, well) = running.stop().await;
    assert!(well);
    assert!(log.contains("EnrolmentService/Submit") && log.contains("answered"), "the log says what happened");
    let kept = site.kept().await;
    assert!(kept.len() > 10_000, "the database was read: {} bytes", kept.len());
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "the log, at its most talkative, holds {secret:?}");
        let found = kept.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "the database holds {secret:?}");
    }
    assert!(
        site.messages().contains(&secrets[0])
            || site.messages().contains(secrets.last().unwrap())
            || !site.messages().is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_answers_what_is_under_way_and_ends_well() {
    let site = Site::new().await;
    let running = site.start().await;
    let mut officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    let mut people = Generator::new(9, now());
    let request = pb::SubmitRequest {
        request_id: Dice::system().id(now()).to_string(),
        application: Some(good(&mut people).application),
    };
    officer.submit(request).await.unwrap();
    let mut health = HealthClient::new(site.channel(&running, "operator").await);
    let watched = HealthCheckRequest { service: String::new() };
    let mut watching = health.watch(watched).await.unwrap().into_inner();
    assert!(watching.message().await.unwrap().is_some());
    let (log, well) = running.stop().await;
    assert!(well, "{log}");
    assert!(log.contains("stopping") && !log.contains("cut off"), "an open watch does not hold it up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_another_authority_expired_or_unknown_are_refused() {
    let site = Site::new().await;
    let running = site.start().await;
    let folder = tempfile::tempdir().unwrap();
    let (day, year) = (Duration::from_hours(24), Duration::from_hours(24 * 365));
    let past = |by: Duration| Timestamp::from_micros(now().micros() - i64::try_from(by.as_micros()).unwrap());
    let stranger = Authority::new("someone else", past(year)).unwrap();
    let uri = Some("urn:eid:practice:officer-79-01");
    for (name, valid) in [("another authority", past(day)..now().plus(day)), ("expired", past(year)..past(day))] {
        let leaf = Leaf { common_name: name, uri, usage: Usage::Client, valid };
        let issued = stranger.issue(&leaf).unwrap();
        let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
        std::fs::write(&certificate, issued.certificate_pem()).unwrap();
        std::fs::write(&key, issued.key_pem()).unwrap();
        // In TLS 1.3 a refusal shows when the connection is made or at the first call.
        if let Ok(channel) = site.connect(&running, certificate, key).await {
            let refused = EnrolmentServiceClient::new(channel).list(pb::ListRequest::default()).await;
            assert!(refused.is_err(), "{name}");
        }
    }
    // The right authority, but nobody entered this certificate in the directory: the server's own.
    let pki = eid::pki::load(&site.home().join("pki")).unwrap();
    if let Ok(channel) = site.connect(&running, pki.server_cert_path(), pki.server_key_path()).await {
        assert!(EnrolmentServiceClient::new(channel).list(pb::ListRequest::default()).await.is_err());
    }
    let mut officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    assert!(officer.list(pb::ListRequest::default()).await.is_ok(), "the right one is let in all the while");
    assert!(running.stop().await.1);
}
