//! `DeviceService`: the devices of holders, for the app backend.

use prost::Message as _;
use tonic::{Request, Response, Status};

use super::advice::devices as advice;
use super::contact_changes;
use super::gate::caller;
use super::parse::Faults;
use super::render;
use crate::app::{
    App, BoundDevice, Leave, NewDevice, NotBindable, NotReplaced, Owned, Renewed, Replaced, Replacement, ShownDevice,
    TotpChecked, VerifiedDevice,
};
use crate::domain::device::{
    About, Assurance, ChallengeValue, CounterCode, Device, DeviceKey, DevicePurpose, DeviceSignature, DeviceState,
    EndReason, KeyThumbprint, Route, TotpCode,
};
use crate::domain::ids::{AccountId, ChangeId, DeviceId, RequestId};
use crate::domain::text::Malformed;
use crate::proto as pb;

const NO_PURPOSE: Malformed = Malformed::new(
    "Say what the challenge is for: REPLACE, RENEW, VERIFY, CHANGE_CONTACT, CHANGE_LOST_CONTACT or CANCEL_CONTACT_CHANGE.",
    "Hãy nêu mục đích của thách thức: REPLACE, RENEW, VERIFY, CHANGE_CONTACT, CHANGE_LOST_CONTACT hoặc CANCEL_CONTACT_CHANGE.",
);
const NO_REASON: Malformed = Malformed::new(
    "Say why the device is ended: LOST or GIVEN_UP.",
    "Hãy nêu lý do ngừng thiết bị: LOST hoặc GIVEN_UP.",
);

pub(super) struct Devices(pub(super) App);

