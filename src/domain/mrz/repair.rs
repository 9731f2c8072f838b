//! What a scanner may have misread: characters that look alike. A repair is offered only if it is the one that every
//! check digit confirms, and nobody applies it but the officer.

use super::digits::{Verdict, verdicts};
use super::format::{CODE, ISSUER, Layout};
use super::zone::Zone;

/// Look-alikes, letter and digit.
const TWINS: &[(u8, u8)] = &[(b'O', b'0'), (b'I', b'1'), (b'B', b'8'), (b'S', b'5'), (b'Z', b'2')];
/// A pair that can be told apart by the kind of cell alone: it differs by ten, which no check digit sees.
const SILENT: (u8, u8) = (b'G', b'6');

/// Where a cell holds what its kind does not allow, such as a digit in a name (Doc 9303-3 section 4.6): the first such
/// place as line and character, both from 1.
pub fn misplaced(zone: &Zone) -> Option<(usize, usize)> {
    let (layout, text) = (zone.layout(), zone.as_str().as_bytes());
    let place = kinds(layout).filter_map(|(place, kind)| {
        let cell = *text.get(place)?;
        (!kind.allows(cell)).then_some(place)
    });
    let place = place.min()?;
    Some((place / (layout.width + 1) + 1, place % (layout.width + 1) + 1))
}

/// The zone that was probably meant, if there is one and one alone: look-alikes put right where a cell takes only letters
/// or only digits, then at most two more in numbers and optional data, until all check digits hold.
pub fn suggest(zone: &Zone) -> Option<Zone> {
    let mut text = zone.as_str().as_bytes().to_vec();
    for (place, kind) in kinds(zone.layout()) {
        let cell = text.get_mut(place)?;
        if !kind.allows(*cell) {
            *cell = kind.twin(*cell)?;
        }
    }
    if !holds(zone, &text) {
        text = search(zone, &text)?;
    }
    (text != zone.as_str().as_bytes()).then(|| zone.with_cells(text)).flatten()
}

fn holds(zone: &Zone, text: &[u8]) -> bool {
    verdicts(zone.format(), text).all(|(_, verdict)| verdict != Verdict::Wrong)
}

/// The one way to make all digits hold by exchanging one look-alike where either is allowed; if there is none, two.
fn search(zone: &Zone, text: &[u8]) -> Option<Vec<u8>> {
    let layout = zone.layout();
    let places = layout.number.clone().chain(layout.optional.clone()).chain(layout.optional_2.clone());
    let open: Vec<(usize, u8)> = places.filter_map(|place| Some((place, either_twin(*text.get(place)?)?))).collect();
    let mut tried = text.to_vec();
    let (mut single, mut double) = (Ways::None, Ways::None);
    for (at, one) in open.iter().enumerate() {
        let before = exchange(&mut tried, *one)?;
        if holds(zone, &tried) {
            single = single.and(&tried);
        }
        // Two are looked for only while one is not enough.
        for other in open.iter().skip(at + 1).take_while(|_| matches!(single, Ways::None)) {
            let before = exchange(&mut tried, *other)?;
            if matches!(double, Ways::None | Ways::One(_)) && holds(zone, &tried) {
                double = double.and(&tried);
            }
            exchange(&mut tried, before)?;
        }
        exchange(&mut tried, before)?;
    }
    match (single, double) {
        (Ways::One(found), _) | (Ways::None, Ways::One(found)) => Some(found),
        _ => None,
    }
}

/// Puts a cell in its place; what stood there before.
fn exchange(text: &mut [u8], (place, cell): (usize, u8)) -> Option<(usize, u8)> {
    text.get_mut(place).map(|there| (place, std::mem::replace(there, cell)))
}

/// Ways found so far.
enum Ways {
    None,
    One(Vec<u8>),
    Several,
}

impl Ways {
    fn and(self, found: &[u8]) -> Self {
        if matches!(self, Self::None) { Self::One(found.to_vec()) } else { Self::Several }
    }
}

