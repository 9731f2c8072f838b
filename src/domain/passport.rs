//! Passports and other travel documents as they are typed.

use serde::{Deserialize, Serialize};
use time::Date;

use super::mrz::Zone;
use super::person::{StateCode, personal_text};
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
#[derive(PartialEq, Eq, Clone, Debug, Serialize, Deserialize)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_normal_form() {
        assert_eq!(DocumentNumber::parse(" l898-902 c3").unwrap().as_str(), "L898902C3");
        for wrong in ["", " ", "L8989😀", "Ｌ123", &"A".repeat(21), &"A".repeat(1_000_000)] {
            assert!(DocumentNumber::parse(wrong).is_err());
        }
    }
}
