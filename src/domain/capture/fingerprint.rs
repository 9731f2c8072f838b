//! The template of one finger, recognised by its header, and the fingers of which there is none.
//!
//! Owns positions, quality and the known forms. Refuses to read minutiae: what a template says of a finger is for the
//! matcher of the authority.

use serde::{Deserialize, Serialize};

use super::Content;
use crate::domain::text::Malformed;

/// The largest template taken: 16 KiB. With ten of them and the largest face image a request still fits in one message.
pub const TEMPLATE_BYTES_MAX: usize = 16 << 10;

const TOO_LARGE: Malformed = Malformed::new(
    "Larger than 16384 bytes (16 KiB). Send a template of minutiae, not an image of the finger.",
    "Lớn hơn 16384 byte (16 KiB). Hãy gửi mẫu đặc trưng vân tay, không gửi ảnh vân tay.",
);
const UNKNOWN: Malformed = Malformed::new(
    "Not a known template. Send ISO/IEC 19794-2, ISO/IEC 39794-2 or ANSI/INCITS 378.",
    "Không phải mẫu vân tay đã biết. Hãy gửi theo ISO/IEC 19794-2, ISO/IEC 39794-2 hoặc ANSI/INCITS 378.",
);
const WRONG_LENGTH: Malformed = Malformed::new(
    "The template's length is not the one that its header tells: it was cut off, or something was added.",
    "Độ dài mẫu không đúng với phần đầu của mẫu: mẫu bị cắt hoặc có dữ liệu thừa.",
);
const NO_VIEW: Malformed =
    Malformed::new("The template holds no finger. Take it again.", "Mẫu không chứa vân tay nào. Hãy lấy lại.");
const WRONG_QUALITY: Malformed = Malformed::new("From 0 to 100.", "Từ 0 đến 100.");

/// Forms of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TemplateFormat {
    /// ISO/IEC 19794-2:2005, or a record of the edition of 2011, whose beginning ANSI/INCITS 378-2009 shares.
    IsoIec19794,
    /// ISO/IEC 39794-2, in DER.
    IsoIec39794,
    /// ANSI/INCITS 378-2004.
    Ansi378,
}

/// A finger, with the number that the templates have for it (ISO/IEC 19794-2 table 2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Finger {
    /// Right thumb.
    RightThumb = 1,
    /// Right index finger.
    RightIndex,
    /// Right middle finger.
    RightMiddle,
    /// Right ring finger.
    RightRing,
    /// Right little finger.
    RightLittle,
    /// Left thumb.
    LeftThumb,
    /// Left index finger.
    LeftIndex,
    /// Left middle finger.
    LeftMiddle,
    /// Left ring finger.
    LeftRing,
    /// Left little finger.
    LeftLittle,
}

impl Finger {
    /// Every finger, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::RightThumb,
        Self::RightIndex,
        Self::RightMiddle,
        Self::RightRing,
        Self::RightLittle,
        Self::LeftThumb,
        Self::LeftIndex,
        Self::LeftMiddle,
        Self::LeftRing,
        Self::LeftLittle,
    ];

    /// Its number, 1 to 10.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// How good a template is for comparison, 0 to 100 (ISO/IEC 29794-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Quality(u8);

impl Quality {
    /// Reads a score.
    ///
    /// # Errors
    /// If it is not from 0 to 100.
    pub fn new(score: i32) -> Result<Self, Malformed> {
        u8::try_from(score).ok().filter(|score| *score <= 100).map(Self).ok_or(WRONG_QUALITY)
    }

    /// The score.
    pub const fn score(self) -> u8 {
        self.0
    }
}

/// The template of one finger whose header is right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint {
    finger: Finger,
    quality: Option<Quality>,
    format: TemplateFormat,
    inside: Option<u8>,
    content: Content,
}

impl Fingerprint {
    /// Reads the template of `finger`. Without `quality`, the score in the template's first view counts, if it is there.
    ///
    /// # Errors
    /// If it is of no known form, too large, empty, or not as long as it says.
    pub fn read(finger: Finger, quality: Option<Quality>, bytes: Vec<u8>) -> Result<Self, Malformed> {
        let content = Content::new(bytes);
        if content.as_bytes().len() > TEMPLATE_BYTES_MAX {
            return Err(TOO_LARGE);
        }
        let header = Header::read(content.as_bytes())?;
        let quality = quality.or(header.quality.and_then(|score| Quality::new(score.into()).ok()));
        Ok(Self { finger, quality, format: header.format, inside: header.position, content })
    }

