//! The unit of work: everything that one use case changes, as data.
//!
//! It cannot be made without the audit entry. Being data, units of several callers can share one physical transaction,
//! and an engine may one day merge them into fewer statements without any use case noticing.

use super::account_events::Happened;
use super::accounts::{self, StoredAccount};
use super::bindings::{self, Binding};
use super::calendars::{self, CalendarText};
use super::captures::{self, StoredCaptures};
use super::cards::{self, NotedCard};
use super::challenges::{self, ChipChallenge};
use super::contact_changes::{self, StoredChange};
use super::contact_disputes::{self, StoredDispute};
use super::delivery::{self, Attempt, Report};
use super::device_lists::{self, StoredList};
use super::devices::{self, BoundDevice};
use super::documents::{self, StoredDocument, StoredUpdate};
use super::duplicates::{self, DuplicateKeys, NotTheSame};
use super::engine::Conn;
use super::enrolments::{self, Correction, StoredEnrolment};
use super::error::StoreError;
use super::life::{self, LifeLook};
use super::locks::{self, StoredLock};
use super::names::{self, StoredName};
use super::orders::{self, StoredOrder};
use super::outbox::{self, SealedMessage, Settled};
use super::proposals::{self, StoredProposal};
use super::receipts::{self, StoredReceipt};
use super::requests::{self, FirstAnswer};
use super::trust::StoredMaterial;
use super::workstations::{self, NotedCapture, ReleasedWorkstation, SeenWorkstation};
use super::{audit, codes, device_challenges, device_tries, offices, registry, reminders, staff, staff_codes, trust};
use tracing::Span;

use crate::domain::audit::Entry;
use crate::domain::capture::EndReason;
use crate::domain::code::{Purpose, SentAgain, SentCode};
use crate::domain::contact::{ContactChange, Ruling};
use crate::domain::device::{
    AuthorityId, Challenge, ChallengeValue, CounterProof, DeviceCertificate, EndReason as DeviceEnd, Serial, Step,
};
use crate::domain::enrolment::{Event, Passage};
use crate::domain::follow_up::Reminded;
use crate::domain::ids::{
    AccountId, CaptureId, ChallengeId, ChangeId, CodeId, DeviceId, DisputeId, EnrolmentId, LockId, MessageId, ProofId,
    StaffId, Version,
};
use crate::domain::life::ClosingReason;
use crate::domain::office::Record as OfficeRecord;
use crate::domain::order::Order;
use crate::domain::proposal::Proposal;
use crate::domain::sealed::{BlindIndex, CodeDigest, Sealed};
use crate::domain::staff::{CertificateName, IdleDays, StaffMember};
use crate::domain::time::Timestamp;
use crate::domain::trust::Material;
use crate::domain::workstation::{CaptureNumber, WorkstationId};
use crate::observe::spans;

/// What a use case changes: applied in order, all of it or nothing.
#[derive(Debug)]
pub struct Unit {
    entry: Entry,
    /// What else was done on the way, looked at mostly.
    beside: Option<Box<Entry>>,
    changes: Vec<Change>,
}

