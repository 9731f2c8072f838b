//! What was handed to the authority, and whether it owes an answer.

use super::event::Verb;
use super::stage::StageName;
use crate::domain::ids::{EnrolmentId, LeaseId};
use crate::domain::time::Timestamp;

/// A request that the authority claimed within a span of time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandOver {
    /// The request.
    pub enrolment: EnrolmentId,
    /// When it was claimed last within the span.
    pub at: Timestamp,
    /// Under which lease.
    pub lease: LeaseId,
    /// Where it stands now.
    pub stage: StageName,
    /// What the authority answered last, and when.
    pub answered: Option<(Verb, Timestamp)>,
    /// Whether it was claimed again after that answer.
    pub claimed_since: bool,
}

/// What a hand-over has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandOverStanding {
    /// Issued, refused, or returned and not claimed again since.
    Answered,
    /// The authority owes an answer, whether it holds the request now or let the lease lapse.
    Outstanding,
    /// The office withdrew it while nobody held it.
    Withdrawn,
}

impl HandOver {
    /// What it has come to. Every hand-over is one of the three, so that their numbers add up.
    pub const fn standing(&self) -> HandOverStanding {
        match self.stage {
            StageName::Withdrawn if self.answered.is_none() || self.claimed_since => HandOverStanding::Withdrawn,
            _ if self.answered.is_some() && !self.claimed_since => HandOverStanding::Answered,
            _ => HandOverStanding::Outstanding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_hand_over_is_answered_outstanding_or_withdrawn() {
        const NOW: Timestamp = Timestamp::from_micros(0);
        let standing = |stage, answered: Option<Verb>, claimed_since| {
            let (enrolment, lease) = (EnrolmentId::new(Uuid::nil()), LeaseId::new(Uuid::nil()));
            let answered = answered.map(|verb| (verb, NOW));
            HandOver { enrolment, at: NOW, lease, stage, answered, claimed_since }.standing()
        };
        assert_eq!(standing(StageName::Forwarded, None, false), HandOverStanding::Outstanding);
        assert_eq!(standing(StageName::Issued, Some(Verb::Issue), false), HandOverStanding::Answered);
        assert_eq!(standing(StageName::Returned, Some(Verb::Return), false), HandOverStanding::Answered);
        // Corrected and waiting: the last claim was answered.
        assert_eq!(standing(StageName::Forwarded, Some(Verb::Return), false), HandOverStanding::Answered);
        assert_eq!(standing(StageName::Forwarded, Some(Verb::Return), true), HandOverStanding::Outstanding);
        assert_eq!(standing(StageName::Withdrawn, None, false), HandOverStanding::Withdrawn);
        assert_eq!(standing(StageName::Withdrawn, Some(Verb::Return), false), HandOverStanding::Answered);
        assert_eq!(standing(StageName::Withdrawn, Some(Verb::Return), true), HandOverStanding::Withdrawn);
    }
}
