//! `eid.registry.v1.RegistryService`: the imported records, for other systems.

use tonic::{Request, Response, Status};

use super::gate::caller;
use super::parse::Faults;
use super::render;
use crate::app::App;
use crate::domain::consent::CLOCK_SKEW_MAX;
use crate::domain::feed::RowOutcome;
use crate::domain::passport::DocumentNumber;
use crate::domain::person::{NamePart, Sex, StateCode};
use crate::domain::record::{Record, RecordKey, RecordedCard, RecordedDocument, ResidenceStatus};
use crate::domain::residence::CardKind;
use crate::domain::text::Malformed;
use crate::domain::time::format_date;
use crate::proto::registry as pb;
use crate::proto::registry::lookup_response::Outcome;
use crate::registry::read_record;

const NO_KEY: Malformed = Malformed::new("Give card, document or both.", "Hãy nhập card, document hoặc cả hai.");
const NO_KIND: Malformed = Malformed::new(
    "Required: CARD_KIND_TEMPORARY or CARD_KIND_PERMANENT.",
    "Bắt buộc: CARD_KIND_TEMPORARY hoặc CARD_KIND_PERMANENT.",
);

const WRONG_COUNT: Malformed = Malformed::new("Send 1 to 500 records.", "Hãy gửi từ 1 đến 500 hồ sơ.");

/// Records of one call.
const RECORDS_MAX: usize = 500;

pub(super) struct Registry(pub(super) App);

#[tonic::async_trait]
impl pb::registry_service_server::RegistryService for Registry {
    async fn lookup(&self, request: Request<pb::LookupRequest>) -> Result<Response<pb::LookupResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let key = key(&mut faults, &message);
        let key = faults.finish(key)?;
        let outcome = match self.0.look_up_record(&by, &key).await? {
            Some(record) => Outcome::Found(rendered(&record)),
            None => Outcome::NotFound(pb::NotFound {}),
        };
        Ok(Response::new(pb::LookupResponse { outcome: Some(outcome) }))
    }

    async fn put_records(
        &self,
        request: Request<pb::PutRecordsRequest>,
    ) -> Result<Response<pb::PutRecordsResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let right = (1..=RECORDS_MAX).contains(&message.records.len());
        let right = faults.take("records", right.then_some(()).ok_or(WRONG_COUNT));
        faults.finish(right)?;
        let latest = self.0.clock().now().plus(CLOCK_SKEW_MAX);
        let in_time = |record: Record| if record.recorded_at <= latest { Ok(record) } else { Err("recorded_at") };
        let read: Vec<_> = message.records.iter().map(|record| read_record(record).and_then(in_time)).collect();
        let records: Vec<_> = read.iter().filter_map(|record| record.as_ref().ok().cloned()).collect();
        let (imported, outcomes) = self.0.import_records(by.actor(), self.0.new_import(), &records).await?;
        let mut outcomes = outcomes.into_iter();
        let results = read.iter().map(|record| match record {
            Ok(_) => {
                pb::RowResult { outcome: outcomes.next().map_or(0, |one| outcome(one).into()), field: String::new() }
            }
            Err(field) => pb::RowResult { outcome: pb::RowOutcome::NotRead.into(), field: (*field).to_owned() },
        });
        let written = i64::try_from(imported.written).unwrap_or(i64::MAX);
        Ok(Response::new(pb::PutRecordsResponse { results: results.collect(), written }))
    }
}

const fn outcome(outcome: RowOutcome) -> pb::RowOutcome {
    match outcome {
        RowOutcome::Applied => pb::RowOutcome::Applied,
        RowOutcome::Joined => pb::RowOutcome::Joined,
        RowOutcome::NoAccount => pb::RowOutcome::NoAccount,
        RowOutcome::OtherPerson => pb::RowOutcome::OtherPerson,
    }
}

fn key(faults: &mut Faults, message: &pb::LookupRequest) -> Option<RecordKey> {
    if message.card.is_none() && message.document.is_none() {
        faults.fault("card", NO_KEY);
    }
    let card = match &message.card {
        None => Some(None),
        some => faults.within("card", some.as_ref(), card_key).map(Some),
    };
    let document = match &message.document {
        None => Some(None),
        some => faults.within("document", some.as_ref(), document_key).map(Some),
    };
    Some(RecordKey { card: card?, document: document? })
}

fn card_key(faults: &mut Faults, message: &pb::CardKey) -> Option<(&'static str, DocumentNumber)> {
    let kind = match message.kind() {
        pb::CardKind::Temporary => Ok(RecordKey::TEMPORARY),
        pb::CardKind::Permanent => Ok(RecordKey::PERMANENT),
        pb::CardKind::Unspecified => Err(NO_KIND),
    };
    let kind = faults.take("kind", kind);
    let number = faults.text("number", &message.number, DocumentNumber::parse);
    kind.zip(number)
}

fn document_key(faults: &mut Faults, message: &pb::DocumentKey) -> Option<(StateCode, DocumentNumber)> {
    let state = faults.text("issuing_state", &message.issuing_state, StateCode::parse);
    let number = faults.text("number", &message.number, DocumentNumber::parse);
    state.zip(number)
}

fn rendered(record: &Record) -> pb::Record {
    let part = |part: Option<&NamePart>| part.map_or_else(String::new, |part| part.as_str().to_owned());
    pb::Record {
        family_name: part(record.name.family()),
        given_names: part(record.name.given()),
        date_of_birth: format_date(record.born_on),
        sex: sex(record.sex).into(),
        nationality: record.nationality.as_str().to_owned(),
        document: record.document.as_ref().map(document),
        card: Some(card(&record.card)),
        status: status(record.status).into(),
        face_on_file: record.biometrics.face,
        fingerprints_on_file: record.biometrics.fingerprints,
        recorded_at: Some(render::instant(record.recorded_at)),
    }
}

fn document(document: &RecordedDocument) -> pb::Document {
    pb::Document {
        number: document.number.as_str().to_owned(),
        issuing_state: document.issuing_state.as_str().to_owned(),
        issued_on: format_date(document.issued_on),
        expires_on: format_date(document.expires_on),
    }
}

fn card(card: &RecordedCard) -> pb::Card {
    let (kind, symbol) = match &card.kind {
        CardKind::Temporary(symbol) => (pb::CardKind::Temporary, symbol.as_str().to_owned()),
        CardKind::Permanent => (pb::CardKind::Permanent, String::new()),
    };
    pb::Card {
        kind: kind.into(),
        symbol,
        number: card.number.as_str().to_owned(),
        issued_on: format_date(card.issued_on),
        expires_on: format_date(card.expires_on),
    }
}

const fn sex(sex: Sex) -> pb::Sex {
    match sex {
        Sex::Female => pb::Sex::Female,
        Sex::Male => pb::Sex::Male,
        Sex::X => pb::Sex::X,
    }
}

const fn status(status: ResidenceStatus) -> pb::ResidenceStatus {
    match status {
        ResidenceStatus::Issued => pb::ResidenceStatus::Issued,
        ResidenceStatus::Extended => pb::ResidenceStatus::Extended,
        ResidenceStatus::Cancelled => pb::ResidenceStatus::Cancelled,
        ResidenceStatus::Left => pb::ResidenceStatus::Left,
    }
}
