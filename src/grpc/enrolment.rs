//! `EnrolmentService`: requests at the counter.

use prost::Message as _;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::gate::{caller, pace};
use super::paging::{SHORT, page};
use super::parse::{self, Faults};
use super::submit_stream::{Answers, Session};
use super::workstation::{Numbered, Sent};
use super::{lists, receipts, render, status, watch, workstation};
use crate::app::{App, Caller, HandedReceipt, Intake, Officer, Submitted};
use crate::domain::capture::Captures;
use crate::domain::enrolment::{Enrolment, ReturnReason, StageName, WithdrawalReason};
use crate::domain::ids::{EnrolmentId, RequestId};
use crate::domain::staff::OfficeCode;
use crate::domain::text::Malformed;
use crate::proto as pb;

pub(super) const WRONG_REASON: Malformed = Malformed::new(
    "Required: one of the reasons listed in the protocol.",
    "Bắt buộc: một trong các lý do nêu trong giao thức.",
);
/// The name under which requests are remembered, however they came.
const SUBMIT: &str = "EnrolmentService/Submit";
/// The same for corrections.
const CORRECT: &str = "EnrolmentService/Correct";

pub(super) struct Enrolments {
    pub(super) app: App,
    /// Ends streams.
    pub(super) stop: CancellationToken,
}

#[tonic::async_trait]
impl pb::enrolment_service_server::EnrolmentService for Enrolments {
    async fn check(&self, request: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        let (_, officer) = officer(&request)?;
        let intake = read_check(&request.into_inner())?;
        let checked = self.app.check(&officer, &intake).await?;
        Ok(Response::new(pb::CheckResponse {
            acceptable: !checked.findings.refuses(),
            verdict: render::verdict(&checked.findings).into(),
            findings: render::findings(checked.findings.iter()),
            chip: checked.chip.as_ref().map(render::chip),
        }))
    }

