//! Watching: each event of some streams once and in order, from a place that the watcher names.
//!
//! Events are read from the store page by page, when the watcher is ready for them, so that a slow one holds a page and no
//! connection. One look at how far the streams have come serves all watchers of the process: after each commit, and now and
//! then for what other processes committed. Since a stream has no gaps, "further than my place" is all there is to know.
//! What is watched, and by whom it may be, is in the files beside this one.

mod accounts;
mod offices;
mod places;
mod streams;

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{App, Caller, Error};
use crate::observe::Counted;
use crate::store::Reader;
pub use accounts::ToldAccount;
pub use offices::Told;
use places::Held;
pub(super) use places::Places;
use streams::Heads;
pub(super) use streams::{Stream, Streams};

/// Events read at once. A watcher holds no more than these.
const PAGE: u32 = 100;
/// How long one call may watch. A certificate that has come to its end is found out at the next call.
const AGE_MAX: Duration = Duration::from_hours(1);

/// How watchers are served.
#[derive(Clone, Copy, Debug)]
pub struct WatchSettings {
    /// How often to look for what other processes committed.
    pub poll: Duration,
    /// How often somebody to whom nothing happens is told so.
    pub heartbeat: Duration,
    /// How often the directory is asked whether the watcher may watch still.
    pub recheck: Duration,
    /// Calls of one caller at a time, in each process.
    pub per_caller: u32,
}

/// What a watcher is told, as it takes it: the next event or, when there is none, that there is none, once and then at each
/// heartbeat. It ends with [`Error::WatchEnded`] when it is time to call again, with [`Error::NoLongerKnown`] or
/// [`Error::OfficeEnded`] if the caller may not watch any more, with [`Error::CannotResume`], or if the store cannot be
/// asked. Nothing is lost by any of them.
pub type Watching<T> = BoxStream<'static, Result<T, Error>>;

/// What somebody watches, and how far it has been told.
trait Followed: Send + 'static {
    /// What is read.
    type Event: Send;
    /// What is told of it.
    type Told: Send;

    /// The streams, each with the position that it has been told up to: in the same order until [`Self::recheck`] says
    /// otherwise.
    fn cursors(&self) -> Vec<(Stream, u64)>;

    /// At most [`PAGE`] events of the stream of a cursor, behind its position.
    fn page(&self, cursor: usize, reader: &mut Reader) -> impl Future<Output = Result<Vec<Self::Event>, Error>> + Send;

    /// Moves past an event, and tells of it if it is the watcher's.
    fn pass(&mut self, cursor: usize, event: Self::Event) -> Option<Self::Told>;

    /// That nothing else has happened by now.
    fn nothing(&self) -> Self::Told;

    /// Makes sure that the caller may watch still. Whether the streams are other ones now.
    fn recheck(&mut self, app: &App) -> impl Future<Output = Result<bool, Error>> + Send;
}

/// A call that watches.
struct Follower<F: Followed> {
    app: App,
    followed: F,
    /// For each cursor, whether there may be events that the streams' heads do not tell of yet.
    unread: Vec<bool>,
    /// The cursor to ask next, so that a busy stream does not keep others waiting.
    turn: usize,
    ready: VecDeque<(usize, F::Event)>,
    heads: watch::Receiver<Heads>,
    /// Whether "nothing else" was said since the last event.
    quiet: bool,
    /// Whether every stream has been asked for the next "nothing else".
    sure: bool,
    begun: Instant,
    told: Instant,
    checked: Instant,
    _place: (Held, Counted),
}

/// What a call needs to watch, whatever it watches.
struct Begun {
    place: (Held, Counted),
    heads: watch::Receiver<Heads>,
}

impl App {
    /// Takes a place among the watchers. Done before the first look at the store: what is committed after it rings here.
    fn begin_to_watch(&self, by: &Caller) -> Result<Begun, Error> {
        let place = self.watchers.take(by.id(), self.settings().watch.per_caller).ok_or(Error::TooManyWatchers)?;
        let place = (place, self.meters().watcher());
        Ok(Begun { place, heads: self.streams.subscribe() })
    }

    fn follow<F: Followed>(&self, Begun { place, heads }: Begun, followed: F) -> Watching<F::Told> {
        let (unread, now) = (vec![true; followed.cursors().len()], Instant::now());
        let follower = Follower {
            app: self.clone(),
            followed,
            unread,
            turn: 0,
            ready: VecDeque::new(),
            heads,
            quiet: false,
            sure: false,
            begun: now,
            told: now,
            checked: now,
            _place: place,
        };
        stream::unfold(Some(follower), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(told) => Some((Ok(told), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }
}

impl<F: Followed> Follower<F> {
    async fn next(&mut self) -> Result<F::Told, Error> {
        loop {
            while let Some((cursor, event)) = self.ready.pop_front() {
                if let Some(told) = self.followed.pass(cursor, event) {
                    (self.quiet, self.told) = (false, Instant::now());
                    return Ok(told);
                }
            }
            self.check().await?;
            if self.read_on().await? {
                self.sure = false;
            } else if self.quiet && self.told.elapsed() < self.app.settings().watch.heartbeat {
                self.rest().await;
            } else if self.sure {
                (self.sure, self.quiet, self.told) = (false, true, Instant::now());
                return Ok(self.followed.nothing());
            } else {
                // What is said of this moment is asked of the store, and not of what was known of it.
                self.unread.fill(true);
                self.sure = true;
            }
        }
    }

    /// Whether to go on: the service does, the call is not too old, and the caller may watch still.
    async fn check(&mut self) -> Result<(), Error> {
        if self.heads.borrow().ended || self.begun.elapsed() >= AGE_MAX {
            return Err(Error::WatchEnded);
        }
        if self.checked.elapsed() >= self.app.settings().watch.recheck {
            if self.followed.recheck(&self.app).await? {
                self.unread = vec![true; self.followed.cursors().len()];
            }
            self.checked = Instant::now();
        }
        Ok(())
    }

    /// Reads a page of the next stream that may have one. Whether anything came.
    async fn read_on(&mut self) -> Result<bool, Error> {
        let cursors = self.followed.cursors();
        let count = cursors.len();
        for turn in (0..count).map(|step| (self.turn + step) % count.max(1)) {
            let Some(cursor) = cursors.get(turn) else { continue };
            let unread = self.unread.get(turn).copied().unwrap_or_default();
            if !unread && !self.heads.borrow().are_beyond(cursor) {
                continue;
            }
            let mut reader = self.app.store().reader().await?;
            let page = self.followed.page(turn, &mut reader).await?;
            drop(reader);
            if let Some(unread) = self.unread.get_mut(turn) {
                *unread = page.len() == PAGE as usize;
            }
            if !page.is_empty() {
                self.turn = turn + 1;
                self.ready = page.into_iter().map(|event| (turn, event)).collect();
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until a stream moves, or something else is due.
    async fn rest(&mut self) {
        let settings = self.app.settings().watch;
        let due = [self.told + settings.heartbeat, self.checked + settings.recheck, self.begun + AGE_MAX];
        let due = due.into_iter().min().unwrap_or(self.told);
        let cursors = self.followed.cursors();
        let moved = self.heads.wait_for(|heads| heads.ended || cursors.iter().any(|cursor| heads.are_beyond(cursor)));
        // That nobody is left who could send is told by the next look; until then it is as if nothing moved.
        let _ = tokio::time::timeout_at(due, moved).await;
    }
}
