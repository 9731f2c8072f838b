//! Watching an office: every event once and in order, whatever is cut, restarted or slow.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eid::domain::office::{COLUMNS, read as records};
use eid::domain::staff::{OfficeCode, Role};
use eid::domain::time::Timestamp;
use eid::proto as pb;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::store::{Change, Unit};
use eid::sys::Dice;
use futures::future::join_all;
use time::macros::date;
use tonic::{Code, Status, Streaming};

use crate::support::process::Site;
use crate::support::records::{Records, received};
use crate::support::service::{Channel, Replica, Service, certificate, fields, reason, with};

type Stream = Streaming<pb::WatchResponse>;

/// Begins to watch; lets time pass when that was too often.
async fn watch(service: &Service, channel: Channel, token: &str) -> Result<Stream, Status> {
    let mut client = EnrolmentServiceClient::new(channel);
    loop {
        let request = pb::WatchRequest { resume_token: token.to_owned() };
        match client.watch(request).await {
            Err(refused) if reason(&refused) == "TOO_MANY_CALLS" => service.wait(Duration::from_secs(1)),
            answer => return answer.map(tonic::Response::into_inner),
        }
    }
}

pub async fn watched_by(service: &Service, who: &str, token: &str) -> Result<Stream, Status> {
    watch(service, service.channel(Some(who)), token).await
}

/// The next message, which comes within a minute.
pub async fn next<T>(stream: &mut Streaming<T>) -> Result<T, Status> {
    let message = tokio::time::timeout(Duration::from_mins(1), stream.message()).await.expect("a message comes");
    message.map(|message| message.expect("the call does not end without a word"))
}

/// How the stream ends.
pub async fn end<T>(stream: &mut Streaming<T>) -> Status {
    loop {
        if let Err(status) = next(stream).await {
            return status;
        }
    }
}

/// Where the present is.
pub async fn present(service: &Service, who: &str) -> String {
    let first = next(&mut watched_by(service, who, "").await.unwrap()).await.unwrap();
    assert!(first.change.is_none(), "the first message tells the place and nothing else");
    first.resume_token
}

/// Everything after `token` that has happened by now: request and verb; and where that ends.
pub async fn caught_up(service: &Service, who: &str, token: &str) -> (Vec<(String, String)>, String) {
    let mut stream = watched_by(service, who, token).await.unwrap();
    let mut heard = Vec::new();
    loop {
        let message = next(&mut stream).await.unwrap();
        match message.change {
            Some(change) => heard.push(told(&change)),
            None => return (heard, message.resume_token),
        }
    }
}

fn told(change: &pb::EnrolmentChange) -> (String, String) {
    let (event, enrolment) = (change.event.as_ref().unwrap(), change.enrolment.as_ref().unwrap());
    (enrolment.enrolment_id.clone(), event.verb.clone())
}

/// What a test knows to have happened, by request.
type Ledger = BTreeMap<String, Vec<String>>;

fn note(ledger: &mut Ledger, id: &str, verb: &str) {
    ledger.entry(id.to_owned()).or_default().push(verb.to_owned());
}

/// Hands one request in.
async fn hand_in(service: &Service, ledger: &mut Ledger) {
    let applicant = service.applicant().await;
    let answer = service.submit(&applicant.application).await.unwrap();
    let Some(pb::submit_response::Outcome::Accepted(receipt)) = answer.outcome else { panic!("not accepted") };
    note(ledger, &receipt.enrolment_id, "receive");
    let referred = receipt.state() == pb::EnrolmentState::Referred;
    note(ledger, &receipt.enrolment_id, if referred { "refer" } else { "forward" });
}

