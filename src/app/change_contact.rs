//! Changes of phone and e-mail address: the old value stays live until a code sent to the new one comes back.

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::budgets::Spent;
use super::codes::{Aim, Answers, Typed};
use super::repeat::Attempt;
use super::{ATTEMPTS_MAX, App, Caller, Error, Missing, Repeat};
use crate::domain::audit::Action;
use crate::domain::code::{Code, CountedTry, Held, Purpose, Timetable, TooManyFailures, Turn};
use crate::domain::contact::{ChangeState, Contact, ContactChange, ContactKind};
use crate::domain::ids::{AccountId, ChangeId, MessageId, Version};
use crate::domain::message::{Message, MessageContent, NoticeText};
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;
use crate::store::{Binding, BindingKind, Change, Owner, Reader, StoreError, StoredAccount, StoredChange, Unit};

/// A change with its new value, masked.
#[derive(Clone, Debug)]
pub struct ChangeView {
    /// The change.
    pub change: ContactChange,
    /// Enough of the new value to recognise.
    pub new_value_masked: String,
}

/// What became of a wish for a change.
#[derive(Debug)]
pub enum Begun {
    /// A code is on its way to the new value.
    Begun(ChangeView),
    /// The new value is the old one.
    Unchanged,
    /// The number serves someone else.
    Taken,
    /// A change of this kind is pending.
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
}

/// What became of a code that came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Confirmed {
    /// The new value is live.
    Confirmed,
    /// Not the code that was sent.
    WrongCode {
        /// How often this one may still be tried.
        tries_left: u32,
    },
    /// No code can be tried.
    NoLiveCode,
    /// After wrong codes, no try is taken before a moment; none was counted.
    NotYet {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The number has come to serve someone else.
    Taken,
    /// The change is no longer pending.
    NotPending,
}

/// The first answer to a wish: the change's name.
#[derive(Serialize, Deserialize)]
struct Beginning {
    change: ChangeId,
}

impl App {
    /// Begins a change, sends a code to the new value and tells the old ones.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::RequestIdReused`].
    pub async fn begin_change(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        new: &Contact,
    ) -> Result<Begun, Error> {
        let (now, spending) = (self.clock().now(), OnceCell::new());
        self.once(by, repeat, || self.begin_once(by, repeat, account, (new, &spending), now)).await
    }

