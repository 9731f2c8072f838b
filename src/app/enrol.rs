//! Requests at the counter: rehearse, hand in, look at.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::duplicates::values;
use super::repeat::Attempt;
use super::workstation::elsewhere;
use super::{App, Caller, Error, HandedReceipt, Intake, Missing, Officer, Repeat};
use crate::domain::application::Application;
use crate::domain::audit::{Action, Entry};
use crate::domain::check::{Taken, examine};
use crate::domain::chip::{ChipReport, ChipSummary};
use crate::domain::enrolment::{Enrolment, Passage};
use crate::domain::finding::{Findings, Severity};
use crate::domain::ids::{ChallengeId, EnrolmentId, Version};
use crate::domain::record::RegistryAnswer;
use crate::domain::review::{ReturnNote, ReviewReason};
use crate::domain::sealed::BlindIndex;
use crate::domain::time::Timestamp;
use crate::domain::workstation::{Earlier, Provenance};
use crate::store::{
    Asked, Binding, BindingKind, Change, ChipChallenge, DuplicateKeys, Owner, Reader, Replaced, StoredEnrolment, Unit,
};

/// Revision of a request as it was first handed in.
const FIRST: u32 = 1;
/// Bytes of a challenge, RND.IFD. Doc 9303-11 section 6.1.
const CHALLENGE_BYTES: usize = 8;
/// How long a challenge can be used: a reader may have to read the chip more than once.
const CHALLENGE_LIFETIME: Duration = Duration::from_mins(10);

/// What became of a request that was handed in.
#[derive(Debug)]
pub enum Submitted {
    /// Taken in, with its receipt; none if it was taken in before there were any.
    Accepted(Box<Enrolment>, Option<HandedReceipt>),
    /// Not taken in; nothing was stored.
    NotAccepted(Findings),
}

/// What the rules say.
#[derive(Debug)]
pub struct Checked {
    /// All findings.
    pub findings: Findings,
    /// What is known of the chip, if it was read.
    pub chip: Option<ChipSummary>,
}

/// A request with its content.
#[derive(Debug)]
pub struct ShownEnrolment {
    /// What may be known without opening it.
    pub enrolment: Enrolment,
    /// Its content.
    pub application: Application,
    /// Why a supervisor decided so, if one did.
    pub review_reason: Option<ReviewReason>,
    /// What was said when it was returned for correction, until it has been corrected.
    pub return_note: Option<ReturnNote>,
    /// Where and when it was captured, if it said so.
    pub capture: Option<Provenance>,
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
    pub async fn check(&self, officer: &Officer, intake: &Intake) -> Result<Checked, Error> {
        let now = self.clock().now();
        let id = EnrolmentId::new(self.dice().id(now));
        let record = self.record(officer, &intake.application).await;
        let known = self.known(officer, id, intake, record, now).await?;
        let findings = examine(&intake.application, Some(&intake.captures), &known, now);
        Ok(Checked { findings, chip: known.chip.as_ref().map(ChipReport::summary) })
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
        intake: &Intake,
    ) -> Result<Submitted, Error> {
        let now = self.clock().now();
        officer.is_of(now)?;
        let record = OnceCell::new();
        let submitted = self.once(by, repeat, || self.submit_once(by, officer, repeat, intake, now, &record)).await?;
        let look = record.into_inner().and_then(|(_, look)| look);
        if let Submitted::NotAccepted(findings) = &submitted {
            let mut reader = self.store().reader().await?;
            let (earlier, owner) = self.earlier(&mut reader, officer, repeat, intake).await?;
            // A colleague who sent the same spool was faster, after this call had looked.
            if let Earlier::TakenIn(first) = earlier {
                return self.taken_in(&mut reader, first).await;
            }
            drop(reader);
            let entry = self.not_accepted((by, officer), intake, findings, now);
            let number = Self::noted_refused((owner, earlier), repeat, intake, now);
            self.commit(Unit::new(entry).noting(look).with_all(number)).await.map_err(elsewhere)?;
        }
        Ok(submitted)
    }

    /// Nothing of what is refused is kept; that it was handed in, and why it was refused, is: a passport whose chip was found
    /// forged must not come back without its chip unseen.
    pub(super) fn not_accepted(
        &self,
        (by, officer): (&Caller, &Officer),
        intake: &Intake,
        findings: &Findings,
        now: Timestamp,
    ) -> Entry {
        let refusing = findings.iter().filter(|finding| finding.rule.severity == Severity::Refuse);
        let rules: BTreeSet<_> = refusing.map(|finding| finding.rule.id).collect();
        self.entry(now, by.actor(), Action::EnrolmentNotAccepted, officer.id.uuid())
            .with("office", officer.office.as_str())
            .with("person", hex::encode(self.identity_index(&intake.application).as_bytes()))
            .with("rules", rules.into_iter().collect::<Vec<_>>().join(","))
    }

