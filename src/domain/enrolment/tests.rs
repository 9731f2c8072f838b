//! The verbs one by one; `tests/states.rs` walks them all.

use super::*;
use crate::domain::finding::{CARD_EXCHANGE_DUE, CARD_PASSPORT_DIFFERS, Field, Findings};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_micros(0);

fn forwarded(lease: Option<u128>) -> Enrolment {
    let cleared = Findings::default().cleared().unwrap();
    let office = OfficeCode::parse("79-01").unwrap();
    let id = EnrolmentId::new(Uuid::nil());
    let mut enrolment = Enrolment::receive(id, office, staff(0), cleared, NOW).into_enrolment();
    let held = lease.map(|id| Lease { id: LeaseId::new(Uuid::from_u128(id)), expires_at: NOW });
    enrolment.stage = Stage::Forwarded { lease: held };
    enrolment
}

fn staff(id: u128) -> StaffId {
    StaffId::new(Uuid::from_u128(id))
}

fn lease(id: u128) -> LeaseId {
    LeaseId::new(Uuid::from_u128(id))
}

#[test]
fn only_the_latest_lease_decides_and_a_lapsed_one_does_if_nobody_came_after() {
    let account = AccountId::new(Uuid::nil());
    assert!(forwarded(Some(1)).issue(lease(1), account, staff(9), NOW).is_ok());
    assert_eq!(forwarded(Some(2)).issue(lease(1), account, staff(9), NOW), Err(CannotDecide::LeaseLost));
    assert_eq!(forwarded(None).refuse(lease(1), RefusalReason::Other, staff(9), NOW), Err(CannotDecide::LeaseLost));
}

#[test]
fn captures_are_handed_over_under_the_latest_lease_and_after_a_decision() {
    assert_eq!(forwarded(Some(1)).hand_over(lease(1)), Ok(()));
    assert_eq!(forwarded(Some(2)).hand_over(lease(1)), Err(CannotDecide::LeaseLost));
    assert_eq!(forwarded(None).hand_over(lease(1)), Err(CannotDecide::LeaseLost));
    let issued = forwarded(Some(1)).issue(lease(1), AccountId::new(Uuid::nil()), staff(9), NOW);
    let issued = issued.unwrap().into_enrolment();
    assert_eq!(issued.hand_over(lease(2)), Ok(()));
}

#[test]
fn a_decision_is_final() {
    let refused = forwarded(Some(1)).refuse(lease(1), RefusalReason::Duplicate, staff(9), NOW);
    let refused = refused.unwrap().into_enrolment();
    let account = AccountId::new(Uuid::nil());
    assert_eq!(refused.issue(lease(1), account, staff(9), NOW), Err(CannotDecide::AlreadyDecided));
}

/// A request taken in by officer 1 with a finding that refers and a note.
fn referred() -> Enrolment {
    let mut findings = Findings::default();
    findings.add(Finding::new(&CARD_EXCHANGE_DUE, [Field::typed("residence_card.expires_on")]));
    findings.add(Finding::new(&CARD_PASSPORT_DIFFERS, [Field::typed("residence_card.passport_number")]));
    let office = OfficeCode::parse("79-01").unwrap();
    let id = EnrolmentId::new(Uuid::nil());
    Enrolment::receive(id, office, staff(1), findings.cleared().unwrap(), NOW).into_enrolment()
}

#[test]
fn what_refers_waits_for_a_supervisor_who_has_seen_every_rule() {
    let (other, rules) = (staff(2), BTreeSet::from(["residence-card.exchange-due"]));
    let request = referred();
    assert_eq!(request.stage, Stage::Referred);
    assert_eq!(
        request.clone().issue(lease(1), AccountId::new(Uuid::nil()), staff(9), NOW),
        Err(CannotDecide::LeaseLost)
    );
    let none = request.clone().override_referral(other, &BTreeSet::new(), NOW);
    assert_eq!(none, Err(CannotReview::RulesDiffer));
    let more = BTreeSet::from(["residence-card.exchange-due", "residence-card.passport-differs"]);
    assert_eq!(request.clone().override_referral(other, &more, NOW), Err(CannotReview::RulesDiffer));
    let gone_on = request.override_referral(other, &rules, NOW).unwrap().into_enrolment();
    assert_eq!(gone_on.stage, Stage::Forwarded { lease: None });
    let review = gone_on.review.clone().unwrap();
    assert_eq!((review.reviewer, review.overridden), (other, true));
    assert_eq!(review.rules, ["residence-card.exchange-due"]);
    assert_eq!(gone_on.override_referral(other, &rules, NOW), Err(CannotReview::NotReferred));
}

#[test]
fn nobody_reviews_their_own_request() {
    let own = staff(1);
    let rules = referred().referred_by();
    assert_eq!(referred().override_referral(own, &rules, NOW), Err(CannotReview::OwnRequest));
    assert_eq!(referred().decline(own, RefusalReason::DeclinedAtOffice, NOW), Err(CannotReview::OwnRequest));
}

#[test]
fn a_declined_request_has_ended() {
    let declined = referred().decline(staff(2), RefusalReason::DeclinedAtOffice, NOW).unwrap().into_enrolment();
    assert_eq!(declined.stage, Stage::Refused { reason: RefusalReason::DeclinedAtOffice, at: NOW });
    assert!(!declined.review.unwrap().overridden);
}
