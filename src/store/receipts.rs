//! Receipts as they were signed: a repeat gets the same text.

use super::Reader;
use super::engine::{Conn, query};
use super::error::StoreError;
use crate::domain::ids::EnrolmentId;
use crate::receipt::Signed;

/// The receipt of one submission.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredReceipt {
    /// The request.
    pub enrolment: EnrolmentId,
    /// Which submission of the request it is of, counted from one.
    pub revision: u32,
    /// The text.
    pub signed: Signed,
}

pub(super) async fn insert(stored: &StoredReceipt, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("INSERT INTO receipt (enrolment_id, revision, signed) VALUES ($1, $2, $3)")
        .bind(stored.enrolment.uuid())
        .bind(i64::from(stored.revision))
        .bind(stored.signed.as_str())
        .execute_one(conn)
        .await
}

impl Reader {
    /// The receipt of a request's first submission, if there is one: there is none of requests of before receipts.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn first_receipt(&mut self, enrolment: EnrolmentId) -> Result<Option<StoredReceipt>, StoreError> {
        let first = "SELECT revision, signed FROM receipt WHERE enrolment_id = $1 ORDER BY revision LIMIT 1";
        self.receipt(first, enrolment).await
    }

    /// The receipt of a request's latest submission, if there is one.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn latest_receipt(&mut self, enrolment: EnrolmentId) -> Result<Option<StoredReceipt>, StoreError> {
        let latest = "SELECT revision, signed FROM receipt WHERE enrolment_id = $1 ORDER BY revision DESC LIMIT 1";
        self.receipt(latest, enrolment).await
    }

    async fn receipt(
        &mut self,
        sql: &'static str,
        enrolment: EnrolmentId,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        let row = query(sql).bind(enrolment.uuid()).fetch_optional(&mut self.conn()).await?;
        row.map(|row| {
            let revision = u32::try_from(row.get::<i64>("revision")?);
            let revision = revision.map_err(|_| StoreError::Corrupt { column: "revision" })?;
            Ok(StoredReceipt { enrolment, revision, signed: Signed::from_stored(row.get("signed")?) })
        })
        .transpose()
    }
}
