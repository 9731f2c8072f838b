//! Contact changes that the staff begins and another person approves; disputes over numbers; how requests are counted.

use std::time::Duration;

use eid::domain::staff::Role;
use eid::practice::Applicant;
use eid::proto as pb;
use futures::future::join_all;
use pb::begin_in_person_request::NewContact as AtCounter;
use pb::begin_request::NewContact;

use crate::support::contacts::{
    REASON, begin, begun_phone, by_authority, confirm, email, fresh_phone, phone, staff, standing, stop, stop_code,
};
use crate::support::proposals::{approve, decline, proposals};
use crate::support::service::{Holder, Service, fields, reason, with};

const HOUR: Duration = Duration::from_hours(1);
const NONE: pb::ContactFailure = pb::ContactFailure::Unspecified;

/// A holder with the passport in hand.
async fn visitor(service: &Service) -> (Holder, pb::Passport) {
    let applicant = service.applicant().await;
    let passport = applicant.application.passport.clone().unwrap();
    let holder = service.holder_of(&applicant).await;
    let code = service.code_for(&holder).await;
    service.activate(&holder, &code).await;
    (holder, passport)
}

fn in_person(service: &Service, (holder, passport): &(Holder, pb::Passport), new: &str) -> pb::BeginInPersonRequest {
    pb::BeginInPersonRequest {
        request_id: service.id(),
        identity_number: holder.number.clone(),
        passport_state: passport.issuing_state.clone(),
        passport_number: passport.number.clone(),
        new_contact: Some(AtCounter::Phone(new.to_owned())),
        repeats: String::new(),
        reason: REASON.to_owned(),
    }
}

fn proposal(id: &str) -> pb::Proposal {
    pb::Proposal { proposal_id: id.to_owned(), ..pb::Proposal::default() }
}

/// A second administrator.
async fn second(service: &Service) -> &'static str {
    service.register(Role::Administrator, None, "administrator-2").await;
    "administrator-2"
}

async fn proposed(service: &Service, account: &str, new: &str) -> (String, pb::Proposal) {
    let request = by_authority(service, account, NewContact::Phone(new.to_owned()));
    let begun = service.contacts().begin(request).await.unwrap().into_inner();
    assert_eq!(begun.outcome(), pb::BeginOutcome::Begun);
    (begun.change.unwrap().change_id, proposal(&begun.proposal_id))
}

#[tokio::test]
async fn in_person_an_officer_proposes_and_a_supervisor_of_the_office_approves() {
    with(async |service| {
        service.register(Role::Supervisor, Some("01-01"), "supervisor-elsewhere").await;
        service.register(Role::Officer, Some("01-01"), "officer-elsewhere").await;
        let visitor = visitor(service).await;
        let (holder, new) = (visitor.0.clone(), fresh_phone(service).await);
        let request = in_person(service, &visitor, &new);
        let begun = staff(service, "officer").begin_in_person(request.clone()).await.unwrap().into_inner();
        assert_eq!(begun.outcome(), pb::BeginOutcome::Begun);
        let again = staff(service, "officer").begin_in_person(request).await.unwrap().into_inner();
        assert!(again == begun, "a repeat is told the same");
        let (change, wish) = (begun.change.unwrap(), proposal(&begun.proposal_id));
        assert_eq!(
            (change.state(), change.tier()),
            (pb::ContactChangeState::AwaitingApproval, pb::ContactTier::InPerson)
        );
        let shown = pb::GetProposalRequest { proposal_id: wish.proposal_id.clone() };
        let shown = proposals(service, "supervisor").get_proposal(shown).await.unwrap().into_inner().proposal.unwrap();
        assert!(shown.summary.unwrap().en.contains(&change.new_value_masked), "it shows what will happen");
        let Some(pb::proposal::Effect::ContactChange(effect)) = shown.effect else { panic!("of another kind") };
        assert_eq!(effect.change.unwrap().change_id, change.change_id);
        for elsewhere in ["supervisor-elsewhere", "officer-elsewhere"] {
            let request = pb::GetProposalRequest { proposal_id: wish.proposal_id.clone() };
            assert!(proposals(service, elsewhere).get_proposal(request).await.is_err(), "{elsewhere}");
        }
        let early = pb::ResendCodeRequest { request_id: service.id(), change_id: change.change_id.clone() };
        let early = staff(service, "officer").resend_code(early).await.unwrap().into_inner();
        assert_eq!(early.outcome(), pb::ResendOutcome::NotYet);

        assert_eq!(approve(service, "supervisor", &wish).await.outcome(), pb::SettleOutcome::Approved);
        let code = service.latest_code(&new).await;
        let request =
            pb::ConfirmRequest { request_id: service.id(), change_id: change.change_id.clone(), code: code.clone() };
        let foreign = staff(service, "officer-elsewhere").confirm(request.clone()).await.unwrap_err();
        assert_eq!(reason(&foreign), "CONTACT_CHANGE_NOT_FOUND", "another office knows nothing of it");
        let done = staff(service, "officer").confirm(request).await.unwrap().into_inner();
        assert_eq!(done.outcome(), pb::ConfirmOutcome::Confirmed);
        assert_eq!(service.status(&holder.number, &new).await.standing(), pb::AccountStanding::Active);
    })
    .await;
}

