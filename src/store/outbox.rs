//! The outbox: messages written with the change that causes them, claimed under a lease, sent outside any transaction,
//! settled in a second one.

use std::time::Duration;

use super::engine::{Conn, Row, insert as adding, query};
use super::error::StoreError;
use super::{Reader, Store};
use crate::domain::ids::{AccountId, MessageId};
use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// A message as it goes into the outbox.
#[derive(Clone, Debug)]
pub struct SealedMessage {
    /// Its name.
    pub id: MessageId,
    /// The account it is about.
    pub account: AccountId,
    /// What kind of message it is.
    pub kind: &'static str,
    /// Destination, language and text, sealed.
    pub content: Sealed,
    /// After this it is not worth sending.
    pub useful_until: Option<Timestamp>,
}

/// A message that was claimed.
#[derive(Clone, Debug)]
pub struct ClaimedMessage {
    /// Its name.
    pub id: MessageId,
    /// The account it is about.
    pub account: AccountId,
    /// Destination, language and text, sealed.
    pub content: Sealed,
    /// After this it is not worth sending.
    pub useful_until: Option<Timestamp>,
    /// Attempts, this one counted.
    pub attempts: u32,
    /// Those that count, this one too: without those before a person had it tried again.
    pub tries: u32,
    /// Who was asked to take it last.
    pub carrier: Option<String>,
}

/// A message that waits, or that a person must look at, without what it says and to where.
#[derive(Clone, Debug)]
pub struct ListedMessage {
    /// Its name.
    pub id: MessageId,
    /// The account it is about.
    pub account: AccountId,
    /// What kind of message it is.
    pub kind: String,
    /// Since when it is there.
    pub created_at: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
    /// Who was asked to take it last.
    pub carrier: Option<String>,
    /// Why the last attempt brought nothing; empty if there was none.
    pub reason: String,
    /// After this it is not worth sending.
    pub useful_until: Option<Timestamp>,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug)]
pub enum Settled {
    /// A carrier took it.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// To be tried again.
    Delayed {
        /// When.
        until: Timestamp,
    },
    /// Given up: a person must look.
    Failed,
}

/// What a message due later than this was made so by a clock that was ahead: no wait and no lease is that long.
const AHEAD: Duration = Duration::from_mins(10);

pub(super) async fn insert(message: &SealedMessage, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    adding(
        "INSERT INTO outbox (id, account_id, kind, content, created_at, useful_until, state, attempts, due_at) \
         VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $5)",
    )
    .bind(message.id.uuid())
    .bind(message.account.uuid())
    .bind(message.kind)
    .bind(message.content.as_bytes())
    .bind(at.micros())
    .bind(message.useful_until.map(Timestamp::micros))
    .execute_one(conn)
    .await
}

/// Settles an attempt, unless a later one has begun or settled it: a lease that lapsed settles nothing.
pub(super) async fn settle(
    id: MessageId,
    attempt: u32,
    settled: Settled,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let (state, sent_at, due_at) = match settled {
        Settled::Sent { at } => ("sent", Some(at.micros()), None),
        Settled::Delayed { until } => ("waiting", None, Some(until.micros())),
        Settled::Failed => ("failed", None, None),
    };
    query(
        "UPDATE outbox SET state = $1, sent_at = $2, due_at = COALESCE($3, due_at) \
         WHERE id = $4 AND state = 'waiting' AND attempts = $5",
    )
    .bind(state)
    .bind(sent_at)
    .bind(due_at)
    .bind(id.uuid())
    .bind(i64::from(attempt))
    .execute_one(conn)
    .await
}

/// The statement that claims messages of which the condition is true.
macro_rules! claim {
    ($condition:literal) => {
        concat!(
            "UPDATE outbox SET attempts = attempts + 1, due_at = $1 \
             WHERE state = 'waiting' AND (due_at <= $2 OR due_at > $4) AND id IN ( \
             SELECT id FROM outbox WHERE state = 'waiting'",
            $condition,
            " AND (due_at <= $2 OR due_at > $4) ORDER BY due_at, id LIMIT $3) \
             RETURNING id, account_id, content, useful_until, attempts, forgiven, carrier"
        )
    };
}

