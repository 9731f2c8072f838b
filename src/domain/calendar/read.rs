//! From text to a calendar: TOML, as `docs/calendar.md` describes it.
//!
//! Owns the form. Refuses nothing silently: every fault is noted with its line and field, and the reading goes on. Whether
//! the days agree with each other and with the law is judged next door, in `check`.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use serde::Deserialize;
use time::{Date, Month, Weekday};
use toml::Spanned;
use toml::value::Datetime;

use super::{Calendar, CalendarFault, DayOff, Edition, Holiday, Problem, Tag, WorkingSaturday, Year, check};

/// Length of a calendar's text, in bytes.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// The years that the Labour Code in force has, as far as lunar days can be computed.
const YEARS: RangeInclusive<i32> = 2021..=2100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalendar {
    edition: Spanned<String>,
    published: Spanned<Datetime>,
    #[serde(default)]
    year: Vec<RawYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: Spanned<i32>,
    provisional: Spanned<bool>,
    #[serde(default)]
    undecided: Vec<Spanned<String>>,
    #[serde(default)]
    off: Vec<RawDay>,
    #[serde(default)]
    working_saturdays: Vec<RawSaturday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDay {
    on: Spanned<Datetime>,
    holiday: Spanned<String>,
    basis: Spanned<String>,
    tag: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSaturday {
    on: Spanned<Datetime>,
    instead_of: Spanned<Datetime>,
    basis: Spanned<String>,
    tag: Spanned<String>,
}

/// A place in the text.
#[derive(Clone)]
pub(super) struct Place {
    line: usize,
    field: String,
}

impl Place {
    pub(super) fn fault(&self, problem: Problem) -> CalendarFault {
        CalendarFault { line: self.line, field: self.field.clone(), problem }
    }
}

/// Where days and years stand in the text.
#[derive(Default)]
pub(super) struct Places {
    pub(super) years: BTreeMap<i32, Place>,
    pub(super) off: BTreeMap<Date, Place>,
    pub(super) saturdays: BTreeMap<Date, Place>,
}

pub(super) fn read(text: &str) -> Result<Calendar, Vec<CalendarFault>> {
    let whole = |line, problem| vec![CalendarFault { line, field: String::new(), problem }];
    if text.len() > TEXT_BYTES_MAX {
        return Err(whole(1, Problem::TooLong(TEXT_BYTES_MAX)));
    }
    let raw: RawCalendar = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        whole(line_of(text, start), Problem::Toml(error.message().to_owned()))
    })?;
    let mut reader = Reader { text, faults: Vec::new(), places: Places::default() };
    let (years, edition, published) = reader.calendar(raw);
    let Reader { mut faults, places, .. } = reader;
    // Days that could not be read would be missed by the checks: first things first.
    if faults.is_empty() {
        check::check(&years, &places, &mut faults);
    }
    faults.sort_by_key(|fault| fault.line);
    match (edition, published) {
        (Some(edition), Some(published)) if faults.is_empty() => Ok(Calendar { edition, published, years }),
        _ => Err(faults),
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

struct Reader<'a> {
    text: &'a str,
    faults: Vec<CalendarFault>,
    places: Places,
}

impl Reader<'_> {
    fn calendar(&mut self, raw: RawCalendar) -> (BTreeMap<i32, Year>, Option<Edition>, Option<Date>) {
        let edition = Edition::parse(raw.edition.as_ref());
        if edition.is_none() {
            self.fault(&raw.edition.span(), "edition", Problem::Edition);
        }
        let published = self.day(&raw.published, "published");
        if raw.year.is_empty() {
            self.fault(&(0..0), "year", Problem::NoYear);
        }
        let mut years = BTreeMap::new();
        let mut next = None;
        for (index, raw) in raw.year.into_iter().enumerate() {
            let (number, path) = (*raw.year.as_ref(), format!("year[{}]", index + 1));
            let place = self.place(&raw.year.span(), &format!("{path}.year"));
            let expected = next.filter(|next| *next != number);
            if !YEARS.contains(&number) {
                self.faults.push(place.fault(Problem::YearOutOfBounds));
                continue;
            }
            if let Some(expected) = expected {
                self.faults.push(place.fault(Problem::YearOutOfOrder(expected)));
            }
            next = Some(number + 1);
            let year = self.year(raw, number, &path);
            self.places.years.insert(number, place);
            years.insert(number, year);
        }
        (years, edition, published)
    }

    fn year(&mut self, raw: RawYear, number: i32, path: &str) -> Year {
        match (*raw.provisional.as_ref(), raw.undecided.is_empty()) {
            (true, true) => {
                self.fault(&raw.provisional.span(), &format!("{path}.provisional"), Problem::NothingUndecided);
            }
            (false, false) => self.fault(&raw.provisional.span(), &format!("{path}.provisional"), Problem::Undecided),
            (true, false) | (false, true) => {}
        }
        let undecided = raw.undecided.into_iter().enumerate();
        let undecided = undecided.map(|(index, text)| self.said(text, &format!("{path}.undecided[{}]", index + 1)));
        let mut year =
            Year { undecided: undecided.collect(), off: BTreeMap::new(), working_saturdays: BTreeMap::new() };
        for (index, day) in raw.off.into_iter().enumerate() {
            self.day_off(day, &mut year, number, &format!("{path}.off[{}]", index + 1));
        }
        for (index, day) in raw.working_saturdays.into_iter().enumerate() {
            self.saturday(day, &mut year, number, &format!("{path}.working_saturdays[{}]", index + 1));
        }
        year
    }

    fn day_off(&mut self, raw: RawDay, year: &mut Year, number: i32, path: &str) {
        let place = self.place(&raw.on.span(), &format!("{path}.on"));
        let on = self.day_in(&raw.on, number, &place);
        let holiday = Holiday::from_name(raw.holiday.as_ref());
        if holiday.is_none() {
            self.fault(&raw.holiday.span(), &format!("{path}.holiday"), Problem::Holiday);
        }
        let (basis, tag) = (self.said(raw.basis, &format!("{path}.basis")), self.tag(&raw.tag, &format!("{path}.tag")));
        let (Some(on), Some(holiday), Some(tag)) = (on, holiday, tag) else { return };
        if matches!(on.weekday(), Weekday::Saturday | Weekday::Sunday) {
            self.faults.push(place.fault(Problem::Weekend(on)));
        }
        if year.off.insert(on, DayOff { holiday, basis, tag }).is_some() {
            self.faults.push(place.fault(Problem::Twice(on)));
        }
        self.places.off.insert(on, place);
    }

    fn saturday(&mut self, raw: RawSaturday, year: &mut Year, number: i32, path: &str) {
        let place = self.place(&raw.on.span(), &format!("{path}.on"));
        let on = self.day_in(&raw.on, number, &place);
        let instead_of = self.day(&raw.instead_of, &format!("{path}.instead_of"));
        let (basis, tag) = (self.said(raw.basis, &format!("{path}.basis")), self.tag(&raw.tag, &format!("{path}.tag")));
        let (Some(on), Some(instead_of), Some(tag)) = (on, instead_of, tag) else { return };
        if on.weekday() != Weekday::Saturday {
            self.faults.push(place.fault(Problem::NoSaturday(on)));
        }
        if year.working_saturdays.insert(on, WorkingSaturday { instead_of, basis, tag }).is_some() {
            self.faults.push(place.fault(Problem::Twice(on)));
        }
        self.places.saturdays.insert(on, place);
    }

    fn day_in(&mut self, raw: &Spanned<Datetime>, year: i32, place: &Place) -> Option<Date> {
        let day = self.day(raw, &place.field)?;
        if day.year() != year {
            self.faults.push(place.fault(Problem::AnotherYear(day)));
            return None;
        }
        Some(day)
    }

    fn day(&mut self, raw: &Spanned<Datetime>, field: &str) -> Option<Date> {
        let day = match raw.as_ref() {
            Datetime { date: Some(date), time: None, offset: None } => Month::try_from(date.month)
                .ok()
                .and_then(|month| Date::from_calendar_date(i32::from(date.year), month, date.day).ok()),
            Datetime { .. } => None,
        };
        if day.is_none() {
            self.fault(&raw.span(), field, Problem::NotADay);
        }
        day
    }

    fn tag(&mut self, raw: &Spanned<String>, field: &str) -> Option<Tag> {
        let tag = Tag::from_letter(raw.as_ref());
        if tag.is_none() {
            self.fault(&raw.span(), field, Problem::Tag);
        }
        tag
    }

    fn said(&mut self, raw: Spanned<String>, field: &str) -> String {
        if raw.as_ref().trim().is_empty() {
            self.fault(&raw.span(), field, Problem::Empty);
        }
        raw.into_inner()
    }

    fn place(&self, span: &Range<usize>, field: &str) -> Place {
        Place { line: line_of(self.text, span.start), field: field.to_owned() }
    }

    fn fault(&mut self, span: &Range<usize>, field: &str, problem: Problem) {
        let fault = self.place(span, field).fault(problem);
        self.faults.push(fault);
    }
}
