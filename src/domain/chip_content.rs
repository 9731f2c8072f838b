//! What the chip of a passport says of its holder and itself: the values that are compared, and no others.
//!
//! Spellings stay apart: a name of the chip never replaces a typed one. Nothing here prints.

use std::fmt;

use time::{Date, Month};

use super::mrz::Zone;
use super::person::{FullName, personal_text};
use super::text::Malformed;

/// Content of the data groups that were offered and could be read.
#[derive(Clone, Default)]
pub struct ChipContent {
    /// DG1: the machine readable zone.
    pub zone: Option<Zone>,
    /// DG2: the face images, in their order.
    pub faces: Vec<ChipImage>,
    /// DG11: further details of the holder.
    pub holder: HolderDetails,
    /// DG12: day of issue.
    pub issued_on: Option<StatedDate>,
}

impl fmt::Debug for ChipContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChipContent(…)")
    }
}

/// Details of the holder (DG11, Doc 9303-10 section 4.7.11). All of them are optional.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HolderDetails {
    /// The full name, in the letters of the state.
    pub name: Option<FullName>,
    /// Day of birth with its century.
    pub born_on: Option<StatedDate>,
    /// The number under which the state keeps the holder.
    pub personal_number: Option<PersonalNumber>,
}

impl fmt::Debug for HolderDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderDetails(…)")
    }
}

personal_text! {
    /// A personal number as a state writes it, letters made capital, without spaces, hyphens and fillers.
    PersonalNumber;
}

impl PersonalNumber {
    /// Reads a number.
    ///
    /// # Errors
    /// If nothing is left of it, it has more than 99 characters, or one that is no ASCII letter or digit.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "A personal number has 1 to 99 letters and digits.",
            "Số định danh cá nhân gồm 1 đến 99 chữ cái và chữ số.",
        );
        let dropped = |c: &char| !matches!(c, ' ' | '-' | '.' | '/' | '<');
        let number: String = text.chars().filter(dropped).map(|c| c.to_ascii_uppercase()).take(100).collect();
        let right = (1..=99).contains(&number.len()) && number.bytes().all(|c| c.is_ascii_alphanumeric());
        right.then_some(Self(number)).ok_or(WRONG)
    }
}

/// A day as a chip states it: always with its year, perhaps without day or month.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StatedDate {
    year: i32,
    month: Option<Month>,
    day: Option<u8>,
}

impl StatedDate {
    /// Reads eight characters `YYYYMMDD`; `00`, `<<` or two spaces stand for an unknown day, or month and day.
    /// `None` for anything else, 30 February included.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let [y1, y2, y3, y4, month @ .., d1, d2] = text else { return None };
        let year = i32::from(number(&[*y1, *y2, *y3, *y4])?);
        let (month, day) = (part(month)?.map(Month::try_from).transpose().ok()?, part(&[*d1, *d2])?);
        let possible = match (month, day) {
            (Some(month), Some(day)) => Date::from_calendar_date(year, month, day).is_ok(),
            (None, Some(_)) => false,
            (_, None) => true,
        };
        (possible && year > 0).then_some(Self { year, month, day })
    }

    /// Whether `day` can be the day that is meant: what is unknown matches anything.
    pub fn allows(self, day: Date) -> bool {
        self.year == day.year()
            && self.month.is_none_or(|month| month == day.month())
            && self.day.is_none_or(|number| number == day.day())
    }

    /// Whether `day` differs in its century and in nothing else.
    pub fn differs_in_century(self, day: Date) -> bool {
        let same_year = Self { year: day.year(), ..self };
        self.year != day.year() && (self.year - day.year()) % 100 == 0 && same_year.allows(day)
    }
}

impl fmt::Debug for StatedDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatedDate(…)")
    }
}

impl fmt::Display for StatedDate {
    /// `1974-08-12`; `1974-08` or `1974` if the rest is unknown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        self.month.map_or(Ok(()), |month| write!(f, "-{:02}", u8::from(month)))?;
        self.day.map_or(Ok(()), |day| write!(f, "-{day:02}"))
    }
}

/// The number that digits write; `None` if one is no digit.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

/// Two characters of a month or a day: a number, or unknown.
#[expect(clippy::option_option, reason = "not a number, unknown, or known")]
fn part(text: &[u8]) -> Option<Option<u8>> {
    match text {
        b"00" | b"<<" | b"  " => Some(None),
        [_, _] => number(text).and_then(|number| u8::try_from(number).ok()).map(Some),
        _ => None,
    }
}

/// A face image by its kind and digest: what a capture is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChipImage {
    /// Format of the file.
    pub kind: ImageKind,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

impl fmt::Debug for ChipImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChipImage(…)")
    }
}

/// Formats of a face image (Doc 9303-9 section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageKind {
    /// ISO/IEC 10918.
    Jpeg,
    /// ISO/IEC 15444.
    Jpeg2000,
}

impl ImageKind {
    /// The kind of an image file, by how it begins; `None` if it is another.
    pub fn of(file: &[u8]) -> Option<Self> {
        const JP2_BOX: &[u8] = b"\x00\x00\x00\x0CjP  \r\n\x87\n";
        const CODESTREAM: &[u8] = b"\xFF\x4F\xFF\x51";
        if file.starts_with(b"\xFF\xD8\xFF") {
            return Some(Self::Jpeg);
        }
        (file.starts_with(JP2_BOX) || file.starts_with(CODESTREAM)).then_some(Self::Jpeg2000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::date;

    #[test]
    fn a_stated_date_may_leave_day_and_month_unknown_and_never_the_year() {
        for (text, shown) in
            [("19740812", "1974-08-12"), ("19740800", "1974-08"), ("1974<<<<", "1974"), ("19740000", "1974")]
        {
            assert_eq!(StatedDate::parse(text.as_bytes()).unwrap().to_string(), shown);
        }
        for wrong in
            ["", "1974081", "197408123", "00000812", "19740012", "19740230", "19741301", "1974081x", "74<<0812"]
        {
            assert_eq!(StatedDate::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_unknown_matches_anything_and_the_century_counts() {
        let (full, year) = (StatedDate::parse(b"20260812").unwrap(), StatedDate::parse(b"20260000").unwrap());
        assert!(full.allows(date!(2026 - 08 - 12)) && !full.allows(date!(2026 - 08 - 13)));
        assert!(year.allows(date!(2026 - 01 - 01)) && !year.allows(date!(2025 - 01 - 01)));
        assert!(full.differs_in_century(date!(1926 - 08 - 12)) && year.differs_in_century(date!(1926 - 05 - 01)));
        assert!(!full.differs_in_century(date!(2026 - 08 - 12)) && !full.differs_in_century(date!(1926 - 08 - 13)));
    }

    #[test]
    fn personal_numbers_have_one_normal_form_and_do_not_print() {
        let number = PersonalNumber::parse("ze 184226-b<<<").unwrap();
        assert_eq!((number.as_str(), format!("{number:?}").as_str()), ("ZE184226B", "PersonalNumber(…)"));
        for wrong in ["", "<<<", "12é", &"1".repeat(100)] {
            assert!(PersonalNumber::parse(wrong).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_date_panic(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let _ = StatedDate::parse(&bytes).map(|date| (date.to_string(), date.differs_in_century(Date::MIN)));
        }
    }
}
