//! Accounts, for those who answer for them: found by an exact value, shown as far as the role may see, each look recorded.

use time::Date;

use super::{App, Caller, ChangeView, Error, Missing};
use crate::domain::account::{Account, IdentityNumber, Standing};
use crate::domain::audit::Action;
use crate::domain::contact::{Email, Phone};
use crate::domain::disclosure::{Disclosure, SearchKind, disclosure};
use crate::domain::duplicate::BlockingKey;
use crate::domain::follow_up::Funnel;
use crate::domain::ids::{AccountId, EnrolmentId};
use crate::domain::life::Bearer;
use crate::domain::outlook::Outlook;
use crate::domain::passport::DocumentNumber;
use crate::domain::person::{FullName, StateCode};
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;
use crate::store::{AccountKey, BindingKind, Reader, StoredAccount, Unit};

/// Accounts that are shown at most, and requests that are opened to find them by name.
const FOUND_MAX: usize = 20;
/// Names that holders came to have after their requests, and that are opened to find them.
const LATER_NAMES_MAX: u32 = 20;

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
    /// Travel document.
    Document(StateCode, DocumentNumber),
    /// Residence card: the name of its kind, and its number.
    Card(&'static str, DocumentNumber),
    /// Phone.
    Phone(Phone),
    /// E-mail address.
    Email(Email),
    /// Name, day of birth and nationality.
    Person(Box<PersonKey>),
    /// The request it was issued on.
    Enrolment(EnrolmentId),
}

/// Who a person is, as people say it.
#[derive(Debug)]
pub struct PersonKey {
    /// Name.
    pub name: FullName,
    /// Day of birth.
    pub born_on: Date,
    /// Nationality.
    pub nationality: StateCode,
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
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::HolderRequest => "holder-request",
            Self::ContactChange => "contact-change",
            Self::DataSubject => "data-subject",
            Self::Investigation => "investigation",
            Self::Audit => "audit",
        }
    }
}

impl PersonKey {
    /// Whether that may be them: the letters of the name were compared by their keyed hash.
    fn is(&self, bearer: &Bearer) -> bool {
        bearer.born_on == self.born_on && bearer.nationality == self.nationality
    }
}

impl Search {
    /// Of which kind it is.
    pub const fn kind(&self) -> SearchKind {
        match self {
            Self::Number(_) => SearchKind::Number,
            Self::Document(..) => SearchKind::Document,
            Self::Card(..) => SearchKind::Card,
            Self::Phone(_) => SearchKind::Phone,
            Self::Email(_) => SearchKind::Email,
            Self::Person(_) => SearchKind::Name,
            Self::Enrolment(_) => SearchKind::Enrolment,
        }
    }
}

