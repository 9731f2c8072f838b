//! `eid receipt keys`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use tonic::Code;

use crate::cli::client::Options;
use crate::cli::{FAILED, UNREACHED, refusal};
use crate::proto::ListReceiptKeysRequest;
use crate::proto::enrolment_service_client::EnrolmentServiceClient;

const HELP: &str = "\
Exit codes:
  0  done
  1  you may not ask, or the file cannot be written
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read

Examples:
  eid receipt keys
  eid receipt keys --out receipt-keys.json";

/// Fetches the public keys by which receipts are checked
///
/// Prints them as a JWK set (RFC 7517): those of former keys too, so that old receipts
/// stay genuine. They are no secret; publish them. Fetch them again when a receipt
/// names a key that is not known.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(in crate::cli) struct Keys {
    /// Where to write them, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    client: Options,
}

pub(in crate::cli) async fn keys(command: &Keys, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let channel = match command.client.open("officer-79-01").await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    match EnrolmentServiceClient::new(channel).list_receipt_keys(ListReceiptKeysRequest {}).await {
        Ok(answer) => {
            let set = answer.into_inner().jwk_set;
            match &command.out {
                None => write!(out, "{set}")?,
                Some(path) => std::fs::write(path, set).with_context(|| format!("cannot write {}", path.display()))?,
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(status) => {
            writeln!(out, "no answer about the keys:")?;
            refusal::explain(out, &status)?;
            let away = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::DeadlineExceeded);
            Ok(ExitCode::from(if away { UNREACHED } else { FAILED }))
        }
    }
}