#[tokio::test]
async fn a_passport_that_is_not_the_accounts_begins_nothing_and_is_seen() {
    with(async |service| {
        let (visitor, other) = (visitor(service).await, visitor(service).await);
        let mixed = (visitor.0.clone(), other.1);
        let request = in_person(service, &mixed, &fresh_phone(service).await);
        let answer = staff(service, "officer").begin_in_person(request).await.unwrap().into_inner();
        assert_eq!((answer.outcome(), answer.change), (pb::BeginOutcome::NotMatched, None));
        let empty = staff(service, "officer").begin_in_person(pb::BeginInPersonRequest::default()).await.unwrap_err();
        let expected = ["request_id", "identity_number", "passport_state", "passport_number", "new_contact", "reason"];
        assert_eq!(fields(&empty), expected);
    })
    .await;
}

#[tokio::test]
async fn nobody_approves_their_own_and_two_who_approve_at_once_send_one_code() {
    with(async |service| {
        let (other, third) = (second(service).await, "administrator-3");
        service.register(Role::Administrator, None, third).await;
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let (change, wish) = proposed(service, &holder.account, &new).await;
        assert_eq!(approve(service, "administrator", &wish).await.outcome(), pb::SettleOutcome::OwnProposal);
        let settled = join_all([other, third].map(|who| approve(service, who, &wish))).await;
        let mut outcomes: Vec<_> = settled.iter().map(pb::ApproveProposalResponse::outcome).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, [pb::SettleOutcome::Approved, pb::SettleOutcome::NotPending]);
        service.app().settle_contact_changes().await.unwrap();
        let messages = service.messages().await;
        assert_eq!(messages.iter().filter(|one| one["kind"] == "contact_code").count(), 1);
        let code = service.latest_code(&new).await;
        assert_eq!(confirm(service, &change, &code).await.outcome(), pb::ConfirmOutcome::Confirmed);
    })
    .await;
}

#[tokio::test]
async fn two_administrators_who_change_one_phone_at_once_have_one_change_between_them() {
    with(async |service| {
        let other = second(service).await;
        let holder = service.active_holder().await;
        let requests = [fresh_phone(service).await, fresh_phone(service).await]
            .map(|new| by_authority(service, &holder.account, NewContact::Phone(new)));
        let begun = join_all(
            ["administrator", other]
                .into_iter()
                .zip(requests)
                .map(async |(who, request)| staff(service, who).begin(request).await.unwrap().into_inner()),
        )
        .await;
        let mut outcomes: Vec<_> = begun.iter().map(pb::BeginResponse::outcome).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, [pb::BeginOutcome::Begun, pb::BeginOutcome::AlreadyPending]);
        let named: Vec<_> = begun.into_iter().map(|answer| answer.change.unwrap().change_id).collect();
        assert_eq!(named[0], named[1]);
    })
    .await;
}

