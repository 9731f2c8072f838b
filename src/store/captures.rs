//! What is captured: one key for each person's captures, one row for each object in the archive.
//!
//! A row is written after its object and outlives it: it says what was deleted, and when.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use uuid::Uuid;

use super::engine::{Conn, Row, query};
use super::error::StoreError;
use super::{Reader, Store};
use crate::domain::capture::{CaptureKind, EndReason, Hash};
use crate::domain::ids::{CaptureId, EnrolmentId};
use crate::domain::sealed::Sealed;
use crate::domain::time::Timestamp;

/// What was captured of one person, as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredCaptures {
    /// The request.
    pub enrolment: EnrolmentId,
    /// The key and what the objects are, sealed; `None` once they have ended.
    pub secret: Option<Sealed>,
    /// Why and since when they are no longer kept.
    pub ended: Option<(EndReason, Timestamp)>,
    /// The objects, in the order in which they were named.
    pub objects: Vec<StoredObject>,
}

/// One object in the archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredObject {
    /// Its name.
    pub id: CaptureId,
    /// What it is.
    pub kind: CaptureKind,
    /// Its size as it lies there.
    pub sealed_bytes: i64,
    /// SHA-256 of it as it lies there.
    pub sealed_hash: Hash,
}

/// An object that was claimed for deletion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimedObject {
    /// Its name.
    pub id: CaptureId,
    /// The request that it belonged to.
    pub enrolment: EnrolmentId,
    /// What it was.
    pub kind: CaptureKind,
    /// SHA-256 of it as it lay there.
    pub sealed_hash: Hash,
    /// Attempts, this one counted.
    pub attempts: u32,
}

/// Captures that should be gone by now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Overdue {
    /// The request.
    pub enrolment: EnrolmentId,
    /// What has not happened.
    pub lacks: Lacking,
    /// Since when it should have: the decision, or the end of keeping.
    pub since: Timestamp,
}

impl Lacking {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Deletion => "deletion",
        }
    }
}

/// What has not happened to captures in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lacking {
    /// The authority decided and did not confirm that it has them.
    Confirmation,
    /// Their key is destroyed; an object still lies in the archive.
    Deletion,
}

pub(super) async fn insert(stored: &StoredCaptures, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("INSERT INTO capture_set (enrolment_id, secret, kept_at) VALUES ($1, $2, $3)")
        .bind(stored.enrolment.uuid())
        .bind(stored.secret.as_ref().map(|secret| secret.as_bytes().to_vec()))
        .bind(at.micros())
        .execute_one(conn)
        .await?;
    insert_objects(stored, conn).await
}

/// Puts new captures in the place of earlier ones, kept still or not: their key is overwritten, their objects are deleted.
pub(super) async fn replace(stored: &StoredCaptures, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO capture_set (enrolment_id, secret, kept_at) VALUES ($1, $2, $3) \
         ON CONFLICT (enrolment_id) DO UPDATE SET secret = excluded.secret, kept_at = excluded.kept_at, \
         ended_at = NULL, end_reason = NULL",
    )
    .bind(stored.enrolment.uuid())
    .bind(stored.secret.as_ref().map(|secret| secret.as_bytes().to_vec()))
    .bind(at.micros())
    .execute_one(conn)
    .await?;
    let_go(stored.enrolment, at, conn).await?;
    insert_objects(stored, conn).await
}

async fn insert_objects(stored: &StoredCaptures, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    for object in &stored.objects {
        query(
            "INSERT INTO capture (id, enrolment_id, kind, sealed_bytes, sealed_hash, state, attempts) \
             VALUES ($1, $2, $3, $4, $5, 'held', 0)",
        )
        .bind(object.id.uuid())
        .bind(stored.enrolment.uuid())
        .bind(object.kind.name())
        .bind(object.sealed_bytes)
        .bind(object.sealed_hash.as_slice())
        .execute_one(conn)
        .await?;
    }
    Ok(())
}

/// Has the objects of a request deleted.
async fn let_go(enrolment: EnrolmentId, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE capture SET state = 'ending', due_at = $1 WHERE enrolment_id = $2 AND state = 'held'")
        .bind(at.micros())
        .bind(enrolment.uuid())
        .execute(conn)
        .await
        .map(drop)
}

/// Destroys the key and has the objects deleted, if they are still kept.
pub(super) async fn end(
    enrolment: EnrolmentId,
    reason: EndReason,
    at: Timestamp,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query(
        "UPDATE capture_set SET secret = NULL, ended_at = $1, end_reason = $2 \
         WHERE enrolment_id = $3 AND ended_at IS NULL",
    )
    .bind(at.micros())
    .bind(reason.name())
    .bind(enrolment.uuid())
    .execute_one(conn)
    .await?;
    let_go(enrolment, at, conn).await
}

/// Records that an object is gone, unless a later attempt has begun or recorded it.
pub(super) async fn deleted(id: CaptureId, attempt: u32, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "UPDATE capture SET state = 'deleted', due_at = NULL, deleted_at = $1 \
         WHERE id = $2 AND state = 'ending' AND attempts = $3",
    )
    .bind(at.micros())
    .bind(id.uuid())
    .bind(i64::from(attempt))
    .execute_one(conn)
    .await
}

