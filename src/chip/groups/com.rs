//! EF.COM: the versions of the data structure and which data groups the chip says it holds (Doc 9303-10 section 4.6.1).
//!
//! Nobody signs this file; the list that counts is the one in the document security object.

use super::tlv::{Element, Fault, Reader};

/// What EF.COM says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Common {
    /// Version of the data structure, `0107`.
    pub lds_version: [u8; 4],
    /// Version of Unicode, `040000`.
    pub unicode_version: [u8; 6],
    /// Numbers of the data groups, 1 to 16, rising, each once.
    pub groups: Vec<u8>,
}

impl Common {
    /// Reads EF.COM.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(Element::file(bytes, 0x60)?);
        let lds_version = digits(reader.expect(0x5F01)?, 0x5F01)?;
        let unicode_version = digits(reader.expect(0x5F36)?, 0x5F36)?;
        let list = reader.expect(0x5C)?;
        reader.end()?;
        let mut groups = list.iter().map(|&tag| group(tag).ok_or(Fault::Value(0x5C))).collect::<Result<Vec<_>, _>>()?;
        groups.sort_unstable();
        groups.dedup();
        Ok(Self { lds_version, unicode_version, groups })
    }
}

fn digits<const N: usize>(value: &[u8], tag: u16) -> Result<[u8; N], Fault> {
    let digits: [u8; N] = value.try_into().map_err(|_| Fault::Value(tag))?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits).ok_or(Fault::Value(tag))
}

/// The tag that the file of each data group opens with, in the order of their numbers (Doc 9303-10 table 38).
const TAGS: [u8; 16] = [0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70];

/// Number of the data group whose file opens with that tag.
fn group(tag: u8) -> Option<u8> {
    TAGS.iter().zip(1..).find_map(|(&known, number)| (known == tag).then_some(number))
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::{element, nest};
    use super::*;

    fn file(lds: &[u8], list: &[u8]) -> Vec<u8> {
        nest(0x60, &[element(0x5F01, lds), element(0x5F36, b"040000"), element(0x5C, list)])
    }

    #[test]
    fn the_list_is_read_as_numbers_each_once() {
        let common = Common::parse(&file(b"0107", &[0x75, 0x61, 0x6F, 0x70, 0x61])).unwrap();
        assert_eq!(common.groups, [1, 2, 15, 16]);
        assert_eq!((&common.lds_version, &common.unicode_version), (b"0107", b"040000"));
    }

    #[test]
    fn an_unknown_group_a_version_of_letters_or_a_missing_list_is_refused() {
        assert_eq!(Common::parse(&file(b"0107", &[0x77])), Err(Fault::Value(0x5C)));
        assert_eq!(Common::parse(&file(b"01x7", &[0x61])), Err(Fault::Value(0x5F01)));
        assert_eq!(Common::parse(&file(b"107", &[0x61])), Err(Fault::Value(0x5F01)));
        let short = nest(0x60, &[element(0x5F01, b"0107"), element(0x5F36, b"040000")]);
        assert_eq!(Common::parse(&short), Err(Fault::Missing(0x5C)));
    }
}
