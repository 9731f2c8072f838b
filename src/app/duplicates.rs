//! Duplicates: who is compared with whom, what a supervisor is shown of it, and the decision that two persons are not one.
//!
//! Candidates are found by keyed hashes, opened in memory, compared and dropped; of those that are not likely nothing
//! remains. Requests that were refused or withdrawn are nobody's duplicate: whoever comes again comes rightly.

use std::collections::{BTreeMap, HashSet};

use super::{App, Caller, Error, Officer};
use crate::domain::application::Application;
use crate::domain::audit::{Action, Actor};
use crate::domain::duplicate::{BlockingKey, Comparison, Profile, SHOWN_MAX, Selected, select};
use crate::domain::enrolment::{Enrolment, Stage, StageName};
use crate::domain::finding::DUPLICATE_LIKELY;
use crate::domain::ids::{AccountId, EnrolmentId, StaffId};
use crate::domain::life::Bearer;
use crate::domain::review::CannotReview;
use crate::domain::sealed::BlindIndex;
use crate::domain::staff::OfficeCode;
use crate::store::{Change, DuplicateKeys, NotTheSame, Reader, Replaced, StoreError, StoredEnrolment, StoredKey, Unit};

/// Who makes keys for requests of earlier releases.
const INDEXER: Actor = Actor::Service("indexer");
/// Requests that are read at once to be indexed, each in a unit of its own.
const INDEXED_AT_ONCE: u32 = 50;

/// A request that is likely the same person's.
#[derive(Debug)]
pub struct Candidate {
    /// It, without its content.
    pub enrolment: Enrolment,
    /// Office that holds it today, where a supervisor is shown it.
    pub holder: Option<OfficeCode>,
    /// How the two stand to each other.
    pub comparison: Comparison,
    /// Indexes of the documents of its person.
    documents: Vec<BlindIndex>,
}

/// What a supervisor is shown of likely duplicates.
#[derive(Debug)]
pub struct Compared {
    /// The request in question.
    pub application: Application,
    /// The likeliest ahead, at most ten.
    pub candidates: Vec<Candidate>,
}

/// The keyed hashes of keys.
pub(super) fn values(keys: &[StoredKey]) -> Vec<BlindIndex> {
    keys.iter().map(|key| key.value.clone()).collect()
}

impl App {
    /// The requests that are likely the same person's as `application`, which is or would be called `id`: the likeliest
    /// ahead, without those of whom it was decided that they are not.
    ///
    /// # Errors
    /// If the store cannot be asked. A request that does not open is logged and left out.
    pub(super) async fn likely_duplicates(
        &self,
        reader: &mut Reader,
        id: EnrolmentId,
        application: &Application,
    ) -> Result<Vec<Candidate>, Error> {
        let holders = reader.duplicate_holders(&values(&self.keys_of(application))).await?;
        self.likely_among(reader, holders, id, application).await
    }

    /// The same among those who hold its keys.
    pub(super) async fn likely_among(
        &self,
        reader: &mut Reader,
        mut holders: Vec<Vec<EnrolmentId>>,
        id: EnrolmentId,
        application: &Application,
    ) -> Result<Vec<Candidate>, Error> {
        let profile = Profile::of(application);
        for of in &mut holders {
            of.retain(|other| *other != id);
        }
        let Selected { open, capped_keys, left_out } = select(holders);
        if capped_keys > 0 || left_out > 0 {
            tracing::info!(capped_keys, left_out, "more requests share a key than are compared");
        }
        let stored = reader.enrolments_named(&open).await?;
        let named = self.named_since(reader, &stored).await?;
        let compare = |stored: &StoredEnrolment| self.compared(&profile, stored, &named);
        let mut likely: Vec<_> = stored.iter().filter(|stored| is_live(stored)).filter_map(compare).collect();
        if likely.is_empty() {
            return Ok(likely);
        }
        let mut apart = HashSet::new();
        for document in self.documents(application) {
            apart.extend(reader.not_the_same_as(&document).await?);
        }
        likely.retain(|one| !one.documents.iter().any(|document| apart.contains(document)));
        likely.sort_by_key(|one| (std::cmp::Reverse(one.comparison.score), one.enrolment.id));
        likely.truncate(SHOWN_MAX);
        Ok(likely)
    }

    /// What the holders of accounts among these requests were called since.
    async fn named_since(
        &self,
        reader: &mut Reader,
        stored: &[StoredEnrolment],
    ) -> Result<BTreeMap<AccountId, Vec<Bearer>>, Error> {
        let accounts: Vec<_> = stored.iter().filter_map(|stored| account_of(&stored.enrolment)).collect();
        if accounts.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.later_names(reader, &accounts).await
    }

