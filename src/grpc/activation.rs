//! `ActivationService`: how a holder makes an account usable. Where it stands is told by `account_status`.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::devices::{bound_device, new_device};
use super::gate::caller;
use super::parse::Faults;
use super::{account_status, advice, follow_up, render, slip};
use crate::app::{Activated, App, BoundDevice, CodeSent, CodeWish, Login, NotBindable};
use crate::domain::account::IdentityNumber;
use crate::domain::code::{Code, Held, Turn};
use crate::domain::contact::Phone;
use crate::domain::device::DeviceKey;
use crate::domain::ids::RequestId;
use crate::domain::network::SourceNetwork;
use crate::domain::outlook::{NextStep, Outlook, StandStill};
use crate::domain::time::Timestamp;
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
        let stand = self.0.stand(&login).await?;
        Ok(Response::new(account_status::rendered(&stand, self.0.clock().now())))
    }

    async fn send_code(&self, request: Request<pb::SendCodeRequest>) -> Result<Response<pb::SendCodeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let named = (&message.identity_number[..], &message.phone[..]);
        let wish = wish(&mut faults, named, &message.device_key, &message.source_address);
        let (id, wish) = faults.finish(id.zip(wish))?;
        // Whoever asks again may have gone to another network.
        let asked = pb::SendCodeRequest { source_address: String::new(), ..message };
        let repeat = self.0.repeat(id, "ActivationService/SendCode", &asked.encode_to_vec());
        let sent = self.0.send_code(&by, &repeat, &wish).await?;
        let mut answer = pb::SendCodeResponse {
            advice: Some(render::text(advice::code_sent(&sent))),
            timetable: Some(self.timetable(&wish.login).await?),
            ..Default::default()
        };
        let outcome = match sent {
            CodeSent::Sent { expires_at, tries, challenge } => {
                answer.account_id = challenge.account.to_string();
                answer.challenge = challenge.value.as_bytes().to_vec();
                answer.challenge_text = challenge.text();
                answer.code_expires_at = Some(render::instant(expires_at));
                answer.tries_left = i32::try_from(tries).unwrap_or(i32::MAX);
                pb::SendCodeOutcome::Sent
            }
            CodeSent::KeyUsed => pb::SendCodeOutcome::KeyUsed,
            CodeSent::NotMatched => pb::SendCodeOutcome::NotMatched,
            CodeSent::Lapsed => pb::SendCodeOutcome::WindowLapsed,
            CodeSent::AlreadyActive => pb::SendCodeOutcome::AlreadyActive,
            CodeSent::Locked => pb::SendCodeOutcome::Locked,
            CodeSent::TooManyFailures { retry_at } => {
                answer.retry_at = retry_at.map(render::instant);
                pb::SendCodeOutcome::TooManyFailures
            }
            CodeSent::HeldBack { retry_at } => {
                answer.timetable = answer.timetable.map(|table| held_back(table, retry_at, self.0.clock().now()));
                answer.retry_at = Some(render::instant(retry_at));
                pb::SendCodeOutcome::HeldBack
            }
            CodeSent::NotYet { retry_at } => {
                answer.retry_at = Some(render::instant(retry_at));
                pb::SendCodeOutcome::NotYet
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
        let shown = (&message.device_key[..], &message.challenge[..], &message.signature[..], &message.face_check[..]);
        let device = new_device(&mut faults, shown);
        let ((id, login), (code, device)) = faults.finish(id.zip(login).zip(code.zip(device)))?;
        let repeat = self.0.repeat(id, "ActivationService/Activate", &message.encode_to_vec());
        let activated = self.0.activate(&by, &repeat, &login, (&code, &device)).await?;
        let timetable = match activated {
            // Nothing else can be found now.
            Activated::Activated { .. } | Activated::AlreadyActive { .. } => {
                timetable(&Outlook::Active, self.0.clock().now())
            }
            _ => self.timetable(&login).await?,
        };
        let (outcome, tries_left, at, bound) = outcome_of(&activated);
        Ok(Response::new(pb::ActivateResponse {
            outcome: outcome.into(),
            tries_left,
            activated_at: at.map(render::instant),
            advice: Some(render::text(advice::activated(&activated))),
            timetable: Some(timetable),
            device: bound.map(bound_device),
        }))
    }

    async fn get_slip_challenge(
        &self,
        request: Request<pb::GetSlipChallengeRequest>,
    ) -> Result<Response<pb::GetSlipChallengeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let named = (&message.identity_number[..], &message.phone[..]);
        let wish = wish(&mut faults, named, &message.device_key, "");
        let (id, wish) = faults.finish(id.zip(wish))?;
        let repeat = self.0.repeat(id, "ActivationService/GetSlipChallenge", &message.encode_to_vec());
        let drawn = self.0.challenge_for_slip(&by, &repeat, &wish).await?;
        Ok(Response::new(slip::drawn(&drawn, self.timetable(&wish.login).await?)))
    }

    async fn activate_with_slip(
        &self,
        request: Request<pb::ActivateWithSlipRequest>,
    ) -> Result<Response<pb::ActivateWithSlipResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let wish = slip::wish(&mut faults, &message);
        let (id, wish) = faults.finish(wish)?;
        let repeat = self.0.repeat(id, "ActivationService/ActivateWithSlip", &message.encode_to_vec());
        let activated = self.0.activate_with_slip(&by, &repeat, &wish).await?;
        Ok(Response::new(slip::activated(&activated, self.timetable(&wish.login).await?)))
    }

    async fn note_notice_opened(
        &self,
        request: Request<pb::NoteNoticeOpenedRequest>,
    ) -> Result<Response<pb::NoteNoticeOpenedResponse>, Status> {
        follow_up::note_opened(&self.0, request, login).await
    }

    async fn batch_get_status(
        &self,
        request: Request<pb::BatchGetStatusRequest>,
    ) -> Result<Response<pb::BatchGetStatusResponse>, Status> {
        account_status::batch(&self.0, request).await
    }

    type WatchStatusStream = account_status::Events;

    async fn watch_status(
        &self,
        request: Request<pb::WatchStatusRequest>,
    ) -> Result<Response<Self::WatchStatusStream>, Status> {
        account_status::watch(&self.0, request).await
    }
}

