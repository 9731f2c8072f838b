//! Statements and rows, the same for both engines: values and columns of the few types that both understand.

use sqlx::postgres::PgRow;
use sqlx::query::Query as Prepared;
use sqlx::sqlite::SqliteRow;
use sqlx::{Database, PgConnection, Postgres, Row as _, Sqlite, SqliteConnection};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use super::batch::Batch;
use super::gather::Gathering;
use super::pool::Line;
use crate::observe::spans;
use crate::store::error::StoreError;

/// A connection of either kind.
pub(in crate::store) enum Conn<'c> {
    /// The embedded database.
    Sqlite(Line<'c, SqliteConnection>),
    /// The server.
    Postgres(Line<'c, PgConnection>),
    /// The embedded database, within a unit of work: what needs no answer waits, to be told together.
    Batching(Batch<'c>),
    /// The server, within a unit of work: what needs no answer waits, to be sent together.
    Gathering(&'c mut Gathering),
}

/// A value of the few types that both engines understand.
#[derive(Clone)]
pub(in crate::store) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Id(Option<Uuid>),
    Bool(Option<bool>),
    /// A number that a statement returns which is sent together with this one: which one's, which column's, and what is
    /// added to it.
    Later {
        group: usize,
        statement: usize,
        column: &'static str,
        plus: i64,
    },
}

/// A number that a statement returned, or will when it is sent.
#[derive(Clone, Copy)]
pub(in crate::store) enum Number {
    Known(i64),
    Later { group: usize, statement: usize, column: &'static str, plus: i64 },
}

impl Number {
    pub(super) const fn later(group: usize, statement: usize, column: &'static str) -> Self {
        Self::Later { group, statement, column, plus: 0 }
    }

    /// The sum.
    pub(in crate::store) const fn plus(self, more: i64) -> Self {
        match self {
            Self::Known(number) => Self::Known(number.saturating_add(more)),
            Self::Later { group, statement, column, plus } => {
                Self::Later { group, statement, column, plus: plus.saturating_add(more) }
            }
        }
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Known(number) => Self::Int(Some(number)),
            Number::Later { group, statement, column, plus } => Self::Later { group, statement, column, plus },
        }
    }
}

impl Value {
    /// The statement of that group, and its column, that this refers to.
    pub(super) fn refers_to(&self, group: usize) -> Option<(usize, &'static str)> {
        match self {
            Self::Later { group: of, statement, column, .. } if *of == group => Some((*statement, column)),
            _ => None,
        }
    }

    /// What is bound: of a number to come, what is added to it. One that was sent already cannot be referred to: it is bound
    /// as nothing, which no column takes that has numbers.
    pub(super) fn into_plain(self, group: usize) -> Self {
        match self {
            Self::Later { group: of, plus, .. } => Self::Int((of == group).then_some(plus)),
            plain => plain,
        }
    }
}

macro_rules! values {
    ($($type:ty => $variant:ident;)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}

values! {
    i64 => Int;
    String => Text;
    Vec<u8> => Bytes;
    Uuid => Id;
    bool => Bool;
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_owned()))
    }
}

/// A statement and its values. The text is a literal: values never become part of it.
pub(in crate::store) struct Query {
    sql: &'static str,
    values: Vec<Value>,
    /// Whether it may be sent together with others of its unit.
    may_wait: bool,
    /// The one row that it is about, if it says so: all others may change meanwhile.
    about: Option<RowName>,
}

/// A row by which statements of a unit may meet: its table, and what tells it from others there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::store) struct RowName {
    table: &'static str,
    key: Vec<u8>,
}

/// Begins a statement; `$1`, `$2`, … stand for the values in the order they are bound.
pub(in crate::store) fn query(sql: &'static str) -> Query {
    Query { sql, values: Vec::new(), may_wait: false, about: None }
}

/// Begins an INSERT that may be sent together with others of its unit: it reads nothing that those write, and touches no row
/// that they touch.
pub(in crate::store) fn insert(sql: &'static str) -> Query {
    Query { may_wait: true, ..query(sql) }
}

/// Begins a change of one row that may be sent together with others of its unit. Those that touch the same row go ahead of it.
pub(in crate::store) fn change(sql: &'static str, table: &'static str, key: impl AsRef<[u8]>) -> Query {
    Query { may_wait: true, ..read(sql, table, key) }
}

