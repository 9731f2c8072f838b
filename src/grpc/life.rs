//! `AccountLifeService`: what locks accounts, their documents, orders of authorities, their end.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::administration::purpose;
use super::advice::life as advice;
use super::enrolment::officer;
use super::gate::caller;
use super::paging::{SHORT, page, written};
use super::parse::{Faults, bearer, chip, maybe_card, maybe_passport};
use super::{proposals, render};
use crate::app::{App, Close, Filing, LifeView, Lift, LockedNow, OrderView, ShownLock, ShownPapers, Stepped, Updated};
use crate::domain::account::Standing;
use crate::domain::ids::{AccountId, LockId, OrderId, RequestId};
use crate::domain::life::{ClosingReason, DocumentKind};
use crate::domain::lock::{CannotLock, Ground};
use crate::domain::order::{CannotStep, OrderContent, OrderKind, OrderState, OrderText};
use crate::domain::review::ReviewReason;
use crate::domain::text::Malformed;
use crate::domain::time::format_date;
use crate::proto as pb;

const NO_LOCK: Malformed = Malformed::new(
    "An order to lock names no ground. Leave it empty.",
    "Lệnh khóa không nêu căn cứ cần gỡ. Hãy để trống.",
);
const NOT_A_CHOICE: Malformed = Malformed::new(
    "Required: one of the values listed in the protocol.",
    "Bắt buộc: một trong các giá trị nêu trong giao thức.",
);
const NO_DOCUMENT: Malformed = Malformed::new(
    "Give the new passport, the new residence card, or both.",
    "Hãy nhập hộ chiếu mới, thẻ cư trú mới, hoặc cả hai.",
);

pub(super) struct AccountLife(pub(super) App);

