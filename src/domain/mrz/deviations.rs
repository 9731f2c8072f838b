//! Known ways in which issuers depart from Doc 9303, as data: who, in which format, what, and where it was seen.
//!
//! A row makes a zone acceptable that otherwise is not, so each one names a document that was published. What is not
//! listed here is a wrong check digit.

use super::format::Format;

/// A documented departure from Doc 9303.
#[derive(Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Code of the issuer.
    pub issuer: &'static str,
    /// Format of the documents.
    pub format: Format,
    /// What they do otherwise.
    pub kind: Kind,
    /// Where it was seen.
    pub basis: &'static str,
}

/// What an issuer does otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The digit of a number of more than nine characters counts the filler that stands in the digit's usual place
    /// (position 15 of a card) as one of the number's characters.
    OverflowDigitCountsFiller,
}

/// Every departure that is accepted.
pub static DEVIATIONS: &[Deviation] = &[Deviation {
    issuer: "BEL",
    format: Format::Td1,
    kind: Kind::OverflowDigitCountsFiller,
    basis: "PRADO BEL-BO-03003: identity cards before the series of 2020",
}];

/// The accepted departure of that issuer, format and kind.
pub(super) fn find(issuer: &[u8], format: Format, kind: Kind) -> Option<&'static Deviation> {
    DEVIATIONS.iter().find(|row| row.issuer.as_bytes() == issuer && row.format == format && row.kind == kind)
}
