//! Wishes to open an account's way to activation again.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::ids::{AccountId, ReopeningId, StaffId, Version};
use crate::domain::reopening::{Reopening, ReopeningState};
use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// A wish as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredReopening {
    /// What may be known without opening it.
    pub reopening: Reopening,
    /// The sealed reason.
    pub reason: Sealed,
    /// How often it was changed.
    pub version: Version,
}

/// Adds a wish, in place of one of the same account that lapsed.
pub(super) async fn insert(stored: &StoredReopening, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let reopening = &stored.reopening;
    query("UPDATE reopening SET state = 'lapsed', version = version + 1 WHERE account_id = $1 AND state = 'pending' AND expires_at <= $2")
        .bind(reopening.account.uuid())
        .bind(reopening.asked_at.micros())
        .execute(conn)
        .await?;
    query(
        "INSERT INTO reopening (id, account_id, reason, asked_by, asked_at, expires_at, state, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1)",
    )
    .bind(reopening.id.uuid())
    .bind(reopening.account.uuid())
    .bind(stored.reason.as_bytes())
    .bind(reopening.asked_by.uuid())
    .bind(reopening.asked_at.micros())
    .bind(reopening.expires_at().micros())
    .bind(reopening.state.name())
    .execute_one(conn)
    .await
}

/// Settles a wish, if it is still as the caller saw it.
pub(super) async fn save(reopening: &Reopening, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let settled = reopening.state.settled();
    query(
        "UPDATE reopening SET state = $1, settled_by = $2, settled_at = $3, version = version + 1 \
         WHERE id = $4 AND version = $5",
    )
    .bind(reopening.state.name())
    .bind(settled.map(|(by, _)| by.uuid()))
    .bind(settled.map(|(_, at)| at.micros()))
    .bind(reopening.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

impl Reader {
    /// A wish.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn reopening(&mut self, id: ReopeningId) -> Result<Option<StoredReopening>, StoreError> {
        let row =
            query("SELECT * FROM reopening WHERE id = $1").bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(stored).transpose()
    }

    /// The wish of an account that was not settled, perhaps out of time.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn pending_reopening(&mut self, account: AccountId) -> Result<Option<StoredReopening>, StoreError> {
        let row = query("SELECT * FROM reopening WHERE account_id = $1 AND state = 'pending'")
            .bind(account.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Wishes that wait at `now`, after `after`, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn reopenings(
        &mut self,
        after: Option<ReopeningId>,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredReopening>, StoreError> {
        let rows = query(
            "SELECT * FROM reopening WHERE state = 'pending' AND expires_at > $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(now.micros())
        .bind(after.map_or(uuid::Uuid::nil(), ReopeningId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &Row) -> Result<StoredReopening, StoreError> {
    let by = row.get::<Option<uuid::Uuid>>("settled_by")?.map(StaffId::new);
    let at = row.get::<Option<i64>>("settled_at")?.map(Timestamp::from_micros);
    let state = match (row.get::<String>("state")?.as_str(), by.zip(at)) {
        ("pending", None) => ReopeningState::Pending,
        ("approved", Some((by, at))) => ReopeningState::Approved { by, at },
        ("declined", Some((by, at))) => ReopeningState::Declined { by, at },
        ("lapsed", None) => ReopeningState::Lapsed,
        _ => return Err(StoreError::Corrupt { column: "state" }),
    };
    let reopening = Reopening {
        id: ReopeningId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        asked_by: StaffId::new(row.get("asked_by")?),
        asked_at: Timestamp::from_micros(row.get("asked_at")?),
        state,
    };
    let reason = Sealed::from_bytes(row.get("reason")?);
    Ok(StoredReopening { reopening, reason, version: Version::new(row.get("version")?) })
}