    /// A request of the officer's office, or of one whose rights it has by now, with its content.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is unknown or another office's.
    pub async fn enrolment(&self, by: &Caller, officer: &Officer, id: EnrolmentId) -> Result<ShownEnrolment, Error> {
        let mut reader = self.store().reader().await?;
        let stored = self.held_enrolment(&mut reader, officer, id).await?;
        let noted = reader.capture_of(id).await?;
        drop(reader);
        let entry = self.entry(self.clock().now(), by.actor(), Action::EnrolmentViewed, id.uuid());
        self.commit(Unit::new(entry)).await?;
        let (application, review_reason) = self.opened(&stored)?;
        let return_note = self.open_return_note(id, stored.return_note.as_ref())?;
        let capture = noted.map(|noted| Provenance {
            workstation: noted.seen.id,
            number: noted.number,
            captured_at: noted.captured_at,
            sent_at: None,
        });
        Ok(ShownEnrolment { enrolment: stored.enrolment, application, review_reason, return_note, capture })
    }

    /// A request, if the officer may see and touch it.
    pub(super) async fn held_enrolment(
        &self,
        reader: &mut Reader,
        officer: &Officer,
        id: EnrolmentId,
    ) -> Result<StoredEnrolment, Error> {
        let (found, map) = (reader.enrolment(id).await?, self.offices(reader).await?);
        let held = found.filter(|stored| Self::holds(&map, officer, &stored.enrolment));
        held.ok_or(Error::NotFound(Missing::Enrolment))
    }

