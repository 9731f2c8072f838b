//! What can be wrong with a calendar's text: the line, the field, the fault and its cure, in two languages.
//!
//! A calendar is public and names no person, so that what was written may be repeated.

use std::fmt;

use time::Date;

use super::Holiday;
use crate::domain::time::format_date;

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarFault {
    /// The line on which it stands, from 1.
    pub line: usize,
    /// The field, by its path, for example `year[2].off[5].on`; empty if the text as a whole cannot be read.
    pub field: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// The text is longer than a calendar may be, in bytes.
    TooLong(usize),
    /// It is no TOML, or has a field that is unknown, missing, or of another kind. In the words of the reader of TOML.
    Toml(String),
    /// No name of an edition.
    Edition,
    /// A day with a time, or no day at all.
    NotADay,
    /// A year outside those that can be checked.
    YearOutOfBounds,
    /// A year that does not follow the one before it.
    YearOutOfOrder(i32),
    /// No year at all.
    NoYear,
    /// A day that is in another year.
    AnotherYear(Date),
    /// No holiday.
    Holiday,
    /// No tag.
    Tag,
    /// Nothing is said.
    Empty,
    /// A day off that is a Saturday or a Sunday.
    Weekend(Date),
    /// A day that is named twice.
    Twice(Date),
    /// A working Saturday that is no Saturday.
    NoSaturday(Date),
    /// A working Saturday for a day that was not swapped.
    NothingSwapped(Date),
    /// A swapped day for which no Saturday is worked on.
    NoWorkingSaturday(Date),
    /// A provisional year that does not say what is undecided.
    NothingUndecided,
    /// A year that is not provisional and of which something is undecided.
    Undecided,
    /// A holiday that is a working day.
    NotOff(Holiday, Date),
    /// A holiday on a rest day that nothing makes up for.
    NotMadeUp(Holiday, Date),
    /// More or fewer days off for a holiday than the law gives: found, and by law.
    DaysOff(Holiday, usize, usize),
}

impl Problem {
    /// What is wrong and how it is mended, in English.
    pub fn en(&self) -> String {
        match self {
            Self::TooLong(most) => format!("The file is longer than {most} bytes. Is it a calendar?"),
            Self::Toml(said) => format!("This cannot be read: {said}. See docs/calendar.md for the form."),
            Self::Edition => "No name of an edition. Write 1 to 32 of a-z, 0-9, '.' and '-'.".to_owned(),
            Self::NotADay => "No day. Write YYYY-MM-DD, without a time.".to_owned(),
            Self::YearOutOfBounds => "A year outside 2021 to 2100 cannot be checked. Take it out.".to_owned(),
            Self::YearOutOfOrder(next) => format!("Years follow one another without a gap: {next} comes here."),
            Self::NoYear => "The calendar holds no year. Add one.".to_owned(),
            Self::AnotherYear(day) => format!("{} is in another year. Move it there.", format_date(*day)),
            Self::Holiday => format!("No holiday. Write one of {}.", names()),
            Self::Tag => "No tag. Write P, S, M or I.".to_owned(),
            Self::Empty => "Nothing is said. Name the decision, or how it follows from the rules.".to_owned(),
            Self::Weekend(day) => {
                format!("{} is a {}, a rest day already. Take it out.", format_date(*day), day.weekday())
            }
            Self::Twice(day) => format!("{} is named twice. Take one out.", format_date(*day)),
            Self::NoSaturday(day) => format!("{} is a {}, no Saturday.", format_date(*day), day.weekday()),
            Self::NothingSwapped(day) => {
                format!("{} is not off as \"swap\". Add it, or correct the day.", format_date(*day))
            }
            Self::NoWorkingSaturday(day) => {
                format!("No Saturday is worked on for {}. Add it to working_saturdays.", format_date(*day))
            }
            Self::NothingUndecided => {
                "A provisional year says what is undecided. Add undecided = [\"…\"], or write provisional = false."
                    .to_owned()
            }
            Self::Undecided => {
                "Something is undecided, so the year is provisional. Write provisional = true, or take it out."
                    .to_owned()
            }
            Self::NotOff(holiday, day) => {
                format!("{} is off by law ({}) and is not listed. Add it.", format_date(*day), holiday.name())
            }
            Self::NotMadeUp(holiday, day) => format!(
                "{} ({}) is a rest day, and the next working day is not off for it. Add that day.",
                format_date(*day),
                holiday.name()
            ),
            Self::DaysOff(holiday, found, law) => format!(
                "{} days from Monday to Friday are off for {}; by law it is {}. Correct the list, or mark the year \
                 provisional.",
                found,
                holiday.name(),
                law
            ),
        }
    }

