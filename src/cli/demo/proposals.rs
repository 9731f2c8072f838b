//! Second persons: what one proposed, another one approves.

use tonic::transport::Channel;

use crate::cli::demo::step::{Answer, Reply, ask};
use crate::proto::proposal_service_client::ProposalServiceClient;
use crate::proto::{ApproveProposalRequest, ApproveProposalResponse, Proposal};

/// The answer to the caller of that channel, who would approve a proposal.
pub(super) async fn approve(by: &Channel, request_id: String, proposal: &Proposal) -> Reply<ApproveProposalResponse> {
    let request = ApproveProposalRequest { request_id, proposal_id: proposal.proposal_id.clone() };
    ask(&ProposalServiceClient::new(by.clone()), request, async |mut c, q| c.approve_proposal(q).await).await
}

/// What came of it.
pub(super) fn outcome(answer: &ApproveProposalResponse) -> Answer {
    Answer::outcome(answer.outcome().as_str_name(), "SETTLE_OUTCOME_")
}
