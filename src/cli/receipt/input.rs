//! What a person who checks a receipt has at hand: texts, files, a scanner's output.
//!
//! Owns the reading and its bounds. Never quotes what it read: requests are personal data, and salts belong to offices.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::PRACTICE_KEYS;
use crate::cli::office::request::Reader;
use crate::grpc;
use crate::proto::{CorrectRequest, SubmitRequest};
use crate::receipt::{JwkSet, PlainDigest, Salt, TEXT_BYTES_MAX};

/// Longest answer or receipt that is read.
const RECEIPT_BYTES_MAX: u64 = 1 << 20;
/// Longest request that is read; captures make it long.
const CONTENT_BYTES_MAX: u64 = 16 << 20;
/// Longest set of keys that is read.
const KEYS_BYTES_MAX: u64 = 64 << 10;
const SUBMIT_REQUEST: &str = "eid.issuance.v1.SubmitRequest";
const CORRECT_REQUEST: &str = "eid.issuance.v1.CorrectRequest";
/// A text that is longer than this and no file is taken for a receipt.
const NAME_CHARS_MAX: usize = 100;

/// A receipt as it was handed over.
pub(super) struct Held {
    /// Its text, in either form.
    pub(super) text: String,
    /// The salt, if it came along.
    pub(super) salt: Option<Salt>,
}

/// The service's answer, or the receipt within it, in either spelling of the JSON form of the protocol.
#[derive(Deserialize)]
struct Answer {
    accepted: Option<Box<Answer>>,
    receipt: Option<Box<Answer>>,
    signed: Option<String>,
    #[serde(alias = "contentSalt")]
    content_salt: Option<String>,
}

/// The receipt that a text, a file or standard input holds.
pub(super) fn receipt(named: &str) -> anyhow::Result<Held> {
    let text = match named {
        "-" => bounded(io::stdin().lock(), RECEIPT_BYTES_MAX).context("standard input")?,
        path if Path::new(path).is_file() => file(Path::new(path), RECEIPT_BYTES_MAX)?,
        text if text.chars().count() > NAME_CHARS_MAX => text.to_owned(),
        name => return Err(anyhow::anyhow!("{name}: there is no such file, and it is too short for a receipt")),
    };
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        // What is longer than a receipt is one byte too long here as well.
        return Ok(Held { text: text.chars().take(TEXT_BYTES_MAX + 1).collect(), salt: None });
    }
    held(text.trim_start_matches('\u{feff}'))
        .with_context(|| if named == "-" { "standard input" } else { named }.to_owned())
}

fn held(json: &str) -> anyhow::Result<Held> {
    // What the library says of a value may quote it.
    let answer: Answer =
        serde_json::from_str(json).map_err(|_| anyhow::anyhow!("it is not an answer of the service"))?;
    let inner = [answer.accepted, answer.receipt].into_iter().flatten().next().map(|inner| *inner);
    let (signed, salt) = match inner {
        Some(inner) => (inner.signed, inner.content_salt),
        None => (answer.signed, answer.content_salt),
    };
    let text = signed.context("it has no receipt: there is no field signed")?;
    let salt = salt.filter(|salt| !salt.is_empty()).map(|salt| Salt::parse(&salt)).transpose()?;
    Ok(Held { text, salt })
}

/// The digest of what a request or a correction hands in.
pub(super) fn content(path: &Path) -> anyhow::Result<PlainDigest> {
    let text = file(path, CONTENT_BYTES_MAX)?;
    let text = text.trim_start_matches('\u{feff}');
    if let Ok(correction) = Reader::of(CORRECT_REQUEST)?.message::<CorrectRequest>(text)
        && !correction.enrolment_id.is_empty()
    {
        let CorrectRequest { application, chip, captures, .. } = &correction;
        return Ok(grpc::submitted_content(application.as_ref(), chip.as_ref(), captures.as_ref()));
    }
    let request = Reader::of(SUBMIT_REQUEST)?.message::<SubmitRequest>(text);
    let request = request.map_err(|fault| anyhow::anyhow!("{}, line {}: {fault}", path.display(), fault.line))?;
    let SubmitRequest { application, chip, captures, .. } = &request;
    Ok(grpc::submitted_content(application.as_ref(), chip.as_ref(), captures.as_ref()))
}

/// The public keys of a file.
pub(super) fn keys(path: Option<&Path>) -> anyhow::Result<JwkSet> {
    let text = match path {
        Some(path) => file(path, KEYS_BYTES_MAX),
        None => file(Path::new(PRACTICE_KEYS), KEYS_BYTES_MAX)
            .context("name the service's public keys with --keys; `eid receipt keys` fetches them"),
    };
    let named = path.unwrap_or(Path::new(PRACTICE_KEYS)).display();
    JwkSet::parse(&text?).with_context(|| format!("{named} cannot be used"))
}

fn file(path: &Path, most: u64) -> anyhow::Result<String> {
    let read = || bounded(File::open(path)?, most);
    read().with_context(|| format!("{} cannot be read", path.display()))
}

fn bounded(from: impl Read, most: u64) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 <= most, "it is longer than {most} bytes");
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("it is not UTF-8"))
}
