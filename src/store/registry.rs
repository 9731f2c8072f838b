//! The immigration record as imported: sealed, found by blind indexes of card and passport.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use uuid::Uuid;

use super::account_events::Happened;
use super::bindings::{self, Binding};
use super::cards::NotedCard;
use super::documents::StoredDocument;
use super::engine::{Conn, Query, Row, query};
use super::error::StoreError;
use super::{Reader, Store, audit, cards, documents, turns};
use crate::domain::audit::Entry;
use crate::domain::ids::{AccountId, EnrolmentId, ImportId};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::time::Timestamp;

/// Documents that one statement asks for.
const ROWS: usize = 100;
/// Rows that one statement writes, of some 580 bytes each: so many that it is sent in one piece. sqlx 0.9.0 does not set TCP_NODELAY,
/// and the second record of TLS (from 16 KiB on) would wait 40 ms for the server's word that it has the first (sqlx #4335, mended
/// after 0.9.0).
const WRITTEN: usize = 20;

static UPSERT_ONE: LazyLock<String> = LazyLock::new(|| upserting(1));
static UPSERT_MANY: LazyLock<String> = LazyLock::new(|| upserting(WRITTEN));

static HOLDERS: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<_> = (1..=ROWS).map(|place| format!("${place}")).collect();
    format!(
        "SELECT document_index, account_id, enrolment_id FROM account_document \
         JOIN account ON account.id = account_document.account_id WHERE document_index IN ({})",
        places.join(", ")
    )
});

/// Adds so many rows, or puts later states in the place of earlier ones. What is there already is left alone.
fn upserting(rows: usize) -> String {
    format!(
        "INSERT INTO registry_record (card_index, document_index, content, recorded_at, strictness, import_id) VALUES {} \
         ON CONFLICT (card_index) DO UPDATE SET document_index = excluded.document_index, content = excluded.content, \
         recorded_at = excluded.recorded_at, strictness = excluded.strictness, import_id = excluded.import_id \
         WHERE (registry_record.recorded_at, registry_record.strictness) < (excluded.recorded_at, excluded.strictness)",
        places(rows)
    )
}

/// `($1, $2, $3, $4, $5, $6), ($7, …`: placeholders for so many rows.
fn places(rows: usize) -> String {
    let row = |row: usize| {
        let values: Vec<_> = (1..=6).map(|column| format!("${}", row * 6 + column)).collect();
        format!("({})", values.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// A record as the store keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRecord {
    /// Blind index of the card.
    pub card: BlindIndex,
    /// Blind index of the passport, if the record has one.
    pub document: Option<BlindIndex>,
    /// The sealed record.
    pub content: Sealed,
    /// When it was recorded in the database it comes from.
    pub recorded_at: Timestamp,
    /// Of two of one instant the greater counts.
    pub strictness: i64,
}

impl StoredRecord {
    /// The name of its row, by which it is sealed and named in the audit log: 16 bytes of the card's index. A record moved
    /// to another card does not open.
    pub fn row(&self) -> Uuid {
        let bytes = self.card.as_bytes().first_chunk::<16>().copied().unwrap_or_default();
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// Records to be kept.
#[derive(Debug)]
pub struct RecordBatch {
    /// The import they belong to.
    pub import: ImportId,
    /// The records. Of several for one card the latest counts; of those, the strictest.
    pub records: Vec<StoredRecord>,
    /// What they say of their cards, for the accounts that have them or come to have them.
    pub noted: Vec<NotedCard>,
    /// Passports of rows that no account follows; if one came to an account since, nothing of the batch is kept.
    pub looked: Vec<LookedAt>,
    /// Cards that accounts come to have, in the order of the accounts, each with whom it serves from then on.
    pub joined: Vec<(StoredDocument, Binding)>,
}

/// A passport that was looked at for the accounts that have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookedAt {
    /// Its blind index.
    pub passport: BlindIndex,
    /// How many accounts had it.
    pub holders: usize,
}

/// An account that has a document, and the request it was issued on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Holder {
    /// The account.
    pub account: AccountId,
    /// Its request.
    pub enrolment: EnrolmentId,
}

impl Store {
    /// Keeps a batch of records, has the accounts follow that they bear on, and says how many of them were new or later than
    /// what was there. The entry is written in any case, with that number.
    ///
    /// # Errors
    /// If the database cannot be written; then nothing of the batch is kept.
    pub async fn import_records(&self, batch: RecordBatch, entry: Entry) -> Result<u64, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move {
                    let (written, mut happened) = (upsert(&batch, conn).await?, Happened::default());
                    are_as_looked_at(&batch.looked, conn).await?;
                    cards::note(&batch.noted, entry.at, &mut happened, conn).await?;
                    for (card, binding) in &batch.joined {
                        bindings::bind(binding, conn).await?;
                        let card = (card.account, std::slice::from_ref(card));
                        documents::add((card.0, None), card.1, entry.at, &mut happened, conn).await?;
                    }
                    happened.write(entry.at, conn).await?;
                    audit::append(&entry.with("written", written.to_string()), conn).await?;
                    Ok(written)
                })
            })
            .await
    }
}

