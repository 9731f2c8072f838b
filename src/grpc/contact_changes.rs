//! Contact changes in the messages that staff and app share: their states, outcomes and counts.

use super::parse::Faults;
use super::{advice, render};
use crate::app::{Begun, ChangeView, Confirmed, ContactApproval, ContactCounts, DisputeView, Resent};
use crate::domain::contact::{
    ChangeState, Contact, ContactKind, DisputeState, Email, FailureReason, Phone, Ruling, Tier,
};
use crate::domain::time::Timestamp;
use crate::proto as pb;

/// Reads a new contact, which each request names in a choice of its own.
pub(super) fn new_contact(faults: &mut Faults, phone: Option<&String>, email: Option<&String>) -> Option<Contact> {
    match (phone, email) {
        (Some(phone), _) => faults.text("phone", phone, Phone::parse).map(Contact::Phone),
        (None, Some(email)) => faults.text("email", email, Email::parse).map(Contact::Email),
        (None, None) => faults.required("new_contact", None),
    }
}

/// What became of a wish for a change, as its answers say it.
#[derive(Default)]
pub(super) struct BegunAnswer {
    pub(super) outcome: pb::BeginOutcome,
    pub(super) change: Option<pb::ContactChange>,
    pub(super) retry_at: Option<prost_types::Timestamp>,
    pub(super) advice: Option<pb::Text>,
}

pub(super) fn begun(begun: &Begun) -> BegunAnswer {
    use pb::BeginOutcome as Outcome;
    let (outcome, view, retry_at) = match begun {
        Begun::Begun(view) => (Outcome::Begun, Some(view), None),
        Begun::Taken(view) => (Outcome::Taken, Some(view), None),
        Begun::AlreadyPending(view) => (Outcome::AlreadyPending, Some(view), None),
        Begun::Unchanged => (Outcome::Unchanged, None, None),
        Begun::HeldBack { retry_at } => (Outcome::HeldBack, None, Some(*retry_at)),
        Begun::TooManyFailures { retry_at } => (Outcome::TooManyFailures, None, *retry_at),
        Begun::NoDevice => (Outcome::NoDevice, None, None),
        Begun::ChallengeUnusable => (Outcome::ChallengeUnusable, None, None),
        Begun::WrongSignature => (Outcome::WrongSignature, None, None),
        Begun::NotUsable => (Outcome::NotUsable, None, None),
        Begun::NotMatched => (Outcome::NotMatched, None, None),
    };
    BegunAnswer {
        outcome,
        change: view.map(change),
        retry_at: retry_at.map(render::instant),
        advice: Some(render::text(advice::contacts::begun(begun))),
    }
}

/// The outcome, the tries left, and when to try again.
pub(super) fn confirmed(confirmed: Confirmed) -> (pb::ConfirmOutcome, i32, Option<prost_types::Timestamp>) {
    let outcome = match confirmed {
        Confirmed::Confirmed => pb::ConfirmOutcome::Confirmed,
        Confirmed::OldContactProven => pb::ConfirmOutcome::OldContactProven,
        Confirmed::WrongCode { .. } => pb::ConfirmOutcome::WrongCode,
        Confirmed::NoLiveCode => pb::ConfirmOutcome::NoLiveCode,
        Confirmed::NotYet { .. } => pb::ConfirmOutcome::NotYet,
        Confirmed::Taken => pb::ConfirmOutcome::Taken,
        Confirmed::NotPending => pb::ConfirmOutcome::NotPending,
    };
    match confirmed {
        Confirmed::WrongCode { tries_left } => (outcome, i32::try_from(tries_left).unwrap_or(i32::MAX), None),
        Confirmed::NotYet { retry_at } => (outcome, 0, Some(render::instant(retry_at))),
        _ => (outcome, 0, None),
    }
}

/// The outcome, when the code ends, and when to ask again.
pub(super) fn resent(
    resent: Resent,
) -> (pb::ResendOutcome, Option<prost_types::Timestamp>, Option<prost_types::Timestamp>) {
    match resent {
        Resent::Sent { expires_at } => (pb::ResendOutcome::Sent, Some(render::instant(expires_at)), None),
        Resent::Waiting { until } => (pb::ResendOutcome::NotYet, None, Some(render::instant(until))),
        Resent::HeldBack { retry_at } => (pb::ResendOutcome::NotYet, None, retry_at.map(render::instant)),
        Resent::TooManyFailures { retry_at } => {
            (pb::ResendOutcome::TooManyFailures, None, retry_at.map(render::instant))
        }
        Resent::NotPending => (pb::ResendOutcome::NotPending, None, None),
    }
}

pub(super) fn change(view: &ChangeView) -> pb::ContactChange {
    let change = &view.change;
    let leaves = |state| match state {
        ChangeState::Waiting { until } => Some(until),
        _ => None,
    };
    pb::ContactChange {
        change_id: change.id.to_string(),
        account_id: change.account.to_string(),
        kind: kind(change.kind).into(),
        new_value_masked: view.new_value_masked.clone(),
        state: state(change.state).into(),
        begun_at: Some(render::instant(change.begun_at)),
        expires_at: Some(render::instant(change.expires_at)),
        settled_at: change.state.settled_at().map(render::instant),
        tier: tier(change.tier).into(),
        code_leaves_at: leaves(change.state).map(render::instant),
        failure: change.state.failure().map(failure).unwrap_or_default().into(),
        cure: change.state.failure().map(|reason| render::text(reason.cure())),
        repeats: change.repeats.map(|id| id.to_string()).unwrap_or_default(),
    }
}

