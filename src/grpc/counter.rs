//! `CounterService`: a holder without the old device proves in person who they are.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::advice::devices as advice;
use super::enrolment::officer;
use super::parse::Faults;
use super::render;
use crate::app::{App, Countersigned, Proved, StoodAtCounter};
use crate::domain::account::IdentityNumber;
use crate::domain::device::ProofPurpose;
use crate::domain::ids::{ProofId, RequestId};
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::proto as pb;

pub(super) struct Counter(pub(super) App);

#[tonic::async_trait]
impl pb::counter_service_server::CounterService for Counter {
    async fn prove_in_person(
        &self,
        request: Request<pb::ProveInPersonRequest>,
    ) -> Result<Response<pb::ProveInPersonResponse>, Status> {
        let (by, officer) = officer(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let id = faults.text("request_id", &message.request_id, RequestId::parse);
        let shown = (&message.identity_number[..], &message.passport_state[..], &message.passport_number[..]);
        let stood = stood(&mut faults, shown);
        let (id, stood) = faults.finish(id.zip(stood))?;
        let repeat = self.0.repeat(id, "CounterService/ProveInPerson", &message.encode_to_vec());
        let proved = self.0.prove_in_person(&by, &officer, &repeat, &stood).await?;
        let mut answer = pb::ProveInPersonResponse {
            advice: Some(render::text(advice::proved(&proved))),
            ..pb::ProveInPersonResponse::default()
        };
        let outcome = match &proved {
            Proved::Recorded { proof, purpose, code, expires_at, slip } => {
                answer.purpose = rendered_purpose(*purpose).into();
                answer.slip = slip.as_ref().map(|slip| slip.as_html().to_owned()).unwrap_or_default();
                answer.proof_id = proof.to_string();
                answer.code = code.shown();
                answer.expires_at = Some(render::instant(*expires_at));
                pb::ProveInPersonOutcome::Recorded
            }
            Proved::NotMatched => pb::ProveInPersonOutcome::NotMatched,
            Proved::Lapsed => pb::ProveInPersonOutcome::WindowLapsed,
            Proved::Locked => pb::ProveInPersonOutcome::Locked,
        };
        answer.outcome = outcome.into();
        Ok(Response::new(answer))
    }

    async fn countersign_proof(
        &self,
        request: Request<pb::CountersignProofRequest>,
    ) -> Result<Response<pb::CountersignProofResponse>, Status> {
        let (by, supervisor) = officer(&request)?;
        let mut faults = Faults::default();
        let id = faults.text("proof_id", &request.get_ref().proof_id, ProofId::parse);
        let agreed = self.0.countersign_proof(&by, &supervisor, faults.finish(id)?).await?;
        let (outcome, expires_at) = match agreed {
            Countersigned::Agreed { expires_at } => {
                (pb::CountersignProofOutcome::Agreed, Some(render::instant(expires_at)))
            }
            Countersigned::Ended => (pb::CountersignProofOutcome::Ended, None),
        };
        let advice = Some(render::text(advice::countersigned(agreed)));
        Ok(Response::new(pb::CountersignProofResponse { outcome: outcome.into(), expires_at, advice }))
    }
}

/// Who stands at the counter: number, and state and number of the passport, as they came.
pub(super) fn stood(faults: &mut Faults, (number, state, passport): (&str, &str, &str)) -> Option<StoodAtCounter> {
    let number = faults.text("identity_number", number, IdentityNumber::parse);
    let state = faults.text("passport_state", state, StateCode::parse);
    let passport = faults.text("passport_number", passport, DocumentNumber::parse);
    let read = number.zip(state.zip(passport));
    read.map(|(number, (state, passport))| StoodAtCounter { number, state, passport })
}

const fn rendered_purpose(purpose: ProofPurpose) -> pb::ProofPurpose {
    match purpose {
        ProofPurpose::Replacement => pb::ProofPurpose::Replacement,
        ProofPurpose::Activation => pb::ProofPurpose::Activation,
    }
}
