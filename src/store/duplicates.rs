//! By what requests of one person find each other, and of whom it was decided that they are not one.
//!
//! A key is a keyed hash: what it was made of cannot be read here. Every read has its bound, however many share a key.

use uuid::Uuid;

use super::Reader;
use super::engine::{Conn, Query, query};
use super::enrolments::{StoredEnrolment, stored};
use super::error::StoreError;
use crate::domain::duplicate::{FORM, KEY_HOLDERS_MAX, KEYS_MAX, KeyKind};
use crate::domain::ids::{EnrolmentId, StaffId};
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;

/// Requests that are read at once.
const READ_AT_ONCE: usize = 16;
/// Most decisions that are read about one document.
const DECISIONS_MAX: i64 = 256;

/// A key of one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredKey {
    /// Of which kind.
    pub kind: KeyKind,
    /// The keyed hash.
    pub value: BlindIndex,
}

/// The keys of one request, in place of those that it had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DuplicateKeys {
    /// The request.
    pub enrolment: EnrolmentId,
    /// Its keys.
    pub keys: Vec<StoredKey>,
    /// The bucket of its birth date.
    pub bucket: u16,
    /// How often that bucket had changed when the candidates were looked for; `None` if nobody looked.
    pub seen: Option<i64>,
}

/// A decision that two persons are not one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotTheSame {
    /// Blind index of a document of the one, …
    pub one: BlindIndex,
    /// … and of the other; their order does not matter.
    pub other: BlindIndex,
    /// The request that was decided.
    pub enrolment: EnrolmentId,
    /// The request that it was compared with.
    pub against: EnrolmentId,
    /// Who decided.
    pub by: StaffId,
}

/// Puts the keys of a request in place of those that it had, if nobody of the same bucket came since it was looked at.
pub(super) async fn index(new: &DuplicateKeys, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    count(new, conn).await?;
    forget(new.enrolment, conn).await?;
    for key in &new.keys {
        query(
            "INSERT INTO duplicate_key (value, enrolment, kind, form) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(key.value.as_bytes())
        .bind(new.enrolment.uuid())
        .bind(key.kind.name())
        .bind(FORM)
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Counts a change of the bucket. On PostgreSQL the row stays locked until the commit: whoever comes at the same time
/// waits, and then finds that it was changed.
async fn count(new: &DuplicateKeys, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO duplicate_bucket (bucket, changes) VALUES ($1, 1) ON CONFLICT (bucket) DO UPDATE \
         SET changes = duplicate_bucket.changes + 1 WHERE $2 < 0 OR duplicate_bucket.changes = $2",
    )
    .bind(i64::from(new.bucket))
    .bind(new.seen.unwrap_or(-1))
    .execute_one(conn)
    .await
}

/// Takes the keys of a request away: nobody is to find it any more.
pub(super) async fn forget(enrolment: EnrolmentId, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let gone = query("DELETE FROM duplicate_key WHERE enrolment = $1").bind(enrolment.uuid());
    gone.execute(conn).await.map(drop)
}

/// Keeps a decision. What was decided before stands: two supervisors may decide the same pair at once.
pub(super) async fn decide(decided: &NotTheSame, at: Timestamp, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let (one, other) = in_order(&decided.one, &decided.other);
    let sql = "INSERT INTO duplicate_decision (one, other, enrolment, against, decided_by, decided_at) \
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (one, other) DO NOTHING";
    let kept = query(sql).bind(one).bind(other).bind(decided.enrolment.uuid()).bind(decided.against.uuid());
    kept.bind(decided.by.uuid()).bind(at.micros()).execute(conn).await.map(drop)
}

fn in_order<'a>(one: &'a BlindIndex, other: &'a BlindIndex) -> (&'a [u8], &'a [u8]) {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one <= other { (one, other) } else { (other, one) }
}

/// The latest holders of each of [`KEYS_MAX`] keys, each read to its own bound.
macro_rules! holders {
    ($($slot:literal)*) => {
        concat!($(
            "SELECT * FROM (SELECT value, enrolment FROM duplicate_key WHERE value = $", $slot,
            " ORDER BY enrolment DESC LIMIT $25) AS k", $slot, " UNION ALL ",
        )* "SELECT value, enrolment FROM duplicate_key WHERE 1 = 0")
    };
}

const HOLDERS: &str = holders!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24);
const _: () = assert!(KEYS_MAX == 24, "the statement has a place for each key");

