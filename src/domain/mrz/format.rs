//! The five formats of a machine readable zone and where each keeps its cells (Doc 9303-4 to -7, section 4.2.2).

use std::ops::Range;

/// The formats of Doc 9303.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Card, three lines of 30 (Doc 9303-5).
    Td1,
    /// Travel document of middle size, two lines of 36 (Doc 9303-6).
    Td2,
    /// Passport, two lines of 44 (Doc 9303-4).
    Td3,
    /// Visa of a page's size, two lines of 44 (Doc 9303-7).
    MrvA,
    /// Small visa, two lines of 36 (Doc 9303-7).
    MrvB,
}

/// Places of a format's cells, counted in the zone's text: lines of `width` cells with a line break after each but the
/// last. A digit's place is that of its own cell.
pub(super) struct Layout {
    /// Cells in a line.
    pub(super) width: usize,
    /// Lines.
    pub(super) lines: usize,
    pub(super) name: Range<usize>,
    pub(super) number: Range<usize>,
    pub(super) number_digit: usize,
    pub(super) nationality: Range<usize>,
    pub(super) birth: Range<usize>,
    pub(super) birth_digit: usize,
    pub(super) sex: usize,
    pub(super) expiry: Range<usize>,
    pub(super) expiry_digit: usize,
    pub(super) optional: Range<usize>,
    /// The second optional element of a card.
    pub(super) optional_2: Range<usize>,
    /// The optional data's own digit: passports alone.
    pub(super) optional_digit: Option<usize>,
    /// The composite digit and what it covers: no visa has one.
    pub(super) composite: Option<(usize, &'static [Range<usize>])>,
    /// A number of more than nine characters goes on in the optional data (Doc 9303-5 and -6, note j).
    pub(super) overflows: bool,
}

/// Document code: in every format the first two cells.
pub(super) const CODE: Range<usize> = 0..2;
/// Issuing state: in every format the next three.
pub(super) const ISSUER: Range<usize> = 2..5;

const TD1: Layout = Layout {
    width: 30,
    lines: 3,
    name: 62..92,
    number: 5..14,
    number_digit: 14,
    nationality: 46..49,
    birth: 31..37,
    birth_digit: 37,
    sex: 38,
    expiry: 39..45,
    expiry_digit: 45,
    optional: 15..30,
    optional_2: 49..60,
    optional_digit: None,
    composite: Some((60, &[5..30, 31..38, 39..46, 49..60])),
    overflows: true,
};

/// Two lines of `width`, of which the second begins at `second`.
const fn two_lines(width: usize, optional_end: usize) -> Layout {
    let second = width + 1;
    Layout {
        width,
        lines: 2,
        name: 5..width,
        number: second..second + 9,
        number_digit: second + 9,
        nationality: second + 10..second + 13,
        birth: second + 13..second + 19,
        birth_digit: second + 19,
        sex: second + 20,
        expiry: second + 21..second + 27,
        expiry_digit: second + 27,
        optional: second + 28..second + optional_end,
        optional_2: 0..0,
        optional_digit: None,
        composite: None,
        overflows: false,
    }
}

const TD2: Layout = Layout { composite: Some((72, &[37..47, 50..57, 58..72])), overflows: true, ..two_lines(36, 35) };
const TD3: Layout =
    Layout { optional_digit: Some(87), composite: Some((88, &[45..55, 58..65, 66..88])), ..two_lines(44, 42) };
const MRV_A: Layout = two_lines(44, 44);
const MRV_B: Layout = two_lines(36, 36);

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Td1, Self::Td2, Self::Td3, Self::MrvA, Self::MrvB];

    /// The format of a zone of so many cells whose document code begins with that letter; `None` if there is none.
    pub(super) const fn of(cells: usize, letter: u8) -> Option<Self> {
        match (cells, letter) {
            (90, b'A' | b'C' | b'I') => Some(Self::Td1),
            (72, b'A' | b'C' | b'I') => Some(Self::Td2),
            (72, b'V') => Some(Self::MrvB),
            (88, b'P') => Some(Self::Td3),
            (88, b'V') => Some(Self::MrvA),
            _ => None,
        }
    }

    /// The name that Doc 9303 gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Td1 => "TD1",
            Self::Td2 => "TD2",
            Self::Td3 => "TD3",
            Self::MrvA => "MRV-A",
            Self::MrvB => "MRV-B",
        }
    }

    pub(super) const fn layout(self) -> &'static Layout {
        match self {
            Self::Td1 => &TD1,
            Self::Td2 => &TD2,
            Self::Td3 => &TD3,
            Self::MrvA => &MRV_A,
            Self::MrvB => &MRV_B,
        }
    }
}
