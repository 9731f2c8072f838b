//! The immigration record: asked for when a request is checked, looked up by other systems.

use super::{App, Caller, Error, Missing, Officer};
use crate::domain::application::Application;
use crate::domain::audit::{Action, Actor, Entry};
use crate::domain::check::{is_own, record_key};
use crate::domain::life::CardFact;
use crate::domain::record::{Record, RecordKey, RegistryAnswer};
use crate::domain::sealed::Sealed;
use crate::registry::Remote;
use crate::store::{StoredRecord, Unit};

/// Where immigration records are asked for.
#[derive(Debug, Default)]
pub enum Registry {
    /// Nowhere: nothing is compared.
    #[default]
    None,
    /// In the table that was imported; other systems may look there too.
    Table,
    /// At another service.
    Remote(Box<Remote>),
}

/// A record that opens and is not the one that its index says.
#[derive(Debug, thiserror::Error)]
#[error("a record is not that of the key by which it was found")]
struct Misplaced;

/// What the table holds for a key.
enum Kept {
    Found(Box<Record>, StoredRecord),
    NotFound,
    /// Nothing was ever imported, so that "not found" would say nothing.
    Nothing,
}

impl App {
    /// What the immigration record says of an applicant. Never an error: without an answer the request goes on, and a
    /// person looks at it.
    ///
    /// A record that was found was looked at: that is recorded, with who asked about whom, or the answer is withheld.
    pub(super) async fn record(&self, officer: &Officer, application: &Application) -> RegistryAnswer {
        let (answer, look) = self.look_at_record(officer, application, None).await;
        let Some(entry) = look else { return answer };
        match self.commit(Unit::new(entry)).await {
            Ok(()) => answer,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a look at a record cannot be recorded");
                RegistryAnswer::Unreachable
            }
        }
    }

    /// The same, with the entry of the look, if a record was found: it is committed with what came of it, before anybody is
    /// answered. `of_card` is the one that the table holds for the card, if it was read.
    pub(super) async fn look_at_record(
        &self,
        officer: &Officer,
        application: &Application,
        of_card: Option<StoredRecord>,
    ) -> (RegistryAnswer, Option<Entry>) {
        let key = record_key(application);
        if key.card.is_none() && key.document.is_none() {
            return (RegistryAnswer::NotAsked, None);
        }
        let answer = self.ask_registry(&key, of_card).await;
        let RegistryAnswer::Found(record) = &answer else { return (answer, None) };
        let (actor, own) = (Actor::Staff(officer.id), is_own(application, record, false));
        let entry = self
            .entry(self.clock().now(), actor, Action::RecordViewed, officer.id.uuid())
            .with("person", hex::encode(self.identity_index(application).as_bytes()))
            .with("own", u8::from(own).to_string());
        (answer, Some(entry))
    }

    async fn ask_registry(&self, key: &RecordKey, of_card: Option<StoredRecord>) -> RegistryAnswer {
        match self.registry() {
            Registry::None => RegistryAnswer::NotAsked,
            Registry::Remote(remote) => remote.look_up(key).await,
            Registry::Table => match self.kept_record(key, of_card).await {
                Ok(Kept::Found(record, _)) => RegistryAnswer::Found(record),
                Ok(Kept::NotFound) => RegistryAnswer::NotFound,
                Ok(Kept::Nothing) => {
                    tracing::warn!("no immigration record was ever imported (eid registry import)");
                    RegistryAnswer::Unreachable
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the table of records cannot be asked");
                    RegistryAnswer::Unreachable
                }
            },
        }
    }

    /// Looks a record up for another system; `None` if there is none. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] if this service keeps no records, or if the store cannot be asked.
    pub async fn look_up_record(&self, by: &Caller, key: &RecordKey) -> Result<Option<Record>, Error> {
        if !matches!(self.registry(), Registry::Table) {
            return Err(Error::NotFound(Missing::Registry));
        }
        let (found, subject) = match self.kept_record(key, None).await? {
            Kept::Found(record, stored) => (Some(*record), stored.row()),
            // A look that found nobody is recorded with the looker as its subject.
            Kept::NotFound => (None, by.id().uuid()),
            Kept::Nothing => return Err(Error::NotFound(Missing::Registry)),
        };
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::RecordViewed, subject)
            .with("found", u8::from(found.is_some()).to_string());
        self.commit(Unit::new(entry)).await?;
        Ok(found)
    }

    pub(super) fn sealed_record(&self, record: &Record) -> Result<StoredRecord, Error> {
        let mut stored = StoredRecord {
            card: self.vault().card(record.card.kind.name(), &record.card.number),
            document: record.document.as_ref().map(|d| self.vault().document(&d.issuing_state, &d.number)),
            content: Sealed::from_bytes(Vec::new()),
            recorded_at: record.recorded_at,
            strictness: CardFact::of(record).strictness(),
        };
        stored.content = self.seal_record(&stored, record)?;
        Ok(stored)
    }

    /// By the card if it is known, otherwise by the passport.
    async fn kept_record(&self, key: &RecordKey, of_card: Option<StoredRecord>) -> Result<Kept, Error> {
        if let Some(stored) = of_card {
            return self.opened_record(key, stored);
        }
        let mut reader = self.store().reader().await?;
        let mut found = None;
        if let Some((kind, number)) = &key.card {
            found = reader.record_by_card(&self.vault().card(kind, number)).await?;
        }
        if let (None, Some((state, number))) = (&found, &key.document) {
            found = reader.record_by_document(&self.vault().document(state, number)).await?;
        }
        match found {
            Some(stored) => self.opened_record(key, stored),
            None if reader.has_records().await? => Ok(Kept::NotFound),
            None => Ok(Kept::Nothing),
        }
    }

    fn opened_record(&self, key: &RecordKey, stored: StoredRecord) -> Result<Kept, Error> {
        let record = self.open_record(&stored)?;
        // An index that points at another's row must not show it.
        if !record.answers(key) {
            return Err(Error::Broken(Box::new(Misplaced)));
        }
        Ok(Kept::Found(Box::new(record), stored))
    }
}
