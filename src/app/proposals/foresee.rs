//! What a proposal would do: looked at anew each time, and done as it was foreseen. One arm for each kind.

use super::super::life::{Closing, UpdateEffect};
use super::super::{App, ContactApproval, Error, StaffDoing, reopen};
use crate::domain::lock::Lock;
use crate::domain::proposal::{Act, Proposal, WhyVoid};
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader};

/// What will happen if a proposal is approved.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The way to activation is opened.
    Reopening(Box<reopen::Opening>),
    /// A ground that locks an account is lifted.
    Lift(Lock),
    /// An account is closed for good.
    Closing(Box<Closing>),
    /// Documents join an account.
    DocumentUpdate(Box<UpdateEffect>),
    /// A code goes to the new contact of an account.
    ContactChange(Box<ContactApproval>),
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
            Act::LockLift(lock) | Act::CentralLockLift(lock) => {
                Ok(self.lifting(reader, *lock).await?.map(Effect::Lift))
            }
            Act::Closing(account, reason) => {
                let closing = self.closing(reader, (*account, *reason), proposal.seen).await?;
                Ok(closing.map(|closing| Effect::Closing(Box::new(closing))))
            }
            Act::DocumentUpdate(update) => {
                let effect = self.updating(reader, *update).await?;
                Ok(effect.map(|effect| Effect::DocumentUpdate(Box::new(effect))))
            }
            Act::ContactInPerson(change) | Act::ContactByAuthority(change) => {
                let approval = self.contact_approval(reader, *change, now).await?;
                Ok(approval.map(|approval| Effect::ContactChange(Box::new(approval))))
            }
            Act::Staff(entry, deed) => {
                let doing = self.staff_doing(reader, (*entry, proposal.seen), deed, now).await?;
                Ok(doing.map(|doing| Effect::Staff(Box::new(doing))))
            }
        }
    }

    /// The changes that do it, to be committed with the approval.
    pub(super) fn carry_out(&self, effect: &Effect, approved: &Proposal, now: Timestamp) -> Result<Vec<Change>, Error> {
        match effect {
            Effect::Reopening(opening) => self.open_again(opening, now),
            Effect::Lift(lock) => self.lift(lock, approved),
            Effect::Closing(closing) => self.close(closing, now),
            Effect::DocumentUpdate(update) => self.join(update, approved.asked_by, now),
            Effect::ContactChange(approval) => self.approved_contact_change(approval, now),
            Effect::Staff(doing) => Ok(self.done(doing, now)),
        }
    }

    /// What else changes if a proposal is dropped.
    pub(super) fn dropped(declined: &Proposal) -> Vec<Change> {
        match declined.act {
            Act::Reopening(_)
            | Act::LockLift(_)
            | Act::CentralLockLift(_)
            | Act::Closing(..)
            | Act::DocumentUpdate(_)
            | Act::Staff(..) => Vec::new(),
            Act::ContactInPerson(change) | Act::ContactByAuthority(change) => vec![Change::DeclineChange(change)],
        }
    }
}
