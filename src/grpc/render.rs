//! From values to protobuf.

use prost_types::Timestamp as PbTimestamp;

use super::changes;
use super::paging::written;
use crate::app::{AccountView, History};
use crate::domain::account::Standing;
use crate::domain::application::{Application, Language, Relation};
use crate::domain::chip::{ChipSummary, Genuineness, Outcome, Step};
use crate::domain::consent::{Giver, Purpose};
use crate::domain::deadline::{Basis, Deadline};
use crate::domain::enrolment::{
    Enrolment, Event, Holder, RefusalReason, ReturnReason, Stage, StageName, WithdrawalReason,
};
use crate::domain::finding::{Field, Finding, Findings, Severity, Source};
use crate::domain::passport::Passport;
use crate::domain::person::{FullName, Sex};
use crate::domain::record::Biometrics;
use crate::domain::residence::{CardKind, ResidenceCard, Stay};
use crate::domain::review::{Review, ReviewReason};
use crate::domain::text::Text;
use crate::domain::time::{Timestamp, format_date};
use crate::proto as pb;

pub(super) fn instant(at: Timestamp) -> PbTimestamp {
    let (seconds, micros) = (at.micros().div_euclid(1_000_000), at.micros().rem_euclid(1_000_000));
    PbTimestamp { seconds, nanos: i32::try_from(micros * 1_000).unwrap_or(0) }
}

/// What findings come to.
pub(super) fn verdict(findings: &Findings) -> pb::Verdict {
    match () {
        () if findings.refuses() => pb::Verdict::Refused,
        () if findings.refers() => pb::Verdict::Referred,
        () => pb::Verdict::Accepted,
    }
}

pub(super) fn text(text: Text) -> pb::Text {
    pb::Text { en: text.en.to_owned(), vi: text.vi.to_owned() }
}

pub(super) fn findings<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<pb::Finding> {
    findings.map(finding).collect()
}

fn finding(finding: &Finding) -> pb::Finding {
    let rule = finding.rule;
    let severity = match rule.severity {
        Severity::Refuse => pb::Severity::Refuse,
        Severity::Refer => pb::Severity::Refer,
        Severity::Note => pb::Severity::Note,
    };
    pb::Finding {
        rule: rule.id.to_owned(),
        severity: severity.into(),
        basis: rule.basis.to_owned(),
        fields: finding.fields.iter().map(|field| field.path.to_string()).collect(),
        message: Some(text(rule.message)),
        cure: Some(text(rule.cure)),
        sources: finding.fields.iter().map(source).collect(),
        suggestion: finding.suggestion.as_ref().map(|value| value.as_str().to_owned()).unwrap_or_default(),
    }
}

fn source(field: &Field) -> pb::FieldSource {
    let source = match field.source {
        Source::Typed => pb::Source::Typed,
        Source::Zone => pb::Source::Zone,
        Source::Chip => pb::Source::Chip,
        Source::Capture => pb::Source::Capture,
        Source::Registry => pb::Source::Registry,
        Source::Records => pb::Source::Records,
    };
    pb::FieldSource {
        field: field.path.to_string(),
        source: source.into(),
        value: field.value.as_ref().map(|value| value.as_str().to_owned()).unwrap_or_default(),
    }
}

/// A request with the reason of a supervisor's decision, for those who may read it.
pub(super) fn enrolment_with(enrolment: &Enrolment, reason: Option<&ReviewReason>) -> pb::Enrolment {
    let review = enrolment.review.as_ref().map(|review| self::review(review, reason));
    pb::Enrolment { review, ..self::enrolment(enrolment) }
}

/// What is known of a chip.
pub(super) fn chip(summary: &ChipSummary) -> pb::ChipVerdict {
    let step = |step: &Step| pb::ChipStep {
        name: step.name.name().to_owned(),
        outcome: match step.outcome {
            Outcome::Passed => pb::StepOutcome::Passed,
            Outcome::Found(Severity::Refuse) => pb::StepOutcome::Refuses,
            Outcome::Found(Severity::Refer) => pb::StepOutcome::Refers,
            Outcome::Found(Severity::Note) => pb::StepOutcome::Notes,
            Outcome::Skipped => pb::StepOutcome::Skipped,
        }
        .into(),
    };
    pb::ChipVerdict {
        data: genuineness(summary.data).into(),
        chip: genuineness(summary.chip).into(),
        steps: summary.steps.iter().map(step).collect(),
    }
}

