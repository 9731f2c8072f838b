//! Face and fingerprints: what can be said of them without comparing a face with a face.
//!
//! Owns the comparison with the chip, which is one of hashes: equal means the very same file. Refuses more than a note for
//! what is missing, because the immigration record may hold it already (DOMAIN 1.6), and that decides the deadline, not the
//! request.

use std::collections::HashSet;

use crate::domain::capture::{Captures, Hash};
use crate::domain::finding::{
    FACE_DIMENSIONS, FACE_FROM_CHIP, FACE_MISSING, FINGER_DIFFERS, FINGER_POOR, FINGER_TWICE, FINGERPRINTS_MISSING,
    Field, Finding, Findings, Rule, Source,
};
use crate::domain::law::captures::{FACE_PIXELS_MAX, FACE_PIXELS_MIN, QUALITY_MIN};

/// What is known elsewhere of the applicant's face and fingers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Elsewhere {
    /// SHA-256 of the face image in the chip's DG2, if the chip was read.
    pub chip_face: Option<Hash>,
    /// The immigration record holds the face.
    pub face_on_record: bool,
    /// The immigration record holds fingerprints.
    pub fingerprints_on_record: bool,
}

/// Applies the rules for captures.
pub(super) fn captures(captures: &Captures, elsewhere: Elsewhere, found: &mut Findings) {
    face(captures, elsewhere, found);
    fingers(captures, elsewhere, found);
}

fn face(captures: &Captures, elsewhere: Elsewhere, found: &mut Findings) {
    let Some(face) = &captures.face else {
        if !elsewhere.face_on_record {
            found.add(at(&FACE_MISSING, "captures.face".to_owned()));
        }
        return;
    };
    let (width, height) = face.pixels();
    let (least, most) = (FACE_PIXELS_MIN, FACE_PIXELS_MAX);
    if width < least.0 || height < least.1 || width > most.0 || height > most.1 {
        let field = Field::new(Source::Capture, "captures.face").showing(format!("{width} × {height}"));
        found.add(Finding::new(&FACE_DIMENSIONS, [field]));
    }
    if elsewhere.chip_face.is_some_and(|chip| chip == face.content().hash()) {
        let fields = [Field::new(Source::Capture, "captures.face"), Field::new(Source::Chip, "chip.dg2")];
        found.add(Finding::new(&FACE_FROM_CHIP, fields));
    }
}

fn fingers(captures: &Captures, elsewhere: Elsewhere, found: &mut Findings) {
    let explained = !captures.fingerprints.is_empty() || !captures.missing.is_empty();
    if !explained && !elsewhere.fingerprints_on_record {
        found.add(at(&FINGERPRINTS_MISSING, "captures.fingerprints".to_owned()));
    }
    let (mut fingers, mut templates) = (HashSet::new(), HashSet::new());
    for (i, print) in captures.fingerprints.iter().enumerate() {
        let field = || format!("captures.fingerprints[{i}]");
        let new = (fingers.insert(print.finger()), templates.insert(print.content().hash()));
        if new != (true, true) {
            found.add(at(&FINGER_TWICE, field()));
        }
        if print.names_another() {
            found.add(at(&FINGER_DIFFERS, field()));
        }
        if let Some(quality) = print.quality().filter(|quality| quality.score() < QUALITY_MIN) {
            let mut poor = at(&FINGER_POOR, field());
            poor.fields = poor.fields.into_iter().map(|field| field.showing(quality.score().to_string())).collect();
            found.add(poor);
        }
    }
    for (i, missing) in captures.missing.iter().enumerate() {
        if !fingers.insert(missing.finger) {
            found.add(at(&FINGER_TWICE, format!("captures.missing_fingers[{i}]")));
        }
    }
}

