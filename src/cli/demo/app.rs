//! The scene of the app: holders activate their accounts through the backend of the mobile app.

use std::io::{self, Write};
use std::time::Instant;

use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::{Mailbox, Post};
use crate::cli::demo::stage::{Case, Fate, Ids, Stage};
use crate::cli::demo::step::{Answer, Reply, Step, ask};
use crate::practice::identity_number;
use crate::proto::{
    ActivateRequest, ActivateResponse, GetStatusRequest, GetStatusResponse, SendCodeRequest, SendCodeResponse,
};

pub(super) type App = crate::proto::activation_service_client::ActivationServiceClient<tonic::transport::Channel>;

const STANDING: &str = "asks for the standing of";
const CODE_THERE: &str = "a code of six digits";

/// Most holders activate, some after a slip of the finger; some never come.
pub(super) async fn activate<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("7. The holders activate their accounts in the mobile app")?;
    refuse_strangers(stage).await?;
    let tasks = stage.cases.iter().filter(|case| case.account_id.is_some()).map(|case| {
        let holder = Holder { app: stage.cast.activation(), ids: stage.ids.clone(), case: case.clone() };
        let post = &stage.post;
        async move {
            let (steps, last) = holder.activates(post).await;
            (steps, (holder.case.request_id, last))
        }
    });
    let tasks = tasks.collect();
    let outcomes = stage.printer.crowd(tasks).await?;
    let mut first = None;
    for (request_id, last) in outcomes {
        let Some(case) = stage.cases.iter_mut().find(|case| case.request_id == request_id) else { continue };
        case.active = last.is_some();
        first = first.or(last.map(|last| (case.clone(), last)));
    }
    let Some((case, last)) = first else { return Ok(()) };
    come_again(stage, &case, last).await?;
    show_texts(stage).await
}

/// What stood in the text messages, in the languages that the holders chose.
async fn show_texts<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    for (language, kind, text) in stage.post.texts().await {
        stage.printer.note(&format!("SMS, {language}, {kind}: “{text}”"))?;
    }
    Ok(())
}

/// A number without its phone, and a number that nobody has, look alike.
async fn refuse_strangers<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    let Some(case) = stage.cases.iter().find(|case| case.account_id.is_some()).cloned() else { return Ok(()) };
    let app = stage.cast.activation();
    let strange = stage.people.phone();
    let reply = status(&app, &case.number, &strange).await;
    let action = (Who::AppBackend, "asks with a wrong phone about", case.label());
    stage.printer.step(&reply.step(action, "NOT_MATCHED", standing))?;
    let advice = reply.answer().and_then(|answer| answer.advice).unwrap_or_default();
    stage.printer.note(&format!("the app shows: “{}” / “{}”", advice.en, advice.vi))?;

    let reply = status(&app, &identity_number(999_999_999), &case.phone()).await;
    let action = (Who::AppBackend, "asks with an unknown number about", case.label());
    stage.printer.step(&reply.step(action, "NOT_MATCHED", standing))?;

    let stranger = Case { handset: stage.ids.handset(), ..case.clone() };
    let reply = send_code(&app, stage.ids.draw(), &stranger, &strange).await;
    let action = (Who::AppBackend, "wants a code on a wrong phone for", case.label());
    stage.printer.step(&reply.step(action, "NOT_MATCHED", sending))
}

/// What a client may do after success: repeat its last call, look again, ask for another code.
async fn come_again<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    case: &Case,
    last: ActivateRequest,
) -> io::Result<()> {
    let app = stage.cast.activation();
    let reply = ask(&app, last, async |mut c, q| c.activate(q).await).await;
    let repeated = reply.step((Who::AppBackend, "repeats the activation of", case.label()), "ACTIVATED", activation);
    let reply = status(&app, &case.number, &case.phone()).await;
    let looked = reply.step((Who::AppBackend, "asks again about", case.label()), "ACTIVE", standing);
    let reply = send_code(&app, stage.ids.draw(), case, &case.phone()).await;
    let asked = reply.step((Who::AppBackend, "wants another code for", case.label()), "ALREADY_ACTIVE", sending);
    [repeated, looked, asked].iter().try_for_each(|step| stage.printer.step(step))
}

/// One holder activates, without slips; whether the account became active.
pub(super) async fn activate_one<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, case: &Case) -> io::Result<bool> {
    let case = Case { fate: Fate::Activates, ..case.clone() };
    let holder = Holder { app: stage.cast.activation(), ids: stage.ids.clone(), case };
    let (steps, last) = holder.activates(&stage.post).await;
    stage.printer.steps(&steps)?;
    Ok(last.is_some())
}

/// One holder with the app in hand.
struct Holder {
    app: App,
    ids: Ids,
    case: Case,
}

