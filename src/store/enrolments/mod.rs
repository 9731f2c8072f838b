//! Requests for an account: their rows, and every passage from one stage to the next.

mod row;

use std::collections::BTreeMap;

use super::deadlines::bind_clock;
use super::engine::{Conn, Row, change, insert as adding, query};
use super::error::StoreError;
use super::{Reader, Store, audit, events};
use crate::domain::audit::Entry;
use crate::domain::enrolment::{Enrolment, Event, Lease, Passage, Stage};
use crate::domain::finding::Finding;
use crate::domain::ids::{EnrolmentId, LeaseId, StaffId, Version};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::time::Timestamp;
use row::written_notes;
pub(super) use row::{readable, stored};

/// A request as the store keeps it.
#[derive(Clone, Debug)]
pub struct StoredEnrolment {
    /// What may be known without opening it.
    pub enrolment: Enrolment,
    /// The sealed application.
    pub content: Sealed,
    /// Blind index of the passport.
    pub passport: BlindIndex,
    /// Blind index of the representative's document.
    pub representative: Option<BlindIndex>,
    /// The sealed reason of a supervisor's decision.
    pub review_reason: Option<Sealed>,
    /// What was said with the latest return for correction, sealed.
    pub return_note: Option<Sealed>,
    /// How often it was changed.
    pub version: Version,
}

/// What the authority asks for.
#[derive(Clone, Debug)]
pub struct Claim {
    /// At most so many.
    pub limit: u32,
    /// The lease to put on them.
    pub lease: Lease,
    /// When.
    pub now: Timestamp,
}

/// A correction: the request as it stands now, and what it holds from now on.
#[derive(Debug)]
pub struct Correction {
    /// The passage.
    pub passage: Passage,
    /// The new sealed application.
    pub content: Sealed,
    /// Blind index of the passport.
    pub passport: BlindIndex,
    /// Blind index of the representative's document.
    pub representative: Option<BlindIndex>,
}

/// What was handed in before a correction took its place.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Counted from 1.
    pub number: u32,
    /// Who handed it in.
    pub officer: StaffId,
    /// What the rules left.
    pub notes: Vec<Finding>,
    /// The sealed application.
    pub content: Sealed,
    /// What was said when it was returned, sealed.
    pub return_note: Option<Sealed>,
    /// When the correction took its place.
    pub replaced_at: Timestamp,
}

/// A page of requests in the order of their names.
#[derive(Debug)]
pub struct EnrolmentPage {
    /// Those that can be read.
    pub rows: Vec<StoredEnrolment>,
    /// Where the next page begins; absent if this one is empty.
    pub last: Option<EnrolmentId>,
}

impl EnrolmentPage {
    pub(super) fn of(rows: &[Row]) -> Result<Self, StoreError> {
        let last = rows.last().map(|row| row.get("id").map(EnrolmentId::new)).transpose()?;
        Ok(Self { rows: rows.iter().filter_map(readable).collect(), last })
    }
}

pub(super) async fn insert(stored: &StoredEnrolment, events: &[Event], conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let enrolment = &stored.enrolment;
    let row = adding(
        "INSERT INTO enrolment (id, office, officer, received_at, since, revision, notes, content, passport_index, \
         representative_index, stage, face_on_file, fingerprints_on_file, chip, due_at, deadline_basis, limit_days, spent_days, \
         clock_ran, clock_running_since, calendar_edition, deadline_provisional, act_by, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, 1)",
    )
    .bind(enrolment.id.uuid())
    .bind(enrolment.office.as_str())
    .bind(enrolment.officer.uuid())
    .bind(enrolment.received_at.micros())
    .bind(enrolment.since.micros())
    .bind(i64::from(enrolment.revision))
    .bind(written_notes(&enrolment.notes))
    .bind(stored.content.as_bytes())
    .bind(stored.passport.as_bytes())
    .bind(stored.representative.as_ref().map(|index| index.as_bytes().to_vec()))
    .bind(enrolment.stage.name().name())
    .bind(enrolment.biometrics_on_file.map(|on_file| on_file.face))
    .bind(enrolment.biometrics_on_file.map(|on_file| on_file.fingerprints))
    .bind(enrolment.chip.as_ref().and_then(|chip| serde_json::to_string(chip).ok()));
    bind_clock(row, enrolment).execute_one(conn).await?;
    append(enrolment, events, conn).await
}

