//! Changes that the staff begins: each is proposed, and goes on when another person approves.

use serde::Deserialize;

use super::begin::{Asked, First, Room};
use super::{Begun, ChangeView};
use crate::app::proposals::Wish;
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Officer, Repeat, StoodAtCounter};
use crate::domain::audit::Action;
use crate::domain::contact::{ChangeState, Contact, ContactChange, FailureReason, Tier};
use crate::domain::ids::{AccountId, ChangeId, ProposalId, Version};
use crate::domain::proposal::{Act, WhyVoid};
use crate::domain::review::ReviewReason;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredAccount, StoredChange, Unit};

/// What a member of the staff wants changed.
#[derive(Clone, Debug)]
pub struct Counter {
    /// Whose contact, and by which leave.
    pub whose: Whose,
    /// The new value.
    pub new: Contact,
    /// Why, for the second person.
    pub reason: ReviewReason,
    /// The request that this one repeats, if it repeats one.
    pub repeats: Option<ChangeId>,
}

/// Whose contact the staff changes.
#[derive(Clone, Debug)]
pub enum Whose {
    /// That of whoever stands before the officer, with the passport.
    InPerson(Officer, StoodAtCounter),
    /// That of this account, for the authority.
    ByAuthority(AccountId),
}

/// What an approval comes to.
#[derive(Clone, Debug)]
pub struct ContactApproval {
    stored: StoredChange,
    /// The change as it stands, with its new value, masked.
    pub view: ChangeView,
    /// What the new value takes the place of, masked; absent if the account had none of the kind.
    pub old_value_masked: Option<String>,
}

/// The first answer to a wish, as proposals and failures keep it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Before {
    Proposed { proposal: ProposalId },
    Failed(First),
}

