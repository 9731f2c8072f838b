//! Whether the days of a calendar agree with each other and with the law.
//!
//! A year of which nothing is undecided must have every holiday off, on its day or made up for, as often as the law gives
//! it. A provisional year may lack days, and never has more than the law gives.

use std::collections::BTreeMap;

use time::{Date, Weekday};

use super::read::{Place, Places};
use super::{CalendarFault, Holiday, Problem, Year};
use crate::domain::law::holidays;

pub(super) fn check(years: &BTreeMap<i32, Year>, places: &Places, faults: &mut Vec<CalendarFault>) {
    swaps(years, places, faults);
    for (number, year) in years {
        let Some(place) = places.years.get(number) else { continue };
        let Ok(first) = Date::from_ordinal_date(*number, 1) else { continue };
        for holiday in Holiday::ALL.into_iter().filter(|holiday| *holiday != Holiday::Swap) {
            let law = holidays::days_off(holiday, first);
            let found = year.off.values().filter(|day| day.holiday == holiday).count();
            if found > law || (found < law && !year.provisional()) {
                faults.push(place.fault(Problem::DaysOff(holiday, found, law)));
            }
            if law > 0 && !year.provisional() {
                observed(year, *number, holiday, place, faults);
            }
        }
    }
}

/// Each swapped day has one working Saturday, which may be in the year before or after, and each of those its swapped day.
fn swaps(years: &BTreeMap<i32, Year>, places: &Places, faults: &mut Vec<CalendarFault>) {
    let mut made_up = BTreeMap::<Date, Date>::new();
    for (on, saturday) in years.values().flat_map(|year| &year.working_saturdays) {
        let swapped = years.get(&saturday.instead_of.year()).and_then(|year| year.off.get(&saturday.instead_of));
        let place = places.saturdays.get(on);
        if swapped.is_none_or(|day| day.holiday != Holiday::Swap) {
            faults.extend(place.map(|place| place.fault(Problem::NothingSwapped(saturday.instead_of))));
        }
        if made_up.insert(saturday.instead_of, *on).is_some() {
            faults.extend(place.map(|place| place.fault(Problem::Twice(saturday.instead_of))));
        }
    }
    let off = years.values().flat_map(|year| &year.off);
    for (on, _) in off.filter(|(on, day)| day.holiday == Holiday::Swap && !made_up.contains_key(on)) {
        faults.extend(places.off.get(on).map(|place| place.fault(Problem::NoWorkingSaturday(*on))));
    }
}

/// A holiday's own days are off; one on a rest day is made up for on the next day that is not off for something else.
fn observed(year: &Year, number: i32, holiday: Holiday, place: &Place, faults: &mut Vec<CalendarFault>) {
    for day in holiday.days(number).unwrap_or_default() {
        let problem = if is_weekend(day) {
            let after = std::iter::successors(day.next_day(), |day| day.next_day()).filter(|day| !is_weekend(*day));
            let made_up = after.map_while(|day| year.off.get(&day)).any(|off| off.holiday == holiday);
            (!made_up).then_some(Problem::NotMadeUp(holiday, day))
        } else {
            (!year.off.contains_key(&day)).then_some(Problem::NotOff(holiday, day))
        };
        faults.extend(problem.map(|problem| place.fault(problem)));
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}
