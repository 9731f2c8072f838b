//! The scene of a lost phone: nothing of the old one helps, a counter and a supervisor do.

use std::io::{self, Write};

use tonic::transport::Channel;

use crate::cli::demo::cast::Who;
use crate::cli::demo::mailbox::Mailbox;
use crate::cli::demo::stage::{Case, Stage};
use crate::cli::demo::step::{Answer, Reply, ask};
use crate::practice::Handset;
use crate::proto::device_service_client::DeviceServiceClient;
use crate::proto::get_challenge_request::NewContact;
use crate::proto::replace_device_request::Leave;
use crate::proto::verify_device_request::Shown;
use crate::proto::{
    BoundDevice, CountersignProofRequest, CountersignProofResponse, DevicePurpose, GetChallengeRequest,
    GetChallengeResponse, ProveInPersonRequest, ReplaceDeviceRequest, VerifyDeviceRequest,
};

type Devices = DeviceServiceClient<Channel>;

/// One holder has lost the phone, and gets another one bound at the counter.
pub(super) async fn replace<M: Mailbox, W: Write>(stage: &mut Stage<'_, M, W>) -> io::Result<()> {
    stage.printer.scene("9. A holder has lost the phone")?;
    let Some(case) = stage.cases.iter().rfind(|case| case.active).cloned() else {
        return stage.printer.note("There is no active holder: this scene is left out.");
    };
    let (devices, new) = (stage.cast.devices(), stage.ids.handset());

    // Whoever has a new phone and no old one gets nowhere alone.
    let forged =
        drawn(&devices, &case, DevicePurpose::Replace, &new, Named::Nothing).await.answer().unwrap_or_default();
    let leave = Leave::Consent(new.sign(&forged.consent_text));
    bind(stage, (&case, &new), (&forged, leave), "NO_CONSENT").await?;

    let Some(code) = stand_at_counter(stage, &case).await? else { return Ok(()) };
    let challenge =
        drawn(&devices, &case, DevicePurpose::Replace, &new, Named::Nothing).await.answer().unwrap_or_default();
    let Some(bound) = bind(stage, (&case, &new), (&challenge, Leave::CounterCode(code)), "BOUND").await? else {
        return Ok(());
    };
    stage
        .printer
        .note(&format!("the new phone has a certificate of {} bytes, and offline codes", bound.certificate.len()))?;
    show(stage, &case, &case.handset, "shows the lost phone of", "REVOKED").await?;
    show(stage, &case, &new, "shows the new phone of", "VALID").await
}

/// The officer records that the holder is there, and the supervisor agrees; the code that the holder types.
async fn stand_at_counter<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    case: &Case,
) -> io::Result<Option<String>> {
    let passport = case.applicant.application.passport.clone().unwrap_or_default();
    let request = ProveInPersonRequest {
        request_id: stage.ids.draw(),
        identity_number: case.number.clone(),
        passport_state: passport.issuing_state,
        passport_number: passport.number,
    };
    let reply = ask(&stage.cast.counter_for_devices(), request, async |mut c, q| c.prove_in_person(q).await).await;
    let action = (Who::Officer, "records, with the passport in hand, that there stands", case.label());
    stage.printer.step(&reply.step(action, "RECORDED", |answer| {
        Answer::outcome(answer.outcome().as_str_name(), "PROVE_IN_PERSON_OUTCOME_")
    }))?;
    let Some(proof) = reply.answer() else { return Ok(None) };
    let agreed = |answer: &CountersignProofResponse| {
        Answer::outcome(answer.outcome().as_str_name(), "COUNTERSIGN_PROOF_OUTCOME_")
    };
    let request = CountersignProofRequest { proof_id: proof.proof_id.clone() };
    let supervisor = stage.cast.supervisor_for_devices();
    let reply = ask(&supervisor, request, async |mut c, q| c.countersign_proof(q).await).await;
    stage.printer.step(&reply.step((Who::Supervisor, "agrees to that for", case.label()), "AGREED", agreed))?;
    Ok(Some(proof.code))
}

async fn bind<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    (case, new): (&Case, &Handset),
    (challenge, leave): (&GetChallengeResponse, Leave),
    expected: &str,
) -> io::Result<Option<BoundDevice>> {
    let request = ReplaceDeviceRequest {
        request_id: stage.ids.draw(),
        account_id: case.account_id.clone().unwrap_or_default(),
        device_key: new.public_key(),
        challenge: challenge.challenge.clone(),
        signature: new.sign(&challenge.text),
        face_check: String::new(),
        leave: Some(leave),
    };
    let reply = ask(&stage.cast.devices(), request, async |mut c, q| c.replace_device(q).await).await;
    let action = (Who::AppBackend, "wants a new phone bound for", case.label());
    stage.printer.step(
        &reply.step(action, expected, |answer| {
            Answer::outcome(answer.outcome().as_str_name(), "REPLACE_DEVICE_OUTCOME_")
        }),
    )?;
    Ok(reply.answer().and_then(|answer| answer.device))
}

/// A service asks whether the phone that is shown to it is the account's.
async fn show<M: Mailbox, W: Write>(
    stage: &mut Stage<'_, M, W>,
    case: &Case,
    handset: &Handset,
    does: &'static str,
    expected: &str,
) -> io::Result<()> {
    let devices = stage.cast.devices();
    let challenge =
        drawn(&devices, case, DevicePurpose::Verify, handset, Named::Nothing).await.answer().unwrap_or_default();
    let request = VerifyDeviceRequest {
        request_id: stage.ids.draw(),
        account_id: case.account_id.clone().unwrap_or_default(),
        shown: Some(Shown::KeyThumbprint(handset.thumbprint())),
        signature: handset.sign(&challenge.text),
        challenge: challenge.challenge,
    };
    let reply = ask(&devices, request, async |mut c, q| c.verify_device(q).await).await;
    stage.printer.step(&reply.step((Who::AppBackend, does, case.label()), expected, |answer| {
        Answer::outcome(answer.outcome().as_str_name(), "VERIFY_DEVICE_OUTCOME_")
    }))
}

/// What a signed text names beside its purpose.
pub(super) enum Named {
    Nothing,
    Contact(NewContact),
    Change(String),
}

/// A challenge for a device, which names what its purpose asks for.
pub(super) async fn drawn(
    devices: &Devices,
    case: &Case,
    purpose: DevicePurpose,
    handset: &Handset,
    named: Named,
) -> Reply<GetChallengeResponse> {
    let (new_contact, change_id) = match named {
        Named::Nothing => (None, String::new()),
        Named::Contact(contact) => (Some(contact), String::new()),
        Named::Change(change) => (None, change),
    };
    let request = GetChallengeRequest {
        new_contact,
        change_id,
        account_id: case.account_id.clone().unwrap_or_default(),
        purpose: purpose.into(),
        key_thumbprint: handset.thumbprint(),
    };
    ask(devices, request, async |mut c, q| c.get_challenge(q).await).await
}
