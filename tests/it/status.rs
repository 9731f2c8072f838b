//! Where many accounts stand: as one by one, in one answer.

use eid::proto as pb;
use pb::AccountStanding::{Active, AwaitingActivation, NotMatched, WindowLapsed};
use prost::Message as _;
use tonic::{Code, Status};

use crate::support::service::{Service, fields, with};

fn login(number: &str, phone: &str) -> pb::AccountLogin {
    pb::AccountLogin { identity_number: number.to_owned(), phone: phone.to_owned() }
}

async fn batch(service: &Service, logins: &[pb::AccountLogin]) -> Result<Vec<pb::GetStatusResponse>, Status> {
    let request = pb::BatchGetStatusRequest { logins: logins.to_vec() };
    service.phone_app().batch_get_status(request).await.map(|answer| answer.into_inner().statuses)
}

#[tokio::test]
async fn each_is_answered_as_alone_in_the_order_asked_and_twice_if_asked_twice() {
    with(async |service| {
        let lapsed = service.holder().await;
        service.wait(std::time::Duration::from_hours(8 * 24));
        let (asked, awaiting, active) = (service.holder().await, service.holder().await, service.active_holder().await);
        service.code_for(&asked).await;
        let logins = [
            login(&awaiting.number, &awaiting.phone),
            login(&active.number, &active.phone),
            login(&awaiting.number, &active.phone),
            login(&asked.number, &asked.phone),
            login(&lapsed.number, &lapsed.phone),
            login(&awaiting.number, &awaiting.phone),
            login(&service.number(), &asked.phone),
        ];
        let statuses = batch(service, &logins).await.unwrap();
        let mut alone = Vec::new();
        for login in &logins {
            alone.push(service.status(&login.identity_number, &login.phone).await);
        }
        assert_eq!(statuses, alone);
        let standings: Vec<_> = statuses.iter().map(pb::GetStatusResponse::standing).collect();
        assert_eq!(
            standings,
            [AwaitingActivation, Active, NotMatched, AwaitingActivation, WindowLapsed, AwaitingActivation, NotMatched]
        );
        assert_eq!(
            (statuses[3].next_step(), statuses[5].next_step()),
            (pb::NextStep::TypeCode, pb::NextStep::SendCode)
        );
    })
    .await;
}

#[tokio::test]
async fn five_hundred_are_answered_in_a_message_of_bounded_size_and_one_more_or_none_is_refused() {
    with(async |service| {
        let holder = service.holder().await;
        service.code_for(&holder).await;
        let one = login(&holder.number, &holder.phone);
        let statuses = batch(service, &vec![one.clone(); 500]).await.unwrap();
        assert!(statuses.len() == 500 && statuses.iter().all(|status| *status == statuses[0]));
        let bytes = pb::BatchGetStatusResponse { statuses }.encoded_len();
        assert!(bytes < 1 << 19, "{bytes} bytes are within what every client takes");
        for count in [0, 501] {
            let refused = batch(service, &vec![one.clone(); count]).await.unwrap_err();
            assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["logins".to_owned()]));
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_named_with_its_place() {
    with(async |service| {
        let holder = service.holder().await;
        let mut logins = vec![login(&holder.number, &holder.phone); 20];
        logins[3].identity_number = "12x".to_owned();
        logins[17].phone = String::new();
        let refused = batch(service, &logins).await.unwrap_err();
        let expected = ["logins[3].identity_number", "logins[17].phone"];
        assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, expected.map(str::to_owned).to_vec()));
        // However much is wrong, the answer stays one that a client can read.
        let refused = batch(service, &vec![login("?", "?"); 500]).await.unwrap_err();
        let named = fields(&refused);
        assert_eq!(named[..2], ["logins[0].identity_number".to_owned(), "logins[0].phone".to_owned()]);
    })
    .await;
}
