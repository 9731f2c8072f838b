//! `TrustService`: files of trust material, and the two persons it takes to put one in force.

use prost::Message as _;
use tonic::{Request, Response, Status, Streaming};

use super::gate::caller;
use super::parse::Faults;
use super::{advice, render};
use crate::app::{App, Approved, Proposal, Proposed};
use crate::domain::ids::{MaterialId, RequestId};
use crate::domain::text::Malformed;
use crate::domain::trust::{BYTES_MAX, CannotApprove, Kind, Material, Problem, Sha256, Stage};
use crate::proto as pb;

const NO_HEAD: Malformed =
    Malformed::new("Send the head first, and once.", "Hãy gửi phần đầu (head) trước tiên và chỉ một lần.");
const NO_CHUNK: Malformed = Malformed::new(
    "Required: after the head every message holds a chunk.",
    "Bắt buộc: sau phần đầu, mỗi thông điệp chứa một phần của tệp.",
);
const WRONG_KIND: Malformed = Malformed::new(
    "Not a kind of trust material. Leave it out, and the service finds out.",
    "Không phải loại tệp tin cậy. Có thể bỏ trống để dịch vụ tự nhận biết.",
);

pub(super) struct TrustMaterials(pub(super) App);

/// A proposal as it came in.
struct Received {
    id: RequestId,
    proposal: Proposal,
    /// What makes the call recognisable: its head, then the file.
    content: Vec<u8>,
}

#[tonic::async_trait]
impl pb::trust_service_server::TrustService for TrustMaterials {
    async fn propose_material(
        &self,
        request: Request<Streaming<pb::ProposeMaterialRequest>>,
    ) -> Result<Response<pb::ProposeMaterialResponse>, Status> {
        let by = caller(&request)?;
        let Received { id, proposal, content } = receive(request.into_inner()).await?;
        let repeat = self.0.repeat(id, "TrustService/ProposeMaterial", &content);
        let proposed = self.0.propose_trust(&by, &repeat, &proposal).await?;
        let text = render::text(advice::proposed(&proposed));
        let (outcome, material, problems) = match proposed {
            Proposed::Proposed(material) => (pb::ProposeOutcome::Proposed, Some(material), None),
            Proposed::AlreadyProposed(material) => (pb::ProposeOutcome::AlreadyProposed, Some(material), None),
            Proposed::AlreadyInForce(material) => (pb::ProposeOutcome::AlreadyInForce, Some(material), None),
            Proposed::NotAccepted(material, problems) => {
                (pb::ProposeOutcome::NotAccepted, material.map(|material| *material), Some(problems))
            }
        };
        let found = material.as_ref().map(|material| material.report.problems.clone());
        let problems = problems.or(found).unwrap_or_default();
        let mut material = material.as_ref().map(render_material);
        if outcome == pb::ProposeOutcome::NotAccepted
            && let Some(material) = &mut material
        {
            // It was not kept: there is nothing by that name.
            material.material_id.clear();
            material.state = pb::TrustState::Unspecified.into();
        }
        Ok(Response::new(pb::ProposeMaterialResponse {
            outcome: outcome.into(),
            material,
            problems: problems.iter().map(render_problem).collect(),
            advice: Some(text),
        }))
    }

    async fn approve_material(
        &self,
        request: Request<pb::ApproveMaterialRequest>,
    ) -> Result<Response<pb::ApproveMaterialResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let request_id = faults.text("request_id", &message.request_id, RequestId::parse);
        let id = faults.text("material_id", &message.material_id, MaterialId::parse);
        let sha256 = faults.text("sha256", &message.sha256, Sha256::parse);
        let ((request_id, id), sha256) = faults.finish(request_id.zip(id).zip(sha256))?;
        let repeat = self.0.repeat(request_id, "TrustService/ApproveMaterial", &message.encode_to_vec());
        let approved = self.0.approve_trust(&by, &repeat, id, sha256, message.allow_older).await?;
        let text = render::text(advice::approved(&approved));
        let (outcome, material, problems) = match &approved {
            Approved::InForce(material) => (pb::ApproveOutcome::InForce, material, &material.report.problems),
            Approved::Refused(material, why) => (refusal(*why), material, &material.report.problems),
            Approved::NotAccepted(material, problems) => (pb::ApproveOutcome::NotAccepted, material, problems),
        };
        Ok(Response::new(pb::ApproveMaterialResponse {
            outcome: outcome.into(),
            material: Some(render_material(material)),
            problems: problems.iter().map(render_problem).collect(),
            advice: Some(text),
        }))
    }

    async fn reject_material(
        &self,
        request: Request<pb::RejectMaterialRequest>,
    ) -> Result<Response<pb::RejectMaterialResponse>, Status> {
        let by = caller(&request)?;
        let mut faults = Faults::default();
        let id = faults.text("material_id", &request.get_ref().material_id, MaterialId::parse);
        let material = self.0.reject_trust(&by, faults.finish(id)?).await?;
        Ok(Response::new(pb::RejectMaterialResponse { material: Some(render_material(&material)) }))
    }

    async fn list_material(
        &self,
        request: Request<pb::ListMaterialRequest>,
    ) -> Result<Response<pb::ListMaterialResponse>, Status> {
        let by = caller(&request)?;
        let (list, present) = (self.0.list_trust(&by).await?, self.0.trust_snapshot());
        Ok(Response::new(pb::ListMaterialResponse {
            in_force: list.in_force.iter().map(render_material).collect(),
            proposed: list.proposed.iter().map(render_material).collect(),
            csca_certificates: i32::try_from(present.authorities()).unwrap_or(i32::MAX),
            revision: present.revision().get(),
            practice: present.practice(),
        }))
    }
}

