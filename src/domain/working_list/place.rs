//! Where a watcher of an office's changes stands: in each stream of events, how far it has been told.

use time::Date;

use crate::domain::enrolment::{Event, StageName};
use crate::domain::ids::EnrolmentId;
use crate::domain::office::{OfficeSpan, Period};
use crate::domain::staff::OfficeCode;
use crate::domain::token::{EventPrint, Reader, Writer, hash};

const VERSION: u8 = 1;
/// The most spans that one watcher follows. An office has as many as there were codes whose place it took.
pub const CURSORS_MAX: usize = 64;

impl EventPrint {
    /// Of an event of that request.
    pub fn of(enrolment: EnrolmentId, event: &Event) -> Self {
        Self(hash(&[
            enrolment.uuid().as_bytes(),
            &event.at.micros().to_be_bytes(),
            event.verb.name().as_bytes(),
            event.from.map_or("", StageName::name).as_bytes(),
            event.to.name().as_bytes(),
            event.by.as_bytes(),
        ]))
    }
}

/// How far a stream of events has been told, of the requests of one span.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// Whose changes are told: the code of the stream, and the days of receipt.
    pub span: OfficeSpan,
    /// The position of the last event that was looked at; 0 if none was.
    pub position: u64,
    /// The fingerprint of the event there; absent at 0.
    pub print: Option<EventPrint>,
}

impl Cursor {
    /// At the beginning of the stream.
    pub const fn at_the_beginning(span: OfficeSpan) -> Self {
        Self { span, position: 0, print: None }
    }
}

/// Where a watcher stands. It is of one office as that was understood on one day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    office: OfficeCode,
    on: Date,
    cursors: Vec<Cursor>,
}

/// Why a watcher cannot go on from where it stood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotResume {
    /// The store has not come that far, or something else happened there: it was restored from a backup.
    #[error("the position is not in the history of this store")]
    NotInHistory,
    /// The records of offices were amended, and the office has other requests than those that were told of.
    #[error("the office has other requests than before")]
    OfficeChanged,
}

impl Place {
    /// A place at these cursors, of an office as it is understood on that day.
    pub const fn new(office: OfficeCode, on: Date, cursors: Vec<Cursor>) -> Self {
        Self { office, on, cursors }
    }

    /// The office, and the day on which its code meant it.
    pub const fn office(&self) -> (&OfficeCode, Date) {
        (&self.office, self.on)
    }

    /// The cursors.
    pub fn cursors(&self) -> &[Cursor] {
        &self.cursors
    }

    /// Moves one cursor on.
    pub fn advance(&mut self, cursor: usize, position: u64, print: EventPrint) {
        if let Some(cursor) = self.cursors.get_mut(cursor) {
            (cursor.position, cursor.print) = (position, Some(print));
        }
    }

    /// The same place for the office that has its rights by now, which may have more spans: of a code that comes to it
    /// everything is told from the beginning, since nothing of it was.
    ///
    /// # Errors
    /// [`CannotResume::OfficeChanged`] if a span holds days that were told of and others that were not.
    pub fn carried_to(self, office: OfficeCode, on: Date, spans: Vec<OfficeSpan>) -> Result<Self, CannotResume> {
        let known = self.cursors;
        let carried = |span: OfficeSpan| match known.iter().find(|cursor| lies_within(&span, &cursor.span)) {
            Some(cursor) => Ok(Cursor { span, ..cursor.clone() }),
            None if known.iter().any(|cursor| meets(&span, &cursor.span)) => Err(CannotResume::OfficeChanged),
            None => Ok(Cursor::at_the_beginning(span)),
        };
        let cursors = spans.into_iter().map(carried).collect::<Result<_, _>>()?;
        Ok(Self { office, on, cursors })
    }

    /// What a client sends to go on from here.
    pub fn token(&self) -> Vec<u8> {
        let begun = Writer::new(VERSION).put(self.office.as_str().as_bytes()).put(&day(Some(self.on)));
        let written = self.cursors.iter().fold(begun, |writer, Cursor { span, position, print }| {
            let print = print.map_or([0; 8], |print| print.0);
            let writer = writer.put(span.code.as_str().as_bytes()).put(&day(span.from)).put(&day(span.until));
            writer.put(&position.to_be_bytes()).put(&print)
        });
        written.finish()
    }

    /// Reads a token; `None` if it is none.
    pub fn read(token: &[u8]) -> Option<Self> {
        let mut reader = Reader::open(token, VERSION)?;
        let (office, on) = (reader.office()?, read_day(reader.take()?)??);
        let mut cursors = Vec::new();
        while !reader.is_at_end() && cursors.len() < CURSORS_MAX {
            let code = reader.office()?;
            let (from, until) = (read_day(reader.take()?)?, read_day(reader.take()?)?);
            Period::new(from, until)?;
            let position = u64::from_be_bytes(reader.take()?);
            let print = reader.take()?;
            let print = (position > 0).then_some(EventPrint(print));
            cursors.push(Cursor { span: OfficeSpan { code, from, until }, position, print });
        }
        reader.is_at_end().then_some(Self { office, on, cursors })
    }
}

/// Whether every day of `inner` is one of `outer`.
fn lies_within(inner: &OfficeSpan, outer: &OfficeSpan) -> bool {
    let begins = outer.from.is_none() || inner.from >= outer.from;
    let ends = outer.until.is_none_or(|last| inner.until.is_some_and(|until| until <= last));
    inner.code == outer.code && begins && ends
}

