//! The content hash: what ties a receipt to the request that was submitted, without telling anything of it.
//!
//! The hash is salted: a passport number, a phone or a day of birth could be found by trying, were it not for the salt.
//! Refuses to print a salt or an unsalted digest.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::domain::text::Malformed;

/// Bytes of a salt: as many as cannot be tried.
pub const SALT_BYTES: usize = 16;

/// What is mixed into the content hash. Whoever has it and a guess at the content can test the guess, so that it goes
/// to the office with the receipt and is no part of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// The salt of these bytes.
    pub const fn new(bytes: [u8; SALT_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads what [`Salt::to_text`] wrote.
    ///
    /// # Errors
    /// If it is anything but 22 characters of base64url.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not a salt. It has 22 letters, digits, hyphens and underscores, as the receipt came with.",
            "Không phải muối. Muối gồm 22 chữ cái, chữ số, gạch nối và gạch dưới, được gửi kèm biên nhận.",
        );
        let bytes = (text.len() <= 64).then(|| URL_SAFE_NO_PAD.decode(text.trim()).ok()).flatten();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(WRONG)
    }

    /// The salt in base64url without padding, 22 characters.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// SHA-256 of the bytes that were submitted, not yet salted: it never leaves the process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PlainDigest([u8; 32]);

impl PlainDigest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Debug for PlainDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainDigest(…)")
    }
}

/// The content hash of a receipt: SHA-256 of the salt followed by the SHA-256 of the bytes submitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of what was submitted, under a salt.
    pub fn new(salt: Salt, content: PlainDigest) -> Self {
        Self(Sha256::new().chain_update(salt.0).chain_update(content.0).finalize().into())
    }

    /// Reads what [`ContentHash::to_text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = (text.len() == 43).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten()?;
        bytes.try_into().ok().map(Self)
    }

    /// The hash in base64url without padding, 43 characters.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_common_tools_compute() {
        // (printf '0123456789abcdef'; printf 'submitted' | openssl dgst -sha256 -binary) | openssl dgst -sha256
        let hash = ContentHash::new(Salt::new(*b"0123456789abcdef"), PlainDigest::of(b"submitted"));
        assert_eq!(hex::encode(hash.0), "1ea77bab1da27d985e12c2fa36b0559f682c39e94a2b0f8b1127fcc3d83f215c");
    }

    #[test]
    fn one_content_has_another_hash_under_another_salt() {
        let content = PlainDigest::of(b"submitted");
        assert_ne!(ContentHash::new(Salt::new([0; 16]), content), ContentHash::new(Salt::new([1; 16]), content));
    }

    #[test]
    fn salts_and_hashes_are_read_back_and_nothing_else_is() {
        let salt = Salt::new(*b"0123456789abcdef");
        assert_eq!(Salt::parse(&format!(" {}\n", salt.to_text())), Ok(salt));
        let hash = ContentHash::new(salt, PlainDigest::of(b""));
        assert_eq!(ContentHash::parse(&hash.to_text()), Some(hash));
        for wrong in ["", "AAAA", "MDEyMzQ1Njc4OWFiY2RlZh", "MDEyMzQ1Njc4OWFiY2RlZg==", &"A".repeat(1_000_000)] {
            assert!(Salt::parse(wrong).is_err() && ContentHash::parse(wrong).is_none(), "{wrong:.40}");
        }
    }

    #[test]
    fn what_could_be_tried_against_never_prints() {
        assert_eq!(format!("{:?} {:?}", Salt::new([1; 16]), PlainDigest::of(b"x")), "Salt(…) PlainDigest(…)");
    }
}
