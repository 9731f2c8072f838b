//! First answers, by the client's name for the call: what makes a repeat harmless.

use super::Reader;
use super::engine::{Conn, insert as adding, query};
use super::error::StoreError;
use crate::domain::ids::{RequestId, StaffId};
use crate::domain::sealed::ContentDigest;
use crate::domain::time::Timestamp;

/// The first answer to a call.
#[derive(Clone, Debug)]
pub struct FirstAnswer {
    /// Who called.
    pub caller: StaffId,
    /// The client's name for the call.
    pub request: RequestId,
    /// Keyed hash of method and content.
    pub content: ContentDigest,
    /// The answer: JSON without personal data.
    pub answer: String,
}

pub(super) async fn insert(first: &FirstAnswer, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    adding("INSERT INTO request (caller, request_id, content, answer, at) VALUES ($1, $2, $3, $4, $5)")
        .bind(first.caller.uuid())
        .bind(first.request.uuid())
        .bind(first.content.as_bytes())
        .bind(first.answer.as_str())
        .bind(at.micros())
        .execute_one(conn)
        .await
}

impl Reader {
    /// The first answer to a call, if there was one.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn first_answer(
        &mut self,
        caller: StaffId,
        request: RequestId,
    ) -> Result<Option<FirstAnswer>, StoreError> {
        let row = query("SELECT content, answer FROM request WHERE caller = $1 AND request_id = $2")
            .bind(caller.uuid())
            .bind(request.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| {
            let content = ContentDigest::from_bytes(row.get("content")?);
            Ok(FirstAnswer { caller, request, content, answer: row.get("answer")? })
        })
        .transpose()
    }
}
