//! Lifting a ground: one person proposes, another one approves, whatever the ground (R14).

use crate::app::proposals::{ProposalView, Wish};
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Repeat};
use crate::domain::ids::{LockId, Version};
use crate::domain::lock::{CannotLock, Ground, Lock};
use crate::domain::proposal::{Act, Proposal, WhyVoid};
use crate::domain::review::ReviewReason;
use crate::domain::staff::Role;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader};

/// What became of a wish to lift a ground.
#[derive(Debug)]
pub enum Lift {
    /// It waits for the second person.
    Proposed(ProposalView),
    /// One waits already.
    AlreadyProposed(ProposalView),
    /// It cannot be proposed by the caller, or by anybody.
    Refused(CannotLock),
    /// It rests on an order, and no order to unlock the account was approved since.
    NoOrder,
}

impl App {
    /// Proposes that a ground be lifted. What else locks the account goes on to do so.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown ground, [`Error::RequestIdReused`].
    pub async fn propose_lift(
        &self,
        by: &Caller,
        repeat: &Repeat,
        id: LockId,
        reason: &ReviewReason,
    ) -> Result<Lift, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.propose_lift_once(by, repeat, id, reason, now)).await
    }

    async fn propose_lift_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        id: LockId,
        reason: &ReviewReason,
        now: Timestamp,
    ) -> Result<Attempt<Lift>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(stored) = self.proposed_before(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(Lift::Proposed(self.proposal_view(&mut reader, stored, now).await?)));
        }
        let lock = reader.lock(id).await?.ok_or(Error::NotFound(Missing::Lock))?.lock;
        if let Err(why) = lock.liftable_by(by.role()) {
            return Ok(Attempt::Unchanged(Lift::Refused(why)));
        }
        if !may_go(&mut reader, &lock).await? {
            return Ok(Attempt::Unchanged(Lift::NoOrder));
        }
        // Whether the ground stands decides, not what else was changed.
        let act = (act(&lock), Version::NONE);
        match self.wish(&mut reader, by, act, reason, now).await? {
            Wish::Waits(pending) => {
                let view = self.proposal_view(&mut reader, *pending, now).await?;
                Ok(Attempt::Unchanged(Lift::AlreadyProposed(view)))
            }
            Wish::Propose(stored) => {
                let unit = self.proposed(by, repeat, &stored)?;
                let view = self.proposal_view(&mut reader, *stored, now).await?;
                Ok(Attempt::Change(Lift::Proposed(view), unit))
            }
        }
    }

    /// The ground that would be lifted, if it stands.
    pub(in crate::app) async fn lifting(
        &self,
        reader: &mut Reader,
        id: LockId,
    ) -> Result<Result<Lock, WhyVoid>, Error> {
        let lock = reader.lock(id).await?.ok_or(Error::NotFound(Missing::Lock))?.lock;
        let stands = lock.ended_at.is_none() && may_go(reader, &lock).await?;
        Ok(if stands { Ok(lock) } else { Err(WhyVoid::NotNeeded) })
    }

    /// The change that lifts it.
    pub(in crate::app) fn lift(&self, lock: &Lock, approved: &Proposal) -> Result<Vec<Change>, Error> {
        let reason = ReviewReason::parse(&format!("Proposal {}", approved.id));
        let reason = reason.map_err(|error| Error::Broken(Box::new(error)))?;
        Ok(vec![Change::EndLock(lock.id, approved.asked_by, self.seal_lock_end(lock.id, &reason)?)])
    }
}

/// A ground that rests on an order goes with an order alone.
async fn may_go(reader: &mut Reader, lock: &Lock) -> Result<bool, Error> {
    match lock.ground {
        Ground::Order => Ok(reader.has_unlock_order(lock.account, lock.id).await?),
        _ => Ok(true),
    }
}

/// The kind of proposal by which a ground is lifted.
fn act(lock: &Lock) -> Act {
    match lock.ground.rule().lifters {
        [Role::Administrator] => Act::CentralLockLift(lock.id),
        _ => Act::LockLift(lock.id),
    }
}
