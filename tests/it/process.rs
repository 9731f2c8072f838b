//! The real program: killed in the middle of its work, stopped in order, and searched for what it must not hold.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use eid::domain::device::Step;
use eid::domain::time::Timestamp;
use eid::grpc::STEP_UP_CODE;
use eid::pki::{Authority, Leaf, PracticeCaller, Usage};
use eid::practice::{Applicant, Generator, identity_number};
use eid::proto as pb;
use eid::proto::activation_service_client::ActivationServiceClient;
use eid::proto::authority_service_client::AuthorityServiceClient;
use eid::proto::contact_service_client::ContactServiceClient;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::proto::proposal_service_client::ProposalServiceClient;
use eid::sys::{Clock, Dice};
use futures::future::join_all;
use pb::submit_response::Outcome;
use tokio::process::Command;
use tokio::sync::Notify;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::observe::asked;
use crate::support::collector::Collector;
use crate::support::database::{postgres, redis};
use crate::support::process::{Running, Site, ended};
use crate::support::redis::keys_in;
use crate::support::service::{Holder, reason};

fn now() -> Timestamp {
    Clock::System.now()
}

fn good(people: &mut Generator) -> Applicant {
    std::iter::repeat_with(|| people.applicant()).find(|one| !one.is_represented()).unwrap()
}

