//! The law, and nothing but the law: one item for each rule, dated, with its article and its row in the domain facts.
//!
//! `docs/law.md` maps article → item → test, and `tests/law.rs` keeps that map true. Configuration may tighten what
//! stands here, never loosen it.

use time::Date;

pub mod activation;
pub mod captures;
pub mod cards;
pub mod codes;
pub mod consents;
pub mod contacts;
pub mod devices;
pub mod eligibility;
pub mod hand_over;
pub mod holidays;
pub mod numbers;
pub mod orders;
pub mod phones;
pub mod staff;

/// A value of the law that changes on certain days.
pub struct Dated<T: 'static>(pub &'static [(Date, T)]);

impl<T: Copy> Dated<T> {
    /// The value in force on `day`; before the first date, the first value.
    pub fn on(&self, day: Date) -> Option<T> {
        let begun = self.0.iter().rev().find(|(from, _)| *from <= day);
        begun.or_else(|| self.0.first()).map(|(_, value)| *value)
    }
}

/// An item of the law as `docs/law.md` lists it.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Path of the constant or function within this module, for example `codes::TRIES_MAX`.
    pub name: &'static str,
    /// Article or section.
    pub basis: &'static str,
    /// Row of the domain facts.
    pub domain: &'static str,
}

/// All items.
pub const ITEMS: &[Item] = &[
    activation::ITEM,
    captures::FACE_ITEM,
    captures::QUALITY_ITEM,
    captures::OVERDUE_ITEM,
    cards::ITEM,
    cards::EXCHANGE_ITEM,
    cards::PASSPORT_ITEM,
    codes::LIFETIME_ITEM,
    codes::EMAIL_LIFETIME_ITEM,
    codes::TRIES_ITEM,
    codes::FAILURES_PER_DAY_ITEM,
    codes::FAILURES_IN_ROW_ITEM,
    codes::WAITS_ITEM,
    codes::SEND_GAP_ITEM,
    codes::SENDS_ITEM,
    consents::ITEM,
    consents::CHILD_ITEM,
    consents::ADULT_ITEM,
    contacts::WAITING_ITEM,
    devices::BINDING_CODE_LIFETIME_ITEM,
    devices::BINDING_CODE_BITS_ITEM,
    devices::WITH_FACE_CHECK_ITEM,
    devices::WITHOUT_FACE_CHECK_ITEM,
    eligibility::ITEM,
    eligibility::REPRESENTATIVE_ITEM,
    hand_over::ITEM,
    holidays::ITEM,
    numbers::ITEM,
    orders::ITEM,
    phones::ITEM,
    staff::IDLE_ITEM,
    staff::REVIEW_ITEM,
];

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_dated_value_is_the_one_in_force_on_the_day() {
        const VALUE: Dated<u8> = Dated(&[(date!(2024 - 07 - 01), 1), (date!(2026 - 09 - 28), 2)]);
        assert_eq!(VALUE.on(date!(2020 - 01 - 01)), Some(1));
        assert_eq!(VALUE.on(date!(2026 - 09 - 27)), Some(1));
        assert_eq!(VALUE.on(date!(2026 - 09 - 28)), Some(2));
    }
}
