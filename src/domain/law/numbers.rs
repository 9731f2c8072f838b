//! The identification number that the authority gives.

use super::Item;

/// See [`DIGITS`].
pub const ITEM: Item = Item { name: "numbers::DIGITS", basis: "Decree 69/2024 art. 5.2", domain: "DOMAIN 2" };

/// Digits of a number unless configuration says otherwise. The texts read say "a unique natural-number sequence" and
/// give no length; twelve is what the app's screens take. Nothing may be read out of the digits.
pub const DIGITS: usize = 12;
