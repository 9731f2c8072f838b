//! What an office does with a request of its own after it was taken in: correct it, give it up, look at its history.

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::enrol::{Submitted, spent_challenge};
use super::repeat::Attempt;
use super::stood::{self, Stood};
use super::workstation::elsewhere;
use super::{App, Caller, Error, Intake, Officer, Repeat};
use crate::domain::application::Application;
use crate::domain::audit::Action;
use crate::domain::capture::EndReason;
use crate::domain::check::{Known, examine};
use crate::domain::chip::ChipReport;
use crate::domain::enrolment::{Enrolment, NotReturned, Passage, Stage, WithdrawalReason};
use crate::domain::finding::{Finding, Findings, Source};
use crate::domain::ids::{EnrolmentId, StaffId};
use crate::domain::record::RegistryAnswer;
use crate::domain::review::ReturnNote;
use crate::domain::time::Timestamp;
use crate::domain::working_list::ListName;
use crate::domain::workstation::Earlier;
use crate::store::{Change, Correction, DuplicateKeys, Reader, Replaced, Revision, StoredEnrolment, StoredEvent, Unit};

/// What happened to a request, and what was handed in before its corrections.
#[derive(Debug)]
pub struct History {
    /// A page of events, oldest first.
    pub events: Vec<StoredEvent>,
    /// What was handed in, oldest first; the last one is what is held now. With the first page only.
    pub revisions: Vec<ShownRevision>,
    /// Token of the next page, if there is one.
    pub next: Option<Vec<u8>>,
}

/// What was handed in at one time.
#[derive(Debug)]
pub struct ShownRevision {
    /// Counted from 1.
    pub number: u32,
    /// Who handed it in.
    pub officer: StaffId,
    /// What the rules left.
    pub notes: Vec<Finding>,
    /// The content.
    pub application: Application,
    /// What was said when it was returned, if it was.
    pub return_note: Option<ReturnNote>,
    /// When a correction took its place; absent for what is held now.
    pub replaced_at: Option<Timestamp>,
}

/// The first answer to a correction or a withdrawal: the request's name, and how it stood then.
#[derive(Serialize, Deserialize)]
struct Recorded {
    enrolment: EnrolmentId,
    /// Of a correction: which revision it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
    /// Of a correction; a withdrawn request does not change any more.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "stood::lenient")]
    stood: Option<Stood>,
}

impl App {
    /// Takes in what an officer corrected in a request that was returned, or says why not.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::NotReturned`], [`Error::RequestIdReused`].
    pub async fn correct(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        id: EnrolmentId,
        intake: &Intake,
    ) -> Result<Submitted, Error> {
        let now = self.clock().now();
        officer.is_of(now)?;
        let record = OnceCell::new();
        let corrected = self.once(by, repeat, || self.correct_once((by, officer), repeat, id, intake, now, &record));
        let corrected = corrected.await??;
        if let Submitted::NotAccepted(findings) = &corrected {
            let mut reader = self.store().reader().await?;
            let (earlier, owner) = self.earlier(&mut reader, officer, repeat, intake).await?;
            // A colleague who sent the same correction was faster, after this call had looked.
            if let Earlier::TakenIn(_) = earlier {
                let now = self.held_enrolment(&mut reader, officer, id).await?;
                return self.corrected_before(&mut reader, now.enrolment).await;
            }
            drop(reader);
            let entry = self.not_accepted((by, officer), intake, findings, now).with("correction_of", id.to_string());
            let number = Self::noted_refused((owner, earlier), repeat, intake, now);
            self.commit(Unit::new(entry).with_all(number)).await.map_err(elsewhere)?;
        }
        Ok(corrected)
    }

