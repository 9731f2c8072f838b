//! Everything fails at once, and the ledger is kept: nothing lost, nothing doubled.
//!
//! The real service, killed ten times under the load of twenty spools, some of which two officers send at once; on
//! PostgreSQL its connections to the database are cut in the middle of streams too. The test keeps a ledger of its own: what
//! was captured, and which receipt came for it. At the end it compares that with the database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eid::domain::ids::RequestId;
use eid::domain::office::OfficeSpan;
use eid::domain::staff::OfficeCode;
use eid::domain::working_list::Filter;
use eid::domain::workstation::{CaptureNumber, WorkstationId};
use eid::pki::Authority;
use eid::practice::Generator;
use eid::proto as pb;
use eid::sys::Clock;
use futures::future::join_all;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::support::process::{Running, Site};
use crate::support::spool::{Officer, Spool, Watching, request};

const SPOOLS: usize = 20;
const EACH: usize = 250;
/// Spools that a colleague sends at the same time from a copy.
const COPIES: usize = 4;
const KILLS: usize = 10;
/// Captures of a workstation whose clock is three days fast.
const FAST: usize = 10;

/// What was captured, and which receipts came.
#[derive(Default)]
struct Ledger {
    /// The request's id, by workstation and number.
    captured: BTreeMap<(String, u64), String>,
    /// Every receipt, by workstation and number: of whichever officer.
    receipts: BTreeMap<(String, u64), BTreeSet<String>>,
    /// Numbers that were not taken in.
    refused: BTreeSet<(String, u64)>,
    /// Answers so far, repeats by colleagues counted.
    answers: usize,
}

impl Ledger {
    fn answered(&mut self, workstation: &str, number: u64, said: &str) {
        let key = (workstation.to_owned(), number);
        match said.strip_prefix("accepted ") {
            Some(receipt) => drop(self.receipts.entry(key).or_default().insert(receipt.to_owned())),
            None if said == "not accepted" => drop(self.refused.insert(key)),
            None => return,
        }
        self.answers += 1;
    }
}

fn workstation(at: usize) -> String {
    format!("ws-{at:02}")
}

/// Offices, five of them; each has four workstations.
fn office(at: usize) -> String {
    ["01-01", "79-01", "79-02", "48-01", "68-01"][at % 5].to_owned()
}

/// The spools with their requests in them, and the ledger of what is in them.
async fn captured(site: &Site, authority: &Authority) -> (Vec<(String, Spool)>, Ledger) {
    let mut ledger = Ledger::default();
    let mut people = Generator::new(21, Clock::System.now());
    let mut spools = Vec::new();
    for at in 0..=SPOOLS {
        let name = workstation(at);
        let officer = Officer::registered(site, authority, &format!("officer-{at}"), &office(at)).await;
        let spool = Spool::new(site, &name, officer).await;
        let fast = at == SPOOLS;
        let mut requests: Vec<_> = (0..if fast { FAST } else { EACH }).map(|_| request(&mut people)).collect();
        for (number, request) in (1_u64..).zip(&mut requests) {
            ledger.captured.insert((name.clone(), number), request.request_id.clone());
            if fast {
                let at = Clock::System.now().plus(Duration::from_hours(72)).micros() / 1_000_000;
                let captured_at = Some(prost_types::Timestamp { seconds: at, nanos: 0 });
                request.capture = Some(pb::CaptureProvenance { captured_at, ..pb::CaptureProvenance::default() });
            }
        }
        spools.push((name, spool, requests));
    }
    for spools in spools.chunks(4) {
        for added in join_all(spools.iter().map(|(_, spool, requests)| spool.add(requests))).await {
            assert!(added.is_ok());
        }
    }
    (spools.into_iter().map(|(name, spool, _)| (name, spool)).collect(), ledger)
}

/// Copies of the first spools, which colleagues of the same office send.
async fn copied(site: &Site, authority: &Authority, spools: &[(String, Spool)]) -> Vec<(String, Spool)> {
    let mut copies = Vec::new();
    for (at, (name, spool)) in spools.iter().enumerate().take(COPIES) {
        let colleague = Officer::registered(site, authority, &format!("colleague-{at}"), &office(at)).await;
        copies.push((name.clone(), spool.copy(&format!("copy-{name}"), colleague)));
    }
    copies
}

