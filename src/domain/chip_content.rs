//! What the chip of a passport says of its holder and itself: the values that are compared, and no others.
//!
//! Spellings stay apart: a name of the chip never replaces a typed one. Nothing here prints.

use std::fmt;

use super::mrz::{PartialDate, Zone};
use super::person::{FullName, personal_text};
use super::text::Malformed;

/// Content of the data groups that were offered and could be read.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ChipContent {
    /// DG1: the machine readable zone.
    pub zone: Option<Zone>,
    /// DG2: the face images, in their order.
    pub faces: Vec<ChipImage>,
    /// DG11: further details of the holder.
    pub holder: HolderDetails,
    /// DG12: day of issue.
    pub issued_on: Option<PartialDate>,
}

impl fmt::Debug for ChipContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChipContent(…)")
    }
}

/// Details of the holder (DG11, Doc 9303-10 section 4.7.11). All of them are optional.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct HolderDetails {
    /// The full name, in the letters of the state.
    pub name: Option<FullName>,
    /// Day of birth with its century.
    pub born_on: Option<PartialDate>,
    /// The number under which the state keeps the holder.
    pub personal_number: Option<PersonalNumber>,
}

impl fmt::Debug for HolderDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HolderDetails(…)")
    }
}

personal_text! {
    /// A personal number as a state writes it, letters made capital, without spaces, hyphens and fillers.
    PersonalNumber;
}

impl PersonalNumber {
    /// Reads a number.
    ///
    /// # Errors
    /// If nothing is left of it, it has more than 99 characters, or one that is no ASCII letter or digit.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "A personal number has 1 to 99 letters and digits.",
            "Số định danh cá nhân gồm 1 đến 99 chữ cái và chữ số.",
        );
        let dropped = |c: &char| !matches!(c, ' ' | '-' | '.' | '/' | '<');
        let number: String = text.chars().filter(dropped).map(|c| c.to_ascii_uppercase()).take(100).collect();
        let right = (1..=99).contains(&number.len()) && number.bytes().all(|c| c.is_ascii_alphanumeric());
        right.then_some(Self(number)).ok_or(WRONG)
    }
}

/// A face image by its kind and digest: what a capture is compared with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChipImage {
    /// Format of the file.
    pub kind: ImageKind,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
}

impl fmt::Debug for ChipImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChipImage(…)")
    }
}

/// Formats of a face image (Doc 9303-9 section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageKind {
    /// ISO/IEC 10918.
    Jpeg,
    /// ISO/IEC 15444.
    Jpeg2000,
}

impl ImageKind {
    /// The kind of an image file, by how it begins; `None` if it is another.
    pub fn of(file: &[u8]) -> Option<Self> {
        const JP2_BOX: &[u8] = b"\x00\x00\x00\x0CjP  \r\n\x87\n";
        const CODESTREAM: &[u8] = b"\xFF\x4F\xFF\x51";
        if file.starts_with(b"\xFF\xD8\xFF") {
            return Some(Self::Jpeg);
        }
        (file.starts_with(JP2_BOX) || file.starts_with(CODESTREAM)).then_some(Self::Jpeg2000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_numbers_have_one_normal_form_and_do_not_print() {
        let number = PersonalNumber::parse("ze 184226-b<<<").unwrap();
        assert_eq!((number.as_str(), format!("{number:?}").as_str()), ("ZE184226B", "PersonalNumber(…)"));
        for wrong in ["", "<<<", "12é", &"1".repeat(100)] {
            assert!(PersonalNumber::parse(wrong).is_err());
        }
    }

    #[test]
    fn an_image_is_known_by_how_it_begins() {
        assert_eq!(ImageKind::of(b"\xFF\xD8\xFF\xE0"), Some(ImageKind::Jpeg));
        assert_eq!(ImageKind::of(b"\x00\x00\x00\x0CjP  \r\n\x87\n"), Some(ImageKind::Jpeg2000));
        assert_eq!(ImageKind::of(b"\xFF\x4F\xFF\x51"), Some(ImageKind::Jpeg2000));
        for other in [&b""[..], b"\xFF", b"\x89PNG\r\n\x1A\n", b"GIF89a"] {
            assert_eq!(ImageKind::of(other), None);
        }
    }
}
