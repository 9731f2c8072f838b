//! `AuthorityService`: the hand-over to the identity authority.

use std::time::Duration;

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::enrolment::{WRONG_REASON, return_reason};
use super::gate::caller;
use super::paging::{LONG, page, written};
use super::parse::{self, Faults};
use super::{captures, render};
use crate::app::{App, ClaimedEnrolment, Decision, Tally, Totals};
use crate::domain::account::IdentityNumber;
use crate::domain::enrolment::{HandOver, HandOverStanding, RefusalReason, Stage};
use crate::domain::ids::{EnrolmentId, LeaseId, RequestId};
use crate::domain::review::ReturnNote;
use crate::domain::text::Malformed;
use crate::proto as pb;

const CLAIM_MAX: u32 = 500;
const LEASE: Duration = Duration::from_mins(5);
const LEASE_MIN: Duration = Duration::from_secs(10);
const LEASE_MAX: Duration = Duration::from_hours(1);

const WRONG_LIMIT: Malformed = Malformed::new("At least 1, at most 500.", "Ít nhất 1, nhiều nhất 500.");
const WRONG_LEASE: Malformed =
    Malformed::new("A lease lasts from 10 seconds to 1 hour.", "Thời hạn xử lý từ 10 giây đến 1 giờ.");

pub(super) struct Authority(pub(super) App);

#[tonic::async_trait]
impl pb::authority_service_server::AuthorityService for Authority {
    async fn claim(&self, request: Request<pb::ClaimRequest>) -> Result<Response<pb::ClaimResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let limit = u32::try_from(message.limit).ok().filter(|limit| (1..=CLAIM_MAX).contains(limit));
        let limit = faults.take("limit", limit.ok_or(WRONG_LIMIT));
        let lease = faults.take("lease", lease(message.lease));
        let (limit, lease) = faults.finish(limit.zip(lease))?;
        let Some(claimed) = self.0.claim(&by, limit, lease).await? else {
            return Ok(Response::new(pb::ClaimResponse::default()));
        };
        Ok(Response::new(pb::ClaimResponse {
            lease_id: claimed.lease.id.to_string(),
            lease_expires_at: Some(render::instant(claimed.lease.expires_at)),
            enrolments: claimed.enrolments.iter().map(handed_over).collect(),
        }))
    }

    async fn record_decision(
        &self,
        request: Request<pb::RecordDecisionRequest>,
    ) -> Result<Response<pb::RecordDecisionResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let enrolment = faults.text("enrolment_id", &message.enrolment_id, EnrolmentId::parse);
        let lease = faults.text("lease_id", &message.lease_id, LeaseId::parse);
        let decision = faults.required("decision", message.decision.as_ref());
        let decision = decision.and_then(|decision| parse_decision(&mut faults, decision));
        let parsed = id.zip(enrolment.zip(lease)).zip(decision);
        let ((id, claimed), decision) = faults.finish(parsed)?;
        let repeat = self.0.repeat(id, "AuthorityService/RecordDecision", &message.encode_to_vec());
        let decided = self.0.decide(&by, &repeat, claimed, &decision).await?;
        let account_id = match &decided.stage {
            Stage::Issued { account, .. } => account.to_string(),
            _ => String::new(),
        };
        Ok(Response::new(pb::RecordDecisionResponse {
            state: render::state(decided.stage.name()).into(),
            account_id,
            decided_at: Some(render::instant(decided.at)),
        }))
    }

    async fn reconcile(
        &self,
        request: Request<pb::ReconcileRequest>,
    ) -> Result<Response<pb::ReconcileResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let from = faults.required("from", message.from.as_ref().and_then(parse::instant));
        let until = faults.required("until", message.until.as_ref().and_then(parse::instant));
        let page = page(&mut faults, &LONG, (message.page_size, &message.page_token));
        let (span, (size, token)) = faults.finish(from.zip(until).zip(page))?;
        let compared = self.0.reconcile(&by, span, token.as_deref(), size).await?;
        let of = |tally: fn(&Totals) -> &Tally| compared.totals.as_ref().map(|totals| set(tally(totals)));
        Ok(Response::new(pb::ReconcileResponse {
            handed_over: of(|totals| &totals.handed_over),
            answered: of(|totals| &totals.answered),
            outstanding: of(|totals| &totals.outstanding),
            withdrawn: of(|totals| &totals.withdrawn),
            hand_overs: compared.page.iter().map(hand_over).collect(),
            next_page_token: compared.next.as_deref().map(written).unwrap_or_default(),
        }))
    }

    async fn get_captures(
        &self,
        request: Request<pb::GetCapturesRequest>,
    ) -> Result<Response<pb::GetCapturesResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let enrolment = faults.text("enrolment_id", &message.enrolment_id, EnrolmentId::parse);
        let lease = faults.text("lease_id", &message.lease_id, LeaseId::parse);
        let claimed = faults.finish(enrolment.zip(lease))?;
        let held = self.0.hand_over_captures(&by, claimed).await?;
        Ok(Response::new(pb::GetCapturesResponse { captures: held.as_ref().map(captures::rendered) }))
    }

    async fn confirm_captures(
        &self,
        request: Request<pb::ConfirmCapturesRequest>,
    ) -> Result<Response<pb::ConfirmCapturesResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let enrolment = faults.text("enrolment_id", &message.enrolment_id, EnrolmentId::parse);
        let hashes = captures::hashes(&mut faults, "sha256", &message.sha256);
        let (enrolment, hashes) = faults.finish(enrolment.zip(hashes))?;
        let (outcome, advice) = captures::confirmed(self.0.confirm_captures(&by, enrolment, &hashes).await?);
        Ok(Response::new(pb::ConfirmCapturesResponse { outcome: outcome.into(), advice: Some(render::text(advice)) }))
    }
}

