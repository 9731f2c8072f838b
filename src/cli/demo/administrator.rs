//! The scene of the contacts: an administrator finds accounts and changes phones and e-mail addresses.

use std::io::{self, Write};

use crate::cli::demo::app;
use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Stage};
use crate::cli::demo::step::{Answer, Reply, Step, ask};
use crate::practice::{e164, identity_number};
use crate::proto::begin_request::NewContact;
use crate::proto::find_account_request::By;
use crate::proto::{
    BeginOutcome, BeginRequest, BeginResponse, CancelRequest, ConfirmOutcome, ConfirmRequest, ConfirmResponse,
    ContactChange, ContactChangeState, DocumentKey, FindAccountRequest, LookPurpose,
};

type Contacts = crate::proto::contact_service_client::ContactServiceClient<tonic::transport::Channel>;

const THE_ACCOUNT: &str = "the account";

/// Three holders get their contacts changed: a phone, an address, and a phone that is given up again.
pub(super) async fn change_contacts<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("8. An administrator changes phones and e-mail addresses")?;
    // Of age, with a phone of their own: a representative's phone may serve several accounts.
    let of_age = stage.cases.iter().filter(|case| case.active && !case.applicant.is_represented());
    let holders: Vec<_> = of_age.take(3).cloned().collect();
    let [first, second, third] = holders.as_slice() else {
        return stage.printer.note("There are not three active holders of age: this scene is left out.");
    };
    find_accounts(stage, first, second).await?;
    change_phone(stage, first).await?;
    change_email(stage, second).await?;
    give_up(stage, third).await?;
    want_anothers_phone(stage, second, third).await
}

async fn find_accounts<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    first: &Case,
    second: &Case,
) -> io::Result<()> {
    let passport = second.applicant.application.passport.clone().unwrap_or_default();
    let document = DocumentKey { issuing_state: passport.issuing_state, number: passport.number };
    let nobody = "NOT_FOUND (ACCOUNT_NOT_FOUND)";
    let steps = [
        find(stage, "finds, by number,", By::IdentityNumber(first.number.clone()), first, THE_ACCOUNT).await,
        find(stage, "finds, by passport,", By::Document(document), second, THE_ACCOUNT).await,
        find(stage, "finds, by phone,", By::Phone(second.phone()), second, THE_ACCOUNT).await,
        find(
            stage,
            "finds, by a number that is nobody's,",
            By::IdentityNumber(identity_number(999_999_999)),
            first,
            nobody,
        )
        .await,
    ];
    steps.iter().try_for_each(|step| stage.printer.step(step))
}

async fn change_phone<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case) -> io::Result<()> {
    let phone = stage.people.phone();
    let Some(change) = begin(stage, "begins a change of phone for", holder, NewContact::Phone(phone.clone())).await?
    else {
        return Ok(());
    };
    let app = stage.cast.activation();
    let reply = app::status(&app, &holder.number, &holder.phone()).await;
    let action = (Who::AppBackend, "asks, with the old phone, about", holder.label());
    stage.printer.step(&reply.step(action, "ACTIVE", app::standing))?;

    confirm(stage, holder, &change, &e164(&phone), true).await?;
    for (does, phone, expected) in [
        ("asks, with the new phone, about", phone, "ACTIVE"),
        ("asks, with the old phone, about", holder.phone(), "NOT_MATCHED"),
    ] {
        let reply = app::status(&app, &holder.number, &phone).await;
        stage.printer.step(&reply.step((Who::AppBackend, does, holder.label()), expected, app::standing))?;
    }
    Ok(())
}

async fn change_email<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case) -> io::Result<()> {
    let email = stage.people.email();
    let Some(change) = begin(stage, "begins a change of e-mail for", holder, NewContact::Email(email.clone())).await?
    else {
        return Ok(());
    };
    confirm(stage, holder, &change, &email, false).await?;
    let step = find(stage, "finds, by the new e-mail address,", By::Email(email), holder, THE_ACCOUNT).await;
    stage.printer.step(&step)
}

async fn give_up<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case) -> io::Result<()> {
    let phone = NewContact::Phone(stage.people.phone());
    let Some(change_id) = begin(stage, "begins a change of phone for", holder, phone).await? else { return Ok(()) };
    let reply = ask(&stage.cast.contacts(), CancelRequest { change_id }, async |mut c, q| c.cancel(q).await).await;
    let step = reply.step((Who::Administrator, "gives up the change for", holder.label()), "CANCELLED", |answer| {
        let state = answer.change.as_ref().map(ContactChange::state).unwrap_or_default();
        Answer::outcome(state.as_str_name(), "CONTACT_CHANGE_STATE_")
    });
    let state = reply.answer().and_then(|answer| answer.change).map(|change| change.state());
    stage.counts.cancelled += usize::from(state == Some(ContactChangeState::Cancelled));
    stage.printer.step(&step)
}

