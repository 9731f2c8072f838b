//! The legal clock of a request, and the shorter limits of its stages.
//!
//! Owns until when a request must be decided and what of that time is spent. Time during which the applicant has it back
//! for correction does not count against the office. Refuses to guess: in a year that the calendar lacks there is no
//! deadline, and one that was counted on provisional data says so.

use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use super::calendar::{Calendar, CalendarLacks, Counted, Edition};
use super::law::hand_over;
use super::record::Biometrics;
use super::time::{Timestamp, iso_date};

/// On what the limit rests. Decree 69/2024 art. 13.3; DOMAIN 1.6.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Face and fingerprints are in the immigration database.
    OnFile,
    /// They are not, or nothing shows that they are.
    NotOnFile,
}

impl Basis {
    /// Of what the immigration record told.
    pub fn of(on_file: Option<Biometrics>) -> Self {
        if on_file.is_some_and(Biometrics::complete) { Self::OnFile } else { Self::NotOnFile }
    }

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnFile => "biometrics-on-file",
            Self::NotOnFile => "biometrics-not-on-file",
        }
    }

    /// Reads a name written by [`Basis::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::OnFile, Self::NotOnFile].into_iter().find(|basis| basis.name() == name)
    }
}

/// A span over which the clock ran, from receipt or correction to a return.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// The day on which it began, which is not counted.
    #[serde(with = "iso_date")]
    pub since: Date,
    /// The day of the return, which is.
    #[serde(with = "iso_date")]
    pub until: Date,
    /// The limit that held in it, in working days.
    pub limit: u8,
}

/// Until when a request must be decided.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deadline {
    /// Midnight in Viet Nam after the last day: a decision before this instant is in time, and late from it on. While the
    /// clock stands still, what it was when it was stopped.
    pub due_at: Timestamp,
    /// On what the limit rests.
    pub basis: Basis,
    /// The limit, in working days.
    pub limit: u8,
    /// Working days of it that were used before the clock last began to run; more than the limit if it was over by then.
    pub spent: u8,
    /// The spans in which they were, oldest first.
    pub ran: Vec<Run>,
    /// Since when the clock runs; absent while it stands still.
    pub running_since: Option<Timestamp>,
    /// The edition of the calendar on which it was counted.
    pub edition: Edition,
    /// Whether that edition leaves something undecided in a year that was counted in.
    pub provisional: bool,
}

impl Deadline {
    /// Starts the clock with the receipt of a complete request, whose own day is not counted.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn start(
        calendar: &Calendar,
        received_at: Timestamp,
        on_file: Option<Biometrics>,
    ) -> Result<Self, CalendarLacks> {
        let stopped = Self {
            due_at: received_at,
            basis: Basis::of(on_file),
            limit: 0,
            spent: 0,
            ran: Vec::new(),
            running_since: None,
            edition: calendar.edition().clone(),
            provisional: false,
        };
        stopped.resumed(calendar, received_at, on_file)
    }

    /// Stops the clock with a return for correction. The day of the return was the office's and is spent; so a request
    /// that goes back and forth within a day gains nothing by it.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn suspended(mut self, calendar: &Calendar, at: Timestamp) -> Result<Self, CalendarLacks> {
        let Some(since) = self.running_since.take() else { return Ok(self) };
        self.ran.push(Run { since: since.local_date(), until: at.local_date(), limit: self.limit });
        self.recomputed(calendar)
    }

    /// Lets the clock run on when the request comes back, with what is left. Nothing is left if the last day was spent: then
    /// it is due on the day it comes back, rolled on to a working day. What was overdue stays due when it was. The immigration
    /// record was asked again, and may have changed the limit.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn resumed(
        mut self,
        calendar: &Calendar,
        at: Timestamp,
        on_file: Option<Biometrics>,
    ) -> Result<Self, CalendarLacks> {
        if self.running_since.is_some() {
            return Ok(self);
        }
        self.basis = Basis::of(on_file);
        // The law has a value for every day; if it had none, the strictest reading would stand in.
        self.limit = hand_over::working_days(at.local_date(), on_file).unwrap_or_default();
        self.running_since = Some(at);
        self.recomputed(calendar)
    }

    /// The same deadline on another edition of the calendar, which also counts anew what was spent.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn recomputed(mut self, calendar: &Calendar) -> Result<Self, CalendarLacks> {
        let mut count = Count::default();
        for run in &self.ran {
            count.begin(calendar, run.since, run.limit)?;
            count.end(calendar, run)?;
        }
        if let Some(since) = self.running_since {
            count.begin(calendar, since.local_date(), self.limit)?;
        }
        if let Some(due) = count.due {
            self.due_at = due.end();
            self.provisional = due.provisional || count.spent_on_provisional;
        }
        self.spent = u8::try_from(count.spent).unwrap_or(u8::MAX);
        self.edition = calendar.edition().clone();
        Ok(self)
    }

    /// Whether the clock stands still.
    pub const fn is_suspended(&self) -> bool {
        self.running_since.is_none()
    }
}

