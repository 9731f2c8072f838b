//! `ProposalService`: what one person proposes and another approves.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::gate::caller;
use super::paging::{SHORT, page, written};
use super::parse::Faults;
use super::{advice, render, staff};
use crate::app::{App, Effect, Opening, ProposalView, Settled};
use crate::domain::ids::{ProposalId, RequestId};
use crate::domain::law::activation;
use crate::domain::proposal::{CannotSettle, ProposalKind, ProposalState, WhyVoid};
use crate::domain::text::Malformed;
use crate::domain::time::format_date;
use crate::proto as pb;

const WRONG_KIND: Malformed = Malformed::new(
    "Not a kind of proposals. Leave it out to see every kind.",
    "Không phải loại đề nghị. Bỏ trống để xem mọi loại.",
);

pub(super) struct Proposals(pub(super) App);

#[tonic::async_trait]
impl pb::proposal_service_server::ProposalService for Proposals {
    async fn get_proposal(
        &self,
        request: Request<pb::GetProposalRequest>,
    ) -> Result<Response<pb::GetProposalResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("proposal_id", &message.proposal_id, ProposalId::parse);
        let id = faults.finish(id)?;
        let view = self.0.proposal(&by, id).await?;
        Ok(Response::new(pb::GetProposalResponse { proposal: Some(proposal(&view)) }))
    }

    async fn list_proposals(
        &self,
        request: Request<pb::ListProposalsRequest>,
    ) -> Result<Response<pb::ListProposalsResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let kind = faults.take("kind", read_kind(message.kind));
        let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
        let (kind, (size, token)) = faults.finish(kind.zip(page))?;
        let found = self.0.proposals(&by, kind, token.as_deref(), size).await?;
        Ok(Response::new(pb::ListProposalsResponse {
            proposals: found.waiting.iter().map(proposal).collect(),
            next_page_token: found.next.as_deref().map(written).unwrap_or_default(),
        }))
    }

    async fn approve_proposal(
        &self,
        request: Request<pb::ApproveProposalRequest>,
    ) -> Result<Response<pb::ApproveProposalResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let wanted = faults.text("proposal_id", &message.proposal_id, ProposalId::parse);
        let (id, wanted) = faults.finish(id.zip(wanted))?;
        let repeat = self.0.repeat(id, "ProposalService/ApproveProposal", &message.encode_to_vec());
        let settled = self.0.approve_proposal(&by, &repeat, wanted).await?;
        let (outcome, view) = outcome(&settled);
        Ok(Response::new(pb::ApproveProposalResponse {
            outcome: outcome.into(),
            proposal: Some(proposal(view)),
            advice: Some(render::text(advice::settled(&settled))),
        }))
    }

    async fn decline_proposal(
        &self,
        request: Request<pb::DeclineProposalRequest>,
    ) -> Result<Response<pb::DeclineProposalResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let wanted = faults.text("proposal_id", &message.proposal_id, ProposalId::parse);
        let wanted = faults.finish(wanted)?;
        let settled = self.0.decline_proposal(&by, wanted).await?;
        let (outcome, view) = outcome(&settled);
        Ok(Response::new(pb::DeclineProposalResponse {
            outcome: outcome.into(),
            proposal: Some(proposal(view)),
            advice: Some(render::text(advice::settled(&settled))),
        }))
    }
}

const fn outcome(settled: &Settled) -> (pb::SettleOutcome, &ProposalView) {
    match settled {
        Settled::Approved(view) => (pb::SettleOutcome::Approved, view),
        Settled::Declined(view) => (pb::SettleOutcome::Declined, view),
        Settled::Refused(CannotSettle::OwnProposal, view) => (pb::SettleOutcome::OwnProposal, view),
        Settled::Refused(CannotSettle::NotPending, view) => (pb::SettleOutcome::NotPending, view),
        Settled::Refused(CannotSettle::OtherRole, view) => (pb::SettleOutcome::OtherRole, view),
        Settled::Void(WhyVoid::Changed, view) => (pb::SettleOutcome::Changed, view),
        Settled::Void(WhyVoid::NotNeeded, view) => (pb::SettleOutcome::NotNeeded, view),
    }
}

