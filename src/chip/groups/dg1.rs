//! DG1: the machine readable zone as the state wrote it into the chip (Doc 9303-10 section 4.7.1).

use super::tlv::{Element, Fault, Reader};
use crate::domain::mrz::Zone;

/// Reads the zone. The chip holds its lines without a break between: 90 characters are TD1, 72 TD2, 88 TD3.
pub fn read(bytes: &[u8]) -> Result<Zone, Fault> {
    const WRONG: Fault = Fault::Value(0x5F1F);
    let mut reader = Reader::new(Element::file(bytes, 0x61)?);
    let zone = reader.expect(0x5F1F)?;
    reader.end()?;
    let width = match zone.len() {
        90 => 30,
        72 => 36,
        88 => 44,
        _ => return Err(WRONG),
    };
    let lines: Vec<_> = zone.chunks(width).map(str::from_utf8).collect::<Result<_, _>>().map_err(|_| WRONG)?;
    // A character that is no character of a zone must not become a line break, nor a space that is dropped.
    let clean = |line: &&str| line.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'<'));
    if !lines.iter().all(clean) {
        return Err(WRONG);
    }
    Zone::parse(&lines.join("\n")).map_err(|_| WRONG)
}

#[cfg(test)]
mod tests {
    use super::super::tlv::writing::{element, nest};
    use super::*;

    const UPPER: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
    const LOWER: &str = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";

    fn file(zone: &str) -> Vec<u8> {
        nest(0x61, &[element(0x5F1F, zone.as_bytes())])
    }

    #[test]
    fn a_passports_zone_gets_its_line_break_back() {
        let zone = read(&file(&format!("{UPPER}{LOWER}"))).unwrap();
        assert_eq!(zone.as_str(), format!("{UPPER}\n{LOWER}"));
    }

    #[test]
    fn a_zone_of_another_length_with_other_characters_or_other_elements_is_refused() {
        let broken = format!("{UPPER}{LOWER}").replace("ANNA", "AN A");
        let small = format!("{UPPER}{LOWER}").replace("ANNA", "anna");
        for zone in ["", "P", &UPPER[..43], &broken, &small, &"<".repeat(1_000_000 / 8)] {
            assert_eq!(read(&file(zone)).err(), Some(Fault::Value(0x5F1F)), "{} characters", zone.len());
        }
        let twice = nest(0x61, &[element(0x5F1F, format!("{UPPER}{LOWER}").as_bytes()), element(0x5F1F, b"")]);
        assert_eq!(read(&twice).err(), Some(Fault::Trailing));
        assert_eq!(read(&element(0x61, b"")).err(), Some(Fault::Missing(0x5F1F)));
    }
}
