//! The two engines behind one set of statements. This file alone knows that there are two.
//!
//! Reads run on pooled connections, on SQLite such as cannot write. Writes are units of work handed to the engine, which
//! commits them and only then lets them answer: SQLite has one writer, which gathers what waits into one physical
//! transaction, each unit behind a savepoint of its own; PostgreSQL runs each unit in a transaction of its own. A unit
//! that was handed over runs to its end even if whoever asked has gone.

use std::panic::AssertUnwindSafe;
use std::str::FromStr as _;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{
    Acquire as _, ConnectOptions as _, Connection as _, PgConnection, Postgres, Row as _, Sqlite, SqliteConnection,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::error::StoreError;

/// Units of work that SQLite's writer gathers into one transaction.
const GATHERED_MAX: usize = 128;
/// Units of work that may wait for SQLite's writer.
const WAITING_MAX: usize = 1_024;
/// How long PostgreSQL may work on one statement: longer than any call may take. Migrations may take as long as they need.
const STATEMENT_TIMEOUT_MILLIS: &str = "35000";
/// How long a call waits for a connection before it is told that there is none.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// Name of a schema of our own making.
#[derive(Clone, Debug)]
pub struct Schema(String);

impl Schema {
    /// A schema for practice, told from others by `number`.
    pub fn practice(number: u64) -> Self {
        Self(format!("eid_practice_{number:016x}"))
    }
}

/// A database of either kind, open.
#[derive(Clone)]
pub(super) enum Engine {
    /// The embedded one.
    Sqlite {
        options: Box<SqliteConnectOptions>,
        readers: SqlitePool,
        writer: mpsc::Sender<Box<dyn Unit>>,
        closing: CancellationToken,
        tasks: TaskTracker,
    },
    /// The server.
    Postgres { options: Box<PgConnectOptions>, pool: PgPool, tasks: TaskTracker },
}

impl Engine {
    /// Opens `sqlite:PATH` or `postgres://…`; on PostgreSQL within `schema` if one is given.
    pub(super) async fn open(url: &str, connections: u32, schema: Option<&Schema>) -> Result<Self, StoreError> {
        let tasks = TaskTracker::new();
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
                .disable_statement_logging();
            let mut connection = options.connect().await?;
            // Holds the write lock once, so that a file that cannot be written to is noticed now.
            run(&mut connection, "BEGIN IMMEDIATE").await?;
            run(&mut connection, "ROLLBACK").await?;
            let readers = SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .connect_with(options.clone().pragma("query_only", "on"))
                .await?;
            let (writer, waiting) = mpsc::channel(WAITING_MAX);
            let closing = CancellationToken::new();
            tasks.spawn(write_on(connection, waiting, closing.clone()));
            Ok(Self::Sqlite { options: Box::new(options), readers, writer, closing, tasks })
        } else {
            let mut options = PgConnectOptions::from_str(url)?.application_name("eid").disable_statement_logging();
            if let Some(Schema(name)) = schema {
                options = options.options([("search_path", name)]);
            }
            let pool = PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .connect_with(options.clone().options([("statement_timeout", STATEMENT_TIMEOUT_MILLIS)]))
                .await?;
            Ok(Self::Postgres { options: Box::new(options), pool, tasks })
        }
    }

    /// Brings the schema up to date. PostgreSQL: under an advisory lock, so that replicas may start together.
    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        let migrated = match self {
            Self::Sqlite { options, .. } => {
                let mut connection = options.connect().await?;
                let migrated = sqlx::migrate!("migrations/sqlite").run(&mut connection).await;
                connection.close().await?;
                migrated
            }
            Self::Postgres { options, .. } => {
                let mut connection = options.connect().await?;
                let migrated = sqlx::migrate!("migrations/postgres").run(&mut connection).await;
                connection.close().await?;
                migrated
            }
        };
        migrated.map_err(|error| StoreError::Unavailable(sqlx::Error::Migrate(Box::new(error))))
    }

    /// Makes a schema on a PostgreSQL server. SQLite has none: its file is one.
    pub(super) async fn create_schema(url: &str, schema: &Schema) -> Result<(), StoreError> {
        Self::on_server(url, format!("CREATE SCHEMA {}", schema.0)).await
    }

    /// Drops a schema and all that is in it.
    pub(super) async fn drop_schema(url: &str, schema: &Schema) -> Result<(), StoreError> {
        Self::on_server(url, format!("DROP SCHEMA {} CASCADE", schema.0)).await
    }

    async fn on_server(url: &str, statement: String) -> Result<(), StoreError> {
        if url.starts_with("sqlite:") {
            return Ok(());
        }
        let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
        #[expect(clippy::disallowed_methods, reason = "names cannot be bound; a Schema holds letters and digits only")]
        let statement = sqlx::AssertSqlSafe(statement);
        sqlx::query(statement).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// A connection that reads.
    pub(super) async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Reader::Sqlite(readers.acquire().await?),
            Self::Postgres { pool, .. } => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// Runs `work` in a transaction and answers after its commit. An error undoes all of it.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn<'_>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let unit = Box::new(Pending { work: Some(work), outcome: None, reply });
        match self {
            Self::Sqlite { writer, .. } => writer.send(unit).await.map_err(|_| closed())?,
            Self::Postgres { pool, tasks, .. } => {
                tasks.spawn(run_on(pool.clone(), unit));
            }
        }
        answer.await.map_err(|_| closed())?
    }

    /// Lets what was handed over finish, then closes every connection. Clones that live on are closed with it.
    pub(super) async fn close(self) {
        match self {
            Self::Sqlite { readers, closing, tasks, .. } => {
                readers.close().await;
                closing.cancel();
                tasks.close();
                tasks.wait().await;
            }
            Self::Postgres { pool, tasks, .. } => {
                tasks.close();
                tasks.wait().await;
                pool.close().await;
            }
        }
    }
}

