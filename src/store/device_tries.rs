//! What is guessed at beside codes by SMS: offline codes of a device, and codes from the counter. A try is counted before it
//! is judged, under a lock on the row, so that guesses queue.

use super::engine::{Conn, query};
use super::error::StoreError;
use super::{Reader, Store, Unit};
use crate::domain::code::day_number;
use crate::domain::device::{CounterProof, CounterState, ProofPurpose, Step, TRIES_MAX, TotpFailures};
use crate::domain::ids::{AccountId, DeviceId, ProofId, StaffId};
use crate::domain::law::codes::{FAILURES_IN_ROW_MAX, FAILURES_PER_DAY_MAX};
use crate::domain::sealed::{CodeDigest, Sealed};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

/// A counted try of an offline code.
#[derive(Clone, Debug)]
pub struct TotpTry {
    /// The sealed secret.
    pub secret: Sealed,
    /// The latest step that was taken.
    pub last: Step,
    /// The device's failures, this try among them.
    pub failures: TotpFailures,
}

/// A counted try of a code from the counter.
#[derive(Clone, Debug)]
pub struct CounterTry {
    /// The proof.
    pub proof: ProofId,
    /// What the code is compared with.
    pub digest: CodeDigest,
    /// How often it may be tried yet.
    pub tries_left: u32,
}

/// Takes a step that is later than every one taken before: the failure that its try was counted as is taken back.
pub(super) async fn accept(device: DeviceId, step: Step, drift: i64, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE device_totp SET last_step = $1, drift = $2, failures_in_row = 0, \
         failures_today = CASE WHEN failures_today > 0 THEN failures_today - 1 ELSE 0 END \
         WHERE device_id = $3 AND last_step < $4",
    )
    .bind(step.stored())
    .bind(drift)
    .bind(device.uuid())
    .bind(step.stored())
    .execute_one(conn)
    .await
}

/// Puts a proof into the account's slot, in place of the one before.
pub(super) async fn record(proof: &CounterProof, digest: &CodeDigest, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO device_proof (account_id, id, purpose, officer, office, digest, recorded_at, expires_at, tries) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) \
         ON CONFLICT (account_id) DO UPDATE SET id = excluded.id, purpose = excluded.purpose, officer = excluded.officer, \
         office = excluded.office, digest = excluded.digest, recorded_at = excluded.recorded_at, \
         expires_at = excluded.expires_at, countersigned_by = NULL, used_at = NULL, tries = 0",
    )
    .bind(proof.account.uuid())
    .bind(proof.id.uuid())
    .bind(proof.purpose.name())
    .bind(proof.officer.uuid())
    .bind(proof.office.as_str())
    .bind(digest.as_bytes())
    .bind(proof.recorded_at.micros())
    .bind(proof.expires_at.micros())
    .execute_one(conn)
    .await
}

/// Records that a second person agrees, if nobody did and it is not too late.
pub(super) async fn countersign(
    id: ProofId,
    by: StaffId,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query(
        "UPDATE device_proof SET countersigned_by = $1 \
         WHERE id = $2 AND officer <> $1 AND countersigned_by IS NULL AND used_at IS NULL AND expires_at > $3",
    )
    .bind(by.uuid())
    .bind(id.uuid())
    .bind(at.micros())
    .execute_one(conn)
    .await
}

/// Uses a proof up, once.
pub(super) async fn use_up(id: ProofId, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE device_proof SET used_at = $1 WHERE id = $2 AND countersigned_by IS NOT NULL AND used_at IS NULL")
        .bind(at.micros())
        .bind(id.uuid())
        .execute_one(conn)
        .await
}

impl Store {
    /// Tries an offline code, in one transaction, as [`Store::try_code`] does. `None` if the device is none or ended, or has
    /// no tries left; nothing was counted then.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn try_totp<T: Send + 'static>(
        &self,
        device: DeviceId,
        now: Timestamp,
        decide: impl FnOnce(TotpTry) -> (T, Unit) + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move { settle(count_totp(device, now, conn).await?, decide, conn).await })
            })
            .await
    }

    /// Tries a code from the counter, in the same way. `None` if the account has none that can be tried.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn try_counter_code<T: Send + 'static>(
        &self,
        (account, purpose): (AccountId, ProofPurpose),
        now: Timestamp,
        decide: impl FnOnce(CounterTry) -> (T, Unit) + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move { settle(count_counter((account, purpose), now, conn).await?, decide, conn).await })
            })
            .await
    }
}

/// Commits what was decided with the count, right or wrong.
async fn settle<T, C>(
    counted: Option<C>,
    decide: impl FnOnce(C) -> (T, Unit),
    conn: &mut Conn<'_>,
) -> Result<Option<T>, StoreError> {
    let Some(counted) = counted else { return Ok(None) };
    let (answer, unit) = decide(counted);
    unit.apply(conn).await?;
    Ok(Some(answer))
}

