//! Sealing and opening of what the store keeps, each in its place.

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::captures::Secret;
use super::{App, Error};
use crate::domain::account::IdentityNumber;
use crate::domain::application::Application;
use crate::domain::code::Code;
use crate::domain::contact::{Contact, ContactKind, Email, Phone};
use crate::domain::device::TotpSecret;
use crate::domain::ids::{
    AccountId, ChangeId, CodeId, DeviceId, DisputeId, DocumentId, EnrolmentId, LockId, MessageId, OrderId, StaffId,
    UpdateId,
};
use crate::domain::life::{Bearer, DocumentUpdate, ShownDocument};
use crate::domain::message::{CodeText, Message, MessageContent};
use crate::domain::order::OrderContent;
use crate::domain::proposal::{Proposal, ProposalKind};
use crate::domain::record::Record;
use crate::domain::review::{ReturnNote, ReviewReason};
use crate::domain::sealed::{BlindIndex, Sealed};
use crate::store::{
    Change, ClaimedMessage, SealedMessage, StoredAccount, StoredCaptures, StoredChange, StoredDispute, StoredEnrolment,
    StoredLock, StoredName, StoredOrder, StoredProposal, StoredRecord, StoredUpdate,
};
use crate::vault::Place;

pub(super) const fn place(table: &'static str, column: &'static str, row: Uuid) -> Place {
    Place { table, column, row }
}

/// Wishes to open the way to activation again had a table of their own before; their reasons stay sealed as they were.
const fn reason_of(proposal: &Proposal) -> Place {
    let table = match proposal.act.kind() {
        ProposalKind::Reopening => "reopening",
        ProposalKind::LockLift
        | ProposalKind::CentralLockLift
        | ProposalKind::Closing
        | ProposalKind::DocumentUpdate
        | ProposalKind::ContactInPerson
        | ProposalKind::ContactByAuthority
        | ProposalKind::Staff => "proposal",
    };
    place(table, "reason", proposal.id.uuid())
}

impl App {
    pub(super) fn seal_application(&self, id: EnrolmentId, application: &Application) -> Result<Sealed, Error> {
        self.seal(place("enrolment", "content", id.uuid()), application)
    }

    pub(super) fn open_application(&self, stored: &StoredEnrolment) -> Result<Application, Error> {
        self.open_content(stored.enrolment.id, &stored.content)
    }

    /// An application that is held, or was before a correction.
    pub(super) fn open_content(&self, id: EnrolmentId, content: &Sealed) -> Result<Application, Error> {
        self.open(place("enrolment", "content", id.uuid()), content)
    }

    pub(super) fn seal_review_reason(&self, id: EnrolmentId, reason: &ReviewReason) -> Result<Sealed, Error> {
        self.seal(place("enrolment", "review_reason", id.uuid()), reason)
    }

    pub(super) fn open_review_reason(&self, stored: &StoredEnrolment) -> Result<Option<ReviewReason>, Error> {
        let place = place("enrolment", "review_reason", stored.enrolment.id.uuid());
        stored.review_reason.as_ref().map(|sealed| self.open(place, sealed)).transpose()
    }

    pub(super) fn seal_return_note(&self, id: EnrolmentId, note: &ReturnNote) -> Result<Sealed, Error> {
        self.seal(place("enrolment", "return_note", id.uuid()), note)
    }

    pub(super) fn open_return_note(
        &self,
        id: EnrolmentId,
        sealed: Option<&Sealed>,
    ) -> Result<Option<ReturnNote>, Error> {
        sealed.map(|sealed| self.open(place("enrolment", "return_note", id.uuid()), sealed)).transpose()
    }

    pub(super) fn seal_number(&self, id: AccountId, number: &IdentityNumber) -> Result<Sealed, Error> {
        self.seal(place("account", "number", id.uuid()), number)
    }

    pub(super) fn open_number(&self, stored: &StoredAccount) -> Result<IdentityNumber, Error> {
        self.open(place("account", "number", stored.account.id.uuid()), &stored.number)
    }

    pub(super) fn seal_phone(&self, id: AccountId, phone: &Phone) -> Result<(Sealed, BlindIndex), Error> {
        Ok((self.seal(place("account", "phone", id.uuid()), phone)?, self.vault().phone(phone)))
    }

    pub(super) fn open_phone(&self, stored: &StoredAccount) -> Result<Phone, Error> {
        self.open(place("account", "phone", stored.account.id.uuid()), &stored.phone)
    }

    pub(super) fn seal_email(&self, id: AccountId, email: &Email) -> Result<(Sealed, BlindIndex), Error> {
        Ok((self.seal(place("account", "email", id.uuid()), email)?, self.vault().email(email)))
    }

