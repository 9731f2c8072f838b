//! The practice authority: gives identification numbers that cannot be taken for real ones.

/// How many practice numbers there are.
const NUMBERS: u32 = 1_000_000_000;

/// The `n`-th practice identification number: twelve digits, beginning with 999.
///
/// A citizen's number begins with the code of a province or country, and provinces run from 001 to 096 (DOMAIN 2, 5.1):
/// nothing real begins with 999. Distinct for every `n` below a thousand million.
pub fn identity_number(n: u32) -> String {
    format!("999{:09}", n % NUMBERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn practice_numbers_have_twelve_digits_and_begin_like_no_real_one() {
        for n in [0, 1, 42, 999_999_999, 1_000_000_000, u32::MAX] {
            let number = identity_number(n);
            assert_eq!(number.len(), 12);
            assert!(number.starts_with("999") && number.bytes().all(|b| b.is_ascii_digit()), "{number}");
        }
        assert_eq!(identity_number(7), "999000000007");
    }
}