pub(super) fn counts(counts: &ContactCounts) -> pb::ContactChangeCounts {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let failed = counts.failed.iter();
    pb::ContactChangeCounts {
        kind: kind(counts.kind).into(),
        tier: tier(counts.tier).into(),
        requested: count(counts.requested),
        done: count(counts.done),
        open: count(counts.open),
        failed: failed
            .map(|(reason, of)| pb::ContactFailureCount { reason: failure(*reason).into(), count: count(*of) })
            .collect(),
    }
}

pub(super) fn dispute(view: &DisputeView) -> pb::Dispute {
    let dispute = &view.dispute;
    let (ruling, resolved_at): (_, Option<Timestamp>) = match dispute.state {
        DisputeState::Open => (pb::DisputeRuling::Unspecified, None),
        DisputeState::Resolved { ruling: Ruling::HolderKeeps, at, .. } => (pb::DisputeRuling::HolderKeeps, Some(at)),
        DisputeState::Resolved { ruling: Ruling::NumberReleased, at, .. } => {
            (pb::DisputeRuling::NumberReleased, Some(at))
        }
    };
    pb::Dispute {
        dispute_id: dispute.id.to_string(),
        account_id: dispute.holder.to_string(),
        phone_masked: view.phone_masked.clone(),
        opened_at: Some(render::instant(dispute.opened_at)),
        office: dispute.office.as_ref().map(ToString::to_string).unwrap_or_default(),
        ruling: ruling.into(),
        resolved_at: resolved_at.map(render::instant),
    }
}

const fn kind(kind: ContactKind) -> pb::ContactKind {
    match kind {
        ContactKind::Phone => pb::ContactKind::Phone,
        ContactKind::Email => pb::ContactKind::Email,
    }
}

const fn tier(tier: Tier) -> pb::ContactTier {
    match tier {
        Tier::DeviceAndContact => pb::ContactTier::DeviceAndContact,
        Tier::DeviceAlone => pb::ContactTier::DeviceAlone,
        Tier::InPerson => pb::ContactTier::InPerson,
        Tier::ByAuthority => pb::ContactTier::ByAuthority,
    }
}

const fn state(state: ChangeState) -> pb::ContactChangeState {
    match state {
        ChangeState::AwaitingApproval => pb::ContactChangeState::AwaitingApproval,
        ChangeState::ProvingOld => pb::ContactChangeState::ProvingOld,
        ChangeState::Waiting { .. } => pb::ContactChangeState::Waiting,
        ChangeState::AwaitingCode => pb::ContactChangeState::AwaitingCode,
        ChangeState::Done { .. } => pb::ContactChangeState::Done,
        ChangeState::Failed { .. } => pb::ContactChangeState::Failed,
    }
}

const fn failure(reason: FailureReason) -> pb::ContactFailure {
    match reason {
        FailureReason::CancelledByHolder => pb::ContactFailure::CancelledByHolder,
        FailureReason::CancelledByNotice => pb::ContactFailure::CancelledByNotice,
        FailureReason::CancelledByStaff => pb::ContactFailure::CancelledByStaff,
        FailureReason::Expired => pb::ContactFailure::Expired,
        FailureReason::NotApproved => pb::ContactFailure::NotApproved,
        FailureReason::NumberTaken => pb::ContactFailure::NumberServesAnother,
        FailureReason::AccountChanged => pb::ContactFailure::AccountChanged,
        FailureReason::TooManyWrongCodes => pb::ContactFailure::TooManyWrongCodes,
        FailureReason::Unreachable => pb::ContactFailure::ContactUnreachable,
        FailureReason::AccountUnusable => pb::ContactFailure::AccountUnusable,
        FailureReason::Superseded => pb::ContactFailure::Superseded,
    }
}

/// What approving a change comes to, for the person and for programs.
pub(super) fn approval(approval: &ContactApproval) -> (pb::Text, pb::ContactChangeEffect) {
    let new = &approval.view.new_value_masked;
    let old = approval.old_value_masked.as_deref();
    let (what_en, what_vi) = match approval.view.change.kind {
        ContactKind::Phone => ("phone number", "số điện thoại"),
        ContactKind::Email => ("e-mail address", "địa chỉ email"),
    };
    let (en, vi) = match old {
        Some(old) => (
            format!(
                "A code goes to {new}. When it comes back, that is the account's {what_en} instead of {old}; both are told."
            ),
            format!(
                "Mã xác nhận được gửi tới {new}. Khi mã được nhập, đó là {what_vi} của tài khoản thay cho {old}; cả hai nơi được thông báo."
            ),
        ),
        None => (
            format!("A code goes to {new}. When it comes back, that is the account's {what_en}; the phone is told."),
            format!(
                "Mã xác nhận được gửi tới {new}. Khi mã được nhập, đó là {what_vi} của tài khoản; số điện thoại được thông báo."
            ),
        ),
    };
    let effect = pb::ContactChangeEffect {
        change: Some(change(&approval.view)),
        old_value_masked: old.unwrap_or_default().to_owned(),
    };
    (pb::Text { en, vi }, effect)
}