    /// Draws a challenge for active authentication, for one submission of this officer.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn challenge(&self, by: &Caller, officer: &Officer) -> Result<ChipChallenge, Error> {
        let now = self.clock().now();
        let id = ChallengeId::new(self.dice().id(now));
        let challenge = self.dice().bytes::<CHALLENGE_BYTES>().to_vec();
        let drawn = ChipChallenge { id, officer: officer.id, challenge, expires_at: now.plus(CHALLENGE_LIFETIME) };
        let entry = self.entry(now, by.actor(), Action::ChipChallenged, id.uuid());
        self.commit(Unit::new(entry).with(Change::NewChallenge(drawn.clone()))).await?;
        Ok(drawn)
    }

    /// The answer for a request that was taken in before: the first one.
    async fn taken_in(&self, reader: &mut Reader, id: EnrolmentId) -> Result<Submitted, Error> {
        let stored = reader.enrolment(id).await?.ok_or(Error::NotFound(Missing::Enrolment))?;
        let mut enrolment = stored.enrolment;
        // What a receipt shows of the findings is what was found then, not what a correction left.
        if let Some(first) = reader.revisions(id).await?.into_iter().find(|revision| revision.number == FIRST) {
            enrolment.notes = first.notes;
        }
        let receipt = self.kept_receipt(reader, id, FIRST).await?;
        Ok(Submitted::Accepted(Box::new(enrolment), receipt))
    }

    async fn submit_once(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        intake: &Intake,
        now: Timestamp,
        record: &OnceCell<(RegistryAnswer, Option<Entry>)>,
    ) -> Result<Attempt<Submitted>, Error> {
        let (id, application) = (EnrolmentId::new(self.dice().id(now)), &intake.application);
        let keys = self.keys_of(application);
        let mut reader = self.store().reader().await?;
        let (bindings, card) = (self.bindings(id, application), self.card_index(application));
        let asked = Asked {
            caller: by.id(),
            request: repeat.id(),
            bindings: &bindings,
            keys: &values(&keys),
            card: card.as_ref(),
        };
        let found = reader.intake(&asked).await?;
        if let Some(first) = &found.first {
            let Receipt { enrolment } = repeat.answered(first)?;
            return Ok(Attempt::Answered(self.taken_in(&mut reader, enrolment).await?));
        }
        let (earlier, owner) = self.earlier(&mut reader, officer, repeat, intake).await?;
        if let Earlier::TakenIn(first) = earlier {
            return Ok(Attempt::Answered(self.taken_in(&mut reader, first).await?));
        }
        let likely = self.likely_among(&mut reader, found.holders, id, application).await?;
        let calendar = self.calendar_as_of(&mut reader, found.calendar).await?;
        drop(reader);
        // Asked once, whatever the number of attempts, and not while a connection is held.
        let (record, look) = record.get_or_init(|| self.look_at_record(officer, application, found.record)).await;
        let found_by = DuplicateKeys { enrolment: id, keys, seen: found.changes, replaces: Replaced::Nothing };
        let besides = (taken(&found.taken), likely, record.clone());
        let mut known = self.known_besides(officer, intake, besides, now).await?;
        known.capture = intake.provenance.clone().map(|capture| (capture, earlier == Earlier::Another));
        Ok(match examine(&intake.application, Some(&intake.captures), &known, now).cleared() {
            Ok(cleared) => {
                let mut passage = Enrolment::receive(id, officer.office.clone(), officer.id, cleared, now);
                let enrolment = passage.enrolment_mut();
                enrolment.chip = known.chip.as_ref().map(ChipReport::summary);
                enrolment.biometrics_on_file = known.on_file(&intake.application);
                self.keep_time_on(&calendar, &mut passage)?;
                let kept = self.keep_captures(id, &intake.captures).await?;
                let unit = self
                    .received(by, repeat, intake, &passage)?
                    .noting(look.clone())
                    .with(Change::IndexDuplicates(Box::new(found_by)))
                    .with_all(kept);
                let unit = unit.with_all(Self::noted(owner, repeat, intake, Some(id), now));
                let enrolment = passage.into_enrolment();
                let (receipt, keep) = self.receipt(&enrolment, intake.submitted, now);
                Attempt::Change(Submitted::Accepted(Box::new(enrolment), Some(receipt)), unit.with(keep))
            }
            Err(findings) => Attempt::Unchanged(Submitted::NotAccepted(findings)),
        })
    }

    fn received(&self, by: &Caller, repeat: &Repeat, intake: &Intake, passage: &Passage) -> Result<Unit, Error> {
        let (application, enrolment) = (&intake.application, passage.enrolment());
        let (id, now) = (enrolment.id, enrolment.received_at);
        let stored = StoredEnrolment {
            enrolment: enrolment.clone(),
            content: self.seal_application(id, application)?,
            passport: self.identity_index(application),
            representative: self.representative_index(application),
            review_reason: None,
            return_note: None,
            version: Version::NONE,
        };
        let entry = self
            .entry(now, by.actor(), Action::EnrolmentReceived, id.uuid())
            .with("office", enrolment.office.as_str())
            .with("notes", enrolment.notes.iter().map(|n| n.rule.id).collect::<Vec<_>>().join(","));
        Ok(Unit::new(entry)
            .with(repeat.remember(by, &Receipt { enrolment: id })?)
            .with(Change::NewEnrolment(Box::new(stored), passage.events().to_vec()))
            .with_all(spent_challenge(intake, enrolment))
            .with_all(self.bindings(id, application).into_iter().map(Change::Bind)))
    }

    /// What an application uses, and for whom: the phone is the applicant's, or their representative's, who may hold it
    /// for several.
    pub(super) fn bindings(&self, id: EnrolmentId, application: &Application) -> Vec<Binding> {
        let phone = (BindingKind::Phone, self.vault().phone(&application.phone), self.responsible(application));
        let passport = self.passport_index(application).map(|value| (BindingKind::Passport, value, Owner::Request(id)));
        let card = self.card_index(application).map(|value| (BindingKind::Card, value, Owner::Request(id)));
        let all = [Some(phone), passport, card].into_iter().flatten();
        all.map(|(kind, value, owner)| Binding { kind, value, owner }).collect()
    }

    pub(super) async fn taken(
        &self,
        reader: &mut Reader,
        id: EnrolmentId,
        application: &Application,
    ) -> Result<Taken, Error> {
        let held = reader.serving_others(&self.bindings(id, application)).await?;
        Ok(taken(&held))
    }

    /// Who answers for the applicant's phone.
    fn responsible(&self, application: &Application) -> Owner {
        Owner::Person(self.representative_index(application).unwrap_or_else(|| self.identity_index(application)))
    }

    /// Index of what tells the applicant from everyone else: the passport; without one, the residence card; without that
    /// too, which the rules refuse, the phone.
    pub(super) fn identity_index(&self, application: &Application) -> BlindIndex {
        let document = self.passport_index(application).or_else(|| self.card_index(application));
        document.unwrap_or_else(|| self.vault().phone(&application.phone))
    }

    fn passport_index(&self, application: &Application) -> Option<BlindIndex> {
        let passport = application.passport.as_ref()?;
        Some(self.vault().document(&passport.issuing_state, &passport.number))
    }

    fn card_index(&self, application: &Application) -> Option<BlindIndex> {
        let card = application.card.as_ref()?;
        Some(self.vault().card(card.kind.name(), &card.number))
    }

    pub(super) fn representative_index(&self, application: &Application) -> Option<BlindIndex> {
        let representative = application.representative.as_ref()?;
        Some(self.vault().document(&representative.issuing_state, &representative.document))
    }
}

/// What is held by others, of what an application uses.
fn taken(held: &[BindingKind]) -> Taken {
    Taken {
        phone: held.contains(&BindingKind::Phone),
        passport: held.contains(&BindingKind::Passport),
        card: held.contains(&BindingKind::Card),
    }
}

/// The challenge that this intake spends.
pub(super) fn spent_challenge(intake: &Intake, enrolment: &Enrolment) -> Option<Change> {
    let notes = enrolment.notes.iter().map(|note| note.rule);
    intake.chip.as_ref()?.spent_challenge(notes, enrolment.officer)
}
