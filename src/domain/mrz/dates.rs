//! Dates of a zone: two digits of the year, fillers for what is unknown (Doc 9303-3 section 4.8), and the century, which
//! only the day of checking can tell.

use std::fmt;

use time::{Date, Month};

/// Nobody is older, in years.
const AGE_MAX: u16 = 120;
/// A document whose end lies further back than this is taken to end in the century to come.
const ENDED_YEARS_MAX: u16 = 30;

/// A day of which parts may be unknown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PartialDate {
    /// Year, with its century.
    pub year: Option<u16>,
    /// Month, 1 to 12.
    pub month: Option<u8>,
    /// Day of the month.
    pub day: Option<u8>,
}

impl PartialDate {
    /// The day, if all of it is known.
    pub fn date(self) -> Option<Date> {
        let (year, month) = (i32::from(self.year?), Month::try_from(self.month?).ok()?);
        Date::from_calendar_date(year, month, self.day?).ok()
    }

    /// Whether `day` can be meant: what is unknown fits anything.
    pub fn agrees(self, day: Date) -> bool {
        self.year.is_none_or(|year| i32::from(year) == day.year())
            && self.month.is_none_or(|month| month == u8::from(day.month()))
            && self.day.is_none_or(|d| d == day.day())
    }

    /// The first day that can be meant, in a leap year if the year is unknown.
    fn earliest(self) -> Option<Date> {
        let year = self.year.unwrap_or(4);
        Self { year: Some(year), month: self.month.or(Some(1)), day: self.day.or(Some(1)) }.date()
    }
}

/// As the visual zone prints it: `1974-08-12`, `1974-XX-XX`.
impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            Some(year) => write!(f, "{year:04}")?,
            None => f.write_str("XXXX")?,
        }
        for part in [self.month, self.day] {
            match part {
                Some(part) => write!(f, "-{part:02}")?,
                None => f.write_str("-XX")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartialDate(…)")
    }
}

/// Six cells `YYMMDD` that can be a date of some century.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ZoneDate {
    year: Option<u16>,
    month: Option<u8>,
    day: Option<u8>,
}

impl ZoneDate {
    /// Reads six cells; `None` if they are no date in any century, or a part is half unknown.
    pub(super) fn read(cells: &[u8]) -> Option<Self> {
        let part = |pair: &[u8]| match pair {
            b"<<" => Some(None),
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some(Some((tens - b'0') * 10 + (ones - b'0'))),
            _ => None,
        };
        let (year, month, day) = (part(cells.get(..2)?)?, part(cells.get(2..4)?)?, part(cells.get(4..6)?)?);
        let read = Self { year: year.map(u16::from), month, day };
        [1900, 2000].into_iter().any(|century| read.of(century).is_some()).then_some(read)
    }

    /// The date in the hundred years from `century` on; `None` if that has no such day.
    fn of(self, century: u16) -> Option<PartialDate> {
        let date = PartialDate { year: self.year.map(|year| century + year), month: self.month, day: self.day };
        date.earliest().is_some().then_some(date)
    }

    /// When someone can have been born whose birth is written so, the younger first: not after `latest`, and not so long
    /// before `today` that nobody lives to tell.
    pub(super) fn births(self, today: Date, latest: Date) -> impl Iterator<Item = PartialDate> {
        let born = move |century| {
            let birth = self.of(century)?;
            let early = birth.year.is_none() || birth.earliest().is_some_and(|day| day <= latest);
            let young = birth.year.is_none_or(|year| i32::from(year + AGE_MAX) >= today.year());
            (early && young).then_some(birth)
        };
        // Without a year both centuries say the same.
        let centuries: &[u16] = if self.year.is_none() { &[2000] } else { &[2000, 1900] };
        centuries.iter().copied().filter_map(born)
    }

    /// When a document ends whose expiry is written so: from 30 years before `today` on.
    pub(super) fn expiry(self, today: Date) -> Option<PartialDate> {
        let first = u16::try_from(today.year()).ok()?.checked_sub(ENDED_YEARS_MAX)?;
        let century = first - first % 100;
        let Some(year) = self.year else { return self.of(century) };
        self.of(if century + year < first { century + 100 } else { century })
    }

    /// Whether a part is unknown.
    pub(super) const fn is_partial(self) -> bool {
        self.year.is_none() || self.month.is_none() || self.day.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 21);

    fn births(cells: &str, latest: Date) -> Vec<String> {
        let date = ZoneDate::read(cells.as_bytes()).unwrap();
        date.births(TODAY, latest).map(|birth| birth.to_string()).collect()
    }

    fn expiry(cells: &str) -> Option<String> {
        Some(ZoneDate::read(cells.as_bytes())?.expiry(TODAY)?.to_string())
    }

    #[test]
    fn nobody_is_born_after_the_day_of_checking_or_after_the_document_was_made() {
        assert_eq!(births("740812", TODAY), ["1974-08-12"]);
        assert_eq!(births("111111", TODAY), ["2011-11-11", "1911-11-11"]);
        assert_eq!(births("261121", TODAY), ["2026-11-21", "1926-11-21"]);
        assert_eq!(births("261122", TODAY), ["1926-11-22"]);
        assert_eq!(births("111111", date!(2010 - 01 - 01)), ["1911-11-11"]);
        assert_eq!(births("050101", TODAY), ["2005-01-01"]);
    }

    #[test]
    fn the_end_of_a_document_lies_near_the_day_of_checking() {
        for (cells, day) in
            [("271119", "2027-11-19"), ("961121", "1996-11-21"), ("951231", "2095-12-31"), ("120415", "2012-04-15")]
        {
            assert_eq!(expiry(cells).as_deref(), Some(day));
        }
    }

    #[test]
    fn a_leap_day_needs_a_leap_year_of_its_own_century() {
        assert_eq!(births("680229", TODAY), ["1968-02-29"]);
        assert_eq!(births("000229", TODAY), ["2000-02-29"]);
        assert_eq!(ZoneDate::read(b"690229").map(|_| ()), None);
        assert_eq!(expiry("000229"), Some("2000-02-29".to_owned()));
    }

    #[test]
    fn unknown_parts_stay_unknown_and_half_known_ones_are_no_date() {
        let date = ZoneDate::read(b"74<<<<").unwrap();
        assert!(date.is_partial());
        assert_eq!(births("74<<<<", TODAY), ["1974-XX-XX"]);
        assert_eq!(births("<<<<<<", TODAY), ["XXXX-XX-XX"]);
        assert_eq!(births("<<0229", TODAY), ["XXXX-02-29"]);
        let birth = date.births(TODAY, TODAY).next().unwrap();
        assert!(birth.agrees(date!(1974 - 08 - 12)) && !birth.agrees(date!(2074 - 08 - 12)) && birth.date().is_none());
        for wrong in ["7<0812", "740800", "741301", "740431", "74O812", "7408", "<4<<<<", "", "74081☃"] {
            assert!(ZoneDate::read(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_six_cells_make_it_panic(cells in "[A-Z0-9<]{6}", year in 0i32..9999) {
            let Some(date) = ZoneDate::read(cells.as_bytes()) else { return Ok(()) };
            let today = Date::from_calendar_date(year, Month::June, 1).unwrap();
            prop_assert!(date.births(today, today).count() <= 2);
            let _ = date.expiry(today);
        }
    }
}
