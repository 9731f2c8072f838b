//! Carriers: how messages leave for their holders, and what comes back of them.
//!
//! Owns the texts, the sending, and which provider of a channel is tried. Refuses to decide anything else: what is sent,
//! and whether again, is for the outbox. Nothing here logs a text, a destination or a code.

mod file;
mod smpp;
mod sms;
mod smtp;
mod standing;
mod texts;

pub use file::FileCarrier;
pub use smpp::{Smpp, SmppFault, SmppSettings};
pub use smtp::{Smtp, SmtpFault, SmtpSettings, SmtpTls};

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::contact::Contact;
use crate::domain::ids::MessageId;
use crate::domain::message::MessageContent;
use crate::domain::time::Timestamp;
use standing::Standing;
use texts::Texts;

/// Reports of arrival that wait to be kept. A carrier whose report finds no room here is asked to repeat it.
const SLIPS_MAX: usize = 1_024;

/// The ways for messages to leave, by channel.
#[derive(Debug)]
pub struct Carriers {
    texts: Texts,
    phone: Channel,
    email: Channel,
    slips: mpsc::Sender<Slip>,
    came: tokio::sync::Mutex<mpsc::Receiver<Slip>>,
}

/// One of a channel's providers.
#[derive(Debug)]
pub struct Provider {
    /// The name by which attempts and reports know it.
    pub name: &'static str,
    /// How it is reached.
    pub carrier: Carrier,
}

/// A way for messages to leave.
#[derive(Debug)]
pub enum Carrier {
    /// Appends each message to a file, codes in clear: for development and practice.
    File(Arc<FileCarrier>),
    /// Mail, by SMTP.
    Smtp(Box<Smtp>),
    /// SMS, by SMPP.
    Smpp(Box<Smpp>),
}

/// The providers of one channel, first choice first.
#[derive(Debug)]
struct Channel {
    providers: Vec<Provider>,
    standing: Mutex<Standing>,
}

/// A message that is to leave.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The idempotency key: the same message may be sent again after a crash.
    pub id: MessageId,
    /// What it says and to where.
    pub content: &'a MessageContent,
    /// For how long it is worth delivering; `None`: always.
    pub useful_for: Option<Duration>,
    /// The provider that failed with it before.
    pub avoided: Option<&'a str>,
    /// The present.
    pub now: Timestamp,
}

/// What became of sending a message.
#[derive(Debug)]
pub struct Sending {
    /// Who was asked to take it; `None`: nobody was.
    pub carrier: Option<&'static str>,
    /// What was said.
    pub outcome: Result<Taken, CarrierFault>,
}

/// What a carrier says of a message that it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// How far it came.
    pub delivery: Delivery,
    /// The names that the carrier gave its parts, by which it reports on them; empty: it will not report.
    pub parts: Vec<String>,
}

/// How far a message came.
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
    /// It has too much to do.
    #[error("the carrier takes no more for now")]
    Throttled,
    /// It refuses for now.
    #[error("the carrier refuses for now, with status {0}")]
    Refused(u32),
    /// It never will, or must not get it.
    #[error("the message is rejected, with status {0}")]
    Rejected(u32),
}

impl CarrierFault {
    /// The name by which attempts know it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "carrier",
            Self::Throttled => "throttled",
            Self::Refused(_) => "refused",
            Self::Rejected(_) => "rejected",
        }
    }

    fn unavailable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(io::Error::other(error))
    }
}

/// A carrier's last word on one part of a message. It is repeated by the carrier until it is told that it was kept.
#[derive(Debug)]
pub struct Slip {
    /// Who says so.
    pub carrier: &'static str,
    /// The name that the carrier gave the part.
    pub part: String,
    /// Whether it reached the phone.
    pub arrived: bool,
    answer: smpp::Answer,
}

impl Slip {
    /// Tells the carrier that its word was kept.
    pub fn kept(self) {
        self.answer.kept();
    }

    /// Tells the carrier to repeat it later.
    pub fn not_kept(self) {
        self.answer.not_kept();
    }
}

impl Channel {
    fn new(providers: Vec<Provider>) -> Self {
        let standing = Mutex::new(Standing::new(providers.len()));
        Self { providers, standing }
    }

