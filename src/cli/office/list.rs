//! `eid office list`: an office's requests on the terminal, or as lines of JSON for other programs.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tonic::transport::Channel;
use tonic::{Code, Status};

use super::json::Json;
use crate::cli::client::Options;
use crate::cli::{FAILED, UNREACHED, complain, refusal, words};
use crate::domain::time::{Timestamp, parse_date};
use crate::proto::enrolment_service_client::EnrolmentServiceClient;
use crate::proto::{CountRequest, CountResponse, Enrolment, EnrolmentFilter, EnrolmentState, Holder, ListRequest};
use time::Date;

/// Requests asked for at once.
const PAGE_SIZE: i32 = 200;

const HELP: &str = "\
Exit codes:
  0  listed
  1  refused
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read

Examples:
  eid office list --overdue
  eid office list --state returned --state referred --json
  eid office list --received-from 2026-11-01 --received-until 2026-11-30 --count";

/// Lists the office's requests, newest first
///
/// Each line says the request's name, its state, who must act next, when it was taken
/// in and until when its holder should act; OVERDUE marks those that were let stand.
/// Days are those of Viet Nam. Looking at a list is recorded.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(in crate::cli) struct List {
    /// Only in this state; may be given several times
    #[arg(long = "state", value_enum)]
    states: Vec<State>,
    /// Only those on which this one must act next
    #[arg(long, value_enum)]
    holder: Option<By>,
    /// Only those whose holder should have acted by now
    #[arg(long)]
    overdue: bool,
    /// Only those taken in on this day or later, YYYY-MM-DD
    #[arg(long, value_name = "DAY", value_parser = day)]
    received_from: Option<Date>,
    /// Only those taken in on this day or earlier, YYYY-MM-DD
    #[arg(long, value_name = "DAY", value_parser = day)]
    received_until: Option<Date>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// Numbers by state and holder instead of requests
    #[arg(long)]
    count: bool,
    /// Lines of JSON, in the form of the protocol
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: Options,
}

/// A state, as the command line names it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Referred,
    Forwarded,
    Returned,
    Issued,
    Refused,
    Withdrawn,
}

/// Who must act next, as the command line names them.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Supervisor,
    Office,
    Authority,
    Nobody,
}

pub(in crate::cli) async fn run(command: &List, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let channel = match command.client.open("officer-79-01").await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    let counter = EnrolmentServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let printed = if command.count { count(command, counter, out).await } else { list(command, counter, out).await };
    match printed? {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(status) => {
            writeln!(out, "not listed:")?;
            refusal::explain(out, &status)?;
            Ok(ExitCode::from(code_of(&status)))
        }
    }
}

/// What a failed call comes to.
pub(in crate::cli) fn code_of(status: &Status) -> u8 {
    let away = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::DeadlineExceeded);
    if away || refusal::severed(status).is_some() { UNREACHED } else { FAILED }
}

async fn list(
    command: &List,
    mut counter: EnrolmentServiceClient<Channel>,
    out: &mut impl Write,
) -> anyhow::Result<Result<(), Status>> {
    let (json, now) = (Json::of("Enrolment")?, crate::sys::Clock::System.now());
    let mut left = command.limit.unwrap_or(usize::MAX);
    let filter = Some(command.filter());
    let mut request = ListRequest { filter, page_size: PAGE_SIZE, ..ListRequest::default() };
    while left > 0 {
        let page = match counter.list(request.clone()).await {
            Ok(page) => page.into_inner(),
            Err(status) => return Ok(Err(status)),
        };
        for one in page.enrolments.iter().take(left) {
            if command.json { writeln!(out, "{}", json.line(one)?)? } else { line(out, one, now)? }
        }
        for id in &page.unreadable {
            complain(&anyhow::anyhow!("the record of request {id} is damaged and cannot be shown; tell the operators"));
        }
        left = left.saturating_sub(page.enrolments.len());
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(Ok(()))
}

async fn count(
    command: &List,
    mut counter: EnrolmentServiceClient<Channel>,
    out: &mut impl Write,
) -> anyhow::Result<Result<(), Status>> {
    let request = CountRequest { filter: Some(command.filter()), ..CountRequest::default() };
    let counted = match counter.count(request).await {
        Ok(counted) => counted.into_inner(),
        Err(status) => return Ok(Err(status)),
    };
    if command.json {
        writeln!(out, "{}", Json::of("CountResponse")?.line(&counted)?)?;
    } else {
        numbers(out, &counted)?;
    }
    Ok(Ok(()))
}

impl List {
    fn filter(&self) -> EnrolmentFilter {
        let instant = |day: Date| {
            let micros = Timestamp::start_of(day).micros();
            prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos: 0 }
        };
        EnrolmentFilter {
            states: self.states.iter().map(|state| i32::from(state.sent())).collect(),
            received_from: self.received_from.map(instant),
            received_until: self.received_until.and_then(Date::next_day).map(instant),
            overdue: self.overdue,
            holder: self.holder.map_or(Holder::Unspecified, By::sent).into(),
        }
    }
}

