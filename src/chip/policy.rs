//! Which signatures are too weak, and until which day they are accepted all the same (Doc 9303-12 section 4.4; BSI
//! TR-03116-2).
//!
//! Owns the names of the switches. Those of weak algorithms are off by default: whoever turns one on names the day on which
//! it goes off again. What counts is the day of the check, `on`: who can break an algorithm also chooses the day that a
//! document or a certificate names.

use serde::{Deserialize, Serialize};
use time::Date;

use super::hash::Hash;
use super::key::KeyAlgorithm;
use super::scheme::Scheme;

/// Which weak algorithms are accepted, and until when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Policy {
    /// Signatures over SHA-1, and PSS masks made with it: accepted before this day. Absent: never.
    #[serde(with = "optional_date")]
    pub sha1: Option<Date>,
    /// RSA with a modulus of less than 2048 bits: accepted before this day. Absent: never.
    #[serde(with = "optional_date")]
    pub rsa_below_2048: Option<Date>,
    /// Curves of 224 bits: accepted before this day. Absent: never.
    #[serde(with = "optional_date")]
    pub curves_224: Option<Date>,
    /// PKCS#1 v1.5 signatures whose `DigestInfo` lacks the NULL (RFC 8017 section 9.2, note 2), which is a matter of form
    /// and not of strength: refused from this day on. Absent: accepted.
    #[serde(with = "optional_date")]
    pub digest_info_without_null: Option<Date>,
}

/// Why a signature that holds is refused all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weakness {
    /// SHA-1, in the signature or in the mask of PSS.
    Sha1,
    /// RSA with a modulus of less than 2048 bits.
    RsaBelow2048,
    /// A curve of 224 bits.
    Curves224,
    /// A `DigestInfo` without its NULL.
    DigestInfoWithoutNull,
}

impl Weakness {
    /// The name of its switch, `rsa-below-2048`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::RsaBelow2048 => "rsa-below-2048",
            Self::Curves224 => "curves-224",
            Self::DigestInfoWithoutNull => "digest-info-without-null",
        }
    }
}

impl Policy {
    /// The first weakness of a signature by that scheme and key that counts on the day `on`.
    pub fn weakness(&self, scheme: &Scheme, key: &KeyAlgorithm, on: Date) -> Option<Weakness> {
        let found = weaknesses(scheme, key);
        found.into_iter().flatten().find(|weakness| self.counts(*weakness, on))
    }

    /// Whether that weakness counts on the day `on`.
    pub fn counts(&self, weakness: Weakness, on: Date) -> bool {
        let accepted = |until: Option<Date>| until.is_some_and(|until| on < until);
        match weakness {
            Weakness::Sha1 => !accepted(self.sha1),
            Weakness::RsaBelow2048 => !accepted(self.rsa_below_2048),
            Weakness::Curves224 => !accepted(self.curves_224),
            Weakness::DigestInfoWithoutNull => self.digest_info_without_null.is_some_and(|from| on >= from),
        }
    }
}

/// The weaknesses that a scheme and a key have, whatever the policy.
pub fn weaknesses(scheme: &Scheme, key: &KeyAlgorithm) -> [Option<Weakness>; 3] {
    let sha1 = match *scheme {
        Scheme::RsaPkcs1(hash) | Scheme::Ecdsa(hash) => hash == Hash::Sha1,
        Scheme::RsaPss { hash, mgf, .. } => hash == Hash::Sha1 || mgf == Hash::Sha1,
    };
    let (small_rsa, small_curve) = match *key {
        KeyAlgorithm::Rsa { bits } => (bits < 2048, false),
        KeyAlgorithm::Ec(curve) => (false, curve.bits() <= 224),
    };
    [
        sha1.then_some(Weakness::Sha1),
        small_rsa.then_some(Weakness::RsaBelow2048),
        small_curve.then_some(Weakness::Curves224),
    ]
}

