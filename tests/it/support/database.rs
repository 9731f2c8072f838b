//! A database of its own for each test, on the engine of the pass: PostgreSQL if `EID_TEST_POSTGRES_URL` names one,
//! otherwise SQLite in a folder of its own. It goes when the value goes, also when the test failed.
//!
//! On PostgreSQL it is a schema of its own in the database named: made and dropped in a tenth of the time that
//! `CREATE DATABASE` takes, and as empty, since the program names no schema.

use std::str::FromStr as _;
use std::sync::LazyLock;

use eid::store::Store;
use eid::sys::Dice;
use sqlx::migrate::Migrate as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Connections of each store.
pub const CONNECTIONS: u32 = 4;

/// Databases on PostgreSQL at once: with their connections they stay under its usual limit of 100.
static AT_ONCE: Semaphore = Semaphore::const_new(16);

/// The database of the PostgreSQL pass. Without TLS unless its URL asks for it: handshakes would take half of the time.
static POSTGRES: LazyLock<Option<String>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "the one place that learns which engine the pass is for")]
    let url = std::env::var("EID_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())?;
    Some(if url.contains("sslmode") { url } else { with(&url, "sslmode=disable") })
});

/// The Redis of the pass, if it has one.
static REDIS: LazyLock<Option<String>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "the one place that learns which servers the pass has")]
    std::env::var("EID_TEST_REDIS_URL").ok().filter(|url| !url.is_empty())
});

/// Where calls are counted in this pass; in the process itself if nowhere.
pub fn redis() -> Option<&'static str> {
    REDIS.as_deref()
}

/// The URL with one more parameter.
fn with(url: &str, parameter: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{parameter}")
}

/// The server of the PostgreSQL pass; on SQLite, none.
pub fn postgres() -> Option<&'static str> {
    POSTGRES.as_deref()
}

/// Whether this is the PostgreSQL pass.
pub fn on_postgres() -> bool {
    POSTGRES.is_some()
}

/// Holds up everything that writes requests, as a slow disk or a backup would; reading goes on.
pub enum Held {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Held {
    /// Takes hold of the database at `url`.
    pub async fn take(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await.expect("a second connection");
            connection.execute("BEGIN IMMEDIATE").await.expect("the write lock");
            return Self::Sqlite(connection);
        }
        let mut connection = PgConnection::connect(url).await.expect("a second connection");
        connection.execute("BEGIN").await.expect("a transaction");
        connection.execute("LOCK TABLE request IN SHARE ROW EXCLUSIVE MODE").await.expect("the lock");
        Self::Postgres(connection)
    }

    pub async fn release(self) {
        match self {
            Self::Sqlite(mut connection) => drop(connection.execute("ROLLBACK").await.expect("it ends")),
            Self::Postgres(mut connection) => drop(connection.execute("ROLLBACK").await.expect("it ends")),
        }
    }
}

/// Holds up, on PostgreSQL, every unit of work just ahead of its commit: at its entry of the audit log.
pub struct HeldEntries(Option<(PgConnectOptions, PgConnection)>);

impl HeldEntries {
    /// Waits until so many units are held up, by this or by one another. On SQLite units come one after the other anyway.
    pub async fn wait_for(&self, units: i64) {
        const HELD_UP: &str = "WITH RECURSIVE held (pid) AS (SELECT pid FROM pg_locks WHERE granted AND mode = 'ShareLock' \
             AND relation = 'audit_entry'::regclass UNION SELECT waiting.pid FROM pg_locks AS waiting JOIN held \
             ON held.pid = ANY (pg_blocking_pids(waiting.pid)) WHERE NOT waiting.granted) SELECT COUNT(*) - 1 FROM held";
        let Some((server, _)) = &self.0 else { return };
        let mut watching = PgConnection::connect_with(server).await.expect("another connection");
        loop {
            let held: i64 = sqlx::query_scalar(HELD_UP).fetch_one(&mut watching).await.expect("the locks can be read");
            if held >= units {
                return;
            }
        }
    }

    pub async fn release(self) {
        if let Self(Some((_, mut connection))) = self {
            connection.execute("ROLLBACK").await.expect("it ends");
        }
    }
}

/// A database that no other test uses.
pub struct Database {
    url: String,
    store: Store,
    home: Home,
}

enum Home {
    Folder { _kept: TempDir },
    Schema { name: String, _place: SemaphorePermit<'static> },
}

impl Database {
    /// A migrated, empty database.
    pub async fn fresh() -> Self {
        let database = Self::bare().await;
        database.store.migrate().await.expect("a new database can be migrated");
        database
    }

    /// A database without any table.
    pub async fn bare() -> Self {
        let (url, home) = match POSTGRES.as_deref() {
            None => Self::in_a_folder(),
            Some(url) => Self::in_a_schema(url).await,
        };
        let store = Store::open(&url, CONNECTIONS).await.expect("a new database can be opened");
        Self { url, store, home }
    }

    fn in_a_folder() -> (String, Home) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        (format!("sqlite:{}", folder.path().join("eid.db").display()), Home::Folder { _kept: folder })
    }

