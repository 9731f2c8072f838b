//! Biometric captures: what an office takes of a person, checked as far as headers tell.
//!
//! Owns the kinds, their limits and the forms that are known. Refuses to match: no face is compared with a face and no
//! finger with a finger here; the authority does that. What is captured never prints.

mod face;
mod fingerprint;

pub use face::{FACE_BYTES_MAX, FaceImage, ImageFormat};
pub use fingerprint::{Absence, Finger, Fingerprint, MissingFinger, Quality, TEMPLATE_BYTES_MAX, TemplateFormat};

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Fingers that a person has.
pub const FINGERS_MAX: usize = 10;

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// SHA-256 of `bytes`.
pub fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// The bytes of one capture, wiped from memory when they go. They print their length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(Zeroizing<Vec<u8>>);

impl Content {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be sealed or handed to the authority.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// SHA-256 of the bytes.
    pub fn hash(&self) -> Hash {
        hash(self.as_bytes())
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

/// What was taken of one person. Every value in it is well formed; whether it is acceptable is for [`super::check`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Captures {
    /// The face.
    pub face: Option<FaceImage>,
    /// Fingers, at most [`FINGERS_MAX`].
    pub fingerprints: Vec<Fingerprint>,
    /// Fingers that could not be taken, and why.
    pub missing: Vec<MissingFinger>,
}

impl Captures {
    /// Whether nothing was taken, and nothing said about what was not.
    pub const fn is_empty(&self) -> bool {
        self.face.is_none() && self.fingerprints.is_empty() && self.missing.is_empty()
    }
}

/// What one object in the archive is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CaptureKind {
    /// A face image.
    Face,
    /// The template of one finger.
    Fingerprint,
}

impl CaptureKind {
    /// The name the store keeps, and part of what an object is sealed for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Face => "face",
            Self::Fingerprint => "fingerprint",
        }
    }

    /// Reads a name written by [`CaptureKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Face, Self::Fingerprint].into_iter().find(|kind| kind.name() == name)
    }
}

/// Why captures are no longer kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndReason {
    /// The authority confirmed that it has them.
    Received,
    /// The request was refused: nobody needs them.
    Refused,
    /// The request was withdrawn.
    Withdrawn,
}

impl EndReason {
    const ALL: [Self; 3] = [Self::Received, Self::Refused, Self::Withdrawn];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads a name written by [`EndReason::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_captured_is_hashed_and_never_printed() {
        let content = Content::new(b"minutiae".to_vec());
        assert_eq!(hex::encode(content.hash()), hex::encode(Sha256::digest(b"minutiae")));
        assert_eq!(format!("{content:?}"), "Content(8 bytes)");
    }

    #[test]
    fn names_that_are_kept_are_read_again() {
        for kind in [CaptureKind::Face, CaptureKind::Fingerprint] {
            assert_eq!(CaptureKind::from_name(kind.name()), Some(kind));
        }
        for reason in EndReason::ALL {
            assert_eq!(EndReason::from_name(reason.name()), Some(reason));
        }
        assert_eq!((CaptureKind::from_name("iris"), EndReason::from_name("")), (None, None));
    }
}

/// Captures as far as their headers tell, for tests beside this room.
#[cfg(test)]
pub mod samples {
    pub use super::face::tests::jpeg;
    pub use super::fingerprint::tests::iso;
}