/// Moves a request on, if it is still as the caller saw it. The authority's hold ends with the stage it was held in; the
/// events remember it.
pub(super) async fn save(passage: &Passage, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let enrolment = passage.enrolment();
    let (mut account, mut refusal, mut returned, mut withdrawal, mut ended) = (None, None, None, None, None);
    match &enrolment.stage {
        Stage::Received | Stage::Referred | Stage::Forwarded { .. } => {}
        Stage::Returned { reason } => returned = Some(reason.name()),
        Stage::Issued { account: id, at } => (account, ended) = (Some(id.uuid()), Some(at.micros())),
        Stage::Refused { reason, at } => (refusal, ended) = (Some(reason.name()), Some(at.micros())),
        Stage::Withdrawn { reason, at } => (withdrawal, ended) = (Some(reason.name()), Some(at.micros())),
    }
    let lease = enrolment.stage.lease();
    let row = change(
        "UPDATE enrolment SET stage = $1, since = $2, account_id = $3, refusal_reason = $4, return_reason = $5, \
         withdrawal_reason = $6, decided_at = $7, lease_id = $8, lease_expires_at = $9, due_at = $10, deadline_basis = $11, \
         limit_days = $12, spent_days = $13, clock_ran = $14, clock_running_since = $15, calendar_edition = $16, \
         deadline_provisional = $17, act_by = $18, version = version + 1 WHERE id = $19 AND version = $20",
        "enrolment",
        enrolment.id.bytes(),
    )
    .bind(enrolment.stage.name().name())
    .bind(enrolment.since.micros())
    .bind(account)
    .bind(refusal)
    .bind(returned)
    .bind(withdrawal)
    .bind(ended)
    .bind(lease.map(|lease| lease.id.uuid()))
    .bind(lease.map(|lease| lease.expires_at.micros()));
    let row = bind_clock(row, enrolment).bind(enrolment.id.uuid()).bind(seen.get());
    row.execute_one(conn).await?;
    append(enrolment, passage.events(), conn).await
}