    pub(super) fn open_email(&self, stored: &StoredAccount) -> Result<Option<Email>, Error> {
        let sealed = stored.email.as_ref().map(|(sealed, _)| sealed);
        sealed.map(|sealed| self.open(place("account", "email", stored.account.id.uuid()), sealed)).transpose()
    }

    pub(super) fn seal_new_contact(&self, id: ChangeId, contact: &Contact) -> Result<Sealed, Error> {
        self.seal(place("contact_change", "new_value", id.uuid()), contact)
    }

    pub(super) fn open_new_contact(&self, stored: &StoredChange) -> Result<Contact, Error> {
        self.open(place("contact_change", "new_value", stored.change.id.uuid()), &stored.new_value)
    }

    pub(super) fn seal_disputed_phone(&self, id: DisputeId, phone: &Phone) -> Result<Sealed, Error> {
        self.seal(place("contact_dispute", "phone", id.uuid()), phone)
    }

    pub(super) fn open_disputed_phone(&self, stored: &StoredDispute) -> Result<Phone, Error> {
        self.open(place("contact_dispute", "phone", stored.dispute.id.uuid()), &stored.phone)
    }

    pub(super) fn seal_proposal_reason(&self, proposal: &Proposal, reason: &ReviewReason) -> Result<Sealed, Error> {
        self.seal(reason_of(proposal), reason)
    }

    pub(super) fn open_proposal_reason(&self, stored: &StoredProposal) -> Result<ReviewReason, Error> {
        self.open(reason_of(&stored.proposal), &stored.reason)
    }

    pub(super) fn seal_document(&self, id: DocumentId, document: &ShownDocument) -> Result<Sealed, Error> {
        self.seal(place("account_document", "content", id.uuid()), document)
    }

    pub(super) fn seal_lock_evidence(&self, id: LockId, evidence: &ReviewReason) -> Result<Sealed, Error> {
        self.seal(place("lock_ground", "evidence", id.uuid()), evidence)
    }

    pub(super) fn open_lock_evidence(&self, stored: &StoredLock) -> Result<ReviewReason, Error> {
        self.open(place("lock_ground", "evidence", stored.lock.id.uuid()), &stored.evidence)
    }

    pub(super) fn seal_lock_end(&self, id: LockId, reason: &ReviewReason) -> Result<Sealed, Error> {
        self.seal(place("lock_ground", "end_reason", id.uuid()), reason)
    }

    pub(super) fn seal_update(&self, id: UpdateId, update: &DocumentUpdate) -> Result<Sealed, Error> {
        self.seal(place("document_update", "content", id.uuid()), update)
    }

    pub(super) fn open_update(&self, stored: &StoredUpdate) -> Result<DocumentUpdate, Error> {
        self.open(place("document_update", "content", stored.id.uuid()), &stored.content)
    }

    pub(super) fn seal_name(&self, id: UpdateId, bearer: &Bearer) -> Result<Sealed, Error> {
        self.seal(place("account_name", "content", id.uuid()), bearer)
    }

    pub(super) fn open_name(&self, stored: &StoredName) -> Result<Bearer, Error> {
        self.open(place("account_name", "content", stored.id.uuid()), &stored.content)
    }

    pub(super) fn seal_order(&self, id: OrderId, content: &OrderContent) -> Result<Sealed, Error> {
        self.seal(place("lock_order", "content", id.uuid()), content)
    }

    pub(super) fn open_order(&self, stored: &StoredOrder) -> Result<OrderContent, Error> {
        self.open(place("lock_order", "content", stored.order.id.uuid()), &stored.content)
    }

    pub(super) fn open_order_reason(&self, stored: &StoredOrder) -> Result<Option<ReviewReason>, Error> {
        let place = place("lock_order", "reason", stored.order.id.uuid());
        stored.reason.as_ref().map(|sealed| self.open(place, sealed)).transpose()
    }

    pub(super) fn seal_order_reason(&self, id: OrderId, reason: &ReviewReason) -> Result<Sealed, Error> {
        self.seal(place("lock_order", "reason", id.uuid()), reason)
    }

    /// A code with where it goes, for sending it there again.
    pub(super) fn seal_code(&self, id: CodeId, to: &Contact, code: &Code) -> Result<Sealed, Error> {
        self.seal(place("code", "sealed", id.uuid()), &(to, CodeText(code.clone())))
    }

    pub(super) fn open_code(&self, id: CodeId, sealed: &Sealed) -> Result<(Contact, Code), Error> {
        let (to, CodeText(code)) = self.open(place("code", "sealed", id.uuid()), sealed)?;
        Ok((to, code))
    }