#[tonic::async_trait]
impl pb::device_service_server::DeviceService for Devices {
    async fn get_challenge(
        &self,
        request: Request<pb::GetChallengeRequest>,
    ) -> Result<Response<pb::GetChallengeResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let account = faults.text("account_id", &message.account_id, AccountId::parse);
        let purpose = faults.take("purpose", purpose(message.purpose()));
        let key = faults.take("key_thumbprint", KeyThumbprint::parse(&message.key_thumbprint));
        let about = purpose.and_then(|purpose| about(&mut faults, purpose, &message));
        let (((account, purpose), key), about) = faults.finish(account.zip(purpose).zip(key).zip(about))?;
        let drawn = self.0.challenge_device(&by, account, purpose, key).await?;
        let replaces = purpose == DevicePurpose::Replacement;
        Ok(Response::new(pb::GetChallengeResponse {
            challenge: drawn.value.as_bytes().to_vec(),
            expires_at: Some(render::instant(drawn.expires_at)),
            text: drawn.text_about(&about),
            consent_text: if replaces { drawn.consent_text() } else { String::new() },
        }))
    }

    async fn verify_device(
        &self,
        request: Request<pb::VerifyDeviceRequest>,
    ) -> Result<Response<pb::VerifyDeviceResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.account_id);
        let shown = faults.required("shown", message.shown.as_ref());
        let shown = shown.and_then(|shown| match shown {
            pb::verify_device_request::Shown::Certificate(der) => Some(ShownDevice::Certificate(der.clone())),
            pb::verify_device_request::Shown::KeyThumbprint(bytes) => {
                faults.take("key_thumbprint", KeyThumbprint::parse(bytes)).map(ShownDevice::Key)
            }
        });
        let answer = answer(&mut faults, &message.challenge, &message.signature);
        let (((id, account), shown), (challenge, signature)) = faults.finish(ids.zip(shown).zip(answer))?;
        let repeat = self.0.repeat(id, "DeviceService/VerifyDevice", &message.encode_to_vec());
        let verified = self.0.verify_device(&by, &repeat, (account, &shown), (challenge, &signature)).await?;
        Ok(Response::new(rendered_verdict(verified)))
    }

    async fn verify_totp(
        &self,
        request: Request<pb::VerifyTotpRequest>,
    ) -> Result<Response<pb::VerifyTotpResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.account_id);
        let code = faults.text("code", &message.code, TotpCode::parse);
        let ((id, account), code) = faults.finish(ids.zip(code))?;
        let repeat = self.0.repeat(id, "DeviceService/VerifyTotp", &message.encode_to_vec());
        let checked = self.0.verify_totp(&by, &repeat, account, &code).await?;
        Ok(Response::new(rendered_totp(checked)))
    }

    async fn replace_device(
        &self,
        request: Request<pb::ReplaceDeviceRequest>,
    ) -> Result<Response<pb::ReplaceDeviceResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.account_id);
        let shown = (&message.device_key[..], &message.challenge[..], &message.signature[..], &message.face_check[..]);
        let device = new_device(&mut faults, shown);
        let leave = faults.required("leave", message.leave.as_ref()).and_then(|leave| leave_of(&mut faults, leave));
        let ((id, account), (device, leave)) = faults.finish(ids.zip(device.zip(leave)))?;
        let repeat = self.0.repeat(id, "DeviceService/ReplaceDevice", &message.encode_to_vec());
        let wish = Replacement { account, device, leave };
        let replaced = self.0.replace_device(&by, &repeat, &wish).await?;
        Ok(Response::new(rendered_replacement(&replaced)))
    }

    async fn renew_device(
        &self,
        request: Request<pb::RenewDeviceRequest>,
    ) -> Result<Response<pb::RenewDeviceResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.account_id);
        let answer = answer(&mut faults, &message.challenge, &message.signature);
        let ((id, account), (challenge, signature)) = faults.finish(ids.zip(answer))?;
        let repeat = self.0.repeat(id, "DeviceService/RenewDevice", &message.encode_to_vec());
        let renewed = self.0.renew_device(&by, &repeat, account, (challenge, &signature)).await?;
        Ok(Response::new(rendered_renewal(&renewed)))
    }

    async fn lock_own_account(
        &self,
        request: Request<pb::LockOwnAccountRequest>,
    ) -> Result<Response<pb::LockOwnAccountResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.account_id);
        let answer = answer(&mut faults, &message.challenge, &message.signature);
        let ((id, account), (challenge, signature)) = faults.finish(ids.zip(answer))?;
        let repeat = self.0.repeat(id, "DeviceService/LockOwnAccount", &message.encode_to_vec());
        let owned = self.0.lock_own_account(&by, &repeat, account, (challenge, &signature)).await?;
        let outcome = match &owned {
            Owned::Locked => pb::LockOwnAccountOutcome::Locked,
            Owned::AlreadyLocked => pb::LockOwnAccountOutcome::AlreadyLocked,
            Owned::Closed => pb::LockOwnAccountOutcome::Closed,
            Owned::NoDevice => pb::LockOwnAccountOutcome::NoDevice,
            Owned::ChallengeUnusable => pb::LockOwnAccountOutcome::ChallengeUnusable,
            Owned::WrongSignature => pb::LockOwnAccountOutcome::WrongSignature,
        };
        let advice = Some(render::text(super::advice::life::owned(&owned)));
        Ok(Response::new(pb::LockOwnAccountResponse { outcome: outcome.into(), advice }))
    }

    async fn revoke_device(
        &self,
        request: Request<pb::RevokeDeviceRequest>,
    ) -> Result<Response<pb::RevokeDeviceResponse>, Status> {
        let by = caller(&request)?;
        let message = request.into_inner();
        let mut faults = Faults::default();
        let ids = ids(&mut faults, &message.request_id, &message.account_id);
        let device = faults.text("device_id", &message.device_id, DeviceId::parse);
        let reason = faults.take("reason", reason(message.reason()));
        let (((id, account), device), reason) = faults.finish(ids.zip(device).zip(reason))?;
        let repeat = self.0.repeat(id, "DeviceService/RevokeDevice", &message.encode_to_vec());
        let ended_at = self.0.revoke_device(&by, &repeat, (account, device), reason).await?;
        Ok(Response::new(pb::RevokeDeviceResponse { ended_at: Some(render::instant(ended_at)) }))
    }

    async fn list_devices(
        &self,
        request: Request<pb::ListDevicesRequest>,
    ) -> Result<Response<pb::ListDevicesResponse>, Status> {
        let by = caller(&request)?;
        let mut faults = Faults::default();
        let account = faults.text("account_id", &request.get_ref().account_id, AccountId::parse);
        let devices = self.0.devices_of(&by, faults.finish(account)?).await?;
        Ok(Response::new(pb::ListDevicesResponse { devices: devices.iter().map(rendered).collect() }))
    }

    async fn get_device_crl(
        &self,
        _request: Request<pb::GetDeviceCrlRequest>,
    ) -> Result<Response<pb::GetDeviceCrlResponse>, Status> {
        let lists = self.0.device_lists().await?.into_iter().map(|shown| pb::DeviceCrl {
            authority_certificate: shown.authority,
            authority_id: shown.list.authority.to_string(),
            number: shown.list.number.get(),
            next_update: Some(render::instant(shown.list.next_at)),
            crl: shown.list.der,
        });
        Ok(Response::new(pb::GetDeviceCrlResponse { lists: lists.collect() }))
    }
}

