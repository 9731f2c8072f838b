//! Challenges for active authentication: each is spent once, with the submission that it was drawn for.

use super::Reader;
use super::engine::{Conn, query};
use super::error::StoreError;
use crate::domain::ids::{ChallengeId, StaffId};
use crate::domain::time::Timestamp;

/// A challenge as it was drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChipChallenge {
    /// Its name.
    pub id: ChallengeId,
    /// For whom it was drawn.
    pub officer: StaffId,
    /// Eight bytes.
    pub challenge: Vec<u8>,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// Adds a challenge, and drops those whose time is over: nobody asks for them again.
pub(super) async fn insert(drawn: &ChipChallenge, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("DELETE FROM chip_challenge WHERE expires_at < $1").bind(at.micros()).execute(conn).await?;
    query("INSERT INTO chip_challenge (id, officer, challenge, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(drawn.id.uuid())
        .bind(drawn.officer.uuid())
        .bind(drawn.challenge.as_slice())
        .bind(drawn.expires_at.micros())
        .execute_one(conn)
        .await
}

/// Spends a challenge, if it is the officer's, in time, and not spent.
pub(super) async fn spend(
    id: ChallengeId,
    officer: StaffId,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query(
        "UPDATE chip_challenge SET spent_at = $1 WHERE id = $2 AND officer = $3 AND expires_at > $4 AND spent_at IS NULL",
    )
    .bind(at.micros())
    .bind(id.uuid())
    .bind(officer.uuid())
    .bind(at.micros())
    .execute_one(conn)
    .await
}

impl Reader {
    /// A challenge that the officer can still use at `now`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn chip_challenge(
        &mut self,
        id: ChallengeId,
        officer: StaffId,
        now: Timestamp,
    ) -> Result<Option<ChipChallenge>, StoreError> {
        let row = query(
            "SELECT challenge, expires_at FROM chip_challenge \
             WHERE id = $1 AND officer = $2 AND expires_at > $3 AND spent_at IS NULL",
        )
        .bind(id.uuid())
        .bind(officer.uuid())
        .bind(now.micros())
        .fetch_optional(&mut self.conn())
        .await?;
        row.map(|row| {
            let expires_at = Timestamp::from_micros(row.get("expires_at")?);
            Ok(ChipChallenge { id, officer, challenge: row.get("challenge")?, expires_at })
        })
        .transpose()
    }
}
