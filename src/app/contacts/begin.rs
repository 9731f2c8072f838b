//! Beginning a change: by the holder with the bound device, and what the staff's beginnings share with that.

use serde::{Deserialize, Serialize};

use super::codes::{NotSent, Spending, aim};
use super::{ChangeView, may_change};
use crate::app::devices::Answer;
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Repeat};
use crate::domain::audit::{Action, Actor};
use crate::domain::code::Purpose;
use crate::domain::contact::{CancelLink, ChangeState, Contact, ContactChange, Tier};
use crate::domain::device::{About, ChallengeValue, DevicePurpose, DeviceSignature, NotProven};
use crate::domain::ids::{AccountId, ChangeId, Version};
use crate::domain::message::NoticeText;
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredAccount, StoredChange, Unit};

/// What a holder wants, signed by the bound device.
#[derive(Clone, Debug)]
pub struct ContactWish {
    /// Whose contact.
    pub account: AccountId,
    /// The new value.
    pub new: Contact,
    /// Whether the old contact is lost.
    pub lost: bool,
    /// The request that this one repeats, if it repeats one.
    pub repeats: Option<ChangeId>,
    /// The challenge that the device answers.
    pub challenge: ChallengeValue,
    /// What it answers.
    pub signature: DeviceSignature,
}

/// What became of a wish for a change.
#[derive(Debug)]
pub enum Begun {
    /// It is under way; its state says what it waits for.
    Begun(ChangeView),
    /// The new value is the old one.
    Unchanged,
    /// The number serves someone else: the change failed, and is counted.
    Taken(ChangeView),
    /// A change of this kind is open.
    AlreadyPending(ChangeView),
    /// Codes were sent a moment ago or as often today as may be, or a budget is spent.
    HeldBack {
        /// When to ask again.
        retry_at: Timestamp,
    },
    /// Too many wrong codes.
    TooManyFailures {
        /// When to ask again; `None`: waiting does not help.
        retry_at: Option<Timestamp>,
    },
    /// The account has no device.
    NoDevice,
    /// The challenge was answered before, has ended, or is for something else.
    ChallengeUnusable,
    /// The account's device did not sign this wish.
    WrongSignature,
    /// The account is locked or closed.
    NotUsable,
    /// No account has this number and this passport.
    NotMatched,
}

/// The first answer to a wish.
#[derive(Serialize, Deserialize)]
pub(super) enum First {
    /// The change that was begun, or failed at once.
    Named(ChangeId),
    /// The device did not sign.
    WrongSignature,
}

/// What a request is, before it is asked whether it can be.
#[derive(Clone, Debug)]
pub(super) struct Asked<'a> {
    pub(super) account: &'a StoredAccount,
    pub(super) new: &'a Contact,
    pub(super) tier: Tier,
    pub(super) repeats: Option<ChangeId>,
    pub(super) office: Option<OfficeCode>,
}

/// What stands in the way of a request, or the open one that time has ended.
pub(super) enum Room {
    /// There is room, once this is settled.
    Free(Option<Change>),
    /// There is none.
    Not(Begun),
}

impl App {
    /// Begins a change that the holder asks for with the bound device: a code goes to the old contact, or the waiting time
    /// begins. Every live contact is told how to stop it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, or an unknown change to be repeated; [`Error::RequestIdReused`].
    pub async fn begin_contact_change(&self, by: &Caller, repeat: &Repeat, wish: &ContactWish) -> Result<Begun, Error> {
        let (now, spending) = (self.clock().now(), Spending::new());
        self.once(by, repeat, || self.begin_once(by, repeat, (wish, &spending), now)).await
    }