    pub(super) fn seal_captures(&self, id: EnrolmentId, secret: &Secret) -> Result<Sealed, Error> {
        self.seal(place("capture_set", "secret", id.uuid()), secret)
    }

    /// `None` once they have ended.
    pub(super) fn open_captures(&self, stored: &StoredCaptures) -> Result<Option<Secret>, Error> {
        let open = |secret| self.open(place("capture_set", "secret", stored.enrolment.uuid()), secret);
        stored.secret.as_ref().map(open).transpose()
    }

    pub(super) fn seal_record(&self, stored: &StoredRecord, record: &Record) -> Result<Sealed, Error> {
        self.seal(place("registry_record", "content", stored.row()), record)
    }

    pub(super) fn open_record(&self, stored: &StoredRecord) -> Result<Record, Error> {
        self.open(place("registry_record", "content", stored.row()), &stored.content)
    }

    pub(super) fn seal_totp(&self, id: DeviceId, secret: &TotpSecret) -> Result<Sealed, Error> {
        Ok(self.vault().seal(place("device_totp", "secret", id.uuid()), secret.as_bytes())?)
    }

    pub(super) fn open_totp(&self, id: DeviceId, sealed: &Sealed) -> Result<TotpSecret, Error> {
        let place = place("device_totp", "secret", id.uuid());
        let opened = self.vault().open(place, sealed)?;
        TotpSecret::from_bytes(&opened).ok_or_else(|| Error::Broken(Box::new(Unreadable(place))))
    }

    pub(super) fn seal_staff_totp(&self, id: StaffId, secret: &TotpSecret) -> Result<Sealed, Error> {
        Ok(self.vault().seal(place("staff_totp", "secret", id.uuid()), secret.as_bytes())?)
    }

    pub(super) fn open_staff_totp(&self, id: StaffId, sealed: &Sealed) -> Result<TotpSecret, Error> {
        let place = place("staff_totp", "secret", id.uuid());
        let opened = self.vault().open(place, sealed)?;
        TotpSecret::from_bytes(&opened).ok_or_else(|| Error::Broken(Box::new(Unreadable(place))))
    }

    /// Queues a message: destination, language and text are sealed as they are now.
    pub(super) fn send(&self, message: &Message) -> Result<Change, Error> {
        let content = self.seal(place("outbox", "content", message.id.uuid()), &message.content)?;
        let (id, account, kind) = (message.id, message.account, message.content.notice.kind());
        Ok(Change::Send(SealedMessage { id, account, kind, content, useful_until: message.useful_until }))
    }

    pub(super) fn open_message(&self, claimed: &ClaimedMessage) -> Result<MessageContent, Error> {
        self.open(place("outbox", "content", MessageId::uuid(claimed.id)), &claimed.content)
    }

    /// The account with another phone or address.
    pub(super) fn with_contact(&self, mut stored: StoredAccount, new: &Contact) -> Result<StoredAccount, Error> {
        match new {
            Contact::Phone(phone) => {
                stored.login_index = self.vault().login(&self.open_number(&stored)?, phone);
                (stored.phone, stored.phone_index) = self.seal_phone(stored.account.id, phone)?;
            }
            Contact::Email(email) => stored.email = Some(self.seal_email(stored.account.id, email)?),
        }
        Ok(stored)
    }

    /// The live ways to reach the holder, of one kind or of both.
    pub(super) fn contacts(&self, stored: &StoredAccount, kind: Option<ContactKind>) -> Result<Vec<Contact>, Error> {
        let mut contacts = vec![Contact::Phone(self.open_phone(stored)?)];
        contacts.extend(self.open_email(stored)?.map(Contact::Email));
        contacts.retain(|contact| kind.is_none_or(|kind| contact.kind() == kind));
        Ok(contacts)
    }

    fn seal<T: Serialize>(&self, place: Place, clear: &T) -> Result<Sealed, Error> {
        let text = serde_json::to_vec(clear).map_err(|error| Error::Broken(Box::new(error)))?;
        Ok(self.vault().seal(place, &Zeroizing::new(text))?)
    }

    fn open<T: DeserializeOwned>(&self, place: Place, sealed: &Sealed) -> Result<T, Error> {
        let text = self.vault().open(place, sealed)?;
        // What serde says of a value may quote it: only the place goes into the error.
        serde_json::from_slice(&text).map_err(|_| Error::Broken(Box::new(Unreadable(place))))
    }
}

/// A sealed value that opens and yet is not what its place holds.
#[derive(Debug, thiserror::Error)]
#[error("the value at {}.{} is not of its kind", .0.table, .0.column)]
struct Unreadable(Place);
