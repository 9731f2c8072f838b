//! Second persons: what one proposed, another one approves.

use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::cli::client::with_code;
use crate::cli::demo::step::{Answer, Reply, ask};
use crate::domain::device::Step;
use crate::pki::PracticeCaller;
use crate::proto::proposal_service_client::ProposalServiceClient;
use crate::proto::{ApproveProposalRequest, ApproveProposalResponse, Proposal};
use crate::sys::Clock;

/// How long an authenticator shows a code.
const A_CODE: Duration = Duration::from_secs(30);

/// The answer to the caller of that channel, who would approve a proposal.
pub(super) async fn approve(
    (by, stem): (&Channel, &str),
    clock: &Clock,
    request_id: String,
    proposal: &Proposal,
) -> Reply<ApproveProposalResponse> {
    let request = ApproveProposalRequest { request_id, proposal_id: proposal.proposal_id.clone() };
    let client = ProposalServiceClient::new(by.clone());
    ask(&client, request, async |mut c, q| c.approve_proposal(coded(clock, stem, q)?).await).await
}

/// The message with the code that the authenticator of `stem` shows next: each counts once, so the next one is waited for.
pub(super) fn coded<Q>(clock: &Clock, stem: &str, message: Q) -> Result<Request<Q>, Status> {
    clock.advance(A_CODE);
    let code = PracticeCaller::totp(stem).code(Step::at(clock.now()));
    let code = code.map_err(|_| Status::internal("the practice secret makes no codes"))?;
    with_code(message, &code).map_err(|_| Status::internal("the code cannot be sent"))
}

/// What came of it.
pub(super) fn outcome(answer: &ApproveProposalResponse) -> Answer {
    Answer::outcome(answer.outcome().as_str_name(), "SETTLE_OUTCOME_")
}
