//! What a text becomes as SMS: its alphabet, its parts, and so its price.
//!
//! A carrier charges for each part. In the default alphabet (3GPP TS 23.038, seven bits, a few characters count twice) one
//! part holds 160 characters, in UCS-2 70; a text of several parts gives up room in each for the header that joins them
//! (TS 23.040 9.2.3.24.1), so that 153 and 67 are left. One letter outside the default alphabet makes all of it UCS-2.

use rusmpp::extra::concatenation::{Concatenation, Concatenator};
use rusmpp::extra::encoding::{gsm7bit::Gsm7BitUnpacked, ucs2::Ucs2};
use rusmpp::values::DataCoding;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Room of one part in the default alphabet, and what the joining header takes of it, in characters of seven bits.
const GSM: (usize, usize) = (160, 7);
/// The same in UCS-2, in octets.
const UCS2: (usize, usize) = (140, 6);
/// Parts of one text. None of ours comes near.
pub(super) const PARTS_MAX: usize = 4;

/// A text in the form in which it is handed to a carrier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sms {
    /// Which alphabet its parts are in.
    pub coding: DataCoding,
    /// The octets of each part, with the joining header if there are several; the default alphabet one octet a character.
    pub parts: Vec<Vec<u8>>,
}

impl Sms {
    /// The text in the cheaper alphabet that has all its characters. `reference` joins its parts: the same for all of them,
    /// another for the next text to the same phone. `None` if it is empty, has characters that no SMS has, or is too long.
    pub(super) fn of(text: &str, reference: u8) -> Option<Self> {
        let (parts, coding) = Gsm7BitUnpacked::new()
            .concatenate(text, GSM.0, GSM.1)
            .ok()
            .or_else(|| Ucs2::new().concatenate(text, UCS2.0, UCS2.1).ok())?;
        let parts = match parts {
            Concatenation::Single(part) => vec![part],
            Concatenation::Concatenated(parts) => joined(parts, reference)?,
        };
        (!text.is_empty()).then_some(Self { coding, parts })
    }

    /// Whether its parts begin with a joining header.
    pub(super) const fn is_joined(&self) -> bool {
        self.parts.len() > 1
    }
}

/// The parts, each behind the header that joins them.
fn joined(parts: Vec<Vec<u8>>, reference: u8) -> Option<Vec<Vec<u8>>> {
    if parts.len() > PARTS_MAX {
        return None;
    }
    let total = u8::try_from(parts.len()).ok()?;
    let header = |number| [0x05, 0x00, 0x03, reference, total, number];
    Some((1..=total).zip(parts).map(|(number, part)| [header(number).as_slice(), &part].concat()).collect())
}

/// Vietnamese without its marks, as people write it where each part is paid for.
pub(super) fn without_marks(text: &str) -> String {
    let letter = |c| match c {
        'đ' => 'd',
        'Đ' => 'D',
        other => other,
    };
    text.nfd().filter(|c| !is_combining_mark(*c)).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(text: &str) -> (DataCoding, Vec<usize>) {
        let sms = Sms::of(text, 7).unwrap();
        (sms.coding, sms.parts.iter().map(Vec::len).collect())
    }

    #[test]
    fn the_default_alphabet_has_160_characters_in_one_part_and_153_in_each_of_several() {
        assert_eq!(lengths("a"), (DataCoding::McSpecific, vec![1]));
        assert_eq!(lengths(&"a".repeat(160)), (DataCoding::McSpecific, vec![160]));
        assert_eq!(lengths(&"a".repeat(161)), (DataCoding::McSpecific, vec![6 + 153, 6 + 8]));
        assert_eq!(lengths(&"a".repeat(306)), (DataCoding::McSpecific, vec![159, 159]));
        assert_eq!(lengths(&"a".repeat(307)), (DataCoding::McSpecific, vec![159, 159, 7]));
    }

    #[test]
    fn characters_of_the_extension_table_count_twice_and_are_never_cut_in_two() {
        for twice in ['^', '{', '}', '\\', '[', '~', ']', '|', '€'] {
            assert_eq!(Sms::of(&twice.to_string(), 0).unwrap().parts.concat().len(), 2, "{twice}");
        }
        assert_eq!(lengths(&"€".repeat(80)), (DataCoding::McSpecific, vec![160]));
        assert_eq!(lengths(&"€".repeat(81)), (DataCoding::McSpecific, vec![6 + 152, 6 + 10]));
    }

    #[test]
    fn every_character_of_the_default_alphabet_is_at_its_place_in_the_table() {
        let table = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ\
                     ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
        for (place, c) in table.chars().enumerate().filter(|(place, _)| *place != 0x1b) {
            let place = u8::try_from(place).unwrap();
            assert_eq!(Sms::of(&c.to_string(), 0).map(|sms| sms.parts), Some(vec![vec![place]]), "{c}");
        }
    }

    #[test]
    fn one_letter_outside_the_default_alphabet_makes_all_of_it_ucs2_with_70_or_67_in_each_part() {
        assert_eq!(lengths("ế"), (DataCoding::Ucs2, vec![2]));
        assert_eq!(lengths(&"字".repeat(70)), (DataCoding::Ucs2, vec![140]));
        assert_eq!(lengths(&"字".repeat(71)), (DataCoding::Ucs2, vec![6 + 134, 6 + 8]));
        assert_eq!(lengths(&"字".repeat(134)), (DataCoding::Ucs2, vec![140, 140]));
        assert_eq!(lengths(&format!("{}ế", "a".repeat(70))), (DataCoding::Ucs2, vec![140, 14]));
        assert_eq!(Sms::of("字", 0).unwrap().parts, [[0x5b, 0x57]]);
    }

    #[test]
    fn several_parts_are_joined_by_one_reference_and_numbered() {
        let sms = Sms::of(&"a".repeat(400), 0xA7).unwrap();
        let headers: Vec<_> = sms.parts.iter().map(|part| part[..6].to_vec()).collect();
        assert_eq!(headers, [[5, 0, 3, 0xA7, 3, 1], [5, 0, 3, 0xA7, 3, 2], [5, 0, 3, 0xA7, 3, 3]]);
        assert!(sms.is_joined() && !Sms::of("a", 0).unwrap().is_joined());
    }

    #[test]
    fn what_is_empty_too_long_or_unknown_to_sms_is_none() {
        assert_eq!(Sms::of("", 0), None);
        assert!(Sms::of(&"a".repeat(612), 0).is_some());
        assert_eq!(Sms::of(&"a".repeat(613), 0), None);
        assert_eq!(Sms::of("😀", 0), None);
    }

    #[test]
    fn vietnamese_loses_its_marks_and_nothing_else() {
        assert_eq!(without_marks("Đã đổi số điện thoại, hãy gọi 1900."), "Da doi so dien thoai, hay goi 1900.");
        assert_eq!(without_marks("ươỳẵộ Ươ"), "uoyao Uo");
    }
}
