//! Receipts as they were signed: a repeat gets the same text.

use super::Reader;
use super::engine::{Conn, Row, insert as adding, query};
use super::error::StoreError;
use crate::domain::ids::EnrolmentId;
use crate::receipt::Signed;

/// The receipt of one submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredReceipt {
    /// The request.
    pub enrolment: EnrolmentId,
    /// Which revision of the request it is of, counted from one.
    pub revision: u32,
    /// The text.
    pub signed: Signed,
}

pub(super) async fn insert(stored: &StoredReceipt, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    adding("INSERT INTO receipt (enrolment_id, revision, signed) VALUES ($1, $2, $3)")
        .bind(stored.enrolment.uuid())
        .bind(i64::from(stored.revision))
        .bind(stored.signed.as_str())
        .execute_one(conn)
        .await
}

impl Reader {
    /// The receipt of one revision of a request, if there is one: there is none of what was handed in before receipts.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn receipt(
        &mut self,
        enrolment: EnrolmentId,
        revision: u32,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        let row = query("SELECT revision, signed FROM receipt WHERE enrolment_id = $1 AND revision = $2")
            .bind(enrolment.uuid())
            .bind(i64::from(revision))
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| stored(enrolment, &row)).transpose()
    }

    /// The receipt of the latest revision of a request that has one.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn latest_receipt(&mut self, enrolment: EnrolmentId) -> Result<Option<StoredReceipt>, StoreError> {
        let row = query("SELECT revision, signed FROM receipt WHERE enrolment_id = $1 ORDER BY revision DESC LIMIT 1")
            .bind(enrolment.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| stored(enrolment, &row)).transpose()
    }
}

fn stored(enrolment: EnrolmentId, row: &Row) -> Result<StoredReceipt, StoreError> {
    let revision = u32::try_from(row.get::<i64>("revision")?);
    let revision = revision.map_err(|_| StoreError::Corrupt { column: "revision" })?;
    Ok(StoredReceipt { enrolment, revision, signed: Signed::from_stored(row.get("signed")?) })
}
