//! Offline codes: each step is taken once, wrong ones are counted, and the drift of the device's clock is recorded.

use serde::{Deserialize, Serialize};

use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Repeat};
use crate::domain::audit::Action;
use crate::domain::code::{day_after, day_counted};
use crate::domain::device::{Step, TotpCode};
use crate::domain::ids::{AccountId, DeviceId};
use crate::domain::law::codes::FAILURES_IN_ROW_MAX;
use crate::domain::time::Timestamp;
use crate::store::{Change, StoreError, TotpTry, Unit};

/// What an offline code is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TotpChecked {
    /// It is the device's, and was not used.
    Right {
        /// By how many steps of 30 seconds the device's clock is ahead; behind if negative.
        drift: i64,
    },
    /// It is of a step that was taken, or of one before: somebody may have looked on.
    AlreadyUsed {
        /// How often one may try yet today.
        tries_left: u32,
    },
    /// It is not the device's.
    Wrong {
        /// How often one may try yet today.
        tries_left: u32,
    },
    /// Too many failures.
    TooManyFailures {
        /// When to try again; `None`: only another binding of a device helps.
        retry_at: Option<Timestamp>,
    },
    /// The account has no device.
    NoDevice,
    /// The account is locked or closed.
    Locked,
}

/// A code that is tried.
#[derive(Clone)]
struct Typed {
    account: AccountId,
    device: DeviceId,
    code: TotpCode,
    now: Timestamp,
}

impl App {
    /// Tries an offline code of the account's device. It counts against the tries unless it is right.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn verify_totp(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        code: &TotpCode,
    ) -> Result<TotpChecked, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.totp_once(by, repeat, account, code, now)).await
    }

    async fn totp_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        account: AccountId,
        code: &TotpCode,
        now: Timestamp,
    ) -> Result<Attempt<TotpChecked>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let Some(device) = reader.active_device(account).await? else {
            return Ok(Attempt::Unchanged(TotpChecked::NoDevice));
        };
        if self.is_held(&mut reader, account, now).await? {
            return Ok(Attempt::Unchanged(TotpChecked::Locked));
        }
        drop(reader);
        let typed = Typed { account, device: device.id, code: code.clone(), now };
        let (app, by, repeat) = (self.clone(), by.clone(), repeat.clone());
        let decide = move |tried: TotpTry| match app.totp_decided(&by, &repeat, &typed, &tried) {
            Ok((answer, unit)) => (Ok(answer), unit),
            Err(error) => {
                let entry = app.entry(typed.now, by.actor(), Action::TotpRefused, typed.account.uuid());
                // The try stays counted, and has its entry.
                (Err(error), Unit::new(entry.with("broken", "true")))
            }
        };
        match self.store().try_totp(device.id, now, decide).await {
            Ok(Some(answer)) => answer.map(Attempt::Answered),
            Ok(None) => Ok(Attempt::Unchanged(self.totp_stopped(device.id, now).await?)),
            Err(StoreError::Taken(_) | StoreError::Changed) => Ok(Attempt::Again),
            Err(error) => Err(error.into()),
        }
    }

    fn totp_decided(
        &self,
        by: &Caller,
        repeat: &Repeat,
        typed: &Typed,
        tried: &TotpTry,
    ) -> Result<(TotpChecked, Unit), Error> {
        let Typed { account, device, code, now } = typed;
        let tries_left = tried.failures.left(*now);
        let step = self.open_totp(*device, &tried.secret)?.step(code, *now);
        let (answer, action, taken) = match step {
            Some(step) if step > tried.last => {
                let drift = step.drift(*now);
                let taken = Change::AcceptTotp(*device, step, drift);
                (TotpChecked::Right { drift }, Action::TotpAccepted, Some(taken))
            }
            Some(_) => (TotpChecked::AlreadyUsed { tries_left }, Action::TotpRefused, None),
            None => (TotpChecked::Wrong { tries_left }, Action::TotpRefused, None),
        };
        self.meters().code_tried("totp", if taken.is_some() { "right" } else { "wrong" });
        let mut entry = self.entry(*now, by.actor(), action, account.uuid()).with("device", device.to_string());
        match answer {
            TotpChecked::Right { drift } => entry = entry.with("drift", drift.to_string()),
            TotpChecked::AlreadyUsed { .. } => entry = entry.with("used", "true"),
            _ => {}
        }
        if tried.last > Step::at(*now) {
            // Steps were taken that are yet to come: the clock was set back, and codes are refused until it has caught up.
            entry = entry.with("clock", "behind");
        }
        Ok((answer, Unit::new(entry).with(repeat.remember(by, &answer)?).with_all(taken)))
    }

    /// Why no code of a device can be tried.
    async fn totp_stopped(&self, device: DeviceId, now: Timestamp) -> Result<TotpChecked, Error> {
        let record = self.store().reader().await?.totp_record(device).await?;
        Ok(match record {
            Some((failures, _)) if failures.in_row >= FAILURES_IN_ROW_MAX => {
                TotpChecked::TooManyFailures { retry_at: None }
            }
            Some((failures, _)) if failures.left(now) == 0 => {
                TotpChecked::TooManyFailures { retry_at: day_after(day_counted(failures.day, now)) }
            }
            // It was ended between the look and the try.
            _ => TotpChecked::NoDevice,
        })
    }
}