    /// Of which finger the office says it is.
    pub const fn finger(&self) -> Finger {
        self.finger
    }

    /// How good it is, if anybody said so.
    pub const fn quality(&self) -> Option<Quality> {
        self.quality
    }

    /// Its form.
    pub const fn format(&self) -> TemplateFormat {
        self.format
    }

    /// Whether the template itself says that it is of another finger. Many say "unknown", which contradicts nobody.
    pub fn names_another(&self) -> bool {
        self.inside.is_some_and(|number| number != 0 && number != self.finger.number())
    }

    /// The template itself.
    pub const fn content(&self) -> &Content {
        &self.content
    }
}

/// A finger of which there is no template.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MissingFinger {
    /// Which.
    pub finger: Finger,
    /// Why.
    pub absence: Absence,
}

/// Why a finger could not be taken. Health data: kept sealed like the captures themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Absence {
    /// It is not there.
    Amputated,
    /// It is hurt or bandaged, and may be taken another day.
    Injured,
    /// Its ridges are worn or were never there.
    Unreadable,
    /// It cannot be laid on the device.
    Unable,
}

/// What the header of a template tells.
struct Header {
    format: TemplateFormat,
    /// Finger position in the first view; 0 if unknown.
    position: Option<u8>,
    /// Quality in the first view.
    quality: Option<u8>,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let format = |format| Self { format, position: None, quality: None };
        match bytes.first_chunk() {
            Some(b"FMR\0 20\0") => Self::of_2004(bytes),
            // Editions since 2009 agree on the length and on nothing behind it.
            Some(b"FMR\x00030\0") => {
                let told = word(bytes, 8).ok_or(WRONG_LENGTH)?;
                (told == bytes.len()).then(|| format(TemplateFormat::IsoIec19794)).ok_or(WRONG_LENGTH)
            }
            _ if bytes.first() == Some(&EXTENSIBLE) => {
                is_one_element(bytes).then(|| format(TemplateFormat::IsoIec39794)).ok_or(WRONG_LENGTH)
            }
            _ => Err(UNKNOWN),
        }
    }

    /// The first editions of the ISO/IEC and the ANSI form begin alike and differ in the width of the length.
    fn of_2004(bytes: &[u8]) -> Result<Self, Malformed> {
        /// Where the number of views is, two bytes before the first one.
        const VIEWS_ISO: usize = 22;
        const VIEWS_ANSI: usize = 24;
        let short = bytes.get(8..10).and_then(|length| length.try_into().ok()).map(u16::from_be_bytes);
        let (format, views) = if word(bytes, 8) == Some(bytes.len()) {
            (TemplateFormat::IsoIec19794, VIEWS_ISO)
        } else if short.is_some_and(|short| usize::from(short) == bytes.len()) {
            (TemplateFormat::Ansi378, VIEWS_ANSI)
        } else {
            return Err(WRONG_LENGTH);
        };
        match bytes.get(views..) {
            Some(&[count, _, position, _, quality, ..]) if count > 0 => {
                Ok(Self { format, position: Some(position), quality: Some(quality) })
            }
            _ => Err(NO_VIEW),
        }
    }
}

/// Tag of a `FingerMinutiaDataBlock`: application class, constructed, number 2 (ISO/IEC 39794-2 annex A).
const EXTENSIBLE: u8 = 0x62;

/// The four bytes at `at` as a length.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_be_bytes(*word)).ok()
}