#[tonic::async_trait]
impl pb::account_life_service_server::AccountLifeService for AccountLife {
    async fn get_life(&self, request: Request<pb::GetLifeRequest>) -> Result<Response<pb::GetLifeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("account_id", &message.account_id, AccountId::parse);
        let why = faults.take("purpose", purpose(message.purpose()));
        let (id, why) = faults.finish(id.zip(why))?;
        Ok(Response::new(life(&self.0.account_life(&by, why, id).await?)))
    }

    async fn lock_account(
        &self,
        request: Request<pb::LockAccountRequest>,
    ) -> Result<Response<pb::LockAccountResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let account = faults.text("account_id", &message.account_id, AccountId::parse);
        let ground = faults.take("ground", read_ground(message.ground()).ok_or(NOT_A_CHOICE));
        let evidence = faults.text("evidence", &message.evidence, ReviewReason::parse);
        let ((id, what), evidence) = faults.finish(id.zip(account.zip(ground)).zip(evidence))?;
        let repeat = self.0.repeat(id, "AccountLifeService/LockAccount", &message.encode_to_vec());
        let locked = self.0.lock_account(&by, &repeat, what, &evidence).await?;
        let (outcome, lock) = match &locked {
            LockedNow::Locked(lock) => (pb::LockAccountOutcome::Locked, lock.to_string()),
            LockedNow::AlreadyLocked => (pb::LockAccountOutcome::AlreadyLocked, String::new()),
            LockedNow::Closed => (pb::LockAccountOutcome::Closed, String::new()),
            LockedNow::Refused(CannotLock::NotForRole) => (pb::LockAccountOutcome::OtherRole, String::new()),
            LockedNow::Refused(_) => (pb::LockAccountOutcome::NotSettable, String::new()),
        };
        let advice = Some(render::text(advice::locked(&locked)));
        Ok(Response::new(pb::LockAccountResponse { outcome: outcome.into(), lock_id: lock, advice }))
    }

    async fn lift_lock(&self, request: Request<pb::LiftLockRequest>) -> Result<Response<pb::LiftLockResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let lock = faults.text("lock_id", &message.lock_id, LockId::parse);
        let reason = faults.text("reason", &message.reason, ReviewReason::parse);
        let ((id, lock), reason) = faults.finish(id.zip(lock).zip(reason))?;
        let repeat = self.0.repeat(id, "AccountLifeService/LiftLock", &message.encode_to_vec());
        let lift = self.0.propose_lift(&by, &repeat, lock, &reason).await?;
        let (outcome, view) = match &lift {
            Lift::Proposed(view) => (pb::LiftLockOutcome::Proposed, Some(view)),
            Lift::AlreadyProposed(view) => (pb::LiftLockOutcome::AlreadyProposed, Some(view)),
            Lift::Refused(CannotLock::Ended) => (pb::LiftLockOutcome::Ended, None),
            Lift::Refused(_) => (pb::LiftLockOutcome::OtherRole, None),
            Lift::NoOrder => (pb::LiftLockOutcome::NoOrder, None),
        };
        Ok(Response::new(pb::LiftLockResponse {
            outcome: outcome.into(),
            proposal: view.map(proposals::proposal),
            advice: Some(render::text(advice::lift(&lift))),
        }))
    }

    async fn close_account(
        &self,
        request: Request<pb::CloseAccountRequest>,
    ) -> Result<Response<pb::CloseAccountResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let account = faults.text("account_id", &message.account_id, AccountId::parse);
        let why = faults.take("closing_reason", read_closing(message.closing_reason()).ok_or(NOT_A_CHOICE));
        let reason = faults.text("reason", &message.reason, ReviewReason::parse);
        let ((id, what), reason) = faults.finish(id.zip(account.zip(why)).zip(reason))?;
        let repeat = self.0.repeat(id, "AccountLifeService/CloseAccount", &message.encode_to_vec());
        let close = self.0.propose_closing(&by, &repeat, what, &reason).await?;
        let (outcome, view) = match &close {
            Close::Proposed(view) => (pb::CloseAccountOutcome::Proposed, Some(view)),
            Close::AlreadyProposed(view) => (pb::CloseAccountOutcome::AlreadyProposed, Some(view)),
            Close::AlreadyClosed => (pb::CloseAccountOutcome::AlreadyClosed, None),
        };
        Ok(Response::new(pb::CloseAccountResponse {
            outcome: outcome.into(),
            proposal: view.map(proposals::proposal),
            advice: Some(render::text(advice::close(&close))),
        }))
    }

    async fn update_documents(
        &self,
        request: Request<pb::UpdateDocumentsRequest>,
    ) -> Result<Response<pb::UpdateDocumentsResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let account = faults.text("account_id", &message.account_id, AccountId::parse);
        let shown = papers(&mut faults, &message);
        let ((id, account), shown) = faults.finish(id.zip(account).zip(shown))?;
        let repeat = self.0.repeat(id, "AccountLifeService/UpdateDocuments", &message.encode_to_vec());
        let updated = self.0.update_documents(&by, &officer, &repeat, (account, &shown)).await?;
        let mut answer = pb::UpdateDocumentsResponse {
            advice: Some(render::text(advice::updated(&updated))),
            ..pb::UpdateDocumentsResponse::default()
        };
        let outcome = match &updated {
            Updated::Joined => pb::UpdateDocumentsOutcome::Joined,
            Updated::Referred(view) => {
                answer.proposal = Some(proposals::proposal(view));
                pb::UpdateDocumentsOutcome::Referred
            }
            Updated::NotAccepted(findings) => {
                answer.findings = render::findings(findings.iter());
                pb::UpdateDocumentsOutcome::NotAccepted
            }
            Updated::Closed => pb::UpdateDocumentsOutcome::Closed,
        };
        answer.outcome = outcome.into();
        Ok(Response::new(answer))
    }

    async fn file_order(
        &self,
        request: Request<pb::FileOrderRequest>,
    ) -> Result<Response<pb::FileOrderResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let filing = filing(&mut faults, &message);
        let (id, filing) = faults.finish(id.zip(filing))?;
        let repeat = self.0.repeat(id, "AccountLifeService/FileOrder", &message.encode_to_vec());
        let filed = self.0.file_order(&by, &repeat, &filing).await?;
        Ok(Response::new(pb::FileOrderResponse { order: Some(order(&filed)) }))
    }

    async fn forward_order(
        &self,
        request: Request<pb::ForwardOrderRequest>,
    ) -> Result<Response<pb::ForwardOrderResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("order_id", &message.order_id, OrderId::parse);
        let id = faults.finish(id)?;
        let stepped = self.0.forward_order(&by, id).await?;
        let (outcome, view) = step(&stepped);
        Ok(Response::new(pb::ForwardOrderResponse {
            outcome: outcome.into(),
            order: Some(order(view)),
            advice: Some(render::text(advice::stepped(&stepped))),
        }))
    }

    async fn decide_order(
        &self,
        request: Request<pb::DecideOrderRequest>,
    ) -> Result<Response<pb::DecideOrderResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let wanted = faults.text("order_id", &message.order_id, OrderId::parse);
        let refusal = faults.optional("refusal", &message.refusal, ReviewReason::parse);
        let ((id, wanted), refusal) = faults.finish(id.zip(wanted).zip(refusal))?;
        let repeat = self.0.repeat(id, "AccountLifeService/DecideOrder", &message.encode_to_vec());
        let stepped = self.0.decide_order(&by, &repeat, (wanted, refusal.as_ref())).await?;
        let (outcome, view) = step(&stepped);
        Ok(Response::new(pb::DecideOrderResponse {
            outcome: outcome.into(),
            order: Some(order(view)),
            advice: Some(render::text(advice::stepped(&stepped))),
        }))
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
        let account = faults.optional("account_id", &message.account_id, AccountId::parse);
        let ((size, token), account) = faults.finish(page.zip(account))?;
        let found = match account {
            Some(account) => self.0.orders_of_account(&by, account, token.as_deref(), size).await?,
            None => self.0.open_orders(&by, token.as_deref(), size).await?,
        };
        Ok(Response::new(pb::ListOrdersResponse {
            orders: found.orders.iter().map(order).collect(),
            next_page_token: found.next.as_deref().map(written).unwrap_or_default(),
        }))
    }
}

