//! Which days are off by law, and how often each: what a calendar that is published for a year must agree with.

use time::Date;
use time::macros::date;

use super::{Dated, Item};
use crate::domain::calendar::Holiday;

/// See [`DAYS_OFF`].
pub const ITEM: Item = Item {
    name: "holidays::DAYS_OFF",
    basis: "Labour Code 2019 art. 112; Resolution 28/2026/QH16",
    domain: "DOMAIN 9.1",
};

/// Each public holiday with its number of working days off in a year. One that falls on a rest day is made up for on the
/// next working day, so the number holds for every year. Labour Code 2019 art. 112; from 2026 also 24 November,
/// Resolution 28/2026/QH16; DOMAIN 9.1.
pub const DAYS_OFF: Dated<&[(Holiday, usize)]> =
    Dated(&[(date!(2021 - 01 - 01), &ELEVEN_DAYS), (date!(2026 - 01 - 01), &TWELVE_DAYS)]);

const ELEVEN_DAYS: [(Holiday, usize); 6] = [
    (Holiday::NewYear, 1),
    (Holiday::Tet, 5),
    (Holiday::HungKings, 1),
    (Holiday::Reunification, 1),
    (Holiday::Labour, 1),
    (Holiday::NationalDay, 2),
];

const TWELVE_DAYS: [(Holiday, usize); 7] = [
    (Holiday::NewYear, 1),
    (Holiday::Tet, 5),
    (Holiday::HungKings, 1),
    (Holiday::Reunification, 1),
    (Holiday::Labour, 1),
    (Holiday::NationalDay, 2),
    (Holiday::Culture, 1),
];

/// The working days off that `day`'s year gives for `holiday`.
pub fn days_off(holiday: Holiday, day: Date) -> usize {
    let all = DAYS_OFF.on(day).unwrap_or_default();
    all.iter().find(|(of, _)| *of == holiday).map_or(0, |(_, days)| *days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_days_are_off_by_law_and_from_2026_twelve() {
        let days = |day| DAYS_OFF.on(day).unwrap().iter().map(|(_, days)| days).sum::<usize>();
        assert_eq!(days(date!(2025 - 11 - 24)), 11);
        assert_eq!(days(date!(2026 - 11 - 24)), 12);
        assert_eq!(days_off(Holiday::Culture, date!(2025 - 11 - 24)), 0);
        assert_eq!(days_off(Holiday::Culture, date!(2026 - 11 - 24)), 1);
    }
}
