//! Steps of contact changes: begun in the app, at the counter or for the authority, confirmed and given up.

use std::io::{self, Write};

use crate::cli::demo::app;
use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::phones::{Named, drawn};
use crate::cli::demo::proposals::coded;
use crate::cli::demo::stage::{Case, Stage};
use crate::cli::demo::step::{Answer, ask};
use crate::proto::get_challenge_request::NewContact as Signed;
use crate::proto::{
    BeginContactChangeRequest, BeginInPersonRequest, BeginOutcome, BeginRequest, CancelContactChangeRequest,
    CancelOutcome, ConfirmContactChangeRequest, ConfirmOutcome, ConfirmRequest, ContactChange, ContactChangeState,
    DevicePurpose, begin_contact_change_request, begin_in_person_request, begin_request,
};

const REASON: &str = "The holder asks for it; the request is kept with the file.";

/// How a holder changes a contact in the app.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A code comes back from the old contact.
    OldContactAlive,
    /// It waits.
    OldContactLost,
}

/// The bound device signs a new e-mail address. The change's name, if it is under way.
pub(super) async fn begin_in_the_app<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    holder: &Case,
    way: Way,
    new: &str,
) -> io::Result<Option<String>> {
    let (purpose, does, state) = match way {
        Way::OldContactAlive => (DevicePurpose::ChangeContact, "begins, by the bound device, for", "PROVING_OLD"),
        Way::OldContactLost => (DevicePurpose::ChangeLostContact, "begins, the old contact lost, for", "WAITING"),
    };
    let devices = stage.cast.devices();
    let about = Named::Contact(Signed::Email(new.to_owned()));
    let challenge = drawn(&devices, holder, purpose, &holder.handset, about).await.answer().unwrap_or_default();
    let request = BeginContactChangeRequest {
        request_id: stage.ids.draw(),
        account_id: holder.account_id.clone().unwrap_or_default(),
        new_contact: Some(begin_contact_change_request::NewContact::Email(new.to_owned())),
        old_contact_lost: way == Way::OldContactLost,
        signature: holder.handset.sign(&challenge.text),
        challenge: challenge.challenge,
        repeats: String::new(),
    };
    let contacts = stage.cast.holders_contacts();
    let reply = ask(&contacts, request, async |mut c, q| c.begin_contact_change(q).await).await;
    let step = reply
        .step((Who::AppBackend, does, holder.label()), state, |answer| begun(answer.outcome(), answer.change.as_ref()));
    stage.printer.step(&step)?;
    Ok(counted(stage, reply.answer().and_then(|answer| answer.change)))
}

/// An officer proposes a new phone, the holder before them. The names of change and proposal.
pub(super) async fn begin_at_the_counter<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    holder: &Case,
    phone: &str,
) -> io::Result<Option<(String, String)>> {
    let passport = holder.applicant.application.passport.clone().unwrap_or_default();
    let request = BeginInPersonRequest {
        request_id: stage.ids.draw(),
        identity_number: holder.number.clone(),
        passport_state: passport.issuing_state,
        passport_number: passport.number,
        new_contact: Some(begin_in_person_request::NewContact::Phone(phone.to_owned())),
        repeats: String::new(),
        reason: REASON.to_owned(),
    };
    let contacts = stage.cast.contacts_at_the_counter();
    let reply = ask(&contacts, request, async |mut c, q| c.begin_in_person(q).await).await;
    let action = (Who::Officer, "proposes, with the passport in hand, for", holder.label());
    let step = reply.step(action, "AWAITING_APPROVAL", |answer| begun(answer.outcome(), answer.change.as_ref()));
    stage.printer.step(&step)?;
    let answer = reply.answer().unwrap_or_default();
    Ok(counted(stage, answer.change).map(|change| (change, answer.proposal_id)))
}

/// An administrator proposes a new e-mail address. The names of change and proposal.
pub(super) async fn begin_for_the_authority<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    holder: &Case,
    new: &str,
) -> io::Result<Option<(String, String)>> {
    let request = BeginRequest {
        request_id: stage.ids.draw(),
        account_id: holder.account_id.clone().unwrap_or_default(),
        new_contact: Some(begin_request::NewContact::Email(new.to_owned())),
        repeats: String::new(),
        reason: REASON.to_owned(),
    };
    let reply =
        ask(&stage.cast.contacts(), request, async |mut c, q| c.begin(coded(stage.clock, "administrator", q)?).await)
            .await;
    let action = (Who::Administrator, "proposes, for the authority, for", holder.label());
    let step = reply.step(action, "AWAITING_APPROVAL", |answer| begun(answer.outcome(), answer.change.as_ref()));
    stage.printer.step(&step)?;
    let answer = reply.answer().unwrap_or_default();
    Ok(counted(stage, answer.change).map(|change| (change, answer.proposal_id)))
}

