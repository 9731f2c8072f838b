//! The scene of the documents: chip, printed page, residence card and immigration record come to one explained verdict.

use std::io::{self, Write};

use crate::cli::demo::cast::Who;
use crate::cli::demo::company::Documents;
use crate::cli::demo::counter::ruling;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Fate, Stage};
use crate::cli::demo::step::{Answer, ask};
use crate::practice::{Applicant, Expected};
use crate::proto::submit_response::Outcome;
use crate::proto::{
    Captures, ChallengeRequest, CheckRequest, CheckResponse, Chip, ChipVerdict, Severity, SubmitRequest,
    SubmitResponse, Verdict,
};

/// The second scene: each applicant shows one thing that documents can tell.
pub(super) async fn read<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, shown: Documents) -> io::Result<()> {
    stage.printer.scene("2. Still at the counter: chip, page, card and immigration record, one explained verdict")?;
    let captures = stage.people.captures();
    // A chip that answers proves itself only by a key that is proven: with the data refuted nobody knows.
    let (genuine, refuted) = ("data PROVEN, chip PROVEN", "data REFUTED, chip UNKNOWN");
    present(stage, Visit::of(shown.in_order).expecting(genuine).with(captures).then(Fate::Activates)).await?;
    present(stage, Visit::of(shown.forged_chip).expecting(refuted)).await?;
    present(stage, Visit::of(shown.revoked_signer).expecting(refuted)).await?;
    let renamed = Visit { rules: vec!["mrz.name-differs", "registry.name-differs"], ..Visit::of(shown.name_differs) };
    present(stage, renamed.expecting(genuine).then(Fate::Activates)).await?;
    present(stage, Visit::of(shown.expired_card)).await?;
    present(stage, Visit::of(shown.cancelled_card)).await?;
    present(stage, Visit::of(shown.exchange_due).then(Fate::IsDeclined)).await
}

/// An applicant at the counter, what is read and taken there, and what must come of it.
struct Visit {
    applicant: Applicant,
    /// The rules that must be named: those that refuse, otherwise those that refer.
    rules: Vec<&'static str>,
    /// What the chip must prove; empty if it is not read.
    proof: &'static str,
    captures: Option<Captures>,
    /// What the play has in store afterwards.
    fate: Fate,
}

impl Visit {
    fn of(applicant: Applicant) -> Self {
        let rules = match applicant.expected {
            Expected::Accepted => Vec::new(),
            Expected::Refused { rule } | Expected::Referred { rule } => vec![rule],
        };
        Self { applicant, rules, proof: "", captures: None, fate: Fate::StaysAway }
    }

    /// The chip is read, and proves that.
    fn expecting(self, proof: &'static str) -> Self {
        Self { proof, ..self }
    }

    fn with(self, captures: Captures) -> Self {
        Self { captures: Some(captures), ..self }
    }

    fn then(self, fate: Fate) -> Self {
        Self { fate, ..self }
    }

    fn severity(&self) -> Severity {
        match self.applicant.expected {
            Expected::Refused { .. } => Severity::Refuse,
            Expected::Accepted | Expected::Referred { .. } => Severity::Refer,
        }
    }

    fn verdict(&self) -> String {
        let verdict = match self.applicant.expected {
            Expected::Accepted => "ACCEPTED",
            Expected::Refused { .. } => "REFUSED",
            Expected::Referred { .. } => "REFERRED",
        };
        told(verdict, &self.rules.join(", "), self.proof)
    }

    fn outcome(&self) -> String {
        let rules = self.rules.join(", ");
        match self.applicant.expected {
            Expected::Accepted => "accepted, FORWARDED".to_owned(),
            Expected::Refused { .. } => format!("not accepted: {rules}"),
            Expected::Referred { .. } => "accepted, REFERRED".to_owned(),
        }
    }
}

/// Reads the chip, rehearses, explains, and hands in.
async fn present<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>, visit: Visit) -> io::Result<()> {
    let chip = if visit.proof.is_empty() { None } else { read_chip(stage, &visit.applicant).await? };
    let counter = stage.cast.counter();
    let request = CheckRequest {
        application: Some(visit.applicant.application.clone()),
        chip: chip.clone(),
        captures: visit.captures.clone(),
    };
    let reply = ask(&counter, request, async |mut c, q| c.check(q).await).await;
    let action = (Who::Officer, "checks, without storing,", visit.applicant.label.as_str());
    stage.printer.step(&reply.step(action, &visit.verdict(), |answer| checked(answer, &visit)))?;
    if let Some(answer) = reply.answer() {
        stage.printer.proven(answer.chip.as_ref())?;
        stage.printer.explained(&answer.findings)?;
    }
    hand_in(stage, visit, chip).await
}

