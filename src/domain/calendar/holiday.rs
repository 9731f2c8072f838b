//! The public holidays, and on which days they fall: the fixed ones of the solar calendar, and those of the lunar one.

use time::{Date, Month};

use super::lunar;

/// Why a day from Monday to Friday is off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holiday {
    /// 1 January.
    NewYear,
    /// Lunar New Year, five days.
    Tet,
    /// The tenth of the third lunar month.
    HungKings,
    /// 30 April.
    Reunification,
    /// 1 May.
    Labour,
    /// 2 September, and the day before or after.
    NationalDay,
    /// 24 November, from 2026.
    Culture,
    /// Not a holiday: a working day that was swapped with a Saturday.
    Swap,
}

impl Holiday {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NewYear,
        Self::Tet,
        Self::HungKings,
        Self::Reunification,
        Self::Labour,
        Self::NationalDay,
        Self::Culture,
        Self::Swap,
    ];

    /// The name that calendar files use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewYear => "new-year",
            Self::Tet => "tet",
            Self::HungKings => "hung-kings",
            Self::Reunification => "reunification",
            Self::Labour => "labour",
            Self::NationalDay => "national-day",
            Self::Culture => "culture",
            Self::Swap => "swap",
        }
    }

    /// Reads a name written by [`Holiday::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|holiday| holiday.name() == name)
    }

    /// The days of a year on which it certainly falls. Of Tết these are the first three, which both spans that the Prime
    /// Minister may choose have in common; of National Day, 2 September. `None` for a swap, which falls on no certain day.
    pub(super) fn days(self, year: i32) -> Option<Vec<Date>> {
        let solar = |month, day| Date::from_calendar_date(year, month, day).ok().map(|day| vec![day]);
        match self {
            Self::NewYear => solar(Month::January, 1),
            Self::Tet => {
                let first = lunar::tet(year)?;
                Some(std::iter::successors(Some(first), |day| day.next_day()).take(3).collect())
            }
            Self::HungKings => lunar::hung_kings(year).map(|day| vec![day]),
            Self::Reunification => solar(Month::April, 30),
            Self::Labour => solar(Month::May, 1),
            Self::NationalDay => solar(Month::September, 2),
            Self::Culture => solar(Month::November, 24),
            Self::Swap => None,
        }
    }
}
