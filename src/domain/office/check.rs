//! How records must go together, so that every code means one thing on a day and no rights are ever without a holder.

use time::Date;

use super::fault::Fault;
use super::map::Dated;
use super::record::{Record, Subject};
use super::types::{Office, Unit, UnitCode};
use crate::domain::text::Malformed;

const MEETS: Malformed = Malformed::new(
    "The periods of two records of this code have days in common. A period ends on the day before the next one begins.",
    "Thời hạn của hai bản ghi cùng mã bị chồng ngày. Thời hạn trước phải kết thúc vào ngày trước khi thời hạn sau bắt đầu.",
);
const NO_SUCCESSOR: Malformed = Malformed::new(
    "The successor does not exist on the day after the last one. Add its record, or correct the day.",
    "Đơn vị thay thế không tồn tại vào ngày ngay sau ngày cuối. Hãy thêm bản ghi của đơn vị đó hoặc sửa ngày.",
);
const NO_UNIT: Malformed = Malformed::new(
    "No unit has the first two digits of this code on every day of the period. Add the unit, or correct the days.",
    "Không có tỉnh, thành phố nào mang hai chữ số đầu của mã này trong mọi ngày của thời hạn. Hãy thêm tỉnh hoặc sửa ngày.",
);

/// Every record that does not go with the others.
pub(super) fn faults(records: &[Record]) -> Vec<Fault> {
    let mut faults = overlaps(records);
    let units: Vec<_> = records.iter().filter_map(unit).collect();
    let sites: Vec<_> = records.iter().filter_map(site).collect();
    for record in records {
        let succeeded = match &record.subject {
            Subject::Unit(unit) => is_succeeded(unit, &units),
            Subject::Site(site) => is_succeeded(site, &sites),
        };
        if !succeeded {
            faults.push(Fault::new(record.line, "successor", NO_SUCCESSOR));
        }
        if let Subject::Site(site) = &record.subject
            && !lies_in_a_unit(site, &units)
        {
            faults.push(Fault::new(record.line, "code", NO_UNIT));
        }
    }
    faults
}

fn unit(record: &Record) -> Option<&Unit> {
    match &record.subject {
        Subject::Unit(unit) => Some(unit),
        Subject::Site(_) => None,
    }
}

fn site(record: &Record) -> Option<&Office> {
    match &record.subject {
        Subject::Site(site) => Some(site),
        Subject::Unit(_) => None,
    }
}

/// Records of one code that have days in common, each told once, at the later line.
fn overlaps(records: &[Record]) -> Vec<Fault> {
    let mut sorted: Vec<_> = records.iter().collect();
    sorted.sort_by_key(|record| (record.word(), record.code().to_owned(), record.period().first()));
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    let same = |(a, b): &(&&Record, &&Record)| a.word() == b.word() && a.code() == b.code();
    let meets = pairs.filter(same).filter(|(a, b)| a.period().meets(b.period()));
    // A file's own line is the one to mend; of two in the file, the later.
    meets
        .map(|(a, b)| if (b.kept, a.line) <= (a.kept, b.line) { (b, a) } else { (a, b) })
        .map(|(wrong, other)| Fault { other: Some(other.told()), ..Fault::new(wrong.line, "from", MEETS) })
        .collect()
}

fn is_succeeded<T: Dated>(one: &T, all: &[&T]) -> bool {
    match (one.successor(), one.period().after()) {
        (Some(code), Some(day)) => all.iter().any(|other| other.code() == code && other.period().contains(day)),
        (None, None) => one.period().until().is_none(),
        _ => false,
    }
}

/// Whether units of the site's first two digits follow one another without a gap over all its days.
fn lies_in_a_unit(site: &Office, units: &[&Unit]) -> bool {
    let code = UnitCode::of(&site.code);
    let mut day = Some(site.period.first());
    while let Some(here) = day.filter(|day| *day <= site.period.last()) {
        let Some(unit) = find_in(units, &code, here) else { return false };
        // `None`: the unit has no end.
        day = unit.period.after();
    }
    true
}

fn find_in<'a>(units: &[&'a Unit], code: &UnitCode, on: Date) -> Option<&'a Unit> {
    units.iter().find(|unit| unit.code == *code && unit.period.contains(on)).copied()
}
