//! What waits, counted for operators: each question walks an index and stops at a limit, however much there is.

use super::engine::{Row, query};
use super::error::StoreError;
use super::lists::{StageCount, stage_count};
use super::{Reader, Store};
use crate::domain::time::Timestamp;

/// Messages that wait in one of the two queues of the outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueLength {
    /// Codes, which are of use for a time only; otherwise all other messages.
    pub urgent: bool,
    /// How many wait; the two together are counted to 10,000.
    pub waiting: u64,
    /// Since when the oldest of them is there.
    pub oldest: Timestamp,
    /// When the first of them should leave, or should have left.
    pub due: Timestamp,
}

/// What waits for the authority, or lies with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HandOver {
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
    /// How many are under a lease.
    pub leases: u64,
    /// When the oldest lease lapsed under which a request is still undecided.
    pub lapsed: Option<Timestamp>,
}

/// How the connections to the database are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolUse {
    /// Connections that work.
    pub busy: u32,
    /// Connections that rest.
    pub idle: u32,
    /// How many there may be.
    pub max: u32,
    /// Units of work that wait for the writer, where there is one.
    pub writes_waiting: usize,
}

const OUTBOX: &str = "SELECT urgent, COUNT(*) AS waiting, MIN(created_at) AS oldest, MIN(due_at) AS due FROM ( \
    SELECT useful_until IS NOT NULL AS urgent, created_at, due_at FROM outbox WHERE state = 'waiting' \
    ORDER BY due_at, id LIMIT 10000) AS waiting GROUP BY urgent";
const OPEN: &str = "SELECT stage, COUNT(*) AS count, COUNT(CASE WHEN act_by <= $1 THEN 1 END) AS overdue FROM ( \
    SELECT stage, act_by FROM enrolment WHERE decided_at IS NULL \
    ORDER BY office, received_at, id LIMIT 100000) AS open GROUP BY stage";
const HAND_OVER: &str = "SELECT MIN(since) AS oldest, COUNT(CASE WHEN lease_expires_at > $1 THEN 1 END) AS leases, \
    MIN(CASE WHEN lease_expires_at <= $1 THEN lease_expires_at END) AS lapsed FROM ( \
    SELECT since, lease_expires_at FROM enrolment WHERE stage = 'forwarded' ORDER BY id LIMIT 10000) AS waiting";

/// Every statement of this file with the index it is to walk, for whoever wants to see how an engine goes about it.
pub const BACKLOG_STATEMENTS: [(&str, &str); 3] =
    [("outbox_due", OUTBOX), ("enrolment_list_open", OPEN), ("enrolment_waiting", HAND_OVER)];

impl Store {
    /// How the connections to the database are used. Asks nothing of it.
    pub fn pool_use(&self) -> PoolUse {
        self.engine.pool_use()
    }
}

impl Reader {
    /// What waits in the outbox; queues in which nothing does are left out.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn outbox_backlog(&mut self) -> Result<Vec<QueueLength>, StoreError> {
        let rows = query(OUTBOX).fetch_all(&mut self.conn()).await?;
        rows.iter().map(queue_length).collect()
    }

    /// How many requests have not ended, by stage, and of how many somebody should have acted by `now`; counted to 100,000
    /// in all. Stages without any are left out.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn open_requests(&mut self, now: Timestamp) -> Result<Vec<StageCount>, StoreError> {
        let rows = query(OPEN).bind(now.micros()).fetch_all(&mut self.conn()).await?;
        rows.iter().map(stage_count).collect()
    }

    /// What waits for the authority or lies with it at `now`, of the 10,000 that came first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn hand_over_backlog(&mut self, now: Timestamp) -> Result<HandOver, StoreError> {
        let row = query(HAND_OVER).bind(now.micros()).fetch_optional(&mut self.conn()).await?;
        row.map_or(Ok(HandOver::default()), |row| {
            let at = |column| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(Timestamp::from_micros));
            let leases = row.get::<i64>("leases")?.unsigned_abs();
            Ok(HandOver { oldest: at("oldest")?, leases, lapsed: at("lapsed")? })
        })
    }

    /// Whether the schema is at least that of this release. A later one is: releases before it run on.
    ///
    /// # Errors
    /// If the database cannot be asked, or has no schema.
    pub async fn has_schema(&mut self) -> Result<bool, StoreError> {
        let row = query("SELECT MAX(version) AS version FROM _sqlx_migrations WHERE success")
            .fetch_optional(&mut self.conn())
            .await?;
        let version = row.map(|row| row.get::<Option<i64>>("version")).transpose()?.flatten();
        Ok(version.is_some_and(|version| version >= super::engine::schema_version()))
    }
}

fn queue_length(row: &Row) -> Result<QueueLength, StoreError> {
    Ok(QueueLength {
        urgent: row.get("urgent")?,
        waiting: row.get::<i64>("waiting")?.unsigned_abs(),
        oldest: Timestamp::from_micros(row.get("oldest")?),
        due: Timestamp::from_micros(row.get("due")?),
    })
}
