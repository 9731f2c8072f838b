//! The two days of the lunar calendar that are holidays, by the rules of the Vietnamese calendar: months begin on the day
//! of the new moon, and the month with the winter solstice is the eleventh, both as seen at UTC+7.
//!
//! A check on calendars that people publish, never their replacement. A Chinese calendar must not stand in for it: at
//! UTC+8 the day, and with it once in a while the month, is another (DOMAIN 9.1). New moons and the place of the sun are
//! computed by the methods of Meeus, Astronomical Algorithms, chapters 49 and 25: right to a minute and a quarter of an
//! hour, which decides every month from 1900 to 2100 but those whose event falls that close to midnight.

use std::ops::RangeInclusive;

use time::Date;

/// The years for which the series hold.
const YEARS: RangeInclusive<i32> = 1900..=2100;
/// The offset of Viet Nam, in days.
const LOCAL: f64 = 7.0 / 24.0;
/// Mean length of a lunar month, in days.
const MONTH: f64 = 29.530_588_861;
/// The first new moon of the year 2000 in the mean, Julian ephemeris day.
const EPOCH: f64 = 2_451_550.097_66;
/// What dynamical time is ahead of the earth's rotation in these decades, in days: a minute and some seconds.
const DELTA_T: f64 = 70.0 / 86_400.0;

/// The first day of the first lunar month of `year`; `None` outside 1900 to 2100.
pub(super) fn tet(year: i32) -> Option<Date> {
    month_day(year, 1, 1)
}

/// The tenth day of the third lunar month of `year`; `None` outside 1900 to 2100.
pub(super) fn hung_kings(year: i32) -> Option<Date> {
    month_day(year, 3, 10)
}

/// A day of the first months of a year, of which none is a leap month.
fn month_day(year: i32, month: usize, day: i32) -> Option<Date> {
    if !YEARS.contains(&year) {
        return None;
    }
    let eleventh = eleventh_month(year - 1)?;
    let starts: Vec<i32> = (0..7).map(|month| new_moon(eleventh + month)).collect();
    // The leap month is the first without a principal term, in a year that has thirteen months.
    let thirteen = eleventh_month(year)? - eleventh > 12;
    let without_term = |pair: &[i32]| matches!(pair, [start, next] if term(*start) == term(*next));
    let leap = starts.windows(2).position(without_term).filter(|_| thirteen);
    // The list begins with the eleventh month, so the first is two places on, and one more behind a leap month.
    let place = month + 1;
    let place = if leap.is_some_and(|leap| leap <= place) { place + 1 } else { place };
    starts.get(place).and_then(|start| Date::from_julian_day(start + day - 1).ok())
}

/// The number of the new moon with which the eleventh month of `year` begins: the last one not after the solstice.
fn eleventh_month(year: i32) -> Option<i32> {
    let last = Date::from_ordinal_date(year, 365).ok()?.to_julian_day();
    // The solstice is on one of the days before; the term changes there from 8 to 9 (270 degrees).
    let solstice = (last - 15..=last).find(|day| term(day + 1) == 9)?;
    let guess = whole((f64::from(solstice) - EPOCH) / MONTH) + 1;
    (guess - 2..=guess + 1).rev().find(|number| new_moon(*number) <= solstice)
}

/// The Julian day, at UTC+7, on which the new moon of that number falls; number 0 is the first of the year 2000. Meeus,
/// chapter 49.
fn new_moon(number: i32) -> i32 {
    let k = f64::from(number);
    let t = k / 1_236.85;
    let mean = EPOCH + MONTH * k + 0.000_154_37 * t * t;
    let e = 1.0 - 0.002_516 * t - 0.000_007_4 * t * t;
    let sun = 2.5534 + 29.105_356_70 * k - 0.000_001_4 * t * t;
    let moon = 201.5643 + 385.816_935_28 * k + 0.010_758_2 * t * t;
    let latitude = 160.7108 + 390.670_502_84 * k - 0.001_611_8 * t * t;
    let node = 124.7746 - 1.563_755_88 * k + 0.002_067_2 * t * t;
    let terms = [
        (-0.407_20, moon),
        (0.172_41 * e, sun),
        (0.016_08, 2.0 * moon),
        (0.010_39, 2.0 * latitude),
        (0.007_39 * e, moon - sun),
        (-0.005_14 * e, moon + sun),
        (0.002_08 * e * e, 2.0 * sun),
        (-0.001_11, moon - 2.0 * latitude),
        (-0.000_57, moon + 2.0 * latitude),
        (0.000_56 * e, 2.0 * moon + sun),
        (-0.000_42, 3.0 * moon),
        (0.000_42 * e, sun + 2.0 * latitude),
        (0.000_38 * e, sun - 2.0 * latitude),
        (-0.000_24 * e, 2.0 * moon - sun),
        (-0.000_17, node),
        (0.000_325, 299.77 + 0.107_408 * k - 0.009_173 * t * t),
    ];
    let true_moon = terms.into_iter().fold(mean, |day, (size, angle)| day + size * angle.to_radians().sin());
    whole(true_moon - DELTA_T + LOCAL + 0.5)
}