/// How an activation is told: outcome, tries left, since when it is active, and the device that was bound.
pub(super) fn outcome_of(activated: &Activated) -> (pb::ActivateOutcome, i32, Option<Timestamp>, Option<&BoundDevice>) {
    let plain = |outcome| (outcome, 0, None, None);
    match activated {
        Activated::Activated { at, bound, .. } => (pb::ActivateOutcome::Activated, 0, Some(*at), bound.as_deref()),
        Activated::AlreadyActive { since } => (pb::ActivateOutcome::AlreadyActive, 0, Some(*since), None),
        Activated::WrongCode { tries_left } => {
            (pb::ActivateOutcome::WrongCode, i32::try_from(*tries_left).unwrap_or(i32::MAX), None, None)
        }
        Activated::NotMatched => plain(pb::ActivateOutcome::NotMatched),
        Activated::Lapsed => plain(pb::ActivateOutcome::WindowLapsed),
        Activated::Locked => plain(pb::ActivateOutcome::Locked),
        Activated::NoLiveCode => plain(pb::ActivateOutcome::NoLiveCode),
        Activated::NotYet { .. } => plain(pb::ActivateOutcome::NotYet),
        Activated::TooManyFailures => plain(pb::ActivateOutcome::TooManyFailures),
        Activated::PassportDiffers => plain(pb::ActivateOutcome::PassportDiffers),
        Activated::NotBindable(NotBindable::ChallengeUnusable) => plain(pb::ActivateOutcome::ChallengeUnusable),
        Activated::NotBindable(NotBindable::WrongSignature) => plain(pb::ActivateOutcome::WrongSignature),
        Activated::NotBindable(NotBindable::KeyUsed) => plain(pb::ActivateOutcome::KeyUsed),
        Activated::NotBindable(NotBindable::FaceCheckNotAccepted) => plain(pb::ActivateOutcome::FaceCheckNotAccepted),
    }
}

impl Activation {
    /// What may be done after the call.
    async fn timetable(&self, login: &Login) -> Result<pb::Timetable, Status> {
        Ok(timetable(&self.0.stand(login).await?.outlook, self.0.clock().now()))
    }
}

