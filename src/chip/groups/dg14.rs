//! DG14: which protocols the chip speaks (Doc 9303-10 section 4.7.14; Doc 9303-11 section 9.2, `SecurityInfos`).
//!
//! Passes over what it does not know. Refuses more than [`ELEMENTS_MAX`](super::tlv::ELEMENTS_MAX) entries, and entries that
//! are no sequence beginning with an object identifier.

use std::fmt;

use der::asn1::ObjectIdentifier;

use super::tlv::{Element, Fault, Reader};
use crate::chip::hash::Hash;

/// One entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SecurityInfo<'a> {
    /// `ActiveAuthenticationInfo`: how the key in DG15 signs, if it is a point on a curve.
    ActiveAuthentication(ActiveAlgorithm),
    /// `ChipAuthenticationInfo`.
    ChipAuthentication {
        /// `id-CA-…`: key agreement, cipher and length of the keys.
        protocol: ObjectIdentifier,
        /// Version, 1 to 3.
        version: u8,
        /// Which of several keys; `None` if there is one.
        key: Option<u32>,
    },
    /// `ChipAuthenticationPublicKeyInfo`.
    ChipAuthenticationKey {
        /// `id-PK-DH` or `id-PK-ECDH`.
        kind: ObjectIdentifier,
        /// `SubjectPublicKeyInfo`, its tag included.
        key: &'a [u8],
        /// Which of several keys; `None` if there is one.
        id: Option<u32>,
    },
    /// `TerminalAuthenticationInfo`.
    TerminalAuthentication {
        /// Version, 1 or 2.
        version: u8,
    },
    /// `PACEInfo`.
    Pace {
        /// `id-PACE-…`: mapping, key agreement, cipher.
        protocol: ObjectIdentifier,
        /// Version, 2.
        version: u8,
        /// Which standardised domain parameters.
        parameters: Option<u32>,
    },
}

/// A key of a chip identifies its holder: which entry it is, and nothing of it.
impl fmt::Debug for SecurityInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ActiveAuthentication(_) => "ActiveAuthentication(…)",
            Self::ChipAuthentication { .. } => "ChipAuthentication(…)",
            Self::ChipAuthenticationKey { .. } => "ChipAuthenticationKey(…)",
            Self::TerminalAuthentication { .. } => "TerminalAuthentication(…)",
            Self::Pace { .. } => "Pace(…)",
        })
    }
}

/// How a chip signs a challenge with a key on a curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActiveAlgorithm {
    /// ECDSA with this hash.
    Ecdsa(Hash),
    /// Another algorithm, RIPEMD-160 among them.
    Other(ObjectIdentifier),
}

/// `bsi-de protocols smartcard`: 0.4.0.127.0.7.2.2.
const SMARTCARD: &[u32] = &[0, 4, 0, 127, 0, 7, 2, 2];
/// `id-icao-mrtd-security-aaProtocolObject`.
const ACTIVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.136.1.1.5");
/// ECDSA with each hash: as plain signature (BSI TR-03111 section 5.2.1), which the standard asks for, and under the names
/// of ANSI X9.62, which some states write.
const ECDSA: &[(&str, Hash)] = &[
    ("0.4.0.127.0.7.1.1.4.1.1", Hash::Sha1),
    ("0.4.0.127.0.7.1.1.4.1.2", Hash::Sha224),
    ("0.4.0.127.0.7.1.1.4.1.3", Hash::Sha256),
    ("0.4.0.127.0.7.1.1.4.1.4", Hash::Sha384),
    ("0.4.0.127.0.7.1.1.4.1.5", Hash::Sha512),
    ("1.2.840.10045.4.1", Hash::Sha1),
    ("1.2.840.10045.4.3.1", Hash::Sha224),
    ("1.2.840.10045.4.3.2", Hash::Sha256),
    ("1.2.840.10045.4.3.3", Hash::Sha384),
    ("1.2.840.10045.4.3.4", Hash::Sha512),
];