    /// Gives a request of the office up. What it held is free again.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::CannotWithdraw`], [`Error::RequestIdReused`].
    pub async fn withdraw(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        id: EnrolmentId,
        reason: WithdrawalReason,
    ) -> Result<Enrolment, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.withdraw_once((by, officer), repeat, id, reason, now)).await?
    }

    /// What happened to a request of the office: a page of at most `size` events after `token`, the first one with all that
    /// was handed in. The look is recorded.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is unknown or another office's; [`Error::Field`] for a token of another request.
    pub async fn history(
        &self,
        (by, officer): (&Caller, &Officer),
        id: EnrolmentId,
        token: Option<&[u8]>,
        size: u32,
    ) -> Result<History, Error> {
        let list = ListName::of_events(id);
        let after = token.map(|token| list.key(token).map(u64::from_be_bytes)).transpose();
        let after = after.map_err(|fault| Error::Field { field: "page_token", fault })?;
        let mut reader = self.store().reader().await?;
        let stored = self.held_enrolment(&mut reader, officer, id).await?;
        let mut events = reader.events_of(id, after.unwrap_or_default(), size.saturating_add(1)).await?;
        let earlier = if after.is_none() { reader.revisions(id).await? } else { Vec::new() };
        drop(reader);
        let more = events.len() > size as usize;
        events.truncate(size as usize);
        let entry = self.entry(self.clock().now(), by.actor(), Action::HistoryViewed, id.uuid());
        self.commit(Unit::new(entry)).await?;
        let revisions = if after.is_none() { self.shown_revisions(stored, earlier)? } else { Vec::new() };
        let end = events.last().filter(|_| more).map(|last| last.position);
        Ok(History { events, revisions, next: end.map(|end| list.token(end.to_be_bytes())) })
    }

    /// All that was handed in of a request, oldest first.
    fn shown_revisions(&self, stored: StoredEnrolment, earlier: Vec<Revision>) -> Result<Vec<ShownRevision>, Error> {
        let id = stored.enrolment.id;
        let mut revisions = Vec::with_capacity(earlier.len() + 1);
        for revision in earlier {
            revisions.push(ShownRevision {
                application: self.open_content(id, &revision.content)?,
                return_note: self.open_return_note(id, revision.return_note.as_ref())?,
                number: revision.number,
                officer: revision.officer,
                notes: revision.notes,
                replaced_at: Some(revision.replaced_at),
            });
        }
        revisions.push(ShownRevision {
            application: self.open_application(&stored)?,
            return_note: self.open_return_note(id, stored.return_note.as_ref())?,
            number: stored.enrolment.revision,
            officer: stored.enrolment.officer,
            notes: stored.enrolment.notes,
            replaced_at: None,
        });
        Ok(revisions)
    }

    async fn correct_once(
        &self,
        (by, officer): (&Caller, &Officer),
        repeat: &Repeat,
        id: EnrolmentId,
        intake: &Intake,
        now: Timestamp,
        record: &OnceCell<RegistryAnswer>,
    ) -> Result<Attempt<Result<Submitted, Error>>, Error> {
        let mut reader = self.store().reader().await?;
        let before: Option<Recorded> = self.first_answer(&mut reader, by, repeat).await?;
        let stored =
            self.held_enrolment(&mut reader, officer, before.as_ref().map_or(id, |first| first.enrolment)).await?;
        if let Some(first) = before {
            let revision = first.revision.unwrap_or(stored.enrolment.revision);
            let receipt = self.kept_receipt(&mut reader, first.enrolment, revision).await?;
            let enrolment = self.as_answered(&mut reader, stored.enrolment, first.stood).await?;
            return Ok(Attempt::Answered(Ok(Submitted::Accepted(Box::new(enrolment), receipt))));
        }
        let (earlier, owner) = self.earlier(&mut reader, officer, repeat, intake).await?;
        if let Earlier::TakenIn(_) = earlier {
            return Ok(Attempt::Answered(Ok(self.corrected_before(&mut reader, stored.enrolment).await?)));
        }
        if !matches!(stored.enrolment.stage, Stage::Returned { .. }) {
            return Ok(Attempt::Unchanged(Err(NotReturned.into())));
        }
        let captures_held = reader.captures(id).await?.is_some_and(|kept| kept.ended.is_none());
        drop(reader);
        let record = record.get_or_init(|| self.record(officer, &intake.application)).await;
        let found_by = DuplicateKeys { replaces: Replaced::All, ..self.duplicate_keys(id, &intake.application).await? };
        let mut known = self.known(officer, id, intake, record.clone(), now).await?;
        known.capture = intake.provenance.clone().map(|capture| (capture, earlier == Earlier::Another));
        let chip_is_held = self.keeps_its_chip(&stored, intake)?;
        let findings = examined_again(&stored, intake, &known, (captures_held, chip_is_held), now);
        let cleared = match findings.cleared() {
            Ok(cleared) => cleared,
            Err(findings) => return Ok(Attempt::Unchanged(Ok(Submitted::NotAccepted(findings)))),
        };
        let chip_held = stored.enrolment.chip.clone().filter(|_| chip_is_held);
        let mut passage = match stored.enrolment.clone().correct(officer.id, cleared, now) {
            Ok(passage) => passage,
            Err(not_returned) => return Ok(Attempt::Unchanged(Err(not_returned.into()))),
        };
        let enrolment = passage.enrolment_mut();
        enrolment.chip = known.chip.as_ref().map(ChipReport::summary).or(chip_held);
        enrolment.biometrics_on_file = known.on_file(&intake.application);
        self.keep_time(&mut self.store().reader().await?, &mut passage).await?;
        let captures = self.replace_captures(id, &intake.captures).await?;
        let unit = self
            .corrected(by, repeat, &stored, intake, &passage)?
            .with(Change::IndexDuplicates(Box::new(found_by)))
            .with_all(captures);
        let unit = unit.with_all(Self::noted(owner, repeat, intake, Some(id), now));
        let enrolment = passage.into_enrolment();
        let (receipt, keep) = self.receipt(&enrolment, intake.submitted, now);
        Ok(Attempt::Change(Ok(Submitted::Accepted(Box::new(enrolment), Some(receipt))), unit.with(keep)))
    }

    /// The answer for a correction that a colleague handed in: the same capture, under another call.
    async fn corrected_before(&self, reader: &mut Reader, now: Enrolment) -> Result<Submitted, Error> {
        let receipt = self.kept_receipt(reader, now.id, now.revision).await?;
        Ok(Submitted::Accepted(Box::new(now), receipt))
    }

    /// Whether what the chip proved still stands: it is not handed in again, and nothing that it was compared with has been
    /// typed differently since. Otherwise it must be read anew, or it vouches for nothing.
    fn keeps_its_chip(&self, stored: &StoredEnrolment, intake: &Intake) -> Result<bool, Error> {
        if intake.chip.is_some() || stored.enrolment.chip.is_none() {
            return Ok(false);
        }
        let (before, now) = (self.open_application(stored)?, &intake.application);
        let person = |one: &Application| (one.name.clone(), one.born_on, one.sex, one.nationality.clone());
        Ok(before.passport == now.passport && person(&before) == person(now))
    }

    fn corrected(
        &self,
        by: &Caller,
        repeat: &Repeat,
        stored: &StoredEnrolment,
        intake: &Intake,
        passage: &Passage,
    ) -> Result<Unit, Error> {
        let (id, application) = (stored.enrolment.id, &intake.application);
        let before = self.open_application(stored)?;
        let correction = Correction {
            passage: passage.clone(),
            content: self.seal_application(id, application)?,
            passport: self.identity_index(application),
            representative: self.representative_index(application),
        };
        let (revision, stood) = (passage.enrolment().revision, Stood::of(passage.enrolment()));
        let recorded = Recorded { enrolment: id, revision: Some(revision), stood: Some(stood) };
        let entry = self
            .entry(passage.enrolment().since, by.actor(), Action::EnrolmentCorrected, id.uuid())
            .with("revision", passage.enrolment().revision.to_string())
            .with("notes", passage.enrolment().notes.iter().map(|n| n.rule.id).collect::<Vec<_>>().join(","));
        Ok(Unit::new(entry)
            .with(repeat.remember(by, &recorded)?)
            .with(Change::Correct(Box::new(correction), stored.version))
            .with_all(spent_challenge(intake, passage.enrolment()))
            .with_all(self.bindings(id, &before).into_iter().map(Change::Release))
            .with_all(self.bindings(id, application).into_iter().map(Change::Bind)))
    }

    async fn withdraw_once(
        &self,
        (by, officer): (&Caller, &Officer),
        repeat: &Repeat,
        id: EnrolmentId,
        reason: WithdrawalReason,
        now: Timestamp,
    ) -> Result<Attempt<Result<Enrolment, Error>>, Error> {
        let mut reader = self.store().reader().await?;
        let before: Option<Recorded> = self.first_answer(&mut reader, by, repeat).await?;
        let stored =
            self.held_enrolment(&mut reader, officer, before.as_ref().map_or(id, |first| first.enrolment)).await?;
        if before.is_some() {
            return Ok(Attempt::Answered(Ok(stored.enrolment)));
        }
        let passage = match stored.enrolment.clone().withdraw(officer.id, reason, now) {
            Ok(passage) => passage,
            Err(refusal) => return Ok(Attempt::Unchanged(Err(refusal.into()))),
        };
        let ended = self.end_captures(&mut reader, id, EndReason::Withdrawn).await?;
        drop(reader);
        let application = self.open_application(&stored)?;
        let enrolment = passage.enrolment().clone();
        let entry = self
            .entry(now, by.actor(), Action::EnrolmentWithdrawn, id.uuid())
            .with("reason", reason.name())
            .with("from", stored.enrolment.stage.name().name());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Recorded { enrolment: id, revision: None, stood: None })?)
            .with(Change::SaveEnrolment(Box::new(passage), stored.version))
            .with_all(ended)
            .with_all(self.set_free(id, &application));
        Ok(Attempt::Change(Ok(enrolment), unit))
    }
}

/// What the rules say about a correction. Captures and chip that are not handed in again may be held still, and then so is
/// what was found of them, whatever the rule.
fn examined_again(
    stored: &StoredEnrolment,
    intake: &Intake,
    known: &Known,
    (captures_held, chip_held): (bool, bool),
    now: Timestamp,
) -> Findings {
    let captures_held = captures_held && intake.captures.is_empty();
    let captures = (!captures_held).then_some(&intake.captures);
    let mut findings = examine(&intake.application, captures, known, now);
    let held = stored.enrolment.notes.iter().filter(|note| {
        let of = |source| note.fields.iter().any(|field| field.source == source);
        let about = |subject| note.rule.id.split('.').next() == Some(subject);
        (captures_held && about("capture")) || (chip_held && (about("chip") || of(Source::Chip)))
    });
    findings.add_all(held.cloned());
    findings.sort();
    findings
}
