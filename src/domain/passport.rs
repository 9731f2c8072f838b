//! Passports and the machine readable zone (Doc 9303-4, TD3).

use std::fmt;

use mrz::{MrzData, MrzDate};
use serde::{Deserialize, Serialize};
use time::Date;

use super::person::{FullName, Sex, StateCode, personal_text};
use super::text::Malformed;
use super::time::iso_date;

personal_text! {
    /// A document number as the issuing state prints it: capital letters and digits, no fillers.
    DocumentNumber;
}

impl DocumentNumber {
    /// Reads a number; spaces, dots and hyphens are dropped, letters made capital.
    ///
    /// # Errors
    /// If it is empty, longer than 20, or has anything but ASCII letters and digits.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "A document number has 1 to 20 capital letters and digits. Type it as the document prints it.",
            "Số giấy tờ gồm 1 đến 20 chữ cái in hoa và chữ số. Hãy nhập đúng như in trên giấy tờ.",
        );
        if text.len() > 64 {
            return Err(WRONG);
        }
        let number: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '<')).map(|c| c.to_ascii_uppercase()).collect();
        let right = (1..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
        right.then_some(Self(number)).ok_or(WRONG)
    }
}

/// A passport or international travel document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Passport {
    /// Number.
    pub number: DocumentNumber,
    /// Issuing state or organisation.
    pub issuing_state: StateCode,
    /// Day of issue.
    #[serde(with = "iso_date")]
    pub issued_on: Date,
    /// Last day of validity.
    #[serde(with = "iso_date")]
    pub expires_on: Date,
    /// Machine readable zone.
    pub zone: Zone,
}

/// The two lines of a TD3 machine readable zone, well formed; whether its check digits hold is a question of its own.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    read: MrzData,
}

impl Zone {
    /// Reads two lines of 44 characters with a line break between. Surrounding white space is dropped.
    ///
    /// # Errors
    /// If there are not two lines of 44 characters `A`–`Z`, `0`–`9`, `<`, or the first does not begin with `P`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const SHAPE: Malformed = Malformed::new(
            "A passport's zone has two lines of 44 characters A-Z, 0-9 and <. Read or type it again.",
            "Vùng đọc máy của hộ chiếu gồm hai dòng, mỗi dòng 44 ký tự A-Z, 0-9 và <. Hãy đọc hoặc nhập lại.",
        );
        if text.len() > 256 {
            return Err(SHAPE);
        }
        let lines: Vec<&str> = text.split_whitespace().collect();
        let [upper, lower] = lines.as_slice() else { return Err(SHAPE) };
        mrz::parse_td3(upper, lower).map(|read| Self { read }).map_err(|_| SHAPE)
    }

    /// The two lines with a line break between.
    pub fn as_str(&self) -> &str {
        &self.read.mrz_lines
    }

    /// The check digits that do not hold, by the name of what they cover.
    pub fn wrong_digits(&self) -> Vec<Digit> {
        let checks = &self.read.checks;
        [
            (Digit::Number, checks.document_number),
            (Digit::Birth, checks.date_of_birth),
            (Digit::Expiry, checks.date_of_expiry),
            (Digit::Optional, Some(checks.personal_number == Some(true) && !self.optional_digit_left_out())),
            (Digit::Composite, checks.composite),
        ]
        .into_iter()
        .filter_map(|(digit, holds)| (holds != Some(true)).then_some(digit))
        .collect()
    }

    /// A filler may stand for the optional data's digit only where that data is empty (Doc 9303-4 section 4.2.2).
    fn optional_digit_left_out(&self) -> bool {
        self.read.personal_number().is_some() && self.as_str().chars().rev().nth(1) == Some('<')
    }

    /// Document number.
    pub fn number(&self) -> &str {
        self.read.full_document_number()
    }

    /// Code of the issuing state, if it is one that Doc 9303 lists.
    pub fn issuing_state(&self) -> Option<StateCode> {
        StateCode::parse(&self.read.issuing_country).ok()
    }

    /// Code of the nationality, if it is one that Doc 9303 lists.
    pub fn nationality(&self) -> Option<StateCode> {
        StateCode::parse(&self.read.nationality).ok()
    }

    /// Sex, if the cell holds one of the three characters that it may.
    pub fn sex(&self) -> Option<Sex> {
        match self.read.sex.zone_char() {
            'F' => Some(Sex::Female),
            'M' => Some(Sex::Male),
            '<' | 'X' => Some(Sex::X),
            _ => None,
        }
    }

    /// Whether `day` can be the day of birth: two digits of the year, and what the zone leaves unknown, match anything.
    pub fn born_on(&self, day: Date) -> bool {
        agrees(self.read.date_of_birth, day)
    }

    /// Whether `day` can be the last day of validity.
    pub fn expires_on(&self, day: Date) -> bool {
        agrees(self.read.date_of_expiry, day)
    }

    /// Whether the zone's name field can be that of `name`. A field without a trailing filler was cut, and says too little.
    pub fn names(&self, name: &FullName) -> bool {
        let field = self.as_str().get(5..44).unwrap_or_default();
        if !field.ends_with('<') {
            return true;
        }
        let part = |part: Option<&super::person::NamePart>| {
            part.map(|p| mrz::encode_name_component(p.as_str())).unwrap_or_default()
        };
        let (family, given) = (part(name.family()), part(name.given()));
        let expected = match (family.is_empty(), given.is_empty()) {
            (false, false) => format!("{family}<<{given}"),
            _ => format!("{family}{given}"),
        };
        field.trim_end_matches('<') == expected
    }
}

