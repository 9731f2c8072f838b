//! What a submission asks the store, as one question: whether it was answered before, what others hold, by whom it could be
//! found, what the immigration record says, and which calendar is in force.
//!
//! Each part has a question of its own elsewhere. Together they are one round trip, and one state of the database.

use std::sync::LazyLock;

use uuid::Uuid;

use super::Reader;
use super::bindings::{Binding, BindingKind, other_owners};
use super::duplicates::{KeyChanges, holders, key_slots, latest_holders, places};
use super::engine::{Query, Row, query};
use super::error::StoreError;
use super::registry::{self, StoredRecord};
use super::requests::FirstAnswer;
use crate::domain::duplicate::{KEY_HOLDERS_MAX, KEYS_MAX};
use crate::domain::ids::{EnrolmentId, RequestId, StaffId, Version};
use crate::domain::sealed::{BlindIndex, ContentDigest};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who submits.
    pub caller: StaffId,
    /// The client's name for it.
    pub request: RequestId,
    /// What the application uses.
    pub bindings: &'a [Binding],
    /// The keys by which its person is found.
    pub keys: &'a [BlindIndex],
    /// The residence card, if it has one.
    pub card: Option<&'a BlindIndex>,
}

/// What is there.
#[derive(Clone, Debug)]
pub struct Found {
    /// The first answer under this name.
    pub first: Option<FirstAnswer>,
    /// What serves others, of what the application uses.
    pub taken: Vec<BindingKind>,
    /// How often keys were added beside those asked for.
    pub changes: KeyChanges,
    /// Who holds each key.
    pub holders: Vec<Vec<EnrolmentId>>,
    /// The immigration record of the card.
    pub record: Option<StoredRecord>,
    /// The calendar in force.
    pub calendar: Version,
}

/// $1 to $24 keys, $25 holders of each, $26 to $49 buckets, $50 caller, $51 request, $52 phone, $53 passport, $54 and $55 card.
static ASKED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT 'answer' AS what, CAST(NULL AS BIGINT) AS number, CAST(NULL AS BIGINT) AS count, content AS bytes, \
         CAST(NULL AS BYTEA) AS one, CAST(NULL AS BYTEA) AS other, answer AS text, CAST(NULL AS UUID) AS id \
         FROM request WHERE caller = $50 AND request_id = $51 \
         UNION ALL SELECT 'owner', NULL, NULL, owner, NULL, NULL, kind, NULL FROM binding WHERE kind = 'phone' AND value = $52 \
         UNION ALL SELECT 'owner', NULL, NULL, owner, NULL, NULL, kind, NULL FROM binding WHERE kind = 'passport' AND value = $53 \
         UNION ALL SELECT 'owner', NULL, NULL, owner, NULL, NULL, kind, NULL FROM binding WHERE kind = 'card' AND value = $54 \
         UNION ALL SELECT 'calendar', version, NULL, NULL, NULL, NULL, NULL, NULL FROM \
         (SELECT version FROM calendar ORDER BY version DESC LIMIT 1) AS latest \
         UNION ALL SELECT 'record', recorded_at, strictness, content, card_index, document_index, NULL, NULL \
         FROM registry_record WHERE card_index = $55 \
         UNION ALL SELECT 'bucket', bucket, changes, NULL, NULL, NULL, NULL, NULL FROM duplicate_bucket \
         WHERE bucket IN ({buckets}) \
         UNION ALL SELECT 'holder', NULL, NULL, value, NULL, NULL, NULL, enrolment FROM ({holders}) AS holders",
        buckets = places(26),
        holders = latest_holders(),
    )
});
const _: () = assert!(KEYS_MAX == 24, "the places behind those of keys and buckets are as the statement has them");

/// The columns in which the answer has a record.
const RECORD_COLUMNS: [&str; 5] = ["one", "other", "bytes", "number", "count"];

/// The statement behind a submission, by its name, for whoever asks how the engines go about it.
pub static INTAKE_STATEMENTS: LazyLock<[(&str, &str); 1]> = LazyLock::new(|| [("intake", ASKED.as_str())]);

impl Reader {
    /// What a submission asks.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn intake(&mut self, asked: &Asked<'_>) -> Result<Found, StoreError> {
        let limit = i64::try_from(KEY_HOLDERS_MAX + 1).unwrap_or(i64::MAX);
        let value = |kind| asked.bindings.iter().find(|binding| binding.kind == kind);
        let bytes = |kind| value(kind).map(|binding| binding.value.as_bytes()).unwrap_or_default();
        let mut changes = KeyChanges::of(asked.keys);
        let question = key_slots(asked.keys).fold(query(&ASKED), Query::bind).bind(limit);
        let question = changes.first_slots().into_iter().fold(question, Query::bind);
        let rows = question
            .bind(asked.caller.uuid())
            .bind(asked.request.uuid())
            .bind(bytes(BindingKind::Phone))
            .bind(bytes(BindingKind::Passport))
            .bind(bytes(BindingKind::Card))
            .bind(asked.card.map(BlindIndex::as_bytes).unwrap_or_default())
            .fetch_all(&mut self.conn())
            .await?;
        let (mut owners, mut pairs) = (Vec::new(), Vec::new());
        let (mut first, mut record, mut calendar) = (None, None, Version::NONE);
        for row in &rows {
            match row.get::<String>("what")?.as_str() {
                "answer" => first = Some(answer(asked, row)?),
                "owner" => owners.push((row.get::<String>("text")?, row.get::<Vec<u8>>("bytes")?)),
                "calendar" => calendar = Version::new(row.get("number")?),
                "record" => record = Some(registry::stored_under(RECORD_COLUMNS, row)?),
                "bucket" => changes.saw(row.get("number")?, row.get("count")?),
                _ => pairs.push((row.get::<Vec<u8>>("bytes")?, row.get::<Uuid>("id")?)),
            }
        }
        let (taken, holders) = (other_owners(asked.bindings, &owners), holders(asked.keys, &pairs));
        Ok(Found { first, taken, changes, holders, record, calendar })
    }
}

fn answer(asked: &Asked<'_>, row: &Row) -> Result<FirstAnswer, StoreError> {
    let content = ContentDigest::from_bytes(row.get("bytes")?);
    Ok(FirstAnswer { caller: asked.caller, request: asked.request, content, answer: row.get("text")? })
}
