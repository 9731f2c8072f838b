//! The immigration record kept elsewhere: asked over `eid.registry.v1`.
//!
//! Owns the way there and the patience: a deadline for each attempt and for all of them, retries where a repeat is
//! harmless and may help, and a breaker that stops asking who does not answer. Refuses to fail: whatever goes wrong is
//! [`RegistryAnswer::Unreachable`] and a line in the log, without anything of a person.

mod breaker;
mod connection;
#[cfg(test)]
mod tests;
mod wire;

pub use connection::{PemFile, RegistryFault, Target, channel};
pub use wire::read as read_record;

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use tonic::transport::Channel;
use tonic::{Code, Status};

use self::breaker::Breaker;
use crate::domain::record::{RecordKey, RegistryAnswer};
use crate::proto::registry as pb;
use crate::proto::registry::registry_service_client::RegistryServiceClient;
use crate::sys::{Clock, Dice};

/// Size of an answer that is taken: a record has less than two KiB.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// How often one question is asked.
const ATTEMPTS_MAX: usize = 4;
/// The first wait between two attempts. It doubles, and up to as much again is added by the dice.
const WAIT_MIN: Duration = Duration::from_millis(50);
/// The longest wait, before the dice.
const WAIT_MAX: Duration = Duration::from_millis(400);

/// How long an answer is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// One attempt.
    pub attempt: Duration,
    /// All attempts at one question, with the waits between them.
    pub total: Duration,
}

/// A registry that is asked over the network.
#[derive(Debug)]
pub struct Remote {
    channel: Channel,
    patience: Patience,
    breaker: Breaker,
    dice: Dice,
}

/// Why an attempt brought no answer.
#[derive(Debug)]
enum Failure {
    /// Its time was over.
    Late,
    /// It was refused, or the connection broke.
    Status(Status),
    /// What came is not an answer; the field that cannot be read.
    Unreadable(&'static str),
}

impl Failure {
    /// Whether another attempt may help: the registry is away, slow, or went away. What it refuses it refuses again.
    fn is_transient(&self) -> bool {
        match self {
            Self::Late => true,
            // A status with a source was made here, of an error of the connection; what the peer sent has none.
            Self::Status(status) => {
                matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
                    || std::error::Error::source(status).is_some()
            }
            Self::Unreadable(_) => false,
        }
    }

    fn log(&self) {
        match self {
            Self::Late => tracing::warn!("the registry did not answer in time"),
            // The message is the peer's word, which may hold anything: the code, and the cause if it was found here.
            Self::Status(status) => {
                let cause = std::error::Error::source(status);
                tracing::warn!(code = ?status.code(), error = cause, "the registry did not answer");
            }
            Self::Unreadable(field) => tracing::error!(field, "the registry's answer cannot be read"),
        }
    }
}

impl Remote {
    /// Asks over `channel`; jitter is rolled with `dice`, the breaker goes by `clock`.
    pub fn new(channel: Channel, patience: Patience, clock: Clock, dice: Dice) -> Self {
        Self { channel, patience, breaker: Breaker::new(clock), dice }
    }

    /// Whether it answered when it was last asked often enough to judge.
    pub fn answers(&self) -> bool {
        self.breaker.is_closed()
    }

    /// What the registry says of the person behind `key`.
    pub async fn look_up(&self, key: &RecordKey) -> RegistryAnswer {
        let Some(permit) = self.breaker.admit() else { return RegistryAnswer::Unreachable };
        let question = wire::question(key);
        let waits = ExponentialBuilder::new()
            .with_min_delay(WAIT_MIN)
            .with_max_delay(WAIT_MAX)
            .with_max_times(ATTEMPTS_MAX - 1)
            .with_jitter()
            .with_jitter_seed(u64::from_le_bytes(self.dice.bytes()));
        let asking = (|| self.attempt(question.clone())).retry(waits).when(Failure::is_transient);
        let asked = tokio::time::timeout(self.patience.total, asking).await.unwrap_or(Err(Failure::Late));
        match asked {
            Ok(answer) => {
                permit.answered();
                answer
            }
            Err(failure) => {
                failure.log();
                if failure.is_transient() {
                    permit.failed();
                } else {
                    permit.answered();
                }
                RegistryAnswer::Unreachable
            }
        }
    }

    async fn attempt(&self, question: pb::LookupRequest) -> Result<RegistryAnswer, Failure> {
        let mut request = tonic::Request::new(question);
        // Told to the peer, so that it does not work for nobody.
        request.set_timeout(self.patience.attempt);
        let mut client = RegistryServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
        match tokio::time::timeout(self.patience.attempt, client.lookup(request)).await {
            Err(_) => Err(Failure::Late),
            Ok(Err(status)) => Err(Failure::Status(status)),
            Ok(Ok(answer)) => wire::answer(answer.into_inner()).map_err(Failure::Unreadable),
        }
    }
}
