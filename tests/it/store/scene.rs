//! A fresh database with an officer in it, and short ways to put the records there that others refer to.

use std::future::Future;

use eid::domain::staff::{Role, StaffMember};
use eid::domain::time::Timestamp;
use eid::store::{Change, Reader, Store, StoreError, StoredAccount, StoredEnrolment, Table, Unit};
use uuid::Uuid;

use crate::support::database::Database;
use crate::support::records::{NOW, Records, received};

/// Subject of the entries of units that are about nothing in particular.
pub const NOBODY: Uuid = Uuid::nil();

/// Where a test plays.
pub struct Scene {
    pub database: Database,
    pub store: Store,
    pub make: Records,
    pub officer: StaffMember,
}

/// What became of a unit, in a form that can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done,
    Changed,
    Taken(Table),
    Unavailable,
    Corrupt(&'static str),
}

/// What became of it.
#[expect(clippy::needless_pass_by_value, reason = "nobody needs the answer afterwards")]
pub fn outcome<T>(result: Result<T, StoreError>) -> Outcome {
    match result {
        Ok(_) => Outcome::Done,
        Err(StoreError::Changed) => Outcome::Changed,
        Err(StoreError::Taken(table)) => Outcome::Taken(table),
        Err(StoreError::Unavailable(_)) => Outcome::Unavailable,
        Err(StoreError::Corrupt { column }) => Outcome::Corrupt(column),
    }
}

impl Scene {
    /// A fresh one.
    pub async fn new() -> Self {
        let database = Database::fresh().await;
        let (store, make) = (database.store(), Records::new());
        let officer = make.staff(Role::Officer);
        let scene = Self { database, store, make, officer };
        scene.done([Change::NewStaff(Box::new(scene.officer.clone()))]).await;
        scene
    }

    /// A unit about nothing in particular.
    pub fn unit(&self, at: Timestamp, changes: impl IntoIterator<Item = Change>) -> Unit {
        Unit::new(self.make.entry(at, NOBODY)).with_all(changes)
    }

    /// Commits the changes; what became of them.
    pub async fn commit(&self, changes: impl IntoIterator<Item = Change>) -> Outcome {
        outcome(self.store.commit(self.unit(NOW, changes)).await)
    }

    /// Commits the changes, which must succeed.
    pub async fn done(&self, changes: impl IntoIterator<Item = Change>) {
        assert_eq!(self.commit(changes).await, Outcome::Done);
    }

    /// A connection that reads.
    pub async fn reader(&self) -> Reader {
        self.store.reader().await.unwrap()
    }

    /// A request that waits, kept.
    pub async fn enrolment(&self) -> StoredEnrolment {
        let stored = self.make.enrolment(self.officer.id);
        self.done([Change::NewEnrolment(Box::new(stored.clone()), received(&stored))]).await;
        stored
    }

    /// An account that awaits activation, kept.
    pub async fn account(&self) -> StoredAccount {
        let stored = self.make.account(self.enrolment().await.enrolment.id);
        self.done([Change::NewAccount(Box::new(stored.clone()))]).await;
        stored
    }
}

/// Runs `work` so many times at once, each in a task of its own; what came of each.
pub async fn race<F, W>(times: usize, work: F) -> Vec<W::Output>
where
    F: Fn(usize) -> W,
    W: Future<Output: Send + 'static> + Send + 'static,
{
    let tasks: Vec<_> = (0..times).map(|n| tokio::spawn(work(n))).collect();
    futures::future::join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}
