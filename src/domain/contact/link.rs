//! The code in a notice by which whoever reads another contact of the account stops a change.
//!
//! It comes without a name beside it, so it is long: 80 bits, more than a continuation code needs (NIST SP 800-63A-4
//! section 3.9), and trying is throttled. It stops one request and opens nothing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::device::letters;
use crate::domain::text::Malformed;

const WRONG: Malformed = Malformed::new(
    "A code that stops a change has sixteen letters and digits in groups of four, as the notice shows it.",
    "Mã dừng thay đổi gồm mười sáu chữ cái và chữ số, chia thành nhóm bốn ký tự như trong thông báo.",
);

/// Letters and digits of one group.
const GROUP: usize = 4;

/// The code. Never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CancelLink(String);

impl CancelLink {
    /// How many letters and digits it has, five bits each.
    pub const LETTERS: usize = 16;

    /// The code of these random bytes: five bits of each count.
    pub fn drawn(bytes: [u8; Self::LETTERS]) -> Self {
        Self(letters::drawn(&bytes))
    }

    /// Reads what a person typed: spaces, hyphens and small letters count for nothing, O is 0, I and L are 1.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        letters::read(text, Self::LETTERS).map(Self).ok_or(WRONG)
    }

    /// The letters, without hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is shown to a person.
    pub fn shown(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(GROUP).map(String::from_iter).collect::<Vec<_>>().join("-")
    }
}

impl TryFrom<String> for CancelLink {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<CancelLink> for String {
    fn from(link: CancelLink) -> Self {
        link.0
    }
}

impl fmt::Debug for CancelLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CancelLink(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it_and_never_prints() {
        let link = CancelLink::drawn(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        assert_eq!(link.shown(), "0123-4567-89AB-CDEF");
        assert_eq!(CancelLink::parse(" o123 4567-89ab-cdef ").unwrap(), link);
        assert_eq!(format!("{link:?}"), "CancelLink(…)");
        for wrong in ["", "0123", "0123-4567-89AB-CDEU", "0123-4567-89AB-CDEF-0"] {
            assert!(CancelLink::parse(wrong).is_err(), "{wrong}");
        }
    }
}
