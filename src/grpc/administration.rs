//! `AdministrationService`: accounts, for those who answer for them.

use tonic::{Request, Response, Status};

use super::gate::caller;
use super::parse::Faults;
use super::render;
use crate::app::{App, Search};
use crate::domain::account::IdentityNumber;
use crate::domain::contact::{Email, Phone};
use crate::domain::ids::{AccountId, EnrolmentId};
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::proto as pb;

pub(super) struct Administration(pub(super) App);

#[tonic::async_trait]
impl pb::administration_service_server::AdministrationService for Administration {
    async fn get_account(
        &self,
        request: Request<pb::GetAccountRequest>,
    ) -> Result<Response<pb::GetAccountResponse>, Status> {
        let by = caller(&request)?;
        let mut faults = Faults::default();
        let id = faults.text("account_id", &request.into_inner().account_id, AccountId::parse);
        let id = faults.finish(id)?;
        let account = self.0.account(&by, id).await?;
        Ok(Response::new(pb::GetAccountResponse { account: Some(render::account(&account)) }))
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
        let search = faults.finish(search)?;
        let accounts = self.0.find_accounts(&by, &search).await?;
        Ok(Response::new(pb::FindAccountResponse { accounts: accounts.iter().map(render::account).collect() }))
    }
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
        By::EnrolmentId(id) => faults.text("enrolment_id", id, EnrolmentId::parse).map(Search::Enrolment),
    }
}