fn papers(faults: &mut Faults, message: &pb::UpdateDocumentsRequest) -> Option<ShownPapers> {
    let bearer = faults.within("person", message.person.as_ref(), bearer);
    let passport = maybe_passport(faults, message.passport.as_ref());
    let card = maybe_card(faults, message.residence_card.as_ref());
    if message.passport.is_none() && message.residence_card.is_none() {
        faults.fault("passport", NO_DOCUMENT);
    }
    let read = match &message.chip {
        None => Some(None),
        some => faults.within("chip", some.as_ref(), chip).map(Some),
    };
    let note = faults.text("note", &message.note, ReviewReason::parse);
    Some(ShownPapers { bearer: bearer?, passport: passport?, card: card?, chip: read?, note: note? })
}

fn filing(faults: &mut Faults, message: &pb::FileOrderRequest) -> Option<Filing> {
    let account = faults.text("account_id", &message.account_id, AccountId::parse);
    let kind = match message.kind() {
        pb::OrderKind::Lock => Some(OrderKind::Lock),
        pb::OrderKind::Unlock => Some(OrderKind::Unlock),
        pb::OrderKind::Unspecified => None,
    };
    let kind = faults.take("kind", kind.ok_or(NOT_A_CHOICE));
    let authority = faults.text("authority", &message.authority, OrderText::parse);
    let reference = faults.text("reference", &message.reference, OrderText::parse);
    let evidence = faults.text("evidence", &message.evidence, ReviewReason::parse);
    let content = OrderContent { authority: authority?, reference: reference?, evidence: evidence? };
    let lifts = match kind? {
        // Which ground it lets go must be said: several authorities may have locked one account.
        OrderKind::Unlock => Some(faults.text("lock_id", &message.lock_id, LockId::parse)?),
        OrderKind::Lock if message.lock_id.is_empty() => None,
        OrderKind::Lock => {
            faults.fault("lock_id", NO_LOCK);
            return None;
        }
    };
    Some(Filing { account: account?, kind: kind?, lifts, is_silent: message.silent, content })
}

fn life(view: &LifeView) -> pb::GetLifeResponse {
    let state = match view.standing {
        Standing::Awaiting { .. } => pb::AccountState::AwaitingActivation,
        Standing::Lapsed { .. } => pb::AccountState::Lapsed,
        Standing::Active { .. } => pb::AccountState::Active,
        Standing::Locked { .. } => pb::AccountState::Locked,
        Standing::Closed { .. } => pb::AccountState::Closed,
    };
    let document = |(kind, valid_until, added_at): &(DocumentKind, _, _)| pb::AccountDocument {
        kind: document_kind(*kind).into(),
        valid_until: format_date(*valid_until),
        added_at: Some(render::instant(*added_at)),
    };
    pb::GetLifeResponse {
        state: state.into(),
        grounds: view.grounds.iter().map(|one| ground(*one).into()).collect(),
        locks: view.locks.iter().map(lock).collect(),
        documents: view.documents.iter().map(document).collect(),
        passport_until: view.papers.passport_until.map(format_date).unwrap_or_default(),
        residence_until: view.papers.residence_until.map(format_date).unwrap_or_default(),
        closed_at: view.closed.map(|closed| render::instant(closed.at)),
        closed_for: view.closed.map_or(pb::ClosingReason::Unspecified, |closed| closing(closed.reason)).into(),
    }
}