/// Starts every spool; what became of each number comes out of the channel as it is said.
fn sending(site: &Site, port: u16, spools: &[(String, Spool)]) -> (mpsc::Receiver<(String, u64, String)>, JoinSet<()>) {
    let (say, said) = mpsc::channel(1_024);
    let mut running = JoinSet::new();
    for (name, spool) in spools {
        let mut watching = Watching::start(&mut spool.calling(site, port));
        let (name, say) = (name.clone(), say.clone());
        running.spawn(async move {
            while let Some((number, line)) = watching.next().await {
                if say.send((name.clone(), number, line)).await.is_err() {
                    break;
                }
            }
            watching.kill().await;
        });
    }
    (said, running)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ten_kills_under_five_thousand_submissions_the_ledger_equals_the_database() {
    let authority = Authority::new("the right one", Clock::System.now().minus(Duration::from_hours(48))).unwrap();
    let mut site = Site::new().await.trusting(&authority).quiet();
    let mut running = site.start().await;
    site.stay_at(&running);
    let (mut spools, mut ledger) = captured(&site, &authority).await;
    spools.extend(copied(&site, &authority, &spools).await);
    let due = SPOOLS * EACH + COPIES * EACH + FAST;

    let (mut said, sending) = sending(&site, running.port(), &spools);
    let mut kills = 0;
    while ledger.answers < due {
        let next = tokio::time::timeout(Duration::from_mins(2), said.recv()).await;
        let (name, number, line) = next.expect("it goes on").expect("the spools run");
        ledger.answered(&name, number, &line);
        if kills < KILLS && ledger.answers > (kills + 1) * due / (KILLS + 2) {
            kills += 1;
            running = restarted(&site, running, kills).await;
        }
    }
    assert_eq!(kills, KILLS);
    drop((said, sending));

    assert_eq!(ledger.refused, (1..=FAST as u64).map(|number| (workstation(SPOOLS), number)).collect());
    compare(&site, &ledger).await;
    for (name, spool) in &spools {
        let refused = if *name == workstation(SPOOLS) { FAST } else { 0 };
        assert_eq!((spool.count("queue"), spool.count("refused")), (0, refused), "{name}");
    }
    assert!(running.stop().await.1);
}

/// kill -9 and a new start; now and then, before it, the database goes away for a moment.
async fn restarted(site: &Site, running: Running, kills: usize) -> Running {
    if kills.is_multiple_of(3) {
        site.sever_database().await;
    }
    running.kill().await;
    site.start().await
}

/// Every submission is in the database exactly once, under its receipt, and nothing else is.
async fn compare(site: &Site, ledger: &Ledger) {
    let app = site.app().await;
    let mut reader = app.store().reader().await.unwrap();
    let mut known = BTreeSet::new();
    for at in 0..5 {
        let mut before = None;
        let span = OfficeSpan { code: OfficeCode::parse(&office(at)).unwrap(), from: None, until: None };
        loop {
            let page = reader.listed(&span, (&Filter::default(), Clock::System.now()), before, 500).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.place);
            for listed in page {
                assert!(known.insert(listed.place.id.to_string()), "listed twice");
            }
        }
    }
    let mut receipts = BTreeSet::new();
    for ((workstation, number), request) in &ledger.captured {
        let key = (workstation.clone(), *number);
        let id = WorkstationId::parse(workstation).unwrap();
        let noted = reader.noted_capture(&id, CaptureNumber::new(*number).unwrap()).await.unwrap();
        let noted = noted.unwrap_or_else(|| panic!("{workstation} {number} is lost"));
        assert_eq!(noted.request, RequestId::parse(request).unwrap(), "{workstation} {number} is another request");
        match ledger.receipts.get(&key) {
            Some(all) => {
                assert_eq!(all.len(), 1, "{workstation} {number} has one receipt, whoever sent it");
                let receipt = all.first().unwrap();
                assert_eq!(noted.enrolment.map(|id| id.to_string()).as_ref(), Some(receipt), "{workstation} {number}");
                assert!(receipts.insert(receipt.clone()), "{workstation} {number} shares a receipt");
            }
            None => assert!(ledger.refused.contains(&key) && noted.enrolment.is_none(), "{workstation} {number}"),
        }
    }
    assert_eq!(receipts.len(), SPOOLS * EACH);
    assert_eq!(known, receipts, "the database holds what the ledger does");
    for at in 0..SPOOLS {
        let arrived = reader.numbers_of(&WorkstationId::parse(&workstation(at)).unwrap(), 10).await.unwrap();
        assert_eq!(arrived.numbers.complete_to().map(CaptureNumber::get), Some(EACH as u64), "no gap");
        assert_eq!(arrived.numbers.ranges().len(), 1);
    }
}
