//! Working lists: pages of an office's requests, and the numbers above them.

use tonic::{Request, Response, Status};

use super::enrolment::{held_by, officer};
use super::mask::Mask;
use super::paging::{SHORT, page, written};
use super::parse::{self, Faults};
use super::render;
use crate::app::{App, Counts, ListRequest, OfficeScope};
use crate::domain::enrolment::{Holder, StageName};
use crate::domain::staff::OfficeCode;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::domain::working_list::Filter;
use crate::proto as pb;

const WRONG_STATE: Malformed = Malformed::new("Not a state of a request.", "Không phải trạng thái của hồ sơ.");
const WRONG_HOLDER: Malformed = Malformed::new("Nobody of the protocol.", "Không phải bên xử lý nêu trong giao thức.");
const WRONG_INSTANT: Malformed = Malformed::new("Not a moment.", "Không phải thời điểm hợp lệ.");
const WRONG_MAP: Malformed = Malformed::new("Not a map of offices.", "Không phải loại danh mục đơn vị.");
const NEEDS_AS_RECEIVED: Malformed = Malformed::new(
    "An office or a day can be asked for by AS_RECEIVED only.",
    "Chỉ có thể nêu đơn vị hoặc ngày khi tra theo AS_RECEIVED.",
);

/// Lists requests.
pub(super) async fn list(app: &App, request: Request<pb::ListRequest>) -> Result<Response<pb::ListResponse>, Status> {
    let (by, officer) = officer(&request)?;
    let message = request.into_inner();
    let mut faults = Faults::default();
    let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
    let state = faults.take("state", state(message.state));
    let filter = filter(&mut faults, message.filter.as_ref(), state.flatten());
    let offices = office_scope(&mut faults, message.office_map, (&message.office, &message.office_on));
    let mask = Mask::read(&mut faults, message.read_mask.as_ref());
    let read = state.and(page).zip(filter.zip(offices)).zip(mask);
    let (((size, token), (filter, offices)), mask) = faults.finish(read)?;
    let page = app.enrolments(&by, &officer, &ListRequest { filter, offices, token, size }).await?;
    let shown = |one| mask.apply(held_by(&officer, render::enrolment(one)));
    Ok(Response::new(pb::ListResponse {
        enrolments: page.enrolments.iter().map(shown).collect(),
        next_page_token: page.next.map(|token| written(&token)).unwrap_or_default(),
        unreadable: page.unreadable.iter().map(ToString::to_string).collect(),
    }))
}

/// Counts requests.
pub(super) async fn count(
    app: &App,
    request: Request<pb::CountRequest>,
) -> Result<Response<pb::CountResponse>, Status> {
    let (_, officer) = officer(&request)?;
    let message = request.into_inner();
    let mut faults = Faults::default();
    let filter = filter(&mut faults, message.filter.as_ref(), None);
    let offices = office_scope(&mut faults, message.office_map, (&message.office, &message.office_on));
    let (filter, offices) = faults.finish(filter.zip(offices))?;
    Ok(Response::new(counted(&app.count(&officer, &filter, &offices).await?)))
}

fn counted(counts: &Counts) -> pb::CountResponse {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let by_state = counts
        .by_stage
        .iter()
        .map(|(stage, count)| pb::StateCount { state: render::state(*stage).into(), count: number(*count) });
    let by_holder = counts.by_holder.iter().map(|one| pb::HolderCount {
        holder: render::holder(one.holder).into(),
        count: number(one.count),
        overdue: number(one.overdue),
    });
    pb::CountResponse {
        counted_at: Some(render::instant(counts.at)),
        total: number(counts.total),
        by_state: by_state.collect(),
        by_holder: by_holder.collect(),
    }
}

