//! `FollowUpService`: how far accounts have come, and who needs a hand. Also that a notice was opened, which the app tells.

use tonic::{Request, Response, Status};

use super::activation::timetable;
use super::advice::follow_up::obstacle as advice;
use super::enrolment::officer;
use super::gate::caller;
use super::paging::{SHORT, page, written};
use super::parse::{self, Faults};
use super::render;
use crate::app::{App, FollowUpRequest, FunnelCounts, Login, NeedsHand, Officer, Whose};
use crate::domain::follow_up::{Funnel, Helper, Milestone, Obstacle};
use crate::domain::staff::Role;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::proto as pb;

/// Days of a span that is counted.
const SPAN_DAYS_MAX: i64 = 31;

const WRONG_REASON: Malformed =
    Malformed::new("Not a reason for standing still.", "Không phải lý do tài khoản bị dừng.");
const WRONG_SPAN: Malformed = Malformed::new(
    "Not before issued_from, and within 31 days of it.",
    "Không trước issued_from và trong vòng 31 ngày kể từ ngày đó.",
);

pub(super) struct FollowUp(pub(super) App);

#[tonic::async_trait]
impl pb::follow_up_service_server::FollowUpService for FollowUp {
    async fn list_standing_still(
        &self,
        request: Request<pb::ListStandingStillRequest>,
    ) -> Result<Response<pb::ListStandingStillResponse>, Status> {
        let by = caller(&request)?;
        let office = office(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let reason = faults.take("reason", reason(message.reason));
        let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
        let (obstacle, (size, token)) = faults.finish(reason.zip(page))?;
        let asked = FollowUpRequest { obstacle, token, size };
        let found = self.0.needing_a_hand(&by, whose(office.as_ref()), &asked).await?;
        Ok(Response::new(pb::ListStandingStillResponse {
            accounts: found.accounts.iter().map(needs_hand).collect(),
            next_page_token: found.next.map(|token| written(&token)).unwrap_or_default(),
            unreadable: found.unreadable.iter().map(ToString::to_string).collect(),
        }))
    }

    async fn count_funnel(
        &self,
        request: Request<pb::CountFunnelRequest>,
    ) -> Result<Response<pb::CountFunnelResponse>, Status> {
        let office = office(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let span = span(&mut faults, &message);
        let span = faults.finish(span)?;
        Ok(Response::new(counted(&self.0.count_funnel(whose(office.as_ref()), span).await?)))
    }
}

/// Notes that the holder came to the app by the notice.
pub(super) async fn note_opened(
    app: &App,
    request: Request<pb::NoteNoticeOpenedRequest>,
    login: impl FnOnce(&mut Faults, &str, &str) -> Option<Login>,
) -> Result<Response<pb::NoteNoticeOpenedResponse>, Status> {
    let by = caller(&request)?;
    let message = request.into_inner();
    let mut faults = Faults::default();
    let login = login(&mut faults, &message.identity_number, &message.phone);
    let login = faults.finish(login)?;
    let outcome = if app.note_notice_opened(&by, &login).await? {
        pb::NoteNoticeOpenedOutcome::Noted
    } else {
        pb::NoteNoticeOpenedOutcome::NotMatched
    };
    let shown = timetable(&app.stand(&login).await?.outlook, app.clock().now());
    Ok(Response::new(pb::NoteNoticeOpenedResponse { outcome: outcome.into(), timetable: Some(shown) }))
}

/// The officer whose office is meant; `None` for the hotline, which helps everybody.
fn office<T>(request: &Request<T>) -> Result<Option<Officer>, Status> {
    match caller(request)?.role() {
        Role::Hotline => Ok(None),
        _ => officer(request).map(|(_, officer)| Some(officer)),
    }
}

fn whose(office: Option<&Officer>) -> Whose<'_> {
    office.map_or(Whose::All, Whose::Office)
}

fn reason(asked: i32) -> Result<Option<Obstacle>, Malformed> {
    let asked = pb::FollowUpReason::try_from(asked).map_err(|_| WRONG_REASON)?;
    Ok(Obstacle::ALL.into_iter().find(|one| obstacle(*one) == asked))
}

fn span(faults: &mut Faults, message: &pb::CountFunnelRequest) -> Option<(Timestamp, Timestamp)> {
    let from = faults.text("issued_from", &message.issued_from, parse::read_day);
    let until = faults.text("issued_until", &message.issued_until, parse::read_day);
    let (from, until) = from.zip(until)?;
    let days = (until - from).whole_days();
    let right = if (0..SPAN_DAYS_MAX).contains(&days) { until.next_day() } else { None };
    let after = faults.take("issued_until", right.ok_or(WRONG_SPAN))?;
    Some((Timestamp::start_of(from), Timestamp::start_of(after)))
}

fn needs_hand(one: &NeedsHand) -> pb::FollowedAccount {
    let (identity_number_masked, phone_masked) = one.masked.clone().unwrap_or_default();
    pb::FollowedAccount {
        account_id: one.account.id.to_string(),
        enrolment_id: one.account.enrolment.to_string(),
        funnel: Some(funnel(&one.funnel)),
        window_closes_at: one
            .account
            .window_closes_at()
            .filter(|_| one.obstacle != Obstacle::NoDevice)
            .map(render::instant),
        identity_number_masked,
        phone_masked,
    }
}

/// How far an account has come.
pub(super) fn funnel(funnel: &Funnel) -> pb::Funnel {
    let passed = funnel
        .passed
        .iter()
        .map(|(milestone, at)| pb::FunnelPassage { stage: stage(*milestone).into(), at: Some(render::instant(*at)) });
    let found = funnel.pace.obstacle();
    pb::Funnel {
        passed: passed.collect(),
        reason: found.map_or(pb::FollowUpReason::Unspecified, obstacle).into(),
        helper: found.map_or(pb::FollowUpHelper::Unspecified, |found| helper(found.helper())).into(),
        advice: found.map(|found| render::text(advice(found))),
    }
}

fn counted(counts: &FunnelCounts) -> pb::CountFunnelResponse {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let stages = counts
        .by_milestone
        .iter()
        .map(|(one, count)| pb::StageCount { stage: stage(*one).into(), count: number(*count) });
    let reasons = counts
        .by_obstacle
        .iter()
        .map(|(one, count)| pb::ReasonCount { reason: obstacle(*one).into(), count: number(*count) });
    pb::CountFunnelResponse {
        counted_at: Some(render::instant(counts.at)),
        total: number(counts.total),
        by_stage: stages.collect(),
        by_reason: reasons.collect(),
    }
}

const fn stage(milestone: Milestone) -> pb::FunnelStage {
    match milestone {
        Milestone::Issued => pb::FunnelStage::Issued,
        Milestone::Notified => pb::FunnelStage::Notified,
        Milestone::Delivered => pb::FunnelStage::Delivered,
        Milestone::Opened => pb::FunnelStage::Opened,
        Milestone::CodeAsked => pb::FunnelStage::CodeAsked,
        Milestone::CodeTried => pb::FunnelStage::CodeTried,
        Milestone::KeyBound => pb::FunnelStage::KeyBound,
        Milestone::Active => pb::FunnelStage::Active,
    }
}

const fn obstacle(obstacle: Obstacle) -> pb::FollowUpReason {
    match obstacle {
        Obstacle::NoticeWaits => pb::FollowUpReason::NoticeWaits,
        Obstacle::NoticeFailed => pb::FollowUpReason::NoticeFailed,
        Obstacle::NoticeLost => pb::FollowUpReason::NoticeLost,
        Obstacle::NoticeNotDelivered => pb::FollowUpReason::NoticeNotDelivered,
        Obstacle::CodeNotAsked => pb::FollowUpReason::CodeNotAsked,
        Obstacle::CodeNotTried => pb::FollowUpReason::CodeNotTried,
        Obstacle::WrongCodes => pb::FollowUpReason::WrongCodes,
        Obstacle::FailedToday => pb::FollowUpReason::FailedToday,
        Obstacle::FailedInRow => pb::FollowUpReason::FailedInRow,
        Obstacle::WindowLapsed => pb::FollowUpReason::WindowLapsed,
        Obstacle::NoDevice => pb::FollowUpReason::NoDevice,
    }
}

const fn helper(helper: Helper) -> pb::FollowUpHelper {
    match helper {
        Helper::Holder => pb::FollowUpHelper::Holder,
        Helper::Office => pb::FollowUpHelper::Office,
        Helper::Hotline => pb::FollowUpHelper::Hotline,
        Helper::Operator => pb::FollowUpHelper::Operator,
    }
}