async fn want_anothers_phone<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    holder: &Case,
    other: &Case,
) -> io::Result<()> {
    let reply = send_begin(stage, holder, NewContact::Phone(other.phone())).await;
    let action = (Who::Administrator, "wants the phone of another holder for", holder.label());
    stage.counts.begun += usize::from(has_begun(&reply));
    stage.printer.step(&reply.step(action, "TAKEN", beginning))
}

/// Begins a change that must be possible. The change's name, if it was begun.
async fn begin<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    does: &'static str,
    holder: &Case,
    new: NewContact,
) -> io::Result<Option<String>> {
    let reply = send_begin(stage, holder, new).await;
    stage.printer.step(&reply.step((Who::Administrator, does, holder.label()), "BEGUN", beginning))?;
    if !has_begun(&reply) {
        return Ok(None);
    }
    stage.counts.begun += 1;
    Ok(reply.answer().and_then(|answer| answer.change).map(|change| change.change_id))
}

async fn send_begin<M: Mailbox, W: Write>(
    stage: &Stage<'_, M, W>,
    holder: &Case,
    new: NewContact,
) -> Reply<BeginResponse> {
    let request = BeginRequest {
        request_id: stage.ids.draw(),
        account_id: holder.account_id.clone().unwrap_or_default(),
        new_contact: Some(new),
    };
    ask(&stage.cast.contacts(), request, async |mut c, q| c.begin(q).await).await
}

/// Reads the code at the new value and confirms with it, after a slip of the finger if so told.
async fn confirm<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    holder: &Case,
    change_id: &str,
    destination: &str,
    mistyped_first: bool,
) -> io::Result<()> {
    let (step, code) = app::read_code(&stage.post, destination, 0, holder.label()).await;
    stage.printer.step(&step)?;
    let Some(code) = code else { return Ok(()) };
    let contacts = stage.cast.contacts();
    if mistyped_first {
        let reply = send_confirm(&contacts, stage.ids.draw(), change_id, &app::wrong(&code)).await;
        let action = (Who::Administrator, "confirms with a mistyped code for", holder.label());
        stage.printer.step(&reply.step(action, "WRONG_CODE", confirmation))?;
    }
    let reply = send_confirm(&contacts, stage.ids.draw(), change_id, &code).await;
    let action = (Who::Administrator, "confirms the change for", holder.label());
    stage.printer.step(&reply.step(action, "CONFIRMED", confirmation))?;
    let confirmed = reply.answer().is_some_and(|answer| answer.outcome() == ConfirmOutcome::Confirmed);
    stage.counts.confirmed += usize::from(confirmed);
    Ok(())
}

async fn send_confirm(contacts: &Contacts, request_id: String, change: &str, code: &str) -> Reply<ConfirmResponse> {
    let request = ConfirmRequest { request_id, change_id: change.to_owned(), code: code.to_owned() };
    ask(contacts, request, async |mut c, q| c.confirm(q).await).await
}

async fn find<M: Mailbox, W: Write>(
    stage: &Stage<'_, M, W>,
    does: &'static str,
    by: By,
    holder: &Case,
    expected: &str,
) -> Step {
    let request = FindAccountRequest { by: Some(by), purpose: LookPurpose::HolderRequest.into() };
    let reply = ask(&stage.cast.accounts(), request, async |mut c, q| c.find_account(q).await).await;
    let whom = if expected == THE_ACCOUNT { holder.label() } else { "no account" };
    reply.step((Who::Administrator, does, whom), expected, |answer| match answer.accounts.as_slice() {
        [one] if holder.account_id.as_ref() == Some(&one.account_id) => {
            Answer::of(THE_ACCOUNT).and(format!("phone {}", one.phone_masked))
        }
        [_] => Answer::of("another account"),
        several => Answer::of(format!("{} accounts", several.len())),
    })
}

fn has_begun(reply: &Reply<BeginResponse>) -> bool {
    reply.outcome.as_ref().is_ok_and(|answer| answer.outcome() == BeginOutcome::Begun)
}

fn beginning(answer: &BeginResponse) -> Answer {
    let outcome = Answer::outcome(answer.outcome().as_str_name(), "BEGIN_OUTCOME_");
    match &answer.change {
        Some(change) => outcome.and(format!("to {}", change.new_value_masked)),
        None => outcome,
    }
}

fn confirmation(answer: &ConfirmResponse) -> Answer {
    let outcome = Answer::outcome(answer.outcome().as_str_name(), "CONFIRM_OUTCOME_");
    if answer.tries_left > 0 { outcome.and(format!("{} tries left", answer.tries_left)) } else { outcome }
}
