//! What operators see: metrics with closed sets of labels, the health of each part, one trace for each call.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use eid::domain::enrolment::StageName;
use eid::grpc::POLICY;
use eid::observe::{METRICS, Part, Worker};
use eid::practice::Generator;
use eid::proto as pb;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::sys::{Clock, Dice};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::collector::{Collector, attribute};
use crate::support::process::Site;
use crate::support::service::{another, with};

/// Asks the port for operators; the status and what follows the head.
pub async fn asked(address: &str, question: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{question} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The labels of each sample: its metric, and pairs of name and value.
fn samples(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, rest) = line.split_once(['{', ' ']).unwrap();
            let pairs = if line.contains('{') { rest.rsplit_once('}').unwrap().0 } else { "" };
            let pairs = pairs.split(',').filter_map(|pair| pair.split_once('='));
            (
                name.to_owned(),
                pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect(),
            )
        })
        .collect()
}

/// Every value that a label may have.
fn closed_set(label: &str) -> Option<BTreeSet<String>> {
    const CODES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let set: Vec<&str> = match label {
        "method" => POLICY.iter().map(|rule| rule.method).chain(["unknown"]).collect(),
        "code" => CODES.to_vec(),
        "reason" => vec!["slow", "broken", "no-certificate", "unnamed"],
        "certificate" => vec!["server", "client-ca"],
        "purpose" => {
            vec!["activation", "phone-change", "email-change", "old-contact", "proof", "totp", "step-up"]
        }
        "outcome" => vec!["right", "wrong", "not-tried", "taken", "carrier", "throttled", "refused", "rejected"],
        "channel" => vec!["sms", "email"],
        "carrier" => vec!["file", "smpp", "smpp_backup", "smtp", "smtp_backup", "none"],
        "queue" => vec!["codes", "messages"],
        "stage" => StageName::ALL.iter().map(|stage| stage.name()).collect(),
        "lacks" => vec!["confirmation", "deletion"],
        "state" => vec!["busy", "idle"],
        "part" => Part::ALL.iter().map(|part| part.name()).collect(),
        "worker" => Worker::ALL.iter().map(|worker| worker.name()).collect(),
        "version" => vec![env!("CARGO_PKG_VERSION")],
        _ => return None,
    };
    Some(set.into_iter().map(str::to_owned).collect())
}

#[tokio::test]
async fn whatever_is_called_labels_are_of_closed_sets_and_hold_nobody() {
    with(async |service| {
        let applicant = service.applicant().await;
        let holder = service.holder_of(&applicant).await;
        let code = service.code_for(&holder).await;
        service.activate(&holder, &another(&code)).await;
        service.activate(&holder, &code).await;
        // A path that nobody serves is a stranger's word.
        let mut client = tonic::client::Grpc::new(service.channel(Some("officer")));
        client.ready().await.unwrap();
        let path = http::uri::PathAndQuery::try_from(format!("/{}/{}", holder.number, holder.account)).unwrap();
        let codec = tonic_prost::ProstCodec::<(), ()>::default();
        assert_eq!(client.unary(Request::new(()), path, codec).await.unwrap_err().code(), Code::Unimplemented);
        let app = service.app();
        app.count_backlog().await.unwrap();
        app.count_overdue_captures(&app.overdue_captures().await.unwrap());
        app.count_connections();
        app.meters().started(service.now(), &Worker::ALL);

        let text = app.meters().exposition().unwrap();
        let person = applicant.application.person.clone().unwrap();
        let passport = applicant.application.passport.clone().unwrap().number;
        let secrets = [&holder.number, &holder.phone, &holder.account, &holder.enrolment, &passport, &code];
        for secret in secrets.into_iter().chain([&person.family_name, &person.given_names]) {
            assert!(!text.contains(&format!("\"{secret}")) && !text.contains(&format!("{secret}\"")), "{secret}");
        }
        let known: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
        for (name, labels) in samples(&text) {
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
            let metric = METRICS.iter().find(|metric| metric.name == family);
            let metric = metric.unwrap_or_else(|| panic!("{name} is none of {known:?}"));
            let own = labels.iter().filter(|(label, _)| label != "le");
            assert_eq!(own.clone().count(), metric.labels.len(), "{name} {labels:?}");
            for (label, value) in own {
                let set = closed_set(label).unwrap_or_else(|| panic!("{name} has a label {label} of no closed set"));
                assert!(metric.labels.contains(&label.as_str()) && set.contains(value), "{name} {label}={value}");
            }
        }
        let count = |text: &str, begins: &str| {
            let line = text.lines().find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("{begins}"));
            line.rsplit_once(' ').unwrap().1.to_owned()
        };
        assert_eq!(count(&text, "eid_code_tries_total{outcome=\"right\",purpose=\"activation\"}"), "1");
        assert_eq!(count(&text, "eid_code_tries_total{outcome=\"wrong\",purpose=\"activation\"}"), "1");
        assert_eq!(count(&text, "eid_calls_total{code=\"UNIMPLEMENTED\",method=\"unknown\"}"), "1");
        assert_ne!(count(&text, "eid_delivery_age_seconds_count{channel=\"sms\"}"), "0");
        assert_eq!(count(&text, "eid_calls_in_flight{method=\"eid.issuance.v1.ActivationService/Activate\"}"), "0");
    })
    .await;
}

