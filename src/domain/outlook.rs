//! What the holder of an account may do next on the way to an active account, and what stands in the way.

use super::account::Standing;
use super::code::{Held, Timetable, Turn};
use super::lock::LockClass;
use super::time::Timestamp;

/// Where somebody stands who named an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outlook {
    /// No account has this number and this phone.
    NotMatched,
    /// The holder may activate it.
    Awaiting {
        /// When self-activation ends; absent while the notice has not gone out.
        closes_at: Option<Timestamp>,
        /// What may be done with codes.
        codes: Timetable,
    },
    /// The days for self-activation are over.
    Lapsed {
        /// Since when.
        closed_at: Timestamp,
    },
    /// In use.
    Active,
    /// Locked.
    Locked {
        /// What is told of the grounds.
        class: LockClass,
    },
    /// Closed for good.
    Closed,
}

/// What to offer the holder now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextStep {
    /// To type number and phone again.
    CheckInput,
    /// To have a code sent.
    SendCode,
    /// To type the code.
    TypeCode,
    /// To wait.
    Wait,
    /// To call the hotline.
    CallHotline,
    /// To log in.
    LogIn,
    /// To go to an office, with what the reason names.
    VisitOffice,
}

/// Why nothing can be done now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StandStill {
    /// No account was found.
    NotMatched,
    /// The days for self-activation are over.
    Lapsed,
    /// Of codes.
    Codes(Held),
    /// It is locked.
    Locked(LockClass),
    /// It was closed.
    Closed,
}

impl Outlook {
    /// Where somebody stands with an account at its `standing`; `codes` is asked for only if that matters.
    pub fn new(standing: Standing, codes: impl FnOnce() -> Timetable) -> Self {
        match standing {
            Standing::Awaiting { closes_at } => Self::Awaiting { closes_at, codes: codes() },
            Standing::Lapsed { closed_at } => Self::Lapsed { closed_at },
            Standing::Active { .. } => Self::Active,
            Standing::Locked { class } => Self::Locked { class },
            Standing::Closed { .. } => Self::Closed,
        }
    }

    /// What may be done with codes; absent if nothing may.
    pub const fn codes(&self) -> Option<&Timetable> {
        match self {
            Self::Awaiting { codes, .. } => Some(codes),
            Self::NotMatched | Self::Lapsed { .. } | Self::Active | Self::Locked { .. } | Self::Closed => None,
        }
    }

    /// What to offer now.
    pub fn next_step(&self) -> NextStep {
        match self {
            Self::NotMatched => NextStep::CheckInput,
            Self::Lapsed { .. } => NextStep::CallHotline,
            Self::Active => NextStep::LogIn,
            Self::Locked { .. } | Self::Closed => NextStep::VisitOffice,
            Self::Awaiting { codes: Timetable { check: Turn::Now, .. }, .. } => NextStep::TypeCode,
            // The live code will be taken again: another one would cost a sending.
            Self::Awaiting { codes: Timetable { check: Turn::Later(..), .. }, .. } => NextStep::Wait,
            Self::Awaiting { codes: Timetable { send: Turn::Now, .. }, .. } => NextStep::SendCode,
            Self::Awaiting { codes: Timetable { check: Turn::No(_), send: Turn::No(_), .. }, .. } => {
                NextStep::CallHotline
            }
            Self::Awaiting { .. } => NextStep::Wait,
        }
    }

    /// Why nothing can be done now; absent if something can.
    pub fn stands_still(&self) -> Option<StandStill> {
        match self.next_step() {
            NextStep::CheckInput => Some(StandStill::NotMatched),
            NextStep::SendCode | NextStep::TypeCode | NextStep::LogIn => None,
            NextStep::VisitOffice => Some(match self {
                Self::Locked { class } => StandStill::Locked(*class),
                _ => StandStill::Closed,
            }),
            NextStep::Wait | NextStep::CallHotline => Some(match self.codes() {
                // The live code is what is waited for, if it will be taken again.
                Some(
                    Timetable { check: Turn::Later(_, held), .. }
                    | Timetable { send: Turn::Later(_, held) | Turn::No(held), .. },
                ) => StandStill::Codes(*held),
                _ => StandStill::Lapsed,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(0);
    const SOON: Timestamp = Timestamp::from_micros(1);

    fn awaiting(send: Turn, check: Turn) -> Outlook {
        let codes = Timetable { send, check, tries_left: 0, code_expires_at: None };
        Outlook::Awaiting { closes_at: None, codes }
    }

    #[test]
    fn there_is_always_a_next_step_and_a_reason_if_it_is_to_wait_or_to_call() {
        use Held::{FailedInRow, FailedToday, JustFailed, JustSent, NoLiveCode, SentToday};
        let none = Turn::No(NoLiveCode);
        let codes = |held| Some(StandStill::Codes(held));
        for (outlook, next, reason) in [
            (Outlook::NotMatched, NextStep::CheckInput, Some(StandStill::NotMatched)),
            (Outlook::Lapsed { closed_at: NOW }, NextStep::CallHotline, Some(StandStill::Lapsed)),
            (Outlook::Active, NextStep::LogIn, None),
            (
                Outlook::Locked { class: LockClass::PassportExpired },
                NextStep::VisitOffice,
                Some(StandStill::Locked(LockClass::PassportExpired)),
            ),
            (Outlook::Closed, NextStep::VisitOffice, Some(StandStill::Closed)),
            (awaiting(Turn::Now, none), NextStep::SendCode, None),
            (awaiting(Turn::Later(SOON, JustSent), Turn::Now), NextStep::TypeCode, None),
            (awaiting(Turn::Later(SOON, JustSent), none), NextStep::Wait, codes(JustSent)),
            (awaiting(Turn::Later(SOON, SentToday), none), NextStep::Wait, codes(SentToday)),
            (awaiting(Turn::Later(SOON, SentToday), Turn::Later(SOON, JustFailed)), NextStep::Wait, codes(JustFailed)),
            (awaiting(Turn::Later(SOON, FailedToday), none), NextStep::Wait, codes(FailedToday)),
            (awaiting(Turn::No(FailedInRow), Turn::No(FailedInRow)), NextStep::CallHotline, codes(FailedInRow)),
        ] {
            assert_eq!((outlook.next_step(), outlook.stands_still()), (next, reason), "{outlook:?}");
        }
    }
}
