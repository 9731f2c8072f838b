//! Instants and days. Instants are UTC; days are those of Asia/Ho_Chi_Minh (UTC+7, no daylight saving: DOMAIN 9.1).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, UtcOffset};

/// The offset of Asia/Ho_Chi_Minh.
const LOCAL: UtcOffset = match UtcOffset::from_hms(7, 0, 0) {
    Ok(offset) => offset,
    Err(_) => UtcOffset::UTC,
};

/// An instant: microseconds since the Unix epoch, as both engines store it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant that many microseconds after the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The instant `by` later; stays at the end of time rather than wrapping.
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The instant `by` earlier; stays at the beginning of time rather than wrapping.
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The day on the wall in Viet Nam at this instant.
    pub fn local_date(self) -> Date {
        self.utc().to_offset(LOCAL).date()
    }

    /// Midnight in Viet Nam at the start of `day`.
    pub fn start_of(day: Date) -> Self {
        let midnight = day.midnight().assume_offset(LOCAL);
        Self(i64::try_from(midnight.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX))
    }

    /// The second it falls in, if certificates can be dated so: from 1950 to 9999 (RFC 5280, 4.1.2.5).
    pub fn in_certificates(self) -> Option<OffsetDateTime> {
        let second = OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1_000_000)).ok();
        second.filter(|second| (1950..=9999).contains(&second.year()))
    }

    fn utc(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().format(&Rfc3339).unwrap_or_default())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads a day written as ISO 8601 `YYYY-MM-DD`. `None` for anything else, 30 February included.
pub fn parse_date(text: &str) -> Option<Date> {
    let shape = format_description!("[year]-[month]-[day]");
    (text.len() == 10).then(|| Date::parse(text, shape).ok()).flatten()
}

/// The same day some years later or, with a negative number, earlier; 29 February becomes the 28th where there is none.
pub fn years_after(day: Date, years: i32) -> Date {
    let year = day.year().saturating_add(years);
    day.replace_year(year).or_else(|_| Date::from_calendar_date(year, Month::February, 28)).unwrap_or(day)
}

/// Writes a day as ISO 8601 `YYYY-MM-DD`.
pub fn format_date(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// Serialises days as `YYYY-MM-DD` for sealed records.
pub mod iso_date {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use time::Date;

    /// Writes the day as ISO 8601.
    pub fn serialize<S: Serializer>(day: &Date, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::format_date(*day))
    }

    /// Reads the day from ISO 8601.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
        let text = String::deserialize(from)?;
        super::parse_date(&text).ok_or_else(|| D::Error::custom("not a day"))
    }

    /// The same for a day that may be absent.
    pub mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
        use time::Date;

        /// Writes the day as ISO 8601, or nothing.
        pub fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
            day.map(super::super::format_date).serialize(to)
        }

        /// Reads the day from ISO 8601, or nothing.
        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
            let text = Option::<String>::deserialize(from)?;
            text.map(|text| super::super::parse_date(&text).ok_or_else(|| D::Error::custom("not a day"))).transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime};

    fn at(moment: OffsetDateTime) -> Timestamp {
        Timestamp::from_micros(i64::try_from(moment.unix_timestamp_nanos() / 1_000).unwrap())
    }

    #[test]
    fn a_leap_day_has_an_anniversary_in_every_year() {
        assert_eq!(years_after(date!(2024 - 02 - 29), 10), date!(2034 - 02 - 28));
        assert_eq!(years_after(date!(2024 - 02 - 29), -4), date!(2020 - 02 - 29));
        assert_eq!(years_after(date!(2026 - 11 - 21), -6), date!(2020 - 11 - 21));
    }

    #[test]
    fn a_new_day_begins_in_viet_nam_at_17_utc() {
        assert_eq!(at(datetime!(2026-11-20 16:59:59 UTC)).local_date(), date!(2026 - 11 - 20));
        assert_eq!(at(datetime!(2026-11-20 17:00 UTC)).local_date(), date!(2026 - 11 - 21));
        assert_eq!(Timestamp::start_of(date!(2026 - 11 - 21)), at(datetime!(2026-11-20 17:00 UTC)));
    }

    #[test]
    fn only_days_of_the_calendar_are_read() {
        assert_eq!(parse_date("2024-02-29"), Some(date!(2024 - 02 - 29)));
        for wrong in ["2026-02-30", "2023-02-29", "2026-2-3", "26-02-03", "", "2026-02-03 ", "٢٠٢٦-٠١-٠١"] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
        assert_eq!(format_date(date!(0999 - 01 - 02)), "0999-01-02");
    }
}
