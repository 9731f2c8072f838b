//! What a record tells of: units, sites, periods, names.

use std::fmt;

use time::{Date, Month};

use crate::domain::staff::OfficeCode;
use crate::domain::text::Malformed;
use crate::domain::time::{format_date, parse_date};

/// Length of a name, in characters.
const NAME_MAX: usize = 80;

/// Two digits that name a province or a centrally-run city, on a day: seven of them meant another unit before 1 July 2025
/// (Decision 19/2025/QĐ-TTg; DOMAIN 5.1).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct UnitCode(String);

impl UnitCode {
    /// Reads `PP`.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not a province-level unit. Write its two digits, such as 79.",
            "Không phải mã tỉnh, thành phố. Hãy ghi hai chữ số, ví dụ 79.",
        );
        let right = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| Self(text.to_owned())).ok_or(WRONG)
    }

    /// The unit whose site that is.
    pub fn of(office: &OfficeCode) -> Self {
        Self(office.as_str().chars().take(2).collect())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Days, the first and the last one included. Days are those of Asia/Ho_Chi_Minh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    from: Option<Date>,
    until: Option<Date>,
}

impl Period {
    /// From a day, or from before anything that is kept, until a day, or with no end known. `None` if it ends before it
    /// begins.
    pub fn new(from: Option<Date>, until: Option<Date>) -> Option<Self> {
        let period = Self { from, until };
        (period.first() <= period.last()).then_some(period)
    }

    /// The first day; `None`: since before anything that is kept.
    pub const fn from(self) -> Option<Date> {
        self.from
    }

    /// The last day; `None`: no end is known.
    pub const fn until(self) -> Option<Date> {
        self.until
    }

    /// Whether the day is within.
    pub fn contains(self, day: Date) -> bool {
        self.first() <= day && day <= self.last()
    }

    /// Whether some day is within both.
    pub fn meets(self, other: Self) -> bool {
        self.first() <= other.last() && other.first() <= self.last()
    }

    /// The day after the last one; `None` if no end is known.
    pub fn after(self) -> Option<Date> {
        self.until.and_then(Date::next_day)
    }

    /// The first day as a day, for comparing.
    pub(super) fn first(self) -> Date {
        self.from.unwrap_or(Date::MIN)
    }

    /// The last day as a day, for comparing.
    pub(super) fn last(self) -> Date {
        self.until.unwrap_or(Date::MAX)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: Option<Date>| day.map(format_date).unwrap_or_default();
        write!(f, "{}..{}", day(self.from), day(self.until))
    }
}

/// A name in Vietnamese, and in the letters of ASCII for screens and files that have no others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Names {
    /// Vietnamese.
    pub vi: String,
    /// ASCII.
    pub ascii: String,
}

/// Reads a name: 1 to 80 characters, no control characters, no space at either end.
pub(super) fn name(text: &str) -> Result<String, Malformed> {
    const WRONG: Malformed = Malformed::new(
        "Required: 1 to 80 characters, without control characters and without a space at either end.",
        "Bắt buộc: từ 1 đến 80 ký tự, không có ký tự điều khiển và không có dấu cách ở hai đầu.",
    );
    let right = (1..=NAME_MAX).contains(&text.chars().count()) && printable(text);
    right.then(|| text.to_owned()).ok_or(WRONG)
}

/// Whether a text has no control characters and no space at either end.
pub(super) fn printable(text: &str) -> bool {
    text.trim() == text && !text.chars().any(char::is_control)
}

/// What kind of unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnitKind {
    /// A centrally-run city.
    City,
    /// A province.
    Province,
}

impl UnitKind {
    /// The word in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Province => "province",
        }
    }

    /// Reads a word written by [`UnitKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::City, Self::Province].into_iter().find(|kind| kind.name() == name)
    }
}

/// Since when a province is a centrally-run city, its code and name kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CitySince {
    /// Since that day.
    Day(Date),
    /// Since a day of that year; which one was not found.
    Year(i32),
}

impl CitySince {
    /// Reads `YYYY-MM-DD` or, while the day is not known, `YYYY`.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not a day. Write YYYY-MM-DD or, if the day is not known, the year alone.",
            "Không phải ngày hợp lệ. Hãy viết YYYY-MM-DD, hoặc chỉ ghi năm nếu chưa rõ ngày.",
        );
        let year = (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok());
        match year.flatten() {
            Some(year) => Ok(Self::Year(year)),
            None => parse_date(text).map(Self::Day).ok_or(WRONG),
        }
    }

    /// Whether it was a city on that day; `None` if that is not known.
    fn on(self, day: Date) -> Option<bool> {
        match self {
            Self::Day(since) => Some(day >= since),
            Self::Year(year) => (day.year() != year).then_some(day.year() > year),
        }
    }

    /// The day before which it was no city for certain.
    pub(super) fn earliest(self) -> Date {
        match self {
            Self::Day(since) => since,
            Self::Year(year) => Date::from_calendar_date(year, Month::January, 1).unwrap_or(Date::MIN),
        }
    }
}

impl fmt::Display for CitySince {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(day) => f.write_str(&format_date(*day)),
            Self::Year(year) => write!(f, "{year:04}"),
        }
    }
}

/// A province-level unit over a period in which its name stayed the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// Its code.
    pub code: UnitCode,
    /// When it was that.
    pub period: Period,
    /// Its name.
    pub names: Names,
    /// What it was on the first day: see [`Unit::kind_on`].
    pub kind: UnitKind,
    /// Since when it is a city, if it became one within the period.
    pub city_since: Option<CitySince>,
    /// The unit that took its place on the day after; set if and only if the period ends.
    pub successor: Option<UnitCode>,
}

impl Unit {
    /// What it was on a day of its period; `None` if it became a city in that year and the day is not known.
    pub fn kind_on(&self, day: Date) -> Option<UnitKind> {
        match self.city_since.map(|since| since.on(day)) {
            None | Some(Some(false)) => Some(self.kind),
            Some(Some(true)) => Some(UnitKind::City),
            Some(None) => None,
        }
    }
}

/// A receiving site over a period in which its name stayed the same. Sites are not provinces: a unit may have several
/// (DOMAIN 5.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Office {
    /// Its code.
    pub code: OfficeCode,
    /// When it was that.
    pub period: Period,
    /// Its name.
    pub names: Names,
    /// Where it receives; absent if that is not known.
    pub seat: Option<String>,
    /// The site that took its place on the day after; set if and only if the period ends.
    pub successor: Option<OfficeCode>,
}