const fn genuineness(answer: Genuineness) -> pb::Genuineness {
    match answer {
        Genuineness::Genuine => pb::Genuineness::Proven,
        Genuineness::NotGenuine => pb::Genuineness::Refuted,
        Genuineness::Unknown(_) => pb::Genuineness::Unknown,
    }
}

/// What a supervisor decided, and why if `reason` is given.
pub(super) fn review(review: &Review, reason: Option<&ReviewReason>) -> pb::Review {
    pb::Review {
        reviewed_at: Some(instant(review.at)),
        reviewer: review.reviewer.to_string(),
        overridden: review.overridden,
        rules: review.rules.clone(),
        reason: reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
    }
}

pub(super) fn enrolment(enrolment: &Enrolment) -> pb::Enrolment {
    let mut shown = pb::Enrolment {
        enrolment_id: enrolment.id.to_string(),
        office: enrolment.office.to_string(),
        // Told by those who know the day.
        current_office: String::new(),
        state: state(enrolment.stage.name()).into(),
        received_at: Some(instant(enrolment.received_at)),
        since: Some(instant(enrolment.since)),
        holder: holder(enrolment.stage.name().holder()).into(),
        revision: i32::try_from(enrolment.revision).unwrap_or(i32::MAX),
        notes: findings(enrolment.notes.iter()),
        review: enrolment.review.as_ref().map(|review| self::review(review, None)),
        chip: enrolment.chip.as_ref().map(chip),
        biometrics_on_file: enrolment.biometrics_on_file.map(on_file),
        deadline: enrolment.deadline.as_ref().map(deadline),
        act_by: enrolment.act_by.map(instant),
        ..pb::Enrolment::default()
    };
    match &enrolment.stage {
        Stage::Received | Stage::Referred | Stage::Forwarded { .. } => {}
        Stage::Returned { reason } => shown.set_return_reason(returned(*reason)),
        Stage::Issued { account, at } => {
            shown.account_id = account.to_string();
            shown.decided_at = Some(instant(*at));
        }
        Stage::Refused { reason, at } => {
            shown.set_refusal_reason(refusal(*reason));
            shown.decided_at = Some(instant(*at));
        }
        Stage::Withdrawn { reason, .. } => shown.set_withdrawal_reason(withdrawal(*reason)),
    }
    shown
}

/// Until when a request must be decided.
pub(super) fn deadline(deadline: &Deadline) -> pb::Deadline {
    pb::Deadline {
        due_at: (!deadline.is_suspended()).then(|| instant(deadline.due_at)),
        limit_working_days: i32::from(deadline.limit),
        basis: match deadline.basis {
            Basis::OnFile => pb::DeadlineBasis::BiometricsOnFile,
            Basis::NotOnFile => pb::DeadlineBasis::BiometricsNotOnFile,
        }
        .into(),
        spent_working_days: i32::from(deadline.spent),
        calendar_edition: deadline.edition.to_string(),
        provisional: deadline.provisional,
    }
}

pub(super) const fn holder(holder: Holder) -> pb::Holder {
    match holder {
        Holder::Service => pb::Holder::Service,
        Holder::Supervisor => pb::Holder::Supervisor,
        Holder::Office => pb::Holder::Office,
        Holder::Authority => pb::Holder::Authority,
        Holder::Nobody => pb::Holder::Nobody,
    }
}

const fn returned(reason: ReturnReason) -> pb::ReturnReason {
    match reason {
        ReturnReason::Data => pb::ReturnReason::Data,
        ReturnReason::Document => pb::ReturnReason::Document,
        ReturnReason::Face => pb::ReturnReason::Face,
        ReturnReason::Fingerprints => pb::ReturnReason::Fingerprints,
        ReturnReason::Consent => pb::ReturnReason::Consent,
        ReturnReason::Other => pb::ReturnReason::Other,
    }
}

const fn withdrawal(reason: WithdrawalReason) -> pb::WithdrawalReason {
    match reason {
        WithdrawalReason::Applicant => pb::WithdrawalReason::Applicant,
        WithdrawalReason::CapturedTwice => pb::WithdrawalReason::CapturedTwice,
        WithdrawalReason::CapturedInError => pb::WithdrawalReason::CapturedInError,
        WithdrawalReason::NotCorrected => pb::WithdrawalReason::NotCorrected,
    }
}

