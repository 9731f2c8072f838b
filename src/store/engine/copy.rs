//! The embedded database as a file: copied while it is in use, judged, and asked whether anybody has it open.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use futures::TryStreamExt as _;
use ring::digest::{SHA256, digest};
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection};

use crate::domain::time::Timestamp;
use crate::store::error::StoreError;

/// What a copy holds, as far as it can be told without keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contents {
    /// Entries of the audit log, each with a hash that holds.
    pub entries: u64,
    /// The time of the latest.
    pub latest: Option<Timestamp>,
}

/// Why a file is no database that could be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::store) enum Unsound {
    #[error("it cannot be read as a database")]
    Unreadable(#[from] sqlx::Error),
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("it is no database of this program")]
    Foreign,
    #[error("{0} entries of the audit log are not as they were written")]
    Audit(u64),
}

/// The file that a URL names, if it names one.
pub(in crate::store) fn file_of(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url).ok());
    options.flatten().map(|options| options.get_filename().to_owned())
}

fn existing(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging()
}

/// Copies a database into an empty file, as it is at one moment. Whoever writes to it meanwhile is not held up.
pub(in crate::store) async fn into_file(database: &Path, empty: &Path) -> Result<(), StoreError> {
    let mut connection = existing(database).read_only(true).connect().await?;
    let name = empty.to_str().ok_or_else(|| sqlx::Error::Configuration("the name is not Unicode".into()))?;
    sqlx::query("VACUUM INTO $1").bind(name).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

/// Looks whether a file is a database of this program and sound: its pages, its references, and the hashes of its audit log.
pub(in crate::store) async fn judge(file: &Path) -> Result<Contents, Unsound> {
    let mut connection = existing(file).read_only(true).connect().await?;
    let judged = judge_open(&mut connection).await;
    connection.close().await?;
    judged
}

async fn judge_open(connection: &mut SqliteConnection) -> Result<Contents, Unsound> {
    let told: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(3)").fetch_all(&mut *connection).await?;
    if told != ["ok"] {
        return Err(Unsound::Damaged(told.join("; ")));
    }
    if let Some(row) = sqlx::query("PRAGMA foreign_key_check").fetch_optional(&mut *connection).await? {
        return Err(Unsound::Damaged(format!("a row of {} refers to none", row.get::<String, _>(0))));
    }
    let tables =
        "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'audit_entry', 'outbox', 'staff')";
    if sqlx::query_scalar::<_, i64>(tables).fetch_one(&mut *connection).await? != 4 {
        return Err(Unsound::Foreign);
    }
    let (mut entries, mut broken, mut latest) = (0, 0, None);
    let mut rows = sqlx::query("SELECT at, canonical, hash FROM audit_entry").fetch(connection);
    while let Some(row) = rows.try_next().await? {
        entries += 1;
        broken += u64::from(!holds(&row));
        latest = latest.max(Some(row.get::<i64, _>("at")));
    }
    if broken > 0 {
        return Err(Unsound::Audit(broken));
    }
    Ok(Contents { entries, latest: latest.map(Timestamp::from_micros) })
}

fn holds(row: &SqliteRow) -> bool {
    digest(&SHA256, row.get("canonical")).as_ref() == row.get::<&[u8], _>("hash")
}

/// A database that nobody else has open, and nobody can open while this is kept. All of it is in its one file.
pub(in crate::store) struct Alone(SqliteConnection);

impl Alone {
    /// Takes a database for oneself; `None` if somebody has it open. Leaving the write-ahead log takes every lock there is,
    /// those of idle connections too, and brings what the log holds into the file.
    pub(in crate::store) async fn with(file: &Path) -> Result<Option<Self>, StoreError> {
        let mut connection = existing(file).busy_timeout(Duration::ZERO).connect().await?;
        for statement in ["PRAGMA journal_mode = DELETE", "BEGIN EXCLUSIVE"] {
            match sqlx::query(statement).execute(&mut connection).await {
                Ok(_) => {}
                Err(error) if is_locked(&error) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(Self(connection)))
    }

    /// Lets go of it.
    pub(in crate::store) async fn release(self) -> Result<(), StoreError> {
        Ok(self.0.close().await?)
    }
}

/// SQLITE_BUSY, with any of its extensions.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code).and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}