    /// The same in Vietnamese.
    pub fn vi(&self) -> String {
        match self {
            Self::TooLong(most) => format!("Tệp dài hơn {most} byte. Đây có phải là lịch không?"),
            Self::Toml(said) => format!("Không đọc được: {said}. Xem mẫu tại docs/calendar.md."),
            Self::Edition => "Không phải tên phiên bản. Hãy ghi 1 đến 32 ký tự a-z, 0-9, '.' và '-'.".to_owned(),
            Self::NotADay => "Không phải ngày. Hãy ghi YYYY-MM-DD, không kèm giờ.".to_owned(),
            Self::YearOutOfBounds => "Năm ngoài khoảng 2021 đến 2100 không kiểm tra được. Hãy bỏ năm này.".to_owned(),
            Self::YearOutOfOrder(next) => format!("Các năm phải liên tiếp: ở đây phải là năm {next}."),
            Self::NoYear => "Lịch không có năm nào. Hãy thêm năm.".to_owned(),
            Self::AnotherYear(day) => format!("Ngày {} thuộc năm khác. Hãy chuyển sang năm đó.", format_date(*day)),
            Self::Holiday => format!("Không phải ngày lễ. Hãy ghi một trong: {}.", names()),
            Self::Tag => "Không phải mã nguồn. Hãy ghi P, S, M hoặc I.".to_owned(),
            Self::Empty => "Chưa ghi gì. Hãy nêu văn bản, hoặc nêu quy tắc suy ra.".to_owned(),
            Self::Weekend(day) => format!("Ngày {} đã là ngày nghỉ hằng tuần. Hãy bỏ ngày này.", format_date(*day)),
            Self::Twice(day) => format!("Ngày {} được ghi hai lần. Hãy bỏ một.", format_date(*day)),
            Self::NoSaturday(day) => format!("Ngày {} không phải thứ Bảy.", format_date(*day)),
            Self::NothingSwapped(day) => {
                format!("Ngày {} không có trong danh sách nghỉ \"swap\". Hãy thêm, hoặc sửa ngày.", format_date(*day))
            }
            Self::NoWorkingSaturday(day) => format!(
                "Chưa có thứ Bảy làm bù cho ngày {}. Hãy thêm vào working_saturdays.",
                format_date(*day)
            ),
            Self::NothingUndecided => {
                "Năm tạm tính phải nêu điều chưa quyết định. Hãy thêm undecided = [\"…\"], hoặc ghi provisional = false."
                    .to_owned()
            }
            Self::Undecided => {
                "Còn điều chưa quyết định nên năm là tạm tính. Hãy ghi provisional = true, hoặc bỏ điều đó.".to_owned()
            }
            Self::NotOff(holiday, day) => format!(
                "Ngày {} được nghỉ theo luật ({}) nhưng không có trong danh sách. Hãy thêm.",
                format_date(*day),
                holiday.name()
            ),
            Self::NotMadeUp(holiday, day) => format!(
                "Ngày {} ({}) trùng ngày nghỉ hằng tuần mà ngày làm việc kế tiếp chưa được nghỉ bù. Hãy thêm ngày đó.",
                format_date(*day),
                holiday.name()
            ),
            Self::DaysOff(holiday, found, law) => format!(
                "Có {} ngày từ thứ Hai đến thứ Sáu nghỉ cho {}; theo luật là {}. Hãy sửa danh sách, hoặc ghi năm là tạm \
                 tính.",
                found,
                holiday.name(),
                law
            ),
        }
    }
}

fn names() -> String {
    Holiday::ALL.map(Holiday::name).join(", ")
}

impl fmt::Display for CalendarFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, field, problem } = self;
        let colon = if field.is_empty() { "" } else { ": " };
        write!(f, "line {line}: {field}{colon}{} / {}", problem.en(), problem.vi())
    }
}

impl std::error::Error for CalendarFault {}
