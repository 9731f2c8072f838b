//! The two engines behind one set of statements. This folder alone knows that there are two.
//!
//! Reads run on connections that are kept ([`pool`]), on SQLite such as cannot write. Writes are units of work ([`write`]); statements and
//! rows are the same for both ([`query`]). The embedded one is a file, which can be copied ([`copy`]).

mod batch;
pub(super) mod copy;
mod gather;
mod pool;
mod query;
mod write;

pub(super) use query::{Conn, Number, Query, Row, change, insert, query, read};

use std::str::FromStr as _;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Postgres, Sqlite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::pool::{Lent, Pool};
use self::write::{Job, WAITING_MAX};
use super::backlog::PoolUse;
use super::error::StoreError;

/// How long PostgreSQL may work on one statement: longer than any call may take. Migrations may take as long as they need.
const STATEMENT_TIMEOUT_MILLIS: &str = "35000";

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
        readers: Pool<Sqlite>,
        writer: mpsc::Sender<Box<dyn Job>>,
        closing: CancellationToken,
        tasks: TaskTracker,
    },
    /// The server.
    Postgres { options: Box<PgConnectOptions>, pool: Pool<Postgres>, tasks: TaskTracker },
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
                // What is deleted, a key for instance, is overwritten and not only forgotten.
                .pragma("secure_delete", "fast")
                .disable_statement_logging();
            let mut connection = options.connect().await?;
            // Holds the write lock once, so that a file that cannot be written to is noticed now.
            write::run(&mut connection, "BEGIN IMMEDIATE").await?;
            write::run(&mut connection, "ROLLBACK").await?;
            let readers = Pool::open(options.clone().pragma("query_only", "on"), connections).await?;
            let (writer, waiting) = mpsc::channel(WAITING_MAX);
            let closing = CancellationToken::new();
            tasks.spawn(write::write_on(connection, waiting, closing.clone()));
            Ok(Self::Sqlite { options: Box::new(options), readers, writer, closing, tasks })
        } else {
            let mut options = PgConnectOptions::from_str(url)?.application_name("eid").disable_statement_logging();
            if let Some(Schema(name)) = schema {
                options = options.options([("search_path", name)]);
            }
            let serving = options.clone().options([
                ("statement_timeout", STATEMENT_TIMEOUT_MILLIS),
                // Every statement goes by its keys, whatever the values: to plan it anew costs more than to run it. Nor do a few
                // rows of a new table make a plan that is kept when there are many. The tests look at plans made so.
                ("plan_cache_mode", "force_generic_plan"),
                ("enable_seqscan", "off"),
                ("jit", "off"),
            ]);
            // There are some three hundred statements, beside those that units are sent as.
            let pool = Pool::open(serving.statement_cache_capacity(512), connections).await?;
            tasks.spawn(pool.clone().warm());
            Ok(Self::Postgres { options: Box::new(options), pool, tasks })
        }
    }

    /// Brings the schema up to date. PostgreSQL: under an advisory lock, so that replicas may start together.
    pub(super) async fn migrate(&self) -> Result<(), StoreError> {
        let migrated = match self {
            Self::Sqlite { options, .. } => {
                let mut connection = options.connect().await?;
                let migrated = lenient(sqlx::migrate!("migrations/sqlite")).run(&mut connection).await;
                connection.close().await?;
                migrated
            }
            Self::Postgres { options, .. } => {
                let mut connection = options.connect().await?;
                let migrated = lenient(sqlx::migrate!("migrations/postgres")).run(&mut connection).await;
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
        Self::on_server(url, format!("DROP SCHEMA IF EXISTS {} CASCADE", schema.0)).await
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

    /// How the connections are used.
    pub(super) fn pool_use(&self) -> PoolUse {
        let (status, writes_waiting) = match self {
            Self::Sqlite { readers, writer, .. } => (readers.status(), writer.max_capacity() - writer.capacity()),
            Self::Postgres { pool, .. } => (pool.status(), 0),
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (size, idle) = (status.size, status.available.min(status.size));
        PoolUse { busy: count(size - idle), idle: count(idle), max: count(status.max_size), writes_waiting }
    }

    /// A connection that reads.
    pub(super) async fn reader(&self) -> Result<Reader, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Reader::Sqlite(readers.lend().await?),
            Self::Postgres { pool, .. } => Reader::Postgres(pool.lend().await?),
        })
    }

    /// A connection that reads one state of the database, whatever is committed meanwhile.
    pub(super) async fn snapshot(&self) -> Result<Reader, StoreError> {
        let mut reader = self.reader().await?;
        match &mut reader {
            Reader::Sqlite(lent) => lent.begin("BEGIN").await?,
            Reader::Postgres(lent) => lent.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
        }
        Ok(reader)
    }

    /// Runs `work` in a transaction and answers after its commit. An error undoes all of it.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn<'_>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let mut work = Some(work);
        let pending = write::pending(
            move |conn| match work.take() {
                Some(work) => work(conn),
                None => write::not_again(),
            },
            false,
        );
        self.hand_over(pending).await
    }

    /// The same for work that may be run again, should what it sent together be turned down.
    pub(super) async fn commit<F>(&self, work: F) -> Result<(), StoreError>
    where
        F: for<'c> FnMut(&'c mut Conn<'_>) -> BoxFuture<'c, Result<(), StoreError>> + Send + 'static,
    {
        self.hand_over(write::pending(work, true)).await
    }

    async fn hand_over<T>(&self, (job, answer): (Box<dyn Job>, write::Answer<T>)) -> Result<T, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => writer.send(job).await.map_err(|_| write::closed())?,
            Self::Postgres { pool, tasks, .. } => {
                tasks.spawn(write::run_on(pool.clone(), job));
            }
        }
        answer.await.map_err(|_| write::closed())?
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

/// The version of the schema that this release needs: the number of its last migration, which both engines share.
pub(super) fn schema_version() -> i64 {
    sqlx::migrate!("migrations/sqlite").iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Leaves the schema of a later release as it is: this one runs on it, and may have to while releases are exchanged.
fn lenient(mut migrator: Migrator) -> Migrator {
    migrator.set_ignore_missing(true);
    migrator
}

/// A connection for reading. In a transaction it reads one state of the database, as it was at the first read, until it is
/// dropped.
pub(super) enum Reader {
    /// The embedded database.
    Sqlite(Lent<Sqlite>),
    /// The server.
    Postgres(Lent<Postgres>),
}

impl Reader {
    /// The connection, for a query.
    pub(super) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(lent) => Conn::Sqlite(lent.line()),
            Self::Postgres(lent) => Conn::Postgres(lent.line()),
        }
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
