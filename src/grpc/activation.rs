//! `ActivationService`: where an account stands, and how its holder makes it usable.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::gate::caller;
use super::parse::Faults;
use super::{advice, render};
use crate::app::{Activated, App, CodeSent, Login};
use crate::domain::account::{IdentityNumber, Standing};
use crate::domain::code::Code;
use crate::domain::contact::Phone;
use crate::domain::ids::RequestId;
use crate::proto as pb;

pub(super) struct Activation(pub(super) App);

#[tonic::async_trait]
impl pb::activation_service_server::ActivationService for Activation {
    async fn get_status(
        &self,
        request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        let message = request.into_inner();
        let mut faults = Faults::default();
        let login = login(&mut faults, &message.identity_number, &message.phone);
        let login = faults.finish(login)?;
        let standing = self.0.standing(&login).await?;
        let (shown, closes, next) = match standing {
            None => (pb::AccountStanding::NotMatched, None, pb::NextStep::CheckInput),
            Some(Standing::Awaiting { closes_at }) => {
                (pb::AccountStanding::AwaitingActivation, closes_at, pb::NextStep::SendCode)
            }
            Some(Standing::Lapsed { closed_at }) => {
                (pb::AccountStanding::WindowLapsed, Some(closed_at), pb::NextStep::CallHotline)
            }
            Some(Standing::Active { .. }) => (pb::AccountStanding::Active, None, pb::NextStep::LogIn),
        };
        Ok(Response::new(pb::GetStatusResponse {
            standing: shown.into(),
            window_closes_at: closes.map(render::instant),
            next_step: next.into(),
            advice: Some(render::text(advice::standing(standing))),
        }))
    }

    async fn send_code(&self, request: Request<pb::SendCodeRequest>) -> Result<Response<pb::SendCodeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let login = login(&mut faults, &message.identity_number, &message.phone);
        let (id, login) = faults.finish(id.zip(login))?;
        let repeat = self.0.repeat(id, "ActivationService/SendCode", &message.encode_to_vec());
        let sent = self.0.send_code(&by, &repeat, &login).await?;
        let mut answer =
            pb::SendCodeResponse { advice: Some(render::text(advice::code_sent(sent))), ..Default::default() };
        let outcome = match sent {
            CodeSent::Sent { expires_at, tries } => {
                answer.code_expires_at = Some(render::instant(expires_at));
                answer.tries_left = i32::try_from(tries).unwrap_or(i32::MAX);
                pb::SendCodeOutcome::Sent
            }
            CodeSent::NotMatched => pb::SendCodeOutcome::NotMatched,
            CodeSent::Lapsed => pb::SendCodeOutcome::WindowLapsed,
            CodeSent::AlreadyActive => pb::SendCodeOutcome::AlreadyActive,
            CodeSent::TooManyFailures { retry_at } => {
                answer.retry_at = retry_at.map(render::instant);
                pb::SendCodeOutcome::TooManyFailures
            }
        };
        answer.outcome = outcome.into();
        Ok(Response::new(answer))
    }

    async fn activate(&self, request: Request<pb::ActivateRequest>) -> Result<Response<pb::ActivateResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let login = login(&mut faults, &message.identity_number, &message.phone);
        let code = faults.text("code", &message.code, Code::parse);
        let ((id, login), code) = faults.finish(id.zip(login).zip(code))?;
        let repeat = self.0.repeat(id, "ActivationService/Activate", &message.encode_to_vec());
        let activated = self.0.activate(&by, &repeat, &login, &code).await?;
        let mut answer =
            pb::ActivateResponse { advice: Some(render::text(advice::activated(activated))), ..Default::default() };
        let outcome = match activated {
            Activated::Activated { at } => {
                answer.activated_at = Some(render::instant(at));
                pb::ActivateOutcome::Activated
            }
            Activated::AlreadyActive { since } => {
                answer.activated_at = Some(render::instant(since));
                pb::ActivateOutcome::AlreadyActive
            }
            Activated::WrongCode { tries_left } => {
                answer.tries_left = i32::try_from(tries_left).unwrap_or(i32::MAX);
                pb::ActivateOutcome::WrongCode
            }
            Activated::NotMatched => pb::ActivateOutcome::NotMatched,
            Activated::Lapsed => pb::ActivateOutcome::WindowLapsed,
            Activated::NoLiveCode => pb::ActivateOutcome::NoLiveCode,
        };
        answer.outcome = outcome.into();
        Ok(Response::new(answer))
    }
}

fn login(faults: &mut Faults, number: &str, phone: &str) -> Option<Login> {
    let number = faults.text("identity_number", number, IdentityNumber::parse);
    let phone = faults.text("phone", phone, Phone::parse);
    Some(Login { number: number?, phone: phone? })
}
