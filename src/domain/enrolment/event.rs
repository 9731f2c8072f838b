//! What happens to a request: its verbs, the event that each passage writes, and the passage itself.

use super::Enrolment;
use super::stage::StageName;
use crate::domain::audit::Actor;
use crate::domain::ids::LeaseId;
use crate::domain::time::Timestamp;

/// What may happen to a request. `docs/states.md` shows from where to where.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Verb {
    /// An office takes it in.
    Receive,
    /// A rule refers it to a supervisor.
    Refer,
    /// No rule stands in the way of the authority.
    Forward,
    /// A supervisor lets it go on in spite of what referred it.
    Override,
    /// A supervisor ends it.
    Decline,
    /// A supervisor, or the authority that needs more information, sends it back to the office.
    Return,
    /// The office hands it in again, corrected.
    Correct,
    /// The office gives it up.
    Withdraw,
    /// The authority takes it under a lease.
    Claim,
    /// The authority approves.
    Issue,
    /// The authority refuses.
    Refuse,
}

impl Verb {
    /// Every verb, in a fixed order.
    pub const ALL: [Self; 11] = [
        Self::Receive,
        Self::Refer,
        Self::Forward,
        Self::Override,
        Self::Decline,
        Self::Return,
        Self::Correct,
        Self::Withdraw,
        Self::Claim,
        Self::Issue,
        Self::Refuse,
    ];

    /// The name the store keeps.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Refer => "refer",
            Self::Forward => "forward",
            Self::Override => "override",
            Self::Decline => "decline",
            Self::Return => "return",
            Self::Correct => "correct",
            Self::Withdraw => "withdraw",
            Self::Claim => "claim",
            Self::Issue => "issue",
            Self::Refuse => "refuse",
        }
    }

    /// Reads a name written by [`Verb::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

/// One thing that happened to a request. Holds names and times only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// What.
    pub verb: Verb,
    /// When.
    pub at: Timestamp,
    /// Who, as the audit log names them: [`Actor`]'s text.
    pub by: String,
    /// Where the request stood; absent for the first event.
    pub from: Option<StageName>,
    /// Where it stands from then on.
    pub to: StageName,
    /// Why, from the published list of the stage; for [`Verb::Refer`] the names of the rules, separated by commas.
    pub reason: Option<String>,
    /// The lease under which the authority acted.
    pub lease: Option<LeaseId>,
}

impl Event {
    /// That the authority took a request under a lease.
    pub fn claimed(lease: LeaseId, by: Actor, at: Timestamp) -> Self {
        let forwarded = StageName::Forwarded;
        let (from, by) = (Some(forwarded), by.to_string());
        Self { verb: Verb::Claim, at, by, from, to: forwarded, reason: None, lease: Some(lease) }
    }
}

/// A request that moved, with the events that say so. Only the verbs of [`Enrolment`] make one, so that nothing moves
/// without its event.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Passage {
    enrolment: Enrolment,
    events: Vec<Event>,
}

impl Passage {
    pub(super) fn new(enrolment: Enrolment, event: Event) -> Self {
        Self { enrolment, events: vec![event] }
    }

    /// The passage followed by another one.
    pub(super) fn then(self, next: impl FnOnce(Enrolment) -> Self) -> Self {
        let Self { enrolment, mut events } = self;
        let next = next(enrolment);
        events.extend(next.events);
        Self { enrolment: next.enrolment, events }
    }

    /// The passage, as the authority made it under that lease.
    pub(super) fn under(mut self, lease: LeaseId) -> Self {
        for event in &mut self.events {
            event.lease = Some(lease);
        }
        self
    }

    /// The request as it stands now.
    pub const fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    /// The request, with what the use case knows of it beside its stage.
    pub const fn enrolment_mut(&mut self) -> &mut Enrolment {
        &mut self.enrolment
    }

    /// What happened, in order; never empty.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The request, once the passage has been kept.
    pub fn into_enrolment(self) -> Enrolment {
        self.enrolment
    }
}