fn either_twin(cell: u8) -> Option<u8> {
    Kind::Letter.twin_among(cell, TWINS).or_else(|| Kind::Digit.twin_among(cell, TWINS))
}

/// What a cell may hold beside a filler.
#[derive(Clone, Copy)]
enum Kind {
    Letter,
    Digit,
    Sex,
}

impl Kind {
    const fn allows(self, cell: u8) -> bool {
        match self {
            _ if cell == b'<' => true,
            Self::Letter => cell.is_ascii_uppercase(),
            Self::Digit => cell.is_ascii_digit(),
            Self::Sex => matches!(cell, b'F' | b'M' | b'X'),
        }
    }

    /// The look-alike of this kind.
    fn twin(self, cell: u8) -> Option<u8> {
        self.twin_among(cell, TWINS).or_else(|| self.twin_among(cell, &[SILENT]))
    }

    fn twin_among(self, cell: u8, twins: &[(u8, u8)]) -> Option<u8> {
        twins.iter().find_map(|(letter, digit)| match self {
            Self::Letter => (cell == *digit).then_some(*letter),
            Self::Digit => (cell == *letter).then_some(*digit),
            Self::Sex => None,
        })
    }
}

/// The cells that take letters or digits only.
fn kinds(layout: &'static Layout) -> impl Iterator<Item = (usize, Kind)> {
    let letters = [CODE, ISSUER, layout.name.clone(), layout.nationality.clone()];
    let digits = [layout.birth.clone(), layout.expiry.clone()];
    let single =
        [Some(layout.number_digit), Some(layout.birth_digit), Some(layout.expiry_digit), layout.optional_digit];
    let composite = layout.composite.as_ref().map(|(digit, _)| *digit);
    letters
        .into_iter()
        .flatten()
        .map(|place| (place, Kind::Letter))
        .chain(
            digits.into_iter().flatten().chain(single.into_iter().flatten()).chain(composite).map(|p| (p, Kind::Digit)),
        )
        .chain([(layout.sex, Kind::Sex)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPECIMEN: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

    fn zone(text: &str) -> Zone {
        Zone::parse(text).unwrap()
    }

    #[test]
    fn a_letter_where_only_digits_stand_is_put_right_and_confirmed() {
        for (right, misread) in [("7408122", "74O8122"), ("1204159", "I2O4I59"), ("ANNA", "ANNA"), ("MARIA", "MAR1A")] {
            let read = zone(&SPECIMEN.replace(right, misread));
            let suggested = suggest(&read);
            assert_eq!(suggested.is_some(), right != misread);
            assert!(suggested.is_none_or(|zone| zone.as_str() == SPECIMEN));
        }
    }

    #[test]
    fn a_number_is_put_right_only_if_one_way_alone_is_confirmed() {
        let read = zone(&SPECIMEN.replace("L898902C36", "L8989O2C36"));
        assert_eq!(suggest(&read).unwrap().as_str(), SPECIMEN);
        assert_eq!(suggest(&zone(SPECIMEN)), None);
        // A digit that is simply wrong has no look-alike.
        assert_eq!(suggest(&zone(&SPECIMEN.replace("7408122", "7408123"))), None);
    }

    #[test]
    fn a_character_in_the_wrong_place_is_told_by_line_and_position() {
        assert_eq!(misplaced(&zone(SPECIMEN)), None);
        assert_eq!(misplaced(&zone(&SPECIMEN.replace("MARIA", "MAR1A"))), Some((1, 24)));
        assert_eq!(misplaced(&zone(&SPECIMEN.replace("2F1", "2Q1"))), Some((2, 21)));
    }

    proptest! {
        #[test]
        fn what_is_suggested_always_holds_and_is_never_what_was_read(lower in "[A-Z0-9<OISBZ01]{44}") {
            let read = zone(&format!("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<{lower}"));
            if let Some(suggested) = suggest(&read) {
                prop_assert!(suggested != read && suggested.wrong_digits().is_empty() && misplaced(&suggested).is_none());
            }
        }
    }
}