/// The kind asked for; `None`: every kind.
fn read_kind(asked: i32) -> Result<Option<ProposalKind>, Malformed> {
    let asked = pb::ProposalKind::try_from(asked).map_err(|_| WRONG_KIND)?;
    Ok(ProposalKind::ALL.into_iter().find(|one| kind(*one) == asked))
}

const fn kind(kind: ProposalKind) -> pb::ProposalKind {
    match kind {
        ProposalKind::Reopening => pb::ProposalKind::Reopening,
        ProposalKind::Staff => pb::ProposalKind::Staff,
    }
}

const fn state(state: ProposalState) -> pb::ProposalState {
    match state {
        ProposalState::Pending => pb::ProposalState::Pending,
        ProposalState::Approved { .. } => pb::ProposalState::Approved,
        ProposalState::Declined { .. } => pb::ProposalState::Declined,
        ProposalState::Void { .. } => pb::ProposalState::Void,
        ProposalState::Lapsed => pb::ProposalState::Lapsed,
    }
}

/// A proposal, with what will happen.
pub(super) fn proposal(view: &ProposalView) -> pb::Proposal {
    let proposal = &view.proposal;
    let settled = proposal.state.settled();
    let (summary, effect) = match &view.effect {
        None => (None, None),
        Some(Err(why)) => (Some(render::text(advice::void(*why))), None),
        Some(Ok(foreseen)) => {
            let (summary, effect) = effect(foreseen);
            (Some(summary), Some(effect))
        }
    };
    pb::Proposal {
        proposal_id: proposal.id.to_string(),
        kind: kind(proposal.act.kind()).into(),
        target_id: proposal.act.target().to_string(),
        asked_by: proposal.asked_by.to_string(),
        asked_at: Some(render::instant(proposal.asked_at)),
        expires_at: Some(render::instant(proposal.expires_at)),
        state: state(proposal.state).into(),
        reason: view.reason.as_str().to_owned(),
        settled_by: settled.map(|(by, _)| by.to_string()).unwrap_or_default(),
        settled_at: settled.map(|(_, at)| render::instant(at)),
        summary,
        effect,
    }
}

fn effect(effect: &Effect) -> (pb::Text, pb::proposal::Effect) {
    match effect {
        Effect::Reopening(opening) => (opening_summary(opening), pb::proposal::Effect::Reopening(reopening(opening))),
        Effect::Staff(doing) => (staff::summary(doing), pb::proposal::Effect::Staff(staff::effect(doing))),
    }
}

fn reopening(opening: &Opening) -> pb::ReopeningEffect {
    pb::ReopeningEffect {
        account_id: opening.account().to_string(),
        days_begin_anew: opening.anew,
        window_closes_at: opening.closes_at.map(render::instant),
    }
}

fn opening_summary(opening: &Opening) -> pb::Text {
    let last_day = opening.closes_at.map(activation::last_day).map(format_date);
    let (en, vi) = match (opening.anew, last_day) {
        (true, Some(day)) => (
            format!(
                "The days for activation begin anew and end on {day}; wrong codes are forgiven; the holder is told."
            ),
            format!(
                "Thời hạn kích hoạt được tính lại và kết thúc vào ngày {day}; các lần nhập sai mã được xóa; chủ tài khoản \
                 được thông báo."
            ),
        ),
        (false, Some(day)) => (
            format!("Wrong codes are forgiven; the days for activation still end on {day}; the holder is told."),
            format!(
                "Các lần nhập sai mã được xóa; thời hạn kích hoạt vẫn kết thúc vào ngày {day}; chủ tài khoản được thông báo."
            ),
        ),
        (_, None) => ("Wrong codes are forgiven.".to_owned(), "Các lần nhập sai mã được xóa.".to_owned()),
    };
    pb::Text { en, vi }
}
