//! Looking accounts up: by exact values, masked, each look recorded.

use eid::domain::staff::Role;
use eid::practice::Applicant;
use eid::proto as pb;
use eid::proto::administration_service_client::AdministrationServiceClient;
use pb::find_account_request::By;

use crate::support::service::{Service, fields, reason, with};

pub async fn find(service: &Service, by: By) -> Result<Vec<pb::Account>, tonic::Status> {
    let found = service
        .administrator()
        .find_account(pb::FindAccountRequest { by: Some(by), purpose: pb::LookPurpose::HolderRequest.into() })
        .await;
    found.map(|found| found.into_inner().accounts)
}

#[tokio::test]
async fn an_account_is_found_by_each_of_its_values_and_shown_masked() {
    with(async |service| {
        let applicant = service
            .people(|people| {
                std::iter::repeat_with(|| people.applicant())
                    .find(|one| !one.is_represented() && !one.application.email.is_empty())
                    .unwrap()
            })
            .await;
        let holder = service.holder_of(&applicant).await;
        let passport = applicant.application.passport.clone().unwrap();
        let document = pb::DocumentKey { issuing_state: passport.issuing_state, number: passport.number.clone() };
        for by in [
            By::IdentityNumber(holder.number.clone()),
            By::Phone(holder.phone.clone()),
            By::Email(applicant.application.email.to_uppercase()),
            By::Document(document),
            By::EnrolmentId(holder.enrolment.clone()),
        ] {
            let found = find(service, by).await.unwrap();
            assert_eq!(found.len(), 1);
            let account = &found[0];
            assert_eq!(account.account_id, holder.account);
            let shown = [&account.identity_number_masked, &account.phone_masked, &account.email_masked];
            assert!(shown.iter().all(|text| text.contains('•')), "{shown:?}");
            assert!(!shown.contains(&&holder.number) && !shown.contains(&&holder.phone));
        }
    })
    .await;
}

