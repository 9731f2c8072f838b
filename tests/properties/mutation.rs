//! Faults in bytes: what breaks off, is flipped, cut out, doubled, or says a wrong length. The same seed brings the same.

use std::ops::Range;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Bytes that parsers trip over: ends of ranges, lengths of lengths, tags.
const TELLING: [u8; 16] =
    [0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x1F, 0x30, 0x31, 0x7F, 0x80, 0x81, 0x84, 0xA0, 0xBC, 0xFF];

/// A source of faults.
pub struct Faults(StdRng);

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// `good` with one to three faults.
    pub fn in_copy_of(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for _ in 0..self.0.random_range(1..=3_usize) {
            self.fault(&mut bytes);
        }
        bytes
    }

    fn fault(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return bytes.push(self.telling());
        }
        let at = self.0.random_range(0..bytes.len());
        match self.0.random_range(0..10_u8) {
            0 | 1 => bytes[at] ^= 1 << self.0.random_range(0..8_u8),
            2 | 3 => bytes[at] = self.telling(),
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(self.range(bytes.len()))),
            6 => {
                let copy = bytes[self.range(bytes.len())].to_vec();
                bytes.splice(at..at, copy);
            }
            7 => bytes.insert(at, self.telling()),
            // A length of four gigabytes, or without an end.
            8 => drop(bytes.splice(at..at, [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF])),
            _ => drop(bytes.splice(at..at, [0x30, 0x80])),
        }
    }

    fn telling(&mut self) -> u8 {
        TELLING[self.0.random_range(0..TELLING.len())]
    }

    /// Some bytes of so many, short ones more often than long ones.
    fn range(&mut self, len: usize) -> Range<usize> {
        let start = self.0.random_range(0..len);
        let most = [4, 16, 64, 4096][self.0.random_range(0..4_usize)];
        start..len.min(start + self.0.random_range(1..=most))
    }
}

/// Inputs that are hard for one kind of parser or another, and made for none.
pub fn hard() -> Vec<Vec<u8>> {
    let definite = |depth: usize| {
        let mut bytes = Vec::new();
        for _ in 0..depth {
            let len = u32::try_from(bytes.len()).unwrap();
            let header = [&[0x30, 0x84][..], &len.to_be_bytes()].concat();
            bytes.splice(0..0, header);
        }
        bytes
    };
    let many = |element: &[u8]| {
        let inside = element.repeat(10_000);
        let len = u32::try_from(inside.len()).unwrap().to_be_bytes();
        [&[0x30, 0x84], len.as_slice(), &inside].concat()
    };
    let mut all = vec![
        Vec::new(),
        vec![0; 1 << 20],
        vec![b'<'; 1 << 20],
        vec![b'A'; 1 << 20],
        vec![0xFF; 1 << 20],
        b"P<UTO".repeat(200_000),
        "Ắ\u{301}".repeat(200_000).into_bytes(),
        b"\n".repeat(1 << 20),
        b"{\"a\":".repeat(100_000),
        b"[".repeat(1 << 20),
        [0x30, 0x80].repeat(10_000),
        [0x24, 0x80].repeat(10_000),
        [0x77, 0x84, 0xFF, 0xFF, 0xFF, 0xFF].repeat(100),
        definite(10_000),
        many(&[0x05, 0x00]),
        many(&[0x30, 0x00]),
        many(&[0x5F, 0x1F, 0x00]),
        many(&[0x31, 0x04, 0x30, 0x02, 0x06, 0x00]),
    ];
    all.extend((0..=255).map(|byte| vec![byte]));
    all
}
