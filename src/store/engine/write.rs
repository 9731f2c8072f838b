//! Writing: units of work that are handed to the engine, which commits them and only then lets them answer.
//!
//! SQLite has one writer, which gathers what waits into one physical transaction, each unit behind a savepoint of its own;
//! PostgreSQL runs each unit in a transaction of its own, in as few statements as can be. A unit that was handed over runs to its end even if whoever
//! asked has gone.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::{Connection as _, Postgres, Sqlite, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use super::Conn;
use super::batch::Batch;
use super::gather::Gathering;
use super::pool::{Doing, Line, Pool};
use crate::store::error::StoreError;

/// Units of work that SQLite's writer gathers into one transaction.
const GATHERED_MAX: usize = 128;
/// Units of work that may wait for SQLite's writer.
pub(super) const WAITING_MAX: usize = 1_024;

/// A unit of work, or a door that returns something, on its way through a transaction.
pub(in crate::store) trait Job: Send {
    /// Does the work; true if it may be committed.
    fn run<'c>(&'c mut self, conn: &'c mut Conn<'_>) -> BoxFuture<'c, bool>;
    /// Whether it may be run again, should what it sent together be turned down.
    fn may_be_run_again(&self) -> bool;
    /// Answers whoever waits, now that the transaction's fate is known.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// The way by which an answer comes after the commit.
pub(super) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// A unit that does `work`, and the way by which its answer comes.
pub(super) fn pending<T, F>(work: F, may_be_run_again: bool) -> (Box<dyn Job>, Answer<T>)
where
    T: Send + 'static,
    F: for<'c> FnMut(&'c mut Conn<'_>) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Pending { work, within: Span::current(), may_be_run_again, outcome: None, reply }), answer)
}

/// Work that can be done once, and was.
pub(super) fn not_again<'c, T: Send + 'c>() -> BoxFuture<'c, Result<T, StoreError>> {
    Box::pin(std::future::ready(Err(not_committed())))
}

/// Work that waits, and whoever waits for it.
struct Pending<F, T> {
    work: F,
    /// The span of whoever asked: it runs in a task of its own.
    within: Span,
    may_be_run_again: bool,
    outcome: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Pending<F, T>
where
    T: Send,
    F: for<'c> FnMut(&'c mut Conn<'_>) -> BoxFuture<'c, Result<T, StoreError>> + Send,
{
    fn run<'c>(&'c mut self, conn: &'c mut Conn<'_>) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            self.outcome = Some((self.work)(conn).instrument(self.within.clone()).await);
            matches!(self.outcome, Some(Ok(_)))
        })
    }

    fn may_be_run_again(&self) -> bool {
        self.may_be_run_again
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
pub(super) async fn write_on(
    mut connection: SqliteConnection,
    mut waiting: mpsc::Receiver<Box<dyn Job>>,
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

async fn commit_gathered(connection: &mut SqliteConnection, units: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    // It is the writer's own, and not lent.
    let mut doing = Doing::default();
    run(connection, "BEGIN IMMEDIATE").await?;
    for unit in units {
        run(connection, "SAVEPOINT unit").await?;
        let mut whole = None;
        if unit.may_be_run_again() {
            whole = run_batched(unit.as_mut(), Line::new(connection, &mut doing)).await;
            if whole.is_none() {
                run(connection, "ROLLBACK TO unit").await?;
            }
        }
        let whole = match whole {
            Some(whole) => whole,
            None => ran(unit.run(&mut Conn::Sqlite(Line::new(connection, &mut doing)))).await,
        };
        if !whole {
            run(connection, "ROLLBACK TO unit").await?;
        }
        run(connection, "RELEASE unit").await?;
    }
    run(connection, "COMMIT").await
}

/// Runs a unit in as few calls of SQLite as can be; `None` if what was told together was turned down.
async fn run_batched(unit: &mut dyn Job, line: Line<'_, SqliteConnection>) -> Option<bool> {
    let mut conn = Conn::Batching(Batch::new(line));
    let whole = ran(unit.run(&mut conn)).await;
    let Conn::Batching(batch) = &mut conn else { return None };
    let whole = whole && batch.flush().await.is_ok();
    (!batch.is_refused()).then_some(whole)
}

/// Whether a unit may be committed. One that panics costs only itself; whoever waits for it is told that it was not committed.
async fn ran(unit: impl Future<Output = bool>) -> bool {
    AssertUnwindSafe(unit).catch_unwind().await.unwrap_or(false)
}

/// PostgreSQL: one unit, one transaction.
pub(super) async fn run_on(pool: Pool<Postgres>, mut unit: Box<dyn Job>) {
    let together = if unit.may_be_run_again() { run_together(&pool, unit.as_mut()).await } else { None };
    let committed = match together {
        Some(committed) => committed,
        None => run_one_by_one(&pool, unit.as_mut()).await.map_err(StoreError::from),
    };
    unit.answer(committed);
}

/// Runs a unit in as few statements as can be; `None` if those were turned down, and nothing was done.
async fn run_together(pool: &Pool<Postgres>, unit: &mut dyn Job) -> Option<Result<(), StoreError>> {
    let mut gathering = Gathering::new(pool.clone());
    let whole = unit.run(&mut Conn::Gathering(&mut gathering)).await;
    let committed = gathering.finish(whole).await;
    if gathering.is_refused() {
        // What is left of the transaction, if there is one, ends with it.
        drop(gathering);
        return None;
    }
    Some(committed)
}

async fn run_one_by_one(pool: &Pool<Postgres>, unit: &mut dyn Job) -> Result<(), sqlx::Error> {
    let mut lent = pool.lend().await?;
    lent.begin("BEGIN").await?;
    let whole = unit.run(&mut Conn::Postgres(lent.line())).await;
    lent.end(if whole { "COMMIT" } else { "ROLLBACK" }).await
}

pub(super) async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query::<Sqlite>(sql).execute(connection).await.map(drop)
}

fn not_committed() -> StoreError {
    StoreError::Unavailable(sqlx::Error::Protocol("the transaction was not committed".into()))
}

pub(super) fn closed() -> StoreError {
    StoreError::Unavailable(sqlx::Error::PoolClosed)
}