fn lock(shown: &ShownLock) -> pb::Lock {
    let lock = &shown.lock;
    pb::Lock {
        lock_id: lock.id.to_string(),
        ground: ground(lock.ground).into(),
        since: Some(render::instant(lock.since)),
        set_by: shown.set_by.to_string(),
        order_id: lock.order.map(|order| order.to_string()).unwrap_or_default(),
        silent: lock.is_silent,
        ended_at: lock.ended_at.map(render::instant),
        ended_by: shown.ended_by.map(|by| by.to_string()).unwrap_or_default(),
        evidence: shown.evidence.as_ref().map(|evidence| evidence.as_str().to_owned()).unwrap_or_default(),
    }
}

fn order(view: &OrderView) -> pb::Order {
    let order = &view.order;
    let kind = match order.kind {
        OrderKind::Lock => pb::OrderKind::Lock,
        OrderKind::Unlock => pb::OrderKind::Unlock,
    };
    let state = match order.state {
        OrderState::Filed => pb::OrderState::Filed,
        OrderState::Forwarded(_) => pb::OrderState::Forwarded,
        OrderState::Approved(..) => pb::OrderState::Approved,
        OrderState::Refused(..) => pb::OrderState::Refused,
    };
    let due = order.state.is_open().then_some(&order.due);
    pb::Order {
        order_id: order.id.to_string(),
        account_id: order.account.to_string(),
        kind: kind.into(),
        state: state.into(),
        authority: view.content.authority.as_str().to_owned(),
        reference: view.content.reference.as_str().to_owned(),
        silent: order.is_silent,
        filed_by: order.filed_by.to_string(),
        filed_at: Some(render::instant(order.filed_at)),
        due_at: due.map(|due| render::instant(due.at)),
        due_provisional: due.is_some_and(|due| due.is_provisional),
        overdue: view.is_overdue,
        refusal: view.refusal.as_ref().map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
    }
}

const fn step(stepped: &Stepped) -> (pb::OrderStepOutcome, &OrderView) {
    match stepped {
        Stepped::Done(view) => (pb::OrderStepOutcome::Done, view),
        Stepped::Refused(CannotStep::WrongStep, view) => (pb::OrderStepOutcome::WrongStep, view),
        Stepped::Refused(CannotStep::OwnForwarding, view) => (pb::OrderStepOutcome::OwnForwarding, view),
    }
}

pub(super) const fn ground(ground: Ground) -> pb::LockGround {
    match ground {
        Ground::HolderRequest => pb::LockGround::HolderRequest,
        Ground::BreachOfTerms => pb::LockGround::BreachOfTerms,
        Ground::PassportExpired => pb::LockGround::PassportExpired,
        Ground::ResidenceExpired => pb::LockGround::ResidenceExpired,
        Ground::Death => pb::LockGround::Death,
        Ground::Order => pb::LockGround::Order,
        Ground::SuspectedCompromise => pb::LockGround::SuspectedCompromise,
    }
}

fn read_ground(asked: pb::LockGround) -> Option<Ground> {
    Ground::ALL.into_iter().find(|one| ground(*one) == asked)
}

pub(super) const fn closing(reason: ClosingReason) -> pb::ClosingReason {
    match reason {
        ClosingReason::Death => pb::ClosingReason::Death,
        ClosingReason::Duplicate => pb::ClosingReason::Duplicate,
    }
}

fn read_closing(asked: pb::ClosingReason) -> Option<ClosingReason> {
    ClosingReason::ALL.into_iter().find(|one| closing(*one) == asked)
}

pub(super) const fn document_kind(kind: DocumentKind) -> pb::AccountDocumentKind {
    match kind {
        DocumentKind::Passport => pb::AccountDocumentKind::Passport,
        DocumentKind::TemporaryCard => pb::AccountDocumentKind::TemporaryCard,
        DocumentKind::PermanentCard => pb::AccountDocumentKind::PermanentCard,
    }
}