    async fn challenge(
        &self,
        request: Request<pb::ChallengeRequest>,
    ) -> Result<Response<pb::ChallengeResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let drawn = self.app.challenge(&by, &officer).await?;
        Ok(Response::new(pb::ChallengeResponse {
            challenge_id: drawn.id.to_string(),
            challenge: drawn.challenge,
            expires_at: Some(render::instant(drawn.expires_at)),
        }))
    }

    async fn submit(&self, request: Request<pb::SubmitRequest>) -> Result<Response<pb::SubmitResponse>, Status> {
        let (by, officer) = officer(&request)?;
        submit_one(&self.app, &by, &officer, request.into_inner()).await.map(Response::new)
    }

    type SubmitStreamStream = Answers;

    async fn submit_stream(
        &self,
        request: Request<Streaming<pb::SubmitStreamRequest>>,
    ) -> Result<Response<Self::SubmitStreamStream>, Status> {
        let (by, officer) = officer(&request)?;
        let pace = pace(&request)?;
        let (app, stop, messages) = (self.app.clone(), self.stop.clone(), request.into_inner());
        Ok(Response::new(Session { app, by, officer, pace, messages }.answers(stop)))
    }

    async fn get(&self, request: Request<pb::GetRequest>) -> Result<Response<pb::GetResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("enrolment_id", &message.enrolment_id, EnrolmentId::parse);
        let id = faults.finish(id)?;
        let shown = self.app.enrolment(&by, &officer, id).await?;
        Ok(Response::new(pb::GetResponse {
            enrolment: Some(pb::Enrolment {
                return_note: shown.return_note.as_ref().map(|note| note.as_str().to_owned()).unwrap_or_default(),
                ..held_by(&officer, render::enrolment_with(&shown.enrolment, shown.review_reason.as_ref()))
            }),
            application: Some(render::application(&shown.application)),
            capture: shown.capture.as_ref().map(workstation::shown),
        }))
    }

    async fn correct(&self, request: Request<pb::CorrectRequest>) -> Result<Response<pb::CorrectResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let mut message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.enrolment_id);
        let intake =
            intake(&mut faults, message.application.as_ref(), message.chip.as_ref(), message.captures.as_ref());
        let numbered = Numbered::of(&mut faults, &mut message.capture);
        let sent = Sent { id: ids.map(|(id, _)| id), method: CORRECT, content: message.encode_to_vec() };
        let corrected = match faults.finish(ids.zip(intake).zip(numbered.read())) {
            Ok((((id, enrolment), intake), provenance)) => {
                let (intake, repeat) = (Intake { provenance, ..intake }, sent.repeat(&self.app, id));
                self.app.correct(&by, &officer, &repeat, enrolment, &intake).await.map_err(Status::from)
            }
            Err(unreadable) => Err(unreadable),
        };
        numbered.note_refused(&self.app, (&by, &officer), &sent, corrected.as_ref().err()).await?;
        let clock_offset = numbered.offset(&self.app);
        Ok(Response::new(match corrected? {
            Submitted::Accepted(enrolment, receipt) => pb::CorrectResponse {
                outcome: Some(pb::correct_response::Outcome::Accepted(held_by(
                    &officer,
                    render::enrolment(&enrolment),
                ))),
                signed: receipt.as_ref().map(receipts::signed).unwrap_or_default(),
                key_id: receipt.as_ref().map(receipts::key_id).unwrap_or_default(),
                content_salt: receipt.as_ref().map(receipts::salt).unwrap_or_default(),
                clock_offset,
            },
            Submitted::NotAccepted(findings) => {
                let refused = pb::NotAccepted { findings: render::findings(findings.iter()) };
                let outcome = Some(pb::correct_response::Outcome::NotAccepted(refused));
                pb::CorrectResponse { outcome, clock_offset, ..pb::CorrectResponse::default() }
            }
        }))
    }

    async fn withdraw(&self, request: Request<pb::WithdrawRequest>) -> Result<Response<pb::WithdrawResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.enrolment_id);
        let reason = faults.take("reason", withdrawal(message.reason()));
        let ((id, enrolment), reason) = faults.finish(ids.zip(reason))?;
        let repeat = self.app.repeat(id, "EnrolmentService/Withdraw", &message.encode_to_vec());
        let enrolment = self.app.withdraw(&by, &officer, &repeat, enrolment, reason).await?;
        Ok(Response::new(pb::WithdrawResponse { enrolment: Some(held_by(&officer, render::enrolment(&enrolment))) }))
    }

    async fn get_history(
        &self,
        request: Request<pb::GetHistoryRequest>,
    ) -> Result<Response<pb::GetHistoryResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("enrolment_id", &message.enrolment_id, EnrolmentId::parse);
        let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
        let (id, (size, token)) = faults.finish(id.zip(page))?;
        Ok(Response::new(render::history(&self.app.history((&by, &officer), id, token.as_deref(), size).await?)))
    }

    async fn list(&self, request: Request<pb::ListRequest>) -> Result<Response<pb::ListResponse>, Status> {
        lists::list(&self.app, request).await
    }

    async fn count(&self, request: Request<pb::CountRequest>) -> Result<Response<pb::CountResponse>, Status> {
        lists::count(&self.app, request).await
    }

    type WatchStream = watch::Changes;

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        watch::watch(&self.app, request).await
    }

    async fn get_slip(&self, request: Request<pb::GetSlipRequest>) -> Result<Response<pb::GetSlipResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let format = faults.take("format", receipts::format(message.format));
        let id = faults.text("enrolment_id", &message.enrolment_id, EnrolmentId::parse);
        let (id, ()) = faults.finish(id.zip(format))?;
        self.app.slip(&by, &officer, id).await.map(receipts::slip).map(Response::new).map_err(Status::from)
    }

    async fn list_receipt_keys(
        &self,
        _request: Request<pb::ListReceiptKeysRequest>,
    ) -> Result<Response<pb::ListReceiptKeysResponse>, Status> {
        Ok(Response::new(pb::ListReceiptKeysResponse {
            jwk_set: self.app.receipt_keys().to_json(),
            current_key_id: self.app.receipt_key().to_string(),
        }))
    }
}

/// Takes one request in, or says why not: what Submit answers, and what each item of a stream is answered.
pub(super) async fn submit_one(
    app: &App,
    by: &Caller,
    officer: &Officer,
    mut message: pb::SubmitRequest,
) -> Result<pb::SubmitResponse, Status> {
    let mut faults = Faults::default();
    let id = faults.text("request_id", &message.request_id, RequestId::parse);
    let intake = intake(&mut faults, message.application.as_ref(), message.chip.as_ref(), message.captures.as_ref());
    let numbered = Numbered::of(&mut faults, &mut message.capture);
    let sent = Sent { id, method: SUBMIT, content: message.encode_to_vec() };
    let submitted = match faults.finish(id.zip(intake).zip(numbered.read())) {
        Ok(((id, intake), provenance)) => {
            let (intake, repeat) = (Intake { provenance, ..intake }, sent.repeat(app, id));
            app.submit(by, officer, &repeat, &intake).await.map_err(Status::from)
        }
        Err(unreadable) => Err(unreadable),
    };
    numbered.note_refused(app, (by, officer), &sent, submitted.as_ref().err()).await?;
    let clock_offset = numbered.offset(app);
    let outcome = match submitted? {
        Submitted::Accepted(enrolment, signed) => {
            pb::submit_response::Outcome::Accepted(receipt(&enrolment, signed.as_ref()))
        }
        Submitted::NotAccepted(findings) => {
            pb::submit_response::Outcome::NotAccepted(pb::NotAccepted { findings: render::findings(findings.iter()) })
        }
    };
    Ok(pb::SubmitResponse { outcome: Some(outcome), clock_offset })
}

