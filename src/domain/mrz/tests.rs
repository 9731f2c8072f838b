//! What a zone promises as a whole, with the crate `mrz` as the second opinion.

use proptest::prelude::*;
use time::macros::date;

use super::*;
use crate::domain::person::{FullName, NamePart, Sex, StateCode};

const SPECIMEN: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

#[test]
fn the_specimen_reads_as_doc_9303_says() {
    let zone = Zone::parse(SPECIMEN).unwrap();
    assert_eq!((zone.format(), zone.code(), zone.wrong_digits()), (Format::Td3, "P", vec![]));
    assert_eq!((zone.number().as_ref(), zone.optional()), ("L898902C3", ["ZE184226B", ""]));
    assert_eq!(zone.issuing_state().unwrap().as_str(), "UTO");
    assert_eq!(zone.sex(), Some(Sex::Female));
    let today = date!(2011 - 06 - 01);
    assert_eq!(zone.births(today, None).next().unwrap().date(), Some(date!(1974 - 08 - 12)));
    assert_eq!(zone.expiry(today).unwrap().date(), Some(date!(2012 - 04 - 15)));
    assert_eq!(zone.identifiers(), ("ERIKSSON", "ANNA<MARIA"));
    assert!(!zone.has_partial_date());
}

#[test]
fn a_changed_character_breaks_the_digits_that_cover_it() {
    let zone = Zone::parse(&SPECIMEN.replace("L898902C3", "L898902C4")).unwrap();
    assert_eq!(zone.wrong_digits(), [Digit::Number, Digit::Composite]);
}

#[test]
fn optional_data_without_its_digit_is_wrong() {
    let lower = "XX00000000NLD7110195F1108280123456782<<<<<<2";
    let zone = Zone::parse(&format!("P<NLDMEULENDIJK<<LOES<ALBERTINE<<<<<<<<<<<<<\n{lower}")).unwrap();
    assert_eq!(zone.wrong_digits(), [Digit::Optional]);
}

#[test]
fn a_long_number_goes_on_in_the_optional_data() {
    let lines = "I<NLD123456789<07<OHDA1234567X\n6503101F3108022NLDOPT<DATA2<<1\nDE<BRUIJN<<WILLEKE<LISELOTTE<<";
    let zone = Zone::parse(lines).unwrap();
    assert_eq!(zone.wrong_digits(), []);
    assert_eq!((zone.number().as_ref(), zone.optional()), ("1234567890", ["OHDA1234567X", "OPT<DATA2"]));
}

#[test]
fn the_codes_that_are_no_states_are_known() {
    let codes =
        "D GBD GBN GBO GBP GBS UNO UNA UNK XXA XXB XXC XXX EUE XOM XPO XBA XIM XCC XCE XCO XEC XES XMP XDC RKS UTO";
    for code in codes.split(' ') {
        let zone = Zone::parse(&SPECIMEN.replace("UTO", &format!("{code:<<3}"))).unwrap();
        assert_eq!(zone.issuing_state(), Some(StateCode::parse(code).unwrap()), "{code}");
        assert_eq!(zone.nationality().unwrap().as_str(), code);
    }
    for none in ["TRC", "COU", "ZZZ", "<<<", "D<A"] {
        assert_eq!(Zone::parse(&SPECIMEN.replace("UTO", none)).unwrap().nationality(), None, "{none}");
    }
}

#[test]
fn a_zone_survives_being_sealed_and_opened_and_never_prints() {
    let zone = Zone::parse(SPECIMEN).unwrap();
    let kept = serde_json::to_string(&zone).unwrap();
    assert_eq!(kept, serde_json::to_string(SPECIMEN).unwrap());
    assert!(serde_json::from_str::<Zone>(&kept).unwrap() == zone);
    assert_eq!(format!("{zone:?}"), "Zone(…)");
}

