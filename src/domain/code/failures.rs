//! Wrong tries: counted on the account, over all its codes, so that a new code brings none of them back.

use time::Date;

use super::{CodePolicy, SKEW_MAX};
use crate::domain::law::codes::{WAITS, wait_after};
use crate::domain::time::Timestamp;

/// Wrong tries on an account, over all codes of every purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Failures {
    /// The day that `today` counts, as a Julian day number; 0 before the first failure.
    pub day: i64,
    /// Failures on that day.
    pub today: u32,
    /// Failures since the last success.
    pub in_row: u32,
    /// Nothing may be tried before this instant; absent if nothing has to be waited for.
    pub held_until: Option<Timestamp>,
}

/// Why no code can be sent, and what helps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyFailures {
    /// When a code can be asked for again; `None` if only a person can help.
    pub retry_at: Option<Timestamp>,
}

impl Failures {
    /// How often a code sent at `now` may be tried.
    ///
    /// # Errors
    /// If the day's failures, or those in a row, are used up.
    pub fn allowance(self, policy: &CodePolicy, now: Timestamp) -> Result<u32, TooManyFailures> {
        let day = day_counted(self.day, now);
        let today = if self.day == day { self.today } else { 0 };
        let in_row = policy.failures_in_row.saturating_sub(self.in_row);
        let left = policy.failures_per_day.saturating_sub(today);
        match in_row.min(left).min(policy.tries) {
            0 if in_row == 0 => Err(TooManyFailures { retry_at: None }),
            0 => Err(TooManyFailures { retry_at: day_after(day) }),
            tries => Ok(tries),
        }
    }

    /// One failure more.
    #[must_use]
    pub fn failed(self, now: Timestamp) -> Self {
        let day = day_counted(self.day, now);
        let today = if self.day == day { self.today } else { 0 };
        let in_row = self.in_row.saturating_add(1);
        Self { day, today: today.saturating_add(1), in_row, held_until: Self::held_after(in_row, now) }
    }

    /// Until when nothing may be tried, as it stands at `now`. A wait longer than any is none: the clock was set back.
    pub fn held_at(self, now: Timestamp) -> Option<Timestamp> {
        self.held_until.filter(|until| *until > now && *until <= Self::held_at_most(now))
    }

    /// The end of the longest wait that can stand at `now`.
    pub fn held_at_most(now: Timestamp) -> Timestamp {
        now.plus(WAITS.1).plus(SKEW_MAX)
    }

    /// Until when nothing may be tried after a failure at `now` that was the last of so many in a row.
    pub fn held_after(in_row: u32, now: Timestamp) -> Option<Timestamp> {
        let wait = wait_after(in_row);
        (!wait.is_zero()).then(|| now.plus(wait))
    }
}

/// A day as the number that the store compares.
pub fn day_number(day: Date) -> i64 {
    i64::from(day.to_julian_day())
}

/// The day that is counted at `now` beside a count of the day `counted`: today, or tomorrow if that was counted already. Then the
/// clock was set back over midnight, which gives nobody the tries of a day twice. A count of any later day says nothing.
pub fn day_counted(counted: i64, now: Timestamp) -> i64 {
    let today = day_number(now.local_date());
    if counted == today.saturating_add(1) { counted } else { today }
}

/// When the day with that number is over.
pub fn day_after(day: i64) -> Option<Timestamp> {
    let next = Date::from_julian_day(i32::try_from(day).ok()?).ok()?.next_day()?;
    Some(Timestamp::start_of(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use time::macros::date;

    fn noon() -> Timestamp {
        Timestamp::start_of(date!(2026 - 11 - 21)).plus(Duration::from_hours(12))
    }

    fn left(today: u32, in_row: u32, now: Timestamp) -> Result<u32, TooManyFailures> {
        let failures = Failures { day: day_number(noon().local_date()), today, in_row, held_until: None };
        failures.allowance(&CodePolicy::default(), now)
    }

    #[test]
    fn a_new_code_does_not_bring_back_tries_that_failed() {
        assert_eq!((left(0, 0, noon()), left(7, 7, noon())), (Ok(5), Ok(3)));
        let tomorrow = Timestamp::start_of(date!(2026 - 11 - 22));
        assert_eq!(left(10, 10, noon()), Err(TooManyFailures { retry_at: Some(tomorrow) }));
        assert_eq!(left(10, 10, tomorrow), Ok(5));
    }

    #[test]
    fn a_clock_that_is_set_back_over_midnight_gives_no_tries_twice() {
        let midnight = Timestamp::start_of(date!(2026 - 11 - 21));
        let before = midnight.minus(Duration::from_mins(30));
        let over = Timestamp::start_of(date!(2026 - 11 - 22));
        assert_eq!(left(10, 10, before), Err(TooManyFailures { retry_at: Some(over) }));
        assert_eq!(left(7, 7, before), Ok(3));
        let failures = Failures { day: day_number(date!(2026 - 11 - 21)), today: 7, in_row: 7, held_until: None };
        assert_eq!((failures.failed(before).day, failures.failed(before).today), (failures.day, 8));
        let yesterday = before.minus(Duration::from_hours(24));
        assert_eq!(left(10, 10, yesterday), Ok(5), "a count of a day that is far away says nothing");
    }

    #[test]
    fn after_a_hundred_failures_in_a_row_only_a_person_helps() {
        assert_eq!(left(0, 98, noon()), Ok(2));
        assert_eq!(left(0, 100, noon()), Err(TooManyFailures { retry_at: None }));
    }

    #[test]
    fn failures_are_counted_by_the_day_and_in_a_row_and_hold_up_the_next_try() {
        let three = Failures::default().failed(noon()).failed(noon()).failed(noon());
        assert_eq!((three.today, three.in_row), (3, 3));
        assert_eq!(three.held_until, Some(noon().plus(Duration::from_secs(30))));
        let next_day = three.failed(noon().plus(Duration::from_hours(24)));
        assert_eq!((next_day.today, next_day.in_row), (1, 4));
    }
}
