//! The columns of a file of immigration records: which there are, and how a line becomes a record.
//!
//! Owns the names, which `docs/registry.md` explains. All that is wrong with a line is told at once; a fault names its
//! column and the cure, never the value.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::domain::passport::DocumentNumber;
use crate::domain::person::{FullName, NamePart, Sex, StateCode};
use crate::domain::record::{Biometrics, Record, RecordedCard, RecordedDocument, ResidenceStatus};
use crate::domain::residence::{CardKind, CardSymbol};
use crate::domain::text::Malformed;
use crate::domain::time::{Timestamp, parse_date};

/// Every column, in the order of the documentation. In a file they may stand in any order, beside others.
pub(super) const COLUMNS: [&str; 18] = [
    "family_name",
    "given_names",
    "date_of_birth",
    "sex",
    "nationality",
    "document_state",
    "document_number",
    "document_issued_on",
    "document_expires_on",
    "card_kind",
    "card_symbol",
    "card_number",
    "card_issued_on",
    "card_expires_on",
    "status",
    "face_on_file",
    "fingerprints_on_file",
    "recorded_at",
];

const MISSING: Malformed = Malformed::new("Required.", "Bắt buộc.");
const NOT_A_DAY: Malformed = Malformed::new(
    "Not a day of the calendar. Write YYYY-MM-DD.",
    "Không phải ngày hợp lệ. Hãy viết theo dạng YYYY-MM-DD.",
);
const NOT_AN_INSTANT: Malformed = Malformed::new(
    "Not an instant. Write 2026-11-20T09:30:00+07:00.",
    "Không phải thời điểm. Hãy viết theo dạng 2026-11-20T09:30:00+07:00.",
);
const IN_FUTURE: Malformed = Malformed::new(
    "Lies in the future, and would keep every later record out. Correct it.",
    "Ở tương lai, sẽ chặn mọi bản ghi sau này. Hãy sửa lại.",
);
const NOT_A_SEX: Malformed = Malformed::new("Write F, M or X.", "Hãy viết F, M hoặc X.");
const NOT_A_KIND: Malformed = Malformed::new("Write temporary or permanent.", "Hãy viết temporary hoặc permanent.");
const NOT_A_STATUS: Malformed =
    Malformed::new("Write issued, extended, cancelled or left.", "Hãy viết issued, extended, cancelled hoặc left.");
const NOT_A_YES: Malformed = Malformed::new("Write yes or no.", "Hãy viết yes hoặc no.");
const NO_SYMBOL: Malformed =
    Malformed::new("A permanent card has none. Leave it empty.", "Thẻ thường trú không có ký hiệu. Hãy để trống.");
const ENDS_FIRST: Malformed =
    Malformed::new("Lies before the day of issue. Compare both.", "Trước ngày cấp. Hãy đối chiếu cả hai ngày.");
const NOT_UTF8: Malformed = Malformed::new(
    "The line is not UTF-8. Save the file as CSV in UTF-8.",
    "Dòng này không phải UTF-8. Hãy lưu tệp dạng CSV mã UTF-8.",
);
const OPEN_QUOTE: Malformed = Malformed::new(
    "A quote is not closed on its line. Close it, or write it twice within a quoted value.",
    "Dấu ngoặc kép không được đóng trên dòng. Hãy đóng lại, hoặc viết hai lần trong giá trị có ngoặc.",
);
const OTHER_LENGTH: Malformed = Malformed::new(
    "The line has more or fewer values than the first line has columns. Quote values that hold commas.",
    "Số giá trị của dòng khác số cột ở dòng đầu. Hãy đặt giá trị có dấu phẩy trong ngoặc kép.",
);

/// Something wrong with a line: in which column, and the cure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The column; empty if it is the line as a whole.
    pub column: &'static str,
    /// What is wrong, and the cure.
    pub what: Malformed,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.column.is_empty() {
            write!(f, "{}: ", self.column)?;
        }
        write!(f, "{} / {}", self.what.en(), self.what.vi())
    }
}

/// Why a first line cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HeaderFault {
    /// It is no such line at all.
    #[error("the first line does not name the columns: it is no line of CSV in UTF-8 with commas")]
    NotCsv,
    /// Columns are missing.
    #[error("these columns are missing: {0}; the first line must name them all, separated by commas")]
    Missing(String),
    /// A column stands there twice.
    #[error("the column {0} stands there twice; take one out")]
    Twice(&'static str),
}

