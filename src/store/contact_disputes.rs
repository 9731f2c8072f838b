//! Claims to numbers that serve accounts.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::contact::{Dispute, DisputeState, Ruling};
use crate::domain::ids::{AccountId, DisputeId, StaffId, Version};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

/// A dispute as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredDispute {
    /// What may be known without opening it.
    pub dispute: Dispute,
    /// The sealed number.
    pub phone: Sealed,
    /// Its blind index.
    pub phone_index: BlindIndex,
    /// How often it was changed.
    pub version: Version,
}

pub(super) async fn insert(stored: &StoredDispute, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let dispute = &stored.dispute;
    query(
        "INSERT INTO contact_dispute (id, account_id, phone, phone_index, opened_by, office, opened_at, state, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', 1)",
    )
    .bind(dispute.id.uuid())
    .bind(dispute.holder.uuid())
    .bind(stored.phone.as_bytes())
    .bind(stored.phone_index.as_bytes())
    .bind(dispute.opened_by.uuid())
    .bind(dispute.office.as_ref().map(OfficeCode::as_str))
    .bind(dispute.opened_at.micros())
    .execute_one(conn)
    .await
}

/// Writes the ruling, if the dispute is still as the caller saw it.
pub(super) async fn resolve(
    id: DisputeId,
    (ruling, by, at): (Ruling, StaffId, Timestamp),
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query(
        "UPDATE contact_dispute SET state = $1, resolved_by = $2, resolved_at = $3, version = version + 1 \
         WHERE id = $4 AND version = $5 AND state = 'open'",
    )
    .bind(ruling.name())
    .bind(by.uuid())
    .bind(at.micros())
    .bind(id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

impl Reader {
    /// A dispute.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn dispute(&mut self, id: DisputeId) -> Result<Option<StoredDispute>, StoreError> {
        let row = query("SELECT * FROM contact_dispute WHERE id = $1")
            .bind(id.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The open dispute over a number of an account, if there is one.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn open_dispute(
        &mut self,
        account: AccountId,
        phone: &BlindIndex,
    ) -> Result<Option<StoredDispute>, StoreError> {
        let row = query("SELECT * FROM contact_dispute WHERE account_id = $1 AND phone_index = $2 AND state = 'open'")
            .bind(account.uuid())
            .bind(phone.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map(stored).transpose()
    }

    /// Open disputes after `after`, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn open_disputes(
        &mut self,
        after: Option<DisputeId>,
        limit: u32,
    ) -> Result<Vec<StoredDispute>, StoreError> {
        let rows = query("SELECT * FROM contact_dispute WHERE state = 'open' AND id > $1 ORDER BY id LIMIT $2")
            .bind(after.map_or(uuid::Uuid::nil(), DisputeId::uuid))
            .bind(i64::from(limit))
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(stored).collect()
    }
}

fn stored(row: &Row) -> Result<StoredDispute, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { column: "state" };
    let office = row.get::<Option<String>>("office")?.map(|code| OfficeCode::parse(&code)).transpose();
    let by = row.get::<Option<uuid::Uuid>>("resolved_by")?.map(StaffId::new);
    let at = row.get::<Option<i64>>("resolved_at")?.map(Timestamp::from_micros);
    let state = match (row.get::<String>("state")?.as_str(), by.zip(at)) {
        ("open", None) => DisputeState::Open,
        (name, Some((by, at))) => DisputeState::Resolved { ruling: Ruling::from_name(name).ok_or(CORRUPT)?, by, at },
        _ => return Err(CORRUPT),
    };
    let dispute = Dispute {
        id: DisputeId::new(row.get("id")?),
        holder: AccountId::new(row.get("account_id")?),
        opened_by: StaffId::new(row.get("opened_by")?),
        office: office.map_err(|_| StoreError::Corrupt { column: "office" })?,
        opened_at: Timestamp::from_micros(row.get("opened_at")?),
        state,
    };
    Ok(StoredDispute {
        dispute,
        phone: Sealed::from_bytes(row.get("phone")?),
        phone_index: BlindIndex::from_bytes(row.get("phone_index")?),
        version: Version::new(row.get("version")?),
    })
}