/// Reads the code at a contact that had none before, and types it: in the app, or to whoever sits at the counter.
pub(super) async fn confirm<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    who: Who,
    holder: &Case,
    (change, destination): (&str, &str),
    expected: &str,
) -> io::Result<()> {
    let (step, code) = app::read_code(&stage.post, destination, 0, holder.label()).await;
    stage.printer.step(&step)?;
    let Some(code) = code else { return Ok(()) };
    let (request_id, change_id) = (stage.ids.draw(), change.to_owned());
    let action = (who, "types the code for", holder.label());
    let shown = |outcome: ConfirmOutcome| Answer::outcome(outcome.as_str_name(), "CONFIRM_OUTCOME_");
    let outcome = if who == Who::AppBackend {
        let account_id = holder.account_id.clone().unwrap_or_default();
        let request = ConfirmContactChangeRequest { request_id, account_id, change_id, code };
        let contacts = stage.cast.holders_contacts();
        let reply = ask(&contacts, request, async |mut c, q| c.confirm_contact_change(q).await).await;
        stage.printer.step(&reply.step(action, expected, |answer| shown(answer.outcome())))?;
        reply.answer().map(|answer| answer.outcome())
    } else {
        let request = ConfirmRequest { request_id, change_id, code };
        let contacts = if who == Who::Officer { stage.cast.contacts_at_the_counter() } else { stage.cast.contacts() };
        let reply = ask(&contacts, request, async |mut c, q| c.confirm(q).await).await;
        stage.printer.step(&reply.step(action, expected, |answer| shown(answer.outcome())))?;
        reply.answer().map(|answer| answer.outcome())
    };
    stage.counts.confirmed += usize::from(outcome == Some(ConfirmOutcome::Confirmed));
    Ok(())
}

/// The bound device gives a change up.
pub(super) async fn give_up<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    holder: &Case,
    change: &str,
) -> io::Result<()> {
    let (devices, purpose) = (stage.cast.devices(), DevicePurpose::CancelContactChange);
    let challenge = drawn(&devices, holder, purpose, &holder.handset, Named::Change(change.to_owned()))
        .await
        .answer()
        .unwrap_or_default();
    let request = CancelContactChangeRequest {
        request_id: stage.ids.draw(),
        account_id: holder.account_id.clone().unwrap_or_default(),
        change_id: change.to_owned(),
        signature: holder.handset.sign(&challenge.text),
        challenge: challenge.challenge,
    };
    let contacts = stage.cast.holders_contacts();
    let reply = ask(&contacts, request, async |mut c, q| c.cancel_contact_change(q).await).await;
    let action = (Who::AppBackend, "gives up, by the bound device, the change of", holder.label());
    let step =
        reply.step(action, "CANCELLED", |answer| Answer::outcome(answer.outcome().as_str_name(), "CANCEL_OUTCOME_"));
    let given_up = reply.answer().is_some_and(|answer| answer.outcome() == CancelOutcome::Cancelled);
    stage.counts.cancelled += usize::from(given_up);
    stage.printer.step(&step)
}

/// What was begun is told by its state.
fn begun(outcome: BeginOutcome, change: Option<&ContactChange>) -> Answer {
    match change {
        Some(change) if outcome == BeginOutcome::Begun => {
            let state = Answer::outcome(change.state().as_str_name(), "CONTACT_CHANGE_STATE_");
            state.and(format!("to {}", change.new_value_masked))
        }
        _ => Answer::outcome(outcome.as_str_name(), "BEGIN_OUTCOME_"),
    }
}

/// Counts a change that is under way; its name.
fn counted<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, change: Option<ContactChange>) -> Option<String> {
    let under_way = change.filter(|change| change.state() != ContactChangeState::Failed)?;
    stage.counts.begun += 1;
    Some(under_way.change_id)
}
