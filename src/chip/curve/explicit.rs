//! Explicit curve parameters (`SpecifiedECDomain`, SEC 1 annex C.2), compared with those of the known curves.
//!
//! Owns the comparison, and refuses any set that differs in one parameter. Nothing is ever computed with parameters that a
//! document brought along.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Reader, SliceReader};

use super::domain::{DOMAINS, Domain};
use super::{Curve, CurveFault};

/// `prime-field`, X9.62.
const PRIME_FIELD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.1.1");

/// Domain parameters that a document brought along.
struct Given<'a> {
    p: UintRef<'a>,
    a: OctetStringRef<'a>,
    b: OctetStringRef<'a>,
    g: OctetStringRef<'a>,
    n: UintRef<'a>,
    h: Option<UintRef<'a>>,
}

/// The known curve that equals these parameters in each of them.
pub(super) fn recognise(parameters: AnyRef<'_>) -> Result<Curve, CurveFault> {
    let given = parameters.sequence(read).map_err(|_| CurveFault::Malformed)?;
    let found = DOMAINS.iter().find(|domain| domain.equals(&given));
    found.map(|domain| domain.curve).ok_or(CurveFault::Explicit)
}

#[expect(clippy::many_single_char_names, reason = "the names of the standard")]
fn read<'a>(reader: &mut SliceReader<'a>) -> der::Result<Given<'a>> {
    // Versions 2 and 3 say that a seed was used and how: the values that follow are the same.
    u8::decode(reader)?;
    let p = reader.sequence(|field| {
        let kind = ObjectIdentifier::decode(field)?;
        let p = UintRef::decode(field)?;
        if kind == PRIME_FIELD { Ok(p) } else { Err(der::Tag::ObjectIdentifier.value_error()) }
    })?;
    let (a, b) = reader.sequence(|curve| {
        let (a, b) = (OctetStringRef::decode(curve)?, OctetStringRef::decode(curve)?);
        let _seed = Option::<BitStringRef<'_>>::decode(curve)?;
        Ok((a, b))
    })?;
    let g = OctetStringRef::decode(reader)?;
    let n = UintRef::decode(reader)?;
    let h = Option::<UintRef<'_>>::decode(reader)?;
    Ok(Given { p, a, b, g, n, h })
}

impl Domain {
    fn equals(&self, given: &Given<'_>) -> bool {
        is_number(given.p.as_bytes(), self.p)
            && is_number(given.n.as_bytes(), self.n)
            && is_number(given.a.as_bytes(), self.a)
            && is_number(given.b.as_bytes(), self.b)
            && given.h.is_none_or(|h| h.as_bytes() == [1])
            && self.is_generator(given.g.as_bytes())
    }

    /// Whether the point, compressed or not (SEC 1 section 2.3.3), is the generator.
    fn is_generator(&self, point: &[u8]) -> bool {
        let Some((form, rest)) = point.split_first() else { return false };
        let (x, y) = rest.split_at(rest.len().min(self.x.len() / 2));
        let odd = self.y.ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']);
        match form {
            4 => is_hex(x, self.x) && is_hex(y, self.y),
            2 | 3 => is_hex(x, self.x) && y.is_empty() && (*form == 3) == odd,
            _ => false,
        }
    }
}

/// Whether big-endian bytes are that number, leading zeros aside: real encoders leave them out of field elements.
fn is_number(bytes: &[u8], hex: &str) -> bool {
    let start = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = bytes.get(start..).unwrap_or_default();
    let zeros = (hex.len() / 2).saturating_sub(bytes.len()) * 2;
    hex.split_at_checked(zeros).is_some_and(|(zero, rest)| zero.bytes().all(|c| c == b'0') && is_hex(bytes, rest))
}

