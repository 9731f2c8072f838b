//! Challenges that devices sign: each is spent once.

use super::Reader;
use super::engine::{Conn, change, query};
use super::error::StoreError;
use crate::domain::device::{Challenge, ChallengeValue, DevicePurpose, KeyThumbprint};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;

/// Challenges that are dropped at a time when another is drawn: more than come, so that they get fewer.
const DROPPED_MAX: i64 = 100;

/// Adds a challenge, and drops some of those whose time is over: nobody asks for them again.
pub(super) async fn insert(drawn: &Challenge, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO device_challenge (value, account_id, purpose, key_thumbprint, drawn_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(drawn.value.as_bytes())
    .bind(drawn.account.uuid())
    .bind(drawn.purpose.name())
    .bind(drawn.key.as_bytes())
    .bind(drawn.drawn_at.micros())
    .bind(drawn.expires_at.micros())
    .execute_one(conn)
    .await?;
    query(
        "DELETE FROM device_challenge WHERE value IN \
         (SELECT value FROM device_challenge WHERE expires_at < $1 ORDER BY expires_at, value LIMIT $2)",
    )
    .bind(at.micros())
    .bind(DROPPED_MAX)
    .execute(conn)
    .await
    .map(drop)
}

/// Spends a challenge, if it can be answered and was not.
pub(super) async fn spend(value: ChallengeValue, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    change(
        "UPDATE device_challenge SET spent_at = $1 \
         WHERE value = $2 AND expires_at > $3 AND drawn_at <= $4 AND spent_at IS NULL",
        "device_challenge",
        value.as_bytes(),
    )
    .bind(at.micros())
    .bind(value.as_bytes())
    .bind(at.micros())
    .bind(Challenge::drawn_until(at).micros())
    .execute_one(conn)
    .await
}

impl Reader {
    /// A challenge that nobody answered yet, whether or not its time is over.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn device_challenge(&mut self, value: ChallengeValue) -> Result<Option<Challenge>, StoreError> {
        let row = query(
            "SELECT account_id, purpose, key_thumbprint, drawn_at, expires_at FROM device_challenge \
             WHERE value = $1 AND spent_at IS NULL",
        )
        .bind(value.as_bytes())
        .fetch_optional(&mut self.conn())
        .await?;
        row.map(|row| {
            let purpose = DevicePurpose::from_name(&row.get::<String>("purpose")?);
            let key = KeyThumbprint::parse(&row.get::<Vec<u8>>("key_thumbprint")?);
            Ok(Challenge {
                value,
                account: AccountId::new(row.get("account_id")?),
                purpose: purpose.ok_or(StoreError::Corrupt { column: "purpose" })?,
                key: key.map_err(|_| StoreError::Corrupt { column: "key_thumbprint" })?,
                drawn_at: Timestamp::from_micros(row.get("drawn_at")?),
                expires_at: Timestamp::from_micros(row.get("expires_at")?),
            })
        })
        .transpose()
    }
}