/// Begins a statement that reads one row and holds none: what else of the unit waits need not go ahead of it.
pub(in crate::store) fn read(sql: &'static str, table: &'static str, key: impl AsRef<[u8]>) -> Query {
    Query { about: Some(RowName { table, key: key.as_ref().to_vec() }), ..query(sql) }
}

macro_rules! bound {
    ($query:expr, $values:expr) => {
        $values.into_iter().fold($query, |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Id(value) => query.bind(value),
            Value::Bool(value) => query.bind(value),
            Value::Later { plus, .. } => query.bind(plus),
        })
    };
}

/// What a connection answers, which is noted to be at work meanwhile.
macro_rules! asked {
    ($line:ident, $($ask:tt)+) => {{
        $line.doing.begins();
        let outcome = $($ask)+(&mut *$line.connection).await;
        $line.doing.ended(outcome)?
    }};
}
pub(super) use asked;

/// Statements that are sent as one. Their texts are literals.
pub(super) fn together(
    text: String,
    values: Vec<Value>,
) -> Prepared<'static, Postgres, <Postgres as Database>::Arguments> {
    #[expect(clippy::disallowed_methods, reason = "made of literals, with the numbers of their places changed")]
    let text = sqlx::AssertSqlSafe(text);
    bound!(sqlx::query::<Postgres>(text), values)
}

/// The same for SQLite: several statements in one text.
pub(super) fn on_sqlite(
    text: String,
    values: Vec<Value>,
) -> Prepared<'static, Sqlite, <Sqlite as Database>::Arguments> {
    #[expect(clippy::disallowed_methods, reason = "made of literals, with the numbers of their places changed")]
    let text = sqlx::AssertSqlSafe(text);
    bound!(sqlx::query::<Sqlite>(text), values)
}

impl Query {
    /// Binds the next value.
    pub(in crate::store) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// The one row that it is about, if it says so.
    pub(super) const fn about(&self) -> Option<&RowName> {
        self.about.as_ref()
    }

    pub(super) fn into_parts(self) -> (&'static str, Vec<Value>) {
        (self.sql, self.values)
    }

