//! What one person proposes and another approves: once, in time, and nobody their own.

use eid::domain::staff::Role;
use eid::proto as pb;
use futures::future::join_all;
use tonic::Code;

use crate::hotline::{asked, second};
use crate::support::proposals::{approval, approve, proposals};
use crate::support::service::{Service, fields, reason, with};

async fn lapsed_proposal(service: &Service) -> pb::Proposal {
    let holder = service.holder().await;
    service.wait(std::time::Duration::from_hours(24 * 8));
    asked(service, &holder).await
}

fn shown(id: &str) -> pb::GetProposalRequest {
    pb::GetProposalRequest { proposal_id: id.to_owned() }
}

#[tokio::test]
async fn a_proposal_that_two_people_approve_at_once_is_done_once() {
    with(async |service| {
        let (first, third) = (second(service).await, "hotline-3");
        service.register(Role::Hotline, None, third).await;
        let proposal = lapsed_proposal(service).await;
        let answers = join_all([first, third].map(|who| approve(service, who, &proposal))).await;
        let mut outcomes: Vec<_> = answers.iter().map(pb::ApproveProposalResponse::outcome).collect();
        outcomes.sort_unstable();
        assert_eq!(outcomes, [pb::SettleOutcome::Approved, pb::SettleOutcome::NotPending]);
        let actions = service.actions(&proposal.target_id).await;
        assert_eq!(actions.iter().filter(|one| *one == "proposal.approved").count(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_longer_needed_is_void_and_says_so() {
    with(async |service| {
        let other = second(service).await;
        let holder = service.holder().await;
        service.wait(std::time::Duration::from_hours(24 * 8));
        let proposal = asked(service, &holder).await;
        service
            .database()
            .tamper("UPDATE account SET reopened_at = issued_at, reopened_until = 9000000000000000")
            .await;
        let seen = proposals(service, other).get_proposal(shown(&proposal.proposal_id)).await.unwrap().into_inner();
        let seen = seen.proposal.unwrap();
        assert_eq!((seen.state(), seen.effect.is_none()), (pb::ProposalState::Pending, true));
        assert!(seen.summary.unwrap().en.contains("nothing left to do"));
        let refused = approve(service, other, &proposal).await;
        assert_eq!(refused.outcome(), pb::SettleOutcome::NotNeeded);
        assert_eq!(refused.proposal.unwrap().state(), pb::ProposalState::Void);
        assert_eq!(approve(service, other, &proposal).await.outcome(), pb::SettleOutcome::NotPending);
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_listed_to_those_whose_business_it_is_and_to_nobody_else() {
    with(async |service| {
        let other = second(service).await;
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(lapsed_proposal(service).await.proposal_id);
        }
        let page = async |token: String| {
            let request = pb::ListProposalsRequest { page_size: 2, page_token: token, ..Default::default() };
            let page = proposals(service, other).list_proposals(request).await.unwrap().into_inner();
            (page.proposals.into_iter().map(|one| one.proposal_id).collect::<Vec<_>>(), page.next_page_token)
        };
        // The first two lapsed while the later ones were made.
        let (first, token) = page(String::new()).await;
        assert_eq!((first.as_slice(), token.as_str()), (&all[2..], ""));
        for outsider in ["administrator", "officer"] {
            let none = proposals(service, outsider).list_proposals(pb::ListProposalsRequest::default()).await.unwrap();
            assert!(none.into_inner().proposals.is_empty(), "{outsider}");
            let unknown = proposals(service, outsider).get_proposal(shown(&all[2])).await.unwrap_err();
            assert_eq!((unknown.code(), reason(&unknown).as_str()), (Code::NotFound, "PROPOSAL_NOT_FOUND"));
        }
        let actions = service.actions(&all[2]).await;
        assert!(actions.is_empty(), "entries are about the target: {actions:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_wrongly_names_the_field() {
    with(async |service| {
        let mut client = proposals(service, "hotline");
        let empty = client.approve_proposal(pb::ApproveProposalRequest::default()).await.unwrap_err();
        assert_eq!(fields(&empty), ["request_id", "proposal_id"]);
        let wrong = pb::ListProposalsRequest { kind: 99, ..Default::default() };
        assert_eq!(fields(&client.list_proposals(wrong).await.unwrap_err()), ["kind"]);
        let nobody = pb::Proposal { proposal_id: service.id(), ..Default::default() };
        let unknown = client.approve_proposal(approval(service, &nobody)).await.unwrap_err();
        assert_eq!(reason(&unknown), "PROPOSAL_NOT_FOUND");
    })
    .await;
}