pub(super) fn ids(faults: &mut Faults, request: &str, account: &str) -> Option<(RequestId, AccountId)> {
    let id = faults.text("request_id", request, RequestId::parse);
    let account = faults.text("account_id", account, AccountId::parse);
    id.zip(account)
}

pub(super) fn answer(
    faults: &mut Faults,
    challenge: &[u8],
    signature: &[u8],
) -> Option<(ChallengeValue, DeviceSignature)> {
    let challenge = faults.take("challenge", ChallengeValue::parse(challenge));
    let signature = faults.take("signature", DeviceSignature::parse(signature));
    challenge.zip(signature)
}

/// A device that is to be bound: its key, challenge, signature and evidence of a face check, as they came.
pub(super) fn new_device(
    faults: &mut Faults,
    (key, challenge, signature, face_check): (&[u8], &[u8], &[u8], &str),
) -> Option<NewDevice> {
    let key = faults.take("device_key", DeviceKey::parse(key));
    let (challenge, signature) = answer(faults, challenge, signature)?;
    let face_check = Some(face_check.to_owned()).filter(|evidence| !evidence.is_empty());
    Some(NewDevice { key: key?, challenge, signature, face_check })
}

fn leave_of(faults: &mut Faults, leave: &pb::replace_device_request::Leave) -> Option<Leave> {
    match leave {
        pb::replace_device_request::Leave::Consent(signature) => {
            faults.take("consent", DeviceSignature::parse(signature)).map(Leave::Consent)
        }
        pb::replace_device_request::Leave::CounterCode(code) => {
            faults.text("counter_code", code, CounterCode::parse).map(Leave::Counter)
        }
    }
}

/// What the signed text names, for the purposes that name something.
fn about(faults: &mut Faults, purpose: DevicePurpose, message: &pb::GetChallengeRequest) -> Option<About> {
    use pb::get_challenge_request::NewContact;
    match purpose {
        DevicePurpose::ContactChange | DevicePurpose::LostContactChange => {
            let (phone, email) = match &message.new_contact {
                Some(NewContact::Phone(phone)) => (Some(phone), None),
                Some(NewContact::Email(email)) => (None, Some(email)),
                None => (None, None),
            };
            contact_changes::new_contact(faults, phone, email).map(About::Contact)
        }
        DevicePurpose::ContactCancel => {
            faults.text("change_id", &message.change_id, ChangeId::parse).map(About::Change)
        }
        _ => Some(About::Nothing),
    }
}

const fn purpose(purpose: pb::DevicePurpose) -> Result<DevicePurpose, Malformed> {
    match purpose {
        pb::DevicePurpose::Unspecified => Err(NO_PURPOSE),
        pb::DevicePurpose::Replace => Ok(DevicePurpose::Replacement),
        pb::DevicePurpose::Renew => Ok(DevicePurpose::Renewal),
        pb::DevicePurpose::Verify => Ok(DevicePurpose::Verification),
        pb::DevicePurpose::Lock => Ok(DevicePurpose::Lock),
        pb::DevicePurpose::ChangeContact => Ok(DevicePurpose::ContactChange),
        pb::DevicePurpose::ChangeLostContact => Ok(DevicePurpose::LostContactChange),
        pb::DevicePurpose::CancelContactChange => Ok(DevicePurpose::ContactCancel),
    }
}

