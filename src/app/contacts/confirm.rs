//! Confirming: the code that came back from the old contact, and the one from the new, which makes it live.

use serde::{Deserialize, Serialize};

use super::{ChangeView, Standpoint, phone_of};
use crate::app::codes::{Aim, Answers, Typed};
use crate::app::repeat::Attempt;
use crate::app::{App, Caller, Error, Repeat};
use crate::domain::audit::Action;
use crate::domain::code::{Code, CountedTry, Purpose};
use crate::domain::contact::{ChangeState, Contact, ContactChange, FailureReason};
use crate::domain::ids::{ChangeId, Version};
use crate::domain::message::NoticeText;
use crate::domain::time::Timestamp;
use crate::store::{Change, Reader, StoredAccount, StoredChange, Unit};

/// What became of a code that came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Confirmed {
    /// The new value is live.
    Confirmed,
    /// The old contact is alive: a code goes to the new one.
    OldContactProven,
    /// Not the code that was sent.
    WrongCode {
        /// How often this one may still be tried.
        tries_left: u32,
    },
    /// No code can be tried.
    NoLiveCode,
    /// No try is taken before a moment; none was counted.
    NotYet {
        /// When to try again.
        retry_at: Timestamp,
    },
    /// The number serves someone else.
    Taken,
    /// The change has ended.
    NotPending,
}

/// A change that a code was typed for, as it was read.
struct Tried {
    change: ContactChange,
    seen: Version,
    taken: bool,
    /// Open changes of the account that end with this one, because it changes the account.
    others: Vec<(ContactChange, Version)>,
}

impl App {
    /// Tries the code that came back and, if it is right, moves the change on: the old contact is proven, or the new one
    /// becomes live.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a change that is unknown or not the caller's to see, [`Error::RequestIdReused`].
    pub async fn confirm_contact_change(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (standpoint, id): (&Standpoint, ChangeId),
        code: &Code,
    ) -> Result<(Confirmed, ChangeView), Error> {
        let now = self.clock().now();
        let answer = self.once(by, repeat, || self.confirm_once(by, repeat, (standpoint, id), code, now)).await?;
        if answer == Confirmed::OldContactProven {
            self.send_contact_code_now(id, now).await;
        }
        let mut reader = self.store().reader().await?;
        let (stored, _, change) = self.seen_change(&mut reader, standpoint, id, now).await?;
        Ok((answer, self.view_of(&stored, change)?))
    }

    async fn confirm_once(
        &self,
        by: &Caller,
        repeat: &Repeat,
        (standpoint, id): (&Standpoint, ChangeId),
        code: &Code,
        now: Timestamp,
    ) -> Result<Attempt<Confirmed>, Error> {
        let mut reader = self.store().reader().await?;
        if let Some(first) = self.first_answer(&mut reader, by, repeat).await? {
            return Ok(Attempt::Answered(first));
        }
        let (stored, account, change) = self.seen_change(&mut reader, standpoint, id, now).await?;
        match change.state {
            ChangeState::ProvingOld | ChangeState::AwaitingCode => {}
            ChangeState::Waiting { until } if now < until => {
                return Ok(Attempt::Unchanged(Confirmed::NotYet { retry_at: until }));
            }
            ChangeState::Waiting { .. } | ChangeState::AwaitingApproval => {
                return Ok(Attempt::Unchanged(Confirmed::NoLiveCode));
            }
            ChangeState::Done { .. } => return Ok(Attempt::Unchanged(Confirmed::NotPending)),
            ChangeState::Failed { .. } => return Ok(self.found_failed(by, &stored, &change, now)),
        }
        let aim = self.aim_of(&stored, &account, change.state)?;
        let tried = self.tried(&mut reader, (stored, change), &account, now).await?;
        drop(reader);
        let worn = tried.change.clone().fail(FailureReason::TooManyWrongCodes, now)?;
        let answers = Answers {
            no_live_code: Confirmed::NoLiveCode,
            not_yet: |retry_at| Confirmed::NotYet { retry_at },
            too_many: Confirmed::NoLiveCode,
            wrong: |tries_left| Confirmed::WrongCode { tries_left },
            worn_out: Some(Change::SaveChange(Box::new(worn), tried.seen)),
        };
        let typed = Typed { account, aim, code: code.clone(), now };
        let (actor, call) = (by.clone(), repeat.clone());
        let right = move |app: &Self, typed: Typed, counted: &CountedTry| {
            let spent = Change::SpendCode((typed.account.account.id, typed.aim.purpose), counted.code);
            let (answer, unit) = app.came_back(&actor, tried, typed)?;
            Ok((answer, unit.with(call.remember(&actor, &answer)?).with(spent)))
        };
        self.try_code(by, repeat, typed, answers, right).await
    }

