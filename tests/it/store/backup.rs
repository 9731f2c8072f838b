//! Copies of the embedded database: as at one moment, never over another, and back in its place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use eid::store::{self, BackupFault, Change, Restoring, Store};
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use tempfile::TempDir;

use super::scene::{NOBODY, Scene};
use crate::support::database::on_postgres;
use crate::support::records::NOW;

/// A database with something in it, and a folder for copies.
struct Site {
    scene: Scene,
    folder: TempDir,
}

impl Site {
    async fn new() -> Self {
        let (scene, folder) = (Scene::new().await, tempfile::tempdir().unwrap());
        scene.account().await;
        Self { scene, folder }
    }

    fn url(&self) -> &str {
        self.scene.database.url()
    }

    fn database(&self) -> PathBuf {
        self.url().strip_prefix("sqlite:").unwrap().into()
    }

    fn copy(&self) -> PathBuf {
        self.folder.path().join("copy.sqlite")
    }

    /// A copy is made.
    async fn copied(&self) -> PathBuf {
        store::back_up(self.url(), &self.copy()).await.unwrap();
        self.copy()
    }

    /// Whoever had the database open has gone.
    async fn close(&self) {
        self.scene.store.clone().close().await;
    }

    async fn begin(&self, replace: bool) -> Result<Restoring, BackupFault> {
        Restoring::begin(self.url(), &self.copy(), replace).await.map(|(restoring, _)| restoring)
    }

    /// The copy is put in the place of the database; the former one's name.
    async fn restored(&self) -> Result<Option<PathBuf>, BackupFault> {
        let restoring = self.begin(true).await?;
        restoring.store().await.unwrap().close().await;
        restoring.finish().await
    }
}

/// How many entries of the audit log a database has.
async fn entries(store: &Store) -> usize {
    store.reader().await.unwrap().audit_of(NOBODY).await.unwrap().len()
}

/// Does something to a file behind the program's back.
async fn tamper(file: &Path, statement: &'static str) {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.close().await.unwrap();
}

fn reason(fault: &BackupFault) -> String {
    let mut told = fault.to_string();
    let mut cause = std::error::Error::source(fault);
    while let Some(why) = cause {
        told = format!("{told}: {why}");
        cause = why.source();
    }
    told
}

#[tokio::test]
async fn a_server_is_not_copied_here_and_says_where_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (url, file) = ("postgres://eid@nowhere.invalid/eid", folder.path().join("copy"));
    let refused = store::back_up(url, &file).await.unwrap_err();
    assert!(matches!(refused, BackupFault::Server) && refused.to_string().contains("docs/operations.md"));
    assert!(matches!(Restoring::begin(url, &file, true).await, Err(BackupFault::Server)));
    assert!(!file.exists());
}

