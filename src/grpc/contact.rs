//! `ContactService`: changes of phone and e-mail address as the staff makes them, and disputes over numbers.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::advice::contacts as advice;
use super::contact_changes::new_contact;
use super::enrolment::officer;
use super::gate::caller;
use super::parse::{Faults, instant};
use super::{contact_changes, counter, render};
use crate::app::{App, Caller, ContactProposal, ContactWhose, Disputed, Resolved, Standpoint};
use crate::domain::code::Code;
use crate::domain::contact::{Phone, Ruling};
use crate::domain::ids::{AccountId, ChangeId, DisputeId, RequestId};
use crate::domain::review::ReviewReason;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::proto as pb;

/// Disputes in one answer.
const DISPUTES_MAX: u32 = 100;
const NO_INSTANT: Malformed = Malformed::new(
    "Say the span: two instants between the years 1 and 9999.",
    "Hãy nêu khoảng thời gian: hai thời điểm trong các năm từ 1 đến 9999.",
);
const NO_RULING: Malformed = Malformed::new(
    "Say how the dispute ends: HOLDER_KEEPS or NUMBER_RELEASED.",
    "Hãy nêu cách kết thúc tranh chấp: HOLDER_KEEPS hoặc NUMBER_RELEASED.",
);

pub(super) struct Contacts(pub(super) App);

