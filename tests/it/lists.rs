//! Working lists at the counter: pages that hold, filters, numbers that agree with lists, and what of a request is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eid::domain::staff::Role;
use eid::proto as pb;
use eid::sys::Dice;
use prost_types::{FieldMask, Timestamp as PbTimestamp};
use tonic::Code;

use crate::support::service::{Service, fields, reason, with};

use pb::{EnrolmentState as State, Holder};

fn filter(states: &[State]) -> pb::EnrolmentFilter {
    let states = states.iter().map(|state| i32::from(*state)).collect();
    pb::EnrolmentFilter { states, ..pb::EnrolmentFilter::default() }
}

fn list_of(filter: pb::EnrolmentFilter) -> pb::ListRequest {
    pb::ListRequest { filter: Some(filter), ..pb::ListRequest::default() }
}

/// Every page one after another.
async fn walked(service: &Service, who: &str, mut request: pb::ListRequest) -> Vec<pb::Enrolment> {
    let mut all = Vec::new();
    loop {
        // So that walking is not taken for a flood.
        service.wait(Duration::from_millis(50));
        let page = service.officer_named(who).list(request.clone()).await.unwrap().into_inner();
        all.extend(page.enrolments);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

fn names(enrolments: &[pb::Enrolment]) -> Vec<&str> {
    enrolments.iter().map(|enrolment| enrolment.enrolment_id.as_str()).collect()
}

/// So many requests, one a second, oldest first.
async fn handed_in(service: &Service, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        service.wait(Duration::from_secs(1));
        ids.push(service.submitted(&service.applicant().await.application).await);
    }
    ids
}

async fn withdraw(service: &Service, id: &str) -> Result<(), tonic::Status> {
    let request = pb::WithdrawRequest {
        request_id: service.id(),
        enrolment_id: id.to_owned(),
        reason: pb::WithdrawalReason::Applicant.into(),
    };
    service.officer().withdraw(request).await.map(drop)
}

async fn send_back(service: &Service, held: (&str, &str)) {
    let wanted = pb::MoreInformation { reason: pb::ReturnReason::Data.into(), note: "The page is cut off.".to_owned() };
    let decision = pb::record_decision_request::Decision::MoreInformation(wanted);
    service.decide(held, decision).await.unwrap();
}

#[tokio::test]
async fn pages_hold_while_requests_arrive_and_change_their_state() {
    with(async |service| {
        let ids = handed_in(service, 12).await;
        // Half of them are with the authority, and go on while the pages are turned.
        let claimed = service.authority().claim(pb::ClaimRequest { limit: 6, lease: None }).await.unwrap().into_inner();
        let held: Vec<_> = claimed.enrolments.iter().map(|one| one.enrolment_id.clone()).collect();
        assert_eq!(held, ids[..6]);
        let states = [State::Forwarded, State::Issued];
        let mut request = pb::ListRequest { page_size: 3, ..list_of(filter(&states)) };
        let (mut seen, mut turn) = (Vec::new(), 0);
        loop {
            let page = service.officer().list(request.clone()).await.unwrap().into_inner();
            seen.extend(page.enrolments);
            handed_in(service, 2).await;
            // One that was seen is given up, one that was not is decided.
            match turn {
                0 => withdraw(service, &ids[11]).await.unwrap(),
                1 => drop(service.approve((&ids[4], &claimed.lease_id), &service.number()).await.unwrap()),
                2 => send_back(service, (&ids[1], &claimed.lease_id)).await,
                _ => {}
            }
            turn += 1;
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        let mut expected = ids.clone();
        expected.remove(1);
        expected.reverse();
        assert_eq!(
            names(&seen),
            expected,
            "each once, newest first; the one that was returned meanwhile is not listed"
        );
    })
    .await;
}

#[tokio::test]
async fn a_page_token_serves_the_list_that_it_was_made_for() {
    with(async |service| {
        service.register(Role::Officer, Some("79-02"), "elsewhere").await;
        let ids = handed_in(service, 3).await;
        let first = pb::ListRequest { page_size: 1, ..list_of(filter(&[State::Forwarded])) };
        let token = service.officer().list(first.clone()).await.unwrap().into_inner().next_page_token;
        let next = pb::ListRequest { page_token: token.clone(), ..first.clone() };
        let larger = pb::ListRequest { page_size: 2, read_mask: None, ..next.clone() };
        assert_eq!(names(&walked(service, "officer", larger).await), [ids[1].as_str(), &ids[0]]);

        let overdue = pb::EnrolmentFilter { overdue: true, ..filter(&[State::Forwarded]) };
        for other in [
            pb::ListRequest { filter: None, ..next.clone() },
            pb::ListRequest { filter: Some(filter(&[State::Issued])), ..next.clone() },
            pb::ListRequest { filter: Some(overdue), ..next.clone() },
            pb::ListRequest { office_map: pb::OfficeMap::AsReceived.into(), ..next.clone() },
            pb::ListRequest { page_token: "AQID".to_owned(), ..first.clone() },
            pb::ListRequest { page_token: token.replace(&token[9..10], "_"), ..first.clone() },
        ] {
            let refused = service.officer().list(other).await.unwrap_err();
            assert_eq!((refused.code(), fields(&refused)), (Code::InvalidArgument, vec!["page_token".to_owned()]));
        }
        let refused = service.officer_named("elsewhere").list(next).await.unwrap_err();
        assert_eq!(fields(&refused), ["page_token"]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_named() {
    with(async |service| {
        let wrong = PbTimestamp { seconds: -1, nanos: 0 };
        let filter = pb::EnrolmentFilter {
            states: vec![State::Issued.into(), 99, 0],
            received_from: Some(wrong),
            received_until: Some(wrong),
            holder: 77,
            overdue: true,
        };
        let request = pb::ListRequest {
            state: 55,
            filter: Some(filter.clone()),
            page_size: 501,
            page_token: "?".to_owned(),
            read_mask: Some(FieldMask { paths: vec!["state".to_owned(), "name".to_owned()] }),
            ..pb::ListRequest::default()
        };
        let refused = service.officer().list(request).await.unwrap_err();
        let of_the_filter =
            ["filter.states[1]", "filter.states[2]", "filter.received_from", "filter.received_until", "filter.holder"];
        let expected =
            [&["page_size", "page_token", "state"], of_the_filter.as_slice(), &["read_mask.paths[1]"]].concat();
        assert_eq!(fields(&refused), expected);
        let request = pb::CountRequest { filter: Some(filter), ..pb::CountRequest::default() };
        assert_eq!(fields(&service.officer().count(request).await.unwrap_err()), of_the_filter);
    })
    .await;
}

#[tokio::test]
async fn only_the_fields_that_were_asked_for_are_shown() {
    with(async |service| {
        let ids = handed_in(service, 1).await;
        let masked = async |paths: &[&str]| {
            let paths = paths.iter().map(|path| (*path).to_owned()).collect();
            let request = pb::ListRequest { read_mask: Some(FieldMask { paths }), ..pb::ListRequest::default() };
            service.officer().list(request).await.unwrap().into_inner().enrolments.remove(0)
        };
        let all = masked(&[]).await;
        assert!(all == masked(&["*"]).await && all.received_at.is_some());
        let shown = masked(&["enrolment_id", "act_by", "deadline.due_at"]).await;
        let due_at = all.deadline.unwrap().due_at;
        let expected = pb::Enrolment {
            enrolment_id: ids[0].clone(),
            act_by: all.act_by,
            deadline: Some(pb::Deadline { due_at, ..pb::Deadline::default() }),
            ..pb::Enrolment::default()
        };
        assert!(shown == expected && due_at.is_some());
    })
    .await;
}

/// Lets requests go their ways at random, some days on end.
async fn history(service: &Service, dice: &Dice) {
    let below = |bound: u32| u32::from_be_bytes(dice.bytes()) % bound;
    for _ in 0..3 {
        let ids = handed_in(service, 8).await;
        let limit = 4 + i32::from(dice.bytes::<1>()[0] % 4);
        let claimed = service.authority().claim(pb::ClaimRequest { limit, lease: None }).await.unwrap().into_inner();
        for one in &claimed.enrolments {
            let held = (one.enrolment_id.as_str(), claimed.lease_id.as_str());
            match below(4) {
                0 => drop(service.approve(held, &service.number()).await.unwrap()),
                1 => send_back(service, held).await,
                2 => {
                    let refusal = pb::AuthorityRefusal { reason: pb::RefusalReason::Other.into() };
                    let decision = pb::record_decision_request::Decision::Refusal(refusal);
                    service.decide(held, decision).await.unwrap();
                }
                _ => {}
            }
        }
        for id in &ids {
            if below(6) == 0 {
                // What the authority holds or has ended stays as it is.
                let _ = withdraw(service, id).await;
            }
        }
        service.wait(Duration::from_hours(24 * 14));
    }
}

#[tokio::test]
async fn numbers_agree_with_lists_after_any_history() {
    with(async |service| {
        let dice = Dice::seeded(11);
        history(service, &dice).await;
        let now = service.now().micros() / 1_000_000;
        let ago = |days: i64| Some(PbTimestamp { seconds: now - days * 86_400, nanos: 0 });
        let open = filter(&[State::Forwarded, State::Returned, State::Referred]);
        for asked in [
            pb::EnrolmentFilter::default(),
            filter(&[State::Forwarded]),
            open.clone(),
            filter(&[State::Issued, State::Withdrawn, State::Returned]),
            pb::EnrolmentFilter { overdue: true, ..pb::EnrolmentFilter::default() },
            pb::EnrolmentFilter { overdue: true, holder: Holder::Authority.into(), ..open },
            pb::EnrolmentFilter { holder: Holder::Nobody.into(), ..pb::EnrolmentFilter::default() },
            pb::EnrolmentFilter { received_from: ago(30), received_until: ago(20), ..pb::EnrolmentFilter::default() },
        ] {
            let request = pb::CountRequest { filter: Some(asked.clone()), ..pb::CountRequest::default() };
            let counted = service.officer().count(request).await.unwrap().into_inner();
            let listed = walked(service, "officer", pb::ListRequest { page_size: 5, ..list_of(asked.clone()) }).await;
            let at = counted.counted_at.unwrap().seconds;
            let overdue = |one: &pb::Enrolment| one.act_by.is_some_and(|by| by.seconds <= at);
            let mut by_state: BTreeMap<i32, i64> = counted.by_state.iter().map(|one| (one.state, 0)).collect();
            let mut by_holder: BTreeMap<i32, (i64, i64)> =
                counted.by_holder.iter().map(|one| (one.holder, (0, 0))).collect();
            for one in &listed {
                *by_state.entry(one.state).or_default() += 1;
                let (count, late) = by_holder.entry(one.holder).or_default();
                *count += 1;
                *late += i64::from(overdue(one));
            }
            assert_eq!(counted.total, i64::try_from(listed.len()).unwrap());
            let told: BTreeMap<_, _> = counted.by_state.iter().map(|one| (one.state, one.count)).collect();
            assert_eq!(told, by_state);
            let told: BTreeMap<_, _> =
                counted.by_holder.iter().map(|one| (one.holder, (one.count, one.overdue))).collect();
            assert_eq!(told, by_holder);
            assert!(!asked.overdue || listed.iter().all(overdue));
        }
        let overdue = pb::EnrolmentFilter { overdue: true, ..pb::EnrolmentFilter::default() };
        assert!(!walked(service, "officer", list_of(overdue)).await.is_empty(), "some were let stand");
    })
    .await;
}

#[tokio::test]
async fn a_state_asked_for_as_before_counts_beside_those_of_the_filter() {
    with(async |service| {
        let ids = handed_in(service, 3).await;
        withdraw(service, &ids[0]).await.unwrap();
        let lease = service.authority().claim(pb::ClaimRequest { limit: 1, lease: None }).await.unwrap().into_inner();
        service.approve((&ids[1], &lease.lease_id), &service.number()).await.unwrap();
        let plain = |state: State| pb::ListRequest { state: state.into(), ..pb::ListRequest::default() };
        assert_eq!(names(&walked(service, "officer", plain(State::Forwarded)).await), [&ids[2]]);
        let both = pb::ListRequest { filter: Some(filter(&[State::Withdrawn])), ..plain(State::Forwarded) };
        assert_eq!(names(&walked(service, "officer", both).await), [&ids[2], &ids[0]]);
    })
    .await;
}

#[tokio::test]
async fn each_look_at_a_list_is_recorded_and_numbers_tell_of_nobody() {
    with(async |service| {
        handed_in(service, 1).await;
        let officer = service.app().caller(&crate::support::service::certificate("officer")).await.unwrap().unwrap();
        let before = service.actions(&officer.id().to_string()).await;
        service.officer().count(pb::CountRequest::default()).await.unwrap();
        assert_eq!(service.actions(&officer.id().to_string()).await, before);
        service.officer().list(pb::ListRequest::default()).await.unwrap();
        let after: BTreeSet<_> = service.actions(&officer.id().to_string()).await.into_iter().collect();
        assert!(after.contains("enrolments.listed"));
    })
    .await;
}

#[tokio::test]
async fn an_office_asked_for_that_is_another_one_is_not_counted() {
    with(async |service| {
        let request = pb::CountRequest {
            office_map: pb::OfficeMap::AsReceived.into(),
            office: "01-01".to_owned(),
            office_on: "2026-11-20".to_owned(),
            filter: None,
        };
        let refused = service.officer().count(request).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::NotFound, "OFFICE_NOT_FOUND"));
    })
    .await;
}

#[tokio::test]
async fn a_damaged_record_is_named_in_its_place_and_holds_up_neither_lists_nor_watchers() {
    with(async |service| {
        let begun = service.officer().watch(pb::WatchRequest::default()).await.unwrap().into_inner().message().await;
        let resume_token = begun.unwrap().unwrap().resume_token;
        let made = handed_in(service, 3).await;
        let spoil = "UPDATE enrolment SET notes = '' \
             WHERE id = (SELECT id FROM enrolment ORDER BY id LIMIT 1 OFFSET 1)";
        service.database().tamper(spoil).await;
        let request = pb::ListRequest { page_size: 2, ..pb::ListRequest::default() };
        let first = service.officer().list(request.clone()).await.unwrap().into_inner();
        assert_eq!((names(&first.enrolments), first.unreadable), (vec![made[2].as_str()], vec![made[1].clone()]));
        let next = pb::ListRequest { page_token: first.next_page_token, ..request };
        let second = service.officer().list(next).await.unwrap().into_inner();
        assert_eq!((names(&second.enrolments), second.unreadable.len()), (vec![made[0].as_str()], 0));

        let request = pb::WatchRequest { resume_token };
        let mut changes = service.officer().watch(request).await.unwrap().into_inner();
        let mut shown = BTreeMap::new();
        while let Some(change) = changes.message().await.unwrap().unwrap().change {
            shown.insert(change.enrolment_id, change.enrolment.is_some());
        }
        let expected = made.iter().zip([true, false, true]).map(|(id, shown)| (id.clone(), shown));
        assert_eq!(shown, expected.collect());
    })
    .await;
}
