//! When a holder is reminded to activate: on some days of the window, once each, by day.

use std::fmt;
use std::time::Duration;

use time::Date;

use crate::domain::account::{Account, Standing};
use crate::domain::law::activation::{self, SELF_ACTIVATION_DAYS};
use crate::domain::time::Timestamp;

/// Holders are reminded from this hour of the day in Viet Nam.
const FROM: Duration = Duration::from_hours(8);
/// And before this one.
const UNTIL: Duration = Duration::from_hours(20);
/// How often an account is looked at whose days have not begun. Whatever begins them has it looked at, too.
const WAITING: Duration = Duration::from_hours(24);

/// The days of the window on which a holder is reminded, counted as the window is: the day of receipt is none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReminderDays(Vec<u8>);

/// Days on which nobody can be reminded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("days must rise, from 1 to the last of the window")]
pub struct BadDays;

/// The last reminder that a holder got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reminded {
    /// The reopening that began the window; `None`: it was the first one.
    pub window: Option<Timestamp>,
    /// For which day.
    pub day: u8,
}

/// What to do about an account now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Nothing, until something happens to it.
    Never,
    /// Nothing before that moment.
    At(Timestamp),
    /// Remind its holder, and look again then, if at all.
    Remind {
        /// What is to be remembered of it.
        reminded: Reminded,
        /// The last day on which the holder can act alone.
        last_day: Date,
        /// When to look again.
        then: Option<Timestamp>,
    },
}

impl fmt::Display for ReminderDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(u8::to_string).collect::<Vec<_>>().join(", "))
    }
}

impl ReminderDays {
    /// These days; none at all is a choice, too.
    ///
    /// # Errors
    /// If they do not rise, or one is not within the window.
    pub fn new(days: Vec<u8>) -> Result<Self, BadDays> {
        let window = SELF_ACTIVATION_DAYS.0.iter().map(|(_, days)| *days).min().unwrap_or_default();
        let rise = days.windows(2).all(|pair| matches!(pair, [one, next] if one < next));
        let within = days.iter().all(|day| (1..=window).contains(day));
        if rise && within { Ok(Self(days)) } else { Err(BadDays) }
    }

    /// What to do about an account at `now`, whose holder was `reminded` last. Of several reminders that were missed, the
    /// last one alone is made up for.
    pub fn look(&self, account: &Account, reminded: Option<Reminded>, now: Timestamp) -> Look {
        if !matches!(account.standing(now), Standing::Awaiting { .. }) {
            return Look::Never;
        }
        let Some((from, closes_at)) = account.window_from().zip(account.window_closes_at()) else {
            return Look::At(now.plus(WAITING));
        };
        let window = account.reopened.map(|reopened| reopened.at);
        let done = reminded.filter(|last| last.window == window).map_or(0, |last| last.day);
        let open: Vec<_> = self.0.iter().filter(|day| **day > done).map(|day| (*day, due(from, *day))).collect();
        let next = open.iter().find(|(_, at)| *at > now).map(|(_, at)| *at);
        let Some((day, _)) = open.iter().rfind(|(_, at)| *at <= now) else {
            return next.map_or(Look::Never, Look::At);
        };
        match waking(now) {
            Some(morning) => Look::At(morning),
            None => Look::Remind {
                reminded: Reminded { window, day: *day },
                last_day: activation::last_day(closes_at),
                then: next,
            },
        }
    }
}

/// When the reminder of that day of a window is due.
fn due(from: Timestamp, day: u8) -> Timestamp {
    let date = from.local_date().saturating_add(time::Duration::days(i64::from(day)));
    Timestamp::start_of(date).plus(FROM)
}

