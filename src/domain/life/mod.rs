//! The life of an account after its issue: until when its documents hold, what locks it at a moment, and its end.
//!
//! Owns what is true of an account at an instant, reckoned from a few values that stand beside it: no worker has to have
//! run for a passport to have expired. Days are those of Viet Nam, and a document is valid through its last day.

mod card;
mod document;
mod warning;

#[cfg(test)]
mod tests;

pub use card::{CardFact, HeldCard, residence_until};
pub use document::{Bearer, DocumentKind, DocumentUpdate, ShownDocument};
pub use warning::{BadWarningDays, Paper, Warned, WarningDays, WarningLook};

use time::Date;

use super::lock::{Ground, GroundSet, LockClass, LockGrounds};
use super::time::Timestamp;

/// What decides whether an account can be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Life {
    /// Grounds that were set and not lifted.
    pub set: GroundSet,
    /// Until when the documents hold.
    pub papers: Papers,
    /// Its end, if it was closed.
    pub closed: Option<Closed>,
}

/// The last days of an account's documents; absent: there is none that could end, or it is not known yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Papers {
    /// The last day on which a passport of the holder is valid.
    pub passport_until: Option<Date>,
    /// The last day on which a residence card of the holder is.
    pub residence_until: Option<Date>,
}

/// The end of an account. It is final, and the number stays used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closed {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: ClosingReason,
}

/// Why an account is closed (DOMAIN 11).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosingReason {
    /// The holder died.
    Death,
    /// The person has another account.
    Duplicate,
}

impl ClosingReason {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Death, Self::Duplicate];

    /// The name that the store and the audit log keep.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Death => "death",
            Self::Duplicate => "duplicate",
        }
    }

    /// Reads a name written by [`ClosingReason::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// Whether anything holds an account back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Hold {
    /// Nothing does.
    #[default]
    Open,
    /// It is locked, until its last ground has gone.
    Locked(LockClass),
    /// It was closed then, for good.
    Closed(Timestamp),
}

impl Hold {
    /// What is told of a lock; absent if there is none.
    pub const fn class(self) -> Option<LockClass> {
        match self {
            Self::Locked(class) => Some(class),
            Self::Open | Self::Closed(_) => None,
        }
    }
}

impl Papers {
    /// The grounds that these days are at `now`.
    pub fn grounds(&self, now: Timestamp) -> GroundSet {
        let today = now.local_date();
        let over = |until: Option<Date>| until.is_some_and(|until| today > until);
        let passport = over(self.passport_until).then_some(Ground::PassportExpired);
        let residence = over(self.residence_until).then_some(Ground::ResidenceExpired);
        passport.into_iter().chain(residence).collect()
    }

    /// The next midnight at which one of them ends.
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        let ends = [self.passport_until, self.residence_until].into_iter().flatten().filter_map(Date::next_day);
        ends.map(Timestamp::start_of).filter(|end| *end > now).min()
    }
}

impl Life {
    /// The grounds that lock the account at `now`; `None` if none does.
    pub fn grounds(&self, now: Timestamp) -> Option<LockGrounds> {
        LockGrounds::new(self.set.iter().chain(self.papers.grounds(now).iter()).collect())
    }

    /// What holds the account back at `now`.
    pub fn hold(&self, now: Timestamp) -> Hold {
        match (self.closed, self.grounds(now)) {
            (Some(closed), _) => Hold::Closed(closed.at),
            (None, Some(grounds)) => Hold::Locked(grounds.class()),
            (None, None) => Hold::Open,
        }
    }
}
