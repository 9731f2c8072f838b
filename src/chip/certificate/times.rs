//! Instants in certificates and lists: `Time`, RFC 5280 section 4.1.2.5.
//!
//! Owns both forms of it. Tolerates UTCTime without seconds, offsets and fractions, which older authorities wrote; refuses
//! instants that do not exist.

use der::asn1::AnyRef;
use der::{Tag, Tagged};
use time::{Date, Month, Time, UtcOffset};

use crate::domain::time::Timestamp;

/// Reads UTCTime or GeneralizedTime; `None` if it is neither or no instant.
pub(in crate::chip) fn read_time(value: &AnyRef<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(value.value()).ok().filter(|text| text.is_ascii())?;
    match value.tag() {
        Tag::UtcTime => {
            let (two, rest) = text.split_at_checked(2)?;
            let year = i32::from(digits(two)?);
            // RFC 5280 section 4.1.2.5.1: 50 to 99 are in the last century.
            read_rest(if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        Tag::GeneralizedTime => {
            let (century, rest) = text.split_at_checked(2)?;
            let (year, rest) = rest.split_at_checked(2)?;
            read_rest(i32::from(digits(century)?) * 100 + i32::from(digits(year)?), rest)
        }
        _ => None,
    }
}

/// Reads `MMDDHHMM[SS[.fff]]` and `Z` or an offset.
fn read_rest(year: i32, text: &str) -> Option<Timestamp> {
    let at = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at_checked(at)?;
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let two = |at: usize| clock.get(at..at + 2).map_or(Some(0), digits);
    if !matches!(clock.len(), 8 | 10) {
        return None;
    }
    let date = Date::from_calendar_date(year, Month::try_from(two(0)?).ok()?, two(2)?).ok()?;
    let time = Time::from_hms(two(4)?, two(6)?, two(8)?).ok()?;
    let instant = date.with_time(time).assume_offset(read_zone(zone)?);
    Some(Timestamp::from_micros(i64::try_from(instant.unix_timestamp_nanos() / 1_000).ok()?))
}

fn read_zone(zone: &str) -> Option<UtcOffset> {
    if zone == "Z" {
        return Some(UtcOffset::UTC);
    }
    let (sign, hours, minutes) = (zone.get(..1)?, digits(zone.get(1..3)?)?, digits(zone.get(3..5)?)?);
    let sign = if sign == "-" { -1 } else { 1 };
    let signed = |number: u8| i8::try_from(number).ok().map(|number| number * sign);
    UtcOffset::from_hms(signed(hours)?, signed(minutes)?, 0).ok().filter(|_| zone.len() == 5)
}

fn digits(two: &str) -> Option<u8> {
    two.bytes().all(|c| c.is_ascii_digit()).then(|| two.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(tag: Tag, text: &str) -> Option<String> {
        read_time(&AnyRef::new(tag, text.as_bytes()).unwrap()).map(|at| at.to_string())
    }

    #[test]
    fn both_forms_are_read_with_the_century_of_rfc_5280() {
        assert_eq!(read(Tag::UtcTime, "491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(read(Tag::UtcTime, "500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(read(Tag::GeneralizedTime, "20600229120000Z").unwrap(), "2060-02-29T12:00:00Z");
    }

    #[test]
    fn forms_of_older_authorities_are_read() {
        assert_eq!(read(Tag::UtcTime, "0701020304Z").unwrap(), "2007-01-02T03:04:00Z");
        assert_eq!(read(Tag::UtcTime, "070102030405+0700").unwrap(), "2007-01-01T20:04:05Z");
        assert_eq!(read(Tag::GeneralizedTime, "20070102030405.123Z").unwrap(), "2007-01-02T03:04:05Z");
    }

    #[test]
    fn instants_that_do_not_exist_are_none() {
        for wrong in
            ["", "Z", "070230000000Z", "071301000000Z", "070101240000Z", "0701010000", "07010100000Z", "07010100+0700"]
        {
            assert_eq!(read(Tag::UtcTime, wrong), None, "{wrong}");
        }
        for wrong in ["0701020304Z", "20070102030405", "20070102030405+07", "+0070102030405Z", "２００７"] {
            assert_eq!(read(Tag::GeneralizedTime, wrong), None, "{wrong}");
        }
        assert_eq!(read(Tag::Utf8String, "070102030405Z"), None);
    }
}