    async fn begin_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        (new, spending): (&Contact, &OnceCell<Result<(), Spent>>),
        now: Timestamp,
    ) -> Result<Attempt<Begun>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(Beginning { change }) = self.first_answer(&mut reader, by, repeat).await? {
            let mut stored = reader.contact_change(change).await?.ok_or(Error::NotFound(Missing::ContactChange))?;
            // As it was when it was begun, whatever has become of it.
            stored.change.state = ChangeState::Pending;
            let begun_at = stored.change.begun_at;
            return Ok(Attempt::Answered(Begun::Begun(self.view(stored, begun_at)?)));
        }
        let stored = reader.account(account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if self.contacts(&stored, Some(new.kind()))?.contains(new) {
            return Ok(Attempt::Unchanged(Begun::Unchanged));
        }
        if self.serves_another(&mut reader, &stored, new).await? {
            return Ok(Attempt::Unchanged(Begun::Taken));
        }
        let pending = reader.pending_changes(account).await?;
        let pending = pending.into_iter().find(|pending| pending.change.kind == new.kind());
        let lapsed = match pending {
            Some(pending) if now < pending.change.expires_at => {
                return Ok(Attempt::Unchanged(Begun::AlreadyPending(self.view(pending, now)?)));
            }
            other => other,
        };
        let slot = reader.slot(account, purpose(new.kind())).await?;
        drop(reader);
        match Timetable::at(now, &self.settings().codes, slot.0, &slot.1).send {
            Turn::Now => {}
            Turn::Later(retry_at, Held::JustSent | Held::SentToday) => {
                return Ok(Attempt::Unchanged(Begun::HeldBack { retry_at }));
            }
            Turn::Later(retry_at, _) => {
                return Ok(Attempt::Unchanged(Begun::TooManyFailures { retry_at: Some(retry_at) }));
            }
            Turn::No(_) => return Ok(Attempt::Unchanged(Begun::TooManyFailures { retry_at: None })),
        }
        if let Err(Spent { retry_at }) = spending.get_or_init(|| self.spend_sending(account, new)).await {
            return Ok(Attempt::Unchanged(Begun::HeldBack { retry_at: *retry_at }));
        }
        let sent = match self.new_code(&stored, &aim(new), &slot, now)? {
            Ok(sent) => sent,
            Err(TooManyFailures { retry_at }) => return Ok(Attempt::Unchanged(Begun::TooManyFailures { retry_at })),
        };
        let change = self.new_change(account, new, now, sent.expires_at)?;
        let entry = self
            .entry(now, by.actor(), Action::ContactChangeBegun, account.uuid())
            .with("change", change.change.id.to_string())
            .with("kind", new.kind().name())
            .with("lapsed", lapsed.as_ref().map(|lapsed| lapsed.change.id.to_string()).unwrap_or_default());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Beginning { change: change.change.id })?)
            .with_all(lapsed.map(lapse).transpose()?)
            .with(Change::NewChange(Box::new(change.clone())))
            .with_all(sent.changes)
            .with_all(self.tell(&stored, &NoticeText::ContactChangeBegun(new.kind()), now)?);
        Ok(Attempt::Change(Begun::Begun(self.view(change, now)?), unit))
    }

    /// Tries the code that reached the new value and, if it is right, makes that value live.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown change, [`Error::RequestIdReused`].
    pub async fn confirm_change(
        &self,
        by: &Caller,
        repeat: &Repeat,
        id: ChangeId,
        code: &Code,
    ) -> Result<(Confirmed, ChangeView), Error> {
        let now = self.clock().now();
        let answer = self.once(by, repeat, || self.confirm_once(by, repeat, id, code, now)).await?;
        let stored = self.store().reader().await?.contact_change(id).await?;
        Ok((answer, self.view(stored.ok_or(Error::NotFound(Missing::ContactChange))?, now)?))
    }

    async fn confirm_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        id: ChangeId,
        code: &Code,
        now: Timestamp,
    ) -> Result<Attempt<Confirmed>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let stored = reader.contact_change(id).await?.ok_or(Error::NotFound(Missing::ContactChange))?;
        let account = reader.account(stored.change.account).await?.ok_or(Error::NotFound(Missing::Account))?;
        let new = self.open_new_contact(&stored)?;
        let taken = self.serves_another(&mut reader, &account, &new).await?;
        drop(reader);
        let change = stored.change.clone().at(now);
        if change.state != ChangeState::Pending {
            return Ok(Attempt::Unchanged(Confirmed::NotPending));
        }
        if taken {
            return Ok(Attempt::Unchanged(Confirmed::Taken));
        }
        let typed = Typed { account, aim: aim(&new), code: code.clone(), now };
        let answers = Answers {
            no_live_code: Confirmed::NoLiveCode,
            not_yet: |retry_at| Confirmed::NotYet { retry_at },
            too_many: Confirmed::NoLiveCode,
            wrong: |tries_left| Confirmed::WrongCode { tries_left },
        };
        let (actor, call, confirmed) = (by.clone(), repeat.clone(), (change.confirm(now)?, stored.version));
        let right = move |app: &Self, typed, counted: &CountedTry| {
            Ok((Confirmed::Confirmed, app.confirmed(&actor, &call, confirmed, typed, counted)?))
        };
        self.try_code(by, repeat, typed, answers, right).await
    }

    /// Gives a pending change up.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::WrongChangeState`] if it was confirmed or has lapsed.
    pub async fn cancel_change(&self, by: &Caller, id: ChangeId) -> Result<ChangeView, Error> {
        let now = self.clock().now();
        for _ in 0..ATTEMPTS_MAX {
            let found = self.store().reader().await?.contact_change(id).await?;
            let stored = found.ok_or(Error::NotFound(Missing::ContactChange))?;
            if matches!(stored.change.state, ChangeState::Cancelled { .. }) {
                return self.view(stored, now);
            }
            let cancelled = stored.change.clone().at(now).cancel(now)?;
            let entry = self
                .entry(now, by.actor(), Action::ContactChangeCancelled, cancelled.account.uuid())
                .with("change", id.to_string());
            let unit = Unit::new(entry).with(Change::SaveChange(Box::new(cancelled.clone()), stored.version));
            match self.commit(unit).await {
                Ok(()) => return self.view(StoredChange { change: cancelled, ..stored }, now),
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// The change as it stands at `now`, its new value masked.
    pub(super) fn view(&self, stored: StoredChange, now: Timestamp) -> Result<ChangeView, Error> {
        let new_value_masked = self.open_new_contact(&stored)?.masked();
        Ok(ChangeView { change: stored.change.at(now), new_value_masked })
    }

    fn confirmed(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (change, seen): (ContactChange, Version),
        Typed { account, aim: Aim { to: new, .. }, now, .. }: Typed,
        tried: &CountedTry,
    ) -> Result<Unit, Error> {
        let (id, kind) = (account.account.id, change.kind);
        let entry = self
            .entry(now, by.actor(), Action::ContactChanged, id.uuid())
            .with("change", change.id.to_string())
            .with("kind", kind.name());
        let told = self.tell(&account, &NoticeText::ContactChanged(kind), now)?;
        let moved = self.moved_binding(&account, &new);
        Ok(Unit::new(entry)
            .with(repeat.remember(by, &Confirmed::Confirmed)?)
            .with(Change::SpendCode((id, purpose(kind)), tried.code))
            .with(Change::SaveChange(Box::new(change), seen))
            .with_all(moved)
            .with(Change::SaveAccount(Box::new(self.with_contact(account, &new)?)))
            .with_all(told))
    }

    fn new_change(
        &self,
        account: AccountId,
        new: &Contact,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<StoredChange, Error> {
        let id = ChangeId::new(self.dice().id(now));
        let change =
            ContactChange { id, account, kind: new.kind(), begun_at: now, expires_at, state: ChangeState::Pending };
        Ok(StoredChange { change, new_value: self.seal_new_contact(id, new)?, version: Version::new(1) })
    }

    /// Messages with this notice to the account's live contacts, as they are now.
    pub(super) fn tell(
        &self,
        stored: &StoredAccount,
        notice: &NoticeText,
        now: Timestamp,
    ) -> Result<Vec<Change>, Error> {
        let (account, language) = (stored.account.id, stored.account.language);
        let message = |to| {
            let content = MessageContent { to, language, notice: notice.clone() };
            self.send(&Message { id: MessageId::new(self.dice().id(now)), account, content, useful_until: None })
        };
        self.contacts(stored, None)?.into_iter().map(message).collect()
    }

    /// Whether a number serves someone whom this account may not share it with. Addresses may be shared.
    async fn serves_another(&self, reader: &mut Reader, stored: &StoredAccount, new: &Contact) -> Result<bool, Error> {
        let Contact::Phone(phone) = new else { return Ok(false) };
        Ok(reader.serves_another(&phone_of(stored, self.vault().phone(phone))).await?)
    }

    /// The use of a phone goes from the old number to the new.
    fn moved_binding(&self, stored: &StoredAccount, new: &Contact) -> Vec<Change> {
        match new {
            Contact::Phone(phone) => vec![
                Change::Release(phone_of(stored, stored.phone_index.clone())),
                Change::Bind(phone_of(stored, self.vault().phone(phone))),
            ],
            Contact::Email(_) => Vec::new(),
        }
    }
}

/// A phone as this account uses it: its holder's own, or the representative's.
fn phone_of(stored: &StoredAccount, value: BlindIndex) -> Binding {
    let responsible = stored.representative.as_ref().unwrap_or(&stored.passport);
    Binding { kind: BindingKind::Phone, value, owner: Owner::Person(responsible.clone()) }
}

fn aim(new: &Contact) -> Aim {
    Aim { purpose: purpose(new.kind()), to: new.clone(), device: None }
}

const fn purpose(kind: ContactKind) -> Purpose {
    match kind {
        ContactKind::Phone => Purpose::PhoneChange,
        ContactKind::Email => Purpose::EmailChange,
    }
}

fn lapse(pending: StoredChange) -> Result<Change, Error> {
    Ok(Change::SaveChange(Box::new(pending.change.lapse()?), pending.version))
}
