//! Changes of phone and e-mail address, by tiers: the old value stays live until a code that reached the new one comes back.
//!
//! Every tier comes to the same two places: `codes.rs` sends what has to come back, and `confirm.rs` takes it. What is due
//! and nobody asks for is done by `settle.rs`, so that every request ends.

mod begin;
mod cancel;
mod codes;
mod confirm;
mod counts;
mod disputes;
mod propose;
mod settle;

pub use begin::{Begun, ContactWish};
pub use cancel::{GivenUp, Stopped};
pub use codes::Resent;
pub use confirm::Confirmed;
pub use counts::ContactCounts;
pub use disputes::{DisputeView, Disputed, Resolved};
pub use propose::{ContactApproval, Counter, Whose as ContactWhose};

use super::{App, Caller, Error, Missing, Officer};
use crate::domain::audit::{Action, Actor, Entry};
use crate::domain::code::Purpose;
use crate::domain::contact::{AccountPrint, Contact, ContactChange, ContactKind, FailureReason};
use crate::domain::ids::{AccountId, ChangeId, DeviceId, MessageId};
use crate::domain::message::{Message, MessageContent, NoticeText};
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;
use crate::store::{Binding, BindingKind, Change, Owner, Reader, StoredAccount, StoredChange, Unit};

/// A change with its new value, masked.
#[derive(Clone, Debug)]
pub struct ChangeView {
    /// The change.
    pub change: ContactChange,
    /// Enough of the new value to recognise.
    pub new_value_masked: String,
}

/// Which changes a caller may see and move on.
#[derive(Clone, Debug)]
pub enum Standpoint {
    /// Those of one account: its holder's app asks.
    Holder(AccountId),
    /// Those that the caller's office began.
    Office(Officer),
    /// All of them.
    Administrator,
}

impl Standpoint {
    fn sees(&self, stored: &StoredChange) -> bool {
        match self {
            Self::Holder(account) => stored.change.account == *account,
            Self::Office(officer) => stored.office.as_ref() == Some(&officer.office),
            Self::Administrator => true,
        }
    }
}