impl App {
    /// Proposes a change. Every live contact is told at once how to stop it; the code goes to the new value when another
    /// person has approved.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, or an unknown change to be repeated; [`Error::RequestIdReused`].
    pub async fn propose_contact_change(
        &self,
        by: &Caller,
        repeat: &Repeat,
        wish: &Counter,
    ) -> Result<(Begun, Option<ProposalId>), Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.propose_contact_once(by, repeat, wish, now)).await
    }

    async fn propose_contact_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        wish: &Counter,
        now: Timestamp,
    ) -> Result<Attempt<(Begun, Option<ProposalId>)>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(before) = self.first_answer(&mut reader, by, repeat).await? {
            return self.proposed_contact_before(&mut reader, before).await.map(Attempt::Answered);
        }
        let Some((account, tier)) = self.account_meant(&mut reader, &wish.whose).await? else {
            // Whoever tries numbers and passports is seen.
            let entry = self.entry(now, by.actor(), Action::NotProvedInPerson, by.id().uuid());
            return Ok(Attempt::Change((Begun::NotMatched, None), Unit::new(entry)));
        };
        let office = match &wish.whose {
            Whose::InPerson(officer, _) => Some(officer.office.clone()),
            Whose::ByAuthority(_) => None,
        };
        let asked = Asked { account: &account, new: &wish.new, tier, repeats: wish.repeats, office };
        let settled = match self.room(&mut reader, &asked, now).await? {
            Room::Free(settled) => settled,
            Room::Not(answer) => return Ok(Attempt::Unchanged((answer, None))),
        };
        let (stored, link) = self.new_change(&mut reader, &asked, now).await?;
        if self.serves_another(&mut reader, &account, &wish.new).await? {
            return self.failed_at_once(by, repeat, (settled, stored), now);
        }
        let act = match tier {
            Tier::InPerson => Act::ContactInPerson(stored.change.id),
            _ => Act::ContactByAuthority(stored.change.id),
        };
        let Wish::Propose(proposal) = self.wish(&mut reader, by, (act, Version::NONE), &wish.reason, now).await? else {
            return Ok(Attempt::Again);
        };
        drop(reader);
        let answer = Begun::Begun(self.view_of(&stored, stored.change.clone())?);
        let begun = self.begun_changes(&asked, (settled, (stored, link)), now)?;
        let unit = self.proposed(by, repeat, &proposal)?.with_all(begun);
        Ok(Attempt::Change((answer, Some(proposal.proposal.id)), unit))
    }

    /// A request that fails in the moment of its beginning: it is kept, so that it is counted.
    fn failed_at_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (settled, mut stored): (Option<Change>, StoredChange),
        now: Timestamp,
    ) -> Result<Attempt<(Begun, Option<ProposalId>)>, Error> {
        stored.change = stored.change.fail(FailureReason::NumberTaken, now)?;
        stored.link = None;
        let view = self.view_of(&stored, stored.change.clone())?;
        let entry = self
            .change_entry(now, by.actor(), Action::ContactChangeFailed, &stored.change)
            .with("reason", FailureReason::NumberTaken.name());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &First::Named(stored.change.id))?)
            .with_all(settled)
            .with(Change::NewChange(Box::new(stored)));
        Ok(Attempt::Change((Begun::Taken(view), None), unit))
    }

    async fn proposed_contact_before(
        &self,
        reader: &mut Reader,
        before: Before,
    ) -> Result<(Begun, Option<ProposalId>), Error> {
        let missing = || Error::NotFound(Missing::ContactChange);
        match before {
            Before::Failed(First::Named(id)) => Ok((self.begun_before(reader, id).await?, None)),
            Before::Failed(First::WrongSignature) => Err(missing()),
            Before::Proposed { proposal } => {
                let stored = reader.proposal(proposal).await?.ok_or_else(missing)?;
                let (Act::ContactInPerson(id) | Act::ContactByAuthority(id)) = stored.proposal.act else {
                    return Err(missing());
                };
                Ok((self.begun_before(reader, id).await?, Some(proposal)))
            }
        }
    }

    /// The account that is meant, and the tier; `None` if the passport before the officer is not that account's.
    async fn account_meant(&self, reader: &mut Reader, whose: &Whose) -> Result<Option<(StoredAccount, Tier)>, Error> {
        match whose {
            Whose::InPerson(_, stood) => {
                let meant = self.account_of(reader, stood).await?;
                Ok(meant.map(|account| (account, Tier::InPerson)))
            }
            Whose::ByAuthority(id) => {
                let account = self.account_in(reader, *id).await?.ok_or(Error::NotFound(Missing::Account))?;
                Ok(Some((account, Tier::ByAuthority)))
            }
        }
    }

    /// What approving a change would come to.
    ///
    /// # Errors
    /// If the store cannot be asked. Inside: the account was changed meanwhile, or the change has ended.
    pub(in crate::app) async fn contact_approval(
        &self,
        reader: &mut Reader,
        id: ChangeId,
        now: Timestamp,
    ) -> Result<Result<ContactApproval, WhyVoid>, Error> {
        let missing = || Error::NotFound(Missing::ContactChange);
        let stored = reader.contact_change(id).await?.ok_or_else(missing)?;
        let account = self.account_in(reader, stored.change.account).await?.ok_or_else(missing)?;
        let change = self.standing_of(reader, &stored, &account, now).await?;
        match change.state {
            ChangeState::AwaitingApproval => {}
            ChangeState::Failed { reason: FailureReason::AccountChanged | FailureReason::AccountUnusable, .. } => {
                return Ok(Err(WhyVoid::Changed));
            }
            _ => return Ok(Err(WhyVoid::NotNeeded)),
        }
        let old = self.contacts(&account, Some(change.kind))?.pop();
        let view = self.view_of(&stored, change)?;
        Ok(Ok(ContactApproval { stored, view, old_value_masked: old.map(|old| old.masked()) }))
    }

    /// The changes by which an approved request goes on: its code is due now.
    pub(in crate::app) fn approved_contact_change(
        &self,
        approval: &ContactApproval,
        now: Timestamp,
    ) -> Result<Vec<Change>, Error> {
        let change: ContactChange = approval.view.change.clone().approve(&self.settings().contacts, now)?;
        Ok(vec![Change::SaveChange(Box::new(change), approval.stored.version)])
    }
}