/// The reader sends the chip a challenge of ours; what the chip answers is handed in with its files.
async fn read_chip<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    applicant: &Applicant,
) -> io::Result<Option<Chip>> {
    let reply = ask(&stage.cast.counter(), ChallengeRequest {}, async |mut c, q| c.challenge(q).await).await;
    let action = (Who::Officer, "draws a challenge for the chip of", applicant.label.as_str());
    let step = reply.step(action, "8 bytes", |answer| Answer::of(format!("{} bytes", answer.challenge.len())));
    stage.printer.step(&step)?;
    let drawn = reply.answer();
    let challenge = drawn.as_ref().map(|drawn| (drawn.challenge_id.as_str(), drawn.challenge.as_slice()));
    Ok(applicant.chip.as_ref().map(|chip| chip.captured(challenge)))
}

async fn hand_in<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    visit: Visit,
    chip: Option<Chip>,
) -> io::Result<()> {
    let request_id = stage.ids.draw();
    let request = SubmitRequest {
        request_id: request_id.clone(),
        application: Some(visit.applicant.application.clone()),
        chip,
        captures: visit.captures.clone(),
        capture: None,
    };
    let reply = ask(&stage.cast.counter(), request, async |mut c, q| c.submit(q).await).await;
    let action = (Who::Officer, "submits the request of", visit.applicant.label.as_str());
    stage.printer.step(&reply.step(action, &visit.outcome(), |answer| submitted(answer, &visit)))?;
    stage.counts.submitted += 1;
    match reply.answer().and_then(|answer| answer.outcome) {
        Some(Outcome::Accepted(receipt)) => {
            stage.counts.accepted += 1;
            let referred = matches!(visit.applicant.expected, Expected::Referred { .. });
            let case = stage.case(visit.applicant, visit.fate);
            let (enrolment_id, captures) = (Some(receipt.enrolment_id), visit.captures);
            stage.cases.push(Case { captures, referred, request_id, enrolment_id, ..case });
        }
        Some(Outcome::NotAccepted(_)) => stage.counts.not_accepted += 1,
        None => {}
    }
    Ok(())
}

fn checked(answer: &CheckResponse, visit: &Visit) -> Answer {
    let verdict = Answer::outcome(answer.verdict().as_str_name(), "VERDICT_").gist;
    let (rules, remark) = match answer.verdict() {
        Verdict::Accepted | Verdict::Unspecified => Default::default(),
        Verdict::Referred | Verdict::Refused => ruling(&answer.findings, visit.severity(), &visit.rules),
    };
    Answer::of(told(&verdict, &rules, &proof(answer.chip.as_ref()))).and(remark)
}

fn submitted(answer: &SubmitResponse, visit: &Visit) -> Answer {
    match &answer.outcome {
        Some(Outcome::Accepted(receipt)) => {
            let state = Answer::outcome(receipt.state().as_str_name(), "ENROLMENT_STATE_").gist;
            Answer::of(format!("accepted, {state}"))
        }
        Some(Outcome::NotAccepted(refusal)) => {
            let (rules, remark) = ruling(&refusal.findings, visit.severity(), &visit.rules);
            Answer::of(format!("not accepted: {rules}")).and(remark)
        }
        None => Answer::of("an empty answer"),
    }
}

/// The two answers about a chip; empty if none was read.
pub(super) fn proof(chip: Option<&ChipVerdict>) -> String {
    let Some(chip) = chip else { return String::new() };
    let [data, itself] = [chip.data(), chip.chip()].map(|answer| Answer::outcome(answer.as_str_name(), "GENUINENESS_"));
    format!("data {}, chip {}", data.gist, itself.gist)
}

/// "REFUSED: chip.group-differs; data REFUTED, chip PROVEN".
fn told(verdict: &str, rules: &str, proof: &str) -> String {
    let ruled = if rules.is_empty() { String::new() } else { format!(": {rules}") };
    let proven = if proof.is_empty() { String::new() } else { format!("; {proof}") };
    format!("{verdict}{ruled}{proven}")
}
