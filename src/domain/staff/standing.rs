//! When an entry rests: disabled by somebody, or by itself after too many days without a call.
//!
//! An idle entry may not call from the moment on at which its days are over, whether or not anybody noted that.

use std::time::Duration;

use time::{Date, Month};

use crate::domain::law::staff::{IDLE_DAYS_MAX, REVIEW_MONTHS};
use crate::domain::time::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// Days without a call after which a person's entry rests: as many as the law allows, or fewer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IdleDays(u16);

impl Default for IdleDays {
    fn default() -> Self {
        Self(IDLE_DAYS_MAX)
    }
}

impl IdleDays {
    /// So many days; `None` for none, and for more than the law allows.
    pub fn new(days: u64) -> Option<Self> {
        let days = u16::try_from(days).ok()?;
        (1..=IDLE_DAYS_MAX).contains(&days).then_some(Self(days))
    }

    /// How many.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Who was last heard of then, or before, rests at `now`.
    pub fn before(self, now: Timestamp) -> Timestamp {
        now.minus(DAY * u32::from(self.0))
    }
}

/// Whether an entry may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It may.
    Enabled,
    /// Its days without a call are over.
    Idle,
    /// It is disabled.
    Disabled,
}

/// Why an entry is disabled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisabledFor {
    /// A manager, or the console of the machine, said so.
    Manager,
    /// Too many days without a call.
    Idle,
    /// A second person has not agreed to it yet.
    Awaited,
}

impl DisabledFor {
    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Idle => "idle",
            Self::Awaited => "awaited",
        }
    }

    /// The reason of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Manager, Self::Idle, Self::Awaited].into_iter().find(|reason| reason.name() == name)
    }
}

/// Entries that were entered and last reviewed before this instant are to be reviewed at `now`.
pub fn review_due_before(now: Timestamp) -> Timestamp {
    let today = now.local_date();
    let months = today.year() * 12 + i32::from(u8::from(today.month())) - 1 - i32::from(REVIEW_MONTHS);
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let month = u8::try_from(month).ok().and_then(|month| Month::try_from(month).ok()).unwrap_or(Month::January);
    // A day that the month does not have is its last.
    let day = today.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).map_or(now, Timestamp::start_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::StaffId;
    use crate::domain::staff::{CertificateName, OfficeCode, Post, Role, StaffMember};
    use time::macros::date;
    use uuid::Uuid;

    fn noon() -> Timestamp {
        Timestamp::start_of(date!(2026 - 11 - 21)).plus(DAY / 2)
    }

    fn entry(role: Role) -> StaffMember {
        let office = role.has_office().then(|| OfficeCode::parse("79-01").unwrap());
        let certificate = CertificateName { issuer: "CN=CA".into(), uri: "urn:x:y".into() };
        StaffMember::new(StaffId::new(Uuid::nil()), certificate, Post::new(role, office).unwrap(), noon())
    }

    #[test]
    fn a_persons_entry_rests_after_45_days_without_a_call_and_a_systems_does_not() {
        let idle = IdleDays::default();
        for role in Role::ALL {
            let one = entry(role);
            let (last, over) = (noon().plus(DAY * 45).minus(Duration::from_micros(1)), noon().plus(DAY * 45));
            assert_eq!(one.standing(idle, last), Standing::Enabled, "{role}");
            let due = if role.is_person() { Standing::Idle } else { Standing::Enabled };
            assert_eq!(one.standing(idle, over), due, "{role}");
        }
    }

    #[test]
    fn a_call_begins_the_days_anew_and_who_was_never_counted_does_not_rest() {
        let called = StaffMember { active_at: Some(noon().plus(DAY * 40)), ..entry(Role::Officer) };
        assert_eq!(called.standing(IdleDays::default(), noon().plus(DAY * 60)), Standing::Enabled);
        let before = StaffMember { active_at: None, ..entry(Role::Officer) };
        assert_eq!(before.standing(IdleDays::default(), noon().plus(DAY * 900)), Standing::Enabled);
        let disabled = StaffMember { enabled: false, ..entry(Role::Officer) };
        assert_eq!(disabled.standing(IdleDays::default(), noon()), Standing::Disabled);
    }

    #[test]
    fn days_may_be_fewer_than_the_law_allows_and_never_more() {
        assert_eq!((IdleDays::new(0), IdleDays::new(46), IdleDays::new(1 << 20)), (None, None, None));
        assert_eq!(IdleDays::new(45), Some(IdleDays::default()));
        assert!(IdleDays::new(30).is_some());
    }

    #[test]
    fn a_review_is_due_after_six_months_also_from_a_day_that_the_month_does_not_have() {
        let due = |day| review_due_before(Timestamp::start_of(day)).local_date();
        assert_eq!(due(date!(2026 - 11 - 21)), date!(2026 - 05 - 21));
        assert_eq!(due(date!(2026 - 03 - 10)), date!(2025 - 09 - 10));
        assert_eq!(due(date!(2026 - 08 - 31)), date!(2026 - 02 - 28));
        assert_eq!(due(date!(2026 - 06 - 30)), date!(2025 - 12 - 30));
    }

    #[test]
    fn reasons_are_found_by_their_names() {
        for reason in [DisabledFor::Manager, DisabledFor::Idle, DisabledFor::Awaited] {
            assert_eq!(DisabledFor::from_name(reason.name()), Some(reason));
        }
    }
}
