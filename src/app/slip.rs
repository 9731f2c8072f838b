//! Activation with a printed slip: the way for holders whom no code by SMS reaches, or whom a stranger's guesses shut out.
//!
//! The slip's code opens nothing without the passport: what the chip holds, as its state signed it, or what the data page
//! says. Tries of the code are counted apart from those of codes by SMS, and only once the passport is right, so that nobody
//! without it can use them up.

use serde::{Deserialize, Serialize};
use time::Date;

use super::activate::Spending;
use super::budgets::Spent;
use super::devices::{NewDevice, NotBindable};
use super::intake::ChipRead;
use super::repeat::Attempt;
use super::{Activated, App, Caller, CodeWish, Error, Login, Repeat};
use crate::domain::account::Standing;
use crate::domain::audit::Action;
use crate::domain::chip::GroupNumber;
use crate::domain::device::{Challenge, CounterCode, DevicePurpose, ProofPurpose, Route};
use crate::domain::ids::{AccountId, ProofId};
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::domain::time::Timestamp;
use crate::store::{Change, StoredAccount, Unit};

/// A passport as the app shows it.
#[derive(Clone)]
pub enum ShownPassport {
    /// What its data page says.
    Page {
        /// Issuing state.
        state: StateCode,
        /// Number.
        number: DocumentNumber,
        /// The holder's day of birth.
        born_on: Date,
        /// Last day of validity.
        expires_on: Date,
    },
    /// What its chip holds.
    Chip(Box<ChipRead>),
}

/// A wish to activate an account with a slip.
#[derive(Clone)]
pub struct SlipWish {
    /// Whose.
    pub login: Login,
    /// The slip's code.
    pub code: CounterCode,
    /// The passport.
    pub passport: ShownPassport,
    /// The device that is to be bound.
    pub device: NewDevice,
}

/// What became of a wish for a challenge.
#[derive(Debug, Serialize, Deserialize)]
pub enum Drawn {
    /// Here it is.
    Challenge(Box<Challenge>),
    /// No account has this number and this phone.
    NotMatched,
    /// The days for self-activation are over.
    Lapsed,
    /// Nothing to activate.
    AlreadyActive,
    /// The account is locked or closed.
    Locked,
    /// The key serves, or served, a device.
    KeyUsed,
    /// A budget is spent.
    HeldBack {
        /// When to ask again.
        retry_at: Timestamp,
    },
}

