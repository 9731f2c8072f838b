//! `eid trust`: trust material, proposed by one operator and put in force by another, over the network.
//!
//! Owns the sending of files and the words for what they are. Decides nothing: what is wrong with a file is found by the
//! service.

use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use ring::digest;
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::client::Options;
use super::{FAILED, UNREACHED, USAGE, complain, refusal, words};
use crate::domain::trust::{BYTES_MAX, Kind};
use crate::proto::propose_material_request::Part;
use crate::proto::trust_service_client::TrustServiceClient;
use crate::proto::{
    ApproveMaterialRequest, ApproveOutcome, ListMaterialRequest, ProposalHead, ProposeMaterialRequest,
    ProposeMaterialResponse, ProposeOutcome, RejectMaterialRequest, TrustKind, TrustMaterial, TrustProblem, TrustState,
};
use crate::sys::{Clock, Dice};

/// Bytes of the file in one message: far below what any service takes.
const CHUNK: usize = 32 << 10;

const IMPORT_HELP: &str = "\
Exit codes (the highest that applies):
  0  every file waits for a second person, or is in force already
  1  a file was not accepted
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read

Examples:
  eid trust import csca-germany.cer DE_ML_2026-05-28.ml
  eid trust import --kind crl --server https://eid.example:8443 --ca server-ca.pem \\
    --cert operator.pem --key operator.key germany.crl";

const APPROVE_HELP: &str = "\
Examples:
  eid trust approve 01937e3a-3f4a-7c3b-8000-000000000001 --file DE_ML_2026-05-28.ml
  eid trust approve 01937e3a-3f4a-7c3b-8000-000000000001 --sha256 e036f8c989193b38cf19493bb2c957bfa2385b35a680bf03300515cad7526dd0";

/// `eid trust`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Import(Import),
    Approve(Approve),
    /// Drops a proposal
    Reject {
        /// The proposal's name, as `import` and `list` tell it
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        client: Options,
    },
    /// Lists what is in force and what waits for a second person
    List {
        #[command(flatten)]
        client: Options,
    },
}

/// Proposes files of trust material: CSCA master lists, CSCA certificates, revocation
/// lists, deviation lists
///
/// Each file is examined by the service, which tells what it is and what is wrong with
/// it. Nothing comes in force: that takes a second operator and `eid trust approve`.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = IMPORT_HELP)]
pub(super) struct Import {
    /// Files, in DER, PEM or JSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What they are: auto, master-list, csca, crl or deviations
    #[arg(long, value_name = "KIND", default_value = "auto", value_parser = kind)]
    kind: TrustKind,
    /// Means it, if a file is older than what its publisher has in force
    #[arg(long)]
    allow_older: bool,
    #[command(flatten)]
    client: Options,
}

/// Puts a proposal in force, as the second person
///
/// Name the file as you have it, or its SHA-256 as its publisher tells it: from a source
/// of your own, not from whoever proposed it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = APPROVE_HELP)]
pub(super) struct Approve {
    /// The proposal's name, as `import` and `list` tell it
    #[arg(value_name = "ID")]
    id: String,
    /// The file as you have it
    #[arg(long, value_name = "FILE", required_unless_present = "sha256", conflicts_with = "sha256")]
    file: Option<PathBuf>,
    /// Its SHA-256, 64 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Means it, if the file is older than what its publisher has in force
    #[arg(long)]
    allow_older: bool,
    #[command(flatten)]
    client: Options,
}

pub(super) async fn run(command: &Command, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import(command) => import(command, out).await,
        Command::Approve(command) => approve(command, out).await,
        Command::Reject { id, client } => {
            let mut service = match open(client, "operator").await {
                Ok(service) => service,
                Err(code) => return Ok(code),
            };
            let answer = service.reject_material(RejectMaterialRequest { material_id: id.clone() }).await;
            match answer {
                Ok(answer) => {
                    show(out, &answer.into_inner().material.unwrap_or_default())?;
                    Ok(ExitCode::SUCCESS)
                }
                Err(status) => failed(out, id, &status),
            }
        }
        Command::List { client } => list(client, out).await,
    }
}

async fn import(command: &Import, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in &command.files {
        match read(path) {
            Ok(content) => files.push((path.display().to_string(), content)),
            Err(error) => {
                complain(&error);
                return Ok(ExitCode::from(USAGE));
            }
        }
    }
    let service = match open(&command.client, "operator").await {
        Ok(service) => service,
        Err(code) => return Ok(code),
    };
    let mut worst = 0;
    for (name, content) in files {
        let head =
            ProposalHead { request_id: request_id(), kind: command.kind.into(), allow_older: command.allow_older };
        let answer = service.clone().propose_material(futures::stream::iter(parts(head, &content))).await;
        match answer {
            Ok(answer) => worst = worst.max(tell(out, &name, &answer.into_inner())?),
            Err(status) => {
                worst = worst.max(explain(out, &name, &status)?);
                if refusal::concerns_every_call(&status) {
                    break;
                }
            }
        }
    }
    Ok(ExitCode::from(worst))
}

