//! The tag-length-value shape of a chip's files (ISO/IEC 8825-1 BER, Doc 9303-10 section 4.6).
//!
//! Borrows from the bytes that it reads and copies nothing. Refuses indefinite lengths, lengths of more than four bytes,
//! lengths beyond what is left, tags of more than two bytes, more than [`ELEMENTS_MAX`] elements in a row, bytes left over.

use thiserror::Error;

/// Longest file of a chip that is read, in bytes. A face image has some 20 kB; a chip holds less than 256 kB in all.
pub const FILE_BYTES_MAX: usize = 256 * 1024;

/// Most elements side by side. The longest list that Doc 9303 knows has one element for each of 16 data groups.
pub const ELEMENTS_MAX: usize = 128;

/// Why bytes are not the file that they should be. It says where the fault lies, and nothing of the content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Fault {
    /// A file without a byte.
    #[error("empty")]
    Empty,
    /// More bytes than a chip holds.
    #[error("longer than 256 kB")]
    Long,
    /// An element ends beyond its surroundings.
    #[error("cut off")]
    CutOff,
    /// A tag of three or more bytes.
    #[error("a tag of more than two bytes")]
    Tag,
    /// An indefinite length, or one of more than four bytes.
    #[error("a length that the standard does not allow")]
    Length,
    /// Bytes behind the last element.
    #[error("bytes behind the end")]
    Trailing,
    /// Too many elements in a row.
    #[error("too many elements")]
    Many,
    /// Another element than the standard puts there.
    #[error("an element {found:04X} where {expected:04X} belongs")]
    Unexpected {
        /// Tag that belongs there.
        expected: u16,
        /// Tag that stands there.
        found: u16,
    },
    /// An element that the standard asks for is not there.
    #[error("no element {0:04X}")]
    Missing(u16),
    /// An element whose value is not what the standard puts there.
    #[error("element {0:04X} does not hold what it should")]
    Value(u16),
}

/// One element.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    /// The tag as it is written: `0x61`, `0x5F1F`.
    pub tag: u16,
    /// What is in it.
    pub value: &'a [u8],
    /// Tag, length and value.
    pub whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads a file that is one element of that tag and nothing else.
    pub fn file(bytes: &'a [u8], tag: u16) -> Result<&'a [u8], Fault> {
        match bytes.len() {
            0 => return Err(Fault::Empty),
            long if long > FILE_BYTES_MAX => return Err(Fault::Long),
            _ => (),
        }
        let mut reader = Reader::new(bytes);
        let value = reader.expect(tag)?;
        reader.end()?;
        Ok(value)
    }

    /// Whether the value is made of elements (bit 6 of the tag's first byte).
    pub const fn is_constructed(&self) -> bool {
        let first = if self.tag > 0xFF { self.tag >> 8 } else { self.tag };
        first & 0x20 != 0
    }
}

/// Reads elements one after the other.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Reader<'a> {
    /// A reader of elements that fill `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, read: 0 }
    }

    /// The next element; `None` at the end.
    pub fn element(&mut self) -> Result<Option<Element<'a>>, Fault> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        if self.read == ELEMENTS_MAX {
            return Err(Fault::Many);
        }
        let start = self.rest;
        let tag = self.tag()?;
        let length = self.length()?;
        let (value, rest) = self.rest.split_at_checked(length).ok_or(Fault::CutOff)?;
        let whole = start.get(..start.len() - rest.len()).unwrap_or(start);
        self.rest = rest;
        self.read += 1;
        Ok(Some(Element { tag, value, whole }))
    }

    /// The value of the next element, which has that tag.
    pub fn expect(&mut self, tag: u16) -> Result<&'a [u8], Fault> {
        self.expect_element(tag).map(|element| element.value)
    }

    /// The next element, which has that tag.
    pub fn expect_element(&mut self, tag: u16) -> Result<Element<'a>, Fault> {
        let element = self.element()?.ok_or(Fault::Missing(tag))?;
        let right = element.tag == tag;
        right.then_some(element).ok_or(Fault::Unexpected { expected: tag, found: element.tag })
    }

    /// The value of the first element with that tag among those that are left; the others are passed over.
    pub fn find(mut self, tag: u16) -> Result<Option<&'a [u8]>, Fault> {
        let mut found = None;
        while let Some(element) = self.element()? {
            if element.tag == tag && found.is_none() {
                found = Some(element.value);
            }
        }
        Ok(found)
    }

    /// Nothing is left.
    pub const fn end(&self) -> Result<(), Fault> {
        if self.rest.is_empty() { Ok(()) } else { Err(Fault::Trailing) }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let (first, rest) = self.rest.split_first().ok_or(Fault::CutOff)?;
        self.rest = rest;
        Ok(*first)
    }

    fn tag(&mut self) -> Result<u16, Fault> {
        let first = self.byte()?;
        if first & 0x1F != 0x1F {
            return Ok(u16::from(first));
        }
        let second = self.byte()?;
        if second & 0x80 != 0 {
            return Err(Fault::Tag);
        }
        Ok(u16::from_be_bytes([first, second]))
    }

    /// A definite length. One that is longer than it need be is read all the same: chips in the field write such.
    fn length(&mut self) -> Result<usize, Fault> {
        let first = self.byte()?;
        let bytes = match first {
            short @ 0..=0x7F => return Ok(usize::from(short)),
            0x81..=0x84 => first & 0x7F,
            _ => return Err(Fault::Length),
        };
        let mut length = 0_u64;
        for _ in 0..bytes {
            length = length << 8 | u64::from(self.byte()?);
        }
        usize::try_from(length).map_err(|_| Fault::Length)
    }
}

