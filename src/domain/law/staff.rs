//! Accounts of those who work with the system: when they end by themselves, and how often they are looked at.

use super::Item;

/// See [`IDLE_DAYS_MAX`].
pub const IDLE_ITEM: Item = Item { name: "staff::IDLE_DAYS_MAX", basis: "TCVN 14423:2026", domain: "DOMAIN 7.2" };

/// Days without a call after which a person's entry may call no more. TCVN 14423:2026, accounts; DOMAIN 7.2.
pub const IDLE_DAYS_MAX: u16 = 45;

/// See [`REVIEW_MONTHS`].
pub const REVIEW_ITEM: Item = Item { name: "staff::REVIEW_MONTHS", basis: "TCVN 14423:2026", domain: "DOMAIN 7.2" };

/// Months after which somebody has to make sure again that an entry is needed. TCVN 14423:2026, accounts; DOMAIN 7.2.
pub const REVIEW_MONTHS: u8 = 6;
