//! `WorkstationService`, and what requests say of where and when they were captured.

use tonic::{Request, Response, Status};

use super::enrolment::officer;
use super::paging::{SHORT, page, written};
use super::parse::{self, Faults};
use super::{render, status};
use crate::app::{App, Caller, Error, Officer, Repeat, Resumed, ShownWorkstation};
use crate::domain::ids::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::working_list::NOT_A_PAGE_TOKEN;
use crate::domain::workstation::{CaptureNumber, ClockOffset, NumberRange, Provenance, WorkstationId};
use crate::proto as pb;

pub(super) struct Workstations(pub(super) App);

#[tonic::async_trait]
impl pb::workstation_service_server::WorkstationService for Workstations {
    async fn list(
        &self,
        request: Request<pb::WorkstationServiceListRequest>,
    ) -> Result<Response<pb::WorkstationServiceListResponse>, Status> {
        let (by, supervisor) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let page = page(&mut faults, &SHORT, (message.page_size, &message.page_token));
        let (size, token) = faults.finish(page)?;
        let after = token.map(|token| last_shown(&token)).transpose()?;
        let page = self.0.workstations(&by, &supervisor, after.as_ref(), size).await?;
        Ok(Response::new(pb::WorkstationServiceListResponse {
            workstations: page.workstations.iter().map(workstation).collect(),
            next_page_token: page.next.map(|last| written(last.as_str().as_bytes())).unwrap_or_default(),
        }))
    }
}

/// A page token is the last name shown.
fn last_shown(token: &[u8]) -> Result<WorkstationId, Error> {
    let name = str::from_utf8(token).ok().and_then(|name| WorkstationId::parse(name).ok());
    name.ok_or(Error::Field { field: "page_token", fault: NOT_A_PAGE_TOKEN })
}

/// What a call says of where and when it was captured.
pub(super) struct Numbered {
    /// `None` if it cannot be read; inside, whether it says anything.
    #[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
    provenance: Option<Option<Provenance>>,
}

/// A call by which a capture came.
pub(super) struct Sent {
    /// The client's name for it; absent if it cannot be read.
    pub(super) id: Option<RequestId>,
    /// The name under which it is remembered.
    pub(super) method: &'static str,
    pub(super) content: Vec<u8>,
}

impl Sent {
    /// What makes the call recognisable, under the name that was read.
    pub(super) fn repeat(&self, app: &App, id: RequestId) -> Repeat {
        app.repeat(id, self.method, &self.content)
    }
}

impl Numbered {
    /// Reads it, and takes out of the message what is no content: what a clock shows differs when the same is sent again.
    pub(super) fn of(faults: &mut Faults, capture: &mut Option<pb::CaptureProvenance>) -> Self {
        let provenance = match &*capture {
            None => Some(None),
            some => faults.within("capture", some.as_ref(), self::provenance).map(Some),
        };
        if let Some(capture) = capture {
            capture.workstation_time = None;
        }
        Self { provenance }
    }

    /// What was read; `None` if it cannot be.
    #[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
    pub(super) fn read(&self) -> Option<Option<Provenance>> {
        self.provenance.clone()
    }

    /// Notes that the number arrived, if the call is refused for good before any rule looks at it.
    pub(super) async fn note_refused(
        &self,
        app: &App,
        (by, officer): (&Caller, &Officer),
        sent: &Sent,
        refused: Option<&Status>,
    ) -> Result<(), Status> {
        let Some(reason) = refused.and_then(status::refused_for_good) else { return Ok(()) };
        let Some((provenance, id)) = self.provenance.iter().flatten().next().zip(sent.id) else { return Ok(()) };
        Ok(app.refuse_capture(by, officer, &sent.repeat(app, id), provenance, &reason).await?)
    }

    /// How far the clock is off, if it was told together with the rest.
    pub(super) fn offset(&self, app: &App) -> Option<prost_types::Duration> {
        let provenance = self.provenance.iter().flatten().next()?;
        provenance.offset(app.clock().now()).map(offset)
    }
}

/// Where and when a request was captured.
fn provenance(faults: &mut Faults, message: &pb::CaptureProvenance) -> Option<Provenance> {
    let workstation = faults.text("workstation_id", &message.workstation_id, WorkstationId::parse);
    let number = faults.take("sequence", CaptureNumber::new(message.sequence));
    let captured_at = faults.required("captured_at", message.captured_at.as_ref());
    let captured_at =
        captured_at.and_then(|at| faults.take("captured_at", parse::instant(at).ok_or(parse::NOT_A_TIME)));
    let sent_at = told_time(faults, message.workstation_time.as_ref());
    Some(Provenance { workstation: workstation?, number: number?, captured_at: captured_at?, sent_at: sent_at? })
}

