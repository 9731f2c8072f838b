//! `eid office watch`: what happens to an office's requests, as it happens.
//!
//! Owns the going on: after a stop or a cut it calls again from the last token, which it keeps in a file when all that came
//! before has been printed. Refuses to guess where a token leads nowhere: then it says so and ends.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tonic::{Code, Status};

use super::json::Json;
use super::list::{code_of, state};
use crate::cli::client::Options;
use crate::cli::{USAGE, complain, refusal, words};
use crate::proto::enrolment_service_client::EnrolmentServiceClient;
use crate::proto::{EnrolmentChange, WatchRequest, WatchResponse};

/// How often it calls again without hearing anything.
const REPEATS_MAX: u32 = 5;
/// The first wait, where the service names none; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// How long a file with a token may be.
const TOKEN_BYTES_MAX: u64 = 8 << 10;

const HELP: &str = "\
Exit codes:
  0  told all (with --catch-up)
  1  refused: the token leads nowhere, or you may not watch
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read or written

Examples:
  eid office watch
  eid office watch --from place.token --json
  eid office watch --from place.token --catch-up";

/// Tells what happens to the office's requests
///
/// Each line says when something happened, the request's name, what happened, and
/// where the request stands now. With --from it begins where the file's token says and
/// keeps the file up to date; a file that is not there yet is made, and it begins from
/// now. Every change is told once, whatever was cut or restarted in between.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(in crate::cli) struct Watch {
    /// The file that remembers how far it was told
    #[arg(long, value_name = "TOKENFILE")]
    from: Option<PathBuf>,
    /// End when all that has happened is told, instead of waiting for more
    #[arg(long)]
    catch_up: bool,
    /// Lines of JSON, in the form of the protocol
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: Options,
}

pub(in crate::cli) async fn run(command: &Watch, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let token = match command.from.as_deref().map_or_else(|| Ok(String::new()), read_token) {
        Ok(token) => token,
        Err(error) => {
            complain(&error);
            return Ok(ExitCode::from(USAGE));
        }
    };
    let channel = match command.client.open("officer-79-01").await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    let counter = EnrolmentServiceClient::new(channel);
    let mut print = Print { out, json: command.json.then(|| Json::of("EnrolmentChange")).transpose()? };
    let mut follow = Follow { token, heard: false, file: command.from.as_deref(), catch_up: command.catch_up };
    let mut repeats = 0;
    let status = loop {
        let request = WatchRequest { resume_token: follow.token.clone() };
        let status = match counter.clone().watch(request).await {
            Err(status) => status,
            Ok(stream) => {
                let mut stream = stream.into_inner();
                match follow.all(async || stream.message().await, &mut print).await? {
                    Ok(()) => return Ok(ExitCode::SUCCESS),
                    Err(status) => status,
                }
            }
        };
        repeats = if std::mem::take(&mut follow.heard) { 0 } else { repeats + 1 };
        if repeats > REPEATS_MAX || !may_pass(&status) {
            break status;
        }
        let wait = FIRST_WAIT * 2_u32.pow(repeats.min(REPEATS_MAX));
        tokio::time::sleep(refusal::retry_after(&status).unwrap_or(wait)).await;
    };
    writeln!(print.out, "no longer told:")?;
    refusal::explain(print.out, &status)?;
    Ok(ExitCode::from(code_of(&status)))
}

/// Whether calling again may help.
fn may_pass(status: &Status) -> bool {
    match refusal::severed(status) {
        Some(refusal::Severed::Refused) => false,
        Some(refusal::Severed::Silently) => true,
        None => matches!(status.code(), Code::Unavailable | Code::ResourceExhausted | Code::Unknown | Code::Cancelled),
    }
}

/// How far it was told.
struct Follow<'a> {
    token: String,
    /// Whether the last call told anything.
    heard: bool,
    file: Option<&'a Path>,
    catch_up: bool,
}

impl Follow<'_> {
    /// Prints what one call tells, and keeps the place: after the lines, so that none is lost by an end in between. `Ok` if
    /// that is all that was wanted.
    async fn all(
        &mut self,
        mut next: impl AsyncFnMut() -> Result<Option<WatchResponse>, Status>,
        print: &mut Print<'_, impl Write>,
    ) -> anyhow::Result<Result<(), Status>> {
        loop {
            let message = match next().await {
                Ok(Some(message)) => message,
                Ok(None) => return Ok(Err(Status::unavailable("the call ended"))),
                Err(status) => return Ok(Err(status)),
            };
            self.heard = true;
            if let Some(change) = &message.change {
                print.change(change)?;
            }
            if self.token != message.resume_token {
                self.token = message.resume_token;
                if let Some(file) = self.file {
                    keep_token(file, &self.token)?;
                }
            }
            if message.change.is_none() && self.catch_up {
                return Ok(Ok(()));
            }
        }
    }
}

