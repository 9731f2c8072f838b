//! One-time codes: one slot for each account and purpose, and the account's count of failures over all of them.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::account_events::Happened;
use super::engine::{Conn, Row, change, query};
use super::error::StoreError;
use super::{Reader, Store, Unit, accounts};
use crate::domain::account_event::AccountVerb;
use crate::domain::code::{
    CodePolicy, CountedTry, Failures, Purpose, SKEW_MAX, Sends, SentAgain, SentCode, Slot, SlotCode, day_number,
};
use crate::domain::device::KeyThumbprint;
use crate::domain::ids::{AccountId, CodeId, Version};
use crate::domain::sealed::{CodeDigest, Sealed};
use crate::domain::time::Timestamp;

/// Puts a code into its slot, in place of the one before, if the slot is still as the caller saw it.
pub(super) async fn put(code: &SentCode, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    change(
        "INSERT INTO code (account_id, purpose, code_id, digest, sealed, first_sent_at, sent_at, expires_at, tries, \
         tries_max, sends_day, sends_today, device_key, version) \
         SELECT $1, $2, $3, $4, $5, $6, $6, $7, 0, $8, $9, $10, $12, 1 \
         WHERE $11 = 0 OR EXISTS (SELECT 1 FROM code WHERE account_id = $1 AND purpose = $2) \
         ON CONFLICT (account_id, purpose) DO UPDATE SET code_id = excluded.code_id, digest = excluded.digest, \
         sealed = excluded.sealed, device_key = excluded.device_key, first_sent_at = excluded.first_sent_at, sent_at = excluded.sent_at, \
         expires_at = excluded.expires_at, tries = 0, tries_max = excluded.tries_max, sends_day = excluded.sends_day, \
         sends_today = excluded.sends_today, spent_at = NULL, version = code.version + 1 WHERE code.version = $11",
        "code",
        code.account.bytes(),
    )
    .bind(code.account.uuid())
    .bind(code.purpose.name())
    .bind(code.id.uuid())
    .bind(code.digest.as_bytes())
    .bind(code.sealed.as_bytes())
    .bind(code.sent_at.micros())
    .bind(code.expires_at.micros())
    .bind(i64::from(code.tries_max))
    .bind(code.sends.day)
    .bind(i64::from(code.sends.today))
    .bind(seen.get())
    .bind(code.device.map(|key| key.as_bytes().to_vec()))
    .execute_one(conn)
    .await
}

/// Notes that the code of a slot was sent again, if the slot is still as the caller saw it.
pub(super) async fn send_again(
    (account, purpose): (AccountId, Purpose),
    again: &SentAgain,
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    change(
        "UPDATE code SET sent_at = $1, expires_at = $2, sends_day = $3, sends_today = $4, version = version + 1 \
         WHERE account_id = $5 AND purpose = $6 AND version = $7 AND spent_at IS NULL",
        "code",
        account.bytes(),
    )
    .bind(again.sends.last.map(Timestamp::micros))
    .bind(again.expires_at.micros())
    .bind(again.sends.day)
    .bind(i64::from(again.sends.today))
    .bind(account.uuid())
    .bind(purpose.name())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

/// Lets nothing be tried on an account before an instant.
pub(super) async fn hold(account: AccountId, until: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    change("UPDATE account SET held_until = $1 WHERE id = $2", accounts::TABLE, account.bytes())
        .bind(until.micros())
        .bind(account.uuid())
        .execute_one(conn)
        .await
}

/// Takes back the failures in a row of an account. Those of the day stay.
pub(super) async fn forgive(
    account: AccountId,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    happened.note(account, AccountVerb::Reopened);
    clear(account, conn).await
}

/// The same for an account whose holder came another way.
pub(super) async fn clear(account: AccountId, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    change("UPDATE account SET failures_in_row = 0, held_until = NULL WHERE id = $1", accounts::TABLE, account.bytes())
        .bind(account.uuid())
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
    change(
        "UPDATE code SET spent_at = $1, sealed = NULL, version = version + 1 \
         WHERE account_id = $2 AND purpose = $3 AND code_id = $4 AND spent_at IS NULL",
        "code",
        account.bytes(),
    )
    .bind(now.micros())
    .bind(account.uuid())
    .bind(purpose.name())
    .bind(code.uuid())
    .execute_one(conn)
    .await?;
    change(
        "UPDATE account SET failures_in_row = 0, held_until = NULL, \
         failures_today = CASE WHEN failures_today > 0 THEN failures_today - 1 ELSE 0 END WHERE id = $1",
        accounts::TABLE,
        account.bytes(),
    )
    .bind(account.uuid())
    .execute_one(conn)
    .await
}

impl Store {
    /// Tries a code, in one transaction. The try is counted as a failure first, which locks the slot, so that guesses
    /// queue; then `decide` compares, and says what to answer and what to commit with the count, right or wrong: a count
    /// without its audit entry cannot be. Only a unit that cannot be committed undoes the count, and then nobody gets an
    /// answer. `None` if the slot has no code that can be tried at `now`, or none for this device; nothing was counted then.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn try_code<T: Send + 'static>(
        &self,
        (account, purpose, device): (AccountId, Purpose, Option<KeyThumbprint>),
        policy: CodePolicy,
        now: Timestamp,
        decide: impl FnOnce(CountedTry) -> (T, Unit) + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let slot = (account, purpose, device);
        let trial = Arc::new(Mutex::new(Trial { decide: Some(decide), decided: None }));
        let within = Arc::clone(&trial);
        self.engine
            .commit(move |conn| {
                let trial = Arc::clone(&within);
                Box::pin(async move {
                    let counted = count(slot, policy, now, conn).await?;
                    let unit = trial.lock().await.unit(counted)?;
                    match unit {
                        Some(unit) => unit.apply(conn).await,
                        None => Ok(()),
                    }
                })
            })
            .await?;
        Ok(trial.lock().await.decided.take().map(|(_, answer, _)| answer))
    }
}

