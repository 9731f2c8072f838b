//! Writes DER, and on demand BER of indefinite length. Owns tags and lengths.
//!
//! A builder that can only write what is right cannot make the chips that a checker has to refuse; so these are plain
//! functions from bytes to bytes, and whoever calls them is responsible for the order.

use der::asn1::ObjectIdentifier;
use time::{Date, PrimitiveDateTime};

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(super) const CONTEXT_0: u8 = 0xA0;

/// An element: tag, shortest length, the parts as content.
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    tagged(&[tag], parts)
}

/// An element whose tag has one byte or, as data groups have it, two.
pub(super) fn tagged(tag: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let len = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(tag.len() + 5 + len);
    out.extend_from_slice(tag);
    out.extend(length(len));
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

fn length(len: usize) -> Vec<u8> {
    let bytes: Vec<u8> = len.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    match (len, u8::try_from(bytes.len())) {
        (128.., Ok(count)) => [&[0x80 | count], bytes.as_slice()].concat(),
        _ => vec![len.to_be_bytes().last().copied().unwrap_or_default()],
    }
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

/// A SET OF in DER: the encodings of its members in ascending order (X.690, section 11.6).
pub(super) fn set_of(members: &[Vec<u8>]) -> Vec<u8> {
    tlv(SET, &[&sorted(members)])
}

/// The members of a SET OF, in order and joined: what `[0] IMPLICIT` attributes hold.
pub(super) fn sorted(members: &[Vec<u8>]) -> Vec<u8> {
    let mut members: Vec<_> = members.iter().map(Vec::as_slice).collect();
    members.sort_unstable();
    members.concat()
}

/// `[number]`, constructed: EXPLICIT around an element, IMPLICIT around the inside of a sequence or set.
pub(super) fn context(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    tlv(CONTEXT_0 | number, parts)
}

/// `[number] IMPLICIT` of something primitive.
pub(super) fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(0x80 | number, &[content])
}

pub(super) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(0x04, &[content])
}

/// A bit string without unused bits.
pub(super) fn bits(content: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], content])
}

/// A positive integer from its big-endian bytes.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let value = bytes.get(start..).unwrap_or_default();
    let sign: &[u8] = if value.first().is_none_or(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    tlv(0x02, &[sign, value])
}

pub(super) fn small(value: u8) -> Vec<u8> {
    unsigned(&[value])
}

pub(super) fn null() -> Vec<u8> {
    vec![0x05, 0]
}

pub(super) fn truth() -> Vec<u8> {
    vec![0x01, 1, 0xFF]
}

pub(super) fn oid(dotted: &'static str) -> Vec<u8> {
    tlv(0x06, &[ObjectIdentifier::new(dotted).as_ref().map(ObjectIdentifier::as_bytes).unwrap_or_default()])
}

pub(super) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0C, &[text.as_bytes()])
}

pub(super) fn printable(text: &str) -> Vec<u8> {
    tlv(0x13, &[text.as_bytes()])
}

/// Midnight UTC of a day: UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, section 4.1.2.5).
pub(super) fn day(day: Date) -> Vec<u8> {
    moment(day.midnight())
}

/// An instant in UTC, to the second.
pub(super) fn moment(at: PrimitiveDateTime) -> Vec<u8> {
    let (hour, minute, second) = at.as_hms();
    let rest = format!("{:02}{:02}{hour:02}{minute:02}{second:02}Z", u8::from(at.month()), at.day());
    match at.year() {
        year @ 1950..=2049 => tlv(0x17, &[format!("{:02}{rest}", year % 100).as_bytes()]),
        year => tlv(0x18, &[format!("{year:04}{rest}").as_bytes()]),
    }
}

/// A constructed element of indefinite length: BER, as the card software of some states writes it (X.690, section 8.1.3.6).
pub(super) fn open(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[tag, 0x80], parts.concat().as_slice(), &[0, 0]].concat()
}

/// An octet string of indefinite length, in two pieces (X.690, section 8.7.3).
pub(super) fn open_octets(content: &[u8]) -> Vec<u8> {
    let (left, right) = content.split_at(content.len() / 2);
    open(0x24, &[&octets(left), &octets(right)])
}

/// The elements that stand one after the other in `content`; tags of one byte only.
pub(super) fn elements(mut content: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (_, _, rest) = split(content)?;
        let element = content.get(..content.len() - rest.len());
        content = rest;
        element
    })
}

/// What the first element holds.
pub(super) fn content(bytes: &[u8]) -> Option<&[u8]> {
    split(bytes).map(|(_, content, _)| content)
}

/// Tag, content and what follows of the first element; `None` at the end or where no element begins.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0x80.. => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (digits.iter().fold(0_usize, |len, digit| len << 8 | usize::from(*digit)), rest)
        }
        short => (usize::from(short), rest),
    };
    let (content, rest) = rest.split_at_checked(len)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn lengths_take_the_shortest_form() {
        for (len, head) in [(0, "0400"), (127, "047f"), (128, "048180"), (256, "04820100"), (65_536, "0483010000")] {
            let whole = octets(&vec![7; len]);
            assert_eq!(hex::encode(&whole[..whole.len() - len]), head);
        }
    }

    #[test]
    fn integers_are_positive_and_have_no_needless_zeros() {
        assert_eq!(small(0), [2, 1, 0]);
        assert_eq!(unsigned(&[0, 0, 0x7F]), [2, 1, 0x7F]);
        assert_eq!(unsigned(&[0, 0x80]), [2, 2, 0, 0x80]);
    }

    #[test]
    fn the_year_decides_how_a_day_is_written() {
        assert_eq!(&day(date!(2049 - 12 - 31))[2..], b"491231000000Z");
        assert_eq!(&day(date!(2050 - 01 - 02))[2..], b"20500102000000Z");
    }

    #[test]
    fn a_set_is_sorted_by_its_encodings() {
        assert_eq!(set_of(&[small(9), small(1)]), [0x31, 6, 2, 1, 1, 2, 1, 9]);
    }

    #[test]
    fn an_indefinite_length_ends_with_two_zeros() {
        assert_eq!(hex::encode(open_octets(&[1, 2, 3])), "2480040101040202030000");
    }
}