/// What happened to a request, with the fields that each correction changed.
pub(super) fn history(history: &History) -> pb::GetHistoryResponse {
    let mut revisions: Vec<pb::EnrolmentRevision> = Vec::with_capacity(history.revisions.len());
    for shown in &history.revisions {
        let application = application(&shown.application);
        let before = revisions.last().and_then(|revision| revision.application.as_ref());
        let changed_fields = before.map(|before| changes::between(before, &application)).unwrap_or_default();
        revisions.push(pb::EnrolmentRevision {
            revision: i32::try_from(shown.number).unwrap_or(i32::MAX),
            officer: shown.officer.to_string(),
            application: Some(application),
            notes: findings(shown.notes.iter()),
            return_note: shown.return_note.as_ref().map(|note| note.as_str().to_owned()).unwrap_or_default(),
            replaced_at: shown.replaced_at.map(instant),
            changed_fields,
        });
    }
    pb::GetHistoryResponse {
        events: history.events.iter().map(|stored| event(&stored.event)).collect(),
        revisions,
        next_page_token: history.next.as_deref().map(written).unwrap_or_default(),
    }
}

pub(super) fn event(event: &Event) -> pb::EnrolmentEvent {
    pb::EnrolmentEvent {
        verb: event.verb.name().to_owned(),
        occurred_at: Some(instant(event.at)),
        actor: event.by.clone(),
        from: event.from.map_or(pb::EnrolmentState::Unspecified, state).into(),
        to: state(event.to).into(),
        reason: event.reason.clone().unwrap_or_default(),
        lease_id: event.lease.map(|lease| lease.to_string()).unwrap_or_default(),
    }
}

/// Which biometrics the immigration database held.
pub(super) const fn on_file(held: Biometrics) -> pb::BiometricsOnFile {
    pb::BiometricsOnFile { face: held.face, fingerprints: held.fingerprints }
}

pub(super) const fn state(stage: StageName) -> pb::EnrolmentState {
    match stage {
        StageName::Received => pb::EnrolmentState::Received,
        StageName::Referred => pb::EnrolmentState::Referred,
        StageName::Forwarded => pb::EnrolmentState::Forwarded,
        StageName::Returned => pb::EnrolmentState::Returned,
        StageName::Issued => pb::EnrolmentState::Issued,
        StageName::Refused => pb::EnrolmentState::Refused,
        StageName::Withdrawn => pb::EnrolmentState::Withdrawn,
    }
}

const fn refusal(reason: RefusalReason) -> pb::RefusalReason {
    match reason {
        RefusalReason::IdentityNotConfirmed => pb::RefusalReason::IdentityNotConfirmed,
        RefusalReason::DocumentNotValid => pb::RefusalReason::DocumentNotValid,
        RefusalReason::Duplicate => pb::RefusalReason::Duplicate,
        RefusalReason::NotEligible => pb::RefusalReason::NotEligible,
        RefusalReason::Other => pb::RefusalReason::Other,
        RefusalReason::DeclinedAtOffice => pb::RefusalReason::DeclinedAtOffice,
    }
}

pub(super) fn application(application: &Application) -> pb::Application {
    let (family_name, given_names) = name(&application.name);
    let person = pb::Person {
        family_name,
        given_names,
        date_of_birth: format_date(application.born_on),
        sex: match application.sex {
            Sex::Female => pb::Sex::Female,
            Sex::Male => pb::Sex::Male,
            Sex::X => pb::Sex::X,
        }
        .into(),
        nationality: application.nationality.as_str().to_owned(),
    };
    pb::Application {
        person: Some(person),
        passport: application.passport.as_ref().map(passport),
        residence_card: application.card.as_ref().map(card),
        stay: stay(&application.stay),
        phone: application.phone.as_str().to_owned(),
        email: application.email.as_ref().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        consents: consents(application),
        representative: representative(application),
        language: language(application.language).into(),
    }
}

fn name(name: &FullName) -> (String, String) {
    let part = |part: Option<&crate::domain::person::NamePart>| part.map(|p| p.as_str().to_owned()).unwrap_or_default();
    (part(name.family()), part(name.given()))
}

fn passport(passport: &Passport) -> pb::Passport {
    pb::Passport {
        number: passport.number.as_str().to_owned(),
        issuing_state: passport.issuing_state.as_str().to_owned(),
        issued_on: format_date(passport.issued_on),
        expires_on: format_date(passport.expires_on),
        mrz: passport.zone.as_str().to_owned(),
    }
}

