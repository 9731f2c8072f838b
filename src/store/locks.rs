//! Grounds that somebody set: kept for ever, with who lifted them and why.

use super::account_events::Happened;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use super::{Reader, contact_changes, life};
use crate::domain::contact::FailureReason;
use crate::domain::ids::{AccountId, LockId, OrderId, StaffId};
use crate::domain::lock::{Ground, GroundSet, Lock};
use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// Grounds of one account that are read at most.
const LOCKS_MAX: i64 = 200;

/// A ground as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredLock {
    /// What may be known without opening anything.
    pub lock: Lock,
    /// What it rests on, sealed.
    pub evidence: Sealed,
    /// Who set it.
    pub set_by: StaffId,
    /// Who lifted it, and why, sealed; if somebody did.
    pub ended: Option<(StaffId, Sealed)>,
}

/// Sets a ground; taken if it stands.
pub(super) async fn set(
    stored: &StoredLock,
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let lock = &stored.lock;
    query(
        "INSERT INTO lock_ground (id, account_id, ground, source, silent, evidence, set_by, since) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(lock.id.uuid())
    .bind(lock.account.uuid())
    .bind(lock.ground.name())
    .bind(lock.order.map_or(uuid::Uuid::nil(), OrderId::uuid))
    .bind(lock.is_silent)
    .bind(stored.evidence.as_bytes())
    .bind(stored.set_by.uuid())
    .bind(lock.since.micros())
    .execute_one(conn)
    .await?;
    contact_changes::void(lock.account, FailureReason::AccountUnusable, at, happened, conn).await?;
    life::settle(lock.account, at, happened, conn).await
}

/// Lifts a ground that stands.
pub(super) async fn end(
    (id, by, reason): (LockId, StaffId, &Sealed),
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let row = query(
        "UPDATE lock_ground SET ended_at = $1, ended_by = $2, end_reason = $3 \
         WHERE id = $4 AND ended_at IS NULL RETURNING account_id",
    )
    .bind(at.micros())
    .bind(by.uuid())
    .bind(reason.as_bytes())
    .bind(id.uuid())
    .fetch_optional(conn)
    .await?
    .ok_or(StoreError::Changed)?;
    life::settle(AccountId::new(row.get("account_id")?), at, happened, conn).await
}

/// The grounds of an account that stand.
pub(super) async fn standing(account: AccountId, conn: &mut Conn<'_>) -> Result<GroundSet, StoreError> {
    let rows = query("SELECT DISTINCT ground FROM lock_ground WHERE account_id = $1 AND ended_at IS NULL")
        .bind(account.uuid())
        .fetch_all(conn)
        .await?;
    rows.iter().map(ground).collect()
}

impl Reader {
    /// Every ground of an account that was ever set, in that order.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn locks(&mut self, account: AccountId) -> Result<Vec<StoredLock>, StoreError> {
        let rows = query("SELECT * FROM lock_ground WHERE account_id = $1 ORDER BY id LIMIT $2")
            .bind(account.uuid())
            .bind(LOCKS_MAX)
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(stored).collect()
    }

    /// A ground that was set.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn lock(&mut self, id: LockId) -> Result<Option<StoredLock>, StoreError> {
        let row =
            query("SELECT * FROM lock_ground WHERE id = $1").bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(stored).transpose()
    }
}

fn ground(row: &Row) -> Result<Ground, StoreError> {
    Ground::from_name(&row.get::<String>("ground")?).ok_or(StoreError::Corrupt { column: "ground" })
}

fn stored(row: &Row) -> Result<StoredLock, StoreError> {
    let source = row.get::<uuid::Uuid>("source")?;
    let ended_by = row.get::<Option<uuid::Uuid>>("ended_by")?.map(StaffId::new);
    Ok(StoredLock {
        lock: Lock {
            id: LockId::new(row.get("id")?),
            account: AccountId::new(row.get("account_id")?),
            ground: ground(row)?,
            order: (!source.is_nil()).then(|| OrderId::new(source)),
            is_silent: row.get("silent")?,
            since: Timestamp::from_micros(row.get("since")?),
            ended_at: row.get::<Option<i64>>("ended_at")?.map(Timestamp::from_micros),
        },
        evidence: Sealed::from_bytes(row.get("evidence")?),
        set_by: StaffId::new(row.get("set_by")?),
        ended: ended_by.zip(row.get::<Option<Vec<u8>>>("end_reason")?.map(Sealed::from_bytes)),
    })
}
