//! `eid status`: where an account stands, as an administrator or as the app sees it.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use tonic::Code;
use tonic::transport::Channel;

use super::client::Options;
use super::office::follow_up::stands_still;
use super::{FAILED, UNREACHED, refusal, words};
use crate::proto::activation_service_client::ActivationServiceClient;
use crate::proto::administration_service_client::AdministrationServiceClient;
use crate::proto::find_account_request::By;
use crate::proto::{
    Account, AccountStanding, AccountState, ContactChange, ContactKind, FindAccountRequest, GetStatusRequest,
    GetStatusResponse, Language, LookPurpose, NextStep,
};

const HELP: &str = "\
Exit codes:
  0  there is such an account
  1  there is none, or you may not ask
  2  the service could not be reached or did not answer
  3  wrong usage, or a file that cannot be read

Examples:
  eid status 999000000007
  eid status 999000000007 --phone 0912345678";

/// Tells where an account stands
///
/// With the number alone it asks as an administrator, who sees the account with its
/// personal data masked; the look is recorded. With the phone as well it asks as the
/// app's backend does for the holder, and tells what to do next in English and
/// Vietnamese; an unknown number and a wrong phone then give one and the same answer.
#[derive(Args)]
#[command(verbatim_doc_comment, after_help = HELP)]
pub(super) struct Status {
    /// The identification number
    number: String,
    /// The account's phone, to ask as the app does
    #[arg(long)]
    phone: Option<String>,
    #[command(flatten)]
    client: Options,
}

