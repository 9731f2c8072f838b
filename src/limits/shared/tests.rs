//! The shared limits against a real `redis-server` of our own, on a socket in a temporary folder.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;
use tokio::net::TcpListener;

use super::*;

const SLOW: Quota = Quota::per_minute(5);
const KEY: LimitKey<'_> = LimitKey { method: "Service/Method", subject: "caller" };

/// A Redis that dies with the test.
struct Server {
    folder: TempDir,
    process: Option<Child>,
}

impl Server {
    fn start() -> Self {
        let mut server = Self { folder: TempDir::new().unwrap(), process: None };
        server.run(&[]);
        server
    }

    /// Starts the program and returns when it takes connections.
    fn run(&mut self, settings: &[&str]) {
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no"])
            .arg("--dir")
            .arg(self.folder.path())
            .arg("--unixsocket")
            .arg(self.socket())
            .args(settings)
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs the program redis-server (Debian package redis-server; scripts/test installs it)");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.unwrap().contains("ready to accept connections"));
        assert!(ready, "redis-server ended before it was ready");
        self.process = Some(process);
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn stopped() -> Clock {
    Clock::stopped(Timestamp::from_micros(1_800_000_000_000_000))
}

async fn connected(url: &str, clock: &Clock) -> Result<Shared, LimitsFault> {
    let shared = Shared::new(url, "eid", clock.clone())?;
    shared.greet().await?;
    Ok(shared)
}

/// Shared limits with time enough for a busy machine.
async fn patient(url: &str, clock: &Clock) -> Shared {
    let mut shared = connected(url, clock).await.unwrap();
    shared.patience = Duration::from_secs(30);
    shared
}

fn is_up(shared: &Shared) -> bool {
    shared.link.lock().unwrap().failed.is_none()
}

#[tokio::test]
async fn redis_and_memory_give_the_same_verdicts() {
    let (server, clock) = (Server::start(), stopped());
    let (shared, memory) = (patient(&server.url(), &clock).await, Memory::new(clock.clone()));
    let steps = [0, 0, 0, 0, 0, 0, 1, 11_999_999, 1, 0, 24_000_000, 0, 0, 30_500_000, 0, 0, 0, 90_000_000, 0, 0];
    for (step, micros) in steps.into_iter().enumerate() {
        clock.advance(Duration::from_micros(micros));
        for key in [KEY, LimitKey { subject: "another", ..KEY }, LimitKey { method: "Service/Other", ..KEY }] {
            for quota in [SLOW, Quota::new(2, Duration::from_secs(7)), Quota::per_second(3)] {
                assert_eq!(shared.take(key, quota).await, memory.take(key, quota), "step {step}, {quota:?}");
            }
        }
    }
    assert!(is_up(&shared), "Redis gave every verdict");
}

#[tokio::test]
async fn two_processes_share_one_burst() {
    let (server, clock) = (Server::start(), stopped());
    let (one, two) = (patient(&server.url(), &clock).await, patient(&server.url(), &clock).await);
    for shared in [&one, &two, &one, &two, &one] {
        assert_eq!(shared.take(KEY, SLOW).await, Verdict::Allowed);
    }
    assert_eq!(one.take(KEY, SLOW).await, Verdict::Wait(Duration::from_secs(12)));
    assert_eq!(two.take(KEY, SLOW).await, Verdict::Wait(Duration::from_secs(12)));
}

#[tokio::test]
async fn what_passes_without_waiting_is_counted_by_all_and_made_good() {
    let (server, clock) = (Server::start(), stopped());
    let (one, two) = (Arc::new(patient(&server.url(), &clock).await), Arc::new(patient(&server.url(), &clock).await));
    // Neither has heard of the other: both let a burst through.
    for shared in [&one, &two] {
        assert!((0..5).all(|_| shared.pass(KEY, SLOW) == Verdict::Allowed));
        assert_eq!(shared.pass(KEY, SLOW), Verdict::Wait(Duration::from_secs(12)));
    }
    one.told().await;
    two.told().await;
    // Ten calls were made where five may be: the next one of the second waits for six refills, and not for one.
    clock.advance(Duration::from_secs(12));
    assert_eq!(two.pass(KEY, SLOW), Verdict::Wait(Duration::from_mins(1)));
    clock.advance(Duration::from_mins(1));
    assert_eq!(two.pass(KEY, SLOW), Verdict::Allowed);
    two.told().await;
    assert_eq!(two.pass(KEY, SLOW), Verdict::Wait(Duration::from_secs(12)));
    // What is counted at once sees the same.
    assert_eq!(one.take(KEY, SLOW).await, Verdict::Wait(Duration::from_secs(12)));
    assert!(is_up(&one) && is_up(&two), "Redis gave every verdict");
}

#[tokio::test]
async fn while_redis_is_away_calls_pass_by_what_this_process_counts() {
    let (mut server, clock) = (Server::start(), stopped());
    let shared = Arc::new(connected(&server.url(), &clock).await.unwrap());
    server.kill();
    assert!((0..5).all(|_| shared.pass(KEY, SLOW) == Verdict::Allowed));
    shared.told().await;
    assert!(!is_up(&shared));
    assert_eq!(shared.pass(KEY, SLOW), Verdict::Wait(Duration::from_secs(12)));
}

#[tokio::test]
async fn every_key_in_redis_dies_when_its_burst_is_whole_again() {
    let (server, clock) = (Server::start(), stopped());
    let shared = patient(&server.url(), &clock).await;
    shared.take(KEY, SLOW).await;
    shared.take(KEY, SLOW).await;
    let mut redis = shared.link.lock().unwrap().redis.clone();
    let name = "eid:limit:5:12000000:Service/Method:caller";
    let left: i64 = redis::cmd("PTTL").arg(name).query_async(&mut redis).await.unwrap();
    assert!((1..=24_000).contains(&left), "{left} ms");
}

#[tokio::test]
async fn a_key_from_a_clock_far_ahead_costs_nobody_a_wait() {
    let (server, clock) = (Server::start(), stopped());
    let ahead = stopped();
    ahead.advance(Duration::from_hours(10));
    patient(&server.url(), &ahead).await.take(KEY, SLOW).await;
    let shared = patient(&server.url(), &clock).await;
    assert_eq!(shared.take(KEY, SLOW).await, Verdict::Allowed);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nobody_wait_for_the_step() {
    let (server, clock) = (Server::start(), stopped());
    let daily = Quota::per_day(10);
    for _ in 0..10 {
        assert_eq!(patient(&server.url(), &clock).await.take(KEY, daily).await, Verdict::Allowed);
    }
    let back = stopped();
    let Clock::Stopped(at) = &back else { panic!("the clock is stopped") };
    at.fetch_sub(3_600_000_000, std::sync::atomic::Ordering::SeqCst);
    let shared = patient(&server.url(), &back).await;
    let Verdict::Wait(wait) = shared.take(KEY, daily).await else { panic!("ten calls were all there were") };
    assert!(wait <= daily.refill(), "{wait:?}");
    back.advance(wait);
    assert_eq!(shared.take(KEY, daily).await, Verdict::Allowed);
}

#[tokio::test]
async fn a_crowd_of_processes_gets_no_more_than_the_quota_in_the_long_run() {
    let (server, clock) = (Server::start(), stopped());
    let mut processes = Vec::new();
    for _ in 0..3 {
        processes.push(Arc::new(patient(&server.url(), &clock).await));
    }
    let (mut passed, rounds) = (0, 300);
    for _ in 0..rounds {
        for process in &processes {
            passed += (0..9).filter(|_| process.pass(KEY, SLOW) == Verdict::Allowed).count();
        }
        for process in &processes {
            process.told().await;
        }
        clock.advance(SLOW.refill());
    }
    // One call for each refill, but for what each lets through before it hears of the others: a burst at first.
    assert!(passed <= rounds + rounds / 10, "{passed} calls in {rounds} refills");
}

#[tokio::test]
async fn losing_redis_in_the_middle_gives_nobody_a_new_burst() {
    let (mut server, clock) = (Server::start(), stopped());
    let shared = patient(&server.url(), &clock).await;
    for _ in 0..3 {
        assert_eq!(shared.take(KEY, SLOW).await, Verdict::Allowed);
    }
    server.kill();
    for _ in 0..2 {
        assert_eq!(shared.take(KEY, SLOW).await, Verdict::Allowed);
    }
    assert_eq!(shared.take(KEY, SLOW).await, Verdict::Wait(Duration::from_secs(12)));
    assert!(!is_up(&shared));
}

#[tokio::test]
async fn redis_is_used_again_when_it_comes_back() {
    let (mut server, clock) = (Server::start(), stopped());
    let shared = patient(&server.url(), &clock).await;
    server.kill();
    shared.take(KEY, SLOW).await;
    assert!(!is_up(&shared));
    server.run(&[]);
    shared.take(KEY, SLOW).await;
    assert!(!is_up(&shared), "no call asks before the rest is over");
    clock.advance(REST);
    assert_eq!(shared.take(KEY, SLOW).await, Verdict::Allowed);
    assert!(is_up(&shared), "the first call after the rest finds it");
}

#[test]
fn only_a_change_is_worth_a_line_in_the_log() {
    let (mut failed, now) = (None, stopped().now());
    let outcomes = [Ok(()), Err(Failure::Slow), Err(Failure::Unreachable), Ok(()), Ok(()), Err(Failure::Refused)];
    let turns = outcomes.map(|outcome| note(&mut failed, now, outcome));
    let (slow, refused) = (Turn::Lost(Failure::Slow), Turn::Lost(Failure::Refused));
    assert_eq!(turns, [None, Some(slow), None, Some(Turn::Found), None, Some(refused)]);
}

#[tokio::test]
async fn redis_is_used_again_after_it_refused_the_password_for_a_while() {
    let (mut server, clock) = (Server::start(), stopped());
    server.kill();
    server.run(&["--requirepass", "right"]);
    let shared = patient(&format!("{}?pass=right", server.url()), &clock).await;
    server.kill();
    server.run(&["--requirepass", "other"]);
    for _ in 0..3 {
        shared.take(KEY, SLOW).await;
        assert!(!is_up(&shared));
        clock.advance(REST);
    }
    server.kill();
    server.run(&["--requirepass", "right"]);
    shared.take(KEY, SLOW).await;
    assert!(is_up(&shared));
}

#[tokio::test]
async fn a_service_starts_without_redis_and_counts_alone() {
    let (mut server, clock) = (Server::start(), stopped());
    server.kill();
    let shared = patient(&server.url(), &clock).await;
    assert!(!is_up(&shared));
    for _ in 0..5 {
        assert_eq!(shared.take(KEY, SLOW).await, Verdict::Allowed);
    }
    assert_eq!(shared.take(KEY, SLOW).await, Verdict::Wait(Duration::from_secs(12)));
}

#[tokio::test(start_paused = true)]
async fn a_redis_that_never_answers_is_not_waited_for_longer_than_the_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (url, clock) = (format!("redis://{}", listener.local_addr().unwrap()), stopped());
    let shared = connected(&url, &clock).await.unwrap();
    clock.advance(REST);
    let before = tokio::time::Instant::now();
    for _ in 0..5 {
        assert_eq!(shared.take(KEY, SLOW).await, Verdict::Allowed);
    }
    assert_eq!(shared.take(KEY, SLOW).await, Verdict::Wait(Duration::from_secs(12)));
    assert!(before.elapsed() <= PATIENCE + Duration::from_millis(5), "only one call asked: {:?}", before.elapsed());
}

#[tokio::test]
async fn a_url_that_cannot_be_read_and_a_wrong_password_stop_the_start_and_are_not_printed() {
    let (mut server, clock) = (Server::start(), stopped());
    server.kill();
    server.run(&["--requirepass", "right"]);
    let urls = [
        ("ftp://:hunter2@localhost".to_owned(), LimitsFault::Url),
        (":hunter2@".to_owned(), LimitsFault::Url),
        (format!("{}?pass=hunter2", server.url()), LimitsFault::Refused),
        (server.url(), LimitsFault::Refused),
    ];
    for (url, expected) in urls {
        let fault = connected(&url, &clock).await.err().unwrap();
        assert_eq!(fault, expected);
        assert!(!format!("{fault} {fault:?}").contains("hunter2"));
    }
}