impl Store {
    /// Claims up to `limit` objects that are to be deleted, those due longest first, for `lease`: if nobody records that
    /// they are gone by then, they are due again. Two claimers at once never get the same one.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn claim_objects(
        &self,
        limit: u32,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<ClaimedObject>, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move {
                    let rows = query(
                        "UPDATE capture SET attempts = attempts + 1, due_at = $1 \
                         WHERE state = 'ending' AND due_at <= $2 AND id IN ( \
                         SELECT id FROM capture WHERE state = 'ending' AND due_at <= $2 ORDER BY due_at, id LIMIT $3) \
                         RETURNING id, enrolment_id, kind, sealed_hash, attempts",
                    )
                    .bind(now.plus(lease).micros())
                    .bind(now.micros())
                    .bind(i64::from(limit))
                    .fetch_all(conn)
                    .await?;
                    // One row that cannot be read must not hold up those beside it; it has been logged, and comes last.
                    let mut claimed: Vec<_> = rows.iter().filter_map(|row| claimed(row).ok()).collect();
                    claimed.sort_by_key(|object| object.id);
                    Ok(claimed)
                })
            })
            .await
    }
}

impl Reader {
    /// What was captured with a request; `None` if nothing was.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn captures(&mut self, enrolment: EnrolmentId) -> Result<Option<StoredCaptures>, StoreError> {
        let set = query("SELECT secret, ended_at, end_reason FROM capture_set WHERE enrolment_id = $1")
            .bind(enrolment.uuid())
            .fetch_optional(&mut self.conn())
            .await?;
        let Some(set) = set else { return Ok(None) };
        let rows = query(
            "SELECT id, kind, sealed_bytes, sealed_hash FROM capture WHERE enrolment_id = $1 ORDER BY id LIMIT 100",
        )
        .bind(enrolment.uuid())
        .fetch_all(&mut self.conn())
        .await?;
        Ok(Some(StoredCaptures {
            enrolment,
            secret: set.get::<Option<Vec<u8>>>("secret")?.map(Sealed::from_bytes),
            ended: ended(&set)?,
            objects: rows.iter().map(object).collect::<Result<_, _>>()?,
        }))
    }

    /// Which of the objects with these names are kept, or about to be deleted with proof.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn kept_objects(&mut self, names: RangeInclusive<Uuid>) -> Result<HashSet<Uuid>, StoreError> {
        let rows = query("SELECT id FROM capture WHERE id BETWEEN $1 AND $2 AND state IN ('held', 'ending')")
            .bind(*names.start())
            .bind(*names.end())
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// Captures that were not confirmed though the decision was before `before`, and those of which an object still lies
    /// in the archive though they ended before it; the oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn captures_overdue(&mut self, before: Timestamp, limit: u32) -> Result<Vec<Overdue>, StoreError> {
        let rows = query(
            "SELECT s.enrolment_id AS enrolment_id, e.decided_at AS since, 'confirmation' AS lacks \
             FROM capture_set s JOIN enrolment e ON e.id = s.enrolment_id \
             WHERE s.ended_at IS NULL AND e.decided_at < $1 \
             UNION ALL \
             SELECT s.enrolment_id, s.ended_at, 'deletion' FROM capture_set s WHERE s.ended_at < $1 AND EXISTS ( \
             SELECT 1 FROM capture c WHERE c.enrolment_id = s.enrolment_id AND c.state = 'ending') \
             ORDER BY since, enrolment_id LIMIT $2",
        )
        .bind(before.micros())
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(overdue).collect()
    }
}

fn overdue(row: &Row) -> Result<Overdue, StoreError> {
    Ok(Overdue {
        enrolment: EnrolmentId::new(row.get("enrolment_id")?),
        lacks: if row.get::<String>("lacks")? == "deletion" { Lacking::Deletion } else { Lacking::Confirmation },
        since: Timestamp::from_micros(row.get("since")?),
    })
}

fn ended(row: &Row) -> Result<Option<(EndReason, Timestamp)>, StoreError> {
    let Some(at) = row.get::<Option<i64>>("ended_at")? else { return Ok(None) };
    let reason = row.get::<Option<String>>("end_reason")?.unwrap_or_default();
    let reason = EndReason::from_name(&reason).ok_or(StoreError::Corrupt { column: "end_reason" })?;
    Ok(Some((reason, Timestamp::from_micros(at))))
}

fn object(row: &Row) -> Result<StoredObject, StoreError> {
    Ok(StoredObject {
        id: CaptureId::new(row.get("id")?),
        kind: kind(row)?,
        sealed_bytes: row.get("sealed_bytes")?,
        sealed_hash: hash(row)?,
    })
}

fn claimed(row: &Row) -> Result<ClaimedObject, StoreError> {
    Ok(ClaimedObject {
        id: CaptureId::new(row.get("id")?),
        enrolment: EnrolmentId::new(row.get("enrolment_id")?),
        kind: kind(row)?,
        sealed_hash: hash(row)?,
        attempts: u32::try_from(row.get::<i64>("attempts")?).unwrap_or(u32::MAX),
    })
}

fn kind(row: &Row) -> Result<CaptureKind, StoreError> {
    CaptureKind::from_name(&row.get::<String>("kind")?).ok_or(StoreError::Corrupt { column: "kind" })
}

fn hash(row: &Row) -> Result<Hash, StoreError> {
    let bytes = row.get::<Vec<u8>>("sealed_hash")?;
    Hash::try_from(bytes).map_err(|_| StoreError::Corrupt { column: "sealed_hash" })
}
