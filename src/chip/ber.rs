//! BER made DER in structure, within bounds (X.690 sections 8 and 10), for signed objects such as New Zealand's.
//!
//! Owns the change of lengths and of strings in parts, and nothing else. What it guarantees: the same tags in the same
//! order with the same primitive contents; every length definite and as short as can be; constructed OCTET STRINGs
//! joined into one primitive value, other strings in parts left as they are. What it does not do: it sorts no SET, mends no
//! BOOLEAN or INTEGER, and never looks inside a primitive value, so that what an OCTET STRING holds keeps its bytes. A hash
//! over a value that was itself in BER, such as signed attributes, is therefore a hash over the DER of it, which is what
//! RFC 5652 section 5.4 demands. Refuses what exceeds its bounds before it copies anything.

use std::borrow::Cow;

/// How much is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of the whole.
    pub len: usize,
    /// How deep values stand within values.
    pub depth: usize,
    /// Values of all kinds.
    pub elements: usize,
}

impl Default for Bounds {
    /// Enough for any signed object of a passport: EF.SOD has up to 10 kB and about 300 values.
    fn default() -> Self {
        Self { len: 128 * 1024, depth: 32, elements: 10_000 }
    }
}

/// Why bytes are no BER within the bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BerFault {
    /// More bytes than allowed.
    #[error("the value is too long")]
    TooLong,
    /// Values stand deeper than allowed.
    #[error("values stand too deep within one another")]
    TooDeep,
    /// More values than allowed.
    #[error("there are too many values")]
    TooMany,
    /// A value ends before its length, or has no end.
    #[error("a value breaks off")]
    Truncated,
    /// A length that is reserved, or longer than 4 bytes.
    #[error("a length cannot be read")]
    Length,
    /// A tag number over 30, which no object of a passport has, or an end without a beginning.
    #[error("a tag cannot be read")]
    Tag,
    /// A string in parts holds something that is no part of it.
    #[error("a string in parts holds another value")]
    Parts,
    /// Something follows the value.
    #[error("something follows the value")]
    Trailing,
}

/// The one value in `bytes` in DER, without a copy if its structure is DER already.
pub fn to_der<'a>(bytes: &'a [u8], bounds: &Bounds) -> Result<Cow<'a, [u8]>, BerFault> {
    let (value, rest) = read_one(bytes, bounds)?;
    if rest.is_empty() { Ok(value) } else { Err(BerFault::Trailing) }
}

/// The first value in `bytes` in DER, and what follows it. Chips pad their files: what follows may be zeros.
pub fn read_one<'a>(bytes: &'a [u8], bounds: &Bounds) -> Result<(Cow<'a, [u8]>, &'a [u8]), BerFault> {
    if bytes.len() > bounds.len {
        return Err(BerFault::TooLong);
    }
    // Nearly all signed objects are DER: they are known by one pass that keeps nothing.
    let (mut left, mut rest) = (bounds.elements, bytes);
    if pass_der(&mut rest, bounds.depth, &mut left).is_some() {
        let read = bytes.len() - rest.len();
        return Ok((Cow::Borrowed(bytes.get(..read).unwrap_or_default()), rest));
    }
    walk(bytes, bounds)
}

/// The same, value by value.
fn walk<'a>(bytes: &'a [u8], bounds: &Bounds) -> Result<(Cow<'a, [u8]>, &'a [u8]), BerFault> {
    let mut walk = Walk { left: bounds.elements, changed: false };
    let mut rest = bytes;
    let value = walk.value(&mut rest, bounds.depth)?;
    let read = bytes.len() - rest.len();
    let der = match bytes.get(..read) {
        Some(same) if !walk.changed => Cow::Borrowed(same),
        _ => {
            let mut out = Vec::with_capacity(read);
            value.write(&mut out);
            Cow::Owned(out)
        }
    };
    Ok((der, rest))
}

/// Passes by one value if the walk below would leave it as it is. `None` if it would change something, or refuse it: then
/// the walk is to say why.
fn pass_der(rest: &mut &[u8], depth: usize, left: &mut usize) -> Option<()> {
    *left = left.checked_sub(1)?;
    let deeper = depth.checked_sub(1)?;
    let tag = take_tag(rest).ok().filter(|tag| *tag != OCTET_STRING | CONSTRUCTED)?;
    let len = take_der_length(rest)?;
    let (mut content, after) = rest.split_at_checked(len)?;
    *rest = after;
    while tag & CONSTRUCTED != 0 && !content.is_empty() {
        pass_der(&mut content, deeper, left)?;
    }
    Some(())
}