/// An optional day as `YYYY-MM-DD`.
mod optional_date {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use time::Date;

    use crate::domain::time::{format_date, parse_date};

    #[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
    pub(super) fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => to.serialize_some(&format_date(*day)),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        parse_date(&text).map(Some).ok_or_else(|| D::Error::custom("not a day"))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::chip::curve::Curve;

    const SHA1: Scheme = Scheme::RsaPkcs1(Hash::Sha1);
    const SHA256: Scheme = Scheme::RsaPkcs1(Hash::Sha256);
    const PSS: Scheme = Scheme::RsaPss { hash: Hash::Sha256, mgf: Hash::Sha1, salt_len: 32 };
    const SMALL: KeyAlgorithm = KeyAlgorithm::Rsa { bits: 2047 };
    const LARGE: KeyAlgorithm = KeyAlgorithm::Rsa { bits: 2048 };

    #[test]
    fn what_is_weak_counts_unless_a_switch_says_otherwise() {
        let (policy, on) = (Policy::default(), date!(2026 - 11 - 22));
        assert_eq!(policy.weakness(&SHA1, &LARGE, on), Some(Weakness::Sha1));
        assert_eq!(policy.weakness(&PSS, &LARGE, on), Some(Weakness::Sha1));
        assert_eq!(policy.weakness(&SHA256, &SMALL, on), Some(Weakness::RsaBelow2048));
        assert_eq!(policy.weakness(&SHA256, &LARGE, on), None);
        assert!(!policy.counts(Weakness::DigestInfoWithoutNull, on), "a matter of form");
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), policy);
    }

    #[test]
    fn a_switch_that_is_on_goes_off_on_its_day() {
        let policy: Policy = serde_json::from_str(r#"{"sha1": "2027-01-01"}"#).unwrap();
        assert_eq!(policy.weakness(&SHA1, &LARGE, date!(2026 - 12 - 31)), None);
        assert_eq!(policy.weakness(&PSS, &LARGE, date!(2026 - 12 - 31)), None);
        assert_eq!(policy.weakness(&SHA1, &LARGE, date!(2027 - 01 - 01)), Some(Weakness::Sha1));
        assert_eq!(serde_json::from_str::<Policy>(&serde_json::to_string(&policy).unwrap()).unwrap(), policy);
    }

    #[test]
    fn each_switch_accepts_its_own_weakness_alone() {
        let (until, on) = (date!(2027 - 01 - 01), date!(2026 - 12 - 31));
        let ecdsa = Scheme::Ecdsa(Hash::Sha256);
        let rsa = Policy { rsa_below_2048: Some(until), ..Policy::default() };
        assert_eq!(rsa.weakness(&SHA1, &SMALL, on), Some(Weakness::Sha1));
        assert_eq!(rsa.weakness(&SHA256, &SMALL, on), None);
        let curves = Policy { curves_224: Some(until), ..Policy::default() };
        let small = KeyAlgorithm::Ec(Curve::BrainpoolP224r1);
        assert_eq!(curves.weakness(&ecdsa, &small, on), None);
        assert_eq!(rsa.weakness(&ecdsa, &small, on), Some(Weakness::Curves224));
        assert_eq!(rsa.weakness(&ecdsa, &KeyAlgorithm::Ec(Curve::P256), on), None);
        let null = Policy { digest_info_without_null: Some(until), ..Policy::default() };
        assert!(!null.counts(Weakness::DigestInfoWithoutNull, on));
        assert!(null.counts(Weakness::DigestInfoWithoutNull, until));
    }

    #[test]
    fn a_switch_that_does_not_exist_and_a_day_that_does_not_are_refused() {
        for wrong in [r#"{"md5": "2027-01-01"}"#, r#"{"sha1": "2027-02-30"}"#, r#"{"sha1": true}"#] {
            assert!(serde_json::from_str::<Policy>(wrong).is_err(), "{wrong}");
        }
    }
}