#[tokio::test]
async fn a_copy_is_for_its_owner_alone_and_never_takes_the_place_of_a_file() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    let copy = site.copied().await;
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&copy).unwrap();
    let refused = store::back_up(site.url(), &copy).await.unwrap_err();
    assert!(matches!(refused, BackupFault::Exists(_)), "{refused}");
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert_eq!(fs::read_dir(site.folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[tokio::test]
async fn what_cannot_be_copied_leaves_no_file() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    let nothing = format!("sqlite:{}", site.folder.path().join("nothing.sqlite").display());
    assert!(matches!(store::back_up(&nothing, &site.copy()).await, Err(BackupFault::Source(..))));
    let nowhere = site.folder.path().join("no folder/copy.sqlite");
    assert!(matches!(store::back_up(site.url(), &nowhere).await, Err(BackupFault::Io(..))));
    assert_eq!(fs::read_dir(site.folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_made_while_others_write_holds_what_was_committed_at_one_moment() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    let before = entries(&site.scene.store).await;
    let copy = site.copy();
    let copying = store::back_up(site.url(), &copy);
    let writing = async {
        for _ in 0..200 {
            site.scene.account().await;
        }
    };
    let (contents, ()) = tokio::join!(copying, writing);
    let contents = contents.unwrap();
    let copied = Store::open(&format!("sqlite:{}", copy.display()), 1).await.unwrap();
    let held = entries(&copied).await;
    assert!((before..=before + 400).contains(&held), "{held}");
    assert_eq!(contents.entries, u64::try_from(held).unwrap());
    copied.close().await;
}

#[tokio::test]
async fn a_database_that_is_open_or_that_nobody_gave_up_is_not_replaced() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    site.copied().await;
    let refused = site.begin(false).await.unwrap_err();
    assert!(refused.to_string().contains("--replace"), "{refused}");
    let refused = site.begin(true).await.unwrap_err();
    assert!(matches!(refused, BackupFault::InUse(_)) && refused.to_string().contains("stop the service"), "{refused}");
    assert_eq!(entries(&site.scene.store).await, 3, "it goes on");
}

#[tokio::test]
async fn a_copy_takes_the_place_of_the_database_which_is_kept_beside_it() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    site.copied().await;
    let before = entries(&site.scene.store).await;
    site.scene.account().await;
    let after = entries(&site.scene.store).await;
    site.close().await;
    let former = site.restored().await.unwrap().unwrap();
    for (file, due) in [(site.database(), before), (former.clone(), after)] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077 & !0o044, 0);
        let store = Store::open(&format!("sqlite:{}", file.display()), 1).await.unwrap();
        assert_eq!(entries(&store).await, due, "{}", file.display());
        store.close().await;
    }
    assert_eq!(fs::metadata(site.database()).unwrap().permissions().mode() & 0o777, 0o600);
    let again = site.restored().await.unwrap_err();
    assert!(matches!(&again, BackupFault::Exists(file) if *file == former), "a former one is not lost: {again}");
}

#[tokio::test]
async fn where_no_database_is_a_copy_becomes_it_but_not_beside_the_remains_of_another() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    site.copied().await;
    site.close().await;
    fs::remove_file(site.database()).unwrap();
    let log = format!("{}-wal", site.database().display());
    fs::write(&log, "x").unwrap();
    assert!(matches!(site.begin(false).await, Err(BackupFault::LeftOver(file)) if file == Path::new(&log)));
    fs::remove_file(&log).unwrap();
    let restoring = site.begin(false).await.unwrap();
    assert_eq!(restoring.finish().await.unwrap(), None);
    let store = Store::open(site.url(), 1).await.unwrap();
    assert_eq!(entries(&store).await, 3);
    store.close().await;
}

#[tokio::test]
async fn a_copy_that_is_damaged_or_foreign_or_was_changed_is_not_put_back() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    let copy = site.copied().await;
    site.close().await;
    let sound = fs::read(&copy).unwrap();
    let refused = async |why: &str| {
        let told = reason(&site.begin(true).await.unwrap_err());
        assert!(told.contains(why), "{told}");
        fs::write(&copy, &sound).unwrap();
    };
    tamper(&copy, "UPDATE audit_entry SET canonical = x'00' WHERE rowid = 1").await;
    refused("1 entries of the audit log are not as they were written").await;
    tamper(&copy, "PRAGMA foreign_keys = OFF; DELETE FROM enrolment").await;
    refused("refers to none").await;
    tamper(&copy, "DROP TABLE audit_entry").await;
    refused("no database of this program").await;
    fs::write(&copy, "not at all").unwrap();
    refused("cannot be read as a database").await;
    fs::write(&copy, &sound[..sound.len() / 2]).unwrap();
    refused("").await;
    assert!(site.begin(true).await.is_ok());
}

#[tokio::test]
async fn what_is_changed_in_a_copy_before_it_takes_its_place_is_in_it() {
    if on_postgres() {
        return;
    }
    let site = Site::new().await;
    let account = site.scene.account().await.account.id;
    site.scene.done([Change::Send(site.scene.make.message(account))]).await;
    site.copied().await;
    site.close().await;
    let restoring = site.begin(true).await.unwrap();
    let staged = restoring.store().await.unwrap();
    staged.commit(site.scene.unit(NOW, [Change::HoldMessages])).await.unwrap();
    staged.close().await;
    restoring.finish().await.unwrap();
    let store = Store::open(site.url(), 1).await.unwrap();
    let count = async |state| store.reader().await.unwrap().messages_in(state).await.unwrap();
    assert_eq!((count("waiting").await, count("failed").await), (0, 1));
    store.close().await;
}
