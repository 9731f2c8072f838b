//! The remote form against a registry in memory that answers as it is told, with time that passes by itself while everyone
//! waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status};

use super::breaker::{FAILURES_MAX, PAUSE};
use super::{ATTEMPTS_MAX, Patience, Remote, WAIT_MAX};
use crate::domain::passport::DocumentNumber;
use crate::domain::record::tests::specimen;
use crate::domain::record::{RecordKey, RegistryAnswer};
use crate::domain::time::Timestamp;
use crate::proto::registry as pb;
use crate::proto::registry::lookup_response::Outcome;
use crate::proto::registry::registry_service_server::{RegistryService, RegistryServiceServer};
use crate::sys::{Clock, Dice};

const PATIENCE: Patience = Patience { attempt: Duration::from_secs(1), total: Duration::from_secs(3) };

/// What the registry does with a question.
#[derive(Clone)]
enum Turn {
    Answers(Box<pb::LookupResponse>),
    Refuses(Code),
    /// Says nothing for so long, then "not found".
    Waits(Duration),
}

impl Turn {
    fn answers(answer: pb::LookupResponse) -> Self {
        Self::Answers(Box::new(answer))
    }
}

/// A registry that plays its turns one after another; the last one again and again.
#[derive(Clone, Default)]
struct Scripted {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    asked: Arc<Mutex<Vec<pb::LookupRequest>>>,
}

