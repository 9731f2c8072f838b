//! One-time codes as use cases need them: made, sent, tried.

use serde::Serialize;

use super::repeat::Attempt;
use super::{App, Caller, Error, Repeat};
use crate::domain::audit::{Action, Entry};
use crate::domain::code::{
    Code, CountedTry, Failures, Held, Purpose, SentCode, Slot, Timetable, TooManyFailures, Turn,
};
use crate::domain::contact::Contact;
use crate::domain::device::KeyThumbprint;
use crate::domain::ids::{AccountId, CodeId, MessageId};
use crate::domain::message::{CodeText, Message, MessageContent, NoticeText};
use crate::domain::time::Timestamp;
use crate::store::{Change, StoreError, StoredAccount, Unit};
use crate::vault::CodeBinding;

/// What a code is for: it is worth nothing for anything else.
#[derive(Clone)]
pub(super) struct Aim {
    /// What whoever types it wants.
    pub(super) purpose: Purpose,
    /// Where it goes.
    pub(super) to: Contact,
    /// The key of the device that it is to bind, if it is to bind one.
    pub(super) device: Option<KeyThumbprint>,
}

impl Aim {
    const fn binding(&self, id: CodeId, account: AccountId) -> CodeBinding<'_> {
        CodeBinding { id, account, purpose: self.purpose, destination: &self.to, device: self.device }
    }
}

/// A code that someone typed, and for what.
#[derive(Clone)]
pub(super) struct Typed {
    /// The account as it was read.
    pub(super) account: StoredAccount,
    /// What the code is for.
    pub(super) aim: Aim,
    /// What was typed.
    pub(super) code: Code,
    /// When.
    pub(super) now: Timestamp,
}

/// A code that goes out, new or again.
pub(super) struct Outgoing {
    /// Its name.
    pub(super) id: CodeId,
    /// When it ends.
    pub(super) expires_at: Timestamp,
    /// How often it may be tried.
    pub(super) tries: u32,
    /// The message that carries it.
    pub(super) message: MessageId,
    /// What keeps it and carries it.
    pub(super) changes: [Change; 2],
}

/// What the answers of a use case are called.
pub(super) struct Answers<T> {
    /// No code can be tried.
    pub(super) no_live_code: T,
    /// None can be tried before that moment.
    pub(super) not_yet: fn(Timestamp) -> T,
    /// So many were wrong in a row that a person must help.
    pub(super) too_many: T,
    /// The code was wrong, and so many tries are left.
    pub(super) wrong: fn(u32) -> T,
    /// What a wrong code changes that leaves no try.
    pub(super) worn_out: Option<Change>,
}

