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