/// Where changes are printed, and how.
struct Print<'a, W> {
    out: &'a mut W,
    json: Option<Json>,
}

impl<W: Write> Print<'_, W> {
    fn change(&mut self, change: &EnrolmentChange) -> anyhow::Result<()> {
        match &self.json {
            Some(json) => writeln!(self.out, "{}", json.line(change)?)?,
            None => line(self.out, change)?,
        }
        Ok(self.out.flush()?)
    }
}

fn line(out: &mut impl Write, change: &EnrolmentChange) -> io::Result<()> {
    let (event, enrolment) = (change.event.clone().unwrap_or_default(), change.enrolment.clone().unwrap_or_default());
    let at = words::instant(event.occurred_at.as_ref(), "?");
    let reason = if event.reason.is_empty() { String::new() } else { format!(" ({})", event.reason) };
    let stands = state(enrolment.state());
    writeln!(out, "{at}  {}  {}{reason}, now {stands}", change.enrolment_id, event.verb)
}

/// The token in a file; none if there is no such file.
fn read_token(path: &Path) -> anyhow::Result<String> {
    let size = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    anyhow::ensure!(size <= TOKEN_BYTES_MAX, "{} holds no token: it has {size} bytes", path.display());
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.trim().to_owned())
}

/// Puts a token in the place of the one before. Whenever this is cut off, the file holds one of the two.
fn keep_token(path: &Path, token: &str) -> anyhow::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(new, "{token}")?;
        new.as_file().sync_all()?;
        new.persist(path).map(drop).map_err(|failed| failed.error)
    };
    write().with_context(|| format!("cannot keep the place in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Enrolment, EnrolmentEvent, EnrolmentState};

    fn message(token: &str, verb: Option<&str>) -> WatchResponse {
        let change = verb.map(|verb| EnrolmentChange {
            event: Some(EnrolmentEvent { verb: verb.to_owned(), ..EnrolmentEvent::default() }),
            enrolment_id: "0192".to_owned(),
            enrolment: Some(Enrolment {
                enrolment_id: "0192".to_owned(),
                state: EnrolmentState::Forwarded.into(),
                ..Enrolment::default()
            }),
        });
        WatchResponse { resume_token: token.to_owned(), change }
    }

    async fn followed(
        follow: &mut Follow<'_>,
        messages: Vec<WatchResponse>,
        json: bool,
    ) -> (Result<(), Status>, String) {
        let (mut out, mut messages) = (Vec::new(), messages.into_iter());
        let json = json.then(|| Json::of("EnrolmentChange").unwrap());
        let mut print = Print { out: &mut out, json };
        let next = async || messages.next().map(Some).ok_or_else(|| Status::unavailable("away"));
        let ended = follow.all(next, &mut print).await.unwrap();
        (ended, String::from_utf8(out).unwrap())
    }

    #[tokio::test]
    async fn the_place_is_kept_with_each_message_and_taken_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("place.token");
        assert_eq!(read_token(&file).unwrap(), "", "no file, no place");
        let mut follow = Follow { token: String::new(), heard: false, file: Some(&file), catch_up: false };
        let cut = vec![message("a", None), message("b", Some("claim"))];
        let (ended, said) = followed(&mut follow, cut, false).await;
        assert!(ended.is_err() && follow.heard);
        assert_eq!(said, "?  0192  claim, now forwarded\n");
        assert_eq!(read_token(&file).unwrap(), "b");
        std::fs::write(&file, vec![b'x'; 10_000]).unwrap();
        assert!(read_token(&file).is_err());
        assert!(keep_token(&folder.path().join("none/place"), "c").is_err());
    }

    #[tokio::test]
    async fn catching_up_ends_when_nothing_else_is_told() {
        let mut follow = Follow { token: String::new(), heard: false, file: None, catch_up: true };
        let messages = vec![message("a", Some("receive")), message("a", None), message("b", Some("claim"))];
        let (ended, said) = followed(&mut follow, messages, true).await;
        assert!(ended.is_ok());
        let told: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(
            (told["event"]["verb"].as_str(), told["enrolment"]["enrolment_id"].as_str()),
            (Some("receive"), Some("0192"))
        );
    }
}
