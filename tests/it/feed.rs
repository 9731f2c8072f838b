//! The feed of the immigration database from end to end: what it says of cards, accounts follow, whatever the order.

use std::time::Duration;

use eid::app::Registry;
use eid::domain::audit::Actor;
use eid::domain::feed::RowOutcome;
use eid::domain::record::{Record, ResidenceStatus};
use eid::domain::time::{Timestamp, parse_date};
use eid::practice::Applicant;
use eid::proto as pb;
use eid::proto::registry as rpb;
use eid::proto::registry::registry_service_client::RegistryServiceClient;
use tonic::Code;

use crate::registry::record_of;
use crate::support::service::{Holder, Service, Wishes, fields, with_wishes};

pub fn table() -> Wishes {
    Wishes { registry: Registry::Table, ..Wishes::default() }
}

/// An applicant with a passport and a temporary card of their own.
pub async fn with_a_card(service: &Service) -> Applicant {
    let temporary = |card: &pb::ResidenceCard| card.kind() == pb::ResidenceCardKind::Temporary;
    let own = |one: &Applicant| !one.is_represented() && one.application.residence_card.as_ref().is_some_and(temporary);
    service.people(|people| std::iter::repeat_with(|| people.applicant()).find(own).unwrap()).await
}

/// An active account whose holder has passport and card, with the record of them.
async fn resident(service: &Service) -> (Holder, Record) {
    let applicant = with_a_card(service).await;
    let mut record = record_of(&applicant.application);
    assert_eq!(feed(service, std::slice::from_ref(&record)).await, [RowOutcome::NoAccount]);
    let holder = service.holder_of(&applicant).await;
    let code = service.code_for(&holder).await;
    service.activate(&holder, &code).await;
    // Beyond every day that a test looks at.
    record.card.expires_on = parse_date("2030-01-01").unwrap();
    record.recorded_at = record.recorded_at.plus(Duration::from_secs(1));
    assert_eq!(feed(service, std::slice::from_ref(&record)).await, [RowOutcome::Applied]);
    (holder, record)
}

pub async fn feed(service: &Service, records: &[Record]) -> Vec<RowOutcome> {
    let app = service.app();
    app.import_records(Actor::Console, app.new_import(), records).await.unwrap().1
}

/// The same card, of which the database said something else, so many minutes later.
pub fn later(record: &Record, minutes: u64, status: ResidenceStatus) -> Record {
    let recorded_at = record.recorded_at.plus(Duration::from_secs(minutes * 60));
    Record { status, recorded_at, ..record.clone() }
}

async fn standing(service: &Service, holder: &Holder) -> (pb::AccountStanding, pb::LockReason) {
    let status = service.status(&holder.number, &holder.phone).await;
    (status.standing(), status.lock_reason())
}

const OPEN: (pb::AccountStanding, pb::LockReason) = (pb::AccountStanding::Active, pb::LockReason::Unspecified);
const ENDED: (pb::AccountStanding, pb::LockReason) = (pb::AccountStanding::Locked, pb::LockReason::ResidenceExpired);

#[tokio::test]
async fn a_card_that_is_cancelled_locks_its_account_and_an_extension_opens_it_again() {
    with_wishes(table(), async |service| {
        let (holder, record) = resident(service).await;
        assert_eq!(standing(service, &holder).await, OPEN);
        let cancelled = later(&record, 1, ResidenceStatus::Cancelled);
        assert_eq!(feed(service, &[cancelled]).await, [RowOutcome::Applied]);
        assert_eq!(standing(service, &holder).await, ENDED);
        let extended = later(&record, 2, ResidenceStatus::Extended);
        assert_eq!(feed(service, &[extended]).await, [RowOutcome::Applied]);
        assert_eq!(standing(service, &holder).await, OPEN);
        let left = later(&record, 3, ResidenceStatus::Left);
        feed(service, &[left]).await;
        assert_eq!(standing(service, &holder).await, ENDED);
    })
    .await;
}

