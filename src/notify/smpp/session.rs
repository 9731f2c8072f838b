//! What is said on a line: requests within the window, their answers, reports of arrival, signs of life.
//!
//! Its loop reads and never waits for anybody: neither for who keeps the reports, nor for the peer to read. A report that
//! nobody has room for is refused for now, and the carrier repeats it; an answer that cannot be written ends the line.

use std::collections::HashMap;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use rusmpp::pdus::DeliverSmResp;
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::sms::PARTS_MAX;
use super::super::{CarrierFault, Slip};
use super::line::{FIRST, Sink, Source};
use super::receipt::{self, Delivered};
use super::{Job, submit};

/// How long the peer may take to answer, and to read what we say.
const ANSWER: Duration = Duration::from_secs(10);
/// What waits to be written. More means that the peer does not read.
const OUTGOING_MAX: usize = 4_096;
/// How often time is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How long no request is made after "throttled": doubling from the first to the second.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Sequence numbers go to here (section 3.2).
const SEQUENCE_MAX: u32 = 0x7fff_ffff;

/// Why a line ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("it cannot be dialled")]
    Dial(#[source] std::io::Error),
    #[error("the carrier refuses us, with status {0}")]
    NotBound(u32),
    #[error("the carrier closed it")]
    Closed,
    #[error("it broke, or what came on it is no SMPP")]
    Broken,
    #[error("the carrier said nothing in time")]
    Silent,
    #[error("the carrier does not read")]
    Deaf,
    #[error("the carrier took leave")]
    Unbound,
    #[error("it was closed from here")]
    Stopped,
}

/// Writes what is handed to the sender, until the line ends or leave was taken.
pub(super) fn outgoing(mut sink: Sink) -> (impl Future<Output = Ended>, mpsc::Sender<Command>) {
    let (sender, mut waiting) = mpsc::channel::<Command>(OUTGOING_MAX);
    let writing = async move {
        while let Some(command) = waiting.recv().await {
            let last = command.id() == CommandId::Unbind;
            match tokio::time::timeout(ANSWER, sink.send(command)).await {
                Err(_) => return Ended::Deaf,
                Ok(Err(_)) => return Ended::Broken,
                Ok(Ok(())) if last => return Ended::Stopped,
                Ok(Ok(())) => {}
            }
        }
        Ended::Stopped
    };
    (writing, sender)
}

/// The answer that a report waits for.
#[derive(Debug)]
pub(in crate::notify) struct Answer {
    outgoing: mpsc::Sender<Command>,
    sequence: u32,
}

impl Answer {
    pub(in crate::notify) fn kept(self) {
        self.say(CommandStatus::EsmeRok);
    }

    pub(in crate::notify) fn not_kept(self) {
        self.say(CommandStatus::EsmeRxTAppn);
    }

    fn say(self, status: CommandStatus) {
        // A line that is gone needs no answer: the carrier repeats on the next.
        let _ = self.outgoing.try_send(Command::new(status, self.sequence, DeliverSmResp::default()));
    }
}

/// A line at work.
pub(super) struct Session {
    carrier: &'static str,
    limit: usize,
    enquire: Duration,
    outgoing: mpsc::Sender<Command>,
    slips: mpsc::Sender<Slip>,
    sequence: u32,
    /// Requests without an answer, by their number.
    window: HashMap<u32, Asked>,
    /// Messages with parts in the window, by the number of their first part.
    flights: HashMap<u32, Flight>,
    /// When anything was heard last.
    heard: Instant,
    /// When the peer was asked whether it is there.
    asked: Option<Instant>,
    /// Until when no request is made, and how long that pause is.
    pause: Option<(Instant, Duration)>,
    useful: bool,
}

struct Asked {
    flight: u32,
    part: usize,
    at: Instant,
}

struct Flight {
    answer: oneshot::Sender<Result<Vec<String>, CarrierFault>>,
    /// The names of the parts that were taken.
    names: Vec<String>,
    left: usize,
    fault: Option<CarrierFault>,
}

impl Session {
    pub(super) fn new(
        carrier: &'static str,
        limit: usize,
        enquire: Duration,
        outgoing: mpsc::Sender<Command>,
        slips: mpsc::Sender<Slip>,
    ) -> Self {
        Self {
            carrier,
            limit: limit.max(PARTS_MAX),
            enquire,
            outgoing,
            slips,
            sequence: FIRST,
            window: HashMap::new(),
            flights: HashMap::new(),
            heard: Instant::now(),
            asked: None,
            pause: None,
            useful: false,
        }
    }

    /// Whether the carrier took anything on this line.
    pub(super) const fn was_useful(&self) -> bool {
        self.useful
    }