#[tokio::test]
async fn what_the_second_person_declines_fails_and_what_the_notice_stops_cannot_be_approved() {
    with(async |service| {
        let other = second(service).await;
        let (one, two) = (service.active_holder().await, service.active_holder().await);
        let (declined, wish) = proposed(service, &one.account, &fresh_phone(service).await).await;
        assert_eq!(decline(service, other, &wish).await.outcome(), pb::SettleOutcome::Declined);
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::NotApproved);
        assert_eq!(standing(service, &one.account, &declined).await, failed);

        let (stopped, wish) = proposed(service, &two.account, &fresh_phone(service).await).await;
        let code = stop_code(service, &two.phone).await;
        assert_eq!(stop(service, &code).await, pb::StopOutcome::Stopped);
        assert_eq!(approve(service, other, &wish).await.outcome(), pb::SettleOutcome::NotNeeded);
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::CancelledByNotice);
        assert_eq!(standing(service, &two.account, &stopped).await, failed);
    })
    .await;
}

#[tokio::test]
async fn an_approval_after_the_account_changed_is_void() {
    with(async |service| {
        let other = second(service).await;
        let holder = service.active_holder().await;
        let request = by_authority(service, &holder.account, NewContact::Email("new@example.org".to_owned()));
        let begun = service.contacts().begin(request).await.unwrap().into_inner();
        let new = fresh_phone(service).await;
        let change = begun_phone(service, &holder, &new).await;
        service.database().tamper("UPDATE contact_change SET begun_at = begun_at WHERE kind = 'email'").await;
        let code = service.latest_code(&new).await;
        confirm(service, &change, &code).await;
        let void = approve(service, other, &proposal(&begun.proposal_id)).await;
        assert_eq!(void.outcome(), pb::SettleOutcome::Changed);
    })
    .await;
}

