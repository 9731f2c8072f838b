//! What a unit of work has yet to tell SQLite: statements that need no answer are told together.
//!
//! The connection runs in a thread of its own, and each statement is two changes of threads, which take longer than most
//! statements. What waits is one text of several statements; each says how many rows it touched. If one fails, the unit is
//! undone and run again with its statements one by one, which finds out what it was.

use std::fmt::Write as _;

use futures::TryStreamExt as _;
use sqlx::sqlite::SqliteQueryResult;
use sqlx::{Executor as _, SqliteConnection};
use tracing::{Instrument as _, Span};

use super::gather::place_values;
use super::pool::Line;
use super::query::{Query, RowName, on_sqlite};
use crate::observe::spans;
use crate::store::error::StoreError;

/// A unit of SQLite under way.
pub(in crate::store) struct Batch<'c> {
    line: Line<'c, SqliteConnection>,
    /// Statements, and how many rows each must touch.
    waiting: Vec<(Query, Option<u64>)>,
    /// The span of the unit to which what waits belongs.
    within: Span,
    refused: bool,
}

impl<'c> Batch<'c> {
    pub(super) fn new(line: Line<'c, SqliteConnection>) -> Self {
        Self { line, waiting: Vec::new(), within: Span::none(), refused: false }
    }

    /// Whether the unit is to be undone and run again, its statements one by one.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused
    }

    /// Has a statement wait that must touch `rows` rows, if that is said.
    pub(super) fn wait(&mut self, query: Query, rows: Option<u64>) {
        self.waiting.push((query, rows));
        self.within = Span::current();
    }

    /// The connection, for a statement that needs an answer now. What waits goes ahead of it, unless it is about one row that
    /// nothing of that touches.
    pub(super) async fn line(
        &mut self,
        about: Option<&RowName>,
    ) -> Result<&mut Line<'c, SqliteConnection>, StoreError> {
        let touches = |row: &RowName| self.waiting.iter().any(|(waiting, _)| waiting.about() == Some(row));
        if about.is_none_or(touches) {
            self.flush().await?;
        }
        Ok(&mut self.line)
    }

    /// The connection, for a statement that reads and touches nothing that others of the unit do.
    pub(super) const fn line_beside(&mut self) -> &mut Line<'c, SqliteConnection> {
        &mut self.line
    }

    /// Tells what waits.
    pub(super) async fn flush(&mut self) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (mut text, mut values, mut expected) = (String::new(), Vec::new(), Vec::new());
        for (query, rows) in self.waiting.drain(..) {
            let (sql, bound) = query.into_parts();
            place_values(&mut text, sql, bound, 0, &mut values);
            let _ = text.write_str("; ");
            expected.push(rows);
        }
        let span = self.within.in_scope(|| spans::statement("sqlite", &text));
        self.line.doing.begins();
        let told = (&mut *self.line.connection).execute_many(on_sqlite(text, values));
        let outcome = told.map_ok(|done: SqliteQueryResult| done.rows_affected()).try_collect::<Vec<_>>();
        let outcome = self.line.doing.ended(outcome.instrument(span).await);
        let touched = outcome.inspect_err(|_| self.refused = true)?;
        let as_expected = |(touched, rows): (&u64, &Option<u64>)| rows.is_none_or(|rows| rows == *touched);
        if touched.len() == expected.len() && touched.iter().zip(&expected).all(as_expected) {
            return Ok(());
        }
        self.refused = true;
        Err(StoreError::Changed)
    }
}