/// A try under way.
struct Trial<T, F> {
    /// What decides, until it did: once, however often its unit is run.
    decide: Option<F>,
    /// What it was decided by, and how.
    decided: Option<(CountedTry, T, Arc<Unit>)>,
}

impl<T, F: FnOnce(CountedTry) -> (T, Unit)> Trial<T, F> {
    /// What is to be committed with this count; nothing if nothing was counted. A unit that is run again must find what it was
    /// decided by.
    fn unit(&mut self, counted: Option<CountedTry>) -> Result<Option<Arc<Unit>>, StoreError> {
        if let (Some(decide), Some(counted)) = (self.decide.take_if(|_| counted.is_some()), &counted) {
            let (answer, unit) = decide(counted.clone());
            self.decided = Some((counted.clone(), answer, Arc::new(unit)));
        }
        match (&self.decided, counted) {
            (Some((before, _, unit)), Some(now)) if before.is_same(&now) => Ok(Some(Arc::clone(unit))),
            (None, None) => Ok(None),
            _ => Err(StoreError::Changed),
        }
    }
}

async fn count(
    (account, purpose, device): (AccountId, Purpose, Option<KeyThumbprint>),
    policy: CodePolicy,
    now: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<Option<CountedTry>, StoreError> {
    let row = query(
        "UPDATE code SET tries = tries + 1, version = version + 1 \
         WHERE account_id = $1 AND purpose = $2 AND spent_at IS NULL AND expires_at > $3 AND tries < tries_max \
         AND COALESCE(first_sent_at, 0) <= $7 AND (device_key IS NULL OR device_key = $8) \
         AND EXISTS (SELECT 1 FROM account WHERE id = $1 AND failures_in_row < $4 \
         AND (held_until IS NULL OR held_until <= $3 OR held_until > $9) \
         AND (failures_day NOT IN ($5, $5 + 1) OR failures_today < $6)) RETURNING code_id, digest, tries, tries_max",
    )
    .bind(account.uuid())
    .bind(purpose.name())
    .bind(now.micros())
    .bind(i64::from(policy.failures_in_row))
    .bind(day_number(now.local_date()))
    .bind(i64::from(policy.failures_per_day))
    .bind(now.plus(SKEW_MAX).micros())
    .bind(device.map(|key| key.as_bytes().to_vec()).unwrap_or_default())
    .bind(Failures::held_at_most(now).micros())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // Tries on several slots of one account meet here: the second finds the count as the first left it.
    let counted = query(
        "UPDATE account SET failures_in_row = failures_in_row + 1, \
         failures_today = CASE WHEN failures_day IN ($2, $2 + 1) THEN failures_today + 1 ELSE 1 END, \
         failures_day = CASE WHEN failures_day = $2 + 1 THEN failures_day ELSE $2 END, \
         code_tried_at = CASE WHEN $6 = 'activation' THEN COALESCE(code_tried_at, $5) ELSE code_tried_at END \
         WHERE id = $1 AND failures_in_row < $3 AND (failures_day NOT IN ($2, $2 + 1) OR failures_today < $4) \
         AND (held_until IS NULL OR held_until <= $5 OR held_until > $7) RETURNING failures_in_row",
    )
    .bind(account.uuid())
    .bind(day_number(now.local_date()))
    .bind(i64::from(policy.failures_in_row))
    .bind(i64::from(policy.failures_per_day))
    .bind(now.micros())
    .bind(purpose.name())
    .bind(Failures::held_at_most(now).micros())
    .fetch_optional(conn)
    .await?;
    let in_row: i64 = counted.ok_or(StoreError::Changed)?.get("failures_in_row")?;
    let (tries, max): (i64, i64) = (row.get("tries")?, row.get("tries_max")?);
    Ok(Some(CountedTry {
        code: CodeId::new(row.get("code_id")?),
        digest: CodeDigest::from_bytes(row.get("digest")?),
        in_row: u32::try_from(in_row).unwrap_or(u32::MAX),
        tries_left: u32::try_from(max - tries).unwrap_or(0),
    }))
}

impl Reader {
    /// The failures of an account, over all its slots, and one slot.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn slot(&mut self, account: AccountId, purpose: Purpose) -> Result<(Failures, Slot), StoreError> {
        let row = query(
            "SELECT failures_day, failures_today, failures_in_row, held_until, code_id, sealed, device_key, first_sent_at, sent_at, \
             expires_at, tries, tries_max, spent_at, sends_day, sends_today, COALESCE(code.version, 0) AS slot_version \
             FROM account LEFT JOIN code ON code.account_id = account.id AND code.purpose = $2 WHERE account.id = $1",
        )
        .bind(account.uuid())
        .bind(purpose.name())
        .fetch_optional(&mut self.conn())
        .await?;
        let Some(row) = row else { return Ok((Failures::default(), Slot::UNUSED)) };
        failures_and_slot(&row)
    }
}

