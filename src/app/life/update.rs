//! New documents of a holder, shown at a counter: they join the same account, after the checks of a request.
//!
//! What names somebody else than the account does, or what a rule refers, goes to a supervisor. Expiry goes by itself when
//! the account has a document that holds; no other ground does.

use serde::{Deserialize, Serialize};

use crate::app::feed::RecordedCards;
use crate::app::intake::ChipRead;
use crate::app::proposals::{Effect, ProposalView, Wish};
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Missing, Officer, Repeat};
use crate::domain::application::Application;
use crate::domain::audit::Action;
use crate::domain::check::{Known, Taken, examine};
use crate::domain::code::day_number;
use crate::domain::contact::AccountPrint;
use crate::domain::finding::{Field, Finding, Findings, Severity};
use crate::domain::ids::{AccountId, ProposalId, StaffId, UpdateId, Version};
use crate::domain::life::{Bearer, DocumentKind, DocumentUpdate, ShownDocument};
use crate::domain::passport::Passport;
use crate::domain::proposal::{Act, WhyVoid};
use crate::domain::residence::ResidenceCard;
use crate::domain::review::ReviewReason;
use crate::domain::time::Timestamp;
use crate::store::{
    Binding, BindingKind, Change, DuplicateKeys, Holder, Owner, Reader, StoredAccount, StoredDocument, StoredUpdate,
    Unit,
};

/// What an officer captures.
#[derive(Debug)]
pub struct ShownPapers {
    /// Whom the documents name.
    pub bearer: Bearer,
    /// A passport, if one was shown.
    pub passport: Option<Passport>,
    /// A residence card, if one was shown.
    pub card: Option<ResidenceCard>,
    /// What the passport's chip holds, if it was read.
    pub chip: Option<ChipRead>,
    /// What the officer noted.
    pub note: ReviewReason,
}

/// What became of them.
#[derive(Debug)]
pub enum Updated {
    /// They joined the account.
    Joined,
    /// They wait for a supervisor.
    Referred(Box<ProposalView>),
    /// The rules refuse them; nothing was kept.
    NotAccepted(Findings),
    /// The account was closed for good.
    Closed,
}

/// What would join an account.
#[derive(Clone, Debug)]
pub struct UpdateEffect {
    stored: StoredAccount,
    update: DocumentUpdate,
    /// The name of documents that waited for a supervisor.
    waited: Option<UpdateId>,
    bindings: Vec<Binding>,
    earlier: Vec<StoredDocument>,
    recorded: RecordedCards,
    /// By what the request of the account is found under the name that comes to it.
    found_by: Option<DuplicateKeys>,
    print: AccountPrint,
}

/// The first answer to a call.
#[derive(Serialize, Deserialize)]
enum First {
    Joined,
    Referred(ProposalId),
}

impl UpdateEffect {
    /// The account.
    pub const fn account(&self) -> AccountId {
        self.stored.account.id
    }

    /// The documents: of which kind, and until when.
    pub fn documents(&self) -> impl Iterator<Item = (DocumentKind, time::Date)> {
        self.update.shown.iter().map(|shown| (shown.kind(), shown.valid_until()))
    }

    /// Whether they name somebody else than the account did.
    pub const fn differs(&self) -> bool {
        self.update.differs
    }

    /// Names of the rules that asked for a person.
    pub fn rules(&self) -> &[String] {
        &self.update.rules
    }
}

impl ShownPapers {
    fn documents(&self) -> Vec<ShownDocument> {
        let passport = self.passport.clone().map(|passport| ShownDocument::Passport(Box::new(passport)));
        let card = self.card.clone().map(|card| ShownDocument::Card(Box::new(card)));
        passport.into_iter().chain(card).collect()
    }

    /// The request that the account was issued on, as it would be with these documents and no others.
    fn renewed(&self, application: &Application) -> Application {
        let (passport, card) = (self.passport.clone(), self.card.clone());
        Application { passport, card, ..self.bearer.declaring(application) }
    }

