//! What can be wrong with face image and fingerprints.

use super::catalogue;

catalogue! {}
