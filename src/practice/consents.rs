//! Consent as the counter records it: purpose, giver, the words shown, when (DOMAIN 7.1).

use std::time::Duration;

use ring::digest::{SHA256, digest};

use crate::domain::time::Timestamp;
use crate::proto::{Consent, ConsentGiver, ConsentPurpose};

/// Both purposes, agreed to by each of the givers, `before` now and in the language named.
pub(super) fn given(givers: &[ConsentGiver], language: &str, now: Timestamp, before: Duration) -> Vec<Consent> {
    let purposes = [ConsentPurpose::Account, ConsentPurpose::SensitiveData];
    let each = givers.iter().flat_map(|giver| purposes.iter().map(move |purpose| (*giver, *purpose)));
    each.map(|(giver, purpose)| Consent {
        purpose: purpose.into(),
        given_by: giver.into(),
        text_sha256: hex::encode(digest(&SHA256, text(purpose, language).as_bytes())),
        text_language: language.to_owned(),
        given_at: Some(instant(Timestamp::from_micros(now.micros().saturating_sub(micros(before))))),
    })
    .collect()
}

/// The text that a practice applicant was shown. It stands in for the real wording and says so.
fn text(purpose: ConsentPurpose, language: &str) -> String {
    let agreed = match purpose {
        ConsentPurpose::SensitiveData => {
            "my face, fingerprints and document images, which are sensitive data, are processed"
        }
        ConsentPurpose::Account | ConsentPurpose::Unspecified => "an electronic identity account is created for me",
    };
    format!("PRACTICE ONLY, not a consent of any person. Shown in {language}. I agree that {agreed}.")
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

fn instant(at: Timestamp) -> prost_types::Timestamp {
    let seconds = at.micros().div_euclid(1_000_000);
    let nanos = i32::try_from(at.micros().rem_euclid(1_000_000) * 1_000).unwrap_or_default();
    prost_types::Timestamp { seconds, nanos }
}
