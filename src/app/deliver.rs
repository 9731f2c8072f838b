//! Delivery: what waits in the outbox is claimed, sent outside any transaction, and settled; what carriers report is kept.

use std::time::Duration;

use futures::future::join_all;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{App, Error};
use crate::domain::audit::{Action, Actor, Entry};
use crate::domain::contact::Contact;
use crate::domain::ids::{EntryId, MessageId};
use crate::domain::message::{ATTEMPTS_MAX, CHANCES, MessageContent, NoticeText, Timeliness, retry_after};
use crate::domain::time::Timestamp;
use crate::notify::{CarrierFault, Delivery, Outgoing, Sending, Slip, Taken};
use crate::observe::spans;
use crate::store::{Attempt, Change, ClaimedMessage, ListedMessage, Report, Settled, StoreError, Unit};

/// Messages claimed and sent at once.
const CLAIM_MAX: u32 = 16;
/// How long a claim lasts: a sender that dies gives its messages back after this. Longer than any carrier may take.
const LEASE: Duration = Duration::from_mins(1);
/// Messages of one page of a list.
const PAGE_MAX: u32 = 500;
/// Whose work the entries say it is.
const OUTBOX: Actor = Actor::Service("outbox");

/// What became of an attempt, to be kept.
struct Outcome {
    settled: Settled,
    /// The name by which attempts and entries know it.
    name: &'static str,
    carrier: Option<&'static str>,
    parts: Vec<String>,
    /// The notice's sending and arrival, which begin the days for self-activation.
    noticed: Option<Change>,
}

impl Outcome {
    const fn failed(name: &'static str, carrier: Option<&'static str>) -> Self {
        Self { settled: Settled::Failed, name, carrier, parts: Vec::new(), noticed: None }
    }
}

impl App {
    /// Sends what is due, once each; how many messages were claimed. Safe to run in several processes at once.
    ///
    /// # Errors
    /// If the store cannot be asked. A carrier that fails is no error: the message is tried again later.
    pub async fn deliver_due(&self) -> Result<usize, Error> {
        self.deliver_claimed(self.store().claim_messages(CLAIM_MAX, LEASE, self.clock().now()).await?).await
    }