    async fn in_a_schema(url: &str) -> (String, Home) {
        let place = AT_ONCE.acquire().await.expect("never closed");
        // Chance keeps parallel runs on one server apart.
        let name = format!("eid_test_{}", hex::encode(Dice::system().bytes::<8>()));
        let mut connection = PgConnection::connect(url).await.expect("EID_TEST_POSTGRES_URL answers");
        connection.create_schema_if_not_exists(&name).await.expect("a schema can be made there");
        (with(url, &format!("options=-csearch_path%3D{name}")), Home::Schema { name, _place: place })
    }

    /// Where it is, as configuration names it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same for connections that can be told apart: their name at the server begins with `kind`.
    pub fn url_named(&self, kind: &str) -> String {
        match &self.home {
            Home::Folder { .. } => self.url.clone(),
            Home::Schema { name, .. } => with(&self.url, &format!("application_name={kind}_{name}")),
        }
    }

    /// Ends, at the server, every connection of that kind to this database; whatever they do is undone.
    pub async fn sever(&self, kind: &str) {
        let Home::Schema { name, .. } = &self.home else { return };
        let mut connection = PgConnection::connect(&self.url).await.expect("a second connection");
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1")
            .bind(format!("{kind}_{name}"))
            .execute(&mut connection)
            .await
            .expect("its own connections can be ended");
    }

    /// Holds up every unit of work just ahead of its commit.
    pub async fn hold_entries(&self) -> HeldEntries {
        let Home::Schema { .. } = &self.home else { return HeldEntries(None) };
        let server = PgConnectOptions::from_str(&self.url).expect("its own URL");
        let mut connection = PgConnection::connect_with(&server).await.expect("a second connection");
        connection.execute("BEGIN").await.expect("a transaction");
        connection.execute("LOCK TABLE audit_entry IN SHARE MODE").await.expect("the lock");
        HeldEntries(Some((server, connection)))
    }

    /// Where no database is, in the neighbourhood.
    pub fn nowhere(&self) -> String {
        match POSTGRES.as_deref() {
            None => self.url.replace("eid.db", "no/such/folder/eid.db"),
            Some(url) => PgConnectOptions::from_str(url)
                .expect("EID_TEST_POSTGRES_URL is a URL")
                .database("eid_test_nowhere")
                .to_url_lossy()
                .to_string(),
        }
    }

    /// The open store; every call hands out the same one.
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// Every row of every table on PostgreSQL, texts as they are and bytes decoded.
    pub async fn dump(&self) -> Vec<u8> {
        const TABLES: &str = "SELECT table_name::text FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name";
        let mut connection = PgConnection::connect(&self.url).await.expect("a second connection");
        let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut connection).await.expect("a catalogue");
        let mut kept = Vec::new();
        for table in tables {
            #[expect(clippy::disallowed_methods, reason = "a table's name cannot be bound; the server gave this one")]
            let sql = sqlx::AssertSqlSafe(format!("SELECT row_to_json(t)::text FROM \"{table}\" AS t"));
            let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("a table");
            for row in rows {
                let row: serde_json::Value = serde_json::from_str(&row).unwrap();
                for (_, value) in row.as_object().unwrap() {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    kept.extend(text.as_bytes());
                    // Values stay apart, so that one which is looked for is found whole.
                    kept.push(b'\n');
                    kept.extend(text.strip_prefix("\\x").and_then(|hex| hex::decode(hex).ok()).unwrap_or_default());
                    kept.push(b'\n');
                }
            }
        }
        kept
    }

    /// Whether these bytes are anywhere in what is kept: in SQLite's files, its log worked in, or in PostgreSQL's rows.
    pub async fn holds(&self, bytes: &[u8]) -> bool {
        let kept = match self.home {
            Home::Folder { .. } => {
                self.tamper("PRAGMA wal_checkpoint(TRUNCATE)").await;
                let path = self.url.trim_start_matches("sqlite:");
                let files = ["", "-wal"].map(|end| std::fs::read(format!("{path}{end}")).unwrap_or_default());
                files.concat()
            }
            Home::Schema { .. } => self.dump().await,
        };
        kept.windows(bytes.len()).any(|window| window == bytes)
    }

    /// Runs a statement behind the store's back: for what the store itself would never write.
    pub async fn tamper(&self, sql: &'static str) {
        match self.home {
            Home::Folder { .. } => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("a second connection");
                sqlx::query(sql).execute(&mut connection).await.expect("the statement runs");
            }
            Home::Schema { .. } => {
                let mut connection = PgConnection::connect(&self.url).await.expect("a second connection");
                sqlx::query(sql).execute(&mut connection).await.expect("the statement runs");
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (Home::Schema { name, .. }, Some(url)) = (&self.home, POSTGRES.as_deref()) else { return };
        let name = name.clone();
        // A thread with a runtime of its own: that of the test may be ending. Best effort: the verdict stands.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(drop_schema(url, &name))
        });
        let _ = dropping.join();
    }
}

async fn drop_schema(url: &str, name: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    // What the test left running may hold locks, and waits in turn for this to end.
    sqlx::query("SET lock_timeout = '2s'").execute(&mut connection).await?;
    #[expect(clippy::disallowed_methods, reason = "a schema's name cannot be bound; this one is made above")]
    let sql = sqlx::AssertSqlSafe(format!("DROP SCHEMA {name} CASCADE"));
    sqlx::query(sql).execute(&mut connection).await?;
    connection.close().await
}
