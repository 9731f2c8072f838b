//! Step-up: authenticators of staff are enrolled, and privileged calls show a code of one.
//!
//! Each step and each recovery code counts once, also when two calls bring it at the same moment: a try is counted under a
//! lock on the row before it is judged. Refuses to say what a code was.

use super::{ATTEMPTS_MAX, App, Caller, Error, Missing};
use crate::domain::audit::{Action, Actor};
use crate::domain::code::Failures;
use crate::domain::device::{TotpCode, TotpSecret, Uri};
use crate::domain::ids::StaffId;
use crate::domain::staff::{NotStepped, RECOVERY_CODES, RecoveryCode, Typed};
use crate::domain::time::Timestamp;
use crate::store::{Change, StaffTry, StoreError, Unit};

/// What became of the beginning of an enrolment.
#[derive(Debug)]
pub enum TotpBegun {
    /// What an authenticator reads. It is shown once.
    Begun(Uri),
    /// One is enrolled already.
    AlreadyEnrolled,
}

/// What became of a code that confirms an enrolment.
#[derive(Debug)]
pub enum TotpConfirmed {
    /// It is enrolled. The recovery codes are shown once.
    Enrolled(Vec<RecoveryCode>),
    /// The code is not of the authenticator that was handed out.
    Wrong,
    /// Nothing was begun.
    NotBegun,
    /// One is enrolled already.
    AlreadyEnrolled,
}

