//! Proof in person: an officer records that the holder stands at the counter with the passport, a supervisor of the office
//! agrees, and the code that the officer hands over binds another device within ten minutes, or activates the account.

use serde::{Deserialize, Serialize};

use crate::app::receipts::at;
use crate::app::repeat::Attempt;
use crate::app::{ATTEMPTS_MAX, App, Caller, Error, Missing, Officer, Repeat};
use crate::domain::account::{IdentityNumber, Standing};
use crate::domain::audit::{Action, Entry};
use crate::domain::device::{CounterCode, CounterProof, CounterState, NotCountersigned, ProofPurpose};
use crate::domain::ids::{AccountId, ProofId};
use crate::domain::message::NoticeText;
use crate::domain::passport::DocumentNumber;
use crate::domain::person::StateCode;
use crate::domain::review::CannotReview;
use crate::domain::time::Timestamp;
use crate::receipt::{ActivationSlip, Printed};
use crate::store::{AccountKey, Change, CounterTry, Reader, StoreError, StoredAccount, Unit};

/// Who stands at the counter, by what the officer has before them.
#[derive(Clone, Debug)]
pub struct Stood {
    /// Identification number.
    pub number: IdentityNumber,
    /// Issuing state of the passport.
    pub state: StateCode,
    /// Number of the passport.
    pub passport: DocumentNumber,
}

/// What became of a record.
#[derive(Debug)]
pub enum Proved {
    /// It waits for a supervisor; the code is for the holder.
    Recorded {
        /// The proof.
        proof: ProofId,
        /// What the code is good for.
        purpose: ProofPurpose,
        /// The code.
        code: CounterCode,
        /// When it ends.
        expires_at: Timestamp,
        /// The slip, if it is printed.
        slip: Option<Printed>,
    },
    /// No account has this number and this passport.
    NotMatched,
    /// The days for activation are over: the hotline opens them again.
    Lapsed,
    /// The account is locked or closed.
    Locked,
}

/// What became of a supervisor's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Countersigned {
    /// The code can be used.
    Agreed {
        /// Until when.
        expires_at: Timestamp,
    },
    /// Its time is over, or it was used.
    Ended,
}

/// The first answer to a record.
#[derive(Serialize, Deserialize)]
struct First {
    proof: ProofId,
    account: AccountId,
    purpose: ProofPurpose,
    expires_at: Timestamp,
}

impl App {
    /// Records that a holder stands at the counter. The holder is told, wherever they can be reached: whoever is not there
    /// learns of it.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`], or if the store cannot be asked.
    pub async fn prove_in_person(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        stood: &Stood,
    ) -> Result<Proved, Error> {
        let now = self.clock().now();
        self.once(by, repeat, || self.prove_once(by, officer, repeat, stood, now)).await
    }

