//! The identity authority: it claims what came the day before, and approves or refuses it.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tonic::transport::Channel;

use super::IN_FLIGHT;
use super::calls::Caller;
use super::holders::Holder;
use super::people::Person;
use super::plan::Fate;
use crate::practice::e164;
use crate::proto::authority_service_client::AuthorityServiceClient;
use crate::proto::record_decision_request::Decision;
use crate::proto::{
    Approval, AuthorityRefusal, ClaimRequest, EnrolmentState, RecordDecisionRequest, RecordDecisionResponse,
    RefusalReason,
};

/// Requests of one claim.
const CLAIM: usize = 200;
/// How long the authority may take to decide what it claimed.
const LEASE_SECS: i64 = 3_600;
/// Why it refuses, in turn.
const REASONS: [RefusalReason; 4] = [
    RefusalReason::IdentityNotConfirmed,
    RefusalReason::DocumentNotValid,
    RefusalReason::Duplicate,
    RefusalReason::NotEligible,
];

/// The authority's program.
pub(super) struct Authority<'a> {
    client: AuthorityServiceClient<Channel>,
    caller: &'a Caller,
}

impl<'a> Authority<'a> {
    pub(super) fn new(channel: Channel, caller: &'a Caller) -> Self {
        // What was claimed comes in one message, which has no bound here.
        let client = AuthorityServiceClient::new(channel).max_decoding_message_size(usize::MAX);
        Self { client, caller }
    }

    /// Decides about these people, all of whom wait longer than anybody else; those who were approved.
    ///
    /// # Errors
    /// If somebody else was claimed, or a decision did not count.
    pub(super) async fn decide(&self, mut waiting: HashMap<String, Person>) -> anyhow::Result<Vec<Holder>> {
        let mut issued = Vec::new();
        while !waiting.is_empty() {
            let request = ClaimRequest {
                limit: i32::try_from(waiting.len().min(CLAIM))?,
                lease: Some(prost_types::Duration { seconds: LEASE_SECS, nanos: 0 }),
            };
            let claimed = self.caller.call("Claim", request, async |q| self.client.clone().claim(q).await).await?;
            ensure!(!claimed.enrolments.is_empty(), "{} requests wait, and none can be claimed", waiting.len());
            let mut decisions = Vec::new();
            for one in claimed.enrolments {
                let phone = one.application.map(|application| e164(&application.phone)).unwrap_or_default();
                let person =
                    waiting.remove(&phone).context("a request was claimed that nobody had handed in by then")?;
                decisions.push(self.record(one.enrolment_id, claimed.lease_id.clone(), person));
            }
            let decided: Vec<_> = stream::iter(decisions).buffered(IN_FLIGHT).try_collect().await?;
            issued.extend(decided.into_iter().flatten());
        }
        Ok(issued)
    }

    async fn record(&self, enrolment_id: String, lease_id: String, person: Person) -> anyhow::Result<Option<Holder>> {
        let refused = person.fate == Fate::IsRefused;
        let decision = if refused {
            let turn = usize::try_from(person.place)? % REASONS.len();
            let reason = REASONS.get(turn).copied().unwrap_or(RefusalReason::Other);
            Decision::Refusal(AuthorityRefusal { reason: reason.into() })
        } else {
            Decision::Approval(Approval { identity_number: person.identity_number.clone() })
        };
        let request_id = self.caller.name();
        let request = RecordDecisionRequest { request_id, enrolment_id, lease_id, decision: Some(decision) };
        let recording = async |q| self.client.clone().record_decision(q).await;
        let answer: RecordDecisionResponse = self.caller.call("RecordDecision", request, recording).await?;
        let expected = if refused { EnrolmentState::Refused } else { EnrolmentState::Issued };
        ensure!(answer.state() == expected, "a decision came to {}", answer.state().as_str_name());
        Ok((!refused).then_some(Holder { person, account_id: answer.account_id }))
    }
}