fn handed_over(claimed: &ClaimedEnrolment) -> pb::ClaimedEnrolment {
    let (enrolment, content) = (&claimed.enrolment, claimed.content.as_ref());
    let review_reason = content.and_then(|content| content.review_reason.as_ref());
    pb::ClaimedEnrolment {
        enrolment_id: enrolment.id.to_string(),
        office: enrolment.office.to_string(),
        received_at: Some(render::instant(enrolment.received_at)),
        application: content.map(|content| render::application(&content.application)),
        notes: render::findings(enrolment.notes.iter()),
        review: enrolment.review.as_ref().map(|review| render::review(review, review_reason)),
        chip: enrolment.chip.as_ref().map(render::chip),
        biometrics_on_file: enrolment.biometrics_on_file.map(render::on_file),
        deadline: enrolment.deadline.as_ref().map(render::deadline),
    }
}

fn set(set: &Tally) -> pb::HandOverSet {
    pb::HandOverSet { count: i64::try_from(set.count).unwrap_or(i64::MAX), sha256: set.sha256.to_vec() }
}

fn hand_over(one: &HandOver) -> pb::HandOver {
    pb::HandOver {
        enrolment_id: one.enrolment.to_string(),
        handed_over_at: Some(render::instant(one.at)),
        lease_id: one.lease.to_string(),
        state: render::state(one.stage).into(),
        outstanding: one.standing() == HandOverStanding::Outstanding,
        answered_at: one.answered.map(|(_, at)| render::instant(at)),
    }
}

fn lease(asked: Option<prost_types::Duration>) -> Result<Duration, Malformed> {
    let Some(asked) = asked else { return Ok(LEASE) };
    let lease = Duration::try_from(asked).map_err(|_| WRONG_LEASE)?;
    (LEASE_MIN..=LEASE_MAX).contains(&lease).then_some(lease).ok_or(WRONG_LEASE)
}

fn parse_decision(faults: &mut Faults, decision: &pb::record_decision_request::Decision) -> Option<Decision> {
    match decision {
        pb::record_decision_request::Decision::Approval(approval) => {
            let number = faults.text("approval.identity_number", &approval.identity_number, IdentityNumber::parse);
            number.map(Decision::Approve)
        }
        pb::record_decision_request::Decision::Refusal(refusal) => {
            let reason = match refusal.reason() {
                pb::RefusalReason::IdentityNotConfirmed => Some(RefusalReason::IdentityNotConfirmed),
                pb::RefusalReason::DocumentNotValid => Some(RefusalReason::DocumentNotValid),
                pb::RefusalReason::Duplicate => Some(RefusalReason::Duplicate),
                pb::RefusalReason::NotEligible => Some(RefusalReason::NotEligible),
                pb::RefusalReason::Other => Some(RefusalReason::Other),
                // Only the office declines, and only what was referred.
                pb::RefusalReason::DeclinedAtOffice | pb::RefusalReason::Unspecified => None,
            };
            faults.take("refusal.reason", reason.ok_or(WRONG_REASON)).map(Decision::Refuse)
        }
        pb::record_decision_request::Decision::MoreInformation(wanted) => {
            let reason = faults.take("more_information.reason", return_reason(wanted.reason()));
            let note = faults.text("more_information.note", &wanted.note, ReturnNote::parse);
            reason.zip(note).map(|(reason, note)| Decision::MoreInformation(reason, note))
        }
    }
}
