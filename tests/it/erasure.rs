//! Captures and the real program: killed between archive and database, and searched for what it must not hold.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use eid::domain::audit::{Action, Actor, Entry};
use eid::domain::ids::{EnrolmentId, EntryId};
use eid::domain::time::Timestamp;
use eid::practice::Generator;
use eid::proto as pb;
use eid::proto::authority_service_client::AuthorityServiceClient;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::store::Unit;
use eid::sys::{Clock, Dice};
use pb::submit_response::Outcome;
use uuid::Uuid;

use crate::support::captures::{MARK, captures, hashes};
use crate::support::process::{Running, Site};

/// Every name of an object.
const ALL: RangeInclusive<Uuid> = Uuid::nil()..=Uuid::max();

fn now() -> Timestamp {
    Clock::System.now()
}

/// Hands a request in, and keeps captures with it; its name.
async fn with_captures(site: &Site, running: &Running, people: &mut Generator) -> String {
    let mut officer = EnrolmentServiceClient::new(site.channel(running, "officer-79-01").await);
    let applicant = std::iter::repeat_with(|| people.applicant()).find(|one| !one.is_represented()).unwrap();
    let request = pb::SubmitRequest {
        request_id: Dice::system().id(now()).to_string(),
        application: Some(applicant.application),
        ..pb::SubmitRequest::default()
    };
    let id = match officer.submit(request).await.unwrap().into_inner().outcome {
        Some(Outcome::Accepted(receipt)) => receipt.enrolment_id,
        _ => panic!("not accepted"),
    };
    let app = site.app().await;
    let (name, subject) = (EnrolmentId::parse(&id).unwrap(), Uuid::parse_str(&id).unwrap());
    let changes = app.keep_captures(name, &captures()).await.unwrap();
    let entry = EntryId::new(Dice::system().id(app.clock().now()));
    let entry = Entry::new(entry, app.clock().now(), Actor::Console, Action::EnrolmentReceived, subject);
    app.store().commit(Unit::new(entry).with_all(changes)).await.unwrap();
    id
}

/// What lies in the archive.
fn objects(site: &Site) -> Vec<PathBuf> {
    let places = std::fs::read_dir(site.home().join("captures/captures")).unwrap();
    let folders = places.map(|entry| entry.unwrap().path());
    folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captures_survive_kill_9_are_erased_after_it_and_are_never_in_the_log() {
    let (site, mut people) = (Site::new().await, Generator::new(5, now()));
    let running = site.start().await;
    let (kept, ended) =
        (with_captures(&site, &running, &mut people).await, with_captures(&site, &running, &mut people).await);
    let mut authority = AuthorityServiceClient::new(site.channel(&running, "authority").await);
    let claim = pb::ClaimRequest { limit: 10, lease: None };
    let lease = authority.claim(claim).await.unwrap().into_inner().lease_id;
    let sha256 = hashes(&captures()).into_iter().map(|hash| hash.to_vec()).collect();
    let confirm = pb::ConfirmCapturesRequest { enrolment_id: ended.clone(), sha256 };
    let confirmed = authority.confirm_captures(confirm.clone()).await.unwrap().into_inner();
    assert_eq!(confirmed.outcome(), pb::ConfirmCapturesOutcome::Confirmed);
    running.kill().await;
    // A call that was cut between the archive and the database.
    let orphan = objects(&site)[0].with_file_name(Dice::system().id(now()).to_string());
    std::fs::write(&orphan, "sealed").unwrap();
    std::fs::File::options().write(true).open(&orphan).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();

    let running = site.start().await;
    running.heard("objects that belonged to nothing were deleted", 1).await;
    let app = site.app().await;
    let gone = async { while app.store().reader().await.unwrap().kept_objects(ALL).await.unwrap().len() != 3 {} };
    tokio::time::timeout(Duration::from_mins(2), gone).await.expect("what was confirmed goes");
    assert_eq!(objects(&site).len(), 3);
    let mut authority = AuthorityServiceClient::new(site.channel(&running, "authority").await);
    let mut get = async |enrolment_id: &str| {
        let request = pb::GetCapturesRequest { enrolment_id: enrolment_id.to_owned(), lease_id: lease.clone() };
        authority.get_captures(request).await.unwrap().into_inner().captures
    };
    assert_eq!(get(&kept).await.unwrap().face.unwrap().content, captures().face.unwrap().content().as_bytes());
    assert!(get(&ended).await.is_none());
    let subject = Uuid::parse_str(&ended).unwrap();
    let entries = app.store().reader().await.unwrap().audit_of(subject).await.unwrap();
    let proven = |(entry, _): &&(Vec<u8>, bool)| String::from_utf8_lossy(entry).contains("\"capture.deleted\"");
    assert_eq!(entries.iter().filter(proven).count(), 3);

    let (log, well) = running.stop().await;
    assert!(well && log.contains("AuthorityService/GetCaptures"));
    let clear = [
        MARK.to_vec(),
        hex::encode(MARK).into_bytes(),
        format!("{MARK:?}").into_bytes(),
        BASE64.encode(MARK).into_bytes(),
    ];
    let kept = site.kept().await;
    for clear in clear {
        assert!(!log.as_bytes().windows(clear.len()).any(|window| window == clear), "the log, at its most talkative");
        assert!(!kept.windows(clear.len()).any(|window| window == clear), "the database");
    }
}