fn not_committed() -> StoreError {
    StoreError::Unavailable(sqlx::Error::Protocol("the transaction was not committed".into()))
}

fn closed() -> StoreError {
    StoreError::Unavailable(sqlx::Error::PoolClosed)
}

/// Work that waits for its transaction.
pub(super) trait Unit: Send {
    /// Does the work; true if it may be committed.
    fn run<'c>(&'c mut self, conn: &'c mut Conn<'_>) -> BoxFuture<'c, bool>;
    /// Answers whoever waits, now that the transaction's fate is known.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Pending<F, T> {
    work: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Unit for Pending<F, T>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut Conn<'_>) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn run<'c>(&'c mut self, conn: &'c mut Conn<'_>) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            if let Some(work) = self.work.take() {
                self.outcome = Some(work(conn).await);
            }
            matches!(self.outcome, Some(Ok(_)))
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Err(_), Some(Err(own))) => Err(own),
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(closed()),
        };
        // Whoever asked may have gone; the commit stands all the same.
        let _ = self.reply.send(outcome);
    }
}

/// SQLite's one writer: takes what waits, commits it at once, answers. When closing, takes no more and ends with the last.
async fn write_on(
    mut connection: SqliteConnection,
    mut waiting: mpsc::Receiver<Box<dyn Unit>>,
    closing: CancellationToken,
) {
    let mut units = Vec::with_capacity(GATHERED_MAX);
    loop {
        let taken = tokio::select! {
            biased;
            taken = waiting.recv_many(&mut units, GATHERED_MAX) => taken,
            () = closing.cancelled(), if !waiting.is_closed() => {
                waiting.close();
                continue;
            }
        };
        if taken == 0 {
            break;
        }
        let committed = commit_gathered(&mut connection, &mut units).await;
        if let Err(error) = &committed {
            tracing::error!(error = error as &dyn std::error::Error, units = units.len(), "a commit failed");
            // What is left of the transaction, if anything, must not leak into the next one.
            let _ = run(&mut connection, "ROLLBACK").await;
        }
        for unit in units.drain(..) {
            unit.answer(if committed.is_ok() { Ok(()) } else { Err(not_committed()) });
        }
    }
    let _ = connection.close().await;
}

async fn commit_gathered(connection: &mut SqliteConnection, units: &mut [Box<dyn Unit>]) -> Result<(), sqlx::Error> {
    run(connection, "BEGIN IMMEDIATE").await?;
    for unit in units {
        run(connection, "SAVEPOINT unit").await?;
        // A unit that panics costs only itself; whoever waits for it is told that it was not committed.
        let ran = AssertUnwindSafe(unit.run(&mut Conn::Sqlite(connection))).catch_unwind().await;
        if !ran.unwrap_or(false) {
            run(connection, "ROLLBACK TO unit").await?;
        }
        run(connection, "RELEASE unit").await?;
    }
    run(connection, "COMMIT").await
}

