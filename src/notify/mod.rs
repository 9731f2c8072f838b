//! Carriers: how messages leave for their holders.
//!
//! Owns the texts and the sending. Refuses to decide anything: what is sent, and whether again, is for the outbox.

mod file;
mod texts;

pub use file::FileCarrier;

use std::io;

use crate::domain::ids::MessageId;
use crate::domain::message::MessageContent;

/// A way for messages to leave.
#[derive(Debug)]
pub enum Carrier {
    /// Appends each message to a file, codes in clear: for development and practice.
    File(FileCarrier),
}

/// What a carrier says of a message that it took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// Taken; whether it arrives is not known yet.
    Accepted,
    /// It has arrived.
    Delivered,
}

/// Why a carrier did not take a message. Never holds the message.
#[derive(Debug, thiserror::Error)]
pub enum CarrierFault {
    /// It may take it later.
    #[error("the carrier cannot be reached")]
    Unavailable(#[source] io::Error),
    /// It never will.
    #[error("the carrier rejects the message")]
    Rejected,
}

impl Carrier {
    /// Sends a message. `id` is the idempotency key: the same message may be sent again after a crash.
    ///
    /// # Errors
    /// If the carrier did not take it.
    pub async fn send(&self, id: MessageId, content: &MessageContent) -> Result<Delivery, CarrierFault> {
        match self {
            Self::File(file) => file.send(id, content).await,
        }
    }
}