/// A finding about one capture.
fn at(rule: &'static Rule, path: String) -> Finding {
    Finding::new(rule, [Field { path: path.into(), source: Source::Capture, value: None }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::capture::samples::{iso, jpeg};
    use crate::domain::capture::{Absence, FaceImage, Finger, Fingerprint, MissingFinger, Quality};

    fn face(width: u16, height: u16) -> FaceImage {
        FaceImage::read(jpeg(width, height)).unwrap()
    }

    fn print(finger: Finger) -> Fingerprint {
        Fingerprint::read(finger, None, iso(finger.number(), 80)).unwrap()
    }

    fn complete() -> Captures {
        let fingerprints = vec![print(Finger::RightIndex), print(Finger::LeftIndex)];
        Captures { face: Some(face(480, 640)), fingerprints, missing: Vec::new() }
    }

    fn found_with(elsewhere: Elsewhere, change: impl FnOnce(&mut Captures)) -> Vec<(&'static str, String)> {
        let (mut taken, mut found) = (complete(), Findings::default());
        change(&mut taken);
        captures(&taken, elsewhere, &mut found);
        found.iter().map(|finding| (finding.rule.id, finding.fields[0].path.to_string())).collect()
    }

    fn found(change: impl FnOnce(&mut Captures)) -> Vec<(&'static str, String)> {
        found_with(Elsewhere::default(), change)
    }

    fn one(rule: &'static str, path: &str) -> Vec<(&'static str, String)> {
        vec![(rule, path.to_owned())]
    }

    #[test]
    fn good_captures_leave_nothing_to_say() {
        assert_eq!(found(|_| {}), []);
    }

    #[test]
    fn a_face_that_was_not_taken_is_noted_unless_the_record_has_it() {
        assert_eq!(found(|taken| taken.face = None), one("capture.face-missing", "captures.face"));
        let on_record = Elsewhere { face_on_record: true, ..Elsewhere::default() };
        assert_eq!(found_with(on_record, |taken| taken.face = None), []);
    }

    #[test]
    fn a_face_of_too_few_or_too_many_pixels_is_refused() {
        for (width, height) in [(239, 640), (480, 319), (4_097, 640), (480, 4_097), (1, 1)] {
            let told = found(|taken| taken.face = Some(face(width, height)));
            assert_eq!(told, one("capture.face-dimensions", "captures.face"), "{width} × {height}");
        }
        for (width, height) in [(240, 320), (4_096, 4_096)] {
            assert_eq!(found(|taken| taken.face = Some(face(width, height))), []);
        }
    }

    #[test]
    fn a_face_that_is_the_chips_own_image_is_noted_by_its_hash() {
        let chip = |bytes: Vec<u8>| FaceImage::read(bytes).map(|face| face.content().hash()).ok();
        let same = Elsewhere { chip_face: chip(jpeg(480, 640)), ..Elsewhere::default() };
        assert_eq!(found_with(same, |_| {}), one("capture.face-from-chip", "captures.face"));
        let other = Elsewhere { chip_face: chip(jpeg(481, 640)), ..Elsewhere::default() };
        assert_eq!(found_with(other, |_| {}), []);
        assert_eq!(found_with(same, |taken| taken.face = None), one("capture.face-missing", "captures.face"));
    }

    #[test]
    fn fingers_that_were_not_taken_are_noted_unless_explained_or_on_record() {
        let none = |taken: &mut Captures| taken.fingerprints.clear();
        assert_eq!(found(none), one("capture.fingerprints-missing", "captures.fingerprints"));
        let on_record = Elsewhere { fingerprints_on_record: true, ..Elsewhere::default() };
        assert_eq!(found_with(on_record, none), []);
        let explained = found(|taken| {
            taken.fingerprints.clear();
            taken.missing = Finger::ALL.map(|finger| MissingFinger { finger, absence: Absence::Amputated }).to_vec();
        });
        assert_eq!(explained, []);
    }

    #[test]
    fn a_finger_that_appears_twice_is_refused() {
        let twice = found(|taken| {
            let again = Fingerprint::read(Finger::RightIndex, None, iso(2, 81)).unwrap();
            taken.fingerprints.push(again);
        });
        assert_eq!(twice, one("capture.finger-twice", "captures.fingerprints[2]"));
        let same_template = found(|taken| {
            taken.fingerprints = [Finger::RightRing, Finger::LeftRing]
                .map(|finger| Fingerprint::read(finger, None, iso(0, 80)).unwrap())
                .to_vec();
        });
        assert_eq!(same_template, one("capture.finger-twice", "captures.fingerprints[1]"));
        let missing_too = found(|taken| {
            taken.missing = vec![MissingFinger { finger: Finger::LeftIndex, absence: Absence::Injured }];
        });
        assert_eq!(missing_too, one("capture.finger-twice", "captures.missing_fingers[0]"));
    }

    #[test]
    fn a_template_of_another_finger_is_refused() {
        let told = found(|taken| {
            taken.fingerprints[1] = Fingerprint::read(Finger::LeftIndex, None, iso(3, 80)).unwrap();
        });
        assert_eq!(told, one("capture.finger-differs", "captures.fingerprints[1]"));
    }

    #[test]
    fn a_poor_fingerprint_is_noted() {
        let of_quality = |score| {
            found(|taken| {
                let quality = Quality::new(score).ok();
                taken.fingerprints[0] = Fingerprint::read(Finger::RightIndex, quality, iso(2, 80)).unwrap();
            })
        };
        assert_eq!(of_quality(25), one("capture.finger-poor", "captures.fingerprints[0]"));
        assert_eq!(of_quality(26), []);
    }
}