/// Whether six characters `YYMMDD`, fillers for what is unknown, can stand for `day`.
fn agrees(field: MrzDate, day: Date) -> bool {
    let two = |n: i32| format!("{n:02}");
    let written = format!("{}{:02}{:02}", two(day.year().rem_euclid(100)), u8::from(day.month()), day.day());
    let read = match field {
        MrzDate::Calendar(d) | MrzDate::OutOfCalendar(d) => {
            format!("{}{:02}{:02}", two(d.year.rem_euclid(100)), d.month, d.day)
        }
        MrzDate::Unknown => return true,
        other => other.to_string(),
    };
    read.len() == written.len() && read.chars().zip(written.chars()).all(|(r, w)| r == '<' || r == w)
}

/// What a check digit covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Digit {
    /// The document number.
    Number,
    /// The day of birth.
    Birth,
    /// The day of expiry.
    Expiry,
    /// The optional data.
    Optional,
    /// The second line as a whole.
    Composite,
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone(…)")
    }
}

impl TryFrom<String> for Zone {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.read.mrz_lines.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::NamePart;
    use proptest::prelude::*;
    use time::macros::date;

    const SPECIMEN: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

    fn name(family: &str, given: &str) -> FullName {
        FullName::new(NamePart::parse(family).ok(), NamePart::parse(given).ok()).unwrap()
    }

    #[test]
    fn the_specimen_reads_as_doc_9303_says() {
        let zone = Zone::parse(SPECIMEN).unwrap();
        assert_eq!(zone.wrong_digits(), []);
        assert_eq!(zone.number(), "L898902C3");
        assert_eq!(zone.issuing_state().unwrap().as_str(), "UTO");
        assert_eq!(zone.sex(), Some(Sex::Female));
        assert!(zone.born_on(date!(1974 - 08 - 12)) && !zone.born_on(date!(1974 - 08 - 13)));
        assert!(zone.expires_on(date!(2012 - 04 - 15)));
        assert!(zone.names(&name("Eriksson", "Anna Maria")));
        assert!(!zone.names(&name("Eriksson", "Anna")));
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
    fn a_zone_survives_being_sealed_and_opened() {
        let kept = serde_json::to_string(&Zone::parse(SPECIMEN).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<Zone>(&kept).unwrap().as_str(), SPECIMEN);
    }

    #[test]
    fn numbers_have_one_normal_form() {
        assert_eq!(DocumentNumber::parse(" l898-902 c3").unwrap().as_str(), "L898902C3");
        for wrong in ["", " ", "L8989😀", "Ｌ123", &"A".repeat(21), &"A".repeat(1_000_000)] {
            assert!(DocumentNumber::parse(wrong).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_zone_reader_panic(text in "\\PC{0,200}") {
            let _ = Zone::parse(&text);
        }

        #[test]
        fn no_zone_shaped_text_makes_it_panic(upper in "P[A-Z0-9<]{43}", lower in "[A-Z0-9<]{44}") {
            if let Ok(zone) = Zone::parse(&format!("{upper}\n{lower}")) {
                let _ = (zone.wrong_digits(), zone.sex(), zone.number().len(), zone.issuing_state(), zone.nationality());
                let _ = (zone.born_on(date!(2000 - 02 - 29)), zone.names(&name("A", "B")));
            }
        }
    }
}