fn card(card: &ResidenceCard) -> pb::ResidenceCard {
    let (family_name, given_names) = card.name.as_ref().map(name).unwrap_or_default();
    let (kind, symbol) = match &card.kind {
        CardKind::Temporary(symbol) => (pb::ResidenceCardKind::Temporary, symbol.as_str().to_owned()),
        CardKind::Permanent => (pb::ResidenceCardKind::Permanent, String::new()),
    };
    pb::ResidenceCard {
        kind: kind.into(),
        symbol,
        number: card.number.as_str().to_owned(),
        issued_on: format_date(card.issued_on),
        expires_on: format_date(card.expires_on),
        passport_number: card.passport_number.as_ref().map(|n| n.as_str().to_owned()).unwrap_or_default(),
        family_name,
        given_names,
    }
}

fn stay(stay: &Stay) -> Option<pb::Stay> {
    let visa = stay.visa.as_ref().map(|visa| pb::Visa {
        number: visa.number.as_str().to_owned(),
        symbol: visa.symbol.as_str().to_owned(),
        valid_from: format_date(visa.valid_from),
        expires_on: format_date(visa.expires_on),
    });
    let resident_since = stay.resident_since.map(format_date).unwrap_or_default();
    (visa.is_some() || !resident_since.is_empty()).then_some(pb::Stay { resident_since, visa })
}

fn consents(application: &Application) -> Vec<pb::Consent> {
    let consent = |consent: &crate::domain::consent::Consent| pb::Consent {
        purpose: match consent.purpose {
            Purpose::Account => pb::ConsentPurpose::Account,
            Purpose::SensitiveData => pb::ConsentPurpose::SensitiveData,
        }
        .into(),
        given_by: match consent.given_by {
            Giver::Applicant => pb::ConsentGiver::Applicant,
            Giver::Representative => pb::ConsentGiver::Representative,
        }
        .into(),
        text_sha256: consent.text.clone().into(),
        text_language: consent.language.as_str().to_owned(),
        given_at: Some(instant(consent.given_at)),
    };
    application.consents.iter().map(consent).collect()
}

fn representative(application: &Application) -> Option<pb::Representative> {
    application.representative.as_ref().map(|representative| {
        let (family_name, given_names) = name(&representative.name);
        pb::Representative {
            family_name,
            given_names,
            relation: match representative.relation {
                Relation::Parent => pb::Relation::Parent,
                Relation::Guardian => pb::Relation::Guardian,
                Relation::Other => pb::Relation::Other,
            }
            .into(),
            document_number: representative.document.as_str().to_owned(),
            document_issuing_state: representative.issuing_state.as_str().to_owned(),
        }
    })
}

const fn language(language: Language) -> pb::Language {
    match language {
        Language::Vi => pb::Language::Vi,
        Language::En => pb::Language::En,
        Language::Zh => pb::Language::Zh,
        Language::Ko => pb::Language::Ko,
        Language::Ja => pb::Language::Ja,
    }
}

pub(super) fn account(view: &AccountView, now: Timestamp) -> pb::Account {
    let account = &view.account;
    let (state, activated_at) = match view.standing {
        Standing::Awaiting { .. } => (pb::AccountState::AwaitingActivation, None),
        Standing::Lapsed { .. } => (pb::AccountState::Lapsed, None),
        Standing::Active { since } => (pb::AccountState::Active, Some(since)),
        Standing::Locked { .. } => (pb::AccountState::Locked, account.state.active_since()),
        Standing::Closed { .. } => (pb::AccountState::Closed, account.state.active_since()),
    };
    pb::Account {
        account_id: account.id.to_string(),
        enrolment_id: account.enrolment.to_string(),
        state: state.into(),
        identity_number_masked: view.number_masked.clone(),
        phone_masked: view.phone_masked.clone(),
        email_masked: view.email_masked.clone().unwrap_or_default(),
        issued_at: Some(instant(account.issued_at)),
        notice_sent_at: account.notice.sent_at.map(instant),
        notice_delivered_at: account.notice.delivered_at.map(instant),
        window_closes_at: account.window_closes_at().map(instant),
        activated_at: activated_at.map(instant),
        language: language(account.language).into(),
        pending_changes: view.pending.iter().map(super::contact_changes::change).collect(),
        notice_opened_at: account.notice.opened_at.map(instant),
        funnel: Some(super::follow_up::funnel(&view.funnel)),
        reopened_at: account.reopened.map(|reopened| instant(reopened.at)),
        timetable: Some(super::activation::timetable(&view.outlook, now)),
    }
}