impl Store {
    /// Claims up to `limit` messages that are due, oldest first, for `lease`: if they are not settled by then, they
    /// are due again. Two claimers at once never get the same one.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn claim_messages(
        &self,
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.claim(claim!(""), limit, lease, now).await
    }

    /// The same of messages that are of use for a time only: codes.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn claim_urgent_messages(
        &self,
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.claim(claim!(" AND useful_until IS NOT NULL"), limit, lease, now).await
    }

    async fn claim(
        &self,
        sql: &'static str,
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<ClaimedMessage>, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move {
                    let rows = query(sql)
                        .bind(now.plus(lease).micros())
                        .bind(now.micros())
                        .bind(i64::from(limit))
                        .bind(now.plus(AHEAD).micros())
                        .fetch_all(conn)
                        .await?;
                    let mut claimed = rows.iter().map(claimed).collect::<Result<Vec<_>, _>>()?;
                    claimed.sort_by_key(|message| message.id);
                    Ok(claimed)
                })
            })
            .await
    }
}

impl Reader {
    /// How many messages are in `state`: `waiting`, `sent` or `failed`; counts to 10,000 at most.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn messages_in(&mut self, state: &str) -> Result<i64, StoreError> {
        let row = query("SELECT COUNT(*) AS n FROM (SELECT 1 FROM outbox WHERE state = $1 LIMIT 10000) AS counted")
            .bind(state)
            .fetch_optional(&mut self.conn())
            .await?;
        row.map_or(Ok(0), |row| row.get("n"))
    }

    /// Messages in `state` behind `after`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn messages_listed(
        &mut self,
        state: &str,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<ListedMessage>, StoreError> {
        let rows = query(
            "SELECT id, account_id, kind, created_at, attempts, carrier, reason, useful_until FROM outbox \
             WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(state)
        .bind(after.map_or(uuid::Uuid::nil(), MessageId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(listed).collect()
    }

    /// The account that a message is about.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn account_of_message(&mut self, id: MessageId) -> Result<Option<AccountId>, StoreError> {
        let row = query("SELECT account_id FROM outbox WHERE id = $1")
            .bind(id.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| row.get("account_id").map(AccountId::new)).transpose()
    }
}

/// Has a message that was given up tried again at once, with all attempts before it. One that is of no use any more stays.
pub(super) async fn retry(id: MessageId, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE outbox SET state = 'waiting', due_at = $1, forgiven = attempts, sent_at = NULL \
         WHERE id = $2 AND state = 'failed' AND (useful_until IS NULL OR useful_until > $1)",
    )
    .bind(at.micros())
    .bind(id.uuid())
    .execute_one(conn)
    .await
}

/// Records that a person saw a message that failed, and lets it be.
pub(super) async fn give_up(id: MessageId, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE outbox SET state = 'given-up' WHERE id = $1 AND state = 'failed'")
        .bind(id.uuid())
        .execute_one(conn)
        .await
}

/// Holds every message that waits, for a person to look at: what happened to it is not known. A code whose time is over is of
/// no use to anybody.
pub(super) async fn hold(at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE outbox SET state = 'failed', reason = CASE WHEN useful_until <= $1 THEN 'too-late' ELSE 'held' END \
         WHERE state = 'waiting'",
    )
    .bind(at.micros())
    .execute(conn)
    .await
    .map(drop)
}

/// Has the messages that were held tried, with all attempts before.
pub(super) async fn release(at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE outbox SET state = 'waiting', due_at = $1, forgiven = attempts, reason = '' \
         WHERE state = 'failed' AND reason = 'held' AND (useful_until IS NULL OR useful_until > $1)",
    )
    .bind(at.micros())
    .execute(conn)
    .await
    .map(drop)
}

fn listed(row: &Row) -> Result<ListedMessage, StoreError> {
    Ok(ListedMessage {
        id: MessageId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        kind: row.get("kind")?,
        created_at: Timestamp::from_micros(row.get("created_at")?),
        attempts: u32::try_from(row.get::<i64>("attempts")?).unwrap_or(u32::MAX),
        carrier: row.get("carrier")?,
        reason: row.get("reason")?,
        useful_until: row.get::<Option<i64>>("useful_until")?.map(Timestamp::from_micros),
    })
}

fn claimed(row: &Row) -> Result<ClaimedMessage, StoreError> {
    let attempts = row.get::<i64>("attempts")?;
    Ok(ClaimedMessage {
        tries: u32::try_from(attempts.saturating_sub(row.get("forgiven")?)).unwrap_or(u32::MAX),
        carrier: row.get("carrier")?,
        id: MessageId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        content: Sealed::from_bytes(row.get("content")?),
        useful_until: row.get::<Option<i64>>("useful_until")?.map(Timestamp::from_micros),
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    })
}
