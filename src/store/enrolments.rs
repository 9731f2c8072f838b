//! Requests for an account, and what may serve one of them only.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::engine::{Conn, Row, query};
use super::error::{StoreError, Table};
use super::{Reader, Store, audit};
use crate::domain::audit::Entry;
use crate::domain::enrolment::{Enrolment, Lease, RefusalReason, Stage, StageName};
use crate::domain::finding::{Field, Finding, Rule, Source};
use crate::domain::ids::{AccountId, EnrolmentId, LeaseId, StaffId, Version};
use crate::domain::record::Biometrics;
use crate::domain::review::Review;
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;

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
    /// How often it was changed.
    pub version: Version,
}

/// What may serve one owner only.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BindingKind {
    /// A phone.
    Phone,
    /// A passport.
    Passport,
    /// A residence card.
    Card,
}

impl BindingKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Passport => "passport",
            Self::Card => "card",
        }
    }
}

/// Whom a value may serve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// One request and the account issued on it.
    Request(EnrolmentId),
    /// One person, by the index of their document: for themselves and for those whom they represent.
    Person(BlindIndex),
}

impl Owner {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Request(id) => id.bytes(),
            Self::Person(document) => document.as_bytes(),
        }
    }
}

/// A value and its owner.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Of which kind.
    pub kind: BindingKind,
    /// The value's blind index.
    pub value: BlindIndex,
    /// Whom it serves.
    pub owner: Owner,
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

pub(super) async fn insert(stored: &StoredEnrolment, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let enrolment = &stored.enrolment;
    query(
        "INSERT INTO enrolment (id, office, officer, received_at, notes, content, passport_index, \
         representative_index, stage, face_on_file, fingerprints_on_file, chip, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)",
    )
    .bind(enrolment.id.uuid())
    .bind(enrolment.office.as_str())
    .bind(enrolment.officer.uuid())
    .bind(enrolment.received_at.micros())
    .bind(written_notes(&enrolment.notes))
    .bind(stored.content.as_bytes())
    .bind(stored.passport.as_bytes())
    .bind(stored.representative.as_ref().map(|index| index.as_bytes().to_vec()))
    .bind(enrolment.stage.name().name())
    .bind(enrolment.biometrics_on_file.map(|on_file| on_file.face))
    .bind(enrolment.biometrics_on_file.map(|on_file| on_file.fingerprints))
    .bind(enrolment.chip.as_ref().and_then(|chip| serde_json::to_string(chip).ok()))
    .execute_one(conn)
    .await
}

/// Moves a request on, if it is still as the caller saw it.
pub(super) async fn save(enrolment: &Enrolment, seen: Version, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let (account, reason, decided) = match &enrolment.stage {
        Stage::Referred | Stage::Forwarded { .. } => (None, None, None),
        Stage::Issued { account, at } => (Some(account.uuid()), None, Some(at.micros())),
        Stage::Refused { reason, at } => (None, Some(reason.name().to_owned()), Some(at.micros())),
    };
    query(
        "UPDATE enrolment SET stage = $1, account_id = $2, refusal_reason = $3, decided_at = $4, version = version + 1 \
         WHERE id = $5 AND version = $6",
    )
    .bind(enrolment.stage.name().name())
    .bind(account)
    .bind(reason)
    .bind(decided)
    .bind(enrolment.id.uuid())
    .bind(seen.get())
    .execute_one(conn)
    .await
}

