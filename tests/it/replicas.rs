//! Three processes on one PostgreSQL and one Redis: killed one by one, without Redis, without the database for a while. Nothing
//! is lost, nothing doubled, and whoever watches misses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eid::practice::{Applicant, Generator};
use eid::proto as pb;
use eid::proto::enrolment_service_client::EnrolmentServiceClient;
use eid::sys::{Clock, Dice};
use futures::StreamExt as _;
use pb::submit_response::Outcome;
use tokio::sync::{RwLock, watch};
use tokio::time::timeout;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use crate::support::database::on_postgres;
use crate::support::line::Line;
use crate::support::process::{Running, Site};
use crate::support::redis::PrivateRedis;
use crate::support::service::reason;

const REPLICAS: usize = 3;
const REQUESTS: usize = 240;
const IN_FLIGHT: usize = 8;
/// Nothing takes so long, however busy the machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// The replicas as their clients see them.
#[derive(Default)]
struct Seen {
    lines: RwLock<Vec<Channel>>,
    /// How often each said that it cannot reach its database.
    without_database: [AtomicUsize; REPLICAS],
    /// Requests that may be handed in: the others wait for the next fault.
    let_go: watch::Sender<usize>,
    /// Requests that have their receipt.
    answered: watch::Sender<usize>,
}

impl Seen {
    async fn officer(&self, replica: usize) -> EnrolmentServiceClient<Channel> {
        EnrolmentServiceClient::new(self.lines.read().await[replica].clone())
    }

    /// Lets more than so many be handed in, and waits until so many have been answered.
    async fn until_answered(&self, requests: usize) {
        self.let_go.send_replace(requests + IN_FLIGHT);
        self.answered.subscribe().wait_for(|answered| *answered >= requests).await.unwrap();
    }

    /// Hands a request in, at one replica after the other, until one takes it; the name it gave.
    async fn hand_in(&self, place: usize, request: pb::SubmitRequest) -> String {
        self.let_go.subscribe().wait_for(|let_go| place < *let_go).await.unwrap();
        for replica in (0..REPLICAS).cycle().skip(place) {
            match self.officer(replica).await.submit(request.clone()).await {
                Ok(answer) => {
                    let Some(Outcome::Accepted(receipt)) = answer.into_inner().outcome else { panic!("not accepted") };
                    self.answered.send_modify(|answered| *answered += 1);
                    return receipt.enrolment_id;
                }
                Err(refused) => {
                    let wait = wait_of(&refused);
                    if reason(&refused) == "UNAVAILABLE" {
                        self.without_database[replica].fetch_add(1, Ordering::SeqCst);
                    }
                    // As told, and no longer: the next replica may be well.
                    tokio::time::sleep(wait.min(Duration::from_millis(100))).await;
                }
            }
        }
        unreachable!("replicas come round and round")
    }
}

/// How long a refusal asks to wait. What a service refuses while it is unwell invites another try; what has no reason is the
/// line's word, which broke.
fn wait_of(refused: &Status) -> Duration {
    if refused.get_details_error_info().is_none() {
        return Duration::from_millis(20);
    }
    let known = ["UNAVAILABLE", "TOO_MANY_CALLS", "TOO_SLOW", "OVERLOADED", "STOPPING"];
    assert!(known.contains(&reason(refused).as_str()), "{refused:?}");
    let wait = refused.get_details_retry_info().and_then(|info| info.retry_delay);
    wait.unwrap_or_else(|| panic!("no time to come back: {refused:?}"))
}

fn requests() -> Vec<pb::SubmitRequest> {
    let (now, dice) = (Clock::System.now(), Dice::system());
    let mut people = Generator::new(7, now);
    let grown = std::iter::repeat_with(|| people.applicant()).filter(|one| !Applicant::is_represented(one));
    let request = |one: Applicant| pb::SubmitRequest {
        request_id: dice.id(now).to_string(),
        application: Some(one.application),
        ..pb::SubmitRequest::default()
    };
    grown.take(REQUESTS).map(request).collect()
}