/// The twelfth of its way, from 0 at the spring equinox, that the sun has reached when a Julian day begins at UTC+7.
/// Meeus, chapter 25.
fn term(day: i32) -> i32 {
    let t = (f64::from(day) - 0.5 - LOCAL + DELTA_T - 2_451_545.0) / 36_525.0;
    let mean = 280.466_46 + 36_000.769_83 * t + 0.000_303_2 * t * t;
    let anomaly = (357.529_11 + 35_999.050_29 * t - 0.000_153_7 * t * t).to_radians();
    let centre = (1.914_602 - 0.004_817 * t) * anomaly.sin()
        + (0.019_993 - 0.000_101 * t) * (2.0 * anomaly).sin()
        + 0.000_289 * (3.0 * anomaly).sin();
    let node = (125.04 - 1_934.136 * t).to_radians();
    let apparent = mean + centre - 0.005_69 - 0.004_78 * node.sin();
    whole(apparent.rem_euclid(360.0) / 30.0)
}

#[expect(clippy::cast_possible_truncation, reason = "days and counts of two centuries; a cast of floats saturates")]
fn whole(number: f64) -> i32 {
    number.floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn the_lunar_holidays_of_these_years_are_those_of_the_fact_sheet() {
        let expected = [
            (2025, date!(2025 - 01 - 29), date!(2025 - 04 - 07)),
            (2026, date!(2026 - 02 - 17), date!(2026 - 04 - 26)),
            (2027, date!(2027 - 02 - 06), date!(2027 - 04 - 16)),
            (2028, date!(2028 - 01 - 26), date!(2028 - 04 - 04)),
            (2029, date!(2029 - 02 - 13), date!(2029 - 04 - 23)),
            (2030, date!(2030 - 02 - 02), date!(2030 - 04 - 12)),
        ];
        for (year, first, tenth) in expected {
            assert_eq!((tet(year), hung_kings(year)), (Some(first), Some(tenth)), "{year}");
        }
    }

    #[test]
    fn where_china_keeps_another_day_the_vietnamese_one_is_found() {
        assert_eq!(tet(1985), Some(date!(1985 - 01 - 21)), "a month before China");
        assert_eq!(tet(2007), Some(date!(2007 - 02 - 17)), "a day before China");
        assert_eq!(tet(2030), Some(date!(2030 - 02 - 02)), "a day before China");
    }

    #[test]
    fn a_leap_month_before_the_third_moves_it() {
        assert_eq!(hung_kings(2023), Some(date!(2023 - 04 - 29)), "after a leap second month");
        assert_eq!(hung_kings(2004), Some(date!(2004 - 04 - 28)), "after a leap second month");
        assert_eq!(hung_kings(2020), Some(date!(2020 - 04 - 02)), "before a leap fourth month");
        assert_eq!(hung_kings(2024), Some(date!(2024 - 04 - 18)));
    }

    #[test]
    fn every_new_year_lies_between_20_january_and_21_february() {
        for year in YEARS {
            let first = tet(year).unwrap();
            let ordinal = first.ordinal();
            assert!(first.year() == year && (20..=52).contains(&ordinal), "{year}: {first}");
            let days = (hung_kings(year).unwrap() - first).whole_days();
            assert!((67..=100).contains(&days), "{year}: {days}");
        }
        assert_eq!((tet(1899), tet(2101)), (None, None));
    }
}
