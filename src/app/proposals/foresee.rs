//! What a proposal would do: looked at anew each time, and done as it was foreseen. One arm for each kind.

use super::super::{App, Error, StaffDoing, reopen};
use crate::domain::proposal::{Act, Proposal, WhyVoid};
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader};

/// What will happen if a proposal is approved.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The way to activation is opened.
    Reopening(Box<reopen::Opening>),
    /// Something is done with an entry of the staff directory.
    Staff(Box<StaffDoing>),
}

impl App {
    /// What will happen, as things stand; or why nothing will.
    pub(super) async fn foresee(
        &self,
        reader: &mut Reader,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Result<Result<Effect, WhyVoid>, Error> {
        match &proposal.act {
            Act::Reopening(account) => {
                let opening = self.opening(reader, *account, now).await?;
                Ok(opening.map(|opening| Effect::Reopening(Box::new(opening))))
            }
            Act::Staff(entry, deed) => {
                let doing = self.staff_doing(reader, (*entry, proposal.seen), deed, now).await?;
                Ok(doing.map(|doing| Effect::Staff(Box::new(doing))))
            }
        }
    }

    /// The changes that do it, to be committed with the approval.
    pub(super) fn carry_out(
        &self,
        effect: &Effect,
        _approved: &Proposal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Error> {
        match effect {
            Effect::Reopening(opening) => self.open_again(opening, now),
            Effect::Staff(doing) => Ok(self.done(doing, now)),
        }
    }

    /// What else changes if a proposal is dropped.
    pub(super) fn dropped(declined: &Proposal) -> Vec<Change> {
        match declined.act {
            Act::Reopening(_) | Act::Staff(..) => Vec::new(),
        }
    }
}
