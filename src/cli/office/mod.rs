//! `eid office`: an immigration office's work over the network.
//!
//! Owns the sending of captured requests from files: one bad item costs only itself; a repeat costs nothing. Owns the looking
//! at what became of them, lists, numbers, and changes as they happen, and the printing of slips.

mod delivery;
pub(super) mod follow_up;
mod json;
pub(super) mod list;
mod place;
pub(in crate::cli) mod request;
mod slip;
pub(in crate::cli) mod spool;
pub(super) mod watch;

pub(super) use slip::slip;

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::client::Options;
use crate::proto::enrolment_service_client::EnrolmentServiceClient;
use delivery::{Delivery, Item, Tally, Verdict};
use request::Reader;

/// How long one file may be.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// With more items than this, a bar shows how far it got.
const BAR_FROM: usize = 10;

const SUBMIT_HELP: &str = "\
Exit codes (the highest that applies):
  0  all accepted
  1  some not accepted
  2  some could not be sent
  3  wrong usage, or something cannot be read

Examples:
  eid office submit docs/examples/submit.json
  eid office submit monday.jsonl tuesday.jsonl
  eid office submit --server https://eid.example:8443 --ca server-ca.pem \\
    --cert officer.pem --key officer.key monday.jsonl";

/// `eid office`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Submit(Submit),
    Slip(slip::Slip),
    List(list::List),
    FollowUp(follow_up::FollowUp),
    Watch(watch::Watch),
    Spool(spool::Spool),
}

/// Submits captured requests
///
/// A FILE holds one request: a SubmitRequest in the JSON form of the protocol, the
/// same text as for `buf curl -d`. A file whose name ends with .jsonl holds one
/// request on each line. docs/examples/submit.json is an example.
///
/// The requests are sent one after another. For each, a line says what became of
/// it: "accepted" with the name of the request from now on, or the findings that
/// keep it out, in English and Vietnamese. One that cannot be read or is not
/// accepted does not hold up the others. When the service is busy or away, a
/// request is sent again up to 5 times, after the wait that the service asks for.
///
/// A request without request_id is given one that is made of its content (SHA-256).
/// So running the same file again is harmless: what was taken in is not taken in
/// twice, and is answered as it was the first time.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = SUBMIT_HELP)]
pub(super) struct Submit {
    /// Files with requests
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    client: Options,
}

pub(super) async fn submit(command: &Submit, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut tally = Tally::default();
    let sources = read_all(&command.files, out, &mut tally)?;
    let items: Vec<_> = sources.iter().flat_map(Source::items).collect();
    let channel = match command.client.open("officer-79-01").await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(tally.exit_code().max(code))),
    };
    let bar = bar(items.len());
    let counter = EnrolmentServiceClient::new(channel);
    let mut delivery = Delivery { reader: Reader::new()?, bar, out, tally };
    let send = async |request| counter.clone().submit(request).await.map(tonic::Response::into_inner);
    delivery.all(&items, send).await?;
    Ok(ExitCode::from(delivery.tally.exit_code()))
}

/// A file that could be read.
struct Source {
    name: String,
    text: String,
    /// Whether each line is a request.
    by_line: bool,
}

impl Source {
    fn read(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::other("it has more than 64 MiB; split it"));
        }
        let text = String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8; save it as UTF-8"))?;
        // Some editors mark UTF-8 with a byte order mark, which JSON does not know.
        let text = text.strip_prefix('\u{feff}').map(ToOwned::to_owned).unwrap_or(text);
        let by_line = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jsonl"));
        Ok(Self { name: path.display().to_string(), text, by_line })
    }

    fn items(&self) -> Vec<Item<'_>> {
        if !self.by_line {
            return vec![Item { file: &self.name, line: None, text: &self.text }];
        }
        let lines = self.text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty());
        lines.map(|(at, text)| Item { file: &self.name, line: Some(at + 1), text }).collect()
    }
}

/// Reads the files; says which cannot be read, and goes on.
fn read_all(files: &[PathBuf], out: &mut impl Write, tally: &mut Tally) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in files {
        match Source::read(path) {
            Ok(source) => sources.push(source),
            Err(error) => {
                writeln!(out, "{}: cannot be read: {error}", path.display())?;
                tally.count(Verdict::Unreadable);
            }
        }
    }
    Ok(sources)
}

/// A bar that shows how far something got, where a person looks on.
pub(super) fn bar(length: usize) -> ProgressBar {
    if length <= BAR_FROM || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {wide_bar} {human_pos} of {human_len}  {eta} left");
    ProgressBar::new(length as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_one_request_or_one_on_each_line() {
        let dir = tempfile::tempdir().unwrap();
        let source = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            Source::read(&dir.path().join(name)).unwrap()
        };
        let one = source("one.json", "\u{feff}{\n}\n");
        assert_eq!(one.items().len(), 1);
        assert_eq!(one.text, "{\n}\n");
        let many = source("many.JSONL", "{}\r\n\n  \n{}\n{}");
        assert_eq!(many.items().iter().map(|item| item.line).collect::<Vec<_>>(), [Some(1), Some(4), Some(5)]);
        assert_eq!(source("none.jsonl", "\n").items().len(), 0);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let (good, bad) = (dir.path().join("good.json"), dir.path().join("bad.json"));
        std::fs::write(&good, "{}").unwrap();
        std::fs::write(&bad, [0xff, 0xfe]).unwrap();
        let (mut out, mut tally) = (Vec::new(), Tally::default());
        let sources = read_all(&[dir.path().join("none"), bad, good], &mut out, &mut tally).unwrap();
        let told = String::from_utf8(out).unwrap();
        assert_eq!((sources.len(), tally.exit_code()), (1, 3));
        assert!(told.contains("none: cannot be read: ") && told.contains("bad.json: cannot be read: it is not UTF-8"));
    }
}
