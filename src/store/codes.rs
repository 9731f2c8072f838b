//! One-time codes: one slot for each account and purpose, and the account's count of failures over all of them.

use super::engine::{Conn, query};
use super::error::StoreError;
use super::{Reader, Store, Unit};
use crate::domain::code::{CountedTry, Failures, Purpose, SentCode, day_number};
use crate::domain::ids::{AccountId, CodeId, Version};
use crate::domain::law::codes::{FAILURES_IN_ROW_MAX, FAILURES_PER_DAY_MAX};
use crate::domain::sealed::CodeDigest;
use crate::domain::time::Timestamp;

/// Puts a code into its slot, in place of the one before, if the slot is still as the caller saw it.
pub(super) async fn put(code: &SentCode, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO code (account_id, purpose, code_id, digest, sent_at, expires_at, tries, tries_max, version) \
         SELECT $1, $2, $3, $4, $5, $6, 0, $7, 1 \
         WHERE $8 = 0 OR EXISTS (SELECT 1 FROM code WHERE account_id = $1 AND purpose = $2) \
         ON CONFLICT (account_id, purpose) DO UPDATE SET code_id = excluded.code_id, digest = excluded.digest, \
         sent_at = excluded.sent_at, expires_at = excluded.expires_at, tries = 0, tries_max = excluded.tries_max, \
         spent_at = NULL, version = code.version + 1 WHERE code.version = $8",
    )
    .bind(code.account.uuid())
    .bind(code.purpose.name())
    .bind(code.id.uuid())
    .bind(code.digest.as_bytes())
    .bind(code.sent_at.micros())
    .bind(code.expires_at.micros())
    .bind(i64::from(code.tries_max))
    .bind(seen.get())
    .execute_one(conn)
    .await
}

/// Spends a code, once: the failure that its try was counted as is taken back. Code before account, as everywhere, so
/// that two transactions never wait for each other's rows.
pub(super) async fn spend(
    (account, purpose): (AccountId, Purpose),
    code: CodeId,
    now: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query(
        "UPDATE code SET spent_at = $1, version = version + 1 \
         WHERE account_id = $2 AND purpose = $3 AND code_id = $4 AND spent_at IS NULL",
    )
    .bind(now.micros())
    .bind(account.uuid())
    .bind(purpose.name())
    .bind(code.uuid())
    .execute_one(conn)
    .await?;
    query(
        "UPDATE account SET failures_in_row = 0, \
         failures_today = CASE WHEN failures_today > 0 THEN failures_today - 1 ELSE 0 END WHERE id = $1",
    )
    .bind(account.uuid())
    .execute_one(conn)
    .await
}

impl Store {
    /// Tries a code, in one transaction. The try is counted as a failure first, which locks the slot, so that guesses
    /// queue; then `decide` compares, and says what to answer and what to commit with the count, right or wrong: a count
    /// without its audit entry cannot be. Only a unit that cannot be committed undoes the count, and then nobody gets an
    /// answer. `None` if the slot has no code that can be tried at `now`; nothing was counted then.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn try_code<T: Send + 'static>(
        &self,
        (account, purpose): (AccountId, Purpose),
        now: Timestamp,
        decide: impl FnOnce(CountedTry) -> (T, Unit) + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move {
                    let Some(counted) = count(account, purpose, now, conn).await? else { return Ok(None) };
                    let (answer, unit) = decide(counted);
                    unit.apply(conn).await?;
                    Ok(Some(answer))
                })
            })
            .await
    }
}

async fn count(
    account: AccountId,
    purpose: Purpose,
    now: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<Option<CountedTry>, StoreError> {
    let row = query(
        "UPDATE code SET tries = tries + 1, version = version + 1 \
         WHERE account_id = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > $3 AND tries < tries_max \
         AND EXISTS (SELECT 1 FROM account WHERE id = $1 AND failures_in_row < $4 \
         AND (failures_day <> $5 OR failures_today < $6)) RETURNING code_id, digest, tries, tries_max",
    )
    .bind(account.uuid())
    .bind(purpose.name())
    .bind(now.micros())
    .bind(i64::from(FAILURES_IN_ROW_MAX))
    .bind(day_number(now.local_date()))
    .bind(i64::from(FAILURES_PER_DAY_MAX))
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // Tries on several slots of one account meet here: the second finds the count as the first left it.
    query(
        "UPDATE account SET failures_in_row = failures_in_row + 1, \
         failures_today = CASE WHEN failures_day = $2 THEN failures_today + 1 ELSE 1 END, failures_day = $2 \
         WHERE id = $1 AND failures_in_row < $3 AND (failures_day <> $2 OR failures_today < $4)",
    )
    .bind(account.uuid())
    .bind(day_number(now.local_date()))
    .bind(i64::from(FAILURES_IN_ROW_MAX))
    .bind(i64::from(FAILURES_PER_DAY_MAX))
    .execute_one(conn)
    .await?;
    let (tries, max): (i64, i64) = (row.get("tries")?, row.get("tries_max")?);
    Ok(Some(CountedTry {
        code: CodeId::new(row.get("code_id")?),
        digest: CodeDigest::from_bytes(row.get("digest")?),
        tries_left: u32::try_from(max - tries).unwrap_or(0),
    }))
}

impl Reader {
    /// The failures of an account, over all its slots, and the version of one slot: [`Version::NONE`] if it was never
    /// used.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn failures(&mut self, account: AccountId, purpose: Purpose) -> Result<(Failures, Version), StoreError> {
        let row = query(
            "SELECT failures_day, failures_today, failures_in_row, COALESCE(code.version, 0) AS version FROM account \
             LEFT JOIN code ON code.account_id = account.id AND code.purpose = $2 WHERE account.id = $1",
        )
        .bind(account.uuid())
        .bind(purpose.name())
        .fetch_optional(&mut self.conn())
        .await?;
        let Some(row) = row else { return Ok((Failures::default(), Version::NONE)) };
        let number = |column| Ok::<_, StoreError>(u32::try_from(row.get::<i64>(column)?).unwrap_or(0));
        let failures = Failures {
            day: row.get("failures_day")?,
            today: number("failures_today")?,
            in_row: number("failures_in_row")?,
        };
        Ok((failures, Version::new(row.get("version")?)))
    }
}