/// Watches the office, at one replica after the other, until so many requests were told to be taken in; what was told of each,
/// by request.
async fn watch_all(seen: Arc<Seen>, begun: watch::Sender<bool>) -> BTreeMap<String, Vec<String>> {
    let (mut token, mut told) = (String::new(), BTreeMap::<String, Vec<String>>::new());
    for replica in (0..REPLICAS).cycle() {
        let request = pb::WatchRequest { resume_token: token.clone() };
        let Ok(stream) = seen.officer(replica).await.watch(request).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let mut stream = stream.into_inner();
        while let Some(Ok(message)) = stream.next().await {
            token = message.resume_token;
            begun.send_replace(true);
            if let Some(change) = message.change {
                told.entry(change.enrolment_id).or_default().push(change.event.unwrap().verb);
            }
            if told.len() == REQUESTS && told.values().all(|verbs| verbs.len() > 1) {
                return told;
            }
        }
    }
    unreachable!("replicas come round and round")
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_lose_and_double_nothing_while_they_their_redis_and_their_database_fail() {
    // One embedded database is one process's.
    if !on_postgres() {
        return;
    }
    let mut redis = PrivateRedis::start();
    let mut site = Site::new().await.quiet().with_setting("EID__LIMITS__REDIS_URL", &redis.url());
    let line = Line::to(site.database_address()).await;
    site.reach_database_by(&line);
    let (seen, mut replicas) = (Arc::new(Seen::default()), Vec::<Running>::new());
    for _ in 0..REPLICAS {
        let replica = site.start().await;
        seen.lines.write().await.push(site.channel(&replica, "officer-79-01").await);
        replicas.push(replica);
    }
    let begun = watch::Sender::new(false);
    let watching = tokio::spawn(watch_all(seen.clone(), begun.clone()));
    begun.subscribe().wait_for(|begun| *begun).await.unwrap();

    let handing_in = tokio::spawn({
        let seen = seen.clone();
        async move {
            let calls = requests().into_iter().enumerate().map(|(place, request)| {
                let (seen, request_id) = (seen.clone(), request.request_id.clone());
                async move { (request_id, seen.hand_in(place, request).await) }
            });
            futures::stream::iter(calls).buffer_unordered(IN_FLIGHT).collect::<Vec<_>>().await
        }
    });
    let failing = async {
        for place in 0..REPLICAS {
            seen.until_answered(25 * (place + 1)).await;
            replicas.remove(0).kill().await;
            let replica = site.start().await;
            seen.lines.write().await[place] = site.channel(&replica, "officer-79-01").await;
            replicas.push(replica);
        }
        seen.until_answered(110).await;
        redis.kill();
        seen.until_answered(140).await;
        redis.run();
        seen.until_answered(160).await;
        line.cut();
        seen.let_go.send_replace(REQUESTS);
        // Each of them has said so, and none has come back by itself.
        while seen.without_database.iter().any(|times| times.load(Ordering::SeqCst) < 2) {
            tokio::task::yield_now().await;
        }
        line.mend();
    };
    timeout(PATIENCE, failing).await.expect("the load goes on through every fault");
    let received = timeout(PATIENCE, handing_in).await.expect("every request is answered in the end").unwrap();
    let told = timeout(PATIENCE, watching).await.expect("the watcher is told of all").unwrap();

    let names: BTreeSet<_> = received.iter().map(|(_, name)| name.clone()).collect();
    assert_eq!(names.len(), REQUESTS, "each request has a name of its own");
    let told_names: BTreeSet<_> = told.keys().cloned().collect();
    assert!(told_names == names, "who watches was told of these and no others");
    for (name, verbs) in &told {
        let mut once = verbs.clone();
        once.dedup();
        assert_eq!(*verbs, once, "{name} was told twice of one change");
    }
    let mut listed = BTreeSet::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListRequest { page_size: 500, page_token, ..Default::default() };
        let page = seen.officer(0).await.list(request).await.expect("all is well again").into_inner();
        listed.extend(page.enrolments.into_iter().map(|enrolment| enrolment.enrolment_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(listed == names, "the office has these and no others");
    for replica in replicas {
        let (log, well) = replica.stop().await;
        assert!(well, "{log}");
    }
}
