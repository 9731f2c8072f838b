//! The hand-over: the authority claims requests under a lease and records its decisions.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::repeat::Attempt;
use super::{ATTEMPTS_MAX, App, Caller, Error, Missing, Repeat};
use crate::domain::account::{Account, IdentityNumber};
use crate::domain::application::Application;
use crate::domain::audit::Action;
use crate::domain::capture::EndReason;
use crate::domain::contact::Contact;
use crate::domain::enrolment::{Enrolment, Lease, RefusalReason, ReturnReason, Stage};
use crate::domain::ids::{AccountId, EnrolmentId, LeaseId, MessageId, Version};
use crate::domain::life::ShownDocument;
use crate::domain::message::{Message, MessageContent, NoticeText};
use crate::domain::review::{ReturnNote, ReviewReason};
use crate::domain::text::Malformed;
use crate::domain::time::Timestamp;
use crate::store::{Change, Claim, Holder, Reader, StoreError, StoredAccount, StoredEnrolment, Unit};

/// Requests handed over under one lease.
#[derive(Debug)]
pub struct ClaimedEnrolments {
    /// The lease.
    pub lease: Lease,
    /// Oldest first.
    pub enrolments: Vec<ClaimedEnrolment>,
}

/// A request handed over.
#[derive(Debug)]
pub struct ClaimedEnrolment {
    /// What may be known without opening it.
    pub enrolment: Enrolment,
    /// What it holds; absent if it does not open. It is handed over all the same, so that both sides count the same set.
    pub content: Option<ClaimedContent>,
}

/// What a request holds.
#[derive(Debug)]
pub struct ClaimedContent {
    /// What was handed in.
    pub application: Application,
    /// Why a supervisor sent it on, if one did.
    pub review_reason: Option<ReviewReason>,
}

/// What the authority decides.
#[derive(Debug)]
pub enum Decision {
    /// The account shall exist, with this number.
    Approve(IdentityNumber),
    /// It shall not.
    Refuse(RefusalReason),
    /// The office is asked for more: what, and in which words.
    MoreInformation(ReturnReason, ReturnNote),
}

/// A decision as it was recorded.
#[derive(Debug)]
pub struct Decided {
    /// [`Stage::Issued`], [`Stage::Refused`] or [`Stage::Returned`].
    pub stage: Stage,
    /// When it was recorded.
    pub at: Timestamp,
}

/// The first answer to a decision: the request's name; its stage, if it is final. One that was returned has moved on since.
#[derive(Serialize, Deserialize)]
struct Recorded {
    enrolment: EnrolmentId,
    /// Set if the office was asked for more: the reason's name, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    returned: Option<(String, i64)>,
}

impl Recorded {
    /// The decision as it was first answered.
    fn decided(self, enrolment: Enrolment) -> Decided {
        let returned = self.returned.and_then(|(name, at)| ReturnReason::from_name(&name).zip(Some(at)));
        match returned {
            Some((reason, at)) => Decided { stage: Stage::Returned { reason }, at: Timestamp::from_micros(at) },
            None => Decided { at: enrolment.since, stage: enrolment.stage },
        }
    }
}

impl App {
    /// Hands over up to `limit` waiting requests, oldest first, for `lease`; `None` if nothing waits.
    ///
    /// # Errors
    /// [`Error::Contended`] if other claims took all that this one was after, or if the store cannot be asked.
    pub async fn claim(&self, by: &Caller, limit: u32, lease: Duration) -> Result<Option<ClaimedEnrolments>, Error> {
        let now = self.clock().now();
        let lease = Lease { id: LeaseId::new(self.dice().id(now)), expires_at: now.plus(lease) };
        for _ in 0..ATTEMPTS_MAX {
            let entry = self.entry(now, by.actor(), Action::EnrolmentsClaimed, lease.id.uuid());
            let rows = match self.store().claim_enrolments(Claim { limit, lease, now }, entry).await {
                Err(StoreError::Changed) => continue,
                claimed => claimed?,
            };
            if !rows.is_empty() {
                self.streams.ring();
                let enrolments = rows.into_iter().map(|row| self.handed_over(row)).collect();
                return Ok(Some(ClaimedEnrolments { lease, enrolments }));
            }
            // Another claim may have taken just those that this one was after, while others wait behind them.
            if !self.store().reader().await?.enrolments_wait(now).await? {
                return Ok(None);
            }
        }
        Err(Error::Contended)
    }

