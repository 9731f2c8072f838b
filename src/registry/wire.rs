//! Between values and the messages of `eid.registry.v1`, as the one who asks sees them.
//!
//! What a registry sends is read as strictly as what a client sends us. A field that cannot be read is named, never quoted.

use crate::domain::passport::DocumentNumber;
use crate::domain::person::{FullName, NamePart, Sex, StateCode};
use crate::domain::record::{
    Biometrics, Record, RecordKey, RecordedCard, RecordedDocument, RegistryAnswer, ResidenceStatus,
};
use crate::domain::residence::{CardKind, CardSymbol};
use crate::domain::text::Malformed;
use crate::domain::time::{Timestamp, parse_date};
use crate::proto::registry as pb;
use crate::proto::registry::lookup_response::Outcome;

/// The question by these keys.
pub(super) fn question(key: &RecordKey) -> pb::LookupRequest {
    let kind = |name| if name == RecordKey::PERMANENT { pb::CardKind::Permanent } else { pb::CardKind::Temporary };
    pb::LookupRequest {
        card: key
            .card
            .as_ref()
            .map(|(name, number)| pb::CardKey { kind: kind(*name).into(), number: number.as_str().to_owned() }),
        document: key.document.as_ref().map(|(state, number)| pb::DocumentKey {
            issuing_state: state.as_str().to_owned(),
            number: number.as_str().to_owned(),
        }),
    }
}

/// What an answer says.
///
/// # Errors
/// The first field that cannot be read.
pub(super) fn answer(message: pb::LookupResponse) -> Result<RegistryAnswer, &'static str> {
    match message.outcome.ok_or("outcome")? {
        Outcome::NotFound(pb::NotFound {}) => Ok(RegistryAnswer::NotFound),
        Outcome::Found(record) => read(&record).map(|record| RegistryAnswer::Found(Box::new(record))),
    }
}

/// Reads a record.
///
/// # Errors
/// The first field that cannot be read.
pub fn read(message: &pb::Record) -> Result<Record, &'static str> {
    let part = |text: &str| if text.is_empty() { Ok(None) } else { NamePart::parse(text).map(Some) };
    let family = part(&message.family_name).or(Err("family_name"))?;
    let given = part(&message.given_names).or(Err("given_names"))?;
    Ok(Record {
        name: FullName::new(family, given).ok_or("family_name")?,
        born_on: parse_date(&message.date_of_birth).ok_or("date_of_birth")?,
        sex: sex(message.sex()).ok_or("sex")?,
        nationality: field(StateCode::parse(&message.nationality), "nationality")?,
        document: message.document.as_ref().map(document).transpose()?,
        card: card(message.card.as_ref().ok_or("card")?)?,
        status: status(message.status()).ok_or("status")?,
        biometrics: Biometrics { face: message.face_on_file, fingerprints: message.fingerprints_on_file },
        recorded_at: message.recorded_at.as_ref().and_then(instant).ok_or("recorded_at")?,
    })
}

fn document(message: &pb::Document) -> Result<RecordedDocument, &'static str> {
    Ok(RecordedDocument {
        number: field(DocumentNumber::parse(&message.number), "document.number")?,
        issuing_state: field(StateCode::parse(&message.issuing_state), "document.issuing_state")?,
        issued_on: parse_date(&message.issued_on).ok_or("document.issued_on")?,
        expires_on: parse_date(&message.expires_on).ok_or("document.expires_on")?,
    })
}

fn card(message: &pb::Card) -> Result<RecordedCard, &'static str> {
    Ok(RecordedCard {
        kind: match message.kind() {
            pb::CardKind::Temporary => CardKind::Temporary(field(CardSymbol::parse(&message.symbol), "card.symbol")?),
            pb::CardKind::Permanent if message.symbol.is_empty() => CardKind::Permanent,
            pb::CardKind::Permanent => return Err("card.symbol"),
            pb::CardKind::Unspecified => return Err("card.kind"),
        },
        number: field(DocumentNumber::parse(&message.number), "card.number")?,
        issued_on: parse_date(&message.issued_on).ok_or("card.issued_on")?,
        expires_on: parse_date(&message.expires_on).ok_or("card.expires_on")?,
    })
}

fn field<T>(read: Result<T, Malformed>, name: &'static str) -> Result<T, &'static str> {
    read.map_err(|_| name)
}

const fn sex(sex: pb::Sex) -> Option<Sex> {
    match sex {
        pb::Sex::Female => Some(Sex::Female),
        pb::Sex::Male => Some(Sex::Male),
        pb::Sex::X => Some(Sex::X),
        pb::Sex::Unspecified => None,
    }
}

const fn status(status: pb::ResidenceStatus) -> Option<ResidenceStatus> {
    match status {
        pb::ResidenceStatus::Issued => Some(ResidenceStatus::Issued),
        pb::ResidenceStatus::Extended => Some(ResidenceStatus::Extended),
        pb::ResidenceStatus::Cancelled => Some(ResidenceStatus::Cancelled),
        pb::ResidenceStatus::Left => Some(ResidenceStatus::Left),
        pb::ResidenceStatus::Unspecified => None,
    }
}

fn instant(at: &prost_types::Timestamp) -> Option<Timestamp> {
    let micros = at.seconds.checked_mul(1_000_000)?.checked_add(i64::from(at.nanos) / 1_000)?;
    (0..1_000_000_000).contains(&at.nanos).then_some(Timestamp::from_micros(micros))
}
