//! What a unit of work has yet to send to PostgreSQL: statements that need no answer are sent together, as one.
//!
//! A unit whose statements all wait is one round trip and one implicit transaction. One that reads in between begins a
//! transaction, and what waits goes ahead of the read. A statement of many can say that it failed, and not which of them:
//! then nothing was done, and the unit is run again with its statements one by one.

use std::fmt::Write as _;

use sqlx::{PgConnection, Postgres};
use tracing::{Instrument as _, Span};

use super::pool::{Lent, Line, Pool, is_farewell};
use super::query::{Number, Query, RowName, Value, asked, together};
use crate::observe::spans;
use crate::store::error::StoreError;

/// Statements that are sent as one at most. A unit has fewer.
const TOGETHER_MAX: usize = 64;

/// A unit of PostgreSQL under way.
pub(in crate::store) struct Gathering {
    pool: Pool<Postgres>,
    /// In a transaction, begun by the first statement that needs an answer.
    begun: Option<Lent<Postgres>>,
    waiting: Vec<Waiting>,
    /// The span of the unit to which what waits belongs: it is sent when that is through.
    within: Span,
    /// How often what waited was sent.
    sent: usize,
    /// Whether the database turned down what was sent together.
    refused: bool,
}

/// A statement that waits.
struct Waiting {
    query: Query,
    /// Rows it must touch.
    rows: Option<i64>,
    /// Whether it returns a column that later ones refer to.
    returns: bool,
}

impl Gathering {
    pub(super) fn new(pool: Pool<Postgres>) -> Self {
        Self { pool, begun: None, waiting: Vec::new(), within: Span::none(), sent: 0, refused: false }
    }

    /// Whether the unit is to be run again, its statements one by one, because what was sent together was turned down.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused
    }

    /// Has a statement wait that must touch `rows` rows, if that is said.
    pub(super) async fn wait(&mut self, query: Query, rows: Option<i64>) -> Result<(), StoreError> {
        // A row that is changed twice is changed by two statements: those of one do not see each other.
        if self.waiting.len() == TOGETHER_MAX || query.about().is_some_and(|row| self.touches(row)) {
            self.send().await?;
        }
        self.waiting.push(Waiting { query, rows, returns: false });
        self.within = Span::current();
        Ok(())
    }

    /// Has a statement wait that touches one row and returns a number, and tells how later ones refer to it.
    pub(super) async fn wait_for_number(&mut self, query: Query, column: &'static str) -> Result<Number, StoreError> {
        self.wait(query, Some(1)).await?;
        if let Some(last) = self.waiting.last_mut() {
            last.returns = true;
        }
        Ok(Number::later(self.sent, self.waiting.len().saturating_sub(1), column))
    }

    /// The connection, in a transaction, for a statement that needs an answer now. What waits goes ahead of it, unless it is
    /// about one row that nothing of that touches.
    pub(super) async fn line(&mut self, about: Option<&RowName>) -> Result<Line<'_, PgConnection>, StoreError> {
        if about.is_none_or(|row| self.touches(row)) {
            self.send().await?;
        }
        Ok(self.begun().await?.line())
    }

    /// Whether a statement waits that touches that row.
    fn touches(&self, row: &RowName) -> bool {
        self.waiting.iter().any(|waiting| waiting.query.about() == Some(row))
    }

    /// Commits what the unit did, or undoes it.
    pub(super) async fn finish(&mut self, whole: bool) -> Result<(), StoreError> {
        if !whole {
            self.waiting.clear();
            return match self.begun.take() {
                Some(mut begun) => Ok(begun.end("ROLLBACK").await?),
                None => Ok(()),
            };
        }
        if self.begun.is_some() {
            self.send().await?;
        }
        let Some(mut begun) = self.begun.take() else { return self.send_alone().await };
        Ok(begun.end("COMMIT").await?)
    }

    async fn begun(&mut self) -> Result<&mut Lent<Postgres>, StoreError> {
        if self.begun.is_none() {
            let mut lent = self.pool.lend().await?;
            lent.begin("BEGIN").await?;
            self.begun = Some(lent);
        }
        self.begun.as_mut().ok_or(StoreError::Unavailable(sqlx::Error::PoolClosed))
    }

    /// Sends what waits, within the transaction.
    async fn send(&mut self) -> Result<(), StoreError> {
        let Some((text, values)) = self.together() else { return Ok(()) };
        let span = self.span(&text);
        let sent = run(self.begun().await?, text, values).instrument(span).await;
        self.noted(sent)
    }

    /// Sends what waits as all that the unit does: the statement is its own transaction.
    async fn send_alone(&mut self) -> Result<(), StoreError> {
        let Some((text, values)) = self.together() else { return Ok(()) };
        let span = self.span(&text);
        let mut lent = self.pool.lend().await?;
        let sent = run(&mut lent, text, values).instrument(span).await;
        self.noted(sent)
    }

    fn span(&self, text: &str) -> Span {
        self.within.in_scope(|| spans::statement("postgresql", text))
    }

    fn noted(&mut self, outcome: Result<(), sqlx::Error>) -> Result<(), StoreError> {
        // After a farewell nobody knows what was done: that is no refusal.
        self.refused |= matches!(&outcome, Err(error @ sqlx::Error::Database(_)) if !is_farewell(error));
        Ok(outcome?)
    }

    /// What waits as one statement, with its values; nothing waits any more.
    fn together(&mut self) -> Option<(String, Vec<Value>)> {
        if self.waiting.is_empty() {
            return None;
        }
        let (mut text, mut whole, mut values) = (String::from("WITH "), String::new(), Vec::new());
        for (place, Waiting { query, rows, returns }) in self.waiting.drain(..).enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            let _ = write!(text, "{separator}s{place} AS (");
            let (sql, bound) = query.into_parts();
            place_values(&mut text, sql, bound, self.sent, &mut values);
            text.push_str(if returns { ")" } else { " RETURNING 1)" });
            // Each is named here in its turn, so that all units take their locks in the same order.
            let join = if place == 0 { "" } else { " AND " };
            let touched = rows.map_or_else(|| ">= 0".to_owned(), |rows| format!("= {rows}"));
            let _ = write!(whole, "{join}(SELECT count(*) FROM s{place}) {touched}");
        }
        self.sent += 1;
        // A statement that touched other rows than it must undoes all of them, by the only error that can be had anywhere.
        let _ = write!(text, " SELECT 1 / CASE WHEN {whole} THEN 1 ELSE 0 END");
        Some((text, values))
    }
}

