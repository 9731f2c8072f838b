//! How a request stood when a call about it was first answered, so that a repeat of the call is answered alike.
//!
//! Owns what of a request may change after the answer. What each revision left as notes is kept beside the request already.

use serde::{Deserialize, Deserializer, Serialize};

use super::{App, Error};
use crate::domain::chip::ChipSummary;
use crate::domain::deadline::Deadline;
use crate::domain::enrolment::{Enrolment, RefusalReason, ReturnReason, Stage, StageName};
use crate::domain::ids::StaffId;
use crate::domain::record::Biometrics;
use crate::domain::review::Review;
use crate::domain::time::Timestamp;
use crate::store::Reader;

/// A request as it was answered. It holds no personal data.
#[derive(Serialize, Deserialize)]
pub(super) struct Stood {
    stage: String,
    /// Of a stage that has one: its reason's name.
    reason: Option<String>,
    since: Timestamp,
    officer: StaffId,
    revision: u32,
    biometrics_on_file: Option<Biometrics>,
    review: Option<Review>,
    chip: Option<ChipSummary>,
    deadline: Option<Deadline>,
    act_by: Option<Timestamp>,
}

/// Reads how a request stood; `None` if it was written by another release that says more of it than this one understands.
/// For `#[serde(deserialize_with)]`.
pub(super) fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Stood>, D::Error> {
    let read = Option::<serde_json::Value>::deserialize(from)?;
    Ok(read.and_then(|value| serde_json::from_value(value).ok()))
}

impl Stood {
    pub(super) fn of(enrolment: &Enrolment) -> Self {
        let reason = match &enrolment.stage {
            Stage::Returned { reason } => Some(reason.name()),
            Stage::Refused { reason, .. } => Some(reason.name()),
            _ => None,
        };
        Self {
            stage: enrolment.stage.name().name().to_owned(),
            reason: reason.map(str::to_owned),
            since: enrolment.since,
            officer: enrolment.officer,
            revision: enrolment.revision,
            biometrics_on_file: enrolment.biometrics_on_file,
            review: enrolment.review.clone(),
            chip: enrolment.chip.clone(),
            deadline: enrolment.deadline.clone(),
            act_by: enrolment.act_by,
        }
    }

    /// The stage. `None` for one to which no call that is answered so can lead.
    fn stage(&self) -> Option<Stage> {
        let reason = self.reason.as_deref().unwrap_or_default();
        match StageName::from_name(&self.stage)? {
            StageName::Referred => Some(Stage::Referred),
            StageName::Forwarded => Some(Stage::Forwarded { lease: None }),
            StageName::Returned => Some(Stage::Returned { reason: ReturnReason::from_name(reason)? }),
            StageName::Refused => Some(Stage::Refused { reason: RefusalReason::from_name(reason)?, at: self.since }),
            StageName::Received | StageName::Issued | StageName::Withdrawn => None,
        }
    }
}

impl App {
    /// The request as it was first answered, if that was kept; else, for answers of an earlier release, as it stands now.
    pub(super) async fn as_answered(
        &self,
        reader: &mut Reader,
        now: Enrolment,
        stood: Option<Stood>,
    ) -> Result<Enrolment, Error> {
        let Some((stood, stage)) = stood.and_then(|stood| stood.stage().map(|stage| (stood, stage))) else {
            return Ok(now);
        };
        let then = if now.revision == stood.revision {
            None
        } else {
            reader.revisions(now.id).await?.into_iter().find(|then| then.number == stood.revision)
        };
        Ok(Enrolment {
            notes: then.map_or(now.notes, |then| then.notes),
            stage,
            since: stood.since,
            officer: stood.officer,
            revision: stood.revision,
            biometrics_on_file: stood.biometrics_on_file,
            review: stood.review,
            chip: stood.chip,
            deadline: stood.deadline,
            act_by: stood.act_by,
            ..now
        })
    }
}
