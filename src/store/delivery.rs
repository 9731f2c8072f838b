//! What carriers said of messages: each attempt, the names they gave its parts, and whether those arrived.
//!
//! A report may come before the attempt that it is about was settled, or twice, or never; in whichever order the two come,
//! they end in the same state. Reports of what nobody knows are kept for a few days, since the settling may still come.

use std::time::Duration;

use super::Reader;
use super::account_events::Happened;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::account_event::AccountVerb;
use crate::domain::ids::{AccountId, MessageId};
use crate::domain::time::Timestamp;

/// How long a report of what nobody knows is kept: carriers report for as long as a message is valid.
const ORPHANS_KEPT: Duration = Duration::from_hours(72);

/// An attempt to send a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// The message.
    pub message: MessageId,
    /// Which attempt, counted from 1.
    pub number: u32,
    /// Who was asked; `None`: nobody.
    pub carrier: Option<String>,
    /// What became of it.
    pub outcome: String,
    /// When that was known.
    pub at: Timestamp,
    /// The names that the carrier gave the parts, by which it will report.
    pub parts: Vec<String>,
}

/// A carrier's last word on a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Who says so.
    pub carrier: &'static str,
    /// The carrier's own name for the part.
    pub part: String,
    /// Whether it reached the phone.
    pub arrived: bool,
}

/// The message that a carrier's name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CarriedMessage {
    /// The message.
    pub message: MessageId,
    /// The account it is about.
    pub account: AccountId,
}

/// Keeps an attempt and the names of what was taken.
pub(super) async fn note_attempt(
    attempt: &Attempt,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("INSERT INTO attempt (message_id, attempt, carrier, at, outcome) VALUES ($1, $2, $3, $4, $5)")
        .bind(attempt.message.uuid())
        .bind(i64::from(attempt.number))
        .bind(attempt.carrier.as_deref())
        .bind(attempt.at.micros())
        .bind(attempt.outcome.as_str())
        .execute_one(conn)
        .await?;
    // Some carriers know at once that it arrived, and report nothing later.
    query(
        "UPDATE outbox SET carrier = COALESCE($1, carrier), reason = CASE WHEN state = 'sent' THEN '' ELSE $2 END, \
         delivered_at = CASE WHEN state = 'sent' AND $2 = 'delivered' THEN COALESCE(delivered_at, $4) \
         ELSE delivered_at END WHERE id = $3",
    )
    .bind(attempt.carrier.as_deref())
    .bind(attempt.outcome.as_str())
    .bind(attempt.message.uuid())
    .bind(attempt.at.micros())
    .execute_one(conn)
    .await?;
    for part in &attempt.parts {
        carry(attempt, part, conn).await?;
    }
    settle_arrival((attempt.message, attempt.number), attempt.at, happened, conn).await
}

/// Keeps the name of a part. A report on it that came before stays; one on another message, to which the carrier gave the
/// same name once, does not.
async fn carry(attempt: &Attempt, part: &str, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO carried (carrier, part, message_id, attempt, seen_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (carrier, part) DO UPDATE SET message_id = excluded.message_id, attempt = excluded.attempt, \
         seen_at = excluded.seen_at, arrived = CASE WHEN carried.message_id IS NULL \
         OR carried.message_id = excluded.message_id THEN carried.arrived END",
    )
    .bind(attempt.carrier.as_deref())
    .bind(part)
    .bind(attempt.message.uuid())
    .bind(i64::from(attempt.number))
    .bind(attempt.at.micros())
    .execute_one(conn)
    .await
}

/// Keeps a carrier's last word, if it is the first last word on that part.
pub(super) async fn note_report(
    report: &Report,
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    // Parts of one message wait for each other here: each then sees what the one before said. Once before what is said is
    // kept, and once after: a settlement may have named the part meanwhile.
    lock_message(report, conn).await?;
    query(
        "INSERT INTO carried (carrier, part, arrived, seen_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (carrier, part) DO UPDATE SET arrived = excluded.arrived WHERE carried.arrived IS NULL",
    )
    .bind(report.carrier)
    .bind(report.part.as_str())
    .bind(report.arrived)
    .bind(at.micros())
    .execute_one(conn)
    .await?;
    lock_message(report, conn).await?;
    let row =
        query("SELECT message_id, attempt FROM carried WHERE carrier = $1 AND part = $2 AND message_id IS NOT NULL")
            .bind(report.carrier)
            .bind(report.part.as_str())
            .fetch_optional(conn)
            .await?;
    match row {
        Some(row) => settle_arrival((MessageId::new(row.get("message_id")?), number(&row)?), at, happened, conn).await,
        None => forget_orphans(at, conn).await,
    }
}

