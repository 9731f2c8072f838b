//! Makes records to keep: the same ones in the same order in every run, each unlike any other. Asks no clock.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use eid::domain::account::{Account, AccountState, Notice, Progress};
use eid::domain::application::Language;
use eid::domain::audit::{Action, Actor, Entry};
use eid::domain::calendar::Edition;
use eid::domain::capture::CaptureKind;
use eid::domain::code::{Purpose, Sends, SentCode};
use eid::domain::contact::{AccountPrint, ChangeState, ContactChange, ContactKind, Tier};
use eid::domain::deadline::{Basis, Deadline};
use eid::domain::enrolment::{Enrolment, Event, Lease, Passage, Stage, Verb};
use eid::domain::ids::{
    AccountId, CaptureId, ChangeId, CodeId, EnrolmentId, EntryId, LeaseId, MessageId, RequestId, StaffId, Version,
};
use eid::domain::life::Life;
use eid::domain::sealed::{BlindIndex, CodeDigest, ContentDigest, Sealed};
use eid::domain::staff::{CertificateName, OfficeCode, Post, Role, StaffMember};
use eid::domain::time::Timestamp;
use eid::store::{
    FirstAnswer, SealedMessage, StoredAccount, StoredCaptures, StoredChange, StoredEnrolment, StoredObject,
    StoredRecord,
};
use eid::sys::Dice;
use uuid::Uuid;

/// The instant at which everything happens that is not said to happen later.
pub const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

/// So long after [`NOW`].
pub fn later(secs: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(secs))
}

/// The office that every officer here belongs to.
pub fn office() -> OfficeCode {
    OfficeCode::parse("79-01").unwrap()
}

/// The name of an edition of the calendar.
pub fn edition(name: &str) -> Edition {
    Edition::parse(name).unwrap()
}

/// Makes records.
pub struct Records {
    dice: Dice,
    drawn: AtomicI64,
}

impl Records {
    /// Begins the sequence.
    pub fn new() -> Self {
        Self { dice: Dice::seeded(1), drawn: AtomicI64::new(0) }
    }

    /// An identifier that sorts after all those drawn before.
    pub fn id(&self) -> Uuid {
        let millis = self.drawn.fetch_add(1, Ordering::SeqCst);
        self.dice.id(Timestamp::from_micros(NOW.micros() + millis * 1_000))
    }

    /// Something sealed.
    pub fn sealed(&self) -> Sealed {
        Sealed::from_bytes(self.dice.bytes::<48>().to_vec())
    }

    /// A blind index.
    pub fn index(&self) -> BlindIndex {
        BlindIndex::from_bytes(self.dice.bytes::<32>().to_vec())
    }

    /// An audit entry.
    pub fn entry(&self, at: Timestamp, subject: Uuid) -> Entry {
        Entry {
            id: EntryId::new(self.id()),
            at,
            actor: Actor::Console,
            action: Action::AccountViewed,
            subject,
            facts: BTreeMap::from([("office", office().to_string())]),
        }
    }

    /// Someone who may call.
    pub fn staff(&self, role: Role) -> StaffMember {
        let id = StaffId::new(self.id());
        let certificate = CertificateName { issuer: "CN=Test".into(), uri: format!("spiffe://eid.test/{id}") };
        StaffMember::new(id, certificate, Post::new(role, role.has_office().then(office)).unwrap(), NOW)
    }

    /// A request that waits for the authority, without anything that may be absent.
    pub fn enrolment(&self, officer: StaffId) -> StoredEnrolment {
        StoredEnrolment {
            enrolment: Enrolment {
                id: EnrolmentId::new(self.id()),
                office: office(),
                officer,
                received_at: NOW,
                since: NOW,
                revision: 1,
                notes: Vec::new(),
                biometrics_on_file: None,
                review: None,
                chip: None,
                stage: Stage::Forwarded { lease: None },
                deadline: Some(Deadline {
                    due_at: later(3 * 86_400),
                    basis: Basis::NotOnFile,
                    limit: 7,
                    spent: 0,
                    ran: Vec::new(),
                    running_since: Some(NOW),
                    edition: edition("first"),
                    provisional: false,
                }),
                act_by: None,
            },
            content: self.sealed(),
            passport: self.index(),
            representative: None,
            review_reason: None,
            return_note: None,
            version: Version::new(1),
        }
    }