/// When people may be written to again; `None` if they may now. Codes are another matter: they are waited for.
pub(in crate::domain) fn waking(now: Timestamp) -> Option<Timestamp> {
    let midnight = Timestamp::start_of(now.local_date());
    if now < midnight.plus(FROM) {
        return Some(midnight.plus(FROM));
    }
    let tomorrow = now.local_date().next_day().map(|day| Timestamp::start_of(day).plus(FROM));
    tomorrow.filter(|_| now >= midnight.plus(UNTIL))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::date;
    use uuid::Uuid;

    use super::*;
    use crate::domain::account::{Notice, Reopened};
    use crate::domain::application::Language;
    use crate::domain::ids::{AccountId, EnrolmentId};
    use crate::domain::law;

    const RECEIVED: Date = date!(2026 - 11 - 20);

    fn hour(day: Date, hour: u64) -> Timestamp {
        Timestamp::start_of(day).plus(Duration::from_hours(hour))
    }

    fn days() -> ReminderDays {
        ReminderDays::new(vec![3, 6]).unwrap()
    }

    fn received(at: Timestamp) -> Account {
        let id = EnrolmentId::new(Uuid::nil());
        let account = Account::issue(AccountId::new(Uuid::nil()), id, false, Language::En, at);
        Account { notice: Notice { sent_at: Some(at), ..Notice::default() }, ..account }
    }

    fn reminder(day: u8, then: Option<Timestamp>) -> Look {
        let reminded = Reminded { window: None, day };
        Look::Remind { reminded, last_day: date!(2026 - 11 - 27), then }
    }

    #[test]
    fn days_rise_and_are_within_the_window() {
        for right in [vec![], vec![1, 7], vec![3, 6], vec![7]] {
            assert!(ReminderDays::new(right).is_ok());
        }
        for wrong in [vec![0], vec![8], vec![3, 3], vec![6, 3]] {
            assert_eq!(ReminderDays::new(wrong), Err(BadDays));
        }
    }

    #[test]
    fn a_holder_is_reminded_in_the_mornings_of_the_third_and_of_the_sixth_day() {
        let account = received(hour(RECEIVED, 15));
        let (third, sixth) = (hour(date!(2026 - 11 - 23), 8), hour(date!(2026 - 11 - 26), 8));
        assert_eq!(days().look(&account, None, hour(RECEIVED, 16)), Look::At(third));
        assert_eq!(days().look(&account, None, third), reminder(3, Some(sixth)));
        let once = Some(Reminded { window: None, day: 3 });
        assert_eq!(days().look(&account, once, third), Look::At(sixth), "once");
        assert_eq!(days().look(&account, once, sixth), reminder(6, None));
        let twice = Some(Reminded { window: None, day: 6 });
        assert_eq!(days().look(&account, twice, sixth), Look::Never);
        assert_eq!(days().look(&account, twice, third), Look::Never, "a clock that goes back reminds nobody again");
    }

    #[test]
    fn a_late_look_makes_up_for_the_last_reminder_alone_and_waits_for_the_morning() {
        let account = received(hour(RECEIVED, 15));
        let late = date!(2026 - 11 - 26);
        assert_eq!(days().look(&account, None, hour(late, 11)), reminder(6, None));
        let morning = Look::At(hour(date!(2026 - 11 - 24), 8));
        assert_eq!(days().look(&account, None, hour(date!(2026 - 11 - 23), 20)), morning);
        assert_eq!(days().look(&account, None, hour(date!(2026 - 11 - 24), 7)), morning);
        assert!(matches!(days().look(&account, None, hour(date!(2026 - 11 - 27), 19)), Look::Remind { .. }));
        assert_eq!(days().look(&account, None, hour(date!(2026 - 11 - 28), 0)), Look::Never, "the window has lapsed");
    }

    #[test]
    fn a_window_that_was_opened_again_is_reminded_of_anew_and_one_that_has_not_begun_is_looked_at_again() {
        let account = received(hour(RECEIVED, 15));
        let at = hour(date!(2026 - 12 - 10), 9);
        let reopened = Some(Reopened { at, closes_at: law::activation::window_closes(at) });
        let again = Account { reopened, ..account.clone() };
        let before = Some(Reminded { window: None, day: 6 });
        let Look::Remind { reminded, last_day, .. } = days().look(&again, before, hour(date!(2026 - 12 - 13), 9))
        else {
            panic!("reminded in the new window")
        };
        assert_eq!((reminded, last_day), (Reminded { window: Some(at), day: 3 }, date!(2026 - 12 - 17)));
        let unsent = Account { notice: Notice::default(), ..account.clone() };
        assert_eq!(days().look(&unsent, None, at), Look::At(at.plus(WAITING)));
        let active = account.activate(hour(RECEIVED, 16)).unwrap();
        assert_eq!(days().look(&active, None, hour(date!(2026 - 11 - 23), 9)), Look::Never);
    }

    proptest! {
        #[test]
        fn whenever_it_is_looked_nobody_is_reminded_by_night_nor_twice_of_a_day_nor_later_of_an_earlier_one(
            hours in proptest::collection::vec(0_u64..240, 1..40),
            received_at in 0_u64..24,
        ) {
            let account = received(hour(RECEIVED, received_at));
            let (mut last, mut said) = (None, Vec::new());
            // Clocks go as they like: what counts is what was kept.
            for at in hours {
                let now = hour(RECEIVED, at);
                if let Look::Remind { reminded, .. } = days().look(&account, last, now) {
                    prop_assert!((8..20).contains(&(at % 24)));
                    prop_assert!(now < account.window_closes_at().unwrap());
                    said.push(reminded.day);
                    last = Some(reminded);
                }
            }
            prop_assert!(said.windows(2).all(|pair| pair[0] < pair[1]), "{said:?}");
        }
    }
}