    /// Compares with a request under each name of its person; the likeliest counts.
    fn compared(
        &self,
        profile: &Profile,
        stored: &StoredEnrolment,
        named: &BTreeMap<AccountId, Vec<Bearer>>,
    ) -> Option<Candidate> {
        let application = self.open_application(stored).inspect_err(|error| {
            let (enrolment, error) = (stored.enrolment.id, error as &dyn std::error::Error);
            tracing::error!(%enrolment, error, "a request does not open and was not compared");
        });
        let application = application.ok()?;
        let since = account_of(&stored.enrolment).and_then(|account| named.get(&account)).into_iter().flatten();
        let others = since.map(|name| profile.compare(&Profile::of(&name.declaring(&application))));
        // Of equal ones the first is kept: the request as it was handed in.
        let first = profile.compare(&Profile::of(&application));
        let comparison = others.fold(first, |best, one| if one.score > best.score { one } else { best });
        let documents = self.documents(&application);
        comparison.is_likely().then(|| Candidate {
            enrolment: stored.enrolment.clone(),
            holder: None,
            comparison,
            documents,
        })
    }

    /// Likely duplicates of a request of the supervisor's office, for them to decide. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is unknown or another office's.
    pub async fn compare_candidates(
        &self,
        by: &Caller,
        supervisor: &Officer,
        id: EnrolmentId,
    ) -> Result<Compared, Error> {
        let mut reader = self.store().reader().await?;
        let stored = self.held_enrolment(&mut reader, supervisor, id).await?;
        let application = self.open_application(&stored)?;
        let mut candidates = self.likely_duplicates(&mut reader, id, &application).await?;
        let map = self.offices(&mut reader).await?;
        for one in &mut candidates {
            let (office, received) = (&one.enrolment.office, one.enrolment.received_at.local_date());
            one.holder = map.successor(office, received, supervisor.on).map(|office| office.code.clone());
        }
        drop(reader);
        let names: Vec<_> = candidates.iter().map(|one| one.enrolment.id.to_string()).collect();
        let entry = self
            .entry(self.clock().now(), by.actor(), Action::CandidatesCompared, id.uuid())
            .with("candidates", names.join(","));
        self.commit(Unit::new(entry)).await?;
        Ok(Compared { application, candidates })
    }

    /// What is to be kept when a supervisor overrides a likely duplicate: that its person is none of those of the requests
    /// `seen`. Nothing, if no likely duplicate referred it.
    ///
    /// # Errors
    /// [`CannotReview::CandidatesDiffer`] if a likely duplicate is not among them: it came up since.
    pub(super) async fn told_apart(
        &self,
        reader: &mut Reader,
        by: StaffId,
        stored: &StoredEnrolment,
        seen: &HashSet<EnrolmentId>,
    ) -> Result<Vec<Change>, Error> {
        if !stored.enrolment.referred_by().contains(DUPLICATE_LIKELY.id) {
            return Ok(Vec::new());
        }
        let (id, application) = (stored.enrolment.id, self.open_application(stored)?);
        let likely = self.likely_duplicates(reader, id, &application).await?;
        if likely.iter().any(|one| !seen.contains(&one.enrolment.id)) {
            return Err(CannotReview::CandidatesDiffer.into());
        }
        let ours = self.documents(&application);
        let pairs = likely.iter().flat_map(|one| ours.iter().map(move |document| (one, document)));
        let decided = pairs.flat_map(|(candidate, one)| {
            candidate.documents.iter().filter(move |other| *other != one).map(move |other| NotTheSame {
                one: one.clone(),
                other: other.clone(),
                enrolment: id,
                against: candidate.enrolment.id,
                by,
            })
        });
        Ok(decided.map(|decided| Change::NotTheSame(Box::new(decided))).collect())
    }

    /// The keys by which a request is found, and how often others were added beside them: read before candidates are looked
    /// for. Put into the unit: if somebody came since who shares a key, it fails, and the attempt looks again.
    pub(super) async fn duplicate_keys(
        &self,
        id: EnrolmentId,
        application: &Application,
    ) -> Result<DuplicateKeys, Error> {
        self.keys_for(id, Profile::of(application).keys()).await
    }

    /// The keys by which the request of an account is found under names that its holder has since. They come beside those of
    /// the request.
    pub(super) async fn keys_of_names(
        &self,
        request: EnrolmentId,
        application: &Application,
        names: &[Bearer],
    ) -> Result<DuplicateKeys, Error> {
        self.keys_for(request, keys_of(application, names).collect()).await
    }

    async fn keys_for(&self, id: EnrolmentId, mut keys: Vec<BlockingKey>) -> Result<DuplicateKeys, Error> {
        keys.sort_unstable();
        keys.dedup();
        let keys = self.stored_keys(&keys);
        let seen = self.store().reader().await?.duplicate_changes(&values(&keys)).await?;
        Ok(DuplicateKeys { enrolment: id, keys, seen, replaces: Replaced::Nothing })
    }