/// Of which workstation the sender asks, and what its clock shows.
pub(super) fn resume(message: &pb::Resume) -> Result<(WorkstationId, Option<Timestamp>), Status> {
    let mut faults = Faults::default();
    let workstation = faults.text("resume.workstation_id", &message.workstation_id, WorkstationId::parse);
    let sent_at = told_time(&mut faults, message.workstation_time.as_ref());
    faults.finish(workstation.zip(sent_at))
}

#[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
fn told_time(faults: &mut Faults, at: Option<&prost_types::Timestamp>) -> Option<Option<Timestamp>> {
    match at {
        None => Some(None),
        Some(at) => faults.take("workstation_time", parse::instant(at).ok_or(parse::NOT_A_TIME)).map(Some),
    }
}

/// Where and when a request was captured, for those who may look at it.
pub(super) fn shown(provenance: &Provenance) -> pb::CaptureProvenance {
    pb::CaptureProvenance {
        workstation_id: provenance.workstation.to_string(),
        sequence: provenance.number.get(),
        captured_at: Some(render::instant(provenance.captured_at)),
        workstation_time: None,
    }
}

/// Which captures of a workstation arrived.
pub(super) fn resumed(workstation: &WorkstationId, resumed: &Resumed) -> pb::Resumed {
    pb::Resumed {
        workstation_id: workstation.to_string(),
        complete_to: count(resumed.complete_to),
        highest: count(resumed.highest),
        missing: resumed.missing.iter().map(range).collect(),
        clock_offset: resumed.offset.map(offset),
    }
}

/// How far a clock is off.
pub(super) fn offset(offset: ClockOffset) -> prost_types::Duration {
    let (seconds, micros) = (offset.micros() / 1_000_000, offset.micros() % 1_000_000);
    prost_types::Duration { seconds, nanos: i32::try_from(micros * 1_000).unwrap_or(0) }
}

fn workstation(shown: &ShownWorkstation) -> pb::Workstation {
    let ShownWorkstation { workstation, arrived, doubled } = shown;
    pb::Workstation {
        workstation_id: workstation.id.to_string(),
        first_seen: Some(render::instant(workstation.first_seen)),
        last_seen: Some(render::instant(workstation.last_seen)),
        complete_to: count(arrived.complete_to),
        highest: count(arrived.highest),
        missing: arrived.missing.iter().map(range).collect(),
        doubled: doubled.iter().map(|number| number.get()).collect(),
        clock_offset: workstation.offset.map(offset),
        clock_off: workstation.offset.is_some_and(ClockOffset::is_flagged),
    }
}

fn count(number: Option<CaptureNumber>) -> u64 {
    number.map_or(0, CaptureNumber::get)
}

fn range(range: &NumberRange) -> pb::SequenceRange {
    pb::SequenceRange { first: range.first.get(), last: range.last.get() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::StatusExt as _;

    #[test]
    fn an_offset_keeps_its_sign_in_both_parts() {
        let written = |micros| offset(ClockOffset::from_micros(micros));
        assert_eq!(written(-1_500_000), prost_types::Duration { seconds: -1, nanos: -500_000_000 });
        assert_eq!(written(259_200_000_001), prost_types::Duration { seconds: 259_200, nanos: 1_000 });
    }

    #[test]
    fn every_field_that_cannot_be_read_is_named() {
        let wrong = pb::CaptureProvenance {
            workstation_id: "a b".to_owned(),
            sequence: 0,
            captured_at: None,
            workstation_time: Some(prost_types::Timestamp { seconds: -1, nanos: 0 }),
        };
        let mut faults = Faults::default();
        let read = faults.within("capture", Some(&wrong), provenance);
        let status = faults.finish(read).unwrap_err();
        let fields: Vec<_> =
            status.get_details_bad_request().unwrap().field_violations.into_iter().map(|fault| fault.field).collect();
        let named = ["workstation_id", "sequence", "captured_at", "workstation_time"];
        assert_eq!(fields, named.map(|field| format!("capture.{field}")));
    }
}