/// Reads the entries that are known, in the order of the file.
pub fn read(bytes: &[u8]) -> Result<Vec<SecurityInfo<'_>>, Fault> {
    let mut group = Reader::new(Element::file(bytes, 0x6E)?);
    let mut set = Reader::new(group.expect(0x31)?);
    group.end()?;
    let mut infos = Vec::new();
    while let Some(entry) = set.element()? {
        if entry.tag != 0x30 {
            return Err(Fault::Unexpected { expected: 0x30, found: entry.tag });
        }
        infos.extend(info(Reader::new(entry.value))?);
    }
    Ok(infos)
}

/// How the chip signs challenges; `None` if the group does not say.
///
/// # Errors
/// If it says two different things.
pub fn active_algorithm(infos: &[SecurityInfo<'_>]) -> Result<Option<ActiveAlgorithm>, Fault> {
    let mut told = infos.iter().filter_map(|info| match info {
        SecurityInfo::ActiveAuthentication(algorithm) => Some(*algorithm),
        _ => None,
    });
    let first = told.next();
    if told.all(|other| Some(other) == first) { Ok(first) } else { Err(Fault::Many) }
}

/// `SecurityInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER, requiredData ANY, optionalData ANY OPTIONAL }`.
fn info(mut entry: Reader<'_>) -> Result<Option<SecurityInfo<'_>>, Fault> {
    let protocol = oid(entry.expect(0x06)?)?;
    if protocol == ACTIVE {
        let _version = integer(entry.expect(0x02)?)?;
        let algorithm = oid(entry.expect(0x06)?)?;
        let known = |(name, _): &&(&str, Hash)| ObjectIdentifier::new(name).is_ok_and(|name| name == algorithm);
        let algorithm = ECDSA
            .iter()
            .find(known)
            .map_or(ActiveAlgorithm::Other(algorithm), |(_, hash)| ActiveAlgorithm::Ecdsa(*hash));
        return Ok(Some(SecurityInfo::ActiveAuthentication(algorithm)));
    }
    let arcs: Vec<u32> = protocol.arcs().collect();
    Ok(match arcs.strip_prefix(SMARTCARD) {
        Some([1, _]) => {
            let key = entry.expect_element(0x30)?.whole;
            Some(SecurityInfo::ChipAuthenticationKey { kind: protocol, key, id: optional(entry)? })
        }
        Some([2]) => Some(SecurityInfo::TerminalAuthentication { version: version(&mut entry)? }),
        Some([3, _, ..]) => {
            let version = version(&mut entry)?;
            Some(SecurityInfo::ChipAuthentication { protocol, version, key: optional(entry)? })
        }
        Some([4, _, _]) => {
            let version = version(&mut entry)?;
            Some(SecurityInfo::Pace { protocol, version, parameters: optional(entry)? })
        }
        _ => None,
    })
}

fn oid(value: &[u8]) -> Result<ObjectIdentifier, Fault> {
    ObjectIdentifier::from_bytes(value).map_err(|_| Fault::Value(0x06))
}

fn version(entry: &mut Reader<'_>) -> Result<u8, Fault> {
    u8::try_from(integer(entry.expect(0x02)?)?).map_err(|_| Fault::Value(0x02))
}

/// A number behind what is required, if there is one.
fn optional(mut entry: Reader<'_>) -> Result<Option<u32>, Fault> {
    match entry.element()? {
        Some(element) if element.tag == 0x02 => integer(element.value).map(Some),
        _ => Ok(None),
    }
}

/// A number that is not negative and fits in 32 bits.
fn integer(value: &[u8]) -> Result<u32, Fault> {
    const WRONG: Fault = Fault::Value(0x02);
    let digits = match value {
        [] | [0x80..=0xFF, ..] => return Err(WRONG),
        [0, rest @ ..] => rest,
        all => all,
    };
    if digits.len() > 4 {
        return Err(WRONG);
    }
    Ok(digits.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::{element, nest};
    use super::*;
    use proptest::prelude::*;

    fn named(name: &str) -> Vec<u8> {
        element(0x06, ObjectIdentifier::new(name).unwrap().as_bytes())
    }

    fn entry(name: &str, rest: &[Vec<u8>]) -> Vec<u8> {
        nest(0x30, &[named(name), rest.concat()])
    }

    fn number(value: u8) -> Vec<u8> {
        element(0x02, &[value])
    }

    fn file(entries: &[Vec<u8>]) -> Vec<u8> {
        nest(0x6E, &[nest(0x31, entries)])
    }

    fn active(algorithm: &str) -> Vec<u8> {
        entry("2.23.136.1.1.5", &[number(1), named(algorithm)])
    }

    #[test]
    fn each_protocol_is_read_and_an_unknown_one_is_passed_over() {
        let spki = element(0x30, b"a key");
        let bytes = file(&[
            entry("0.4.0.127.0.7.2.2.1.2", &[spki.clone(), number(7)]),
            entry("0.4.0.127.0.7.2.2.3.2.1", &[number(1), number(7)]),
            entry("0.4.0.127.0.7.2.2.2", &[number(1)]),
            entry("0.4.0.127.0.7.2.2.4.2.2", &[number(2), number(13)]),
            entry("1.3.6.1.4.1.99999", &[element(0x04, b"whatever")]),
            active("0.4.0.127.0.7.1.1.4.1.3"),
        ]);
        let infos = read(&bytes).unwrap();
        let oid = |name| ObjectIdentifier::new(name).unwrap();
        assert_eq!(
            infos,
            [
                SecurityInfo::ChipAuthenticationKey { kind: oid("0.4.0.127.0.7.2.2.1.2"), key: &spki, id: Some(7) },
                SecurityInfo::ChipAuthentication { protocol: oid("0.4.0.127.0.7.2.2.3.2.1"), version: 1, key: Some(7) },
                SecurityInfo::TerminalAuthentication { version: 1 },
                SecurityInfo::Pace { protocol: oid("0.4.0.127.0.7.2.2.4.2.2"), version: 2, parameters: Some(13) },
                SecurityInfo::ActiveAuthentication(ActiveAlgorithm::Ecdsa(Hash::Sha256)),
            ]
        );
        assert_eq!(active_algorithm(&infos), Ok(Some(ActiveAlgorithm::Ecdsa(Hash::Sha256))));
    }

    #[test]
    fn the_algorithm_of_active_authentication_is_told_once_or_not_at_all() {
        let told = |entries: &[Vec<u8>]| active_algorithm(&read(&file(entries)).unwrap());
        let (sha1, sha256) = (active("0.4.0.127.0.7.1.1.4.1.1"), active("1.2.840.10045.4.3.2"));
        assert_eq!(told(&[]), Ok(None));
        assert_eq!(told(std::slice::from_ref(&sha1)), Ok(Some(ActiveAlgorithm::Ecdsa(Hash::Sha1))));
        assert_eq!(told(&[sha256.clone(), sha256.clone()]), Ok(Some(ActiveAlgorithm::Ecdsa(Hash::Sha256))));
        assert_eq!(told(&[sha1, sha256]), Err(Fault::Many));
        let ripemd = told(&[active("0.4.0.127.0.7.1.1.4.1.6")]);
        assert!(matches!(ripemd, Ok(Some(ActiveAlgorithm::Other(_)))));
    }

    #[test]
    fn entries_without_a_name_without_what_they_need_or_beyond_counting_are_refused() {
        let refused = |entries: &[Vec<u8>]| read(&file(entries)).err();
        assert_eq!(refused(&[element(0x30, b"")]), Some(Fault::Missing(0x06)));
        assert_eq!(refused(&[number(1)]), Some(Fault::Unexpected { expected: 0x30, found: 0x02 }));
        assert_eq!(refused(&[entry("2.23.136.1.1.5", &[number(1)])]), Some(Fault::Missing(0x06)));
        assert_eq!(refused(&[entry("0.4.0.127.0.7.2.2.2", &[element(0x02, &[0xFF])])]), Some(Fault::Value(0x02)));
        let long = entry("0.4.0.127.0.7.2.2.2", &[element(0x02, &[1, 2, 3, 4, 5])]);
        assert_eq!(refused(&[long]), Some(Fault::Value(0x02)));
        let unknown = entry("1.3.6.1.4.1.99999", &[]);
        assert_eq!(refused(&vec![unknown; 10_000]), Some(Fault::Many));
        assert_eq!(read(&element(0x6E, &[])).err(), Some(Fault::Missing(0x31)));
    }

    proptest! {
        #[test]
        fn no_content_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = read(&file(&[element(0x30, &bytes)]));
            let _ = read(&file(&[entry("0.4.0.127.0.7.2.2.4.2.2", &[bytes])]));
        }
    }
}
