//! The calendar of working days: published data by editions, and counting on it. DOMAIN 9.
//!
//! Owns which days are worked on and how working days are counted. Refuses to guess: a year that it does not hold is an
//! error, and a year of which something is still to be decided is marked provisional, with all that is counted in it.

mod changes;
mod check;
mod fault;
mod holiday;
mod lunar;
mod read;

pub use changes::{CannotSucceed, Difference};
pub use fault::{CalendarFault, Problem};
pub use holiday::Holiday;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Weekday};

use super::time::Timestamp;

/// The calendar that comes with the program, as text.
pub const SHIPPED: &str = include_str!("shipped.toml");

/// An edition's name: 1 to 32 of `a-z`, `0-9`, `.` and `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Edition(String);

impl Edition {
    /// Reads a name; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        ((1..=32).contains(&text.len()) && text.chars().all(allowed)).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Edition {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not an edition's name")
    }
}

impl From<Edition> for String {
    fn from(edition: Edition) -> Self {
        edition.0
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a day of the calendar can be trusted, as the domain facts tag it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// A published page.
    Published,
    /// Notes of others that cite the instrument.
    Secondary,
    /// From memory, not verified.
    Memory,
    /// Inferred from the rules.
    Inferred,
}

impl Tag {
    /// The letter that calendar files use.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Published => "P",
            Self::Secondary => "S",
            Self::Memory => "M",
            Self::Inferred => "I",
        }
    }

    /// Reads a letter written by [`Tag::letter`].
    pub fn from_letter(letter: &str) -> Option<Self> {
        [Self::Published, Self::Secondary, Self::Memory, Self::Inferred].into_iter().find(|tag| tag.letter() == letter)
    }
}

/// Why a day from Monday to Friday is off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayOff {
    /// For which holiday; also if it makes up for one on a rest day.
    pub holiday: Holiday,
    /// What says so: a decision, or how it follows from the rules.
    pub basis: String,
    /// How far that can be trusted.
    pub tag: Tag,
}

/// A Saturday that is worked on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkingSaturday {
    /// The day off that it makes up for.
    pub instead_of: Date,
    /// What says so.
    pub basis: String,
    /// How far that can be trusted.
    pub tag: Tag,
}

/// One year of a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Year {
    /// What is still to be decided, in sentences; if there is anything, the year is provisional.
    pub undecided: Vec<String>,
    /// Days from Monday to Friday that are off.
    pub off: BTreeMap<Date, DayOff>,
    /// Saturdays that are worked on.
    pub working_saturdays: BTreeMap<Date, WorkingSaturday>,
}

impl Year {
    /// Whether something of it is still to be decided.
    pub const fn provisional(&self) -> bool {
        !self.undecided.is_empty()
    }

    fn is_working(&self, day: Date) -> bool {
        match day.weekday() {
            Weekday::Sunday => false,
            Weekday::Saturday => self.working_saturdays.contains_key(&day),
            _ => !self.off.contains_key(&day),
        }
    }
}

/// A calendar. One that exists is consistent in itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    edition: Edition,
    published: Date,
    years: BTreeMap<i32, Year>,
}

/// A year that the calendar in force does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the calendar of working days does not hold the year {year}")]
pub struct CalendarLacks {
    /// The year.
    pub year: i32,
}

/// A day that was counted to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The day.
    pub day: Date,
    /// Whether a day was looked at on the way of whose year something is still to be decided.
    pub provisional: bool,
}

/// Working days in a span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Worked {
    /// How many.
    pub days: u32,
    /// Whether a day was looked at of whose year something is still to be decided.
    pub provisional: bool,
}

impl Counted {
    /// The instant at which the day is over: midnight in Viet Nam at the start of the next one. What is due on a day is
    /// in time before this instant, and late from it on.
    pub fn end(self) -> Timestamp {
        self.day.next_day().map_or(Timestamp::from_micros(i64::MAX), Timestamp::start_of)
    }
}

impl Calendar {
    /// Reads a calendar from its text.
    ///
    /// # Errors
    /// All that is wrong with it, in the order of its lines.
    pub fn read(text: &str) -> Result<Self, Vec<CalendarFault>> {
        read::read(text)
    }

    /// Its name.
    pub const fn edition(&self) -> &Edition {
        &self.edition
    }

    /// The day on which it was published.
    pub const fn published(&self) -> Date {
        self.published
    }

    /// The years that it holds, in order.
    pub fn years(&self) -> impl Iterator<Item = (i32, &Year)> {
        self.years.iter().map(|(number, year)| (*number, year))
    }

    /// One of them.
    ///
    /// # Errors
    /// If it is not held.
    pub fn year(&self, year: i32) -> Result<&Year, CalendarLacks> {
        self.years.get(&year).ok_or(CalendarLacks { year })
    }

    /// Whether state offices work on `day`.
    ///
    /// # Errors
    /// If its year is not held.
    pub fn is_working(&self, day: Date) -> Result<bool, CalendarLacks> {
        Ok(self.year(day.year())?.is_working(day))
    }

    /// The number of working days in a year.
    ///
    /// # Errors
    /// If it is not held.
    pub fn working_days(&self, year: i32) -> Result<usize, CalendarLacks> {
        let held = self.year(year)?;
        let first = Date::from_ordinal_date(year, 1).map_err(|_| CalendarLacks { year })?;
        let days = std::iter::successors(Some(first), |day| day.next_day()).take_while(|day| day.year() == year);
        Ok(days.filter(|day| held.is_working(*day)).count())
    }

    /// The last of `days` working days after `event`, whose own day is not counted (Civil Code 2015 art. 147). No days
    /// after an event end on its own day, or, if nobody works then, on the next working day (art. 148).
    ///
    /// # Errors
    /// If a year on the way is not held.
    pub fn after(&self, event: Date, days: u32) -> Result<Counted, CalendarLacks> {
        let mut counted = Counted { day: event, provisional: false };
        let mut left = days;
        loop {
            let year = self.year(counted.day.year())?;
            counted.provisional |= year.provisional();
            let works = year.is_working(counted.day);
            if counted.day > event && works {
                left = left.saturating_sub(1);
            }
            if left == 0 && works {
                return Ok(counted);
            }
            let lacks = CalendarLacks { year: counted.day.year().saturating_add(1) };
            counted.day = counted.day.next_day().ok_or(lacks)?;
        }
    }

    /// The first working day that is not before `day`: a term of plain days that ends on a rest day ends there. Civil Code
    /// 2015 art. 148.
    ///
    /// # Errors
    /// If a year on the way is not held.
    pub fn rolled_on(&self, day: Date) -> Result<Counted, CalendarLacks> {
        self.after(day, 0)
    }

    /// The working days after `event` up to `until`, itself included; none if that is not later.
    ///
    /// # Errors
    /// If a year on the way is not held.
    pub fn between(&self, event: Date, until: Date) -> Result<Worked, CalendarLacks> {
        let days = std::iter::successors(event.next_day(), |day| day.next_day()).take_while(|day| *day <= until);
        let mut worked = Worked { days: 0, provisional: false };
        for day in days {
            let year = self.year(day.year())?;
            worked.days += u32::from(year.is_working(day));
            worked.provisional |= year.provisional();
        }
        Ok(worked)
    }
}

#[cfg(test)]
mod tests;
