//! By what requests of one person find each other, and of whom it was decided that they are not one.
//!
//! A key is a keyed hash: what it was made of cannot be read here. Every read has its bound, however many share a key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use uuid::Uuid;

use super::Reader;
use super::engine::{Conn, Query, insert, query};
use super::enrolments::{EnrolmentPage, StoredEnrolment, readable};
use super::error::StoreError;
use crate::domain::duplicate::{FORM, KEY_HOLDERS_MAX, KEYS_MAX, KeyKind};
use crate::domain::ids::{EnrolmentId, StaffId, Version};
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

/// Keys by which one request is found: under its own names, or under one that the holder of its account has since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DuplicateKeys {
    /// The request.
    pub enrolment: EnrolmentId,
    /// Its keys.
    pub keys: Vec<StoredKey>,
    /// How often keys of their buckets had been added before candidates were looked for.
    pub seen: KeyChanges,
    /// What goes of those that the request has already.
    pub replaces: Replaced,
}

/// Keys of a request in whose place others come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replaced {
    /// None: the others come beside them.
    Nothing,
    /// All of them.
    All,
    /// Those of an earlier form, if the request is still at this version, which nothing else of the unit holds.
    EarlierForm(Version),
}

/// How often keys were added in the buckets of some keys. Two requests that are handed in at once see each other by it: they
/// can be found to be one person's only if they share a key, and then they share its bucket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyChanges(BTreeMap<i64, i64>);

/// The bucket of a key, one of 2^20: so many that requests without a common key seldom share one, and no more rows than that.
fn bucket(key: &BlindIndex) -> i64 {
    let bits = key.as_bytes().iter().take(3).fold(0, |bits, byte| bits << 8 | i64::from(*byte));
    bits >> 4
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

/// Adds the keys of a request, and takes away what they replace, if nobody came under one of them since it was looked at.
pub(super) async fn index(new: &DuplicateKeys, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    if let Replaced::EarlierForm(version) = new.replaces {
        // The row stays locked: who corrects the request waits, and then puts keys in place of these.
        let same = query("UPDATE enrolment SET version = version WHERE id = $1 AND version = $2");
        same.bind(new.enrolment.uuid()).bind(version.get()).execute_one(conn).await?;
    }
    count(&new.seen, conn).await?;
    match new.replaces {
        Replaced::Nothing => {}
        Replaced::All => forget(new.enrolment, conn).await?,
        Replaced::EarlierForm(_) => {
            // Those that came meanwhile with a name that was approved are as good.
            let earlier = query("DELETE FROM duplicate_key WHERE enrolment = $1 AND form <> $2");
            earlier.bind(new.enrolment.uuid()).bind(FORM).execute(conn).await?;
        }
    }
    for some in new.keys.chunks(KEYS_MAX) {
        let slots = some.iter().map(|key| (key.value.as_bytes(), key.kind.name()));
        let slots = slots.chain(std::iter::repeat(([].as_slice(), NO_KIND))).take(KEYS_MAX);
        let adding = slots.fold(insert(&ADD), |adding, (value, kind)| adding.bind(value).bind(kind));
        adding.bind(new.enrolment.uuid()).bind(FORM).run(conn).await?;
    }
    Ok(())
}

/// Adds each of [`KEYS_MAX`] keys that has a kind: values and kinds in turns, the request, the form.
static ADD: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO duplicate_key (value, enrolment, kind, form) SELECT value, ${request}, kind, ${form} FROM ({new}) AS new \
         WHERE kind <> '' ON CONFLICT DO NOTHING",
        request = 2 * KEYS_MAX + 1,
        form = 2 * KEYS_MAX + 2,
        new = pairs(["value", "kind"]),
    )
});
/// No kind: in the places of a statement that are left.
const NO_KIND: &str = "";

/// Counts a change of each of [`KEYS_MAX`] buckets, if it was changed as often as seen. In their order: who locks the same ones
/// at the same time waits for the first, and never for each other.
static COUNT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "INSERT INTO duplicate_bucket (bucket, changes) SELECT bucket, changes FROM ({now}) AS now \
         WHERE bucket >= 0 ORDER BY bucket ON CONFLICT (bucket) DO UPDATE SET changes = excluded.changes \
         WHERE duplicate_bucket.changes = excluded.changes - 1",
        now = pairs(["bucket", "changes"]),
    )
});
/// No bucket: in the places of a statement that are left.
const NO_BUCKET: i64 = -1;

