//! Copies of the embedded database: made while it is in use, and put in its place.
//!
//! Owns their files. Refuses to write over one, to put back one that is damaged, and to take the place of a database that a
//! process has open. What is sealed stays sealed: the key ring is no part of a copy.

use std::fs::{File, hard_link};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Store;
use super::engine::copy::{self, Alone, Unsound};
use super::error::StoreError;

pub use super::engine::copy::Contents;

/// Why no copy was made, or none was put back. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// The settings name a PostgreSQL server.
    #[error("the store is a PostgreSQL server, which is backed up with its own means (docs/operations.md, PostgreSQL)")]
    Server,
    /// There is a file already.
    #[error("{} is there already, and nothing is written over", .0.display())]
    Exists(PathBuf),
    /// There is a database already, and nobody said that it is to go.
    #[error("{} is there; with --replace it is put aside, under that name with .replaced", .0.display())]
    InPlace(PathBuf),
    /// A process has the database open.
    #[error("{} is open in another process: stop the service first, and every other command on it", .0.display())]
    InUse(PathBuf),
    /// What a database left beside itself is there without it.
    #[error("{} is left over from a database that is gone; move it away first: it belongs to no other", .0.display())]
    LeftOver(PathBuf),
    /// The database cannot be read or copied.
    #[error("{} cannot be read", .0.display())]
    Source(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The copy cannot be used.
    #[error("{} cannot be used", .0.display())]
    Copy(PathBuf, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// A file or folder cannot be written or read.
    #[error("{} cannot be written", .0.display())]
    Io(PathBuf, #[source] io::Error),
}

fn unsound(file: &Path) -> impl FnOnce(Unsound) -> BackupFault {
    move |why| BackupFault::Copy(file.to_owned(), why.into())
}

fn unwritten(file: &Path) -> impl FnOnce(io::Error) -> BackupFault {
    move |why| BackupFault::Io(file.to_owned(), why)
}

/// The folder that a file is in.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The name of a file with something behind it.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// An empty file that its owner alone may read, in the folder where another is to be. It goes when it is not kept.
fn staged_for(file: &Path) -> Result<NamedTempFile, BackupFault> {
    let made = tempfile::Builder::new().prefix(".eid-").suffix(".partial").tempfile_in(folder_of(file));
    made.map_err(unwritten(folder_of(file)))
}

/// Gives a file its name, unless that is taken. It is on disk with its name when this returns.
fn keep(staged: NamedTempFile, file: &Path) -> Result<(), BackupFault> {
    staged.as_file().sync_all().map_err(unwritten(file))?;
    staged.persist_noclobber(file).map_err(|fault| match fault.error.kind() {
        io::ErrorKind::AlreadyExists => BackupFault::Exists(file.to_owned()),
        _ => BackupFault::Io(file.to_owned(), fault.error),
    })?;
    sync_folder(file)
}

fn sync_folder(file: &Path) -> Result<(), BackupFault> {
    File::open(folder_of(file)).and_then(|folder| folder.sync_all()).map_err(unwritten(folder_of(file)))
}

/// Copies the embedded database that `url` names to a new file, as it is at one moment, and makes sure that the copy is
/// sound. Whoever uses the database goes on.
///
/// # Errors
/// If the file is there, the database cannot be read, or the copy is not sound; there is no file then.
pub async fn back_up(url: &str, to: &Path) -> Result<Contents, BackupFault> {
    let database = copy::file_of(url).ok_or(BackupFault::Server)?;
    if to.exists() {
        return Err(BackupFault::Exists(to.to_owned()));
    }
    let staged = staged_for(to)?;
    let copied = copy::into_file(&database, staged.path()).await;
    copied.map_err(|why| BackupFault::Source(database, why.into()))?;
    let contents = copy::judge(staged.path()).await.map_err(unsound(to))?;
    keep(staged, to)?;
    Ok(contents)
}

/// A copy that is about to take its place.
#[derive(Debug)]
pub struct Restoring {
    staged: NamedTempFile,
    database: PathBuf,
    /// Whether a database is there that goes aside.
    replaces: bool,
}

impl Restoring {
    /// Copies a backup to where the database that `url` names is to be, under another name. One that is there already goes
    /// aside in the end, if `replace` says so and nobody has it open.
    ///
    /// # Errors
    /// If the backup is not sound, or the place is not free.
    pub async fn begin(url: &str, backup: &Path, replace: bool) -> Result<(Self, Contents), BackupFault> {
        let database = copy::file_of(url).ok_or(BackupFault::Server)?;
        let replaces = database.exists();
        if replaces && !replace {
            return Err(BackupFault::InPlace(database));
        }
        if replaces {
            alone(&database).await?.release().await.map_err(source(&database))?;
        } else {
            no_left_over(&database)?;
        }
        let contents = copy::judge(backup).await.map_err(unsound(backup))?;
        let mut staged = staged_for(&database)?;
        let mut from = File::open(backup).map_err(|why| BackupFault::Source(backup.to_owned(), why.into()))?;
        io::copy(&mut from, staged.as_file_mut()).map_err(unwritten(staged.path()))?;
        Ok((Self { staged, database, replaces }, contents))
    }

    /// The store in the copy, with its schema up to date. It must be closed before [`Restoring::finish`].
    ///
    /// # Errors
    /// If it cannot be opened, or a migration fails.
    pub async fn store(&self) -> Result<Store, StoreError> {
        let name = self.staged.path().display().to_string();
        let store = Store::open(&format!("sqlite:{}", escaped(&name)), 1).await?;
        store.migrate().await?;
        Ok(store)
    }

    /// Puts the copy in its place, whole or not at all; where the former database is now, if there was one.
    ///
    /// # Errors
    /// If somebody has either open, or a file is in the way. The former database is where it was then.
    pub async fn finish(self) -> Result<Option<PathBuf>, BackupFault> {
        let Self { staged, database, replaces } = self;
        // Brings all of the copy into its one file.
        alone(staged.path()).await?.release().await.map_err(source(staged.path()))?;
        if !replaces {
            keep(staged, &database)?;
            return Ok(None);
        }
        let former = beside(&database, ".replaced");
        let held = alone(&database).await?;
        hard_link(&database, &former).map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => BackupFault::Exists(former.clone()),
            _ => BackupFault::Io(former.clone(), why),
        })?;
        staged.as_file().sync_all().map_err(unwritten(&database))?;
        staged.persist(&database).map_err(|fault| BackupFault::Io(database.clone(), fault.error))?;
        sync_folder(&database)?;
        held.release().await.map_err(source(&former))?;
        Ok(Some(former))
    }
}

fn source(file: &Path) -> impl FnOnce(StoreError) -> BackupFault {
    move |why| BackupFault::Source(file.to_owned(), why.into())
}

async fn alone(database: &Path) -> Result<Alone, BackupFault> {
    let alone = Alone::with(database).await.map_err(source(database))?;
    alone.ok_or_else(|| BackupFault::InUse(database.to_owned()))
}

/// A write-ahead log of a database that is gone would be played into the one that takes its place.
fn no_left_over(database: &Path) -> Result<(), BackupFault> {
    let left = ["-wal", "-shm", "-journal"].map(|ending| beside(database, ending));
    left.into_iter().find(|file| file.exists()).map_or(Ok(()), |file| Err(BackupFault::LeftOver(file)))
}

/// The path within a URL, where `%`, `?` and `#` have a meaning.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}