#[tokio::test]
async fn each_part_that_is_set_up_has_a_name_in_health() {
    with(async |service| {
        let mut health = HealthClient::new(service.channel(Some("operator")));
        for part in [Part::Database, Part::Schema, Part::Archive, Part::Sms, Part::Email] {
            let asked = HealthCheckRequest { service: part.name().to_owned() };
            // The first look at the parts may still be under way: whoever watches is told when it is over.
            let mut watching = health.watch(asked).await.unwrap().into_inner();
            while watching.message().await.unwrap().unwrap().status() != ServingStatus::Serving {}
        }
        let asked = HealthCheckRequest { service: Part::Registry.name().to_owned() };
        assert_eq!(health.check(asked).await.unwrap_err().code(), Code::NotFound, "no registry is asked");
    })
    .await;
}

/// Judges a scrape with Prometheus' own tool; nothing, if the pass has no such tool.
fn please_promtool(scrape: &str) {
    let Some(promtool) = std::env::var_os("EID_TEST_PROMTOOL").filter(|path| !path.is_empty()) else { return };
    let mut judging = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    judging.stdin.take().unwrap().write_all(scrape.as_bytes()).unwrap();
    let said = judging.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && words.trim().is_empty(), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_for_operators_answers_three_questions_and_no_other() {
    let site = Site::new().await.with_setting("EID__OBSERVE__LISTEN", "127.0.0.1:0");
    let running = site.start().await;
    let operators = running.operators().await;
    running.heard("serving=true", 1).await;
    let mut officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    officer.list(pb::ListRequest::default()).await.unwrap();

    assert_eq!(asked(&operators, "GET /livez").await, (200, "{\"alive\":true}\n".to_owned()));
    let (status, body) = asked(&operators, "GET /readyz").await;
    let told: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &told["ready"], &told["stopping"]), (200, &true.into(), &false.into()), "{body}");
    let parts = told["parts"].as_array().unwrap();
    for part in ["database", "schema"] {
        let one = serde_json::json!({ "part": part, "well": true, "needed": true });
        assert!(parts.contains(&one), "{body}");
    }
    let (status, scrape) = asked(&operators, "GET /metrics").await;
    assert_eq!(status, 200);
    for told in
        ["eid_connections 1\n", "eid_certificate_expiry_timestamp_seconds{certificate=\"server\"}", "eid_build_info"]
    {
        assert!(scrape.contains(told), "{told}\n{scrape}");
    }
    please_promtool(&scrape);
    for (question, status) in [("POST /metrics", 405), ("DELETE /readyz", 405), ("GET /", 404), ("GET /metrics/x", 404)]
    {
        assert_eq!(asked(&operators, question).await.0, status, "{question}");
    }
    let (_, well) = running.stop().await;
    assert!(well);
    assert!(TcpStream::connect(&operators).await.is_err(), "the port goes with the server");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_submission_is_one_trace_from_the_callers_span_to_each_statement() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const CALLER: &str = "00f067aa0ba902b7";
    let collector = Collector::start().await;
    let site = Site::new()
        .await
        .with_setting("EID__OBSERVE__OTLP", &collector.url())
        .with_setting("EID__OBSERVE__TRACES_PER_THOUSAND", "0")
        .with_setting("EID__LOG__FORMAT", "json");
    let running = site.start().await;
    let mut officer = EnrolmentServiceClient::new(site.channel(&running, "officer-79-01").await);
    let now = Clock::System.now();
    let mut people = Generator::new(3, now);
    let one = std::iter::repeat_with(|| people.applicant()).find(|one| !one.is_represented()).unwrap();
    let mut request = Request::new(pb::SubmitRequest {
        request_id: Dice::system().id(now).to_string(),
        application: Some(one.application.clone()),
        ..pb::SubmitRequest::default()
    });
    request.metadata_mut().insert("traceparent", format!("00-{TRACE}-{CALLER}-01").parse().unwrap());
    request.metadata_mut().insert("tracestate", "name=somebody".parse().unwrap());
    officer.submit(request).await.unwrap();
    // Not asked for, and the share is none.
    officer.list(pb::ListRequest::default()).await.unwrap();
    let (log, well) = running.stop().await;
    assert!(well, "{log}");

    let spans = collector.spans();
    let named = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    assert!(!spans.is_empty() && spans.iter().all(|span| hex::encode(&span.trace_id) == TRACE), "one trace: {spans:?}");
    let edge = named("eid.issuance.v1.EnrolmentService/Submit")[0];
    assert_eq!(hex::encode(&edge.parent_span_id), CALLER);
    assert_eq!(attribute(edge, "eid.role").as_deref(), Some("officer"));
    assert_eq!(attribute(edge, "eid.code").as_deref(), Some("OK"));
    let within = |span: &Span, other: &Span| {
        let mut at = span;
        while at.parent_span_id != other.span_id {
            let Some(parent) = spans.iter().find(|one| one.span_id == at.parent_span_id) else { return false };
            at = parent;
        }
        true
    };
    let unit = named("enrolment.received")[0];
    assert!(within(unit, edge));
    // On PostgreSQL it is sent together with others.
    let inserts =
        |span: &&Span| attribute(span, "db.query.text").is_some_and(|sql| sql.contains("INSERT INTO enrolment "));
    let inserted = spans.iter().find(inserts);
    let inserted = inserted.expect("the request is written");
    assert!(within(inserted, unit), "the writer's task goes on with the trace");
    let looked = named("SELECT").into_iter().find(|span| attribute(span, "db.response.returned_rows").is_some());
    assert!(looked.is_some(), "rows are told");
    assert!(named("SELECT").iter().all(|span| within(span, edge)));

    let seen = format!("{spans:?}");
    let (person, passport) = (one.application.person.unwrap(), one.application.passport.unwrap());
    for secret in [&person.family_name, &passport.number, &one.application.phone, &"somebody".to_owned()] {
        assert!(!seen.contains(secret.as_str()), "{secret}");
    }
    let answered =
        log.lines().find(|line| line.contains("EnrolmentService/Submit") && line.contains("answered")).unwrap();
    let answered: serde_json::Value = serde_json::from_str(answered).unwrap();
    assert_eq!(answered["trace_id"], TRACE, "the log names the trace");
    assert_eq!(answered["span_id"], hex::encode(&edge.span_id));
    let untraced =
        log.lines().find(|line| line.contains("EnrolmentService/List") && line.contains("answered")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(untraced).is_ok(), "{untraced}");
}
