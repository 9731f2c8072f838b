//! Requests at the counter: rehearse, hand in, look at.

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::repeat::Attempt;
use super::{App, Caller, Error, Missing, Officer, Repeat};
use crate::domain::application::Application;
use crate::domain::audit::Action;
use crate::domain::check::{Taken, compare, examine};
use crate::domain::enrolment::{Enrolment, StageName};
use crate::domain::finding::Findings;
use crate::domain::ids::{EnrolmentId, Version};
use crate::domain::record::RegistryAnswer;
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;
use crate::store::{Binding, BindingKind, Change, Owner, Reader, StoredEnrolment, Unit};

/// What became of a request that was handed in.
#[derive(Debug)]
pub enum Submitted {
    /// Taken in.
    Accepted(Box<Enrolment>),
    /// Not taken in; nothing was stored.
    NotAccepted(Findings),
}

/// Which requests to list.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// In which stage; any if absent.
    pub stage: Option<StageName>,
    /// Those handed in before this one; from the newest if absent.
    pub before: Option<EnrolmentId>,
    /// At most so many.
    pub size: u32,
}

/// A page of requests.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub enrolments: Vec<Enrolment>,
    /// Where the next page begins, if there is one.
    pub next: Option<EnrolmentId>,
}

/// The first answer to a submission: the request's name; all that a receipt shows never changes.
#[derive(Serialize, Deserialize)]
struct Receipt {
    enrolment: EnrolmentId,
}

impl App {
    /// Applies the rules without storing anything.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn check(&self, application: &Application) -> Result<Findings, Error> {
        let (now, record) = (self.clock().now(), self.record(application).await);
        let mut reader = self.store().reader().await?;
        let id = EnrolmentId::new(self.dice().id(now));
        let taken = self.taken(&mut reader, id, application).await?;
        Ok(examine(application, taken, now).with(compare(application, &record)))
    }

    /// Takes a request in, or says why not.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn submit(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        application: &Application,
    ) -> Result<Submitted, Error> {
        let now = self.clock().now();
        let record = OnceCell::new();
        self.once(by, repeat, || self.submit_once(by, officer, repeat, application, now, &record)).await
    }

    /// A request of the officer's own office, with its content.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is unknown or another office's.
    pub async fn enrolment(
        &self,
        by: &Caller,
        officer: &Officer,
        id: EnrolmentId,
    ) -> Result<(Enrolment, Application), Error> {
        let found = self.store().reader().await?.enrolment(id).await?;
        let own = found.filter(|stored| stored.enrolment.office == officer.office);
        let stored = own.ok_or(Error::NotFound(Missing::Enrolment))?;
        let entry = self.entry(self.clock().now(), by.actor(), Action::EnrolmentViewed, id.uuid());
        self.commit(Unit::new(entry)).await?;
        let application = self.open_application(&stored)?;
        Ok((stored.enrolment, application))
    }

    /// A page of the office's requests, without their content.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn enrolments(&self, by: &Caller, officer: &Officer, request: PageRequest) -> Result<Page, Error> {
        let mut reader = self.store().reader().await?;
        let mut rows = reader.enrolments_of(&officer.office, request.stage, request.before, request.size + 1).await?;
        drop(reader);
        let more = rows.len() > request.size as usize;
        rows.truncate(request.size as usize);
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::EnrolmentsListed, by.id().uuid())
            .with("office", officer.office.as_str())
            .with("count", rows.len().to_string());
        self.commit(Unit::new(entry)).await?;
        let next = more.then(|| rows.last().map(|row| row.enrolment.id)).flatten();
        Ok(Page { enrolments: rows.into_iter().map(|row| row.enrolment).collect(), next })
    }

    async fn submit_once(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        application: &Application,
        now: Timestamp,
        record: &OnceCell<RegistryAnswer>,
    ) -> Result<Attempt<Submitted>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(Receipt { enrolment }) = self.first_answer(&mut reader, by, repeat).await? {
            let stored = reader.enrolment(enrolment).await?.ok_or(Error::NotFound(Missing::Enrolment))?;
            return Ok(Attempt::Answered(Submitted::Accepted(Box::new(stored.enrolment))));
        }
        // Asked once, whatever the number of attempts, and not while a connection is held.
        drop(reader);
        let record = record.get_or_init(|| self.record(application)).await;
        let mut reader = self.store().reader().await?;
        let id = EnrolmentId::new(self.dice().id(now));
        let taken = self.taken(&mut reader, id, application).await?;
        Ok(match examine(application, taken, now).with(compare(application, record)).cleared() {
            Ok(cleared) => {
                let enrolment = Enrolment::receive(id, officer.office.clone(), officer.id, cleared, now)
                    .with_biometrics_on_file(record.biometrics());
                let unit = self.received(by, repeat, application, &enrolment)?;
                Attempt::Change(Submitted::Accepted(Box::new(enrolment)), unit)
            }
            Err(findings) => Attempt::Unchanged(Submitted::NotAccepted(findings)),
        })
    }

    fn received(
        &self,
        by: &Caller,
        repeat: &Repeat,
        application: &Application,
        enrolment: &Enrolment,
    ) -> Result<Unit, Error> {
        let (id, now) = (enrolment.id, enrolment.received_at);
        let stored = StoredEnrolment {
            enrolment: enrolment.clone(),
            content: self.seal_application(id, application)?,
            passport: self.passport_index(application),
            representative: self.representative_index(application),
            version: Version::NONE,
        };
        let entry = self
            .entry(now, by.actor(), Action::EnrolmentReceived, id.uuid())
            .with("office", enrolment.office.as_str())
            .with("notes", enrolment.notes.iter().map(|n| n.rule.id).collect::<Vec<_>>().join(","));
        Ok(Unit::new(entry)
            .with(repeat.remember(by, &Receipt { enrolment: id })?)
            .with(Change::NewEnrolment(Box::new(stored)))
            .with_all(self.bindings(id, application).map(Change::Bind)))
    }

    /// What an application uses, and for whom: the phone is the applicant's, or their representative's, who may hold it
    /// for several.
    pub(super) fn bindings(&self, id: EnrolmentId, application: &Application) -> [Binding; 3] {
        let card = &application.card;
        let binding = |kind, value, owner| Binding { kind, value, owner };
        [
            binding(BindingKind::Phone, self.vault().phone(&application.phone), self.responsible(application)),
            binding(BindingKind::Passport, self.passport_index(application), Owner::Request(id)),
            binding(BindingKind::Card, self.vault().card(card.kind.name(), &card.number), Owner::Request(id)),
        ]
    }

    async fn taken(&self, reader: &mut Reader, id: EnrolmentId, application: &Application) -> Result<Taken, Error> {
        let [phone, passport, card] = self.bindings(id, application);
        Ok(Taken {
            phone: reader.serves_another(&phone).await?,
            passport: reader.serves_another(&passport).await?,
            card: reader.serves_another(&card).await?,
        })
    }

    /// Who answers for the applicant's phone.
    fn responsible(&self, application: &Application) -> Owner {
        Owner::Person(self.representative_index(application).unwrap_or_else(|| self.passport_index(application)))
    }

    fn passport_index(&self, application: &Application) -> BlindIndex {
        self.vault().document(&application.passport.issuing_state, &application.passport.number)
    }

    fn representative_index(&self, application: &Application) -> Option<BlindIndex> {
        let representative = application.representative.as_ref()?;
        Some(self.vault().document(&representative.issuing_state, &representative.document))
    }
}
