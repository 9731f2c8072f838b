//! Watching an office's changes: the streams of all codes whose place it took.

use std::sync::Arc;

use super::{Followed, PAGE, Stream, Watching};
use crate::app::{App, Caller, Error, OfficeScope, Officer};
use crate::domain::audit::Action;
use crate::domain::office::OfficeSpan;
use crate::domain::staff::{CertificateName, OfficeCode};
use crate::domain::text::Malformed;
use crate::domain::working_list::{CURSORS_MAX, CannotResume, Cursor, EventPrint, Place};
use crate::store::{Reader, ToldEvent, Unit};

const FOREIGN: Malformed = Malformed::new(
    "This resume token is of another office. Watch without a token, and list the requests anew.",
    "Mã tiếp tục này thuộc đơn vị khác. Hãy theo dõi lại không kèm mã và tải lại danh sách hồ sơ.",
);

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

/// An office that is watched.
struct Office {
    certificate: Arc<CertificateName>,
    by: Caller,
    officer: Officer,
    place: Place,
}

impl App {
    /// Begins to watch the office's changes: after `from`, or from now on.
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
    ) -> Result<Watching<Told>, Error> {
        let begun = self.begin_to_watch(by)?;
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
        Ok(self.follow(begun, Office { certificate, by: by.clone(), officer, place }))
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

impl Office {
    fn tell(&self, change: Option<Box<ToldEvent>>) -> Told {
        Told { token: self.place.token(), change, office: self.officer.office.clone() }
    }
}

impl Followed for Office {
    type Event = ToldEvent;
    type Told = Told;

    fn cursors(&self) -> Vec<(Stream, u64)> {
        let cursors = self.place.cursors().iter();
        cursors.map(|cursor| (Stream::Office(cursor.span.code.clone()), cursor.position)).collect()
    }

    async fn page(&self, cursor: usize, reader: &mut Reader) -> Result<Vec<ToldEvent>, Error> {
        let Some(cursor) = self.place.cursors().get(cursor) else { return Ok(Vec::new()) };
        Ok(reader.changes_after(&cursor.span.code, cursor.position, PAGE).await?)
    }

    /// Tells of an event if its request is within the span.
    fn pass(&mut self, cursor: usize, event: ToldEvent) -> Option<Told> {
        let print = EventPrint::of(event.stored.enrolment, &event.stored.event);
        self.place.advance(cursor, event.stored.position, print);
        let received = event.received_at.local_date();
        let span = &self.place.cursors().get(cursor)?.span;
        span.contains(&event.stored.office, received).then(|| self.tell(Some(Box::new(event))))
    }

    fn nothing(&self) -> Told {
        self.tell(None)
    }

    /// The caller is in the directory still, at an office whose requests are those of before or more.
    async fn recheck(&mut self, app: &App) -> Result<bool, Error> {
        let officer = app.still(&self.certificate, &self.by).await?.officer().ok_or(Error::OfficeEnded)?;
        let mut reader = app.store().reader().await?;
        let spans = app.watched(&mut reader, &officer).await?;
        drop(reader);
        let before: Vec<_> = self.place.cursors().iter().map(|cursor| cursor.span.clone()).collect();
        let moved = spans != before || officer.office != self.officer.office;
        if moved {
            self.place = self.place.clone().carried_to(officer.office.clone(), officer.on, spans)?;
        }
        self.officer = officer;
        Ok(moved)
    }
}
