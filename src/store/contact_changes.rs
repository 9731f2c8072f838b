//! Changes of phone and e-mail address.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::contact::{ChangeState, ContactChange, ContactKind};
use crate::domain::ids::{AccountId, ChangeId, Version};
use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// A change as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredChange {
    /// What may be known without opening it.
    pub change: ContactChange,
    /// The sealed new value.
    pub new_value: Sealed,
    /// How often it was changed.
    pub version: Version,
}

pub(super) async fn insert(stored: &StoredChange, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let change = &stored.change;
    query(
        "INSERT INTO contact_change (id, account_id, kind, new_value, begun_at, expires_at, state, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1)",
    )
    .bind(change.id.uuid())
    .bind(change.account.uuid())
    .bind(change.kind.name())
    .bind(stored.new_value.as_bytes())
    .bind(change.begun_at.micros())
    .bind(change.expires_at.micros())
    .bind(change.state.name())
    .execute_one(conn)
    .await
}

/// Settles a change, if it is still as the caller saw it.
pub(super) async fn save(change: &ContactChange, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE contact_change SET state = $1, settled_at = $2, version = version + 1 WHERE id = $3 AND version = $4")
        .bind(change.state.name())
        .bind(change.state.settled_at().map(Timestamp::micros))
        .bind(change.id.uuid())
        .bind(seen.get())
        .execute_one(conn)
        .await
}

impl Reader {
    /// A change.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn contact_change(&mut self, id: ChangeId) -> Result<Option<StoredChange>, StoreError> {
        let row = query("SELECT * FROM contact_change WHERE id = $1")
            .bind(id.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The changes of an account that were not settled; one of each kind at most, and perhaps out of time.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn pending_changes(&mut self, account: AccountId) -> Result<Vec<StoredChange>, StoreError> {
        let rows =
            query("SELECT * FROM contact_change WHERE account_id = $1 AND state = 'pending' ORDER BY id LIMIT 2")
                .bind(account.uuid())
                .fetch_all(&mut self.conn())
                .await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &Row) -> Result<StoredChange, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { column: "state" };
    let settled = row.get::<Option<i64>>("settled_at")?.map(Timestamp::from_micros);
    let state = match (row.get::<String>("state")?.as_str(), settled) {
        ("pending", None) => ChangeState::Pending,
        ("confirmed", Some(at)) => ChangeState::Confirmed { at },
        ("cancelled", Some(at)) => ChangeState::Cancelled { at },
        ("lapsed", Some(at)) => ChangeState::Lapsed { at },
        _ => return Err(CORRUPT),
    };
    let kind = ContactKind::from_name(&row.get::<String>("kind")?);
    let change = ContactChange {
        id: ChangeId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        kind: kind.ok_or(StoreError::Corrupt { column: "kind" })?,
        begun_at: Timestamp::from_micros(row.get("begun_at")?),
        expires_at: Timestamp::from_micros(row.get("expires_at")?),
        state,
    };
    let new_value = Sealed::from_bytes(row.get("new_value")?);
    Ok(StoredChange { change, new_value, version: Version::new(row.get("version")?) })
}