    /// The same of codes alone: a mail server that hangs must not outlast them.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn deliver_codes_due(&self) -> Result<usize, Error> {
        self.deliver_claimed(self.store().claim_urgent_messages(CLAIM_MAX, LEASE, self.clock().now()).await?).await
    }

    async fn deliver_claimed(&self, claimed: Vec<ClaimedMessage>) -> Result<usize, Error> {
        let count = claimed.len();
        let sending = claimed.into_iter().map(|message| {
            let span = spans::delivery(message.id.uuid());
            async move { self.deliver(&message).await }.instrument(span)
        });
        // Each was tried before the first error is told.
        join_all(sending).await.into_iter().collect::<Result<(), _>>().map(|()| count)
    }

    /// Returns once there may be something to send.
    pub async fn outbox_rung(&self) {
        self.outbox.notified().await;
    }

    /// Keeps the lines to carriers open until `stop`.
    pub async fn keep_lines(&self, stop: &CancellationToken) {
        self.parts.carriers.run(stop).await;
    }

    /// The next report of a carrier. Comes at once when there is one, or never.
    pub async fn next_report(&self) -> Slip {
        self.parts.carriers.slip().await
    }

    /// Keeps what a carrier reports, and tells the carrier so. A report that was kept before changes nothing.
    ///
    /// # Errors
    /// If the store cannot be asked: the carrier is told to repeat the report.
    pub async fn keep_report(&self, slip: Slip) -> Result<(), Error> {
        let report = Report { carrier: slip.carrier, part: slip.part.clone(), arrived: slip.arrived };
        match self.keep(report).await {
            Ok(()) => {
                slip.kept();
                Ok(())
            }
            Err(error) => {
                slip.not_kept();
                Err(error)
            }
        }
    }

    async fn keep(&self, report: Report) -> Result<(), Error> {
        let known = self.store().reader().await?.carried_message(report.carrier, &report.part).await?;
        let action = if report.arrived { Action::MessageArrived } else { Action::MessageLost };
        // It may come before the message is settled; it is then kept for it.
        let subject = known.map_or(Uuid::nil(), |known| known.account.uuid());
        let mut entry = self.entry(self.clock().now(), OUTBOX, action, subject).with("carrier", report.carrier);
        if let Some(known) = known {
            entry = entry.with("message", known.message.to_string());
        }
        match self.store().commit(Unit::new(entry).with(Change::NoteReport(report))).await {
            Err(StoreError::Changed) => Ok(()),
            other => {
                self.streams.ring();
                Ok(other?)
            }
        }
    }

    /// Messages that failed, or with `failed` unset those that wait, behind `after`: at most 500, oldest first.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn list_outbox(&self, failed: bool, after: Option<MessageId>) -> Result<Vec<ListedMessage>, Error> {
        let state = if failed { "failed" } else { "waiting" };
        Ok(self.store().reader().await?.messages_listed(state, after, PAGE_MAX).await?)
    }

    /// What was tried to send a message.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn attempts(&self, message: MessageId) -> Result<Vec<Attempt>, Error> {
        Ok(self.store().reader().await?.attempts_of(message).await?)
    }

    /// Has a message that failed tried again, from the console; whether there is one that failed and is still of use.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn retry_message(&self, id: MessageId) -> Result<bool, Error> {
        self.by_hand(id, Action::MessageRetried, Change::RetryMessage(id)).await
    }

    /// Lets a message that failed be, from the console; whether there is one that failed.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn give_up_message(&self, id: MessageId) -> Result<bool, Error> {
        self.by_hand(id, Action::MessageGivenUp, Change::GiveUpMessage(id)).await
    }

    /// Holds every message that waits for a person, from the console; how many, counted to 10,000. After a restore nobody
    /// knows which of them left since.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn hold_messages(&self) -> Result<i64, Error> {
        let waiting = self.store().reader().await?.messages_in("waiting").await?;
        self.all_by_hand(Action::MessagesHeld, Change::HoldMessages).await?;
        Ok(waiting)
    }

    /// Has the messages that were held tried, from the console, but for codes whose time is over.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn release_messages(&self) -> Result<(), Error> {
        self.all_by_hand(Action::MessagesReleased, Change::ReleaseMessages).await
    }

    async fn all_by_hand(&self, action: Action, change: Change) -> Result<(), Error> {
        let now = self.clock().now();
        let subject = EntryId::new(self.dice().id(now)).uuid();
        let entry = self.entry(now, Actor::Console, action, subject);
        Ok(self.commit(Unit::new(entry).with(change)).await?)
    }

    async fn by_hand(&self, id: MessageId, action: Action, change: Change) -> Result<bool, Error> {
        let Some(account) = self.store().reader().await?.account_of_message(id).await? else { return Ok(false) };
        let entry = self.entry(self.clock().now(), Actor::Console, action, account.uuid());
        match self.commit(Unit::new(entry.with("message", id.to_string())).with(change)).await {
            Err(StoreError::Changed) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    async fn deliver(&self, message: &ClaimedMessage) -> Result<(), Error> {
        let now = self.clock().now();
        let outcome = if message.useful_until.is_some_and(|until| now >= until) {
            Outcome::failed("too-late", None)
        } else {
            match self.open_message(message) {
                Ok(content) => match content.timeliness(now) {
                    Timeliness::Now => self.send_one(message, &content, now).await,
                    Timeliness::ByDay => self.again(message, "night", None),
                    Timeliness::TooLate => Outcome::failed("too-late", None),
                },
                // One that does not open must not hold up those behind it. Another replica may have the key.
                Err(error @ Error::Broken(_)) => {
                    tracing::error!(id = %message.id, error = &error as &dyn std::error::Error, "does not open");
                    self.again(message, "unreadable", None)
                }
                Err(error) => return Err(error),
            }
        };
        match self.settle(message, outcome).await {
            // Another sender came after our lease had lapsed: the message is theirs.
            Err(StoreError::Changed) => Ok(()),
            other => Ok(other?),
        }
    }

    async fn send_one(&self, message: &ClaimedMessage, content: &MessageContent, now: Timestamp) -> Outcome {
        let outgoing = Outgoing {
            id: message.id,
            content,
            useful_for: message.useful_until.map(|until| until.since(now)),
            avoided: message.carrier.as_deref(),
            now,
        };
        let Sending { carrier, outcome } = self.parts.carriers.send(outgoing).await;
        self.count_delivery(message.id, content, carrier, &outcome);
        match outcome {
            Ok(taken) => {
                let at = self.clock().now();
                tracing::info!(id = %message.id, kind = content.notice.kind(), carrier, "taken by the carrier");
                let name = match taken.delivery {
                    Delivery::Accepted => "accepted",
                    Delivery::Delivered => "delivered",
                };
                let noticed = is_issue_notice(content).then(|| noticed(message, taken.delivery, at));
                Outcome { settled: Settled::Sent { at }, name, carrier, parts: taken.parts, noticed }
            }
            Err(fault) => {
                let error = &fault as &dyn std::error::Error;
                tracing::warn!(id = %message.id, carrier, error, "not taken by the carrier");
                match fault {
                    CarrierFault::Rejected(_) => Outcome::failed(fault.name(), carrier),
                    _ => self.again(message, fault.name(), carrier),
                }
            }
        }
    }

    fn count_delivery(
        &self,
        id: MessageId,
        content: &MessageContent,
        carrier: Option<&'static str>,
        outcome: &Result<Taken, CarrierFault>,
    ) {
        let channel = match &content.to {
            Contact::Phone(_) => "sms",
            Contact::Email(_) => "email",
        };
        let (carrier, came) =
            (carrier.unwrap_or("none"), outcome.as_ref().map_or_else(CarrierFault::name, |_| "taken"));
        self.meters().delivery(channel, carrier, came);
        spans::delivered(channel, carrier, came);
        // Names of messages are time-ordered: they tell when they were drawn.
        if let (Ok(_), Some(drawn)) = (outcome, id.uuid().get_timestamp()) {
            let (secs, nanos) = drawn.to_unix();
            let age = self.clock().now().since(Timestamp::from_micros(0).plus(Duration::new(secs, nanos)));
            self.meters().delivered_at_age(channel, age);
        }
    }

    /// Tries a message again later, unless it was tried too often.
    fn again(&self, message: &ClaimedMessage, name: &'static str, carrier: Option<&'static str>) -> Outcome {
        if message.tries >= ATTEMPTS_MAX {
            return Outcome::failed(name, carrier);
        }
        let wait = retry_after(message.tries, self.dice().below(CHANCES + 1));
        let settled = Settled::Delayed { until: self.clock().now().plus(wait) };
        Outcome { settled, ..Outcome::failed(name, carrier) }
    }

    async fn settle(&self, message: &ClaimedMessage, outcome: Outcome) -> Result<(), StoreError> {
        let Outcome { settled, name, carrier, parts, noticed } = outcome;
        let at = self.clock().now();
        let attempt = Attempt {
            message: message.id,
            number: message.attempts,
            carrier: carrier.map(str::to_owned),
            outcome: name.to_owned(),
            at,
            parts,
        };
        let unit = Unit::new(self.settled_entry(message, settled, name, carrier, at))
            .with(Change::Settle(message.id, message.attempts, settled))
            .with_all(noticed)
            .with(Change::NoteAttempt(attempt));
        // Not `App::commit`: that would ring for the outbox again.
        self.store().commit(unit).await?;
        self.streams.ring();
        Ok(())
    }

    fn settled_entry(
        &self,
        message: &ClaimedMessage,
        settled: Settled,
        name: &'static str,
        carrier: Option<&'static str>,
        at: Timestamp,
    ) -> Entry {
        let (action, reason) = match settled {
            Settled::Sent { .. } => (Action::MessageSent, ""),
            Settled::Delayed { .. } => (Action::MessageDelayed, name),
            Settled::Failed => (Action::MessageFailed, name),
        };
        let entry = self
            .entry(at, OUTBOX, action, message.account.uuid())
            .with("message", message.id.to_string())
            .with("attempt", message.attempts.to_string())
            .with("reason", reason);
        carrier.into_iter().fold(entry, |entry, carrier| entry.with("carrier", carrier))
    }
}

fn is_issue_notice(content: &MessageContent) -> bool {
    matches!(content.notice, NoticeText::AccountIssued)
}

/// The notice's arrival begins the days for self-activation.
fn noticed(message: &ClaimedMessage, delivery: Delivery, at: Timestamp) -> Change {
    let delivered = match delivery {
        Delivery::Delivered => Some(at),
        Delivery::Accepted => None,
    };
    Change::NoteNotice { account: message.account, sent: at, delivered }
}