/// Where each column stands in the lines of one file.
#[derive(Debug)]
pub(super) struct Columns {
    /// Its place, in the order of [`COLUMNS`].
    places: [usize; COLUMNS.len()],
    /// Values of each line.
    width: usize,
    /// Columns that nobody knows, which are left alone.
    pub(super) unknown: Vec<String>,
}

impl Columns {
    /// Reads the first line.
    ///
    /// # Errors
    /// If a column is missing or stands there twice.
    pub(super) fn read(line: &[u8]) -> Result<Self, HeaderFault> {
        let header = split(line).map_err(|_| HeaderFault::NotCsv)?;
        let names: Vec<_> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        let place = |column: &str| names.iter().position(|name| name == column);
        let missing: Vec<_> = COLUMNS.into_iter().filter(|column| place(column).is_none()).collect();
        if !missing.is_empty() {
            return Err(HeaderFault::Missing(missing.join(", ")));
        }
        let stands = |column: &str| names.iter().filter(|name| *name == column).count();
        if let Some(twice) = COLUMNS.into_iter().find(|column| stands(column) > 1) {
            return Err(HeaderFault::Twice(twice));
        }
        let places = COLUMNS.map(|column| place(column).unwrap_or_default());
        let width = names.len();
        let unknown = names.into_iter().filter(|name| !COLUMNS.contains(&name.as_str())).collect();
        Ok(Self { places, width, unknown })
    }

    /// Reads a line. `latest` is the last instant at which anything can have been recorded.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(super) fn record(&self, line: &[u8], latest: Timestamp) -> Result<Record, Vec<Fault>> {
        let whole = |what| vec![Fault { column: "", what }];
        let values = split(line).map_err(whole)?;
        if values.len() != self.width {
            return Err(whole(OTHER_LENGTH));
        }
        let mut row = RowReader { columns: self, values: &values, faults: Vec::new() };
        match row.record(latest) {
            Some(record) if row.faults.is_empty() => Ok(record),
            _ => Err(row.faults),
        }
    }
}

fn split(line: &[u8]) -> Result<csv::StringRecord, Malformed> {
    if line.iter().fold(false, |open, byte| open != (*byte == b'"')) {
        return Err(OPEN_QUOTE);
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).buffer_capacity(line.len().max(64)).from_reader(line);
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).map_err(|_| NOT_UTF8)?;
    Ok(record)
}

/// Whether a line says nothing: spreadsheets leave such lines at the end.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b',' | b' ' | b'\t'))
}

struct RowReader<'a> {
    columns: &'a Columns,
    values: &'a csv::StringRecord,
    faults: Vec<Fault>,
}

