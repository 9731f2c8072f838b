//! Deviation lists: faults of certificates that a state made and will not mend, which operators tolerate for a time
//! (Doc 9303-12 section 5). Data of our own form: JSON, described in `docs/trust.md`.
//!
//! Owns that form. Refuses fields it does not know, faults that would let a forgery through, and deviations without an
//! end.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use time::Date;

use super::trust::{Deviation, TOLERABLE};
use crate::domain::chip::Fingerprint;
use crate::domain::finding::Rule;
use crate::domain::time::iso_date;
use crate::domain::trust::Sha256;

/// Deviations of one list.
pub const DEVIATIONS_MAX: usize = 1_000;
/// Bytes of the longest list that is read.
pub const LEN_MAX: usize = 1 << 20;
/// Letters of a name or a reason.
const TEXT_MAX: usize = 500;

/// A list of deviations.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationList {
    /// Its name: a later list of that name takes its place.
    pub name: String,
    /// The day it was made.
    #[serde(with = "iso_date")]
    pub issued_on: Date,
    /// What is tolerated.
    pub deviations: Vec<ListedDeviation>,
}

/// One fault of one certificate that is tolerated.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedDeviation {
    /// The certificate, of a CSCA or of a document signer: SHA-256 over its DER.
    pub certificate: Sha256,
    /// The rule that is known to be broken, one of [`TOLERABLE`]: `chip.signer-profile`.
    #[serde(deserialize_with = "tolerable")]
    pub fault: &'static Rule,
    /// The last day, in Viet Nam, on which it is.
    #[serde(with = "iso_date")]
    pub until: Date,
    /// Why, in words of the operators: which notice of which state.
    pub reason: String,
}

/// Why bytes are no deviation list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a deviation list")]
pub struct NotADeviationList;

impl DeviationList {
    /// Reads a list.
    ///
    /// # Errors
    /// If it is not of that form, names a fault that cannot be tolerated, or is longer than any list.
    pub fn read(bytes: &[u8]) -> Result<Self, NotADeviationList> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let list: Self =
            (bytes.len() <= LEN_MAX).then(|| serde_json::from_slice(bytes).ok()).flatten().ok_or(NotADeviationList)?;
        let said = |text: &str| !text.trim().is_empty() && text.chars().count() <= TEXT_MAX;
        let right = said(&list.name)
            && list.deviations.len() <= DEVIATIONS_MAX
            && list.deviations.iter().all(|deviation| said(&deviation.reason));
        right.then_some(list).ok_or(NotADeviationList)
    }
}

impl ListedDeviation {
    /// The deviation, if it is tolerated on that day.
    pub fn on(&self, day: Date) -> Option<Deviation> {
        let certificate = Fingerprint(*self.certificate.bytes());
        (day <= self.until).then_some(Deviation { certificate, rule: self.fault })
    }
}

/// A rule that may be switched off for a certificate. What proves a forgery is none.
fn tolerable<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Rule, D::Error> {
    let name = String::deserialize(from)?;
    let rule = TOLERABLE.iter().find(|rule| rule.id == name);
    rule.copied().ok_or_else(|| D::Error::custom("not a fault that can be tolerated"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn list(change: impl FnOnce(&mut serde_json::Value)) -> Result<DeviationList, NotADeviationList> {
        let mut json = serde_json::json!({
            "name": "national",
            "issued_on": "2026-11-01",
            "deviations": [{
                "certificate": "ab".repeat(32),
                "fault": "chip.signer-profile",
                "until": "2027-06-30",
                "reason": "The state's signers of 2019 lack the key usage."
            }]
        });
        change(&mut json);
        DeviationList::read(json.to_string().as_bytes())
    }

    #[test]
    fn a_deviation_is_tolerated_up_to_its_last_day() {
        let list = list(|_| ()).unwrap();
        let deviation = &list.deviations[0];
        let tolerated = deviation.on(date!(2027 - 06 - 30)).unwrap();
        assert_eq!((tolerated.certificate, tolerated.rule.id), (Fingerprint([0xab; 32]), "chip.signer-profile"));
        assert!(deviation.on(date!(2027 - 07 - 01)).is_none());
    }

    #[test]
    fn what_would_let_a_forgery_through_cannot_be_tolerated() {
        for fault in ["chip.signature-wrong", "chip.group-differs", "chip.signer-revoked", "chip.nonsense", ""] {
            assert_eq!(list(|json| json["deviations"][0]["fault"] = fault.into()), Err(NotADeviationList), "{fault}");
        }
    }

    #[test]
    fn a_list_says_all_it_must_and_nothing_else() {
        let wrong: [fn(&mut serde_json::Value); 8] = [
            |json| json["name"] = " ".into(),
            |json| json["issued_on"] = "2026-02-30".into(),
            |json| json["colour"] = "blue".into(),
            |json| json["deviations"][0]["until"] = serde_json::Value::Null,
            |json| json["deviations"][0]["reason"] = "".into(),
            |json| json["deviations"][0]["certificate"] = "ab".into(),
            |json| json["deviations"][0]["reason"] = "x".repeat(501).into(),
            |json| json["deviations"] = vec![json["deviations"][0].clone(); DEVIATIONS_MAX + 1].into(),
        ];
        for change in wrong {
            assert_eq!(list(change), Err(NotADeviationList));
        }
        for wrong in [&b""[..], b"{", b"[]", &vec![b' '; LEN_MAX + 1]] {
            assert_eq!(DeviationList::read(wrong), Err(NotADeviationList));
        }
    }
}
