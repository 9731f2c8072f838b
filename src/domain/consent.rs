//! Agreement to a purpose: by whom, in which words, when (Law 91/2025 art. 9).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::Malformed;
use super::time::Timestamp;

/// One agreement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Consent {
    /// To what.
    pub purpose: Purpose,
    /// By whom.
    pub given_by: Giver,
    /// SHA-256 of the text shown.
    pub text: TextHash,
    /// Language of the text shown.
    pub language: LanguageTag,
    /// When.
    pub given_at: Timestamp,
}

/// How far the clock of a counter may run ahead before its times are called future.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_mins(5);

/// Purposes that need consent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Purpose {
    /// Creation of the account.
    Account,
    /// Processing of sensitive data: face, fingerprints, document images.
    SensitiveData,
}

/// Who agreed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Giver {
    /// The applicant.
    Applicant,
    /// The representative.
    Representative,
}

/// SHA-256 of a text: 32 bytes, written as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextHash([u8; 32]);

impl TextHash {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not a SHA-256 value. Write the 64 hexadecimal digits of the hash of the text that was shown.",
            "Không phải giá trị SHA-256. Hãy ghi 64 chữ số thập lục phân của mã băm văn bản đã hiển thị.",
        );
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map(|()| Self(bytes)).map_err(|_| WRONG)
    }
}

impl TryFrom<String> for TextHash {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<TextHash> for String {
    fn from(hash: TextHash) -> Self {
        hex::encode(hash.0)
    }
}

/// A BCP 47 language tag, lower case: `vi`, `en`, `zh-hans`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LanguageTag(String);

impl LanguageTag {
    /// Reads a tag: a primary language of two or three letters and up to two subtags.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Not a language tag. Write a BCP 47 tag such as vi, en or ko.",
            "Không phải mã ngôn ngữ. Hãy ghi mã BCP 47, ví dụ vi, en hoặc ko.",
        );
        let parts: Vec<&str> = text.split('-').take(4).collect();
        let subtag = |s: &&str| (2..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric());
        let right = match parts.as_slice() {
            [primary, rest @ ..] => {
                matches!(primary.len(), 2 | 3)
                    && primary.bytes().all(|b| b.is_ascii_alphabetic())
                    && rest.len() <= 2
                    && rest.iter().all(subtag)
            }
            [] => false,
        };
        right.then(|| Self(text.to_ascii_lowercase())).ok_or(WRONG)
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        Self::parse(&text)
    }
}

impl From<LanguageTag> for String {
    fn from(tag: LanguageTag) -> Self {
        tag.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_tags_are_read_strictly() {
        assert!(TextHash::parse(&"0f".repeat(32)).is_ok());
        assert!(TextHash::parse(&"0f".repeat(31)).is_err() && TextHash::parse("😀").is_err());
        assert_eq!(LanguageTag::parse("zh-Hans").unwrap().as_str(), "zh-hans");
        for wrong in ["", "e", "english", "en_US", "en-", "a-b-c-d-e"] {
            assert!(LanguageTag::parse(wrong).is_err(), "{wrong}");
        }
    }
}
