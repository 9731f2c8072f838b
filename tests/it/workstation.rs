//! Streams of requests and the workstations they come from, against the real server.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::domain::workstation::WorkstationId;
use eid::proto as pb;
use eid::proto::workstation_service_client::WorkstationServiceClient;
use futures::StreamExt as _;
use pb::item_answer::Outcome as Answer;
use pb::submit_response::Outcome;
use pb::submit_stream_request::Part as Asked;
use pb::submit_stream_response::Part as Answered;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::support::service::{MESSAGE_BYTES_MAX, Service, Wishes, reason, with, with_wishes};

fn instant(at: eid::domain::time::Timestamp) -> prost_types::Timestamp {
    let (seconds, micros) = (at.micros() / 1_000_000, at.micros() % 1_000_000);
    prost_types::Timestamp { seconds, nanos: i32::try_from(micros * 1_000).unwrap() }
}

/// A good request that says where it was captured, by a clock that is `ahead`.
async fn capture_ahead(service: &Service, workstation: &str, sequence: u64, ahead: Duration) -> pb::SubmitRequest {
    let theirs = instant(service.now().plus(ahead));
    let capture = pb::CaptureProvenance {
        workstation_id: workstation.to_owned(),
        sequence,
        captured_at: Some(theirs),
        workstation_time: Some(theirs),
    };
    pb::SubmitRequest {
        request_id: service.id(),
        application: Some(service.applicant().await.application),
        capture: Some(capture),
        ..pb::SubmitRequest::default()
    }
}

async fn capture(service: &Service, sequence: u64) -> pb::SubmitRequest {
    capture_ahead(service, "q1-01", sequence, Duration::ZERO).await
}

/// Sends messages and closes; every answer, and how the stream ended.
async fn send_as(service: &Service, name: &str, parts: Vec<Asked>) -> (Vec<Answered>, Option<Status>) {
    let messages = parts.into_iter().map(|part| pb::SubmitStreamRequest { part: Some(part) });
    let answers = service.officer_named(name).submit_stream(tokio_stream::iter(messages.collect::<Vec<_>>())).await;
    let (mut answers, mut all) = (answers.unwrap().into_inner(), Vec::new());
    loop {
        match answers.message().await {
            Ok(Some(answer)) => all.push(answer.part.unwrap()),
            Ok(None) => return (all, None),
            Err(status) => return (all, Some(status)),
        }
    }
}

/// The answers to items, of which none may end the stream.
async fn sent_as(service: &Service, name: &str, items: &[pb::SubmitRequest]) -> Vec<pb::ItemAnswer> {
    let (answers, ended) = send_as(service, name, items.iter().cloned().map(Asked::Item).collect()).await;
    assert!(ended.is_none(), "{ended:?}");
    let item = |answer| match answer {
        Answered::Answer(answer) => answer,
        Answered::Resumed(_) => panic!("nobody asked"),
    };
    answers.into_iter().map(item).collect()
}

async fn sent(service: &Service, items: &[pb::SubmitRequest]) -> Vec<pb::ItemAnswer> {
    sent_as(service, "officer", items).await
}

async fn resumed(service: &Service) -> pb::Resumed {
    let resume = pb::Resume { workstation_id: "q1-01".to_owned(), workstation_time: None };
    match send_as(service, "officer", vec![Asked::Resume(resume)]).await.0.remove(0) {
        Answered::Resumed(resumed) => resumed,
        Answered::Answer(_) => panic!("no item was sent"),
    }
}

async fn listed(service: &Service) -> Vec<pb::Workstation> {
    let mut supervisor = WorkstationServiceClient::new(service.channel(Some("supervisor")));
    supervisor.list(pb::WorkstationServiceListRequest::default()).await.unwrap().into_inner().workstations
}

/// What became of an item in a word: the request's name, the rules that refuse, or the reason of its error.
fn became(answer: &pb::ItemAnswer) -> String {
    match answer.outcome.as_ref().unwrap() {
        Answer::Error(error) => error.reason.clone(),
        Answer::Response(response) => match response.outcome.as_ref().unwrap() {
            Outcome::Accepted(receipt) => receipt.enrolment_id.clone(),
            Outcome::NotAccepted(refused) => {
                let refusing = refused.findings.iter().filter(|finding| finding.severity() == pb::Severity::Refuse);
                refusing.map(|finding| finding.rule.as_str()).collect::<Vec<_>>().join(" ")
            }
        },
    }
}

fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}

async fn count(service: &Service) -> usize {
    service
        .officer()
        .list(pb::ListRequest { page_size: 500, ..Default::default() })
        .await
        .unwrap()
        .into_inner()
        .enrolments
        .len()
}

#[tokio::test]
async fn each_item_gets_its_own_answer_and_a_bad_one_costs_only_itself() {
    with(async |service| {
        let mut items = Vec::new();
        for sequence in 1..=5 {
            items.push(capture(service, sequence).await);
        }
        items[1].application.as_mut().unwrap().phone = "nine".to_owned();
        items[2].application.as_mut().unwrap().consents.clear();
        items[3].request_id = items[0].request_id.clone();
        let answers = sent(service, &items).await;
        assert_eq!(answers.iter().map(|answer| answer.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        let ids = |all: &[pb::SubmitRequest]| all.iter().map(|item| item.request_id.clone()).collect::<Vec<_>>();
        assert_eq!(answers.iter().map(|answer| answer.request_id.clone()).collect::<Vec<_>>(), ids(&items));
        let became: Vec<_> = answers.iter().map(became).collect();
        assert!(is_id(&became[0]) && is_id(&became[4]), "{became:?}");
        assert_eq!(became[1], "INVALID_FIELDS");
        assert!(became[2].starts_with("consent."), "{became:?}");
        assert_eq!(became[3], "REQUEST_ID_REUSED");
        let Some(Answer::Error(error)) = &answers[1].outcome else { panic!("an error") };
        assert_eq!((error.code, error.faults[0].field.as_str()), (Code::InvalidArgument as i32, "application.phone"));
        let text = error.message.as_ref().unwrap();
        assert!(!text.en.is_empty() && !text.vi.is_empty());
        assert_eq!(count(service).await, 2);
        // What arrived is not missing, whatever became of it.
        let known = resumed(service).await;
        assert_eq!((known.complete_to, known.highest, known.missing.len()), (5, 5, 0));
    })
    .await;
}

#[tokio::test]
async fn an_item_is_answered_as_submit_would_have_and_either_way_repeats_the_other() {
    with(async |service| {
        let item = capture(service, 1).await;
        let alone = service.officer().submit(item.clone()).await.unwrap().into_inner();
        let streamed = sent(service, std::slice::from_ref(&item)).await.remove(0);
        let Some(Answer::Response(response)) = streamed.outcome else { panic!("an answer") };
        assert!(response == alone, "the same answer");
        assert_eq!(count(service).await, 1);
    })
    .await;
}

#[tokio::test]
async fn sending_everything_again_is_harmless_also_for_a_colleague_and_at_another_time() {
    with(async |service| {
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        let mut items = Vec::new();
        for sequence in 1..=6 {
            items.push(capture(service, sequence).await);
        }
        let first: Vec<_> = sent(service, &items).await.iter().map(became).collect();
        service.wait(Duration::from_mins(3));
        for item in &mut items {
            // What the clock shows has gone on; it is no content.
            item.capture.as_mut().unwrap().workstation_time = Some(instant(service.now()));
        }
        for name in ["officer", "colleague"] {
            let again: Vec<_> = sent_as(service, name, &items).await.iter().map(became).collect();
            assert_eq!(again, first, "{name}");
        }
        assert_eq!(count(service).await, 6);
        assert_eq!(listed(service).await[0].doubled, [] as [u64; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_spool_that_two_officers_send_at_once_is_taken_in_once() {
    with(async |service| {
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        let mut items = Vec::new();
        for sequence in 1..=12 {
            items.push(capture(service, sequence).await);
        }
        let (one, two, three) = tokio::join!(
            sent_as(service, "officer", &items),
            sent_as(service, "colleague", &items),
            sent_as(service, "officer", &items)
        );
        let became = |answers: &[pb::ItemAnswer]| answers.iter().map(became).collect::<Vec<_>>();
        assert!(became(&one).iter().all(|id| is_id(id)), "{:?}", became(&one));
        assert_eq!(became(&one), became(&two));
        assert_eq!(became(&one), became(&three));
        assert_eq!(count(service).await, 12);
    })
    .await;
}

#[tokio::test]
async fn another_office_may_not_use_a_workstations_name() {
    with(async |service| {
        service.register(Role::Officer, Some("01-01"), "stranger-at-01").await;
        let item = capture(service, 1).await;
        assert!(is_id(&became(&sent(service, std::slice::from_ref(&item)).await[0])));
        let theirs = sent_as(service, "stranger-at-01", std::slice::from_ref(&item)).await;
        assert_eq!(became(&theirs[0]), "WORKSTATION_ELSEWHERE");
        let resume = pb::Resume { workstation_id: "Q1-01".to_owned(), workstation_time: None };
        let (answers, ended) = send_as(service, "stranger-at-01", vec![Asked::Resume(resume)]).await;
        let ended = ended.unwrap();
        assert_eq!(
            (answers.len(), ended.code(), reason(&ended).as_str()),
            (0, Code::PermissionDenied, "WORKSTATION_ELSEWHERE")
        );
        assert_eq!(count(service).await, 1);
    })
    .await;
}

#[tokio::test]
async fn asking_after_a_name_does_not_take_it_from_the_office_that_captures_under_it() {
    with(async |service| {
        service.register(Role::Officer, Some("01-01"), "stranger-at-01").await;
        let resume = pb::Resume { workstation_id: "q1-01".to_owned(), workstation_time: None };
        let (asked, ended) = send_as(service, "stranger-at-01", vec![Asked::Resume(resume)]).await;
        assert!(ended.is_none() && asked.len() == 1);
        assert_eq!(listed(service).await, []);
        assert!(is_id(&became(&sent(service, &[capture(service, 1).await]).await[0])));
    })
    .await;
}

#[tokio::test]
async fn a_name_that_a_slip_took_is_given_free_and_what_came_under_it_stays_where_it_was() {
    with(async |service| {
        service.register(Role::Officer, Some("01-01"), "officer-of-01").await;
        let slip = became(&sent(service, &[capture(service, 1).await]).await[0]);
        let name = WorkstationId::parse("q1-01").unwrap();
        let released = service.app().release_workstation(&name).await.unwrap().unwrap();
        assert_eq!(released.office.as_str(), "79-01");
        assert!(service.app().release_workstation(&name).await.unwrap().is_none(), "it is free");

        let theirs = sent_as(service, "officer-of-01", &[capture(service, 1).await]).await;
        assert!(is_id(&became(&theirs[0])), "{}", became(&theirs[0]));
        assert_eq!(became(&sent(service, &[capture(service, 2).await]).await[0]), "WORKSTATION_ELSEWHERE");
        let shown = service.officer().get(pb::GetRequest { enrolment_id: slip }).await.unwrap().into_inner();
        let at = shown.capture.unwrap();
        assert_eq!((at.workstation_id.as_str(), at.sequence), (released.kept_as.as_str(), 1));
        assert_eq!(listed(service).await[0].workstation_id, released.kept_as.as_str());
    })
    .await;
}

#[tokio::test]
async fn a_number_used_for_another_capture_is_refused_and_told_to_the_supervisor() {
    with(async |service| {
        let (first, other) = (capture(service, 1).await, capture(service, 1).await);
        let answers = sent(service, &[first, other.clone(), other]).await;
        assert_eq!(became(&answers[1]), "workstation.sequence-doubled");
        assert_eq!(became(&answers[2]), "workstation.sequence-doubled");
        assert_eq!(listed(service).await[0].doubled, [1]);
        assert_eq!(count(service).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_capture_that_was_refused_may_come_cured_under_its_number() {
    with(async |service| {
        let mut item = capture(service, 1).await;
        let consents = std::mem::take(&mut item.application.as_mut().unwrap().consents);
        assert!(became(&sent(service, std::slice::from_ref(&item)).await[0]).starts_with("consent."));
        item.application.as_mut().unwrap().consents = consents;
        assert!(is_id(&became(&sent(service, std::slice::from_ref(&item)).await[0])));
        assert_eq!(listed(service).await[0].doubled, [] as [u64; 0]);
    })
    .await;
}

#[tokio::test]
async fn what_is_missing_is_told_to_whoever_resumes_and_to_the_supervisor() {
    with(async |service| {
        assert_eq!(resumed(service).await, pb::Resumed { workstation_id: "q1-01".to_owned(), ..Default::default() });
        let (two, five) = (capture(service, 2).await, capture(service, 5).await);
        sent(service, &[five, two]).await;
        let gaps = [pb::SequenceRange { first: 1, last: 1 }, pb::SequenceRange { first: 3, last: 4 }];
        let known = resumed(service).await;
        assert_eq!((known.complete_to, known.highest, &known.missing[..]), (0, 5, &gaps[..]));
        let shown = listed(service).await.remove(0);
        assert_eq!((shown.workstation_id.as_str(), shown.complete_to, shown.highest), ("q1-01", 0, 5));
        assert_eq!(shown.missing, gaps);
        let rest = [capture(service, 1).await, capture(service, 3).await, capture(service, 4).await];
        sent(service, &rest).await;
        assert_eq!(resumed(service).await.complete_to, 5);
    })
    .await;
}

#[tokio::test]
async fn a_workstation_whose_clock_is_three_days_fast_is_told_so_and_loses_nothing() {
    with(async |service| {
        let fast = Duration::from_hours(72);
        let mut item = capture_ahead(service, "q1-01", 1, fast).await;
        let answer = sent(service, std::slice::from_ref(&item)).await.remove(0);
        assert_eq!(became(&answer), "workstation.captured-in-future");
        let Some(Answer::Response(response)) = answer.outcome else { panic!("an answer") };
        assert_eq!(response.clock_offset, Some(prost_types::Duration { seconds: 3 * 86_400, nanos: 0 }));
        let Some(Outcome::NotAccepted(refused)) = response.outcome else { panic!("refused") };
        let finding = &refused.findings[0];
        assert!(finding.sources.iter().any(|source| source.value == "+3d 00:00:00"), "it says by how much");
        let shown = listed(service).await.remove(0);
        assert!(shown.clock_off && shown.clock_offset == Some(prost_types::Duration { seconds: 3 * 86_400, nanos: 0 }));
        assert_eq!((shown.complete_to, count(service).await), (1, 0), "it arrived, and was not taken in");

        let at = Some(instant(service.now()));
        let told = item.capture.as_mut().unwrap();
        (told.captured_at, told.workstation_time) = (at, at);
        assert!(is_id(&became(&sent(service, std::slice::from_ref(&item)).await[0])), "with the clock set");
        assert!(!listed(service).await[0].clock_off);
    })
    .await;
}

#[tokio::test]
async fn a_request_keeps_where_and_when_it_was_captured_and_counts_from_its_receipt() {
    with(async |service| {
        let item = capture(service, 1).await;
        let captured_at = item.capture.as_ref().unwrap().captured_at;
        service.wait(Duration::from_hours(30));
        let mut late = item;
        late.capture.as_mut().unwrap().workstation_time = Some(instant(service.now()));
        let id = became(&sent(service, &[late]).await[0]);
        let shown = service.officer().get(pb::GetRequest { enrolment_id: id }).await.unwrap().into_inner();
        let capture = shown.capture.unwrap();
        assert_eq!((capture.workstation_id.as_str(), capture.sequence), ("q1-01", 1));
        assert_eq!((capture.captured_at, capture.workstation_time), (captured_at, None));
        assert_eq!(shown.enrolment.unwrap().received_at, Some(instant(service.now())));
        let alone = service.submitted(&service.applicant().await.application).await;
        let shown = service.officer().get(pb::GetRequest { enrolment_id: alone }).await.unwrap().into_inner();
        assert_eq!(shown.capture, None);
    })
    .await;
}

/// A stream into which messages are put by hand.
async fn open(service: &Service) -> (mpsc::Sender<pb::SubmitStreamRequest>, Streaming<pb::SubmitStreamResponse>) {
    let (to, from) = mpsc::channel(64);
    let answers = service.officer().submit_stream(ReceiverStream::new(from)).await.unwrap().into_inner();
    (to, answers)
}

fn item(item: pb::SubmitRequest) -> pb::SubmitStreamRequest {
    pb::SubmitStreamRequest { part: Some(Asked::Item(item)) }
}

#[tokio::test]
async fn an_item_is_answered_before_the_next_one_is_sent() {
    with(async |service| {
        let (to, mut answers) = open(service).await;
        for sequence in 1..=3 {
            to.send(item(capture(service, sequence).await)).await.unwrap();
            let Some(Answered::Answer(answer)) = answers.message().await.unwrap().unwrap().part else {
                panic!("an item")
            };
            assert_eq!(answer.position, sequence);
            assert!(is_id(&became(&answer)));
        }
        drop(to);
        assert!(answers.message().await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_stream_with_the_items_before_it_answered() {
    with(async |service| {
        let mut huge = capture(service, 2).await;
        huge.application.as_mut().unwrap().email = "x".repeat(MESSAGE_BYTES_MAX + 1);
        let parts = vec![Asked::Item(capture(service, 1).await), Asked::Item(huge)];
        let (answers, ended) = send_as(service, "officer", parts).await;
        let ended = ended.unwrap();
        assert_eq!((answers.len(), ended.code(), reason(&ended).as_str()), (1, Code::OutOfRange, "MESSAGE_TOO_LARGE"));
        assert_eq!(count(service).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_message_without_a_part_ends_the_stream() {
    with(async |service| {
        let (to, mut answers) = open(service).await;
        to.send(pb::SubmitStreamRequest { part: None }).await.unwrap();
        let ended = answers.message().await.unwrap_err();
        assert_eq!((ended.code(), reason(&ended).as_str()), (Code::InvalidArgument, "INVALID_FIELDS"));
    })
    .await;
}

#[tokio::test]
async fn a_page_of_workstations_goes_on_where_the_last_one_ended() {
    with(async |service| {
        for name in ["c-3", "a-1", "b-2"] {
            sent(service, &[capture_ahead(service, name, 1, Duration::ZERO).await]).await;
        }
        let mut supervisor = WorkstationServiceClient::new(service.channel(Some("supervisor")));
        let (mut names, mut page_token) = (Vec::new(), String::new());
        loop {
            let ask = pb::WorkstationServiceListRequest { page_size: 2, page_token };
            let page = supervisor.list(ask).await.unwrap().into_inner();
            names.extend(page.workstations.into_iter().map(|workstation| workstation.workstation_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(names, ["a-1", "b-2", "c-3"]);
        let wrong = pb::WorkstationServiceListRequest { page_size: 0, page_token: "no/token".to_owned() };
        assert_eq!(supervisor.list(wrong).await.unwrap_err().code(), Code::InvalidArgument);
        service.register(Role::Supervisor, Some("01-01"), "elsewhere").await;
        let mut elsewhere = WorkstationServiceClient::new(service.channel(Some("elsewhere")));
        let theirs = elsewhere.list(pb::WorkstationServiceListRequest::default()).await.unwrap().into_inner();
        assert_eq!(theirs.workstations.len(), 0, "another office sees its own only");
    })
    .await;
}

#[tokio::test]
async fn more_items_than_the_quota_of_submit_wait_and_are_not_refused() {
    with_wishes(Wishes { counts_alone: true, ..Wishes::default() }, async |service| {
        let (to, answers) = open(service).await;
        let bad = pb::SubmitRequest::default();
        for _ in 0..50 {
            to.send(item(bad.clone())).await.unwrap();
        }
        let mut answers = answers.take(50);
        while let Some(answer) = answers.next().await {
            let Some(Answered::Answer(answer)) = answer.unwrap().part else { panic!("an item") };
            assert_eq!(became(&answer), "INVALID_FIELDS");
        }
        // Fifty of the hundred are spent, whichever way they were.
        let mut taken = 0;
        let refused = loop {
            match service.officer().submit(bad.clone()).await.unwrap_err() {
                status if status.code() == Code::InvalidArgument => taken += 1,
                status => break status,
            }
        };
        assert_eq!((reason(&refused).as_str(), taken), ("TOO_MANY_CALLS", 50));
        let mut answers = answers.into_inner();
        to.send(item(bad)).await.unwrap();
        let waiting = tokio::time::timeout(Duration::from_millis(50), answers.message()).await;
        assert!(waiting.is_err(), "the item waits for its turn");
        service.wait(Duration::from_secs(1));
        assert!(answers.message().await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_workstation_passes_to_the_office_that_takes_the_place_of_its_own() {
    let last = Wishes { today: Some(time::macros::date!(2025 - 06 - 30)), ..Wishes::default() };
    with_wishes(last, async |service| {
        service.register(Role::Officer, Some("10-01"), "officer-of-10").await;
        assert!(is_id(&became(&sent_as(service, "officer-of-10", &[capture(service, 1).await]).await[0])));
        // At midnight Lào Cai becomes 15.
        service.wait(Duration::from_hours(24));
        assert!(is_id(&became(&sent_as(service, "officer-of-10", &[capture(service, 2).await]).await[0])));
        service.register(Role::Supervisor, Some("15-01"), "supervisor-of-15").await;
        let mut supervisor = WorkstationServiceClient::new(service.channel(Some("supervisor-of-15")));
        let seen = supervisor.list(pb::WorkstationServiceListRequest::default()).await.unwrap().into_inner();
        assert_eq!(seen.workstations.iter().map(|one| one.complete_to).collect::<Vec<_>>(), [2]);
        let elsewhere = sent(service, &[capture(service, 3).await]).await;
        assert_eq!(became(&elsewhere[0]), "WORKSTATION_ELSEWHERE");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_sends_everything_before_it_reads_gets_every_answer_in_order() {
    with(async |service| {
        let (to, mut answers) = open(service).await;
        // Fewer than the quota lets through at once; with every field wrong, more than the transport holds for whoever does
        // not read.
        let wrong = pb::SubmitRequest { application: Some(pb::Application::default()), ..pb::SubmitRequest::default() };
        for _ in 0..90 {
            to.send(item(wrong.clone())).await.unwrap();
        }
        drop(to);
        for position in 1..=90 {
            let Some(Answered::Answer(answer)) = answers.message().await.unwrap().unwrap().part else {
                panic!("an item")
            };
            assert_eq!((answer.position, became(&answer).as_str()), (position, "INVALID_FIELDS"));
        }
        assert!(answers.message().await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_lives_across_midnight_goes_on_at_the_office_that_takes_the_place_of_its_own() {
    let last = Wishes { today: Some(time::macros::date!(2025 - 06 - 30)), ..Wishes::default() };
    with_wishes(last, async |service| {
        service.register(Role::Officer, Some("10-01"), "officer-of-10").await;
        let (to, from) = mpsc::channel(1);
        let mut officer = service.officer_named("officer-of-10");
        let mut answers = officer.submit_stream(ReceiverStream::new(from)).await.unwrap().into_inner();
        let mut ids = Vec::new();
        // A second before midnight in Viet Nam, and a second after.
        for (sequence, passes) in [(1, 12 * 3_600 - 1), (2, 2)] {
            service.wait(Duration::from_secs(passes));
            to.send(item(capture(service, sequence).await)).await.unwrap();
            let Some(Answered::Answer(answer)) = answers.message().await.unwrap().unwrap().part else {
                panic!("an item")
            };
            assert!(is_id(&became(&answer)), "{}", became(&answer));
            ids.push(became(&answer));
        }
        let mut offices = Vec::new();
        for enrolment_id in ids {
            let shown = officer.get(pb::GetRequest { enrolment_id }).await.unwrap().into_inner().enrolment.unwrap();
            offices.push((shown.office, shown.current_office));
        }
        let of = |office: &str| (office.to_owned(), "15-01".to_owned());
        assert_eq!(offices, [of("10-01"), of("15-01")]);
    })
    .await;
}

/// A request that the authority returned, and its correction as another capture of the workstation.
async fn correction(service: &Service, sequence: u64) -> pb::CorrectRequest {
    let submitted = capture(service, sequence - 1).await;
    let id = became(&sent(service, std::slice::from_ref(&submitted)).await[0]);
    let lease = service.claimed().await.lease_id;
    let reason = pb::ReturnReason::Data.into();
    let more = pb::MoreInformation { reason, note: "The phone has a digit too few.".to_owned() };
    let returned = pb::record_decision_request::Decision::MoreInformation(more);
    service.decide((&id, &lease), returned).await.unwrap();
    pb::CorrectRequest {
        request_id: service.id(),
        enrolment_id: id,
        application: submitted.application,
        capture: capture(service, sequence).await.capture,
        ..pb::CorrectRequest::default()
    }
}

/// What became of a correction in a word.
async fn corrected(service: &Service, name: &str, request: &pb::CorrectRequest) -> String {
    use pb::correct_response::Outcome;
    match service.officer_named(name).correct(request.clone()).await {
        Err(status) => reason(&status),
        Ok(answer) => match answer.into_inner().outcome.unwrap() {
            Outcome::Accepted(enrolment) => format!("revision {}", enrolment.revision),
            Outcome::NotAccepted(refused) => refused.findings[0].rule.clone(),
        },
    }
}

#[tokio::test]
async fn a_correction_has_a_number_of_its_own_and_is_shown_where_it_was_captured() {
    with(async |service| {
        service.register(Role::Officer, Some("79-01"), "colleague").await;
        let mut request = correction(service, 2).await;
        let answer = service.officer().correct(request.clone()).await.unwrap().into_inner();
        assert_eq!(answer.clock_offset, Some(prost_types::Duration { seconds: 0, nanos: 0 }));
        let get = pb::GetRequest { enrolment_id: request.enrolment_id.clone() };
        let shown = service.officer().get(get).await.unwrap().into_inner();
        assert_eq!(shown.capture.unwrap().sequence, 2);
        assert_eq!(resumed(service).await.complete_to, 2);
        // What the clock shows has gone on; and a colleague has the same spool.
        request.capture.as_mut().unwrap().workstation_time = Some(instant(service.now().plus(Duration::from_mins(1))));
        for name in ["officer", "colleague"] {
            assert_eq!(corrected(service, name, &request).await, "revision 2");
        }
        assert_eq!(listed(service).await[0].doubled, [] as [u64; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_correction_is_refused_for_what_its_capture_says_as_a_submission_is() {
    with(async |service| {
        service.register(Role::Officer, Some("01-01"), "stranger-at-01").await;
        let good = correction(service, 2).await;
        let with_capture = |change: &dyn Fn(&mut pb::CaptureProvenance)| {
            let mut request = pb::CorrectRequest { request_id: service.id(), ..good.clone() };
            change(request.capture.as_mut().unwrap());
            request
        };
        let doubled = with_capture(&|capture| capture.sequence = 1);
        assert_eq!(corrected(service, "officer", &doubled).await, "workstation.sequence-doubled");
        assert_eq!(listed(service).await[0].doubled, [1]);

        let fast = instant(service.now().plus(Duration::from_hours(72)));
        let future = with_capture(&|capture| (capture.sequence, capture.captured_at) = (3, Some(fast)));
        assert_eq!(corrected(service, "officer", &future).await, "workstation.captured-in-future");
        let mut unreadable = with_capture(&|capture| capture.sequence = 4);
        unreadable.application.as_mut().unwrap().phone = "nine".to_owned();
        assert_eq!(corrected(service, "officer", &unreadable).await, "INVALID_FIELDS");
        let known = resumed(service).await;
        assert_eq!(known.missing, [pb::SequenceRange { first: 2, last: 2 }], "what arrived is not missing");

        let theirs = capture_ahead(service, "their-01", 1, Duration::ZERO).await;
        assert!(is_id(&became(&sent_as(service, "stranger-at-01", &[theirs]).await[0])));
        let elsewhere = with_capture(&|capture| capture.workstation_id = "their-01".to_owned());
        assert_eq!(corrected(service, "officer", &elsewhere).await, "WORKSTATION_ELSEWHERE");
        assert_eq!(corrected(service, "officer", &good).await, "revision 2");
        let late = with_capture(&|capture| capture.sequence = 5);
        assert_eq!(corrected(service, "officer", &late).await, "NOT_RETURNED");
        assert!(resumed(service).await.missing.is_empty(), "it came too late, and did arrive");
    })
    .await;
}
