//! How long an order to lock or unlock an account may take: form TK03.

use time::macros::date;

use super::{Dated, Item};

/// See [`WORKING_DAYS`].
pub const ITEM: Item = Item { name: "orders::WORKING_DAYS", basis: "Decree 69/2024 art. 15", domain: "DOMAIN 1.8, R8" };

/// The limits of the two steps, in working days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkingDays {
    /// For the unit that received it, to consider and forward it.
    pub forward: u8,
    /// For the head of the identity agency, to decide and to notify.
    pub decide: u8,
}

/// One working day to forward, two more to decide; the same for locking and unlocking. Decree 69/2024 art. 15 and the
/// procedure for form TK03; DOMAIN 1.8.
pub const WORKING_DAYS: Dated<WorkingDays> = Dated(&[(date!(2024 - 07 - 01), WorkingDays { forward: 1, decide: 2 })]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_takes_one_working_day_and_two_more() {
        assert_eq!(WORKING_DAYS.on(date!(2026 - 11 - 22)), Some(WorkingDays { forward: 1, decide: 2 }));
    }
}
