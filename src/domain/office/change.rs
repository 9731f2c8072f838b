//! What an import changes: records are added, and periods are closed by a later record. What a record in force said of the
//! days up to today stays as it was.

use time::Date;

use super::fault::Fault;
use super::map::OfficeMap;
use super::read::RECORDS_MAX;
use super::record::{Record, Subject};
use super::types::{CitySince, Unit};
use crate::domain::text::Malformed;

const PAST: Malformed = Malformed::new(
    "This would change what a record in force said. What is in force is changed by closing its period, today or later, and \
     adding a record that begins on the next day.",
    "Việc này làm thay đổi nội dung của bản ghi đang có hiệu lực. Muốn thay đổi, hãy đóng thời hạn từ hôm nay trở đi và thêm \
     bản ghi mới bắt đầu từ ngày hôm sau.",
);
const CLOSED_BEFORE: Malformed = Malformed::new(
    "A period cannot be closed, or opened again, in days that have passed: the last day is today or later, because today's \
     requests are received under it.",
    "Không thể đóng hoặc mở lại thời hạn vào những ngày đã qua: ngày cuối phải là hôm nay hoặc muộn hơn, vì hồ sơ hôm nay \
     đang được tiếp nhận theo bản ghi này.",
);
const TOO_MANY: Malformed =
    Malformed::new("There would be more than 10,000 records.", "Tổng số bản ghi sẽ vượt quá 10.000.");

/// How a record differs from what is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// It is new.
    Added,
    /// It closes the period of one that is kept.
    Closed,
    /// It says more of one that is kept, or something else of one that is not in force yet.
    Amended,
}

/// What an import comes to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is to be kept in addition, in the order of the file.
    pub changes: Vec<(Change, Record)>,
    /// How many records are kept already, word for word.
    pub unchanged: usize,
    /// The map from then on.
    pub map: OfficeMap,
}

/// What importing `new` into `kept` on day `today` comes to. `kept` holds one record for each subject, code and first day.
///
/// # Errors
/// Every line that changes the past of a record in force, with the line that it is about; otherwise every line that does
/// not go with the others.
pub fn plan(kept: &[Record], new: &[Record], today: Date) -> Result<Plan, Vec<Fault>> {
    let (mut all, mut plan, mut faults) = (kept.to_vec(), Plan::default(), Vec::new());
    for record in new {
        let Some(place) = all.iter_mut().find(|other| other.kept && other.is_also(record)) else {
            plan.changes.push((Change::Added, record.clone()));
            all.push(record.clone());
            continue;
        };
        if place.subject == record.subject && place.basis == record.basis {
            plan.unchanged += 1;
            continue;
        }
        if let Some((field, what)) = objection(place, record, today) {
            faults.push(Fault { other: Some(place.told()), ..Fault::new(record.line, field, what) });
            continue;
        }
        let closes = place.period().until().is_none() && record.period().until().is_some();
        plan.changes.push((if closes { Change::Closed } else { Change::Amended }, record.clone()));
        // No longer marked as kept: were it in the file twice, the second line would meet this one.
        *place = record.clone();
    }
    if all.len() > RECORDS_MAX {
        faults.push(Fault::new(1, "", TOO_MANY));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    plan.map = OfficeMap::new(&all)?;
    Ok(plan)
}

/// The first field by which `new` says something else of days up to `today` than `kept` did, and why it may not.
fn objection(kept: &Record, new: &Record, today: Date) -> Option<(&'static str, Malformed)> {
    if kept.period().first() > today {
        return None;
    }
    if kept.names().vi != new.names().vi {
        return Some(("name_vi", PAST));
    }
    if kept.names().ascii != new.names().ascii {
        return Some(("name_ascii", PAST));
    }
    let (was, is) = (kept.period().last(), new.period().last());
    if was != is && was.min(is) < today {
        return Some(("until", CLOSED_BEFORE));
    }
    if was < today && kept.successor() != new.successor() {
        return Some(("successor", PAST));
    }
    match (&kept.subject, &new.subject) {
        (Subject::Unit(kept), Subject::Unit(new)) if kept.kind != new.kind => Some(("kind", PAST)),
        (Subject::Unit(kept), Subject::Unit(new)) if !may_become(kept, new, today) => Some(("city_since", PAST)),
        // What was not known may be told; what was told stays.
        (Subject::Site(kept), Subject::Site(new)) if kept.seat.is_some() && kept.seat != new.seat => {
            Some(("seat", PAST))
        }
        _ => None,
    }
}

/// Whether what `new` says of becoming a city leaves the past as it was told: the day within a year that was known, or a
/// change from today on.
fn may_become(kept: &Unit, new: &Unit, today: Date) -> bool {
    match (kept.city_since, new.city_since) {
        (was, is) if was == is => true,
        (Some(CitySince::Year(year)), Some(CitySince::Day(day))) if day.year() == year => true,
        (was, is) => [was, is].into_iter().flatten().all(|since| since.earliest() >= today),
    }
}
