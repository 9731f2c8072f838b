//! The map: which office a code meant on a day, and who has its rights by now.

use time::Date;

use super::check;
use super::fault::Fault;
use super::record::{Record, Subject};
use super::types::{Office, Period, Unit, UnitCode};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

/// What has a code for some days, and then another in its place.
pub(super) trait Dated {
    /// Its code.
    fn code(&self) -> &str;
    /// Its days.
    fn period(&self) -> Period;
    /// The code of what takes its place on the day after.
    fn successor(&self) -> Option<&str>;
    /// Its name in Vietnamese.
    fn name(&self) -> &str;
}

macro_rules! dated {
    ($type:ident) => {
        impl Dated for $type {
            fn code(&self) -> &str {
                self.code.as_str()
            }

            fn period(&self) -> Period {
                self.period
            }

            fn successor(&self) -> Option<&str> {
                self.successor.as_ref().map(|code| code.as_str())
            }

            fn name(&self) -> &str {
                &self.names.vi
            }
        }
    };
}

dated!(Unit);
dated!(Office);

/// Units and offices with their days. One that exists holds together: periods of a code do not meet, whatever ended has a
/// successor on the next day, and each site lies in a unit on every day.
#[derive(Clone, Debug, Default)]
pub struct OfficeMap {
    /// By code, then by first day.
    units: Vec<Unit>,
    /// By code, then by first day.
    offices: Vec<Office>,
}

/// The requests of one code over a span of days of receipt, both days included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfficeSpan {
    /// The code that the requests carry.
    pub code: OfficeCode,
    /// First day of receipt; `None`: since before anything that is kept.
    pub from: Option<Date>,
    /// Last day of receipt; `None`: no end is known.
    pub until: Option<Date>,
}

/// A code has meant more than one thing, and the day was not told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the code has meant different offices; tell the day")]
pub struct Ambiguous;

impl OfficeSpan {
    /// The instants of receipt: from the first, included, to the second, not included. Days begin at UTC+7.
    pub fn instants(&self) -> (Timestamp, Timestamp) {
        let from = self.from.map_or(Timestamp::from_micros(i64::MIN), Timestamp::start_of);
        let after = self.until.and_then(Date::next_day);
        (from, after.map_or(Timestamp::from_micros(i64::MAX), Timestamp::start_of))
    }

    /// What of it lies within a period; `None` if no day does.
    pub fn within(self, period: Period) -> Option<Self> {
        let from = self.from.max(period.from());
        let until = match (self.until, period.until()) {
            (Some(own), Some(other)) => Some(own.min(other)),
            (own, other) => own.or(other),
        };
        Period::new(from, until).map(|_| Self { from, until, ..self })
    }

    /// Whether a request that was received there on that day is within.
    pub fn contains(&self, code: &OfficeCode, received: Date) -> bool {
        self.code == *code && Period::new(self.from, self.until).is_some_and(|span| span.contains(received))
    }
}

impl OfficeMap {
    /// The map that the records make.
    ///
    /// # Errors
    /// Every line that does not go with the others.
    pub fn new(records: &[Record]) -> Result<Self, Vec<Fault>> {
        let faults = check::faults(records);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut map = Self::default();
        for record in records {
            match &record.subject {
                Subject::Unit(unit) => map.units.push(unit.clone()),
                Subject::Site(office) => map.offices.push(office.clone()),
            }
        }
        map.units.sort_by(|a, b| (a.code.as_str(), a.period.first()).cmp(&(b.code.as_str(), b.period.first())));
        map.offices.sort_by(|a, b| (a.code.as_str(), a.period.first()).cmp(&(b.code.as_str(), b.period.first())));
        Ok(map)
    }

    /// The office that a code meant on a day.
    pub fn office(&self, code: &OfficeCode, on: Date) -> Option<&Office> {
        find(&self.offices, code.as_str(), on)
    }

    /// The unit that a code meant on a day.
    pub fn unit(&self, code: &UnitCode, on: Date) -> Option<&Unit> {
        find(&self.units, code.as_str(), on)
    }

    /// The unit in which an office lay on a day.
    pub fn unit_of(&self, office: &OfficeCode, on: Date) -> Option<&Unit> {
        self.unit(&UnitCode::of(office), on)
    }

    /// The office that has on day `on` the rights of what `code` meant on day `as_of`: itself, or the last of those that
    /// took its place. `None` if there was no such office, or it did not exist yet on day `on`.
    pub fn successor(&self, code: &OfficeCode, as_of: Date, on: Date) -> Option<&Office> {
        follow(&self.offices, self.office(code, as_of)?, on)
    }