/// One change. Each is one statement that holds its own check.
#[derive(Debug)]
pub enum Change {
    /// Remembers the first answer to a call; taken if the caller used the request id before.
    Remember(FirstAnswer),
    /// Adds a request, with what happened to it so far.
    NewEnrolment(Box<StoredEnrolment>, Vec<Event>),
    /// Moves a request on and writes its events, if it is at the version seen.
    SaveEnrolment(Box<Passage>, Version),
    /// Records what a supervisor decided about a referred request, with the sealed reason, if it is at the version seen.
    Review(Box<Passage>, Sealed, Version),
    /// Sends a request back to its office with what was said, sealed, if it is at the version seen.
    SendBack(Box<Passage>, Sealed, Version),
    /// Puts a correction in the place of what was handed in before, if the request is at the version seen.
    Correct(Box<Correction>, Version),
    /// Adds a challenge for active authentication.
    NewChallenge(ChipChallenge),
    /// Spends a challenge, if it is that officer's and can still be used.
    SpendChallenge(ChallengeId, StaffId),
    /// Binds a value to its owner; taken if it serves another.
    Bind(Binding),
    /// Takes one use of a value back.
    Release(Binding),
    /// Adds an account; taken if the number is.
    NewAccount(Box<StoredAccount>),
    /// Moves an account on, if it is at the version it carries.
    SaveAccount(Box<StoredAccount>),
    /// Records that a carrier took the account's notice.
    NoteNotice {
        /// The account.
        account: AccountId,
        /// When it was sent.
        sent: Timestamp,
        /// When it arrived, if that is known.
        delivered: Option<Timestamp>,
    },
    /// Adds documents to an account that is at the version seen, which has told from then on what it has.
    AddDocuments(AccountId, Vec<StoredDocument>, Version),
    /// Enters the documents of an account from a release before, if nobody did.
    EnterDocuments(AccountId, Vec<StoredDocument>),
    /// Keeps what the holder of an account is called from now on, beside what they were called before.
    NameHolder(Box<StoredName>),
    /// Holds that so many records name a passport, as whoever looked for cards of its holder saw.
    ExpectRecords(BlindIndex, u64),
    /// Keeps what the immigration database recorded of cards, in whatever order it comes: of each card the last counts.
    NoteCards(Vec<NotedCard>),
    /// Sets a ground that locks an account; taken if it stands.
    SetLock(Box<StoredLock>),
    /// Lifts a ground that stands, with the sealed reason.
    EndLock(LockId, StaffId, Sealed),
    /// Closes an account for good, if it is not closed.
    CloseAccount(AccountId, ClosingReason, Version),
    /// Keeps what came of looking at an account for what comes by itself, if it is as it was seen.
    LookAtLife(Box<LifeLook>),
    /// Sets when to look at accounts again for what comes by itself; of accounts at the versions seen, and no others.
    LookAtLifeLater(Vec<(AccountId, Option<Timestamp>, Version)>),
    /// Adds an order of an authority.
    NewOrder(Box<StoredOrder>),
    /// Moves an order on, with the sealed reason of a refusal, if it is at the version seen.
    SaveOrder(Box<Order>, Option<Sealed>, Version),
    /// Keeps documents that wait for a supervisor.
    KeepUpdate(Box<StoredUpdate>),
    /// Notes that the holder came to the app by the notice, if that was not known.
    NoteOpened(AccountId),
    /// Remembers that the holder is reminded, and when to look again, if the account is at the version seen.
    Remind(AccountId, Reminded, Option<Timestamp>, Version),
    /// Sets when to look whether holders are to be reminded; of accounts at the versions seen, and no others.
    LookAgain(Vec<(AccountId, Option<Timestamp>, Version)>),
    /// Notes that a code for activation was asked for; the first time counts.
    NoteAsked(AccountId),
    /// Puts a code into its slot, if the slot is at the version seen.
    PutCode(Box<SentCode>, Version),
    /// Notes that the code of a slot was sent again, if the slot is at the version seen.
    SendCodeAgain((AccountId, Purpose), SentAgain, Version),
    /// Lets no code of an account be tried before an instant.
    HoldTries(AccountId, Timestamp),
    /// Takes back the failures in a row of an account, and what holds up its next try.
    ForgiveFailures(AccountId),
    /// Takes back the failures in a row of an account that was activated another way.
    ClearFailures(AccountId),
    /// Spends a code, once.
    SpendCode((AccountId, Purpose), CodeId),
    /// Adds a contact change; taken if one of its kind is pending.
    NewChange(Box<StoredChange>),
    /// Moves a contact change on, if it is at the version seen.
    SaveChange(Box<ContactChange>, Version),
    /// Adds what waits for a second person; taken if one of its kind waits for the same target.
    NewProposal(Box<StoredProposal>),
    /// Ends a contact change whose second person declined it, if it still waits for one.
    DeclineChange(ChangeId),
    /// Keeps which message carried the last code of a contact change.
    NoteCodeMessage(ChangeId, MessageId),
    /// Has an open contact change looked at later, unless it was changed.
    PostponeChange(ChangeId, Timestamp, Version),
    /// Adds a claim to a number that serves an account; taken if one is open.
    OpenDispute(Box<StoredDispute>),
    /// Writes the ruling on such a claim, if it is at the version seen and open.
    ResolveDispute(DisputeId, (Ruling, StaffId, Timestamp), Version),
    /// Settles one, if it is at the version seen.
    SaveProposal(Box<Proposal>, Version),
    /// Queues a message.
    Send(SealedMessage),
    /// Settles an attempt to send a message.
    Settle(MessageId, u32, Settled),
    /// Keeps an attempt that is settled in the same unit, with the names that the carrier gave the parts.
    NoteAttempt(Attempt),
    /// Keeps a carrier's last word on a part, if it is the first one.
    NoteReport(Report),
    /// Has a message that failed tried again, if it is still of use.
    RetryMessage(MessageId),
    /// Lets a message that failed be.
    GiveUpMessage(MessageId),
    /// Holds every message that waits for a person: after a restore nobody knows which of them left.
    HoldMessages,
    /// Has the messages that were held tried, if they are still of use.
    ReleaseMessages,
    /// Adds what was captured with a request, whose objects are in the archive already.
    KeepCaptures(Box<StoredCaptures>),
    /// Puts new captures in the place of a request's earlier ones, which are deleted.
    ReplaceCaptures(Box<StoredCaptures>),
    /// Destroys the key of a request's captures and has the objects deleted, if they are still kept.
    EndCaptures(EnrolmentId, EndReason),
    /// Records that an object was deleted by that attempt.
    CaptureDeleted(CaptureId, u32),
    /// Adds the receipt of a submission, whose request is there already.
    KeepReceipt(StoredReceipt),
    /// Puts keys by which duplicates are found in place of those that a request had, if nobody came meanwhile who may be
    /// one.
    IndexDuplicates(Box<DuplicateKeys>),
    /// Takes the keys of a request away.
    ForgetDuplicates(EnrolmentId),
    /// Keeps the decision that two persons are not one; what was decided before stands.
    NotTheSame(Box<NotTheSame>),
    /// Enters a certificate in the staff directory; taken if it is there.
    NewStaff(Box<StaffMember>),
    /// Saves an entry that is at the version it carries, unless that took the last administrator away, as idle days are
    /// counted.
    SaveStaff(Box<StaffMember>, IdleDays),
    /// Announces another certificate of an entry that is at the version seen; taken if it is in the directory.
    AnnounceCertificate(StaffId, CertificateName, Version),
    /// Puts an announced certificate, which is shown, in the place of the others of its entry.
    TakeUpCertificate(StaffId, CertificateName),
    /// Notes when entries called last.
    NoteSeen(Vec<(StaffId, Timestamp)>),
    /// Begins to count the idle days of entries of which it is not known when they called last.
    BeginIdleCount,
    /// Keeps the sealed secret of an authenticator that is to be confirmed, in place of one that was not.
    BeginStaffTotp(StaffId, Sealed),
    /// Confirms the authenticator of that secret by a code of that step, with the digests of recovery codes.
    ConfirmStaffTotp(StaffId, Sealed, Step, Vec<CodeDigest>),
    /// Takes a step of an authenticator that is later than any before.
    AcceptStaffTotp(StaffId, Step),
    /// Uses a recovery code up, once.
    UseStaffRecovery(StaffId, CodeDigest),
    /// Lets no code of an entry be tried before an instant.
    HoldStaffTries(StaffId, Timestamp),
    /// Takes an authenticator away, with its recovery codes.
    ResetStaffTotp(StaffId),
    /// Adds a file of trust material; taken if it waits already.
    NewMaterial(Box<StoredMaterial>),
    /// Moves a file of trust material on, if it is at the version seen; taken if another of its publisher is in force.
    SaveMaterial(Box<Material>, Version),
    /// Puts an edition of the calendar in force; taken if another came in force since, or the name was used.
    AdoptCalendar(Box<CalendarText>, Version),
    /// Counts a change of the trust store, if it was changed as often as seen.
    ReviseTrust(Version),
    /// Adds dated records of units and offices, if offices were imported as often as seen.
    AddOffices(Vec<OfficeRecord>, Version),
    /// Records that a workstation was heard of, if it is that office's.
    SeeWorkstation(SeenWorkstation),
    /// Gives a workstation's name free, and keeps what came under it under another.
    ReleaseWorkstation(ReleasedWorkstation),
    /// Records what a workstation's number stands for; taken if it stands for another capture, or the workstation is another
    /// office's. One that was not taken in never takes the place of one that was.
    NoteCapture(Box<NotedCapture>),
    /// Counts that another content came under a number that stands for a capture.
    NoteDoubled(WorkstationId, CaptureNumber),
    /// Adds a challenge for a device to sign.
    NewDeviceChallenge(Challenge),
    /// Spends a challenge, if it can be answered and was not.
    SpendDeviceChallenge(ChallengeValue),
    /// Binds a device with its first certificate and its secret; taken if the account has a device, or the key was used.
    BindDevice(Box<BoundDevice>),
    /// Ends a device that is active, and revokes its certificates.
    EndDevice(DeviceId, DeviceEnd),
    /// Adds another certificate of a device that is active.
    RenewDevice(Box<DeviceCertificate>),
    /// Takes a step of a device's offline codes that is later than any before, with the drift of its clock.
    AcceptTotp(DeviceId, Step, i64),
    /// Puts a proof in person with the digest of its code in place of the account's earlier one.
    RecordProof(Box<CounterProof>, CodeDigest),
    /// Records that a second person agrees to a proof in person, if nobody did.
    CountersignProof(ProofId, StaffId),
    /// Uses a proof in person up, once.
    UseProof(ProofId),
    /// Keeps the certificate of an authority for devices; taken if it has one.
    FoundDeviceAuthority(AuthorityId, Vec<u8>),
    /// Publishes a list of revoked certificates, some of them for the first time, if the list before has the number seen.
    PublishDeviceList(Box<StoredList>, Vec<Serial>, Version),
}

