//! From protobuf to values. Gathers every field that cannot be read, so that a client mends them all at once.

mod application;
mod chip;

pub(super) use application::{
    NOT_A_CHOICE, NOT_A_TIME, application, bearer, full_name, instant, maybe_card, maybe_passport,
};
pub(super) use chip::chip;

use tonic::Status;

use super::status;
use crate::domain;
use crate::domain::residence::ResidenceCard;
use crate::domain::text::Malformed;
use crate::domain::time::parse_date;
use crate::proto as pb;

const MISSING: Malformed = Malformed::new("Required.", "Bắt buộc.");
const NOT_A_DAY: Malformed = Malformed::new(
    "Not a day of the calendar. Write YYYY-MM-DD.",
    "Không phải ngày hợp lệ. Hãy viết theo dạng YYYY-MM-DD.",
);

/// Reads an application as the calls do, for whoever has one in a file.
///
/// # Errors
/// The status that a call would be answered, with every field that cannot be read.
pub fn read_application(message: &pb::Application) -> Result<domain::application::Application, Status> {
    let mut faults = Faults::default();
    let read = application(&mut faults, message);
    faults.finish(read)
}

/// Reads a residence card as the calls do, for whoever has one in a file.
///
/// # Errors
/// The status that a call would be answered, with every field that cannot be read.
pub fn read_residence_card(message: &pb::ResidenceCard) -> Result<ResidenceCard, Status> {
    let mut faults = Faults::default();
    let read = application::card(&mut faults, message);
    faults.finish(read)
}

/// Fields that could not be read so far.
#[derive(Default)]
pub(super) struct Faults {
    at: Vec<String>,
    found: Vec<(String, Malformed)>,
}

impl Faults {
    /// A value, or a fault at `field`.
    pub(super) fn take<T>(&mut self, field: &str, read: Result<T, Malformed>) -> Option<T> {
        read.map_err(|fault| self.fault(field, fault)).ok()
    }

    /// A value that must be there.
    pub(super) fn required<T>(&mut self, field: &str, value: Option<T>) -> Option<T> {
        self.take(field, value.ok_or(MISSING))
    }

    /// A text that must be there, read by `parse`.
    pub(super) fn text<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl Fn(&str) -> Result<T, Malformed>,
    ) -> Option<T> {
        let read = if text.is_empty() { Err(MISSING) } else { parse(text) };
        self.take(field, read)
    }

    /// A text that may be absent, read by `parse`.
    #[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
    pub(super) fn optional<T>(
        &mut self,
        field: &str,
        text: &str,
        parse: impl Fn(&str) -> Result<T, Malformed>,
    ) -> Option<Option<T>> {
        if text.is_empty() { Some(None) } else { self.take(field, parse(text)).map(Some) }
    }

    /// Notes a fault at `field`.
    pub(super) fn fault(&mut self, field: &str, fault: Malformed) {
        let path = self.at.iter().map(String::as_str).chain([field]).collect::<Vec<_>>().join(".");
        self.found.push((path, fault));
    }

    /// Reads a message that must be there, naming its fields below `field`.
    pub(super) fn within<M, T>(
        &mut self,
        field: &str,
        message: Option<&M>,
        read: impl FnOnce(&mut Self, &M) -> Option<T>,
    ) -> Option<T> {
        let message = self.required(field, message)?;
        self.at.push(field.to_owned());
        let value = read(self, message);
        self.at.pop();
        value
    }

    /// The value, if nothing was wrong; otherwise the status that names everything that was.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Status> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(status::invalid(self.found)),
        }
    }
}

/// Reads a day that must be there.
fn day(faults: &mut Faults, field: &str, text: &str) -> Option<time::Date> {
    faults.text(field, text, read_day)
}

/// Reads a day.
pub(super) fn read_day(text: &str) -> Result<time::Date, Malformed> {
    parse_date(text).ok_or(NOT_A_DAY)
}
