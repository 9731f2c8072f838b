//! An account: issued by the authority's decision, awaiting activation, active; locked or closed meanwhile.

use super::application::Language;
use super::ids::{AccountId, EnrolmentId};
use super::law;
use super::life::{Hold, Life};
use super::lock::LockClass;
use super::person::personal_text;
use super::text::Malformed;
use super::time::Timestamp;

personal_text! {
    /// The identification number that the authority gives: digits. Opaque; nothing is read out of it (DOMAIN 2).
    IdentityNumber;
}

impl IdentityNumber {
    /// Reads a number; white space around it is dropped.
    ///
    /// # Errors
    /// If it is not 1 to 20 digits. How many there must be is configuration: see [`Self::has_digits`].
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed::new(
            "An identification number has digits only. Type it as the notice shows it.",
            "Số định danh chỉ gồm chữ số. Hãy nhập đúng như trong thông báo.",
        );
        let number = text.trim();
        let right = (1..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        right.then(|| Self(number.to_owned())).ok_or(WRONG)
    }

    /// Whether it has that many digits.
    pub fn has_digits(&self, digits: usize) -> bool {
        self.0.len() == digits
    }

    /// The number with all but its last three digits hidden.
    pub fn masked(&self) -> String {
        super::contact::mask_tail(&self.0)
    }
}

/// An account. Number, phone and address are sealed beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// The request it was issued on.
    pub enrolment: EnrolmentId,
    /// Whether a representative acts for the holder; the phone may then be the representative's.
    pub represented: bool,
    /// Language of messages to the holder.
    pub language: Language,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// What is known of the notice that it was issued.
    pub notice: Notice,
    /// Where it stands.
    pub state: AccountState,
    /// When the window was opened again, if it was.
    pub reopened: Option<Reopened>,
    /// How far the holder has come on the way to activation.
    pub progress: Progress,
    /// What locks it, until when its documents hold, its end.
    pub life: Life,
}

/// How far a holder has come on the way to activation, beside what the notice and the state tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// When a code was asked for first.
    pub code_asked_at: Option<Timestamp>,
    /// When one was tried first.
    pub code_tried_at: Option<Timestamp>,
}

/// A window that lapsed and was opened again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reopened {
    /// When.
    pub at: Timestamp,
    /// When it closes.
    pub closes_at: Timestamp,
}

/// What is known of the notice. Sent, delivered and opened are kept apart: not every carrier tells all (DOMAIN 1.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Notice {
    /// When a carrier took it.
    pub sent_at: Option<Timestamp>,
    /// When it reached the holder.
    pub delivered_at: Option<Timestamp>,
    /// When the holder first came to the app by it. Begins nothing: the days run from delivery.
    pub opened_at: Option<Timestamp>,
}

impl Notice {
    /// When the holder received it, as far as is known: delivered, else sent.
    pub fn received_at(self) -> Option<Timestamp> {
        self.delivered_at.or(self.sent_at)
    }
}

/// States of an account. What holds it back is apart from them: an account that is unlocked is where it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountState {
    /// Issued, not yet activated.
    Awaiting,
    /// In use.
    Active {
        /// Since when.
        since: Timestamp,
    },
}

impl AccountState {
    /// Since when it is in use; absent while it is not.
    pub const fn active_since(self) -> Option<Timestamp> {
        match self {
            Self::Awaiting => None,
            Self::Active { since } => Some(since),
        }
    }
}

/// Where an account stands at a moment: a window lapses by itself, and documents expire by themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The holder may activate it. `closes_at` is absent until the notice has gone out.
    Awaiting {
        /// When self-activation ends.
        closes_at: Option<Timestamp>,
    },
    /// The days for self-activation are over; not void.
    Lapsed {
        /// When they ended.
        closed_at: Timestamp,
    },
    /// In use.
    Active {
        /// Since when.
        since: Timestamp,
    },
    /// Locked: no code, no activation, no device and no change by the holder until its last ground has gone.
    Locked {
        /// What is told of the grounds.
        class: LockClass,
    },
    /// Closed for good.
    Closed {
        /// When.
        at: Timestamp,
    },
}

impl Standing {
    /// Where an account in that state, whose window closes then and which `hold` holds back, stands at `now`.
    pub fn at(now: Timestamp, state: AccountState, window_closes_at: Option<Timestamp>, hold: Hold) -> Self {
        match (hold, state, window_closes_at) {
            (Hold::Closed(at), ..) => Self::Closed { at },
            (Hold::Locked(class), ..) => Self::Locked { class },
            (Hold::Open, AccountState::Active { since }, _) => Self::Active { since },
            (Hold::Open, AccountState::Awaiting, Some(closed_at)) if now >= closed_at => Self::Lapsed { closed_at },
            (Hold::Open, AccountState::Awaiting, closes_at) => Self::Awaiting { closes_at },
        }
    }

    /// Whether it is locked or closed.
    pub const fn is_held(&self) -> bool {
        matches!(self, Self::Locked { .. } | Self::Closed { .. })
    }
}

/// A verb that the account's standing does not allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the account does not await activation")]
pub struct NotAwaiting(pub Standing);

/// A window that is not to be opened again, because it has not lapsed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the window has not lapsed")]
pub struct NotLapsed(pub Standing);

impl Account {
    /// Issues an account on an approved request.
    pub fn issue(id: AccountId, enrolment: EnrolmentId, represented: bool, language: Language, now: Timestamp) -> Self {
        let (notice, state) = (Notice::default(), AccountState::Awaiting);
        Self {
            id,
            enrolment,
            represented,
            language,
            issued_at: now,
            notice,
            state,
            reopened: None,
            progress: Progress::default(),
            life: Life::default(),
        }
    }