    /// Works until the line ends. With it end the messages without an answer: whoever waits for one sees it go.
    pub(super) async fn hold(
        &mut self,
        mut source: Source,
        jobs: &mut mpsc::Receiver<Job>,
        stop: &CancellationToken,
    ) -> Ended {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let room = self.window.len() + PARTS_MAX <= self.limit;
            let went_on = tokio::select! {
                () = stop.cancelled() => {
                    let _ = self.say(CommandStatus::EsmeRok, Pdu::Unbind);
                    // The writer ends the line when it has said so.
                    return std::future::pending().await;
                }
                came = source.next() => match came {
                    None => Err(Ended::Closed),
                    Some(Err(_)) => Err(Ended::Broken),
                    Some(Ok(command)) => self.hear(&command),
                },
                Some(job) = jobs.recv(), if room => self.take(job),
                _ = tick.tick() => self.look(),
            };
            if let Err(ended) = went_on {
                return ended;
            }
        }
    }

    /// Makes a request; its number.
    fn say(&mut self, status: CommandStatus, pdu: impl Into<Pdu>) -> Result<u32, Ended> {
        self.sequence = if self.sequence >= SEQUENCE_MAX { FIRST } else { self.sequence + 1 };
        self.write(Command::new(status, self.sequence, pdu))?;
        Ok(self.sequence)
    }

    fn write(&self, command: Command) -> Result<(), Ended> {
        self.outgoing.try_send(command).map_err(|_| Ended::Deaf)
    }

    fn take(&mut self, job: Job) -> Result<(), Ended> {
        if self.pause.is_some_and(|(until, _)| Instant::now() < until) {
            let _ = job.answer.send(Err(CarrierFault::Throttled));
            return Ok(());
        }
        let (mut flight, at) = (None, Instant::now());
        let left = job.parts.len();
        for (part, request) in job.parts.into_iter().enumerate() {
            let sequence = self.say(CommandStatus::EsmeRok, request)?;
            let flight = *flight.get_or_insert(sequence);
            self.window.insert(sequence, Asked { flight, part, at });
        }
        if let Some(flight) = flight {
            let names = vec![String::new(); left];
            self.flights.insert(flight, Flight { answer: job.answer, names, left, fault: None });
        }
        Ok(())
    }

    fn hear(&mut self, command: &Command) -> Result<(), Ended> {
        self.heard = Instant::now();
        let sequence = command.sequence_number();
        match command.id() {
            CommandId::SubmitSmResp | CommandId::GenericNack => self.answered(command),
            CommandId::EnquireLinkResp => self.asked = None,
            CommandId::EnquireLink => {
                self.write(Command::new(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp))?;
            }
            CommandId::DeliverSm => self.delivered(command)?,
            CommandId::Unbind => {
                self.write(Command::new(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp))?;
                return Err(Ended::Unbound);
            }
            other if u32::from(other) & 0x8000_0000 != 0 => {}
            _ => self.write(Command::new(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack))?,
        }
        Ok(())
    }

    /// The answer to a request. One that was answered already, or never made, has no place in the window.
    fn answered(&mut self, command: &Command) {
        let Some(Asked { flight: place, part, .. }) = self.window.remove(&command.sequence_number()) else { return };
        let name = match command.pdu() {
            Some(Pdu::SubmitSmResp(answer)) => answer.message_id().as_str(),
            _ => "",
        };
        self.pace(command.status());
        let Some(flight) = self.flights.get_mut(&place) else { return };
        flight.left = flight.left.saturating_sub(1);
        match command.status() {
            CommandStatus::EsmeRok => {
                if let Some(kept) = flight.names.get_mut(part).filter(|_| receipt::is_id(name)) {
                    name.clone_into(kept);
                }
            }
            status => flight.fault = Some(submit::fault(status)),
        }
        if flight.left == 0 {
            self.land(place);
        }
    }

    fn pace(&mut self, status: CommandStatus) {
        let throttled = matches!(submit::fault(status), CarrierFault::Throttled);
        if status == CommandStatus::EsmeRok {
            (self.useful, self.pause) = (true, None);
        } else if throttled && self.pause.is_none_or(|(until, _)| Instant::now() >= until) {
            let pause = self.pause.map_or(PAUSE.0, |(_, last)| (last * 2).min(PAUSE.1));
            self.pause = Some((Instant::now() + pause, pause));
        }
    }

    /// Tells who waits for a message that all its parts were answered.
    fn land(&mut self, place: u32) {
        let Some(Flight { answer, names, fault, .. }) = self.flights.remove(&place) else { return };
        let told = match fault {
            Some(fault) => Err(fault),
            // Of a message with a nameless part no arrival can be told.
            None if names.iter().any(String::is_empty) => Ok(Vec::new()),
            None => Ok(names),
        };
        let _ = answer.send(told);
    }

    fn delivered(&self, command: &Command) -> Result<(), Ended> {
        let answer = Answer { outgoing: self.outgoing.clone(), sequence: command.sequence_number() };
        let delivered = match command.pdu() {
            Some(Pdu::DeliverSm(delivered)) => receipt::read(delivered),
            _ => Delivered::Other,
        };
        let Delivered::Final(report) = delivered else {
            if delivered == Delivered::Other {
                tracing::info!(carrier = self.carrier, "what was delivered is no report of a message");
            }
            return self.write(Command::new(
                CommandStatus::EsmeRok,
                command.sequence_number(),
                DeliverSmResp::default(),
            ));
        };
        let slip = Slip { carrier: self.carrier, part: report.id, arrived: report.arrived, answer };
        if let Err(full) = self.slips.try_send(slip) {
            full.into_inner().not_kept();
        }
        Ok(())
    }

    /// Ends a line on which an answer is overdue; asks after one that is silent.
    fn look(&mut self) -> Result<(), Ended> {
        let overdue = |at: Instant| at.elapsed() >= ANSWER;
        if self.asked.is_some_and(overdue) || self.window.values().any(|asked| overdue(asked.at)) {
            return Err(Ended::Silent);
        }
        if self.asked.is_none() && self.heard.elapsed() >= self.enquire {
            self.say(CommandStatus::EsmeRok, Pdu::EnquireLink)?;
            self.asked = Some(Instant::now());
        }
        Ok(())
    }
}
