//! Connections that are kept, each lent to one reader or unit at a time.
//!
//! `deadpool` keeps them. sqlx's own pool asks every connection for a sign of life when it comes back, which makes two round
//! trips of each read; here a connection is asked only if there is a reason to: it was given back in the middle of a statement
//! or of a transaction, or another one broke since it was used last.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts};
use deadpool::{Runtime, Status, managed};
use sqlx::error::DatabaseError;
use sqlx::{ConnectOptions as _, Connection as _, Database, Executor};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long a call waits for a connection before it is told that there is none, and how long one may take to be made.
const PATIENCE: Duration = Duration::from_secs(3);
/// How many connections are made at a time: whoever waits meanwhile takes one that came back, and neither the start of this process
/// nor that of the server makes as many as there may be.
const MADE_TOGETHER: usize = 4;
/// After this long a connection gives way to a new one.
const AGE_MAX: Duration = Duration::from_mins(30);

/// A database of one of the two kinds.
pub(in crate::store) trait Kind: Database {
    /// Has a connection run a statement that returns nothing.
    fn run(
        connection: &mut Self::Connection,
        statement: &'static str,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

impl<DB: Database> Kind for DB
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    async fn run(connection: &mut DB::Connection, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(statement).execute(connection).await.map(drop)
    }
}

/// What a connection is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::store) enum Doing {
    /// Nothing: it can be lent.
    #[default]
    Resting,
    /// A statement. Whoever asked may have gone before it ended.
    Working,
    /// It is of no use any more.
    Broken,
}

impl Doing {
    /// A statement begins.
    pub(super) const fn begins(&mut self) {
        *self = Self::Working;
    }

    /// It ended so: well, or because the database said no. All other errors are the line's, and so is a farewell.
    pub(super) fn ended<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        *self = match &outcome {
            Ok(_) => Self::Resting,
            Err(error @ sqlx::Error::Database(_)) if !is_farewell(error) => Self::Resting,
            Err(_) => Self::Broken,
        };
        outcome
    }
}

/// Whether a server says by it that it stops, or ends the connection (class 57P of SQLSTATE).
pub(super) fn is_farewell(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code.starts_with("57P"))
}

/// A connection, with what it is doing.
pub(in crate::store) struct Line<'c, C> {
    pub(super) connection: &'c mut C,
    pub(super) doing: &'c mut Doing,
}

impl<'c, C> Line<'c, C> {
    pub(super) const fn new(connection: &'c mut C, doing: &'c mut Doing) -> Self {
        Self { connection, doing }
    }
}

/// A connection that is kept.
pub(super) struct Kept<DB: Kind> {
    connection: DB::Connection,
    doing: Doing,
    /// Whether a transaction was begun and has not ended.
    open: bool,
    /// How many had broken when it was looked at last.
    broken_before: u64,
}

/// Makes connections, and knows when to look at them again.
struct Maker<DB: Kind> {
    options: <DB::Connection as sqlx::Connection>::Options,
    /// How many connections broke.
    broken: AtomicU64,
}

impl<DB: Kind> Maker<DB> {
    fn broken(&self) -> u64 {
        self.broken.load(Ordering::Relaxed)
    }
}

impl<DB: Kind> Manager for Maker<DB> {
    type Type = Kept<DB>;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Kept<DB>, sqlx::Error> {
        let broken_before = self.broken();
        // A large future for a rare case: it is not to be carried about by every call.
        let connection = Box::pin(self.options.connect()).await?;
        Ok(Kept { connection, doing: Doing::Resting, open: false, broken_before })
    }

    async fn recycle(&self, kept: &mut Kept<DB>, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if kept.open || kept.doing != Doing::Resting {
            return Err(RecycleError::message("it is not at rest"));
        }
        if metrics.age() > AGE_MAX {
            return Err(RecycleError::message("it is old"));
        }
        let broken = self.broken();
        if kept.broken_before != broken {
            Box::pin(kept.connection.ping()).await?;
            kept.broken_before = broken;
        }
        Ok(())
    }
}

/// Connections to one database. Cheap to clone.
pub(in crate::store) struct Pool<DB: Kind> {
    kept: managed::Pool<Maker<DB>>,
    making: Arc<Semaphore>,
    closing: Arc<AtomicBool>,
    /// Holds a token for each connection that is lent.
    lent: TaskTracker,
}

impl<DB: Kind> Clone for Pool<DB> {
    fn clone(&self) -> Self {
        Self {
            kept: self.kept.clone(),
            making: self.making.clone(),
            closing: self.closing.clone(),
            lent: self.lent.clone(),
        }
    }
}

impl<DB: Kind> Pool<DB> {
    /// A pool of at most `connections`, of which one is made now.
    pub(super) async fn open(
        options: <DB::Connection as sqlx::Connection>::Options,
        connections: u32,
    ) -> Result<Self, sqlx::Error> {
        let pool = Self::new(options, connections)?;
        drop(pool.lend().await?);
        Ok(pool)
    }

    /// Has as many connections as are made at a time, or may be: to a server each takes several round trips, and those who come
    /// first would wait for them.
    pub(super) async fn warm(self) {
        let connections = self.status().max_size.min(MADE_TOGETHER);
        // All are held until the last is there, so that none is lent twice. Without one now, whoever needs it hears why.
        drop(futures::future::join_all((0..connections).map(|_| self.lend())).await);
    }

