//! `eid receipt verify`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::input::{self, Held};
use super::report::Report;
use crate::cli::{FAILED, USAGE, complain};
use crate::domain::text::Malformed;
use crate::receipt::{self, JwkSet, PlainDigest, Salt};

const HELP: &str = "\
Exit codes:
  0  genuine; with --content: and of that content
  1  not genuine, or of another content
  3  wrong usage, or a file that cannot be read

Examples:
  eid receipt verify receipt.txt --keys receipt-keys.json
  eid receipt verify - < scanned.txt
  eid receipt verify receipt.json --content submit.json --format json
  eid receipt verify receipt.txt --content submit.json --salt MDEyMzQ1Njc4OWFiY2RlZg";

/// Tells whether a receipt is genuine
///
/// RECEIPT is the text of a receipt, what a scanner reads in the code of a slip, a file
/// with either, a file with the service's answer in the JSON form of the protocol, or -
/// for standard input. White space and line breaks count for nothing.
///
/// With --content the receipt is compared with a request or a correction: a SubmitRequest
/// or a CorrectRequest in the JSON form of the protocol, as it was sent. That takes the salt, which the service gives
/// to the office with the receipt and nobody else: from the answer, or by --salt.
///
/// Nothing is sent and nobody is asked.
#[derive(Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(in crate::cli) struct Verify {
    /// The receipt: text, file, or - for standard input
    #[arg(value_name = "RECEIPT")]
    receipt: String,
    /// The service's public keys, a JWK set [default: eid-dev/receipt-keys.json]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The request that it should be the receipt of
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// The salt that came with the receipt
    #[arg(long, value_parser = read_salt, requires = "content")]
    salt: Option<Salt>,
    /// How the verdict is printed
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// How a verdict is printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, in English and Vietnamese
    Text,
    /// For programs
    Json,
}

fn read_salt(text: &str) -> Result<Salt, Malformed> {
    Salt::parse(text)
}

pub(in crate::cli) fn verify(command: &Verify, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let keys = match input::keys(command.keys.as_deref()) {
        Ok(keys) => keys,
        Err(error) => return Ok(usage(&error)),
    };
    let (held, content) = match (input::receipt(&command.receipt), content(command)) {
        (Ok(held), Ok(content)) => (held, content),
        (Err(error), _) | (_, Err(error)) => return Ok(usage(&error)),
    };
    let salt = command.salt.or(held.salt);
    if content.is_some() && salt.is_none() {
        return Ok(usage(&anyhow::anyhow!(
            "the salt is missing: name it with --salt, or give the service's answer in JSON as RECEIPT"
        )));
    }
    let report = judge(&held, &keys, content.zip(salt));
    match command.format {
        Format::Text => report.text(out)?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
    }
    Ok(if report.is_genuine() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

fn content(command: &Verify) -> anyhow::Result<Option<PlainDigest>> {
    command.content.as_deref().map(input::content).transpose()
}

fn judge(held: &Held, keys: &JwkSet, content: Option<(PlainDigest, Salt)>) -> Report {
    match receipt::read(&held.text, keys) {
        Ok(genuine) => {
            let same = content.map_or(Ok(()), |(content, salt)| genuine.of(salt, content));
            Report::new(Some(&genuine), &same, content.is_some())
        }
        Err(fault) => Report::new(None, &Err(fault), false),
    }
}

fn usage(error: &anyhow::Error) -> ExitCode {
    complain(error);
    ExitCode::from(USAGE)
}
