//! The calls of a run, encoded before the clock starts, and what a right answer is.

use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use http::uri::PathAndQuery;
use prost::Message;

use super::ground::{Account, Ground, Sent};
use super::{Run, What, echo};
use crate::practice::Handset;
use crate::proto::authority_service_client::AuthorityServiceClient;
use crate::proto::record_decision_request::Decision;
use crate::proto::submit_response::Outcome;
use crate::proto::{
    AccountStanding, ActivateOutcome, ActivateRequest, ActivateResponse, Approval, ClaimRequest, EnrolmentState,
    GetStatusRequest, GetStatusResponse, RecordDecisionRequest, RecordDecisionResponse, SendCodeOutcome,
    SendCodeRequest, SendCodeResponse, SubmitRequest, SubmitResponse,
};
use crate::sys::{Clock, Dice};

/// Requests of one claim.
const CLAIM: i32 = 500;
/// How long the authority may take to decide what it claimed.
const LEASE_SECS: i64 = 3_600;
/// Calls that are made ready for a second of a run that has no number of calls.
const READY_PER_SECOND: u64 = 8_000;

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) path: PathAndQuery,
    pub(super) message: Bytes,
}

/// The calls of a run.
#[derive(Debug)]
pub(super) struct Calls {
    what: What,
    /// Whether the calls begin anew when they are through.
    again: bool,
    ready: Vec<Call>,
    callers: Vec<String>,
    /// Of codes that are asked for: the accounts, and what was sent.
    asking: Vec<Account>,
    sent: Mutex<Vec<Sent>>,
}

impl Calls {
    /// The call with that number. Questions are asked again from the beginning; what changes something is done once.
    pub(super) fn at(&self, place: usize) -> Option<&Call> {
        let place = if self.again { place % self.ready.len().max(1) } else { place };
        self.ready.get(place)
    }

    /// Who calls, in turn.
    pub(super) fn callers(&self) -> &[String] {
        &self.callers
    }