impl App {
    /// The changes of an account, the latest first, as they stand now. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account.
    pub async fn contact_changes(&self, by: &Caller, account: AccountId) -> Result<Vec<ChangeView>, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let owner = self.account_in(&mut reader, account).await?.ok_or(Error::NotFound(Missing::Account))?;
        let mut views = Vec::new();
        for stored in reader.contact_changes(account).await? {
            let change = self.standing_of(&mut reader, &stored, &owner, now).await?;
            views.push(self.view_of(&stored, change)?);
        }
        drop(reader);
        let entry = self.entry(now, by.actor(), Action::ContactChangesListed, account.uuid());
        self.commit(Unit::new(entry.with("found", views.len().to_string()))).await?;
        Ok(views)
    }

    /// The changes of an account that are open at `now`.
    pub(super) async fn open_changes(
        &self,
        reader: &mut Reader,
        owner: &StoredAccount,
        now: Timestamp,
    ) -> Result<Vec<ChangeView>, Error> {
        let mut views = Vec::new();
        for stored in reader.pending_changes(owner.account.id).await? {
            let change = self.standing_of(reader, &stored, owner, now).await?;
            if change.state.is_open() {
                views.push(self.view_of(&stored, change)?);
            }
        }
        Ok(views)
    }

    /// A change that the caller may see, with its account, and as it stands at `now`.
    async fn seen_change(
        &self,
        reader: &mut Reader,
        standpoint: &Standpoint,
        id: ChangeId,
        now: Timestamp,
    ) -> Result<(StoredChange, StoredAccount, ContactChange), Error> {
        let missing = || Error::NotFound(Missing::ContactChange);
        let stored = reader.contact_change(id).await?.filter(|stored| standpoint.sees(stored)).ok_or_else(missing)?;
        let account = self.account_in(reader, stored.change.account).await?.ok_or_else(missing)?;
        let change = self.standing_of(reader, &stored, &account, now).await?;
        Ok((stored, account, change))
    }

    /// The change as it stands at `now`: out of time, or void because the account was changed, locked or closed meanwhile.
    async fn standing_of(
        &self,
        reader: &mut Reader,
        stored: &StoredChange,
        account: &StoredAccount,
        now: Timestamp,
    ) -> Result<ContactChange, Error> {
        let change = stored.change.clone().at(now);
        if !change.state.is_open() {
            return Ok(change);
        }
        let void = if !may_change(account, now) {
            Some(FailureReason::AccountUnusable)
        } else if stored.print != Some(self.print(reader, account).await?) {
            Some(FailureReason::AccountChanged)
        } else {
            None
        };
        Ok(void.map_or(Ok(change.clone()), |reason| change.fail(reason, now))?)
    }

    /// The account's contacts and its device, as one fingerprint.
    async fn print(&self, reader: &mut Reader, account: &StoredAccount) -> Result<AccountPrint, Error> {
        let email = account.email.as_ref().map(|(_, index)| index.as_bytes()).unwrap_or_default();
        let device = reader.active_device(account.account.id).await?.map(|device| device.id);
        let device = device.as_ref().map(DeviceId::bytes).unwrap_or_default();
        // Each has one length or none, and its own mark before it.
        let parts = [b"phone", account.phone_index.as_bytes(), b"email", email, b"device", device].concat();
        self.account_print("contact_change.account_print", &parts)
    }

    /// The fingerprint of what something that waits is about to touch and rests on.
    pub(super) fn account_print(&self, of: &str, parts: &[u8]) -> Result<AccountPrint, Error> {
        let print = self.vault().content(of, parts);
        print.as_bytes().try_into().map(AccountPrint).map_err(|error| Error::Broken(Box::new(error)))
    }

    /// Keeps a failure that was found while looking, if nobody did meanwhile.
    fn failed(&self, by: Actor, stored: &StoredChange, change: &ContactChange, now: Timestamp) -> Unit {
        let reason = change.state.failure().map_or("none", FailureReason::name);
        let entry = self.change_entry(now, by, Action::ContactChangeFailed, change).with("reason", reason);
        Unit::new(entry).with(Change::SaveChange(Box::new(change.clone()), stored.version))
    }

    fn change_entry(&self, now: Timestamp, by: Actor, action: Action, change: &ContactChange) -> Entry {
        self.entry(now, by, action, change.account.uuid())
            .with("change", change.id.to_string())
            .with("kind", change.kind.name())
            .with("tier", change.tier.name())
    }

    fn view_of(&self, stored: &StoredChange, change: ContactChange) -> Result<ChangeView, Error> {
        Ok(ChangeView { change, new_value_masked: self.open_new_contact(stored)?.masked() })
    }

    /// The contact that is to be given up: the one of that kind, or the phone for an account that has no address.
    fn old_contact(&self, account: &StoredAccount, kind: ContactKind) -> Result<Contact, Error> {
        match self.contacts(account, Some(kind))?.pop() {
            Some(contact) => Ok(contact),
            None => Ok(Contact::Phone(self.open_phone(account)?)),
        }
    }

    /// Messages with this notice to the account's live contacts, as they are now.
    pub(super) fn tell(
        &self,
        stored: &StoredAccount,
        notice: &NoticeText,
        now: Timestamp,
    ) -> Result<Vec<Change>, Error> {
        self.contacts(stored, None)?.into_iter().map(|to| self.tell_one(stored, to, notice, now)).collect()
    }

    /// A message with this notice to one contact.
    fn tell_one(
        &self,
        stored: &StoredAccount,
        to: Contact,
        notice: &NoticeText,
        now: Timestamp,
    ) -> Result<Change, Error> {
        let (account, language) = (stored.account.id, stored.account.language);
        let content = MessageContent { to, language, notice: notice.clone() };
        self.send(&Message { id: MessageId::new(self.dice().id(now)), account, content, useful_until: None })
    }

    /// Whether a number serves someone whom this account may not share it with. Addresses may be shared.
    async fn serves_another(&self, reader: &mut Reader, stored: &StoredAccount, new: &Contact) -> Result<bool, Error> {
        let Contact::Phone(phone) = new else { return Ok(false) };
        Ok(reader.serves_another(&phone_of(stored, self.vault().phone(phone))).await?)
    }
}

/// Whether the contacts of an account may be changed. The one place where that is asked.
fn may_change(stored: &StoredAccount, now: Timestamp) -> bool {
    !stored.account.standing(now).is_held()
}

/// A phone as this account uses it: its holder's own, or the representative's.
fn phone_of(stored: &StoredAccount, value: BlindIndex) -> Binding {
    let responsible = stored.representative.as_ref().unwrap_or(&stored.passport);
    Binding { kind: BindingKind::Phone, value, owner: Owner::Person(responsible.clone()) }
}

/// The slot of codes to a new contact of that kind.
const fn purpose(kind: ContactKind) -> Purpose {
    match kind {
        ContactKind::Phone => Purpose::PhoneChange,
        ContactKind::Email => Purpose::EmailChange,
    }
}
