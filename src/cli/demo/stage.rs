//! What the scenes share: the cast, the people of this play, and what has become of them so far.

use std::io::Write;
use std::ops::RangeFrom;

use crate::cli::demo::Programme;
use crate::cli::demo::cast::Cast;
use crate::cli::demo::mailbox::{Mailbox, Post};
use crate::cli::demo::printing::Printer;
use crate::cli::demo::tally::Counts;
use crate::domain::time::Timestamp;
use crate::practice::{Applicant, Generator, Handset, identity_number};
use crate::proto::{Captures, RefusalReason};
use crate::sys::{Clock, Dice};

/// With more applicants than this, steps of a kind are drawn together.
const CROWD: usize = 40;

/// The room in which all scenes are played.
pub(super) struct Stage<'w, M, W> {
    pub(super) cast: Cast,
    pub(super) post: Post<M>,
    pub(super) printer: Printer<'w, W>,
    pub(super) people: Generator,
    /// The clock that the service under play reads.
    pub(super) clock: &'w Clock,
    pub(super) ids: Ids,
    /// When the play began.
    pub(super) begun: Timestamp,
    numbers: RangeFrom<u32>,
    /// Those who must be accepted, in the order in which they apply. The first is Anna Maria Eriksson.
    pub(super) cases: Vec<Case>,
    pub(super) counts: Counts,
}

/// One applicant who must be accepted, and what has come of it.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) applicant: Applicant,
    pub(super) fate: Fate,
    /// The number that the authority gives if it approves.
    pub(super) number: String,
    /// What was captured of the applicant, if anything was.
    pub(super) captures: Option<Captures>,
    /// Whether a supervisor had to look at the request.
    pub(super) referred: bool,
    pub(super) request_id: String,
    /// Set once the request is taken in.
    pub(super) enrolment_id: Option<String>,
    /// Set once the account is issued.
    pub(super) account_id: Option<String>,
    /// The phone in the holder's hand.
    pub(super) handset: Handset,
    /// Set once the holder has activated.
    pub(super) active: bool,
}

/// What this play has in store for an applicant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Approved; activates at the first try.
    Activates,
    /// Approved; mistypes the code once, then activates.
    Mistypes,
    /// Approved; never activates.
    StaysAway,
    /// Refused by the authority.
    IsRefused,
    /// Declined by a supervisor, before the authority sees it.
    IsDeclined,
    /// Withdrawn by the office, before the authority sees it.
    IsWithdrawn,
    /// Returned by the authority, then corrected.
    IsReturned,
    /// Returned by the authority; the applicant does not come back.
    StaysReturned,
}

/// Names for requests: drawn by the client, different at each run.
#[derive(Clone)]
pub(super) struct Ids {
    dice: Dice,
    now: Timestamp,
}

impl Ids {
    pub(super) fn draw(&self) -> String {
        self.dice.id(self.now).to_string()
    }

    /// A new phone.
    pub(super) fn handset(&self) -> Handset {
        Handset::new(self.dice.bytes())
    }
}

impl Fate {
    /// One in ten is refused, one in five stays away, one in four mistypes; the first is spared all that.
    const fn of(place: usize) -> Self {
        match place {
            _ if place % 10 == 4 => Self::IsRefused,
            _ if place % 5 == 3 => Self::StaysAway,
            _ if place % 4 == 1 => Self::Mistypes,
            _ => Self::Activates,
        }
    }

    /// Why the authority refuses, if it does.
    pub(super) const fn refusal(self) -> Option<RefusalReason> {
        match self {
            Self::IsRefused => Some(RefusalReason::IdentityNotConfirmed),
            Self::Activates
            | Self::Mistypes
            | Self::StaysAway
            | Self::IsDeclined
            | Self::IsWithdrawn
            | Self::IsReturned
            | Self::StaysReturned => None,
        }
    }

    /// Whether the authority asks for more.
    pub(super) const fn is_returned(self) -> bool {
        matches!(self, Self::IsReturned | Self::StaysReturned)
    }

    /// Whether the authority never gets to see the request.
    pub(super) const fn stays_at_office(self) -> bool {
        matches!(self, Self::IsDeclined | Self::IsWithdrawn)
    }
}

impl<'w, M: Mailbox, W: Write> Stage<'w, M, W> {
    /// The stage before the first scene: everybody of the crowd has a case, whom nobody has captured yet.
    pub(super) fn new(
        cast: Cast,
        programme: Programme,
        (crowd, people): (Vec<Applicant>, Generator),
        (mailbox, clock): (M, &'w Clock),
        out: &'w mut W,
    ) -> Self {
        let dice = Dice::seeded(programme.seed);
        let numbers = dice.below(900_000_000)..;
        let ids = Ids { dice, now: programme.now };
        let printer = Printer::new(out, programme.terminal, crowd.len() > CROWD);
        let (post, counts) = (Post::new(mailbox), Counts::default());
        let mut stage =
            Self { cast, post, printer, people, clock, ids, begun: programme.now, numbers, cases: Vec::new(), counts };
        for (place, applicant) in crowd.into_iter().enumerate() {
            let case = stage.case(applicant, Fate::of(place));
            stage.cases.push(case);
        }
        stage
    }

    /// A case of which nothing has happened.
    pub(super) fn case(&mut self, applicant: Applicant, fate: Fate) -> Case {
        Case {
            applicant,
            fate,
            number: identity_number(self.numbers.next().unwrap_or_default()),
            captures: None,
            referred: false,
            request_id: self.ids.draw(),
            enrolment_id: None,
            account_id: None,
            handset: self.ids.handset(),
            active: false,
        }
    }
}

impl Case {
    pub(super) fn label(&self) -> &str {
        &self.applicant.label
    }

    /// The phone as the holder types it.
    pub(super) fn phone(&self) -> String {
        self.applicant.application.phone.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_play_has_somebody_for_every_part() {
        let fates: Vec<_> = (0..6).map(Fate::of).collect();
        assert_eq!(fates[0], Fate::Activates);
        for fate in [Fate::Mistypes, Fate::StaysAway, Fate::IsRefused] {
            assert!(fates.contains(&fate), "{fate:?}");
        }
        let activating = fates.iter().filter(|fate| matches!(fate, Fate::Activates | Fate::Mistypes)).count();
        assert_eq!(activating, 4);
    }
}
