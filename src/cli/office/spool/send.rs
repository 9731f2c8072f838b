//! Sends what waits, by stream, and settles each request by its answer.
//!
//! A request leaves the queue only after its answer is in the journal, on the disk. Whoever is killed between the two finds
//! both when it starts again, and finishes; whoever is killed before sends again, which is harmless.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use indicatif::ProgressBar;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tonic::{Code, Status};

use super::folder::{Folder, Shelf, Slot};
use super::hold::{self, Held, ServiceClock};
use super::journal::{Book, Journal, Settled};
use super::outgoing::{Outgoing, PassedOver};
use super::told;
use crate::cli::FAILED;
use crate::cli::client::{self, Target};
use crate::cli::office::delivery::{Tally, Verdict};
use crate::cli::refusal::{self, Severed};
use crate::domain::time::Timestamp;
use crate::domain::workstation::{CLOCK_SKEW_MAX, CaptureNumber, ClockOffset};
use crate::proto::enrolment_service_client::EnrolmentServiceClient;
use crate::proto::item_answer::Outcome;
use crate::proto::submit_stream_response::Part as Answered;
use crate::proto::{ItemAnswer, ItemError, Resumed, SubmitStreamResponse, Text};
use crate::sys::Clock;

/// Answers that go into the journal at once.
const BATCH: usize = 64;
/// Requests that one stream brings: half of what the service takes.
const STREAM_ITEMS_MAX: usize = 5_000;
/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(45);
/// How many streams in a row may settle nothing before it is given up, unless it watches.
const FRUITLESS_MAX: u32 = 5;
/// How long to rest when nothing waits.
const REST: Duration = Duration::from_secs(1);
/// The longest wait before the line is tried again.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// The first one; it doubles each time.
const WAIT_MIN: Duration = Duration::from_millis(250);

/// How a stream ended.
enum Ended {
    /// All that was sent was answered.
    Well,
    /// The line broke, or the service cannot now.
    Cut(Status),
    /// There is no line.
    Unreached(anyhow::Error),
    /// Going on would do harm, or no good; it was said why.
    Pointless,
}

/// The one process that sends from a folder.
pub(super) struct Sender<'a, W> {
    pub(super) folder: Arc<Folder>,
    pub(super) target: Target,
    pub(super) clock: Clock,
    pub(super) watch: bool,
    pub(super) out: &'a mut W,
    pub(super) tally: Tally,
    pub(super) bar: ProgressBar,
    journal: Journal,
    /// The numbers that were taken in, each with its name at the service.
    taken_in: BTreeMap<CaptureNumber, String>,
    /// The highest number that was settled.
    settled_to: u64,
    /// What the stream under way was answered.
    answered: HashSet<Slot>,
    /// What cannot be read, and was told.
    damaged: HashSet<Slot>,
    /// What says that it was captured in the future.
    held: Held,
    /// How far our clock is ahead of the service's, as it was told to the person at the screen.
    clock_told: Option<ClockOffset>,
    /// What the service's clock shows, if it told on the stream under way.
    service: Option<ServiceClock>,
    /// What was told last, so that it is not told at each try.
    told: String,
    /// The service lacks what it had taken in.
    lost: bool,
}