    async fn prove_once(
        &self,
        by: &Caller,
        officer: &Officer,
        repeat: &Repeat,
        stood: &Stood,
        now: Timestamp,
    ) -> Result<Attempt<Proved>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(First { proof, account, purpose, expires_at }) = self.first_answer(&mut reader, by, repeat).await? {
            // The code follows from the proof's name: nothing has to keep it.
            let code = self.vault().draw_counter_code(proof, account);
            let slip = self.activation_slip(&mut reader, officer, (purpose, &code), expires_at, now).await?;
            return Ok(Attempt::Answered(Proved::Recorded { proof, purpose, code, expires_at, slip }));
        }
        let Some(stored) = self.account_of(&mut reader, stood).await? else {
            // Whoever tries numbers and passports is seen.
            let entry = self.entry(now, by.actor(), Action::NotProvedInPerson, officer.id.uuid());
            let entry = entry.with("office", officer.office.to_string());
            return Ok(Attempt::Change(Proved::NotMatched, Unit::new(entry)));
        };
        let account = stored.account.id;
        let (id, who) = (ProofId::new(self.dice().id(now)), (officer.id, officer.office.clone()));
        let (proof, notice) = match stored.account.standing(now) {
            Standing::Active { .. } => {
                (CounterProof::for_replacement(id, account, who, now), NoticeText::DeviceAskedAtCounter)
            }
            Standing::Awaiting { closes_at } => {
                (CounterProof::for_activation(id, account, who, closes_at, now), NoticeText::SlipPrinted)
            }
            Standing::Lapsed { .. } => return Ok(Attempt::Unchanged(Proved::Lapsed)),
            Standing::Locked { .. } | Standing::Closed { .. } => return Ok(Attempt::Unchanged(Proved::Locked)),
        };
        let code = self.vault().draw_counter_code(id, account);
        let digest = self.vault().counter_code(id, account, &code);
        let (purpose, expires_at) = (proof.purpose, proof.expires_at);
        let first = First { proof: id, account, purpose, expires_at };
        let entry = self
            .entry(now, by.actor(), Action::ProvedInPerson, account.uuid())
            .with("proof", id.to_string())
            .with("purpose", purpose.name())
            .with("office", proof.office.to_string());
        let slip = self.activation_slip(&mut reader, officer, (purpose, &code), expires_at, now).await?;
        drop(reader);
        let answer = Proved::Recorded { proof: id, purpose, code, expires_at, slip };
        let unit = Unit::new(entry)
            .with(repeat.remember(by, &first)?)
            .with(Change::RecordProof(Box::new(proof), digest))
            .with_all(self.tell(&stored, &notice, now)?);
        Ok(Attempt::Change(answer, unit))
    }

    /// Tries a code from the counter. `right` says what is answered and changed if it is right, `wrong` what is answered and
    /// remembered if it is not; `refused` is the entry of a try that did not succeed.
    pub(in crate::app) async fn try_proof<T: Send + 'static>(
        &self,
        (account, purpose): (AccountId, ProofPurpose),
        (code, refused): (CounterCode, Entry),
        now: Timestamp,
        right: impl FnOnce(&Self, ProofId) -> Result<(T, Unit), Error> + Send + 'static,
        wrong: impl FnOnce(u32) -> Result<(T, Change), Error> + Send + 'static,
        no_live_code: T,
    ) -> Result<Attempt<T>, Error> {
        let app = self.clone();
        let decide = move |counted: CounterTry| {
            let proof = counted.proof;
            let refused = refused.with("proof", proof.to_string());
            let is_right = app.vault().is_counter_code((proof, account), &code, &counted.digest);
            app.meters().code_tried("proof", if is_right { "right" } else { "wrong" });
            let decided = if is_right {
                right(&app, proof).map(|(answer, unit)| (answer, unit.with(Change::UseProof(proof))))
            } else {
                wrong(counted.tries_left).map(|(answer, first)| (answer, Unit::new(refused.clone()).with(first)))
            };
            match decided {
                Ok((answer, unit)) => (Ok(answer), unit),
                // The try stays counted, and has its entry.
                Err(error) => (Err(error), Unit::new(refused.with("broken", "true"))),
            }
        };
        match self.store().try_counter_code((account, purpose), now, decide).await {
            Ok(Some(answer)) => {
                self.committed();
                answer.map(Attempt::Answered)
            }
            Ok(None) => Ok(Attempt::Unchanged(no_live_code)),
            // The count was undone together with the rest: looking again costs no try.
            Err(StoreError::Taken(_) | StoreError::Changed) => Ok(Attempt::Again),
            Err(error) => Err(error.into()),
        }
    }

    /// The account that has this number and this passport, with the days that its documents end.
    pub(in crate::app) async fn account_of(
        &self,
        reader: &mut Reader,
        stood: &Stood,
    ) -> Result<Option<StoredAccount>, Error> {
        let passport = self.vault().document(&stood.state, &stood.passport);
        for stored in reader.accounts(&AccountKey::Number(self.vault().number(&stood.number))).await? {
            if self.has_passport(reader, &stored, &passport).await? {
                return self.with_papers(reader, stored).await.map(Some);
            }
        }
        Ok(None)
    }

    /// The page to be printed, if the code is to be taken home.
    async fn activation_slip(
        &self,
        reader: &mut Reader,
        officer: &Officer,
        (purpose, code): (ProofPurpose, &CounterCode),
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Printed>, Error> {
        if purpose != ProofPurpose::Activation {
            return Ok(None);
        }
        let map = self.offices(reader).await?;
        let slip = ActivationSlip { code, office: at(&map, &officer.office, now), expires_at, printed_at: now };
        slip.print().map(Some).map_err(|fault| Error::Broken(Box::new(fault)))
    }

    /// A supervisor of the same office agrees to a record; again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is unknown or another office's, [`Error::CannotReview`] for a record of one's own.
    pub async fn countersign_proof(
        &self,
        by: &Caller,
        supervisor: &Officer,
        id: ProofId,
    ) -> Result<Countersigned, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let now = self.clock().now();
            let found = self.store().reader().await?.counter_proof(id).await?;
            let ours = found.filter(|proof| proof.office == supervisor.office);
            let proof = ours.ok_or(Error::NotFound(Missing::Proof))?;
            let (account, before) = (proof.account, proof.state);
            let agreed = match proof.countersign(supervisor.id, now) {
                Ok(agreed) => agreed,
                Err(NotCountersigned::OwnRecord) => return Err(CannotReview::OwnRequest.into()),
                Err(NotCountersigned::Ended) => return Ok(Countersigned::Ended),
            };
            let answer = Countersigned::Agreed { expires_at: agreed.expires_at };
            if matches!(before, CounterState::Countersigned { .. }) {
                return Ok(answer);
            }
            let entry =
                self.entry(now, by.actor(), Action::ProofCountersigned, account.uuid()).with("proof", id.to_string());
            match self.commit(Unit::new(entry).with(Change::CountersignProof(id, supervisor.id))).await {
                Ok(()) => return Ok(answer),
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended)
    }
}
