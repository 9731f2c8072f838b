//! The hand-over: leases, decisions, and that no request is decided twice or lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use eid::proto as pb;
use futures::future::join_all;
use pb::record_decision_request::Decision;
use tonic::Code;

use crate::support::service::{Service, fields, reason, with};

fn refusal() -> Decision {
    Decision::Refusal(pb::AuthorityRefusal { reason: pb::RefusalReason::IdentityNotConfirmed.into() })
}

async fn submitted(service: &Service, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        service.wait(Duration::from_millis(10));
        ids.push(service.submitted(&service.applicant().await.application).await);
    }
    ids
}

fn ids(claimed: &pb::ClaimResponse) -> Vec<String> {
    claimed.enrolments.iter().map(|enrolment| enrolment.enrolment_id.clone()).collect()
}

#[tokio::test]
async fn claims_take_the_oldest_first_and_nothing_twice() {
    with(async |service| {
        let made = submitted(service, 5).await;
        let claim = async |limit| {
            service.authority().claim(pb::ClaimRequest { limit, lease: None }).await.unwrap().into_inner()
        };
        assert_eq!(ids(&claim(3).await), made[..3]);
        assert_eq!(ids(&claim(500).await), made[3..]);
        let nothing = claim(500).await;
        assert!(nothing.enrolments.is_empty() && nothing.lease_id.is_empty());
    })
    .await;
}

#[tokio::test]
async fn many_claims_at_once_never_share_a_request() {
    with(async |service| {
        let mut made = submitted(service, 24).await;
        let claims = (0..8).map(|_| {
            let mut authority = service.authority();
            async move { authority.claim(pb::ClaimRequest { limit: 5, lease: None }).await.unwrap().into_inner() }
        });
        let mut claimed: Vec<_> = join_all(claims).await.iter().flat_map(ids).collect();
        // A claim that lost the race for its rows may come back with fewer; what is left waits for the next.
        claimed.extend(ids(&service.claimed().await));
        claimed.sort();
        made.sort();
        assert_eq!(claimed, made);
    })
    .await;
}

#[tokio::test]
async fn a_lapsed_lease_gives_the_request_back_and_decides_no_more_once_it_is_claimed_again() {
    with(async |service| {
        let id = submitted(service, 1).await.remove(0);
        let first = service.claimed().await.lease_id;
        service.wait(Duration::from_mins(5));
        let second = service.claimed().await;
        assert_eq!(ids(&second), std::slice::from_ref(&id));
        let late = service.approve((&id, &first), &service.number()).await.unwrap_err();
        assert_eq!((late.code(), reason(&late).as_str()), (Code::FailedPrecondition, "LEASE_LOST"));
        assert!(service.approve((&id, &second.lease_id), &service.number()).await.is_ok());
    })
    .await;
}

/// One answer to a decision, as the ledger takes it: the account, or nothing if somebody else had the request.
fn noted(answer: Result<pb::RecordDecisionResponse, tonic::Status>) -> Option<String> {
    match answer {
        Ok(decided) => Some(decided.account_id),
        Err(refused) => {
            assert!(["LEASE_LOST", "ALREADY_DECIDED"].contains(&reason(&refused).as_str()), "{refused:?}");
            None
        }
    }
}

/// Claims a few, and decides those of this and of an earlier claim while their leases lapse and others claim them.
async fn decided_while_leases_lapse(
    service: &Service,
    earlier: Vec<(String, String)>,
    ledger: &mut BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let claim = async |limit| {
        let claimed = service.authority().claim(pb::ClaimRequest { limit, lease: None }).await.unwrap().into_inner();
        ids(&claimed).into_iter().map(|id| (id, claimed.lease_id.clone())).collect::<Vec<_>>()
    };
    let held: Vec<_> = join_all((0..2).map(|_| claim(5))).await.into_iter().flatten().chain(earlier).collect();
    let numbers: Vec<_> = held.iter().map(|_| service.number()).collect();
    let deciding = held.iter().zip(&numbers).map(|((id, lease), number)| service.approve((id, lease), number));
    let lapsing = async {
        service.wait(Duration::from_mins(5));
        claim(4).await
    };
    let (answers, claimed) = tokio::join!(join_all(deciding), lapsing);
    for ((id, _), answer) in held.iter().zip(answers) {
        if let Some(account) = noted(answer) {
            assert!(ledger.insert(id.clone(), account).is_none(), "decided twice");
        }
    }
    claimed
}