/// Moves a referred request on as a supervisor decided, if it is still as the caller saw it.
pub(super) async fn review(
    enrolment: &Enrolment,
    reason: &Sealed,
    seen: Version,
    conn: &mut Conn<'_>,
) -> Result<(), StoreError> {
    let Some(review) = &enrolment.review else { return Err(StoreError::Changed) };
    query(
        "UPDATE enrolment SET reviewed_at = $1, reviewer = $2, review_overridden = $3, review_rules = $4, \
         review_reason = $5 WHERE id = $6 AND version = $7 AND reviewed_at IS NULL",
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
    save(enrolment, seen, conn).await
}

/// Binds a value to its owner, once more if it is theirs already.
pub(super) async fn bind(binding: &Binding, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    let touched = query(
        "INSERT INTO binding (kind, value, owner, holders) VALUES ($1, $2, $3, 1) \
         ON CONFLICT (kind, value) DO UPDATE SET holders = binding.holders + 1 WHERE binding.owner = excluded.owner",
    )
    .bind(binding.kind.name())
    .bind(binding.value.as_bytes())
    .bind(binding.owner.bytes())
    .execute(conn)
    .await?;
    (touched == 1).then_some(()).ok_or(StoreError::Taken(Table::Binding))
}

/// Takes one use of a value back; the last one gives it free.
pub(super) async fn release(binding: &Binding, conn: &mut Conn<'_>) -> Result<(), StoreError> {
    query("UPDATE binding SET holders = holders - 1 WHERE kind = $1 AND value = $2 AND owner = $3")
        .bind(binding.kind.name())
        .bind(binding.value.as_bytes())
        .bind(binding.owner.bytes())
        .execute_one(conn)
        .await?;
    query("DELETE FROM binding WHERE kind = $1 AND value = $2 AND holders < 1")
        .bind(binding.kind.name())
        .bind(binding.value.as_bytes())
        .execute(conn)
        .await
        .map(drop)
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
                    // One row that cannot be read must not hold up those beside it; it has been logged.
                    let mut claimed: Vec<_> = rows.iter().filter_map(|row| stored(row).ok()).collect();
                    claimed.sort_by_key(|row| row.enrolment.id);
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

    /// A page of an office's requests, newest first, those before `before` if it is given.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn enrolments_of(
        &mut self,
        office: &OfficeCode,
        stage: Option<StageName>,
        before: Option<EnrolmentId>,
        limit: u32,
    ) -> Result<Vec<StoredEnrolment>, StoreError> {
        let rows = query(
            "SELECT * FROM enrolment WHERE office = $1 AND id < $2 AND ($3 = '' OR stage = $3) \
             ORDER BY id DESC LIMIT $4",
        )
        .bind(office.as_str())
        .bind(before.map_or(Uuid::max(), EnrolmentId::uuid))
        .bind(stage.map_or("", StageName::name))
        .bind(i64::from(limit))
        .fetch_all(&mut self.conn())
        .await?;
        rows.iter().map(stored).collect()
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

    /// Whether a value serves someone else than its owner in `binding`.
    ///
    /// # Errors
    /// If the database cannot be asked.
    pub async fn serves_another(&mut self, binding: &Binding) -> Result<bool, StoreError> {
        let row = query("SELECT owner FROM binding WHERE kind = $1 AND value = $2")
            .bind(binding.kind.name())
            .bind(binding.value.as_bytes())
            .fetch_optional(&mut self.conn())
            .await?;
        let owner = row.map(|row| row.get::<Vec<u8>>("owner")).transpose()?;
        Ok(owner.is_some_and(|owner| owner != binding.owner.bytes()))
    }
}

pub(super) fn stored(row: &Row) -> Result<StoredEnrolment, StoreError> {
    let office = OfficeCode::parse(&row.get::<String>("office")?);
    let enrolment = Enrolment {
        id: EnrolmentId::new(row.get("id")?),
        office: office.map_err(|_| StoreError::Corrupt { column: "office" })?,
        officer: StaffId::new(row.get("officer")?),
        received_at: Timestamp::from_micros(row.get("received_at")?),
        notes: read_notes(&row.get::<String>("notes")?)?,
        biometrics_on_file: biometrics(row)?,
        review: review_of(row)?,
        // What a newer program beside this one keeps of a chip may be more than this one can show.
        chip: row.get::<Option<String>>("chip")?.and_then(|chip| serde_json::from_str(&chip).ok()),
        stage: stage(row)?,
    };
    Ok(StoredEnrolment {
        enrolment,
        content: Sealed::from_bytes(row.get("content")?),
        passport: BlindIndex::from_bytes(row.get("passport_index")?),
        representative: row.get::<Option<Vec<u8>>>("representative_index")?.map(BlindIndex::from_bytes),
        review_reason: row.get::<Option<Vec<u8>>>("review_reason")?.map(Sealed::from_bytes),
        version: Version::new(row.get("version")?),
    })
}

fn biometrics(row: &Row) -> Result<Option<Biometrics>, StoreError> {
    let on_file = row.get::<Option<bool>>("face_on_file")?.zip(row.get::<Option<bool>>("fingerprints_on_file")?);
    Ok(on_file.map(|(face, fingerprints)| Biometrics { face, fingerprints }))
}

fn review_of(row: &Row) -> Result<Option<Review>, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { column: "reviewer" };
    let Some(at) = row.get::<Option<i64>>("reviewed_at")? else { return Ok(None) };
    let rules = row.get::<Option<String>>("review_rules")?.unwrap_or_default();
    Ok(Some(Review {
        reviewer: StaffId::new(row.get::<Option<Uuid>>("reviewer")?.ok_or(CORRUPT)?),
        at: Timestamp::from_micros(at),
        overridden: row.get::<Option<bool>>("review_overridden")?.ok_or(CORRUPT)?,
        rules: rules.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    }))
}

