//! New papers of holders, against the real server: names that change, cards that were recorded before their passport, and
//! what happens at once or meanwhile.

use std::time::Duration;

use eid::domain::feed::RowOutcome;
use eid::domain::record::ResidenceStatus;
use eid::domain::staff::Role;
use eid::practice::Applicant;
use eid::proto as pb;
use futures::future::join_all;
use pb::AccountStanding as Standing;
use pb::find_account_request::By;
use pb::{SettleOutcome, UpdateDocumentsOutcome as Outcome};

use crate::administration::{find, person_of};
use crate::chip::{self, challenge, checked, with_chip};
use crate::feed::{feed, later, table, with_a_card};
use crate::life::{
    active, decided, filed, forwarded, get_life, life, locked, standing, update, updated, with_card_until,
};
use crate::registry::record_of;
use crate::support::proposals::{approval, approve, decline, proposals};
use crate::support::service::{Holder, Service, reason, with, with_wishes};

const DAY: Duration = Duration::from_hours(24);

/// The same person with new papers, under another family name.
async fn renamed(service: &Service, before: &Applicant, name: &str) -> Applicant {
    let mut applicant = before.clone();
    name.clone_into(&mut applicant.application.person.as_mut().unwrap().family_name);
    service.people(|people| people.comes_again(&applicant)).await
}

/// The proposal by which papers that name somebody else would join.
async fn referred(service: &Service, holder: &Holder, again: &Applicant) -> pb::Proposal {
    let answer = updated(service, update(service, holder, &again.application)).await;
    assert_eq!(answer.outcome(), Outcome::Referred, "{:?}", answer.findings);
    answer.proposal.unwrap()
}

async fn outcome(service: &Service, holder: &Holder, again: &Applicant) -> Outcome {
    updated(service, update(service, holder, &again.application)).await.outcome()
}

