//! Opening a way to activation again: one person of the hotline asks, another one agrees.

use std::time::Duration;

use super::ids::{AccountId, ReopeningId, StaffId};
use super::time::Timestamp;

/// How long a wish waits for the second person. Then it is as if it had never been.
pub const WAITS: Duration = Duration::from_hours(24);

/// A wish to open an account's way to activation again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reopening {
    /// Its name.
    pub id: ReopeningId,
    /// The account.
    pub account: AccountId,
    /// The first person.
    pub asked_by: StaffId,
    /// When they asked.
    pub asked_at: Timestamp,
    /// What has become of it.
    pub state: ReopeningState,
}

/// What has become of a wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReopeningState {
    /// It waits for the second person.
    Pending,
    /// The second person agreed.
    Approved {
        /// Who.
        by: StaffId,
        /// When.
        at: Timestamp,
    },
    /// Somebody dropped it.
    Declined {
        /// Who: the first person may, too.
        by: StaffId,
        /// When.
        at: Timestamp,
    },
    /// Nobody came in time.
    Lapsed,
}

/// Why a wish is not settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CannotSettle {
    /// It no longer waits.
    #[error("the reopening no longer waits")]
    NotPending,
    /// Whoever asked would agree.
    #[error("the second person is the first")]
    OwnWish,
}

impl ReopeningState {
    /// The name the store keeps.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Declined { .. } => "declined",
            Self::Lapsed => "lapsed",
        }
    }

    /// Who settled it and when, if someone did.
    pub const fn settled(&self) -> Option<(StaffId, Timestamp)> {
        match self {
            Self::Approved { by, at } | Self::Declined { by, at } => Some((*by, *at)),
            Self::Pending | Self::Lapsed => None,
        }
    }
}

impl Reopening {
    /// A wish of `by`.
    pub const fn ask(id: ReopeningId, account: AccountId, by: StaffId, now: Timestamp) -> Self {
        Self { id, account, asked_by: by, asked_at: now, state: ReopeningState::Pending }
    }

    /// Until when it waits.
    pub fn expires_at(&self) -> Timestamp {
        self.asked_at.plus(WAITS)
    }

    /// As it is at `now`.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        if self.state == ReopeningState::Pending && now >= self.expires_at() {
            self.state = ReopeningState::Lapsed;
        }
        self
    }

    /// The second person agrees.
    ///
    /// # Errors
    /// If it no longer waits, or the second person is the first.
    pub fn approve(self, by: StaffId, now: Timestamp) -> Result<Self, CannotSettle> {
        let wish = self.pending(now)?;
        if by == wish.asked_by {
            return Err(CannotSettle::OwnWish);
        }
        Ok(Self { state: ReopeningState::Approved { by, at: now }, ..wish })
    }

    /// Somebody drops it.
    ///
    /// # Errors
    /// If it no longer waits.
    pub fn decline(self, by: StaffId, now: Timestamp) -> Result<Self, CannotSettle> {
        Ok(Self { state: ReopeningState::Declined { by, at: now }, ..self.pending(now)? })
    }

    fn pending(self, now: Timestamp) -> Result<Self, CannotSettle> {
        let wish = self.at(now);
        if wish.state == ReopeningState::Pending { Ok(wish) } else { Err(CannotSettle::NotPending) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_micros(0);

    fn staff(number: u128) -> StaffId {
        StaffId::new(Uuid::from_u128(number))
    }

    fn asked() -> Reopening {
        Reopening::ask(ReopeningId::new(Uuid::nil()), AccountId::new(Uuid::nil()), staff(1), NOW)
    }

    #[test]
    fn a_second_person_agrees_and_the_first_may_only_drop() {
        assert_eq!(asked().approve(staff(1), NOW), Err(CannotSettle::OwnWish));
        assert_eq!(asked().approve(staff(2), NOW).unwrap().state.settled(), Some((staff(2), NOW)));
        assert_eq!(asked().decline(staff(1), NOW).unwrap().state.name(), "declined");
    }

    #[test]
    fn what_was_settled_or_waited_for_a_day_is_not_settled_again() {
        let late = NOW.plus(WAITS);
        assert_eq!(asked().at(late).state, ReopeningState::Lapsed);
        let approved = asked().approve(staff(2), NOW).unwrap();
        let declined = asked().decline(staff(2), NOW).unwrap();
        for (wish, now) in [(asked(), late), (approved, NOW), (declined, NOW)] {
            assert_eq!(wish.clone().approve(staff(3), now), Err(CannotSettle::NotPending));
            assert_eq!(wish.decline(staff(3), now), Err(CannotSettle::NotPending));
        }
    }
}
