//! Disputes over numbers: the claim is recorded, the holder is told elsewhere, an administrator rules. Nothing is taken away
//! here: a number changes hands by a contact change alone.

use crate::app::{ATTEMPTS_MAX, App, Caller, Error, Missing};
use crate::domain::audit::Action;
use crate::domain::contact::{Contact, Dispute, DisputeState, Phone, Ruling};
use crate::domain::ids::{DisputeId, Version};
use crate::domain::message::NoticeText;
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;
use crate::store::{AccountKey, BindingKind, Change, StoreError, StoredAccount, StoredDispute, Table, Unit};

/// A dispute with its number, masked.
#[derive(Clone, Debug)]
pub struct DisputeView {
    /// The dispute.
    pub dispute: Dispute,
    /// Enough of the number to recognise.
    pub phone_masked: String,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Disputed {
    /// It is before the administrators: a dispute for each account that the number serves, the oldest account ahead.
    Opened(Vec<DisputeView>),
    /// It was before, for each of them.
    AlreadyOpen(Vec<DisputeView>),
    /// The number is bound to a request that is under way; there is no account yet.
    UnderWay,
    /// The number serves no account: whoever has it can ask for it.
    NotServed,
}

/// What became of a ruling.
#[derive(Debug)]
pub enum Resolved {
    /// The dispute is over.
    Resolved(DisputeView),
    /// It was over before.
    NotOpen(DisputeView),
    /// The number serves the account still: change the account's phone first.
    StillServes(DisputeView),
}

impl App {
    /// Records that somebody else claims a number that serves accounts: of each of them, for a representative's number may serve
    /// several. Changes nothing; the holders are told at the contacts that are not disputed.
    ///
    /// # Errors
    /// If the store cannot be asked. What was recorded until then stays, and the same call records the rest.
    pub async fn open_dispute(&self, by: &Caller, phone: &Phone) -> Result<Disputed, Error> {
        let (now, index) = (self.clock().now(), self.vault().phone(phone));
        let mut reader = self.store().reader().await?;
        let served = reader.accounts(&AccountKey::Phone(index.clone())).await?;
        let under_way = served.is_empty() && reader.is_bound(BindingKind::Phone, &index).await?;
        drop(reader);
        if served.is_empty() {
            // That nobody has a number is told, too: whoever asks is seen.
            let entry = self.entry(now, by.actor(), Action::NumberAsked, by.id().uuid()).with("found", "0");
            self.commit(Unit::new(entry.with("under_way", under_way.to_string()))).await?;
            return Ok(if under_way { Disputed::UnderWay } else { Disputed::NotServed });
        }
        let (mut views, mut any_opened) = (Vec::with_capacity(served.len()), false);
        for holder in &served {
            let (view, opened) = self.dispute_with(by, holder, (phone, &index), now).await?;
            views.push(view);
            any_opened |= opened;
        }
        Ok(if any_opened { Disputed::Opened(views) } else { Disputed::AlreadyOpen(views) })
    }

    /// The dispute over the number of one account, and whether it was opened now.
    async fn dispute_with(
        &self,
        by: &Caller,
        holder: &StoredAccount,
        (phone, index): (&Phone, &BlindIndex),
        now: Timestamp,
    ) -> Result<(DisputeView, bool), Error> {
        for _ in 0..ATTEMPTS_MAX {
            if let Some(open) = self.store().reader().await?.open_dispute(holder.account.id, index).await? {
                let entry = self
                    .entry(now, by.actor(), Action::NumberAsked, holder.account.id.uuid())
                    .with("dispute", open.dispute.id.to_string());
                self.commit(Unit::new(entry)).await?;
                return Ok((self.dispute_view(&open)?, false));
            }
            let id = DisputeId::new(self.dice().id(now));
            let dispute = Dispute {
                id,
                holder: holder.account.id,
                opened_by: by.id(),
                office: by.officer().map(|officer| officer.office),
                opened_at: now,
                state: DisputeState::Open,
            };
            let sealed = self.seal_disputed_phone(id, phone)?;
            let stored = StoredDispute { dispute, phone: sealed, phone_index: index.clone(), version: Version::new(1) };
            let view = self.dispute_view(&stored)?;
            let entry = self
                .entry(now, by.actor(), Action::NumberDisputed, holder.account.id.uuid())
                .with("dispute", id.to_string());
            let disputed = Contact::Phone(phone.clone());
            let others = self.contacts(holder, None)?.into_iter().filter(|contact| *contact != disputed);
            let told = others.map(|to| self.tell_one(holder, to, &NoticeText::NumberDisputed, now));
            let unit = Unit::new(entry)
                .with(Change::OpenDispute(Box::new(stored)))
                .with_all(told.collect::<Result<Vec<_>, _>>()?);
            match self.commit(unit).await {
                Ok(()) => return Ok((view, true)),
                Err(StoreError::Taken(Table::ContactDispute) | StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// Open disputes behind `after`, oldest first. The look is recorded.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn list_disputes(
        &self,
        by: &Caller,
        after: Option<DisputeId>,
        limit: u32,
    ) -> Result<Vec<DisputeView>, Error> {
        let now = self.clock().now();
        let found = self.store().reader().await?.open_disputes(after, limit).await?;
        let views = found.iter().map(|stored| self.dispute_view(stored)).collect::<Result<Vec<_>, _>>()?;
        let entry = self.entry(now, by.actor(), Action::NumberDisputesListed, by.id().uuid());
        self.commit(Unit::new(entry.with("found", views.len().to_string()))).await?;
        Ok(views)
    }

    /// An administrator rules on a dispute. A number is released only when it serves the account no more.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn resolve_dispute(&self, by: &Caller, id: DisputeId, ruling: Ruling) -> Result<Resolved, Error> {
        let now = self.clock().now();
        for _ in 0..ATTEMPTS_MAX {
            let mut reader = self.store().reader().await?;
            let stored = reader.dispute(id).await?.ok_or(Error::NotFound(Missing::Dispute))?;
            let view = self.dispute_view(&stored)?;
            let holder =
                self.account_in(&mut reader, stored.dispute.holder).await?.ok_or(Error::NotFound(Missing::Account))?;
            drop(reader);
            let Some(resolved) = stored.dispute.clone().resolve(ruling, by.id(), now) else {
                return Ok(Resolved::NotOpen(view));
            };
            if ruling == Ruling::NumberReleased && holder.phone_index == stored.phone_index {
                return Ok(Resolved::StillServes(view));
            }
            let entry = self
                .entry(now, by.actor(), Action::NumberDisputeResolved, holder.account.id.uuid())
                .with("dispute", id.to_string())
                .with("ruling", ruling.name());
            let unit = Unit::new(entry).with(Change::ResolveDispute(id, (ruling, by.id(), now), stored.version));
            match self.commit(unit).await {
                Ok(()) => return Ok(Resolved::Resolved(DisputeView { dispute: resolved, ..view })),
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    fn dispute_view(&self, stored: &StoredDispute) -> Result<DisputeView, Error> {
        let phone_masked = self.open_disputed_phone(stored)?.masked();
        Ok(DisputeView { dispute: stored.dispute.clone(), phone_masked })
    }
}