impl Holder {
    /// The steps taken and, if the account became active, the call that did it.
    async fn activates<M: Mailbox>(&self, post: &Post<M>) -> (Vec<Step>, Option<ActivateRequest>) {
        let case = &self.case;
        let reply = status(&self.app, &case.number, &case.phone()).await;
        let mut steps = vec![reply.step((Who::AppBackend, STANDING, case.label()), "AWAITING_ACTIVATION", standing)];
        if case.fate == Fate::StaysAway {
            return (steps, None);
        }
        let reply = send_code(&self.app, self.ids.draw(), case, &case.phone()).await;
        steps.push(reply.step((Who::AppBackend, "has a code sent to", case.label()), "SENT", sending));
        let sent = reply.answer().unwrap_or_default();
        let (step, code) = read_code(post, &case.applicant.phone(), 0, case.label()).await;
        steps.push(step);
        let Some(code) = code else { return (steps, None) };
        if case.fate == Fate::Mistypes {
            let (step, _) = self.types(&wrong(&code), &sent, "passes on a mistyped code of", "WRONG_CODE").await;
            steps.push(step);
        }
        let (step, last) = self.types(&code, &sent, "passes on the code of", "ACTIVATED").await;
        let activated = step.went_well();
        steps.push(step);
        (steps, activated.then_some(last))
    }

    /// Passes on a code, with the signature of the phone in the holder's hand.
    async fn types(
        &self,
        code: &str,
        sent: &SendCodeResponse,
        does: &'static str,
        expected: &str,
    ) -> (Step, ActivateRequest) {
        let request = ActivateRequest {
            request_id: self.ids.draw(),
            identity_number: self.case.number.clone(),
            phone: self.case.phone(),
            code: code.to_owned(),
            device_key: self.case.handset.public_key(),
            challenge: sent.challenge.clone(),
            signature: self.case.handset.sign(&sent.challenge_text),
            face_check: String::new(),
        };
        let reply = ask(&self.app, request.clone(), async |mut c, q| c.activate(q).await).await;
        (reply.step((Who::AppBackend, does, self.case.label()), expected, activation), request)
    }
}

pub(super) async fn status(app: &App, identity_number: &str, phone: &str) -> Reply<GetStatusResponse> {
    let request = GetStatusRequest { identity_number: identity_number.to_owned(), phone: phone.to_owned() };
    ask(app, request, async |mut c, q| c.get_status(q).await).await
}

pub(super) fn standing(answer: &GetStatusResponse) -> Answer {
    Answer::outcome(answer.standing().as_str_name(), "ACCOUNT_STANDING_")
}

async fn send_code(app: &App, request_id: String, case: &Case, phone: &str) -> Reply<SendCodeResponse> {
    let request = SendCodeRequest {
        request_id,
        identity_number: case.number.clone(),
        phone: phone.to_owned(),
        device_key: case.handset.public_key(),
        source_address: String::new(),
    };
    ask(app, request, async |mut c, q| c.send_code(q).await).await
}

fn sending(answer: &SendCodeResponse) -> Answer {
    Answer::outcome(answer.outcome().as_str_name(), "SEND_CODE_OUTCOME_")
}

fn activation(answer: &ActivateResponse) -> Answer {
    let outcome = Answer::outcome(answer.outcome().as_str_name(), "ACTIVATE_OUTCOME_");
    if answer.tries_left > 0 { outcome.and(format!("{} tries left", answer.tries_left)) } else { outcome }
}

/// Reads the code in the message to `destination` that has `after` others before it. The code itself is not printed.
pub(super) async fn read_code<M: Mailbox>(
    post: &Post<M>,
    destination: &str,
    after: usize,
    whom: &str,
) -> (Step, Option<String>) {
    let begun = Instant::now();
    let code = post.code_for(destination, after).await;
    let well_formed = code.as_ref().is_some_and(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
    let gist = match &code {
        Some(_) if well_formed => CODE_THERE,
        Some(_) => "something else than six digits",
        None => "no message",
    };
    let step = Step {
        who: Who::Holder,
        does: "reads the message to",
        whom: whom.to_owned(),
        expected: CODE_THERE.to_owned(),
        answer: Answer::of(gist),
        took: begun.elapsed(),
    };
    (step, code.filter(|_| well_formed))
}

/// A code that is certainly not this one.
pub(in crate::cli) fn wrong(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_code_has_six_digits_and_is_another() {
        for code in ["000000", "999999", "123456", "909090"] {
            let typed = wrong(code);
            assert!(typed != code && typed.len() == 6 && typed.bytes().all(|b| b.is_ascii_digit()), "{typed}");
        }
    }
}
