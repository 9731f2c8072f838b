//! The second pair of eyes: what a supervisor decides about a request that a rule referred.

use serde::{Deserialize, Serialize};

use super::ids::StaffId;
use super::person::personal_text;
use super::text::Malformed;
use super::time::Timestamp;

/// A decision about findings that refer. Its reason is sealed beside it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Review {
    /// Who decided.
    pub reviewer: StaffId,
    /// When.
    pub at: Timestamp,
    /// True: the findings were overridden and the request went on. False: it was declined.
    pub overridden: bool,
    /// Names of the rules that it was about. Kept as text: the rule may have left the catalogue since.
    pub rules: Vec<String>,
}

/// A review that cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotReview {
    /// The request does not wait for a supervisor.
    #[error("the request does not wait for a review")]
    NotReferred,
    /// The reviewer captured it.
    #[error("nobody reviews a request of their own")]
    OwnRequest,
    /// The rules named are not those that referred it.
    #[error("the rules named are not those that referred the request")]
    RulesDiffer,
    /// A likely duplicate came up that the reviewer has not seen.
    #[error("not every likely duplicate of the request was named")]
    CandidatesDiffer,
    /// No likely duplicate referred it.
    #[error("the request was not referred as a likely duplicate")]
    NoDuplicate,
}

personal_text! {
    /// Why a supervisor decided so, in their words: it may speak of the person.
    ReviewReason;
    /// What is to be corrected in a request that is returned, in the words of who returns it.
    ReturnNote;
}

impl ReviewReason {
    /// Reads a reason; white space around it is dropped.
    ///
    /// # Errors
    /// If it has fewer than 10 or more than 500 characters, or control characters other than line breaks.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Say in 10 to 500 characters what was seen or asked that settles it.",
            "Hãy nêu trong 10 đến 500 ký tự điều đã xem hoặc đã hỏi để kết luận.",
        );
        sentence(text).map(Self).ok_or(WRONG)
    }
}

impl ReturnNote {
    /// Reads a note; white space around it is dropped.
    ///
    /// # Errors
    /// If it has fewer than 10 or more than 500 characters, or control characters other than line breaks.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "Say in 10 to 500 characters what is to be corrected, so that the applicant need come only once more.",
            "Hãy nêu trong 10 đến 500 ký tự nội dung cần sửa, để người đề nghị chỉ phải đến thêm một lần.",
        );
        sentence(text).map(Self).ok_or(WRONG)
    }
}

impl From<&ReviewReason> for ReturnNote {
    /// What a supervisor says of a referral that is sent back is what the officers are told.
    fn from(reason: &ReviewReason) -> Self {
        Self(reason.as_str().to_owned())
    }
}

fn sentence(text: &str) -> Option<String> {
    let text = text.trim();
    let right = text.len() <= 500 * 4
        && (10..=500).contains(&text.chars().count())
        && !text.contains(|c: char| c.is_control() && c != '\n');
    right.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence_and_never_prints() {
        let reason = ReviewReason::parse(" The old passport was shown. ").unwrap();
        assert_eq!(reason.as_str(), "The old passport was shown.");
        assert_eq!(format!("{reason:?}"), "ReviewReason(…)");
        for wrong in ["", "ok", "          ok          ", &"a".repeat(501), "a\u{0}bcdefghijk"] {
            assert!(ReviewReason::parse(wrong).is_err());
        }
        assert!(ReviewReason::parse(&"đ".repeat(500)).is_ok());
    }
}