    fn handed_over(&self, row: StoredEnrolment) -> ClaimedEnrolment {
        let content = match self.opened(&row) {
            Ok((application, review_reason)) => Some(ClaimedContent { application, review_reason }),
            Err(error) => {
                let (enrolment, error) = (row.enrolment.id, &error as &dyn std::error::Error);
                tracing::error!(%enrolment, error, "a request does not open and was handed over without its content");
                None
            }
        };
        ClaimedEnrolment { enrolment: row.enrolment, content }
    }

    pub(super) fn opened(&self, stored: &StoredEnrolment) -> Result<(Application, Option<ReviewReason>), Error> {
        Ok((self.open_application(stored)?, self.open_review_reason(stored)?))
    }

    /// Records a decision made under `lease`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::CannotDecide`], [`Error::NumberTaken`], [`Error::RequestIdReused`].
    pub async fn decide(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (id, lease): (EnrolmentId, LeaseId),
        decision: &Decision,
    ) -> Result<Decided, Error> {
        let now = self.clock().now();
        self.has_right_length(decision)?;
        self.once(by, repeat, || self.decide_once(by, repeat, (id, lease), decision, now)).await?
    }

    /// The inner result is the answer, refusals included: they are looked at again if another copy of the call won.
    async fn decide_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (id, lease): (EnrolmentId, LeaseId),
        decision: &Decision,
        now: Timestamp,
    ) -> Result<Attempt<Result<Decided, Error>>, Error> {
        let mut reader = self.store().reader().await?;
        let before: Option<Recorded> = self.first_answer(&mut reader, by, repeat).await?;
        let found = reader.enrolment(before.as_ref().map_or(id, |first| first.enrolment)).await?;
        let stored = found.ok_or(Error::NotFound(Missing::Enrolment))?;
        if let Some(before) = before {
            return Ok(Attempt::Answered(Ok(before.decided(stored.enrolment))));
        }
        let decided = match decision {
            Decision::Approve(number) => self.approved(&mut reader, by, repeat, &stored, (lease, number), now).await,
            // Nobody needs what was captured for a request that is refused.
            Decision::Refuse(reason) => {
                let ended = self.end_captures(&mut reader, id, EndReason::Refused).await?;
                self.refused(by, repeat, &stored, lease, *reason, now)
                    .map(|(stage, unit)| (stage, unit.with_all(ended)))
            }
            Decision::MoreInformation(reason, note) => {
                self.returned(&mut reader, by, repeat, &stored, (lease, *reason, note), now).await
            }
        };
        Ok(match decided {
            Ok((stage, unit)) => Attempt::Change(Ok(Decided { stage, at: now }), unit),
            Err(refusal) => Attempt::Unchanged(Err(refusal)),
        })
    }

    fn has_right_length(&self, decision: &Decision) -> Result<(), Error> {
        const WRONG: Malformed = Malformed::new(
            "Not as many digits as identification numbers have here (setting accounts.identity_number_digits).",
            "Số chữ số không đúng với độ dài số định danh đang áp dụng (cấu hình accounts.identity_number_digits).",
        );
        let right = match decision {
            Decision::Approve(number) => number.has_digits(self.settings().number_digits),
            Decision::Refuse(_) | Decision::MoreInformation(..) => true,
        };
        right.then_some(()).ok_or(Error::Field { field: "approval.identity_number", fault: WRONG })
    }

    async fn approved(
        &self,
        reader: &mut Reader,
        by: &Caller,
        repeat: &Repeat,
        stored: &StoredEnrolment,
        (lease, number): (LeaseId, &IdentityNumber),
        now: Timestamp,
    ) -> Result<(Stage, Unit), Error> {
        let account = AccountId::new(self.dice().id(now));
        let application = self.open_application(stored)?;
        let passage = stored.enrolment.clone().issue(lease, account, by.id(), now)?;
        let (id, stage) = (passage.enrolment().id, passage.enrolment().stage.clone());
        let entry = self
            .entry(now, by.actor(), Action::AccountIssued, id.uuid())
            .with("account", account.to_string())
            .with("lease", lease.to_string());
        let holder = Holder { account, enrolment: id };
        let shown = ShownDocument::of(&application);
        let recorded = self.recorded_cards(reader, holder, std::slice::from_ref(&application), &shown).await?;
        let (joining, cards) = recorded.join();
        let mut documents =
            self.documents_of_request(account, &application, by.id().uuid(), stored.enrolment.received_at)?;
        documents.extend(cards);
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Recorded { enrolment: id, returned: None })?)
            // Whoever waits for a turn at the passport holds nothing meanwhile that others need.
            .with_all(joining)
            .with(Change::SaveEnrolment(Box::new(passage), stored.version))
            .with(Change::NewAccount(Box::new(self.issued(account, stored, &application, number, now)?)))
            .with(Change::AddDocuments(account, documents, Version::new(1)))
            .with(self.send(&self.issue_notice(account, &application, now))?);
        Ok((stage, unit))
    }

    fn issued(
        &self,
        id: AccountId,
        stored: &StoredEnrolment,
        application: &Application,
        number: &IdentityNumber,
        now: Timestamp,
    ) -> Result<StoredAccount, Error> {
        let represented = application.representative.is_some();
        let (phone, phone_index) = self.seal_phone(id, &application.phone)?;
        Ok(StoredAccount {
            account: Account::issue(id, stored.enrolment.id, represented, application.language, now),
            number: self.seal_number(id, number)?,
            number_index: self.vault().number(number),
            phone,
            phone_index,
            login_index: self.vault().login(number, &application.phone),
            email: application.email.as_ref().map(|email| self.seal_email(id, email)).transpose()?,
            passport: stored.passport.clone(),
            papers_known: false,
            representative: stored.representative.clone(),
            version: Version::NONE,
        })
    }

    fn issue_notice(&self, account: AccountId, application: &Application, now: Timestamp) -> Message {
        let to = Contact::Phone(application.phone.clone());
        let content = MessageContent { to, language: application.language, notice: NoticeText::AccountIssued };
        Message { id: MessageId::new(self.dice().id(now)), account, content, useful_until: None }
    }

    fn refused(
        &self,
        by: &Caller,
        repeat: &Repeat,
        stored: &StoredEnrolment,
        lease: LeaseId,
        reason: RefusalReason,
        now: Timestamp,
    ) -> Result<(Stage, Unit), Error> {
        let passage = stored.enrolment.clone().refuse(lease, reason, by.id(), now)?;
        let (id, stage) = (passage.enrolment().id, passage.enrolment().stage.clone());
        let application = self.open_application(stored)?;
        let entry = self
            .entry(now, by.actor(), Action::EnrolmentRefused, id.uuid())
            .with("reason", reason.name())
            .with("lease", lease.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Recorded { enrolment: id, returned: None })?)
            .with(Change::SaveEnrolment(Box::new(passage), stored.version))
            .with_all(self.set_free(id, &application));
        Ok((stage, unit))
    }

    /// Sends the request back to its office: the authority needs more information. What it uses stays bound to it.
    async fn returned(
        &self,
        reader: &mut Reader,
        by: &Caller,
        repeat: &Repeat,
        stored: &StoredEnrolment,
        (lease, reason, note): (LeaseId, ReturnReason, &ReturnNote),
        now: Timestamp,
    ) -> Result<(Stage, Unit), Error> {
        // The office could not correct what does not open.
        self.open_application(stored)?;
        let mut passage = stored.enrolment.clone().return_claimed(lease, reason, by.id(), now)?;
        self.keep_time(reader, &mut passage).await?;
        let (id, stage) = (passage.enrolment().id, passage.enrolment().stage.clone());
        let note = self.seal_return_note(id, note)?;
        let entry = self
            .entry(now, by.actor(), Action::EnrolmentReturned, id.uuid())
            .with("reason", reason.name())
            .with("lease", lease.to_string());
        let returned = Some((reason.name().to_owned(), now.micros()));
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &Recorded { enrolment: id, returned })?)
            .with(Change::SendBack(Box::new(passage), note, stored.version));
        Ok((stage, unit))
    }
}