impl RowReader<'_> {
    fn record(&mut self, latest: Timestamp) -> Option<Record> {
        let name = self.name();
        let born_on = self.day("date_of_birth");
        let sex = self.required("sex", |text| match text {
            "F" | "f" => Ok(Sex::Female),
            "M" | "m" => Ok(Sex::Male),
            "X" | "x" => Ok(Sex::X),
            _ => Err(NOT_A_SEX),
        });
        let nationality = self.required("nationality", StateCode::parse);
        let document = self.document();
        let card = self.card();
        let status =
            self.required("status", |text| ResidenceStatus::from_name(&text.to_ascii_lowercase()).ok_or(NOT_A_STATUS));
        let face = self.required("face_on_file", yes);
        let fingerprints = self.required("fingerprints_on_file", yes);
        let recorded_at = self.required("recorded_at", |text| instant(text, latest));
        Some(Record {
            name: name?,
            born_on: born_on?,
            sex: sex?,
            nationality: nationality?,
            document: document?,
            card: card?,
            status: status?,
            biometrics: Biometrics { face: face?, fingerprints: fingerprints? },
            recorded_at: recorded_at?,
        })
    }

    fn name(&mut self) -> Option<FullName> {
        let family = self.optional("family_name", NamePart::parse)?;
        let given = self.optional("given_names", NamePart::parse)?;
        FullName::new(family, given).or_else(|| self.fault("family_name", MISSING))
    }

    /// All four columns, or none: a stateless person may have no passport.
    #[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
    fn document(&mut self) -> Option<Option<RecordedDocument>> {
        const OF_IT: [&str; 4] = ["document_state", "document_number", "document_issued_on", "document_expires_on"];
        if OF_IT.iter().all(|column| self.value(column).is_empty()) {
            return Some(None);
        }
        let issuing_state = self.required("document_state", StateCode::parse);
        let number = self.required("document_number", DocumentNumber::parse);
        let (issued_on, expires_on) = self.term("document_issued_on", "document_expires_on")?;
        Some(Some(RecordedDocument { number: number?, issuing_state: issuing_state?, issued_on, expires_on }))
    }

    fn card(&mut self) -> Option<RecordedCard> {
        let temporary = self.required("card_kind", |text| match text.to_ascii_lowercase().as_str() {
            "temporary" => Ok(true),
            "permanent" => Ok(false),
            _ => Err(NOT_A_KIND),
        });
        let kind = match temporary {
            Some(true) => self.required("card_symbol", CardSymbol::parse).map(CardKind::Temporary),
            Some(false) if self.value("card_symbol").is_empty() => Some(CardKind::Permanent),
            Some(false) => self.fault("card_symbol", NO_SYMBOL),
            None => None,
        };
        let number = self.required("card_number", DocumentNumber::parse);
        let (issued_on, expires_on) = self.term("card_issued_on", "card_expires_on")?;
        Some(RecordedCard { kind: kind?, number: number?, issued_on, expires_on })
    }

    fn term(&mut self, from: &'static str, until: &'static str) -> Option<(Date, Date)> {
        let (issued_on, expires_on) = (self.day(from), self.day(until));
        let (issued_on, expires_on) = (issued_on?, expires_on?);
        if expires_on < issued_on {
            return self.fault(until, ENDS_FIRST);
        }
        Some((issued_on, expires_on))
    }

    fn day(&mut self, column: &'static str) -> Option<Date> {
        self.required(column, |text| parse_date(text).ok_or(NOT_A_DAY))
    }

    fn required<T>(&mut self, column: &'static str, read: impl Fn(&str) -> Result<T, Malformed>) -> Option<T> {
        let text = self.value(column);
        let read = if text.is_empty() { Err(MISSING) } else { read(text) };
        read.map_err(|what| self.faults.push(Fault { column, what })).ok()
    }

    #[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
    fn optional<T>(&mut self, column: &'static str, read: impl Fn(&str) -> Result<T, Malformed>) -> Option<Option<T>> {
        if self.value(column).is_empty() { Some(None) } else { self.required(column, read).map(Some) }
    }

    fn fault<T>(&mut self, column: &'static str, what: Malformed) -> Option<T> {
        self.faults.push(Fault { column, what });
        None
    }

    fn value(&self, column: &str) -> &str {
        let place = COLUMNS.iter().position(|name| *name == column).and_then(|at| self.columns.places.get(at));
        place.and_then(|place| self.values.get(*place)).unwrap_or_default().trim()
    }
}

fn yes(text: &str) -> Result<bool, Malformed> {
    match text.to_ascii_lowercase().as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(NOT_A_YES),
    }
}