async fn lock_message(report: &Report, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE outbox SET attempts = attempts \
         WHERE id = (SELECT message_id FROM carried WHERE carrier = $1 AND part = $2)",
    )
    .bind(report.carrier)
    .bind(report.part.as_str())
    .execute(conn)
    .await
    .map(drop)
}

async fn forget_orphans(at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("DELETE FROM carried WHERE message_id IS NULL AND seen_at < $1")
        .bind(at.minus(ORPHANS_KEPT).micros())
        .execute(conn)
        .await
        .map(drop)
}

/// Draws what follows once the parts of an attempt have a last word: all arrived, and the message has; one did not, and a
/// person must look. The arrival of an account's notice begins the days for self-activation.
async fn settle_arrival(
    (message, attempt): (MessageId, u32),
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let attempt = i64::from(attempt);
    query(
        "UPDATE outbox SET delivered_at = $1 WHERE id = $2 AND state = 'sent' AND delivered_at IS NULL \
         AND EXISTS (SELECT 1 FROM carried WHERE message_id = $2 AND attempt = $3) \
         AND NOT EXISTS (SELECT 1 FROM carried WHERE message_id = $2 AND attempt = $3 \
         AND (arrived IS NULL OR NOT arrived))",
    )
    .bind(at.micros())
    .bind(message.uuid())
    .bind(attempt)
    .execute(conn)
    .await?;
    query(
        "UPDATE outbox SET state = 'failed', reason = 'undelivered' \
         WHERE id = $1 AND state = 'sent' AND delivered_at IS NULL AND attempts = $2 \
         AND EXISTS (SELECT 1 FROM carried WHERE message_id = $1 AND attempt = $2 AND NOT arrived)",
    )
    .bind(message.uuid())
    .bind(attempt)
    .execute(conn)
    .await?;
    let arrived = query(
        "UPDATE account SET notice_delivered_at = $1, version = version + 1 WHERE notice_delivered_at IS NULL \
         AND id = (SELECT account_id FROM outbox WHERE id = $2 AND kind = 'account_notice' AND delivered_at = $1) \
         RETURNING id",
    )
    .bind(at.micros())
    .bind(message.uuid())
    .fetch_optional(conn)
    .await?;
    let Some(row) = arrived else { return Ok(()) };
    let account = AccountId::new(row.get("id")?);
    happened.note(account, AccountVerb::NoticeDelivered);
    Ok(())
}

impl Reader {
    /// The message that a carrier's name for a part stands for, if it is known yet.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn carried_message(&mut self, carrier: &str, part: &str) -> Result<Option<CarriedMessage>, StoreError> {
        let row = query(
            "SELECT outbox.id AS id, outbox.account_id AS account_id FROM carried \
             JOIN outbox ON outbox.id = carried.message_id WHERE carried.carrier = $1 AND carried.part = $2",
        )
        .bind(carrier)
        .bind(part)
        .fetch_optional(&mut self.conn())
        .await?;
        row.map(|row| {
            Ok(CarriedMessage {
                message: MessageId::new(row.get("id")?),
                account: AccountId::new(row.get("account_id")?),
            })
        })
        .transpose()
    }

    /// The attempts to send a message, first one first, at most 1,000; without the names of parts.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn attempts_of(&mut self, message: MessageId) -> Result<Vec<Attempt>, StoreError> {
        let rows = query(
            "SELECT attempt, carrier, outcome, at FROM attempt WHERE message_id = $1 ORDER BY attempt LIMIT 1000",
        )
        .bind(message.uuid())
        .fetch_all(&mut self.conn())
        .await?;
        let attempt = |row: &Row| {
            Ok(Attempt {
                message,
                number: number(row)?,
                carrier: row.get("carrier")?,
                outcome: row.get("outcome")?,
                at: Timestamp::from_micros(row.get("at")?),
                parts: Vec::new(),
            })
        };
        rows.iter().map(attempt).collect()
    }
}

fn number(row: &Row) -> Result<u32, StoreError> {
    Ok(u32::try_from(row.get::<i64>("attempt")?).unwrap_or(u32::MAX))
}
