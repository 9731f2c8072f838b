//! Activation: a code to an account's phone for one device, and the code back, by which the device is bound.

use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::budgets::Spent;
use super::codes::{Aim, Answers, Typed};
use super::devices::{BoundDevice, NewDevice, NotBindable};
use super::repeat::Attempt;
use super::{App, Caller, Error, Repeat};
use crate::device_ca::Authority;
use crate::domain::account::{Account, IdentityNumber, Standing};
use crate::domain::audit::Action;
use crate::domain::code::{Code, CountedTry, Held, Purpose, Timetable, TooManyFailures, Turn};
use crate::domain::contact::{Contact, Phone};
use crate::domain::device::{Assurance, Challenge, DevicePurpose, KeyProof, KeyThumbprint, Route};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::message::NoticeText;
use crate::domain::network::SourceNetwork;
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

/// A wish for a code.
#[derive(Clone, Debug)]
pub struct CodeWish {
    /// Whose.
    pub login: Login,
    /// The key of the device that the code is to bind.
    pub device: KeyThumbprint,
    /// The network from which the app called, if it is known.
    pub source: Option<SourceNetwork>,
}

/// What the budgets said to one call: each is asked once, however often the call looks again.
#[derive(Default)]
pub(super) struct Spending {
    wish: OnceCell<Result<(), Spent>>,
    sending: OnceCell<Result<(), Spent>>,
}

impl Spending {
    /// What the budgets say to a wish for a code, or for what takes the place of one.
    pub(super) async fn of_wish(&self, app: &App, wish: &CodeWish) -> Result<(), Spent> {
        *self.wish.get_or_init(|| app.spend_wish(wish.device, wish.source)).await
    }

    /// What they say to a wish for what goes together with a slip.
    pub(super) async fn of_slip(&self, app: &App, device: KeyThumbprint) -> Result<(), Spent> {
        *self.wish.get_or_init(|| app.spend_slip(device)).await
    }

    /// What they say to a code that is about to leave.
    async fn of_sending(&self, app: &App, account: AccountId, to: &Contact) -> Result<(), Spent> {
        *self.sending.get_or_init(|| app.spend_sending(account, to)).await
    }
}

/// What became of a wish for a code.
#[derive(Debug, Serialize, Deserialize)]
pub enum CodeSent {
    /// On its way.
    Sent {
        /// When it ends.
        expires_at: Timestamp,
        /// How often it may be tried.
        tries: u32,
        /// What the device signs that the code is to bind.
        challenge: Box<Challenge>,
    },
    /// The key serves, or served, a device.
    KeyUsed,
    /// No account has this number and this phone.
    NotMatched,
    /// The days for self-activation are over.
    Lapsed,
    /// Nothing to activate.
    AlreadyActive,
    /// The account is locked or closed.
    Locked,
    /// Too many wrong codes; `None`: waiting does not help.
    TooManyFailures {
        /// When to ask again.
        retry_at: Option<Timestamp>,
    },
    /// A budget is spent.
    HeldBack {
        /// When to ask again.
        retry_at: Timestamp,
    },
    /// Codes were sent a moment ago, or as often today as may be.
    NotYet {
        /// When to ask again.
        retry_at: Timestamp,
    },
}

/// What became of a code that was typed.
#[derive(Debug, Serialize, Deserialize)]
pub enum Activated {
    /// The account is active, and the device is bound.
    Activated {
        /// Since when.
        at: Timestamp,
        /// The device's name.
        device: DeviceId,
        /// What the app gets. It is not remembered; a repeat reads it again.
        #[serde(skip)]
        bound: Option<Box<BoundDevice>>,
    },
    /// The device cannot be bound. The code was not looked at.
    NotBindable(NotBindable),
    /// The passport is not the one that the account was issued on. The code was not looked at.
    PassportDiffers,
    /// No account has this number and this phone.
    NotMatched,
    /// The days for self-activation are over.
    Lapsed,
    /// The account is locked or closed.
    Locked,
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

impl Activated {
    /// The answer if there is nothing to activate, or not any more.
    pub(super) fn not_awaiting(account: &Account, now: Timestamp) -> Option<Self> {
        match account.standing(now) {
            Standing::Awaiting { .. } => None,
            Standing::Lapsed { .. } => Some(Self::Lapsed),
            Standing::Active { since } => Some(Self::AlreadyActive { since }),
            Standing::Locked { .. } | Standing::Closed { .. } => Some(Self::Locked),
        }
    }
}

impl App {
    /// Sends a code to the account's phone that is to bind the device of this key: the live one again, or a new one in
    /// place of the one before.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn send_code(&self, by: &Caller, repeat: &Repeat, wish: &CodeWish) -> Result<CodeSent, Error> {
        let (now, spending) = (self.clock().now(), Spending::default());
        self.once(by, repeat, || self.send_once(by, repeat, (wish, &spending), now)).await
    }

