//! Everything fails at once, and the ledger is kept: nothing lost, nothing doubled.
//!
//! The real service, killed ten times under the load of twenty spools, some of which two officers send at once; on
//! PostgreSQL its connections to the database are cut in the middle of streams too. The spools are killed as well, while they
//! add and while they send. The test keeps a ledger of its own: what was captured, and which receipt came for it. At the end
//! it compares that with the database.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use eid::domain::ids::RequestId;
use eid::domain::office::OfficeSpan;
use eid::domain::staff::OfficeCode;
use eid::domain::working_list::Filter;
use eid::domain::workstation::{CaptureNumber, WorkstationId};
use eid::pki::Authority;
use eid::practice::Generator;
use eid::proto as pb;
use eid::sys::{Clock, Dice};
use futures::future::join_all;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::support::process::{Running, Site, ended};
use crate::support::spool::{Officer, Spool, Watching, request};

const SPOOLS: usize = 20;
const EACH: usize = 250;
/// Spools that a colleague sends at the same time from a copy.
const COPIES: usize = 4;
const KILLS: usize = 10;
/// How often each spool is killed while it sends; once more while it adds.
const SPOOL_KILLS: usize = 2;
/// Spools are killed before so long, at moments of chance: some in the middle of their work, some before it or after it.
const ADDING_MILLIS: u32 = 250;
const SENDING_MILLIS: u32 = 12_000;
/// Captures of a workstation whose clock is three days fast.
const FAST: usize = 10;

/// What was captured, and which receipts came.
#[derive(Default)]
struct Ledger {
    /// The request's id, by workstation and number.
    captured: BTreeMap<(String, u64), String>,
    /// Every receipt, by workstation and number: of whichever officer.
    receipts: BTreeMap<(String, u64), BTreeSet<String>>,
    /// What each spool said, by its place among the spools.
    heard: BTreeSet<(usize, u64)>,
    /// Numbers that were held.
    held: BTreeSet<(String, u64)>,
    /// What was settled or held so far, repeats by colleagues counted.
    settled: usize,
}

impl Ledger {
    fn hears(&mut self, spools: &[(String, Spool)], news: News) {
        match news {
            News::Unsaid(count) => self.settled += count,
            News::Said(at, number, line) => {
                self.settled += 1;
                self.heard.insert((at, number));
                self.notes(&spools[at].0, number, &line);
            }
        }
    }

    fn notes(&mut self, workstation: &str, number: u64, said: &str) {
        let key = (workstation.to_owned(), number);
        if let Some(receipt) = said.strip_prefix("accepted ") {
            self.receipts.entry(key).or_default().insert(receipt.to_owned());
        } else {
            assert!(said.starts_with("held until "), "{workstation} {number}: {said}");
            self.held.insert(key);
        }
    }

    /// Asks the spools for what they could not say before they were killed: it is in their journals.
    async fn asks(&mut self, spools: &[(String, Spool)]) {
        for (at, (name, spool)) in spools.iter().enumerate().filter(|(at, _)| *at != SPOOLS) {
            for number in (1..=EACH as u64).filter(|number| !self.heard.contains(&(at, *number))).collect::<Vec<_>>() {
                self.notes(name, number, &shown(spool, number).await);
            }
        }
    }