impl Scripted {
    fn play(&self, turns: impl IntoIterator<Item = Turn>) {
        *self.turns.lock().unwrap() = turns.into_iter().collect();
        self.asked.lock().unwrap().clear();
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[tonic::async_trait]
impl RegistryService for Scripted {
    async fn lookup(&self, request: Request<pb::LookupRequest>) -> Result<Response<pb::LookupResponse>, Status> {
        self.asked.lock().unwrap().push(request.into_inner());
        let turn = {
            let mut turns = self.turns.lock().unwrap();
            if turns.len() > 1 { turns.pop_front().unwrap() } else { turns.front().cloned().unwrap() }
        };
        match turn {
            Turn::Answers(answer) => Ok(Response::new(*answer)),
            Turn::Refuses(code) => Err(Status::new(code, "as told")),
            Turn::Waits(time) => {
                tokio::time::sleep(time).await;
                Ok(Response::new(not_found()))
            }
        }
    }

    async fn put_records(&self, _: Request<pb::PutRecordsRequest>) -> Result<Response<pb::PutRecordsResponse>, Status> {
        Err(Status::unimplemented("nobody feeds it"))
    }
}

fn not_found() -> pb::LookupResponse {
    pb::LookupResponse { outcome: Some(Outcome::NotFound(pb::NotFound {})) }
}

fn found() -> pb::LookupResponse {
    let record = pb::Record {
        family_name: "Eriksson".into(),
        given_names: "Anna Maria".into(),
        date_of_birth: "1974-08-12".into(),
        sex: pb::Sex::Female.into(),
        nationality: "UTO".into(),
        document: Some(pb::Document {
            number: "L898902C3".into(),
            issuing_state: "UTO".into(),
            issued_on: "2021-04-16".into(),
            expires_on: "2031-04-15".into(),
        }),
        card: Some(pb::Card {
            kind: pb::CardKind::Temporary.into(),
            symbol: "LD2".into(),
            number: "NC3B000001".into(),
            issued_on: "2025-01-01".into(),
            expires_on: "2026-12-31".into(),
        }),
        status: pb::ResidenceStatus::Issued.into(),
        face_on_file: true,
        fingerprints_on_file: true,
        recorded_at: Some(prost_types::Timestamp { seconds: specimen().recorded_at.micros() / 1_000_000, nanos: 0 }),
    };
    pb::LookupResponse { outcome: Some(Outcome::Found(record)) }
}

/// The answer with one thing changed.
fn found_but(change: impl FnOnce(&mut pb::Record)) -> pb::LookupResponse {
    let Some(Outcome::Found(mut record)) = found().outcome else { unreachable!() };
    change(&mut record);
    pb::LookupResponse { outcome: Some(Outcome::Found(record)) }
}

fn key() -> RecordKey {
    RecordKey { card: Some((RecordKey::TEMPORARY, DocumentNumber::parse("NC3B000001").unwrap())), document: None }
}

struct World {
    registry: Scripted,
    remote: Remote,
    clock: Clock,
}

fn world() -> World {
    let registry = Scripted::default();
    let (connections, incoming) = mpsc::channel::<std::io::Result<DuplexStream>>(4);
    let server = Server::builder().add_service(RegistryServiceServer::new(registry.clone()));
    tokio::spawn(server.serve_with_incoming(ReceiverStream::new(incoming)));
    let connector = tower::service_fn(move |_| {
        let connections = connections.clone();
        async move {
            let (near, far) = tokio::io::duplex(64 << 10);
            connections.send(Ok(far)).await.map_err(|_| std::io::Error::other("gone"))?;
            Ok::<_, std::io::Error>(TokioIo::new(near))
        }
    });
    let channel = Endpoint::from_static("http://memory.invalid").connect_with_connector_lazy(connector);
    world_over(channel, registry)
}

fn world_over(channel: Channel, registry: Scripted) -> World {
    let clock = Clock::stopped(Timestamp::from_micros(0));
    World { registry, remote: Remote::new(channel, PATIENCE, clock.clone(), Dice::seeded(1)), clock }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_there_comes_back_whole_and_one_that_is_not_is_not_found() {
    let World { registry, remote, .. } = world();
    registry.play([Turn::answers(found()), Turn::answers(not_found())]);
    assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Found(Box::new(specimen())));
    assert_eq!(remote.look_up(&key()).await, RegistryAnswer::NotFound);
    let asked = registry.asked.lock().unwrap();
    let card = asked[0].card.as_ref().unwrap();
    assert_eq!((card.kind(), card.number.as_str()), (pb::CardKind::Temporary, "NC3B000001"));
    assert!(asked[0].document.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_away_for_a_moment_is_asked_again_and_one_that_refuses_is_not() {
    let World { registry, remote, .. } = world();
    registry.play([Turn::Refuses(Code::Unavailable), Turn::Refuses(Code::DeadlineExceeded), Turn::answers(found())]);
    assert!(matches!(remote.look_up(&key()).await, RegistryAnswer::Found(_)));
    assert_eq!(registry.asked(), 3);
    for code in [Code::PermissionDenied, Code::Unauthenticated, Code::InvalidArgument, Code::Internal] {
        registry.play([Turn::Refuses(code)]);
        assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Unreachable);
        assert_eq!(registry.asked(), 1, "{code:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_have_an_end_and_the_waits_between_them_grow_with_the_dice() {
    let World { registry, remote, .. } = world();
    registry.play([Turn::Refuses(Code::Unavailable)]);
    let begun = Instant::now();
    assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Unreachable);
    assert_eq!(registry.asked(), ATTEMPTS_MAX);
    let waited = begun.elapsed();
    // 50, 100 and 200 ms, each with up to as much again.
    assert!(waited >= Duration::from_millis(350) && waited < Duration::from_millis(750), "{waited:?}");
    assert!(WAIT_MAX < PATIENCE.attempt);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_slow_is_left_when_its_time_is_over() {
    let World { registry, remote, .. } = world();
    registry.play([Turn::Waits(Duration::from_millis(900))]);
    assert_eq!(remote.look_up(&key()).await, RegistryAnswer::NotFound, "slow, and in time");
    registry.play([Turn::Waits(Duration::from_hours(1))]);
    let begun = Instant::now();
    assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Unreachable);
    assert!(begun.elapsed() <= PATIENCE.total + Duration::from_millis(10), "{:?}", begun.elapsed());
    assert!((2..=3).contains(&registry.asked()), "one attempt takes a second: {}", registry.asked());
}

#[tokio::test(start_paused = true)]
async fn the_breaker_opens_spares_the_registry_and_recovers() {
    let World { registry, remote, clock } = world();
    registry.play([Turn::Refuses(Code::Unavailable)]);
    for _ in 0..FAILURES_MAX {
        assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Unreachable);
    }
    registry.play([Turn::answers(found())]);
    let begun = Instant::now();
    assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Unreachable);
    assert_eq!((registry.asked(), begun.elapsed()), (0, Duration::ZERO), "nobody waits for what will not come");
    clock.advance(PAUSE);
    assert!(matches!(remote.look_up(&key()).await, RegistryAnswer::Found(_)));
    assert!(matches!(remote.look_up(&key()).await, RegistryAnswer::Found(_)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_no_answer_and_no_reason_to_ask_again() {
    let World { registry, remote, .. } = world();
    let broken = [
        pb::LookupResponse { outcome: None },
        found_but(|r| r.date_of_birth = "1974-02-30".into()),
        found_but(|r| r.nationality = "ZZZ".into()),
        found_but(|r| r.sex = 9),
        found_but(|r| (r.family_name, r.given_names) = (String::new(), String::new())),
        found_but(|r| r.card = None),
        found_but(|r| r.card.as_mut().unwrap().symbol = String::new()),
        found_but(|r| r.card.as_mut().unwrap().kind = pb::CardKind::Permanent.into()),
        found_but(|r| r.document.as_mut().unwrap().number = String::new()),
        found_but(|r| r.status = 0),
        found_but(|r| r.recorded_at = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 })),
        found_but(|r| r.family_name = "x".repeat(1 << 20)),
    ];
    for answer in broken {
        registry.play([Turn::answers(answer)]);
        assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Unreachable);
        assert_eq!(registry.asked(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_not_there_is_unreachable() {
    let connector = tower::service_fn(|_| async { Err::<TokioIo<DuplexStream>, _>(std::io::Error::other("no route")) });
    let channel = Endpoint::from_static("http://memory.invalid").connect_with_connector_lazy(connector);
    let World { remote, .. } = world_over(channel, Scripted::default());
    assert_eq!(remote.look_up(&key()).await, RegistryAnswer::Unreachable);
}
