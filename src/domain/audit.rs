//! The audit entry: who did what to what, when. Holds names of things and outcomes, never personal data.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::ids::{EntryId, StaffId};
use super::time::Timestamp;

/// Version of the canonical form, its first member.
const FORM: u8 = 1;

/// One entry. Every change commits together with exactly one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name.
    pub id: EntryId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// To what: a UUID of the kind that the action implies.
    pub subject: uuid::Uuid,
    /// Further facts, by name: identifiers, counts, states, rule names.
    pub facts: BTreeMap<&'static str, String>,
}

/// Who acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A person or system of the staff directory.
    Staff(StaffId),
    /// A part of this service.
    Service(&'static str),
    /// Whoever runs the program at the console of the machine.
    Console,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::Service(part) => write!(f, "service:{part}"),
            Self::Console => f.write_str("console"),
        }
    }
}

/// What can be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// A request was taken in.
    EnrolmentReceived,
    /// A request was looked at.
    EnrolmentViewed,
    /// The applicant's slip was made.
    SlipPrinted,
    /// Requests of an office were listed.
    EnrolmentsListed,
    /// Somebody began to watch the changes of an office's requests.
    EnrolmentsWatched,
    /// Somebody began to watch what happens to accounts.
    AccountsWatched,
    /// A request was handed in and a rule refused it.
    EnrolmentNotAccepted,
    /// A supervisor overrode what was referred.
    ReferralOverridden,
    /// A supervisor declined a referred request.
    ReferralDeclined,
    /// A request was sent back to its office for correction.
    EnrolmentReturned,
    /// A returned request was handed in again.
    EnrolmentCorrected,
    /// A request was given up.
    EnrolmentWithdrawn,
    /// What happened to a request was looked at.
    HistoryViewed,
    /// The authority compared what it has with what was handed over.
    HandOverReconciled,
    /// A supervisor was shown how a request stands to likely duplicates.
    CandidatesCompared,
    /// Requests of an earlier release were given keys by which duplicates are found.
    DuplicatesIndexed,
    /// A challenge for active authentication was drawn.
    ChipChallenged,
    /// Requests were handed to the authority.
    EnrolmentsClaimed,
    /// The authority approved; the account exists.
    AccountIssued,
    /// The authority refused.
    EnrolmentRefused,
    /// A code was queued.
    CodeSent,
    /// The code tried was wrong.
    CodeRefused,
    /// The holder activated the account.
    AccountActivated,
    /// Something was proposed that takes a second person.
    ProposalMade,
    /// The second person approved, and it was done.
    ProposalApproved,
    /// It was dropped.
    ProposalDeclined,
    /// The second person would have approved, and it was no longer to be done.
    ProposalVoid,
    /// A proposal was looked at.
    ProposalViewed,
    /// Proposals were listed.
    ProposalsListed,
    /// The holder came to the app by the notice.
    NoticeOpened,
    /// The holder is reminded to activate the account.
    HolderReminded,
    /// It was looked whether holders are to be reminded, and when to look again.
    RemindersPlanned,
    /// The documents of an account were entered: at its issue, at a counter, or from the request of an earlier release.
    DocumentsEntered,
    /// Documents were shown that name somebody else than the account does, or of which a rule asks for a person.
    DocumentsReferred,
    /// It was looked what came by itself to an account, and what its holder is to be told.
    AccountLookedAfter,
    /// A ground that locks an account was set.
    AccountLocked,
    /// What locks an account, and its documents, were looked at.
    AccountLifeViewed,
    /// An order of an authority was filed.
    OrderFiled,
    /// An order was forwarded.
    OrderForwarded,
    /// An order was decided.
    OrderDecided,
    /// Orders that wait were listed.
    OrdersListed,
    /// Accounts that need a hand were listed.
    FollowUpListed,
    /// A contact change was begun.
    ContactChangeBegun,
    /// A contact change was confirmed.
    ContactChanged,
    /// A contact change was given up.
    ContactChangeCancelled,
    /// An open contact change is to be looked at later.
    ContactChangePostponed,
    /// A contact change failed otherwise.
    ContactChangeFailed,
    /// A code came back from the contact that is to be given up.
    OldContactProven,
    /// Contact changes of an account were listed.
    ContactChangesListed,
    /// A code from a notice stopped nothing.
    CancelLinkRefused,
    /// Somebody claims a number that serves an account.
    NumberDisputed,
    /// Somebody asked about a number that serves nobody, or is claimed already.
    NumberAsked,
    /// Claims to numbers were listed.
    NumberDisputesListed,
    /// A claim to a number was ruled on.
    NumberDisputeResolved,
    /// Accounts were looked up or looked at.
    AccountViewed,
    /// A carrier took a message.
    MessageSent,
    /// A carrier did not take a message; it will be tried again.
    MessageDelayed,
    /// A message was given up.
    MessageFailed,
    /// A carrier reported that a part of a message arrived.
    MessageArrived,
    /// A carrier reported that a part of a message never will arrive.
    MessageLost,
    /// A person had a message that failed tried again.
    MessageRetried,
    /// A person let a message that failed be.
    MessageGivenUp,
    /// Every message that waited was held for a person.
    MessagesHeld,
    /// The messages that were held are tried.
    MessagesReleased,
    /// Captures were handed to the authority.
    CapturesHandedOver,
    /// The authority confirmed that it has the captures; their key was destroyed.
    CapturesConfirmed,
    /// The object of a capture was deleted, and a reading after that found nothing.
    CaptureDeleted,
    /// An object of the archive that belongs to nothing was deleted, and a reading after that found nothing.
    OrphanDeleted,
    /// A certificate was entered in the staff directory.
    StaffRegistered,
    /// An entry of the staff directory was disabled.
    StaffDisabled,
    /// An entry of the staff directory may call again.
    StaffEnabled,
    /// An entry of the staff directory got another role or office.
    StaffPosted,
    /// Another certificate of an entry was announced.
    StaffCertificateAdded,
    /// An announced certificate was shown and took the place of the others.
    StaffCertificateTakenUp,
    /// Somebody made sure that an entry is needed.
    StaffReviewed,
    /// Entries of the staff directory were looked at.
    StaffViewed,
    /// It was noted which entries called.
    StaffSeen,
    /// The secret of an authenticator was handed out.
    StaffTotpBegun,
    /// An authenticator was confirmed by a code.
    StaffTotpConfirmed,
    /// An authenticator was taken away.
    StaffTotpReset,
    /// A privileged call brought a code that is right.
    StepUpTaken,
    /// A privileged call brought one that is not.
    StepUpRefused,
    /// Dated records of units and offices were imported.
    OfficesImported,
    /// A batch of records of the immigration database was imported.
    RecordsImported,
    /// An edition of the calendar of working days came in force.
    CalendarAdopted,
    /// The deadlines of a batch of requests were counted again, on the calendar in force.
    DeadlinesRecomputed,
    /// A record of the immigration database was looked up by another system.
    RecordViewed,
    /// A file of trust material was proposed.
    TrustProposed,
    /// A file of trust material was put in force by a second person.
    TrustApproved,
    /// A proposal of trust material was dropped.
    TrustRejected,
    /// The trust store was listed.
    TrustListed,
    /// A workstation was heard of.
    WorkstationSeen,
    /// A workstation's name was given free for another office.
    WorkstationReleased,
    /// Workstations of an office were listed.
    WorkstationsListed,
    /// A numbered capture arrived that could not be read, or whose name was used for another.
    CaptureRefused,
    /// A challenge was drawn for a device to sign.
    DeviceChallenged,
    /// A device was bound in place of another.
    DeviceReplaced,
    /// A device got another certificate.
    DeviceRenewed,
    /// A device was judged.
    DeviceVerified,
    /// An answer to a challenge, or a code from the counter, proved nothing.
    DeviceRefused,
    /// A device was ended.
    DeviceEnded,
    /// Devices of an account were listed.
    DevicesListed,
    /// An offline code was taken.
    TotpAccepted,
    /// An offline code was refused.
    TotpRefused,
    /// An officer recorded that a holder stood at the counter.
    ProvedInPerson,
    /// Nobody with that number and passport was found at a counter.
    NotProvedInPerson,
    /// A second person agreed to such a record.
    ProofCountersigned,
    /// An authority that issues certificates to devices got its own.
    DeviceAuthorityFounded,
    /// A list of revoked certificates was published.
    DeviceListPublished,
}

