//! One-time codes: how long they live and how often they may be tried.

use std::time::Duration;

use super::Item;

/// Digits of a code: the least that gives the entropy asked for. NIST SP 800-63A-4 section 3.8.
pub const DIGITS: usize = 6;

/// See [`LIFETIME_MAX`].
pub const LIFETIME_ITEM: Item =
    Item { name: "codes::LIFETIME_MAX", basis: "NIST SP 800-63A-4 section 3.8", domain: "DOMAIN 8.5" };

/// Longest life of a code sent by SMS. NIST SP 800-63A-4 section 3.8; DOMAIN 8.5.
pub const LIFETIME_MAX: Duration = Duration::from_mins(10);

/// Life of a code sent by SMS unless configuration shortens or lengthens it below [`LIFETIME_MAX`]. DOMAIN 6.2.
pub const LIFETIME: Duration = Duration::from_mins(3);

/// See [`EMAIL_LIFETIME_MAX`].
pub const EMAIL_LIFETIME_ITEM: Item =
    Item { name: "codes::EMAIL_LIFETIME_MAX", basis: "NIST SP 800-63A-4 section 3.8", domain: "DOMAIN 8.5" };

/// Longest life of a code that confirms an e-mail address. NIST SP 800-63A-4 section 3.8; DOMAIN 8.5.
pub const EMAIL_LIFETIME_MAX: Duration = Duration::from_hours(24);

/// See [`TRIES_MAX`].
pub const TRIES_ITEM: Item =
    Item { name: "codes::TRIES_MAX", basis: "NIST SP 800-63B-4 section 3.1.3.2", domain: "DOMAIN 8.5" };

/// How often one code may be tried. DOMAIN 8.5.
pub const TRIES_MAX: u32 = 5;

/// See [`FAILURES_PER_DAY_MAX`].
pub const FAILURES_PER_DAY_ITEM: Item =
    Item { name: "codes::FAILURES_PER_DAY_MAX", basis: "NIST SP 800-63B-4 section 3.2.2", domain: "DOMAIN 8.5" };

/// Wrong tries in one day on one account, over all its codes: a new code does not reset the count. DOMAIN 8.2, 8.5.
pub const FAILURES_PER_DAY_MAX: u32 = 10;

/// See [`FAILURES_IN_ROW_MAX`].
pub const FAILURES_IN_ROW_ITEM: Item =
    Item { name: "codes::FAILURES_IN_ROW_MAX", basis: "NIST SP 800-63B-4 section 3.2.2", domain: "DOMAIN 8.2" };

/// Wrong tries in a row, on one account, after which only a person can help. NIST SP 800-63B-4 section 3.2.2.
pub const FAILURES_IN_ROW_MAX: u32 = 100;

/// See [`WAITS`].
pub const WAITS_ITEM: Item =
    Item { name: "codes::WAITS", basis: "NIST SP 800-63B-4 section 3.2.2", domain: "DOMAIN 8.5" };

/// The shortest wait after a failure that waits at all, and the longest. NIST SP 800-63B-4 section 3.2.2.
pub const WAITS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_hours(1));

/// How long nothing may be tried after the last of `failures` in a row: nothing after two, as people mistype; then 30
/// seconds, doubling, up to an hour. DOMAIN 8.5.
pub fn wait_after(failures: u32) -> Duration {
    const WITHOUT_WAIT: u32 = 2;
    let Some(doubled) = failures.checked_sub(WITHOUT_WAIT + 1) else { return Duration::ZERO };
    WAITS.0.saturating_mul(1_u32.checked_shl(doubled).unwrap_or(u32::MAX)).min(WAITS.1)
}

/// See [`SEND_GAP_MIN`].
pub const SEND_GAP_ITEM: Item =
    Item { name: "codes::SEND_GAP_MIN", basis: "NIST SP 800-63B-4 section 3.2.2", domain: "DOMAIN 8.5" };

/// The shortest time between two sendings of a code. DOMAIN 8.5.
pub const SEND_GAP_MIN: Duration = Duration::from_mins(1);

/// See [`SENDS_PER_DAY_MAX`].
pub const SENDS_ITEM: Item =
    Item { name: "codes::SENDS_PER_DAY_MAX", basis: "NIST SP 800-63B-4 section 3.2.2", domain: "DOMAIN 8.5" };

/// How often codes may be sent in one day, to one account for one purpose. DOMAIN 8.5.
pub const SENDS_PER_DAY_MAX: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_with_the_third_failure_in_a_row_and_grow_from_thirty_seconds_to_an_hour() {
        let waits = [0, 1, 2, 3, 4, 5, 8, 9, 10, 99, u32::MAX].map(|failures| wait_after(failures).as_secs());
        assert_eq!(waits, [0, 0, 0, 30, 60, 120, 960, 1_920, 3_600, 3_600, 3_600]);
    }
}