/// An applicant's request, under a fresh id.
fn request(people: &mut Generator) -> pb::SubmitRequest {
    let request_id = Dice::system().id(now()).to_string();
    pb::SubmitRequest { request_id, application: Some(good(people).application), ..pb::SubmitRequest::default() }
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

/// What came of handing requests in until the line broke.
struct Load {
    /// How many were handed in, whether or not an answer came.
    sent: usize,
    /// The receipts that came, by request id.
    answered: HashMap<String, String>,
}

/// Hands requests in, eight at a time, until the line breaks.
async fn load(officer: EnrolmentServiceClient<Channel>, requests: Vec<pb::SubmitRequest>, enough: Arc<Notify>) -> Load {
    let mut load = Load { sent: 0, answered: HashMap::new() };
    for batch in requests.chunks(8) {
        load.sent += batch.len();
        let calls = batch.iter().map(|request| {
            let mut officer = officer.clone();
            async move { (request.request_id.clone(), officer.submit(request.clone()).await) }
        });
        let mut broken = false;
        for (request_id, answer) in join_all(calls).await {
            match answer {
                Ok(answer) => {
                    let Some(Outcome::Accepted(receipt)) = answer.into_inner().outcome else { panic!("not accepted") };
                    load.answered.insert(request_id, receipt.enrolment_id);
                }
                // The service's own refusals have a reason: called too often. A broken line has none.
                Err(status) => broken |= reason(&status).is_empty(),
            }
        }
        if load.answered.len() >= 40 {
            enough.notify_one();
        }
        if broken {
            break;
        }
    }
    load
}

/// The receipt for a request, which is handed in again while the service says that it is called too often.
async fn receipt(officer: &mut EnrolmentServiceClient<Channel>, request: &pb::SubmitRequest) -> String {
    loop {
        match officer.submit(request.clone()).await {
            Err(status) if status.code() == Code::ResourceExhausted => {}
            answer => match answer.unwrap().into_inner().outcome {
                Some(Outcome::Accepted(receipt)) => return receipt.enrolment_id,
                _ => panic!("not accepted"),
            },
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_every_request_is_there_once_and_nothing_else_is() {
    let site = Site::new().await;
    let mut people = Generator::new(3, now());
    let requests: Vec<_> = (0..2_000).map(|_| request(&mut people)).collect();

    let running = site.start().await;
    let officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    let enough = Arc::new(Notify::new());
    let loading = tokio::spawn(load(officer, requests.clone(), Arc::clone(&enough)));
    enough.notified().await;
    running.kill().await;
    let Load { sent, answered } = loading.await.unwrap();
    assert!(answered.len() >= 40, "the load had begun: {}", answered.len());
    assert!(answered.len() < sent && sent < requests.len(), "the load was cut: {} of {sent}", answered.len());

    let running = site.start().await;
    let mut officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    let kept = listed(&mut officer).await;
    let distinct: HashSet<_> = kept.iter().cloned().collect();
    assert_eq!(distinct.len(), kept.len(), "none is there twice");
    assert!(answered.values().all(|id| distinct.contains(id)), "each that was answered is there");

    // The office repeats all that it handed in, answered or not.
    let mut receipts = HashSet::new();
    for request in &requests[..sent] {
        let id = receipt(&mut officer, request).await;
        assert!(answered.get(&request.request_id).is_none_or(|first| *first == id), "the first answer again");
        assert!(receipts.insert(id), "one receipt for each request");
    }
    assert!(distinct.is_subset(&receipts), "nothing was there that nobody handed in");
    let after = listed(&mut officer).await;
    assert_eq!(after.len(), sent);
    assert_eq!(after.into_iter().collect::<HashSet<_>>(), receipts);
    assert!(running.stop().await.1, "it ends well");
}

/// What must not be found outside the mailbox.
struct Secrets {
    /// Names, numbers, phones, addresses.
    personal: Vec<String>,
    /// Codes, six digits each.
    codes: Vec<String>,
    /// The holder's phone, E.164.
    phone: String,
}

/// One holder's whole way, with mistakes in it.
async fn whole_way(site: &Site, running: &Running) -> Secrets {
    let mut people = Generator::new(5, now());
    let applicant = std::iter::repeat_with(|| good(&mut people)).find(|one| !one.application.email.is_empty()).unwrap();
    let mut officer = EnrolmentServiceClient::new(site.channel(running, "officer-79-01").await);
    let request_id = || Dice::system().id(now()).to_string();

    let mut broken = applicant.application.clone();
    broken.person.as_mut().unwrap().family_name = "Zyxwvut 😀".to_owned();
    broken.phone = "0000 424 242".to_owned();
    assert!(
        officer
            .submit(pb::SubmitRequest {
                request_id: request_id(),
                application: Some(broken),
                ..pb::SubmitRequest::default()
            })
            .await
            .is_err()
    );
    let submit = pb::SubmitRequest {
        request_id: request_id(),
        application: Some(applicant.application.clone()),
        ..pb::SubmitRequest::default()
    };
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
    let phone = applicant.phone();
    let account = decided.account_id.clone();
    let holder = Holder::new(String::new(), account, number.clone(), phone.clone());
    holder.keep(app.send_code(holder.send_code(request_id())).await.unwrap().get_ref());
    let code = code_for(site, running, ("activation_code", 1), &phone).await;
    for typed in ["000000", &code] {
        app.activate(holder.activate(request_id(), typed)).await.unwrap();
    }

    let mut contacts = ContactServiceClient::new(site.channel(running, "administrator").await);
    let address = "brand.new@example.org".to_owned();
    let begin = pb::BeginRequest {
        request_id: request_id(),
        account_id: decided.account_id,
        new_contact: Some(pb::begin_request::NewContact::Email(address.clone())),
        repeats: String::new(),
        reason: "Brand new reason for it.".to_owned(),
    };
    let proposal_id = contacts.begin(coded("administrator", begin)).await.unwrap().into_inner().proposal_id;
    let mut second = ProposalServiceClient::new(site.channel(running, "administrator-2").await);
    let approval = pb::ApproveProposalRequest { request_id: request_id(), proposal_id };
    second.approve_proposal(coded("administrator-2", approval)).await.unwrap();
    let second_code = code_for(site, running, ("contact_code", 1), &address).await;

    let application = applicant.application;
    let (person, passport) = (application.person.unwrap(), application.passport.unwrap());
    let mut personal = vec![
        number,
        phone.trim_start_matches("+84").to_owned(),
        phone.clone(),
        application.phone,
        application.email,
        address,
        "Zyxwvut".to_owned(),
        "0000 424 242".to_owned(),
        passport.number,
        passport.mrz.lines().last().unwrap().to_owned(),
        application.residence_card.unwrap().number,
    ];
    personal.extend([person.family_name, person.given_names].into_iter().filter(|name| name.chars().count() > 3));
    Secrets { personal, codes: vec![code, second_code], phone }
}

/// Whether `text` holds `code` by itself: within a longer number or an identifier, chance may have put it.
fn holds_code(text: &[u8], code: &str) -> bool {
    let apart = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_hexdigit());
    (0..text.len()).filter(|&at| text[at..].starts_with(code.as_bytes())).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        apart(before) && apart(text.get(at + code.len()))
    })
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
async fn no_personal_data_code_or_number_is_in_the_log_metrics_traces_or_in_the_database() {
    let collector = Collector::start().await;
    let site = Site::new()
        .await
        .with_setting("EID__OBSERVE__LISTEN", "127.0.0.1:0")
        .with_setting("EID__OBSERVE__OTLP", &collector.url())
        .with_setting("EID__OBSERVE__TRACES_PER_THOUSAND", "1000");
    let running = site.start().await;
    let secrets = whole_way(&site, &running).await;
    let (_, metrics) = asked(&running.operators().await, "GET /metrics").await;
    let (log, well) = running.stop().await;
    assert!(well);
    let seen = format!("{metrics}\n{:?}", collector.spans());
    assert!(seen.contains("eid_calls_total") && seen.contains("ActivationService/Activate"), "calls are measured");
    assert!(seen.contains("INSERT INTO enrolment"), "statements are traced");
    for secret in secrets.personal.iter().chain(&secrets.codes) {
        let found = if secret.len() == 6 { holds_code(seen.as_bytes(), secret) } else { seen.contains(secret) };
        assert!(!found, "metrics or traces hold {secret:?}");
    }
    assert!(log.contains("EnrolmentService/Submit") && log.contains("answered"), "the log says what happened");
    let kept = site.kept().await;
    assert!(kept.len() > 10_000, "the database was read: {} bytes", kept.len());
    for secret in &secrets.personal {
        assert!(!log.contains(secret.as_str()), "the log, at its most talkative, holds {secret:?}");
        let found = kept.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "the database holds {secret:?}");
    }
    // Each line begins with the time, whose microseconds may look like any code.
    let untimed: Vec<_> = log.lines().map(|line| line.split_once(' ').map_or(line, |(_, rest)| rest)).collect();
    let mailbox = site.messages();
    for code in &secrets.codes {
        assert!(holds_code(mailbox.as_bytes(), code), "what is looked for can be found: the code was sent");
        assert!(!untimed.iter().any(|line| holds_code(line.as_bytes(), code)), "the log holds a code");
        assert!(!holds_code(&kept, code), "the database holds a code");
    }
    assert!(mailbox.contains(&secrets.phone), "what is looked for can be found: it went to the phone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_it_answers_what_is_under_way_and_ends_well() {
    let site = Site::new().await.with_setting("EID__OBSERVE__LISTEN", "127.0.0.1:0");
    let running = site.start().await;
    let channel = site.channel(&running, "officer-79-01").await;
    let (mut officer, mut same_line) = (EnrolmentServiceClient::new(channel.clone()), HealthClient::new(channel));
    let held = site.hold_writes().await;
    let submitting = officer.submit(request(&mut Generator::new(9, now())));
    tokio::pin!(submitting);
    // Calls on one line arrive in order: when the second is answered, the first is there.
    tokio::select! {
        biased;
        answer = &mut submitting => panic!("nothing can be written: {answer:?}"),
        answer = same_line.check(HealthCheckRequest::default()) => drop(answer.unwrap()),
    }
    let operators = running.operators().await;
    running.tell_to_stop().await;
    // It says so right after it was heard, and for as long as calls are under way.
    while !asked(&operators, "GET /readyz").await.1.contains("\"stopping\":true") {}
    assert_eq!(asked(&operators, "GET /readyz").await.0, 503, "no call is to come any more");
    assert_eq!(asked(&operators, "GET /livez").await.0, 200, "and it lives");
    held.release().await;
    let answer = submitting.await.unwrap().into_inner();
    assert!(matches!(answer.outcome, Some(Outcome::Accepted(_))));
    let (log, well) = running.end().await;
    assert!(well && !log.contains("cut off"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_watch_does_not_hold_up_the_end() {
    let site = Site::new().await;
    let running = site.start().await;
    let mut health = HealthClient::new(site.channel(&running, "operator").await);
    let watched = HealthCheckRequest { service: String::new() };
    let mut watching = health.watch(watched).await.unwrap().into_inner();
    assert!(watching.message().await.unwrap().is_some());
    let (log, well) = running.stop().await;
    assert!(well && !log.contains("cut off"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_redis_calls_are_counted_there() {
    let Some(url) = redis() else { return };
    let site = Site::new().await;
    let running = site.start().await;
    let officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    // A key dies within a second, when its burst is whole again: on a busy machine perhaps before it is looked for.
    let mut seen = false;
    for _ in 0..20 {
        let calls = (0..20).map(|_| {
            let mut officer = officer.clone();
            async move { officer.list(pb::ListRequest::default()).await.is_ok() }
        });
        assert!(join_all(calls).await.contains(&true));
        if !keys_in(url, "eid:limit:*:eid.issuance.v1.EnrolmentService/List:*").await.is_empty() {
            seen = true;
            break;
        }
    }
    assert!(seen, "the count is in Redis");
    let (log, well) = running.stop().await;
    assert!(well);
    // A busy machine may make it slow for a moment. Anything else is a fault.
    for fault in ["connection lost or refused", "the command was refused"] {
        assert!(!log.contains(fault), "Redis is away: {fault}");
    }
}

/// Calls with a certificate that the authority issues for `uri` and those days before or after now.
async fn call_with(
    (site, running): (&Site, &Running),
    authority: &Authority,
    uri: &str,
    days: std::ops::Range<i64>,
) -> anyhow::Result<EnrolmentServiceClient<Channel>> {
    let name = Dice::system().id(now()).to_string();
    let (certificate, key) = (site.home().join(format!("{name}.pem")), site.home().join(format!("{name}.key")));
    let leaf =
        Leaf { common_name: "someone", uri: Some(uri), usage: Usage::Client, valid: day(days.start)..day(days.end) };
    let issued = authority.issue(&leaf)?;
    std::fs::write(&certificate, issued.certificate_pem())?;
    std::fs::write(&key, issued.key_pem())?;
    site.connect(running, certificate, key).await.map(EnrolmentServiceClient::new)
}

/// So many days from now.
fn day(days: i64) -> Timestamp {
    Timestamp::from_micros(now().micros() + days * 86_400_000_000)
}

/// Asserts that the line itself was refused, when it was made or at its first call, as TLS 1.3 has it.
async fn assert_no_line(connected: anyhow::Result<EnrolmentServiceClient<Channel>>) {
    let Ok(mut officer) = connected else { return };
    let refused = officer.list(pb::ListRequest::default()).await.unwrap_err();
    assert_eq!(reason(&refused), "", "no answer of the service");
    let mut cause = std::error::Error::source(&refused);
    while cause.is_some_and(|error| !error.is::<tonic::transport::Error>()) {
        cause = cause.and_then(std::error::Error::source);
    }
    assert!(cause.is_some(), "a broken line: {refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_another_authority_or_expired_get_no_line_and_unknown_ones_no_answer() {
    let authority = Authority::new("the right one", day(-30)).unwrap();
    let site = Site::new().await.trusting(&authority);
    let running = site.start().await;
    let here = (&site, &running);

    let other = Authority::new("another", day(-30)).unwrap();
    assert_no_line(call_with(here, &other, "urn:eid:test:officer", -1..1).await).await;
    running.heard("invalid peer certificate: UnknownIssuer", 1).await;
    let of_the_same_name = Authority::new("the right one", day(-30)).unwrap();
    assert_no_line(call_with(here, &of_the_same_name, "urn:eid:test:officer", -1..1).await).await;
    running.heard("invalid peer certificate: BadSignature", 1).await;
    assert_no_line(call_with(here, &authority, "urn:eid:test:officer", -2..-1).await).await;
    running.heard("invalid peer certificate: certificate expired", 1).await;
    assert_no_line(call_with(here, &authority, "urn:eid:test:officer", 1..2).await).await;
    running.heard("invalid peer certificate: certificate not valid yet", 1).await;

    let mut unknown = call_with(here, &authority, "urn:eid:test:unknown", -1..1).await.unwrap();
    let refused = unknown.list(pb::ListRequest::default()).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Unauthenticated, "CERTIFICATE_UNKNOWN"));
    assert!(running.stop().await.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_entered_as_officer_is_let_in_as_officer_alone() {
    let authority = Authority::new("the right one", day(-30)).unwrap();
    let site = Site::new().await.trusting(&authority);
    let running = site.start().await;
    let issued = authority.issue(&Leaf {
        common_name: "someone",
        uri: Some("urn:eid:test:officer"),
        usage: Usage::Client,
        valid: day(-1)..day(1),
    });
    let (issued, certificate, key) =
        (issued.unwrap(), site.home().join("officer.pem"), site.home().join("officer.key"));
    std::fs::write(&certificate, issued.certificate_pem()).unwrap();
    std::fs::write(&key, issued.key_pem()).unwrap();
    let channel = site.connect(&running, certificate.clone(), key).await.unwrap();
    let mut officer = EnrolmentServiceClient::new(channel.clone());
    let early = officer.list(pb::ListRequest::default()).await.unwrap_err();
    assert_eq!(reason(&early), "CERTIFICATE_UNKNOWN");

    let add =
        ["staff", "add", "--role", "officer", "--office", "79-01", "--certificate", certificate.to_str().unwrap()];
    let said = site.run(&add).await.unwrap();
    assert!(said.contains("urn:eid:test:officer may now call as officer"), "{said}");
    officer.list(pb::ListRequest::default()).await.expect("an officer may list, on the line that was there before");
    let claim = pb::ClaimRequest { limit: 1, lease: None };
    let refused = AuthorityServiceClient::new(channel).claim(claim).await.unwrap_err();
    assert_eq!((refused.code(), reason(&refused).as_str()), (Code::PermissionDenied, "ROLE_NOT_ALLOWED"));
    let again = site.run(&add).await.unwrap_err();
    assert!(again.contains("in the directory already"), "{again}");
    let nobodys = site.run(&["workstation", "release", "q1-01"]).await.unwrap_err();
    assert!(nobodys.contains("No capture came under the name q1-01"), "{nobodys}");
    assert!(running.stop().await.1);
}

#[tokio::test]
async fn the_demo_plays_to_its_end_as_expected() {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_eid"));
    demo.args(["demo", "--applicants", "6", "--seed", "1"]);
    if let Some(url) = postgres() {
        demo.args(["--store", url]);
    }
    let said = ended(&mut demo).await.unwrap();
    let store = if postgres().is_some() { "store postgres" } else { "store sqlite" };
    assert!(said.contains(store), "{said}");
    let last = said.trim_end().lines().last().unwrap();
    assert!(last.starts_with("All ") && last.ends_with(" steps went as expected."), "{said}");
    // What the documents scene is there to show, in the order in which it is shown.
    let mut rest = said.as_str();
    for shown in [
        "ACCEPTED; data PROVEN, chip PROVEN",
        "vi: dữ liệu thật: có, đã chứng minh · chip thật: có, đã chứng minh",
        "REFUSED: chip.group-differs; data REFUTED",
        "REFUSED: chip.signer-revoked; data REFUTED",
        "REFERRED: mrz.name-differs, registry.name-differs",
        "passport.mrz (zone) “",
        "chip.dg1 (chip) “",
        "registry.name (immigration record) “",
        "REFUSED: residence-card.expired",
        "REFUSED: registry.card-cancelled",
        "FORWARDED",
        "overridden, with the reason",
        "all, unchanged, a face and 2 fingers",
        "CONFIRMED",
        "nothing is held",
    ] {
        rest = rest.split_once(shown).unwrap_or_else(|| panic!("{shown} is not shown:\n{said}")).1;
    }
}

/// The message with the code that the authenticator of a practice caller shows now.
fn coded<T>(stem: &str, message: T) -> Request<T> {
    let code = PracticeCaller::totp(stem).code(Step::at(Clock::System.now())).unwrap();
    let mut request = Request::new(message);
    request.metadata_mut().insert(STEP_UP_CODE, code.parse().unwrap());
    request
}
