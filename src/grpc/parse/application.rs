//! What an applicant declares: form TK01.

use super::{Faults, day, read_day};
use crate::domain::application::{Application, Language, Relation, Representative};
use crate::domain::consent::{Consent, Giver, LanguageTag, Purpose, TextHash};
use crate::domain::contact::{Email, Phone};
use crate::domain::life::Bearer;
use crate::domain::mrz::Zone;
use crate::domain::passport::{DocumentNumber, Passport};
use crate::domain::person::{FullName, NamePart, Sex, StateCode};
use crate::domain::residence::{CardKind, CardSymbol, ResidenceCard, Stay, Visa};
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::proto as pb;

/// Consents that one application may hold.
const CONSENTS_MAX: usize = 16;

pub(in crate::grpc) const NOT_A_TIME: Malformed =
    Malformed::new("Not an instant between the years 1970 and 9999.", "Không phải thời điểm từ năm 1970 đến năm 9999.");
pub(in crate::grpc) const NOT_A_CHOICE: Malformed = Malformed::new(
    "Required: one of the values listed in the protocol.",
    "Bắt buộc: một trong các giá trị nêu trong giao thức.",
);
const NO_NAME: Malformed =
    Malformed::new("Give family_name, given_names or both.", "Hãy nhập family_name, given_names hoặc cả hai.");
const TOO_MANY: Malformed = Malformed::new("At most 16 consents.", "Tối đa 16 mục đồng ý.");
const NO_SYMBOL: Malformed = Malformed::new(
    "Required for a temporary card. Type it as the card prints it.",
    "Bắt buộc đối với thẻ tạm trú. Hãy nhập đúng như in trên thẻ.",
);
const SYMBOL: Malformed =
    Malformed::new("A permanent card has no symbol. Leave it empty.", "Thẻ thường trú không có ký hiệu. Hãy để trống.");
const NO_DOCUMENT: Malformed = Malformed::new(
    "Give the passport; a stateless holder of a permanent card who has none gives residence_card.",
    "Hãy nhập hộ chiếu; người không quốc tịch có thẻ thường trú mà không có hộ chiếu thì nhập residence_card.",
);

/// Reads what an applicant declares.
pub(in crate::grpc) fn application(faults: &mut Faults, message: &pb::Application) -> Option<Application> {
    let person = faults.within("person", message.person.as_ref(), person);
    let passport = maybe(faults, "passport", message.passport.as_ref(), passport);
    let card = maybe(faults, "residence_card", message.residence_card.as_ref(), card);
    if message.passport.is_none() && message.residence_card.is_none() {
        faults.fault("passport", NO_DOCUMENT);
    }
    let stay = maybe(faults, "stay", message.stay.as_ref(), stay);
    let phone = faults.text("phone", &message.phone, Phone::parse);
    let email = faults.optional("email", &message.email, Email::parse);
    let consents = consents(faults, &message.consents);
    let representative = maybe(faults, "representative", message.representative.as_ref(), representative);
    let language = language(faults, message.language);
    let person = person?;
    Some(Application {
        name: person.name,
        born_on: person.born_on,
        sex: person.sex,
        nationality: person.nationality,
        passport: passport?,
        card: card?,
        stay: stay?.unwrap_or_default(),
        phone: phone?,
        email: email?,
        consents: consents?,
        representative: representative?,
        language: language?,
    })
}

/// Reads a message that may be absent.
#[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
fn maybe<M, T>(
    faults: &mut Faults,
    field: &str,
    message: Option<&M>,
    read: impl FnOnce(&mut Faults, &M) -> Option<T>,
) -> Option<Option<T>> {
    match message {
        None => Some(None),
        some => faults.within(field, some, read).map(Some),
    }
}

struct Person {
    name: FullName,
    born_on: time::Date,
    sex: Sex,
    nationality: StateCode,
}