impl Unit {
    /// A unit that so far changes nothing but the audit log.
    pub fn new(entry: Entry) -> Self {
        Self { entry, beside: None, changes: Vec::new() }
    }

    /// Whether a message waits to be sent from the commit on.
    pub(crate) fn sends(&self) -> bool {
        self.changes
            .iter()
            .any(|change| matches!(change, Change::Send(_) | Change::RetryMessage(_) | Change::ReleaseMessages))
    }

    /// The unit, with the entry of what was looked at on the way: nobody is answered by it before that is in the log.
    pub fn noting(mut self, look: Option<Entry>) -> Self {
        self.beside = look.map(Box::new).or(self.beside);
        self
    }

    /// The span of its way to the commit.
    pub(super) fn span(&self) -> Span {
        spans::unit(self.entry.action.name(), || {
            let messages = self.changes.iter().filter_map(|change| match change {
                Change::Send(message) => Some(message.id.to_string()),
                _ => None,
            });
            messages.collect::<Vec<_>>().join(",")
        })
    }

    /// The unit with one more change.
    pub fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// The unit with some more changes.
    pub fn with_all(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.extend(changes);
        self
    }

    pub(super) async fn apply(&self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        let mut happened = Happened::default();
        for change in &self.changes {
            change.apply(self.entry.at, &mut happened, conn).await?;
        }
        let entry = happened.told(self.entry.clone());
        happened.write(entry.at, conn).await?;
        if let Some(beside) = &self.beside {
            audit::append(beside, conn).await?;
        }
        audit::append(&entry, conn).await
    }
}