/// Moves what the authority claims on, at random.
async fn decide_some(service: &Service, dice: &Dice, ledger: &mut Ledger) {
    let claimed = service.authority().claim(pb::ClaimRequest { limit: 25, lease: None }).await.unwrap().into_inner();
    for one in &claimed.enrolments {
        note(ledger, &one.enrolment_id, "claim");
        let held = (one.enrolment_id.as_str(), claimed.lease_id.as_str());
        let verb = match dice.bytes::<1>()[0] % 4 {
            0 => {
                service.approve(held, &service.number()).await.unwrap();
                "issue"
            }
            1 => {
                let refusal = pb::AuthorityRefusal { reason: pb::RefusalReason::Other.into() };
                service.decide(held, pb::record_decision_request::Decision::Refusal(refusal)).await.unwrap();
                "refuse"
            }
            2 => {
                let note = "The page is cut off.".to_owned();
                let wanted = pb::MoreInformation { reason: pb::ReturnReason::Data.into(), note };
                service.decide(held, pb::record_decision_request::Decision::MoreInformation(wanted)).await.unwrap();
                "return"
            }
            _ => continue,
        };
        note(ledger, &one.enrolment_id, verb);
    }
}

/// Gives up one request in five of those that may be.
async fn withdraw_some(service: &Service, dice: &Dice, ledger: &mut Ledger) {
    for id in ledger.keys().cloned().collect::<Vec<_>>() {
        if !dice.bytes::<1>()[0].is_multiple_of(5) {
            continue;
        }
        let reason = pb::WithdrawalReason::Applicant.into();
        let request = pb::WithdrawRequest { request_id: service.id(), enrolment_id: id.clone(), reason };
        if service.officer().withdraw(request).await.is_ok() {
            note(ledger, &id, "withdraw");
        }
    }
}

/// Two hundred requests that come in and move, with a ledger of its own.
async fn moved(service: &Service, dice: &Dice) -> Ledger {
    let mut ledger = Ledger::new();
    for _ in 0..10 {
        for _ in 0..20 {
            hand_in(service, &mut ledger).await;
        }
        service.wait(Duration::from_secs(2));
        decide_some(service, dice, &mut ledger).await;
        withdraw_some(service, dice, &mut ledger).await;
        service.wait(Duration::from_secs(2));
    }
    ledger
}