/// Whether the bytes are one DER element with something in it, and nothing behind it.
fn is_one_element(bytes: &[u8]) -> bool {
    let (told, head) = match *bytes {
        [_, short @ 1..=0x7f, ..] => (usize::from(short), 2),
        [_, 0x81, long @ 0x80..=0xff, ..] => (usize::from(long), 3),
        [_, 0x82, high @ 1..=0xff, low, ..] => (usize::from(u16::from_be_bytes([high, low])), 4),
        _ => return false,
    };
    bytes.len() == head + told
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A template of ISO/IEC 19794-2:2005 with one view and no minutiae.
    pub fn iso(position: u8, quality: u8) -> Vec<u8> {
        let mut record = b"FMR\0 20\0\0\0\0\x20\0\0\x01\x40\x01\xe0\0\xc5\0\xc5\x01\0".to_vec();
        record.extend([position, 0, quality, 0, 0, 0, 0, 0]);
        record
    }

    fn ansi(position: u8, quality: u8) -> Vec<u8> {
        let mut record = b"FMR\0 20\0\0\x20\0\0\0\0\0\0\x01\x40\x01\xe0\0\xc5\0\xc5\x01\0".to_vec();
        record.extend([position, 0, quality, 0, 0, 0]);
        record
    }

    fn edition_2011() -> Vec<u8> {
        b"FMR\x00030\0\0\0\0\x10\0\x01\0\0".to_vec()
    }

    fn extensible(inside: usize) -> Vec<u8> {
        let length = u16::try_from(inside).unwrap().to_be_bytes();
        [&[EXTENSIBLE, 0x82], length.as_slice(), &vec![7; inside]].concat()
    }

    fn read(bytes: &[u8]) -> Result<Fingerprint, Malformed> {
        Fingerprint::read(Finger::LeftIndex, None, bytes.to_vec())
    }

    #[test]
    fn each_known_form_is_recognised_by_its_header() {
        for (template, format) in [
            (iso(7, 80), TemplateFormat::IsoIec19794),
            (edition_2011(), TemplateFormat::IsoIec19794),
            (ansi(7, 80), TemplateFormat::Ansi378),
            (extensible(300), TemplateFormat::IsoIec39794),
            (vec![EXTENSIBLE, 2, 0xa0, 0], TemplateFormat::IsoIec39794),
        ] {
            assert_eq!(read(&template).unwrap().format(), format);
        }
    }

    #[test]
    fn finger_and_quality_are_those_of_the_first_view_unless_the_office_says_more() {
        for template in [iso(7, 80), ansi(7, 80)] {
            let found = read(&template).unwrap();
            assert_eq!((found.quality().map(Quality::score), found.names_another()), (Some(80), false));
            let said = Fingerprint::read(Finger::LeftThumb, Quality::new(33).ok(), template).unwrap();
            assert_eq!((said.quality().map(Quality::score), said.names_another()), (Some(33), true));
        }
        let unknown = read(&iso(0, 254)).unwrap();
        assert!(unknown.quality().is_none() && !unknown.names_another());
        assert!(Quality::new(101).is_err() && Quality::new(-1).is_err() && Quality::new(100).is_ok());
    }

    #[test]
    fn a_template_cut_anywhere_or_with_something_behind_it_is_refused() {
        for template in [iso(7, 80), ansi(7, 80), edition_2011(), extensible(300)] {
            for end in 0..template.len() {
                assert!(read(&template[..end]).is_err(), "{end}");
            }
            assert_eq!(read(&[&template[..], b"\0"].concat()), Err(WRONG_LENGTH));
        }
    }

    #[test]
    fn what_is_no_template_too_large_or_empty_is_refused() {
        for wrong in [&b""[..], b"FMR", b"FIR\x00010\0", b"FMR\0 10\0", b"\xff\xa0\xff\xa8", b"\xff\xd8\xff\xd9"] {
            assert_eq!(read(wrong), Err(UNKNOWN));
        }
        assert!(read(&extensible(TEMPLATE_BYTES_MAX - 4)).is_ok());
        assert_eq!(read(&extensible(TEMPLATE_BYTES_MAX - 3)), Err(TOO_LARGE));
        let mut empty = iso(7, 80);
        empty[22] = 0;
        assert_eq!(read(&empty), Err(NO_VIEW));
    }

    #[test]
    fn fingers_have_the_numbers_of_the_standard() {
        let numbers: Vec<_> = Finger::ALL.into_iter().map(Finger::number).collect();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            head in 0..4_usize,
            bytes in proptest::collection::vec(any::<u8>(), 0..64),
        ) {
            let magic: [&[u8]; 4] = [b"FMR\0 20\0", b"FMR\x00030\0", b"\x62", b""];
            let _ = read(&[magic[head], &bytes].concat());
        }
    }
}