async fn run(lent: &mut Lent<Postgres>, text: String, values: Vec<Value>) -> Result<(), sqlx::Error> {
    let line = lent.line();
    asked!(line, together(text, values).execute);
    Ok(())
}

/// Writes a statement into `text`, its places numbered on behind `values`, which its own values join. What refers to a number
/// of an earlier statement is read from there.
pub(super) fn place_values(text: &mut String, sql: &str, bound: Vec<Value>, group: usize, values: &mut Vec<Value>) {
    let mut places = Vec::with_capacity(bound.len());
    for value in bound {
        let later = value.refers_to(group);
        values.push(value.into_plain(group));
        let place = values.len();
        places.push(match later {
            Some((statement, column)) => format!("((SELECT {column} FROM s{statement}) + ${place})"),
            None => format!("${place}"),
        });
    }
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let digits = after.find(|next: char| !next.is_ascii_digit()).unwrap_or(after.len());
        let (number, behind) = after.split_at(digits);
        let place = number.parse::<usize>().ok().and_then(|number| places.get(number.checked_sub(1)?));
        text.push_str(place.map_or("$0", String::as_str));
        rest = behind;
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::super::query::{change, insert, read};
    use super::*;

    #[tokio::test]
    async fn statements_are_sent_as_one_in_their_order_with_their_places_numbered_on() {
        let pool = Pool::new("postgres://nobody@localhost/nothing".parse().unwrap(), 1).unwrap();
        let mut gathering = Gathering::new(pool);
        gathering.wait(insert("INSERT INTO one (a, b) VALUES ($1, $2)").bind(1).bind("x"), Some(1)).await.unwrap();
        let counted = insert("INSERT INTO two (n) VALUES ($1) RETURNING n").bind(5);
        let number = gathering.wait_for_number(counted, "n").await.unwrap();
        let third = insert("INSERT INTO three (n, m, n2) VALUES ($1, $2, $1)").bind(number.plus(-2)).bind(7);
        gathering.wait(third, None).await.unwrap();
        let (text, values) = gathering.together().unwrap();
        assert_eq!(
            text,
            "WITH s0 AS (INSERT INTO one (a, b) VALUES ($1, $2) RETURNING 1), \
             s1 AS (INSERT INTO two (n) VALUES ($3) RETURNING n), \
             s2 AS (INSERT INTO three (n, m, n2) VALUES (((SELECT n FROM s1) + $4), $5, ((SELECT n FROM s1) + $4)) RETURNING 1) \
             SELECT 1 / CASE WHEN (SELECT count(*) FROM s0) = 1 AND (SELECT count(*) FROM s1) = 1 \
             AND (SELECT count(*) FROM s2) >= 0 THEN 1 ELSE 0 END"
        );
        assert_eq!(values.len(), 5);
        assert!(gathering.together().is_none());
    }

    #[tokio::test]
    async fn changes_of_different_rows_wait_together_and_one_of_the_same_row_is_noticed() {
        let pool = Pool::new("postgres://nobody@localhost/nothing".parse().unwrap(), 1).unwrap();
        let mut gathering = Gathering::new(pool);
        gathering.wait(change("UPDATE one SET a = 1 WHERE id = $1", "one", [1]).bind(1), Some(1)).await.unwrap();
        gathering.wait(change("UPDATE two SET a = 1 WHERE id = $1", "two", [1]).bind(1), Some(1)).await.unwrap();
        gathering.wait(insert("INSERT INTO three (a) VALUES ($1)").bind(1), Some(1)).await.unwrap();
        let touched = |table, key| gathering.touches(read("SELECT a", table, [key]).about().unwrap());
        assert_eq!(
            [touched("one", 1), touched("one", 2), touched("two", 1), touched("three", 1)],
            [true, false, true, false]
        );
        let (text, _) = gathering.together().unwrap();
        assert_eq!(text.matches("UPDATE").count(), 2, "{text}");
    }
}