/// A length as DER writes it: definite, in as few bytes as can be, at most 4 beside the first.
fn take_der_length(rest: &mut &[u8]) -> Option<usize> {
    let (first, after) = rest.split_first()?;
    let (len, after) = match first.checked_sub(0x80) {
        None => (usize::from(*first), after),
        Some(count @ 1..=4) => {
            let (digits, after) = after.split_at_checked(usize::from(count))?;
            let len = digits.iter().fold(0_u64, |len, digit| (len << 8) | u64::from(*digit));
            (usize::try_from(len).ok().filter(|len| *len >= 0x80 && digits.first() != Some(&0))?, after)
        }
        Some(_) => return None,
    };
    *rest = after;
    Some(len)
}

const CONSTRUCTED: u8 = 0x20;
const OCTET_STRING: u8 = 0x04;

/// A value as it was read.
struct Value<'a> {
    tag: u8,
    content: Content<'a>,
    /// Bytes of its content in DER.
    len: usize,
}

enum Content<'a> {
    Bytes(&'a [u8]),
    Values(Vec<Value<'a>>),
    /// The parts of a string.
    Parts(Vec<&'a [u8]>),
}

struct Walk {
    /// Values that may still come.
    left: usize,
    /// Whether anything is not as DER has it.
    changed: bool,
}

impl Walk {
    fn value<'a>(&mut self, rest: &mut &'a [u8], depth: usize) -> Result<Value<'a>, BerFault> {
        self.left = self.left.checked_sub(1).ok_or(BerFault::TooMany)?;
        let deeper = depth.checked_sub(1).ok_or(BerFault::TooDeep)?;
        let tag = take_tag(rest)?;
        let Some(len) = self.take_length(rest)? else {
            if tag & CONSTRUCTED == 0 {
                return Err(BerFault::Length);
            }
            self.changed = true;
            let values = self.until_end(rest, deeper)?;
            return self.constructed(tag, values);
        };
        let (mut content, after) = rest.split_at_checked(len).ok_or(BerFault::Truncated)?;
        *rest = after;
        if tag & CONSTRUCTED == 0 {
            return Ok(Value { tag, content: Content::Bytes(content), len });
        }
        let mut values = Vec::new();
        while !content.is_empty() {
            values.push(self.value(&mut content, deeper)?);
        }
        self.constructed(tag, values)
    }

    /// The values up to the end of contents, two zeros.
    fn until_end<'a>(&mut self, rest: &mut &'a [u8], depth: usize) -> Result<Vec<Value<'a>>, BerFault> {
        let mut values = Vec::new();
        loop {
            match *rest {
                [0, 0, after @ ..] => {
                    *rest = after;
                    return Ok(values);
                }
                [] => return Err(BerFault::Truncated),
                _ => values.push(self.value(rest, depth)?),
            }
        }
    }

    /// A constructed value; an OCTET STRING in parts becomes one.
    fn constructed<'a>(&mut self, tag: u8, values: Vec<Value<'a>>) -> Result<Value<'a>, BerFault> {
        if tag != OCTET_STRING | CONSTRUCTED {
            let len = values.iter().map(Value::whole_len).sum();
            return Ok(Value { tag, content: Content::Values(values), len });
        }
        self.changed = true;
        let mut parts = Vec::new();
        for value in values {
            match value.content {
                _ if value.tag != OCTET_STRING => return Err(BerFault::Parts),
                Content::Bytes(bytes) => parts.push(bytes),
                Content::Parts(inner) => parts.extend(inner),
                Content::Values(_) => return Err(BerFault::Parts),
            }
        }
        let len = parts.iter().map(|part| part.len()).sum();
        Ok(Value { tag: OCTET_STRING, content: Content::Parts(parts), len })
    }

    /// A length; `None` if it is indefinite.
    fn take_length(&mut self, rest: &mut &[u8]) -> Result<Option<usize>, BerFault> {
        let (first, after) = rest.split_first().ok_or(BerFault::Truncated)?;
        let count = usize::from(first & 0x7F);
        *rest = after;
        if *first < 0x80 {
            return Ok(Some(count));
        }
        if count == 0 {
            return Ok(None);
        }
        let (digits, after) = rest.split_at_checked(count).ok_or(BerFault::Truncated)?;
        *rest = after;
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        let digits = digits.get(zeros..).filter(|digits| digits.len() <= 4).ok_or(BerFault::Length)?;
        let len = digits.iter().fold(0_u64, |len, digit| (len << 8) | u64::from(*digit));
        self.changed |= zeros > 0 || len < 0x80;
        usize::try_from(len).map(Some).map_err(|_| BerFault::Length)
    }
}

