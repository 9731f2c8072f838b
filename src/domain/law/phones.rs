//! Mobile number ranges in Viet Nam.

use super::Item;

/// See [`MOBILE`].
pub const ITEM: Item = Item { name: "phones::MOBILE", basis: "national numbering plan", domain: "DOMAIN 10" };

/// Leading digits of the nine significant digits of a mobile number.
pub const MOBILE: &[&str] = &[
    "3", "522", "523", "528", "559", "56", "58", "59", "70", "76", "77", "78", "79", "81", "82", "83", "84", "85",
    "86", "87", "88", "896", "897", "898", "899", "90", "91", "92", "93", "94", "95", "96", "97", "98", "990", "991",
    "993", "994", "995", "996", "997", "998", "999",
];

/// Whether nine significant digits (without the leading 0) are a mobile number.
pub fn is_mobile(significant: &str) -> bool {
    significant.len() == 9
        && significant.bytes().all(|b| b.is_ascii_digit())
        && MOBILE.iter().any(|prefix| significant.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_numbering_plan() {
        for mobile in ["912345678", "522345678", "559345678", "896345678", "990345678", "345678901", "701234567"] {
            assert!(is_mobile(mobile), "{mobile}");
        }
        for other in ["521345678", "551345678", "711234567", "751234567", "801234567", "891345678", "992345678"] {
            assert!(!is_mobile(other), "{other}");
        }
        assert!(!is_mobile("91234567") && !is_mobile("9123456789") && !is_mobile("91234567x"));
    }
}