#[tokio::test]
async fn a_feed_that_comes_twice_and_in_any_order_ends_in_the_same_state() {
    with_wishes(table(), async |service| {
        let (holder, record) = resident(service).await;
        let said = [
            (1, ResidenceStatus::Extended),
            (2, ResidenceStatus::Cancelled),
            (2, ResidenceStatus::Extended),
            (3, ResidenceStatus::Left),
        ];
        let rows = said.map(|(minutes, status)| later(&record, minutes, status));
        for turn in 0..rows.len() {
            let mut turned = rows.clone();
            turned.rotate_left(turn);
            for _ in 0..2 {
                feed(service, &turned).await;
                for row in turned.iter().rev() {
                    feed(service, std::slice::from_ref(row)).await;
                }
                assert_eq!(standing(service, &holder).await, ENDED, "turned by {turn}");
            }
        }
        feed(service, &[later(&record, 4, ResidenceStatus::Extended)]).await;
        feed(service, &rows).await;
        assert_eq!(standing(service, &holder).await, OPEN, "what was said last counts");
    })
    .await;
}

#[tokio::test]
async fn a_person_with_two_cards_stays_in_use_until_the_last_of_them_has_ended() {
    with_wishes(table(), async |service| {
        let (holder, first) = resident(service).await;
        let mut second = later(&first, 1, ResidenceStatus::Issued);
        second.card.number = eid::domain::passport::DocumentNumber::parse("TTNEU00001").unwrap();
        assert_eq!(feed(service, std::slice::from_ref(&second)).await, [RowOutcome::Joined]);
        assert_eq!(
            feed(service, std::slice::from_ref(&second)).await,
            [RowOutcome::Applied],
            "it is the account's now"
        );
        let mut stranger = with_a_card(service).await.application;
        stranger.residence_card.as_mut().unwrap().number = "TTNEU00001".to_owned();
        let request = pb::CheckRequest { application: Some(stranger), ..Default::default() };
        let findings = service.officer().check(request).await.unwrap().into_inner().findings;
        assert!(findings.iter().any(|one| one.rule == "residence-card.in-use"), "it serves nobody else");
        feed(service, &[later(&first, 2, ResidenceStatus::Cancelled)]).await;
        assert_eq!(standing(service, &holder).await, OPEN, "the other card stands");
        feed(service, &[later(&second, 3, ResidenceStatus::Cancelled)]).await;
        assert_eq!(standing(service, &holder).await, ENDED);
        feed(service, &[later(&first, 4, ResidenceStatus::Extended)]).await;
        assert_eq!(standing(service, &holder).await, OPEN);
    })
    .await;
}

#[tokio::test]
async fn of_several_rows_of_a_new_card_the_latest_counts_wherever_it_stands() {
    with_wishes(table(), async |service| {
        for latest_first in [false, true] {
            let (holder, first) = resident(service).await;
            let mut new = later(&first, 5, ResidenceStatus::Issued);
            new.card.number =
                eid::domain::passport::DocumentNumber::parse(&format!("TTNEU{}", u8::from(latest_first))).unwrap();
            let mut rows = vec![new.clone(), later(&new, 6, ResidenceStatus::Cancelled)];
            if latest_first {
                rows.reverse();
            }
            assert_eq!(feed(service, &rows).await, [RowOutcome::Joined; 2]);
            feed(service, &[later(&first, 20, ResidenceStatus::Cancelled)]).await;
            assert_eq!(standing(service, &holder).await, ENDED, "the new one was cancelled");
            feed(service, &[later(&new, 30, ResidenceStatus::Extended)]).await;
            assert_eq!(standing(service, &holder).await, OPEN);
        }
    })
    .await;
}

#[tokio::test]
async fn a_holder_who_changed_their_name_is_known_by_the_passport() {
    with_wishes(table(), async |service| {
        let (holder, record) = resident(service).await;
        let name = eid::domain::person::NamePart::parse("Renamed").unwrap();
        let renamed = Record {
            name: eid::domain::person::FullName::new(Some(name), None).unwrap(),
            ..later(&record, 1, ResidenceStatus::Cancelled)
        };
        assert_eq!(feed(service, &[renamed]).await, [RowOutcome::Applied]);
        assert_eq!(standing(service, &holder).await, ENDED);
    })
    .await;
}

#[tokio::test]
async fn rows_of_nobody_and_of_somebody_else_are_told_and_lock_nobody() {
    with_wishes(table(), async |service| {
        let (holder, record) = resident(service).await;
        let stranger =
            Record { born_on: parse_date("1901-01-01").unwrap(), ..later(&record, 1, ResidenceStatus::Cancelled) };
        let mut nobody = record_of(&service.applicant().await.application);
        nobody.status = ResidenceStatus::Left;
        let rows = [stranger, nobody, later(&record, 2, ResidenceStatus::Extended)];
        let expected = [RowOutcome::OtherPerson, RowOutcome::NoAccount, RowOutcome::Applied];
        assert_eq!(feed(service, &rows).await, expected);
        assert_eq!(feed(service, &rows).await, expected, "a replay tells the same");
        assert_eq!(standing(service, &holder).await, OPEN);
    })
    .await;
}