impl App {
    /// An account.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn account(&self, by: &Caller, why: LookPurpose, id: AccountId) -> Result<AccountView, Error> {
        let mut reader = self.store().reader().await?;
        let rows = reader.accounts(&AccountKey::Id(id)).await?;
        let found = self.shown(reader, by, (why, "id"), &rows).await?;
        found.into_iter().next().ok_or(Error::NotFound(Missing::Account))
    }

    /// The accounts that have exactly this, at most 20.
    ///
    /// # Errors
    /// [`Error::SearchNotAllowed`] if the caller's role does not look by it, [`Error::NotFound`] if there is none.
    pub async fn find_accounts(
        &self,
        by: &Caller,
        why: LookPurpose,
        search: &Search,
    ) -> Result<Vec<AccountView>, Error> {
        let kind = search.kind();
        if !disclosure(by.role()).is_some_and(|disclosure| disclosure.searches.contains(&kind)) {
            return Err(Error::SearchNotAllowed);
        }
        let mut reader = self.store().reader().await?;
        let rows = self.matching(&mut reader, search).await?;
        let found = self.shown(reader, by, (why, kind.name()), &rows).await?;
        if found.is_empty() { Err(Error::NotFound(Missing::Account)) } else { Ok(found) }
    }

    async fn matching(&self, reader: &mut Reader, search: &Search) -> Result<Vec<StoredAccount>, Error> {
        let key = match search {
            Search::Number(number) => AccountKey::Number(self.vault().number(number)),
            Search::Document(state, number) => {
                let document = self.vault().document(state, number);
                return self.having(reader, &document, BindingKind::Passport).await;
            }
            Search::Card(kind, number) => {
                let card = self.vault().card(kind, number);
                return self.having(reader, &card, BindingKind::Card).await;
            }
            Search::Phone(phone) => AccountKey::Phone(self.vault().phone(phone)),
            Search::Email(email) => AccountKey::Email(self.vault().email(email)),
            Search::Person(person) => return self.persons(reader, person).await,
            Search::Enrolment(id) => AccountKey::Enrolment(*id),
        };
        Ok(reader.accounts(&key).await?)
    }

    /// The accounts that have, or had, a document. Those issued before documents were entered are found by their request.
    async fn having(
        &self,
        reader: &mut Reader,
        document: &BlindIndex,
        kind: BindingKind,
    ) -> Result<Vec<StoredAccount>, Error> {
        let mut keys: Vec<_> = reader.holders_of(document).await?.into_iter().map(AccountKey::Id).collect();
        if keys.is_empty() {
            keys.extend(reader.bound_request(kind, document).await?.map(AccountKey::Enrolment));
        }
        let mut accounts = Vec::new();
        for key in keys.iter().take(FOUND_MAX) {
            accounts.extend(reader.accounts(key).await?);
        }
        Ok(accounts)
    }

    /// Accounts of persons of that name, day of birth and nationality: of the latest requests, and of the latest changes of
    /// name, that have the letters of the name and the day in common, those that open to the same.
    async fn persons(&self, reader: &mut Reader, person: &PersonKey) -> Result<Vec<StoredAccount>, Error> {
        let key = self.vault().blocking_key(&BlockingKey::of_person(&person.name, person.born_on));
        let holders = reader.duplicate_holders(std::slice::from_ref(&key)).await?.into_iter().flatten();
        let requests: Vec<_> = holders.take(FOUND_MAX).collect();
        let mut accounts = Vec::new();
        for stored in reader.enrolments_named(&requests).await? {
            if person.is(&Bearer::of(&self.open_application(&stored)?)) {
                accounts.extend(reader.accounts(&AccountKey::Enrolment(stored.enrolment.id)).await?);
            }
        }
        for named in reader.accounts_named(&key, LATER_NAMES_MAX).await? {
            let found = accounts.iter().any(|found: &StoredAccount| found.account.id == named.account);
            if !found && accounts.len() < FOUND_MAX && person.is(&self.open_name(&named)?) {
                accounts.extend(reader.account(named.account).await?);
            }
        }
        Ok(accounts)
    }

    /// The accounts, as the caller's role is shown them. Whoever was shown is named in the log; a look that found nobody is
    /// recorded with the looker as its subject.
    async fn shown(
        &self,
        mut reader: Reader,
        by: &Caller,
        (why, how): (LookPurpose, &'static str),
        rows: &[StoredAccount],
    ) -> Result<Vec<AccountView>, Error> {
        let now = self.clock().now();
        let disclosure = disclosure(by.role()).ok_or(Error::SearchNotAllowed)?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let row = self.with_papers(&mut reader, row.clone()).await?;
            views.push(self.account_view(&mut reader, (&row, &disclosure), now).await?);
        }
        drop(reader);
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
        (stored, disclosure): (&StoredAccount, &Disclosure),
        now: Timestamp,
    ) -> Result<AccountView, Error> {
        let followed = reader.followed(stored.account.id).await?.ok_or(Error::NotFound(Missing::Account))?;
        Ok(AccountView {
            account: stored.account.clone(),
            standing: stored.account.standing(now),
            outlook: self.outlook_of(reader, stored, now).await?,
            funnel: self.funnel(&followed, now),
            number_masked: self.open_number(stored)?.masked(),
            phone_masked: disclosure.phone.of_phone(&self.open_phone(stored)?),
            email_masked: self.open_email(stored)?.map(|email| disclosure.email.of_email(&email)),
            pending: self.open_changes(reader, stored, now).await?,
        })
    }
}
