//! Rows of requests: from columns to values, and the notes that they hold.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Revision, StoredEnrolment};
use crate::domain::enrolment::{Enrolment, Lease, RefusalReason, ReturnReason, Stage, StageName, WithdrawalReason};
use crate::domain::finding::{Field, Finding, Rule, Source};
use crate::domain::ids::{AccountId, EnrolmentId, LeaseId, StaffId, Version};
use crate::domain::record::Biometrics;
use crate::domain::review::Review;
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::domain::staff::OfficeCode;
use crate::domain::time::Timestamp;
use crate::store::deadlines::deadline_of;
use crate::store::engine::Row;
use crate::store::error::StoreError;

/// A request, unless its row cannot be read: that is logged, for it must not hold up those beside it, nor stand still
/// unseen.
pub(in crate::store) fn readable(row: &Row) -> Option<StoredEnrolment> {
    let read = stored(row);
    if let Err(error) = &read {
        let id = row.get::<Uuid>("id").map(|id| id.to_string()).unwrap_or_default();
        tracing::error!(enrolment = id, error = error as &dyn std::error::Error, "a request's record is damaged");
    }
    read.ok()
}

pub(in crate::store) fn stored(row: &Row) -> Result<StoredEnrolment, StoreError> {
    let office = OfficeCode::parse(&row.get::<String>("office")?);
    let enrolment = Enrolment {
        id: EnrolmentId::new(row.get("id")?),
        office: office.map_err(|_| StoreError::Corrupt { column: "office" })?,
        officer: StaffId::new(row.get("officer")?),
        received_at: Timestamp::from_micros(row.get("received_at")?),
        since: Timestamp::from_micros(row.get("since")?),
        revision: number(row)?,
        notes: read_notes(&row.get::<String>("notes")?)?,
        biometrics_on_file: biometrics(row)?,
        review: review_of(row)?,
        // What a newer program beside this one keeps of a chip may be more than this one can show.
        chip: row.get::<Option<String>>("chip")?.and_then(|chip| serde_json::from_str(&chip).ok()),
        stage: stage(row)?,
        deadline: deadline_of(row)?,
        act_by: row.get::<Option<i64>>("act_by")?.map(Timestamp::from_micros),
    };
    Ok(StoredEnrolment {
        enrolment,
        content: Sealed::from_bytes(row.get("content")?),
        passport: BlindIndex::from_bytes(row.get("passport_index")?),
        representative: row.get::<Option<Vec<u8>>>("representative_index")?.map(BlindIndex::from_bytes),
        review_reason: row.get::<Option<Vec<u8>>>("review_reason")?.map(Sealed::from_bytes),
        return_note: row.get::<Option<Vec<u8>>>("return_note")?.map(Sealed::from_bytes),
        version: Version::new(row.get("version")?),
    })
}

pub(super) fn revision(row: &Row) -> Result<Revision, StoreError> {
    Ok(Revision {
        number: number(row)?,
        officer: StaffId::new(row.get("officer")?),
        notes: read_notes(&row.get::<String>("notes")?)?,
        content: Sealed::from_bytes(row.get("content")?),
        return_note: row.get::<Option<Vec<u8>>>("return_note")?.map(Sealed::from_bytes),
        replaced_at: Timestamp::from_micros(row.get("replaced_at")?),
    })
}

fn number(row: &Row) -> Result<u32, StoreError> {
    u32::try_from(row.get::<i64>("revision")?).map_err(|_| StoreError::Corrupt { column: "revision" })
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
    let ended_at = || {
        let at = row.get::<Option<i64>>("decided_at")?.ok_or(StoreError::Corrupt { column: "decided_at" })?;
        Ok::<_, StoreError>(Timestamp::from_micros(at))
    };
    Ok(match name {
        StageName::Received => Stage::Received,
        StageName::Referred => Stage::Referred,
        StageName::Forwarded => {
            let (id, expires) = (row.get::<Option<Uuid>>("lease_id")?, row.get::<Option<i64>>("lease_expires_at")?);
            let lease = id
                .zip(expires)
                .map(|(id, expires)| Lease { id: LeaseId::new(id), expires_at: Timestamp::from_micros(expires) });
            Stage::Forwarded { lease }
        }
        StageName::Returned => Stage::Returned { reason: reason(row, "return_reason", ReturnReason::from_name)? },
        StageName::Issued => {
            let account = row.get::<Option<Uuid>>("account_id")?.ok_or(StoreError::Corrupt { column: "account_id" })?;
            Stage::Issued { account: AccountId::new(account), at: ended_at()? }
        }
        StageName::Refused => {
            Stage::Refused { reason: reason(row, "refusal_reason", RefusalReason::from_name)?, at: ended_at()? }
        }
        StageName::Withdrawn => {
            let reason = reason(row, "withdrawal_reason", WithdrawalReason::from_name)?;
            Stage::Withdrawn { reason, at: ended_at()? }
        }
    })
}

/// A reason of a published list.
fn reason<T>(row: &Row, column: &'static str, named: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
    let name = row.get::<Option<String>>(column)?.unwrap_or_default();
    named(&name).ok_or(StoreError::Corrupt { column })
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

pub(super) fn written_notes(notes: &[Finding]) -> String {
    serde_json::to_string(&notes.iter().map(Note::from).collect::<Vec<_>>()).unwrap_or_default()
}

fn read_notes(json: &str) -> Result<Vec<Finding>, StoreError> {
    const CORRUPT: StoreError = StoreError::Corrupt { column: "notes" };
    let notes: Vec<Note> = serde_json::from_str(json).map_err(|_| CORRUPT)?;
    Ok(notes.into_iter().filter_map(Note::read).collect())
}
