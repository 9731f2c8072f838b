//! Statements and rows, the same for both engines: values and columns of the few types that both understand.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{PgConnection, Postgres, Row as _, Sqlite, SqliteConnection};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::observe::spans;
use crate::store::error::StoreError;

/// A connection of either kind.
pub(in crate::store) enum Conn<'c> {
    /// The embedded database.
    Sqlite(&'c mut SqliteConnection),
    /// The server.
    Postgres(&'c mut PgConnection),
}

/// A value of the few types that both engines understand.
#[derive(Clone)]
pub(in crate::store) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Id(Option<Uuid>),
    Bool(Option<bool>),
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
}

/// Begins a statement; `$1`, `$2`, … stand for the values in the order they are bound.
pub(in crate::store) fn query(sql: &'static str) -> Query {
    Query { sql, values: Vec::new() }
}

macro_rules! bound {
    ($self:ident, $engine:ty) => {
        $self.values.into_iter().fold(sqlx::query::<$engine>($self.sql), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
            Value::Id(value) => query.bind(value),
            Value::Bool(value) => query.bind(value),
        })
    };
}

impl Query {
    /// Binds the next value.
    pub(in crate::store) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs the statement; how many rows it touched.
    pub(in crate::store) async fn execute(self, conn: &mut Conn<'_>) -> Result<u64, StoreError> {
        let span = self.span(conn);
        let running = async {
            Ok::<_, StoreError>(match conn {
                Conn::Sqlite(conn) => bound!(self, Sqlite).execute(&mut **conn).await?.rows_affected(),
                Conn::Postgres(conn) => bound!(self, Postgres).execute(&mut **conn).await?.rows_affected(),
            })
        };
        let touched = running.instrument(span.clone()).await?;
        spans::rows(&span, touched);
        Ok(touched)
    }

    /// Runs a statement that must touch exactly one row: it holds its own check.
    pub(in crate::store) async fn execute_one(self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        (self.execute(conn).await? == 1).then_some(()).ok_or(StoreError::Changed)
    }

    /// The rows of the answer. Statements limit themselves.
    pub(in crate::store) async fn fetch_all(self, conn: &mut Conn<'_>) -> Result<Vec<Row>, StoreError> {
        let span = self.span(conn);
        let running = async {
            Ok::<Vec<_>, StoreError>(match conn {
                Conn::Sqlite(conn) => {
                    bound!(self, Sqlite).fetch_all(&mut **conn).await?.into_iter().map(Row::Sqlite).collect()
                }
                Conn::Postgres(conn) => {
                    bound!(self, Postgres).fetch_all(&mut **conn).await?.into_iter().map(Row::Postgres).collect()
                }
            })
        };
        let rows = running.instrument(span.clone()).await?;
        spans::rows(&span, u64::try_from(rows.len()).unwrap_or(u64::MAX));
        Ok(rows)
    }

    /// The one row of the answer, if there is one.
    pub(in crate::store) async fn fetch_optional(self, conn: &mut Conn<'_>) -> Result<Option<Row>, StoreError> {
        let span = self.span(conn);
        let running = async {
            Ok::<_, StoreError>(match conn {
                Conn::Sqlite(conn) => bound!(self, Sqlite).fetch_optional(&mut **conn).await?.map(Row::Sqlite),
                Conn::Postgres(conn) => bound!(self, Postgres).fetch_optional(&mut **conn).await?.map(Row::Postgres),
            })
        };
        let row = running.instrument(span.clone()).await?;
        spans::rows(&span, u64::from(row.is_some()));
        Ok(row)
    }

    fn span(&self, conn: &Conn<'_>) -> Span {
        let system = match conn {
            Conn::Sqlite(_) => "sqlite",
            Conn::Postgres(_) => "postgresql",
        };
        spans::statement(system, self.sql)
    }
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