impl Reader {
    /// The requests that hold each of `keys`, in the order of the keys, the latest first; of a key with more than
    /// [`KEY_HOLDERS_MAX`] one more than that. At most [`KEYS_MAX`] keys are looked at.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn duplicate_holders(&mut self, keys: &[BlindIndex]) -> Result<Vec<Vec<EnrolmentId>>, StoreError> {
        let slots = keys.iter().map(BlindIndex::as_bytes).chain(std::iter::repeat(&[][..])).take(KEYS_MAX);
        let asked = slots.fold(query(HOLDERS), Query::bind);
        let limit = i64::try_from(KEY_HOLDERS_MAX + 1).unwrap_or(i64::MAX);
        let rows = asked.bind(limit).fetch_all(&mut self.conn()).await?;
        let mut holders = vec![Vec::new(); keys.len().min(KEYS_MAX)];
        for row in &rows {
            let (value, id): (Vec<u8>, Uuid) = (row.get("value")?, row.get("enrolment")?);
            let of = keys.iter().position(|key| key.as_bytes() == value).and_then(|at| holders.get_mut(at));
            if let Some(of) = of {
                of.push(EnrolmentId::new(id));
            }
        }
        for of in &mut holders {
            of.sort_unstable_by(|one, other| other.cmp(one));
        }
        Ok(holders)
    }

    /// How often a bucket was changed.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn duplicate_changes(&mut self, bucket: u16) -> Result<i64, StoreError> {
        let row = query("SELECT changes FROM duplicate_bucket WHERE bucket = $1")
            .bind(i64::from(bucket))
            .fetch_optional(&mut self.conn())
            .await?;
        row.map_or(Ok(0), |row| row.get("changes"))
    }

    /// The requests of these names that are there, in no order.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn enrolments_named(&mut self, ids: &[EnrolmentId]) -> Result<Vec<StoredEnrolment>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(READ_AT_ONCE) {
            let slots = some.iter().map(|id| id.uuid()).chain(std::iter::repeat(Uuid::nil())).take(READ_AT_ONCE);
            let asked = query(
                "SELECT * FROM enrolment WHERE id IN \
                 ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
            );
            let rows = slots.fold(asked, Query::bind).fetch_all(&mut self.conn()).await?;
            for row in &rows {
                found.push(stored(row)?);
            }
        }
        Ok(found)
    }

    /// The documents whose holders were decided to be other persons than the holder of `document`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn not_the_same_as(&mut self, document: &BlindIndex) -> Result<Vec<BlindIndex>, StoreError> {
        let rows = query(
            "SELECT other AS document FROM duplicate_decision WHERE one = $1 \
             UNION ALL SELECT one AS document FROM duplicate_decision WHERE other = $1 LIMIT $2",
        )
        .bind(document.as_bytes())
        .bind(DECISIONS_MAX)
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(|row| Ok(BlindIndex::from_bytes(row.get("document")?))).collect()
    }

    /// Requests that have no keys of the present form and should, the oldest first: those after `after`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn enrolments_without_keys(
        &mut self,
        after: Option<EnrolmentId>,
        limit: u32,
    ) -> Result<Vec<StoredEnrolment>, StoreError> {
        let rows = query(
            "SELECT * FROM enrolment WHERE id > $1 AND stage NOT IN ('refused', 'withdrawn') AND NOT EXISTS \
             (SELECT 1 FROM duplicate_key AS k WHERE k.enrolment = enrolment.id AND k.form = $2) ORDER BY id LIMIT $3",
        )
        .bind(after.map_or(Uuid::nil(), EnrolmentId::uuid))
        .bind(FORM)
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
    }
}