#[tokio::test]
async fn leases_that_lapse_during_the_decision_leave_the_ledger_equal_to_the_database() {
    with(async |service| {
        let made = submitted(service, 40).await;
        let (mut ledger, mut earlier) = (BTreeMap::new(), Vec::new());
        for _ in 0..8 {
            earlier = decided_while_leases_lapse(service, earlier, &mut ledger).await;
        }
        // What lost its lease each time waits, and is decided in peace.
        service.wait(Duration::from_mins(5));
        let rest = service.claimed().await;
        for id in ids(&rest) {
            let account = noted(service.approve((&id, &rest.lease_id), &service.number()).await);
            assert!(ledger.insert(id, account.expect("nobody else claims")).is_none(), "claimed after it was decided");
        }
        let mut all = made;
        all.sort();
        assert_eq!(ledger.keys().cloned().collect::<Vec<_>>(), all, "none lost");
        assert_eq!(ledger.values().collect::<BTreeSet<_>>().len(), all.len(), "each has an account of its own");
        for (id, account) in &ledger {
            assert_eq!(service.actions(id).await, ["enrolment.received", "account.issued"], "issued once");
            let shown = service.officer().get(pb::GetRequest { enrolment_id: id.clone() }).await.unwrap().into_inner();
            assert_eq!(&shown.enrolment.unwrap().account_id, account);
        }
    })
    .await;
}

