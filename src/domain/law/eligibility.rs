//! Who may have a level-2 account, as dated policies.

use time::Date;
use time::macros::date;

use super::{Dated, Item};

/// See [`POLICY`].
pub const ITEM: Item =
    Item { name: "eligibility::POLICY", basis: "Decree 69/2024 art. 7.2", domain: "DOMAIN 1.2, 1.10" };

/// What makes a foreigner eligible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ground {
    /// Holds a permanent or temporary residence card that entitles on the day.
    ResidenceCard,
    /// Has lawfully resided for so many days. Drafted with 90 for Decree 320/2026.
    Residence {
        /// Days, the first one included.
        days_min: u16,
    },
    /// Holds a visa, in date, that was issued for so many days. Drafted for Decree 320/2026, which says "long-term" in
    /// the drafts that were read and gives no number there.
    Visa {
        /// Days from the first to the last day of validity.
        days_min: u16,
    },
}

/// Who is eligible for level 2.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Least age in whole years on the day of the request.
    pub age_min: i32,
    /// Any one of these suffices.
    pub grounds: &'static [Ground],
}

/// Policies by the day they came into force. Decree 69/2024 art. 7.2; DOMAIN 1.2. The grounds without a card stand in no
/// policy until someone has read Decree 320/2026 as enacted (DOMAIN 1.10, the first question of 13): a line here with the
/// day and the numbers is all it takes then.
pub const POLICY: Dated<Policy> =
    Dated(&[(date!(2024 - 07 - 01), Policy { age_min: 6, grounds: &[Ground::ResidenceCard] })]);

/// See [`REPRESENTED_BELOW_AGE`].
pub const REPRESENTATIVE_ITEM: Item =
    Item { name: "eligibility::REPRESENTED_BELOW_AGE", basis: "Decree 69/2024 art. 11", domain: "DOMAIN 1.5" };

/// Below this age a legal representative or guardian attends and declares.
pub const REPRESENTED_BELOW_AGE: i32 = 14;

/// What an applicant shows for a stay in Viet Nam.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// A residence card that entitles on the day.
    pub card: bool,
    /// First day of lawful residence without a break.
    pub resident_since: Option<Date>,
    /// First and last day of a visa.
    pub visa: Option<(Date, Date)>,
}

impl Policy {
    /// Whether what is shown is one of this policy's grounds on `day`.
    pub fn has_ground(&self, shown: &Shown, day: Date) -> bool {
        let days = |from: Date, to: Date| (to - from).whole_days() + 1;
        self.grounds.iter().any(|ground| match *ground {
            Ground::ResidenceCard => shown.card,
            Ground::Residence { days_min } => {
                shown.resident_since.is_some_and(|since| days(since, day) >= i64::from(days_min))
            }
            Ground::Visa { days_min } => {
                shown.visa.is_some_and(|(from, to)| (from..=to).contains(&day) && days(from, to) >= i64::from(days_min))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Date = date!(2026 - 11 - 21);
    const CARD: Shown = Shown { card: true, resident_since: None, visa: None };

    #[test]
    fn level_two_begins_at_six_and_needs_a_card() {
        let policy = POLICY.on(DAY).unwrap();
        assert_eq!(policy.age_min, 6);
        assert!(policy.has_ground(&CARD, DAY) && !policy.has_ground(&Shown::default(), DAY));
    }

    #[test]
    fn the_long_stay_ground_is_off_until_the_decree_has_been_read() {
        let shown = Shown {
            card: false,
            resident_since: Some(date!(2020 - 01 - 01)),
            visa: Some((date!(2026 - 01 - 01), date!(2028 - 12 - 31))),
        };
        assert!(!POLICY.on(DAY).unwrap().has_ground(&shown, DAY));
    }

    #[test]
    fn the_rule_of_the_drafts_can_be_written_as_a_policy() {
        let drafted = Policy {
            age_min: 6,
            grounds: &[Ground::ResidenceCard, Ground::Residence { days_min: 90 }, Ground::Visa { days_min: 365 }],
        };
        let since = |resident_since| Shown { resident_since: Some(resident_since), ..Shown::default() };
        assert!(drafted.has_ground(&since(date!(2026 - 08 - 24)), DAY), "the ninetieth day");
        assert!(!drafted.has_ground(&since(date!(2026 - 08 - 25)), DAY));
        let visa = |from, to| Shown { visa: Some((from, to)), ..Shown::default() };
        assert!(drafted.has_ground(&visa(date!(2026 - 01 - 01), date!(2026 - 12 - 31)), DAY));
        assert!(!drafted.has_ground(&visa(date!(2026 - 01 - 01), date!(2026 - 12 - 30)), DAY), "too short");
        assert!(!drafted.has_ground(&visa(date!(2025 - 11 - 21), date!(2026 - 11 - 20)), DAY), "over");
        assert!(drafted.has_ground(&CARD, DAY));
    }
}