const fn reason(reason: pb::DeviceEndReason) -> Result<EndReason, Malformed> {
    match reason {
        pb::DeviceEndReason::Lost => Ok(EndReason::Lost),
        pb::DeviceEndReason::GivenUp => Ok(EndReason::GivenUp),
        // A device is replaced by the call that binds another.
        pb::DeviceEndReason::Unspecified | pb::DeviceEndReason::Replaced => Err(NO_REASON),
    }
}

const fn level(assurance: Assurance) -> pb::AssuranceLevel {
    match assurance {
        Assurance::Substantial => pb::AssuranceLevel::Substantial,
        Assurance::High => pb::AssuranceLevel::High,
    }
}

fn tries(left: u32) -> i32 {
    i32::try_from(left).unwrap_or(i32::MAX)
}

fn rendered_verdict(verified: VerifiedDevice) -> pb::VerifyDeviceResponse {
    let mut answer = pb::VerifyDeviceResponse {
        advice: Some(render::text(advice::verified(verified))),
        ..pb::VerifyDeviceResponse::default()
    };
    let outcome = match verified {
        VerifiedDevice::Valid { device, high, expires_at } => {
            let assurance = if high { Assurance::High } else { Assurance::Substantial };
            answer.device_id = device.to_string();
            answer.assurance = level(assurance).into();
            answer.certificate_expires_at = Some(render::instant(expires_at));
            pb::VerifyDeviceOutcome::Valid
        }
        VerifiedDevice::Revoked => pb::VerifyDeviceOutcome::Revoked,
        VerifiedDevice::Expired => pb::VerifyDeviceOutcome::Expired,
        VerifiedDevice::Unknown => pb::VerifyDeviceOutcome::Unknown,
        VerifiedDevice::ChallengeUnusable => pb::VerifyDeviceOutcome::ChallengeUnusable,
        VerifiedDevice::WrongSignature => pb::VerifyDeviceOutcome::WrongSignature,
        VerifiedDevice::Locked => pb::VerifyDeviceOutcome::Locked,
    };
    answer.outcome = outcome.into();
    answer
}

fn rendered_totp(checked: TotpChecked) -> pb::VerifyTotpResponse {
    let mut answer = pb::VerifyTotpResponse {
        advice: Some(render::text(advice::totp(checked))),
        ..pb::VerifyTotpResponse::default()
    };
    let outcome = match checked {
        TotpChecked::Right { drift } => {
            answer.drift_steps = i32::try_from(drift).unwrap_or_default();
            pb::VerifyTotpOutcome::Right
        }
        TotpChecked::AlreadyUsed { tries_left } => {
            answer.tries_left = tries(tries_left);
            pb::VerifyTotpOutcome::AlreadyUsed
        }
        TotpChecked::Wrong { tries_left } => {
            answer.tries_left = tries(tries_left);
            pb::VerifyTotpOutcome::Wrong
        }
        TotpChecked::TooManyFailures { retry_at } => {
            answer.retry_at = retry_at.map(render::instant);
            pb::VerifyTotpOutcome::TooManyFailures
        }
        TotpChecked::NoDevice => pb::VerifyTotpOutcome::NoDevice,
        TotpChecked::Locked => pb::VerifyTotpOutcome::Locked,
    };
    answer.outcome = outcome.into();
    answer
}