impl State {
    const fn sent(self) -> EnrolmentState {
        match self {
            Self::Referred => EnrolmentState::Referred,
            Self::Forwarded => EnrolmentState::Forwarded,
            Self::Returned => EnrolmentState::Returned,
            Self::Issued => EnrolmentState::Issued,
            Self::Refused => EnrolmentState::Refused,
            Self::Withdrawn => EnrolmentState::Withdrawn,
        }
    }
}

impl By {
    const fn sent(self) -> Holder {
        match self {
            Self::Supervisor => Holder::Supervisor,
            Self::Office => Holder::Office,
            Self::Authority => Holder::Authority,
            Self::Nobody => Holder::Nobody,
        }
    }
}

/// A request on one line.
pub(super) fn line(out: &mut impl Write, one: &Enrolment, now: Timestamp) -> io::Result<()> {
    let received = words::instant(one.received_at.as_ref(), "?");
    let (state, holder) = (state(one.state()), holder(one.holder()));
    write!(out, "{}  {state:<9}  {holder:<10}  received {received}", one.enrolment_id)?;
    if let Some(act_by) = &one.act_by {
        let late = act_by.seconds <= now.micros().div_euclid(1_000_000);
        write!(out, "  act by {}{}", words::instant(Some(act_by), ""), if late { "  OVERDUE" } else { "" })?;
    }
    writeln!(out)
}

fn numbers(out: &mut impl Write, counted: &CountResponse) -> io::Result<()> {
    words::line(out, "all", &counted.total.to_string())?;
    for one in &counted.by_state {
        words::line(out, state(one.state()), &one.count.to_string())?;
    }
    for one in &counted.by_holder {
        let late = if one.overdue > 0 { format!(", {} overdue", one.overdue) } else { String::new() };
        words::line(out, &format!("by {}", holder(one.holder())), &format!("{}{late}", one.count))?;
    }
    words::line(out, "counted at", &words::instant(counted.counted_at.as_ref(), "?"))
}

/// A state in a word.
pub(super) const fn state(state: EnrolmentState) -> &'static str {
    match state {
        EnrolmentState::Unspecified => "unknown",
        EnrolmentState::Received => "received",
        EnrolmentState::Referred => "referred",
        EnrolmentState::Forwarded => "forwarded",
        EnrolmentState::Returned => "returned",
        EnrolmentState::Issued => "issued",
        EnrolmentState::Refused => "refused",
        EnrolmentState::Withdrawn => "withdrawn",
    }
}

const fn holder(holder: Holder) -> &'static str {
    match holder {
        Holder::Unspecified => "unknown",
        Holder::Service => "service",
        Holder::Supervisor => "supervisor",
        Holder::Office => "office",
        Holder::Authority => "authority",
        Holder::Nobody => "nobody",
    }
}

fn day(text: &str) -> Result<Date, String> {
    parse_date(text).ok_or_else(|| "write YYYY-MM-DD".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::words::printed;
    use crate::proto::{HolderCount, StateCount};

    const fn at(seconds: i64) -> prost_types::Timestamp {
        prost_types::Timestamp { seconds, nanos: 0 }
    }

    #[test]
    fn a_request_that_was_let_stand_is_marked() {
        let one = Enrolment {
            enrolment_id: "0192".to_owned(),
            state: EnrolmentState::Returned.into(),
            holder: Holder::Office.into(),
            received_at: Some(at(1_795_262_400)),
            act_by: Some(at(1_795_262_460)),
            ..Enrolment::default()
        };
        let by = |seconds: i64| printed(|out| line(out, &one, Timestamp::from_micros(seconds * 1_000_000)));
        let expected = "0192  returned   office      received 2026-11-21T12:00:00Z  act by 2026-11-21T12:01:00Z";
        assert_eq!(by(1_795_262_459), format!("{expected}\n"));
        assert_eq!(by(1_795_262_460), format!("{expected}  OVERDUE\n"));
    }

    #[test]
    fn numbers_read_line_by_line() {
        let counted = CountResponse {
            counted_at: Some(at(1_795_262_400)),
            total: 3,
            by_state: vec![StateCount { state: EnrolmentState::Forwarded.into(), count: 3 }],
            by_holder: vec![HolderCount { holder: Holder::Authority.into(), count: 3, overdue: 1 }],
        };
        let expected = "all               3\nforwarded         3\nby authority      3, 1 overdue\ncounted at        \
                        2026-11-21T12:00:00Z\n";
        assert_eq!(printed(|out| numbers(out, &counted)), expected);
    }
}