async fn count_totp(device: DeviceId, now: Timestamp, conn: &mut Conn<'_>) -> Result<Option<TotpTry>, StoreError> {
    let today = day_number(now.local_date());
    let row = query(
        "UPDATE device_totp SET failures_in_row = failures_in_row + 1, \
         failures_today = CASE WHEN failures_day IN ($1, $1 + 1) THEN failures_today + 1 ELSE 1 END, \
         failures_day = CASE WHEN failures_day = $1 + 1 THEN failures_day ELSE $1 END \
         WHERE device_id = $2 AND failures_in_row < $3 AND (failures_day NOT IN ($1, $1 + 1) OR failures_today < $4) \
         AND EXISTS (SELECT 1 FROM device WHERE id = $2 AND ended_at IS NULL) \
         RETURNING secret, last_step, failures_day, failures_today, failures_in_row",
    )
    .bind(today)
    .bind(device.uuid())
    .bind(i64::from(FAILURES_IN_ROW_MAX))
    .bind(i64::from(FAILURES_PER_DAY_MAX))
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let count = |column| u32::try_from(row.get::<i64>(column)?).map_err(|_| StoreError::Corrupt { column });
        let (today, in_row) = (count("failures_today")?, count("failures_in_row")?);
        Ok(TotpTry {
            secret: Sealed::from_bytes(row.get("secret")?),
            last: Step::from_stored(row.get("last_step")?),
            failures: TotpFailures { day: row.get("failures_day")?, today, in_row },
        })
    })
    .transpose()
}

async fn count_counter(
    (account, purpose): (AccountId, ProofPurpose),
    now: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<Option<CounterTry>, StoreError> {
    let row = query(
        "UPDATE device_proof SET tries = tries + 1 \
         WHERE account_id = $1 AND countersigned_by IS NOT NULL AND used_at IS NULL AND expires_at > $2 AND tries < $3 \
         AND purpose = $4 \
         RETURNING id, digest, tries",
    )
    .bind(account.uuid())
    .bind(now.micros())
    .bind(i64::from(TRIES_MAX))
    .bind(purpose.name())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let tries = u32::try_from(row.get::<i64>("tries")?).map_err(|_| StoreError::Corrupt { column: "tries" })?;
        Ok(CounterTry {
            proof: ProofId::new(row.get("id")?),
            digest: CodeDigest::from_bytes(row.get("digest")?),
            tries_left: TRIES_MAX.saturating_sub(tries),
        })
    })
    .transpose()
}

impl Reader {
    /// The sealed secret of a device's offline codes, as long as none of them was taken: what was handed out once may be
    /// handed out again until it was used.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn unused_totp(&mut self, device: DeviceId) -> Result<Option<Sealed>, StoreError> {
        let row = query("SELECT secret FROM device_totp WHERE device_id = $1 AND last_step < 0")
            .bind(device.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        row.map(|row| Ok(Sealed::from_bytes(row.get("secret")?))).transpose()
    }

    /// Failures of a device's offline codes, and the drift of its clock when the latest was taken.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn totp_record(&mut self, device: DeviceId) -> Result<Option<(TotpFailures, Option<i64>)>, StoreError> {
        let row =
            query("SELECT failures_day, failures_today, failures_in_row, drift FROM device_totp WHERE device_id = $1")
                .bind(device.uuid())
                .fetch_optional(&mut self.conn())
                .await?;
        row.map(|row| {
            let count = |column| u32::try_from(row.get::<i64>(column)?).map_err(|_| StoreError::Corrupt { column });
            let (today, in_row) = (count("failures_today")?, count("failures_in_row")?);
            Ok((TotpFailures { day: row.get("failures_day")?, today, in_row }, row.get("drift")?))
        })
        .transpose()
    }

    /// Whether an account has a code from the counter that can be tried.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn has_live_proof(
        &mut self,
        (account, purpose): (AccountId, ProofPurpose),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let row = query(
            "SELECT 1 FROM device_proof WHERE account_id = $1 AND purpose = $2 AND countersigned_by IS NOT NULL \
             AND used_at IS NULL AND expires_at > $3 AND tries < $4",
        )
        .bind(account.uuid())
        .bind(purpose.name())
        .bind(now.micros())
        .bind(i64::from(TRIES_MAX))
        .fetch_optional(&mut self.conn())
        .await?;
        Ok(row.is_some())
    }

    /// The proof in person of that name, if no other took its place.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn counter_proof(&mut self, id: ProofId) -> Result<Option<CounterProof>, StoreError> {
        let row = query(
            "SELECT account_id, purpose, officer, office, recorded_at, expires_at, countersigned_by, used_at \
             FROM device_proof WHERE id = $1",
        )
        .bind(id.uuid())
        .fetch_optional(&mut self.conn())
        .await?;
        row.map(|row| {
            let office = OfficeCode::parse(&row.get::<String>("office")?);
            let by = row.get::<Option<uuid::Uuid>>("countersigned_by")?.map(StaffId::new);
            Ok(CounterProof {
                id,
                account: AccountId::new(row.get("account_id")?),
                purpose: ProofPurpose::from_name(&row.get::<String>("purpose")?)
                    .ok_or(StoreError::Corrupt { column: "purpose" })?,
                officer: StaffId::new(row.get("officer")?),
                office: office.map_err(|_| StoreError::Corrupt { column: "office" })?,
                recorded_at: Timestamp::from_micros(row.get("recorded_at")?),
                expires_at: Timestamp::from_micros(row.get("expires_at")?),
                state: match (row.get::<Option<i64>>("used_at")?, by) {
                    (Some(_), _) => CounterState::Used,
                    (None, Some(by)) => CounterState::Countersigned { by },
                    (None, None) => CounterState::Recorded,
                },
            })
        })
        .transpose()
    }
}
