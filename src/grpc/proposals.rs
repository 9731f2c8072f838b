//! `ProposalService`: what one person proposes and another approves.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::gate::caller;
use super::paging::{SHORT, page, written};
use super::parse::Faults;
use super::{advice, contact_changes, life, render, staff};
use crate::app::{App, Closing, Effect, Opening, ProposalView, Settled, UpdateEffect};
use crate::domain::ids::{ProposalId, RequestId};
use crate::domain::law::activation;
use crate::domain::life::ClosingReason;
use crate::domain::lock::Lock;
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
        ProposalKind::LockLift => pb::ProposalKind::LockLift,
        ProposalKind::CentralLockLift => pb::ProposalKind::CentralLockLift,
        ProposalKind::Closing => pb::ProposalKind::Closing,
        ProposalKind::DocumentUpdate => pb::ProposalKind::DocumentUpdate,
        ProposalKind::ContactInPerson => pb::ProposalKind::ContactInPerson,
        ProposalKind::ContactByAuthority => pb::ProposalKind::ContactByAuthority,
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
        Effect::Lift(lock) => (lift_summary(), pb::proposal::Effect::LockLift(lift(lock))),
        Effect::Closing(closing) => (closing_summary(closing), pb::proposal::Effect::Closing(self::closing(closing))),
        Effect::DocumentUpdate(update) => {
            (update_summary(update), pb::proposal::Effect::DocumentUpdate(document_update(update)))
        }
        Effect::ContactChange(approval) => {
            let (summary, effect) = contact_changes::approval(approval);
            (summary, pb::proposal::Effect::ContactChange(effect))
        }
        Effect::Staff(doing) => (staff::summary(doing), pb::proposal::Effect::Staff(staff::effect(doing))),
    }
}

fn lift(lock: &Lock) -> pb::LockLiftEffect {
    pb::LockLiftEffect {
        account_id: lock.account.to_string(),
        lock_id: lock.id.to_string(),
        ground: life::ground(lock.ground).into(),
        since: Some(render::instant(lock.since)),
    }
}

fn lift_summary() -> pb::Text {
    pb::Text {
        en: "This ground is lifted. The account opens if no other one stands; the holder is told then.".to_owned(),
        vi: "Căn cứ khóa này được gỡ. Tài khoản mở nếu không còn căn cứ nào khác; khi đó chủ tài khoản được thông báo."
            .to_owned(),
    }
}

fn closing(closing: &Closing) -> pb::ClosingEffect {
    pb::ClosingEffect {
        account_id: closing.account().to_string(),
        closing_reason: life::closing(closing.reason).into(),
        device_id: closing.device.map(|device| device.to_string()).unwrap_or_default(),
    }
}

fn closing_summary(closing: &Closing) -> pb::Text {
    let (en, vi) = match closing.reason {
        ClosingReason::Death => (
            "The account is closed for good and its device ended. The number stays used; nobody is written to.",
            "Tài khoản bị đóng vĩnh viễn, thiết bị bị gỡ. Số định danh vẫn được giữ; không gửi thông báo.",
        ),
        ClosingReason::Duplicate => (
            "The account is closed for good and its device ended. The number stays used; the holder is told.",
            "Tài khoản bị đóng vĩnh viễn, thiết bị bị gỡ. Số định danh vẫn được giữ; chủ tài khoản được thông báo.",
        ),
    };
    pb::Text { en: en.to_owned(), vi: vi.to_owned() }
}

fn document_update(update: &UpdateEffect) -> pb::DocumentUpdateEffect {
    let document = |(kind, valid_until)| pb::UpdatedDocument {
        kind: life::document_kind(kind).into(),
        valid_until: format_date(valid_until),
    };
    pb::DocumentUpdateEffect {
        account_id: update.account().to_string(),
        documents: update.documents().map(document).collect(),
        names_another: update.differs(),
        rules: update.rules().to_vec(),
    }
}

fn update_summary(update: &UpdateEffect) -> pb::Text {
    let (en, vi) = if update.differs() {
        (
            "Documents that name the holder otherwise than before join the account. What was known before is kept beside them.",
            "Giấy tờ ghi họ tên, ngày sinh hoặc quốc tịch khác trước được cập nhật vào tài khoản. Thông tin cũ vẫn được giữ.",
        )
    } else {
        (
            "Documents that a rule referred join the account. See the rules.",
            "Giấy tờ mà quy tắc yêu cầu xem xét được cập nhật vào tài khoản. Hãy xem các quy tắc.",
        )
    };
    pb::Text { en: en.to_owned(), vi: vi.to_owned() }
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