/// What requests must be like, with one more state that an earlier client may have sent beside it.
fn filter(faults: &mut Faults, filter: Option<&pb::EnrolmentFilter>, beside: Option<StageName>) -> Option<Filter> {
    let states = filter.map(|filter| filter.states.as_slice()).unwrap_or_default();
    let (mut stages, mut right) = (Vec::from_iter(beside), true);
    for (at, one) in states.iter().enumerate() {
        let read = state(*one).and_then(|stage| stage.ok_or(WRONG_STATE));
        let stage = faults.take(&format!("filter.states[{at}]"), read);
        right &= stage.is_some();
        stages.extend(stage);
    }
    let found = Filter::all().in_stages(&stages);
    let Some(filter) = filter else { return Some(found) };
    let from = instant(faults, "filter.received_from", filter.received_from.as_ref());
    let until = instant(faults, "filter.received_until", filter.received_until.as_ref());
    let holder = faults.take("filter.holder", holder(filter.holder));
    let found = from?.into_iter().fold(found, Filter::received_from);
    let found = until?.into_iter().fold(found, Filter::received_until);
    let found = holder?.into_iter().fold(found, Filter::held_by);
    right.then(|| if filter.overdue { found.overdue() } else { found })
}

#[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
fn instant(faults: &mut Faults, field: &str, at: Option<&prost_types::Timestamp>) -> Option<Option<Timestamp>> {
    at.map_or(Some(None), |at| faults.take(field, parse::instant(at).ok_or(WRONG_INSTANT)).map(Some))
}

/// By which map of offices requests are asked for. A code or a day means nothing to today's map.
fn office_scope(faults: &mut Faults, map: i32, (office, on): (&str, &str)) -> Option<OfficeScope> {
    let office = faults.optional("office", office, OfficeCode::parse);
    let on = faults.optional("office_on", on, parse::read_day);
    let map = faults.take("office_map", pb::OfficeMap::try_from(map).map_err(|_| WRONG_MAP));
    let (office, on) = (office?, on?);
    match map? {
        pb::OfficeMap::AsReceived => Some(OfficeScope::AsReceived { office, on }),
        pb::OfficeMap::Unspecified | pb::OfficeMap::Today if office.is_none() && on.is_none() => {
            Some(OfficeScope::Today)
        }
        pb::OfficeMap::Unspecified | pb::OfficeMap::Today => {
            faults.fault("office_map", NEEDS_AS_RECEIVED);
            None
        }
    }
}

fn state(asked: i32) -> Result<Option<StageName>, Malformed> {
    match pb::EnrolmentState::try_from(asked) {
        Ok(pb::EnrolmentState::Unspecified) => Ok(None),
        Ok(pb::EnrolmentState::Forwarded) => Ok(Some(StageName::Forwarded)),
        Ok(pb::EnrolmentState::Issued) => Ok(Some(StageName::Issued)),
        Ok(pb::EnrolmentState::Refused) => Ok(Some(StageName::Refused)),
        Ok(pb::EnrolmentState::Referred) => Ok(Some(StageName::Referred)),
        Ok(pb::EnrolmentState::Received) => Ok(Some(StageName::Received)),
        Ok(pb::EnrolmentState::Returned) => Ok(Some(StageName::Returned)),
        Ok(pb::EnrolmentState::Withdrawn) => Ok(Some(StageName::Withdrawn)),
        Err(_) => Err(WRONG_STATE),
    }
}

fn holder(asked: i32) -> Result<Option<Holder>, Malformed> {
    match pb::Holder::try_from(asked) {
        Ok(pb::Holder::Unspecified) => Ok(None),
        Ok(pb::Holder::Service) => Ok(Some(Holder::Service)),
        Ok(pb::Holder::Supervisor) => Ok(Some(Holder::Supervisor)),
        Ok(pb::Holder::Office) => Ok(Some(Holder::Office)),
        Ok(pb::Holder::Authority) => Ok(Some(Holder::Authority)),
        Ok(pb::Holder::Nobody) => Ok(Some(Holder::Nobody)),
        Err(_) => Err(WRONG_HOLDER),
    }
}