fn take_tag(rest: &mut &[u8]) -> Result<u8, BerFault> {
    let (tag, after) = rest.split_first().ok_or(BerFault::Truncated)?;
    if *tag == 0 || tag & 0x1F == 0x1F {
        return Err(BerFault::Tag);
    }
    *rest = after;
    Ok(*tag)
}

impl Value<'_> {
    /// Bytes of tag, length and content.
    fn whole_len(&self) -> usize {
        1 + length_len(self.len) + self.len
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.tag);
        write_length(self.len, out);
        match &self.content {
            Content::Bytes(bytes) => out.extend_from_slice(bytes),
            Content::Values(values) => values.iter().for_each(|value| value.write(out)),
            Content::Parts(parts) => parts.iter().for_each(|part| out.extend_from_slice(part)),
        }
    }
}

/// Bytes of a length in DER.
fn length_len(len: usize) -> usize {
    if len < 0x80 { 1 } else { 1 + (usize::BITS - len.leading_zeros()).div_ceil(8) as usize }
}

fn write_length(len: usize, out: &mut Vec<u8>) {
    if let Ok(short @ 0..0x80) = u8::try_from(len) {
        return out.push(short);
    }
    let bytes = len.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(zeros..).unwrap_or_default();
    out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(hex: &str) -> Result<String, BerFault> {
        let bytes = hex::decode(hex.replace(' ', "")).unwrap();
        to_der(&bytes, &Bounds::default()).map(|der| hex::encode(&*der))
    }

    #[test]
    fn der_is_not_copied() {
        let der = [0x30, 5, 2, 1, 1, 5, 0];
        assert!(matches!(to_der(&der, &Bounds::default()), Ok(Cow::Borrowed(same)) if same == der));
    }

    #[test]
    fn lengths_become_definite_and_short() {
        assert_eq!(read("3080 020101 0000").unwrap(), "3003020101");
        assert_eq!(read("3080 3080 0500 0000 a080 020101 0000 0000").unwrap(), "300930020500a003020101");
        assert_eq!(read("308105 02820001 01").unwrap(), "3003020101");
    }

    #[test]
    fn octet_strings_in_parts_are_joined_and_what_they_hold_keeps_its_bytes() {
        assert_eq!(read("2480 0402 3080 0402 0000 0000").unwrap(), "040430800000");
        assert_eq!(read("2408 2404 0402 0102 0400").unwrap(), "04020102");
        assert_eq!(read("2480 2480 0401 aa 0000 0401 bb 0000").unwrap(), "0402aabb");
        assert_eq!(read("2403 020101"), Err(BerFault::Parts));
    }

    #[test]
    fn a_long_string_gets_the_length_of_der() {
        let bytes = [&[0x24, 0x80, 0x04, 0x81, 200][..], &[7; 200], &[4, 100], &[8; 100], &[0, 0]].concat();
        let der = to_der(&bytes, &Bounds::default()).unwrap();
        assert_eq!(*der, [&[4, 0x82, 1, 44][..], &[7; 200], &[8; 100]].concat());
    }

    #[test]
    fn what_breaks_off_or_goes_on_is_refused() {
        for wrong in ["", "30", "3002 05", "3080 0500", "3003 0203 0101", "2480 0401"] {
            assert_eq!(read(wrong), Err(BerFault::Truncated), "{wrong}");
        }
        assert_eq!(read("0500 00"), Err(BerFault::Trailing));
        assert_eq!(read("0480 00 0000"), Err(BerFault::Length), "a primitive value has an end");
        assert_eq!(read("3002 0000"), Err(BerFault::Tag), "an end without a beginning");
        assert_eq!(read("1f01 00"), Err(BerFault::Tag));
        let bytes = [0x05, 0, 0, 0];
        assert_eq!(read_one(&bytes, &Bounds::default()).unwrap().1, [0, 0]);
    }

    #[test]
    fn bounds_hold_before_anything_is_copied() {
        assert_eq!(read("3084ffffffff 00"), Err(BerFault::Truncated), "4 GB");
        assert_eq!(read("3085ffffffffff 00"), Err(BerFault::Length));
        assert_eq!(read("30ff"), Err(BerFault::Truncated));
        let bounds = Bounds { len: 1 << 20, depth: 32, elements: 100 };
        assert_eq!(to_der(&vec![0x30; 1 << 21], &bounds), Err(BerFault::TooLong));
        assert_eq!(to_der(&[0x30, 0x80].repeat(33), &bounds), Err(BerFault::TooDeep));
        assert_eq!(to_der(&[0x30, 0x80].repeat(32), &bounds), Err(BerFault::Truncated));
        let many = [&[0x30, 0x80][..], &[5, 0].repeat(100), &[0, 0]].concat();
        assert_eq!(to_der(&many, &bounds), Err(BerFault::TooMany));
    }

    /// The short way says of bytes what the long one says, and takes it only if nothing is to change.
    fn both_ways_agree(bytes: &[u8]) {
        for bounds in [Bounds::default(), Bounds { len: 200, depth: 3, elements: 4 }] {
            let (mut left, mut rest) = (bounds.elements, bytes);
            let passed = pass_der(&mut rest, bounds.depth, &mut left).map(|()| bytes.len() - rest.len());
            let walked = match walk(bytes, &bounds) {
                Ok((Cow::Borrowed(der), _)) => Some(der.len()),
                Ok((Cow::Owned(_), _)) | Err(_) => None,
            };
            assert_eq!(passed, walked, "{}", hex::encode(bytes));
        }
    }

    #[test]
    fn the_short_way_takes_what_is_der_and_nothing_else() {
        for text in [
            "",
            "00",
            "30",
            "0500",
            "050000",
            "3000",
            "300205 00",
            "3080050000 00",
            "308105 0201010500",
            "30820003 020101",
            "2403 040101",
            "a003 020101",
            "1f0100",
            "3001 05",
            "0481 80",
            "0485 0000000001 00",
            "3009 3007 3005 3003 020101",
        ] {
            both_ways_agree(&hex::decode(text.replace(' ', "")).unwrap());
        }
        for len in [0x7F_usize, 0x80, 0xFF, 0x100, 0xFFFF, 0x1_0000] {
            for head in [1, 2, 3, 4, 5] {
                let digits = &len.to_be_bytes()[8_usize.saturating_sub(head)..];
                both_ways_agree(&[&[4, 0x80 | u8::try_from(head).unwrap()], digits, &vec![0; len]].concat());
            }
            let mut whole = vec![4];
            write_length(len, &mut whole);
            whole.resize(whole.len() + len, 0);
            both_ways_agree(&whole);
            assert!(matches!(to_der(&whole, &Bounds::default()), Ok(Cow::Borrowed(_))));
        }
    }

    proptest! {
        #[test]
        fn both_ways_agree_on_any_structure(bytes in prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 3, 4, 5, 0x24, 0x30, 0x31, 0x80, 0x81, 0x82, 0xA0]), 0..60)) {
            both_ways_agree(&bytes);
        }

        #[test]
        fn no_bytes_make_it_fall_and_its_answer_stays_as_it_is(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let bounds = Bounds::default();
            if let Ok(der) = to_der(&bytes, &bounds) {
                prop_assert!(der.len() <= bytes.len());
                let again = to_der(&der, &bounds);
                prop_assert!(matches!(&again, Ok(Cow::Borrowed(same)) if *same == &*der));
            }
        }

        #[test]
        fn random_structures_do_not_make_it_fall(bytes in prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 4, 5, 0x24, 0x30, 0x31, 0x80, 0x81, 0xA0]), 0..60)) {
            let bounds = Bounds::default();
            if let Ok(der) = to_der(&bytes, &bounds) {
                let again = to_der(&der, &bounds);
                prop_assert!(matches!(&again, Ok(Cow::Borrowed(same)) if *same == &*der));
            }
        }
    }
}