/// Holds that no other account has these passports than did: one that came meanwhile has looked for its cards before these were
/// there. One that comes from here on waits for its turn, and finds these.
async fn are_as_looked_at(looked: &[LookedAt], conn: &mut Conn<'_>) -> Result<(), StoreError> {
    turns::take_each(looked.iter().map(|one| &one.passport), conn).await?;
    for asked in looked.chunks(ROWS) {
        let mut holders = BTreeMap::<Vec<u8>, usize>::new();
        for row in asking(asked.iter().map(|one| &one.passport)).fetch_all(conn).await? {
            *holders.entry(row.get("document_index")?).or_default() += 1;
        }
        let now = |one: &LookedAt| holders.get(one.passport.as_bytes()).copied().unwrap_or_default();
        if asked.iter().any(|one| now(one) != one.holders) {
            return Err(StoreError::Changed);
        }
    }
    Ok(())
}

/// Holds that so many records name a passport, and that no others do until the commit without looking who has it.
pub(super) async fn expect(passport: &BlindIndex, count: u64, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    turns::take(passport, conn).await?;
    let row = query("SELECT COUNT(*) AS number FROM registry_record WHERE document_index = $1")
        .bind(passport.as_bytes())
        .fetch_optional(conn)
        .await?;
    let number = row.map_or(Ok(0), |row| row.get::<i64>("number"))?;
    (u64::try_from(number) == Ok(count)).then_some(()).ok_or(StoreError::Changed)
}

/// Asks for the accounts that have these documents, at most [`ROWS`] of them. What is asked for twice is found once.
fn asking<'a>(documents: impl Iterator<Item = &'a BlindIndex> + Clone) -> Query {
    documents.cycle().take(ROWS).fold(query(&HOLDERS), |query, document| query.bind(document.as_bytes()))
}

async fn upsert(batch: &RecordBatch, conn: &mut Conn<'_>) -> Result<u64, StoreError> {
    // One statement may touch a row once only. In the order of their keys, two imports at once cannot block each other.
    let mut latest = BTreeMap::<&[u8], &StoredRecord>::new();
    for record in &batch.records {
        let kept = latest.entry(record.card.as_bytes()).or_insert(record);
        if (kept.recorded_at, kept.strictness) < (record.recorded_at, record.strictness) {
            *kept = record;
        }
    }
    let records: Vec<_> = latest.into_values().collect();
    let (full, rest) = records.as_chunks::<WRITTEN>();
    let mut written = 0;
    for records in full {
        let bound = records.iter().fold(query(&UPSERT_MANY), |query, record| bind(query, record, batch.import));
        written += bound.execute(conn).await?;
    }
    for record in rest {
        written += bind(query(&UPSERT_ONE), record, batch.import).execute(conn).await?;
    }
    Ok(written)
}

