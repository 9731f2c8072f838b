//! Delivery: what waits in the outbox is claimed, sent outside any transaction, and settled.

use std::time::Duration;

use super::{App, Error};
use crate::domain::audit::{Action, Actor};
use crate::domain::message::{ATTEMPTS_MAX, MessageContent, NoticeText, retry_after};
use crate::domain::time::Timestamp;
use crate::notify::{CarrierFault, Delivery};
use crate::store::{Change, ClaimedMessage, Settled, StoreError, Unit};

/// Messages claimed at once.
const CLAIM_MAX: u32 = 16;
/// How long a claim lasts: a sender that dies gives its messages back after this.
const LEASE: Duration = Duration::from_mins(1);

impl App {
    /// Sends what is due, once each; how many messages were claimed. Safe to run in several processes at once.
    ///
    /// # Errors
    /// If the store cannot be asked. A carrier that fails is no error: the message is tried again later.
    pub async fn deliver_due(&self) -> Result<usize, Error> {
        let claimed = self.store().claim_messages(CLAIM_MAX, LEASE, self.clock().now()).await?;
        let count = claimed.len();
        for message in claimed {
            match self.deliver(&message).await {
                // Another sender came after our lease had lapsed: the message is theirs.
                Ok(()) | Err(Error::Contended) => {}
                // One that does not open must not hold up those behind it. Another replica may have the key.
                Err(error @ Error::Broken(_)) => {
                    tracing::error!(id = %message.id, error = &error as &dyn std::error::Error, "does not open");
                    self.again(&message, "unreadable").await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    /// Returns once there may be something to send.
    pub async fn outbox_rung(&self) {
        self.outbox.notified().await;
    }

    async fn deliver(&self, message: &ClaimedMessage) -> Result<(), Error> {
        let now = self.clock().now();
        if message.useful_until.is_some_and(|until| now >= until) {
            return self.settle(message, Settled::Failed, "too-late", None).await;
        }
        let content = self.open_message(message)?;
        let sent = self.parts.carrier.send(message.id, &content).await;
        let at = self.clock().now();
        match sent {
            Ok(delivery) => {
                tracing::info!(id = %message.id, kind = content.notice.kind(), "taken by the carrier");
                let noticed = is_issue_notice(&content).then(|| noticed(message, delivery, at));
                self.settle(message, Settled::Sent { at }, "", noticed).await
            }
            Err(fault) => {
                tracing::warn!(id = %message.id, error = &fault as &dyn std::error::Error, "not taken by the carrier");
                match fault {
                    CarrierFault::Rejected => self.settle(message, Settled::Failed, "rejected", None).await,
                    CarrierFault::Unavailable(_) => self.again(message, "carrier").await,
                }
            }
        }
    }

    /// Tries a message again later, unless it was tried too often.
    async fn again(&self, message: &ClaimedMessage, reason: &'static str) -> Result<(), Error> {
        let settled = if message.attempts < ATTEMPTS_MAX {
            Settled::Delayed { until: self.clock().now().plus(retry_after(message.attempts)) }
        } else {
            Settled::Failed
        };
        self.settle(message, settled, reason, None).await
    }

    async fn settle(
        &self,
        message: &ClaimedMessage,
        settled: Settled,
        reason: &'static str,
        noticed: Option<Change>,
    ) -> Result<(), Error> {
        let action = match settled {
            Settled::Sent { .. } => Action::MessageSent,
            Settled::Delayed { .. } => Action::MessageDelayed,
            Settled::Failed => Action::MessageFailed,
        };
        let entry = self
            .entry(self.clock().now(), Actor::Service("outbox"), action, message.account.uuid())
            .with("message", message.id.to_string())
            .with("attempt", message.attempts.to_string())
            .with("reason", reason);
        let unit = Unit::new(entry).with(Change::Settle(message.id, message.attempts, settled)).with_all(noticed);
        // Not `App::commit`: that would ring for the outbox again.
        match self.store().commit(unit).await {
            Err(StoreError::Changed) => Err(Error::Contended),
            other => Ok(other?),
        }
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