    /// Keeps a failure that was found, so that whoever counts sees it. The answer itself is not remembered.
    fn found_failed(
        &self,
        by: &Caller,
        stored: &StoredChange,
        change: &ContactChange,
        now: Timestamp,
    ) -> Attempt<Confirmed> {
        if stored.change.state.is_open() {
            return Attempt::Change(Confirmed::NotPending, self.failed(by.actor(), stored, change, now));
        }
        Attempt::Unchanged(Confirmed::NotPending)
    }

    async fn tried(
        &self,
        reader: &mut Reader,
        (stored, change): (StoredChange, ContactChange),
        account: &StoredAccount,
        now: Timestamp,
    ) -> Result<Tried, Error> {
        let taken = self.serves_another(reader, account, &self.open_new_contact(&stored)?).await?;
        let mut others = Vec::new();
        for other in reader.pending_changes(account.account.id).await? {
            let open = other.change.clone().at(now);
            if other.change.id != change.id && open.state.is_open() {
                others.push((open.fail(FailureReason::AccountChanged, now)?, other.version));
            }
        }
        Ok(Tried { change, seen: stored.version, taken, others })
    }

    /// What a right code does.
    fn came_back(&self, by: &Caller, tried: Tried, typed: Typed) -> Result<(Confirmed, Unit), Error> {
        let Tried { change, seen, taken, others } = tried;
        let now = typed.now;
        let saved = |change| Change::SaveChange(Box::new(change), seen);
        if typed.aim.purpose == Purpose::OldContact {
            let entry = self.change_entry(now, by.actor(), Action::OldContactProven, &change);
            return Ok((Confirmed::OldContactProven, Unit::new(entry).with(saved(change.old_is_alive(now)?))));
        }
        if taken {
            // Said only to whoever reads what is sent to the number: nobody else learns whom numbers serve.
            let failed = change.fail(FailureReason::NumberTaken, now)?;
            let entry = self.change_entry(now, by.actor(), Action::ContactChangeFailed, &failed);
            let entry = entry.with("reason", FailureReason::NumberTaken.name());
            return Ok((Confirmed::Taken, Unit::new(entry).with(saved(failed))));
        }
        let Typed { account, aim: Aim { to: new, .. }, .. } = typed;
        let entry = self.change_entry(now, by.actor(), Action::ContactChanged, &change);
        let notice = NoticeText::ContactChanged(change.kind);
        let told = self.tell(&account, &notice, now)?;
        let told_new = self.tell_one(&account, new.clone(), &notice, now)?;
        let unit = Unit::new(entry)
            .with(saved(change.confirm(now)?))
            .with_all(others.into_iter().map(|(other, seen)| Change::SaveChange(Box::new(other), seen)))
            .with_all(self.moved_binding(&account, &new))
            .with(Change::SaveAccount(Box::new(self.with_contact(account, &new)?)))
            .with_all(told)
            .with(told_new);
        Ok((Confirmed::Confirmed, unit))
    }

    /// The use of a phone goes from the old number to the new.
    fn moved_binding(&self, stored: &StoredAccount, new: &Contact) -> Vec<Change> {
        match new {
            Contact::Phone(phone) => vec![
                Change::Release(phone_of(stored, stored.phone_index.clone())),
                Change::Bind(phone_of(stored, self.vault().phone(phone))),
            ],
            Contact::Email(_) => Vec::new(),
        }
    }
}
