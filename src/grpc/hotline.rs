//! `HotlineService`: somebody of the hotline asks to open the way to activation again.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::gate::caller;
use super::parse::Faults;
use super::proposals::proposal;
use super::{advice, render};
use crate::app::{App, Asked};
use crate::domain::ids::{AccountId, RequestId};
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
            proposal: shown.map(proposal),
            advice: Some(render::text(advice::reopening_asked(&asked))),
        }))
    }
}
