//! Feeds of the immigration database: records of cards, and the accounts that follow them.
//!
//! A feed may come twice, cut off, or out of order: of each card what was recorded last counts, and accounts end in the same
//! state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::{ATTEMPTS_MAX, App, Error};
use crate::domain::application::Application;
use crate::domain::audit::{Action, Actor};
use crate::domain::feed::{self, RowOutcome};
use crate::domain::ids::{EnrolmentId, ImportId};
use crate::domain::life::{CardFact, ShownDocument};
use crate::domain::record::Record;
use crate::domain::sealed::BlindIndex;
use crate::store::{Binding, BindingKind, Holder, NotedCard, Owner, RecordBatch, StoreError, StoredRecord, Table};

/// What became of a batch of records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// New, or later than what was there.
    pub written: u64,
    /// There already, or followed by a later one in the batch.
    pub unchanged: u64,
}

/// Who adds cards to accounts that come with a feed.
const FEED: Uuid = Uuid::nil();

/// Accounts that have documents, by the documents' blind indexes, and what their holders declared.
struct Known {
    holders: BTreeMap<Vec<u8>, Vec<Holder>>,
    declared: HashMap<EnrolmentId, Application>,
}

impl Known {
    /// The accounts that have a document.
    fn of(&self, document: &BlindIndex) -> Vec<(Holder, &Application)> {
        let holders = self.holders.get(document.as_bytes()).map(Vec::as_slice).unwrap_or_default();
        holders.iter().filter_map(|one| Some((*one, self.declared.get(&one.enrolment)?))).collect()
    }
}

impl App {
    /// Names a new import.
    pub fn new_import(&self) -> ImportId {
        ImportId::new(self.dice().id(self.clock().now()))
    }

    /// Keeps a batch of a feed: all of it, with its audit entry, or nothing. A record takes the place of an earlier one of the
    /// same card, and the accounts that it bears on follow it; one that is not later than what is there changes nothing. What
    /// came of each record is told in their order.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub async fn import_records(
        &self,
        by: Actor,
        import: ImportId,
        records: &[Record],
    ) -> Result<(Imported, Vec<RowOutcome>), Error> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock().now();
            let (batch, outcomes) = self.placed(import, records).await?;
            let matched = outcomes.iter().filter(|outcome| outcome.is_matched()).count();
            let entry = self
                .entry(now, by, Action::RecordsImported, import.uuid())
                .with("records", records.len().to_string())
                .with("matched", matched.to_string());
            match self.store().import_records(batch, entry).await {
                Ok(written) => {
                    self.committed();
                    let unchanged = (records.len() as u64).saturating_sub(written);
                    return Ok((Imported { written, unchanged }, outcomes));
                }
                // An account changed meanwhile, or two feeds waited for each other.
                Err(StoreError::Changed | StoreError::Taken(Table::Binding)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    /// A batch, with the accounts that follow its rows.
    async fn placed(&self, import: ImportId, records: &[Record]) -> Result<(RecordBatch, Vec<RowOutcome>), Error> {
        let stored = records.iter().map(|record| self.sealed_record(record)).collect::<Result<Vec<_>, Error>>()?;
        let known = self.known_holders(&stored).await?;
        let mut batch = RecordBatch { import, records: Vec::new(), noted: Vec::new(), joined: Vec::new() };
        let (mut outcomes, mut joined) = (Vec::with_capacity(records.len()), BTreeMap::new());
        for (record, kept) in records.iter().zip(&stored) {
            let passport = kept.document.as_ref().map_or(Vec::new(), |document| known.of(document));
            let (mut outcome, holder) = feed::place(record, &known.of(&kept.card), &passport);
            if let Some(holder) = holder {
                let binding = Binding {
                    kind: BindingKind::Card,
                    value: kept.card.clone(),
                    owner: Owner::Request(holder.enrolment),
                };
                if self.store().reader().await?.serves_another(&binding).await? {
                    // Another request shows this card: a person should look.
                    outcome = RowOutcome::OtherPerson;
                } else {
                    let card = ShownDocument::Card(Box::new(record.card.clone().into()));
                    // Shown, as it were, when it was recorded: what the database says later of it counts.
                    let card = self.stored_document(holder.account, &card, FEED, record.recorded_at)?;
                    let order = CardFact::of(record).order();
                    let key = (holder.account, kept.card.as_bytes().to_vec());
                    if joined.get(&key).is_none_or(|(_, before)| *before < order) {
                        joined.insert(key, ((card, binding), order));
                    }
                }
            }
            if outcome != RowOutcome::OtherPerson {
                batch.noted.push(NotedCard { card: kept.card.clone(), fact: CardFact::of(record) });
            }
            outcomes.push(outcome);
        }
        batch.records = stored;
        batch.joined = joined.into_values().map(|(card, _)| card).collect();
        Ok((batch, outcomes))
    }

    /// The accounts that have a card or passport of these records, with what their holders declared.
    async fn known_holders(&self, records: &[StoredRecord]) -> Result<Known, Error> {
        let mut reader = self.store().reader().await?;
        let cards = records.iter().map(|record| &record.card);
        let documents: Vec<_> = cards.chain(records.iter().filter_map(|record| record.document.as_ref())).collect();
        let holders = reader.holders_of_each(&documents).await?;
        let requests: BTreeSet<_> = holders.values().flatten().map(|holder| holder.enrolment).collect();
        let requests: Vec<_> = requests.into_iter().collect();
        let mut declared = HashMap::new();
        for stored in reader.enrolments_named(&requests).await? {
            declared.insert(stored.enrolment.id, self.open_application(&stored)?);
        }
        Ok(Known { holders, declared })
    }
}
