//! The part of `ActivationService` that is about printed slips.

use super::activation::{login, outcome_of};
use super::devices::{bound_device, new_device};
use super::parse::{self, Faults};
use super::{advice, render};
use crate::app::{Activated, Drawn, ShownPassport, SlipWish};
use crate::domain::device::CounterCode;
use crate::domain::ids::RequestId;
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::proto as pb;
use pb::activate_with_slip_request::Passport;

/// Reads a wish to activate with a slip.
pub(super) fn wish(faults: &mut Faults, message: &pb::ActivateWithSlipRequest) -> Option<(RequestId, SlipWish)> {
    let id = faults.text("request_id", &message.request_id, RequestId::parse);
    let login = login(faults, &message.identity_number, &message.phone);
    let code = faults.text("slip_code", &message.slip_code, CounterCode::parse);
    let passport = faults.required("passport", message.passport.as_ref());
    let passport = passport.and_then(|passport| match passport {
        Passport::Page(page) => faults.within("page", Some(page), shown_page),
        Passport::Chip(chip) => {
            faults.within("chip", Some(chip), parse::chip).map(|read| ShownPassport::Chip(Box::new(read)))
        }
    });
    let shown = (&message.device_key[..], &message.challenge[..], &message.signature[..], &message.face_check[..]);
    let device = new_device(faults, shown);
    Some((id?, SlipWish { login: login?, code: code?, passport: passport?, device: device? }))
}

fn shown_page(faults: &mut Faults, page: &pb::PassportPage) -> Option<ShownPassport> {
    let state = faults.text("issuing_state", &page.issuing_state, StateCode::parse);
    let number = faults.text("number", &page.number, DocumentNumber::parse);
    let born_on = faults.text("date_of_birth", &page.date_of_birth, parse::read_day);
    let expires_on = faults.text("expires_on", &page.expires_on, parse::read_day);
    Some(ShownPassport::Page { state: state?, number: number?, born_on: born_on?, expires_on: expires_on? })
}

/// The answer to it.
pub(super) fn activated(activated: &Activated, timetable: pb::Timetable) -> pb::ActivateWithSlipResponse {
    let (outcome, tries_left, at, bound) = outcome_of(activated);
    pb::ActivateWithSlipResponse {
        outcome: outcome.into(),
        tries_left,
        activated_at: at.map(render::instant),
        advice: Some(render::text(advice::slip(activated))),
        device: bound.map(bound_device),
        timetable: Some(timetable),
    }
}

/// The answer to a wish for a challenge.
pub(super) fn drawn(drawn: &Drawn, timetable: pb::Timetable) -> pb::GetSlipChallengeResponse {
    let mut answer = pb::GetSlipChallengeResponse {
        advice: Some(render::text(advice::drawn(drawn))),
        timetable: Some(timetable),
        ..pb::GetSlipChallengeResponse::default()
    };
    let outcome = match drawn {
        Drawn::Challenge(challenge) => {
            answer.challenge = challenge.value.as_bytes().to_vec();
            answer.challenge_text = challenge.text();
            answer.expires_at = Some(render::instant(challenge.expires_at));
            answer.account_id = challenge.account.to_string();
            pb::GetSlipChallengeOutcome::Drawn
        }
        Drawn::NotMatched => pb::GetSlipChallengeOutcome::NotMatched,
        Drawn::Lapsed => pb::GetSlipChallengeOutcome::WindowLapsed,
        Drawn::AlreadyActive => pb::GetSlipChallengeOutcome::AlreadyActive,
        Drawn::Locked => pb::GetSlipChallengeOutcome::Locked,
        Drawn::KeyUsed => pb::GetSlipChallengeOutcome::KeyUsed,
        Drawn::HeldBack { retry_at } => {
            answer.retry_at = Some(render::instant(*retry_at));
            pb::GetSlipChallengeOutcome::HeldBack
        }
    };
    answer.outcome = outcome.into();
    answer
}