/// What may be done, and when.
pub(super) fn timetable(outlook: &Outlook, now: Timestamp) -> pb::Timetable {
    let stands_still = outlook.stands_still().map_or(pb::StandStill::Unspecified, stand_still);
    let shown = pb::Timetable {
        next_step: next_step(outlook).into(),
        stands_still: stands_still.into(),
        ..pb::Timetable::default()
    };
    match outlook {
        Outlook::NotMatched | Outlook::Active | Outlook::Locked { .. } | Outlook::Closed => shown,
        Outlook::Lapsed { closed_at } => pb::Timetable { window_closes_at: Some(render::instant(*closed_at)), ..shown },
        Outlook::Awaiting { closes_at, codes } => pb::Timetable {
            may_send: codes.send.is_now(),
            send_in: wait(codes.send, now),
            may_check: codes.check.is_now(),
            check_in: wait(codes.check, now),
            tries_left: i32::try_from(codes.tries_left).unwrap_or(i32::MAX),
            code_expires_at: codes.code_expires_at.map(render::instant),
            window_closes_at: closes_at.map(render::instant),
            ..shown
        },
    }
}

/// The timetable of somebody whom a budget holds back: no code is sent before `retry_at`.
pub(super) fn held_back(table: pb::Timetable, retry_at: Timestamp, now: Timestamp) -> pb::Timetable {
    if !table.may_send {
        return table;
    }
    let send_in = prost_types::Duration::try_from(retry_at.since(now)).ok();
    let held = pb::Timetable { may_send: false, send_in, ..table };
    if held.may_check {
        return held;
    }
    let (next_step, stands_still) = (pb::NextStep::Wait.into(), pb::StandStill::HeldBack.into());
    pb::Timetable { next_step, stands_still, ..held }
}

fn wait(turn: Turn, now: Timestamp) -> Option<prost_types::Duration> {
    match turn {
        Turn::Later(at, _) => prost_types::Duration::try_from(at.since(now)).ok(),
        Turn::Now | Turn::No(_) => None,
    }
}

pub(super) fn next_step(outlook: &Outlook) -> pb::NextStep {
    match outlook.next_step() {
        NextStep::CheckInput => pb::NextStep::CheckInput,
        NextStep::SendCode => pb::NextStep::SendCode,
        NextStep::TypeCode => pb::NextStep::TypeCode,
        NextStep::Wait => pb::NextStep::Wait,
        NextStep::CallHotline => pb::NextStep::CallHotline,
        NextStep::LogIn => pb::NextStep::LogIn,
        NextStep::VisitOffice => pb::NextStep::VisitOffice,
    }
}

const fn stand_still(reason: StandStill) -> pb::StandStill {
    match reason {
        StandStill::NotMatched => pb::StandStill::NotMatched,
        StandStill::Lapsed => pb::StandStill::WindowLapsed,
        StandStill::Locked(_) => pb::StandStill::Locked,
        StandStill::Closed => pb::StandStill::Closed,
        StandStill::Codes(Held::JustSent) => pb::StandStill::JustSent,
        StandStill::Codes(Held::SentToday) => pb::StandStill::SentToday,
        StandStill::Codes(Held::JustFailed) => pb::StandStill::JustFailed,
        StandStill::Codes(Held::FailedToday) => pb::StandStill::FailedToday,
        StandStill::Codes(Held::FailedInRow) => pb::StandStill::FailedInRow,
        // A code can be sent then, so that nothing stands still.
        StandStill::Codes(Held::NoLiveCode) => pb::StandStill::Unspecified,
    }
}

/// A wish for a code, or for what takes its place: number and phone, the device's key, and from where.
fn wish(faults: &mut Faults, (number, phone): (&str, &str), key: &[u8], address: &str) -> Option<CodeWish> {
    let login = login(faults, number, phone);
    let key = faults.take("device_key", DeviceKey::parse(key));
    let source = match address {
        "" => Some(None),
        address => faults.text("source_address", address, SourceNetwork::parse).map(Some),
    };
    Some(CodeWish { login: login?, device: key?.thumbprint(), source: source? })
}

pub(super) fn login(faults: &mut Faults, number: &str, phone: &str) -> Option<Login> {
    let number = faults.text("identity_number", number, IdentityNumber::parse);
    let phone = faults.text("phone", phone, Phone::parse);
    Some(Login { number: number?, phone: phone? })
}