    /// What was sent to those who asked for codes.
    pub(super) fn into_sent(self) -> Vec<Sent> {
        self.sent.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with an answer, if anything is.
    pub(super) fn wrong(&self, place: usize, answer: &Bytes) -> Option<String> {
        self.fault(place, answer).err()
    }

    fn fault(&self, place: usize, answer: &Bytes) -> Result<(), String> {
        let unless = |right: bool, name: &str| if right { Ok(()) } else { Err(name.to_owned()) };
        match self.what {
            What::Submit => match read::<SubmitResponse>(answer)?.outcome {
                Some(Outcome::Accepted(_)) => Ok(()),
                Some(Outcome::NotAccepted(_)) => Err("not accepted".to_owned()),
                None => Err("no outcome".to_owned()),
            },
            What::Decide => {
                let state = read::<RecordDecisionResponse>(answer)?.state();
                unless(state == EnrolmentState::Issued, state.as_str_name())
            }
            What::Status => {
                let standing = read::<GetStatusResponse>(answer)?.standing();
                let known = [AccountStanding::AwaitingActivation, AccountStanding::Active].contains(&standing);
                unless(known, standing.as_str_name())
            }
            What::SendCode => {
                let answer = read::<SendCodeResponse>(answer)?;
                let outcome = answer.outcome();
                if let (SendCodeOutcome::Sent, Some(account)) = (outcome, self.asking.get(place)) {
                    let sent = Sent {
                        account: account.clone(),
                        challenge: answer.challenge,
                        challenge_text: answer.challenge_text,
                    };
                    self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
                }
                unless(outcome == SendCodeOutcome::Sent, outcome.as_str_name())
            }
            What::Activate => {
                let outcome = read::<ActivateResponse>(answer)?.outcome();
                unless(outcome == ActivateOutcome::Activated, outcome.as_str_name())
            }
        }
    }
}

fn read<M: Message + Default>(answer: &Bytes) -> Result<M, String> {
    M::decode(answer.clone()).map_err(|_| "an answer that cannot be read".to_owned())
}

/// Makes the calls of a run ready; `None` if there is nobody to call for.
///
/// # Errors
/// If the ground or, for what the authority claims, the service cannot be used.
pub(super) async fn prepare(run: &Run, ground: &mut Ground) -> anyhow::Result<Option<Calls>> {
    let ready = (run.seconds + run.warm_up).saturating_mul(run.rate.map_or(READY_PER_SECOND, u64::from));
    let most = u32::try_from(run.calls.unwrap_or(ready)).unwrap_or(u32::MAX);
    let mut calls = Calls {
        what: run.what,
        again: run.unread || run.what == What::Status,
        ready: Vec::new(),
        callers: vec!["app-backend".to_owned()],
        asking: Vec::new(),
        sent: Mutex::default(),
    };
    match run.what {
        What::Submit => {
            calls.callers = ground.officers();
            let submit = |one: crate::practice::Applicant| SubmitRequest {
                request_id: request_id(),
                application: Some(one.application),
                chip: one.chip.map(|chip| chip.captured(None)),
                ..SubmitRequest::default()
            };
            let applicants = ground.applicants(most, !run.unread)?.into_iter();
            calls.ready = encoded(run, "EnrolmentService/Submit", applicants.map(submit))?;
        }
        What::Decide => {
            calls.callers = vec!["authority".to_owned()];
            calls.ready =
                encoded(run, "AuthorityService/RecordDecision", claimed(run, ground, most).await?.into_iter())?;
        }
        What::Status => {
            calls.callers = Ground::backends();
            let asked = ground.accounts()?.into_iter().map(|one| {
                let Account { identity_number, phone } = one;
                GetStatusRequest { identity_number, phone }
            });
            calls.ready = encoded(run, "ActivationService/GetStatus", asked)?;
        }
        What::SendCode => {
            calls.asking = ground.asking(usize::try_from(most)?)?;
            let asked = calls.asking.iter().map(|one| SendCodeRequest {
                request_id: request_id(),
                identity_number: one.identity_number.clone(),
                phone: one.phone.clone(),
                device_key: Handset::of_holder(&one.identity_number).public_key(),
                source_address: String::new(),
            });
            calls.ready = encoded(run, "ActivationService/SendCode", asked)?;
        }
        What::Activate => {
            let typed = ground.typing(usize::try_from(most)?)?.into_iter().map(|(sent, code)| ActivateRequest {
                request_id: request_id(),
                device_key: Handset::of_holder(&sent.account.identity_number).public_key(),
                signature: Handset::of_holder(&sent.account.identity_number).sign(&sent.challenge_text),
                identity_number: sent.account.identity_number,
                phone: sent.account.phone,
                code,
                challenge: sent.challenge,
                face_check: String::new(),
            });
            calls.ready = encoded(run, "ActivationService/Activate", typed)?;
        }
    }
    Ok((!calls.ready.is_empty()).then_some(calls))
}

/// The name that a client draws for a call.
fn request_id() -> String {
    Dice::system().id(Clock::System.now()).to_string()
}

fn encoded<M: Message>(run: &Run, method: &str, messages: impl Iterator<Item = M>) -> anyhow::Result<Vec<Call>> {
    let path = if run.unread { echo::PATH.to_owned() } else { format!("/eid.issuance.v1.{method}") };
    let path = PathAndQuery::try_from(path).context("no path")?;
    Ok(messages.map(|message| Call { path: path.clone(), message: message.encode_to_vec().into() }).collect())
}

/// Approvals of what waits for the authority.
async fn claimed(run: &Run, ground: &mut Ground, most: u32) -> anyhow::Result<Vec<RecordDecisionRequest>> {
    let mut authority =
        AuthorityServiceClient::new(ground.channel(run, "authority").await?).max_decoding_message_size(usize::MAX);
    let (mut approvals, most) = (Vec::new(), usize::try_from(most)?);
    while approvals.len() < most {
        let limit = CLAIM.min(i32::try_from(most - approvals.len())?);
        let lease = Some(prost_types::Duration { seconds: LEASE_SECS, nanos: 0 });
        let claimed = authority.claim(ClaimRequest { limit, lease }).await.context("cannot claim")?.into_inner();
        if claimed.enrolments.is_empty() {
            break;
        }
        let phone = |one: &crate::proto::ClaimedEnrolment| one.application.as_ref().map(|a| a.phone.clone());
        let phones = claimed.enrolments.iter().map(|one| phone(one).unwrap_or_default()).collect();
        let accounts = ground.number(phones)?;
        approvals.extend(claimed.enrolments.into_iter().zip(accounts).map(|(one, account)| RecordDecisionRequest {
            request_id: request_id(),
            enrolment_id: one.enrolment_id,
            lease_id: claimed.lease_id.clone(),
            decision: Some(Decision::Approval(Approval { identity_number: account.identity_number })),
        }));
    }
    Ok(approvals)
}
