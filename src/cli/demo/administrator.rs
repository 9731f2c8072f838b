//! The scene of the contacts: an administrator finds accounts; phones and e-mail addresses change by each of the four tiers.

use std::io::{self, Write};

use crate::cli::demo::app;
use crate::cli::demo::cast::Who;
use crate::cli::demo::contacts::{
    Way, begin_at_the_counter, begin_for_the_authority, begin_in_the_app, confirm, give_up,
};
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::proposals::{approve, outcome};
use crate::cli::demo::stage::{Case, Stage};
use crate::cli::demo::step::{Answer, Step, ask};
use crate::practice::{e164, identity_number};
use crate::proto::find_account_request::By;
use crate::proto::{DocumentKey, FindAccountRequest, LookPurpose, Proposal};

const THE_ACCOUNT: &str = "the account";

/// Four holders change a contact, each by another tier: one gives it up again.
pub(super) async fn change_contacts<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("8. Phones and e-mail addresses change, by four tiers")?;
    // Of age, with a phone of their own: a representative's phone may serve several accounts.
    let of_age = stage.cases.iter().filter(|case| case.active && !case.applicant.is_represented());
    let with_address = of_age.filter(|case| !case.applicant.application.email.is_empty());
    let holders: Vec<_> = with_address.take(4).cloned().collect();
    let [first, second, third, fourth] = holders.as_slice() else {
        return stage.printer.note("There are not four active holders of age with an address: this scene is left out.");
    };
    find_accounts(stage, first, second).await?;
    with_the_old_contact(stage, first).await?;
    without_it(stage, second).await?;
    in_person(stage, third).await?;
    by_authority(stage, fourth).await
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

/// Tier 1: the bound device signs, and a code comes back from the old address before one goes to the new.
async fn with_the_old_contact<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case) -> io::Result<()> {
    let (old, new) = (holder.applicant.application.email.clone(), stage.people.email());
    let Some(change) = begin_in_the_app(stage, holder, Way::OldContactAlive, &new).await? else { return Ok(()) };
    confirm(stage, Who::AppBackend, holder, (&change, &old), "OLD_CONTACT_PROVEN").await?;
    confirm(stage, Who::AppBackend, holder, (&change, &new), "CONFIRMED").await?;
    let step = find(stage, "finds, by the new e-mail address,", By::Email(new), holder, THE_ACCOUNT).await;
    stage.printer.step(&step)
}

/// Tier 2: the old contact is lost, so the change waits a day; the holder thinks better of it.
async fn without_it<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case) -> io::Result<()> {
    let new = stage.people.email();
    let Some(change) = begin_in_the_app(stage, holder, Way::OldContactLost, &new).await? else { return Ok(()) };
    give_up(stage, holder, &change).await
}

/// Tier 3: the holder stands at the counter, a supervisor of the office approves.
async fn in_person<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case) -> io::Result<()> {
    let phone = stage.people.phone();
    let Some((change, proposal)) = begin_at_the_counter(stage, holder, &phone).await? else { return Ok(()) };
    let supervisor = (&stage.cast.supervisor, "supervisor-79-01");
    let reply = approve(supervisor, stage.clock, stage.ids.draw(), &named(&proposal)).await;
    stage.printer.step(&reply.step((Who::Supervisor, "approves that for", holder.label()), "APPROVED", outcome))?;
    confirm(stage, Who::Officer, holder, (&change, &e164(&phone)), "CONFIRMED").await?;
    let status = stage.cast.activation();
    for (does, phone, expected) in [
        ("asks, with the new phone, about", phone, "ACTIVE"),
        ("asks, with the old phone, about", holder.phone(), "NOT_MATCHED"),
    ] {
        let reply = app::status(&status, &holder.number, &phone).await;
        stage.printer.step(&reply.step((Who::AppBackend, does, holder.label()), expected, app::standing))?;
    }
    Ok(())
}

/// Tier 4: an administrator for the authority; nobody approves their own.
async fn by_authority<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, holder: &Case) -> io::Result<()> {
    let new = stage.people.email();
    let Some((change, proposal)) = begin_for_the_authority(stage, holder, &new).await? else { return Ok(()) };
    for (who, channel, expected) in [
        (Who::Administrator, (&stage.cast.administrator, "administrator"), "OWN_PROPOSAL"),
        (Who::SecondAdministrator, (&stage.cast.second_administrator, "administrator-2"), "APPROVED"),
    ] {
        let reply = approve(channel, stage.clock, stage.ids.draw(), &named(&proposal)).await;
        stage.printer.step(&reply.step((who, "approves that for", holder.label()), expected, outcome))?;
    }
    confirm(stage, Who::Administrator, holder, (&change, &new), "CONFIRMED").await
}

fn named(proposal: &str) -> Proposal {
    Proposal { proposal_id: proposal.to_owned(), ..Proposal::default() }
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
