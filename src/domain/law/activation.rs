//! How long a holder may activate without help.

use time::macros::date;
use time::{Date, Duration};

use super::{Dated, Item};
use crate::domain::time::Timestamp;

/// See [`SELF_ACTIVATION_DAYS`].
pub const ITEM: Item =
    Item { name: "activation::SELF_ACTIVATION_DAYS", basis: "Decree 69/2024 art. 14", domain: "DOMAIN 1.7" };

/// Days, plain ones, in which a holder may activate alone, counted from receipt of the notice. Lateness does not void
/// the account: the hotline helps. Decree 69/2024 art. 14; DOMAIN 1.7.
pub const SELF_ACTIVATION_DAYS: Dated<u8> = Dated(&[(date!(2024 - 07 - 01), 7)]);

/// The instant at which the window closes for a notice received at `received`: the day of receipt is not counted, and
/// the last day counts in full (Civil Code art. 147–148; DOMAIN 9.1). A last day that is a rest day does not roll on: the
/// days are plain ones, and the app works on each of them.
pub fn window_closes(received: Timestamp) -> Timestamp {
    let day: Date = received.local_date();
    let days = SELF_ACTIVATION_DAYS.on(day).unwrap_or_default();
    Timestamp::start_of(day.saturating_add(Duration::days(i64::from(days) + 1)))
}

/// The last day of a window that closes then.
pub fn last_day(closes_at: Timestamp) -> Date {
    closes_at.local_date().previous_day().unwrap_or(Date::MIN)
}

/// The window of a notice is over at `now` exactly if the notice was received before this instant: [`window_closes`] the
/// other way round.
pub fn lapsed_if_received_before(now: Timestamp) -> Timestamp {
    let day: Date = now.local_date();
    let days = SELF_ACTIVATION_DAYS.on(day).unwrap_or_default();
    Timestamp::start_of(day.saturating_sub(Duration::days(i64::from(days))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_over_exactly_if_its_notice_came_before_the_instant_that_is_told() {
        let start = Timestamp::start_of(date!(2026 - 11 - 20));
        for hour in 0..240 {
            let now = start.plus(std::time::Duration::from_hours(hour));
            let before = lapsed_if_received_before(now);
            assert!(
                window_closes(before) > now && window_closes(before.minus(std::time::Duration::from_micros(1))) <= now
            );
        }
    }

    #[test]
    fn the_window_closes_at_the_end_of_the_seventh_day_after_receipt() {
        let noon = Timestamp::start_of(date!(2026 - 11 - 20)).plus(std::time::Duration::from_hours(12));
        assert_eq!(window_closes(noon), Timestamp::start_of(date!(2026 - 11 - 28)));
        assert_eq!(window_closes(noon).local_date(), date!(2026 - 11 - 28));
    }
}
