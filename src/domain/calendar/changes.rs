//! What a new edition changes, and whether it may take the place of the one in force.

use std::fmt;

use time::Date;

use super::{Calendar, Edition, Holiday};
use crate::domain::time::format_date;

/// One difference between two editions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Difference {
    /// A year that the former did not hold.
    YearAdded(i32),
    /// A year that is no longer provisional.
    YearDecided(i32),
    /// A year that is provisional again.
    YearReopened(i32),
    /// A day that is off now.
    Off(Date, Holiday),
    /// A day that is worked on now.
    NoLongerOff(Date, Holiday),
    /// A Saturday that is worked on now.
    WorkingSaturday(Date),
    /// A Saturday that is a rest day again.
    NoLongerWorkingSaturday(Date),
}

/// Why an edition cannot take the place of the one in force.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotSucceed {
    /// It is not later.
    #[error(
        "edition {offered} of {} is not later than edition {in_force} of {}, which is in force; give it a later day in \
         published, or a name that sorts behind",
        format_date(*offered_on),
        format_date(*in_force_on)
    )]
    NotLater {
        /// Its name.
        offered: Edition,
        /// Its day.
        offered_on: Date,
        /// The name of the one in force.
        in_force: Edition,
        /// The day of that.
        in_force_on: Date,
    },
    /// It has the name of one that is or was in force, and not its content.
    #[error(
        "edition {0} is or was in force with another content; an edition never changes, so give this one a new name"
    )]
    OtherContent(Edition),
    /// It lacks a year that the one in force holds: deadlines are counted in it.
    #[error("it lacks the year {0}, which the edition in force holds; add that year")]
    LacksYear(i32),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: &Date| format!("{:.3} {}", day.weekday().to_string(), format_date(*day));
        match self {
            Self::YearAdded(year) => write!(f, "+ {year}: a year that was not held"),
            Self::YearDecided(year) => write!(f, "  {year} is no longer provisional"),
            Self::YearReopened(year) => write!(f, "  {year} is provisional again"),
            Self::Off(on, holiday) => write!(f, "+ {} is off ({})", day(on), holiday.name()),
            Self::NoLongerOff(on, holiday) => write!(f, "- {} is worked on (was off: {})", day(on), holiday.name()),
            Self::WorkingSaturday(on) => write!(f, "- {} is worked on", day(on)),
            Self::NoLongerWorkingSaturday(on) => write!(f, "+ {} is a rest day again", day(on)),
        }
    }
}

impl Calendar {
    /// Whether it may take the place of `in_force`: it must be later, by the day on which it was published and then by its
    /// name, and hold every year that is held.
    ///
    /// # Errors
    /// If it may not.
    pub fn may_succeed(&self, in_force: &Self) -> Result<(), CannotSucceed> {
        if self.edition == in_force.edition {
            return Err(CannotSucceed::OtherContent(self.edition.clone()));
        }
        if (self.published, &self.edition) < (in_force.published, &in_force.edition) {
            return Err(CannotSucceed::NotLater {
                offered: self.edition.clone(),
                offered_on: self.published,
                in_force: in_force.edition.clone(),
                in_force_on: in_force.published,
            });
        }
        match in_force.years.keys().find(|year| !self.years.contains_key(year)) {
            Some(year) => Err(CannotSucceed::LacksYear(*year)),
            None => Ok(()),
        }
    }

    /// What it changes of `former`, in the order of the days.
    pub fn differences(&self, former: &Self) -> Vec<Difference> {
        self.years().flat_map(|(number, _)| self.differences_in(number, former)).collect()
    }

    fn differences_in(&self, number: i32, former: &Self) -> Vec<Difference> {
        let Some(new) = self.years.get(&number) else { return Vec::new() };
        let Some(old) = former.years.get(&number) else { return vec![Difference::YearAdded(number)] };
        let mut all = Vec::new();
        match (old.provisional(), new.provisional()) {
            (true, false) => all.push(Difference::YearDecided(number)),
            (false, true) => all.push(Difference::YearReopened(number)),
            (true, true) | (false, false) => {}
        }
        let mut days: Vec<(Date, Difference)> = Vec::new();
        let off = new.off.iter().filter(|(on, _)| !old.off.contains_key(on));
        days.extend(off.map(|(on, day)| (*on, Difference::Off(*on, day.holiday))));
        let back = old.off.iter().filter(|(on, _)| !new.off.contains_key(on));
        days.extend(back.map(|(on, day)| (*on, Difference::NoLongerOff(*on, day.holiday))));
        let saturdays = new.working_saturdays.keys().filter(|on| !old.working_saturdays.contains_key(on));
        days.extend(saturdays.map(|on| (*on, Difference::WorkingSaturday(*on))));
        let rest = old.working_saturdays.keys().filter(|on| !new.working_saturdays.contains_key(on));
        days.extend(rest.map(|on| (*on, Difference::NoLongerWorkingSaturday(*on))));
        days.sort_by_key(|(on, _)| *on);
        all.extend(days.into_iter().map(|(_, difference)| difference));
        all
    }
}
