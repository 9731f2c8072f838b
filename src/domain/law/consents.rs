//! Who must agree to what before a request is taken in.

use super::Item;
use crate::domain::consent::{Giver, Purpose};

/// See [`PURPOSES`].
pub const ITEM: Item = Item {
    name: "consents::PURPOSES",
    basis: "Law 91/2025 art. 9; Decree 69/2024 art. 11.2",
    domain: "DOMAIN 7.1, 1.5",
};

/// Purposes that need consent: the account, and the sensitive data that is processed for it.
pub const PURPOSES: [Purpose; 2] = [Purpose::Account, Purpose::SensitiveData];

/// See [`CHILD_CONSENTS_FROM_AGE`].
pub const CHILD_ITEM: Item =
    Item { name: "consents::CHILD_CONSENTS_FROM_AGE", basis: "Law 91/2025 art. 24", domain: "DOMAIN 7.1" };

/// From this age a represented child agrees beside the representative.
pub const CHILD_CONSENTS_FROM_AGE: i32 = 7;

/// See [`ADULT_FROM_AGE`].
pub const ADULT_ITEM: Item =
    Item { name: "consents::ADULT_FROM_AGE", basis: "Civil Code art. 20, 22–24", domain: "DOMAIN 1.5" };

/// From this age who is represented is no child but a ward, for whom the representative agrees alone: a ward may be unable
/// to. Civil Code art. 20 (adults), 22–24 (who does not act alone).
pub const ADULT_FROM_AGE: i32 = 18;

/// Who must agree, for an applicant of that age who has or has not a representative.
pub fn givers(age: i32, represented: bool) -> &'static [Giver] {
    match (represented, (CHILD_CONSENTS_FROM_AGE..ADULT_FROM_AGE).contains(&age)) {
        (false, _) => &[Giver::Applicant],
        (true, false) => &[Giver::Representative],
        (true, true) => &[Giver::Applicant, Giver::Representative],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_represented_child_agrees_too_from_seven_years_on() {
        assert_eq!(givers(6, true), [Giver::Representative]);
        assert_eq!(givers(7, true), [Giver::Applicant, Giver::Representative]);
        assert_eq!(givers(17, true), [Giver::Applicant, Giver::Representative]);
        assert_eq!(givers(30, false), [Giver::Applicant]);
    }

    #[test]
    fn the_representative_of_a_ward_agrees_alone() {
        assert_eq!(givers(18, true), [Giver::Representative]);
    }
}