/// PostgreSQL: one unit, one transaction.
async fn run_on(pool: PgPool, mut unit: Box<dyn Unit>) {
    let committed = async {
        let mut connection = pool.acquire().await?;
        let mut transaction = connection.begin().await?;
        if unit.run(&mut Conn::Postgres(&mut transaction)).await {
            transaction.commit().await
        } else {
            transaction.rollback().await
        }
    };
    let committed = committed.await.map_err(StoreError::from);
    unit.answer(committed);
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query::<Sqlite>(sql).execute(connection).await.map(drop)
}

/// A pooled connection for reading.
pub(super) enum Reader {
    /// The embedded database.
    Sqlite(PoolConnection<Sqlite>),
    /// The server.
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    /// The connection, for a query.
    pub(super) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(connection) => Conn::Sqlite(connection),
            Self::Postgres(connection) => Conn::Postgres(connection),
        }
    }
}

/// A connection of either kind.
pub(super) enum Conn<'c> {
    /// The embedded database.
    Sqlite(&'c mut SqliteConnection),
    /// The server.
    Postgres(&'c mut PgConnection),
}

/// A value of the few types that both engines understand.
#[derive(Clone)]
pub(super) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Id(Option<Uuid>),
    Bool(bool),
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
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(Some(value.to_owned()))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// A statement and its values. The text is a literal: values never become part of it.
pub(super) struct Query {
    sql: &'static str,
    values: Vec<Value>,
}

/// Begins a statement; `$1`, `$2`, … stand for the values in the order they are bound.
pub(super) fn query(sql: &'static str) -> Query {
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
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs the statement; how many rows it touched.
    pub(super) async fn execute(self, conn: &mut Conn<'_>) -> Result<u64, StoreError> {
        Ok(match conn {
            Conn::Sqlite(conn) => bound!(self, Sqlite).execute(&mut **conn).await?.rows_affected(),
            Conn::Postgres(conn) => bound!(self, Postgres).execute(&mut **conn).await?.rows_affected(),
        })
    }

    /// Runs a statement that must touch exactly one row: it holds its own check.
    pub(super) async fn execute_one(self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        (self.execute(conn).await? == 1).then_some(()).ok_or(StoreError::Changed)
    }

    /// The rows of the answer. Statements limit themselves.
    pub(super) async fn fetch_all(self, conn: &mut Conn<'_>) -> Result<Vec<Row>, StoreError> {
        Ok(match conn {
            Conn::Sqlite(conn) => {
                bound!(self, Sqlite).fetch_all(&mut **conn).await?.into_iter().map(Row::Sqlite).collect()
            }
            Conn::Postgres(conn) => {
                bound!(self, Postgres).fetch_all(&mut **conn).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// The one row of the answer, if there is one.
    pub(super) async fn fetch_optional(self, conn: &mut Conn<'_>) -> Result<Option<Row>, StoreError> {
        Ok(match conn {
            Conn::Sqlite(conn) => bound!(self, Sqlite).fetch_optional(&mut **conn).await?.map(Row::Sqlite),
            Conn::Postgres(conn) => bound!(self, Postgres).fetch_optional(&mut **conn).await?.map(Row::Postgres),
        })
    }
}

/// A row of either kind.
pub(super) enum Row {
    /// Of the embedded database.
    Sqlite(SqliteRow),
    /// Of the server.
    Postgres(PgRow),
}

/// A type that both engines can read from a column.
pub(super) trait Column:
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
    pub(super) fn get<T: Column>(&self, column: &'static str) -> Result<T, StoreError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_of_the_embedded_database_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("eid.db").display());
        let engine = Engine::open(&url, 1, None).await.unwrap();
        let mut reader = engine.reader().await.unwrap();
        let refused = query("CREATE TABLE mine (id INTEGER)").execute(&mut reader.conn()).await.unwrap_err();
        let StoreError::Unavailable(cause) = refused else { panic!("{refused}") };
        assert!(cause.to_string().contains("readonly"), "{cause}");
    }
}