/// What the crate reads of the same lines, if it takes them.
fn crate_reads(zone: &Zone) -> Option<mrz::MrzData> {
    let lines: Vec<_> = zone.as_str().lines().collect();
    match (zone.format(), lines.as_slice()) {
        (Format::Td1, [a, b, c]) => mrz::parse_td1(a, b, c).ok(),
        (Format::Td2, [a, b]) => mrz::parse_td2(a, b).ok(),
        (Format::Td3, [a, b]) => mrz::parse_td3(a, b).ok(),
        (Format::MrvA, [a, b]) => mrz::parse_mrv_a(a, b).ok(),
        (Format::MrvB, [a, b]) => mrz::parse_mrv_b(a, b).ok(),
        _ => None,
    }
}

/// Zones with digits where digits stand: a filler in the place of a check digit holds for the crate and not for us.
fn zone_shaped() -> impl Strategy<Value = String> {
    prop_oneof![
        "P[A-Z<]{43}[A-Z0-9]{9}[0-9][A-Z<]{3}[0-9]{7}[MF<][0-9]{7}[A-Z0-9<]{14}[0-9<][0-9]",
        "V[A-Z<]{43}[A-Z0-9]{9}[0-9][A-Z<]{3}[0-9]{7}[MF<][0-9]{7}[A-Z0-9<]{16}",
        "V[A-Z<]{35}[A-Z0-9]{9}[0-9][A-Z<]{3}[0-9]{7}[MF<][0-9]{7}[A-Z0-9<]{8}",
        "[IAC][A-Z<]{35}[A-Z0-9]{9}[0-9<][A-Z<]{3}[0-9]{7}[MF<][0-9]{7}[A-Z0-9<]{7}[0-9]",
        "[IAC][A-Z<]{4}[A-Z0-9]{9}[0-9<][A-Z0-9<]{15}[0-9]{7}[MF<][0-9]{7}[A-Z<]{3}[A-Z0-9<]{11}[0-9][A-Z<]{30}",
    ]
}

proptest! {
    #[test]
    fn a_well_formed_zone_reads_as_the_crate_reads_it(text in zone_shaped()) {
        let zone = Zone::parse(&text).unwrap();
        let today = date!(2026 - 11 - 21);
        let name = FullName::new(NamePart::parse("Ñüß Đ").ok(), NamePart::parse("O'B").ok()).unwrap();
        let _ = (zone.births(today, None).count(), zone.expiry(today), zone.name_match(&name), zone.deviation());
        let _ = (suggest(&zone), misplaced(&zone), zone.optional(), zone.sex(), zone.has_partial_date());
        prop_assert_eq!(zone.differences(&zone), []);
        let Some(read) = crate_reads(&zone) else { return Ok(()) };
        prop_assert_eq!(zone.code(), read.document_type);
        prop_assert_eq!(zone.issuer_cells(), read.issuing_country);
        prop_assert_eq!(zone.nationality_cells(), read.nationality);
        let holds = |digit| zone.digits().find(|(d, _)| *d == digit).map(|(_, verdict)| verdict == Verdict::Holds);
        prop_assert_eq!(holds(Digit::Birth), read.checks.date_of_birth);
        prop_assert_eq!(holds(Digit::Expiry), read.checks.date_of_expiry);
        prop_assert_eq!(holds(Digit::Composite), read.checks.composite);
    }

    #[test]
    fn no_cells_make_it_panic(first in "[PVIAC]", one in "[A-Z0-9<]{87}", two in "[A-Z0-9<]{71}", three in "[A-Z0-9<]{89}") {
        for cells in [one, two, three] {
            if let Ok(zone) = Zone::parse(&format!("{first}{cells}")) {
                let _ = (suggest(&zone), misplaced(&zone), zone.optional(), zone.deviation(), zone.number().len());
                let _ = (zone.identifiers(), zone.births(date!(2026 - 11 - 21), None).count());
            }
        }
    }

    #[test]
    fn no_text_of_any_length_makes_it_panic(text in "\\PC{0,300}", times in 1_usize..4_000) {
        let _ = Zone::parse(&text);
        prop_assert!(Zone::parse(&text.repeat(times)).is_err() || times < 90);
    }
}