fn receipt(enrolment: &Enrolment, signed: Option<&HandedReceipt>) -> pb::Receipt {
    pb::Receipt {
        enrolment_id: enrolment.id.to_string(),
        office: enrolment.office.to_string(),
        received_at: Some(render::instant(enrolment.received_at)),
        notes: render::findings(enrolment.notes.iter()),
        state: render::state(if enrolment.referred_by().is_empty() {
            StageName::Forwarded
        } else {
            StageName::Referred
        })
        .into(),
        signed: signed.map(receipts::signed).unwrap_or_default(),
        key_id: signed.map(receipts::key_id).unwrap_or_default(),
        content_salt: signed.map(receipts::salt).unwrap_or_default(),
    }
}

/// A request as it is shown to an officer whose office it is today.
pub(super) fn held_by(officer: &Officer, enrolment: pb::Enrolment) -> pb::Enrolment {
    held_at(&officer.office, enrolment)
}

/// A request as it is shown at the office whose it is today.
pub(super) fn held_at(office: &OfficeCode, enrolment: pb::Enrolment) -> pb::Enrolment {
    pb::Enrolment { current_office: office.to_string(), ..enrolment }
}

/// The caller as an officer, at the office of the day. The table lets none other through; a caller without an office is
/// refused all the same.
pub(super) fn officer<T>(request: &Request<T>) -> Result<(Caller, Officer), Status> {
    let by = caller(request)?;
    match by.officer() {
        Some(officer) => Ok((by, officer)),
        None if by.role().has_office() => Err(status::no_office_today()),
        None => Err(status::role_not_allowed()),
    }
}

/// What a rehearsal hands in.
///
/// # Errors
/// A status that names the fields that cannot be read.
pub fn read_check(message: &pb::CheckRequest) -> Result<Intake, Status> {
    let mut faults = Faults::default();
    let intake = intake(&mut faults, message.application.as_ref(), message.chip.as_ref(), message.captures.as_ref());
    faults.finish(intake)
}

/// What an officer hands in.
fn intake(
    faults: &mut Faults,
    application: Option<&pb::Application>,
    chip: Option<&pb::Chip>,
    captures: Option<&pb::Captures>,
) -> Option<Intake> {
    let submitted = receipts::submitted_content(application, chip, captures);
    let application = faults.within("application", application, parse::application);
    let chip = match chip {
        None => Some(None),
        some => faults.within("chip", some, parse::chip).map(Some),
    };
    let captures = match captures {
        None => Some(Captures::default()),
        some => faults.within("captures", some, super::captures::captures),
    };
    Some(Intake { application: application?, chip: chip?, captures: captures?, submitted, provenance: None })
}

/// The names of a call and of the request that it is about.
pub(super) fn ids(faults: &mut Faults, request: &str, enrolment: &str) -> Option<(RequestId, EnrolmentId)> {
    let request = faults.text("request_id", request, RequestId::parse);
    request.zip(faults.text("enrolment_id", enrolment, EnrolmentId::parse))
}

const fn withdrawal(reason: pb::WithdrawalReason) -> Result<WithdrawalReason, Malformed> {
    match reason {
        pb::WithdrawalReason::Applicant => Ok(WithdrawalReason::Applicant),
        pb::WithdrawalReason::CapturedTwice => Ok(WithdrawalReason::CapturedTwice),
        pb::WithdrawalReason::CapturedInError => Ok(WithdrawalReason::CapturedInError),
        pb::WithdrawalReason::NotCorrected => Ok(WithdrawalReason::NotCorrected),
        pb::WithdrawalReason::Unspecified => Err(WRONG_REASON),
    }
}

/// What is to be corrected.
pub(super) const fn return_reason(reason: pb::ReturnReason) -> Result<ReturnReason, Malformed> {
    match reason {
        pb::ReturnReason::Data => Ok(ReturnReason::Data),
        pb::ReturnReason::Document => Ok(ReturnReason::Document),
        pb::ReturnReason::Face => Ok(ReturnReason::Face),
        pb::ReturnReason::Fingerprints => Ok(ReturnReason::Fingerprints),
        pb::ReturnReason::Consent => Ok(ReturnReason::Consent),
        pb::ReturnReason::Other => Ok(ReturnReason::Other),
        pb::ReturnReason::Unspecified => Err(WRONG_REASON),
    }
}
