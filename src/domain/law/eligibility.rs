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
    /// Holds a permanent or temporary residence card in date.
    ResidenceCard,
    /// Lawfully resident for 90 days or more, or holds a long-term visa in date. Drafted for Decree 320/2026; in no
    /// policy until someone has read the text as enacted (DOMAIN 1.10, question 1 of 13).
    LongStay,
}

/// Who is eligible for level 2.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Least age in whole years on the day of the request.
    pub age_min: i32,
    /// Any one of these suffices.
    pub grounds: &'static [Ground],
}

/// Policies by the day they came into force. Decree 69/2024 art. 7.2; DOMAIN 1.2.
pub const POLICY: Dated<Policy> =
    Dated(&[(date!(2024 - 07 - 01), Policy { age_min: 6, grounds: &[Ground::ResidenceCard] })]);

/// See [`REPRESENTED_BELOW_AGE`].
pub const REPRESENTATIVE_ITEM: Item =
    Item { name: "eligibility::REPRESENTED_BELOW_AGE", basis: "Decree 69/2024 art. 11", domain: "DOMAIN 1.5" };

/// Below this age a legal representative or guardian attends and declares.
pub const REPRESENTED_BELOW_AGE: i32 = 14;

/// Whether an applicant with these grounds and this age is eligible on `day`.
pub fn is_eligible(day: Date, age: i32, grounds: &[Ground]) -> bool {
    POLICY.on(day).is_some_and(|policy| age >= policy.age_min && policy.grounds.iter().any(|g| grounds.contains(g)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_two_begins_at_six_and_needs_a_card() {
        let day = date!(2026 - 11 - 21);
        assert!(is_eligible(day, 6, &[Ground::ResidenceCard]));
        assert!(!is_eligible(day, 5, &[Ground::ResidenceCard]));
        assert!(!is_eligible(day, 40, &[]));
    }

    #[test]
    fn the_long_stay_ground_is_off_until_the_decree_has_been_read() {
        assert!(!is_eligible(date!(2026 - 11 - 21), 40, &[Ground::LongStay]));
    }
}