#[tokio::test]
async fn what_was_said_before_an_account_is_issued_counts_from_its_first_moment() {
    with_wishes(table(), async |service| {
        let applicant = with_a_card(service).await;
        let record = record_of(&applicant.application);
        feed(service, std::slice::from_ref(&record)).await;
        let enrolment = service.submitted(&applicant.application).await;
        feed(service, &[later(&record, 1, ResidenceStatus::Cancelled)]).await;
        let number = service.number();
        let lease = service.claimed().await.lease_id;
        service.approve((&enrolment, &lease), &number).await.unwrap();
        let status = service.status(&number, &applicant.application.phone).await;
        assert_eq!((status.standing(), status.lock_reason()), ENDED);
    })
    .await;
}

/// The message of a record.
fn sent(record: &Record) -> rpb::Record {
    let text = |day: time::Date| eid::domain::time::format_date(day);
    let part = |part: Option<&eid::domain::person::NamePart>| part.map(|part| part.as_str().to_owned());
    let document = record.document.as_ref().unwrap();
    rpb::Record {
        family_name: part(record.name.family()).unwrap_or_default(),
        given_names: part(record.name.given()).unwrap_or_default(),
        date_of_birth: text(record.born_on),
        sex: rpb::Sex::Female.into(),
        nationality: record.nationality.as_str().to_owned(),
        document: Some(rpb::Document {
            number: document.number.as_str().to_owned(),
            issuing_state: document.issuing_state.as_str().to_owned(),
            issued_on: text(document.issued_on),
            expires_on: text(document.expires_on),
        }),
        card: Some(rpb::Card {
            kind: rpb::CardKind::Temporary.into(),
            symbol: "LĐ2".to_owned(),
            number: record.card.number.as_str().to_owned(),
            issued_on: text(record.card.issued_on),
            expires_on: text(record.card.expires_on),
        }),
        status: match record.status {
            ResidenceStatus::Issued => rpb::ResidenceStatus::Issued,
            ResidenceStatus::Extended => rpb::ResidenceStatus::Extended,
            ResidenceStatus::Cancelled => rpb::ResidenceStatus::Cancelled,
            ResidenceStatus::Left => rpb::ResidenceStatus::Left,
        }
        .into(),
        face_on_file: true,
        fingerprints_on_file: true,
        recorded_at: Some(instant(record.recorded_at)),
    }
}

fn instant(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.micros() / 1_000_000, nanos: 0 }
}

#[tokio::test]
async fn a_system_feeds_by_calls_and_a_record_that_cannot_be_read_costs_only_itself() {
    with_wishes(table(), async |service| {
        let (holder, record) = resident(service).await;
        let mut writer = RegistryServiceClient::new(service.channel(Some("registry_writer")));
        let row = |minutes, status| sent(&later(&record, minutes, status));
        let unnamed = rpb::Record { status: 0, ..row(1, ResidenceStatus::Left) };
        let ahead = service.now().plus(Duration::from_hours(24));
        let early = rpb::Record { recorded_at: Some(instant(ahead)), ..row(1, ResidenceStatus::Left) };
        let records = vec![unnamed, row(2, ResidenceStatus::Cancelled), early];
        let put = writer.put_records(rpb::PutRecordsRequest { records }).await.unwrap().into_inner();
        let told: Vec<_> = put.results.iter().map(|one| (one.outcome(), one.field.as_str())).collect();
        let expected = [
            (rpb::RowOutcome::NotRead, "status"),
            (rpb::RowOutcome::Applied, ""),
            (rpb::RowOutcome::NotRead, "recorded_at"),
        ];
        assert_eq!((told.as_slice(), put.written), (expected.as_slice(), 1));
        assert_eq!(standing(service, &holder).await, ENDED);

        let none = writer.put_records(rpb::PutRecordsRequest::default()).await.unwrap_err();
        assert_eq!(fields(&none), ["records"]);
        let many = vec![rpb::Record::default(); 501];
        assert_eq!(
            fields(&writer.put_records(rpb::PutRecordsRequest { records: many }).await.unwrap_err()),
            ["records"]
        );
        let mut reader = RegistryServiceClient::new(service.channel(Some("registry_reader")));
        let refused = reader.put_records(rpb::PutRecordsRequest { records: vec![row(4, ResidenceStatus::Left)] }).await;
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    })
    .await;
}
