//! Proposals: one person proposes, another one approves, and only then it is done (DOMAIN R14).
//!
//! What a proposal would do is foreseen anew whenever it is shown or approved, by the same function: what the second person
//! reads is what happens, or it is void.

mod foresee;

pub use foresee::Effect;

use serde::{Deserialize, Serialize};

use super::repeat::Attempt;
use super::{ATTEMPTS_MAX, App, Caller, Error, Missing, Repeat};
use crate::domain::audit::{Action, Entry};
use crate::domain::ids::{ProposalId, Version};
use crate::domain::proposal::{Act, CannotSettle, Proposal, ProposalKind, ProposalState, Settler, WhyVoid};
use crate::domain::review::ReviewReason;
use crate::domain::time::Timestamp;
use crate::domain::working_list::ListName;
use crate::store::{Change, Reader, StoreError, StoredProposal, Unit, Waiting};

/// A proposal as it is shown.
#[derive(Debug)]
pub struct ProposalView {
    /// The proposal.
    pub proposal: Proposal,
    /// Why.
    pub reason: ReviewReason,
    /// What will happen if it is approved; absent if it no longer waits. Inside: why it would be void.
    pub effect: Option<Result<Effect, WhyVoid>>,
}

/// What became of a second person's word.
#[derive(Debug)]
pub enum Settled {
    /// It was done.
    Approved(ProposalView),
    /// It was dropped.
    Declined(ProposalView),
    /// It stays as it was.
    Refused(CannotSettle, ProposalView),
    /// It is void: what it was to be done to has changed, or there is nothing left to do.
    Void(WhyVoid, ProposalView),
}

/// A page of proposals that wait.
#[derive(Debug)]
pub struct ProposalPage {
    /// Oldest first.
    pub waiting: Vec<ProposalView>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

/// A first answer: the proposal's name.
#[derive(Serialize, Deserialize)]
struct Named {
    #[serde(alias = "reopening")]
    proposal: ProposalId,
}

/// What became of a wish that takes a second person.
#[derive(Debug)]
pub(super) enum Wish {
    /// It waits: commit the unit.
    Propose(Box<StoredProposal>),
    /// One of its kind waits already.
    Waits(Box<StoredProposal>),
}

impl Caller {
    /// The caller as a side of a proposal.
    pub(super) fn settler(&self) -> Settler {
        Settler { id: self.id(), role: self.role(), office: self.officer().map(|officer| officer.office) }
    }
}

impl App {
    /// A proposal of `by`, unless one of its kind waits for the same target. Nothing is recorded yet: see
    /// [`Self::proposed`].
    pub(super) async fn wish(
        &self,
        reader: &mut Reader,
        by: &Caller,
        (act, seen): (Act, Version),
        reason: &ReviewReason,
        now: Timestamp,
    ) -> Result<Wish, Error> {
        let waits = |pending: &StoredProposal| now < pending.proposal.expires_at && !pending.proposal.is_stale(seen);
        if let Some(pending) = reader.pending_proposal(&act).await?.filter(waits) {
            // Something else about the same target is not what was asked for.
            let same = pending.proposal.act == act;
            return same.then(|| Wish::Waits(Box::new(pending))).ok_or(Error::AnotherProposalWaits);
        }
        let id = ProposalId::new(self.dice().id(now));
        let proposal = Proposal::ask(id, act, seen, &by.settler(), now);
        let reason = self.seal_proposal_reason(&proposal, reason)?;
        Ok(Wish::Propose(Box::new(StoredProposal { proposal, reason, version: Version::NONE })))
    }

    /// The unit that records a proposal, with its first answer. What else its kind records goes with it.
    pub(super) fn proposed(&self, by: &Caller, repeat: &Repeat, stored: &StoredProposal) -> Result<Unit, Error> {
        let proposal = &stored.proposal;
        Ok(Unit::new(self.proposal_entry(by, Action::ProposalMade, proposal, proposal.asked_at))
            .with(repeat.remember(by, &Named { proposal: proposal.id })?)
            .with(Change::NewProposal(Box::new(stored.clone()))))
    }