/// A deadline while it is counted through its runs.
#[derive(Default)]
struct Count {
    limit: u32,
    spent: u32,
    spent_on_provisional: bool,
    due: Option<Counted>,
    /// It was given back too late. Then it stays due when it was, whatever the limit is later.
    overdue: bool,
}

impl Count {
    /// The clock begins to run, with what is left.
    fn begin(&mut self, calendar: &Calendar, since: Date, limit: u8) -> Result<(), CalendarLacks> {
        self.limit = u32::from(limit);
        if !self.overdue {
            self.keep_within_limit();
            self.due = Some(calendar.after(since, self.limit.saturating_sub(self.spent))?);
        }
        Ok(())
    }

    /// It stops.
    fn end(&mut self, calendar: &Calendar, run: &Run) -> Result<(), CalendarLacks> {
        let worked = calendar.between(run.since, run.until)?;
        self.spent = self.spent.saturating_add(worked.days);
        self.spent_on_provisional |= worked.provisional;
        self.overdue |= self.due.is_some_and(|due| run.until > due.day);
        if !self.overdue {
            self.keep_within_limit();
        }
        Ok(())
    }

    /// In time, more than the limit is spent if it became shorter, or if the last day was a rest day and was rolled on.
    fn keep_within_limit(&mut self) {
        self.spent = self.spent.min(self.limit);
    }
}

/// How long a request may stay in stages for which the law sets no limit of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StageLimits {
    /// Working days for a supervisor to look at a referred request.
    pub review_working_days: u8,
    /// Days, as the calendar on the wall counts them, for an office to hand in a request that was returned for correction.
    pub correction_days: u16,
}

impl Default for StageLimits {
    fn default() -> Self {
        Self { review_working_days: 1, correction_days: 30 }
    }
}

