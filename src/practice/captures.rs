//! What an office captures of a practice applicant: a face that nobody has, and templates of fingers drawn by chance.

use crate::practice::country::portrait;
use crate::practice::draw::Draw;
use crate::practice::generator::Generator;
use crate::proto::{Captures, Finger, FingerAbsence, FingerprintTemplate, Image, MissingFinger};

/// Minutiae in a template: as many as an ordinary finger shows.
const MINUTIAE: u8 = 32;

/// Sides of the area that the sensor saw, in its dots.
const WIDTH: u16 = 320;
const HEIGHT: u16 = 480;

impl Generator {
    /// A face, both index fingers, and a left thumb that is bandaged. No two draws have a file in common.
    pub fn captures(&mut self) -> Captures {
        let face = portrait(self.draw.digits(32).as_bytes());
        let fingers = [Finger::RightIndex, Finger::LeftIndex];
        let missing = MissingFinger { finger: Finger::LeftThumb.into(), absence: FingerAbsence::Injured.into() };
        Captures {
            face: Some(Image { content: face }),
            fingerprints: fingers.map(|finger| fingerprint(&mut self.draw, finger)).into(),
            missing_fingers: vec![missing],
        }
    }
}

fn fingerprint(draw: &mut Draw, finger: Finger) -> FingerprintTemplate {
    let quality = byte(draw, 60, 95);
    FingerprintTemplate {
        finger: finger.into(),
        quality: None,
        content: template(draw, u8::try_from(i32::from(finger)).unwrap_or_default(), quality),
    }
}

/// A finger minutiae record with one view (ISO/IEC 19794-2:2005, section 7).
fn template(draw: &mut Draw, position: u8, quality: u8) -> Vec<u8> {
    let mut view = vec![position, 0, quality, MINUTIAE];
    for _ in 0..MINUTIAE {
        let (x, y) = (place(draw, WIDTH), place(draw, HEIGHT));
        // The two bits above the abscissa say that it is the end of a ridge.
        view.extend((0x4000 | x).to_be_bytes());
        view.extend(y.to_be_bytes());
        view.extend([byte(draw, 0, 255), byte(draw, 1, 100)]);
    }
    // No extended data.
    view.extend([0, 0]);
    let mut record = b"FMR\0 20\0".to_vec();
    let len = record.len() + 16 + view.len();
    record.extend(u32::try_from(len).unwrap_or_default().to_be_bytes());
    record.extend([0, 0]);
    // Dots, dots per centimetre both ways, number of views, a reserved byte.
    for word in [WIDTH, HEIGHT, 197, 197] {
        record.extend(word.to_be_bytes());
    }
    record.extend([1, 0]);
    record.extend(view);
    record
}

fn byte(draw: &mut Draw, least: u8, most: u8) -> u8 {
    u8::try_from(draw.within(i32::from(least)..=i32::from(most))).unwrap_or_default()
}

fn place(draw: &mut Draw, below: u16) -> u16 {
    u16::try_from(draw.within(0..=i32::from(below) - 1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::macros::date;

    use super::*;
    use crate::domain::capture;
    use crate::domain::time::Timestamp;

    #[test]
    fn what_is_captured_is_of_known_forms_and_never_twice_the_same() {
        let mut people = Generator::new(1, Timestamp::start_of(date!(2026 - 11 - 21)));
        let mut seen = HashSet::new();
        for _ in 0..10 {
            let taken = people.captures();
            let face = capture::FaceImage::read(taken.face.unwrap().content).unwrap();
            assert_eq!(face.pixels(), (240, 320));
            assert!(seen.insert(face.content().hash()));
            let fingers = [capture::Finger::RightIndex, capture::Finger::LeftIndex];
            for (print, finger) in taken.fingerprints.into_iter().zip(fingers) {
                assert_eq!(print.finger, i32::from(finger.number()));
                let read = capture::Fingerprint::read(finger, None, print.content).unwrap();
                assert_eq!(read.format(), capture::TemplateFormat::IsoIec19794);
                assert!(!read.names_another() && read.quality().unwrap().score() >= 60);
                assert!(seen.insert(read.content().hash()));
            }
        }
    }
}
