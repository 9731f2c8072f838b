//! Days as data groups 11 and 12 state them (Doc 9303-10 sections 4.7.11 and 4.7.12).

use super::tlv::Fault;
use crate::domain::mrz::PartialDate;

/// Reads eight characters `YYYYMMDD`; `00`, `<<` or two spaces stand for an unknown day, or month and day. Earlier versions
/// of the data structure wrote the digits in four bits each.
///
/// # Errors
/// For anything else, a year of zeros and 30 February included.
pub(super) fn read(value: &[u8], tag: u16) -> Result<PartialDate, Fault> {
    let spelt: Vec<u8>;
    let text = if value.len() == 4 {
        spelt = value.iter().flat_map(|byte| [b'0' + (byte >> 4), b'0' + (byte & 0x0F)]).collect();
        &spelt
    } else {
        value
    };
    parse(text).ok_or(Fault::Value(tag))
}

fn parse(text: &[u8]) -> Option<PartialDate> {
    let [y1, y2, y3, y4, month @ .., d1, d2] = text else { return None };
    let year = number(&[*y1, *y2, *y3, *y4]).filter(|year| *year > 0)?;
    let date = PartialDate { year: Some(year), month: part(month)?, day: part(&[*d1, *d2])? };
    let possible = match (date.month, date.day) {
        (Some(_), Some(_)) => date.date().is_some(),
        (Some(month), None) => (1..=12).contains(&month),
        (None, day) => day.is_none(),
    };
    possible.then_some(date)
}

/// The number that digits write; `None` if one is no digit.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

/// Two characters of a month or a day: a number, or unknown.
#[expect(clippy::option_option, reason = "not a number, unknown, or known")]
fn part(text: &[u8]) -> Option<Option<u8>> {
    match text {
        b"00" | b"<<" | b"  " => Some(None),
        [_, _] => number(text).and_then(|number| u8::try_from(number).ok()).map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stated_day_may_leave_day_and_month_unknown_and_never_the_year() {
        for (text, shown) in [
            (&b"19740812"[..], "1974-08-12"),
            (b"19740800", "1974-08-XX"),
            (b"1974<<<<", "1974-XX-XX"),
            (b"1974    ", "1974-XX-XX"),
            (b"19740000", "1974-XX-XX"),
            (&[0x19, 0x74, 0x08, 0x12], "1974-08-12"),
        ] {
            assert_eq!(read(text, 0).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_day_of_any_calendar_is_refused() {
        let wrong: [&[u8]; 10] = [
            b"",
            b"1974081",
            b"197408123",
            b"00000812",
            b"19740012",
            b"19740230",
            b"19741301",
            b"1974130<",
            b"1974081x",
            &[0x19, 0x74, 0x0A, 0x12],
        ];
        for text in wrong {
            assert_eq!(read(text, 0x5F2B), Err(Fault::Value(0x5F2B)), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let _ = read(&bytes, 0);
        }
    }
}
