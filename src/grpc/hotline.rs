//! `HotlineService`: the way to activation is opened again, by two people.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::gate::caller;
use super::paging::{SHORT, page, written};
use super::parse::Faults;
use super::{advice, render};
use crate::app::{App, Asked, Reopened, ReopeningView};
use crate::domain::ids::{AccountId, ReopeningId, RequestId};
use crate::domain::reopening::{CannotSettle, ReopeningState};
use crate::domain::review::ReviewReason;
use crate::proto as pb;

pub(super) struct Hotline(pub(super) App);

#[tonic::async_trait]
impl pb::hotline_service_server::HotlineService for Hotline {
    async fn ask_reopening(
        &self,
        request: Request<pb::AskReopeningRequest>,
    ) -> Result<Response<pb::AskReopeningResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let account = faults.text("account_id", &message.account_id, AccountId::parse);
        let reason = faults.text("reason", &message.reason, ReviewReason::parse);
        let ((id, account), reason) = faults.finish(id.zip(account).zip(reason))?;
        let repeat = self.0.repeat(id, "HotlineService/AskReopening", &message.encode_to_vec());
        let asked = self.0.ask_reopening(&by, &repeat, account, &reason).await?;
        let (outcome, shown) = match &asked {
            Asked::Asked(view) => (pb::AskReopeningOutcome::Asked, Some(view)),
            Asked::AlreadyAsked(view) => (pb::AskReopeningOutcome::AlreadyAsked, Some(view)),
            Asked::NotNeeded => (pb::AskReopeningOutcome::NotNeeded, None),
        };
        Ok(Response::new(pb::AskReopeningResponse {
            outcome: outcome.into(),
            reopening: shown.map(reopening),
            advice: Some(render::text(advice::reopening_asked(&asked))),
        }))
    }

    async fn approve_reopening(
        &self,
        request: Request<pb::ApproveReopeningRequest>,
    ) -> Result<Response<pb::ApproveReopeningResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let wish = faults.text("reopening_id", &message.reopening_id, ReopeningId::parse);
        let (id, wish) = faults.finish(id.zip(wish))?;
        let repeat = self.0.repeat(id, "HotlineService/ApproveReopening", &message.encode_to_vec());
        let approved = self.0.approve_reopening(&by, &repeat, wish).await?;
        let (outcome, closes_at) = match &approved {
            Reopened::Reopened { closes_at } => (pb::ApproveReopeningOutcome::Reopened, *closes_at),
            Reopened::Refused(CannotSettle::OwnWish) => (pb::ApproveReopeningOutcome::OwnWish, None),
            Reopened::Refused(CannotSettle::NotPending) => (pb::ApproveReopeningOutcome::NotPending, None),
            Reopened::NotNeeded => (pb::ApproveReopeningOutcome::NotNeeded, None),
        };
        Ok(Response::new(pb::ApproveReopeningResponse {
            outcome: outcome.into(),
            window_closes_at: closes_at.map(render::instant),
            advice: Some(render::text(advice::reopened(&approved))),
        }))
    }

    async fn decline_reopening(
        &self,
        request: Request<pb::DeclineReopeningRequest>,
    ) -> Result<Response<pb::DeclineReopeningResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let wish = faults.text("reopening_id", &message.reopening_id, ReopeningId::parse);
        let wish = faults.finish(wish)?;
        let declined = self.0.decline_reopening(&by, wish).await?;
        let outcome = match declined {
            Ok(()) => pb::DeclineReopeningOutcome::Declined,
            Err(_) => pb::DeclineReopeningOutcome::NotPending,
        };
        Ok(Response::new(pb::DeclineReopeningResponse {
            outcome: outcome.into(),
            advice: Some(render::text(advice::reopening_declined(declined.is_ok()))),
        }))
    }

    async fn list_reopenings(
        &self,
        request: Request<pb::ListReopeningsRequest>,
    ) -> Result<Response<pb::ListReopeningsResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
        let (size, token) = faults.finish(page)?;
        let found = self.0.reopenings(&by, token.as_deref(), size).await?;
        Ok(Response::new(pb::ListReopeningsResponse {
            reopenings: found.waiting.iter().map(reopening).collect(),
            next_page_token: found.next.as_deref().map(written).unwrap_or_default(),
        }))
    }
}

fn reopening(view: &ReopeningView) -> pb::Reopening {
    let reopening = &view.reopening;
    let state = match reopening.state {
        ReopeningState::Pending => pb::ReopeningState::Pending,
        ReopeningState::Approved { .. } => pb::ReopeningState::Approved,
        ReopeningState::Declined { .. } => pb::ReopeningState::Declined,
        ReopeningState::Lapsed => pb::ReopeningState::Lapsed,
    };
    pb::Reopening {
        reopening_id: reopening.id.to_string(),
        account_id: reopening.account.to_string(),
        asked_by: reopening.asked_by.to_string(),
        asked_at: Some(render::instant(reopening.asked_at)),
        expires_at: Some(render::instant(reopening.expires_at())),
        state: state.into(),
        reason: view.reason.as_str().to_owned(),
    }
}
