//! `AdministrationService`: accounts, for those who answer for them.

use tonic::{Request, Response, Status};

use super::gate::caller;
use super::parse::{Faults, NOT_A_CHOICE, full_name, read_day};
use super::render;
use crate::app::{App, LookPurpose, PersonKey, Search};
use crate::domain::account::IdentityNumber;
use crate::domain::contact::{Email, Phone};
use crate::domain::ids::{AccountId, EnrolmentId};
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::domain::residence::CardKind;
use crate::domain::text::Malformed;
use crate::proto as pb;

const NO_PURPOSE: Malformed = Malformed::new(
    "Required: say why you look. It is recorded.",
    "Bắt buộc: hãy nêu lý do tra cứu. Lý do được ghi lại.",
);

pub(super) struct Administration(pub(super) App);

#[tonic::async_trait]
impl pb::administration_service_server::AdministrationService for Administration {
    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::GetAccountResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("account_id", &message.account_id, AccountId::parse);
        let why = faults.take("purpose", purpose(message.purpose()));
        let (id, why) = faults.finish(id.zip(why))?;
        let account = self.0.account(&by, why, id).await?;
        Ok(Response::new(pb::GetAccountResponse { account: Some(render::account(&account, self.0.clock().now())) }))
    }

    async fn find_account(
        &self,
        request: Request<pb::FindAccountRequest>,
    ) -> Result<Response<pb::FindAccountResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let search = faults.required("by", message.by.as_ref());
        let search = search.and_then(|search| parse_search(&mut faults, search));
        let why = faults.take("purpose", purpose(message.purpose()));
        let (search, why) = faults.finish(search.zip(why))?;
        let accounts = self.0.find_accounts(&by, why, &search).await?;
        let shown = |account| render::account(account, self.0.clock().now());
        Ok(Response::new(pb::FindAccountResponse { accounts: accounts.iter().map(shown).collect() }))
    }
}

pub(super) fn purpose(purpose: pb::LookPurpose) -> Result<LookPurpose, Malformed> {
    match purpose {
        pb::LookPurpose::HolderRequest => Ok(LookPurpose::HolderRequest),
        pb::LookPurpose::ContactChange => Ok(LookPurpose::ContactChange),
        pb::LookPurpose::DataSubject => Ok(LookPurpose::DataSubject),
        pb::LookPurpose::Investigation => Ok(LookPurpose::Investigation),
        pb::LookPurpose::Audit => Ok(LookPurpose::Audit),
        pb::LookPurpose::Unspecified => Err(NO_PURPOSE),
    }
}

/// The name under which a card number is unique.
fn card_kind(kind: pb::ResidenceCardKind) -> Result<&'static str, Malformed> {
    match kind {
        pb::ResidenceCardKind::Temporary => Ok(CardKind::TEMPORARY),
        pb::ResidenceCardKind::Permanent => Ok(CardKind::PERMANENT),
        pb::ResidenceCardKind::Unspecified => Err(NOT_A_CHOICE),
    }
}

fn person_key(faults: &mut Faults, message: &pb::PersonKey) -> Option<PersonKey> {
    let name = full_name(faults, &message.family_name, &message.given_names);
    let born_on = faults.text("date_of_birth", &message.date_of_birth, read_day);
    let nationality = faults.text("nationality", &message.nationality, StateCode::parse);
    Some(PersonKey { name: name?, born_on: born_on?, nationality: nationality? })
}

fn parse_search(faults: &mut Faults, by: &pb::find_account_request::By) -> Option<Search> {
    use pb::find_account_request::By;
    match by {
        By::IdentityNumber(number) => faults.text("identity_number", number, IdentityNumber::parse).map(Search::Number),
        By::Phone(phone) => faults.text("phone", phone, Phone::parse).map(Search::Phone),
        By::Email(email) => faults.text("email", email, Email::parse).map(Search::Email),
        By::Document(document) => {
            let state = faults.text("document.issuing_state", &document.issuing_state, StateCode::parse);
            let number = faults.text("document.number", &document.number, DocumentNumber::parse);
            Some(Search::Document(state?, number?))
        }
        By::Card(card) => {
            let kind = faults.take("card.kind", card_kind(card.kind()));
            let number = faults.text("card.number", &card.number, DocumentNumber::parse);
            Some(Search::Card(kind?, number?))
        }
        By::Person(person) => faults.within("person", Some(person), person_key).map(Box::new).map(Search::Person),
        By::EnrolmentId(id) => faults.text("enrolment_id", id, EnrolmentId::parse).map(Search::Enrolment),
    }
}