    fn choose(&self, message: &Outgoing<'_>) -> Option<(usize, &Provider)> {
        let avoided = self.providers.iter().position(|provider| Some(provider.name) == message.avoided);
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let chosen = standing.choose(avoided, message.now)?;
        Some((chosen, self.providers.get(chosen)?))
    }

    fn takes(&self, now: Timestamp) -> bool {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).takes(now)
    }

    fn note(&self, provider: usize, outcome: &Result<Taken, CarrierFault>, now: Timestamp) {
        // What is rejected for good was answered: another provider would say the same.
        let took = matches!(outcome, Ok(_) | Err(CarrierFault::Rejected(_)));
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).note(provider, took, now);
    }
}

impl Carriers {
    /// Messages leave by these providers, first choice first.
    pub fn new(sms: Vec<Provider>, email: Vec<Provider>, sms_diacritics: bool) -> Self {
        let (slips, came) = mpsc::channel(SLIPS_MAX);
        let (phone, email) = (Channel::new(sms), Channel::new(email));
        Self { texts: Texts::new(sms_diacritics), phone, email, slips, came: tokio::sync::Mutex::new(came) }
    }

    /// Everything is written to a file: for development and practice.
    pub fn file(path: PathBuf) -> Self {
        let file = Arc::new(FileCarrier::new(path));
        let provider = || vec![Provider { name: "file", carrier: Carrier::File(file.clone()) }];
        Self::new(provider(), provider(), false)
    }

    /// Whether SMS and mail are taken by somebody, by what was taken lately.
    pub fn take(&self, now: Timestamp) -> (bool, bool) {
        (self.phone.takes(now), self.email.takes(now))
    }

    /// Sends a message by one provider of its channel.
    pub async fn send(&self, message: Outgoing<'_>) -> Sending {
        let channel = match &message.content.to {
            Contact::Phone(_) => &self.phone,
            Contact::Email(_) => &self.email,
        };
        if !message.content.may_leave() {
            return Sending { carrier: None, outcome: Err(CarrierFault::Rejected(0)) };
        }
        let Some((chosen, provider)) = channel.choose(&message) else {
            return Sending { carrier: None, outcome: Err(CarrierFault::unavailable("the channel has no provider")) };
        };
        let outcome = self.send_by(provider, &message).await;
        channel.note(chosen, &outcome, message.now);
        Sending { carrier: Some(provider.name), outcome }
    }

    async fn send_by(&self, provider: &Provider, message: &Outgoing<'_>) -> Result<Taken, CarrierFault> {
        // What cannot be written in this form never can.
        const UNFIT: CarrierFault = CarrierFault::Rejected(0);
        let on = message.now.local_date();
        match (&provider.carrier, &message.content.to) {
            (Carrier::File(file), to) => {
                let text = match to {
                    Contact::Phone(_) => self.texts.sms(message.content, on),
                    Contact::Email(_) => self.texts.mail(message.content, on).map(|mail| mail.body),
                };
                file.send(message.id, message.content, &text.ok_or(UNFIT)?).await
            }
            (Carrier::Smpp(smpp), Contact::Phone(phone)) => {
                let text = self.texts.sms(message.content, on).ok_or(UNFIT)?;
                smpp.send(message.id, phone, &text, message.useful_for).await
            }
            (Carrier::Smtp(smtp), Contact::Email(email)) => {
                let mail = self.texts.mail(message.content, on).ok_or(UNFIT)?;
                smtp.send(message.id, email, mail, message.content.language).await
            }
            (Carrier::Smpp(_), Contact::Email(_)) | (Carrier::Smtp(_), Contact::Phone(_)) => Err(UNFIT),
        }
    }

    /// Keeps the lines open that carriers report on, until `stop`.
    pub async fn run(&self, stop: &CancellationToken) {
        let providers = self.phone.providers.iter().chain(&self.email.providers);
        join_all(providers.filter_map(|provider| match &provider.carrier {
            Carrier::Smpp(smpp) => Some(smpp.run(&self.slips, stop)),
            Carrier::File(_) | Carrier::Smtp(_) => None,
        }))
        .await;
    }

    /// The next report of a carrier. Comes at once when there is one, or never.
    pub async fn slip(&self) -> Slip {
        match self.came.lock().await.recv().await {
            Some(slip) => slip,
            // Not while `self` is there, which holds the other end.
            None => std::future::pending().await,
        }
    }
}
