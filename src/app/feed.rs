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
use crate::domain::ids::{AccountId, EnrolmentId, ImportId};
use crate::domain::life::{CardFact, DocumentKind, ShownDocument};
use crate::domain::record::Record;
use crate::domain::sealed::BlindIndex;
use crate::store::{
    Binding, BindingKind, Change, Holder, LookedAt, NotedCard, Owner, Reader, RecordBatch, StoreError, StoredDocument,
    StoredRecord, Table,
};

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

/// Records that name one passport and are looked at when it joins an account: the latest.
const RECORDED_MAX: u32 = 50;

/// Accounts that have documents, by the documents' blind indexes, and what their holders declared: as they did, and as they
/// would under each name that they had since.
struct Known {
    holders: BTreeMap<Vec<u8>, Vec<Holder>>,
    declared: HashMap<EnrolmentId, Vec<Application>>,
}

/// Cards that come to an account with its passports, and what holds that none was overlooked.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedCards {
    cards: Vec<(StoredDocument, Binding)>,
    looked: Vec<(BlindIndex, u64)>,
}

impl RecordedCards {
    /// The changes by which the cards serve the account, and the cards.
    pub(super) fn join(&self) -> (Vec<Change>, Vec<StoredDocument>) {
        let looked = self.looked.iter().map(|(passport, count)| Change::ExpectRecords(passport.clone(), *count));
        let bound = self.cards.iter().map(|(_, binding)| Change::Bind(binding.clone()));
        (looked.chain(bound).collect(), self.cards.iter().map(|(card, _)| card.clone()).collect())
    }
}

impl Known {
    /// How many accounts have a document.
    fn holding(&self, document: &BlindIndex) -> usize {
        self.holders.get(document.as_bytes()).map_or(0, Vec::len)
    }

    /// The accounts that have a document.
    fn of(&self, document: &BlindIndex) -> Vec<(Holder, &Application)> {
        let holders = self.holders.get(document.as_bytes()).map(Vec::as_slice).unwrap_or_default();
        let declared = |one: &Holder| self.declared.get(&one.enrolment).map(Vec::as_slice).unwrap_or_default();
        holders.iter().flat_map(|one| declared(one).iter().map(|application| (*one, application))).collect()
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
        let (noted, joined, looked) = (Vec::new(), Vec::new(), Vec::new());
        let mut batch = RecordBatch { import, records: Vec::new(), noted, looked, joined };
        let (mut outcomes, mut joined) = (Vec::with_capacity(records.len()), BTreeMap::new());
        for (record, kept) in records.iter().zip(&stored) {
            let passport = kept.document.as_ref().map_or(Vec::new(), |document| known.of(document));
            let (mut outcome, holder) = feed::place(record, &known.of(&kept.card), &passport);
            if let Some(holder) = holder {
                let binding = binding_of(kept, holder.enrolment);
                if self.store().reader().await?.serves_another(&binding).await? {
                    // Another request shows this card: a person should look.
                    outcome = RowOutcome::OtherPerson;
                } else {
                    let card = self.recorded_card(holder.account, record)?;
                    let order = CardFact::of(record).order();
                    let key = (holder.account, kept.card.as_bytes().to_vec());
                    if joined.get(&key).is_none_or(|(_, before)| *before < order) {
                        joined.insert(key, ((card, binding), order));
                    }
                }
            }
            if !outcome.is_matched() {
                let passport = kept.document.clone();
                batch.looked.extend(passport.map(|passport| LookedAt { holders: known.holding(&passport), passport }));
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
            declared.insert(stored.enrolment.id, vec![self.open_application(&stored)?]);
        }
        let accounts: BTreeMap<_, _> = holders.values().flatten().map(|one| (one.account, one.enrolment)).collect();
        let named: Vec<_> = accounts.keys().copied().collect();
        for (account, names) in self.later_names(&mut reader, &named).await? {
            let of_request = accounts.get(&account).and_then(|request| declared.get_mut(request));
            if let Some(declared) = of_request {
                let later: Vec<_> =
                    declared.iter().flat_map(|first| names.iter().map(|name| name.declaring(first))).collect();
                declared.extend(later);
            }
        }
        Ok(Known { holders, declared })
    }

    /// The card of a record as it joins an account.
    fn recorded_card(&self, account: AccountId, record: &Record) -> Result<StoredDocument, Error> {
        let card = ShownDocument::Card(Box::new(record.card.clone().into()));
        // Shown, as it were, when it was recorded: what the database says later of it counts.
        self.stored_document(account, &card, FEED, record.recorded_at)
    }

    /// The cards that were recorded under passports before these came to an account: they join it as they do when a feed names
    /// them. `declared` is whom the account is known to be of; `documents` are those that come to it.
    pub(super) async fn recorded_cards(
        &self,
        reader: &mut Reader,
        holder: Holder,
        declared: &[Application],
        documents: &[ShownDocument],
    ) -> Result<RecordedCards, Error> {
        let mut found = RecordedCards::default();
        let mut seen: Vec<_> = documents.iter().map(|shown| self.document_index(shown)).collect();
        let passport: Vec<_> = declared.iter().map(|application| (holder, application)).collect();
        let passports = documents.iter().filter(|shown| shown.kind() == DocumentKind::Passport);
        let mut passports: Vec<_> = passports.map(|shown| self.document_index(shown)).collect();
        // In the order in which a feed takes its turns, so that neither waits for the other.
        passports.sort_unstable_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
        for index in passports {
            let (records, count) = reader.records_by_document(&index, RECORDED_MAX).await?;
            for stored in &records {
                if seen.contains(&stored.card) || !reader.holders_of(&stored.card).await?.is_empty() {
                    continue;
                }
                let (record, binding) = (self.open_record(stored)?, binding_of(stored, holder.enrolment));
                let joins = feed::place(&record, &[], &passport).0 == RowOutcome::Joined;
                if joins && !reader.serves_another(&binding).await? {
                    found.cards.push((self.recorded_card(holder.account, &record)?, binding));
                    seen.push(stored.card.clone());
                }
            }
            found.looked.push((index, count));
        }
        Ok(found)
    }
}

/// By what a card serves a request.
fn binding_of(record: &StoredRecord, request: EnrolmentId) -> Binding {
    Binding { kind: BindingKind::Card, value: record.card.clone(), owner: Owner::Request(request) }
}