async fn approve(command: &Approve, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let sha256 = match (&command.file, &command.sha256) {
        (Some(path), _) => match read(path) {
            Ok(content) => hex::encode(digest::digest(&digest::SHA256, &content)),
            Err(error) => {
                complain(&error);
                return Ok(ExitCode::from(USAGE));
            }
        },
        (None, named) => named.clone().unwrap_or_default(),
    };
    let mut service = match open(&command.client, "operator-2").await {
        Ok(service) => service,
        Err(code) => return Ok(code),
    };
    let request = ApproveMaterialRequest {
        request_id: request_id(),
        material_id: command.id.clone(),
        sha256,
        allow_older: command.allow_older,
    };
    let request = match command.client.privileged("operator-2", request) {
        Ok(request) => request,
        Err(error) => {
            complain(&error);
            return Ok(ExitCode::from(USAGE));
        }
    };
    let answer = match service.approve_material(request).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return failed(out, &command.id, &status),
    };
    let approved = answer.outcome() == ApproveOutcome::InForce;
    writeln!(out, "{}: {}", command.id, if approved { "in force" } else { "not approved" })?;
    words::text(out, "means", answer.advice.as_ref())?;
    problems(out, &answer.problems)?;
    show(out, &answer.material.unwrap_or_default())?;
    Ok(ExitCode::from(if approved { 0 } else { FAILED }))
}

async fn list(client: &Options, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut service = match open(client, "operator").await {
        Ok(service) => service,
        Err(code) => return Ok(code),
    };
    let answer = match service.list_material(ListMaterialRequest {}).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return failed(out, "the trust store", &status),
    };
    writeln!(
        out,
        "{} CSCA certificates from {} files, revision {}; {} files wait",
        answer.csca_certificates,
        answer.in_force.len(),
        answer.revision,
        answer.proposed.len()
    )?;
    if answer.practice {
        writeln!(out, "The practice country is trusted: development mode.")?;
    }
    for material in answer.in_force.iter().chain(&answer.proposed) {
        writeln!(out)?;
        show(out, material)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The service, or the exit code: why not is said already.
async fn open(client: &Options, stem: &str) -> Result<TrustServiceClient<Channel>, ExitCode> {
    let channel = client.open(stem).await.map_err(ExitCode::from)?;
    Ok(TrustServiceClient::new(channel).max_decoding_message_size(usize::MAX))
}

fn parts(head: ProposalHead, content: &[u8]) -> Vec<ProposeMaterialRequest> {
    let chunks = content.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec()));
    std::iter::once(Part::Head(head)).chain(chunks).map(|part| ProposeMaterialRequest { part: Some(part) }).collect()
}

/// Reads a file that the service would take.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let (mut content, limit) = (Vec::new(), BYTES_MAX as u64);
    std::fs::File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut content))
        .with_context(|| format!("cannot read {}", path.display()))?;
    anyhow::ensure!(content.len() as u64 <= limit, "{} has more than 4 MiB", path.display());
    Ok(content)
}

fn request_id() -> String {
    Dice::system().id(Clock::System.now()).to_string()
}

/// Says what became of a proposal; the exit code.
fn tell(out: &mut impl Write, name: &str, answer: &ProposeMaterialResponse) -> io::Result<u8> {
    let (said, code) = match answer.outcome() {
        ProposeOutcome::Proposed => ("waits for a second person", 0),
        ProposeOutcome::AlreadyProposed => ("waits already", 0),
        ProposeOutcome::AlreadyInForce => ("is in force already", 0),
        ProposeOutcome::NotAccepted | ProposeOutcome::Unspecified => ("not accepted", FAILED),
    };
    writeln!(out, "{name}: {said}")?;
    words::text(out, "means", answer.advice.as_ref())?;
    problems(out, &answer.problems)?;
    answer.material.as_ref().map_or(Ok(()), |material| show(out, material))?;
    Ok(code)
}

fn problems(out: &mut impl Write, problems: &[TrustProblem]) -> io::Result<()> {
    for problem in problems {
        let weight = if problem.refuses { "refused" } else { "note" };
        let about = if problem.about.is_empty() { String::new() } else { format!(" ({})", problem.about) };
        writeln!(out, "  {weight}: {}{about}", problem.name)?;
        let message = problem.message.clone().unwrap_or_default();
        writeln!(out, "    en: {}\n    vi: {}", message.en, message.vi)?;
    }
    Ok(())
}