#[tokio::test]
async fn each_look_is_recorded_with_who_looked_and_why() {
    with(async |service| {
        let holder = service.holder().await;
        find(service, By::IdentityNumber(holder.number.clone())).await.unwrap();
        let request = pb::GetAccountRequest {
            account_id: holder.account.clone(),
            purpose: pb::LookPurpose::HolderRequest.into(),
        };
        AdministrationServiceClient::new(service.channel(Some("auditor"))).get_account(request).await.unwrap();
        let looks: Vec<_> = service.audit(&holder.account).await;
        let looks: Vec<_> = looks.iter().filter(|entry| entry["action"] == "account.viewed").collect();
        assert_eq!(looks.len(), 2);
        assert_ne!(looks[0]["actor"], looks[1]["actor"]);
        assert!(looks.iter().all(|look| look["actor"].as_str().unwrap().starts_with("staff:")));
        assert!(looks.iter().all(|look| look["facts"]["purpose"] == "holder-request"));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_not_found_and_what_cannot_be_read_is_named() {
    with(async |service| {
        let nobody = find(service, By::IdentityNumber(service.number())).await.unwrap_err();
        assert_eq!(reason(&nobody), "ACCOUNT_NOT_FOUND");
        let wrong = find(service, By::Document(pb::DocumentKey::default())).await.unwrap_err();
        assert_eq!(fields(&wrong), ["document.issuing_state", "document.number"]);
        let nothing = service.administrator().find_account(pb::FindAccountRequest::default()).await.unwrap_err();
        assert_eq!(fields(&nothing), ["by", "purpose"]);
        let id = service
            .administrator()
            .get_account(pb::GetAccountRequest {
                account_id: "1".into(),
                purpose: pb::LookPurpose::HolderRequest.into(),
            })
            .await;
        assert_eq!(fields(&id.unwrap_err()), ["account_id"]);
    })
    .await;
}

#[tokio::test]
async fn a_phone_shows_the_representative_and_those_represented() {
    with(async |service| {
        let parent = service.applicant().await;
        let holder = service.holder_of(&parent).await;
        let mut child = service
            .people(|people| std::iter::repeat_with(|| people.applicant()).find(Applicant::is_represented).unwrap())
            .await;
        let passport = parent.application.passport.clone().unwrap();
        let representative = child.application.representative.as_mut().unwrap();
        representative.document_number = passport.number;
        representative.document_issuing_state = passport.issuing_state;
        child.application.phone = parent.phone();
        let child = service.holder_of(&child).await;
        let found = find(service, By::Phone(parent.phone())).await.unwrap();
        let found: Vec<_> = found.into_iter().map(|account| account.account_id).collect();
        assert_eq!(found, [holder.account, child.account]);
        service.register(Role::Officer, Some("79-02"), "elsewhere").await;
    })
    .await;
}

/// Two lines of one family: an applicant with a passport and a card, and everything that finds them.
async fn known(service: &Service) -> (Applicant, crate::support::service::Holder) {
    let applicant = service
        .people(|people| {
            std::iter::repeat_with(|| people.applicant())
                .find(|one| !one.is_represented() && one.application.residence_card.is_some())
                .unwrap()
        })
        .await;
    let holder = service.holder_of(&applicant).await;
    (applicant, holder)
}

pub fn person_of(applicant: &Applicant) -> pb::PersonKey {
    let person = applicant.application.person.clone().unwrap();
    pb::PersonKey {
        family_name: person.family_name.to_lowercase(),
        given_names: person.given_names,
        date_of_birth: person.date_of_birth,
        nationality: person.nationality,
    }
}

#[tokio::test]
async fn a_person_is_found_by_card_and_by_name_birth_and_nationality_together() {
    with(async |service| {
        let (applicant, holder) = known(service).await;
        let card = applicant.application.residence_card.clone().unwrap();
        let card = pb::CardKey { kind: card.kind, number: card.number };
        let person = person_of(&applicant);
        let turned = pb::PersonKey {
            family_name: person.given_names.clone(),
            given_names: person.family_name.clone(),
            ..person.clone()
        };
        for by in [By::Card(card), By::Person(person.clone()), By::Person(turned)] {
            let found = find(service, by).await.unwrap();
            assert_eq!(found.iter().map(|one| &one.account_id).collect::<Vec<_>>(), [&holder.account]);
        }
        let elsewhere = pb::PersonKey { nationality: "UTO".to_owned(), ..person.clone() };
        let younger = pb::PersonKey { date_of_birth: "2001-02-03".to_owned(), ..person };
        for by in [By::Person(elsewhere), By::Person(younger)] {
            assert_eq!(reason(&find(service, by).await.unwrap_err()), "ACCOUNT_NOT_FOUND");
        }
        let empty = find(service, By::Person(pb::PersonKey::default())).await.unwrap_err();
        assert_eq!(fields(&empty), ["person.family_name", "person.date_of_birth", "person.nationality"]);
        let empty = find(service, By::Card(pb::CardKey::default())).await.unwrap_err();
        assert_eq!(fields(&empty), ["card.kind", "card.number"]);
    })
    .await;
}

#[tokio::test]
async fn each_role_looks_by_what_it_may_and_is_shown_no_more_than_it_may() {
    with(async |service| {
        let (applicant, holder) = known(service).await;
        let ask = async |who: &str, by: By| {
            let request = pb::FindAccountRequest { by: Some(by), purpose: pb::LookPurpose::HolderRequest.into() };
            let found = AdministrationServiceClient::new(service.channel(Some(who))).find_account(request).await;
            found.map(|found| found.into_inner().accounts.remove(0))
        };
        let number = || By::IdentityNumber(holder.number.clone());
        for (who, phone_ends) in [("officer", true), ("hotline", true), ("administrator", true), ("auditor", false)] {
            let account = ask(who, number()).await.unwrap();
            assert_eq!(account.phone_masked.ends_with(&holder.phone[holder.phone.len() - 3..]), phone_ends, "{who}");
            assert!(!account.email_masked.contains('@') || who == "administrator" || who == "hotline", "{who}");
        }
        for who in ["officer", "auditor"] {
            for by in [By::Phone(holder.phone.clone()), By::Person(person_of(&applicant))] {
                assert_eq!(reason(&ask(who, by).await.unwrap_err()), "SEARCH_NOT_ALLOWED", "{who}");
            }
        }
        assert!(ask("hotline", By::Person(person_of(&applicant))).await.is_ok());
    })
    .await;
}
