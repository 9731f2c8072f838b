//! Why an account does not become active, and who can do something about it.

/// What keeps an account from being used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Obstacle {
    /// The notice waits to be sent for longer than it should.
    NoticeWaits,
    /// No carrier took the notice, and it is not tried again.
    NoticeFailed,
    /// A carrier took the notice and told that it did not arrive.
    NoticeLost,
    /// Nobody knows whether the notice arrived, and nothing came of it.
    NoticeNotDelivered,
    /// The notice is there, and no code was asked for.
    CodeNotAsked,
    /// A code was asked for, and none was tried.
    CodeNotTried,
    /// Wrong codes were typed, and then nothing more.
    WrongCodes,
    /// As many wrong codes were typed today as may be.
    FailedToday,
    /// So many wrong codes were typed in a row that a person must help.
    FailedInRow,
    /// The days for self-activation are over.
    WindowLapsed,
    /// The account is active, and no device is bound to it.
    NoDevice,
}

/// Who should act.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Helper {
    /// The holder of the account.
    Holder,
    /// The office that took the request in.
    Office,
    /// The hotline.
    Hotline,
    /// Whoever runs the service.
    Operator,
}

impl Obstacle {
    /// Every one, in the order in which holders meet them.
    pub const ALL: [Self; 11] = [
        Self::NoticeWaits,
        Self::NoticeFailed,
        Self::NoticeLost,
        Self::NoticeNotDelivered,
        Self::CodeNotAsked,
        Self::CodeNotTried,
        Self::WrongCodes,
        Self::FailedToday,
        Self::FailedInRow,
        Self::WindowLapsed,
        Self::NoDevice,
    ];

    /// Its name, in records and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoticeWaits => "notice-waits",
            Self::NoticeFailed => "notice-failed",
            Self::NoticeLost => "notice-lost",
            Self::NoticeNotDelivered => "notice-not-delivered",
            Self::CodeNotAsked => "code-not-asked",
            Self::CodeNotTried => "code-not-tried",
            Self::WrongCodes => "wrong-codes",
            Self::FailedToday => "failed-today",
            Self::FailedInRow => "failed-in-row",
            Self::WindowLapsed => "window-lapsed",
            Self::NoDevice => "no-device",
        }
    }

    /// Who should act.
    pub const fn helper(self) -> Helper {
        match self {
            // What the service sends and does not get rid of.
            Self::NoticeWaits | Self::NoticeFailed => Helper::Operator,
            // The number may be wrong: the office has the form, and sees the holder again. A device is bound at a counter.
            Self::NoticeLost | Self::NoticeNotDelivered | Self::NoDevice => Helper::Office,
            Self::CodeNotAsked | Self::FailedToday => Helper::Holder,
            Self::CodeNotTried | Self::WrongCodes | Self::FailedInRow | Self::WindowLapsed => Helper::Hotline,
        }
    }
}

impl Helper {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Holder, Self::Office, Self::Hotline, Self::Operator];

    /// Its name, in records and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::Office => "office",
            Self::Hotline => "hotline",
            Self::Operator => "operator",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_obstacle_has_a_name_of_its_own_and_every_helper_something_to_do() {
        let names: BTreeSet<_> = Obstacle::ALL.into_iter().map(Obstacle::name).collect();
        assert_eq!(names.len(), Obstacle::ALL.len());
        let helpers: BTreeSet<_> = Obstacle::ALL.into_iter().map(Obstacle::helper).collect();
        assert_eq!(helpers.into_iter().collect::<Vec<_>>(), Helper::ALL);
    }
}