    async fn send_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (wish, spending): (&CodeWish, &Spending),
        now: Timestamp,
    ) -> Result<Attempt<CodeSent>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        drop(reader);
        if let Err(Spent { retry_at }) = spending.of_wish(self, wish).await {
            return Ok(Attempt::Unchanged(CodeSent::HeldBack { retry_at }));
        }
        let mut reader = self.store().reader().await?;
        let Some(stored) = self.matched(&mut reader, &wish.login).await? else {
            return Ok(Attempt::Unchanged(CodeSent::NotMatched));
        };
        match stored.account.standing(now) {
            Standing::Awaiting { .. } => {}
            Standing::Lapsed { .. } => return Ok(Attempt::Unchanged(CodeSent::Lapsed)),
            Standing::Active { .. } => return Ok(Attempt::Unchanged(CodeSent::AlreadyActive)),
            Standing::Locked { .. } | Standing::Closed { .. } => return Ok(Attempt::Unchanged(CodeSent::Locked)),
        }
        if reader.device_by_key(wish.device).await?.is_some() {
            return Ok(Attempt::Unchanged(CodeSent::KeyUsed));
        }
        let slot = reader.slot(stored.account.id, Purpose::Activation).await?;
        drop(reader);
        match Timetable::at(now, &self.settings().codes, slot.0, &slot.1).send {
            Turn::Now => {}
            held => return Ok(Attempt::Unchanged(not_sent(held))),
        }
        let aim = aim(&wish.login, wish.device);
        // A code that lives for another device is not taken from it: whoever asks meanwhile waits until it has ended.
        let foreign = slot.1.live(now).filter(|live| live.device.is_some_and(|device| device != wish.device));
        if let Some(live) = foreign {
            return Ok(Attempt::Unchanged(CodeSent::NotYet { retry_at: live.expires_at }));
        }
        if let Err(Spent { retry_at }) = spending.of_sending(self, stored.account.id, &aim.to).await {
            return Ok(Attempt::Unchanged(CodeSent::HeldBack { retry_at }));
        }
        let sent = match self.code_again(&stored, &aim, &slot, now)? {
            Some(again) => again,
            None => match self.new_code(&stored, &aim, &slot, now)? {
                Ok(new) => new,
                Err(TooManyFailures { retry_at }) => {
                    return Ok(Attempt::Unchanged(CodeSent::TooManyFailures { retry_at }));
                }
            },
        };
        let (challenge, drawn) = self.draw_challenge((stored.account.id, DevicePurpose::Activation, wish.device), now);
        let answer = CodeSent::Sent { expires_at: sent.expires_at, tries: sent.tries, challenge: Box::new(challenge) };
        let entry = self
            .entry(now, by.actor(), Action::CodeSent, stored.account.id.uuid())
            .with("purpose", Purpose::Activation.name())
            .with("code", sent.id.to_string());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &answer)?)
            .with_all(sent.changes)
            .with(drawn)
            .with(Change::NoteAsked(stored.account.id));
        Ok(Attempt::Change(answer, unit))
    }

    /// Tries a code and, if it is right, activates the account and binds the device that the code was sent for. The device
    /// proves itself first: without that no try is spent.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn activate(
        &self,
        by: &Caller,
        repeat: &Repeat,
        login: &Login,
        (code, device): (&Code, &NewDevice),
    ) -> Result<Activated, Error> {
        let now = self.clock().now();
        let answer = self.once(by, repeat, || self.activate_once(by, repeat, login, (code, device), now)).await?;
        self.with_device(answer).await
    }

    /// An answer with the device that was bound: a repeat has its name alone.
    pub(super) async fn with_device(&self, answer: Activated) -> Result<Activated, Error> {
        match answer {
            Activated::Activated { at, device, bound: None } => {
                let bound = self.bound_device(&mut self.store().reader().await?, device).await?;
                Ok(Activated::Activated { at, device, bound: Some(Box::new(bound)) })
            }
            answer => Ok(answer),
        }
    }

    async fn activate_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        login: &Login,
        (code, device): (&Code, &NewDevice),
        now: Timestamp,
    ) -> Result<Attempt<Activated>, Error> {
        let authority = self.issuing_authority().await?;
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let Some(stored) = self.matched(&mut reader, login).await? else {
            return Ok(Attempt::Unchanged(Activated::NotMatched));
        };
        if let Some(why) = Activated::not_awaiting(&stored.account, now) {
            return Ok(Attempt::Unchanged(why));
        }
        let meant = (stored.account.id, DevicePurpose::Activation);
        let proven = match self.bindable(&mut reader, meant, device, now).await? {
            Ok(proven) => proven,
            Err(why @ NotBindable::WrongSignature) => return self.not_bound(by, repeat, meant, why, now),
            Err(NotBindable::ChallengeUnusable) => {
                // A challenge that came with a code ends with it: that the code is over is what the holder can use.
                let live = reader.slot(stored.account.id, Purpose::Activation).await?.1.live(now).is_some();
                let why = Activated::NotBindable(NotBindable::ChallengeUnusable);
                return Ok(Attempt::Unchanged(if live { why } else { Activated::NoLiveCode }));
            }
            Err(why) => return Ok(Attempt::Unchanged(Activated::NotBindable(why))),
        };
        drop(reader);
        let typed = Typed { account: stored, aim: aim(login, device.key.thumbprint()), code: code.clone(), now };
        let answers = Answers {
            no_live_code: Activated::NoLiveCode,
            not_yet: |retry_at| Activated::NotYet { retry_at },
            too_many: Activated::TooManyFailures,
            wrong: |tries_left| Activated::WrongCode { tries_left },
            worn_out: None,
        };
        let (actor, call) = (by.clone(), repeat.clone());
        let right = move |app: &Self, typed: Typed, counted: &CountedTry| {
            let Typed { account, now, .. } = typed;
            let (spent, opened) =
                ((account.account.id, Purpose::Activation), (Route::Activation, "code", counted.code.to_string()));
            let (answer, unit) = app.activated(&actor, &call, account, opened, (&authority, &proven), now)?;
            Ok((answer, unit.with(Change::SpendCode(spent, counted.code))))
        };
        self.try_code(by, repeat, typed, answers, right).await
    }

    /// Nothing is bound. The challenge is not spent: the code that came with it lives, and no signature can be guessed.
    pub(super) fn not_bound(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, purpose): (AccountId, DevicePurpose),
        why: NotBindable,
        now: Timestamp,
    ) -> Result<Attempt<Activated>, Error> {
        let answer = Activated::NotBindable(why);
        let unit = Unit::new(self.device_refused(by, account, purpose, now)).with(repeat.remember(by, &answer)?);
        Ok(Attempt::Change(answer, unit))
    }

    /// The answer and the unit by which an account becomes active and its device is bound; the entry names by what. Whoever
    /// calls adds what spends that.
    pub(super) fn activated(
        &self,
        by: &Caller,
        repeat: &Repeat,
        mut stored: StoredAccount,
        (route, key, value): (Route, &'static str, String),
        (authority, (proof, assurance)): (&Authority, &(KeyProof, Assurance)),
        now: Timestamp,
    ) -> Result<(Activated, Unit), Error> {
        let id = stored.account.id;
        let (bound, binding) = self.bind_device(authority, proof, (route, *assurance), now)?;
        let device = bound.device.id;
        let answer = Activated::Activated { at: now, device, bound: Some(Box::new(bound)) };
        // A device is bound: the holder is told wherever they can be reached (SP 800-63B section 4.6).
        let told = self.tell(&stored, &NoticeText::AccountActivated, now)?;
        stored.account = stored.account.activate(now).map_err(|_| Error::Contended)?;
        let entry = self
            .entry(now, by.actor(), Action::AccountActivated, id.uuid())
            .with(key, value)
            .with("device", device.to_string())
            .with("assurance", assurance.name());
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &answer)?)
            .with(Change::SaveAccount(Box::new(stored)))
            .with_all(binding)
            .with_all(told);
        Ok((answer, unit))
    }

    /// The account with this number and this phone.
    pub(super) async fn matched(&self, reader: &mut Reader, login: &Login) -> Result<Option<StoredAccount>, Error> {
        match reader.account_by_login(&self.vault().login(&login.number, &login.phone)).await? {
            Some(stored) => Ok(Some(self.with_papers(reader, stored).await?)),
            None => Ok(None),
        }
    }
}

/// A code for the account's phone that is to bind the device of this key.
fn aim(login: &Login, device: KeyThumbprint) -> Aim {
    Aim { purpose: Purpose::Activation, to: Contact::Phone(login.phone.clone()), device: Some(device) }
}

/// Why a code is not sent now.
const fn not_sent(turn: Turn) -> CodeSent {
    match turn {
        Turn::Later(retry_at, Held::JustSent | Held::SentToday) => CodeSent::NotYet { retry_at },
        Turn::Later(retry_at, _) => CodeSent::TooManyFailures { retry_at: Some(retry_at) },
        Turn::Now | Turn::No(_) => CodeSent::TooManyFailures { retry_at: None },
    }
}
