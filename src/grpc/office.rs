//! `OfficeService`: what a code of an office means on a day.

use tonic::{Request, Response, Status};

use super::parse::{self, Faults};
use crate::app::{App, OfficeView};
use crate::domain::office::{Unit, UnitKind};
use crate::domain::staff::OfficeCode;
use crate::domain::time::format_date;
use crate::proto as pb;

pub(super) struct Offices(pub(super) App);

#[tonic::async_trait]
impl pb::office_service_server::OfficeService for Offices {
    async fn list_offices(
        &self,
        request: Request<pb::ListOfficesRequest>,
    ) -> Result<Response<pb::ListOfficesResponse>, Status> {
        let message = request.into_inner();
        let mut faults = Faults::default();
        let on = faults.optional("on", &message.on, parse::read_day);
        let on = faults.finish(on)?;
        let (on, offices) = self.0.list_offices(on).await?;
        Ok(Response::new(pb::ListOfficesResponse {
            on: format_date(on),
            offices: offices.into_iter().map(office).collect(),
        }))
    }

    async fn get_office(
        &self,
        request: Request<pb::GetOfficeRequest>,
    ) -> Result<Response<pb::GetOfficeResponse>, Status> {
        let message = request.into_inner();
        let mut faults = Faults::default();
        let code = faults.text("code", &message.code, OfficeCode::parse);
        let on = faults.optional("on", &message.on, parse::read_day);
        let (code, on) = faults.finish(code.zip(on))?;
        let found = self.0.office(&code, on).await?;
        Ok(Response::new(pb::GetOfficeResponse { office: Some(office(found)) }))
    }
}

fn office(view: OfficeView) -> pb::Office {
    let OfficeView { office, unit, current } = view;
    pb::Office {
        code: office.code.to_string(),
        name: office.names.vi,
        name_ascii: office.names.ascii,
        seat: office.seat.unwrap_or_default(),
        from: office.period.from().map(format_date).unwrap_or_default(),
        until: office.period.until().map(format_date).unwrap_or_default(),
        successor: office.successor.map(|code| code.to_string()).unwrap_or_default(),
        unit: unit.map(|(unit, kind)| self::unit(unit, kind)),
        current_office: current.map(|code| code.to_string()).unwrap_or_default(),
    }
}

fn unit(unit: Unit, kind: Option<UnitKind>) -> pb::Unit {
    let kind = match kind {
        Some(UnitKind::City) => pb::UnitKind::City,
        Some(UnitKind::Province) => pb::UnitKind::Province,
        None => pb::UnitKind::Unspecified,
    };
    pb::Unit { code: unit.code.to_string(), name: unit.names.vi, name_ascii: unit.names.ascii, kind: kind.into() }
}