/// Whether both hold a day of the same code.
fn meets(one: &OfficeSpan, other: &OfficeSpan) -> bool {
    let periods = Period::new(one.from, one.until).zip(Period::new(other.from, other.until));
    one.code == other.code && periods.is_some_and(|(one, other)| one.meets(other))
}

/// The Julian day, which is never 0 in these years; 0 for none.
fn day(day: Option<Date>) -> [u8; 4] {
    day.map_or(0, Date::to_julian_day).to_be_bytes()
}

#[expect(clippy::option_option, reason = "outside: could it be read; inside: was there a day")]
fn read_day(bytes: [u8; 4]) -> Option<Option<Date>> {
    match i32::from_be_bytes(bytes) {
        0 => Some(None),
        julian => Date::from_julian_day(julian).ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 21);

    fn office(code: &str) -> OfficeCode {
        OfficeCode::parse(code).unwrap()
    }

    fn span(code: &str, from: Option<Date>, until: Option<Date>) -> OfficeSpan {
        OfficeSpan { code: office(code), from, until }
    }

    fn cursor(span: OfficeSpan, position: u64) -> Cursor {
        let print = (position > 0).then_some(EventPrint(position.to_be_bytes()));
        Cursor { span, position, print }
    }

    fn place() -> Place {
        let cursors = vec![
            cursor(span("79-01", None, None), u64::MAX),
            cursor(span("74-01", Some(date!(1976 - 01 - 01)), Some(date!(2025 - 06 - 30))), 17),
            cursor(span("77-01", None, Some(date!(2025 - 06 - 30))), 0),
        ];
        Place::new(office("79-01"), TODAY, cursors)
    }

    #[test]
    fn a_token_leads_back_to_its_place() {
        assert_eq!(Place::read(&place().token()), Some(place()));
        let none = Place::new(office("01-01"), TODAY, Vec::new());
        assert_eq!(Place::read(&none.token()), Some(none));
    }

    #[test]
    fn what_is_damaged_or_cut_is_no_token() {
        let token = place().token();
        for at in 0..token.len() {
            let mut damaged = token.clone();
            damaged[at] ^= 0x10;
            assert_eq!(Place::read(&damaged), None, "{at}");
            assert_eq!(Place::read(&token[..at]), None, "{at}");
        }
        let many = vec![cursor(span("79-01", None, None), 1); CURSORS_MAX + 1];
        assert_eq!(Place::read(&Place::new(office("79-01"), TODAY, many).token()), None);
    }

    #[test]
    fn a_cursor_moves_on_alone() {
        let mut moved = place();
        moved.advance(1, 18, EventPrint([1; 8]));
        assert_eq!(
            moved.cursors()[1],
            Cursor { position: 18, print: Some(EventPrint([1; 8])), ..place().cursors()[1].clone() }
        );
        assert_eq!(moved.cursors()[0], place().cursors()[0]);
        moved.advance(9, 1, EventPrint([1; 8]));
    }

    #[test]
    fn an_office_that_takes_the_place_of_others_goes_on_where_it_was_and_hears_all_of_theirs() {
        let spans = vec![
            span("79-01", None, Some(TODAY)),
            span("74-01", Some(date!(1976 - 01 - 01)), Some(date!(2025 - 06 - 30))),
            span("80-01", None, None),
        ];
        let carried = place().carried_to(office("80-01"), TODAY, spans).unwrap();
        assert_eq!(carried.office(), (&office("80-01"), TODAY));
        let positions: Vec<_> = carried.cursors().iter().map(|c| (c.span.code.as_str(), c.position)).collect();
        assert_eq!(positions, [("79-01", u64::MAX), ("74-01", 17), ("80-01", 0)]);
    }

    #[test]
    fn another_meaning_of_a_code_is_told_from_the_beginning_and_one_that_grew_is_not_guessed_at() {
        let to = |from, until| place().carried_to(office("79-01"), TODAY, vec![span("74-01", from, until)]);
        let (before, after) = (date!(1975 - 01 - 01), date!(2025 - 07 - 01));
        assert_eq!(to(Some(after), None).unwrap().cursors()[0].position, 0);
        assert_eq!(to(None, Some(before)).unwrap().cursors()[0].position, 0);
        for (from, until) in [(None, None), (Some(before), Some(after)), (None, Some(date!(2025 - 06 - 30)))] {
            assert_eq!(to(from, until), Err(CannotResume::OfficeChanged));
        }
    }

    #[test]
    fn two_events_have_two_fingerprints() {
        use crate::domain::audit::Actor;
        use crate::domain::ids::LeaseId;
        use crate::domain::time::Timestamp;
        let id = |n| EnrolmentId::new(uuid::Uuid::from_u128(n));
        let at = |micros| {
            let lease = LeaseId::new(uuid::Uuid::nil());
            Event::claimed(lease, Actor::Console, Timestamp::from_micros(micros))
        };
        assert_eq!(EventPrint::of(id(1), &at(1)), EventPrint::of(id(1), &at(1)));
        assert_ne!(EventPrint::of(id(1), &at(1)), EventPrint::of(id(2), &at(1)));
        assert_ne!(EventPrint::of(id(1), &at(1)), EventPrint::of(id(1), &at(2)));
    }
}
