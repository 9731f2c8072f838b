//! Watching an office's changes: each event of its requests once and in order, from a place that the watcher names.
//!
//! Events are read from the store page by page, when the watcher is ready for them, so that a slow one holds a page and no
//! connection. One look at how far the streams have come serves all watchers of the process: after each commit, and now and
//! then for what other processes committed. Since a stream has no gaps, "further than my place" is all there is to know.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::{App, Caller, Error, OfficeScope, Officer};
use crate::domain::audit::Action;
use crate::domain::ids::StaffId;
use crate::domain::office::OfficeSpan;
use crate::domain::staff::{CertificateName, OfficeCode};
use crate::domain::text::Malformed;
use crate::domain::working_list::{CURSORS_MAX, CannotResume, Cursor, EventPrint, Place};
use crate::store::{Reader, ToldEvent, Unit};

/// Events read at once. A watcher holds no more than these.
const PAGE: u32 = 100;
/// Watchers of one process.
const WATCHERS_MAX: u32 = 2_000;
/// Streams that are looked at: more than there ever were codes of offices.
const STREAMS_MAX: u32 = 10_000;
/// How long one call may watch. A certificate that has come to its end is found out at the next call.
const AGE_MAX: Duration = Duration::from_hours(1);

const FOREIGN: Malformed = Malformed::new(
    "This resume token is of another office. Watch without a token, and list the requests anew.",
    "Mã tiếp tục này thuộc đơn vị khác. Hãy theo dõi lại không kèm mã và tải lại danh sách hồ sơ.",
);

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

/// What a watcher is told.
#[derive(Debug)]
pub struct Told {
    /// What resumes after this.
    pub token: Vec<u8>,
    /// What happened. Absent: nothing else has by now.
    pub change: Option<Box<ToldEvent>>,
    /// The office that may see and touch the request today.
    pub office: OfficeCode,
}

/// A call that watches.
pub struct Watch {
    app: App,
    certificate: Arc<CertificateName>,
    officer: Officer,
    place: Place,
    /// For each cursor, whether there may be events that the streams' heads do not tell of yet.
    unread: Vec<bool>,
    /// The cursor to ask next, so that a busy stream does not keep others waiting.
    turn: usize,
    ready: VecDeque<(usize, ToldEvent)>,
    heads: watch::Receiver<Heads>,
    /// Whether "nothing else" was said since the last event.
    quiet: bool,
    /// Whether every stream has been asked for the next "nothing else".
    sure: bool,
    begun: Instant,
    told: Instant,
    checked: Instant,
    _place: Held,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch(…)")
    }
}

