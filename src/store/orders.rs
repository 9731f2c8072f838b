//! Orders of authorities to lock or unlock an account: form TK03.

use super::Reader;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use crate::domain::calendar::Edition;
use crate::domain::ids::{AccountId, LockId, OrderId, StaffId, Version};
use crate::domain::order::{Order, OrderKind, OrderState, Step, StepDue};
use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// An order as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredOrder {
    /// What may be known without opening it.
    pub order: Order,
    /// What it says, sealed.
    pub content: Sealed,
    /// Why it was refused, sealed; absent if it was not.
    pub reason: Option<Sealed>,
    /// How often it was changed.
    pub version: Version,
}

/// Adds an order that was filed.
pub(super) async fn insert(stored: &StoredOrder, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let order = &stored.order;
    query(
        "INSERT INTO lock_order (id, account_id, kind, silent, content, filed_by, filed_at, state, due_at, edition, \
         provisional, lifts, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)",
    )
    .bind(order.id.uuid())
    .bind(order.account.uuid())
    .bind(order.kind.name())
    .bind(order.is_silent)
    .bind(stored.content.as_bytes())
    .bind(order.filed_by.uuid())
    .bind(order.filed_at.micros())
    .bind(order.state.name())
    .bind(order.due.at.micros())
    .bind(order.due.edition.as_str())
    .bind(order.due.is_provisional)
    .bind(order.lifts.map(LockId::uuid))
    .execute_one(conn)
    .await
}

/// Moves an order on, if it is still as the caller saw it.
pub(super) async fn save(
    order: &Order,
    reason: Option<&Sealed>,
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let (forwarded, decided) = order.state.steps();
    query(
        "UPDATE lock_order SET state = $1, forwarded_by = $2, forwarded_at = $3, decided_by = $4, decided_at = $5, \
         reason = $6, due_at = $7, edition = $8, provisional = $9, version = version + 1 \
         WHERE id = $10 AND version = $11",
    )
    .bind(order.state.name())
    .bind(forwarded.map(|step| step.by.uuid()))
    .bind(forwarded.map(|step| step.at.micros()))
    .bind(decided.map(|step| step.by.uuid()))
    .bind(decided.map(|step| step.at.micros()))
    .bind(reason.map(|reason| reason.as_bytes().to_vec()))
    .bind(order.due.at.micros())
    .bind(order.due.edition.as_str())
    .bind(order.due.is_provisional)
    .bind(order.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

impl Reader {
    /// An order.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn lock_order(&mut self, id: OrderId) -> Result<Option<StoredOrder>, StoreError> {
        let row =
            query("SELECT * FROM lock_order WHERE id = $1").bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(stored).transpose()
    }

    /// Orders of which a step is due, the most urgent first, behind `after`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn open_orders(
        &mut self,
        after: Option<(Timestamp, OrderId)>,
        limit: u32,
    ) -> Result<Vec<StoredOrder>, StoreError> {
        let (due, id) = after.map_or((i64::MIN, uuid::Uuid::nil()), |(due, id)| (due.micros(), id.uuid()));
        let rows = query(
            "SELECT * FROM lock_order WHERE decided_at IS NULL AND (due_at, id) > ($1, $2) \
             ORDER BY due_at, id LIMIT $3",
        )
        .bind(due)
        .bind(id)
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }

    /// Every order of an account, the latest first, behind `after`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn orders_of(
        &mut self,
        account: AccountId,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<StoredOrder>, StoreError> {
        let rows = query("SELECT * FROM lock_order WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3")
            .bind(account.uuid())
            .bind(after.map_or(uuid::Uuid::max(), OrderId::uuid))
            .bind(i64::from(limit))
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(stored).collect()
    }

    /// Orders of which a step is due that was counted on another edition than this: those behind `after`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn orders_timed_elsewhere(
        &mut self,
        edition: &Edition,
        after: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<StoredOrder>, StoreError> {
        let rows = query(
            "SELECT * FROM lock_order WHERE decided_at IS NULL AND edition <> $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(edition.as_str())
        .bind(after.map_or(uuid::Uuid::nil(), OrderId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }

    /// Whether an order to let a ground go was approved.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn has_unlock_order(&mut self, account: AccountId, lock: LockId) -> Result<bool, StoreError> {
        let row = query(
            "SELECT id FROM lock_order WHERE account_id = $1 AND kind = 'unlock' AND state = 'approved' \
             AND lifts = $2 LIMIT 1",
        )
        .bind(account.uuid())
        .bind(lock.uuid())
        .fetch_optional(&mut self.conn())
        .await?;
        Ok(row.is_some())
    }
}

fn stored(row: &Row) -> Result<StoredOrder, StoreError> {
    let step = |by, at| {
        let by = row.get::<Option<uuid::Uuid>>(by)?.map(StaffId::new);
        let at = row.get::<Option<i64>>(at)?.map(Timestamp::from_micros);
        Ok::<_, StoreError>(by.zip(at).map(|(by, at)| Step { by, at }))
    };
    let steps = (step("forwarded_by", "forwarded_at")?, step("decided_by", "decided_at")?);
    let state = OrderState::from_parts(&row.get::<String>("state")?, steps);
    let kind = OrderKind::from_name(&row.get::<String>("kind")?);
    let edition = Edition::parse(&row.get::<String>("edition")?);
    let order = Order {
        id: OrderId::new(row.get("id")?),
        account: AccountId::new(row.get("account_id")?),
        kind: kind.ok_or(StoreError::Corrupt { column: "kind" })?,
        lifts: row.get::<Option<uuid::Uuid>>("lifts")?.map(LockId::new),
        is_silent: row.get("silent")?,
        filed_by: StaffId::new(row.get("filed_by")?),
        filed_at: Timestamp::from_micros(row.get("filed_at")?),
        state: state.ok_or(StoreError::Corrupt { column: "state" })?,
        due: StepDue {
            at: Timestamp::from_micros(row.get("due_at")?),
            edition: edition.ok_or(StoreError::Corrupt { column: "edition" })?,
            is_provisional: row.get("provisional")?,
        },
    };
    let content = Sealed::from_bytes(row.get("content")?);
    let reason = row.get::<Option<Vec<u8>>>("reason")?.map(Sealed::from_bytes);
    Ok(StoredOrder { order, content, reason, version: Version::new(row.get("version")?) })
}