#[tonic::async_trait]
impl pb::contact_service_server::ContactService for Contacts {
    async fn begin(&self, request: Request<pb::BeginRequest>) -> Result<Response<pb::BeginResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let account = faults.text("account_id", &message.account_id, AccountId::parse);
        let new = match &message.new_contact {
            Some(pb::begin_request::NewContact::Phone(phone)) => new_contact(&mut faults, Some(phone), None),
            Some(pb::begin_request::NewContact::Email(email)) => new_contact(&mut faults, None, Some(email)),
            None => new_contact(&mut faults, None, None),
        };
        let repeats = faults.optional("repeats", &message.repeats, ChangeId::parse);
        let reason = faults.text("reason", &message.reason, ReviewReason::parse);
        let read = id.zip(account).zip(new).zip(repeats.zip(reason));
        let (((id, account), new), (repeats, reason)) = faults.finish(read)?;
        let repeat = self.0.repeat(id, "ContactService/Begin", &message.encode_to_vec());
        let wish = ContactProposal { whose: ContactWhose::ByAuthority(account), new, reason, repeats };
        let (begun, proposal) = self.0.propose_contact_change(&by, &repeat, &wish).await?;
        let answer = contact_changes::begun(&begun);
        Ok(Response::new(pb::BeginResponse {
            outcome: answer.outcome.into(),
            change: answer.change,
            retry_at: answer.retry_at,
            advice: answer.advice,
            proposal_id: proposal.map(|id| id.to_string()).unwrap_or_default(),
        }))
    }

    async fn begin_in_person(
        &self,
        request: Request<pb::BeginInPersonRequest>,
    ) -> Result<Response<pb::BeginInPersonResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let shown = (&message.identity_number[..], &message.passport_state[..], &message.passport_number[..]);
        let stood = counter::stood(&mut faults, shown);
        let new = match &message.new_contact {
            Some(pb::begin_in_person_request::NewContact::Phone(phone)) => new_contact(&mut faults, Some(phone), None),
            Some(pb::begin_in_person_request::NewContact::Email(email)) => new_contact(&mut faults, None, Some(email)),
            None => new_contact(&mut faults, None, None),
        };
        let repeats = faults.optional("repeats", &message.repeats, ChangeId::parse);
        let reason = faults.text("reason", &message.reason, ReviewReason::parse);
        let read = id.zip(stood).zip(new).zip(repeats.zip(reason));
        let (((id, stood), new), (repeats, reason)) = faults.finish(read)?;
        let repeat = self.0.repeat(id, "ContactService/BeginInPerson", &message.encode_to_vec());
        let wish = ContactProposal { whose: ContactWhose::InPerson(officer, stood), new, reason, repeats };
        let (begun, proposal) = self.0.propose_contact_change(&by, &repeat, &wish).await?;
        let answer = contact_changes::begun(&begun);
        Ok(Response::new(pb::BeginInPersonResponse {
            outcome: answer.outcome.into(),
            change: answer.change,
            retry_at: answer.retry_at,
            advice: answer.advice,
            proposal_id: proposal.map(|id| id.to_string()).unwrap_or_default(),
        }))
    }

    async fn confirm(&self, request: Request<pb::ConfirmRequest>) -> Result<Response<pb::ConfirmResponse>, Status> {
        let (by, standpoint) = standpoint(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let change = faults.text("change_id", &message.change_id, ChangeId::parse);
        let code = faults.text("code", &message.code, Code::parse);
        let ((id, change), code) = faults.finish(id.zip(change).zip(code))?;
        let repeat = self.0.repeat(id, "ContactService/Confirm", &message.encode_to_vec());
        let (confirmed, change) = self.0.confirm_contact_change(&by, &repeat, (&standpoint, change), &code).await?;
        let (outcome, tries_left, retry_at) = contact_changes::confirmed(confirmed);
        Ok(Response::new(pb::ConfirmResponse {
            outcome: outcome.into(),
            tries_left,
            change: Some(contact_changes::change(&change)),
            advice: Some(render::text(advice::confirmed(confirmed))),
            retry_at,
        }))
    }

    async fn resend_code(
        &self,
        request: Request<pb::ResendCodeRequest>,
    ) -> Result<Response<pb::ResendCodeResponse>, Status> {
        let (by, standpoint) = standpoint(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let change = faults.text("change_id", &message.change_id, ChangeId::parse);
        let (id, change) = faults.finish(id.zip(change))?;
        let repeat = self.0.repeat(id, "ContactService/ResendCode", &message.encode_to_vec());
        let resent = self.0.resend_contact_code(&by, &repeat, &standpoint, change).await?;
        let (outcome, expires_at, retry_at) = contact_changes::resent(resent);
        let advice = Some(render::text(advice::resent(resent)));
        Ok(Response::new(pb::ResendCodeResponse { outcome: outcome.into(), expires_at, retry_at, advice }))
    }

    async fn cancel(&self, request: Request<pb::CancelRequest>) -> Result<Response<pb::CancelResponse>, Status> {
        let (by, standpoint) = standpoint(&request)?;
        let mut faults = Faults::default();
        let id = faults.text("change_id", &request.get_ref().change_id, ChangeId::parse);
        let change = self.0.cancel_contact_change(&by, &standpoint, faults.finish(id)?).await?;
        Ok(Response::new(pb::CancelResponse { change: Some(contact_changes::change(&change)) }))
    }

    async fn count_changes(
        &self,
        request: Request<pb::CountChangesRequest>,
    ) -> Result<Response<pb::CountChangesResponse>, Status> {
        let message = request.into_inner();
        let mut faults = Faults::default();
        let from = faults.take("from", span_end(message.from.as_ref()));
        let until = faults.take("until", span_end(message.until.as_ref()));
        let (from, until) = faults.finish(from.zip(until))?;
        let counts = self.0.count_contact_changes(from, until).await?;
        Ok(Response::new(pb::CountChangesResponse { counts: counts.iter().map(contact_changes::counts).collect() }))
    }

    async fn open_dispute(
        &self,
        request: Request<pb::OpenDisputeRequest>,
    ) -> Result<Response<pb::OpenDisputeResponse>, Status> {
        let (by, _) = standpoint(&request)?;
        let mut faults = Faults::default();
        let phone = faults.text("phone", &request.get_ref().phone, Phone::parse);
        let disputed = self.0.open_dispute(&by, &faults.finish(phone)?).await?;
        let advice = Some(render::text(advice::disputed(&disputed)));
        let (outcome, views) = match &disputed {
            Disputed::Opened(views) => (pb::DisputeOutcome::Opened, views.as_slice()),
            Disputed::AlreadyOpen(views) => (pb::DisputeOutcome::AlreadyOpen, views.as_slice()),
            Disputed::NotServed => (pb::DisputeOutcome::NotServed, [].as_slice()),
            Disputed::UnderWay => (pb::DisputeOutcome::RequestUnderWay, [].as_slice()),
        };
        let mut disputes = views.iter().map(contact_changes::dispute);
        let (dispute, others) = (disputes.next(), disputes.collect());
        Ok(Response::new(pb::OpenDisputeResponse { outcome: outcome.into(), dispute, others, advice }))
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        let by = caller(&request)?;
        let mut faults = Faults::default();
        let after = faults.optional("after", &request.get_ref().after, DisputeId::parse);
        let found = self.0.list_disputes(&by, faults.finish(after)?, DISPUTES_MAX).await?;
        Ok(Response::new(pb::ListDisputesResponse { disputes: found.iter().map(contact_changes::dispute).collect() }))
    }

    async fn resolve_dispute(
        &self,
        request: Request<pb::ResolveDisputeRequest>,
    ) -> Result<Response<pb::ResolveDisputeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("dispute_id", &message.dispute_id, DisputeId::parse);
        let ruling = faults.take("ruling", ruling(message.ruling()));
        let (id, ruling) = faults.finish(id.zip(ruling))?;
        let resolved = self.0.resolve_dispute(&by, id, ruling).await?;
        let advice = Some(render::text(advice::resolved(&resolved)));
        let (outcome, view) = match &resolved {
            Resolved::Resolved(view) => (pb::ResolveOutcome::Resolved, view),
            Resolved::NotOpen(view) => (pb::ResolveOutcome::NotOpen, view),
            Resolved::StillServes(view) => (pb::ResolveOutcome::StillServes, view),
        };
        let dispute = Some(contact_changes::dispute(view));
        Ok(Response::new(pb::ResolveDisputeResponse { outcome: outcome.into(), dispute, advice }))
    }
}

/// Who calls, and which changes they may see: somebody of an office those of today's office, an administrator all.
fn standpoint<T>(request: &Request<T>) -> Result<(Caller, Standpoint), Status> {
    let by = caller(request)?;
    if by.role().has_office() {
        let (by, officer) = officer(request)?;
        return Ok((by, Standpoint::Office(officer)));
    }
    Ok((by, Standpoint::Administrator))
}

fn span_end(at: Option<&prost_types::Timestamp>) -> Result<Timestamp, Malformed> {
    at.and_then(instant).ok_or(NO_INSTANT)
}

const fn ruling(ruling: pb::DisputeRuling) -> Result<Ruling, Malformed> {
    match ruling {
        pb::DisputeRuling::HolderKeeps => Ok(Ruling::HolderKeeps),
        pb::DisputeRuling::NumberReleased => Ok(Ruling::NumberReleased),
        pb::DisputeRuling::Unspecified => Err(NO_RULING),
    }
}