    /// The unit that has on day `on` the place of what `code` meant on day `as_of`.
    pub fn unit_successor(&self, code: &UnitCode, as_of: Date, on: Date) -> Option<&Unit> {
        follow(&self.units, self.unit(code, as_of)?, on)
    }

    /// Whose requests are that office's by the map of day `on`: for each code, the days of receipt. Offices whose place it
    /// took are among them; empty if there is no such office on that day.
    pub fn spans(&self, office: &OfficeCode, on: Date) -> Vec<OfficeSpan> {
        let own = |record: &&Office| {
            record.period.first() <= on && follow(&self.offices, record, on).is_some_and(|end| end.code == *office)
        };
        let mut spans: Vec<OfficeSpan> = Vec::new();
        for Office { code, period, .. } in self.offices.iter().filter(own) {
            match spans.last_mut() {
                // One code without a gap is one span: fewer questions to ask.
                Some(last) if last.code == *code && last.until.and_then(Date::next_day) == period.from() => {
                    last.until = period.until();
                }
                _ => spans.push(OfficeSpan { code: code.clone(), from: period.from(), until: period.until() }),
            }
        }
        spans
    }

    /// What a code means to somebody who tells no day: what it means on day `today` or, if it ended, what it meant last.
    ///
    /// # Errors
    /// If the code has meant more than one thing so far.
    pub fn undated(&self, code: &OfficeCode, today: Date) -> Result<Option<&Office>, Ambiguous> {
        undated(&self.offices, code.as_str(), today)
    }

    /// The same for the code of a unit.
    ///
    /// # Errors
    /// If the code has meant more than one thing so far.
    pub fn unit_undated(&self, code: &UnitCode, today: Date) -> Result<Option<&Unit>, Ambiguous> {
        undated(&self.units, code.as_str(), today)
    }

    /// The offices of a day, by code.
    pub fn offices_on(&self, day: Date) -> impl Iterator<Item = &Office> {
        self.offices.iter().filter(move |office| office.period.contains(day))
    }

    /// The units of a day, by code.
    pub fn units_on(&self, day: Date) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |unit| unit.period.contains(day))
    }

    /// What a code of an office has meant, oldest first.
    pub fn history(&self, code: &OfficeCode) -> impl Iterator<Item = &Office> {
        self.offices.iter().filter(move |office| office.code == *code)
    }

    /// What a code of a unit has meant, oldest first.
    pub fn unit_history(&self, code: &UnitCode) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |unit| unit.code == *code)
    }

    /// The offices whose place an office took on the first day of its period.
    pub fn predecessors<'a>(&'a self, office: &'a Office) -> impl Iterator<Item = &'a Office> {
        predecessors(&self.offices, office)
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty() && self.offices.is_empty()
    }
}

/// What a code meant on a day.
pub(super) fn find<'a, T: Dated>(all: &'a [T], code: &str, on: Date) -> Option<&'a T> {
    all.iter().find(|one| one.code() == code && one.period().contains(on))
}

/// What has the place of `start` on day `on`.
fn follow<'a, T: Dated>(all: &'a [T], start: &'a T, on: Date) -> Option<&'a T> {
    let mut here = start;
    // Each step leads to what exists on the day after the last of the one before: the days rise, so the walk ends.
    while here.period().last() < on {
        here = find(all, here.successor()?, here.period().after()?)?;
    }
    here.period().contains(on).then_some(here)
}

fn predecessors<'a, T: Dated>(all: &'a [T], of: &'a T) -> impl Iterator<Item = &'a T> {
    let took = |one: &&T| one.successor() == Some(of.code()) && one.period().after() == of.period().from();
    all.iter().filter(move |one| one.period().after().is_some() && took(one))
}

fn undated<'a, T: Dated>(all: &'a [T], code: &str, today: Date) -> Result<Option<&'a T>, Ambiguous> {
    let meanings: Vec<_> = all.iter().filter(|one| one.code() == code && one.period().first() <= today).collect();
    let changed = meanings.iter().zip(meanings.iter().skip(1)).any(|(old, new)| !goes_on(all, *old, *new));
    if changed { Err(Ambiguous) } else { Ok(meanings.last().copied()) }
}

/// Whether a code went on to mean the same: by its name, or because nothing but the name changed.
fn goes_on<'a, T: Dated>(all: &'a [T], old: &'a T, new: &'a T) -> bool {
    let mut took = predecessors(all, new).map(Dated::code);
    old.name() == new.name() || (took.next() == Some(old.code()) && took.next().is_none())
}