    /// A pool of at most `connections`, none of which is made yet.
    pub(super) fn new(
        options: <DB::Connection as sqlx::Connection>::Options,
        connections: u32,
    ) -> Result<Self, sqlx::Error> {
        let maker = Maker { options, broken: AtomicU64::new(0) };
        let patience = Some(PATIENCE);
        let kept = managed::Pool::builder(maker)
            .max_size(usize::try_from(connections).unwrap_or(usize::MAX))
            // Those used last are warm.
            .queue_mode(QueueMode::Lifo)
            .timeouts(Timeouts { wait: patience, create: patience, recycle: patience })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| sqlx::Error::Configuration(error.into()))?;
        let making = Arc::new(Semaphore::new(MADE_TOGETHER));
        Ok(Self { kept, making, closing: Arc::default(), lent: TaskTracker::new() })
    }

    /// Lends a connection.
    pub(super) async fn lend(&self) -> Result<Lent<DB>, sqlx::Error> {
        // Ahead of the look: whoever closes either sees the token, or is seen.
        let token = self.lent.token();
        if self.closing.load(Ordering::SeqCst) {
            return Err(sqlx::Error::PoolClosed);
        }
        let _turn = self.turn_to_make().await?;
        let object = self.kept.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Closed => sqlx::Error::PoolClosed,
            PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                sqlx::Error::PoolTimedOut
            }
        })?;
        Ok(Lent(Some((object, token))))
    }

    /// A turn to make a connection, where none rests and there may be more.
    async fn turn_to_make(&self) -> Result<Option<SemaphorePermit<'_>>, sqlx::Error> {
        let status = self.status();
        if status.available > 0 || status.size == status.max_size {
            return Ok(None);
        }
        let turn =
            tokio::time::timeout(PATIENCE, self.making.acquire()).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        turn.map(Some).map_err(|_| sqlx::Error::PoolClosed)
    }

    /// How they are used.
    pub(super) fn status(&self) -> Status {
        self.kept.status()
    }

    /// Lends no more, waits for those that are lent, and closes all.
    pub(super) async fn close(&self) {
        self.closing.store(true, Ordering::SeqCst);
        self.lent.close();
        self.lent.wait().await;
        for kept in self.kept.retain(|_, _| false).removed {
            // Whether the other side hears of it is its own affair.
            let _ = tokio::time::timeout(PATIENCE, kept.connection.close()).await;
        }
        self.kept.close();
    }
}

impl<DB: Kind> fmt::Debug for Pool<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool(…)")
    }
}

/// A connection that is lent. It goes back when this is dropped.
pub(in crate::store) struct Lent<DB: Kind>(Option<(Object<Maker<DB>>, TaskTrackerToken)>);

impl<DB: Kind> Lent<DB> {
    #[expect(clippy::expect_used, reason = "it is taken out when this is dropped, and not before")]
    fn kept(&mut self) -> &mut Kept<DB> {
        self.0.as_mut().expect("it is lent until it is dropped").0.as_mut()
    }

    /// The connection, for statements.
    pub(super) fn line(&mut self) -> Line<'_, DB::Connection> {
        let kept = self.kept();
        Line::new(&mut kept.connection, &mut kept.doing)
    }

    /// Begins a transaction.
    pub(super) async fn begin(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        let kept = self.kept();
        // Whether it began is not known before the answer.
        kept.open = true;
        kept.run(statement).await
    }

    /// Ends the transaction that was begun: `COMMIT` or `ROLLBACK`.
    pub(super) async fn end(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        let kept = self.kept();
        let ended = kept.run(statement).await;
        kept.open &= ended.is_err();
        ended
    }
}

impl<DB: Kind> Kept<DB> {
    async fn run(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        self.doing.begins();
        let outcome = DB::run(&mut self.connection, statement).await;
        self.doing.ended(outcome)
    }

    /// Brings it to rest: what was asked is heard to the end, and what was begun is undone.
    async fn settle(&mut self) -> Result<(), sqlx::Error> {
        if self.open {
            self.run("ROLLBACK").await?;
            self.open = false;
            return Ok(());
        }
        let answered = self.connection.ping().await;
        self.doing.ended(answered)
    }
}

impl<DB: Kind> Drop for Lent<DB> {
    fn drop(&mut self) {
        let Some((object, token)) = self.0.take() else { return };
        match (object.doing, object.open) {
            (Doing::Resting, false) => drop(object),
            (Doing::Broken, _) => discard(object),
            (Doing::Resting | Doing::Working, _) => match tokio::runtime::Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(settle(object, token))),
                Err(_) => discard(object),
            },
        }
    }
}

async fn settle<DB: Kind>(mut object: Object<Maker<DB>>, _lent: TaskTrackerToken) {
    match tokio::time::timeout(PATIENCE, object.settle()).await {
        Ok(Ok(())) => drop(object),
        Ok(Err(_)) => discard(object),
        // A long statement of somebody who has gone: it says nothing about the others.
        Err(_) => drop(Object::take(object)),
    }
}

/// Ends a connection, and has all others looked at before they are lent again.
fn discard<DB: Kind>(object: Object<Maker<DB>>) {
    if let Some(pool) = Object::pool(&object) {
        pool.manager().broken.fetch_add(1, Ordering::Relaxed);
    }
    drop(Object::take(object));
}
