//! Faces and fingers that are right as far as their headers tell, and nobody's.

use eid::domain::capture::{Absence, Captures, FaceImage, Finger, Fingerprint, Hash, MissingFinger};
use eid::proto as pb;

/// A JPEG of these dimensions, with `inside` where the picture would be.
pub fn jpeg(width: u16, height: u16, inside: &[u8]) -> Vec<u8> {
    let ([w1, w0], [h1, h0]) = (width.to_be_bytes(), height.to_be_bytes());
    let mut image = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00".to_vec();
    image.extend([0xff, 0xc0, 0, 11, 8, h1, h0, w1, w0, 1, 1, 0x11, 0]);
    image.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    image.extend(inside);
    image.extend([0xff, 0xd9]);
    image
}

/// A template of ISO/IEC 19794-2:2005 of this finger, with `inside` behind its first view.
pub fn template(finger: Finger, inside: &[u8]) -> Vec<u8> {
    let mut record = b"FMR\0 20\0".to_vec();
    record.extend(u32::try_from(32 + inside.len()).unwrap().to_be_bytes());
    record.extend(b"\0\0\x01\x40\x01\xe0\0\xc5\0\xc5\x01\0");
    record.extend([finger.number(), 0, 80, 0, 0, 0, 0, 0]);
    record.extend(inside);
    record
}

/// Bytes by which what was captured can be found wherever it is kept in clear.
pub const MARK: &[u8] = b"the ridges of nobody in particular";

/// A face, two fingers and one that is missing, all of them with [`MARK`] inside.
pub fn captures() -> Captures {
    let finger = |finger, with: u8| {
        let template = template(finger, &[MARK, &[with]].concat());
        Fingerprint::read(finger, None, template).unwrap()
    };
    Captures {
        face: Some(FaceImage::read(jpeg(480, 640, MARK)).unwrap()),
        fingerprints: vec![finger(Finger::RightIndex, 1), finger(Finger::LeftIndex, 2)],
        missing: vec![MissingFinger { finger: Finger::LeftThumb, absence: Absence::Amputated }],
    }
}

/// The same as an officer sends them.
pub fn sent() -> pb::Captures {
    let Captures { face, fingerprints, .. } = captures();
    let print = |print: &Fingerprint| pb::FingerprintTemplate {
        finger: i32::from(print.finger().number()),
        quality: None,
        content: print.content().as_bytes().to_vec(),
    };
    pb::Captures {
        face: face.map(|face| pb::Image { content: face.content().as_bytes().to_vec() }),
        fingerprints: fingerprints.iter().map(print).collect(),
        missing_fingers: vec![pb::MissingFinger {
            finger: pb::Finger::LeftThumb.into(),
            absence: pb::FingerAbsence::Amputated.into(),
        }],
    }
}

/// The hashes by which the authority confirms them.
pub fn hashes(captures: &Captures) -> Vec<Hash> {
    let face = captures.face.iter().map(|face| face.content().hash());
    face.chain(captures.fingerprints.iter().map(|print| print.content().hash())).collect()
}
