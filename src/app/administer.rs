//! Accounts, for those who answer for them: found by an exact value, shown masked, each look recorded.

use super::{App, Caller, ChangeView, Error, Missing};
use crate::domain::account::{Account, IdentityNumber, Standing};
use crate::domain::audit::Action;
use crate::domain::contact::{Email, Phone};
use crate::domain::follow_up::Funnel;
use crate::domain::ids::{AccountId, EnrolmentId};
use crate::domain::outlook::Outlook;
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::domain::time::Timestamp;
use crate::store::{AccountKey, Reader, StoredAccount, Unit};

/// An account, masked: enough to recognise, too little to use.
#[derive(Debug)]
pub struct AccountView {
    /// The account.
    pub account: Account,
    /// Where it stands.
    pub standing: Standing,
    /// What the holder may do now.
    pub outlook: Outlook,
    /// How far it has come on the way to use, and whether it gets on.
    pub funnel: Funnel,
    /// Identification number.
    pub number_masked: String,
    /// Phone.
    pub phone_masked: String,
    /// E-mail address, if there is one.
    pub email_masked: Option<String>,
    /// Changes that are pending.
    pub pending: Vec<ChangeView>,
}

/// By what an account is looked for.
#[derive(Debug)]
pub enum Search {
    /// Identification number.
    Number(IdentityNumber),
    /// Phone.
    Phone(Phone),
    /// E-mail address.
    Email(Email),
    /// Travel document.
    Document(StateCode, DocumentNumber),
    /// The request it was issued on.
    Enrolment(EnrolmentId),
}

/// Why someone looks. Recorded with the look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookPurpose {
    /// The holder asks for help.
    HolderRequest,
    /// A change of phone or e-mail address.
    ContactChange,
    /// A complaint, or a question about the data kept.
    DataSubject,
    /// An investigation by a competent authority.
    Investigation,
    /// Supervision or audit of the service.
    Audit,
}

impl LookPurpose {
    const fn name(self) -> &'static str {
        match self {
            Self::HolderRequest => "holder-request",
            Self::ContactChange => "contact-change",
            Self::DataSubject => "data-subject",
            Self::Investigation => "investigation",
            Self::Audit => "audit",
        }
    }
}

impl Search {
    const fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Phone(_) => "phone",
            Self::Email(_) => "email",
            Self::Document(..) => "document",
            Self::Enrolment(_) => "enrolment",
        }
    }
}

impl App {
    /// An account.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn account(&self, by: &Caller, why: LookPurpose, id: AccountId) -> Result<AccountView, Error> {
        let found = self.look(by, why, "id", &AccountKey::Id(id)).await?;
        found.into_iter().next().ok_or(Error::NotFound(Missing::Account))
    }

    /// The accounts that have exactly this.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub async fn find_accounts(
        &self,
        by: &Caller,
        why: LookPurpose,
        search: &Search,
    ) -> Result<Vec<AccountView>, Error> {
        let key = match search {
            Search::Number(number) => AccountKey::Number(self.vault().number(number)),
            Search::Phone(phone) => AccountKey::Phone(self.vault().phone(phone)),
            Search::Email(email) => AccountKey::Email(self.vault().email(email)),
            Search::Document(state, number) => AccountKey::Passport(self.vault().document(state, number)),
            Search::Enrolment(id) => AccountKey::Enrolment(*id),
        };
        let found = self.look(by, why, search.name(), &key).await?;
        if found.is_empty() { Err(Error::NotFound(Missing::Account)) } else { Ok(found) }
    }

    async fn look(
        &self,
        by: &Caller,
        why: LookPurpose,
        how: &'static str,
        key: &AccountKey,
    ) -> Result<Vec<AccountView>, Error> {
        let now = self.clock().now();
        let mut reader = self.store().reader().await?;
        let rows = reader.accounts(key).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in &rows {
            views.push(self.account_view(&mut reader, row, now).await?);
        }
        drop(reader);
        // Whoever was shown is named; a look that found nobody is recorded with the looker as its subject.
        let subjects: Vec<_> = rows.iter().map(|row| row.account.id.uuid()).collect();
        let subjects = if subjects.is_empty() { vec![by.id().uuid()] } else { subjects };
        for subject in subjects {
            let entry =
                self.entry(now, by.actor(), Action::AccountViewed, subject).with("by", how).with("purpose", why.name());
            self.commit(Unit::new(entry.with("found", rows.len().to_string()))).await?;
        }
        Ok(views)
    }

    async fn account_view(
        &self,
        reader: &mut Reader,
        stored: &StoredAccount,
        now: Timestamp,
    ) -> Result<AccountView, Error> {
        let followed = reader.followed(stored.account.id).await?.ok_or(Error::NotFound(Missing::Account))?;
        Ok(AccountView {
            account: stored.account.clone(),
            standing: stored.account.standing(now),
            outlook: self.outlook_of(reader, stored, now).await?,
            funnel: self.funnel(&followed, now),
            number_masked: self.open_number(stored)?.masked(),
            phone_masked: self.open_phone(stored)?.masked(),
            email_masked: self.open_email(stored)?.map(|email| email.masked()),
            pending: self.open_changes(reader, stored, now).await?,
        })
    }
}
