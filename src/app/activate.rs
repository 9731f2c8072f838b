//! Activation: a code to an account's phone, and the code back.

use serde::{Deserialize, Serialize};

use super::codes::{Answers, Typed};
use super::repeat::Attempt;
use super::{App, Caller, Error, Repeat};
use crate::domain::account::{IdentityNumber, Standing};
use crate::domain::audit::Action;
use crate::domain::code::{Code, CountedTry, Held, Purpose, Timetable, TooManyFailures, Turn};
use crate::domain::contact::{Contact, Phone};
use crate::domain::ids::MessageId;
use crate::domain::message::{Message, MessageContent, NoticeText};
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredAccount, Unit};

/// What a holder types to name an account.
#[derive(Clone, Debug)]
pub struct Login {
    /// Identification number.
    pub number: IdentityNumber,
    /// The account's phone.
    pub phone: Phone,
}

/// What became of a wish for a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CodeSent {
    /// On its way.
    Sent {
        /// When it ends.
        expires_at: Timestamp,
        /// How often it may be tried.
        tries: u32,
    },
    /// No account has this number and this phone.
    NotMatched,
    /// The days for self-activation are over.
    Lapsed,
    /// Nothing to activate.
    AlreadyActive,
    /// Too many wrong codes; `None`: waiting does not help.
    TooManyFailures {
        /// When to ask again.
        retry_at: Option<Timestamp>,
    },
    /// Codes were sent a moment ago, or as often today as may be.
    NotYet {
        /// When to ask again.
        retry_at: Timestamp,
    },
}

/// What became of a code that was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Activated {
    /// The account is active.
    Activated {
        /// Since when.
        at: Timestamp,
    },
    /// No account has this number and this phone.
    NotMatched,
    /// The days for self-activation are over.
    Lapsed,
    /// It was active before.
    AlreadyActive {
        /// Since when.
        since: Timestamp,
    },
    /// Not the code that was sent.
    WrongCode {
        /// How often this one may still be tried.
        tries_left: u32,
    },
    /// No code can be tried.
    NoLiveCode,
    /// After wrong codes, no try is taken before a moment; none was counted.
    NotYet {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// Too many wrong codes in a row: only a person can help.
    TooManyFailures,
}

impl App {
    /// Sends a code to the account's phone: the live one again, or a new one in place of the one before.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn send_code(&self, by: &Caller, repeat: &Repeat, login: &Login) -> Result<CodeSent, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.send_once(by, repeat, login, now)).await
    }

    async fn send_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        login: &Login,
        now: Timestamp,
    ) -> Result<Attempt<CodeSent>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let Some(stored) = self.matched(&mut reader, login).await? else {
            return Ok(Attempt::Unchanged(CodeSent::NotMatched));
        };
        match stored.account.standing(now) {
            Standing::Awaiting { .. } => {}
            Standing::Lapsed { .. } => return Ok(Attempt::Unchanged(CodeSent::Lapsed)),
            Standing::Active { .. } => return Ok(Attempt::Unchanged(CodeSent::AlreadyActive)),
        }
        let slot = reader.slot(stored.account.id, Purpose::Activation).await?;
        drop(reader);
        match Timetable::at(now, &self.settings().codes, slot.0, &slot.1).send {
            Turn::Now => {}
            held => return Ok(Attempt::Unchanged(not_sent(held))),
        }
        let to = (Purpose::Activation, &Contact::Phone(login.phone.clone()));
        let sent = match self.code_again(&stored, to, &slot, now)? {
            Some(again) => again,
            None => match self.new_code(&stored, to, &slot, now)? {
                Ok(new) => new,
                Err(TooManyFailures { retry_at }) => {
                    return Ok(Attempt::Unchanged(CodeSent::TooManyFailures { retry_at }));
                }
            },
        };
        let answer = CodeSent::Sent { expires_at: sent.expires_at, tries: sent.tries };
        let entry = self
            .entry(now, by.actor(), Action::CodeSent, stored.account.id.uuid())
            .with("purpose", Purpose::Activation.name())
            .with("code", sent.id.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &answer)?)
            .with_all(sent.changes)
            .with(Change::NoteAsked(stored.account.id));
        Ok(Attempt::Change(answer, unit))
    }

    /// Tries a code and, if it is right, activates the account.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn activate(&self, by: &Caller, repeat: &Repeat, login: &Login, code: &Code) -> Result<Activated, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.activate_once(by, repeat, login, code, now)).await
    }

    async fn activate_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        login: &Login,
        code: &Code,
        now: Timestamp,
    ) -> Result<Attempt<Activated>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let found = self.matched(&mut reader, login).await?;
        drop(reader);
        let Some(stored) = found else { return Ok(Attempt::Unchanged(Activated::NotMatched)) };
        match stored.account.standing(now) {
            Standing::Awaiting { .. } => {}
            Standing::Lapsed { .. } => return Ok(Attempt::Unchanged(Activated::Lapsed)),
            Standing::Active { since } => return Ok(Attempt::Unchanged(Activated::AlreadyActive { since })),
        }
        let to = Contact::Phone(login.phone.clone());
        let typed = Typed { account: stored, purpose: Purpose::Activation, to, code: code.clone(), now };
        let answers = Answers {
            no_live_code: Activated::NoLiveCode,
            not_yet: |retry_at| Activated::NotYet { retry_at },
            too_many: Activated::TooManyFailures,
            wrong: |tries_left| Activated::WrongCode { tries_left },
        };
        let (actor, call) = (by.clone(), repeat.clone());
        let right = move |app: &Self, typed, counted: &CountedTry| app.right_code(&actor, &call, typed, counted);
        self.try_code(by, repeat, typed, answers, right).await
    }

    fn right_code(
        &self,
        by: &Caller,
        repeat: &Repeat,
        Typed { account: mut stored, now, .. }: Typed,
        tried: &CountedTry,
    ) -> Result<(Activated, Unit), Error> {
        let id = stored.account.id;
        let answer = Activated::Activated { at: now };
        let phone = Contact::Phone(self.open_phone(&stored)?);
        let content =
            MessageContent { to: phone, language: stored.account.language, notice: NoticeText::AccountActivated };
        let notice = Message { id: MessageId::new(self.dice().id(now)), account: id, content, useful_until: None };
        stored.account = stored.account.activate(now).map_err(|_| Error::Contended)?;
        let entry =
            self.entry(now, by.actor(), Action::AccountActivated, id.uuid()).with("code", tried.code.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &answer)?)
            .with(Change::SpendCode((id, Purpose::Activation), tried.code))
            .with(Change::SaveAccount(Box::new(stored)))
            .with(self.send(&notice)?);
        Ok((answer, unit))
    }

    /// The account with this number and this phone.
    async fn matched(&self, reader: &mut Reader, login: &Login) -> Result<Option<StoredAccount>, Error> {
        Ok(reader.account_by_login(&self.vault().login(&login.number, &login.phone)).await?)
    }
}

/// Why a code is not sent now.
const fn not_sent(turn: Turn) -> CodeSent {
    match turn {
        Turn::Later(retry_at, Held::JustSent | Held::SentToday) => CodeSent::NotYet { retry_at },
        Turn::Later(retry_at, _) => CodeSent::TooManyFailures { retry_at: Some(retry_at) },
        Turn::Now | Turn::No(_) => CodeSent::TooManyFailures { retry_at: None },
    }
}