fn bind(query: Query, record: &StoredRecord, import: ImportId) -> Query {
    query
        .bind(record.card.as_bytes())
        .bind(record.document.as_ref().map(|index| index.as_bytes().to_vec()))
        .bind(record.content.as_bytes())
        .bind(record.recorded_at.micros())
        .bind(record.strictness)
        .bind(import.uuid())
}

impl Reader {
    /// The accounts that have these documents, by the blind indexes: each with the accounts that have it, if any has.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn holders_of_each(
        &mut self,
        documents: &[&BlindIndex],
    ) -> Result<BTreeMap<Vec<u8>, Vec<Holder>>, StoreError> {
        let mut holders = BTreeMap::<_, Vec<_>>::new();
        for asked in documents.chunks(ROWS) {
            for row in asking(asked.iter().copied()).fetch_all(&mut self.conn()).await? {
                let account = AccountId::new(row.get("account_id")?);
                let enrolment = EnrolmentId::new(row.get("enrolment_id")?);
                holders.entry(row.get("document_index")?).or_default().push(Holder { account, enrolment });
            }
        }
        Ok(holders)
    }

    /// The record of a card.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn record_by_card(&mut self, card: &BlindIndex) -> Result<Option<StoredRecord>, StoreError> {
        let row =
            query("SELECT card_index, document_index, content, recorded_at, strictness FROM registry_record WHERE card_index = $1")
                .bind(card.as_bytes())
                .fetch_optional(&mut self.conn())
                .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The latest record that names a passport: its holder may have had several cards.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn record_by_document(&mut self, document: &BlindIndex) -> Result<Option<StoredRecord>, StoreError> {
        let row = query(
            "SELECT card_index, document_index, content, recorded_at, strictness FROM registry_record WHERE document_index = $1 \
             ORDER BY recorded_at DESC LIMIT 1",
        )
        .bind(document.as_bytes())
        .fetch_optional(&mut self.conn())
        .await?;
        row.as_ref().map(stored).transpose()
    }

    /// The records that name a passport, the latest first, and how many there are: its holder may have had several cards.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn records_by_document(
        &mut self,
        document: &BlindIndex,
        limit: u32,
    ) -> Result<(Vec<StoredRecord>, u64), StoreError> {
        let rows = query(
            "SELECT card_index, document_index, content, recorded_at, strictness, COUNT(*) OVER () AS number \
             FROM registry_record WHERE document_index = $1 ORDER BY recorded_at DESC, card_index LIMIT $2",
        )
        .bind(document.as_bytes())
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        let number = rows.first().map_or(Ok(0), |row| row.get::<i64>("number"))?;
        Ok((rows.iter().map(stored).collect::<Result<_, _>>()?, number.unsigned_abs()))
    }

    /// Whether any record was imported.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn has_records(&mut self) -> Result<bool, StoreError> {
        let row = query("SELECT recorded_at FROM registry_record LIMIT 1").fetch_optional(&mut self.conn()).await?;
        Ok(row.is_some())
    }
}

/// The columns of a record.
const COLUMNS: [&str; 5] = ["card_index", "document_index", "content", "recorded_at", "strictness"];

fn stored(row: &Row) -> Result<StoredRecord, StoreError> {
    stored_under(COLUMNS, row)
}

/// The record in a row that has its columns under these names, in the order of [`COLUMNS`].
pub(super) fn stored_under(
    [card, document, content, recorded_at, strictness]: [&'static str; 5],
    row: &Row,
) -> Result<StoredRecord, StoreError> {
    Ok(StoredRecord {
        card: BlindIndex::from_bytes(row.get(card)?),
        document: row.get::<Option<Vec<u8>>>(document)?.map(BlindIndex::from_bytes),
        content: Sealed::from_bytes(row.get(content)?),
        recorded_at: Timestamp::from_micros(row.get(recorded_at)?),
        strictness: row.get(strictness)?,
    })
}
