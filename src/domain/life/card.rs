//! Residence cards of a holder, and what the immigration database says of them: in whatever order it is said.
//!
//! Of each card the fact that was recorded last counts. Of facts recorded at once the strictest does, so that a feed that
//! is replayed or comes out of order ends in the same state.

use std::cmp::Reverse;

use time::Date;

use crate::domain::record::{Record, ResidenceStatus};
use crate::domain::time::Timestamp;

/// What was recorded of one card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CardFact {
    /// Where the right to reside stands.
    pub status: ResidenceStatus,
    /// Last day of validity, extensions included.
    pub valid_until: Date,
    /// When it was recorded there.
    pub recorded_at: Timestamp,
}

/// A card of a holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeldCard {
    /// Whether it is a permanent one: its last day is one of exchange, and the right to reside goes on (Law 47/2014 art. 43).
    pub is_permanent: bool,
    /// Day of issue, as the card prints it.
    pub issued_on: Date,
    /// Last day of validity, as it prints it.
    pub valid_until: Date,
    /// When it was shown with that day.
    pub shown_at: Timestamp,
    /// What the database said of it last. It counts before what is printed, unless a later day was shown since.
    pub fact: Option<CardFact>,
}

impl CardFact {
    /// What a record says of its card.
    pub fn of(record: &Record) -> Self {
        Self { status: record.status, valid_until: record.card.expires_on, recorded_at: record.recorded_at }
    }

    /// The place of a status among those recorded at once: the greater counts.
    pub const fn rank(status: ResidenceStatus) -> i64 {
        match status {
            ResidenceStatus::Issued => 1,
            ResidenceStatus::Extended => 2,
            ResidenceStatus::Cancelled => 3,
            ResidenceStatus::Left => 4,
        }
    }

    /// The status of that rank.
    pub fn of_rank(rank: i64) -> Option<ResidenceStatus> {
        ResidenceStatus::ALL.into_iter().find(|status| Self::rank(*status) == rank)
    }

    /// Of facts of one card of one instant the greater counts: the status, and of one status the earlier end.
    pub fn strictness(&self) -> i64 {
        /// More than there are days.
        const DAYS: i64 = 100_000_000;
        Self::rank(self.status) * DAYS - i64::from(self.valid_until.to_julian_day())
    }

    /// The order in which facts of one card count: the last one does.
    pub fn order(&self) -> (Timestamp, i64, Reverse<Date>) {
        (self.recorded_at, Self::rank(self.status), Reverse(self.valid_until))
    }

    /// The day on which it ended the card, if it did: from its first hour on.
    fn ended_on(&self) -> Option<Date> {
        matches!(self.status, ResidenceStatus::Cancelled | ResidenceStatus::Left).then(|| self.recorded_at.local_date())
    }
}

/// The last day on which one of these cards gives a right to reside; `None` if there is no card.
///
/// Who has left has no right by any card that was issued until then, unless the database said something of that card later.
pub fn residence_until(cards: &[HeldCard]) -> Option<Date> {
    let facts = cards.iter().filter_map(|card| card.fact);
    let left = facts.filter(|fact| fact.status == ResidenceStatus::Left).map(|fact| fact.recorded_at).max();
    cards.iter().map(|card| card.holds_until(left)).max()
}

impl HeldCard {
    /// The last day of this card, for somebody who left at that instant, if ever.
    fn holds_until(&self, left: Option<Timestamp>) -> Date {
        let valid_until = match self.fact {
            _ if self.is_permanent => Date::MAX,
            None => self.valid_until,
            // An officer had a card in hand that was extended, and the database had not heard of it.
            Some(fact) if fact.recorded_at < self.shown_at => fact.valid_until.max(self.valid_until),
            Some(fact) => fact.valid_until,
        };
        let ended = self.fact.and_then(|fact| fact.ended_on());
        let known_later = |left: Timestamp| self.fact.is_some_and(|fact| fact.recorded_at > left);
        let left = left.filter(|left| self.issued_on <= left.local_date() && !known_later(*left));
        [ended, left.map(Timestamp::local_date)]
            .into_iter()
            .flatten()
            .map(|day| day.previous_day().unwrap_or(day))
            .fold(valid_until, Date::min)
    }
}