/// Moves a referred request on as a supervisor decided, if it is still as the caller saw it.
pub(super) async fn review(
    passage: &Passage,
    reason: &Sealed,
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let enrolment = passage.enrolment();
    let Some(review) = &enrolment.review else { return Err(StoreError::Changed) };
    change(
        "UPDATE enrolment SET reviewed_at = $1, reviewer = $2, review_overridden = $3, review_rules = $4, \
         review_reason = $5 WHERE id = $6 AND version = $7 AND reviewed_at IS NULL",
        "enrolment",
        enrolment.id.bytes(),
    )
    .bind(review.at.micros())
    .bind(review.reviewer.uuid())
    .bind(review.overridden)
    .bind(review.rules.join(","))
    .bind(reason.as_bytes())
    .bind(enrolment.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await?;
    save(passage, seen, conn).await
}

/// Sends a request back to its office with what was said, if it is still as the caller saw it.
pub(super) async fn send_back(
    passage: &Passage,
    note: &Sealed,
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    query("UPDATE enrolment SET return_note = $1 WHERE id = $2 AND version = $3")
        .bind(note.as_bytes())
        .bind(passage.enrolment().id.uuid())
        .bind(seen.get())
        .execute_one(conn)
        .await?;
    save(passage, seen, conn).await
}

/// Puts a correction in the place of what was handed in before, which is kept beside it.
pub(super) async fn correct(correction: &Correction, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let enrolment = correction.passage.enrolment();
    query(
        "INSERT INTO enrolment_revision (enrolment_id, revision, officer, notes, content, return_note, replaced_at) \
         SELECT id, revision, officer, notes, content, return_note, $1 FROM enrolment WHERE id = $2 AND version = $3",
    )
    .bind(enrolment.since.micros())
    .bind(enrolment.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await?;
    query(
        "UPDATE enrolment SET officer = $1, revision = $2, notes = $3, content = $4, passport_index = $5, \
         representative_index = $6, face_on_file = $7, fingerprints_on_file = $8, chip = $9, return_note = NULL, \
         reviewed_at = NULL, reviewer = NULL, review_overridden = NULL, review_rules = NULL, review_reason = NULL \
         WHERE id = $10 AND version = $11",
    )
    .bind(enrolment.officer.uuid())
    .bind(i64::from(enrolment.revision))
    .bind(written_notes(&enrolment.notes))
    .bind(correction.content.as_bytes())
    .bind(correction.passport.as_bytes())
    .bind(correction.representative.as_ref().map(|index| index.as_bytes().to_vec()))
    .bind(enrolment.biometrics_on_file.map(|on_file| on_file.face))
    .bind(enrolment.biometrics_on_file.map(|on_file| on_file.fingerprints))
    .bind(enrolment.chip.as_ref().and_then(|chip| serde_json::to_string(chip).ok()))
    .bind(enrolment.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await?;
    save(&correction.passage, seen, conn).await
}

async fn append(enrolment: &Enrolment, events: &[Event], conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let events: Vec<_> = events.iter().map(|event| (enrolment.id, event)).collect();
    events::append(&enrolment.office, &events, conn).await
}

impl Store {
    /// Puts a lease on requests that wait, oldest first. Two callers at once never get the same one: the check is
    /// part of the change.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn claim_enrolments(&self, claim: Claim, entry: Entry) -> Result<Vec<StoredEnrolment>, StoreError> {
        self.engine
            .write(move |conn| {
                Box::pin(async move {
                    let rows = query(
                        "UPDATE enrolment SET lease_id = $1, lease_expires_at = $2, version = version + 1 \
                         WHERE stage = 'forwarded' AND COALESCE(lease_expires_at, 0) <= $3 AND id IN ( \
                         SELECT id FROM enrolment WHERE stage = 'forwarded' AND COALESCE(lease_expires_at, 0) <= $3 \
                         ORDER BY id LIMIT $4) RETURNING *",
                    )
                    .bind(claim.lease.id.uuid())
                    .bind(claim.lease.expires_at.micros())
                    .bind(claim.now.micros())
                    .bind(i64::from(claim.limit))
                    .fetch_all(conn)
                    .await?;
                    let mut claimed: Vec<_> = rows.iter().filter_map(readable).collect();
                    claimed.sort_by_key(|row| row.enrolment.id);
                    hand_over(&claimed, &entry, claim.lease.id, conn).await?;
                    if !claimed.is_empty() {
                        let ids: Vec<_> = claimed.iter().map(|row| row.enrolment.id.to_string()).collect();
                        let entry = entry.with("count", ids.len().to_string()).with("enrolments", ids.join(","));
                        audit::append(&entry, conn).await?;
                    }
                    Ok(claimed)
                })
            })
            .await
    }
}

impl Reader {
    /// A request, whichever office it is of.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn enrolment(&mut self, id: EnrolmentId) -> Result<Option<StoredEnrolment>, StoreError> {
        let row =
            query("SELECT * FROM enrolment WHERE id = $1").bind(id.uuid()).fetch_optional(&mut self.conn()).await?;
        row.as_ref().map(stored).transpose()
    }

    /// Whether any request waits for the authority at `now`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn enrolments_wait(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let row =
            query("SELECT id FROM enrolment WHERE stage = 'forwarded' AND COALESCE(lease_expires_at, 0) <= $1 LIMIT 1")
                .bind(now.micros())
                .fetch_optional(&mut self.conn())
                .await?;
        Ok(row.is_some())
    }

    /// What was handed in before the corrections of a request, oldest first.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn revisions(&mut self, enrolment: EnrolmentId) -> Result<Vec<Revision>, StoreError> {
        let rows = query("SELECT * FROM enrolment_revision WHERE enrolment_id = $1 ORDER BY revision")
            .bind(enrolment.uuid())
            .fetch_all(&mut self.conn())
            .await?;
        rows.iter().map(row::revision).collect()
    }
}

/// Writes that the authority took these requests, office by office in a fixed order, so that two claims never wait for
/// each other.
async fn hand_over(
    claimed: &[StoredEnrolment],
    entry: &Entry,
    lease: LeaseId,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let mut offices: BTreeMap<&str, Vec<&Enrolment>> = BTreeMap::new();
    for row in claimed {
        offices.entry(row.enrolment.office.as_str()).or_default().push(&row.enrolment);
    }
    for requests in offices.values() {
        let Some(first) = requests.first() else { continue };
        let event = Event::claimed(lease, entry.actor, entry.at);
        let taken: Vec<_> = requests.iter().map(|request| (request.id, &event)).collect();
        events::append(&first.office, &taken, conn).await?;
    }
    Ok(())
}
