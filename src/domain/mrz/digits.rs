//! Check digits (Doc 9303-3 section 4.9): weights 7, 3, 1 over 0-9, A-Z as 10-35 and the filler as 0, modulo 10.

use std::ops::Range;

use super::deviations::{Deviation, Kind, find};
use super::format::{Format, ISSUER, Layout};

const FILLER: u8 = b'<';

/// What a check digit covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digit {
    /// The document number.
    Number,
    /// The day of birth.
    Birth,
    /// The day of expiry.
    Expiry,
    /// The optional data of a passport.
    Optional,
    /// All of these and the other optional data.
    Composite,
}

impl Digit {
    /// Every check digit.
    pub const ALL: [Self; 5] = [Self::Number, Self::Birth, Self::Expiry, Self::Optional, Self::Composite];

    /// Its name in the path of a finding's field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number_digit",
            Self::Birth => "birth_digit",
            Self::Expiry => "expiry_digit",
            Self::Optional => "optional_digit",
            Self::Composite => "composite_digit",
        }
    }
}

/// Whether a check digit is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// As Doc 9303 computes it.
    Holds,
    /// As a documented departure computes it.
    Deviates(&'static Deviation),
    /// Wrong, or missing where it may not be.
    Wrong,
}

/// The check digits that `format` has and whether they hold in `text`.
pub(super) fn verdicts(format: Format, text: &[u8]) -> impl Iterator<Item = (Digit, Verdict)> {
    let layout = format.layout();
    let simple = |cells: &Range<usize>, digit: usize| verdict(digit_of(cells_of(text, cells)) == cell(text, digit));
    let optional = layout.optional_digit.map(|digit| (Digit::Optional, optional(text, &layout.optional, digit)));
    let composite = layout.composite.as_ref().map(|(digit, parts)| {
        let covered = parts.iter().flat_map(|part| cells_of(text, part));
        (Digit::Composite, verdict(digit_of(covered) == cell(text, *digit)))
    });
    [
        Some((Digit::Number, number(format, layout, text))),
        Some((Digit::Birth, simple(&layout.birth, layout.birth_digit))),
        Some((Digit::Expiry, simple(&layout.expiry, layout.expiry_digit))),
        optional,
        composite,
    ]
    .into_iter()
    .flatten()
}

/// What of the optional data belongs to a number that is too long for its cells: the rest of the number, and its digit.
/// Its sign is a filler in the digit's place behind nine characters (Doc 9303-5 and -6, note j).
pub(super) fn overflow(layout: &Layout, text: &[u8]) -> Option<(Range<usize>, usize)> {
    let full = cell(text, layout.number_digit) == FILLER && cell(text, layout.number.end.checked_sub(1)?) != FILLER;
    let length = cells_of(text, &layout.optional).take_while(|c| *c != FILLER).count();
    if !layout.overflows || !full || length < 2 {
        return None;
    }
    let digit = layout.optional.start + length - 1;
    Some((layout.optional.start..digit, digit))
}

fn number(format: Format, layout: &Layout, text: &[u8]) -> Verdict {
    let main = || cells_of(text, &layout.number);
    let Some((rest, digit)) = overflow(layout, text) else {
        return verdict(digit_of(main()) == cell(text, layout.number_digit));
    };
    let (rest, printed) = (|| cells_of(text, &rest), cell(text, digit));
    if digit_of(main().chain(rest())) == printed {
        return Verdict::Holds;
    }
    let counted = digit_of(main().chain([FILLER]).chain(rest())) == printed;
    let issuer = text.get(ISSUER).unwrap_or_default();
    let known = counted.then(|| find(issuer, format, Kind::OverflowDigitCountsFiller)).flatten();
    known.map_or(Verdict::Wrong, Verdict::Deviates)
}

/// A filler may stand for this digit where there is no optional data, and nowhere else (Doc 9303-4 section 4.2.2).
fn optional(text: &[u8], cells: &Range<usize>, digit: usize) -> Verdict {
    let (printed, empty) = (cell(text, digit), cells_of(text, cells).all(|c| c == FILLER));
    verdict(digit_of(cells_of(text, cells)) == printed || (empty && printed == FILLER))
}

const fn verdict(holds: bool) -> Verdict {
    if holds { Verdict::Holds } else { Verdict::Wrong }
}

fn cell(text: &[u8], place: usize) -> u8 {
    text.get(place).copied().unwrap_or(FILLER)
}

fn cells_of<'a>(text: &'a [u8], place: &Range<usize>) -> impl Iterator<Item = u8> + Clone + use<'a> {
    text.get(place.clone()).unwrap_or_default().iter().copied()
}

/// The check digit of `cells`, as it is printed.
fn digit_of(cells: impl Iterator<Item = u8>) -> u8 {
    let value = |c: u8| match c {
        b'0'..=b'9' => u32::from(c - b'0'),
        b'A'..=b'Z' => u32::from(c - b'A') + 10,
        _ => 0,
    };
    let sum: u32 = cells.zip([7, 3, 1].into_iter().cycle()).map(|(c, weight)| value(c) * weight).sum();
    b'0' + u8::try_from(sum % 10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_doc_9303_have_their_digits() {
        for (cells, digit) in [("520727", b'3'), ("AB2134<<<", b'5'), ("L898902C3", b'6'), ("", b'0')] {
            assert_eq!(digit_of(cells.bytes()), digit, "{cells}");
        }
    }

    #[test]
    fn a_number_overflows_only_behind_nine_characters() {
        let card = |line: &str| line.as_bytes().to_vec();
        let layout = Format::Td1.layout();
        assert_eq!(overflow(layout, &card("I<UTOD23145890<7349<<<<<<<<<<<")), Some((15..18, 18)));
        for whole in
            ["IDCHEA1234567<6<<<<<<<<<<<<<<<", "I<UTOD23145890<<<<<<<<<<<<<<<<", "I<UTOD2314589<<73<<<<<<<<<<<<<"]
        {
            assert_eq!(overflow(layout, &card(whole)), None, "{whole}");
        }
        assert_eq!(overflow(Format::Td3.layout(), &[FILLER; 89]), None);
    }
}