/// The failures of the account of a row, and its slot there.
pub(super) fn failures_and_slot(row: &Row) -> Result<(Failures, Slot), StoreError> {
    Ok((failures(row)?, slot(row)?))
}

fn number(row: &Row, column: &'static str) -> Result<u32, StoreError> {
    Ok(u32::try_from(row.get::<Option<i64>>(column)?.unwrap_or(0)).unwrap_or(0))
}

/// The failures in an account's row.
pub(super) fn failures(row: &Row) -> Result<Failures, StoreError> {
    Ok(Failures {
        day: row.get("failures_day")?,
        today: number(row, "failures_today")?,
        in_row: number(row, "failures_in_row")?,
        held_until: row.get::<Option<i64>>("held_until")?.map(Timestamp::from_micros),
    })
}

fn device(row: &Row) -> Result<Option<KeyThumbprint>, StoreError> {
    let key = row.get::<Option<Vec<u8>>>("device_key")?.map(|key| KeyThumbprint::parse(&key)).transpose();
    key.map_err(|_| StoreError::Corrupt { column: "device_key" })
}

fn slot(row: &Row) -> Result<Slot, StoreError> {
    let version = Version::new(row.get("slot_version")?);
    let Some(id) = row.get::<Option<uuid::Uuid>>("code_id")? else { return Ok(Slot::UNUSED) };
    let last = row.get::<Option<i64>>("sent_at")?.map(Timestamp::from_micros);
    let sends =
        Sends { day: row.get::<Option<i64>>("sends_day")?.unwrap_or(0), today: number(row, "sends_today")?, last };
    let spent = row.get::<Option<i64>>("spent_at")?.is_some();
    let tries_left = number(row, "tries_max")?.saturating_sub(number(row, "tries")?);
    // Codes of before were not kept for sending again.
    let first = row.get::<Option<i64>>("first_sent_at")?.map(Timestamp::from_micros).or(last);
    let code = SlotCode {
        id: CodeId::new(id),
        first_sent_at: first.unwrap_or(Timestamp::from_micros(0)),
        expires_at: Timestamp::from_micros(row.get::<Option<i64>>("expires_at")?.unwrap_or(0)),
        tries_left: if spent { 0 } else { tries_left },
        sealed: row.get::<Option<Vec<u8>>>("sealed")?.map(Sealed::from_bytes),
        device: device(row)?,
    };
    Ok(Slot { version, sends, code: Some(code) })
}