#[tokio::test]
async fn the_staff_gives_a_change_up_and_not_one_that_is_done() {
    with(async |service| {
        let other = second(service).await;
        let holder = service.active_holder().await;
        let new = fresh_phone(service).await;
        let (change, wish) = proposed(service, &holder.account, &new).await;
        let cancel = async |id: &str| {
            let request = pb::CancelRequest { change_id: id.to_owned() };
            service.contacts().cancel(request).await.map(|answer| answer.into_inner().change.unwrap().failure())
        };
        assert_eq!(cancel(&change).await.unwrap(), pb::ContactFailure::CancelledByStaff);
        assert_eq!(cancel(&change).await.unwrap(), pb::ContactFailure::CancelledByStaff);
        assert_eq!(approve(service, other, &wish).await.outcome(), pb::SettleOutcome::NotNeeded);
        let (change, wish) = proposed(service, &holder.account, &new).await;
        approve(service, other, &wish).await;
        let code = service.latest_code(&new).await;
        confirm(service, &change, &code).await;
        assert_eq!(reason(&cancel(&change).await.unwrap_err()), "WRONG_STATE");
        assert_eq!(reason(&cancel(&service.id()).await.unwrap_err()), "CONTACT_CHANGE_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_number_of_another_account_fails_at_once_and_its_new_owner_opens_a_dispute_that_takes_nothing_away() {
    with(async |service| {
        let other = second(service).await;
        let (claimant, holder) = (service.active_holder().await, service.active_holder().await);
        let request = by_authority(service, &claimant.account, NewContact::Phone(holder.phone.clone()));
        let taken = service.contacts().begin(request.clone()).await.unwrap().into_inner();
        assert_eq!(taken.outcome(), pb::BeginOutcome::Taken);
        assert!(service.contacts().begin(request).await.unwrap().into_inner() == taken, "a repeat counts once");
        let failed = (pb::ContactChangeState::Failed, pb::ContactFailure::NumberServesAnother);
        assert_eq!(standing(service, &claimant.account, &taken.change.unwrap().change_id).await, failed);

        let claim = pb::OpenDisputeRequest { phone: holder.phone.clone() };
        let claims = join_all(
            (0..4).map(async |_| staff(service, "officer").open_dispute(claim.clone()).await.unwrap().into_inner()),
        )
        .await;
        let opened = claims.iter().filter(|one| one.outcome() == pb::DisputeOutcome::Opened).count();
        assert_eq!(opened, 1, "one dispute, however many claim at once");
        let dispute = claims[0].dispute.clone().unwrap();
        assert_eq!((&dispute.account_id, dispute.office.as_str()), (&holder.account, "79-01"));
        let told = service.messages().await;
        let notices = told.iter().filter(|one| one["kind"] == "contact_notice");
        let disputed: Vec<_> = notices.filter(|one| one["channel"] == "email").collect();
        assert_eq!(disputed.len(), 1, "the holder is told at the other contact");
        assert_eq!(service.status(&holder.number, &holder.phone).await.standing(), pb::AccountStanding::Active);

        let listed = staff(service, "administrator").list_disputes(pb::ListDisputesRequest::default()).await.unwrap();
        assert_eq!(listed.into_inner().disputes, std::slice::from_ref(&dispute));
        let rule = async |ruling: pb::DisputeRuling| {
            let request = pb::ResolveDisputeRequest { dispute_id: dispute.dispute_id.clone(), ruling: ruling.into() };
            staff(service, other).resolve_dispute(request).await.unwrap().into_inner().outcome()
        };
        let released = pb::DisputeRuling::NumberReleased;
        assert_eq!(rule(released).await, pb::ResolveOutcome::StillServes, "a ruling takes no number away");
        let (change, wish) = proposed(service, &holder.account, &fresh_phone(service).await).await;
        approve(service, other, &wish).await;
        service.app().settle_contact_changes().await.unwrap();
        let messages = service.messages().await;
        let code = messages.iter().rev().find(|one| one["kind"] == "contact_code").unwrap()["code"].clone();
        confirm(service, &change, code.as_str().unwrap()).await;
        assert_eq!(rule(released).await, pb::ResolveOutcome::Resolved);
        assert_eq!(rule(pb::DisputeRuling::HolderKeeps).await, pb::ResolveOutcome::NotOpen);
        let listed = staff(service, "administrator").list_disputes(pb::ListDisputesRequest::default()).await.unwrap();
        assert!(listed.into_inner().disputes.is_empty());
        let nobody = pb::OpenDisputeRequest { phone: fresh_phone(service).await };
        let nobody = staff(service, "officer").open_dispute(nobody).await.unwrap().into_inner();
        assert_eq!(nobody.outcome(), pb::DisputeOutcome::NotServed);
        let unknown = pb::ResolveDisputeRequest { dispute_id: service.id(), ruling: released.into() };
        let unknown = staff(service, "administrator").resolve_dispute(unknown).await.unwrap_err();
        assert_eq!(reason(&unknown), "DISPUTE_NOT_FOUND");
    })
    .await;
}

#[tokio::test]
async fn a_claim_to_a_representatives_number_is_a_dispute_with_each_account_that_it_serves() {
    with(async |service| {
        let families = service.people(|people| {
            let child = std::iter::repeat_with(|| people.applicant()).find(Applicant::is_represented).unwrap();
            let twin = people.twin(&child);
            [child, twin]
        });
        let [child, twin] = families.await;
        let first = service.holder_of(&child).await;
        let claim = async || {
            let request = pb::OpenDisputeRequest { phone: first.phone.clone() };
            staff(service, "officer").open_dispute(request).await.unwrap().into_inner()
        };
        let one = claim().await;
        assert_eq!((one.outcome(), one.others.len()), (pb::DisputeOutcome::Opened, 0));
        let second = service.holder_of(&twin).await;
        assert_eq!(first.phone, second.phone, "the representative's");
        let both = claim().await;
        assert_eq!(both.outcome(), pb::DisputeOutcome::Opened, "with the account that came since");
        let accounts: Vec<_> = both.dispute.iter().chain(&both.others).map(|one| &one.account_id).collect();
        assert_eq!(accounts, [&first.account, &second.account]);
        assert_eq!(both.dispute, one.dispute);
        let again = claim().await;
        assert_eq!((again.outcome(), again.others.len()), (pb::DisputeOutcome::AlreadyOpen, 1));
        for holder in [&first, &second] {
            assert!(service.actions(&holder.account).await.contains(&"number.disputed".to_owned()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_that_is_bound_to_a_request_under_way_is_refused_with_what_to_do() {
    with(async |service| {
        let applicant = service.applicant().await;
        service.submitted(&applicant.application).await;
        let request = pb::OpenDisputeRequest { phone: applicant.application.phone.clone() };
        let answer = staff(service, "officer").open_dispute(request).await.unwrap().into_inner();
        assert_eq!((answer.outcome(), answer.dispute), (pb::DisputeOutcome::RequestUnderWay, None));
        let advice = answer.advice.unwrap();
        assert!(advice.en.contains("another number") && !advice.vi.is_empty());
    })
    .await;
}

/// The sums of a span: requested, done, open, and failed.
fn sums(counts: &[pb::ContactChangeCounts]) -> (i64, i64, i64, i64) {
    let failed = |one: &pb::ContactChangeCounts| one.failed.iter().map(|of| of.count).sum::<i64>();
    counts.iter().fold((0, 0, 0, 0), |(requested, done, open, lost), one| {
        assert_eq!(one.requested, one.done + one.open + failed(one), "each request is counted once");
        (requested + one.requested, done + one.done, open + one.open, lost + failed(one))
    })
}

#[tokio::test]
async fn every_request_of_a_span_is_done_failed_for_a_reason_or_open_settled_or_not() {
    with(async |service| {
        let instant =
            |at: eid::domain::time::Timestamp| prost_types::Timestamp { seconds: at.micros() / 1_000_000, nanos: 0 };
        let (from, other) = (instant(service.now()), second(service).await);
        let holders = [service.active_holder().await, service.active_holder().await, service.active_holder().await];
        let new = fresh_phone(service).await;
        let done = begun_phone(service, &holders[0], &new).await;
        let code = service.latest_code(&new).await;
        confirm(service, &done, &code).await;
        begin(service, &holders[1], phone(&fresh_phone(service).await), false).await;
        let request = by_authority(service, &holders[2].account, NewContact::Phone(holders[1].phone.clone()));
        staff(service, other).begin(request).await.unwrap();
        service.wait(HOUR * 2);
        begin(service, &holders[2], email("waits@example.org"), true).await;
        let counted = async |from: &prost_types::Timestamp, until: &prost_types::Timestamp| {
            let request = pb::CountChangesRequest { from: Some(*from), until: Some(*until) };
            staff(service, "auditor").count_changes(request).await.unwrap().into_inner().counts
        };
        let until = instant(service.now().plus(HOUR));
        let before = counted(&from, &until).await;
        assert_eq!(sums(&before), (4, 1, 1, 2));
        let reasons: Vec<_> =
            before.iter().flat_map(|one| one.failed.iter().map(pb::ContactFailureCount::reason)).collect();
        assert!(reasons.contains(&pb::ContactFailure::Expired) && !reasons.contains(&NONE));
        service.app().settle_contact_changes().await.unwrap();
        assert_eq!(counted(&from, &until).await, before, "settling changes no count");
        assert_eq!(counted(&until, &until).await, []);
        let empty = staff(service, "auditor").count_changes(pb::CountChangesRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["from", "until"]);
    })
    .await;
}