fn instant(text: &str, latest: Timestamp) -> Result<Timestamp, Malformed> {
    let read = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NOT_AN_INSTANT)?;
    let at = i64::try_from(read.unix_timestamp_nanos() / 1_000).map_err(|_| NOT_AN_INSTANT)?;
    let at = Timestamp::from_micros(at);
    if at > latest { Err(IN_FUTURE) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::date;

    const LATEST: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);
    const LINE: &str = "Eriksson,Anna Maria,1974-08-12,F,UTO,UTO,L898902C3,2007-04-16,2012-04-15,temporary,LĐ2,NC3B 000001,\
                        2010-01-01,2011-12-31,issued,yes,no,2026-11-01T09:30:00+07:00";

    fn columns() -> Columns {
        Columns::read(COLUMNS.join(",").as_bytes()).unwrap()
    }

    fn told(line: &str) -> Vec<&'static str> {
        columns().record(line.as_bytes(), LATEST).unwrap_err().into_iter().map(|fault| fault.column).collect()
    }

    #[test]
    fn a_line_becomes_a_record_whatever_the_order_of_its_columns() {
        let record = columns().record(LINE.as_bytes(), LATEST).unwrap();
        assert_eq!(record.born_on, date!(1974 - 08 - 12));
        assert_eq!((record.card.number.as_str(), record.card.kind.name()), ("NC3B000001", "temporary"));
        assert_eq!(record.biometrics, Biometrics { face: true, fingerprints: false });
        let (mut names, mut values): (Vec<_>, Vec<_>) = (COLUMNS.to_vec(), LINE.split(',').collect());
        names.reverse();
        values.reverse();
        let other = Columns::read(format!(" {} ,Remarks", names.join(" , ").to_uppercase()).as_bytes()).unwrap();
        assert_eq!(other.unknown, ["remarks"]);
        let line = format!("{},\"none, \"\"so far\"\"\"", values.join(","));
        assert_eq!(other.record(line.as_bytes(), LATEST).unwrap(), record);
    }

    #[test]
    fn a_stateless_holder_of_a_permanent_card_has_no_passport() {
        let line = LINE.replace("UTO,L898902C3,2007-04-16,2012-04-15,temporary,LĐ2", ",,,,permanent,");
        let record = columns().record(line.as_bytes(), LATEST).unwrap();
        assert_eq!((record.document, record.card.kind), (None, CardKind::Permanent));
        assert_eq!(told(&LINE.replace("L898902C3", "")), ["document_number"]);
        assert_eq!(told(&LINE.replace("temporary", "permanent")), ["card_symbol"]);
    }

    #[test]
    fn everything_wrong_with_a_line_is_told_at_once_and_no_value_of_it() {
        let line = "R2D2,,1974-02-30,female,ZZZ,UTO,L898902C3,2012-04-15,2007-04-16,card,LD2,NC😀,2010-01-01,,lost,1,,tomorrow";
        let expected = [
            "family_name",
            "date_of_birth",
            "sex",
            "nationality",
            "document_expires_on",
            "card_kind",
            "card_number",
            "card_expires_on",
            "status",
            "face_on_file",
            "fingerprints_on_file",
            "recorded_at",
        ];
        assert_eq!(told(line), expected);
        let faults = columns().record(line.as_bytes(), LATEST).unwrap_err();
        let printed = faults.iter().map(|fault| format!("{fault} {fault:?}")).collect::<Vec<_>>().join("\n");
        for value in ["R2D2", "1974", "ZZZ", "L898902C3", "tomorrow"] {
            assert!(!printed.contains(value), "{value}");
        }
    }

    #[test]
    fn an_instant_that_lies_in_the_future_is_refused() {
        assert_eq!(told(&LINE.replace("2026-11-01T", "2126-11-01T")), ["recorded_at"]);
        assert_eq!(told(&LINE.replace("+07:00", "")), ["recorded_at"]);
    }

    #[test]
    fn open_quotes_other_encodings_and_lines_of_another_length_are_faults_of_the_line() {
        for (line, what) in [
            (LINE.replace("Eriksson", "\"Eriksson").into_bytes(), OPEN_QUOTE),
            (format!("{LINE},more").into_bytes(), OTHER_LENGTH),
            (b"Eriksson".to_vec(), OTHER_LENGTH),
            (LINE.replace("Eriksson", "\u{7f}").replace('\u{7f}', "Erik").into_bytes(), MISSING),
        ] {
            match columns().record(&line, LATEST) {
                Ok(_) => assert_eq!(what, MISSING),
                Err(faults) => assert_eq!(faults, [Fault { column: "", what }]),
            }
        }
        let latin: Vec<u8> = LINE.bytes().map(|byte| if byte == b'k' { 0xe9 } else { byte }).collect();
        assert_eq!(columns().record(&latin, LATEST).unwrap_err(), [Fault { column: "", what: NOT_UTF8 }]);
        assert!(is_blank(b",, ,\t") && is_blank(b"") && !is_blank(b",x"));
    }

    #[test]
    fn a_first_line_without_all_the_columns_is_refused_with_those_that_are_missing() {
        let header = COLUMNS.join(",").replace("sex,", "").replace(",status", "");
        assert_eq!(Columns::read(header.as_bytes()).unwrap_err(), HeaderFault::Missing("sex, status".to_owned()));
        let header = format!("{},Sex", COLUMNS.join(","));
        assert_eq!(Columns::read(header.as_bytes()).unwrap_err(), HeaderFault::Twice("sex"));
        assert!(matches!(Columns::read(COLUMNS.join(";").as_bytes()), Err(HeaderFault::Missing(_))));
        assert_eq!(Columns::read(&[0xff, 0xfe, 0x66]).unwrap_err(), HeaderFault::NotCsv);
    }

    proptest! {
        #[test]
        fn no_line_makes_the_reader_panic(line in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = columns().record(&line, LATEST);
            let _ = Columns::read(&line);
        }

        #[test]
        fn no_line_of_the_right_width_does(values in proptest::collection::vec("[\\PC&&[^,\"]]{0,20}", 18)) {
            let _ = columns().record(values.join(",").as_bytes(), LATEST);
        }
    }
}
