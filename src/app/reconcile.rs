//! Reconciliation: what was handed to the authority in a span of time, what it answered, what it owes.

use std::time::Duration;

use ring::digest;

use super::{App, Caller, Error};
use crate::domain::audit::Action;
use crate::domain::enrolment::{HandOver, HandOverStanding};
use crate::domain::ids::EnrolmentId;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
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
    /// All that was handed over.
    pub handed_over: Tally,
    /// What was answered, and not claimed again since.
    pub answered: Tally,
    /// What waits for an answer.
    pub outstanding: Tally,
    /// What the office withdrew meanwhile.
    pub withdrawn: Tally,
    /// The part of it that was asked for, in the order of names.
    pub page: Vec<HandOver>,
    /// Where the next page begins, if there is one.
    pub next: Option<EnrolmentId>,
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
    /// Compares what was handed over in `from..until`: all of it as numbers and hashes, and the names of a page of at most
    /// `size` after `after`.
    ///
    /// # Errors
    /// [`Error::Field`] if the span is wrong, or if the store cannot be asked.
    pub async fn reconcile(
        &self,
        by: &Caller,
        (from, until): (Timestamp, Timestamp),
        after: Option<EnrolmentId>,
        size: u32,
    ) -> Result<Reconciliation, Error> {
        if until <= from || until.since(from) > SPAN_MAX {
            return Err(Error::Field { field: "until", fault: WRONG_SPAN });
        }
        let all = self.store().reader().await?.hand_overs(from, until, HAND_OVERS_MAX + 1).await?;
        if all.len() > HAND_OVERS_MAX as usize {
            return Err(Error::Field { field: "until", fault: TOO_MANY });
        }
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::HandOverReconciled, by.id().uuid())
            .with("from", from.micros().to_string())
            .with("until", until.micros().to_string())
            .with("count", all.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let of = |standing| tally(all.iter().filter(move |one: &&HandOver| one.standing() == standing));
        let (answered, outstanding) = (of(HandOverStanding::Answered), of(HandOverStanding::Outstanding));
        let withdrawn = of(HandOverStanding::Withdrawn);
        let handed_over = tally(all.iter());
        let begin = after.map_or(0, |after| all.partition_point(|one| one.enrolment <= after));
        let page: Vec<_> = all.iter().skip(begin).take(size as usize).cloned().collect();
        let more = begin + page.len() < all.len();
        let next = more.then(|| page.last().map(|last| last.enrolment)).flatten();
        Ok(Reconciliation { handed_over, answered, outstanding, withdrawn, page, next })
    }
}

fn tally<'a>(hand_overs: impl Iterator<Item = &'a HandOver>) -> Tally {
    let mut hash = digest::Context::new(&digest::SHA256);
    let count = hand_overs.inspect(|one| hash.update(one.enrolment.bytes())).count();
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(hash.finish().as_ref());
    Tally { count, sha256 }
}
