//! A file of immigration records, read line by line: the part of the import that takes bytes of strangers.
//!
//! Owns what becomes of each line: a record, nothing if it is blank, or all that is wrong with it. Keeps nothing, stores
//! nothing, and refuses a file whose first line does not name the columns.

use std::io::{self, BufRead};

use super::columns::{self, Columns, Fault, HeaderFault};
use super::lines::{Lines, Shape};
use crate::domain::record::Record;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;

const TOO_LONG: Malformed = Malformed::new(
    "The line is longer than 16 KiB. A quote or a line ending may be missing.",
    "Dòng dài hơn 16 KiB. Có thể thiếu dấu ngoặc kép hoặc dấu xuống dòng.",
);

/// The records of one file.
pub struct Records<R> {
    lines: Lines<R>,
    columns: Columns,
    /// The first line, without the mark that spreadsheets put before it.
    header: Vec<u8>,
    line: Vec<u8>,
}

/// A line of a file of records.
pub struct Line<'a> {
    /// Counted from one, which is the line that names the columns.
    pub number: u64,
    /// Its text, without its ending; `None` if it was too long, and went by.
    pub text: Option<&'a [u8]>,
    /// The record; `None` if the line says nothing.
    ///
    /// # Errors
    /// All that is wrong with the line, none of it with a value.
    pub read: Result<Option<Record>, Vec<Fault>>,
}

/// Why a file has no records.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[from] io::Error),
    /// There is nothing in it.
    #[error("it is empty; its first line must name the columns")]
    Empty,
    /// Its first line is no such line.
    #[error("its first line is longer than 16 KiB")]
    TooLong,
    /// Its first line does not name the columns.
    #[error(transparent)]
    Columns(#[from] HeaderFault),
}

impl<R: BufRead> Records<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// [`Unusable`] if it does not name the columns.
    pub fn read(file: R) -> Result<Self, Unusable> {
        let (mut lines, mut first) = (Lines::new(file), Vec::new());
        match lines.next(&mut first, |_| Ok(()))? {
            None => return Err(Unusable::Empty),
            Some(Shape::TooLong) => return Err(Unusable::TooLong),
            Some(Shape::Whole) => {}
        }
        // Spreadsheets mark UTF-8 with a byte order mark.
        let header = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&first).to_vec();
        Ok(Self { columns: Columns::read(&header)?, lines, header, line: first })
    }

    /// The next line; `None` at the end. One that is too long is handed to `pass_by` piece by piece. `latest` is the last
    /// instant at which anything can have been recorded.
    ///
    /// # Errors
    /// If the file cannot be read, or `pass_by` fails.
    pub fn next(
        &mut self,
        latest: Timestamp,
        pass_by: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Option<Line<'_>>> {
        let Some(shape) = self.lines.next(&mut self.line, pass_by)? else { return Ok(None) };
        let number = self.lines.number();
        let whole = |what| vec![Fault { column: "", what }];
        Ok(Some(match shape {
            Shape::TooLong => Line { number, text: None, read: Err(whole(TOO_LONG)) },
            Shape::Whole if columns::is_blank(&self.line) => Line { number, text: Some(&self.line), read: Ok(None) },
            Shape::Whole => {
                let read = self.columns.record(&self.line, latest).map(Some);
                Line { number, text: Some(&self.line), read }
            }
        }))
    }

    /// The line that names the columns.
    pub(super) fn header(&self) -> &[u8] {
        &self.header
    }

    /// Columns that nobody knows, which are left alone.
    pub(super) fn unknown(&self) -> &[String] {
        &self.columns.unknown
    }

    /// Bytes read so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.lines.bytes()
    }
}