    /// The proposal that this call made before, as it stands.
    pub(super) async fn proposed_before(
        &self,
        reader: &mut Reader,
        by: &Caller,
        repeat: &Repeat,
    ) -> Result<Option<StoredProposal>, Error> {
        let Some(Named { proposal }) = self.first_answer(reader, by, repeat).await? else { return Ok(None) };
        let found = reader.proposal(proposal).await?;
        found.map(Some).ok_or(Error::NotFound(Missing::Proposal))
    }

    /// A proposal, with what would happen. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is unknown or not the caller's business.
    pub async fn proposal(&self, by: &Caller, id: ProposalId) -> Result<ProposalView, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let stored = Self::shown_to(&mut reader, by, id).await?;
        let view = self.proposal_view(&mut reader, stored, now).await?;
        drop(reader);
        let entry = self.proposal_entry(by, Action::ProposalViewed, &view.proposal, now);
        self.commit(Unit::new(entry)).await?;
        Ok(view)
    }

    /// A page of the proposals that wait and are the caller's business. The look is recorded.
    ///
    /// # Errors
    /// [`Error::Field`] for a token of another list, or if the store cannot be asked.
    pub async fn proposals(
        &self,
        by: &Caller,
        kind: Option<ProposalKind>,
        token: Option<&[u8]>,
        size: u32,
    ) -> Result<ProposalPage, Error> {
        let (now, who) = (self.clock().now(), by.settler());
        let list = ListName::of_proposals(kind);
        let after = token.map(|token| list.key(token)).transpose();
        let after = after.map_err(|fault| Error::Field { field: "page_token", fault })?;
        let concerned = |kind: &ProposalKind| {
            let rule = kind.rule();
            rule.proposers.contains(&who.role) || rule.approvers.contains(&who.role)
        };
        let kinds: Vec<_> = ProposalKind::ALL
            .into_iter()
            .filter(|one| kind.is_none_or(|kind| kind == *one))
            .filter(concerned)
            .collect();
        let after = after.map(|id| ProposalId::new(uuid::Uuid::from_bytes(id)));
        let office = who.office.as_ref();
        let asked = Waiting { after, kinds: &kinds, office, now, limit: size.saturating_add(1) };
        let mut reader = self.store().reader().await?;
        let mut found = reader.proposals(&asked).await?;
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let end = found.last().filter(|_| more).map(|last| *last.proposal.id.uuid().as_bytes());
        let mut waiting = Vec::with_capacity(found.len());
        for stored in found {
            waiting.push(self.proposal_view(&mut reader, stored, now).await?);
        }
        drop(reader);
        let entry = self
            .entry(now, by.actor(), Action::ProposalsListed, by.id().uuid())
            .with("count", waiting.len().to_string());
        self.commit(Unit::new(entry)).await?;
        Ok(ProposalPage { waiting, next: end.map(|end| list.token(end)) })
    }

    /// Approves, as the second person: what was proposed is done, in the same transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::RequestIdReused`].
    pub async fn approve_proposal(&self, by: &Caller, repeat: &Repeat, id: ProposalId) -> Result<Settled, Error> {
        let now = self.clock().now();
        let settled = self.once(by, repeat, || self.approve_proposal_once(by, repeat, id, now)).await?;
        if let Settled::Approved(view) = &settled {
            match view.proposal.act {
                Act::ContactInPerson(change) | Act::ContactByAuthority(change) => {
                    self.send_contact_code_now(change, now).await;
                }
                Act::Staff(..)
                | Act::Reopening(_)
                | Act::LockLift(_)
                | Act::CentralLockLift(_)
                | Act::Closing(..)
                | Act::DocumentUpdate(_) => {}
            }
        }
        Ok(settled)
    }

