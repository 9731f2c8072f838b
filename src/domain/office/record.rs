//! One dated record: a line of eleven fields, and what it says.

use time::Date;

use super::fault::{Fault, Other};
use super::types::{CitySince, Names, Office, Period, Unit, UnitCode, UnitKind, name, printable};
use crate::domain::staff::OfficeCode;
use crate::domain::text::Malformed;
use crate::domain::time::{format_date, parse_date};

/// The columns, in order; the first line of a file names them.
pub const COLUMNS: [&str; 11] =
    ["record", "code", "from", "until", "name_vi", "name_ascii", "kind", "city_since", "seat", "successor", "basis"];

/// Length of a seat or a basis, in characters.
const TEXT_MAX: usize = 200;

const MUST_BE_EMPTY: Malformed =
    Malformed::new("Must be empty for this kind of record.", "Phải để trống với loại bản ghi này.");

/// What a record tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A province-level unit.
    Unit(Unit),
    /// A receiving site.
    Site(Office),
}

/// A dated record. Two of the same subject, code and first day are one and the same; the later one counts.
#[derive(Clone, Debug)]
pub struct Record {
    /// Number of the line it was read from, counted from one.
    pub line: u32,
    /// Whether the store keeps it already.
    pub kept: bool,
    /// What it tells of.
    pub subject: Subject,
    /// The instrument or page that says so; may be empty.
    pub basis: String,
}

impl Record {
    /// Reads the fields of a line, in the order of [`COLUMNS`].
    ///
    /// # Errors
    /// Every field that cannot be read.
    pub fn read(line: u32, fields: &[String; 11]) -> Result<Self, Vec<Fault>> {
        let mut reading = Reading { line, faults: Vec::new() };
        let record = reading.record(fields);
        match record {
            Some(record) if reading.faults.is_empty() => Ok(record),
            _ => Err(reading.faults),
        }
    }

    /// The fields of its line, in the order of [`COLUMNS`].
    pub fn fields(&self) -> [String; 11] {
        let day = |day: Option<Date>| day.map(format_date).unwrap_or_default();
        let (period, names) = (self.period(), self.names());
        let (kind, city_since, seat) = match &self.subject {
            Subject::Unit(unit) => (unit.kind.name(), unit.city_since.map(|since| since.to_string()), None),
            Subject::Site(site) => ("", None, site.seat.clone()),
        };
        [
            self.word().to_owned(),
            self.code().to_owned(),
            day(period.from()),
            day(period.until()),
            names.vi.clone(),
            names.ascii.clone(),
            kind.to_owned(),
            city_since.unwrap_or_default(),
            seat.unwrap_or_default(),
            self.successor().unwrap_or_default().to_owned(),
            self.basis.clone(),
        ]
    }

    /// The word for its kind: `unit` or `site`.
    pub const fn word(&self) -> &'static str {
        match self.subject {
            Subject::Unit(_) => "unit",
            Subject::Site(_) => "site",
        }
    }

    /// The code of its subject.
    pub fn code(&self) -> &str {
        match &self.subject {
            Subject::Unit(unit) => unit.code.as_str(),
            Subject::Site(site) => site.code.as_str(),
        }
    }

    /// When its subject was that.
    pub const fn period(&self) -> Period {
        match &self.subject {
            Subject::Unit(unit) => unit.period,
            Subject::Site(site) => site.period,
        }
    }

    /// The names of its subject.
    pub const fn names(&self) -> &Names {
        match &self.subject {
            Subject::Unit(unit) => &unit.names,
            Subject::Site(site) => &site.names,
        }
    }

    /// What took the place of its subject.
    pub fn successor(&self) -> Option<&str> {
        match &self.subject {
            Subject::Unit(unit) => unit.successor.as_ref().map(UnitCode::as_str),
            Subject::Site(site) => site.successor.as_ref().map(OfficeCode::as_str),
        }
    }

    /// Whether it is the same record as `other`, said once more or with another end.
    pub(super) fn is_also(&self, other: &Self) -> bool {
        self.word() == other.word() && self.code() == other.code() && self.period().from() == other.period().from()
    }

    /// This line, for the fault of another.
    pub(super) fn told(&self) -> Other {
        Other { kept: self.kept, line: self.line, text: self.fields().join(",") }
    }
}

/// A line being read.
struct Reading {
    line: u32,
    faults: Vec<Fault>,
}

impl Reading {
    fn record(&mut self, fields: &[String; 11]) -> Option<Record> {
        let [word, code, from, until, vi, ascii, kind, city_since, seat, successor, basis] = fields;
        let period = self.period(from, until);
        let names = self.names(vi, ascii);
        let basis = self.text("basis", basis);
        let subject = match word.as_str() {
            "unit" => {
                self.empty("seat", seat);
                let code = self.take("code", UnitCode::parse(code));
                let kind = self.take("kind", unit_kind(kind));
                let successor = self.successor(successor, until, UnitCode::parse);
                let city_since = self.city_since(city_since, kind, period);
                let (code, period, names, kind, successor) = (code?, period?, names?, kind?, successor?);
                Subject::Unit(Unit { code, period, names, kind, city_since: city_since?, successor })
            }
            "site" => {
                self.empty("kind", kind);
                self.empty("city_since", city_since);
                let code = self.take("code", OfficeCode::parse(code));
                let seat = self.text("seat", seat);
                let successor = self.successor(successor, until, OfficeCode::parse);
                let seat = seat.map(|seat| (!seat.is_empty()).then_some(seat));
                let (code, period, names, seat, successor) = (code?, period?, names?, seat?, successor?);
                Subject::Site(Office { code, period, names, seat, successor })
            }
            _ => {
                self.fault("record", Malformed::new("Write unit or site.", "Hãy ghi unit hoặc site."));
                return None;
            }
        };
        Some(Record { line: self.line, kept: false, subject, basis: basis? })
    }