fn person(faults: &mut Faults, message: &pb::Person) -> Option<Person> {
    let name = full_name(faults, &message.family_name, &message.given_names);
    let born_on = day(faults, "date_of_birth", &message.date_of_birth);
    let sex = match message.sex() {
        pb::Sex::Female => Some(Sex::Female),
        pb::Sex::Male => Some(Sex::Male),
        pb::Sex::X => Some(Sex::X),
        pb::Sex::Unspecified => None,
    };
    let sex = faults.take("sex", sex.ok_or(NOT_A_CHOICE));
    let nationality = faults.text("nationality", &message.nationality, StateCode::parse);
    Some(Person { name: name?, born_on: born_on?, sex: sex?, nationality: nationality? })
}

/// Reads whom documents name.
pub(in crate::grpc) fn bearer(faults: &mut Faults, message: &pb::Person) -> Option<Bearer> {
    let Person { name, born_on, nationality, .. } = person(faults, message)?;
    Some(Bearer { name, born_on, nationality })
}

/// Reads a passport that may be absent.
#[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
pub(in crate::grpc) fn maybe_passport(faults: &mut Faults, message: Option<&pb::Passport>) -> Option<Option<Passport>> {
    maybe(faults, "passport", message, passport)
}

/// Reads a residence card that may be absent.
#[expect(clippy::option_option, reason = "outside: could it be read; inside: was it there")]
pub(in crate::grpc) fn maybe_card(
    faults: &mut Faults,
    message: Option<&pb::ResidenceCard>,
) -> Option<Option<ResidenceCard>> {
    maybe(faults, "residence_card", message, card)
}

pub(in crate::grpc) fn full_name(faults: &mut Faults, family: &str, given: &str) -> Option<FullName> {
    let family = faults.optional("family_name", family, NamePart::parse);
    let given = faults.optional("given_names", given, NamePart::parse);
    let (family, given) = (family?, given?);
    faults.take("family_name", FullName::new(family, given).ok_or(NO_NAME))
}

fn passport(faults: &mut Faults, message: &pb::Passport) -> Option<Passport> {
    let number = faults.text("number", &message.number, DocumentNumber::parse);
    let issuing_state = faults.text("issuing_state", &message.issuing_state, StateCode::parse);
    let issued_on = day(faults, "issued_on", &message.issued_on);
    let expires_on = day(faults, "expires_on", &message.expires_on);
    let zone = faults.text("mrz", &message.mrz, Zone::parse);
    Some(Passport {
        number: number?,
        issuing_state: issuing_state?,
        issued_on: issued_on?,
        expires_on: expires_on?,
        zone: zone?,
    })
}

pub(super) fn card(faults: &mut Faults, message: &pb::ResidenceCard) -> Option<ResidenceCard> {
    let kind = match message.kind() {
        pb::ResidenceCardKind::Temporary if message.symbol.is_empty() => {
            faults.fault("symbol", NO_SYMBOL);
            None
        }
        pb::ResidenceCardKind::Temporary => {
            faults.text("symbol", &message.symbol, CardSymbol::parse).map(CardKind::Temporary)
        }
        pb::ResidenceCardKind::Permanent if !message.symbol.is_empty() => {
            faults.fault("symbol", SYMBOL);
            None
        }
        pb::ResidenceCardKind::Permanent => Some(CardKind::Permanent),
        pb::ResidenceCardKind::Unspecified => {
            faults.fault("kind", NOT_A_CHOICE);
            None
        }
    };
    let number = faults.text("number", &message.number, DocumentNumber::parse);
    let issued_on = day(faults, "issued_on", &message.issued_on);
    let expires_on = day(faults, "expires_on", &message.expires_on);
    let passport_number = faults.optional("passport_number", &message.passport_number, DocumentNumber::parse);
    let family = faults.optional("family_name", &message.family_name, NamePart::parse);
    let given = faults.optional("given_names", &message.given_names, NamePart::parse);
    Some(ResidenceCard {
        kind: kind?,
        number: number?,
        issued_on: issued_on?,
        expires_on: expires_on?,
        passport_number: passport_number?,
        name: FullName::new(family?, given?),
    })
}