#[cfg(test)]
pub mod writing {
    //! Writes elements, for tests.

    /// An element with the shortest length.
    pub fn element(tag: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = match tag.to_be_bytes() {
            [0, low] => vec![low],
            both => both.to_vec(),
        };
        let length = value.len();
        if length > 0x7F {
            let long = length.to_be_bytes();
            let used = &long[long.iter().position(|byte| *byte != 0).unwrap()..];
            bytes.push(0x80 | u8::try_from(used.len()).unwrap());
            bytes.extend_from_slice(used);
        } else {
            bytes.push(u8::try_from(length).unwrap());
        }
        bytes.extend_from_slice(value);
        bytes
    }

    /// An element made of elements.
    pub fn nest(tag: u16, parts: &[Vec<u8>]) -> Vec<u8> {
        element(tag, &parts.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::writing::{element, nest};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_and_two_byte_tags_and_every_length_form_are_read() {
        for length in [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x1_0000] {
            let value = vec![7; length];
            assert_eq!(Element::file(&element(0x5F1F, &value), 0x5F1F).unwrap(), value);
            assert_eq!(Element::file(&element(0x61, &value), 0x61).unwrap(), value);
        }
        assert_eq!(Element::file(&[0x61, 0x84, 0, 0, 0, 1, 9], 0x61).unwrap(), [9]);
    }

    #[test]
    fn lengths_of_four_gigabytes_indefinite_or_beyond_the_end_are_refused() {
        for (bytes, fault) in [
            (&[0x61, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0][..], Fault::CutOff),
            (&[0x61, 0x85, 0, 0, 0, 0, 1, 0], Fault::Length),
            (&[0x61, 0x88, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], Fault::Length),
            (&[0x61, 0x80, 0, 0], Fault::Length),
            (&[0x61, 2, 0], Fault::CutOff),
            (&[0x61], Fault::CutOff),
            (&[0x7F, 0x81, 0x01, 0], Fault::Tag),
            (&[0x61, 0, 0], Fault::Trailing),
            (&[0x62, 0], Fault::Unexpected { expected: 0x61, found: 0x62 }),
            (&[], Fault::Empty),
        ] {
            assert_eq!(Element::file(bytes, 0x61), Err(fault), "{bytes:02X?}");
        }
        assert_eq!(Element::file(&vec![0x61; FILE_BYTES_MAX + 1], 0x61), Err(Fault::Long));
    }

    #[test]
    fn ten_thousand_elements_are_refused() {
        let file = nest(0x61, &vec![element(0x5F1F, &[]); 10_000]);
        let inside = Element::file(&file, 0x61).unwrap();
        assert_eq!(Reader::new(inside).find(0x02), Err(Fault::Many));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes);
            while let Ok(Some(element)) = reader.element() {
                prop_assert!(element.value.len() < bytes.len());
                let _ = element.is_constructed();
            }
        }

        #[test]
        fn what_is_cut_off_is_refused(value in prop::collection::vec(any::<u8>(), 0..300), cut in 1_usize..300) {
            let whole = element(0x7F61, &value);
            let kept = whole.len().saturating_sub(cut);
            prop_assert!(Element::file(&whole[..kept], 0x7F61).is_err());
        }
    }
}
