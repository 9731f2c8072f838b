//! Where accounts stand: one, many, and what happens to them.

use futures::stream::{BoxStream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::activation::{login, next_step, timetable};
use super::gate::caller;
use super::paging::written;
use super::parse::Faults;
use super::watch::{certificate, read_token};
use super::{advice, render};
use crate::app::{App, Login, Stand, ToldAccount};
use crate::domain::account::Standing;
use crate::domain::account_event::{AccountEvent, AccountPlace, AccountVerb};
use crate::domain::lock::LockClass;
use crate::domain::outlook::Outlook;
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::proto as pb;

/// Logins of one question.
const LOGINS_MAX: usize = 500;
const WRONG_COUNT: Malformed = Malformed::new("At least 1, at most 500.", "Ít nhất 1, nhiều nhất 500.");

/// What a watcher is told.
pub(super) type Events = BoxStream<'static, Result<pb::WatchStatusResponse, Status>>;

/// Where an account stands.
pub(super) fn rendered(Stand { account, outlook }: &Stand, now: Timestamp) -> pb::GetStatusResponse {
    let (shown, closes) = match outlook {
        Outlook::NotMatched => (pb::AccountStanding::NotMatched, None),
        Outlook::Awaiting { closes_at, .. } => (pb::AccountStanding::AwaitingActivation, *closes_at),
        Outlook::Lapsed { closed_at } => (pb::AccountStanding::WindowLapsed, Some(*closed_at)),
        Outlook::Active => (pb::AccountStanding::Active, None),
        Outlook::Locked { .. } => (pb::AccountStanding::Locked, None),
        Outlook::Closed => (pb::AccountStanding::Closed, None),
    };
    let class = if let Outlook::Locked { class } = outlook { Some(*class) } else { None };
    pb::GetStatusResponse {
        standing: shown.into(),
        window_closes_at: closes.map(render::instant),
        next_step: next_step(outlook).into(),
        advice: Some(render::text(advice::outlook(outlook))),
        timetable: Some(timetable(outlook, now)),
        account_id: account.map(|account| account.to_string()).unwrap_or_default(),
        lock_reason: lock_reason(class).into(),
    }
}

/// Where many stand.
pub(super) async fn batch(
    app: &App,
    request: Request<pb::BatchGetStatusRequest>,
) -> Result<Response<pb::BatchGetStatusResponse>, Status> {
    let mut faults = Faults::default();
    let logins = logins(&mut faults, &request.get_ref().logins);
    let stands = app.stands(&faults.finish(logins)?).await?;
    let now = app.clock().now();
    let statuses = stands.iter().map(|stand| rendered(stand, now)).collect();
    Ok(Response::new(pb::BatchGetStatusResponse { statuses }))
}

fn logins(faults: &mut Faults, messages: &[pb::AccountLogin]) -> Option<Vec<Login>> {
    if messages.is_empty() || messages.len() > LOGINS_MAX {
        faults.fault("logins", WRONG_COUNT);
        return None;
    }
    let read: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(place, message)| {
            faults.within(&format!("logins[{place}]"), Some(message), |faults, message| {
                login(faults, &message.identity_number, &message.phone)
            })
        })
        .collect();
    read.into_iter().collect()
}

/// Begins to watch what happens to accounts.
pub(super) async fn watch(app: &App, request: Request<pb::WatchStatusRequest>) -> Result<Response<Events>, Status> {
    let (by, certificate) = (caller(&request)?, certificate(&request)?);
    let mut faults = Faults::default();
    let place =
        faults.optional("resume_token", &request.get_ref().resume_token, |text| read_token(text, AccountPlace::read));
    let told = app.watch_accounts(&by, certificate, faults.finish(place)?).await?;
    Ok(Response::new(told.map(|told| told.map(|told| message(&told)).map_err(Status::from)).boxed()))
}

fn message(told: &ToldAccount) -> pb::WatchStatusResponse {
    pb::WatchStatusResponse { resume_token: written(&told.token), event: told.event.as_ref().map(event) }
}

fn event(event: &AccountEvent) -> pb::AccountEvent {
    let (standing, closes) = match event.standing() {
        Standing::Awaiting { closes_at } => (pb::AccountStanding::AwaitingActivation, closes_at),
        Standing::Lapsed { closed_at } => (pb::AccountStanding::WindowLapsed, Some(closed_at)),
        Standing::Active { .. } => (pb::AccountStanding::Active, None),
        Standing::Locked { .. } => (pb::AccountStanding::Locked, None),
        Standing::Closed { .. } => (pb::AccountStanding::Closed, None),
    };
    pb::AccountEvent {
        account_id: event.account.to_string(),
        kind: kind(event.verb).into(),
        at: Some(render::instant(event.at)),
        standing: standing.into(),
        window_closes_at: closes.map(render::instant),
        lock_reason: lock_reason(event.hold.class()).into(),
    }
}

/// What is told of a lock.
const fn lock_reason(class: Option<LockClass>) -> pb::LockReason {
    match class {
        None => pb::LockReason::Unspecified,
        Some(LockClass::Office) => pb::LockReason::Office,
        Some(LockClass::Security) => pb::LockReason::Security,
        Some(LockClass::PassportExpired) => pb::LockReason::PassportExpired,
        Some(LockClass::ResidenceExpired) => pb::LockReason::ResidenceExpired,
        Some(LockClass::HolderRequest) => pb::LockReason::HolderRequest,
    }
}

const fn kind(verb: AccountVerb) -> pb::AccountEventKind {
    match verb {
        AccountVerb::Issued => pb::AccountEventKind::Issued,
        AccountVerb::NoticeSent => pb::AccountEventKind::NoticeSent,
        AccountVerb::NoticeDelivered => pb::AccountEventKind::NoticeDelivered,
        AccountVerb::Reopened => pb::AccountEventKind::Reopened,
        AccountVerb::Activated => pb::AccountEventKind::Activated,
        AccountVerb::ContactChanged => pb::AccountEventKind::ContactChanged,
        AccountVerb::DeviceEnded => pb::AccountEventKind::DeviceEnded,
        AccountVerb::DeviceBound => pb::AccountEventKind::DeviceBound,
        AccountVerb::Locked => pb::AccountEventKind::Locked,
        AccountVerb::Unlocked => pb::AccountEventKind::Unlocked,
        AccountVerb::Closed => pb::AccountEventKind::Closed,
    }
}