#[tokio::test]
async fn a_late_decision_stands_if_nobody_claimed_the_request_after_it() {
    with(async |service| {
        let id = submitted(service, 1).await.remove(0);
        let lease = service.claimed().await.lease_id;
        service.wait(Duration::from_hours(2));
        assert!(service.approve((&id, &lease), &service.number()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn an_approval_makes_the_account_and_tells_the_holder_without_a_code() {
    with(async |service| {
        let applicant = service.applicant().await;
        let id = service.submitted(&applicant.application).await;
        let lease = service.claimed().await.lease_id;
        let decided = service.approve((&id, &lease), &service.number()).await.unwrap();
        assert_eq!(decided.state(), pb::EnrolmentState::Issued);
        let messages = service.messages().await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["kind"], "account_notice");
        assert_eq!(messages[0]["to"], applicant.phone());
        assert!(messages[0]["code"].is_null());
        assert_eq!(service.actions(&id).await, ["enrolment.received", "account.issued"]);
        assert_eq!(service.actions(&decided.account_id).await, ["message.sent"]);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_ends_the_request_and_frees_phone_passport_and_card() {
    with(async |service| {
        let applicant = service.applicant().await;
        let id = service.submitted(&applicant.application).await;
        let lease = service.claimed().await.lease_id;
        let decided = service.decide((&id, &lease), refusal()).await.unwrap();
        assert_eq!((decided.state(), decided.account_id.as_str()), (pb::EnrolmentState::Refused, ""));
        let shown = service.officer().get(pb::GetRequest { enrolment_id: id }).await.unwrap().into_inner();
        assert_eq!(shown.enrolment.unwrap().refusal_reason(), pb::RefusalReason::IdentityNotConfirmed);
        service.submitted(&applicant.application).await;
    })
    .await;
}

#[tokio::test]
async fn a_decision_is_final_and_a_repeat_gets_the_first_answer() {
    with(async |service| {
        let id = submitted(service, 1).await.remove(0);
        let lease = service.claimed().await.lease_id;
        let request = pb::RecordDecisionRequest {
            request_id: service.id(),
            enrolment_id: id.clone(),
            lease_id: lease.clone(),
            decision: Some(Decision::Approval(pb::Approval { identity_number: service.number() })),
        };
        let first = service.authority().record_decision(request.clone()).await.unwrap().into_inner();
        service.wait(Duration::from_hours(1));
        assert!(service.authority().record_decision(request).await.unwrap().into_inner() == first);
        let changed = service.decide((&id, &lease), refusal()).await.unwrap_err();
        assert_eq!(reason(&changed), "ALREADY_DECIDED");
    })
    .await;
}

#[tokio::test]
async fn of_sixteen_decisions_at_once_one_is_recorded() {
    with(async |service| {
        let id = submitted(service, 1).await.remove(0);
        let lease = service.claimed().await.lease_id;
        let numbers: Vec<_> = (0..16).map(|_| service.number()).collect();
        let decisions = numbers.iter().map(|number| service.approve((&id, &lease), number));
        let answers = join_all(decisions).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|e| reason(e) == "ALREADY_DECIDED"));
    })
    .await;
}

#[tokio::test]
async fn a_number_that_was_given_once_is_never_given_again() {
    with(async |service| {
        let holder = service.holder().await;
        let id = submitted(service, 1).await.remove(0);
        let lease = service.claimed().await.lease_id;
        let taken = service.approve((&id, &lease), &holder.number).await.unwrap_err();
        assert_eq!((taken.code(), reason(&taken).as_str()), (Code::AlreadyExists, "IDENTITY_NUMBER_TAKEN"));
        assert!(service.approve((&id, &lease), &service.number()).await.is_ok(), "the request is still open");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_is_named() {
    with(async |service| {
        let claim = async |limit, secs| {
            let lease = Some(prost_types::Duration { seconds: secs, nanos: 0 });
            fields(&service.authority().claim(pb::ClaimRequest { limit, lease }).await.unwrap_err())
        };
        assert_eq!(claim(10_000, 300).await, ["limit"]);
        assert_eq!(claim(0, 5).await, ["limit", "lease"]);
        assert_eq!(claim(1, i64::MAX).await, ["lease"]);
        let empty = pb::RecordDecisionRequest::default();
        let refused = service.authority().record_decision(empty).await.unwrap_err();
        assert_eq!(fields(&refused), ["request_id", "enrolment_id", "lease_id", "decision"]);
        let id = submitted(service, 1).await.remove(0);
        let lease = service.claimed().await.lease_id;
        for number in ["12345678901", "1234567890123", "12345678901x", ""] {
            let refused = service.approve((&id, &lease), number).await.unwrap_err();
            assert_eq!(fields(&refused), ["approval.identity_number"], "{number}");
        }
        let unknown = service.approve((&service.id(), &lease), &service.number()).await.unwrap_err();
        assert_eq!(reason(&unknown), "ENROLMENT_NOT_FOUND");
        service.decide((&id, &lease), refusal()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_request_that_does_not_open_is_handed_over_without_its_content_and_counts_on_both_sides() {
    with(async |service| {
        let made = submitted(service, 3).await;
        let spoil = "UPDATE enrolment SET content = passport_index \
             WHERE id IN (SELECT id FROM enrolment ORDER BY id LIMIT 1)";
        service.database().tamper(spoil).await;
        let claimed = service.claimed().await;
        assert_eq!(ids(&claimed), made);
        let opened: Vec<_> = claimed.enrolments.iter().map(|one| one.application.is_some()).collect();
        assert_eq!(opened, [false, true, true]);
        let refused = service.approve((&made[0], &claimed.lease_id), &service.number()).await.unwrap_err();
        assert_eq!((refused.code(), reason(&refused).as_str()), (Code::Internal, "BROKEN"));
    })
    .await;
}

#[tokio::test]
async fn a_claim_records_whose_data_were_handed_over() {
    with(async |service| {
        let made = submitted(service, 2).await;
        let lease = service.claimed().await.lease_id;
        let entries = service.audit(&lease).await;
        assert_eq!(entries[0]["facts"]["enrolments"], made.join(","));
    })
    .await;
}