impl App {
    /// Begins to watch the office's changes: after `token`, or from now on.
    ///
    /// # Errors
    /// [`Error::Field`] for a token of another office, [`Error::CannotResume`], [`Error::TooManyWatchers`], or if the store
    /// cannot be asked.
    pub async fn watch(
        &self,
        by: &Caller,
        officer: Officer,
        certificate: Arc<CertificateName>,
        from: Option<Place>,
    ) -> Result<Watch, Error> {
        let held = self.watchers.take(by.id(), self.settings().watch.per_caller).ok_or(Error::TooManyWatchers)?;
        // Before the first look at the store: what is committed after it rings here.
        let heads = self.streams.heads.subscribe();
        let mut reader = self.store().reader().await?;
        let resumed = from.is_some();
        let place = match from {
            Some(place) => self.resumed(&mut reader, &officer, place).await?,
            None => self.present(&mut reader, &officer).await?,
        };
        drop(reader);
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::EnrolmentsWatched, by.id().uuid())
            .with("office", officer.office.as_str())
            .with("resumed", resumed.to_string());
        self.commit(Unit::new(entry)).await?;
        let (unread, now) = (vec![true; place.cursors().len()], Instant::now());
        Ok(Watch {
            app: self.clone(),
            certificate,
            officer,
            place,
            unread,
            turn: 0,
            ready: VecDeque::new(),
            heads,
            quiet: false,
            sure: false,
            begun: now,
            told: now,
            checked: now,
            _place: held,
        })
    }

    /// Looks at how far the streams have come, and wakes those who watch one that moved. Asks nothing while nobody watches.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn look_at_streams(&self) -> Result<(), Error> {
        if self.streams.heads.receiver_count() == 0 {
            return Ok(());
        }
        let last: HashMap<_, _> = self.store().reader().await?.last_events(STREAMS_MAX).await?.into_iter().collect();
        self.streams.heads.send_if_modified(|heads| {
            let moved = heads.last != last;
            heads.last = last;
            moved
        });
        Ok(())
    }

    /// Waits until the streams are to be looked at again.
    pub async fn streams_stir(&self) {
        tokio::select! {
            () = self.streams.rung.notified() => {}
            () = tokio::time::sleep(self.settings().watch.poll) => {}
        }
    }

    /// Ends every call that watches through this process, with the advice to go on elsewhere.
    pub fn end_watching(&self) {
        self.streams.heads.send_modify(|heads| heads.ended = true);
    }

    /// From now on.
    async fn present(&self, reader: &mut Reader, officer: &Officer) -> Result<Place, Error> {
        let mut cursors = Vec::new();
        for span in self.watched(reader, officer).await? {
            let position = reader.last_event(&span.code).await?;
            let print = print_at(reader, &span.code, position).await?;
            cursors.push(Cursor { span, position, print });
        }
        Ok(Place::new(officer.office.clone(), officer.on, cursors))
    }

    /// After what was told before, to this office or to one whose rights it has by now.
    async fn resumed(&self, reader: &mut Reader, officer: &Officer, place: Place) -> Result<Place, Error> {
        let (office, on) = place.office();
        let map = self.offices(reader).await?;
        let heir = map.successor(office, on, officer.on);
        if heir.is_none_or(|heir| heir.code != officer.office) {
            return Err(Error::Field { field: "resume_token", fault: FOREIGN });
        }
        let spans = self.watched(reader, officer).await?;
        let place = place.carried_to(officer.office.clone(), officer.on, spans)?;
        for Cursor { span, position, print } in place.cursors() {
            if *position > 0 && print_at(reader, &span.code, *position).await? != *print {
                return Err(CannotResume::NotInHistory.into());
            }
        }
        Ok(place)
    }

    async fn watched(&self, reader: &mut Reader, officer: &Officer) -> Result<Vec<OfficeSpan>, Error> {
        let spans = Self::spans(&*self.offices(reader).await?, officer, &OfficeScope::Today)?;
        if spans.len() > CURSORS_MAX {
            return Err(Error::Broken(Box::new(TooManySpans(spans.len()))));
        }
        Ok(spans)
    }
}

/// An office took the place of more codes than a watcher can follow.
#[derive(Debug, thiserror::Error)]
#[error("an office has the requests of {0} spans")]
struct TooManySpans(usize);

/// The fingerprint of the event at a position; `None` if there is none.
async fn print_at(reader: &mut Reader, office: &OfficeCode, position: u64) -> Result<Option<EventPrint>, Error> {
    let Some(before) = position.checked_sub(1) else { return Ok(None) };
    let found = reader.events_after(office, before, 1).await?;
    let there = found.first().filter(|stored| stored.position == position);
    Ok(there.map(|stored| EventPrint::of(stored.enrolment, &stored.event)))
}

impl Watch {
    /// What is to be told next: the next event or, when there is none, that there is none, once and then at each heartbeat.
    ///
    /// # Errors
    /// [`Error::WatchEnded`] when it is time to call again, [`Error::NoLongerKnown`] or [`Error::OfficeEnded`] if the caller
    /// may not watch any more, [`Error::CannotResume`], or if the store cannot be asked. Nothing is lost by any of them.
    pub async fn next(&mut self) -> Result<Told, Error> {
        loop {
            while let Some((cursor, event)) = self.ready.pop_front() {
                if let Some(told) = self.pass(cursor, event) {
                    return Ok(told);
                }
            }
            self.check().await?;
            if self.read_on().await? {
                self.sure = false;
            } else if self.quiet && self.told.elapsed() < self.app.settings().watch.heartbeat {
                self.rest().await;
            } else if self.sure {
                (self.sure, self.quiet) = (false, true);
                return Ok(self.tell(None));
            } else {
                // What is said of this moment is asked of the store, and not of what was known of it.
                self.unread.fill(true);
                self.sure = true;
            }
        }
    }

    /// Moves past an event, and tells of it if its request is within the span.
    fn pass(&mut self, cursor: usize, event: ToldEvent) -> Option<Told> {
        let print = EventPrint::of(event.stored.enrolment, &event.stored.event);
        self.place.advance(cursor, event.stored.position, print);
        let received = event.received_at.local_date();
        let span = &self.place.cursors().get(cursor)?.span;
        if !span.contains(&event.stored.office, received) {
            return None;
        }
        self.quiet = false;
        Some(self.tell(Some(Box::new(event))))
    }