/// Whether bytes are those that the digits write.
fn is_hex(bytes: &[u8], hex: &str) -> bool {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    bytes.len() * 2 == hex.len() && digits.zip(hex.chars()).all(|(digit, c)| c.to_digit(16) == Some(u32::from(digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let head = match content.len() {
            short @ 0..128 => vec![tag, u8::try_from(short).unwrap()],
            long @ 128..256 => vec![tag, 0x81, u8::try_from(long).unwrap()],
            long => [&[tag, 0x82][..], &u16::try_from(long).unwrap().to_be_bytes()].concat(),
        };
        [head, content.to_vec()].concat()
    }

    /// The values of a curve in the order of the standard, and what may be changed about them.
    struct Sample {
        p: Vec<u8>,
        a: Vec<u8>,
        b: Vec<u8>,
        g: Vec<u8>,
        n: Vec<u8>,
        h: Option<u8>,
        seed: bool,
    }

    impl Sample {
        #[expect(clippy::many_single_char_names, reason = "the names of the standard")]
        fn of(domain: &Domain) -> Self {
            let read = |hex: &str| hex::decode(hex).unwrap();
            let number = |hex: &str| read(hex).into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
            let g = [vec![4], read(domain.x), read(domain.y)].concat();
            let (p, a, b, n) = (number(domain.p), read(domain.a), read(domain.b), number(domain.n));
            Self { p, a, b, g, n, h: Some(1), seed: false }
        }

        fn read(&self) -> Result<Curve, CurveFault> {
            let number = |bytes: &[u8]| tlv(2, &[if bytes[0] < 0x80 { &[][..] } else { &[0] }, bytes].concat());
            let field = tlv(0x30, &[hex::decode("06072a8648ce3d0101").unwrap(), number(&self.p)].concat());
            let seed = if self.seed { tlv(3, &[0, 1, 2, 3]) } else { Vec::new() };
            let curve = tlv(0x30, &[tlv(4, &self.a), tlv(4, &self.b), seed].concat());
            let cofactor = self.h.map(|h| tlv(2, &[h])).unwrap_or_default();
            let parts = [tlv(2, &[1]), field, curve, tlv(4, &self.g), number(&self.n), cofactor];
            Curve::read(&tlv(0x30, &parts.concat()))
        }
    }

    /// Changes the last byte.
    fn bend(bytes: &mut [u8]) {
        *bytes.last_mut().unwrap() ^= 2;
    }

    #[test]
    fn parameters_that_equal_a_known_curve_are_that_curve() {
        assert!(DOMAINS.iter().map(|domain| domain.curve).eq(Curve::ALL));
        for domain in &DOMAINS {
            let sample = Sample::of(domain);
            assert_eq!(sample.read(), Ok(domain.curve));
            assert_eq!(Sample { seed: true, h: None, ..sample }.read(), Ok(domain.curve));
            let (mut short, sign) = (Sample::of(domain), 2 + (hex::decode(domain.y).unwrap().last().unwrap() & 1));
            short.g = [vec![sign], hex::decode(domain.x).unwrap()].concat();
            short.b = short.b.into_iter().skip_while(|byte| *byte == 0).collect();
            assert_eq!(short.read(), Ok(domain.curve));
        }
    }

    #[test]
    fn parameters_of_which_one_differs_are_no_curve() {
        for domain in &DOMAINS {
            let changes: [fn(&mut Sample); 9] = [
                |sample| bend(&mut sample.p),
                |sample| bend(&mut sample.a),
                |sample| bend(&mut sample.b),
                |sample| bend(&mut sample.g),
                |sample| bend(&mut sample.n),
                |sample| sample.h = Some(2),
                |sample| sample.g[0] = 5,
                |sample| sample.g.push(0),
                |sample| sample.g.clear(),
            ];
            for (at, change) in changes.iter().enumerate() {
                let mut sample = Sample::of(domain);
                change(&mut sample);
                assert_eq!(sample.read(), Err(CurveFault::Explicit), "{} {at}", domain.curve);
            }
        }
    }
}
