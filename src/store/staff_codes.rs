//! Authenticators and recovery codes of staff. A try is counted before it is judged, under a lock on the row, so that guesses
//! queue; a step and a recovery code count once.

use super::engine::{Conn, Row, query};
use super::error::StoreError;
use super::{Reader, Store, Unit};
use crate::domain::code::{Failures, day_number};
use crate::domain::device::Step;
use crate::domain::ids::StaffId;
use crate::domain::law::codes::{FAILURES_IN_ROW_MAX, FAILURES_PER_DAY_MAX};
use crate::domain::sealed::{CodeDigest, Sealed};
use crate::domain::staff::StaffTries;
use crate::domain::time::Timestamp;

/// A counted try.
#[derive(Clone, Debug)]
pub struct StaffTry {
    /// The sealed secret.
    pub secret: Sealed,
    /// The latest step that was taken, and the failures, this try among them.
    pub tries: StaffTries,
    /// The recovery codes that were not used.
    pub recovery: Vec<CodeDigest>,
}

/// An authenticator as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredTotp {
    /// The sealed secret.
    pub secret: Sealed,
    /// Whether a code of it was shown once.
    pub confirmed: bool,
    /// The latest step that was taken, and the failures.
    pub tries: StaffTries,
    /// Recovery codes that are left.
    pub recovery_left: u32,
}

/// Keeps the sealed secret of an authenticator, unless one is confirmed.
pub(super) async fn begin(id: StaffId, secret: &Sealed, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO staff_totp (staff_id, secret, confirmed, begun_at, last_step, failures_day, failures_today, \
         failures_in_row) VALUES ($1, $2, $3, $4, -1, 0, 0, 0) \
         ON CONFLICT (staff_id) DO UPDATE SET secret = excluded.secret, begun_at = excluded.begun_at \
         WHERE NOT staff_totp.confirmed",
    )
    .bind(id.uuid())
    .bind(secret.as_bytes())
    .bind(false)
    .bind(at.micros())
    .execute_one(conn)
    .await
}

/// Confirms the authenticator that has this secret, once. The step is taken.
pub(super) async fn confirm(
    (id, secret): (StaffId, &Sealed),
    step: Step,
    recovery: &[CodeDigest],
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE staff_totp SET confirmed = $1, last_step = $2 WHERE staff_id = $3 AND secret = $4 AND NOT confirmed")
        .bind(true)
        .bind(step.stored())
        .bind(id.uuid())
        .bind(secret.as_bytes())
        .execute_one(conn)
        .await?;
    for digest in recovery {
        query("INSERT INTO staff_recovery (staff_id, digest) VALUES ($1, $2)")
            .bind(id.uuid())
            .bind(digest.as_bytes())
            .execute_one(conn)
            .await?;
    }
    Ok(())
}

/// Takes a step that is later than every one taken before: the failure that its try was counted as is taken back.
pub(super) async fn accept(id: StaffId, step: Step, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE staff_totp SET last_step = $1, failures_in_row = 0, held_until = NULL, \
         failures_today = CASE WHEN failures_today > 0 THEN failures_today - 1 ELSE 0 END \
         WHERE staff_id = $2 AND last_step < $1",
    )
    .bind(step.stored())
    .bind(id.uuid())
    .execute_one(conn)
    .await
}

/// Uses a recovery code up. What was counted is taken back, too.
pub(super) async fn use_up(
    id: StaffId,
    digest: &CodeDigest,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE staff_recovery SET used_at = $1 WHERE staff_id = $2 AND digest = $3 AND used_at IS NULL")
        .bind(at.micros())
        .bind(id.uuid())
        .bind(digest.as_bytes())
        .execute_one(conn)
        .await?;
    query(
        "UPDATE staff_totp SET failures_in_row = 0, held_until = NULL, \
         failures_today = CASE WHEN failures_today > 0 THEN failures_today - 1 ELSE 0 END WHERE staff_id = $1",
    )
    .bind(id.uuid())
    .execute_one(conn)
    .await
}

/// Lets nothing be tried before an instant.
pub(super) async fn hold(id: StaffId, until: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE staff_totp SET held_until = $1 WHERE staff_id = $2")
        .bind(until.micros())
        .bind(id.uuid())
        .execute_one(conn)
        .await
}

