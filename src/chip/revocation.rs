//! Whether an authority took a certificate back.
//!
//! Owns choosing the revocation list: every one whose name is the issuer's or the authority's, and which a trusted key
//! signed. A list that is missing or out of date is an answer of its own and never means "not revoked".

use std::time::Duration;

use super::certificate::Certificate;
use super::crl::{Crl, Reason};
use super::trust::{Authority, Trust};
use crate::domain::time::Timestamp;

/// How long a list without a next update is good: the longest time that Doc 9303-12 lets pass between two lists.
const LIFETIME: Duration = Duration::from_hours(90 * 24);

/// What the revocation lists say of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Revocation {
    /// A list in date does not name it.
    Good,
    /// A list names it, in date or not: revocation is for good.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why, if the list says so.
        reason: Option<Reason>,
    },
    /// There is no list.
    Missing,
    /// The newest list is out of date, and does not name it.
    Stale {
        /// When the next one was due.
        next_update: Timestamp,
    },
}

/// Asks the lists of `authority` about `certificate`, which it signed.
pub fn of(certificate: &Certificate, authority: &Authority, trust: &Trust, now: Timestamp) -> Revocation {
    let mut names = vec![certificate.issuer_key()];
    for own in authority.certificates().iter().map(Certificate::subject_key) {
        if !names.contains(&own) {
            names.push(own);
        }
    }
    let mut newest: Option<Timestamp> = None;
    for list in names.into_iter().flat_map(|name| trust.crls(name)) {
        if let Some(revoked) = list.revoked(certificate.serial()) {
            return Revocation::Revoked { at: revoked.at, reason: revoked.reason };
        }
        newest = newest.max(Some(due(list)));
    }
    match newest {
        None => Revocation::Missing,
        Some(next_update) if next_update < now => Revocation::Stale { next_update },
        Some(_) => Revocation::Good,
    }
}

fn due(list: &Crl) -> Timestamp {
    list.next_update().unwrap_or_else(|| list.this_update().plus(LIFETIME))
}