impl Change {
    async fn apply(&self, at: Timestamp, happened: &mut Happened, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        match self {
            Self::Remember(first) => requests::insert(first, at, conn).await,
            Self::NewEnrolment(stored, events) => enrolments::insert(stored, events, conn).await,
            Self::SaveEnrolment(passage, seen) => enrolments::save(passage, *seen, conn).await,
            Self::Review(passage, reason, seen) => enrolments::review(passage, reason, *seen, conn).await,
            Self::SendBack(passage, note, seen) => enrolments::send_back(passage, note, *seen, conn).await,
            Self::Correct(correction, seen) => enrolments::correct(correction, *seen, conn).await,
            Self::NewChallenge(drawn) => challenges::insert(drawn, at, conn).await,
            Self::SpendChallenge(id, officer) => challenges::spend(*id, *officer, at, conn).await,
            Self::Bind(binding) => bindings::bind(binding, conn).await,
            Self::Release(binding) => bindings::release(binding, conn).await,
            Self::NewAccount(stored) => accounts::insert(stored, happened, conn).await,
            Self::SaveAccount(stored) => accounts::save(stored, happened, conn).await,
            Self::NoteNotice { account, sent, delivered } => {
                accounts::note_notice(*account, (*sent, *delivered), happened, conn).await
            }
            Self::AddDocuments(account, added, seen) => {
                documents::add((*account, Some(*seen)), added, at, happened, conn).await
            }
            Self::EnterDocuments(account, added) => documents::enter(*account, added, at, happened, conn).await,
            Self::NameHolder(stored) => names::insert(stored, conn).await,
            Self::ExpectRecords(passport, count) => registry::expect(passport, *count, conn).await,
            Self::NoteCards(noted) => cards::note(noted, at, happened, conn).await,
            Self::SetLock(stored) => locks::set(stored, at, happened, conn).await,
            Self::EndLock(id, by, reason) => locks::end((*id, *by, reason), at, happened, conn).await,
            Self::CloseAccount(account, reason, seen) => {
                life::close((*account, *seen), *reason, at, happened, conn).await
            }
            Self::LookAtLife(look) => life::look(look, at, happened, conn).await,
            Self::LookAtLifeLater(looks) => life::look_later(looks, conn).await,
            Self::NewOrder(stored) => orders::insert(stored, conn).await,
            Self::SaveOrder(order, reason, seen) => orders::save(order, reason.as_ref(), *seen, conn).await,
            Self::KeepUpdate(stored) => documents::keep(stored, conn).await,
            Self::NoteOpened(account) => accounts::note_opened(*account, at, conn).await,
            Self::Remind(account, reminded, then, seen) => {
                reminders::remind(*account, *reminded, *then, *seen, conn).await
            }
            Self::LookAgain(looks) => reminders::look_again(looks, conn).await,
            Self::PutCode(code, seen) => codes::put(code, *seen, conn).await,
            Self::NoteAsked(account) => accounts::note_asked(*account, at, conn).await,
            Self::SendCodeAgain(slot, again, seen) => codes::send_again(*slot, again, *seen, conn).await,
            Self::HoldTries(account, until) => codes::hold(*account, *until, conn).await,
            Self::ForgiveFailures(account) => codes::forgive(*account, happened, conn).await,
            Self::ClearFailures(account) => codes::clear(*account, conn).await,
            Self::SpendCode(slot, code) => codes::spend(*slot, *code, at, conn).await,
            Self::NewChange(stored) => contact_changes::insert(stored, conn).await,
            Self::SaveChange(change, seen) => contact_changes::save(change, *seen, happened, conn).await,
            Self::NewProposal(stored) => proposals::insert(stored, conn).await,
            Self::SaveProposal(proposal, seen) => proposals::save(proposal, *seen, conn).await,
            Self::DeclineChange(id) => contact_changes::decline(*id, at, happened, conn).await,
            Self::NoteCodeMessage(id, message) => contact_changes::note_message(*id, *message, conn).await,
            Self::PostponeChange(id, at, seen) => contact_changes::postpone(*id, *at, *seen, conn).await,
            Self::OpenDispute(stored) => contact_disputes::insert(stored, conn).await,
            Self::ResolveDispute(id, ruling, seen) => contact_disputes::resolve(*id, *ruling, *seen, conn).await,
            Self::Send(message) => outbox::insert(message, at, conn).await,
            Self::Settle(id, attempt, settled) => outbox::settle(*id, *attempt, *settled, conn).await,
            Self::NoteAttempt(attempt) => delivery::note_attempt(attempt, happened, conn).await,
            Self::NoteReport(report) => delivery::note_report(report, at, happened, conn).await,
            Self::RetryMessage(id) => outbox::retry(*id, at, conn).await,
            Self::GiveUpMessage(id) => outbox::give_up(*id, conn).await,
            Self::HoldMessages => outbox::hold(at, conn).await,
            Self::ReleaseMessages => outbox::release(at, conn).await,
            Self::KeepCaptures(stored) => captures::insert(stored, at, conn).await,
            Self::ReplaceCaptures(stored) => captures::replace(stored, at, conn).await,
            Self::EndCaptures(enrolment, reason) => captures::end(*enrolment, *reason, at, conn).await,
            Self::CaptureDeleted(id, attempt) => captures::deleted(*id, *attempt, at, conn).await,
            Self::KeepReceipt(stored) => receipts::insert(stored, conn).await,
            Self::IndexDuplicates(new) => duplicates::index(new, conn).await,
            Self::ForgetDuplicates(enrolment) => duplicates::forget(*enrolment, conn).await,
            Self::NotTheSame(decided) => duplicates::decide(decided, at, conn).await,
            Self::NewStaff(member) => staff::insert(member, conn).await,
            Self::SaveStaff(member, idle) => staff::save(member, *idle, at, conn).await,
            Self::AnnounceCertificate(id, name, seen) => staff::announce(*id, name, *seen, at, conn).await,
            Self::TakeUpCertificate(id, name) => staff::take_up(*id, name, at, conn).await,
            Self::NoteSeen(seen) => staff::note_seen(seen, conn).await,
            Self::BeginIdleCount => staff::begin_count(at, conn).await,
            Self::BeginStaffTotp(id, secret) => staff_codes::begin(*id, secret, at, conn).await,
            Self::ConfirmStaffTotp(id, secret, step, recovery) => {
                staff_codes::confirm((*id, secret), *step, recovery, conn).await
            }
            Self::AcceptStaffTotp(id, step) => staff_codes::accept(*id, *step, conn).await,
            Self::UseStaffRecovery(id, digest) => staff_codes::use_up(*id, digest, at, conn).await,
            Self::HoldStaffTries(id, until) => staff_codes::hold(*id, *until, conn).await,
            Self::ResetStaffTotp(id) => staff_codes::reset(*id, conn).await,
            Self::NewMaterial(stored) => trust::insert(stored, conn).await,
            Self::SaveMaterial(material, seen) => trust::save(material, *seen, conn).await,
            Self::AdoptCalendar(calendar, seen) => calendars::insert(calendar, *seen, at, conn).await,
            Self::ReviseTrust(seen) => trust::revise(*seen, conn).await,
            Self::AddOffices(records, seen) => offices::add(records, *seen, conn).await,
            Self::SeeWorkstation(seen) => workstations::hear(seen, at, conn).await,
            Self::ReleaseWorkstation(released) => workstations::release(released, conn).await,
            Self::NoteCapture(noted) => workstations::note(noted, at, conn).await,
            Self::NoteDoubled(workstation, number) => workstations::note_doubled(workstation, *number, conn).await,
            Self::NewDeviceChallenge(drawn) => device_challenges::insert(drawn, at, conn).await,
            Self::SpendDeviceChallenge(value) => device_challenges::spend(*value, at, conn).await,
            Self::BindDevice(bound) => devices::bind(bound, happened, conn).await,
            Self::EndDevice(id, reason) => devices::end((*id, *reason), at, happened, conn).await,
            Self::RenewDevice(certificate) => devices::renew(certificate, conn).await,
            Self::AcceptTotp(device, step, drift) => device_tries::accept(*device, *step, *drift, conn).await,
            Self::RecordProof(proof, digest) => device_tries::record(proof, digest, conn).await,
            Self::CountersignProof(id, by) => device_tries::countersign(*id, *by, at, conn).await,
            Self::UseProof(id) => device_tries::use_up(*id, at, conn).await,
            Self::FoundDeviceAuthority(id, certificate) => device_lists::found(*id, certificate, at, conn).await,
            Self::PublishDeviceList(list, newly, seen) => device_lists::publish(list, newly, *seen, conn).await,
        }
    }
}
