//! SMS by SMPP 3.4: one line to a message centre, bound for both directions.
//!
//! Owns the line: that it is there, is found out to be dead, and comes back. The codec is the library's; what is said on
//! the line is `session`, what a message becomes `submit`, what is reported of it `receipt`.

mod line;
mod receipt;
mod session;
mod submit;

pub(super) use session::Answer;

use std::fmt;
use std::io;
use std::str::FromStr as _;
use std::time::Duration;

use rusmpp::pdus::{BindTransceiver, SubmitSm};
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{CarrierFault, Delivery, Slip, Taken};
use crate::domain::contact::Phone;
use crate::domain::ids::MessageId;
use crate::sys::Dice;
use line::{Bound, Line};
use session::{Ended, Session};
use submit::Address;

/// How long a message waits for the carrier's answer. Less than a lease of the outbox.
const PATIENCE: Duration = Duration::from_secs(20);
/// Messages that wait for the line.
const JOBS_MAX: usize = 256;
/// Waits before the line is dialled again: doubling from the first to the second, and up to as much again by the dice.
const REDIAL: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(30));

/// What is to be known of a message centre.
#[derive(Clone)]
pub struct SmppSettings {
    /// The name by which attempts and reports know it.
    pub name: &'static str,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the line is TLS.
    pub tls: bool,
    /// The authorities of its certificate (PEM); those of the machine if absent.
    pub authorities: Option<Vec<u8>>,
    /// Our name there.
    pub system_id: String,
    /// Our password there: eight characters at most, by the protocol.
    pub password: Zeroizing<String>,
    /// The sender that phones show.
    pub from: String,
    /// How many requests may be without an answer.
    pub window: usize,
    /// After how long a silence the line is asked whether it is there.
    pub enquire: Duration,
}

impl fmt::Debug for SmppSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmppSettings({} at {}:{})", self.name, self.host, self.port)
    }
}

/// What is wrong with the settings of a message centre.
#[derive(Debug, thiserror::Error)]
pub enum SmppFault {
    /// The sender cannot be one.
    #[error("the sender is neither a number nor up to eleven plain letters and digits")]
    From,
    /// Name or password are longer than the protocol allows.
    #[error("the name has more than 15 characters, or the password more than 8")]
    Login,
    /// The authorities, or the name of the host, cannot be used.
    #[error("the host's name or its authorities cannot be used for TLS")]
    Tls(#[source] io::Error),
}

/// A message centre.
pub struct Smpp {
    name: &'static str,
    line: Line,
    bind: BindTransceiver,
    from: Address,
    window: usize,
    enquire: Duration,
    dice: Dice,
    jobs: mpsc::Sender<Job>,
    waiting: Mutex<mpsc::Receiver<Job>>,
}

/// A message on its way to the line.
struct Job {
    parts: Vec<SubmitSm>,
    answer: oneshot::Sender<Result<Vec<String>, CarrierFault>>,
}

impl fmt::Debug for Smpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smpp({})", self.name)
    }
}

impl Smpp {
    /// A message centre. Nothing is dialled yet.
    ///
    /// # Errors
    /// If the settings cannot be used.
    pub fn new(settings: &SmppSettings, dice: Dice) -> Result<Self, SmppFault> {
        let bind = BindTransceiver::builder()
            .system_id(COctetString::from_str(&settings.system_id).map_err(|_| SmppFault::Login)?)
            .password(COctetString::from_str(&settings.password).map_err(|_| SmppFault::Login)?)
            .interface_version(InterfaceVersion::Smpp3_4)
            .build();
        let (jobs, waiting) = mpsc::channel(JOBS_MAX);
        Ok(Self {
            name: settings.name,
            line: Line::new(settings).map_err(SmppFault::Tls)?,
            bind,
            from: Address::sender(&settings.from).ok_or(SmppFault::From)?,
            window: settings.window,
            enquire: settings.enquire,
            dice,
            jobs,
            waiting: Mutex::new(waiting),
        })
    }

    pub(super) async fn send(
        &self,
        id: MessageId,
        to: &Phone,
        text: &str,
        useful_for: Option<Duration>,
    ) -> Result<Taken, CarrierFault> {
        let parts = submit::submits(&self.from, to, id, text, useful_for).ok_or(CarrierFault::Rejected(0))?;
        let (answer, answered) = oneshot::channel();
        let busy = |_| CarrierFault::unavailable("too many messages wait for the line");
        self.jobs.try_send(Job { parts, answer }).map_err(busy)?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(Ok(parts))) => Ok(Taken { delivery: Delivery::Accepted, parts }),
            Ok(Ok(Err(fault))) => Err(fault),
            // Whether the carrier has it nobody knows: it gets it again, under the same id.
            Ok(Err(_)) => Err(CarrierFault::unavailable("the line broke before the answer")),
            Err(_) => Err(CarrierFault::unavailable("no answer in time")),
        }
    }

    /// Keeps the line open until `stop`.
    pub(super) async fn run(&self, slips: &mpsc::Sender<Slip>, stop: &CancellationToken) {
        let mut jobs = self.waiting.lock().await;
        let mut wait = REDIAL.0;
        while !stop.is_cancelled() {
            let dialling = self.line.bind(&self.bind);
            let bound = tokio::select! {
                () = stop.cancelled() => return,
                bound = dialling => bound,
            };
            let ended = match bound {
                Ok(bound) => {
                    tracing::info!(carrier = self.name, "the line to the message centre is open");
                    self.serve(bound, slips, &mut jobs, stop, &mut wait).await
                }
                Err(ended) => ended,
            };
            if stop.is_cancelled() {
                return;
            }
            tracing::warn!(
                carrier = self.name,
                error = &ended as &dyn std::error::Error,
                "no line to the message centre"
            );
            self.rest(wait, &mut jobs, stop).await;
            wait = (wait * 2).min(REDIAL.1);
        }
    }

    async fn serve(
        &self,
        bound: Bound,
        slips: &mpsc::Sender<Slip>,
        jobs: &mut mpsc::Receiver<Job>,
        stop: &CancellationToken,
        wait: &mut Duration,
    ) -> Ended {
        let (writer, outgoing) = session::outgoing(bound.sink);
        let mut session = Session::new(self.name, self.window, self.enquire, outgoing, slips.clone());
        let ended = tokio::select! {
            ended = writer => ended,
            ended = session.hold(bound.source, jobs, stop) => ended,
        };
        // A line that is dropped again and again without taking anything is dialled ever more rarely.
        if session.was_useful() {
            *wait = REDIAL.0;
        }
        ended
    }

    /// Waits before the next dialling. What comes meanwhile is told at once, so that another provider gets it.
    async fn rest(&self, wait: Duration, jobs: &mut mpsc::Receiver<Job>, stop: &CancellationToken) {
        let more = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
        let over = tokio::time::sleep(wait + Duration::from_millis(self.dice.below(more.max(1)).into()));
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                () = stop.cancelled() => return,
                Some(job) = jobs.recv() => {
                    let _ = job.answer.send(Err(CarrierFault::unavailable("there is no line")));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