impl Action {
    /// The name in the canonical form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EnrolmentReceived => "enrolment.received",
            Self::EnrolmentViewed => "enrolment.viewed",
            Self::SlipPrinted => "enrolment.slip-printed",
            Self::EnrolmentsListed => "enrolments.listed",
            Self::EnrolmentsWatched => "enrolments.watched",
            Self::AccountsWatched => "accounts.watched",
            Self::EnrolmentNotAccepted => "enrolment.not-accepted",
            Self::ReferralOverridden => "enrolment.referral-overridden",
            Self::ReferralDeclined => "enrolment.referral-declined",
            Self::EnrolmentReturned => "enrolment.returned",
            Self::EnrolmentCorrected => "enrolment.corrected",
            Self::EnrolmentWithdrawn => "enrolment.withdrawn",
            Self::HistoryViewed => "enrolment.history-viewed",
            Self::HandOverReconciled => "hand-over.reconciled",
            Self::CandidatesCompared => "enrolment.candidates-compared",
            Self::DuplicatesIndexed => "duplicates.indexed",
            Self::ChipChallenged => "chip.challenged",
            Self::EnrolmentsClaimed => "enrolments.claimed",
            Self::AccountIssued => "account.issued",
            Self::EnrolmentRefused => "enrolment.refused",
            Self::CodeSent => "code.sent",
            Self::CodeRefused => "code.refused",
            Self::AccountActivated => "account.activated",
            Self::ProposalMade => "proposal.made",
            Self::ProposalApproved => "proposal.approved",
            Self::ProposalDeclined => "proposal.declined",
            Self::ProposalVoid => "proposal.void",
            Self::ProposalViewed => "proposal.viewed",
            Self::ProposalsListed => "proposals.listed",
            Self::NoticeOpened => "notice.opened",
            Self::HolderReminded => "holder.reminded",
            Self::DocumentsEntered => "account.documents_entered",
            Self::DocumentsReferred => "account.documents_referred",
            Self::AccountLookedAfter => "account.looked_after",
            Self::AccountLocked => "account.locked",
            Self::AccountLifeViewed => "account.life_viewed",
            Self::OrderFiled => "order.filed",
            Self::OrderForwarded => "order.forwarded",
            Self::OrderDecided => "order.decided",
            Self::OrdersListed => "orders.listed",
            Self::RemindersPlanned => "reminders.planned",
            Self::FollowUpListed => "follow-up.listed",
            Self::ContactChangeBegun => "contact-change.begun",
            Self::ContactChanged => "contact-change.confirmed",
            Self::ContactChangeCancelled => "contact-change.cancelled",
            Self::ContactChangePostponed => "contact-change.postponed",
            Self::ContactChangeFailed => "contact-change.failed",
            Self::OldContactProven => "contact-change.old-contact-proven",
            Self::ContactChangesListed => "contact-changes.listed",
            Self::CancelLinkRefused => "contact-change.stop-refused",
            Self::NumberDisputed => "number.disputed",
            Self::NumberAsked => "number.asked",
            Self::NumberDisputesListed => "number.disputes-listed",
            Self::NumberDisputeResolved => "number.dispute-resolved",
            Self::AccountViewed => "account.viewed",
            Self::MessageSent => "message.sent",
            Self::MessageDelayed => "message.delayed",
            Self::MessageFailed => "message.failed",
            Self::MessageArrived => "message.arrived",
            Self::MessageLost => "message.lost",
            Self::MessageRetried => "message.retried",
            Self::MessageGivenUp => "message.given-up",
            Self::MessagesHeld => "message.held-all",
            Self::MessagesReleased => "message.released-all",
            Self::CapturesHandedOver => "captures.handed-over",
            Self::CapturesConfirmed => "captures.confirmed",
            Self::CaptureDeleted => "capture.deleted",
            Self::OrphanDeleted => "archive.orphan-deleted",
            Self::StaffRegistered => "staff.registered",
            Self::StaffDisabled => "staff.disabled",
            Self::StaffEnabled => "staff.enabled",
            Self::StaffPosted => "staff.posted",
            Self::StaffCertificateAdded => "staff.certificate-added",
            Self::StaffCertificateTakenUp => "staff.certificate-taken-up",
            Self::StaffReviewed => "staff.reviewed",
            Self::StaffViewed => "staff.viewed",
            Self::StaffSeen => "staff.seen",
            Self::StaffTotpBegun => "staff.totp-begun",
            Self::StaffTotpConfirmed => "staff.totp-confirmed",
            Self::StaffTotpReset => "staff.totp-reset",
            Self::StepUpTaken => "step-up.taken",
            Self::StepUpRefused => "step-up.refused",
            Self::OfficesImported => "offices.imported",
            Self::RecordsImported => "records.imported",
            Self::CalendarAdopted => "calendar.adopted",
            Self::DeadlinesRecomputed => "deadlines.recomputed",
            Self::RecordViewed => "record.viewed",
            Self::TrustProposed => "trust.proposed",
            Self::TrustApproved => "trust.approved",
            Self::TrustRejected => "trust.rejected",
            Self::TrustListed => "trust.listed",
            Self::WorkstationSeen => "workstation.seen",
            Self::WorkstationReleased => "workstation.released",
            Self::WorkstationsListed => "workstations.listed",
            Self::CaptureRefused => "workstation.capture-refused",
            Self::DeviceChallenged => "device.challenged",
            Self::DeviceReplaced => "device.replaced",
            Self::DeviceRenewed => "device.renewed",
            Self::DeviceVerified => "device.verified",
            Self::DeviceRefused => "device.refused",
            Self::DeviceEnded => "device.ended",
            Self::DevicesListed => "devices.listed",
            Self::TotpAccepted => "totp.accepted",
            Self::TotpRefused => "totp.refused",
            Self::ProvedInPerson => "device.proved-in-person",
            Self::NotProvedInPerson => "device.not-proved-in-person",
            Self::ProofCountersigned => "device.proof-countersigned",
            Self::DeviceAuthorityFounded => "device.authority-founded",
            Self::DeviceListPublished => "device.list-published",
        }
    }
}