    /// Where it stands at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        Standing::at(now, self.state, self.window_closes_at(), self.life.hold(now))
    }

    /// When self-activation ends; `None` until the notice has gone out.
    pub fn window_closes_at(&self) -> Option<Timestamp> {
        let first = self.notice.received_at().map(law::activation::window_closes);
        first.max(self.reopened.map(|reopened| reopened.closes_at))
    }

    /// When the days for self-activation began; `None` until the notice has gone out.
    pub fn window_from(&self) -> Option<Timestamp> {
        self.notice.received_at().max(self.reopened.map(|reopened| reopened.at))
    }

    /// Opens a window that has lapsed again, for as many days as the first one had.
    ///
    /// # Errors
    /// If it has not lapsed.
    pub fn reopen(mut self, now: Timestamp) -> Result<Self, NotLapsed> {
        match self.standing(now) {
            Standing::Lapsed { .. } => {
                self.reopened = Some(Reopened { at: now, closes_at: law::activation::window_closes(now) });
                Ok(self)
            }
            other => Err(NotLapsed(other)),
        }
    }

    /// Makes it active.
    ///
    /// # Errors
    /// If it is active already, its window has lapsed, or it is locked or closed.
    pub fn activate(mut self, now: Timestamp) -> Result<Self, NotAwaiting> {
        match self.standing(now) {
            Standing::Awaiting { .. } => {
                self.state = AccountState::Active { since: now };
                Ok(self)
            }
            other => Err(NotAwaiting(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::life::{Closed, ClosingReason};
    use crate::domain::lock::Ground;
    use std::time::Duration;
    use uuid::Uuid;

    const DAY: Duration = Duration::from_hours(24);
    const START: Timestamp = Timestamp::from_micros(0);

    fn issued() -> Account {
        Account::issue(AccountId::new(Uuid::nil()), EnrolmentId::new(Uuid::nil()), false, Language::En, START)
    }

    fn noticed(sent_at: Timestamp, delivered_at: Option<Timestamp>) -> Account {
        Account { notice: Notice { sent_at: Some(sent_at), delivered_at, opened_at: None }, ..issued() }
    }

    #[test]
    fn the_window_begins_with_delivery_and_falls_back_to_sending() {
        assert_eq!(issued().standing(START.plus(DAY * 400)), Standing::Awaiting { closes_at: None });
        let opened = Notice { opened_at: Some(START), ..Notice::default() };
        assert_eq!(Account { notice: opened, ..issued() }.window_closes_at(), None, "opening begins nothing");
        let (sent, delivered) = (noticed(START, None), noticed(START, Some(START.plus(DAY))));
        assert_eq!(sent.window_closes_at(), Some(law::activation::window_closes(START)));
        assert_eq!(delivered.window_closes_at(), Some(law::activation::window_closes(START.plus(DAY))));
    }

    #[test]
    fn a_lapsed_account_is_not_activated_and_not_void() {
        let account = noticed(START, Some(START));
        let closes = account.window_closes_at().unwrap();
        assert!(account.clone().activate(closes).is_err());
        assert_eq!(account.standing(closes), Standing::Lapsed { closed_at: closes });
        assert!(account.activate(Timestamp::from_micros(closes.micros() - 1)).is_ok());
    }

    #[test]
    fn a_lapsed_window_is_opened_again_for_as_many_days_and_no_other_is() {
        let account = noticed(START, Some(START));
        assert!(account.clone().reopen(START).is_err());
        let later = START.plus(DAY * 30);
        let reopened = account.reopen(later).unwrap();
        let closes = law::activation::window_closes(later);
        assert_eq!(reopened.standing(later), Standing::Awaiting { closes_at: Some(closes) });
        assert_eq!(reopened.standing(closes), Standing::Lapsed { closed_at: closes });
        assert!(reopened.reopen(closes).unwrap().activate(closes).is_ok(), "as often as it takes");
    }

    #[test]
    fn an_active_account_is_not_activated_again() {
        let active = issued().activate(START).unwrap();
        assert_eq!(active.activate(START), Err(NotAwaiting(Standing::Active { since: START })));
    }

    #[test]
    fn an_account_that_is_locked_is_neither_activated_nor_opened_again_and_is_where_it_was_afterwards() {
        let account = noticed(START, Some(START));
        let lapsed = account.window_closes_at().unwrap();
        let life = Life { set: [Ground::HolderRequest].into_iter().collect(), ..Life::default() };
        let locked = Account { life, ..account.clone() };
        assert_eq!(locked.standing(START), Standing::Locked { class: LockClass::HolderRequest });
        assert!(locked.clone().activate(START).is_err() && locked.clone().reopen(lapsed).is_err());
        let unlocked = Account { life: Life::default(), ..locked };
        assert_eq!(unlocked.standing(START), account.standing(START));
        let closed = Life { closed: Some(Closed { at: START, reason: ClosingReason::Death }), ..life };
        assert_eq!(Account { life: closed, ..account }.standing(lapsed), Standing::Closed { at: START });
    }

    #[test]
    fn numbers_are_digits_and_nothing_more_is_known_of_them() {
        assert!(IdentityNumber::parse(" 999000000001 ").unwrap().has_digits(12));
        for wrong in ["", "12345678901x", "٩٩٩", &"1".repeat(21)] {
            assert!(IdentityNumber::parse(wrong).is_err(), "{wrong}");
        }
    }
}
