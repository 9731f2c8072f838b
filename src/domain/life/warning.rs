//! When a holder is warned that a document ends: some days before, once each, by day.

use std::fmt;
use std::time::Duration;

use time::Date;

use super::Papers;
use crate::domain::follow_up::waking;
use crate::domain::time::Timestamp;

/// The hour of the day in Viet Nam from which a warning is due.
const FROM: Duration = Duration::from_hours(8);
/// The earliest warning, in days.
const DAYS_MAX: u16 = 365;

/// How many days before its end a holder is warned of a document. R9.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WarningDays(Vec<u16>);

/// Days on which nobody can be warned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("days must fall, from at most 365 to at least 1")]
pub struct BadWarningDays;

/// What of a holder's documents ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Paper {
    /// The passport.
    Passport,
    /// The right to reside.
    Residence,
}

/// The last warning that a holder got of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Warned {
    /// The last day that it named: another one begins anew.
    pub until: Date,
    /// How many days before.
    pub days: u16,
}

/// What to do about a document now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WarningLook {
    /// Nothing, until it is another one.
    Never,
    /// Nothing before that moment.
    At(Timestamp),
    /// Warn its holder, and look again then, if at all.
    Warn(Warned, Option<Timestamp>),
}

impl fmt::Display for WarningDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(u16::to_string).collect::<Vec<_>>().join(", "))
    }
}

impl Paper {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Passport, Self::Residence];

    /// The name that the audit log keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::Residence => "residence",
        }
    }

    /// Its last day.
    pub const fn until(self, papers: &Papers) -> Option<Date> {
        match self {
            Self::Passport => papers.passport_until,
            Self::Residence => papers.residence_until,
        }
    }
}

impl WarningDays {
    /// These days; none at all is a choice, too.
    ///
    /// # Errors
    /// If they do not fall, or one is no day or more than a year.
    pub fn new(days: Vec<u16>) -> Result<Self, BadWarningDays> {
        let fall = days.windows(2).all(|pair| matches!(pair, [one, next] if one > next));
        let within = days.iter().all(|day| (1..=DAYS_MAX).contains(day));
        if fall && within { Ok(Self(days)) } else { Err(BadWarningDays) }
    }

    /// What to do at `now` about a document whose last day is `until`, of which the holder was `warned` last. Of several
    /// warnings that were missed, the last one alone is made up for; none comes when the document has ended.
    pub fn look(&self, until: Date, warned: Option<Warned>, now: Timestamp) -> WarningLook {
        if now.local_date() > until {
            return WarningLook::Never;
        }
        let done = warned.filter(|last| last.until == until).map_or(u16::MAX, |last| last.days);
        let open: Vec<_> = self.0.iter().filter(|days| **days < done).map(|days| (*days, due(until, *days))).collect();
        let next = open.iter().find(|(_, at)| *at > now).map(|(_, at)| *at);
        let Some((days, _)) = open.iter().rfind(|(_, at)| *at <= now) else {
            return next.map_or(WarningLook::Never, WarningLook::At);
        };
        match waking(now) {
            Some(morning) => WarningLook::At(morning),
            None => WarningLook::Warn(Warned { until, days: *days }, next),
        }
    }
}

/// When the warning of so many days is due.
fn due(until: Date, days: u16) -> Timestamp {
    Timestamp::start_of(until.saturating_sub(time::Duration::days(i64::from(days)))).plus(FROM)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const UNTIL: Date = date!(2026 - 12 - 31);

    fn days() -> WarningDays {
        WarningDays::new(vec![60, 30, 7]).unwrap()
    }

    fn at(days_before: i64, hour: u64) -> Timestamp {
        Timestamp::start_of(UNTIL.saturating_sub(time::Duration::days(days_before))).plus(Duration::from_hours(hour))
    }

    #[test]
    fn a_holder_is_warned_once_on_each_of_the_days() {
        let (mut warned, mut told) = (None, Vec::new());
        for hour in 0..24 * 70 {
            let now = at(69, 0).plus(Duration::from_hours(hour));
            if let WarningLook::Warn(by, _) = days().look(UNTIL, warned, now) {
                warned = Some(by);
                told.push((by.days, now));
            }
        }
        assert_eq!(told, [(60, at(60, 8)), (30, at(30, 8)), (7, at(7, 8))]);
    }

    #[test]
    fn who_looks_late_sends_only_the_one_that_is_due_now() {
        assert_eq!(
            days().look(UNTIL, None, at(20, 9)),
            WarningLook::Warn(Warned { until: UNTIL, days: 30 }, Some(at(7, 8)))
        );
        assert_eq!(days().look(UNTIL, None, at(20, 21)), WarningLook::At(at(19, 8)), "by day");
        assert_eq!(days().look(UNTIL, None, at(0, 10)), WarningLook::Warn(Warned { until: UNTIL, days: 7 }, None));
        assert_eq!(days().look(UNTIL, None, at(-1, 10)), WarningLook::Never, "it has ended");
    }

    #[test]
    fn a_renewed_document_begins_anew() {
        let warned = Some(Warned { until: date!(2026 - 06 - 30), days: 7 });
        assert_eq!(days().look(UNTIL, warned, at(61, 9)), WarningLook::At(at(60, 8)));
        assert!(matches!(days().look(UNTIL, warned, at(60, 9)), WarningLook::Warn(Warned { days: 60, .. }, _)));
    }

    #[test]
    fn days_fall_and_none_is_more_than_a_year() {
        for wrong in [vec![7, 30], vec![7, 7], vec![0], vec![366]] {
            assert_eq!(WarningDays::new(wrong), Err(BadWarningDays));
        }
        assert_eq!(WarningDays::new(vec![]).unwrap().look(UNTIL, None, at(7, 9)), WarningLook::Never);
        assert_eq!(days().to_string(), "60, 30, 7");
    }
}
