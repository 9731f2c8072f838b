//! `ReviewService`: the second pair of eyes at the office.

use std::collections::{BTreeSet, HashSet};

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::candidates;
use super::enrolment::{held_by, ids, officer, return_reason};
use super::parse::Faults;
use super::render;
use crate::app::{App, Caller, Officer, Repeat, ReviewVerdict};
use crate::domain::enrolment::RefusalReason;
use crate::domain::ids::EnrolmentId;
use crate::domain::review::ReviewReason;
use crate::domain::text::Malformed;
use crate::proto as pb;

/// Rules that one request may name: more than there are.
const RULES_MAX: usize = 64;
const WRONG_RULES: Malformed = Malformed::new(
    "Name the rules that referred the request, at least one and at most 64.",
    "Hãy nêu các quy tắc đã chuyển hồ sơ, ít nhất một và nhiều nhất 64.",
);

/// Likely duplicates that one request may name: more than are shown.
const NAMES_MAX: usize = 64;
const WRONG_NAMES: Malformed = Malformed::new(
    "Name at most 64 requests, each by its UUID.",
    "Hãy nêu nhiều nhất 64 hồ sơ, mỗi hồ sơ bằng UUID của nó.",
);

pub(super) struct Reviews(pub(super) App);

#[tonic::async_trait]
impl pb::review_service_server::ReviewService for Reviews {
    async fn compare_candidates(
        &self,
        request: Request<pb::CompareCandidatesRequest>,
    ) -> Result<Response<pb::CompareCandidatesResponse>, Status> {
        let (by, supervisor) = officer(&request)?;
        let mut faults = Faults::default();
        let id = faults.text("enrolment_id", &request.get_ref().enrolment_id, EnrolmentId::parse);
        let compared = self.0.compare_candidates(&by, &supervisor, faults.finish(id)?).await?;
        Ok(Response::new(candidates::compared(&compared)))
    }

    async fn r#override(
        &self,
        request: Request<pb::OverrideRequest>,
    ) -> Result<Response<pb::OverrideResponse>, Status> {
        let (by, supervisor) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.enrolment_id);
        let rules = faults.take("rules", rules(&message.rules));
        let reason = faults.text("reason", &message.reason, ReviewReason::parse);
        let not_the_same = faults.take("not_the_same", names(&message.not_the_same));
        let found = ids.zip(rules.zip(reason)).zip(not_the_same);
        let (((id, enrolment), (rules, reason)), not_the_same) = faults.finish(found)?;
        let repeat = self.0.repeat(id, "ReviewService/Override", &message.encode_to_vec());
        let verdict = (&ReviewVerdict::Override { rules, not_the_same }, &reason);
        let enrolment = self.review((&by, &supervisor), &repeat, enrolment, verdict).await?;
        Ok(Response::new(pb::OverrideResponse { enrolment: Some(enrolment) }))
    }

    async fn decline(&self, request: Request<pb::DeclineRequest>) -> Result<Response<pb::DeclineResponse>, Status> {
        let (by, supervisor) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.enrolment_id);
        let reason = faults.text("reason", &message.reason, ReviewReason::parse);
        let ((id, enrolment), reason) = faults.finish(ids.zip(reason))?;
        let repeat = self.0.repeat(id, "ReviewService/Decline", &message.encode_to_vec());
        let why = if message.same_person { RefusalReason::Duplicate } else { RefusalReason::DeclinedAtOffice };
        let verdict = (&ReviewVerdict::Decline(why), &reason);
        let enrolment = self.review((&by, &supervisor), &repeat, enrolment, verdict).await?;
        Ok(Response::new(pb::DeclineResponse { enrolment: Some(enrolment) }))
    }

    async fn r#return(&self, request: Request<pb::ReturnRequest>) -> Result<Response<pb::ReturnResponse>, Status> {
        let (by, supervisor) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.enrolment_id);
        let to_correct = faults.take("reason", return_reason(message.reason()));
        let note = faults.text("note", &message.note, ReviewReason::parse);
        let ((id, enrolment), (to_correct, note)) = faults.finish(ids.zip(to_correct.zip(note)))?;
        let repeat = self.0.repeat(id, "ReviewService/Return", &message.encode_to_vec());
        let verdict = (&ReviewVerdict::Return(to_correct), &note);
        let enrolment = self.review((&by, &supervisor), &repeat, enrolment, verdict).await?;
        Ok(Response::new(pb::ReturnResponse { enrolment: Some(enrolment) }))
    }
}

impl Reviews {
    async fn review(
        &self,
        (by, supervisor): (&Caller, &Officer),
        repeat: &Repeat,
        id: EnrolmentId,
        verdict: (&ReviewVerdict, &ReviewReason),
    ) -> Result<pb::Enrolment, Status> {
        let reviewed = self.0.review(by, supervisor, repeat, id, verdict).await?;
        Ok(held_by(supervisor, render::enrolment_with(&reviewed.enrolment, reviewed.reason.as_ref())))
    }
}

fn rules(names: &[String]) -> Result<BTreeSet<String>, Malformed> {
    let right = (1..=RULES_MAX).contains(&names.len());
    right.then(|| names.iter().cloned().collect()).ok_or(WRONG_RULES)
}

fn names(names: &[String]) -> Result<HashSet<EnrolmentId>, Malformed> {
    let read = |name: &String| EnrolmentId::parse(name).map_err(|_| WRONG_NAMES);
    if names.len() > NAMES_MAX { Err(WRONG_NAMES) } else { names.iter().map(read).collect() }
}