fn rendered_replacement(replaced: &Replaced) -> pb::ReplaceDeviceResponse {
    let mut answer = pb::ReplaceDeviceResponse {
        advice: Some(render::text(advice::replaced(replaced))),
        ..pb::ReplaceDeviceResponse::default()
    };
    let outcome = match replaced {
        Replaced::Bound(bound) => {
            answer.device = Some(bound_device(bound));
            pb::ReplaceDeviceOutcome::Bound
        }
        Replaced::Not(why) => match why {
            NotReplaced::NotActive => pb::ReplaceDeviceOutcome::NotActive,
            NotReplaced::Locked => pb::ReplaceDeviceOutcome::Locked,
            NotReplaced::NotBindable(NotBindable::ChallengeUnusable) => pb::ReplaceDeviceOutcome::ChallengeUnusable,
            NotReplaced::NotBindable(NotBindable::WrongSignature) => pb::ReplaceDeviceOutcome::WrongSignature,
            NotReplaced::NotBindable(NotBindable::KeyUsed) => pb::ReplaceDeviceOutcome::KeyUsed,
            NotReplaced::NotBindable(NotBindable::FaceCheckNotAccepted) => {
                pb::ReplaceDeviceOutcome::FaceCheckNotAccepted
            }
            NotReplaced::NoConsent => pb::ReplaceDeviceOutcome::NoConsent,
            NotReplaced::WrongCode { tries_left } => {
                answer.tries_left = tries(*tries_left);
                pb::ReplaceDeviceOutcome::WrongCounterCode
            }
            NotReplaced::NoLiveCode => pb::ReplaceDeviceOutcome::NoLiveCounterCode,
        },
    };
    answer.outcome = outcome.into();
    answer
}

/// A device that was bound, with what it gets.
pub(super) fn bound_device(bound: &BoundDevice) -> pb::BoundDevice {
    pb::BoundDevice {
        device_id: bound.device.id.to_string(),
        certificate: bound.certificate.der.clone(),
        authority_certificate: bound.authority.clone(),
        certificate_expires_at: Some(render::instant(bound.certificate.expires_at)),
        renew_from: Some(render::instant(bound.certificate.renewable_from())),
        assurance: level(bound.device.assurance).into(),
        totp_uri: bound.totp.as_ref().map(|uri| uri.as_str().to_owned()).unwrap_or_default(),
    }
}

fn rendered_renewal(renewed: &Renewed) -> pb::RenewDeviceResponse {
    let mut answer = pb::RenewDeviceResponse {
        advice: Some(render::text(advice::renewed(renewed))),
        ..pb::RenewDeviceResponse::default()
    };
    let outcome = match renewed {
        Renewed::Renewed(certificate) => {
            answer.certificate.clone_from(&certificate.der);
            answer.certificate_expires_at = Some(render::instant(certificate.expires_at));
            answer.renew_from = Some(render::instant(certificate.renewable_from()));
            pb::RenewDeviceOutcome::Renewed
        }
        Renewed::TooEarly { from } => {
            answer.renew_from = Some(render::instant(*from));
            pb::RenewDeviceOutcome::TooEarly
        }
        Renewed::NoDevice => pb::RenewDeviceOutcome::NoDevice,
        Renewed::Locked => pb::RenewDeviceOutcome::Locked,
        Renewed::ChallengeUnusable => pb::RenewDeviceOutcome::ChallengeUnusable,
        Renewed::WrongSignature => pb::RenewDeviceOutcome::WrongSignature,
    };
    answer.outcome = outcome.into();
    answer
}

fn rendered(device: &Device) -> pb::Device {
    let (ended_at, end_reason) = match device.state {
        DeviceState::Active => (None, pb::DeviceEndReason::Unspecified),
        DeviceState::Ended { at, reason } => (Some(render::instant(at)), end_reason(reason)),
    };
    pb::Device {
        device_id: device.id.to_string(),
        key_thumbprint: device.key.thumbprint().as_bytes().to_vec(),
        bound_at: Some(render::instant(device.bound_at)),
        route: match device.route {
            Route::Activation => pb::DeviceRoute::Activation,
            Route::Consent => pb::DeviceRoute::Consent,
            Route::InPerson => pb::DeviceRoute::InPerson,
        }
        .into(),
        assurance: level(device.assurance).into(),
        ended_at,
        end_reason: end_reason.into(),
    }
}

const fn end_reason(reason: EndReason) -> pb::DeviceEndReason {
    match reason {
        EndReason::Replaced => pb::DeviceEndReason::Replaced,
        EndReason::Lost => pb::DeviceEndReason::Lost,
        EndReason::GivenUp => pb::DeviceEndReason::GivenUp,
    }
}
