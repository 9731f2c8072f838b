//! `eid office slip`: the applicant's slip as a file to print, and the receipt as a file to keep.
//!
//! A slip names a person, and a receipt comes with its salt: the files are made for their owner's eyes alone.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tonic::Code;

use crate::cli::client::Options;
use crate::cli::{FAILED, UNREACHED, refusal};
use crate::proto::enrolment_service_client::EnrolmentServiceClient;
use crate::proto::{GetSlipRequest, GetSlipResponse, SlipFormat};

const HELP: &str = "\
Exit codes:
  0  done
  1  there is no such request at this office, or the file cannot be written
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read

Examples:
  eid office slip 01937e3a-3f4a-7c3b-8000-000000000001 --out slip.html
  eid office slip 01937e3a-3f4a-7c3b-8000-000000000001 --out slip.html --receipt receipt.json";

/// Makes the applicant's slip of a request
///
/// A page in Vietnamese and English to print on A5 or A4, with the signed receipt as a
/// code that `eid receipt verify` checks. It needs nothing but the file. Files are made
/// for you alone to read; an earlier one of that name is replaced. The look is recorded.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(in crate::cli) struct Slip {
    /// The request's name, a UUID
    #[arg(value_name = "ID")]
    enrolment: String,
    /// The file to write (HTML)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to keep the receipt with its salt (JSON), for eid receipt verify --content
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    client: Options,
}

pub(in crate::cli) async fn slip(command: &Slip, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let channel = match command.client.open("officer-79-01").await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    let format = SlipFormat::Html.into();
    let request = GetSlipRequest { enrolment_id: command.enrolment.clone(), format };
    match EnrolmentServiceClient::new(channel).get_slip(request).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            put(&command.out, &answer.page, out)?;
            match &command.receipt {
                Some(path) if !answer.signed.is_empty() => put(path, &kept(&answer)?, out)?,
                Some(_) => {
                    writeln!(out, "There is no receipt: the request was taken in before the service signed them.")?;
                }
                None => {}
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(status) => {
            writeln!(out, "no slip was made:")?;
            refusal::explain(out, &status)?;
            let away = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::DeadlineExceeded);
            Ok(ExitCode::from(if away { UNREACHED } else { FAILED }))
        }
    }
}

/// The receipt as `eid receipt verify` reads it, by the names that it has in the protocol.
fn kept(answer: &GetSlipResponse) -> anyhow::Result<String> {
    let GetSlipResponse { signed, key_id, content_salt, .. } = answer;
    let kept = serde_json::json!({ "signed": signed, "key_id": key_id, "content_salt": content_salt });
    Ok(serde_json::to_string_pretty(&kept)?)
}

fn put(path: &Path, text: &str, out: &mut impl Write) -> anyhow::Result<()> {
    write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(writeln!(out, "Made {}.", path.display())?)
}

/// Rights are given when a file is made: one that was there gets them before the page is in it. What is no file, such as
/// standard output, keeps its own.
fn write(path: &Path, page: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    file.write_all(page.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_for_its_owners_eyes_also_where_a_file_was_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slip.html");
        std::fs::write(&path, "a longer page that was there before").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        write(&path, "page").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "page");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write(&dir.path().join("none").join("slip.html"), "page").is_err());
    }
}
