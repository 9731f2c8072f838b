//! The restore drill, with the real program: a backup while requests come in, a loss, a restore, and what comes of all that
//! was done since. On SQLite alone: a server is backed up with its own means.

use std::collections::HashSet;
use std::path::PathBuf;

use eid::domain::time::Timestamp;
use eid::practice::{Generator, identity_number};
use eid::proto as pb;
use eid::proto::authority_service_client::AuthorityServiceClient;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::sys::{Clock, Dice};
use pb::submit_response::Outcome;
use serde_json::Value;
use tonic::transport::Channel;

use crate::support::database::on_postgres;
use crate::support::process::{Running, Site};

type Officer = EnrolmentServiceClient<Channel>;

fn now() -> Timestamp {
    Clock::System.now()
}

fn request_id() -> String {
    Dice::system().id(now()).to_string()
}

/// Requests of as many applicants.
fn requests(seed: u64, count: usize) -> Vec<pb::SubmitRequest> {
    let mut people = Generator::new(seed, now());
    let applicants = std::iter::repeat_with(|| people.applicant()).filter(|one| !one.is_represented()).take(count);
    applicants
        .map(|one| pb::SubmitRequest {
            request_id: request_id(),
            application: Some(one.application),
            ..pb::SubmitRequest::default()
        })
        .collect()
}

async fn officer(site: &Site, running: &Running) -> Officer {
    EnrolmentServiceClient::new(site.channel(running, "officer-79-01").await)
}

/// Hands a request in; its name.
async fn submitted(officer: &mut Officer, request: &pb::SubmitRequest) -> String {
    match officer.submit(request.clone()).await.unwrap().into_inner().outcome {
        Some(Outcome::Accepted(receipt)) => receipt.enrolment_id,
        _ => panic!("not accepted"),
    }
}

/// Names of the requests of the office.
async fn listed(officer: &mut Officer) -> HashSet<String> {
    let page = officer.list(pb::ListRequest { page_size: 500, ..Default::default() }).await.unwrap().into_inner();
    page.enrolments.into_iter().map(|enrolment| enrolment.enrolment_id).collect()
}

/// A request of the applicant is handed in and approved under that number: a notice goes out.
async fn issued(site: &Site, running: &Running, (request, number): (&pb::SubmitRequest, u32)) {
    let mut officer = officer(site, running).await;
    let enrolment_id = submitted(&mut officer, request).await;
    let mut authority = AuthorityServiceClient::new(site.channel(running, "authority").await);
    let claimed = authority.claim(pb::ClaimRequest { limit: 1, lease: None }).await.unwrap().into_inner();
    let approval = pb::Approval { identity_number: identity_number(number) };
    let decision = pb::RecordDecisionRequest {
        request_id: request_id(),
        enrolment_id,
        lease_id: claimed.lease_id,
        decision: Some(pb::record_decision_request::Decision::Approval(approval)),
    };
    authority.record_decision(decision).await.unwrap();
}

fn backup(site: &Site) -> PathBuf {
    site.home().join("backup.sqlite")
}

async fn run(site: &Site, command: &str, more: &[&str]) -> Result<String, String> {
    let file = backup(site);
    let arguments = [&[command, file.to_str().unwrap()], more].concat();
    site.run(&arguments).await
}

/// The names of the messages that left, in their order.
fn left(site: &Site) -> Vec<String> {
    let messages = site.messages();
    let lines = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_brings_back_a_state_that_was_and_repeats_bring_back_the_rest() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await.quiet();
    let running = site.start().await;
    let mut calls = officer(&site, &running).await;
    let requests = requests(41, 60);
    let mut names = Vec::new();
    for request in &requests[..20] {
        names.push(submitted(&mut calls, request).await);
    }
    // The backup is made somewhere in the middle of what follows.
    let (made, loaded) = tokio::join!(run(&site, "backup", &[]), async {
        let mut loaded = Vec::new();
        for request in &requests[20..] {
            loaded.push(submitted(&mut calls, request).await);
        }
        loaded
    });
    names.extend(loaded);
    let made = made.unwrap();
    assert!(made.contains("NOT in it: the key ring") && made.contains("entries of the audit log"), "{made}");

    let refused = run(&site, "restore", &["--replace"]).await.unwrap_err();
    assert!(refused.contains("stop the service first"), "{refused}");
    running.kill().await;
    let refused = run(&site, "restore", &[]).await.unwrap_err();
    assert!(refused.contains("--replace"), "{refused}");
    let restored = run(&site, "restore", &["--replace"]).await.unwrap();
    assert!(restored.contains("The former database is") && restored.contains("held"), "{restored}");

    let running = site.start().await;
    let mut calls = officer(&site, &running).await;
    let kept = listed(&mut calls).await;
    assert!((20..=60).contains(&kept.len()), "{}", kept.len());
    let first: HashSet<_> = names[..kept.len()].iter().cloned().collect();
    assert_eq!(kept, first, "one came after the other, and so they are there: up to one moment, and none after it");
    // The office repeats all of them. What was kept gets its first answer, what was lost is taken in anew.
    for (request, name) in requests.iter().zip(&names) {
        let again = submitted(&mut calls, request).await;
        assert_eq!(again == *name, kept.contains(name), "{name}");
    }
    assert_eq!(listed(&mut calls).await.len(), 60);
    assert!(running.stop().await.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_after_the_backup_does_not_leave_again_until_a_person_says_so() {
    if on_postgres() {
        return;
    }
    // Nobody answers there: the notice waits in the backup.
    let mut site = Site::new().await;
    let password = site.home().join("password");
    std::fs::write(&password, "secret").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&password, mode).unwrap();
    for (name, value) in [
        ("EID__CARRIERS__SMS", "smpp"),
        ("EID__CARRIERS__SMPP__ADDRESS", "127.0.0.1:1"),
        ("EID__CARRIERS__SMPP__TLS", "false"),
        ("EID__CARRIERS__SMPP__SYSTEM_ID", "eid"),
        ("EID__CARRIERS__SMPP__SENDER", "eID"),
        ("EID__CARRIERS__SMPP__PASSWORD_FILE", "password"),
    ] {
        site = site.with_setting(name, value);
    }
    let people = requests(43, 2);
    let running = site.start().await;
    issued(&site, &running, (&people[0], 7)).await;
    run(&site, "backup", &[]).await.unwrap();
    assert!(running.stop().await.1);

    // The carrier is back: the notice leaves. Then the database is lost.
    let site = site.with_setting("EID__CARRIERS__SMS", "file");
    let running = site.start().await;
    running.heard("kind=\"account_notice\"", 1).await;
    assert!(running.stop().await.1);
    let first = left(&site);
    assert_eq!(first.len(), 1);

    let restored = run(&site, "restore", &["--replace"]).await.unwrap();
    assert!(restored.contains("1 messages that waited are held"), "{restored}");
    let running = site.start().await;
    issued(&site, &running, (&people[1], 8)).await;
    running.heard("kind=\"account_notice\"", 1).await;
    let both = left(&site);
    assert_eq!(
        (both.len(), &both[0]),
        (2, &first[0]),
        "one after the other, oldest first: the first did not leave again"
    );
    assert_ne!(both[1], first[0]);
    let held = site.run(&["outbox", "list", "--failed"]).await.unwrap();
    assert!(held.contains(&first[0]) && held.contains("held") && held.contains("1 failed"), "{held}");

    site.run(&["outbox", "release"]).await.unwrap();
    running.heard("kind=\"account_notice\"", 2).await;
    assert_eq!(left(&site)[2], first[0], "under the name that the carrier may know");
    assert!(running.stop().await.1);
}
