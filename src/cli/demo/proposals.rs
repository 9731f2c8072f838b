//! Second persons: what one proposed, another one approves.

use tonic::Status;
use tonic::transport::Channel;

use crate::cli::client::with_code;
use crate::cli::demo::step::{Answer, Reply, ask};
use crate::domain::device::Step;
use crate::pki::PracticeCaller;
use crate::proto::proposal_service_client::ProposalServiceClient;
use crate::proto::{ApproveProposalRequest, ApproveProposalResponse, Proposal};
use crate::sys::Clock;

/// The answer to the caller of that channel, who would approve a proposal.
pub(super) async fn approve(
    (by, stem): (&Channel, &str),
    clock: &Clock,
    request_id: String,
    proposal: &Proposal,
) -> Reply<ApproveProposalResponse> {
    let request = ApproveProposalRequest { request_id, proposal_id: proposal.proposal_id.clone() };
    let brought = async |mut client: ProposalServiceClient<Channel>, request| {
        // The code of the moment at each attempt: one that was used counts no more.
        let code = PracticeCaller::totp(stem).code(Step::at(clock.now()));
        let code = code.map_err(|_| Status::internal("the practice secret makes no codes"))?;
        let request = with_code(request, &code).map_err(|_| Status::internal("the code cannot be sent"))?;
        client.approve_proposal(request).await
    };
    ask(&ProposalServiceClient::new(by.clone()), request, brought).await
}

/// What came of it.
pub(super) fn outcome(answer: &ApproveProposalResponse) -> Answer {
    Answer::outcome(answer.outcome().as_str_name(), "SETTLE_OUTCOME_")
}