#[tokio::test]
async fn a_name_that_a_supervisor_approved_is_known_from_then_on_and_the_old_one_still() {
    with(async |service| {
        let applicant = with_card_until(service, 300).await;
        let holder = active(service, &applicant).await;
        let again = renamed(service, &applicant, "Winterbourne").await;
        let new_name = person_of(&again);
        let missing = find(service, By::Person(new_name.clone())).await.unwrap_err();
        assert_eq!(reason(&missing), "ACCOUNT_NOT_FOUND", "nobody agreed yet");
        let proposal = referred(service, &holder, &again).await;
        assert_eq!(approve(service, "supervisor", &proposal).await.outcome(), SettleOutcome::Approved);
        let next = service.people(|people| people.comes_again(&again)).await;
        assert_eq!(outcome(service, &holder, &next).await, Outcome::Joined, "the name is known");
        for name in [new_name, person_of(&applicant)] {
            let found = find(service, By::Person(name)).await.unwrap();
            assert_eq!(found.iter().map(|one| &one.account_id).collect::<Vec<_>>(), [&holder.account]);
        }
        let before = service.people(|people| people.comes_again(&applicant)).await;
        assert_eq!(outcome(service, &holder, &before).await, Outcome::Joined, "papers of before name no stranger");
        let third = renamed(service, &applicant, "Summerfield").await;
        assert_eq!(outcome(service, &holder, &third).await, Outcome::Referred);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_a_supervisor_declined_stays_unknown() {
    with(async |service| {
        let applicant = with_card_until(service, 300).await;
        let holder = active(service, &applicant).await;
        let again = renamed(service, &applicant, "Winterbourne").await;
        let proposal = referred(service, &holder, &again).await;
        decline(service, "supervisor", &proposal).await;
        assert_eq!(outcome(service, &holder, &again).await, Outcome::Referred);
    })
    .await;
}

#[tokio::test]
async fn a_feed_row_under_the_new_name_is_the_holders_own() {
    with_wishes(table(), async |service| {
        let applicant = with_a_card(service).await;
        feed(service, &[record_of(&applicant.application)]).await;
        let holder = active(service, &applicant).await;
        let again = renamed(service, &applicant, "Winterbourne").await;
        // By the card alone: the database has a passport of which nobody here knows.
        let mut row = record_of(&renamed(service, &applicant, "Winterbourne").await.application);
        row.card = record_of(&applicant.application).card;
        assert_eq!(feed(service, std::slice::from_ref(&row)).await, [RowOutcome::OtherPerson]);
        let proposal = referred(service, &holder, &again).await;
        assert_eq!(approve(service, "supervisor", &proposal).await.outcome(), SettleOutcome::Approved);
        let cancelled = [later(&row, 1, ResidenceStatus::Cancelled)];
        assert_eq!(feed(service, &cancelled).await, [RowOutcome::Applied]);
        let old = record_of(&applicant.application);
        let extended = [later(&old, 2, ResidenceStatus::Extended)];
        assert_eq!(feed(service, &extended).await, [RowOutcome::Applied], "the old name is theirs too");
    })
    .await;
}

/// Whether the rules find a likely duplicate of this request.
async fn is_noticed(service: &Service, applicant: &Applicant) -> bool {
    let request = pb::CheckRequest { application: Some(applicant.application.clone()), ..pb::CheckRequest::default() };
    let checked = service.officer().check(request).await.unwrap().into_inner();
    checked.findings.iter().any(|finding| finding.rule == "duplicate.likely")
}

#[tokio::test]
async fn who_comes_again_under_a_name_that_was_approved_is_noticed_as_under_the_first() {
    with(async |service| {
        let applicant = with_card_until(service, 300).await;
        let holder = active(service, &applicant).await;
        let mut other = applicant.clone();
        let person = other.application.person.as_mut().unwrap();
        "Winterbourne".clone_into(&mut person.family_name);
        "Aurelia Ottilie".clone_into(&mut person.given_names);
        let shown = service.people(|people| people.comes_again(&other)).await;
        let again = service.people(|people| people.comes_again(&other)).await;
        assert!(!is_noticed(service, &again).await, "nobody knows that name yet");
        let proposal = referred(service, &holder, &shown).await;
        assert_eq!(approve(service, "supervisor", &proposal).await.outcome(), SettleOutcome::Approved);
        assert!(is_noticed(service, &again).await);
        let as_before = service.people(|people| people.comes_again(&applicant)).await;
        assert!(is_noticed(service, &as_before).await);
        // A release before made keys that knew no names.
        service.database().tamper("DELETE FROM duplicate_key").await;
        assert!(!is_noticed(service, &again).await);
        assert_eq!(service.app().index_earlier_requests().await.unwrap(), 1);
        assert!(is_noticed(service, &again).await && is_noticed(service, &as_before).await);
    })
    .await;
}

/// How many documents an account has.
async fn count(service: &Service, holder: &Holder) -> usize {
    get_life(service, "auditor", holder).await.documents.len()
}

#[tokio::test]
async fn a_card_that_was_recorded_before_its_passport_joins_with_the_passport() {
    with_wishes(table(), async |service| {
        let applicant = with_a_card(service).await;
        let (mut other, own) = (record_of(&applicant.application), record_of(&applicant.application));
        other.card.number = eid::domain::passport::DocumentNumber::parse("TTNEU00001").unwrap();
        assert_eq!(feed(service, &[own.clone(), other.clone()]).await, [RowOutcome::NoAccount; 2]);
        let holder = active(service, &applicant).await;
        assert_eq!(count(service, &holder).await, 3, "at the issue of the account");

        let again = service.people(|people| people.comes_again(&applicant)).await;
        let mut mine = record_of(&again.application);
        mine.card.number = eid::domain::passport::DocumentNumber::parse("TTNEU00002").unwrap();
        let mut theirs = mine.clone();
        theirs.card.number = eid::domain::passport::DocumentNumber::parse("TTNEU00003").unwrap();
        theirs.born_on = eid::domain::time::parse_date("1901-01-01").unwrap();
        assert_eq!(feed(service, &[mine.clone(), theirs]).await, [RowOutcome::NoAccount; 2]);
        let mut request = update(service, &holder, &again.application);
        request.residence_card = None;
        let answer = updated(service, request).await;
        if let Some(proposal) = answer.proposal {
            assert_eq!(approve(service, "supervisor", &proposal).await.outcome(), SettleOutcome::Approved);
        }
        assert_eq!(count(service, &holder).await, 5, "the passport, and the card that is the holder's own");
        let gone = [&own, &other].map(|card| later(card, 5, ResidenceStatus::Cancelled));
        assert_eq!(feed(service, &gone).await, [RowOutcome::Applied; 2]);
        assert_eq!(standing(service, &holder).await.0, Standing::Active, "the card that joined holds");
        feed(service, &[later(&mine, 6, ResidenceStatus::Cancelled)]).await;
        assert_eq!(standing(service, &holder).await.0, Standing::Locked);
    })
    .await;
}

#[tokio::test]
async fn papers_that_wait_are_void_if_the_accounts_papers_changed_and_not_for_anything_else() {
    with(async |service| {
        let applicant = with_card_until(service, 300).await;
        let holder = active(service, &applicant).await;
        let (one, other) =
            (renamed(service, &applicant, "Winterbourne").await, renamed(service, &applicant, "Winterbourne").await);
        let (first, second) = (referred(service, &holder, &one).await, referred(service, &holder, &other).await);
        // It moves the account on, and has nothing to do with its papers.
        locked(service, "hotline", &holder, pb::LockGround::SuspectedCompromise).await;
        assert_eq!(approve(service, "supervisor", &first).await.outcome(), SettleOutcome::Approved);
        assert_eq!(approve(service, "supervisor", &second).await.outcome(), SettleOutcome::Changed);
        assert_eq!(count(service, &holder).await, 4);

        let third = referred(service, &holder, &renamed(service, &applicant, "Summerfield").await).await;
        let close = pb::CloseAccountRequest {
            request_id: service.id(),
            account_id: holder.account.clone(),
            closing_reason: pb::ClosingReason::Duplicate.into(),
            reason: "The same person has another account.".to_owned(),
        };
        service.register(Role::Administrator, None, "administrator-2").await;
        let closing = life(service, "administrator").close_account(close).await.unwrap().into_inner().proposal;
        assert_eq!(approve(service, "administrator-2", &closing.unwrap()).await.outcome(), SettleOutcome::Approved);
        assert_eq!(approve(service, "supervisor", &third).await.outcome(), SettleOutcome::Changed);
    })
    .await;
}

#[tokio::test]
async fn papers_that_wait_join_an_account_of_a_release_before_although_its_own_were_entered_meanwhile() {
    with(async |service| {
        let applicant = with_card_until(service, 300).await;
        let holder = active(service, &applicant).await;
        service.database().tamper("DELETE FROM account_document").await;
        let before =
            "UPDATE account SET papers_at = NULL, passport_until = NULL, residence_until = NULL, life_look_at = 0";
        service.database().tamper(before).await;
        let proposal = referred(service, &holder, &renamed(service, &applicant, "Winterbourne").await).await;
        crate::life::look_after(service).await;
        assert_eq!(approve(service, "supervisor", &proposal).await.outcome(), SettleOutcome::Approved);
        assert_eq!(count(service, &holder).await, 4);
    })
    .await;
}

#[tokio::test]
async fn papers_that_are_shown_at_once_all_join_and_each_only_once() {
    with(async |service| {
        let applicant = with_card_until(service, 3).await;
        let holder = active(service, &applicant).await;
        service.wait(DAY * 5);
        let mut requests = Vec::new();
        for _ in 0..2 {
            let again = service.people(|people| people.comes_again(&applicant)).await;
            requests.push(update(service, &holder, &again.application));
        }
        // The same papers once more, by another call.
        requests.push(pb::UpdateDocumentsRequest { request_id: service.id(), ..requests[0].clone() });
        let answers = join_all(requests.into_iter().map(|request| updated(service, request))).await;
        assert!(answers.iter().all(|answer| answer.outcome() == Outcome::Joined), "{answers:?}");
        assert_eq!(count(service, &holder).await, 6);
        assert_eq!(standing(service, &holder).await.0, Standing::Active);
    })
    .await;
}

#[tokio::test]
async fn of_two_proposals_for_one_account_that_are_approved_at_once_one_is_done_and_the_other_void() {
    with(async |service| {
        service.register(Role::Supervisor, Some("79-01"), "supervisor-2").await;
        let applicant = with_card_until(service, 300).await;
        let holder = active(service, &applicant).await;
        let (one, other) =
            (renamed(service, &applicant, "Winterbourne").await, renamed(service, &applicant, "Summerfield").await);
        let (first, second) = (referred(service, &holder, &one).await, referred(service, &holder, &other).await);
        let settled =
            join_all([approve(service, "supervisor", &first), approve(service, "supervisor-2", &second)]).await;
        let mut outcomes: Vec<_> = settled.iter().map(pb::ApproveProposalResponse::outcome).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, [SettleOutcome::Approved, SettleOutcome::Changed]);
        assert_eq!(count(service, &holder).await, 4);
    })
    .await;
}

#[tokio::test]
async fn papers_that_two_supervisors_approve_at_once_join_once() {
    with(async |service| {
        service.register(Role::Supervisor, Some("79-01"), "supervisor-2").await;
        let applicant = with_card_until(service, 300).await;
        let holder = active(service, &applicant).await;
        let proposal = referred(service, &holder, &renamed(service, &applicant, "Winterbourne").await).await;
        let approvals = ["supervisor", "supervisor-2"].map(async |who| {
            let request = approval(service, &proposal);
            proposals(service, who).approve_proposal(request).await.unwrap().into_inner().outcome()
        });
        let mut outcomes = join_all(approvals).await;
        outcomes.sort_unstable();
        assert_eq!(outcomes.iter().filter(|one| **one == SettleOutcome::Approved).count(), 1, "{outcomes:?}");
        assert_eq!(count(service, &holder).await, 4);
    })
    .await;
}

#[tokio::test]
async fn an_order_that_two_administrators_decide_at_once_is_decided_once_and_sets_one_lock() {
    with(async |service| {
        service.register(Role::Administrator, None, "administrator-2").await;
        let holder = active(service, &service.applicant().await).await;
        let order = filed(service, &holder, false).await;
        forwarded(service, "supervisor", &order).await;
        let decisions = join_all([
            decided(service, "administrator", &order, ""),
            decided(service, "administrator-2", &order, "The form bears no seal."),
        ])
        .await;
        let mut outcomes: Vec<_> = decisions.iter().map(pb::DecideOrderResponse::outcome).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, [pb::OrderStepOutcome::Done, pb::OrderStepOutcome::WrongStep]);
        let is_locked = standing(service, &holder).await.0 == Standing::Locked;
        let approved = decisions[0].outcome() == pb::OrderStepOutcome::Done;
        assert_eq!(is_locked, approved, "what was decided first holds");
        assert_eq!(get_life(service, "auditor", &holder).await.locks.len(), usize::from(approved));
    })
    .await;
}

#[tokio::test]
async fn a_chip_answers_the_officers_challenge_as_at_the_request_and_spends_it() {
    chip::with(async |service| {
        let applicant = with_chip(service);
        let holder = active(service, &applicant).await;
        let shown = |chip| {
            let request = update(service, &holder, &applicant.application);
            pb::UpdateDocumentsRequest { residence_card: None, chip: Some(chip), ..request }
        };
        let chip = applicant.chip.as_ref().unwrap();
        let (name, bytes) = challenge(service).await;
        let answer = updated(service, shown(chip.captured(Some((&name, &[0; 8]))))).await;
        assert_eq!(answer.outcome(), Outcome::NotAccepted);
        assert!(answer.findings.iter().any(|one| one.rule == "chip.active-wrong"), "{:?}", answer.findings);

        let right = chip.captured(Some((&name, &bytes)));
        let answer = updated(service, shown(right.clone())).await;
        assert_eq!(answer.outcome(), Outcome::Joined, "{:?}", answer.findings);
        let again = checked(service, &applicant, right).await;
        assert!(again.findings.iter().any(|one| one.rule == "chip.challenge"), "it is spent: {:?}", again.findings);
    })
    .await;
}