fn show(out: &mut impl Write, material: &TrustMaterial) -> io::Result<()> {
    let kind = match material.kind() {
        TrustKind::MasterList => Kind::MasterList.name(),
        TrustKind::Csca => Kind::Csca.name(),
        TrustKind::Crl => Kind::Crl.name(),
        TrustKind::Deviations => Kind::Deviations.name(),
        TrustKind::Unspecified => "unknown to this program",
    };
    let state = match material.state() {
        TrustState::Proposed => "waits for a second person",
        TrustState::InForce => "in force",
        TrustState::Replaced => "replaced by another",
        TrustState::Rejected => "rejected",
        TrustState::Unspecified => "not kept",
    };
    if !material.material_id.is_empty() {
        words::line(out, "id", &material.material_id)?;
    }
    words::line(out, "state", state)?;
    words::line(out, "kind", kind)?;
    words::line(out, "publisher", &material.publisher)?;
    words::line(out, "made", &words::instant(material.edition.as_ref(), "unknown"))?;
    words::line(out, "SHA-256", &material.sha256)?;
    words::line(out, "entries", &material.entries.to_string())?;
    if material.kind() == TrustKind::MasterList {
        let (new, known, removed) = (material.entries_new, material.entries_known, material.entries_removed);
        words::line(out, "when examined", &format!("{new} new, {known} known, {removed} removed"))?;
    }
    if !material.vouched_by_sha256.is_empty() {
        words::line(out, "vouched for by", &material.vouched_by_sha256)?;
    }
    words::line(out, "proposed by", &material.proposed_by)?;
    words::line(out, "proposed", &words::instant(material.proposed_at.as_ref(), "unknown"))?;
    if !material.decided_by.is_empty() {
        words::line(out, "decided by", &material.decided_by)?;
        words::line(out, "decided", &words::instant(material.decided_at.as_ref(), "unknown"))?;
    }
    Ok(())
}

fn failed(out: &mut impl Write, name: &str, status: &Status) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::from(explain(out, name, status)?))
}

fn explain(out: &mut impl Write, name: &str, status: &Status) -> io::Result<u8> {
    writeln!(out, "{name}: no answer")?;
    refusal::explain(out, status)?;
    let away = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::DeadlineExceeded);
    Ok(if away { UNREACHED } else { FAILED })
}

fn kind(word: &str) -> Result<TrustKind, String> {
    match Kind::from_name(word) {
        Some(Kind::MasterList) => Ok(TrustKind::MasterList),
        Some(Kind::Csca) => Ok(TrustKind::Csca),
        Some(Kind::Crl) => Ok(TrustKind::Crl),
        Some(Kind::Deviations) => Ok(TrustKind::Deviations),
        None if word == "auto" => Ok(TrustKind::Unspecified),
        None => Err(format!("auto, {}", Kind::ALL.map(Kind::name).join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser as _;

    #[test]
    fn the_second_person_names_the_file_or_its_hash_and_not_both() {
        let parsed = |line: &str| Cli::try_parse_from(line.split(' ')).is_ok();
        assert!(parsed("eid trust approve ID --file a.ml") && parsed("eid trust approve ID --sha256 ab"));
        assert!(!parsed("eid trust approve ID") && !parsed("eid trust approve ID --file a.ml --sha256 ab"));
    }

    #[test]
    fn a_kind_is_a_word_of_the_list() {
        assert_eq!(kind("auto"), Ok(TrustKind::Unspecified));
        for known in Kind::ALL {
            assert!(kind(known.name()).is_ok());
        }
        assert!(kind("pem").is_err());
    }

    #[test]
    fn a_file_goes_in_chunks_after_its_head() {
        let sent = parts(ProposalHead::default(), &vec![7; CHUNK + 1]);
        assert!(matches!(sent[0].part, Some(Part::Head(_))));
        let lengths = sent[1..].iter().map(|message| match &message.part {
            Some(Part::Chunk(chunk)) => chunk.len(),
            _ => 0,
        });
        assert_eq!(lengths.collect::<Vec<_>>(), [CHUNK, 1]);
    }

    #[test]
    fn a_file_over_the_bound_is_not_sent() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(BYTES_MAX as u64 + 1).unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("more than 4 MiB"));
        file.as_file().set_len(BYTES_MAX as u64).unwrap();
        assert_eq!(read(file.path()).unwrap().len(), BYTES_MAX);
    }

    #[test]
    fn a_problem_reads_in_both_languages() {
        let problem = TrustProblem {
            name: "signer.untrusted".to_owned(),
            refuses: true,
            about: "NL ab".to_owned(),
            message: Some(crate::proto::Text {
                en: "Nobody vouches.".to_owned(), vi: "Không ai bảo đảm.".to_owned()
            }),
        };
        let mut out = Vec::new();
        problems(&mut out, &[problem]).unwrap();
        let expected = "  refused: signer.untrusted (NL ab)\n    en: Nobody vouches.\n    vi: Không ai bảo đảm.\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