    /// The officer with the fast clock sets it, gives the captures their true time, and sends them.
    async fn set_right(&mut self, site: &Site, port: u16, spools: &[(String, Spool)], dice: &Dice) {
        let fast = &spools[SPOOLS].1;
        assert_eq!(std::mem::take(&mut self.held), (1..=FAST as u64).map(|n| (workstation(SPOOLS), n)).collect());
        assert_eq!((fast.count("queue"), fast.count("refused")), (FAST, 0));
        let retimed = ended(fast.command().args(["--retime", "+3d 00:00:00"])).await.unwrap();
        assert_eq!(retimed.matches(": captured at ").count(), FAST, "{retimed}");
        let (say, mut said) = mpsc::channel(FAST * 2);
        sent(site, port, (SPOOLS, fast), dice, say).await;
        while let Some(news) = said.recv().await {
            self.hears(spools, news);
        }
        assert!(self.held.is_empty());
        for number in 1..=FAST as u64 {
            self.notes(&workstation(SPOOLS), number, &shown(fast, number).await);
        }
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
    let dice = Dice::seeded(22);
    for spools in spools.chunks(4) {
        join_all(spools.iter().map(|(_, spool, requests)| added(spool, requests, moment(&dice, ADDING_MILLIS)))).await;
    }
    (spools.into_iter().map(|(name, spool, _)| (name, spool)).collect(), ledger)
}

/// Puts requests into a spool: killed at that moment, wherever it is, and done again.
async fn added(spool: &Spool, requests: &[pb::SubmitRequest], killed: Duration) {
    let file = spool.file(requests);
    let mut adding = spool.command();
    adding.arg("--add").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = adding.spawn().unwrap();
    if timeout(killed, child.wait()).await.is_err() {
        child.kill().await.unwrap();
    }
    assert!(ended(&mut adding).await.is_ok());
    assert_eq!(waiting(spool).await, requests.len());
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

/// What comes from a spool that is being sent.
enum News {
    /// It said what became of a number.
    Said(usize, u64, String),
    /// So many were settled, and the spool was killed before it could say so.
    Unsaid(usize),
}

/// How many requests the spool itself says that it waits with.
async fn waiting(spool: &Spool) -> usize {
    let status = ended(spool.command().arg("--status")).await.unwrap();
    let waiting = status.lines().find_map(|line| line.strip_prefix("waiting")).unwrap();
    waiting.split_whitespace().next().unwrap().parse().unwrap()
}

/// What the spool says of a number when it is asked.
async fn shown(spool: &Spool, number: u64) -> String {
    let shown = ended(spool.command().args(["--show", &number.to_string()])).await.unwrap();
    let line = shown.lines().next().and_then(|line| line.strip_prefix(&format!("number {number}: ")));
    line.unwrap().to_owned()
}

/// Some moment before that many milliseconds.
fn moment(dice: &Dice, below_millis: u32) -> Duration {
    Duration::from_millis(dice.below(below_millis).into())
}

/// Sends from a spool until everything is settled or held. Meanwhile it is killed, wherever it is, and starts again.
async fn sent(site: &Site, port: u16, (at, spool): (usize, &Spool), dice: &Dice, say: mpsc::Sender<News>) {
    let mut left = waiting(spool).await;
    // What is held waits still, so that of the fast one it cannot be told from a count what it did not say.
    let kills = if at == SPOOLS { 0 } else { SPOOL_KILLS };
    let mut kills = (0..kills).map(|_| moment(dice, SENDING_MILLIS)).collect::<Vec<_>>();
    while left > 0 {
        let mut watching = Watching::start(&mut spool.calling(site, port));
        let end = Instant::now() + kills.pop().unwrap_or(Duration::from_mins(10));
        while left > 0
            && let Ok(said) = timeout_at(end, watching.next()).await
        {
            let (number, line) = said.expect("it watches");
            left -= 1;
            say.send(News::Said(at, number, line)).await.unwrap();
        }
        watching.kill().await;
        if left > 0 {
            let before = std::mem::replace(&mut left, waiting(spool).await);
            say.send(News::Unsaid(before - left)).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_ten_kills_under_five_thousand_submissions_the_ledger_equals_the_database() {
    let authority = Authority::new("the right one", Clock::System.now().minus(Duration::from_hours(48))).unwrap();
    let mut site = Site::new().await.trusting(&authority).quiet();
    let mut running = site.start().await;
    site.stay_at(&running);
    let (mut spools, mut ledger) = captured(&site, &authority).await;
    spools.extend(copied(&site, &authority, &spools).await);
    let (port, due, dice) = (running.port(), SPOOLS * EACH + COPIES * EACH + FAST, Dice::seeded(23));

    let (say, mut said) = mpsc::channel(1_024);
    let sending = spools.iter().enumerate().map(|(at, (_, spool))| sent(&site, port, (at, spool), &dice, say.clone()));
    let sending = join_all(sending.collect::<Vec<_>>());
    drop(say);
    let listening = async {
        let mut kills = 0;
        while let Some(news) = timeout(Duration::from_mins(2), said.recv()).await.expect("it goes on") {
            ledger.hears(&spools, news);
            while kills < KILLS && ledger.settled > (kills + 1) * due / (KILLS + 2) {
                kills += 1;
                running = restarted(&site, running, kills).await;
            }
        }
        (kills, running)
    };
    let (_, (kills, running)) = tokio::join!(sending, listening);
    assert_eq!((kills, ledger.settled), (KILLS, due));
    ledger.asks(&spools).await;
    ledger.set_right(&site, port, &spools, &dice).await;

    compare(&site, &ledger).await;
    for (name, spool) in &spools {
        // One that was killed between its journal and its queue clears up when it is opened again.
        if spool.count("queue") > 0 {
            ended(&mut spool.calling(&site, port)).await.unwrap();
        }
        assert_eq!((spool.count("queue"), spool.count("refused")), (0, 0), "{name}");
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
            None => panic!("{workstation} {number} has no receipt"),
        }
    }
    assert_eq!(receipts.len(), SPOOLS * EACH + FAST);
    assert_eq!(known, receipts, "the database holds what the ledger does");
    for at in 0..=SPOOLS {
        let each = if at == SPOOLS { FAST } else { EACH };
        let arrived = reader.numbers_of(&WorkstationId::parse(&workstation(at)).unwrap(), 10).await.unwrap();
        assert_eq!(arrived.numbers.complete_to().map(CaptureNumber::get), Some(each as u64), "no gap");
        assert_eq!(arrived.numbers.ranges().len(), 1);
    }
}