pub(super) async fn run(command: &Status, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let stem = if command.phone.is_some() { "app-backend" } else { "administrator" };
    let channel = match command.client.open(stem).await {
        Ok(channel) => channel,
        Err(code) => return Ok(ExitCode::from(code)),
    };
    match ask(command, channel).await {
        Ok(Answer::Accounts(accounts)) => {
            for account in &accounts {
                show(out, account)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Ok(Answer::Standing(standing)) => {
            tell(out, &standing)?;
            let matched = standing.standing() != AccountStanding::NotMatched;
            Ok(if matched { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
        }
        Err(status) => {
            writeln!(out, "no answer about the account:")?;
            refusal::explain(out, &status)?;
            let away = matches!(status.code(), Code::Unavailable | Code::Unknown | Code::DeadlineExceeded);
            Ok(ExitCode::from(if away { UNREACHED } else { FAILED }))
        }
    }
}

enum Answer {
    Accounts(Vec<Account>),
    Standing(GetStatusResponse),
}

async fn ask(command: &Status, channel: Channel) -> Result<Answer, tonic::Status> {
    let identity_number = command.number.clone();
    if let Some(phone) = command.phone.clone() {
        let request = GetStatusRequest { identity_number, phone };
        let answer = ActivationServiceClient::new(channel).get_status(request).await?;
        return Ok(Answer::Standing(answer.into_inner()));
    }
    let request = FindAccountRequest {
        by: Some(By::IdentityNumber(identity_number)),
        purpose: LookPurpose::HolderRequest.into(),
    };
    let answer = AdministrationServiceClient::new(channel).find_account(request).await?;
    Ok(Answer::Accounts(answer.into_inner().accounts))
}

/// The account as an administrator sees it.
fn show(out: &mut impl Write, account: &Account) -> io::Result<()> {
    let state = match account.state() {
        AccountState::AwaitingActivation => "awaiting activation",
        AccountState::Lapsed => "not activated in time; the hotline can help",
        AccountState::Active => "active",
        AccountState::Locked => "locked",
        AccountState::Closed => "closed for good",
        AccountState::Unspecified => "unknown to this program",
    };
    let language = match account.language() {
        Language::En => "English",
        Language::Zh => "Chinese",
        Language::Ko => "Korean",
        Language::Ja => "Japanese",
        Language::Vi | Language::Unspecified => "Vietnamese",
    };
    let email = if account.email_masked.is_empty() { "none" } else { &account.email_masked };
    words::line(out, "account", &account.account_id)?;
    words::line(out, "state", state)?;
    words::line(out, "number", &account.identity_number_masked)?;
    words::line(out, "phone", &account.phone_masked)?;
    words::line(out, "e-mail", email)?;
    words::line(out, "language", language)?;
    words::line(out, "request", &account.enrolment_id)?;
    words::line(out, "issued", &words::instant(account.issued_at.as_ref(), "unknown"))?;
    words::line(out, "notice sent", &words::instant(account.notice_sent_at.as_ref(), "not yet"))?;
    words::line(out, "notice delivered", &words::instant(account.notice_delivered_at.as_ref(), "no receipt"))?;
    words::line(out, "notice opened", &words::instant(account.notice_opened_at.as_ref(), "not told"))?;
    words::line(out, "window closes", &words::instant(account.window_closes_at.as_ref(), "not counted yet"))?;
    words::line(out, "activated", &words::instant(account.activated_at.as_ref(), "not yet"))?;
    let funnel = account.funnel.clone().unwrap_or_default();
    if let Some(why) = stands_still(funnel.reason(), funnel.helper()) {
        words::line(out, "stands still", &why)?;
        words::text(out, "what to do", funnel.advice.as_ref())?;
    }
    account.pending_changes.iter().try_for_each(|change| words::line(out, "pending change", &pending(change)))
}

fn pending(change: &ContactChange) -> String {
    let kind = match change.kind() {
        ContactKind::Phone => "phone",
        ContactKind::Email => "e-mail",
        ContactKind::Unspecified => "contact",
    };
    let lapses = words::instant(change.expires_at.as_ref(), "never");
    format!("{kind} to {}, lapses {lapses} ({})", change.new_value_masked, change.change_id)
}

/// The account as its holder is told of it.
fn tell(out: &mut impl Write, answer: &GetStatusResponse) -> io::Result<()> {
    let standing = match answer.standing() {
        AccountStanding::NotMatched => "no account has this number and this phone",
        AccountStanding::AwaitingActivation => "awaiting activation",
        AccountStanding::WindowLapsed => "not activated in time",
        AccountStanding::Active => "active",
        AccountStanding::Locked => "locked",
        AccountStanding::Closed => "closed for good",
        AccountStanding::Unspecified => "unknown to this program",
    };
    let next = match answer.next_step() {
        NextStep::CheckInput => "have number and phone typed again",
        NextStep::SendCode => "offer to send a code",
        NextStep::CallHotline => "have the holder call the hotline",
        NextStep::LogIn => "have the holder log in",
        NextStep::TypeCode => "have the code typed that was sent",
        NextStep::Wait => "have the holder wait",
        NextStep::VisitOffice => "send the holder to an immigration office",
        NextStep::Unspecified => "unknown to this program",
    };
    words::line(out, "standing", standing)?;
    if answer.window_closes_at.is_some() {
        words::line(out, "window closes", &words::instant(answer.window_closes_at.as_ref(), ""))?;
    }
    words::line(out, "next step", next)?;
    let table = answer.timetable.unwrap_or_default();
    for (name, wait) in [("a code may be sent in", table.send_in), ("a code may be tried in", table.check_in)] {
        if let Some(wait) = wait {
            words::line(out, name, &format!("{} s", wait.seconds))?;
        }
    }
    if table.tries_left > 0 {
        words::line(out, "tries left", &table.tries_left.to_string())?;
    }
    words::text(out, "advice", answer.advice.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::words::printed;
    use crate::proto::Text;

    #[test]
    fn an_account_reads_line_by_line() {
        let account = Account {
            account_id: "0192".to_owned(),
            state: AccountState::AwaitingActivation.into(),
            identity_number_masked: "*********007".to_owned(),
            issued_at: Some(prost_types::Timestamp { seconds: 1_795_262_400, nanos: 0 }),
            pending_changes: vec![ContactChange {
                change_id: "0193".to_owned(),
                kind: ContactKind::Phone.into(),
                new_value_masked: "*******678".to_owned(),
                ..ContactChange::default()
            }],
            ..Account::default()
        };
        let text = printed(|out| show(out, &account));
        for line in [
            "account           0192\n",
            "state             awaiting activation\n",
            "number            *********007\n",
            "e-mail            none\n",
            "issued            2026-11-21T12:00:00Z\n",
            "notice delivered  no receipt\n",
            "pending change    phone to *******678, lapses never (0193)\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }

    #[test]
    fn a_standing_reads_with_advice_in_both_languages() {
        let answer = GetStatusResponse {
            account_id: String::new(),
            standing: AccountStanding::AwaitingActivation.into(),
            window_closes_at: Some(prost_types::Timestamp { seconds: 1_795_262_400, nanos: 0 }),
            next_step: NextStep::SendCode.into(),
            advice: Some(Text { en: "Ask for a code.".to_owned(), vi: "Hãy yêu cầu mã.".to_owned() }),
            timetable: None,
            lock_reason: 0,
        };
        let expected = "standing          awaiting activation\nwindow closes     2026-11-21T12:00:00Z\nnext step         offer \
                        to send a code\nadvice (en)       Ask for a code.\nadvice (vi)       Hãy yêu cầu mã.\n";
        assert_eq!(printed(|out| tell(out, &answer)), expected);
    }
}