    /// Whether a finding is about what was shown: what the request said beside it is not looked at again.
    fn concerns(&self, finding: &Finding) -> bool {
        let elsewhere = |field: &Field| {
            let of = |prefix: &str| field.path.starts_with(prefix);
            ["phone", "email", "consents", "representative", "stay"].into_iter().any(of)
                || (self.passport.is_none() && of("passport"))
                || (self.card.is_none() && of("residence_card"))
        };
        !finding.fields.iter().all(elsewhere)
    }
}

impl App {
    /// Takes new documents of a holder in.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown account, [`Error::RequestIdReused`].
    pub async fn update_documents(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        (account, shown): (AccountId, &ShownPapers),
    ) -> Result<Updated, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.update_once(by, officer, repeat, (account, shown), now)).await
    }

    async fn update_once(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        (id, shown): (AccountId, &ShownPapers),
        now: Timestamp,
    ) -> Result<Attempt<Updated>, Error> {
        let mut reader = self.store().reader().await?;
        match self.first_answer(&mut reader, by, repeat).await? {
            Some(First::Joined) => return Ok(Attempt::Answered(Updated::Joined)),
            Some(First::Referred(id)) => {
                let stored = reader.proposal(id).await?.ok_or(Error::NotFound(Missing::Proposal))?;
                let view = self.proposal_view(&mut reader, stored, now).await?;
                return Ok(Attempt::Answered(Updated::Referred(Box::new(view))));
            }
            None => {}
        }
        let stored = reader.account(id).await?.ok_or(Error::NotFound(Missing::Account))?;
        if stored.account.life.closed.is_some() {
            return Ok(Attempt::Unchanged(Updated::Closed));
        }
        let request = reader.enrolment(stored.account.enrolment).await?.ok_or(Error::NotFound(Missing::Enrolment))?;
        let application = self.open_application(&request)?;
        let taken = self.taken_by_others(&mut reader, &stored, &shown.documents()).await?;
        let known = self.known_as(&mut reader, id, &application).await?;
        drop(reader);
        let findings = self.examined_papers(officer, (&application, shown), taken, now).await?;
        if findings.refuses() {
            return Ok(Attempt::Unchanged(Updated::NotAccepted(findings)));
        }
        let rules = findings.iter().map(|finding| finding.rule);
        let spent = shown.chip.as_ref().and_then(|read| read.spent_challenge(rules, officer.id));
        let referring = findings.iter().filter(|finding| finding.rule.severity == Severity::Refer);
        let update = DocumentUpdate {
            bearer: shown.bearer.clone(),
            shown: shown.documents(),
            differs: shown.bearer.differs(&known),
            rules: referring.map(|finding| finding.rule.id.to_owned()).collect(),
        };
        let mut reader = self.store().reader().await?;
        let effect = self.effect_of(&mut reader, (stored, update), None).await?;
        if effect.differs() || !effect.rules().is_empty() {
            return self.refer_papers(reader, by, repeat, (effect, spent), &shown.note, now).await;
        }
        drop(reader);
        let entry = self
            .entry(now, by.actor(), Action::DocumentsEntered, id.uuid())
            .with("office", officer.office.as_str())
            .with("count", effect.documents().count().to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &First::Joined)?)
            .with_all(spent)
            .with_all(self.join(&effect, officer.id, now)?);
        Ok(Attempt::Change(Updated::Joined, unit))
    }

    /// Hands documents to a supervisor.
    async fn refer_papers(
        &self,
        mut reader: Reader,
        by: &Caller,
        repeat: &Repeat,
        (effect, spent): (UpdateEffect, Option<Change>),
        note: &ReviewReason,
        now: Timestamp,
    ) -> Result<Attempt<Updated>, Error> {
        let (account, id) = (effect.account(), UpdateId::new(self.dice().id(now)));
        let content = self.seal_update(id, &effect.update)?;
        let print = Some(effect.print);
        let waits = StoredUpdate { id, account, content, print, added_by: by.id(), added_at: now };
        let wish = self.wish(&mut reader, by, (Act::DocumentUpdate(id), Version::NONE), note, now).await?;
        drop(reader);
        // Each has a name of its own, so that none can wait for it already.
        let Wish::Propose(proposal) = wish else { return Ok(Attempt::Again) };
        let entry = self
            .entry(now, by.actor(), Action::DocumentsReferred, account.uuid())
            .with("proposal", proposal.proposal.id.to_string())
            .with("rules", effect.rules().join(","));
        let effect = Some(Ok(Effect::DocumentUpdate(Box::new(effect))));
        let view = ProposalView { proposal: proposal.proposal.clone(), reason: note.clone(), effect };
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &First::Referred(proposal.proposal.id))?)
            .with_all(spent)
            .with(Change::KeepUpdate(Box::new(waits)))
            .with(Change::NewProposal(proposal));
        Ok(Attempt::Change(Updated::Referred(Box::new(view)), unit))
    }

    /// What a supervisor would let join, if the account is as it was: not closed, of the same holder, with the same papers.
    pub(in crate::app) async fn updating(
        &self,
        reader: &mut Reader,
        id: UpdateId,
    ) -> Result<Result<UpdateEffect, WhyVoid>, Error> {
        let waits = reader.document_update(id).await?.ok_or(Error::NotFound(Missing::Proposal))?;
        let stored = reader.account(waits.account).await?.ok_or(Error::NotFound(Missing::Account))?;
        if stored.account.life.closed.is_some() {
            return Ok(Err(WhyVoid::Changed));
        }
        let update = self.open_update(&waits)?;
        let taken = self.taken_by_others(reader, &stored, &update.shown).await?;
        if taken != Taken::default() {
            return Ok(Err(WhyVoid::Changed));
        }
        let effect = self.effect_of(reader, (stored, update), Some(id)).await?;
        let same = waits.print.is_none_or(|print| print == effect.print);
        Ok(if same { Ok(effect) } else { Err(WhyVoid::Changed) })
    }

    /// What joining comes to: the numbers that are new to the account, and its first documents if they were not entered.
    async fn effect_of(
        &self,
        reader: &mut Reader,
        (stored, update): (StoredAccount, DocumentUpdate),
        waited: Option<UpdateId>,
    ) -> Result<UpdateEffect, Error> {
        let (account, mut earlier, mut bindings) = (stored.account.id, Vec::new(), Vec::new());
        let request = reader.enrolment(stored.account.enrolment).await?;
        let request = request.ok_or(Error::NotFound(Missing::Enrolment))?;
        let application = self.open_application(&request)?;
        if !stored.papers_known {
            let added_by = request.enrolment.id.uuid();
            earlier = self.documents_of_request(account, &application, added_by, request.enrolment.received_at)?;
        }
        for shown in &update.shown {
            let binding = self.document_binding(&stored, shown);
            let known = reader.holders_of(&binding.value).await?.contains(&account)
                || earlier.iter().any(|document| document.index == binding.value);
            if !known {
                bindings.push(binding);
            }
        }
        let known = self.known_as(reader, account, &application).await?;
        let declared: Vec<_> = known.iter().chain([&update.bearer]).map(|one| one.declaring(&application)).collect();
        let holder = Holder { account, enrolment: stored.account.enrolment };
        let recorded = self.recorded_cards(reader, holder, &declared, &update.shown).await?;
        let print = self.papers_print(reader, &stored, &earlier, known.len()).await?;
        let named = waited.is_some() && update.differs;
        let found_by = if named {
            let name = std::slice::from_ref(&update.bearer);
            Some(self.keys_of_names(request.enrolment.id, &application, name).await?)
        } else {
            None
        };
        Ok(UpdateEffect { stored, update, waited, bindings, earlier, recorded, found_by, print })
    }

    /// The papers and names of an account that is not closed, as one fingerprint: entering the documents of a request from a
    /// release before is no change of it.
    async fn papers_print(
        &self,
        reader: &mut Reader,
        stored: &StoredAccount,
        earlier: &[StoredDocument],
        names: usize,
    ) -> Result<AccountPrint, Error> {
        let entered = reader.documents(stored.account.id).await?;
        let papers = entered.iter().chain(earlier);
        let mut papers: Vec<_> = papers
            .map(|paper| [paper.index.as_bytes(), &day_number(paper.valid_until).to_be_bytes()].concat())
            .collect();
        papers.sort_unstable();
        papers.dedup();
        papers.push(names.to_be_bytes().to_vec());
        self.account_print("document_update.account_print", &papers.concat())
    }

    /// The changes by which documents join an account: numbers that are new to it are its own from now on, and the old ones
    /// stay so.
    pub(in crate::app) fn join(
        &self,
        effect: &UpdateEffect,
        by: StaffId,
        now: Timestamp,
    ) -> Result<Vec<Change>, Error> {
        let account = effect.account();
        let shown = effect.update.shown.iter().map(|shown| self.stored_document(account, shown, by.uuid(), now));
        let mut added = effect.earlier.iter().cloned().map(Ok).chain(shown).collect::<Result<Vec<_>, Error>>()?;
        let (joining, cards) = effect.recorded.join();
        added.extend(cards);
        let named = effect.waited.filter(|_| effect.differs());
        let named = named.map(|id| self.new_name((id, account), &effect.update.bearer, now)).transpose()?;
        let bound = effect.bindings.iter().cloned().map(Change::Bind);
        let named = named.map(|name| Change::NameHolder(Box::new(name)));
        let found_by = effect.found_by.clone().map(|keys| Change::IndexDuplicates(Box::new(keys)));
        let added = Change::AddDocuments(account, added, effect.stored.version);
        // Turns at passports ahead of what others may wait for.
        Ok(joining.into_iter().chain(bound).chain(named).chain(found_by).chain([added]).collect())
    }

    /// Which of these documents serve another request or account.
    async fn taken_by_others(
        &self,
        reader: &mut Reader,
        stored: &StoredAccount,
        shown: &[ShownDocument],
    ) -> Result<Taken, Error> {
        let mut taken = Taken::default();
        for shown in shown {
            let binding = self.document_binding(stored, shown);
            let held = reader.serves_another(&binding).await?;
            match binding.kind {
                BindingKind::Passport => taken.passport |= held,
                BindingKind::Phone | BindingKind::Card => taken.card |= held,
            }
        }
        Ok(taken)
    }

    /// What the rules find in the documents that were shown.
    async fn examined_papers(
        &self,
        officer: &Officer,
        (application, shown): (&Application, &ShownPapers),
        taken: Taken,
        now: Timestamp,
    ) -> Result<Findings, Error> {
        let renewed = shown.renewed(application);
        let record = self.record(officer, &renewed).await;
        let chip = self.chip_report(officer, shown.chip.as_ref(), now).await?;
        let known = Known { taken, real_only: self.settings().real_only, chip, record, ..Known::default() };
        let mut findings = Findings::default();
        let found = examine(&renewed, None, &known, now);
        findings.add_all(found.iter().filter(|finding| shown.concerns(finding)).cloned());
        Ok(findings)
    }

    fn document_binding(&self, stored: &StoredAccount, shown: &ShownDocument) -> Binding {
        let kind = match shown.kind() {
            DocumentKind::Passport => BindingKind::Passport,
            DocumentKind::TemporaryCard | DocumentKind::PermanentCard => BindingKind::Card,
        };
        Binding { kind, value: self.document_index(shown), owner: Owner::Request(stored.account.enrolment) }
    }
}