/// Takes the stream in: a head, then chunks up to the bound. One byte over it is enough to say that it is too large.
async fn receive(mut parts: Streaming<pb::ProposeMaterialRequest>) -> Result<Received, Status> {
    use pb::propose_material_request::Part;
    let mut faults = Faults::default();
    let first = parts.message().await?.and_then(|message| message.part);
    let Some(Part::Head(head)) = first else {
        faults.fault("head", NO_HEAD);
        return faults.finish(None);
    };
    let id = faults.text("request_id", &head.request_id, RequestId::parse);
    let kind = faults.take("kind", kind(head.kind));
    let (id, kind) = faults.finish(id.zip(kind))?;
    let mut file = Vec::new();
    while file.len() <= BYTES_MAX
        && let Some(message) = parts.message().await?
    {
        let Some(Part::Chunk(chunk)) = message.part else {
            let mut faults = Faults::default();
            faults.fault("chunk", NO_CHUNK);
            return faults.finish(None);
        };
        let room = (BYTES_MAX + 1).saturating_sub(file.len());
        file.extend(chunk.iter().take(room));
    }
    let mut content = head.encode_to_vec();
    content.extend_from_slice(&file);
    Ok(Received { id, proposal: Proposal { kind, allow_older: head.allow_older, content: file }, content })
}

fn kind(asked: i32) -> Result<Option<Kind>, Malformed> {
    match pb::TrustKind::try_from(asked) {
        Ok(pb::TrustKind::Unspecified) => Ok(None),
        Ok(pb::TrustKind::MasterList) => Ok(Some(Kind::MasterList)),
        Ok(pb::TrustKind::Csca) => Ok(Some(Kind::Csca)),
        Ok(pb::TrustKind::Crl) => Ok(Some(Kind::Crl)),
        Ok(pb::TrustKind::Deviations) => Ok(Some(Kind::Deviations)),
        Err(_) => Err(WRONG_KIND),
    }
}

const fn refusal(why: CannotApprove) -> pb::ApproveOutcome {
    match why {
        CannotApprove::AlreadyDecided => pb::ApproveOutcome::AlreadyDecided,
        CannotApprove::OwnProposal => pb::ApproveOutcome::OwnProposal,
        CannotApprove::AnotherFile => pb::ApproveOutcome::AnotherFile,
    }
}

fn render_material(material: &Material) -> pb::TrustMaterial {
    let kind = match material.kind {
        Kind::MasterList => pb::TrustKind::MasterList,
        Kind::Csca => pb::TrustKind::Csca,
        Kind::Crl => pb::TrustKind::Crl,
        Kind::Deviations => pb::TrustKind::Deviations,
    };
    let (state, replaced_at) = match material.stage {
        Stage::Proposed => (pb::TrustState::Proposed, None),
        Stage::InForce(_) => (pb::TrustState::InForce, None),
        Stage::Replaced { at, .. } => (pb::TrustState::Replaced, Some(at)),
        Stage::Rejected(_) => (pb::TrustState::Rejected, None),
    };
    let (report, decided) = (&material.report, material.stage.decided());
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    pb::TrustMaterial {
        material_id: material.id.to_string(),
        kind: kind.into(),
        publisher: material.publisher.clone(),
        edition: Some(render::instant(material.edition)),
        sha256: material.sha256.to_string(),
        bytes: number(report.bytes),
        entries: number(report.entries),
        entries_new: number(report.new),
        entries_known: number(report.known),
        entries_removed: number(report.removed),
        vouched_by_sha256: report.vouched_by.map(|csca| csca.to_string()).unwrap_or_default(),
        state: state.into(),
        proposed_by: material.proposed_by.to_string(),
        proposed_at: Some(render::instant(material.proposed_at)),
        decided_by: decided.map(|decided| decided.by.to_string()).unwrap_or_default(),
        decided_at: decided.map(|decided| render::instant(decided.at)),
        replaced_at: replaced_at.map(render::instant),
        problems: report.problems.iter().map(render_problem).collect(),
    }
}

fn render_problem(problem: &Problem) -> pb::TrustProblem {
    pb::TrustProblem {
        name: problem.fault.name.to_owned(),
        refuses: problem.fault.refuses,
        about: problem.about.clone(),
        message: Some(render::text(problem.fault.text)),
    }
}