fn stay(faults: &mut Faults, message: &pb::Stay) -> Option<Stay> {
    let resident_since = faults.optional("resident_since", &message.resident_since, read_day);
    let visa = maybe(faults, "visa", message.visa.as_ref(), visa);
    Some(Stay { resident_since: resident_since?, visa: visa? })
}

fn visa(faults: &mut Faults, message: &pb::Visa) -> Option<Visa> {
    let number = faults.text("number", &message.number, DocumentNumber::parse);
    let symbol = faults.text("symbol", &message.symbol, CardSymbol::parse);
    let valid_from = day(faults, "valid_from", &message.valid_from);
    let expires_on = day(faults, "expires_on", &message.expires_on);
    Some(Visa { number: number?, symbol: symbol?, valid_from: valid_from?, expires_on: expires_on? })
}

fn consents(faults: &mut Faults, messages: &[pb::Consent]) -> Option<Vec<Consent>> {
    if messages.len() > CONSENTS_MAX {
        faults.fault("consents", TOO_MANY);
        return None;
    }
    let read: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(i, message)| faults.within(&format!("consents[{i}]"), Some(message), consent))
        .collect();
    read.into_iter().collect()
}

fn consent(faults: &mut Faults, message: &pb::Consent) -> Option<Consent> {
    let purpose = match message.purpose() {
        pb::ConsentPurpose::Account => Some(Purpose::Account),
        pb::ConsentPurpose::SensitiveData => Some(Purpose::SensitiveData),
        pb::ConsentPurpose::Unspecified => None,
    };
    let purpose = faults.take("purpose", purpose.ok_or(NOT_A_CHOICE));
    let given_by = match message.given_by() {
        pb::ConsentGiver::Applicant => Some(Giver::Applicant),
        pb::ConsentGiver::Representative => Some(Giver::Representative),
        pb::ConsentGiver::Unspecified => None,
    };
    let given_by = faults.take("given_by", given_by.ok_or(NOT_A_CHOICE));
    let text = faults.text("text_sha256", &message.text_sha256, TextHash::parse);
    let language = faults.text("text_language", &message.text_language, LanguageTag::parse);
    let given_at = faults.required("given_at", message.given_at.as_ref());
    let given_at = given_at.and_then(|at| faults.take("given_at", instant(at).ok_or(NOT_A_TIME)));
    Some(Consent { purpose: purpose?, given_by: given_by?, text: text?, language: language?, given_at: given_at? })
}

fn representative(faults: &mut Faults, message: &pb::Representative) -> Option<Representative> {
    let name = full_name(faults, &message.family_name, &message.given_names);
    let relation = match message.relation() {
        pb::Relation::Parent => Some(Relation::Parent),
        pb::Relation::Guardian => Some(Relation::Guardian),
        pb::Relation::Other => Some(Relation::Other),
        pb::Relation::Unspecified => None,
    };
    let relation = faults.take("relation", relation.ok_or(NOT_A_CHOICE));
    let document = faults.text("document_number", &message.document_number, DocumentNumber::parse);
    let issuing_state = faults.text("document_issuing_state", &message.document_issuing_state, StateCode::parse);
    Some(Representative { name: name?, relation: relation?, document: document?, issuing_state: issuing_state? })
}

fn language(faults: &mut Faults, number: i32) -> Option<Language> {
    match pb::Language::try_from(number) {
        Ok(pb::Language::Unspecified | pb::Language::Vi) => Some(Language::Vi),
        Ok(pb::Language::En) => Some(Language::En),
        Ok(pb::Language::Zh) => Some(Language::Zh),
        Ok(pb::Language::Ko) => Some(Language::Ko),
        Ok(pb::Language::Ja) => Some(Language::Ja),
        Err(_) => {
            faults.fault("language", NOT_A_CHOICE);
            None
        }
    }
}

pub(in crate::grpc) fn instant(at: &prost_types::Timestamp) -> Option<Timestamp> {
    let in_range = (0..=253_402_300_799).contains(&at.seconds) && (0..1_000_000_000).contains(&at.nanos);
    in_range.then(|| Timestamp::from_micros(at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000))
}
