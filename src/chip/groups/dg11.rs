//! DG11: further details of the holder (Doc 9303-10 section 4.7.11).
//!
//! Takes the full name, the full date of birth and the personal number, which are compared. Address, telephone, profession
//! and the rest are passed over unread.

use super::days;
use super::tlv::{Element, Fault, Reader};
use crate::domain::chip_content::{HolderDetails, PersonalNumber};
use crate::domain::person::{FullName, NamePart};

/// Reads the details. One that is there and empty counts as left out: states write such.
pub fn read(bytes: &[u8]) -> Result<HolderDetails, Fault> {
    let reader = Reader::new(Element::file(bytes, 0x6B)?);
    let value = |tag| reader.clone().find(tag).map(|value| value.filter(|value| !blank(value)));
    Ok(HolderDetails {
        name: value(0x5F0E)?.map(|text| name(text).ok_or(Fault::Value(0x5F0E))).transpose()?,
        born_on: value(0x5F2B)?.map(|text| days::read(text, 0x5F2B)).transpose()?,
        personal_number: value(0x5F10)?.map(|text| personal_number(text).ok_or(Fault::Value(0x5F10))).transpose()?,
    })
}

fn blank(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b' ' | b'<' | 0))
}

/// A name in UTF-8: what identifies first, two fillers, the rest; single fillers are spaces (Doc 9303-10 table 51).
fn name(text: &[u8]) -> Option<FullName> {
    let text = str::from_utf8(text).ok()?;
    let (primary, secondary) = text.split_once("<<").unwrap_or((text, ""));
    let part = |text: &str| {
        let text = text.replace('<', " ");
        let text = text.trim();
        if text.is_empty() { Some(None) } else { NamePart::parse(text).ok().map(Some) }
    };
    FullName::new(part(primary)?, part(secondary)?)
}

fn personal_number(text: &[u8]) -> Option<PersonalNumber> {
    PersonalNumber::parse(str::from_utf8(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::{element, nest};
    use super::*;
    use time::macros::date;

    fn file(parts: &[(u16, &[u8])]) -> Vec<u8> {
        let list: Vec<u8> = parts.iter().flat_map(|(tag, _)| tag.to_be_bytes()).collect();
        let parts: Vec<_> = parts.iter().map(|(tag, value)| element(*tag, value)).collect();
        nest(0x6B, &[element(0x5C, &list), parts.concat()])
    }

    fn parts(name: &[u8]) -> Option<(Option<String>, Option<String>)> {
        let name = read(&file(&[(0x5F0E, name)])).unwrap().name?;
        let part = |part: Option<&NamePart>| part.map(|part| part.as_str().to_owned());
        Some((part(name.family()), part(name.given())))
    }

    #[test]
    fn name_day_of_birth_and_personal_number_are_read_and_the_rest_is_passed_over() {
        let details = read(&file(&[
            (0x5F0E, "ERIKSSON<<ÅSA<MARIA".as_bytes()),
            (0x5F10, b"19740812-1234"),
            (0x5F2B, b"19740812"),
            (0x5F11, b"ZENITH"),
            (0x5F42, b"\xFF\xFE no text at all"),
        ]))
        .unwrap();
        assert_eq!(details.name.unwrap().given().unwrap().as_str(), "ÅSA MARIA");
        assert_eq!(details.personal_number.unwrap().as_str(), "197408121234");
        assert!(details.born_on.unwrap().agrees(date!(1974 - 08 - 12)));
    }

    #[test]
    fn names_of_one_part_in_any_script_and_with_loose_fillers_are_read() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parts("ARKFREITH".as_bytes()), Some((some("ARKFREITH"), None)));
        assert_eq!(parts("Nguyễn<<Thị<Đào<<".as_bytes()), Some((some("Nguyễn"), some("Thị Đào"))));
        assert_eq!(parts("<<SUKARNO".as_bytes()), Some((None, some("SUKARNO"))));
        assert_eq!(parts("山田<<花子".as_bytes()), Some((some("山田"), some("花子"))));
        assert_eq!(parts(b"<<<"), None);
        assert_eq!(parts(b""), None);
    }

    #[test]
    fn dates_in_digits_of_four_bits_are_read_as_earlier_versions_of_the_standard_wrote_them() {
        let details = read(&file(&[(0x5F2B, &[0x19, 0x74, 0x08, 0x12])])).unwrap();
        assert!(details.born_on.unwrap().agrees(date!(1974 - 08 - 12)));
    }

    #[test]
    fn an_empty_group_has_no_details() {
        assert_eq!(read(&file(&[])).unwrap(), HolderDetails::default());
        assert_eq!(read(&element(0x6B, &[])).unwrap(), HolderDetails::default());
    }

    #[test]
    fn text_that_is_no_name_no_day_or_no_number_is_refused() {
        for (tag, value) in
            [(0x5F0E, &b"\xFF\xFE"[..]), (0x5F0E, b"R2D2"), (0x5F2B, b"19740230"), (0x5F10, b"\xC3\xA9")]
        {
            assert_eq!(read(&file(&[(tag, value)])), Err(Fault::Value(tag)));
        }
    }
}
