//! Contact changes in the tests: signed by the bound device, proposed by the staff, with the codes and notices they send.

use eid::domain::contact::Phone;
use eid::practice::Generator;
use eid::proto as pb;
use eid::proto::contact_service_client::ContactServiceClient;
use eid::proto::device_service_client::DeviceServiceClient;
use eid::proto::holder_contact_service_client::HolderContactServiceClient;
use pb::begin_contact_change_request::NewContact;
use pb::get_challenge_request::NewContact as Signed;

use super::service::{Channel, Holder, Service};

/// Why the staff changes a contact.
pub const REASON: &str = "The holder stands here and asks for it.";

/// The holders' service of contact changes.
pub fn holders(service: &Service) -> HolderContactServiceClient<Channel> {
    HolderContactServiceClient::new(service.channel(Some("app_backend")))
}

/// The staff's, as that person sees it.
pub fn staff(service: &Service, who: &str) -> ContactServiceClient<Channel> {
    ContactServiceClient::new(service.channel(Some(who)))
}

/// A phone that nobody has, E.164.
pub async fn fresh_phone(service: &Service) -> String {
    let typed = service.people(Generator::phone).await;
    Phone::parse(&typed).unwrap().as_str().to_owned()
}

pub fn phone(number: &str) -> NewContact {
    NewContact::Phone(number.to_owned())
}

pub fn email(address: &str) -> NewContact {
    NewContact::Email(address.to_owned())
}

/// A challenge for the holder's device and its signature.
pub async fn signed(
    service: &Service,
    holder: &Holder,
    purpose: pb::DevicePurpose,
    about: Option<&NewContact>,
) -> (Vec<u8>, Vec<u8>) {
    let request = pb::GetChallengeRequest {
        account_id: holder.account.clone(),
        purpose: purpose.into(),
        key_thumbprint: holder.device.thumbprint().as_bytes().to_vec(),
        change_id: String::new(),
        new_contact: about.map(|about| match about {
            NewContact::Phone(phone) => Signed::Phone(phone.clone()),
            NewContact::Email(email) => Signed::Email(email.clone()),
        }),
    };
    answered(service, holder, request).await
}

/// The same to give that change up.
pub async fn signed_cancel(service: &Service, holder: &Holder, change: &str) -> (Vec<u8>, Vec<u8>) {
    let request = pb::GetChallengeRequest {
        account_id: holder.account.clone(),
        purpose: pb::DevicePurpose::CancelContactChange.into(),
        key_thumbprint: holder.device.thumbprint().as_bytes().to_vec(),
        new_contact: None,
        change_id: change.to_owned(),
    };
    answered(service, holder, request).await
}

async fn answered(service: &Service, holder: &Holder, request: pb::GetChallengeRequest) -> (Vec<u8>, Vec<u8>) {
    let mut devices = DeviceServiceClient::new(service.channel(Some("app_backend")));
    let drawn = devices.get_challenge(request).await.unwrap().into_inner();
    (drawn.challenge, holder.device.sign(&drawn.text))
}

/// A wish that the holder's device has signed.
pub async fn wish(service: &Service, holder: &Holder, new: NewContact, lost: bool) -> pb::BeginContactChangeRequest {
    let purpose = if lost { pb::DevicePurpose::ChangeLostContact } else { pb::DevicePurpose::ChangeContact };
    let (challenge, signature) = signed(service, holder, purpose, Some(&new)).await;
    pb::BeginContactChangeRequest {
        request_id: service.id(),
        account_id: holder.account.clone(),
        new_contact: Some(new),
        old_contact_lost: lost,
        challenge,
        signature,
        repeats: String::new(),
    }
}

/// The answer to such a wish.
pub async fn begin(service: &Service, holder: &Holder, new: NewContact, lost: bool) -> pb::BeginContactChangeResponse {
    let wish = wish(service, holder, new, lost).await;
    holders(service).begin_contact_change(wish).await.unwrap().into_inner()
}

/// A change of phone in the hands of its holder, the code on its way to the new number: its name.
pub async fn begun_phone(service: &Service, holder: &Holder, number: &str) -> String {
    let begun = begin(service, holder, phone(number), false).await;
    assert_eq!(begun.outcome(), pb::BeginOutcome::Begun);
    let change = begun.change.unwrap().change_id;
    let code = service.latest_code(&holder.phone).await;
    assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::OldContactProven);
    change
}

/// Types a code; administrators may for any change.
pub async fn confirm(service: &Service, change: &str, code: &str) -> pb::ConfirmResponse {
    let request = pb::ConfirmRequest { request_id: service.id(), change_id: change.to_owned(), code: code.to_owned() };
    staff(service, "administrator").confirm(request).await.unwrap().into_inner()
}

/// The changes of an account, the latest first.
pub async fn changes(service: &Service, account: &str) -> Vec<pb::ContactChange> {
    let request = pb::ListContactChangesRequest { account_id: account.to_owned() };
    holders(service).list_contact_changes(request).await.unwrap().into_inner().changes
}

/// How a change stands.
pub async fn standing(service: &Service, account: &str, change: &str) -> (pb::ContactChangeState, pb::ContactFailure) {
    let found = changes(service, account).await.into_iter().find(|one| one.change_id == change).unwrap();
    (found.state(), found.failure())
}

/// The code in the latest notice to `destination` that stops a change.
pub async fn stop_code(service: &Service, destination: &str) -> String {
    let messages = service.messages().await;
    let notices = messages.iter().rev().filter(|one| one["kind"] == "contact_notice" && one["to"] == destination);
    let text = notices.map(|one| one["text"].as_str().unwrap().to_owned()).find(|text| text.contains('-'));
    let text = text.expect("a notice told how to stop it");
    let words = text.split(|c: char| c.is_whitespace() || c == ',' || c == '.');
    words.map(str::to_owned).find(|word| word.len() == 19 && word.matches('-').count() == 3).expect("it has a code")
}

/// What stopping with that code came to.
pub async fn stop(service: &Service, code: &str) -> pb::StopOutcome {
    let request = pb::StopContactChangeRequest { stop_code: code.to_owned(), source_address: "203.0.113.7".to_owned() };
    holders(service).stop_contact_change(request).await.unwrap().into_inner().outcome()
}

/// A request of the authority for another address.
pub fn by_authority(service: &Service, account: &str, new: pb::begin_request::NewContact) -> pb::BeginRequest {
    pb::BeginRequest {
        request_id: service.id(),
        account_id: account.to_owned(),
        new_contact: Some(new),
        repeats: String::new(),
        reason: REASON.to_owned(),
    }
}
