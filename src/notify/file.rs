//! The carrier of development and practice: one JSON line for each message, in a file that only its owner may read.

use std::io;
use std::path::PathBuf;

use serde::Serialize;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Mutex;

use super::{CarrierFault, Delivery, Taken};
use crate::domain::contact::Contact;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageContent;

/// Appends to a file. Clear text, codes included: never for real holders.
#[derive(Debug)]
pub struct FileCarrier {
    path: PathBuf,
    /// One line at a time.
    turn: Mutex<()>,
}

/// One line of the file.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    kind: &'a str,
    channel: &'a str,
    to: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    text: &'a str,
    language: &'a str,
}

impl FileCarrier {
    /// Appends to `path`, which is made when the first message comes.
    pub fn new(path: PathBuf) -> Self {
        Self { path, turn: Mutex::new(()) }
    }

    pub(super) async fn send(
        &self,
        id: MessageId,
        content: &MessageContent,
        text: &str,
    ) -> Result<Taken, CarrierFault> {
        let (channel, to) = match &content.to {
            Contact::Phone(phone) => ("sms", phone.as_str()),
            Contact::Email(email) => ("email", email.as_str()),
        };
        let line = Line {
            id: id.to_string(),
            kind: content.notice.kind(),
            channel,
            to,
            code: content.notice.code().map(crate::domain::code::Code::as_str),
            text,
            language: content.language.name(),
        };
        let mut line = serde_json::to_vec(&line).map_err(|_| CarrierFault::Rejected(0))?;
        line.push(b'\n');
        let _turn = self.turn.lock().await;
        self.append(&line).await.map_err(CarrierFault::Unavailable)?;
        Ok(Taken { delivery: Delivery::Delivered, parts: Vec::new() })
    }

    async fn append(&self, line: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path).await?;
        file.write_all(line).await?;
        file.flush().await
    }
}