impl App {
    /// Draws a challenge for the device that a slip is to bind.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn challenge_for_slip(&self, by: &Caller, repeat: &Repeat, wish: &CodeWish) -> Result<Drawn, Error> {
        let (now, spending) = (self.clock().now(), Spending::default());
        self.once(by, repeat, || self.draw_once(by, repeat, (wish, &spending), now)).await
    }

    async fn draw_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (wish, spending): (&CodeWish, &Spending),
        now: Timestamp,
    ) -> Result<Attempt<Drawn>, Error> {
        if let Some(first) = self.first_answer(&mut self.store().reader().await?, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        if let Err(Spent { retry_at }) = spending.of_slip(self, wish.device).await {
            return Ok(Attempt::Unchanged(Drawn::HeldBack { retry_at }));
        }
        let mut reader = self.store().reader().await?;
        let Some(stored) = self.matched(&mut reader, &wish.login).await? else {
            return Ok(Attempt::Unchanged(Drawn::NotMatched));
        };
        match stored.account.standing(now) {
            Standing::Awaiting { .. } => {}
            Standing::Lapsed { .. } => return Ok(Attempt::Unchanged(Drawn::Lapsed)),
            Standing::Active { .. } => return Ok(Attempt::Unchanged(Drawn::AlreadyActive)),
            Standing::Locked { .. } | Standing::Closed { .. } => return Ok(Attempt::Unchanged(Drawn::Locked)),
        }
        if reader.device_by_key(wish.device).await?.is_some() {
            return Ok(Attempt::Unchanged(Drawn::KeyUsed));
        }
        drop(reader);
        let (id, purpose) = (stored.account.id, DevicePurpose::SlipActivation);
        let (challenge, drawn) = self.draw_challenge((id, purpose, wish.device), now);
        let answer = Drawn::Challenge(Box::new(challenge));
        let entry = self.entry(now, by.actor(), Action::DeviceChallenged, id.uuid()).with("purpose", purpose.name());
        let unit = Unit::new(entry).with(repeat.remember(by, &answer)?).with(drawn);
        Ok(Attempt::Change(answer, unit))
    }

    /// Tries a slip's code and, if passport and code are right, activates the account and binds the device.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn activate_with_slip(&self, by: &Caller, repeat: &Repeat, wish: &SlipWish) -> Result<Activated, Error> {
        let now = self.clock().now();
        let answer = self.once(by, repeat, || self.slip_once(by, repeat, wish, now)).await?;
        self.with_device(answer).await
    }

    async fn slip_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        wish: &SlipWish,
        now: Timestamp,
    ) -> Result<Attempt<Activated>, Error> {
        let authority = self.issuing_authority().await?;
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let Some(stored) = self.matched(&mut reader, &wish.login).await? else {
            return Ok(Attempt::Unchanged(Activated::NotMatched));
        };
        if let Some(why) = Activated::not_awaiting(&stored.account, now) {
            return Ok(Attempt::Unchanged(why));
        }
        let meant = (stored.account.id, DevicePurpose::SlipActivation);
        let proven = match self.bindable(&mut reader, meant, &wish.device, now).await? {
            Ok(proven) => proven,
            Err(why @ NotBindable::WrongSignature) => return self.not_bound(by, repeat, meant, why, now),
            Err(why) => return Ok(Attempt::Unchanged(Activated::NotBindable(why))),
        };
        // Without a slip nobody learns what the passport says.
        if !reader.has_live_proof((stored.account.id, ProofPurpose::Activation), now).await? {
            return Ok(Attempt::Unchanged(Activated::NoLiveCode));
        }
        drop(reader);
        if !self.is_passport_of(&stored, &wish.passport, now).await? {
            return self.not_the_passport(by, repeat, meant, wish, now);
        }
        let (account, purpose) = meant;
        let refused = self.device_refused(by, account, purpose, now);
        let (actor, call, again) = (by.clone(), repeat.clone(), (by.clone(), repeat.clone()));
        let right = move |app: &Self, proof: ProofId| {
            let opened = (Route::InPerson, "proof", proof.to_string());
            let (answer, unit) = app.activated(&actor, &call, stored, opened, (&authority, &proven), now)?;
            // Whatever was guessed before is over: no code by SMS will come to say so.
            Ok((answer, unit.with(Change::ClearFailures(account))))
        };
        let wrong = move |tries_left| {
            let answer = Activated::WrongCode { tries_left };
            let first = again.1.remember(&again.0, &answer)?;
            Ok((answer, first))
        };
        let (tried, none) = ((wish.code.clone(), refused), Activated::NoLiveCode);
        self.try_proof((account, ProofPurpose::Activation), tried, now, right, wrong, none).await
    }

    /// The passport is another one. The challenge is spent: whoever guesses at passports needs one for each guess, and the
    /// device's budget ends.
    fn not_the_passport(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (account, purpose): (AccountId, DevicePurpose),
        wish: &SlipWish,
        now: Timestamp,
    ) -> Result<Attempt<Activated>, Error> {
        let answer = Activated::PassportDiffers;
        let unit = Unit::new(self.device_refused(by, account, purpose, now).with("passport", "differs"))
            .with(repeat.remember(by, &answer)?)
            .with(Change::SpendDeviceChallenge(wish.device.challenge));
        Ok(Attempt::Change(answer, unit))
    }

    /// Whether it is the passport that the account was issued on. The request is opened whatever the number, so that time
    /// does not tell whether the number was right.
    async fn is_passport_of(
        &self,
        stored: &StoredAccount,
        shown: &ShownPassport,
        now: Timestamp,
    ) -> Result<bool, Error> {
        match shown {
            ShownPassport::Page { state, number, born_on, expires_on } => {
                let (index, mut reader) = (self.vault().document(state, number), self.store().reader().await?);
                let is_number = self.has_passport(&mut reader, stored, &index).await?;
                let documents = reader.documents(stored.account.id).await?;
                let request = reader.enrolment(stored.account.enrolment).await?;
                drop(reader);
                let Some(request) = request else { return Ok(false) };
                let application = self.open_application(&request)?;
                let later = documents.into_iter().find(|one| one.index == index).map(|one| one.valid_until);
                let valid_until = later.or_else(|| application.passport.map(|passport| passport.expires_on));
                Ok(is_number && application.born_on == *born_on && valid_until == Some(*expires_on))
            }
            ShownPassport::Chip(read) => {
                let report = self.examined(ChipRead::clone(read), None, now).await?;
                let zone = report.content.zone.as_ref().filter(|_| report.proves(GroupNumber::DG1));
                let shown = zone.and_then(|zone| {
                    let number = DocumentNumber::parse(&zone.number()).ok()?;
                    Some(self.vault().document(&zone.issuing_state()?, &number))
                });
                let Some(shown) = shown else { return Ok(false) };
                self.has_passport(&mut self.store().reader().await?, stored, &shown).await
            }
        }
    }
}