impl App {
    /// Whether a privileged call may go on: it brings a code that is right and was not used. What it brought is judged once,
    /// whatever becomes of the call.
    ///
    /// # Errors
    /// If the store cannot be asked. Inside: why it may not.
    pub async fn step_up(
        &self,
        by: &Caller,
        method: &'static str,
        brought: Option<&str>,
    ) -> Result<Result<(), NotStepped>, Error> {
        let now = self.clock().now();
        let Some(brought) = brought else {
            let enrolled = self.store().reader().await?.staff_totp(by.id()).await?;
            let enrolled = enrolled.is_some_and(|totp| totp.confirmed);
            return Ok(Err(if enrolled { NotStepped::Missing } else { NotStepped::NotEnrolled }));
        };
        // What cannot be a code is no guess, either.
        let Ok(typed) = Typed::parse(brought) else { return Ok(Err(NotStepped::Wrong)) };
        for _ in 0..ATTEMPTS_MAX {
            let (app, by_id, typed) = (self.clone(), by.id(), typed.clone());
            let decide = move |tried: StaffTry| app.stepped((by_id, method), &typed, &tried, now);
            match self.store().try_staff_code(by.id(), now, decide).await {
                Ok(Some(answer)) => {
                    self.committed();
                    return answer;
                }
                Ok(None) => {
                    if let Some(why) = self.not_tried_by(by.id(), now).await? {
                        return Ok(Err(why));
                    }
                }
                // The count was undone together with the rest.
                Err(StoreError::Changed | StoreError::Taken(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }

    fn stepped(
        &self,
        (id, method): (StaffId, &'static str),
        typed: &Typed,
        tried: &StaffTry,
        now: Timestamp,
    ) -> (Result<Result<(), NotStepped>, Error>, Unit) {
        let entry = |action| self.entry(now, Actor::Staff(id), action, id.uuid()).with("method", method);
        let held =
            Failures::held_after(tried.tries.failures.in_row, now).map(|until| Change::HoldStaffTries(id, until));
        let proven = self.proof(id, typed, tried, now);
        self.meters().code_tried("step-up", if matches!(proven, Ok(Ok(_))) { "right" } else { "wrong" });
        match proven {
            Ok(Ok((proof, change))) => {
                (Ok(Ok(())), Unit::new(entry(Action::StepUpTaken).with("by", proof)).with(change))
            }
            Ok(Err(why)) => {
                let used = matches!(why, NotStepped::Used { .. }).to_string();
                (Ok(Err(why)), Unit::new(entry(Action::StepUpRefused).with("used", used)).with_all(held))
            }
            // The try stays counted, and has its entry.
            Err(error) => (Err(error), Unit::new(entry(Action::StepUpRefused).with("broken", "true")).with_all(held)),
        }
    }

    /// By what the person is shown to be there, and the change that uses it up.
    fn proof(
        &self,
        id: StaffId,
        typed: &Typed,
        tried: &StaffTry,
        now: Timestamp,
    ) -> Result<Result<(&'static str, Change), NotStepped>, Error> {
        Ok(match typed {
            Typed::Totp(code) => {
                let secret = self.open_staff_totp(id, &tried.secret)?;
                let step = tried.tries.judge(&secret, code, now);
                step.map(|step| ("totp", Change::AcceptStaffTotp(id, step)))
            }
            Typed::Recovery(code) => {
                let is_it = |digest: &&_| self.vault().is_recovery_code(id, code, digest);
                let found = tried.recovery.iter().find(is_it).cloned();
                found.map(|digest| ("recovery", Change::UseStaffRecovery(id, digest))).ok_or(NotStepped::Wrong)
            }
        })
    }

    /// Why nothing was counted; `None` if something changed since.
    async fn not_tried_by(&self, id: StaffId, now: Timestamp) -> Result<Option<NotStepped>, Error> {
        let found = self.store().reader().await?.staff_totp(id).await?;
        Ok(match found.filter(|totp| totp.confirmed) {
            None => Some(NotStepped::NotEnrolled),
            Some(totp) => totp.tries.turn(now).err(),
        })
    }

    /// Draws a secret for the caller's authenticator, in place of one that was not confirmed.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn begin_totp(&self, by: &Caller) -> Result<TotpBegun, Error> {
        self.begin_totp_of(by.actor(), by.id(), &TotpSecret::new(self.dice().bytes())).await
    }

    /// Confirms the caller's authenticator by its code of the moment.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn confirm_totp(&self, by: &Caller, code: &TotpCode) -> Result<TotpConfirmed, Error> {
        self.confirm_totp_of(by.actor(), by.id(), code).await
    }

    /// The same for any entry with a secret that was drawn at the console of the machine.
    ///
    /// # Errors
    /// [`Error::NotFound`], or if the store cannot be asked.
    pub async fn begin_totp_at_console(&self, id: StaffId, secret: &TotpSecret) -> Result<TotpBegun, Error> {
        let known = self.store().reader().await?.staff(id).await?;
        known.ok_or(Error::NotFound(Missing::Staff))?;
        self.begin_totp_of(Actor::Console, id, secret).await
    }

    /// The same for any entry, at the console of the machine.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn confirm_totp_at_console(&self, id: StaffId, code: &TotpCode) -> Result<TotpConfirmed, Error> {
        self.confirm_totp_of(Actor::Console, id, code).await
    }

    /// Takes the authenticator of an entry away, from the console of the machine. Whether there was one.
    ///
    /// # Errors
    /// If the store cannot be asked.
    pub async fn reset_totp_at_console(&self, id: StaffId) -> Result<bool, Error> {
        let entry = self.entry(self.clock().now(), Actor::Console, Action::StaffTotpReset, id.uuid());
        match self.commit(Unit::new(entry).with(Change::ResetStaffTotp(id))).await {
            Ok(()) => Ok(true),
            Err(StoreError::Changed) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn begin_totp_of(&self, actor: Actor, id: StaffId, secret: &TotpSecret) -> Result<TotpBegun, Error> {
        let issuer = format!("{} staff", self.settings().devices.issuer);
        let uri = secret.uri(&issuer, id).map_err(|error| Error::Broken(Box::new(error)))?;
        let entry = self.entry(self.clock().now(), actor, Action::StaffTotpBegun, id.uuid());
        let begin = Change::BeginStaffTotp(id, self.seal_staff_totp(id, secret)?);
        match self.commit(Unit::new(entry).with(begin)).await {
            Ok(()) => Ok(TotpBegun::Begun(uri)),
            Err(StoreError::Changed) => Ok(TotpBegun::AlreadyEnrolled),
            Err(error) => Err(error.into()),
        }
    }

    async fn confirm_totp_of(&self, actor: Actor, id: StaffId, code: &TotpCode) -> Result<TotpConfirmed, Error> {
        let now = self.clock().now();
        let Some(begun) = self.store().reader().await?.staff_totp(id).await? else {
            return Ok(TotpConfirmed::NotBegun);
        };
        if begun.confirmed {
            return Ok(TotpConfirmed::AlreadyEnrolled);
        }
        // Whoever guesses here has been handed the secret: tries are not counted.
        let Some(step) = self.open_staff_totp(id, &begun.secret)?.step(code, now) else {
            return Ok(TotpConfirmed::Wrong);
        };
        let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| RecoveryCode::drawn(self.dice().bytes())).collect();
        let digests = codes.iter().map(|code| self.vault().recovery_code(id, code)).collect();
        let entry = self.entry(now, actor, Action::StaffTotpConfirmed, id.uuid());
        let confirm = Change::ConfirmStaffTotp(id, begun.secret, step, digests);
        match self.commit(Unit::new(entry).with(confirm)).await {
            Ok(()) => Ok(TotpConfirmed::Enrolled(codes)),
            // Somebody confirmed it, or began again, at the same moment.
            Err(StoreError::Changed) => Ok(TotpConfirmed::NotBegun),
            Err(error) => Err(error.into()),
        }
    }
}