/// Watches until `done` and nothing else is told, cut off again and again; whatever was heard, in order.
async fn heard_in_pieces(
    service: &Service,
    replica: &mut Option<Replica>,
    dice: &Dice,
    mut token: String,
    done: &AtomicBool,
) -> Vec<(String, String)> {
    let (mut heard, mut quiet) = (Vec::new(), 0);
    loop {
        let chance = dice.bytes::<3>();
        let channel = match replica.as_ref().filter(|_| chance[0].is_multiple_of(2)) {
            Some(replica) => replica.channel("officer"),
            None => service.channel(Some("officer")),
        };
        let mut stream = watch(service, channel, &token).await.unwrap();
        for _ in 0..chance[1] % 16 {
            let over = done.load(Ordering::SeqCst);
            let message = next(&mut stream).await.unwrap();
            if chance[2].is_multiple_of(7) {
                // Received, and lost before it was kept: it is told again.
                break;
            }
            token = message.resume_token;
            quiet = if over && message.change.is_none() { quiet + 1 } else { 0 };
            heard.extend(message.change.as_ref().map(told));
        }
        if quiet > 0 {
            return heard;
        }
        if chance[2].is_multiple_of(5) {
            // The process is started anew, in the middle of the stream.
            drop(stream);
            if let Some(running) = replica.take() {
                running.stop().await;
            }
            *replica = Some(service.replica());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_that_is_cut_off_again_and_again_hears_of_every_event_once_and_in_order() {
    with(async |service| {
        let token = present(service, "officer").await;
        let (mut replica, done) = (Some(service.replica()), AtomicBool::new(false));
        let moving = async {
            let ledger = moved(service, &Dice::seeded(3)).await;
            done.store(true, Ordering::SeqCst);
            ledger
        };
        let dice = Dice::seeded(4);
        let watching = heard_in_pieces(service, &mut replica, &dice, token, &done);
        let (ledger, heard) = tokio::join!(moving, watching);
        let mut by_request = Ledger::new();
        for (id, verb) in &heard {
            note(&mut by_request, id, verb);
        }
        assert_eq!(by_request, ledger);
        assert!(ledger.len() == 200 && heard.len() > 700, "{} events", heard.len());

        let office = OfficeCode::parse("79-01").unwrap();
        let mut reader = service.app().store().reader().await.unwrap();
        let kept = reader.events_after(&office, 0, 10_000).await.unwrap();
        let kept: Vec<_> =
            kept.iter().map(|one| (one.enrolment.to_string(), one.event.verb.name().to_owned())).collect();
        assert_eq!(heard, kept, "in the order in which they were committed");
        drop(reader);
        if let Some(replica) = replica.take() {
            replica.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens_with_the_request_as_it_stands() {
    with(async |service| {
        let mut stream = watched_by(service, "supervisor", "").await.unwrap();
        assert!(next(&mut stream).await.unwrap().change.is_none());
        let id = service.submitted(&service.applicant().await.application).await;
        let mut verbs = Vec::new();
        while verbs.len() < 2 {
            if let Some(change) = next(&mut stream).await.unwrap().change {
                let enrolment = change.enrolment.unwrap();
                assert_eq!((&enrolment.enrolment_id, enrolment.current_office.as_str()), (&id, "79-01"));
                assert_eq!(enrolment.state(), pb::EnrolmentState::Forwarded);
                verbs.push(change.event.unwrap().verb);
            }
        }
        assert_eq!(verbs, ["receive", "forward"]);
    })
    .await;
}

#[tokio::test]
async fn what_another_process_commits_is_told_too_and_a_stop_says_to_go_on() {
    with(async |service| {
        let replica = service.replica();
        let mut stream = watch(service, replica.channel("officer"), "").await.unwrap();
        assert!(next(&mut stream).await.unwrap().change.is_none());
        let id = service.submitted(&service.applicant().await.application).await;
        let (change, token) = loop {
            let message = next(&mut stream).await.unwrap();
            if let Some(change) = message.change {
                break (change, message.resume_token);
            }
        };
        assert_eq!(told(&change), (id.clone(), "receive".to_owned()));
        let (ended, ()) = tokio::join!(end(&mut stream), replica.stop());
        assert_eq!((ended.code(), reason(&ended).as_str()), (Code::Unavailable, "WATCH_AGAIN"));
        let (heard, _) = caught_up(service, "officer", &token).await;
        assert_eq!(heard, [(id, "forward".to_owned())], "the other process goes on where the first one ended");
    })
    .await;
}

/// Takes so many requests in at once, behind the service's back.
async fn flood(service: &Service, make: &Records, count: usize) {
    let mut reader = service.app().store().reader().await.unwrap();
    let officer = reader.staff_by_certificate(&certificate("officer")).await.unwrap().unwrap().id;
    drop(reader);
    let new = (0..count).map(|_| {
        let stored = make.enrolment(officer);
        let events = received(&stored);
        Change::NewEnrolment(Box::new(stored), events)
    });
    let unit = Unit::new(make.entry(service.now(), officer.uuid())).with_all(new.collect::<Vec<_>>());
    service.app().store().commit(unit).await.unwrap();
}

#[tokio::test]
async fn slow_watchers_hold_nobody_up_and_miss_nothing() {
    with(async |service| {
        let token = present(service, "officer").await;
        let mut streams = Vec::new();
        for who in ["officer", "officer", "officer", "officer", "supervisor", "supervisor"] {
            // More of them than there are connections to the database; none of them reads.
            streams.push(watched_by(service, who, &token).await.unwrap());
        }
        let make = Records::new();
        for _ in 0..5 {
            flood(service, &make, 130).await;
        }
        let listed = service.officer().list(pb::ListRequest::default()).await.unwrap().into_inner();
        assert_eq!(listed.enrolments.len(), 50, "others are served meanwhile");
        let heard = join_all(streams.iter_mut().map(async |stream| {
            let mut heard = Vec::new();
            while heard.len() < 650 {
                heard.extend(next(stream).await.unwrap().change.as_ref().map(told));
            }
            heard
        }))
        .await;
        let office = OfficeCode::parse("79-01").unwrap();
        let kept = service.app().store().reader().await.unwrap().events_after(&office, 0, 1_000).await.unwrap();
        let kept: Vec<_> = kept.iter().map(|one| (one.enrolment.to_string(), "receive".to_owned())).collect();
        assert!(heard.iter().all(|heard| *heard == kept));
    })
    .await;
}

#[tokio::test]
async fn a_caller_watches_by_so_many_calls_and_a_place_is_free_when_one_ends() {
    with(async |service| {
        let mut streams = Vec::new();
        for _ in 0..4 {
            streams.push(watched_by(service, "officer", "").await.unwrap());
        }
        let refused = watched_by(service, "officer", "").await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::ResourceExhausted, "TOO_MANY_WATCHERS"));
        assert!(watched_by(service, "supervisor", "").await.is_ok(), "others have places of their own");
        streams.pop();
        // The service learns of it with the connection's next frame.
        let again = async {
            while let Err(refused) = watched_by(service, "officer", "").await {
                assert_eq!(reason(&refused), "TOO_MANY_WATCHERS");
                service.wait(Duration::from_secs(1));
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), again).await.expect("the place is free");
    })
    .await;
}

#[tokio::test]
async fn a_token_of_another_office_or_of_nothing_is_refused_by_its_name() {
    with(async |service| {
        service.register(Role::Officer, Some("79-02"), "elsewhere").await;
        let foreign = present(service, "elsewhere").await;
        let own = present(service, "officer").await;
        let cut = own[..own.len() - 3].to_owned();
        for wrong in [foreign, cut, "?".to_owned(), "AAAA".to_owned(), "A".repeat(5_000)] {
            let refused = watched_by(service, "officer", &wrong).await.unwrap_err();
            assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["resume_token".to_owned()]));
        }
        assert!(watched_by(service, "officer", &own).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_token_from_before_a_backup_was_restored_is_told_as_such() {
    with(async |service| {
        let make = Records::new();
        flood(service, &make, 5).await;
        let early = present(service, "officer").await;
        flood(service, &make, 3).await;
        let late = present(service, "officer").await;
        // The backup held the first five.
        service.database().tamper("DELETE FROM enrolment_event WHERE position > 5").await;
        service.database().tamper("UPDATE enrolment_stream SET last = 5").await;
        let refused = watched_by(service, "officer", &late).await.unwrap_err();
        let expected = (Code::FailedPrecondition, "RESUME_TOKEN_NOT_IN_HISTORY".to_owned());
        assert_eq!((refused.code(), reason(&refused)), expected);
        // Others have come to stand where it points; those are not what was told.
        flood(service, &make, 9).await;
        let refused = watched_by(service, "officer", &late).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused)), expected);
        assert_eq!(caught_up(service, "officer", &early).await.0.len(), 9, "one from before the backup goes on");
    })
    .await;
}

#[tokio::test]
async fn a_watcher_who_is_disabled_hears_no_more() {
    with(async |service| {
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        let mut stream = watched_by(service, "colleague", "").await.unwrap();
        let mut other = watched_by(service, "officer", "").await.unwrap();
        let token = next(&mut stream).await.unwrap().resume_token;
        service.app().disable_staff(&certificate("colleague")).await.unwrap().expect("it was enabled");
        let ended = end(&mut stream).await;
        assert_eq!((ended.code(), reason(&ended).as_str()), (Code::Unauthenticated, "CERTIFICATE_UNKNOWN"));
        let refused = watched_by(service, "colleague", &token).await.unwrap_err();
        assert_eq!(reason(&refused), "CERTIFICATE_UNKNOWN");
        assert!(next(&mut other).await.is_ok(), "others watch on");
    })
    .await;
}

#[tokio::test]
async fn who_began_to_watch_is_recorded() {
    with(async |service| {
        let token = present(service, "officer").await;
        drop(watched_by(service, "officer", &token).await.unwrap());
        let officer = service.app().caller(&certificate("officer")).await.unwrap().unwrap().id();
        let entries = service.audit(&officer.to_string()).await;
        let watched: Vec<_> = entries.iter().filter(|entry| entry["action"] == "enrolments.watched").collect();
        let resumed: Vec<_> = watched.iter().map(|entry| entry["facts"]["resumed"].as_str().unwrap()).collect();
        assert_eq!(resumed, ["false", "true"]);
    })
    .await;
}

/// A merger of the test's own: on 1 December 2026 the site in Bà Rịa passes to the one in Thủ Dầu Một.
const MERGER: &str =
    "site,79-03,2025-07-01,2026-11-30,Hồ Chí Minh - Bà Rịa,Ho Chi Minh - Ba Ria,,,Bà Rịa,79-02,Decision 1/2026";

/// A request that `who` hands in; its name.
async fn submitted_by(service: &Service, who: &str) -> String {
    let application = Some(service.applicant().await.application);
    let request = pb::SubmitRequest { request_id: service.id(), application, ..pb::SubmitRequest::default() };
    match service.officer_named(who).submit(request).await.unwrap().into_inner().outcome {
        Some(pb::submit_response::Outcome::Accepted(receipt)) => receipt.enrolment_id,
        _ => panic!("not accepted"),
    }
}

#[tokio::test]
async fn on_the_day_of_a_merger_each_watcher_goes_on_and_hears_what_is_new_to_it() {
    with(async |service| {
        service.register(Role::Officer, Some("79-03"), "ba-ria").await;
        service.register(Role::Officer, Some("79-02"), "thu-dau-mot").await;
        let file = format!("{}\n{MERGER}", COLUMNS.join(","));
        service.app().import_offices(&records(file.as_bytes()).unwrap()).await.unwrap().unwrap();
        let (ended, heir) = (present(service, "ba-ria").await, present(service, "thu-dau-mot").await);
        let mut open = watched_by(service, "thu-dau-mot", &heir).await.unwrap();
        let [old, own] = [submitted_by(service, "ba-ria").await, submitted_by(service, "thu-dau-mot").await];
        let (heard, ended) = caught_up(service, "ba-ria", &ended).await;
        assert_eq!(heard, [(old.clone(), "receive".to_owned()), (old.clone(), "forward".to_owned())]);

        let midnight = Timestamp::start_of(date!(2026 - 12 - 01));
        service.wait(midnight.since(service.now()));
        let (heard, _) = caught_up(service, "ba-ria", &ended).await;
        let of = |id: &String| ["receive", "forward"].map(|verb| (id.clone(), verb.to_owned()));
        assert_eq!(heard, of(&own), "its own were told before; the heir's are new to it");
        let (heard, _) = caught_up(service, "thu-dau-mot", &heir).await;
        assert_eq!(heard, [of(&own), of(&old)].concat());
        let mut open_heard = Vec::new();
        while open_heard.len() < 4 {
            open_heard.extend(next(&mut open).await.unwrap().change.as_ref().map(told));
        }
        assert_eq!(open_heard, [of(&own), of(&old)].concat(), "a call that is open goes on by itself");
    })
    .await;
}

#[tokio::test]
async fn the_program_lists_and_watches_from_a_file_that_it_keeps() {
    let site = Site::new().await;
    let running = site.start().await;
    let place = site.home().join("place.token");
    let call = async |arguments: &[&str]| {
        let connection = site.connection(&running, "officer-79-01");
        let place = place.to_str().unwrap();
        let arguments: Vec<&str> = arguments.iter().map(|text| if *text == "PLACE" { place } else { text }).collect();
        let all: Vec<&str> =
            ["office"].into_iter().chain(arguments).chain(connection.iter().map(String::as_str)).collect();
        site.run(&all).await
    };
    assert_eq!(call(&["watch", "--from", "PLACE", "--catch-up"]).await.unwrap(), "");
    let first = std::fs::read_to_string(&place).unwrap();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/submit.json");
    assert!(call(&["submit", example]).await.unwrap().contains("accepted"));

    let told = call(&["watch", "--from", "PLACE", "--catch-up"]).await.unwrap();
    let verbs: Vec<_> = told.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert!(verbs.first() == Some(&"receive,") && verbs.len() == 2, "{told}");
    assert_ne!(std::fs::read_to_string(&place).unwrap(), first);
    assert_eq!(call(&["watch", "--from", "PLACE", "--catch-up"]).await.unwrap(), "", "it was told");

    let listed = call(&["list", "--json"]).await.unwrap();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["office"], "79-01");
    assert_eq!(call(&["list", "--state", "issued"]).await.unwrap(), "");
    assert!(call(&["list", "--count", "--overdue"]).await.unwrap().starts_with("all               0\n"));
    std::fs::write(&place, "nonsense").unwrap();
    let refused = call(&["watch", "--from", "PLACE"]).await.unwrap_err();
    assert!(refused.contains("resume_token"), "{refused}");
    running.stop().await;
}