    async fn begin_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (wish, spending): (&ContactWish, &Spending),
        now: Timestamp,
    ) -> Result<Attempt<Begun>, Error> {
        let mut reader = self.store().reader().await?;
        match self.first_answer(&mut reader, by, repeat).await? {
            Some(First::Named(id)) => return self.begun_before(&mut reader, id).await.map(Attempt::Answered),
            Some(First::WrongSignature) => return Ok(Attempt::Answered(Begun::WrongSignature)),
            None => {}
        }
        let account = self.account_in(&mut reader, wish.account).await?.ok_or(Error::NotFound(Missing::Account))?;
        let (tier, meant) = if wish.lost {
            (Tier::DeviceAlone, DevicePurpose::LostContactChange)
        } else {
            (Tier::DeviceAndContact, DevicePurpose::ContactChange)
        };
        let Some(device) = reader.active_device(wish.account).await? else {
            return Ok(Attempt::Unchanged(Begun::NoDevice));
        };
        let ContactWish { challenge, signature, new, .. } = wish;
        let about = &About::Contact(new.clone());
        let answer =
            Answer { account: wish.account, purpose: meant, key: &device.key, challenge: *challenge, signature, about };
        let spent = Change::SpendDeviceChallenge(*challenge);
        match self.proven(&mut reader, &answer, now).await? {
            Ok(_) => {}
            Err(NotProven::Unusable) => return Ok(Attempt::Unchanged(Begun::ChallengeUnusable)),
            Err(NotProven::WrongSignature) => {
                let entry = self.device_refused(by, wish.account, meant, now);
                let unit = Unit::new(entry).with(repeat.remember(by, &First::WrongSignature)?).with(spent);
                return Ok(Attempt::Change(Begun::WrongSignature, unit));
            }
        }
        let asked = Asked { account: &account, new, tier, repeats: wish.repeats, office: None };
        let settled = match self.room(&mut reader, &asked, now).await? {
            Room::Free(settled) => settled,
            Room::Not(answer) => return Ok(Attempt::Unchanged(answer)),
        };
        let stored = self.new_change(&mut reader, &asked, now).await?;
        let code = if stored.0.change.state == ChangeState::ProvingOld {
            let old = aim(Purpose::OldContact, self.old_contact(&account, new.kind())?);
            match self.next_code(reader, &account, &old, spending, now).await? {
                Ok(sent) => {
                    let carried = Change::NoteCodeMessage(stored.0.change.id, sent.message);
                    sent.changes.into_iter().chain([carried]).collect()
                }
                Err(NotSent::HeldBack(retry_at)) => {
                    return Ok(Attempt::Unchanged(Begun::HeldBack { retry_at }));
                }
                Err(NotSent::TooManyFailures(retry_at)) => {
                    return Ok(Attempt::Unchanged(Begun::TooManyFailures { retry_at }));
                }
            }
        } else {
            drop(reader);
            // The notices cost as much as codes, and whoever asks over and over is held back alike.
            if let Err(held) = spending.get_or_init(|| self.spend_sending(wish.account, new)).await {
                return Ok(Attempt::Unchanged(Begun::HeldBack { retry_at: held.retry_at }));
            }
            Vec::new()
        };
        let first = repeat.remember(by, &First::Named(stored.0.change.id))?;
        let view = self.view_of(&stored.0, stored.0.change.clone())?;
        let unit = self.beginning(by.actor(), &asked, (settled, stored), now)?;
        Ok(Attempt::Change(Begun::Begun(view), unit.with(spent).with_all(code).with(first)))
    }

    /// The answer to a call that was answered before: the change as it was begun, whatever has become of it.
    pub(super) async fn begun_before(&self, reader: &mut Reader, id: ChangeId) -> Result<Begun, Error> {
        let stored = reader.contact_change(id).await?.ok_or(Error::NotFound(Missing::ContactChange))?;
        let ContactChange { account, kind, tier, repeats, begun_at, state, .. } = stored.change;
        // One that failed in the moment of its beginning never was under way.
        if state.settled_at() == Some(begun_at) {
            return Ok(Begun::Taken(self.view_of(&stored, stored.change.clone())?));
        }
        let policy = &self.settings().contacts;
        let change = ContactChange::begin((id, account), (kind, tier), repeats, policy, begun_at);
        Ok(Begun::Begun(self.view_of(&stored, change)?))
    }

    /// Whether there is room for a request: the account can be changed, the value is new, and none of its kind is open. An
    /// open one that has failed without being settled makes room.
    pub(super) async fn room(&self, reader: &mut Reader, asked: &Asked<'_>, now: Timestamp) -> Result<Room, Error> {
        let account = asked.account;
        if !may_change(account, now) {
            return Ok(Room::Not(Begun::NotUsable));
        }
        if let Some(id) = asked.repeats {
            let repeated = reader.contact_change(id).await?;
            let ours = repeated.filter(|repeated| repeated.change.account == account.account.id);
            ours.ok_or(Error::NotFound(Missing::ContactChange))?;
        }
        if self.contacts(account, Some(asked.new.kind()))?.contains(asked.new) {
            return Ok(Room::Not(Begun::Unchanged));
        }
        let pending = reader.pending_changes(account.account.id).await?;
        let Some(open) = pending.into_iter().find(|pending| pending.change.kind == asked.new.kind()) else {
            return Ok(Room::Free(None));
        };
        let change = self.standing_of(reader, &open, account, now).await?;
        if change.state.is_open() {
            return Ok(Room::Not(Begun::AlreadyPending(self.view_of(&open, change)?)));
        }
        Ok(Room::Free(Some(Change::SaveChange(Box::new(change), open.version))))
    }

    /// A request in the first state of its tier, with the code that stops it.
    pub(super) async fn new_change(
        &self,
        reader: &mut Reader,
        asked: &Asked<'_>,
        now: Timestamp,
    ) -> Result<(StoredChange, CancelLink), Error> {
        let (id, link) = (ChangeId::new(self.dice().id(now)), CancelLink::drawn(self.dice().bytes()));
        let (ids, what) = ((id, asked.account.account.id), (asked.new.kind(), asked.tier));
        let stored = StoredChange {
            change: ContactChange::begin(ids, what, asked.repeats, &self.settings().contacts, now),
            new_value: self.seal_new_contact(id, asked.new)?,
            print: Some(self.print(reader, asked.account).await?),
            link: Some(self.vault().cancel_link(&link)),
            office: asked.office.clone(),
            version: Version::new(1),
        };
        Ok((stored, link))
    }

    /// The unit by which a request begins: every live contact is told, with the code that stops it.
    pub(super) fn beginning(
        &self,
        by: Actor,
        asked: &Asked<'_>,
        (settled, (stored, link)): (Option<Change>, (StoredChange, CancelLink)),
        now: Timestamp,
    ) -> Result<Unit, Error> {
        let repeats = asked.repeats.map(|id| id.to_string()).unwrap_or_default();
        let entry = self.change_entry(now, by, Action::ContactChangeBegun, &stored.change).with("repeats", repeats);
        Ok(Unit::new(entry).with_all(self.begun_changes(asked, (settled, (stored, link)), now)?))
    }

    /// The changes by which a request begins. What has ended makes room before this one takes it.
    pub(super) fn begun_changes(
        &self,
        asked: &Asked<'_>,
        (settled, (stored, link)): (Option<Change>, (StoredChange, CancelLink)),
        now: Timestamp,
    ) -> Result<Vec<Change>, Error> {
        let notice = NoticeText::ContactChangeAsked(stored.change.kind, link);
        let mut changes: Vec<Change> = settled.into_iter().collect();
        changes.extend(self.tell(asked.account, &notice, now)?);
        changes.push(Change::NewChange(Box::new(stored)));
        Ok(changes)
    }
}
