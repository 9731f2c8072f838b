//! `eid office follow-up`: accounts that stand still on the way to use, on the terminal or as lines of JSON.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use super::json::Json;
use super::list::code_of;
use crate::cli::client::Options;
use crate::cli::{complain, refusal, words};
use crate::proto::follow_up_service_client::FollowUpServiceClient;
use crate::proto::{FollowUpHelper, FollowUpReason, FollowedAccount, ListStandingStillRequest};

/// Accounts asked for at once.
const PAGE_SIZE: i32 = 200;
/// How the protocol begins the names of reasons, and of those who should act.
const REASON: &str = "FOLLOW_UP_REASON_";
const HELPER: &str = "FOLLOW_UP_HELPER_";

const HELP: &str = "\
Exit codes:
  0  listed
  1  refused
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read

Examples:
  eid office follow-up
  eid office follow-up --reason window-lapsed --limit 20
  eid office follow-up --json";

/// Lists the accounts that need a hand to become active, the most urgent first
///
/// Each line says the account's name, why it stands still, who should act, and when
/// its window closes or closed. An office gets the accounts issued on its requests;
/// the hotline gets all of them. Looking at the list is recorded. docs/activation.md
/// has the reasons.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(in crate::cli) struct FollowUp {
    /// Only for this reason, such as code-not-asked
    #[arg(long, value_parser = reason)]
    reason: Option<FollowUpReason>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// Lines of JSON, in the form of the protocol
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: Options,
}

pub(in crate::cli) async fn run(command: &FollowUp, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let channel = match command.client.open("officer-79-01").await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    let mut helper = FollowUpServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    let (json, mut left) = (Json::of("FollowedAccount")?, command.limit.unwrap_or(usize::MAX));
    let reason = command.reason.unwrap_or(FollowUpReason::Unspecified).into();
    let mut request = ListStandingStillRequest { reason, page_size: PAGE_SIZE, page_token: String::new() };
    while left > 0 {
        let page = match helper.list_standing_still(request.clone()).await {
            Ok(page) => page.into_inner(),
            Err(status) => {
                writeln!(out, "not listed:")?;
                refusal::explain(out, &status)?;
                return Ok(ExitCode::from(code_of(&status)));
            }
        };
        for one in page.accounts.iter().take(left) {
            if command.json { writeln!(out, "{}", json.line(one)?)? } else { line(out, one)? }
        }
        for id in &page.unreadable {
            complain(&anyhow::anyhow!("the record of account {id} is damaged and cannot be shown; tell the operators"));
        }
        left = left.saturating_sub(page.accounts.len());
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    Ok(ExitCode::SUCCESS)
}

/// An account on one line.
fn line(out: &mut impl Write, one: &FollowedAccount) -> io::Result<()> {
    let funnel = one.funnel.clone().unwrap_or_default();
    let (reason, helper) = (word(funnel.reason().as_str_name(), REASON), word(funnel.helper().as_str_name(), HELPER));
    write!(out, "{}  {reason:<20}  {helper:<8}", one.account_id)?;
    if let Some(closes) = &one.window_closes_at {
        write!(out, "  window {}", words::instant(Some(closes), ""))?;
    }
    writeln!(out)
}

/// Why an account stands still and who should act, in words; `None` if it does not.
pub(in crate::cli) fn stands_still(reason: FollowUpReason, helper: FollowUpHelper) -> Option<String> {
    let (why, who) = (word(reason.as_str_name(), REASON), word(helper.as_str_name(), HELPER));
    (reason != FollowUpReason::Unspecified).then(|| format!("{why}; {who} should act"))
}

/// A name of the protocol as the command line writes it.
fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_lowercase().replace('_', "-")
}

fn reason(text: &str) -> Result<FollowUpReason, String> {
    let name = format!("{REASON}{}", text.to_uppercase().replace('-', "_"));
    let found = FollowUpReason::from_str_name(&name).filter(|reason| *reason != FollowUpReason::Unspecified);
    found.ok_or_else(|| "write a reason of docs/activation.md, such as code-not-asked".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::words::printed;
    use crate::domain::follow_up::Obstacle;
    use crate::proto::Funnel;

    #[test]
    fn every_reason_is_written_and_read_as_the_documents_name_it() {
        for obstacle in Obstacle::ALL {
            let read = reason(obstacle.name()).unwrap();
            assert_eq!(word(read.as_str_name(), REASON), obstacle.name());
        }
        assert!(reason("unspecified").is_err() && reason("tired").is_err());
        let told = stands_still(FollowUpReason::WindowLapsed, FollowUpHelper::Hotline);
        assert_eq!(told.as_deref(), Some("window-lapsed; hotline should act"));
        assert_eq!(stands_still(FollowUpReason::Unspecified, FollowUpHelper::Unspecified), None);
    }

    #[test]
    fn an_account_reads_on_one_line() {
        let (reason, helper) = (FollowUpReason::WindowLapsed.into(), FollowUpHelper::Hotline.into());
        let one = FollowedAccount {
            account_id: "0192".to_owned(),
            funnel: Some(Funnel { reason, helper, ..Funnel::default() }),
            window_closes_at: Some(prost_types::Timestamp { seconds: 1_795_262_400, nanos: 0 }),
            ..FollowedAccount::default()
        };
        let expected = "0192  window-lapsed         hotline   window 2026-11-21T12:00:00Z\n";
        assert_eq!(printed(|out| line(out, &one)), expected);
        let active = FollowedAccount { window_closes_at: None, ..one };
        assert_eq!(printed(|out| line(out, &active)), "0192  window-lapsed         hotline \n");
    }
}
