//! `ContactService`: changes of phone and e-mail address.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::gate::caller;
use super::parse::Faults;
use super::{advice, render};
use crate::app::{App, Begun, Confirmed};
use crate::domain::code::Code;
use crate::domain::contact::{Contact, Email, Phone};
use crate::domain::ids::{AccountId, ChangeId, RequestId};
use crate::proto as pb;

pub(super) struct Contacts(pub(super) App);

#[tonic::async_trait]
impl pb::contact_service_server::ContactService for Contacts {
    async fn begin(&self, request: Request<pb::BeginRequest>) -> Result<Response<pb::BeginResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let account = faults.text("account_id", &message.account_id, AccountId::parse);
        let new = faults.required("new_contact", message.new_contact.as_ref());
        let new = new.and_then(|new| match new {
            pb::begin_request::NewContact::Phone(phone) => {
                faults.text("phone", phone, Phone::parse).map(Contact::Phone)
            }
            pb::begin_request::NewContact::Email(email) => {
                faults.text("email", email, Email::parse).map(Contact::Email)
            }
        });
        let ((id, account), new) = faults.finish(id.zip(account).zip(new))?;
        let repeat = self.0.repeat(id, "ContactService/Begin", &message.encode_to_vec());
        let begun = self.0.begin_change(&by, &repeat, account, &new).await?;
        let mut answer = pb::BeginResponse { advice: Some(render::text(advice::begun(&begun))), ..Default::default() };
        let outcome = match &begun {
            Begun::Begun(change) => {
                answer.change = Some(render::change(change));
                pb::BeginOutcome::Begun
            }
            Begun::AlreadyPending(change) => {
                answer.change = Some(render::change(change));
                pb::BeginOutcome::AlreadyPending
            }
            Begun::Unchanged => pb::BeginOutcome::Unchanged,
            Begun::Taken => pb::BeginOutcome::Taken,
            Begun::HeldBack { retry_at } => {
                answer.retry_at = Some(render::instant(*retry_at));
                pb::BeginOutcome::HeldBack
            }
            Begun::TooManyFailures { retry_at } => {
                answer.retry_at = retry_at.map(render::instant);
                pb::BeginOutcome::TooManyFailures
            }
        };
        answer.outcome = outcome.into();
        Ok(Response::new(answer))
    }

    async fn confirm(&self, request: Request<pb::ConfirmRequest>) -> Result<Response<pb::ConfirmResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let change = faults.text("change_id", &message.change_id, ChangeId::parse);
        let code = faults.text("code", &message.code, Code::parse);
        let ((id, change), code) = faults.finish(id.zip(change).zip(code))?;
        let repeat = self.0.repeat(id, "ContactService/Confirm", &message.encode_to_vec());
        let (confirmed, change) = self.0.confirm_change(&by, &repeat, change, &code).await?;
        let (outcome, tries_left) = match confirmed {
            Confirmed::Confirmed => (pb::ConfirmOutcome::Confirmed, 0),
            Confirmed::WrongCode { tries_left } => (pb::ConfirmOutcome::WrongCode, tries_left),
            Confirmed::NoLiveCode => (pb::ConfirmOutcome::NoLiveCode, 0),
            Confirmed::NotYet { .. } => (pb::ConfirmOutcome::NotYet, 0),
            Confirmed::Taken => (pb::ConfirmOutcome::Taken, 0),
            Confirmed::NotPending => (pb::ConfirmOutcome::NotPending, 0),
        };
        Ok(Response::new(pb::ConfirmResponse {
            outcome: outcome.into(),
            tries_left: i32::try_from(tries_left).unwrap_or(i32::MAX),
            change: Some(render::change(&change)),
            advice: Some(render::text(advice::confirmed(confirmed))),
            retry_at: match confirmed {
                Confirmed::NotYet { retry_at } => Some(render::instant(retry_at)),
                _ => None,
            },
        }))
    }

    async fn cancel(&self, request: Request<pb::CancelRequest>) -> Result<Response<pb::CancelResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("change_id", &message.change_id, ChangeId::parse);
        let id = faults.finish(id)?;
        let change = self.0.cancel_change(&by, id).await?;
        Ok(Response::new(pb::CancelResponse { change: Some(render::change(&change)) }))
    }
}
