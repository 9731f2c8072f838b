//! What a receipt claims, and the JSON it is written in.
//!
//! Names of claims are those of RFC 7519 where it has one. Refuses personal data: a claim is an identifier, an office, an
//! instant or a salted hash.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::Date;

use super::content::ContentHash;
use crate::domain::ids::EnrolmentId;
use crate::domain::staff::OfficeCode;
use crate::domain::time::{Timestamp, format_date, parse_date};

/// Instants are seconds in a receipt, as NumericDate of RFC 7519 is by habit.
const MICROS: i64 = 1_000_000;

/// What the service confirms: that it took in this content, there and then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    /// The request.
    pub request: EnrolmentId,
    /// Salted hash of what was submitted.
    pub content: ContentHash,
    /// The office that took it in.
    pub office: OfficeCode,
    /// When, in whole seconds.
    received_at: Timestamp,
    /// The legal deadline, if it was known by then.
    due: Option<Due>,
}

/// The legal deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// The last day, in Viet Nam, on which a decision is in time.
    pub day: Date,
    /// Whether the calendar it was counted by may still change.
    pub provisional: bool,
}

impl Due {
    /// The deadline that ends at `at`: the first instant that is late, midnight after the last day.
    pub fn before(at: Timestamp, provisional: bool) -> Self {
        Self { day: at.minus(Duration::from_micros(1)).local_date(), provisional }
    }
}

/// The claims as JSON has them. Claims that are not known are passed over, as RFC 7519 section 4 has it.
#[derive(Serialize, Deserialize)]
struct Body {
    sub: String,
    iat: i64,
    office: String,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
}

impl Claims {
    /// The claims about a request; fractions of a second are dropped.
    pub fn new(
        request: EnrolmentId,
        office: OfficeCode,
        received_at: Timestamp,
        content: ContentHash,
        due: Option<Due>,
    ) -> Self {
        Self { request, content, office, received_at: whole(received_at), due }
    }

    /// When the request was taken in, in whole seconds.
    pub const fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// The legal deadline, if it was known when the receipt was signed.
    pub const fn due(&self) -> Option<Due> {
        self.due
    }

    /// The claims as JSON, members in a fixed order.
    pub(super) fn to_json(&self) -> Vec<u8> {
        let body = Body {
            sub: self.request.to_string(),
            iat: seconds(self.received_at),
            office: self.office.to_string(),
            hash: self.content.to_text(),
            due: self.due.map(|due| format_date(due.day)),
            provisional: self.due.is_some_and(|due| due.provisional),
        };
        // Texts, numbers and a flag always serialise.
        serde_json::to_vec(&body).unwrap_or_default()
    }

    /// Reads claims; `None` if one is missing or not of its kind.
    pub(super) fn from_json(json: &[u8]) -> Option<Self> {
        let body: Body = serde_json::from_slice(json).ok()?;
        let due = body.due.map(|day| Some(Due { day: parse_date(&day)?, provisional: body.provisional }));
        Some(Self {
            request: EnrolmentId::parse(&body.sub).ok()?,
            content: ContentHash::parse(&body.hash)?,
            office: OfficeCode::parse(&body.office).ok()?,
            received_at: instant(body.iat)?,
            due: match due {
                None => None,
                Some(due) => Some(due?),
            },
        })
    }
}

const fn seconds(at: Timestamp) -> i64 {
    at.micros().div_euclid(MICROS)
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(seconds(at).saturating_mul(MICROS))
}

fn instant(seconds: i64) -> Option<Timestamp> {
    seconds.checked_mul(MICROS).map(Timestamp::from_micros)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::receipt::content::{PlainDigest, Salt};
    use time::macros::date;
    use uuid::Uuid;

    pub(in crate::receipt) fn claims(due: Option<Due>) -> Claims {
        let content = ContentHash::new(Salt::new([7; 16]), PlainDigest::of(b"submitted"));
        let at = Timestamp::from_micros(1_795_262_400_999_999);
        let id = EnrolmentId::new(Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001));
        Claims::new(id, OfficeCode::parse("79-01").unwrap(), at, content, due)
    }

    #[test]
    fn the_json_is_fixed_to_the_byte_and_read_back() {
        let due = Due { day: date!(2026 - 11 - 30), provisional: true };
        let json = String::from_utf8(claims(Some(due)).to_json()).unwrap();
        let hash = claims(None).content.to_text();
        let expected = format!(
            r#"{{"sub":"01930000-0000-7000-8000-000000000001","iat":1795262400,"office":"79-01","hash":"{hash}","due":"2026-11-30","provisional":true}}"#
        );
        assert_eq!(json, expected);
        assert_eq!(Claims::from_json(json.as_bytes()), Some(claims(Some(due))));
    }

    #[test]
    fn a_deadline_that_is_not_known_or_certain_takes_no_room() {
        let json = String::from_utf8(claims(None).to_json()).unwrap();
        assert!(!json.contains("due") && !json.contains("provisional"));
        assert_eq!(Claims::from_json(json.as_bytes()).unwrap().due(), None);
        let certain = claims(Some(Due { day: date!(2026 - 11 - 30), provisional: false }));
        assert!(!String::from_utf8(certain.to_json()).unwrap().contains("provisional"));
        assert_eq!(Claims::from_json(&certain.to_json()), Some(certain));
    }

    #[test]
    fn the_last_day_is_the_one_before_the_midnight_that_is_late() {
        let late = Timestamp::start_of(date!(2026 - 12 - 01));
        assert_eq!(Due::before(late, true), Due { day: date!(2026 - 11 - 30), provisional: true });
    }

    #[test]
    fn claims_of_later_versions_are_passed_over_and_wrong_ones_refused() {
        let json = String::from_utf8(claims(None).to_json()).unwrap();
        assert!(Claims::from_json(json.replace("{\"sub\"", "{\"new\":[1],\"sub\"").as_bytes()).is_some());
        for (from, to) in [
            ("\"iat\":1795262400", "\"iat\":\"1795262400\""),
            ("\"iat\":1795262400", "\"iat\":9223372036854775807"),
            ("\"iat\":1795262400", "\"iat\":1795262400,\"iat\":0"),
            ("79-01", "7901"),
            ("\"hash\":\"", "\"hash\":\"A"),
            ("\"sub\":\"0", "\"sub\":\""),
        ] {
            assert!(json.contains(from) && Claims::from_json(json.replace(from, to).as_bytes()).is_none(), "{to}");
        }
    }
}
