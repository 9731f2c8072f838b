//! Residence cards (DOMAIN 3.1, 3.2).

use serde::{Deserialize, Serialize};
use time::Date;

use super::passport::DocumentNumber;
use super::person::FullName;
use super::text::Malformed;
use super::time::iso_date;

/// A residence card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResidenceCard {
    /// Kind and, for a temporary card, symbol.
    pub kind: CardKind,
    /// Number: opaque, its format is not published.
    pub number: DocumentNumber,
    /// Day of issue.
    #[serde(with = "iso_date")]
    pub issued_on: Date,
    /// Last day of validity.
    #[serde(with = "iso_date")]
    pub expires_on: Date,
    /// Passport number printed on the card, if one is.
    pub passport_number: Option<DocumentNumber>,
    /// The name as the card spells it, if it was typed apart. It is compared, and never replaces the passport's.
    #[serde(default)]
    pub name: Option<FullName>,
}

/// Lawful stay without a residence card (DOMAIN 1.10).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stay {
    /// First day of lawful residence without a break.
    #[serde(with = "iso_date::option")]
    pub resident_since: Option<Date>,
    /// Visa.
    pub visa: Option<Visa>,
}

/// A visa.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visa {
    /// Number.
    pub number: DocumentNumber,
    /// Symbol, written as a card's is.
    pub symbol: CardSymbol,
    /// First day of validity.
    #[serde(with = "iso_date")]
    pub valid_from: Date,
    /// Last day of validity.
    #[serde(with = "iso_date")]
    pub expires_on: Date,
}

/// Kinds of residence card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CardKind {
    /// Thẻ tạm trú, issued under a symbol.
    Temporary(CardSymbol),
    /// Thẻ thường trú.
    Permanent,
}

impl CardKind {
    /// The name of temporary cards.
    pub const TEMPORARY: &str = "temporary";
    /// The name of permanent cards.
    pub const PERMANENT: &str = "permanent";

    /// The name under which a card number is unique.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Temporary(_) => Self::TEMPORARY,
            Self::Permanent => Self::PERMANENT,
        }
    }
}

/// Symbol of a temporary residence card in plain letters: `LD2` for LĐ2.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardSymbol(String);

impl CardSymbol {
    /// Reads a symbol; `Đ` and `Ð` are `D`, `Ư` is `U`, case and spaces do not matter.
    ///
    /// # Errors
    /// If it is not one or two letters and perhaps a digit.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "A card symbol is two letters and perhaps a digit, such as LD2 or TT. Type it as the card prints it.",
            "Ký hiệu thẻ gồm hai chữ cái và có thể thêm một chữ số, ví dụ LĐ2 hoặc TT. Hãy nhập đúng như in trên thẻ.",
        );
        if text.len() > 32 {
            return Err(WRONG);
        }
        let plain: String = text
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_uppercase)
            .map(|c| match c {
                'Đ' | 'Ð' => 'D',
                'Ư' => 'U',
                other => other,
            })
            .collect();
        let right = match plain.as_bytes() {
            [a, b] => a.is_ascii_uppercase() && b.is_ascii_uppercase(),
            [a, b, n] => a.is_ascii_uppercase() && b.is_ascii_uppercase() && n.is_ascii_digit(),
            _ => false,
        };
        right.then_some(Self(plain)).ok_or(WRONG)
    }

    /// The symbol in plain letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CardSymbol {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<CardSymbol> for String {
    fn from(symbol: CardSymbol) -> Self {
        symbol.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_letters_d_are_one() {
        for typed in ["LĐ2", "LÐ2", "ld2", " L đ 2 ", "LD2"] {
            assert_eq!(CardSymbol::parse(typed).unwrap().as_str(), "LD2", "{typed}");
        }
        assert_eq!(CardSymbol::parse("ưđ1").unwrap().as_str(), "UD1");
        for wrong in ["", "L", "LD22", "123", "😀", &"X".repeat(99)] {
            assert!(CardSymbol::parse(wrong).is_err(), "{wrong}");
        }
    }
}