    fn on_sqlite(self) -> Prepared<'static, Sqlite, <Sqlite as Database>::Arguments> {
        bound!(sqlx::query::<Sqlite>(self.sql), self.values)
    }

    fn on_postgres(self) -> Prepared<'static, Postgres, <Postgres as Database>::Arguments> {
        bound!(sqlx::query::<Postgres>(self.sql), self.values)
    }

    /// Runs the statement; how many rows it touched.
    pub(in crate::store) async fn execute(self, conn: &mut Conn<'_>) -> Result<u64, StoreError> {
        let span = self.span(conn);
        let running = async {
            Ok::<_, StoreError>(match conn {
                Conn::Sqlite(line) => asked!(line, self.on_sqlite().execute).rows_affected(),
                Conn::Batching(unit) => {
                    let line = unit.line(self.about()).await?;
                    asked!(line, self.on_sqlite().execute).rows_affected()
                }
                Conn::Postgres(line) => asked!(line, self.on_postgres().execute).rows_affected(),
                Conn::Gathering(unit) => {
                    let line = unit.line(self.about()).await?;
                    asked!(line, self.on_postgres().execute).rows_affected()
                }
            })
        };
        let touched = running.instrument(span.clone()).await?;
        spans::rows(&span, touched);
        Ok(touched)
    }

    /// Runs a statement, however many rows it touches.
    pub(in crate::store) async fn run(self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        match conn {
            Conn::Gathering(unit) if self.may_wait => unit.wait(self, None).await,
            Conn::Batching(unit) if self.may_wait => {
                unit.wait(self, None);
                Ok(())
            }
            conn => self.execute(conn).await.map(drop),
        }
    }

    /// Runs a statement that must touch so many rows: it holds its own check. `otherwise` says what it means if it does not.
    pub(in crate::store) async fn execute_exactly(
        self,
        rows: usize,
        otherwise: StoreError,
        conn: &mut Conn<'_>,
    ) -> Result<(), StoreError> {
        match conn {
            Conn::Gathering(unit) if self.may_wait => unit.wait(self, i64::try_from(rows).ok()).await,
            Conn::Batching(unit) if self.may_wait => {
                unit.wait(self, u64::try_from(rows).ok());
                Ok(())
            }
            conn => {
                let touched = usize::try_from(self.execute(conn).await?);
                (touched == Ok(rows)).then_some(()).ok_or(otherwise)
            }
        }
    }

    /// Runs a statement that must touch exactly one row.
    pub(in crate::store) async fn execute_one(self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        self.execute_exactly(1, StoreError::Changed, conn).await
    }

    /// Runs a statement that touches one row and returns a number in `column`, for the statements behind it.
    pub(in crate::store) async fn number(
        self,
        column: &'static str,
        conn: &mut Conn<'_>,
    ) -> Result<Number, StoreError> {
        match conn {
            Conn::Gathering(unit) if self.may_wait => unit.wait_for_number(self, column).await,
            Conn::Batching(unit) if self.may_wait => {
                let line = unit.line_beside();
                let row = asked!(line, self.on_sqlite().fetch_optional).map(Row::Sqlite);
                row.ok_or(StoreError::Changed)?.get(column).map(Number::Known)
            }
            conn => {
                let row = self.fetch_optional(conn).await?.ok_or(StoreError::Changed)?;
                row.get(column).map(Number::Known)
            }
        }
    }

    /// The rows of the answer. Statements limit themselves.
    pub(in crate::store) async fn fetch_all(self, conn: &mut Conn<'_>) -> Result<Vec<Row>, StoreError> {
        let span = self.span(conn);
        let running = async {
            Ok::<Vec<_>, StoreError>(match conn {
                Conn::Sqlite(line) => asked!(line, self.on_sqlite().fetch_all).into_iter().map(Row::Sqlite).collect(),
                Conn::Batching(unit) => {
                    let line = unit.line(self.about()).await?;
                    asked!(line, self.on_sqlite().fetch_all).into_iter().map(Row::Sqlite).collect()
                }
                Conn::Postgres(line) => rows(asked!(line, self.on_postgres().fetch_all)),
                Conn::Gathering(unit) => {
                    let line = unit.line(self.about()).await?;
                    rows(asked!(line, self.on_postgres().fetch_all))
                }
            })
        };
        let found = running.instrument(span.clone()).await?;
        spans::rows(&span, u64::try_from(found.len()).unwrap_or(u64::MAX));
        Ok(found)
    }

    /// The one row of the answer, if there is one.
    pub(in crate::store) async fn fetch_optional(self, conn: &mut Conn<'_>) -> Result<Option<Row>, StoreError> {
        let span = self.span(conn);
        let running = async {
            Ok::<_, StoreError>(match conn {
                Conn::Sqlite(line) => asked!(line, self.on_sqlite().fetch_optional).map(Row::Sqlite),
                Conn::Batching(unit) => {
                    let line = unit.line(self.about()).await?;
                    asked!(line, self.on_sqlite().fetch_optional).map(Row::Sqlite)
                }
                Conn::Postgres(line) => asked!(line, self.on_postgres().fetch_optional).map(Row::Postgres),
                Conn::Gathering(unit) => {
                    let line = unit.line(self.about()).await?;
                    asked!(line, self.on_postgres().fetch_optional).map(Row::Postgres)
                }
            })
        };
        let row = running.instrument(span.clone()).await?;
        spans::rows(&span, u64::from(row.is_some()));
        Ok(row)
    }

    fn span(&self, conn: &Conn<'_>) -> Span {
        let system = match conn {
            Conn::Sqlite(_) | Conn::Batching(_) => "sqlite",
            Conn::Postgres(_) | Conn::Gathering(_) => "postgresql",
        };
        spans::statement(system, self.sql)
    }
}

fn rows(rows: Vec<PgRow>) -> Vec<Row> {
    rows.into_iter().map(Row::Postgres).collect()
}

/// A row of either kind.
pub(in crate::store) enum Row {
    /// Of the embedded database.
    Sqlite(SqliteRow),
    /// Of the server.
    Postgres(PgRow),
}

/// A type that both engines can read from a column.
pub(in crate::store) trait Column:
    for<'r> sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite> + for<'r> sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> sqlx::Decode<'r, Sqlite>
        + sqlx::Type<Sqlite>
        + for<'r> sqlx::Decode<'r, Postgres>
        + sqlx::Type<Postgres>
{
}

impl Row {
    /// The value of a column.
    pub(in crate::store) fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
        let read = match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        };
        read.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, column, "a column cannot be read");
            StoreError::Corrupt { column }
        })
    }
}