impl Entry {
    /// An entry without further facts.
    pub fn new(id: EntryId, at: Timestamp, actor: Actor, action: Action, subject: uuid::Uuid) -> Self {
        Self { id, at, actor, action, subject, facts: BTreeMap::new() }
    }

    /// The entry with one more fact.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.insert(name, value.into());
        self
    }

    /// The bytes that are hashed and kept: JSON with members in a fixed order. A change of this
    /// form needs a new `FORM`: what was hashed must stay readable.
    pub fn canonical(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Canonical<'a> {
            form: u8,
            id: String,
            at: i64,
            actor: String,
            action: &'static str,
            subject: String,
            facts: &'a BTreeMap<&'static str, String>,
        }
        let canonical = Canonical {
            form: FORM,
            id: self.id.to_string(),
            at: self.at.micros(),
            actor: self.actor.to_string(),
            action: self.action.name(),
            subject: self.subject.to_string(),
            facts: &self.facts,
        };
        // Strings, integers and a map with string keys always serialise.
        serde_json::to_vec(&canonical).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_canonical_form_is_fixed_to_the_byte() {
        let id = |n| Uuid::from_u128(n);
        let actor = Actor::Staff(StaffId::new(id(2)));
        let at = Timestamp::from_micros(1_795_000_000_000_000);
        let entry = Entry::new(EntryId::new(id(1)), at, actor, Action::EnrolmentReceived, id(3))
            .with("office", "79-01")
            .with("notes", "");
        let expected = concat!(
            r#"{"form":1,"id":"00000000-0000-0000-0000-000000000001","at":1795000000000000,"#,
            r#""actor":"staff:00000000-0000-0000-0000-000000000002","action":"enrolment.received","#,
            r#""subject":"00000000-0000-0000-0000-000000000003","facts":{"notes":"","office":"79-01"}}"#
        );
        assert_eq!(String::from_utf8(entry.canonical()).unwrap(), expected);
    }
}
