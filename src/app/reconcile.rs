//! Reconciliation: what was handed to the authority in a span of time, what it answered, what it owes.

use std::time::Duration;

use ring::digest;

use super::{App, Caller, Error};
use crate::domain::audit::Action;
use crate::domain::enrolment::{HandOver, HandOverStanding};
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::domain::working_list::{ListName, PageEnd};
use crate::store::Unit;

/// The longest span that is compared at once.
const SPAN_MAX: Duration = Duration::from_hours(92 * 24);
/// The most requests that are compared at once.
const HAND_OVERS_MAX: u32 = 100_000;

const WRONG_SPAN: Malformed = Malformed::new(
    "The span ends after it begins, and is no longer than 92 days.",
    "Khoảng thời gian phải kết thúc sau khi bắt đầu và không dài quá 92 ngày.",
);
const TOO_MANY: Malformed = Malformed::new(
    "More than 100,000 requests were handed over in this span. Ask for a shorter one.",
    "Có hơn 100.000 hồ sơ được chuyển trong khoảng thời gian này. Hãy chọn khoảng ngắn hơn.",
);

/// What a span of time holds.
#[derive(Debug)]
pub struct Reconciliation {
    /// All of it; with the first page only.
    pub totals: Option<Totals>,
    /// The part of it that was asked for, in the order of names.
    pub page: Vec<HandOver>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

/// What was handed over, and what has come of it. The other three make up the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Totals {
    /// All that was handed over.
    pub handed_over: Tally,
    /// What was answered, and not claimed again since.
    pub answered: Tally,
    /// What waits for an answer.
    pub outstanding: Tally,
    /// What the office withdrew meanwhile.
    pub withdrawn: Tally,
}

/// A set of requests: how many, and SHA-256 over their names in ascending order, 16 bytes each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally {
    /// How many.
    pub count: usize,
    /// SHA-256 over their names.
    pub sha256: [u8; 32],
}

impl App {
    /// Compares what was handed over in `span`, up to now at most: a page of at most `size` names, the first one with all of
    /// it as numbers and hashes. The pages are of the same set, however long they take to fetch.
    ///
    /// # Errors
    /// [`Error::Field`] if the span is wrong or the token of another one, or if the store cannot be asked.
    pub async fn reconcile(
        &self,
        by: &Caller,
        (from, until): (Timestamp, Timestamp),
        token: Option<&[u8]>,
        size: u32,
    ) -> Result<Reconciliation, Error> {
        if until <= from || until.since(from) > SPAN_MAX {
            return Err(Error::Field { field: "until", fault: WRONG_SPAN });
        }
        let (now, list) = (self.clock().now(), ListName::of_hand_overs(from, until));
        let end = token.map(|token| PageEnd::read(token, &list)).transpose();
        let end = end.map_err(|fault| Error::Field { field: "page_token", fault })?;
        // What is claimed while pages are fetched is of no page.
        let asked_at = end.map_or(now, |end| end.at);
        let span = (from, until.min(asked_at.plus(Duration::from_micros(1))));
        let wanted = if end.is_some() { size.saturating_add(1) } else { HAND_OVERS_MAX + 1 };
        let found = self.store().reader().await?.hand_overs(span, end.map(|end| end.id), wanted).await?;
        if end.is_none() && found.len() > HAND_OVERS_MAX as usize {
            return Err(Error::Field { field: "until", fault: TOO_MANY });
        }
        let entry = self
            .entry(now, by.actor(), Action::HandOverReconciled, by.id().uuid())
            .with("from", from.micros().to_string())
            .with("until", until.micros().to_string())
            .with("count", found.len().min(size as usize).to_string());
        self.commit(Unit::new(entry)).await?;
        let totals = end.is_none().then(|| totals(&found));
        let page: Vec<_> = found.iter().take(size as usize).cloned().collect();
        let last = page.last().filter(|_| found.len() > page.len()).map(|last| last.enrolment);
        let next = last.map(|id| PageEnd { at: asked_at, id }.token(&list));
        Ok(Reconciliation { totals, page, next })
    }
}

fn totals(all: &[HandOver]) -> Totals {
    let of = |standing| tally(all.iter().filter(move |one: &&HandOver| one.standing() == standing));
    Totals {
        handed_over: tally(all.iter()),
        answered: of(HandOverStanding::Answered),
        outstanding: of(HandOverStanding::Outstanding),
        withdrawn: of(HandOverStanding::Withdrawn),
    }
}

fn tally<'a>(hand_overs: impl Iterator<Item = &'a HandOver>) -> Tally {
    let mut hash = digest::Context::new(&digest::SHA256);
    let count = hand_overs.inspect(|one| hash.update(one.enrolment.bytes())).count();
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(hash.finish().as_ref());
    Tally { count, sha256 }
}