impl App {
    /// Tries a code. `right` says what is answered and changed if it is right.
    pub(super) async fn try_code<T: Serialize + Send + 'static>(
        &self,
        by: &Caller,
        repeat: &Repeat,
        typed: Typed,
        answers: Answers<T>,
        right: impl FnOnce(&App, Typed, &CountedTry) -> Result<(T, Unit), Error> + Send + 'static,
    ) -> Result<Attempt<T>, Error> {
        let (app, by, repeat) = (self.clone(), by.clone(), repeat.clone());
        let mut answers = answers;
        let (slot, now, wrong) = ((typed.account.account.id, typed.aim.purpose), typed.now, answers.wrong);
        let worn_out = answers.worn_out.take();
        let tried = (slot.0, slot.1, typed.aim.device);
        let policy = self.settings().codes;
        let decide = move |counted: CountedTry| {
            let refused = app.refusal(&by, &typed, &counted);
            let held = || Failures::held_after(counted.in_row, now).map(|until| Change::HoldTries(slot.0, until));
            let is_right = app.is_right(&typed, &counted);
            app.meters().code_tried(typed.aim.purpose.name(), if is_right { "right" } else { "wrong" });
            let decided = if is_right {
                right(&app, typed, &counted)
            } else {
                let answer = wrong(counted.tries_left);
                let first = repeat.remember(&by, &answer);
                let worn_out = worn_out.filter(|_| counted.tries_left == 0);
                first.map(|first| (answer, Unit::new(refused.clone()).with(first).with_all(held()).with_all(worn_out)))
            };
            match decided {
                Ok((answer, unit)) => (Ok(answer), unit),
                // The try stays counted, and has its entry.
                Err(error) => (Err(error), Unit::new(refused.with("broken", "true")).with_all(held())),
            }
        };
        match self.store().try_code(tried, policy, now, decide).await {
            Ok(Some(answer)) => {
                self.committed();
                answer.map(Attempt::Answered)
            }
            Ok(None) => {
                self.meters().code_tried(slot.1.name(), "not-tried");
                Ok(Attempt::Unchanged(self.not_tried(slot, answers, now).await?))
            }
            // The count was undone together with the rest: looking again costs no try.
            Err(StoreError::Taken(_) | StoreError::Changed) => Ok(Attempt::Again),
            Err(error) => Err(error.into()),
        }
    }

    /// Why no try was taken. It is asked afterwards, so that a try that is taken asks no more than it must.
    async fn not_tried<T>(
        &self,
        (account, purpose): (AccountId, Purpose),
        answers: Answers<T>,
        now: Timestamp,
    ) -> Result<T, Error> {
        let (failures, slot) = self.store().reader().await?.slot(account, purpose).await?;
        Ok(match Timetable::at(now, &self.settings().codes, failures, &slot).check {
            Turn::Later(at, _) => (answers.not_yet)(at),
            Turn::No(Held::FailedInRow) => answers.too_many,
            Turn::No(_) | Turn::Now => answers.no_live_code,
        })
    }

    /// The entry of a try that did not succeed.
    fn refusal(&self, by: &Caller, typed: &Typed, counted: &CountedTry) -> Entry {
        self.entry(typed.now, by.actor(), Action::CodeRefused, typed.account.account.id.uuid())
            .with("purpose", typed.aim.purpose.name())
            .with("code", counted.code.to_string())
            .with("tries_left", counted.tries_left.to_string())
    }

    fn is_right(&self, typed: &Typed, counted: &CountedTry) -> bool {
        let bound = typed.aim.binding(counted.code, typed.account.account.id);
        self.vault().is_code(bound, &typed.code, &counted.digest)
    }

    /// A new code for a slot and the message that carries it, unless too many tries have failed.
    pub(super) fn new_code(
        &self,
        stored: &StoredAccount,
        aim: &Aim,
        (failures, slot): &(Failures, Slot),
        now: Timestamp,
    ) -> Result<Result<Outgoing, TooManyFailures>, Error> {
        let account = stored.account.id;
        let (id, code) = (CodeId::new(self.dice().id(now)), Code::numbered(self.dice().below(Code::COUNT)));
        let digest = self.vault().code(aim.binding(id, account), &code);
        let kept = (id, digest, self.seal_code(id, &aim.to, &code)?);
        let policy = &self.settings().codes;
        let sent = match SentCode::new((account, aim.purpose, aim.device), kept, (*failures, slot.sends), policy, now) {
            Ok(sent) => sent,
            Err(too_many) => return Ok(Err(too_many)),
        };
        let (tries, expires_at) = (sent.tries_max, sent.expires_at);
        let (message, carried) = self.carry(stored, aim, code, expires_at, now)?;
        let changes = [Change::PutCode(Box::new(sent), slot.version), carried];
        Ok(Ok(Outgoing { id, expires_at, tries, message, changes }))
    }

    /// The live code of a slot once more, if there is one and it went to the same place for the same device. One that does
    /// not open cannot be sent again: another key, or an earlier release, put it there.
    pub(super) fn code_again(
        &self,
        stored: &StoredAccount,
        aim: &Aim,
        (failures, slot): &(Failures, Slot),
        now: Timestamp,
    ) -> Result<Option<Outgoing>, Error> {
        let policy = &self.settings().codes;
        let Some((live, sealed)) = slot.live(now).and_then(|live| Some((live, live.sealed.as_ref()?))) else {
            return Ok(None);
        };
        let code = match self.open_code(live.id, sealed) {
            Ok((went_to, code)) if went_to == aim.to && live.device == aim.device => code,
            Ok(_) => return Ok(None),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(code = %live.id, error, "a code cannot be sent again");
                return Ok(None);
            }
        };
        let again = live.sent_again(slot.sends, policy, aim.purpose, now);
        let (message, carried) = self.carry(stored, aim, code, again.expires_at, now)?;
        let tries = Timetable::at(now, policy, *failures, slot).tries_left;
        let changes = [Change::SendCodeAgain((stored.account.id, aim.purpose), again, slot.version), carried];
        Ok(Some(Outgoing { id: live.id, expires_at: again.expires_at, tries, message, changes }))
    }

    fn carry(
        &self,
        stored: &StoredAccount,
        aim: &Aim,
        code: Code,
        useful_until: Timestamp,
        now: Timestamp,
    ) -> Result<(MessageId, Change), Error> {
        let notice = match aim.purpose {
            Purpose::Activation => NoticeText::ActivationCode(CodeText(code)),
            Purpose::PhoneChange | Purpose::EmailChange => NoticeText::ContactCode(CodeText(code)),
            Purpose::OldContact => NoticeText::OldContactCode(CodeText(code)),
        };
        let content = MessageContent { to: aim.to.clone(), language: stored.account.language, notice };
        let (id, account) = (MessageId::new(self.dice().id(now)), stored.account.id);
        Ok((id, self.send(&Message { id, account, content, useful_until: Some(useful_until) })?))
    }
}