    /// The keys by which the person of an application is found.
    pub(super) fn keys_of(&self, application: &Application) -> Vec<StoredKey> {
        self.stored_keys(&Profile::of(application).keys())
    }

    fn stored_keys(&self, keys: &[BlockingKey]) -> Vec<StoredKey> {
        keys.iter().map(|key| StoredKey { kind: key.kind, value: self.vault().blocking_key(key) }).collect()
    }

    /// Gives free what a request held that ends without an account: what it used, and by what it was found.
    pub(super) fn set_free(&self, id: EnrolmentId, application: &Application) -> impl Iterator<Item = Change> {
        let held = self.bindings(id, application).into_iter().map(Change::Release);
        held.chain([Change::ForgetDuplicates(id)])
    }

    /// Makes keys for requests that have none of the present form: those of an earlier release. How many it made.
    ///
    /// # Errors
    /// If the store cannot be asked. A request that does not open is logged and left out.
    pub async fn index_earlier_requests(&self) -> Result<usize, Error> {
        let (mut made, mut after) = (0, None);
        loop {
            let page = self.store().reader().await?.enrolments_without_keys(after, INDEXED_AT_ONCE).await?;
            if page.last.is_none() {
                return Ok(made);
            }
            after = page.last;
            for row in &page.rows {
                made += usize::from(self.index_earlier(row).await?);
            }
        }
    }

    /// Makes keys for a request as it was read. One that others change meanwhile is left: a correction makes its own keys,
    /// and what was changed otherwise is found again by the next round.
    async fn index_earlier(&self, stored: &StoredEnrolment) -> Result<bool, Error> {
        let id = stored.enrolment.id;
        let opened = self.open_application(stored).inspect_err(|error| {
            let error = error as &dyn std::error::Error;
            tracing::error!(enrolment = %id, error, "a request does not open and was not indexed");
        });
        let Ok(application) = opened else { return Ok(false) };
        let mut named = self.named_since(&mut self.store().reader().await?, std::slice::from_ref(stored)).await?;
        let since = named.pop_first().map(|(_, names)| names).unwrap_or_default();
        let keys = Profile::of(&application).keys().into_iter().chain(keys_of(&application, &since)).collect();
        let keys = DuplicateKeys { replaces: Replaced::EarlierForm(stored.version), ..self.keys_for(id, keys).await? };
        let entry = self.entry(self.clock().now(), INDEXER, Action::DuplicatesIndexed, id.uuid());
        match self.commit(Unit::new(entry).with(Change::IndexDuplicates(Box::new(keys)))).await {
            Ok(()) => Ok(true),
            Err(StoreError::Changed) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What tells the person: passport, residence card, and the passport that the card prints, which a renewal replaced.
    /// A decision about two persons is kept for all of them, so that it holds when one of them is renewed.
    fn documents(&self, application: &Application) -> Vec<BlindIndex> {
        let passport = application.passport.as_ref();
        let card = application.card.as_ref();
        let printed = card.and_then(|card| card.passport_number.as_ref()).zip(passport);
        let all = [
            passport.map(|passport| self.vault().document(&passport.issuing_state, &passport.number)),
            card.map(|card| self.vault().card(card.kind.name(), &card.number)),
            printed.map(|(number, passport)| self.vault().document(&passport.issuing_state, number)),
        ];
        each_once(all.into_iter().flatten())
    }
}

/// The documents in their order, each once: a card may print the passport that lies beside it.
fn each_once(all: impl Iterator<Item = BlindIndex>) -> Vec<BlindIndex> {
    let mut documents = Vec::new();
    for document in all {
        if !documents.contains(&document) {
            documents.push(document);
        }
    }
    documents
}

/// The keys of names alone: those of documents and of what they print are the request's.
fn keys_of(application: &Application, names: &[Bearer]) -> impl Iterator<Item = BlockingKey> {
    let named = |name: &Bearer| Application { passport: None, card: None, ..name.declaring(application) };
    names.iter().flat_map(move |name| Profile::of(&named(name)).keys())
}

/// The account that was issued on a request, if one was.
const fn account_of(enrolment: &Enrolment) -> Option<AccountId> {
    match enrolment.stage {
        Stage::Issued { account, .. } => Some(account),
        _ => None,
    }
}

/// Whether a request may lead to an account, or has.
fn is_live(stored: &StoredEnrolment) -> bool {
    !matches!(stored.enrolment.stage.name(), StageName::Refused | StageName::Withdrawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_is_named_twice_counts_once_wherever_it_stands() {
        let [passport, card] = [1, 2].map(|byte| BlindIndex::from_bytes(vec![byte; 32]));
        let all = [passport.clone(), card.clone(), passport.clone()];
        assert_eq!(each_once(all.into_iter()), [passport, card]);
    }
}
