//! What comes of each row of a feed of the immigration database.
//!
//! A row is about one card. It bears on the accounts that have the card; a card that no account has joins the account of the
//! passport that the row names. It says nothing about an account whose holder is somebody else.

use super::application::Application;
use super::check::is_own;
use super::record::Record;

/// Where the row of a feed belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowOutcome {
    /// Accounts have the card; they follow it.
    Applied,
    /// The card is new, and joined the account of its passport.
    Joined,
    /// No account has card or passport. What was said of the card waits for one.
    NoAccount,
    /// The account that has card or passport is another person's: nothing of it follows.
    OtherPerson,
}

impl RowOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Applied, Self::Joined, Self::NoAccount, Self::OtherPerson];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Joined => "joined",
            Self::NoAccount => "no-account",
            Self::OtherPerson => "other-person",
        }
    }

    /// Whether some account follows the row.
    pub const fn is_matched(self) -> bool {
        matches!(self, Self::Applied | Self::Joined)
    }
}

/// Where a row belongs, and whose account a card joins: `card` are the accounts that have the card, `passport` those that have
/// the passport, each with what its holder declared. Passports that joined an account later count as the first one does: who
/// changed their name is known by them.
pub fn place<'a, A: Copy + PartialEq>(
    record: &Record,
    card: &[(A, &'a Application)],
    passport: &[(A, &'a Application)],
) -> (RowOutcome, Option<A>) {
    let has_passport = |account: &A| passport.iter().any(|(one, _)| one == account);
    let own = |(account, application): &&(A, &Application)| is_own(application, record, has_passport(account));
    match (card.iter().find(own), passport.iter().find(own)) {
        (Some(_), _) => (RowOutcome::Applied, None),
        (None, _) if !card.is_empty() => (RowOutcome::OtherPerson, None),
        (None, Some((account, _))) => (RowOutcome::Joined, Some(*account)),
        (None, None) if passport.is_empty() => (RowOutcome::NoAccount, None),
        (None, None) => (RowOutcome::OtherPerson, None),
    }
}
