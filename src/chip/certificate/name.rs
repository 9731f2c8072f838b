//! Names in certificates, and when two of them are the same.
//!
//! Owns the comparison of RFC 5280 section 7.1 as real CSCAs need it: letters of either case, any string type, spaces once.
//! States write the same name in two ways in a certificate and in those below it.

use std::borrow::Cow;

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, Tagged};

use super::whole;

/// A name in the one form that equal names have. Made for comparing and hashing, not for showing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey {
    canonical: Box<[u8]>,
    country: Option<Box<str>>,
}

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");

/// More attributes than any name has.
const ATTRIBUTES_MAX: usize = 64;

/// What stands behind an attribute, and behind a set of them, in the one form: bytes that no text in UTF-8 holds, so that no
/// value can pass for two.
const ATTRIBUTE_END: u8 = 0xFF;
const SET_END: u8 = 0xFE;

/// Whether two names in DER are the same, apart from case, spaces and string types. Unreadable names are never the same.
pub fn same_name(a: &[u8], b: &[u8]) -> bool {
    a == b || matches!((NameKey::read(a), NameKey::read(b)), (Some(a), Some(b)) if a == b)
}

impl NameKey {
    /// Reads a `Name` in DER: `SEQUENCE OF SET OF SEQUENCE { type, value }`; `None` if it is not one.
    pub fn read(der: &[u8]) -> Option<Self> {
        let name = whole(der).ok().filter(|any| any.tag() == Tag::Sequence)?;
        let mut sets = SliceReader::new(name.value()).ok()?;
        let (mut canonical, mut country, mut count) = (Vec::with_capacity(der.len()), None, 0);
        while !sets.is_finished() {
            let set = AnyRef::decode(&mut sets).ok().filter(|any| any.tag() == Tag::Set)?;
            let mut attributes = SliceReader::new(set.value()).ok()?;
            let (begin, mut parts) = (canonical.len(), Vec::new());
            while !attributes.is_finished() {
                let (oid, value) =
                    attributes.sequence(|inner| Ok((ObjectIdentifier::decode(inner)?, AnyRef::decode(inner)?))).ok()?;
                count += 1;
                if count > ATTRIBUTES_MAX {
                    return None;
                }
                let text = text(&value);
                if oid == COUNTRY && country.is_none() {
                    country = read_country(&text);
                }
                parts.push(canonical.len());
                canonical.push(u8::try_from(oid.as_bytes().len()).ok()?);
                canonical.extend_from_slice(oid.as_bytes());
                fold(&text, &mut canonical);
                canonical.push(ATTRIBUTE_END);
            }
            sort(&mut canonical, begin, &parts);
            canonical.push(SET_END);
        }
        Some(Self { canonical: canonical.into(), country })
    }

    /// The country in it, two or three capital letters.
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }
}

/// Names can be those of officers: the country alone is told.
impl std::fmt::Debug for NameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NameKey({})", self.country().unwrap_or("no country"))
    }
}

fn read_country(text: &str) -> Option<Box<str>> {
    let text = text.trim();
    let letters = matches!(text.len(), 2 | 3) && text.bytes().all(|c| c.is_ascii_alphabetic());
    letters.then(|| text.to_ascii_uppercase().into())
}

/// Puts the attributes of a set that begin at `parts` of `canonical` in order: as they stand, it means nothing.
fn sort(canonical: &mut Vec<u8>, begin: usize, parts: &[usize]) {
    if parts.len() < 2 {
        return;
    }
    let set = canonical.split_off(begin);
    let ends = parts.iter().skip(1).copied().chain([begin + set.len()]);
    let mut attributes: Vec<_> =
        parts.iter().zip(ends).filter_map(|(start, end)| set.get(start - begin..end - begin)).collect();
    attributes.sort_unstable();
    canonical.extend_from_slice(&attributes.concat());
}

/// Adds the text in lower case, every run of spaces one, none at the ends.
fn fold(text: &str, canonical: &mut Vec<u8>) {
    let begin = canonical.len();
    for word in text.split_whitespace() {
        if canonical.len() > begin {
            canonical.push(b' ');
        }
        if word.is_ascii() {
            canonical.extend(word.bytes().map(|byte| byte.to_ascii_lowercase()));
        } else {
            canonical.extend_from_slice(word.to_lowercase().as_bytes());
        }
    }
}

/// The text of a string of any type. Bytes that are not of its type are read as Latin-1: a name must have one form.
fn text<'a>(value: &AnyRef<'a>) -> Cow<'a, str> {
    let bytes = value.value();
    let wide =
        |size: usize| bytes.chunks(size).map(|unit| unit.iter().fold(0_u32, |all, byte| (all << 8) | u32::from(*byte)));
    match value.tag() {
        Tag::BmpString => wide(2).map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => bytes.iter().copied().map(char::from).collect(),
        },
    }
}
