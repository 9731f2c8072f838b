//! Turns at passports: records that name a passport and the account that comes to have it do not miss each other.
//!
//! Each side writes, takes its turn, and only then looks for what the other wrote. A turn is a row that stays locked until the
//! commit, so that of two at once the second looks when the first can be seen. Nobody is turned away by a turn alone: whoever
//! shares one by chance waits for a commit, no more.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::engine::{Conn, Query, insert, query};
use super::error::StoreError;
use crate::domain::sealed::BlindIndex;

/// Turns that there are: so many that passports seldom share one, and few enough for a batch of records to take all of them.
const TURNS: usize = 128;
/// No turn: in the places of a statement that are left.
const NONE: i64 = -1;

/// Takes so many turns in their order: who takes the same ones at the same time waits for the first, and never for each other.
static TAKE: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<_> = (1..=TURNS).map(|place| format!("(${place})")).collect();
    format!(
        "INSERT INTO passport_turn (bucket, taken) SELECT column1, 1 FROM (VALUES {}) AS turn \
         WHERE column1 >= 0 ORDER BY column1 ON CONFLICT (bucket) DO UPDATE SET taken = passport_turn.taken + 1",
        places.join(", ")
    )
});

/// The turn of a passport, one of [`TURNS`]. It keeps the order of the indexes.
fn turn(passport: &BlindIndex) -> i64 {
    i64::from(passport.as_bytes().first().copied().unwrap_or_default() >> 1)
}

/// Takes the turn of one passport, together with what waits.
pub(super) async fn take(passport: &BlindIndex, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    insert(
        "INSERT INTO passport_turn (bucket, taken) VALUES ($1, 1) \
         ON CONFLICT (bucket) DO UPDATE SET taken = passport_turn.taken + 1",
    )
    .bind(turn(passport))
    .run(conn)
    .await
}

/// Takes the turns of many.
pub(super) async fn take_each(
    passports: impl Iterator<Item = &BlindIndex>,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let turns: BTreeSet<_> = passports.map(turn).collect();
    if turns.is_empty() {
        return Ok(());
    }
    let slots = turns.into_iter().chain(std::iter::repeat(NONE)).take(TURNS);
    slots.fold(query(&TAKE), Query::bind).execute(conn).await.map(drop)
}