fn stage(row: &Row) -> Result<Stage, StoreError> {
    let name = StageName::from_name(&row.get::<String>("stage")?).ok_or(StoreError::Corrupt { column: "stage" })?;
    let decided_at = || {
        let at = row.get::<Option<i64>>("decided_at")?.ok_or(StoreError::Corrupt { column: "decided_at" })?;
        Ok::<_, StoreError>(Timestamp::from_micros(at))
    };
    Ok(match name {
        StageName::Referred => Stage::Referred,
        StageName::Forwarded => {
            let (id, expires) = (row.get::<Option<Uuid>>("lease_id")?, row.get::<Option<i64>>("lease_expires_at")?);
            let lease = id
                .zip(expires)
                .map(|(id, expires)| Lease { id: LeaseId::new(id), expires_at: Timestamp::from_micros(expires) });
            Stage::Forwarded { lease }
        }
        StageName::Issued => {
            let account = row.get::<Option<Uuid>>("account_id")?.ok_or(StoreError::Corrupt { column: "account_id" })?;
            Stage::Issued { account: AccountId::new(account), at: decided_at()? }
        }
        StageName::Refused => {
            let reason = row.get::<Option<String>>("refusal_reason")?.unwrap_or_default();
            let reason = RefusalReason::from_name(&reason);
            let reason = reason.ok_or(StoreError::Corrupt { column: "refusal_reason" })?;
            Stage::Refused { reason, at: decided_at()? }
        }
    })
}

/// A note as it is kept: the rule's name, the paths of the fields and where their values came from, no values.
#[derive(Serialize, Deserialize)]
struct Note {
    rule: String,
    fields: Vec<String>,
    /// One for each field. Absent in notes of the first release, whose fields were all typed.
    #[serde(default)]
    sources: Vec<String>,
}

impl From<&Finding> for Note {
    fn from(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.id.to_owned(),
            fields: finding.fields.iter().map(|field| field.path.to_string()).collect(),
            sources: finding.fields.iter().map(|field| field.source.name().to_owned()).collect(),
        }
    }
}

impl Note {
    /// `None` for a rule that this program does not know: it comes from a newer one beside it and cannot be shown here.
    fn read(self) -> Option<Finding> {
        let rule = Rule::named(&self.rule)?;
        let sources = self.sources.iter().map(|name| Source::from_name(name).unwrap_or(Source::Typed));
        let sources = sources.chain(std::iter::repeat(Source::Typed));
        let field = |(path, source): (String, Source)| Field { path: path.into(), source, value: None };
        Some(Finding::new(rule, self.fields.into_iter().zip(sources).map(field)))
    }
}

fn written_notes(notes: &[Finding]) -> String {
    serde_json::to_string(&notes.iter().map(Note::from).collect::<Vec<_>>()).unwrap_or_default()
}

fn read_notes(json: &str) -> Result<Vec<Finding>, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { column: "notes" };
    let notes: Vec<Note> = serde_json::from_str(json).map_err(|_| CORRUPT)?;
    Ok(notes.into_iter().filter_map(Note::read).collect())
}
