//! Second persons in the tests: what one proposed, another one approves.

use eid::proto as pb;
use eid::proto::proposal_service_client::ProposalServiceClient;

use crate::support::service::{Channel, Service};

/// The service of proposals, as that person sees it.
pub fn proposals(service: &Service, who: &str) -> ProposalServiceClient<Channel> {
    ProposalServiceClient::new(service.channel(Some(who)))
}

/// An approval of that proposal, with a name of its own.
pub fn approval(service: &Service, proposal: &pb::Proposal) -> pb::ApproveProposalRequest {
    pb::ApproveProposalRequest { request_id: service.id(), proposal_id: proposal.proposal_id.clone() }
}

/// The answer to `who`, who approves it.
pub async fn approve(service: &Service, who: &str, proposal: &pb::Proposal) -> pb::ApproveProposalResponse {
    proposals(service, who).approve_proposal(approval(service, proposal)).await.unwrap().into_inner()
}

/// The answer to `who`, who drops it.
pub async fn decline(service: &Service, who: &str, proposal: &pb::Proposal) -> pb::DeclineProposalResponse {
    let request = pb::DeclineProposalRequest { proposal_id: proposal.proposal_id.clone() };
    proposals(service, who).decline_proposal(request).await.unwrap().into_inner()
}