    fn period(&mut self, from: &str, until: &str) -> Option<Period> {
        let (from, until) = (self.day("from", from), self.day("until", until));
        let backwards = Malformed::new(
            "The period ends before it begins. Both days are within it.",
            "Thời hạn kết thúc trước khi bắt đầu. Cả hai ngày đều nằm trong thời hạn.",
        );
        self.take("until", Period::new(from?, until?).ok_or(backwards))
    }

    /// Outside: could it be read; inside: was it there.
    #[expect(clippy::option_option, reason = "a day that cannot be read is not one that is absent")]
    fn day(&mut self, field: &'static str, text: &str) -> Option<Option<Date>> {
        const WRONG: Malformed = Malformed::new(
            "Not a day of the calendar. Write YYYY-MM-DD, or nothing.",
            "Không phải ngày hợp lệ. Hãy viết YYYY-MM-DD hoặc để trống.",
        );
        if text.is_empty() {
            return Some(None);
        }
        self.take(field, parse_date(text).ok_or(WRONG)).map(Some)
    }

    fn names(&mut self, vi: &str, ascii: &str) -> Option<Names> {
        const NOT_ASCII: Malformed = Malformed::new(
            "Write the name in letters of ASCII, without diacritics.",
            "Hãy ghi tên bằng chữ ASCII, không dấu.",
        );
        let vi = self.take("name_vi", name(vi));
        let letters = name(ascii).and_then(|ascii| if ascii.is_ascii() { Ok(ascii) } else { Err(NOT_ASCII) });
        let ascii = self.take("name_ascii", letters);
        Some(Names { vi: vi?, ascii: ascii? })
    }

    /// A successor stands where there is an end, and only there.
    #[expect(clippy::option_option, reason = "a successor that cannot be read is not one that is absent")]
    fn successor<T>(
        &mut self,
        text: &str,
        until: &str,
        parse: impl Fn(&str) -> Result<T, Malformed>,
    ) -> Option<Option<T>> {
        const MISSING: Malformed = Malformed::new(
            "Required, since the period ends: who takes the place on the next day.",
            "Bắt buộc vì thời hạn kết thúc: đơn vị nào thay thế từ ngày hôm sau.",
        );
        const NO_END: Malformed = Malformed::new(
            "A successor needs an end: write the last day in until.",
            "Có đơn vị thay thế thì phải có ngày kết thúc: hãy ghi ngày cuối vào cột until.",
        );
        match (text.is_empty(), until.is_empty()) {
            (true, true) => Some(None),
            (true, false) => self.take("successor", Err(MISSING)),
            (false, true) => self.take("successor", Err(NO_END)),
            (false, false) => self.take("successor", parse(text)).map(Some),
        }
    }

    /// The day on which a province became a city must be within its period, or may be.
    #[expect(clippy::option_option, reason = "a day that cannot be read is not one that is absent")]
    fn city_since(&mut self, text: &str, kind: Option<UnitKind>, period: Option<Period>) -> Option<Option<CitySince>> {
        const OUTSIDE: Malformed = Malformed::new(
            "Only a province becomes a city, on a day after the first and not after the last of its period.",
            "Chỉ tỉnh mới trở thành thành phố, sau ngày đầu và không sau ngày cuối của thời hạn.",
        );
        if text.is_empty() {
            return Some(None);
        }
        let since = self.take("city_since", CitySince::parse(text))?;
        let (kind, period) = (kind?, period?);
        let right =
            kind == UnitKind::Province && period.first() < since.earliest() && since.earliest() <= period.last();
        self.take("city_since", right.then_some(Some(since)).ok_or(OUTSIDE))
    }

    fn text(&mut self, field: &'static str, text: &str) -> Option<String> {
        const WRONG: Malformed = Malformed::new(
            "At most 200 characters, without control characters and without a space at either end.",
            "Tối đa 200 ký tự, không có ký tự điều khiển và không có dấu cách ở hai đầu.",
        );
        let right = text.chars().count() <= TEXT_MAX && printable(text);
        self.take(field, right.then(|| text.to_owned()).ok_or(WRONG))
    }

    fn empty(&mut self, field: &'static str, text: &str) {
        if !text.is_empty() {
            self.fault(field, MUST_BE_EMPTY);
        }
    }

    fn take<T>(&mut self, field: &'static str, read: Result<T, Malformed>) -> Option<T> {
        read.map_err(|what| self.fault(field, what)).ok()
    }

    fn fault(&mut self, field: &'static str, what: Malformed) {
        self.faults.push(Fault::new(self.line, field, what));
    }
}

fn unit_kind(text: &str) -> Result<UnitKind, Malformed> {
    UnitKind::from_name(text).ok_or(Malformed::new("Write city or province.", "Hãy ghi city hoặc province."))
}