/// Counts a change of the buckets. On PostgreSQL the rows stay locked until the commit: whoever comes at the same time
/// waits, and then finds that they were changed.
async fn count(KeyChanges(seen): &KeyChanges, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let now: Vec<_> = seen.iter().map(|(bucket, changes)| (*bucket, changes.saturating_add(1))).collect();
    for some in now.chunks(KEYS_MAX) {
        let slots = some.iter().copied().chain(std::iter::repeat((NO_BUCKET, 0))).take(KEYS_MAX);
        let asked = slots.fold(insert(&COUNT), |asked, (bucket, changes)| asked.bind(bucket).bind(changes));
        asked.execute_exactly(some.len(), StoreError::Changed, conn).await?;
    }
    Ok(())
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

/// Rows of the places $1 and $2, $3 and $4, …, under these names: [`KEYS_MAX`] of them.
fn pairs([one, other]: [&str; 2]) -> String {
    let row = |row: usize| format!("SELECT ${} AS {one}, ${} AS {other}", 2 * row - 1, 2 * row);
    (1..=KEYS_MAX).map(row).collect::<Vec<_>>().join(" UNION ALL ")
}

/// `$1, $2, …`: the places of [`KEYS_MAX`] values, from `first` on.
pub(super) fn places(first: usize) -> String {
    (first..first + KEYS_MAX).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// The latest holders of each of [`KEYS_MAX`] keys, $1 and on, each read to its own bound, which follows them. It is cast because
/// SQLite plans a statement anew each time that a bare place behind LIMIT is bound, which took it a fifth of a submission.
pub(super) fn latest_holders() -> String {
    let of_one = |key: usize| {
        format!(
            "SELECT * FROM (SELECT value, enrolment FROM duplicate_key WHERE value = ${key} \
             ORDER BY enrolment DESC LIMIT CAST(${bound} AS BIGINT)) AS k{key}",
            bound = KEYS_MAX + 1,
        )
    };
    (1..=KEYS_MAX).map(of_one).collect::<Vec<_>>().join(" UNION ALL ")
}

static HOLDERS: LazyLock<String> = LazyLock::new(latest_holders);
static CHANGES: LazyLock<String> =
    LazyLock::new(|| format!("SELECT bucket, changes FROM duplicate_bucket WHERE bucket IN ({})", places(1)));

/// The keys, in the places of a statement for [`KEYS_MAX`] of them.
pub(super) fn key_slots(keys: &[BlindIndex]) -> impl Iterator<Item = &[u8]> {
    keys.iter().map(BlindIndex::as_bytes).chain(std::iter::repeat(&[][..])).take(KEYS_MAX)
}

/// The holders of each of `keys`, the latest first: `pairs` are keys and their holders.
pub(super) fn holders(keys: &[BlindIndex], pairs: &[(Vec<u8>, Uuid)]) -> Vec<Vec<EnrolmentId>> {
    let mut holders = vec![Vec::new(); keys.len().min(KEYS_MAX)];
    for (value, id) in pairs {
        let of = keys.iter().position(|key| key.as_bytes() == value).and_then(|at| holders.get_mut(at));
        if let Some(of) = of {
            of.push(EnrolmentId::new(*id));
        }
    }
    for of in &mut holders {
        of.sort_unstable_by(|one, other| other.cmp(one));
    }
    holders
}

impl KeyChanges {
    /// The buckets of `keys`, none of which was changed as far as is known yet.
    pub(super) fn of(keys: &[BlindIndex]) -> Self {
        Self(keys.iter().map(|key| (bucket(key), 0)).collect())
    }

    /// Notes how often a bucket was changed.
    pub(super) fn saw(&mut self, bucket: i64, changes: i64) {
        self.0.insert(bucket, changes);
    }

    /// The buckets, in the places of a statement for [`KEYS_MAX`] of them, or of several.
    fn slots(&self) -> Vec<[i64; KEYS_MAX]> {
        let buckets: Vec<_> = self.0.keys().copied().collect();
        buckets.chunks(KEYS_MAX).map(|some| bucket_slots(some.iter().copied())).collect()
    }

    /// The buckets of one request, in the places of a statement: it has no more keys than there are places.
    pub(super) fn first_slots(&self) -> [i64; KEYS_MAX] {
        bucket_slots(self.0.keys().copied())
    }
}

/// The first of `buckets`, in the places of a statement for [`KEYS_MAX`] of them.
fn bucket_slots(buckets: impl Iterator<Item = i64>) -> [i64; KEYS_MAX] {
    let mut places = [NO_BUCKET; KEYS_MAX];
    places.iter_mut().zip(buckets).for_each(|(place, bucket)| *place = bucket);
    places
}

impl Reader {
    /// The requests that hold each of `keys`, in the order of the keys, the latest first; of a key with more than
    /// [`KEY_HOLDERS_MAX`] one more than that. At most [`KEYS_MAX`] keys are looked at.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn duplicate_holders(&mut self, keys: &[BlindIndex]) -> Result<Vec<Vec<EnrolmentId>>, StoreError> {
        let limit = i64::try_from(KEY_HOLDERS_MAX + 1).unwrap_or(i64::MAX);
        let asked = key_slots(keys).fold(query(&HOLDERS), Query::bind).bind(limit);
        let rows = asked.fetch_all(&mut self.conn()).await?;
        let pairs = rows.iter().map(|row| Ok((row.get("value")?, row.get("enrolment")?)));
        Ok(holders(keys, &pairs.collect::<Result<Vec<_>, StoreError>>()?))
    }

    /// How often keys were added in the buckets of `keys`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn duplicate_changes(&mut self, keys: &[BlindIndex]) -> Result<KeyChanges, StoreError> {
        let mut changes = KeyChanges::of(keys);
        for slots in changes.slots() {
            for row in &slots.into_iter().fold(query(&CHANGES), Query::bind).fetch_all(&mut self.conn()).await? {
                changes.saw(row.get("bucket")?, row.get("changes")?);
            }
        }
        Ok(changes)
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
            found.extend(rows.iter().filter_map(readable));
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
    ) -> Result<EnrolmentPage, StoreError> {
        let rows = query(
            "SELECT * FROM enrolment WHERE id > $1 AND stage NOT IN ('refused', 'withdrawn') AND NOT EXISTS \
             (SELECT 1 FROM duplicate_key AS k WHERE k.enrolment = enrolment.id AND k.form = $2) ORDER BY id LIMIT $3",
        )
        .bind(after.map_or(Uuid::nil(), EnrolmentId::uuid))
        .bind(FORM)
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        EnrolmentPage::of(&rows)
    }
}