/// Takes an authenticator away, and what stands in for it.
pub(super) async fn reset(id: StaffId, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("DELETE FROM staff_recovery WHERE staff_id = $1").bind(id.uuid()).execute(conn).await?;
    query("DELETE FROM staff_totp WHERE staff_id = $1").bind(id.uuid()).execute_one(conn).await
}

impl Store {
    /// Tries a code of an authenticator, or a recovery code, in one transaction: the try is counted as a failure first, then
    /// `decide` judges, and says what to commit with the count, right or wrong. `None` if nothing is enrolled, or nothing may
    /// be tried at `now`; nothing was counted then.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn try_staff_code<T: Send + 'static>(
        &self,
        id: StaffId,
        now: Timestamp,
        decide: impl FnOnce(StaffTry) -> (T, Unit) + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move {
                    let Some(counted) = count(id, now, conn).await? else { return Ok(None) };
                    let (answer, unit) = decide(counted);
                    unit.apply(conn).await?;
                    Ok(Some(answer))
                })
            })
            .await
    }
}

async fn count(id: StaffId, now: Timestamp, conn: &mut Conn<'_>) -> Result<Option<StaffTry>, StoreError> {
    let row = query(
        "UPDATE staff_totp SET failures_in_row = failures_in_row + 1, \
         failures_today = CASE WHEN failures_day IN ($1, $1 + 1) THEN failures_today + 1 ELSE 1 END, \
         failures_day = CASE WHEN failures_day = $1 + 1 THEN failures_day ELSE $1 END \
         WHERE staff_id = $2 AND confirmed AND failures_in_row < $3 AND (failures_day NOT IN ($1, $1 + 1) OR failures_today < $4) \
         AND (held_until IS NULL OR held_until <= $5 OR held_until > $6) \
         RETURNING secret, last_step, failures_day, failures_today, failures_in_row, held_until",
    )
    .bind(day_number(now.local_date()))
    .bind(id.uuid())
    .bind(i64::from(FAILURES_IN_ROW_MAX))
    .bind(i64::from(FAILURES_PER_DAY_MAX))
    .bind(now.micros())
    .bind(Failures::held_at_most(now).micros())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let unused = query("SELECT digest FROM staff_recovery WHERE staff_id = $1 AND used_at IS NULL LIMIT 100")
        .bind(id.uuid())
        .fetch_all(conn)
        .await?;
    let recovery = unused.iter().map(|row| Ok(CodeDigest::from_bytes(row.get("digest")?)));
    Ok(Some(StaffTry {
        secret: Sealed::from_bytes(row.get("secret")?),
        tries: tries(&row)?,
        recovery: recovery.collect::<Result<_, StoreError>>()?,
    }))
}

impl Reader {
    /// The authenticator of an entry, confirmed or not.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn staff_totp(&mut self, id: StaffId) -> Result<Option<StoredTotp>, StoreError> {
        let row = query(
            "SELECT secret, confirmed, last_step, failures_day, failures_today, failures_in_row, held_until, \
             (SELECT COUNT(*) FROM staff_recovery WHERE staff_id = $1 AND used_at IS NULL) AS recovery_left \
             FROM staff_totp WHERE staff_id = $1",
        )
        .bind(id.uuid())
        .fetch_optional(&mut self.conn())
        .await?;
        row.map(|row| {
            Ok(StoredTotp {
                secret: Sealed::from_bytes(row.get("secret")?),
                confirmed: row.get("confirmed")?,
                tries: tries(&row)?,
                recovery_left: number(&row, "recovery_left")?,
            })
        })
        .transpose()
    }
}

fn number(row: &Row, column: &'static str) -> Result<u32, StoreError> {
    u32::try_from(row.get::<i64>(column)?).map_err(|_| StoreError::Corrupt { column })
}

fn tries(row: &Row) -> Result<StaffTries, StoreError> {
    let failures = Failures {
        day: row.get("failures_day")?,
        today: number(row, "failures_today")?,
        in_row: number(row, "failures_in_row")?,
        held_until: row.get::<Option<i64>>("held_until")?.map(Timestamp::from_micros),
    };
    Ok(StaffTries { last: Step::from_stored(row.get("last_step")?), failures })
}