    fn tell(&mut self, change: Option<Box<ToldEvent>>) -> Told {
        self.told = Instant::now();
        Told { token: self.place.token(), change, office: self.officer.office.clone() }
    }

    /// Whether to go on: the service does, the call is not too old, and the caller is in the directory still, at an office
    /// whose requests are those of before.
    async fn check(&mut self) -> Result<(), Error> {
        if self.heads.borrow().ended || self.begun.elapsed() >= AGE_MAX {
            return Err(Error::WatchEnded);
        }
        if self.checked.elapsed() < self.app.settings().watch.recheck {
            return Ok(());
        }
        let caller = self.app.caller(&self.certificate).await?;
        let officer = caller.ok_or(Error::NoLongerKnown)?.officer().ok_or(Error::OfficeEnded)?;
        let mut reader = self.app.store().reader().await?;
        let spans = self.app.watched(&mut reader, &officer).await?;
        drop(reader);
        self.checked = Instant::now();
        let now: Vec<_> = self.place.cursors().iter().map(|cursor| cursor.span.clone()).collect();
        if (spans != now) || officer.office != self.officer.office {
            self.place = self.place.clone().carried_to(officer.office.clone(), officer.on, spans)?;
            self.unread = vec![true; self.place.cursors().len()];
        }
        self.officer = officer;
        Ok(())
    }

    /// Reads a page of the next stream that may have one. Whether anything came.
    async fn read_on(&mut self) -> Result<bool, Error> {
        let count = self.unread.len();
        for turn in (0..count).map(|step| (self.turn + step) % count.max(1)) {
            let Some(cursor) = self.place.cursors().get(turn) else { continue };
            let unread = self.unread.get(turn).copied().unwrap_or_default();
            if !unread && !self.heads.borrow().are_beyond(cursor) {
                continue;
            }
            let mut reader = self.app.store().reader().await?;
            let page = reader.changes_after(&cursor.span.code, cursor.position, PAGE).await?;
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
        let cursors = self.place.cursors();
        let moved = self.heads.wait_for(|heads| heads.ended || cursors.iter().any(|cursor| heads.are_beyond(cursor)));
        // That nobody is left who could send is told by the next look; until then it is as if nothing moved.
        let _ = tokio::time::timeout_at(due, moved).await;
    }
}

/// How far the streams of events have come, as a process knows.
#[derive(Debug)]
pub(super) struct Streams {
    heads: watch::Sender<Heads>,
    rung: Notify,
}

#[derive(Debug, Default)]
struct Heads {
    last: HashMap<OfficeCode, u64>,
    ended: bool,
}

impl Default for Streams {
    fn default() -> Self {
        Self { heads: watch::Sender::new(Heads::default()), rung: Notify::new() }
    }
}

impl Streams {
    /// Says that something was committed.
    pub(super) fn ring(&self) {
        self.rung.notify_one();
    }
}

impl Heads {
    fn are_beyond(&self, cursor: &Cursor) -> bool {
        self.last.get(&cursor.span.code).is_some_and(|last| *last > cursor.position)
    }
}

/// Who watches through this process, and how often.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<HashMap<StaffId, u32>>);

/// A place among those who watch; free again when it is dropped.
struct Held {
    places: Arc<Places>,
    caller: StaffId,
}

impl Places {
    fn take(self: &Arc<Self>, caller: StaffId, per_caller: u32) -> Option<Held> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = held.get(&caller).copied().unwrap_or_default();
        if own >= per_caller || held.values().sum::<u32>() >= WATCHERS_MAX {
            return None;
        }
        held.insert(caller, own + 1);
        Some(Held { places: self.clone(), caller })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.caller) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(held.remove(&self.caller)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_place_is_free_again_when_its_watcher_is_gone() {
        let (places, one, other) =
            (Arc::new(Places::default()), StaffId::new(Uuid::from_u128(1)), StaffId::new(Uuid::from_u128(2)));
        let (first, second) = (places.take(one, 2), places.take(one, 2));
        assert!(first.is_some() && second.is_some() && places.take(one, 2).is_none());
        assert!(places.take(other, 2).is_some(), "each caller has places of their own");
        drop(first);
        assert!(places.take(one, 2).is_some());
        drop(second);
        assert!(places.0.lock().unwrap().is_empty());
    }
}