    async fn approve_proposal_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        id: ProposalId,
        now: Timestamp,
    ) -> Result<Attempt<Settled>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(stored) = self.proposed_before(&mut reader, by, repeat).await? {
            let view = self.proposal_view(&mut reader, stored, now).await?;
            return Ok(Attempt::Answered(Settled::Approved(view)));
        }
        let stored = Self::shown_to(&mut reader, by, id).await?;
        if let Err(why) = stored.proposal.may_approve(&by.settler(), now) {
            let view = self.proposal_view(&mut reader, stored, now).await?;
            return Ok(Attempt::Unchanged(Settled::Refused(why, view)));
        }
        let foreseen = self.foresee(&mut reader, &stored.proposal, now).await?;
        drop(reader);
        let (reason, seen, proposal) = (self.open_proposal_reason(&stored)?, stored.version, stored.proposal);
        let effect = match foreseen {
            Ok(effect) => effect,
            Err(why) => {
                let void = proposal.void(&by.settler(), now).map_err(|_| Error::Contended)?;
                let entry = self.proposal_entry(by, Action::ProposalVoid, &void, now).with("why", why.name());
                let unit = Unit::new(entry).with(Change::SaveProposal(Box::new(void.clone()), seen));
                let view = ProposalView { proposal: void, reason, effect: None };
                return Ok(Attempt::Change(Settled::Void(why, view), unit));
            }
        };
        let approved = proposal.approve(&by.settler(), now).map_err(|_| Error::Contended)?;
        let entry = self
            .proposal_entry(by, Action::ProposalApproved, &approved, now)
            .with("asked_by", approved.asked_by.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Named { proposal: id })?)
            .with(Change::SaveProposal(Box::new(approved.clone()), seen))
            .with_all(self.carry_out(&effect, &approved, now)?);
        let view = ProposalView { proposal: approved, reason, effect: Some(Ok(effect)) };
        Ok(match view.proposal.act {
            // Whoever may do less from now on learns it at once.
            Act::Staff(..) => Attempt::ChangeRights(Settled::Approved(view), unit),
            _ => Attempt::Change(Settled::Approved(view), unit),
        })
    }

    /// Drops a proposal; whoever made it may, too.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn decline_proposal(&self, by: &Caller, id: ProposalId) -> Result<Settled, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock().now();
            let mut reader = self.store().reader().await?;
            let stored = Self::shown_to(&mut reader, by, id).await?;
            let declined = match stored.proposal.clone().decline(&by.settler(), now) {
                Ok(declined) => declined,
                Err(why) => {
                    let view = self.proposal_view(&mut reader, stored, now).await?;
                    return Ok(Settled::Refused(why, view));
                }
            };
            drop(reader);
            let reason = self.open_proposal_reason(&stored)?;
            let entry = self.proposal_entry(by, Action::ProposalDeclined, &declined, now);
            let unit = Unit::new(entry)
                .with(Change::SaveProposal(Box::new(declined.clone()), stored.version))
                .with_all(Self::dropped(&declined));
            match self.commit(unit).await {
                Ok(()) => {
                    return Ok(Settled::Declined(ProposalView { proposal: declined, reason, effect: None }));
                }
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// A proposal that is the caller's business.
    async fn shown_to(reader: &mut Reader, by: &Caller, id: ProposalId) -> Result<StoredProposal, Error> {
        let found = reader.proposal(id).await?.filter(|stored| stored.proposal.is_shown_to(&by.settler()));
        found.ok_or(Error::NotFound(Missing::Proposal))
    }

    /// A proposal as it stands at `now`, with what would happen if it waits.
    pub(super) async fn proposal_view(
        &self,
        reader: &mut Reader,
        stored: StoredProposal,
        now: Timestamp,
    ) -> Result<ProposalView, Error> {
        let reason = self.open_proposal_reason(&stored)?;
        let proposal = stored.proposal.at(now);
        let effect = match proposal.state {
            ProposalState::Pending => Some(self.foresee(reader, &proposal, now).await?),
            _ => None,
        };
        Ok(ProposalView { proposal, reason, effect })
    }

    fn proposal_entry(&self, by: &Caller, action: Action, proposal: &Proposal, now: Timestamp) -> Entry {
        self.entry(now, by.actor(), action, proposal.act.target())
            .with("proposal", proposal.id.to_string())
            .with("kind", proposal.act.kind().name())
    }
}
