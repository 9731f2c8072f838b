//! One-time codes as use cases need them: made, sent, tried.

use serde::Serialize;

use super::repeat::Attempt;
use super::{App, Caller, Error, Repeat};
use crate::domain::audit::{Action, Entry};
use crate::domain::code::{Code, CountedTry, Failures, Purpose, SentCode, TooManyFailures};
use crate::domain::contact::Contact;
use crate::domain::ids::{CodeId, MessageId, Version};
use crate::domain::message::{CodeText, Message, MessageContent, NoticeText};
use crate::domain::time::Timestamp;
use crate::store::{Change, StoreError, StoredAccount, Unit};
use crate::vault::CodeBinding;

/// A code that someone typed, and for what.
#[derive(Clone)]
pub(super) struct Typed {
    /// The account as it was read.
    pub(super) account: StoredAccount,
    /// What the code is for.
    pub(super) purpose: Purpose,
    /// Where it must have been sent.
    pub(super) to: Contact,
    /// What was typed.
    pub(super) code: Code,
    /// When.
    pub(super) now: Timestamp,
}

/// What the answers of a use case are called.
pub(super) struct Answers<T> {
    /// No code can be tried.
    pub(super) no_live_code: T,
    /// The code was wrong, and so many tries are left.
    pub(super) wrong: fn(u32) -> T,
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
        let (slot, now, wrong) = ((typed.account.account.id, typed.purpose), typed.now, answers.wrong);
        let decide = move |counted: CountedTry| {
            let refused = app.refusal(&by, &typed, &counted);
            let decided = if app.is_right(&typed, &counted) {
                right(&app, typed, &counted)
            } else {
                let answer = wrong(counted.tries_left);
                repeat.remember(&by, &answer).map(|first| (answer, Unit::new(refused.clone()).with(first)))
            };
            match decided {
                Ok((answer, unit)) => (Ok(answer), unit),
                // The try stays counted, and has its entry.
                Err(error) => (Err(error), Unit::new(refused.with("broken", "true"))),
            }
        };
        match self.store().try_code(slot, now, decide).await {
            Ok(Some(answer)) => {
                self.outbox.notify_one();
                answer.map(Attempt::Answered)
            }
            Ok(None) => Ok(Attempt::Unchanged(answers.no_live_code)),
            // The count was undone together with the rest: looking again costs no try.
            Err(StoreError::Taken(_) | StoreError::Changed) => Ok(Attempt::Again),
            Err(error) => Err(error.into()),
        }
    }

    /// The entry of a try that did not succeed.
    fn refusal(&self, by: &Caller, typed: &Typed, counted: &CountedTry) -> Entry {
        self.entry(typed.now, by.actor(), Action::CodeRefused, typed.account.account.id.uuid())
            .with("purpose", typed.purpose.name())
            .with("code", counted.code.to_string())
            .with("tries_left", counted.tries_left.to_string())
    }

    fn is_right(&self, typed: &Typed, counted: &CountedTry) -> bool {
        let (account, purpose) = (typed.account.account.id, typed.purpose);
        let bound = CodeBinding { id: counted.code, account, purpose, destination: &typed.to };
        self.vault().is_code(bound, &typed.code, &counted.digest)
    }

    /// A new code for a slot and the message that carries it, unless too many tries have failed.
    pub(super) fn new_code(
        &self,
        stored: &StoredAccount,
        purpose: Purpose,
        to: &Contact,
        (failures, seen): (Failures, Version),
        now: Timestamp,
    ) -> Result<Result<(SentCode, [Change; 2]), TooManyFailures>, Error> {
        let (account, language) = (stored.account.id, stored.account.language);
        let (id, code) = (CodeId::new(self.dice().id(now)), Code::numbered(self.dice().below(Code::COUNT)));
        let digest = self.vault().code(CodeBinding { id, account, purpose, destination: to }, &code);
        let lifetime = match purpose {
            Purpose::Activation | Purpose::PhoneChange => self.settings().code_lifetime,
            Purpose::EmailChange => self.settings().email_code_lifetime,
        };
        let sent = match SentCode::new((account, purpose), (id, digest), failures, lifetime, now) {
            Ok(sent) => sent,
            Err(too_many) => return Ok(Err(too_many)),
        };
        let notice = match purpose {
            Purpose::Activation => NoticeText::ActivationCode(CodeText(code)),
            Purpose::PhoneChange | Purpose::EmailChange => NoticeText::ContactCode(CodeText(code)),
        };
        let content = MessageContent { to: to.clone(), language, notice };
        let message =
            Message { id: MessageId::new(self.dice().id(now)), account, content, useful_until: Some(sent.expires_at) };
        let changes = [Change::PutCode(Box::new(sent.clone()), seen), self.send(&message)?];
        Ok(Ok((sent, changes)))
    }
}
