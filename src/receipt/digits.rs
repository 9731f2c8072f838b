//! The form in which a QR code holds a receipt: digits alone.
//!
//! Every character of a receipt becomes two digits, its code less 45. Digits pass through whatever stands between a code
//! and a program: scanners that type capitals, line breaks, and the Telex and VNI keyboards of Viet Nam, which would turn
//! `aa` and `dd` into other letters. The most compact mode of a QR code is theirs, too. The same numbers are used by the
//! numeric form of SMART Health Cards.

/// The lowest character of the text form, `-`.
const LOWEST: u8 = b'-';
/// The highest, `z`.
const HIGHEST: u8 = b'z';

/// Two digits for each character. A character that no receipt has is left out: no signature is right without it.
pub(super) fn to_digits(text: &str) -> String {
    let numbers = text.bytes().filter(|c| (LOWEST..=HIGHEST).contains(c)).map(|c| c - LOWEST);
    numbers.flat_map(|number| [b'0' + number / 10, b'0' + number % 10]).map(char::from).collect()
}

/// The text of which these are the digits; `None` if they are of none.
pub(super) fn from_digits(digits: &str) -> Option<String> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let character = |&[tens, units]: &[u8; 2]| {
        let digit = |c: u8| c.is_ascii_digit().then(|| c - b'0');
        let c = digit(tens)? * 10 + digit(units)? + LOWEST;
        (c <= HIGHEST).then(|| char::from(c))
    };
    rest.is_empty().then(|| pairs.iter().map(character).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_character_is_two_digits() {
        assert_eq!(to_digits("-.09AZ_az"), "000103122045505277");
        assert_eq!(from_digits("000103122045505277").unwrap(), "-.09AZ_az");
    }

    #[test]
    fn digits_of_no_text_are_refused() {
        for wrong in ["0", "78", "99", "0a", "٠١", "00 1"] {
            assert_eq!(from_digits(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_text_of_a_receipt_comes_back(text in "[-._0-9A-Za-z]{0,600}") {
            prop_assert_eq!(from_digits(&to_digits(&text)), Some(text));
        }
    }
}