impl StageLimits {
    /// Until when a supervisor looks at a request that was referred at `since`: never later than it is due.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn review_by(
        &self,
        calendar: &Calendar,
        since: Timestamp,
        deadline: &Deadline,
    ) -> Result<Timestamp, CalendarLacks> {
        let counted = calendar.after(since.local_date(), u32::from(self.review_working_days))?;
        Ok(counted.end().min(deadline.due_at))
    }

    /// Until when an office hands in a request again that was returned at `since`: the end of the last day, rolled on to a
    /// working day.
    ///
    /// # Errors
    /// If the calendar lacks a year.
    pub fn correction_by(&self, calendar: &Calendar, since: Timestamp) -> Result<Timestamp, CalendarLacks> {
        let last = since.local_date().checked_add(Duration::days(i64::from(self.correction_days)));
        let last = last.ok_or(CalendarLacks { year: Date::MAX.year() })?;
        calendar.rolled_on(last).map(Counted::end)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::domain::calendar::SHIPPED;
    use proptest::prelude::*;
    use time::macros::date;

    const ON_FILE: Option<Biometrics> = Some(Biometrics { face: true, fingerprints: true });

    static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| Calendar::read(SHIPPED).unwrap());

    fn calendar() -> Calendar {
        CALENDAR.clone()
    }

    /// Ten in the morning in Viet Nam.
    fn morning(day: Date) -> Timestamp {
        Timestamp::start_of(day).plus(std::time::Duration::from_hours(10))
    }

    fn end_of(day: Date) -> Timestamp {
        Timestamp::start_of(day.next_day().unwrap())
    }

    #[test]
    fn the_limit_follows_what_the_immigration_record_holds() {
        let start = |on_file| Deadline::start(&calendar(), morning(date!(2026 - 11 - 20)), on_file).unwrap();
        let (short, long) = (start(ON_FILE), start(None));
        assert_eq!((short.limit, short.basis, short.due_at), (3, Basis::OnFile, end_of(date!(2026 - 11 - 26))));
        assert_eq!((long.limit, long.basis, long.due_at), (7, Basis::NotOnFile, end_of(date!(2026 - 12 - 02))));
        assert!(!short.provisional && !short.is_suspended());
    }

    #[test]
    fn returned_time_does_not_count_against_the_office() {
        let calendar = calendar();
        let started = Deadline::start(&calendar, morning(date!(2026 - 11 - 20)), None).unwrap();
        let stopped = started.suspended(&calendar, morning(date!(2026 - 11 - 25))).unwrap();
        assert_eq!((stopped.spent, stopped.is_suspended()), (2, true), "23 and 25 November; the 24th is off");
        let on = stopped.resumed(&calendar, morning(date!(2026 - 12 - 10)), None).unwrap();
        assert_eq!(on.due_at, end_of(date!(2026 - 12 - 17)), "five working days are left");
    }

    #[test]
    fn what_was_overdue_when_it_was_returned_stays_overdue() {
        let calendar = calendar();
        let started = Deadline::start(&calendar, morning(date!(2026 - 11 - 20)), ON_FILE).unwrap();
        let due = started.due_at;
        let late = started.suspended(&calendar, morning(date!(2026 - 11 - 30))).unwrap();
        let on = late.resumed(&calendar, morning(date!(2026 - 12 - 10)), ON_FILE).unwrap();
        assert_eq!(on.due_at, due);
        assert_eq!(on.clone().recomputed(&calendar).unwrap(), on);
    }

    #[test]
    fn a_limit_that_became_shorter_at_the_correction_makes_nothing_overdue_by_returned_time() {
        let calendar = calendar();
        let started = Deadline::start(&calendar, morning(date!(2026 - 11 - 20)), None).unwrap();
        let stopped = started.suspended(&calendar, morning(date!(2026 - 11 - 30))).unwrap();
        assert_eq!((stopped.limit, stopped.spent), (7, 5), "in time");
        let on = stopped.resumed(&calendar, morning(date!(2026 - 12 - 15)), ON_FILE).unwrap();
        assert_eq!(on.due_at, end_of(date!(2026 - 12 - 15)), "due on the day it comes back");
    }

    #[test]
    fn a_request_returned_on_its_last_day_is_due_when_it_comes_back() {
        let calendar = calendar();
        let started = Deadline::start(&calendar, morning(date!(2026 - 11 - 20)), ON_FILE).unwrap();
        let stopped = started.suspended(&calendar, morning(date!(2026 - 11 - 26))).unwrap();
        let on = |day| stopped.clone().resumed(&calendar, morning(day), ON_FILE).unwrap().due_at;
        assert_eq!(on(date!(2026 - 12 - 10)), end_of(date!(2026 - 12 - 10)));
        assert_eq!(on(date!(2026 - 12 - 12)), end_of(date!(2026 - 12 - 14)), "a Saturday rolls on");
    }

    #[test]
    fn a_deadline_on_provisional_days_says_so_and_is_another_on_the_decided_calendar() {
        let later = SHIPPED.replacen("edition = \"2026-11-21\"", "edition = \"2026-12-20\"", 1);
        let later = later.replacen("{ on = 2027-02-05", "# { on = 2027-02-05", 1);
        let (old, new) = (calendar(), Calendar::read(&later).unwrap());
        let deadline = Deadline::start(&old, morning(date!(2027 - 02 - 03)), ON_FILE).unwrap();
        assert_eq!((deadline.due_at, deadline.provisional), (end_of(date!(2027 - 02 - 12)), true));
        let moved = deadline.recomputed(&new).unwrap();
        assert_eq!((moved.due_at, moved.edition.as_str()), (end_of(date!(2027 - 02 - 11)), "2026-12-20"));
    }

    #[test]
    fn days_spent_before_a_return_are_counted_again_too_and_stay_provisional_until_they_are_decided() {
        let later = SHIPPED.replacen("edition = \"2026-11-21\"", "edition = \"2026-12-20\"", 1);
        let later = later.replacen("{ on = 2027-02-05", "# { on = 2027-02-05", 1);
        let (old, new) = (calendar(), Calendar::read(&later).unwrap());
        let started = Deadline::start(&old, morning(date!(2027 - 02 - 03)), None).unwrap();
        let stopped = started.suspended(&old, morning(date!(2027 - 02 - 12))).unwrap();
        assert_eq!((stopped.spent, stopped.provisional), (3, true), "4, 11 and 12 February");
        let on = stopped.clone().resumed(&old, morning(date!(2027 - 03 - 01)), None).unwrap();
        assert_eq!((on.due_at, on.provisional), (end_of(date!(2027 - 03 - 05)), true));
        let moved = on.recomputed(&new).unwrap();
        assert_eq!((moved.spent, moved.due_at), (4, end_of(date!(2027 - 03 - 04))), "5 February was worked on");
        assert_eq!(stopped.recomputed(&new).unwrap().resumed(&new, morning(date!(2027 - 03 - 01)), None), Ok(moved));
    }

    #[test]
    fn a_year_that_the_calendar_lacks_gives_no_deadline() {
        let start = |day| Deadline::start(&calendar(), morning(day), None).map(|deadline| deadline.due_at);
        assert_eq!(start(date!(2028 - 12 - 28)), Err(CalendarLacks { year: 2029 }));
        assert_eq!(start(date!(2031 - 01 - 01)), Err(CalendarLacks { year: 2031 }));
    }

    #[test]
    fn a_review_ends_after_a_working_day_and_never_later_than_the_request_is_due() {
        let (calendar, limits, since) = (calendar(), StageLimits::default(), morning(date!(2026 - 11 - 20)));
        let deadline = Deadline::start(&calendar, since, ON_FILE).unwrap();
        assert_eq!(limits.review_by(&calendar, since, &deadline), Ok(end_of(date!(2026 - 11 - 23))));
        let late = morning(date!(2026 - 11 - 26));
        assert_eq!(limits.review_by(&calendar, late, &deadline), Ok(deadline.due_at));
    }

    #[test]
    fn a_correction_may_take_thirty_days_and_the_rest_days_behind_them() {
        let by = StageLimits::default().correction_by(&calendar(), morning(date!(2026 - 11 - 20)));
        assert_eq!(by, Ok(end_of(date!(2026 - 12 - 21))), "20 December is a Sunday");
    }

    fn days() -> impl Strategy<Value = Date> {
        let first = date!(2025 - 01 - 01).to_julian_day();
        (0..1_200_i32).prop_map(move |offset| Date::from_julian_day(first + offset).unwrap())
    }

    proptest! {
        #[test]
        fn returning_and_resuming_gives_an_office_no_more_than_its_limit(
            received in days(),
            pauses in prop::collection::vec((0_i64..4, 0_i64..12), 0..5),
            on_file in any::<bool>(),
        ) {
            let (calendar, on_file) = (calendar(), on_file.then_some(ON_FILE).flatten());
            let mut deadline = Deadline::start(&calendar, morning(received), on_file).unwrap();
            let (mut day, mut had) = (received, 0);
            for (kept, away) in pauses {
                let back = day + Duration::days(kept);
                had += calendar.between(day, back).unwrap().days;
                day = back + Duration::days(away);
                let before = deadline.due_at;
                deadline = deadline.suspended(&calendar, morning(back)).unwrap();
                deadline = deadline.resumed(&calendar, morning(day), on_file).unwrap();
                prop_assert!(deadline.due_at >= before, "a pause took time away");
                if away == 0 && calendar.is_working(day).unwrap() {
                    prop_assert_eq!(deadline.due_at, before, "a pause within a day gave time");
                }
            }
            let last = deadline.due_at.minus(std::time::Duration::from_micros(1)).local_date();
            let left = calendar.between(day, last).unwrap().days;
            if had < u32::from(deadline.limit) {
                prop_assert_eq!(had + left, u32::from(deadline.limit));
            } else {
                prop_assert!(left <= u32::from(!calendar.is_working(day).unwrap()), "only a rest day is rolled on");
            }
        }

        #[test]
        fn returned_time_makes_nothing_overdue_however_the_limit_changes_with_the_record(
            received in days(),
            first in any::<bool>(),
            pauses in prop::collection::vec((0_i64..6, 0_i64..12, any::<bool>()), 0..6),
        ) {
            let (calendar, record) = (calendar(), |on_file: bool| on_file.then_some(ON_FILE).flatten());
            let mut deadline = Deadline::start(&calendar, morning(received), record(first)).unwrap();
            let (mut day, mut in_time) = (received, true);
            for (kept, away, on_file) in pauses {
                day += Duration::days(kept);
                let due = deadline.due_at;
                in_time &= morning(day) < due;
                deadline = deadline.suspended(&calendar, morning(day)).unwrap();
                prop_assert!(!in_time || deadline.spent <= deadline.limit);
                day += Duration::days(away);
                deadline = deadline.resumed(&calendar, morning(day), record(on_file)).unwrap();
                let kept = if in_time { morning(day) < deadline.due_at } else { deadline.due_at == due };
                prop_assert!(kept);
                prop_assert_eq!(&deadline.clone().recomputed(&calendar).unwrap(), &deadline);
            }
        }

        #[test]
        fn a_recomputed_deadline_is_recomputed_to_itself(received in days(), away in 0_i64..40) {
            let calendar = calendar();
            let deadline = Deadline::start(&calendar, morning(received), None).unwrap();
            prop_assert_eq!(&deadline.clone().recomputed(&calendar).unwrap(), &deadline);
            let stopped = deadline.suspended(&calendar, morning(received)).unwrap();
            prop_assert_eq!(&stopped.clone().recomputed(&calendar).unwrap(), &stopped);
            let on = stopped.resumed(&calendar, morning(received + Duration::days(away)), None).unwrap();
            prop_assert_eq!(&on.clone().recomputed(&calendar).unwrap(), &on);
        }

        #[test]
        fn who_comes_later_is_not_due_earlier(received in days(), later in 0_i64..30) {
            let calendar = calendar();
            let due = |day| Deadline::start(&calendar, morning(day), None).unwrap().due_at;
            prop_assert!(due(received) <= due(received + Duration::days(later)));
        }
    }
}
