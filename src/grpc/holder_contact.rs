//! `HolderContactService`: changes of phone and e-mail address as holders make them in the app.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::advice::contacts as advice;
use super::gate::caller;
use super::parse::Faults;
use super::{contact_changes, devices, render};
use crate::app::{App, ContactWish, GivenUp, Standpoint, Stopped};
use crate::domain::code::Code;
use crate::domain::contact::CancelLink;
use crate::domain::ids::{AccountId, ChangeId, RequestId};
use crate::domain::network::SourceNetwork;
use crate::proto as pb;
use pb::begin_contact_change_request::NewContact;

pub(super) struct HolderContacts(pub(super) App);

#[tonic::async_trait]
impl pb::holder_contact_service_server::HolderContactService for HolderContacts {
    async fn begin_contact_change(
        &self,
        request: Request<pb::BeginContactChangeRequest>,
    ) -> Result<Response<pb::BeginContactChangeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = devices::ids(&mut faults, &message.request_id, &message.account_id);
        let new = match &message.new_contact {
            Some(NewContact::Phone(phone)) => contact_changes::new_contact(&mut faults, Some(phone), None),
            Some(NewContact::Email(email)) => contact_changes::new_contact(&mut faults, None, Some(email)),
            None => contact_changes::new_contact(&mut faults, None, None),
        };
        let answer = devices::answer(&mut faults, &message.challenge, &message.signature);
        let repeats = faults.optional("repeats", &message.repeats, ChangeId::parse);
        let read = ids.zip(new).zip(repeats).zip(answer);
        let ((((id, account), new), repeats), (challenge, signature)) = faults.finish(read)?;
        let repeat = self.0.repeat(id, "HolderContactService/BeginContactChange", &message.encode_to_vec());
        let lost = message.old_contact_lost;
        let wish = ContactWish { account, new, lost, repeats, challenge, signature };
        let begun = contact_changes::begun(&self.0.begin_contact_change(&by, &repeat, &wish).await?);
        Ok(Response::new(pb::BeginContactChangeResponse {
            outcome: begun.outcome.into(),
            change: begun.change,
            retry_at: begun.retry_at,
            advice: begun.advice,
        }))
    }

    async fn confirm_contact_change(
        &self,
        request: Request<pb::ConfirmContactChangeRequest>,
    ) -> Result<Response<pb::ConfirmContactChangeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let named = named(&mut faults, &message.request_id, &message.account_id, &message.change_id);
        let code = faults.text("code", &message.code, Code::parse);
        let ((id, standpoint, change), code) = faults.finish(named.zip(code))?;
        let repeat = self.0.repeat(id, "HolderContactService/ConfirmContactChange", &message.encode_to_vec());
        let (confirmed, change) = self.0.confirm_contact_change(&by, &repeat, (&standpoint, change), &code).await?;
        let (outcome, tries_left, retry_at) = contact_changes::confirmed(confirmed);
        Ok(Response::new(pb::ConfirmContactChangeResponse {
            outcome: outcome.into(),
            tries_left,
            change: Some(contact_changes::change(&change)),
            advice: Some(render::text(advice::confirmed(confirmed))),
            retry_at,
        }))
    }

    async fn resend_contact_code(
        &self,
        request: Request<pb::ResendContactCodeRequest>,
    ) -> Result<Response<pb::ResendContactCodeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let named = named(&mut faults, &message.request_id, &message.account_id, &message.change_id);
        let (id, standpoint, change) = faults.finish(named)?;
        let repeat = self.0.repeat(id, "HolderContactService/ResendContactCode", &message.encode_to_vec());
        let resent = self.0.resend_contact_code(&by, &repeat, &standpoint, change).await?;
        let (outcome, expires_at, retry_at) = contact_changes::resent(resent);
        let advice = Some(render::text(advice::resent(resent)));
        Ok(Response::new(pb::ResendContactCodeResponse { outcome: outcome.into(), expires_at, retry_at, advice }))
    }

    async fn cancel_contact_change(
        &self,
        request: Request<pb::CancelContactChangeRequest>,
    ) -> Result<Response<pb::CancelContactChangeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = devices::ids(&mut faults, &message.request_id, &message.account_id);
        let change = faults.text("change_id", &message.change_id, ChangeId::parse);
        let answer = devices::answer(&mut faults, &message.challenge, &message.signature);
        let (((id, account), change), (challenge, signature)) = faults.finish(ids.zip(change).zip(answer))?;
        let repeat = self.0.repeat(id, "HolderContactService/CancelContactChange", &message.encode_to_vec());
        let answer = (challenge, &signature);
        let (given_up, change) = self.0.give_contact_change_up(&by, &repeat, (account, change), answer).await?;
        let outcome = match given_up {
            GivenUp::GivenUp => pb::CancelOutcome::Cancelled,
            GivenUp::NotPending => pb::CancelOutcome::NotPending,
            GivenUp::NoDevice => pb::CancelOutcome::NoDevice,
            GivenUp::ChallengeUnusable => pb::CancelOutcome::ChallengeUnusable,
            GivenUp::WrongSignature => pb::CancelOutcome::WrongSignature,
        };
        Ok(Response::new(pb::CancelContactChangeResponse {
            outcome: outcome.into(),
            change: Some(contact_changes::change(&change)),
            advice: Some(render::text(advice::given_up(given_up))),
        }))
    }

    async fn stop_contact_change(
        &self,
        request: Request<pb::StopContactChangeRequest>,
    ) -> Result<Response<pb::StopContactChangeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let link = faults.text("stop_code", &message.stop_code, CancelLink::parse);
        let source = faults.optional("source_address", &message.source_address, SourceNetwork::parse);
        let (link, source) = faults.finish(link.zip(source))?;
        let stopped = self.0.stop_contact_change(&by, &link, source).await?;
        let (outcome, retry_at) = match stopped {
            Stopped::Stopped => (pb::StopOutcome::Stopped, None),
            Stopped::NotStopped => (pb::StopOutcome::NotStopped, None),
            Stopped::HeldBack { retry_at } => (pb::StopOutcome::HeldBack, Some(render::instant(retry_at))),
        };
        let advice = Some(render::text(advice::stopped(stopped)));
        Ok(Response::new(pb::StopContactChangeResponse { outcome: outcome.into(), retry_at, advice }))
    }

    async fn list_contact_changes(
        &self,
        request: Request<pb::ListContactChangesRequest>,
    ) -> Result<Response<pb::ListContactChangesResponse>, Status> {
        let by = caller(&request)?;
        let mut faults = Faults::default();
        let account = faults.text("account_id", &request.get_ref().account_id, AccountId::parse);
        let changes = self.0.contact_changes(&by, faults.finish(account)?).await?;
        let changes = changes.iter().map(contact_changes::change).collect();
        Ok(Response::new(pb::ListContactChangesResponse { changes }))
    }
}

/// A call about one change of an account.
fn named(faults: &mut Faults, request: &str, account: &str, change: &str) -> Option<(RequestId, Standpoint, ChangeId)> {
    let ids = devices::ids(faults, request, account);
    let change = faults.text("change_id", change, ChangeId::parse);
    ids.zip(change).map(|((id, account), change)| (id, Standpoint::Holder(account), change))
}
