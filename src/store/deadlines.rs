//! The legal clocks of requests: their columns, and counting them again.

use uuid::Uuid;

use super::engine::{Conn, Query, Row, query};
use super::enrolments::EnrolmentPage;
use super::error::StoreError;
use super::{Reader, Store, audit};
use crate::domain::audit::Entry;
use crate::domain::calendar::Edition;
use crate::domain::deadline::{Basis, Deadline};
use crate::domain::enrolment::Enrolment;
use crate::domain::ids::{EnrolmentId, Version};
use crate::domain::time::Timestamp;

/// Binds `due_at`, `deadline_basis`, `limit_days`, `spent_days`, `clock_ran`, `clock_running_since`, `calendar_edition`,
/// `deadline_provisional` and `act_by`, in this order.
pub(super) fn bind_clock(query: Query, enrolment: &Enrolment) -> Query {
    let deadline = enrolment.deadline.as_ref();
    query
        .bind(deadline.map(|deadline| deadline.due_at.micros()))
        .bind(deadline.map(|deadline| deadline.basis.name().to_owned()))
        .bind(deadline.map(|deadline| i64::from(deadline.limit)))
        .bind(deadline.map(|deadline| i64::from(deadline.spent)))
        .bind(deadline.and_then(|deadline| serde_json::to_string(&deadline.ran).ok()))
        .bind(deadline.and_then(|deadline| deadline.running_since).map(Timestamp::micros))
        .bind(deadline.map(|deadline| deadline.edition.as_str().to_owned()))
        .bind(deadline.map(|deadline| deadline.provisional))
        .bind(enrolment.act_by.map(Timestamp::micros))
}

/// The clock of a row, if it has one.
pub(super) fn deadline_of(row: &Row) -> Result<Option<Deadline>, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { column: "due_at" };
    let Some(edition) = row.get::<Option<String>>("calendar_edition")? else { return Ok(None) };
    let days = |column: &'static str| {
        let days = row.get::<Option<i64>>(column)?.and_then(|days| u8::try_from(days).ok());
        days.ok_or(StoreError::Corrupt { column })
    };
    let ran = serde_json::from_str(&row.get::<Option<String>>("clock_ran")?.unwrap_or_default());
    let basis = row.get::<Option<String>>("deadline_basis")?.and_then(|name| Basis::from_name(&name));
    Ok(Some(Deadline {
        due_at: row.get::<Option<i64>>("due_at")?.map(Timestamp::from_micros).ok_or(CORRUPT)?,
        basis: basis.ok_or(StoreError::Corrupt { column: "deadline_basis" })?,
        limit: days("limit_days")?,
        spent: days("spent_days")?,
        ran: ran.map_err(|_| StoreError::Corrupt { column: "clock_ran" })?,
        running_since: row.get::<Option<i64>>("clock_running_since")?.map(Timestamp::from_micros),
        edition: Edition::parse(&edition).ok_or(StoreError::Corrupt { column: "calendar_edition" })?,
        provisional: row.get::<Option<bool>>("deadline_provisional")?.unwrap_or_default(),
    }))
}

/// Keeps the clock of a request, if it is still as the caller saw it; whether it was.
async fn save(enrolment: &Enrolment, seen: Version, conn: &mut Conn<'_>) -> Result<bool, StoreError> {
    let clock = query(
        "UPDATE enrolment SET due_at = $1, deadline_basis = $2, limit_days = $3, spent_days = $4, \
         clock_ran = $5, clock_running_since = $6, calendar_edition = $7, deadline_provisional = $8, act_by = $9, \
         version = version + 1 WHERE id = $10 AND version = $11",
    );
    let touched = bind_clock(clock, enrolment).bind(enrolment.id.uuid()).bind(seen.get()).execute(conn).await?;
    Ok(touched == 1)
}

impl Store {
    /// Keeps the clocks of a batch of requests that were counted again, and says how many of them. One that was changed by
    /// someone else meanwhile is left to the next time; the entry is written with the number, unless it is none.
    ///
    /// # Errors
    /// If the database cannot be written; then nothing of the batch is kept.
    pub async fn save_deadlines(&self, batch: Vec<(Enrolment, Version)>, entry: Entry) -> Result<u64, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move {
                    let mut saved = 0;
                    for (enrolment, seen) in &batch {
                        saved += u64::from(save(enrolment, *seen, conn).await?);
                    }
                    if saved > 0 {
                        audit::append(&entry.with("saved", saved.to_string()), conn).await?;
                    }
                    Ok(saved)
                })
            })
            .await
    }
}

impl Reader {
    /// Requests that have not ended and whose clock was counted on another edition than this, or never: those after
    /// `after`, in the order of their names.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn timed_elsewhere(
        &mut self,
        edition: &Edition,
        after: Option<EnrolmentId>,
        limit: u32,
    ) -> Result<EnrolmentPage, StoreError> {
        let rows = query(
            "SELECT * FROM enrolment WHERE decided_at IS NULL \
             AND (calendar_edition IS NULL OR calendar_edition <> $1 OR act_by IS NULL) AND id > $2 \
             ORDER BY id LIMIT $3",
        )
        .bind(edition.as_str())
        .bind(after.map_or(Uuid::nil(), EnrolmentId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        EnrolmentPage::of(&rows)
    }

    /// How many requests [`Reader::timed_elsewhere`] has in all.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn count_timed_elsewhere(&mut self, edition: &Edition) -> Result<u64, StoreError> {
        let row = query(
            "SELECT COUNT(*) AS number FROM enrolment WHERE decided_at IS NULL \
             AND (calendar_edition IS NULL OR calendar_edition <> $1 OR act_by IS NULL)",
        )
        .bind(edition.as_str())
        .fetch_optional(&mut self.conn())
        .await?;
        row.map_or(Ok(0), |row| row.get::<i64>("number").map(i64::unsigned_abs))
    }
}