    /// An account that awaits activation, without anything that may be absent.
    pub fn account(&self, enrolment: EnrolmentId) -> StoredAccount {
        StoredAccount {
            account: Account {
                id: AccountId::new(self.id()),
                enrolment,
                represented: false,
                language: Language::Vi,
                issued_at: NOW,
                notice: Notice::default(),
                reopened: None,
                progress: Progress::default(),
                state: AccountState::Awaiting,
                life: Life::default(),
            },
            number: self.sealed(),
            number_index: self.index(),
            phone: self.sealed(),
            phone_index: self.index(),
            login_index: self.index(),
            email: None,
            passport: self.index(),
            representative: None,
            papers_known: false,
            version: Version::new(1),
        }
    }

    /// What was captured with a request: a face and a finger.
    pub fn captures(&self, enrolment: EnrolmentId) -> StoredCaptures {
        let object = |kind| StoredObject {
            id: CaptureId::new(self.id()),
            kind,
            sealed_bytes: 48,
            sealed_hash: self.dice.bytes(),
        };
        let objects = vec![object(CaptureKind::Face), object(CaptureKind::Fingerprint)];
        StoredCaptures { enrolment, secret: Some(self.sealed()), ended: None, objects }
    }

    /// A code that lives for three minutes and may be tried five times.
    pub fn code(&self, account: AccountId, purpose: Purpose, sent_at: Timestamp) -> SentCode {
        SentCode {
            device: None,
            account,
            purpose,
            id: CodeId::new(self.id()),
            digest: CodeDigest::from_bytes(self.dice.bytes::<32>().to_vec()),
            sealed: self.sealed(),
            sent_at,
            expires_at: sent_at.plus(Duration::from_mins(3)),
            tries_max: 5,
            sends: Sends::default().sent(sent_at),
        }
    }

    /// A contact change that was just begun.
    pub fn change(&self, account: AccountId, kind: ContactKind) -> StoredChange {
        StoredChange {
            change: ContactChange {
                id: ChangeId::new(self.id()),
                account,
                kind,
                tier: Tier::DeviceAndContact,
                begun_at: NOW,
                expires_at: later(600),
                repeats: None,
                state: ChangeState::AwaitingCode,
            },
            new_value: self.sealed(),
            print: Some(AccountPrint(self.dice.bytes())),
            link: Some(BlindIndex::from_bytes(self.dice.bytes::<32>().to_vec())),
            office: None,
            version: Version::new(1),
        }
    }

    /// A message that is always worth sending.
    pub fn message(&self, account: AccountId) -> SealedMessage {
        SealedMessage {
            id: MessageId::new(self.id()),
            account,
            kind: "account_notice",
            content: self.sealed(),
            useful_until: None,
        }
    }

    /// A record of the immigration database, of a card of its own.
    pub fn record(&self, recorded_at: Timestamp) -> StoredRecord {
        let (card, content) = (self.index(), self.sealed());
        StoredRecord { card, document: Some(self.index()), content, recorded_at, strictness: 0 }
    }

    /// A first answer.
    pub fn answer(&self, caller: StaffId) -> FirstAnswer {
        FirstAnswer {
            caller,
            request: RequestId::new(self.id()),
            content: ContentDigest::from_bytes(self.dice.bytes::<32>().to_vec()),
            answer: format!(r#"{{"id":"{}"}}"#, self.id()),
        }
    }
}

/// That a request was taken in.
pub fn received(stored: &StoredEnrolment) -> Vec<Event> {
    let enrolment = &stored.enrolment;
    vec![Event {
        verb: Verb::Receive,
        at: enrolment.received_at,
        by: Actor::Staff(enrolment.officer).to_string(),
        from: None,
        to: enrolment.stage.name(),
        reason: None,
        lease: None,
    }]
}

/// The passage by which a request came where it stands, out of the authority's hands or a supervisor's.
pub fn passage_to(reached: &Enrolment) -> Passage {
    let (lease, other) = (LeaseId::new(Uuid::nil()), StaffId::new(Uuid::max()));
    let held = Stage::Forwarded { lease: Some(Lease { id: lease, expires_at: NOW }) };
    let from = |stage| Enrolment { stage, ..reached.clone() };
    match reached.stage.clone() {
        Stage::Issued { account, at } => from(held).issue(lease, account, other, at).unwrap(),
        Stage::Refused { reason, at } => from(held).refuse(lease, reason, other, at).unwrap(),
        Stage::Returned { reason } => from(held).return_claimed(lease, reason, other, reached.since).unwrap(),
        Stage::Withdrawn { reason, at } => from(Stage::Referred).withdraw(other, reason, at).unwrap(),
        Stage::Forwarded { .. } => {
            let rules = reached.referred_by();
            from(Stage::Referred).override_referral(other, &rules, reached.since).unwrap()
        }
        Stage::Received | Stage::Referred => panic!("no passage of a stored request leads here"),
    }
}