impl<'a, W: Write> Sender<'a, W> {
    /// Opens the journal and finishes what an interrupted process left.
    pub(super) fn new(
        folder: Arc<Folder>,
        target: Target,
        watch: bool,
        (out, tally): (&'a mut W, Tally),
    ) -> anyhow::Result<Self> {
        let (journal, settled) = Journal::open(&folder, Book::Answers)?;
        let waiting: HashSet<_> = folder.slots(Shelf::Queue)?.into_iter().collect();
        for settled in settled.iter().filter(|settled| waiting.contains(&settled.slot)) {
            leave(&folder, settled)?;
        }
        let taken_in = settled.iter().filter_map(|settled| Some((settled.slot.number, settled.taken_in()?.to_owned())));
        Ok(Self {
            folder,
            target,
            clock: Clock::System,
            watch,
            out,
            tally,
            bar: ProgressBar::hidden(),
            journal,
            settled_to: settled.iter().map(|settled| settled.slot.number.get()).max().unwrap_or(0),
            taken_in: taken_in.collect(),
            answered: HashSet::new(),
            damaged: HashSet::new(),
            held: Held::default(),
            clock_told: None,
            service: None,
            told: String::new(),
            lost: false,
        })
    }

    /// Sends until nothing waits, or for ever if it watches. The exit code.
    pub(super) async fn run(&mut self) -> anyhow::Result<u8> {
        let (mut fruitless, mut wait) = (0, WAIT_MIN);
        loop {
            let waiting = self.due()?;
            if waiting.is_empty() {
                if !self.watch {
                    break;
                }
                tokio::time::sleep(REST).await;
                continue;
            }
            self.bar.set_length(self.bar.position() + waiting.len() as u64);
            let ended = self.stream(waiting.clone()).await?;
            // Others may be added meanwhile: what counts is what became of these.
            let due: HashSet<_> = self.due()?.into_iter().collect();
            if waiting.iter().any(|slot| !due.contains(slot)) {
                (fruitless, wait) = (0, WAIT_MIN);
                self.told.clear();
            } else {
                fruitless += 1;
            }
            let Some(pause) = self.after(&ended, fruitless)? else { break };
            tokio::time::sleep(pause.max(if fruitless > 0 { wait } else { Duration::ZERO }).min(WAIT_MAX)).await;
            if fruitless > 0 {
                wait = (wait * 2).min(WAIT_MAX);
            }
        }
        self.end()
    }

    /// Counts what was not sent, and says what it all came to. The exit code.
    fn end(&mut self) -> anyhow::Result<u8> {
        let mut left = self.folder.slots(Shelf::Queue)?;
        left.retain(|slot| !self.damaged.contains(slot));
        for _ in left {
            self.tally.count(Verdict::NotSent);
        }
        self.bar.finish_and_clear();
        writeln!(self.out, "{}", self.tally)?;
        Ok(if self.lost { self.tally.exit_code().max(FAILED) } else { self.tally.exit_code() })
    }

    /// The requests that can be tried now: they can be read, and nothing holds them.
    fn due(&self) -> anyhow::Result<Vec<Slot>> {
        let mut waiting = self.folder.slots(Shelf::Queue)?;
        waiting.retain(|slot| !self.damaged.contains(slot) && !self.held.holds(*slot));
        Ok(waiting)
    }

    /// How long to wait before the next stream; `None` to give up.
    fn after(&mut self, ended: &Ended, fruitless: u32) -> anyhow::Result<Option<Duration>> {
        match ended {
            // What is left then is what the service could not do now, one by one.
            Ended::Well => Ok((self.watch || fruitless == 0).then_some(Duration::ZERO)),
            Ended::Pointless => Ok(None),
            Ended::Unreached(error) => {
                self.say_once(&format!("{error:#}"), |out, told| writeln!(out, "{told}"))?;
                Ok((self.watch || fruitless <= FRUITLESS_MAX).then_some(Duration::ZERO))
            }
            Ended::Cut(status) => {
                let again = passes(status) && (self.watch || fruitless <= FRUITLESS_MAX);
                // A line that broke once is no news; one that stays away is.
                if !again || fruitless > 1 {
                    let told = format!("{:?} {}", status.code(), status.message());
                    self.say_once(&told, |out, _| refusal::explain(out, status))?;
                }
                Ok(again.then(|| refusal::retry_after(status).unwrap_or_default()))
            }
        }
    }

    /// Sends requests on one stream and settles those that are answered.
    async fn stream(&mut self, mut waiting: Vec<Slot>) -> anyhow::Result<Ended> {
        waiting.truncate(STREAM_ITEMS_MAX);
        self.answered.clear();
        let endpoint = client::endpoint(&self.target)?;
        let channel = match client::reach(&self.target, endpoint).await {
            Ok(channel) => channel,
            Err(error) => return Ok(Ended::Unreached(error)),
        };
        let by_name: HashMap<_, _> = waiting.iter().map(|slot| (slot.request.to_string(), *slot)).collect();
        let (go, gone) = oneshot::channel();
        let passed_over = Arc::<Mutex<PassedOver>>::default();
        let outgoing = Outgoing {
            folder: Arc::clone(&self.folder),
            clock: self.clock.clone(),
            waiting: waiting.clone(),
            passed_over: Arc::clone(&passed_over),
        };
        let asked = self.clock.now();
        let messages = outgoing.messages(asked, gone);
        let ended = match EnrolmentServiceClient::new(channel).submit_stream(messages).await {
            Ok(answers) => self.settle_all(answers.into_inner(), &by_name, (asked, go)).await?,
            Err(status) => Ended::Cut(status),
        };
        self.passed_over(std::mem::take(&mut *passed_over.lock().unwrap_or_else(PoisonError::into_inner)))?;
        if let Ended::Cut(status) = &ended
            && matches!(refusal::reason(status).as_str(), "MESSAGE_TOO_LARGE" | "NOT_A_MESSAGE")
        {
            // The service reads one after another: it is the first that was not answered.
            let sent = |slot: &&Slot| !self.damaged.contains(slot) && !self.held.holds(**slot);
            if let Some(slot) = waiting.iter().filter(sent).find(|slot| !self.answered.contains(slot)) {
                self.too_much(*slot, status)?;
            }
        }
        Ok(ended)
    }

    /// Says what the stream could not take along, and why.
    fn passed_over(&mut self, PassedOver { damaged, held }: PassedOver) -> anyhow::Result<()> {
        for (slot, why) in damaged {
            self.tally.count(Verdict::Unreadable);
            self.damaged.insert(slot);
            self.bar.suspend(|| writeln!(self.out, "number {}: cannot be read: {why}", slot.number))?;
        }
        if let Some(service) = self.service {
            let held = self.held.hold(held, service);
            let (out, clock) = (&mut *self.out, self.clock_told);
            self.bar.suspend(|| hold::told(out, &held, clock))?;
        }
        Ok(())
    }

    /// Takes the answers as they come.
    async fn settle_all(
        &mut self,
        mut answers: tonic::Streaming<SubmitStreamResponse>,
        by_name: &HashMap<String, Slot>,
        (asked, go): (Timestamp, oneshot::Sender<Option<ServiceClock>>),
    ) -> anyhow::Result<Ended> {
        let mut go = Some(go);
        loop {
            let mut next = match timeout(ANSWER_TIME, answers.message()).await {
                Ok(next) => Some(next),
                Err(_) => return Ok(Ended::Cut(Status::unavailable("the service did not answer in time"))),
            };
            let (mut batch, mut ended) = (Vec::new(), None);
            // What came together goes into the journal together.
            while let Some(answer) = next {
                match answer.map(|answer| answer.map(|answer| answer.part)) {
                    Ok(Some(Some(Answered::Answer(answer)))) => batch.push(answer),
                    Ok(Some(Some(Answered::Resumed(resumed)))) => {
                        if !self.resumed(&resumed, asked)? {
                            return Ok(Ended::Pointless);
                        }
                        if let Some(go) = go.take() {
                            // Nobody listens if the line broke just now; then the answers say so.
                            let _ = go.send(self.service);
                        }
                    }
                    Ok(Some(None)) => {}
                    Ok(None) => ended = Some(Ended::Well),
                    Err(status) => ended = Some(Ended::Cut(status)),
                }
                next = if ended.is_some() || batch.len() >= BATCH { None } else { answers.message().now_or_never() };
            }
            self.settle(batch, by_name)?;
            if let Some(ended) = ended {
                return Ok(ended);
            }
        }
    }

    /// Settles requests by their answers: first the journal, then the folder, then the person at the screen.
    fn settle(&mut self, answers: Vec<ItemAnswer>, by_name: &HashMap<String, Slot>) -> anyhow::Result<()> {
        let slots = answers.into_iter().filter_map(|answer| Some((*by_name.get(&answer.request_id)?, answer)));
        let (settled, others): (Vec<_>, Vec<_>) = slots
            .map(|(slot, answer)| Settled { slot, answer })
            .partition(|settled| told::verdict(&settled.answer) != Verdict::NotSent);
        self.answered.extend(settled.iter().chain(&others).map(|settled| settled.slot));
        if !settled.is_empty() {
            self.journal.append(&self.folder, &settled)?;
        }
        for settled in &settled {
            leave(&self.folder, settled)?;
            self.held.release(settled.slot);
            self.tally.count(told::verdict(&settled.answer));
            self.settled_to = self.settled_to.max(settled.slot.number.get());
            if let Some(name) = settled.taken_in() {
                self.taken_in.insert(settled.slot.number, name.to_owned());
            }
        }
        self.bar.inc(settled.len() as u64);
        let out = &mut *self.out;
        self.bar.suspend(|| {
            settled.iter().chain(&others).try_for_each(|settled| told::answered(out, settled.slot, &settled.answer))
        })?;
        Ok(())
    }

    /// Looks at what the service knows of this workstation. Whether to go on.
    fn resumed(&mut self, resumed: &Resumed, asked: Timestamp) -> anyhow::Result<bool> {
        let offset = resumed.clock_offset.as_ref().map(micros);
        self.service = offset.map(|offset| ServiceClock::new(asked, offset));
        self.clock(offset)?;
        let given = self.highest_given()?;
        if resumed.highest > given {
            let (theirs, name) = (resumed.highest, self.folder.workstation().clone());
            self.say_once("copy", |out, _| {
                writeln!(
                    out,
                    "the service knows number {theirs} of {name}, and this folder has given {given} at most."
                )?;
                writeln!(out, "  en: Another machine uses this name, or the folder is an old copy. Nothing was sent.")?;
                writeln!(out, "  vi: Máy khác đang dùng tên này, hoặc thư mục là bản sao cũ. Chưa gửi gì.")?;
                writeln!(out, "  what to do: make a spool under another name, and add the requests there")
            })?;
            self.lost = true;
            return Ok(false);
        }
        for gap in &resumed.missing {
            self.missing(gap.first, gap.last)?;
        }
        Ok(true)
    }

    /// Tells of a clock that somebody should set: once, and again when it is off otherwise.
    fn clock(&mut self, offset: Option<ClockOffset>) -> std::io::Result<()> {
        let as_told = |told: ClockOffset, offset: ClockOffset| {
            u128::from(told.micros().abs_diff(offset.micros())) <= CLOCK_SKEW_MAX.as_micros()
        };
        let Some(offset) = offset.filter(|offset| offset.is_flagged()) else {
            self.clock_told = None;
            return Ok(());
        };
        if self.clock_told.is_some_and(|told| as_told(told, offset)) {
            return Ok(());
        }
        self.clock_told = Some(offset);
        let out = &mut *self.out;
        self.bar.suspend(|| told::clock(out, offset))
    }

    /// Tells of numbers that the service had taken in and does not know any more.
    fn missing(&mut self, first: u64, last: u64) -> anyhow::Result<()> {
        let (Ok(first), Ok(last)) = (CaptureNumber::new(first), CaptureNumber::new(last)) else { return Ok(()) };
        if first > last {
            return Ok(());
        }
        for (number, name) in self.taken_in.range(first..=last) {
            writeln!(self.out, "number {number}: was accepted as {name}, and the service does not know it any more")?;
            writeln!(self.out, "  what to do: tell the operators of the service")?;
            self.lost = true;
        }
        Ok(())
    }

    /// The highest number that this folder ever gave; 0 if none.
    fn highest_given(&self) -> anyhow::Result<u64> {
        let (waiting, refused) = (self.folder.slots(Shelf::Queue)?, self.folder.slots(Shelf::Refused)?);
        let numbers = waiting.iter().chain(&refused).map(|slot| slot.number);
        Ok(numbers.max().map_or(0, CaptureNumber::get).max(self.settled_to))
    }

    /// Settles a request that the service would not even read.
    fn too_much(&mut self, slot: Slot, status: &Status) -> anyhow::Result<()> {
        let vi = "Máy chủ không nhận thông điệp này.".to_owned();
        let message = Some(Text { en: status.message().to_owned(), vi });
        let error = ItemError { code: status.code().into(), reason: refusal::reason(status), message, faults: vec![] };
        let request_id = slot.request.to_string();
        let answer = ItemAnswer { request_id: request_id.clone(), outcome: Some(Outcome::Error(error)), position: 0 };
        self.settle(vec![answer], &HashMap::from([(request_id, slot)]))
    }

    /// Says something unless it was what was said last.
    fn say_once(&mut self, what: &str, say: impl FnOnce(&mut W, &str) -> std::io::Result<()>) -> std::io::Result<()> {
        if self.told == what {
            return Ok(());
        }
        what.clone_into(&mut self.told);
        let out = &mut *self.out;
        self.bar.suspend(|| say(out, what))
    }
}

/// Whether another stream may fare better. A broken line gives no reason; the service's own words have one.
fn passes(status: &Status) -> bool {
    let line = refusal::reason(status).is_empty() && refusal::severed(status) != Some(Severed::Refused);
    let busy = [
        Code::Unavailable,
        Code::ResourceExhausted,
        Code::Aborted,
        Code::DeadlineExceeded,
        Code::FailedPrecondition,
        Code::OutOfRange,
    ];
    let known = !matches!(status.code(), Code::Unimplemented | Code::Unauthenticated | Code::PermissionDenied);
    (line && known) || busy.contains(&status.code())
}

/// Where a settled request goes.
fn leave(folder: &Folder, settled: &Settled) -> anyhow::Result<()> {
    if settled.taken_in().is_some() {
        folder.remove(Shelf::Queue, settled.slot)
    } else {
        folder.put_aside(settled.slot)
    }
}

fn micros(offset: &prost_types::Duration) -> ClockOffset {
    ClockOffset::from_micros(offset.seconds.saturating_mul(1_000_000).saturating_add(i64::from(offset.nanos) / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::office::spool::tests::{spool, waiting};

    const FAST: ClockOffset = ClockOffset::from_micros(259_200_000_000);

    fn sender(folder: Folder, out: &mut Vec<u8>) -> Sender<'_, Vec<u8>> {
        let [ca, certificate, key] = ["ca", "certificate", "key"].map(Into::into);
        let target = Target { server: "https://localhost:1".to_owned(), ca, certificate, key };
        Sender::new(Arc::new(folder), target, false, (out, Tally::default())).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_clock_is_told_once_and_again_when_it_is_off_otherwise() {
        let ((_dir, folder), mut out) = (spool(), Vec::new());
        let mut sender = sender(folder, &mut out);
        let near = ClockOffset::from_micros(FAST.micros() + 1_000_000);
        for offset in [Some(FAST), Some(near), None, Some(FAST), Some(ClockOffset::from_micros(-370_000_000))] {
            sender.clock(offset).unwrap();
        }
        assert_eq!(String::from_utf8(out).unwrap().matches("clock is off by").count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_is_not_due_counts_as_not_sent_and_is_due_when_its_time_has_come() {
        let ((_dir, folder), mut out) = (spool(), Vec::new());
        let now = Timestamp::from_micros(1_795_000_000_000_000);
        let (held, free) = (waiting(&folder, 1, now), waiting(&folder, 2, now));
        let mut sender = sender(folder, &mut out);
        assert_eq!(sender.due().unwrap(), [held, free]);
        let resumed = Resumed { clock_offset: Some(prost_types::Duration::default()), ..Resumed::default() };
        assert!(sender.resumed(&resumed, now).unwrap());
        let until = now.plus(Duration::from_mins(1));
        sender.passed_over(PassedOver { held: vec![(held, until)], ..PassedOver::default() }).unwrap();
        assert_eq!(sender.due().unwrap(), [free]);
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(sender.due().unwrap(), [held, free]);
        assert_eq!(sender.end().unwrap(), crate::cli::UNREACHED);
        let said = String::from_utf8(out).unwrap();
        assert!(said.starts_with(&format!("number 1: held until {until}\n")), "{said}");
        assert!(said.ends_with("0 accepted, 0 not accepted, 2 not sent, 0 not readable\n"), "{said}");
    }
}
