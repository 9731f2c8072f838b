//! What the immigration database said last of each residence card, whether or not an account has it yet.
//!
//! Facts may come twice and in any order: of each card the last one counts ([`CardFact::order`]). Whoever adds a card to an
//! account holds its row here first, so that a fact which comes at the same time is not missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use time::Date;

use super::account_events::Happened;
use super::engine::{Conn, Row, query};
use super::error::StoreError;
use super::{Reader, life};
use crate::domain::code::day_number;
use crate::domain::ids::AccountId;
use crate::domain::life::CardFact;
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;

/// Cards of one statement.
const ROWS: usize = 100;

static UPSERT_ONE: LazyLock<String> = LazyLock::new(|| upserting(1));
static UPSERT_MANY: LazyLock<String> = LazyLock::new(|| upserting(ROWS));
static HOLDERS: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<_> = (1..=ROWS).map(|place| format!("${place}")).collect();
    format!(
        "SELECT DISTINCT account_id FROM account_document WHERE document_index IN ({}) AND kind <> 'passport'",
        places.join(", ")
    )
});

/// A card, and what was recorded of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotedCard {
    /// Blind index of its kind and number.
    pub card: BlindIndex,
    /// What was recorded.
    pub fact: CardFact,
}

/// Adds so many facts, or puts later ones in the place of earlier ones; tells which cards that changed.
fn upserting(rows: usize) -> String {
    let row = |row: usize| {
        let values: Vec<_> = (1..=4).map(|column| format!("${}", row * 4 + column)).collect();
        format!("({})", values.join(", "))
    };
    format!(
        "INSERT INTO card_fact (card_index, status, valid_until, recorded_at) VALUES {} \
         ON CONFLICT (card_index) DO UPDATE SET status = excluded.status, valid_until = excluded.valid_until, \
         recorded_at = excluded.recorded_at \
         WHERE (card_fact.recorded_at, card_fact.status, -card_fact.valid_until) \
         < (excluded.recorded_at, excluded.status, -excluded.valid_until) RETURNING card_index",
        (0..rows).map(row).collect::<Vec<_>>().join(", ")
    )
}

/// Keeps facts, and settles the accounts whose cards they change.
pub(super) async fn note(
    noted: &[NotedCard],
    at: Timestamp,
    happened: &mut Happened,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    // One statement may touch a row once only. In the order of their keys, two feeds at once cannot block each other.
    let mut last = BTreeMap::<&[u8], &NotedCard>::new();
    for one in noted {
        let kept = last.entry(one.card.as_bytes()).or_insert(one);
        if kept.fact.order() < one.fact.order() {
            *kept = one;
        }
    }
    let cards: Vec<_> = last.into_values().collect();
    let mut changed = Vec::new();
    let (full, rest) = cards.as_chunks::<ROWS>();
    for cards in full {
        changed.extend(upsert(&UPSERT_MANY, cards, conn).await?);
    }
    for card in rest.chunks(1) {
        changed.extend(upsert(&UPSERT_ONE, card, conn).await?);
    }
    let mut holders = BTreeSet::new();
    for cards in changed.chunks(ROWS) {
        let padded = cards.iter().chain(cards.first()).cycle().take(ROWS);
        let asked = padded.fold(query(&HOLDERS), |asked, card| asked.bind(card.as_slice()));
        for row in asked.fetch_all(conn).await? {
            holders.insert(AccountId::new(row.get("account_id")?));
        }
    }
    for holder in holders {
        life::settle(holder, at, happened, conn).await?;
    }
    Ok(())
}

async fn upsert(sql: &'static str, cards: &[&NotedCard], conn: &mut Conn<'_>) -> Result<Vec<Vec<u8>>, StoreError> {
    let bound = cards.iter().fold(query(sql), |query, NotedCard { card, fact }| {
        query
            .bind(card.as_bytes())
            .bind(CardFact::rank(fact.status))
            .bind(day_number(fact.valid_until))
            .bind(fact.recorded_at.micros())
    });
    bound.fetch_all(conn).await?.iter().map(|row| row.get("card_index")).collect()
}

/// Holds a card's row, so that no fact of it comes in between; there is nothing in it yet if none ever came.
pub(super) async fn hold(card: &BlindIndex, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query(
        "INSERT INTO card_fact (card_index, status, valid_until, recorded_at) VALUES ($1, 0, 0, $2) \
         ON CONFLICT (card_index) DO UPDATE SET status = card_fact.status",
    )
    .bind(card.as_bytes())
    .bind(i64::MIN)
    .execute_one(conn)
    .await
}

/// The fact in a row; `None` if none came.
pub(super) fn fact(row: &Row) -> Result<Option<CardFact>, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { column: "status" };
    let Some(rank) = row.get::<Option<i64>>("status")?.filter(|rank| *rank != 0) else { return Ok(None) };
    let (until, recorded) = (row.get::<Option<i64>>("fact_until")?, row.get::<Option<i64>>("recorded_at")?);
    let (Some(status), Some(until), Some(recorded)) = (CardFact::of_rank(rank), until, recorded) else {
        return Err(CORRUPT);
    };
    Ok(Some(CardFact { status, valid_until: day(until)?, recorded_at: Timestamp::from_micros(recorded) }))
}

/// The day of a number that [`day_number`] gave.
pub(super) fn day(number: i64) -> Result<Date, StoreError> {
    let day = i32::try_from(number).ok().and_then(|day| Date::from_julian_day(day).ok());
    day.ok_or(StoreError::Corrupt { column: "valid_until" })
}

impl Reader {
    /// What was recorded last of a card.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn card_fact(&mut self, card: &BlindIndex) -> Result<Option<CardFact>, StoreError> {
        let row = query("SELECT status, valid_until AS fact_until, recorded_at FROM card_fact WHERE card_index = $1")
            .bind(card.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        row.as_ref().map_or(Ok(None), fact)
    }
}
